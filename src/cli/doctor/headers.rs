//! Headers that shops are sent (`shop add --header`): a token or a signature in them may say when it ends.

use super::{Failure, Finding};
use crate::app::App;
use crate::shops::expiry::first_to_end;

/// A line for each page with a header that has ended or soon ends.
pub(super) async fn checks(app: &App) -> Result<Vec<Finding>, Failure> {
    let now = app.db.now();
    let mut findings = Vec::new();
    for page in app.db.headers_sent().await? {
        let Some(ending) = first_to_end(&page.headers).filter(|ending| ending.is_soon(now)) else { continue };
        findings.push(Finding::bad(
            "header",
            format!("{}: {}", page.url, ending.words(now)),
            format!("get a new one: coatcheck shop add {} --header '{}: …'", page.url, ending.name),
        ));
    }
    Ok(findings)
}
