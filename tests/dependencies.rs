//! What may be linked, as `deny.toml` says: bans, licences and sources. `cargo deny` checks the same where it is installed.

use std::collections::BTreeSet;
use std::process::Command;

/// What `deny.toml` says, as far as it is checked here.
struct Rules {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
}

impl Rules {
    fn read(text: &str) -> Self {
        let licences = list(text, "[licenses]", "allow").iter().filter_map(|line| quoted(line)).collect();
        let banned = list(text, "[bans]", "deny").iter().filter_map(|line| quoted(line)).collect();
        Self { licences, banned }
    }

    /// An expression of SPDX is allowed when enough of it is: `MIT OR (Apache-2.0 AND ISC)`.
    fn allows(&self, expression: &str) -> bool {
        // A slash is how crates of old wrote OR.
        let words = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = words.split_whitespace().collect();
        let (allowed, rest) = self.any(&words);
        allowed && rest.is_empty()
    }

    fn any<'a>(&self, words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
        let (mut allowed, mut rest) = self.all(words);
        while let Some((&"OR", after)) = rest.split_first() {
            let (other, next) = self.all(after);
            (allowed, rest) = (allowed || other, next);
        }
        (allowed, rest)
    }

    fn all<'a>(&self, words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
        let (mut allowed, mut rest) = self.one(words);
        while let Some((&"AND", after)) = rest.split_first() {
            let (other, next) = self.one(after);
            (allowed, rest) = (allowed && other, next);
        }
        (allowed, rest)
    }

    fn one<'a>(&self, words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
        match words {
            ["(", inner @ ..] => {
                let (allowed, rest) = self.any(inner);
                (allowed, rest.split_first().map_or(rest, |(_, rest)| rest))
            }
            [name, "WITH", exception, rest @ ..] => (self.licences.contains(&format!("{name} WITH {exception}")), rest),
            [name, rest @ ..] => (self.licences.contains(*name), rest),
            [] => (false, words),
        }
    }
}

/// The lines of a list in a section.
fn list<'a>(text: &'a str, section: &str, name: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != section).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).skip_while(|line| *line != format!("{name} = ["));
    lines.skip(1).take_while(|line| *line != "]").collect()
}

/// The first text in quotes.
fn quoted(line: &str) -> Option<String> {
    line.split('"').nth(1).map(str::to_owned)
}

fn deny_toml() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")).expect("it is there")
}

/// `tree`: a crate a line, as `cargo tree` prints it: `name v1.2.3 (where it is from)`, a tab, its licence.
fn violations(rules: &Rules, tree: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('\t').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        let from = package.split_once(" (").map_or("", |(_, from)| from.trim_end_matches(" (*)").trim_end_matches(')'));
        // A path: it is one of ours.
        if from.starts_with('/') {
            continue;
        }
        if from.contains("://") {
            found.insert(format!("{name} comes from {from}"));
        }
        if !rules.allows(licence.trim_end_matches(" (*)")) {
            found.insert(format!("{name} has the licence {licence:?}"));
        }
        if rules.banned.contains(name) {
            found.insert(format!("{name} is banned"));
        }
    }
    found.into_iter().collect()
}

/// `cargo metadata` would name crates that no feature of ours turns on.
#[test]
fn every_dependency_may_be_linked() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["tree", "--locked", "--offline", "--workspace", "--all-features", "--edges", "normal,build"]);
    cargo.args(["--prefix", "none", "--format", "{p}\t{l}"]);
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.lines().count() > 100, "{tree}");
    let found = violations(&Rules::read(&deny_toml()), &tree);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_not_allowed_is_found() {
    let tree = "ours v0.1.0 (/somewhere)\t\n\
                good v1.0.0\tMIT/Apache-2.0\n\
                both v1.0.0 (proc-macro)\t(MIT OR GPL-3.0) AND Unicode-3.0\n\
                native-tls v0.2.0\tMIT (*)\n\
                copyleft v1.0.0\tMIT AND GPL-3.0\n\
                nameless v1.0.0\t\n\
                fork v1.0.0 (https://git.example/fork#1234)\tApache-2.0 WITH LLVM-exception\n";
    insta::assert_snapshot!(violations(&Rules::read(&deny_toml()), tree).join("\n"), @r#"
    copyleft has the licence "MIT AND GPL-3.0"
    fork comes from https://git.example/fork#1234
    nameless has the licence ""
    native-tls is banned
    "#);
}
