//! The floors of the house: imports go only downwards, floors make no circle, no file is a cupboard.
//!
//! `violations` decides on texts alone; one test hands it the real files, the others hand it made-up ones, to show
//! that it would notice.

#[path = "arrows/graph.rs"]
mod graph;

use std::collections::BTreeSet;
use std::path::Path;

/// The floors of `src/`, from the top. A module may use those of a lower number; those of its own number stand beside it.
const FLOORS: &[(&str, u8)] = &[
    ("main", 0),
    ("lib", 0),
    ("cli", 1),
    ("app", 2),
    ("demo", 2),
    ("config", 3),
    ("web", 4),
    ("commands", 5),
    ("engine", 5),
    ("shops", 6),
    ("chart", 6),
    ("store", 6),
];

/// Those on one floor that may use one another, as long as that makes no circle.
const NEIGHBOURS: &[(&str, &str)] = &[("demo", "app"), ("app", "demo")];

/// Compiled for unit tests only: no floor, and it may stand on any.
const SCAFFOLD: &str = "testing";

/// Settings are read at the top, into small structs of the floors below, which are handed those.
const READS_CONFIG: &[&str] = &["main", "lib", "cli", "app", "demo"];

/// The packages, and what each may use of the others.
const PACKAGES: &[(&str, &[&str])] = &[
    ("src/domain/tests/", &["coatcheck_domain"]),
    ("src/domain/", &[]),
    ("migrations/", &[]),
    // The fake world is a dev-dependency: Cargo keeps it out of what is shipped.
    ("bots/", &["coatcheck_domain", "coatcheck_world"]),
    ("src/", &["coatcheck_bots", "coatcheck_domain", "coatcheck_migrations", "coatcheck_world"]),
];

/// Names that say nothing of what is inside.
const CUPBOARDS: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];

struct File {
    path: String,
    text: String,
}

impl File {
    /// The path inside the root package's `src/`, without `mod.rs` and `.rs`, as module names; nothing for other packages.
    fn modules(&self) -> Option<Vec<&str>> {
        let inside = self.path.strip_prefix("src/").filter(|_| !self.path.starts_with("src/domain/"))?;
        let inside = inside.strip_suffix("/mod.rs").or_else(|| inside.strip_suffix(".rs"))?;
        Some(inside.split('/').collect())
    }

    fn package_may_use(&self) -> &'static [&'static str] {
        PACKAGES.iter().find(|(folder, _)| self.path.starts_with(folder)).map_or(&[], |(_, may_use)| may_use)
    }
}

fn violations(files: &[File]) -> Vec<String> {
    let mut found: Vec<String> =
        files.iter().flat_map(|file| [cupboard(file), no_floor(file), strange_packages(file)].concat()).collect();
    let arrows: BTreeSet<(String, String)> = files.iter().flat_map(arrows_of).collect();
    for file in files {
        found.extend(
            arrows_of(file).iter().filter_map(|(from, to)| climb(from, to).map(|why| format!("{}: {why}", file.path))),
        );
    }
    found.extend(circles(&arrows));
    let sources: Vec<graph::Source<'_>> =
        files.iter().map(|file| graph::Source { path: &file.path, text: &file.text }).collect();
    found.extend(graph::circles(&sources).into_iter().map(|knot| format!("a circle of files: {}", knot.join(", "))));
    found
}

fn cupboard(file: &File) -> Vec<String> {
    let names = file.path.trim_end_matches(".rs").split('/');
    let cupboards = names.filter(|name| CUPBOARDS.contains(name));
    cupboards.map(|name| format!("{}: {name:?} says nothing of what is inside", file.path)).collect()
}

fn no_floor(file: &File) -> Vec<String> {
    let module = file
        .modules()
        .map(|modules| modules[0].to_owned())
        .filter(|module| module != SCAFFOLD && floor(module).is_none());
    module.into_iter().map(|module| format!("{}: {module} is on no floor; give it one in FLOORS", file.path)).collect()
}

fn strange_packages(file: &File) -> Vec<String> {
    let may_use = file.package_may_use();
    let used: BTreeSet<String> = code(&file.text).flat_map(packages_in).collect();
    let strange = used.into_iter().filter(|package| !may_use.contains(&package.as_str()));
    strange.map(|package| format!("{}: its package may not use {package}", file.path)).collect()
}

