//! Names of products in addresses: `12-corps-jacket`. Only the number counts.

use crate::web::look::answer::NoPage;
use crate::web::site::Site;

/// The product that is meant, if everybody may see it.
pub(in crate::web) async fn public_id(site: &Site, name: &str) -> Result<i64, NoPage> {
    let id = name.split('-').next().and_then(|id| id.parse::<i64>().ok()).ok_or(NoPage::NotFound)?;
    let known = site.db.public_products(&[id]).await?;
    if known.contains_key(&id) { Ok(id) } else { Err(NoPage::NotFound) }
}
