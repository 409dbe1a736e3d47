//! Which sources are meant by a number, an address or a host.

use url::Url;

use super::failure::Failure;
use crate::app::App;
use crate::shops::{bare, canonical};
use crate::store::polls::shown::Source;

/// The sources that are meant: by number, address or host.
///
/// # Errors
/// Status 2 when there is none.
pub(super) async fn meant(app: &App, which: &str) -> Result<Vec<Source>, Failure> {
    let which = which.trim();
    let address = Url::parse(which).map(|url| canonical(url).to_string()).ok();
    let is_meant = |source: &Source| {
        which.parse() == Ok(source.id)
            || address.as_deref() == Some(&source.url)
            || source.url == which
            || source.host == bare(which)
    };
    let meant: Vec<Source> = app.db.sources().await?.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(Failure::usage(format!("{which:?} is not tracked; `coatcheck shop list` shows what is")));
    }
    Ok(meant)
}