/// From which floor to which others a file reaches.
fn arrows_of(file: &File) -> Vec<(String, String)> {
    let Some(modules) = file.modules() else { return Vec::new() };
    let text: String = code(&file.text).collect::<Vec<_>>().join("\n");
    let root = "super::".repeat(modules.len());
    let mut used: Vec<&str> =
        ["crate::", "coatcheck::", root.as_str()].iter().flat_map(|prefix| after(&text, prefix)).collect();
    used.sort_unstable();
    used.dedup();
    used.into_iter()
        .filter(|to| *to != modules[0] && floor(to).is_some())
        .map(|to| (modules[0].to_owned(), to.to_owned()))
        .collect()
}

/// The lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

fn packages_in(line: &str) -> Vec<String> {
    let starts = line.match_indices("coatcheck_").map(|(at, _)| at);
    let whole = starts.filter(|at| !line[..*at].ends_with(is_name)).map(|at| first_name(&line[at..]));
    whole.filter(|name| line.contains(&format!("{name}::"))).map(str::to_owned).collect()
}

/// The names that follow a prefix: one, or each of a group in braces.
fn after<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let own = |at: &usize| !text[..*at].ends_with(|c: char| is_name(c) || c == ':');
    let ends = text.match_indices(prefix).map(|(at, _)| at).filter(own).map(|at| at + prefix.len());
    ends.flat_map(|end| names_at(&text[end..])).filter(|name| !name.is_empty() && *name != "super").collect()
}

fn names_at(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else { return vec![first_name(rest)] };
    let mut names = vec![first_name(group.trim_start())];
    let mut depth = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(first_name(group[at + 1..].trim_start())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn first_name(text: &str) -> &str {
    &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())]
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(floor, _)| *floor == name).map(|(_, number)| *number)
}

/// Why an arrow is none that may be, if it is not.
fn climb(from: &str, to: &str) -> Option<String> {
    let (own, other) = (floor(from)?, floor(to)?);
    if to == "config" && !READS_CONFIG.contains(&from) {
        return Some(format!("{from} reads config; hand it a small struct instead"));
    }
    let goes_down = own < other || NEIGHBOURS.contains(&(from, to));
    (!goes_down).then(|| format!("{from} uses {to}, which is not below it"))
}

/// The floors from which the arrows lead back to themselves.
fn circles(arrows: &BTreeSet<(String, String)>) -> Option<String> {
    let mut left = arrows.clone();
    loop {
        // An arrow to a floor that none leaves from can be part of no circle.
        let next: BTreeSet<_> =
            left.iter().filter(|(_, to)| left.iter().any(|(from, _)| from == to)).cloned().collect();
        if next.len() == left.len() {
            break;
        }
        left = next;
    }
    let names: BTreeSet<&str> = left.iter().map(|(from, _)| from.as_str()).collect();
    (!names.is_empty()).then(|| format!("a circle: {}", names.into_iter().collect::<Vec<_>>().join(", ")))
}

fn real_files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "bots", "migrations"] {
        collect(root, &root.join(folder), &mut files);
    }
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file is UTF-8");
            let path = path.strip_prefix(root).expect("it was found below the root").display().to_string();
            files.push(File { path, text });
        }
    }
}

