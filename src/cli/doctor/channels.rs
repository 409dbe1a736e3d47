//! Each channel: is it set up, and do alerts get through?

use super::{Failure, Finding};
use crate::app::App;

/// A line for each channel that alerts can go to.
pub(super) async fn checks(app: &App) -> Result<Vec<Finding>, Failure> {
    let down = app.db.lanes_down().await?;
    let settings = &app.settings;
    let set_up = [
        ("discord", settings.discord.is_some(), "DISCORD_TOKEN"),
        ("telegram", settings.telegram.is_some(), "TELEGRAM_TOKEN"),
        ("sms", settings.twilio.is_some(), "TWILIO_ACCOUNT_SID"),
    ];
    let mut findings = Vec::new();
    for (channel, is_set_up, setting) in set_up {
        let is_mine = |lane: &str| lane == channel || lane.starts_with(&format!("{channel}:"));
        findings.push(match down.iter().find(|down| is_mine(&down.lane)) {
            Some(down) => {
                let since = down.since.format("%Y-%m-%d %H:%M UTC");
                let message = format!("nothing gets through since {since}: {}", down.why);
                Finding::bad(channel, message, format!("check its credentials (docs/setup/{})", guide(channel)))
            }
            None if is_set_up => Finding::good(channel, "set up; no trouble reported"),
            None => Finding::good(channel, format!("off ({setting} is not set)")),
        });
    }
    let hosts: Vec<String> = down
        .iter()
        .filter(|down| down.lane.starts_with("webhook:"))
        .map(|down| format!("{}: {}", down.lane, down.why))
        .collect();
    findings.push(if hosts.is_empty() {
        Finding::good("webhook", "no trouble reported")
    } else {
        Finding::bad("webhook", hosts.join("; "), "ask whoever runs the receiver")
    });
    Ok(findings)
}

fn guide(channel: &str) -> &'static str {
    match channel {
        "discord" => "discord.md",
        "telegram" => "telegram.md",
        _ => "twilio.md",
    }
}
