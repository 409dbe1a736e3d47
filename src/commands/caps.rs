//! How many watches one person may have: `COATCHECK_MAX_WATCHES`, or what an admin has decided of them.

use super::Commands;
use crate::store::StoreError;

/// Watches, or announcements of a room, that this subscriber may have.
pub(crate) async fn most_watches(commands: &Commands, subscriber_id: i64) -> Result<usize, StoreError> {
    let own = commands.db.caps(subscriber_id).await?.most_watches;
    Ok(own.map_or_else(|| everybodys(commands), |most| usize::try_from(most).unwrap_or_default()))
}

/// The same of who is not known yet.
pub(super) fn everybodys(commands: &Commands) -> usize {
    usize::try_from(commands.rules.max_watches).unwrap_or(usize::MAX)
}
