//! `check`: reads one product or shop now and prints the result. Stores nothing, needs no database.

use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;
use coatcheck_bots::words;
use coatcheck_domain::{Clock, ProductReading, Reading, VariantReading};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::{SystemClock, shops};
use crate::commands::reading::{notes, row};
use crate::config::Settings;
use crate::shops::readers::html::evidence_name;
use crate::shops::{Guard, Page, Progress, Read, ReadOutcome, SourceSpec, canonical, parse_header};

/// Runs it.
///
/// # Errors
/// Status 3 when the source cannot be read.
pub(super) async fn run(settings: Settings, args: args::Check) -> Outcome {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let guard = Arc::new(Guard::new(settings.allow_hosts.clone()));
    let (shops, _) = shops(&settings, &guard, &clock)?;
    let mut spec = SourceSpec::new(canonical(args.url.clone()));
    spec.reader = args.reading.reader;
    spec.jq.clone_from(&args.reading.jq);
    spec.more_urls.clone_from(&args.reading.more_urls);
    spec.headers = headers(&args.reading)?;
    let bar = Bar::new();
    let outcome = shops.read(&spec, &bar).await;
    bar.0.finish_and_clear();
    match outcome {
        Ok(ReadOutcome::Read(read)) if args.json => {
            notes(&read.reading, args.explain).iter().for_each(|note| out::note(note));
            out::json(&machine(&read, args.explain))
        }
        Ok(ReadOutcome::Read(read)) => {
            let how = read.how.iter().filter(|_| args.explain).map(|how| format!("\nFound: {}", words::plain(how)));
            let how: String = how.collect();
            out::line(&format!("{}{how}", human(&read.reading, read.reader.as_str(), args.explain)))
        }
        Ok(ReadOutcome::NotModified { .. }) => {
            Err(Failure::unreadable("the shop answered 304 (not modified) to an unconditional request"))
        }
        Err(error) if error.is_refused() => Err(Failure::refused(error)),
        Err(error) => Err(Failure::unreadable(error)),
    }
}

/// The headers that were given.
///
/// # Errors
/// Status 2 with the name of the one that cannot be sent.
pub(super) fn headers(reading: &args::Reading) -> Result<Vec<(String, String)>, Failure> {
    reading.headers.iter().map(|text| parse_header(text).map_err(Failure::usage)).collect()
}

/// A progress bar on stderr that counts pages and products; hidden where stderr is not a terminal.
pub(super) struct Bar(pub ProgressBar);

impl Bar {
    /// A bar that appears once something takes time.
    #[must_use]
    pub(super) fn new() -> Self {
        Self(ProgressBar::new_spinner().with_message("reading"))
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Progress for Bar {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        self.0.set_message(format!("page {}, {} products", page.number, page.products));
        self.0.tick();
        ControlFlow::Continue(())
    }
}

fn machine(read: &Read, explain: bool) -> Value {
    let products: Vec<Value> = read.reading.products.iter().map(|product| product_json(product, explain)).collect();
    let mut json = json!({ "reader": read.reader.as_str(), "complete": read.reading.complete, "products": products });
    if explain {
        json["how"] = json!(read.how);
        json["doubts"] = serde_json::to_value(&read.reading.doubts).unwrap_or_default();
    }
    json
}

fn product_json(product: &ProductReading, explain: bool) -> Value {
    json!({
        "title": product.title,
        "url": product.url,
        "external_id": product.external_id,
        "complete": product.complete,
        "variants": product.variants.iter().map(|variant| variant_json(variant, explain)).collect::<Vec<_>>(),
    })
}

fn variant_json(variant: &VariantReading, explain: bool) -> Value {
    let options: Map<String, Value> =
        variant.options.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    let mut json = json!({
        "external_id": variant.external_id,
        "sku": variant.sku,
        "title": variant.title,
        "options": options,
        "size": variant.size(),
        "style": variant.style(),
        "size_key": variant.size_key(),
        "style_key": variant.style_key(),
        "availability": variant.availability,
        "quantity": variant.quantity,
        "price": variant.price,
        "url": variant.url,
    });
    if explain {
        json["rank"] = json!(evidence_name(variant.rank));
        json["evidence"] = serde_json::to_value(&variant.evidence).unwrap_or_default();
    }
    json
}

/// For people: a heading per product, a row per variant.
#[must_use]
pub(super) fn human(reading: &Reading, reader: &str, explain: bool) -> String {
    let mut text = String::new();
    for product in &reading.products {
        text.push_str(&words::title(&product.title));
        if let Some(url) = &product.url {
            text.push_str(&format!("  {url}"));
        }
        text.push('\n');
        let rows: Vec<Vec<String>> = product.variants.iter().map(|variant| indented(row(variant, explain))).collect();
        let mut heading = vec!["  SIZE", "STYLE", "AVAILABILITY", "LEFT", "PRICE"];
        if explain {
            heading.push("EVIDENCE");
        }
        text.push_str(&out::table(&heading, &rows));
        text.push_str("\n\n");
    }
    let variants: usize = reading.products.iter().map(|product| product.variants.len()).sum();
    text.push_str(&format!(
        "{}, {}, read as {reader}",
        count(reading.products.len(), "product"),
        count(variants, "variant")
    ));
    if !reading.complete {
        text.push_str("; the reading is incomplete, there may be more");
    }
    for note in notes(reading, explain) {
        text.push_str(&format!("\nNote: {note}"));
    }
    text
}

fn indented(mut row: Vec<String>) -> Vec<String> {
    if let Some(first) = row.first_mut() {
        first.insert_str(0, "  ");
    }
    row
}

/// `1 product`, `3 products`.
#[must_use]
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
