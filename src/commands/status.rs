//! `/status`: is everything running, and how fresh is it?

use coatcheck_bots::{Reply, words};
use coatcheck_domain::poll::State;

use super::{Commands, texting};
use crate::store::StoreError;
use crate::store::polls::source::Source;

/// Shops in trouble that are named one by one.
const NAMED: usize = 5;

/// Sources, their freshness and trouble; watches; platforms in trouble, as this process knows them.
pub(crate) async fn status(commands: &Commands) -> Result<Reply, StoreError> {
    let sources = commands.db.sources().await?;
    let watches = commands.db.watch_counts().await?.armed;
    let now = commands.clock.now();
    let products: i64 = sources.iter().map(|source| source.products).sum();
    let freshest = sources.iter().filter_map(|source| source.last_read_at).max();
    let read =
        freshest.map_or_else(|| "nothing read yet".to_owned(), |at| format!("last read {}", words::ago(at, now)));
    let mut text = format!(
        "I follow {} of {}, {read}. {} armed.",
        words::counted(products, "product", "products"),
        words::counted(i64::try_from(sources.len()).unwrap_or(i64::MAX), "source", "sources"),
        words::counted(watches, "watch", "watches"),
    );
    if let Some(spent) = texting::spent(commands).await? {
        text.push_str(&format!("\n{spent}"));
    }
    let troubled: Vec<&Source> = sources.iter().filter(|source| is_troubled(source)).collect();
    for source in troubled.iter().take(NAMED) {
        let why = source.last_error.as_deref().unwrap_or(source.state.as_str());
        text.push_str(&format!("\nTrouble: {} — {}", words::plain(&source.host), words::plain(why)));
    }
    if troubled.len() > NAMED {
        text.push_str(&format!("\nand {} more in trouble", troubled.len() - NAMED));
    }
    for receiver in &commands.receivers {
        if let Some(why) = receiver.trouble() {
            text.push_str(&format!("\nTrouble: {} — {}", receiver.platform().as_str(), words::plain(&why)));
        }
    }
    Ok(Reply::text(text))
}

fn is_troubled(source: &Source) -> bool {
    source.failures > 0 || matches!(source.state, State::Blocked | State::Gone)
}
