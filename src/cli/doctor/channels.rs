//! Each channel: does its platform accept the credentials, and do alerts get through?

use coatcheck_bots::{Platform, Trouble};
use coatcheck_domain::delivery::is_edits_lane;

use super::{Failure, Finding};
use crate::app::App;
use crate::store::outbox::incident::DownLane;

/// Channels of platforms, the setting that turns each on, and its guide.
const PLATFORMS: [(Platform, &str, &str, &str); 3] = [
    (Platform::Discord, "discord", "DISCORD_TOKEN", "docs/setup/discord.md"),
    (Platform::Telegram, "telegram", "TELEGRAM_TOKEN", "docs/setup/telegram.md"),
    (Platform::Sms, "sms", "TWILIO_ACCOUNT_SID", "docs/setup/twilio.md"),
];

/// A line for each channel that alerts can go to.
pub(super) async fn checks(app: &App) -> Result<Vec<Finding>, Failure> {
    let down: Vec<DownLane> =
        app.db.lanes_down().await?.into_iter().filter(|down| !is_edits_lane(&down.lane)).collect();
    let answers = app.check_platforms().await;
    let mut findings = Vec::new();
    for (platform, channel, setting, guide) in PLATFORMS {
        let answer = answers.iter().find(|(other, _)| *other == platform).map(|(_, answer)| answer);
        findings.push(platform_line(channel, setting, guide, answer, &down));
    }
    findings.push(webhooks(&down));
    Ok(findings)
}

fn platform_line(
    channel: &'static str,
    setting: &str,
    guide: &str,
    answer: Option<&Result<String, Trouble>>,
    down: &[DownLane],
) -> Finding {
    let is_mine = |lane: &str| lane == channel || lane.strip_prefix(channel).is_some_and(|rest| rest.starts_with(':'));
    let down = down.iter().find(|down| is_mine(&down.lane));
    match (answer, down) {
        (None, _) => Finding::good(channel, format!("off ({setting} is not set)")),
        (Some(Err(trouble)), _) => Finding::bad(channel, trouble.why.clone(), format!("see {guide}")),
        (Some(Ok(_)), Some(down)) => {
            let since = down.since.format("%Y-%m-%d %H:%M UTC");
            Finding::bad(channel, format!("no alert gets through since {since}: {}", down.why), format!("see {guide}"))
        }
        (Some(Ok(words)), None) => Finding::good(channel, words.clone()),
    }
}

fn webhooks(down: &[DownLane]) -> Finding {
    let failing: Vec<String> = down
        .iter()
        .filter(|down| down.lane.starts_with("webhook"))
        .map(|down| format!("{}: {}", down.lane, down.why))
        .collect();
    if failing.is_empty() {
        Finding::good("webhook", "no receiver is failing")
    } else {
        Finding::bad("webhook", failing.join("; "), "ask whoever runs the receiver")
    }
}
