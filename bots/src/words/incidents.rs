//! Messages to operators: what is wrong or works again, and what to do about it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{counted, lasting, plain, sentence, shortened_within};

/// Trouble, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident<'a> {
    /// `shop_failing`, …
    pub kind: &'a str,
    /// Which shop, lane or platform.
    pub subject: &'a str,
    /// What is wrong.
    pub text: &'a str,
    /// How long it lasted; `None` while it does.
    pub lasted: Option<Duration>,
    /// How often it came back lately.
    pub flaps: i64,
}

/// The subjects that are named, of many in the same trouble.
const NAMED: usize = 3;
/// Letters of a subject and of a cause.
const SUBJECT: usize = 60;
const CAUSE: usize = 200;

/// How a kind of trouble reads.
struct Kind {
    name: &'static str,
    /// What is wrong with one: follows its name.
    one: &'static str,
    /// With several: follows their number.
    several: &'static str,
    /// Once it is over.
    over: &'static str,
    advice: &'static str,
}

/// Each kind: a new one has its line here.
#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "shop_failing", one: "is failing", several: "shops are failing", over: "works again",
        advice: "They are tried again by themselves, less often. See the errors: coatcheck shop list. Try one now: coatcheck check <URL>" },
    Kind { name: "shop_blocked", one: "blocks CoatCheck as a bot", several: "shops block CoatCheck as a bot", over: "answers again",
        advice: "It is polled again in 15 min, later in up to 6 h. A longer interval helps: coatcheck shop add <URL> --interval 5m. \
                 If the wall is gone: coatcheck shop resume <URL>" },
    Kind { name: "page_gone", one: "no longer has pages that are tracked", several: "shops no longer have pages that are tracked", over: "has its pages again",
        advice: "They were not found for a day and are looked for each hour. List them: coatcheck shop list. Stop one: coatcheck shop remove <URL>" },
    Kind { name: "page_failing", one: "has pages that cannot be read", several: "shops have pages that cannot be read", over: "can be read again",
        advice: "Perhaps the shop changed its pages. See why: coatcheck check <URL> --explain" },
    Kind { name: "reading_doubtful", one: "says something doubtful", several: "shops say something doubtful", over: "can be trusted again",
        advice: "What is known stays until it is clear; nobody is alerted by mistake. Compare: coatcheck check <URL> --explain" },
    Kind { name: "header_expiring", one: "needs a new header", several: "shops need new headers", over: "has its header",
        advice: "Without it the shop lets nobody in. Get a new one, then: coatcheck shop add <URL> --header 'Name: value'" },
    Kind { name: "lane_down", one: "gets nothing through", several: "channels get nothing through", over: "gets messages through again",
        advice: "Alerts wait or go to the next destination. Check its token and network: coatcheck doctor" },
    Kind { name: "receiver_deaf", one: "is not connected", several: "platforms are not connected", over: "is connected again",
        advice: "Commands are not heard. Check its token and network: coatcheck doctor" },
    Kind { name: "receiver_silent", one: "has nobody listening", several: "platforms have nobody listening", over: "is listened to again",
        advice: "Is an instance with the role receive running? coatcheck serve --roles receive" },
    Kind { name: "signatures_failing", one: "sends requests with wrong signatures", several: "platforms send requests with wrong signatures", over: "no longer sends wrong signatures",
        advice: "Compare its secret and PUBLIC_URL with what the platform has: coatcheck doctor" },
    Kind { name: "instance_gone", one: "is gone without having stopped", several: "instances are gone without having stopped", over: "is replaced",
        advice: "Others took over its work. Look into its log and start it again: coatcheck serve" },
    Kind { name: "loop_stuck", one: "hangs", several: "loops hang", over: "runs again",
        advice: "If it stays so, restart the service. What runs: /healthz" },
    Kind { name: "dead_letters", one: "fail", several: "kinds of deliveries fail", over: "work again",
        advice: "List them: coatcheck deliveries --state dead. Send one again: coatcheck deliveries replay <ID>" },
    Kind { name: "own_errors", one: "logs many errors", several: "instances log many errors", over: "logs few errors again",
        advice: "Look into its log, then: coatcheck doctor" },
    Kind { name: "sms_spend_near", one: "is nearly used up", several: "budgets are nearly used up", over: "is fine again",
        advice: "At the limit only STOP, START, HELP and codes are answered. Raise SMS_MAX_PER_DAY if that is meant" },
    Kind { name: "sms_spend", one: "is used up", several: "budgets are used up", over: "sends again",
        advice: "Alerts by text wait or expire until midnight UTC. Raise SMS_MAX_PER_DAY if that is meant" },
    Kind { name: "disk_full", one: "is nearly full", several: "disks are nearly full", over: "has room again",
        advice: "Free some space: nothing can be stored on a full disk" },
    Kind { name: "polling_late", one: "is late", several: "parts are late", over: "is on time again",
        advice: "Too many pages for one shop's slots, or too little power. Raise the interval or COATCHECK_HOST_CONCURRENCY, or start another instance" },
    Kind { name: "no_reading", one: "brings nothing", several: "parts bring nothing", over: "brings readings again",
        advice: "Check this machine's network and names, then: coatcheck doctor" },
    Kind { name: "restock_set_aside", one: "", several: "restocks could not be fanned out", over: "",
        advice: "Please report this with the log. The watches of these products stay armed" },
    Kind { name: "clock", one: "", several: "jumps of the clock", over: "", advice: "Let the system keep its time: timedatectl" },
    Kind { name: "restarted", one: "", several: "starts after a crash", over: "", advice: "Look into its log for the cause: journalctl -u coatcheck" },
    Kind { name: "loop_ended", one: "", several: "loops ended", over: "", advice: "The service was started again. Please report this with the log" },
];

