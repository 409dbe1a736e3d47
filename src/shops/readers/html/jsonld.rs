//! JSON-LD: every block on its own, mended where it is broken, so that one spoils none. Pure.

use super::mend;
use super::schema::Block;
use crate::shops::html::Page;

/// Blocks of one page that are read.
const BLOCKS: usize = 100;

/// The blocks of a page.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Block> {
    let is_block = |kind: &str| kind.to_ascii_lowercase().contains("ld+json");
    let scripts =
        page.elements().filter(|(_, element)| element.name == "script" && element.get("type").is_some_and(is_block));
    let read = |(number, (at, _)): (usize, (usize, _))| {
        let value = mend::json(&page.raw_text(at))?;
        Some(Block { at: format!("ld+json[{number}]"), value })
    };
    scripts.take(BLOCKS).enumerate().filter_map(read).collect()
}
