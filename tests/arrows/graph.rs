//! Which file uses which, read from the imports and paths in their texts; and the circles among them.
//!
//! A file that heads a folder (`commands/mod.rs`, or `telegram.rs` beside `telegram/`) and the files inside that folder
//! are one module: they may name each other. What a head re-exports counts as a use of the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

/// A file: where it stands, and what it says.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

/// The root folders of the crates, and the names by which others import them.
const CRATES: &[(&str, &str)] = &[
    ("src/domain/src/", "coatcheck_domain"),
    ("bots/src/", "coatcheck_bots"),
    ("migrations/src/", "coatcheck_migrations"),
    ("src/", "coatcheck"),
];
/// Re-exports of re-exports are followed so often.
const DEEPEST: usize = 8;

type Name = Vec<String>;

/// One file as a module: its crate and path of modules, and what it imports.
struct Module {
    path: String,
    name: Name,
    uses: Vec<Name>,
    /// What others find under its name: the alias, and the path it stands for.
    exports: Vec<(String, Name)>,
}

/// The circles: each as the paths of its files, sorted.
pub(crate) fn circles(files: &[Source<'_>]) -> Vec<Vec<String>> {
    let modules: BTreeMap<Name, Module> =
        files.iter().filter_map(module).map(|module| (module.name.clone(), module)).collect();
    let arrows: BTreeMap<&Name, BTreeSet<&Name>> =
        modules.values().map(|module| (&module.name, used_by(module, &modules))).collect();
    knots(&arrows).into_iter().map(|knot| knot.into_iter().map(|name| modules[name].path.clone()).collect()).collect()
}

fn module(file: &Source<'_>) -> Option<Module> {
    let (folder, of_crate) = CRATES.iter().find(|(folder, _)| file.path.starts_with(folder))?;
    let inside = file.path.strip_prefix(folder)?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    let mut name = vec![(*of_crate).to_owned()];
    name.extend(inside.split('/').filter(|part| !matches!(*part, "lib" | "mod")).map(str::to_owned));
    let text = without_tests(file.text);
    let children = declared(&text);
    let (mut uses, mut exports) = (Vec::new(), Vec::new());
    for (is_public, path, alias) in imports(&text) {
        let path = absolute(&name, &children, &path);
        if is_public {
            exports.push((alias, path.clone()));
        }
        uses.extend(Some(path).filter(|_| !is_public));
    }
    uses.extend(paths(&text).into_iter().map(|path| absolute(&name, &children, &path)));
    Some(Module { path: file.path.to_owned(), name, uses, exports })
}

/// The code that is shipped: no comments, no inline tests.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//")).peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.ends_with('{')) {
            lines.by_ref().find(|line| *line == "}");
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The modules that a file declares.
fn declared(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')
    });
    names.map(str::to_owned).collect()
}

/// Each import: is it a re-export, what does it stand for, and under which name?
fn imports(text: &str) -> Vec<(bool, Name, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let line = text[..at].rsplit('\n').next().unwrap_or_default().trim();
        let is_public = line.starts_with("pub");
        let is_import = line.is_empty() || (is_public && !line.contains(' '));
        if !is_import {
            continue;
        }
        let tree = text[at + 4..].split(';').next().unwrap_or_default();
        for (path, alias) in leaves(tree) {
            found.push((is_public, path, alias));
        }
    }
    found
}

/// `a::{b, c::{self, d as e}}` as its single paths, with the name that each is known by.
fn leaves(tree: &str) -> Vec<(Name, String)> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path: Name =
            path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        path.retain(|part| part != "self" || tree == "self");
        let alias = if alias.is_empty() { path.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
        return vec![(path, alias)];
    };
    let prefix: Name = before.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let whole = prefix.last().cloned().unwrap_or_default();
    let group = group.trim().strip_suffix('}').unwrap_or(group);
    let branches = branches(group).into_iter().flat_map(leaves);
    branches
        .map(|(path, alias)| match path.as_slice() {
            [only] if only == "self" => (prefix.clone(), whole.clone()),
            _ => ([prefix.clone(), path].concat(), alias),
        })
        .collect()
}

fn branches(group: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&group[from..]);
    found.into_iter().map(str::trim).filter(|branch| !branch.is_empty()).collect()
}

/// Paths in the code itself: `crate::words::lines(…)`, `texting::phone(…)` where `texting` is declared.
fn paths(text: &str) -> Vec<Name> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let whole = text.split(|c: char| !(is_name(c) || c == ':')).filter(|path| path.contains("::"));
    let lines = whole.map(|path| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Name>());
    lines.filter(|path| path.len() > 1).collect()
}

/// The path from the crate on; another crate's, or a local name's, as it is.
fn absolute(name: &Name, children: &BTreeSet<String>, path: &[String]) -> Name {
    let Some(first) = path.first() else { return Name::new() };
    let mut base = name.clone();
    let mut rest = path;
    match first.as_str() {
        "crate" => base.truncate(1),
        "self" => {}
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                base.pop();
                rest = &rest[1..];
            }
            return [base, rest.to_vec()].concat();
        }
        child if children.contains(child) => return [base, path.to_vec()].concat(),
        _ => return path.to_vec(),
    }
    [base, rest[1..].to_vec()].concat()
}

/// The files that a file uses, but for itself and the heads of the folders it stands in.
fn used_by<'a>(module: &Module, modules: &'a BTreeMap<Name, Module>) -> BTreeSet<&'a Name> {
    let found = module.uses.iter().filter_map(|path| target(path, modules, DEEPEST));
    found.filter(|name| !module.name.starts_with(name)).collect()
}

/// The file in which a path ends, through re-exports.
fn target<'a>(path: &[String], modules: &'a BTreeMap<Name, Module>, deepest: usize) -> Option<&'a Name> {
    let length = (1..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (name, found) = modules.get_key_value(&path[..length])?;
    let Some(item) = path.get(length).filter(|_| deepest > 0) else { return Some(name) };
    let Some((_, behind)) = found.exports.iter().find(|(alias, _)| alias == item) else { return Some(name) };
    let behind = [behind.clone(), path[length + 1..].to_vec()].concat();
    target(&behind, modules, deepest - 1).or(Some(name))
}

/// The sets of files that reach one another.
fn knots<'a>(arrows: &BTreeMap<&'a Name, BTreeSet<&'a Name>>) -> Vec<Vec<&'a Name>> {
    let reach: BTreeMap<&Name, BTreeSet<&Name>> = arrows.keys().map(|name| (*name, reached(name, arrows))).collect();
    let mut found: Vec<Vec<&Name>> = Vec::new();
    for (name, far) in &reach {
        let knot: Vec<&Name> = far.iter().copied().filter(|other| reach[other].contains(name)).collect();
        if !knot.is_empty() && !found.contains(&knot) {
            found.push(knot);
        }
    }
    found
}

fn reached<'a>(from: &'a Name, arrows: &BTreeMap<&'a Name, BTreeSet<&'a Name>>) -> BTreeSet<&'a Name> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Name> = arrows[from].iter().copied().collect();
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            next.extend(arrows[name].iter().copied());
        }
    }
    seen
}
