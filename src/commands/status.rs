//! `/status`: does everything run, and when were shops last checked?

use coatcheck_bots::{Command, Reply, Who, words};
use coatcheck_domain::poll::State;

use super::{Commands, platform, texting};
use crate::store::StoreError;
use crate::store::polls::shown::Source;

/// Shops that are named one by one.
const NAMED: usize = 3;

/// Sources, their freshness and trouble. Causes and budgets are for operators.
pub(crate) async fn status(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let sources = commands.db.sources().await?;
    let watches = commands.db.watch_counts().await?.armed;
    let now = commands.clock.now();
    let products: i64 = sources.iter().map(|source| source.products).sum();
    let freshest = sources.iter().filter_map(|source| source.last_read_at).max();
    let read =
        freshest.map_or_else(|| "nothing checked yet".to_owned(), |at| format!("last check {}", words::ago(at, now)));
    let mut lines = vec![format!(
        "Tracking {}, {read}. {} active.",
        words::counted(products, "product", "products"),
        words::counted(watches, "watch", "watches"),
    )];
    let is_operator = commands.is_operator(who);
    if is_operator {
        lines.extend(texting::spent(commands).await?);
    }
    let failing: Vec<&Source> = sources.iter().filter(|source| is_failing(source)).collect();
    lines.extend(failing_lines(&failing, is_operator));
    lines.extend(commands.receivers.iter().filter_map(|receiver| {
        let why = receiver.trouble()?;
        let name = receiver.platform();
        Some(if is_operator {
            format!("{name}: {}", words::plain(&why))
        } else {
            format!("{name} has problems right now.")
        })
    }));
    if lines.len() == 1 {
        lines.push(format!("Everything works. {} shows your watches.", Command::Watches.typed(platform(who))));
    }
    Ok(Reply::text(lines.join("\n")))
}

/// Which shops cannot be checked; for operators also why.
fn failing_lines(failing: &[&Source], is_operator: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for source in failing.iter().take(NAMED) {
        let why = source.last_error.as_deref().unwrap_or(source.state.as_str());
        let why = if is_operator { format!(": {}", words::plain(why)) } else { ". I keep trying.".to_owned() };
        lines.push(format!("Can't check {} right now{why}", words::plain(&source.host)));
    }
    lines.dedup();
    if failing.len() > NAMED {
        lines.push(format!("and {} more that can't be checked", failing.len() - NAMED));
    }
    lines
}

fn is_failing(source: &Source) -> bool {
    source.failures > 0 || matches!(source.state, State::Blocked | State::Gone)
}
