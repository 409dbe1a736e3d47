//! Help and documentation agree: every example can be typed, every command and option that a page names exists, and
//! `docs/commands.md` is what `--help` says.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};

use super::args::Cli;

/// Options of other programs that pages name by themselves.
const OF_OTHERS: [&str; 5] = ["--features", "--locked", "--workspace", "--all-targets", "--quick"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program and each command of it, parents first.
fn commands() -> Vec<clap::Command> {
    fn below(command: &clap::Command, found: &mut Vec<clap::Command>) {
        found.push(command.clone());
        let children = command.get_subcommands().filter(|child| child.get_name() != "help");
        children.for_each(|child| below(child, found));
    }
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut found = Vec::new();
    below(&command, &mut found);
    found
}

fn name(command: &clap::Command) -> String {
    command.get_bin_name().unwrap_or("coatcheck").to_owned()
}

fn help(command: &clap::Command) -> String {
    let text = command.clone().term_width(100).render_long_help().to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The first command in a line of shell, split into its words; a pipe or a redirection ends it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut is_word = false;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => (quote, is_word) = (Some(c), true),
            (None, '|' | '>' | '<' | ';' | '#' | '&') if !is_word => break,
            (None, _) if c.is_whitespace() => {
                words.extend(is_word.then(|| std::mem::take(&mut word)));
                is_word = false;
            }
            _ => {
                word.push(c);
                is_word = true;
            }
        }
    }
    words.extend(is_word.then_some(word));
    words
}

/// What follows `coatcheck ` in a line, with the name itself. Nothing where the word is part of another, like a file's name.
fn calls(line: &str) -> Vec<Vec<String>> {
    let is_call = |at: usize| {
        let is_word = line[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "`|(".contains(c));
        // As in `journalctl -u coatcheck -f`.
        is_word && !line[..at].ends_with("-u ")
    };
    line.match_indices("coatcheck ").filter(|(at, _)| is_call(*at)).map(|(at, _)| words(&line[at..])).collect()
}

#[test]
fn every_help_has_an_example_and_every_example_can_be_typed() {
    for command in commands() {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<Vec<String>> = text
            .lines()
            .filter(|line| line.starts_with("  "))
            .flat_map(calls)
            .filter(|call| call[1] != "serve`")
            .collect();
        assert!(!examples.is_empty(), "{} has no example:\n{text}", name(&command));
        let is_of_this = |call: &Vec<String>| call.join(" ").starts_with(&name(&command));
        assert!(examples.iter().any(is_of_this), "{} has only examples of others:\n{text}", name(&command));
        for example in examples {
            if let Err(why) = Cli::try_parse_from(&example) {
                panic!("{}: {example:?}: {why}", name(&command));
            }
        }
    }
}

/// Pages for people, with what they are called.
fn pages() -> Vec<(PathBuf, String)> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                below(&entry, found);
            } else if entry.extension().is_none_or(|kind| !["svg", "png", "json"].iter().any(|not| kind == *not)) {
                found.push(entry);
            }
        }
    }
    let mut files: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ".env.example"]
        .map(|name| root().join(name))
        .to_vec();
    below(&root().join("docs"), &mut files);
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(&file).expect("text"))).collect()
}

/// What a page sets as code: fenced lines, and spans in backticks.
fn code(page: &str) -> Vec<String> {
    let (mut found, mut is_fenced) = (Vec::new(), false);
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced || line.starts_with("    ") || line.starts_with("# coatcheck ") {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Why nobody could type this: a command or an option that does not exist.
fn fault(call: &[String]) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let (mut here, mut is_named) = (&command, true);
    for word in &call[1..] {
        let option = word.split('=').next().unwrap_or_default();
        if let Some(long) = option.strip_prefix("--").filter(|long| !long.is_empty()) {
            let is_known = here.get_arguments().any(|arg| arg.get_long() == Some(long));
            if !is_known {
                return Some(format!("{} has no --{long}", name(here)));
            }
        } else if let Some(child) = here.find_subcommand(word).filter(|_| is_named) {
            here = child;
        } else if is_named && here.has_subcommands() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            let takes_words = here.get_positionals().next().is_some() || here.is_args_conflicts_with_subcommands_set();
            if !takes_words {
                return Some(format!("{} has no command {word}", name(here)));
            }
        } else {
            is_named = false;
        }
    }
    None
}

#[test]
fn pages_name_only_commands_and_options_that_exist() {
    let known: BTreeSet<String> = commands()
        .iter()
        .flat_map(|command| {
            command.get_arguments().filter_map(|arg| arg.get_long().map(|long| format!("--{long}"))).collect::<Vec<_>>()
        })
        .collect();
    let (mut faults, mut seen) = (String::new(), 0);
    for (file, page) in pages() {
        let file = file.strip_prefix(root()).expect("ours").display().to_string();
        for piece in code(&page) {
            for call in calls(&piece) {
                seen += 1;
                if let Some(why) = fault(&call) {
                    writeln!(faults, "{file}: {why}: {piece}").expect("memory");
                }
            }
            let option = piece.split([' ', '=']).next().unwrap_or_default();
            let is_option =
                option.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
            if is_option && !known.contains(option) && !OF_OTHERS.contains(&option) {
                writeln!(faults, "{file}: no command has {option}: {piece}").expect("memory");
            }
        }
    }
    assert_eq!(faults, "");
    assert!(seen > 50, "only {seen} commands were found in all pages");
}

#[test]
fn the_reference_is_what_help_says() {
    let mut page = String::from(
        "# Commands\n\nWhat `--help` says of each command. A test keeps this page as it is; [README.md](../README.md) explains the most used ones.\n\n\
         Exit status: 0 done, 1 failed, 2 usage error, 3 a shop could not be read, 4 refused (locked or not permitted).\n",
    );
    for command in commands() {
        write!(page, "\n## {}\n\n```text\n{}\n```\n", name(&command), help(&command)).expect("memory");
    }
    let file = root().join("docs/commands.md");
    if std::fs::read_to_string(&file).unwrap_or_default() != page {
        let new = root().join("target/commands.md");
        std::fs::write(&new, page).expect("written");
        panic!(
            "docs/commands.md is not what help says; look at the difference, then: cp target/commands.md docs/commands.md"
        );
    }
}
