//! A product as its card shows it. Pure: rows of the store in, words out. Titles, sizes and styles are strangers' words.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use coatcheck_bots::words;
use coatcheck_domain::{Availability, Money};
use url::Url;

use crate::store::stock::catalogue::{Product, Variant};
use crate::web::look::when::{Moment, day, exact, short};

/// A card has room for so many styles, and for so many sizes of each.
const MOST_ROWS: usize = 6;
const MOST_CELLS: usize = 36;
/// Rows of up to so many sizes have the same columns: what a style lacks stays empty.
const MOST_COLUMNS: usize = 12;
/// A product is new for so long.
const NEW: TimeDelta = TimeDelta::minutes(5);
/// Longer labels are cut; the product page has them whole.
const LONGEST_LABEL: usize = 40;

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Card {
    pub(in crate::web) id: i64,
    pub(in crate::web) slug: String,
    pub(in crate::web) title: String,
    pub(in crate::web) shop: String,
    pub(in crate::web) price: Option<String>,
    pub(in crate::web) has_picture: bool,
    /// Not read lately: nothing is said to be so now.
    pub(in crate::web) stale: bool,
    /// A class and a sentence.
    pub(in crate::web) verdict: (&'static str, String),
    pub(in crate::web) rows: Vec<Row>,
    /// Variants that have no place here.
    pub(in crate::web) more: usize,
    /// Tracked since lately: open pages may lack it.
    pub(in crate::web) is_new: bool,
}

/// A style, or all there is of a product without styles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Row {
    pub(in crate::web) style: Option<String>,
    pub(in crate::web) cells: Vec<Cell>,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Cell {
    pub(in crate::web) id: i64,
    /// `here`, `low`, `order`, `out` or `unknown`.
    pub(in crate::web) look: &'static str,
    pub(in crate::web) label: String,
    pub(in crate::web) words: String,
    /// When it was last in stock, if that says more than the words.
    pub(in crate::web) when: Option<Moment>,
    pub(in crate::web) hover: String,
    /// Where it can be bought.
    pub(in crate::web) link: Option<String>,
}

/// When a card is made, and for whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct View {
    pub(in crate::web) now: DateTime<Utc>,
    pub(in crate::web) zone: Tz,
    /// Since when the product is tracked.
    pub(in crate::web) since: DateTime<Utc>,
}

/// The card of a product.
pub(in crate::web) fn card(product: &Product, variants: &[Variant], view: View) -> Card {
    within((MOST_ROWS, MOST_CELLS), product, variants, view)
}

/// The same with all variants.
pub(in crate::web) fn whole(product: &Product, variants: &[Variant], view: View) -> Card {
    within((usize::MAX, usize::MAX), product, variants, view)
}

fn within((most_rows, most_cells): (usize, usize), product: &Product, variants: &[Variant], view: View) -> Card {
    let stale = !product.is_fresh(view.now);
    let all = rows(product, variants, stale, view);
    let total: usize = all.iter().map(|row| row.cells.len()).sum();
    let rows: Vec<Row> = all
        .into_iter()
        .take(most_rows)
        .map(|row| Row { cells: row.cells.into_iter().take(most_cells).collect(), ..row })
        .collect();
    let shown: usize = rows.iter().map(|row| row.cells.len()).sum();
    Card {
        id: product.id,
        slug: slug(product.id, &product.title),
        title: words::title(&product.title),
        shop: product.shop.clone(),
        price: price(variants),
        has_picture: product.image.is_some(),
        stale,
        verdict: verdict(product, variants, stale, view),
        rows,
        more: total - shown,
        is_new: view.now - view.since < NEW,
    }
}

/// `12-corps-jacket`: the number finds it, the rest is for people.
pub(in crate::web) fn slug(id: i64, title: &str) -> String {
    let letters: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let words: Vec<&str> = letters.split_whitespace().take(8).collect();
    if words.is_empty() { id.to_string() } else { format!("{id}-{}", words.join("-")) }
}

/// What was last known of a variant, and said as such if it was not read lately.
pub(in crate::web) fn cell(product: &Product, variant: &Variant, label: &str, stale: bool, view: View) -> Cell {
    let buyable = variant.availability.is_buyable();
    let last = variant.last_in_stock.filter(|_| !buyable);
    let sold_out = variant.availability == Availability::OutOfStock;
    Cell {
        id: variant.id,
        look: look(variant.availability),
        label: label.to_owned(),
        words: cell_words(variant, stale),
        when: last.filter(|_| sold_out).map(|last| Moment::new(last, view.now, view.zone)),
        hover: hover(variant, stale, view),
        link: (buyable && !stale).then(|| link(product, variant)).flatten(),
    }
}

/// Its own page or its product's.
fn link(product: &Product, variant: &Variant) -> Option<String> {
    let url = variant.url.as_ref().or(product.url.as_ref())?;
    is_web(url).then(|| url.to_string())
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn look(availability: Availability) -> &'static str {
    match availability {
        Availability::InStock => "here",
        Availability::LowStock => "low",
        Availability::PreOrder | Availability::BackOrder | Availability::MadeToOrder | Availability::InStoreOnly => {
            "order"
        }
        Availability::OutOfStock | Availability::Discontinued | Availability::Absent => "out",
        Availability::Unknown => "unknown",
    }
}

fn cell_words(variant: &Variant, stale: bool) -> String {
    match (variant.availability, stale) {
        (availability, true) if availability.is_buyable() => "was in stock".to_owned(),
        (Availability::LowStock, _) => match variant.quantity {
            Some(left @ 1..) => format!("{left} left"),
            _ => "almost gone".to_owned(),
        },
        (Availability::OutOfStock, _) => "not seen".to_owned(),
        (availability, _) => availability.words().to_owned(),
    }
}

