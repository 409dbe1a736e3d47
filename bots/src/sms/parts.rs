//! The parts of an alert, and how many of them fit. Pure.

use coatcheck_domain::Money;

use super::gsm::{Alphabet, cheapest, said, shortened};
use crate::message::{Alert, AlertVariant};
use crate::words::{self, opening, plain, remark, same_price, variant_label};

/// Variants that are named, at most.
const NAMED: usize = 6;
/// Characters of a size and a style together, and of a size alone.
const LONGEST_LABEL: usize = 36;
const LONGEST_SIZE: usize = 20;
/// Of a size, and of a title, where there is hardly any room.
const TINY_SIZE: usize = 9;
const TINY_TITLE: usize = 6;

/// What there is to say, spelled in one alphabet.
pub(super) struct Parts {
    opening: String,
    short_opening: String,
    title: String,
    /// Sizes with styles.
    labels: Vec<String>,
    sizes: Vec<String>,
    variants: usize,
    price: String,
    remark: String,
}

/// Which of the parts are said.
#[derive(Clone, Copy)]
struct Shape {
    named: usize,
    with_styles: bool,
    with_price: bool,
    with_remark: bool,
    short: bool,
    /// Sizes and title are cut to what still tells one from another.
    tiny: bool,
}

/// All of it; then less and less.
fn shapes(labels: usize) -> impl Iterator<Item = Shape> {
    let all =
        Shape { named: labels, with_styles: true, with_price: true, with_remark: true, short: false, tiny: false };
    let fewer = (1..labels).rev().map(move |named| Shape { named, with_remark: false, ..all });
    let least = Shape { named: labels.min(1), with_remark: false, with_price: false, ..all };
    let last = [
        Shape { with_remark: false, ..all },
        Shape { with_price: true, short: true, ..least },
        Shape { short: true, ..least },
        Shape { short: true, with_styles: false, ..least },
        Shape { short: true, with_styles: false, tiny: true, ..least },
    ];
    let mut last = last.into_iter();
    std::iter::once(all).chain(last.next()).chain(fewer).chain(last)
}

impl Parts {
    /// With this title, in GSM-7; None where it cannot say the sizes.
    pub(super) fn in_gsm7(alert: &Alert, title: String) -> Option<Self> {
        Self::spelled(alert, title, said)
    }

    /// In the letters it has.
    pub(super) fn as_it_is(alert: &Alert, title: &str) -> Self {
        let spelled = Self::spelled(alert, cheapest(title), |label| Some(cheapest(label)));
        spelled.expect("each label can be spelled in its own letters")
    }

    fn spelled(alert: &Alert, title: String, spell: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variants = &alert.variants;
        let named = &variants[..variants.len().min(NAMED)];
        let told = opening(variants);
        let labels = |of: fn(&AlertVariant) -> Option<String>, longest: usize| -> Option<Vec<String>> {
            let labels = named.iter().filter_map(of).map(|label| spell(&words::shortened(&label, longest)));
            Some(labels.collect::<Option<Vec<_>>>()?.into_iter().filter(|label| !label.is_empty()).collect())
        };
        let one = variants.first().filter(|_| variants.len() == 1);
        Some(Self {
            opening: if alert.test { format!("This is how an alert looks. {told}") } else { told.to_owned() },
            short_opening: if told == "Back in stock" { "Back" } else { told }.to_owned(),
            title,
            labels: labels(variant_label, LONGEST_LABEL)?,
            sizes: labels(|variant| Some(plain(variant.size.as_ref()?)), LONGEST_SIZE)?,
            variants: variants.len(),
            price: same_price(variants).map(Money::to_string).unwrap_or_default(),
            remark: one.map(|variant| remark(variant, told)).unwrap_or_default(),
        })
    }

    /// As much as there is room for: a title keeps its first words before anything else of it is left out.
    pub(super) fn fit(&self, alphabet: Alphabet, room: usize) -> Option<String> {
        let shortest = match alphabet {
            Alphabet::Gsm7 => 20,
            Alphabet::Ucs2 => 8,
        };
        shapes(self.labels.len()).find_map(|shape| {
            let left = room.checked_sub(alphabet.length(&self.shaped(shape, "", alphabet)))?;
            let title = shortened(&self.title, left, alphabet);
            let enough = title == self.title || left >= if shape.tiny { TINY_TITLE } else { shortest };
            enough.then(|| self.shaped(shape, &title, alphabet))
        })
    }

    fn shaped(&self, shape: Shape, title: &str, alphabet: Alphabet) -> String {
        let opening = if shape.short { &self.short_opening } else { &self.opening };
        let labels = if shape.with_styles { &self.labels } else { &self.sizes };
        let longest = if shape.tiny { TINY_SIZE } else { usize::MAX };
        let labels: Vec<String> =
            labels.iter().take(shape.named).map(|label| shortened(label, longest, alphabet)).collect();
        let mut text = format!("{opening}: {title}");
        if !labels.is_empty() {
            text.push_str(" - ");
            text.push_str(&labels.join(", "));
        }
        if self.variants > labels.len().max(1) {
            text.push_str(&format!(" +{}", self.variants - labels.len().max(1)));
        }
        if shape.with_price && !self.price.is_empty() {
            text.push_str(", ");
            text.push_str(&self.price);
        }
        if shape.with_remark {
            text.push_str(&self.remark);
        }
        text
    }
}