/// A kind of a later version.
const UNKNOWN: Kind =
    Kind { name: "", one: "has trouble", several: "troubles", over: "is well again", advice: "See: coatcheck doctor" };

/// Is there something to say about this kind of trouble?
#[must_use]
pub fn tells_of(kind: &str) -> bool {
    KINDS.iter().any(|one| one.name == kind)
}

/// One message for all of these, the trouble first.
#[must_use]
pub fn incidents(all: &[Incident<'_>]) -> String {
    let mut groups: BTreeMap<(bool, usize), Vec<&Incident<'_>>> = BTreeMap::new();
    for one in all {
        let place = KINDS.iter().position(|kind| kind.name == one.kind).unwrap_or(KINDS.len());
        groups.entry((one.lasted.is_some() && !is_event(place), place)).or_default().push(one);
    }
    let paragraphs = groups.iter().map(|((is_over, place), group)| {
        let kind = KINDS.get(*place).unwrap_or(&UNKNOWN);
        if *is_over { over(kind, group) } else { trouble(kind, group) }
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// It happens and is over; there is no recovery to tell of.
fn is_event(place: usize) -> bool {
    KINDS.get(place).is_some_and(|kind| kind.over.is_empty())
}

fn trouble(kind: &Kind, group: &[&Incident<'_>]) -> String {
    let lines = match group {
        [one] if kind.one.is_empty() => format!("⚠ {}", cause(one)),
        [one] => format!("⚠ {} {}: {}{}", subject(one), kind.one, cause(one), again(one)),
        many => format!(
            "⚠ {} {}: {}",
            many.len(),
            kind.several,
            named(many, |one| format!("{} ({})", subject(one), cause(one)))
        ),
    };
    format!("{lines}\n{}.", kind.advice)
}

fn over(kind: &Kind, group: &[&Incident<'_>]) -> String {
    match group {
        [one] => {
            let lasted = one.lasted.map(lasting).unwrap_or_default();
            format!("✓ {} {}, after {lasted}{}.", subject(one), kind.over, again(one))
        }
        many => format!("✓ {} recovered: {}.", many.len(), named(many, subject)),
    }
}

fn again(one: &Incident<'_>) -> String {
    if one.flaps == 0 {
        String::new()
    } else {
        format!(" (it came back {} lately)", counted(one.flaps, "time", "times"))
    }
}

fn named(many: &[&Incident<'_>], words: impl Fn(&Incident<'_>) -> String) -> String {
    let mut names: Vec<String> = many.iter().take(NAMED).map(|one| words(one)).collect();
    if many.len() > NAMED {
        names.push(format!("and {} more", many.len() - NAMED));
    }
    names.join(", ")
}

fn subject(one: &Incident<'_>) -> String {
    let subject = plain(&shortened_within(one.subject, SUBJECT));
    match one.kind {
        "lane_down" | "receiver_deaf" | "receiver_silent" | "signatures_failing" => sentence(&subject),
        "instance_gone" | "own_errors" => format!("Instance {subject}"),
        "loop_stuck" => format!("Loop {subject}"),
        "sms_spend_near" | "sms_spend" => "Today's budget for texts".to_owned(),
        "disk_full" => format!("The disk of {subject}"),
        "dead_letters" | "polling_late" | "no_reading" => sentence(&subject),
        _ => subject,
    }
}

fn cause(one: &Incident<'_>) -> String {
    plain(&shortened_within(one.text.trim_end_matches('.'), CAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing<'a>(subject: &'a str, text: &'a str) -> Incident<'a> {
        Incident { kind: "shop_failing", subject, text, lasted: None, flaps: 0 }
    }

    #[test]
    fn each_trouble_says_what_to_do() {
        let lane =
            Incident { kind: "lane_down", subject: "discord", text: "401 Unauthorized.", lasted: None, flaps: 0 };
        insta::assert_snapshot!(incidents(&[failing("shop.example", "HTTP 503"), lane]), @"
    ⚠ shop.example is failing: HTTP 503
    They are tried again by themselves, less often. See the errors: coatcheck shop list. Try one now: coatcheck check <URL>.

    ⚠ Discord gets nothing through: 401 Unauthorized
    Alerts wait or go to the next destination. Check its token and network: coatcheck doctor.
    ");
        for kind in KINDS {
            assert!(!kind.advice.is_empty() && !kind.advice.ends_with('.'), "{}", kind.name);
        }
    }

    #[test]
    fn many_are_named_by_the_first_of_them() {
        let hosts: Vec<String> = (0..100).map(|n| format!("shop{n}.example")).collect();
        let many: Vec<Incident<'_>> = hosts.iter().map(|host| failing(host, "timeout")).collect();
        insta::assert_snapshot!(incidents(&many), @"
    ⚠ 100 shops are failing: shop0.example (timeout), shop1.example (timeout), shop2.example (timeout), and 97 more
    They are tried again by themselves, less often. See the errors: coatcheck shop list. Try one now: coatcheck check <URL>.
    ");
        let over: Vec<Incident<'_>> =
            many.iter().map(|one| Incident { lasted: Some(Duration::from_secs(700)), ..*one }).collect();
        insta::assert_snapshot!(incidents(&over), @"✓ 100 recovered: shop0.example, shop1.example, shop2.example, and 97 more.");
        let one = Incident { flaps: 2, ..over[0] };
        insta::assert_snapshot!(incidents(&[one]), @"✓ shop0.example works again, after 11 min (it came back 2 times lately).");
    }

    #[test]
    fn what_a_shop_says_stays_one_harmless_line() {
        let evil = format!("@everyone <!channel> \n✓ all is well {}", "x".repeat(900));
        let text = incidents(&[failing("shop.example", &evil)]);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains("@everyone") && text.len() < 700, "{text}");
    }
}