fn hover(variant: &Variant, stale: bool, view: View) -> String {
    let mut parts = Vec::new();
    let since = variant.since.map(|since| exact(since, view.zone));
    match (since, stale) {
        (Some(since), false) => parts.push(format!("{} since {since}", words::sentence(variant.availability.words()))),
        (Some(_), true) => parts.push(format!("Last known: {}", variant.availability.words())),
        (None, _) => parts.push("Nothing known yet".to_owned()),
    }
    match variant.last_in_stock {
        Some(last) if !variant.availability.is_buyable() || stale => {
            parts.push(format!("last in stock {}", exact(last, view.zone)));
        }
        Some(_) => {}
        None if variant.since.is_some() => {
            parts.push(format!("not seen in stock since tracking began, {}", day(view.since, view.now, view.zone)));
        }
        None => {}
    }
    parts.join("; ")
}

/// The sentence that answers at a glance.
fn verdict(product: &Product, variants: &[Variant], stale: bool, view: View) -> (&'static str, String) {
    if stale {
        let read = product.source.last_read_at.map(|read| short(read, view.now, view.zone));
        return (
            "stale",
            read.map_or_else(
                || "Not checked yet".to_owned(),
                |read| format!("Last checked {read}; it may have changed"),
            ),
        );
    }
    let there: Vec<&Variant> = variants.iter().filter(|variant| variant.availability.is_buyable()).collect();
    if there.is_empty() {
        let last = variants.iter().filter_map(|variant| variant.last_in_stock).max();
        let words = match last {
            Some(last) => format!("Sold out, last seen {}", short(last, view.now, view.zone)),
            None => format!("Not seen in stock since tracking began, {}", day(view.since, view.now, view.zone)),
        };
        return ("out", words);
    }
    ("here", format!("In stock now: {}", named(&there, variants.len())))
}

/// `M and L`, `M Black`; where they are many, `6 of 18`.
fn named(there: &[&Variant], all: usize) -> String {
    let name = |variant: &&Variant| match (&variant.size, &variant.style) {
        (Some(size), Some(style)) => Some(format!("{} {}", label(size), label(style))),
        (Some(one), None) | (None, Some(one)) => Some(label(one)),
        (None, None) => None,
    };
    match (there.len(), there.iter().map(name).collect::<Option<Vec<String>>>()) {
        (1, None) if all == 1 => "yes".to_owned(),
        (1..=3, Some(names)) => names.join(", "),
        (count, _) => format!("{count} of {all}"),
    }
}

/// The price of what can be bought; of all if nothing can.
fn price(variants: &[Variant]) -> Option<String> {
    let of = |buyable: bool| -> Vec<&Money> {
        let these = variants.iter().filter(|variant| !buyable || variant.availability.is_buyable());
        these.filter_map(|variant| variant.price.as_ref()).collect()
    };
    let mut prices = of(true);
    if prices.is_empty() {
        prices = of(false);
    }
    // Of several currencies none is said: they cannot be compared.
    let first = *prices.first()?;
    if prices.iter().any(|price| (&price.currency, price.exponent) != (&first.currency, first.exponent)) {
        return None;
    }
    let (low, high) = (prices.iter().min_by_key(|price| price.minor)?, prices.iter().max_by_key(|price| price.minor)?);
    Some(if low.minor == high.minor {
        low.to_string()
    } else {
        format!("{} – {high}", Money { currency: None, ..(*low).clone() })
    })
}

fn label(text: &str) -> String {
    words::shortened_within(&words::plain(text), LONGEST_LABEL)
}

/// Cells by the shop's own word for their size, and these by style.
type Sized<'a> = (&'a str, Cell);
type Styled<'a> = (Option<&'a str>, Vec<Sized<'a>>);

/// A row a style; a product that has styles and no sizes is one row of styles.
fn rows(product: &Product, variants: &[Variant], stale: bool, view: View) -> Vec<Row> {
    let has_sizes = variants.iter().any(|variant| variant.size.is_some());
    let mut rows: Vec<Styled<'_>> = Vec::new();
    for variant in variants {
        let (style, size) = match (has_sizes, variant.style.as_deref()) {
            (true, style) => (style, variant.size.as_deref().unwrap_or("Other")),
            (false, Some(style)) => (None, style),
            (false, None) => (None, variant.title.as_deref().unwrap_or("Stock")),
        };
        let at = rows.iter().position(|(known, _)| *known == style).unwrap_or_else(|| {
            rows.push((style, Vec::new()));
            rows.len() - 1
        });
        rows[at].1.push((size, cell(product, variant, &label(size), stale, view)));
    }
    if rows.len() > 1 {
        in_columns(&mut rows);
    }
    let finished = |(style, cells): Styled<'_>| Row {
        style: style.map(label),
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
    };
    rows.into_iter().map(finished).collect()
}

/// The sizes of all rows in one order, where they are few.
fn in_columns(rows: &mut [Styled<'_>]) {
    let mut columns: Vec<String> = Vec::new();
    for (size, _) in rows.iter().flat_map(|(_, cells)| cells) {
        if !columns.iter().any(|column| column == size) {
            columns.push((*size).to_owned());
        }
    }
    if columns.len() <= MOST_COLUMNS {
        for (_, cells) in rows {
            cells.sort_by_key(|(size, _)| columns.iter().position(|column| column == size));
        }
    }
}
