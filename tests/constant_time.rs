//! What a stranger brings to prove who they are is compared in constant time, in exactly the places that SECURITY.md names.

use std::collections::BTreeSet;
use std::path::Path;

/// What compares all of it: of `hmac`, of Discord's library, and of ours for texts.
const COMPARES: [&str; 3] = [".verify_slice(", ".0.verify(", "is_same("];

/// Product files and their text without its tests.
fn product(folder: &str, found: &mut Vec<(String, String)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for entry in std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() && !name.ends_with("/tests") {
            product(&name, found);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((name, code));
        }
    }
}

fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    ["src", "bots/src"].iter().for_each(|folder| product(folder, &mut found));
    assert!(found.len() > 300, "the code was not found");
    found
}

#[test]
fn security_md_names_each_place_that_compares_a_secret() {
    let page = include_str!("../SECURITY.md");
    let section = page.split("## Comparisons in constant time").nth(1).and_then(|rest| rest.split("\n## ").next());
    let named: BTreeSet<String> = section
        .expect("a section")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split('`').nth(1))
        .map(str::to_owned)
        .collect();
    let compare = files().into_iter().filter(|(_, code)| COMPARES.iter().any(|word| code.contains(word)));
    assert_eq!(compare.map(|(name, _)| name).collect::<BTreeSet<_>>(), named);
}

/// An authentication code that is made to be compared is never compared by `==`, which ends at the first difference.
#[test]
fn no_code_is_compared_by_the_first_difference() {
    let makes = |code: &str| ["Hmac<", "fn mac("].iter().any(|word| code.contains(word));
    for (name, code) in files().into_iter().filter(|(_, code)| makes(code)) {
        for line in code.lines().filter(|line| line.contains(" == ") || line.contains(" != ")) {
            let harmless = [".id == ", ".len() == ", "get(8) == "];
            assert!(harmless.iter().any(|word| line.contains(word)), "{name}: {line}");
        }
    }
}
