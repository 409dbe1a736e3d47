//! Variables that look like settings and are none: a slip would otherwise silently have no effect.

use std::collections::BTreeSet;

/// What other programs read too; a stranger among these is named, not refused.
const SHARED: [&str; 5] = ["DISCORD_", "SLACK_", "SMS_", "TELEGRAM_", "TWILIO_"];
/// Ours alone.
const OURS: &str = "COATCHECK_";
/// Variables of our own tests.
const NOT_SETTINGS: [&str; 4] = ["COATCHECK_SEED", "COATCHECK_SEEDS", "COATCHECK_YEARS", "COATCHECK_BREAK_LOOP"];
/// Edits between two names that are taken for a slip.
const CLOSE: usize = 2;
/// How many programs are told to go through a proxy.
const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// What is wrong with the names of variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Slips {
    /// Nothing starts with these.
    pub refused: Vec<String>,
    /// These have no effect, and whoever set them should know.
    pub warnings: Vec<String>,
}

/// Looks at all `given` names beside those that are `known`.
pub(super) fn slips<'a>(known: &BTreeSet<String>, given: impl Iterator<Item = &'a str>) -> Slips {
    let mut slips = Slips::default();
    for name in given.collect::<BTreeSet<_>>() {
        if PROXIES.contains(&name.to_ascii_uppercase().as_str()) {
            slips.warnings.push(format!("{name} is set, but CoatCheck connects directly and does not use proxies"));
        } else if known.contains(name) || NOT_SETTINGS.contains(&name) {
        } else if name.starts_with(OURS) {
            slips.refused.push(format!("{name} is not a setting{}", advice(known, name)));
        } else if SHARED.iter().any(|prefix| name.starts_with(prefix)) || nearest(known, name).is_some() {
            slips.warnings.push(format!("{name} is set, but is not a setting{}", advice(known, name)));
        }
    }
    slips
}

fn advice(known: &BTreeSet<String>, name: &str) -> String {
    if let Some(plain) = name.strip_suffix("_FILE").filter(|plain| known.contains(*plain)) {
        return format!("; {plain} is not a secret and cannot be read from a file");
    }
    let unprefixed = name.strip_prefix(OURS).filter(|rest| known.contains(*rest));
    match unprefixed.or_else(|| nearest(known, name)) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => "; the README lists them".to_owned(),
    }
}

/// The setting whose name differs in a letter or two, or in case only.
fn nearest<'a>(known: &'a BTreeSet<String>, name: &str) -> Option<&'a str> {
    let upper = name.to_ascii_uppercase();
    known
        .iter()
        .map(|setting| (strsim::osa_distance(setting, &upper), setting.as_str()))
        .filter(|(edits, setting)| *edits <= CLOSE && setting.len() > 6)
        .min()
        .map(|(_, setting)| setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_refused_or_named() {
        let known = ["COATCHECK_INTERVAL", "DATABASE_URL", "DATABASE_URL_FILE", "LISTEN_ADDR", "TELEGRAM_TOKEN"];
        let known: BTreeSet<String> = known.map(str::to_owned).into();
        let given = [
            "COATCHECK_INTERVAL",
            "COATCHECK_INTERVALL",
            "COATCHECK_DATABASE_URL",
            "COATCHECK_COLOUR",
            "COATCHECK_INTERVAL_FILE",
            "DATABASE_URI",
            "LISTEN_ADRD",
            "listen_addr",
            "TELEGRAM_BOT_TOKEN",
            "https_proxy",
            "PATH",
            "HOME",
            "LANG",
        ];
        let slips = slips(&known, given.into_iter());
        insta::assert_snapshot!(slips.refused.join("\n"), @"
        COATCHECK_COLOUR is not a setting; the README lists them
        COATCHECK_DATABASE_URL is not a setting; did you mean DATABASE_URL?
        COATCHECK_INTERVALL is not a setting; did you mean COATCHECK_INTERVAL?
        COATCHECK_INTERVAL_FILE is not a setting; COATCHECK_INTERVAL is not a secret and cannot be read from a file
        ");
        insta::assert_snapshot!(slips.warnings.join("\n"), @"
        DATABASE_URI is set, but is not a setting; did you mean DATABASE_URL?
        LISTEN_ADRD is set, but is not a setting; did you mean LISTEN_ADDR?
        TELEGRAM_BOT_TOKEN is set, but is not a setting; the README lists them
        https_proxy is set, but CoatCheck connects directly and does not use proxies
        listen_addr is set, but is not a setting; did you mean LISTEN_ADDR?
        ");
    }
}
