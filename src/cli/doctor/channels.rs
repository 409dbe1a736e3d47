//! Each channel: does its platform accept the credentials, and do alerts get through?

use coatcheck_bots::{Platform, Trouble};
use coatcheck_domain::delivery::is_edits_lane;

use super::{Failure, Finding};
use crate::app::App;
use crate::store::outbox::incident::DownLane;

/// A line for each platform, and one for all webhooks.
pub(super) async fn checks(app: &App) -> Result<Vec<Finding>, Failure> {
    let down: Vec<DownLane> =
        app.db.lanes_down().await?.into_iter().filter(|down| !is_edits_lane(&down.lane)).collect();
    let answers = app.check_platforms().await;
    let platforms = Platform::ALL.into_iter().filter(|platform| *platform != Platform::Console);
    let mut findings: Vec<Finding> = platforms
        .map(|platform| {
            let answer = answers.iter().find(|(other, _)| *other == platform).map(|(_, answer)| answer);
            platform_line(platform, answer, &down)
        })
        .collect();
    findings.push(webhooks(&down));
    Ok(findings)
}

fn platform_line(platform: Platform, answer: Option<&Result<String, Trouble>>, down: &[DownLane]) -> Finding {
    let channel = platform.as_str();
    let guide = format!("see docs/setup/{}.md", if platform == Platform::Sms { "twilio" } else { channel });
    let is_mine = |lane: &str| lane == channel || lane.strip_prefix(channel).is_some_and(|rest| rest.starts_with(':'));
    let down = down.iter().find(|down| is_mine(&down.lane));
    match (answer, down) {
        (None, _) => Finding::good(channel, format!("not set up; {guide}")),
        (Some(Err(trouble)), _) => Finding::bad(channel, trouble.why.clone(), guide),
        (Some(Ok(_)), Some(down)) => {
            let since = down.since.format("%Y-%m-%d %H:%M UTC");
            Finding::bad(channel, format!("no alert gets through since {since}: {}", down.why), guide)
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
