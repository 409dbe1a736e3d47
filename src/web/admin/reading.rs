//! Reads a page now, as `check --explain` does, and shows what was read and from where. Stores nothing.

use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_bots::words;

use super::Admin;
use crate::commands::reading::{notes, row};
use crate::shops::{Page, Progress, Read, ReadOutcome, SourceSpec};

/// A browser waits no longer than this.
const PREVIEW_TIMEOUT: Duration = Duration::from_secs(25);
/// Pages of a list that are read to see what it is.
const MOST_PAGES: usize = 2;
/// Products that are shown.
const SHOWN: usize = 20;

/// What was read.
pub(super) struct Seen {
    pub(super) reader: String,
    /// Where the answer came from, in the end.
    pub(super) from: String,
    /// How much it is.
    pub(super) count: String,
    pub(super) products: Vec<SeenProduct>,
    pub(super) more: usize,
    /// What the table does not say.
    pub(super) notes: Vec<String>,
}

/// One product of it.
pub(super) struct SeenProduct {
    pub(super) title: String,
    pub(super) url: String,
    /// Size, style, availability, how many, price, and where that was found.
    pub(super) rows: Vec<Vec<String>>,
}

/// Only the first pages of a list.
struct FirstPages;

#[async_trait]
impl Progress for FirstPages {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        if page.number >= MOST_PAGES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Reads it.
///
/// # Errors
/// With why there is no reading, for people.
pub(super) async fn look(admin: &Admin, spec: &SourceSpec) -> Result<Seen, String> {
    let Ok(_turn) = admin.looks.try_acquire() else {
        return Err("Two pages are being read already. Please try again in a moment.".to_owned());
    };
    let read = tokio::time::timeout(PREVIEW_TIMEOUT, admin.desk.shops.read(spec, &FirstPages)).await;
    match read {
        Ok(Ok(ReadOutcome::Read(read))) => Ok(seen(&read)),
        Ok(Ok(ReadOutcome::NotModified { .. })) => Err("The shop answered 304 (not modified).".to_owned()),
        Ok(Err(error)) => Err(words::plain(&error.to_string())),
        Err(_) => Err(format!("It could not be read within {} s.", PREVIEW_TIMEOUT.as_secs())),
    }
}

fn seen(read: &Read) -> Seen {
    let all = &read.reading.products;
    let variants: usize = all.iter().map(|product| product.variants.len()).sum();
    let number =
        |count: usize, one: &str, many: &str| words::counted(i64::try_from(count).unwrap_or(i64::MAX), one, many);
    let incomplete = if read.reading.complete { "" } else { "; the reading is incomplete, there may be more" };
    Seen {
        reader: read.reader.to_string(),
        from: read.resolved_url.to_string(),
        count: format!(
            "{}, {}{incomplete}",
            number(all.len(), "product", "products"),
            number(variants, "variant", "variants")
        ),
        products: all.iter().take(SHOWN).map(product).collect(),
        more: all.len().saturating_sub(SHOWN),
        notes: notes(&read.reading, true),
    }
}

fn product(product: &coatcheck_domain::ProductReading) -> SeenProduct {
    SeenProduct {
        title: words::title(&product.title),
        url: product.url.as_ref().map(ToString::to_string).unwrap_or_default(),
        rows: product.variants.iter().map(|variant| row(variant, true)).collect(),
    }
}
