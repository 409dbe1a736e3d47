//! The page that the tables go to: what stands between its markers is replaced, the prose stays.

use std::path::Path;

use anyhow::{Context, Result};

use super::figure::Figure;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/PERFORMANCE.md");

/// A Markdown table of figures.
pub(crate) fn table(figures: &[Figure]) -> String {
    let head = "| what | measured | limit, same run | ratio | target | |\n|---|---|---|---|---|---|";
    figures.iter().fold(head.to_owned(), |table, figure| format!("{table}\n{}", figure.row()))
}

/// Puts a text between the markers of this name.
pub(crate) fn put(name: &str, text: &str) -> Result<()> {
    let page = std::fs::read_to_string(PAGE).with_context(|| format!("{PAGE} cannot be read"))?;
    let page = replaced(&page, name, text)
        .with_context(|| format!("{PAGE} has no <!-- begin {name} --> with its <!-- end {name} -->"))?;
    std::fs::write(Path::new(PAGE), page).with_context(|| format!("{PAGE} cannot be written"))
}

fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("\n<!-- end {name} -->"));
    let from = page.find(&begin)? + begin.len();
    let upto = from.checked_sub(1)? + page[from - 1..].find(&end)?;
    let rest = &page[upto..];
    Some(format!("{}{text}{rest}", &page[..from]))
}
