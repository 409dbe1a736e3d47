//! The page of somebody's own watches: its name is signed, ends, and says nothing of them.

use coatcheck_domain::Destination;

use super::Commands;
use crate::store::StoreError;
use crate::store::people::subscriber::Address;

impl Commands {
    /// The name of the page of the person who is notified there. `None` without keys or without such a person.
    pub async fn page_of(&self, destination: &Destination) -> Result<Option<String>, StoreError> {
        let Ok(keys) = self.db.keys() else { return Ok(None) };
        let there = self.db.known_destination(destination).await?;
        let name = |address: Address| keys.own_page(address.destination_id, self.db.now());
        Ok(there.map(name))
    }
}

/// Whose page has this name; nobody's where it is made up or too old.
pub(super) async fn owner(commands: &Commands, name: &str) -> Result<Option<i64>, StoreError> {
    let destination = commands.db.keys().ok().and_then(|keys| keys.owner(name, commands.db.now()));
    match destination {
        Some(destination) => commands.db.owner_of(destination).await,
        None => Ok(None),
    }
}

/// The page's whole address, where it is known how the world sees us.
pub(super) async fn page(commands: &Commands, destination: &Destination) -> Result<Option<String>, StoreError> {
    let Some(base) = &commands.rules.public_url else { return Ok(None) };
    let name = commands.page_of(destination).await?;
    Ok(name.map(|name| format!("{}/m/{name}", base.as_str().trim_end_matches('/'))))
}
