//! Headers of shops that soon end: without them their shop shuts its door.

use std::collections::BTreeMap;

use url::Url;

use crate::shops::expiry::first_to_end;
use crate::store::outbox::incident::Seen;
use crate::store::{Db, StoreError};

pub(super) const HEADER_EXPIRING: &str = "header_expiring";

/// A line for each shop with a header that has ended or soon ends.
pub(super) async fn ending(db: &Db) -> Result<Vec<Seen>, StoreError> {
    let now = db.now();
    let mut by_host = BTreeMap::new();
    for page in db.headers_sent().await? {
        let Some(ending) = first_to_end(&page.headers).filter(|ending| ending.is_soon(now)) else { continue };
        let host = Url::parse(&page.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let first = by_host.entry(host).or_insert((ending.at, ending.words(now)));
        if ending.at < first.0 {
            *first = (ending.at, ending.words(now));
        }
    }
    let seen = |(subject, (_, text))| Seen { kind: HEADER_EXPIRING, subject, text };
    Ok(by_host.into_iter().map(seen).collect())
}
