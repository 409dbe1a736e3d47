//! `.env.example` and the README name exactly the settings that are read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use coatcheck::config::Settings;

/// The names that are asked for, without `NAME_FILE` and without those that have no effect yet.
fn settings_read() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let ask = |name: &str| -> Option<String> {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    Settings::read(&ask).expect("the defaults are enough");
    let asked = asked.into_inner();
    // OpenTelemetry's names are read by builds with the feature `otlp` only; docs/ops describes them.
    let has_effect = |name: &String| !name.ends_with("_FILE") && !name.starts_with("OTEL_") && !is_for_later(name);
    asked.iter().filter(|name| has_effect(name)).cloned().collect()
}

fn is_for_later(name: &str) -> bool {
    let only_this = |asked: &str| (asked == name).then(|| "x".to_owned());
    Settings::read(&only_this).is_ok_and(|settings| settings.warnings.iter().any(|warning| warning.starts_with(name)))
}

/// `NAME=value` of each line that sets something, or would without its `#`.
fn example() -> BTreeMap<String, String> {
    let lines = include_str!("../.env.example").lines().filter(|line| !line.starts_with("# "));
    let pairs = lines.filter_map(|line| line.trim_start_matches('#').split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

#[test]
fn the_example_names_each_setting_and_no_other() {
    assert_eq!(example().into_keys().collect::<BTreeSet<_>>(), settings_read());
}

#[test]
fn the_example_can_be_used_as_it_stands() {
    let example = example();
    Settings::read(&|name| example.get(name).cloned()).expect("each line can be read");
}

/// Variables of our own tests.
const NOT_SETTINGS: [&str; 4] = ["COATCHECK_SEED", "COATCHECK_SEEDS", "COATCHECK_YEARS", "COATCHECK_BREAK_LOOP"];

/// Every page, with its name.
fn pages(folder: &str, found: &mut Vec<(String, String)>) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() && name.starts_with("./docs") {
            pages(&name, found);
        } else if [".md", ".service", "Dockerfile", ".yaml"].iter().any(|end| name.ends_with(end)) {
            found.push((name, std::fs::read_to_string(entry.path()).expect("text")));
        }
    }
}

#[test]
fn no_page_names_a_setting_that_does_not_exist() {
    const PREFIXES: [&str; 6] = ["COATCHECK_", "DISCORD_", "SLACK_", "SMS_", "TELEGRAM_", "TWILIO_"];
    let (known, mut all, mut seen) = (settings_read(), Vec::new(), 0);
    pages(".", &mut all);
    for (name, text) in all {
        for word in text.split(|c: char| !(c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())) {
            let is_ours = PREFIXES.iter().any(|prefix| word.len() > prefix.len() && word.starts_with(prefix));
            if is_ours && !NOT_SETTINGS.contains(&word) {
                seen += 1;
                assert!(known.contains(word.strip_suffix("_FILE").unwrap_or(word)), "{name} names {word}");
            }
        }
    }
    assert!(seen > 100, "only {seen} were found");
}

#[test]
fn the_readme_names_each_setting_and_no_other() {
    let readme = include_str!("../README.md");
    let table = readme.split_once("## Settings").and_then(|(_, rest)| rest.split("\n## ").next()).unwrap_or_default();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), settings_read());
}