#[test]
fn the_house_stands() {
    let files = real_files();
    assert!(files.len() > 10, "the source files were not found");
    let found = violations(&files);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is said of one made-up file.
fn said(path: &str, text: &str) -> String {
    violations(&[File { path: path.to_owned(), text: text.to_owned() }]).join("\n")
}

#[test]
fn an_arrow_that_climbs_is_found_however_it_is_written() {
    let climbs = "src/store/watch.rs: store uses engine, which is not below it";
    for text in [
        "use crate::engine::poll;",
        "    pub(crate) use crate::engine;",
        "use crate::{store::Db, engine::poll};",
        "use crate::{\n    store::{Db, Lease},\n    engine,\n};",
        "fn x() { crate::engine::poll::tick() }",
        "use super::super::engine;",
        "use coatcheck::engine::poll;",
    ] {
        assert_eq!(said("src/store/watch.rs", text), climbs, "{text}");
    }
    insta::assert_snapshot!(said("src/engine/mod.rs", "use super::web;"), @"src/engine/mod.rs: engine uses web, which is not below it");
    insta::assert_snapshot!(said("src/web.rs", "use crate::cli::Args;"), @"src/web.rs: web uses cli, which is not below it");
}

#[test]
fn what_stands_beside_is_not_below() {
    insta::assert_snapshot!(said("src/shops/fetch.rs", "use crate::store::Db;"), @"src/shops/fetch.rs: shops uses store, which is not below it");
    insta::assert_snapshot!(said("src/commands/watch.rs", "use crate::engine::poll;"), @"src/commands/watch.rs: commands uses engine, which is not below it");
}

#[test]
fn only_the_top_reads_the_settings() {
    insta::assert_snapshot!(said("src/engine/poll.rs", "use crate::config::Config;"), @"src/engine/poll.rs: engine reads config; hand it a small struct instead");
    assert_eq!(said("src/app.rs", "use crate::config::Config;"), "");
    assert_eq!(said("src/config.rs", "use crate::shops::client::Reach;"), "");
}

#[test]
fn packages_use_only_those_below_them() {
    insta::assert_snapshot!(said("src/domain/src/size.rs", "use coatcheck_bots::Message;"), @"src/domain/src/size.rs: its package may not use coatcheck_bots");
    insta::assert_snapshot!(said("bots/src/lib.rs", "use coatcheck_migrations::Migrator;"), @"bots/src/lib.rs: its package may not use coatcheck_migrations");
    assert_eq!(said("bots/src/lib.rs", "use coatcheck_domain::Money;"), "");
}

#[test]
fn a_circle_is_found_even_between_neighbours() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let found =
        violations(&[file("src/app.rs", "use crate::demo::Shop;"), file("src/demo/mod.rs", "use crate::app::run;")]);
    insta::assert_snapshot!(found.join("\n"), @"
    a circle: app, demo
    a circle of files: src/app.rs, src/demo/mod.rs
    ");
}

/// What is said of the circles among made-up files.
fn circles_of(files: &[(&str, &str)]) -> String {
    let sources: Vec<graph::Source<'_>> = files.iter().map(|(path, text)| graph::Source { path, text }).collect();
    let circles = graph::circles(&sources).into_iter().map(|knot| knot.join(", "));
    circles.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_circle_of_files_is_found_however_it_is_closed() {
    for (one, other) in [
        ("use super::b::B;", "use super::a::A;"),
        ("use super::{b, c::C};", "fn x() { super::a::run() }"),
        ("use crate::commands::b::{self, B};", "use crate::commands::{a as first};"),
        ("use super::Found;", "use super::{\n    a::{A, run},\n};"),
    ] {
        let files = [
            ("src/commands/mod.rs", "mod a;\nmod b;\npub use b::Found;"),
            ("src/commands/a.rs", one),
            ("src/commands/b.rs", other),
        ];
        assert_eq!(circles_of(&files), "src/commands/a.rs, src/commands/b.rs", "{one} {other}");
    }
    let far = [
        ("src/engine/send.rs", "use crate::store::outbox::start;"),
        ("src/store/outbox/start.rs", "use crate::keys::Keys;"),
        ("src/keys/mod.rs", "use crate::engine::send::Sender;"),
    ];
    assert_eq!(circles_of(&far), "src/engine/send.rs, src/keys/mod.rs, src/store/outbox/start.rs");
}

#[test]
fn a_head_and_its_folder_and_tests_and_comments_make_no_circle() {
    for files in [
        [("bots/src/telegram.rs", "mod api;\nuse api::Api;"), ("bots/src/telegram/api.rs", "use super::Telegram;")],
        [("src/web/a.rs", "use super::b;\n"), ("src/web/b.rs", "// use super::a;\nfn b() {}")],
        [
            ("src/web/a.rs", "use super::b;\n"),
            ("src/web/b.rs", "#[cfg(test)]\nmod tests {\n    use super::super::a;\n}"),
        ],
    ] {
        assert_eq!(circles_of(&files), "", "{files:?}");
    }
}

#[test]
fn cupboards_and_rooms_on_no_floor_are_found() {
    insta::assert_snapshot!(said("src/engine/utils.rs", ""), @r#"src/engine/utils.rs: "utils" says nothing of what is inside"#);
    insta::assert_snapshot!(said("bots/src/common/mod.rs", ""), @r#"bots/src/common/mod.rs: "common" says nothing of what is inside"#);
    insta::assert_snapshot!(said("src/attic.rs", ""), @"src/attic.rs: attic is on no floor; give it one in FLOORS");
}

#[test]
fn arrows_downwards_and_words_in_comments_are_no_trouble() {
    for (path, text) in [
        ("src/web/board.rs", "use crate::commands;\nuse crate::store::Db;\nuse coatcheck_domain::SizeKey;"),
        ("src/store/mod.rs", "//! See crate::engine.\nuse super::store::lease;\nmod watch;"),
        ("src/store/lease.rs", "use super::Db;\nuse crate::store::Wake;\n/// [`crate::engine`]"),
        ("src/main.rs", "use coatcheck::cli;"),
        ("src/engine/poll.rs", "let coatcheck_version = 1; let crate_name = mycrate::web::x();"),
    ] {
        assert_eq!(said(path, text), "", "{path}");
    }
}
