//! Refuses watches beyond what their person may have.

use coatcheck_bots::{Command, Reply, Who};

use super::doing::Doing;
use super::wants::Want;
use super::{Commands, caps, platform, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;

/// Why these watches would be too many. Those that are there already count once; admins have no limit.
pub(crate) async fn too_many(commands: &Commands, who: &Who, doing: &Doing) -> Result<Option<Reply>, StoreError> {
    if commands.is_admin(who) {
        return Ok(None);
    }
    let mine = watches::mine(commands, who, Which::All).await?;
    let new = doing
        .wants
        .iter()
        .map(Want::wish)
        .filter(|wish| mine.iter().all(|watch| watch.product_id != doing.product || watch.wish != *wish));
    let new = new.count();
    if new == 0 {
        return Ok(None);
    }
    let most = match commands.db.known_destination(&who.destination).await? {
        Some(known) => caps::most_watches(commands, known.subscriber_id).await?,
        None => caps::everybodys(commands),
    };
    if mine.len() + new <= most {
        return Ok(None);
    }
    let unwatch = Command::Unwatch.typed(platform(who));
    Ok(Some(Reply::text(format!("You have {} of {most} watches. Stop one first: {unwatch}", mine.len()))))
}
