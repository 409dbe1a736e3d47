//! A chat that could not be reached, and whose person is back: what was missed meanwhile stands before the answer.

use coatcheck_bots::{Reply, Who, words};

use super::Commands;
use crate::store::StoreError;
use crate::store::people::returned::Missed;

/// Alerts that are named one by one.
const NAMED: usize = 3;

/// What was missed, if this chat could not be reached until now. It can be from now on.
pub(crate) async fn missed(commands: &Commands, who: &Who) -> Result<Option<String>, StoreError> {
    let Some(missed) = commands.db.returned(&who.destination).await? else { return Ok(None) };
    Ok(Some(told(&missed, commands.clock.now())))
}

fn told(missed: &[Missed], now: chrono::DateTime<chrono::Utc>) -> String {
    if missed.is_empty() {
        return "I can reach you again. You missed no alerts.".to_owned();
    }
    let mut lines = vec!["I couldn't reach you for a while. You missed:".to_owned()];
    let named = missed.iter().take(NAMED);
    lines.extend(
        named.map(|one| format!("• {} was back in stock {}", words::title(&one.product), words::ago(one.at, now))),
    );
    if missed.len() > NAMED {
        lines.push(format!("and {} more", missed.len() - NAMED));
    }
    lines.push("You are notified of them again when they come back.".to_owned());
    lines.join("\n")
}

/// The answer behind what was missed.
pub(crate) fn before(missed: Option<String>, mut reply: Reply) -> Reply {
    if let Some(missed) = missed {
        reply.text = if reply.text.is_empty() { missed } else { format!("{missed}\n\n{}", reply.text) };
    }
    reply
}
