//! What a visitor picked, and what there is to pick. Pure.

use coatcheck_bots::words;

use crate::commands::Wanted;
use crate::store::stock::catalogue::Variant;
use crate::web::forms::Form;

/// Letters of what is typed that are kept for the form that is shown again.
const LONGEST: usize = 60;

/// What was picked and typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Picked {
    pub(super) sizes: Vec<String>,
    pub(super) styles: Vec<String>,
    pub(super) every: bool,
    pub(super) phone: String,
    pub(super) invite: String,
}

/// One size or style that can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pick {
    /// What the form sends: the shop's own label.
    pub(super) value: String,
    /// What is read.
    pub(super) label: String,
    pub(super) picked: bool,
    /// Some of it is in stock now.
    pub(super) here: bool,
}

impl Picked {
    /// What a link to one variant means.
    pub(super) fn of(variant: Option<&Variant>) -> Self {
        let Some(variant) = variant else { return Self::default() };
        let one = |label: &Option<String>| label.iter().cloned().collect();
        Self { sizes: one(&variant.size), styles: one(&variant.style), ..Self::default() }
    }

    /// The same as it is asked for.
    pub(super) fn wanted(&self, product: i64) -> Wanted {
        let (sizes, styles) = (self.sizes.clone(), self.styles.clone());
        Wanted { product, sizes, styles, every: self.every, invite: self.invite.clone() }
    }

    /// What the form says.
    pub(super) fn in_form(form: &Form) -> Self {
        let typed = |name: &str| form.text(name).chars().take(LONGEST).collect();
        Self {
            sizes: form.all("size"),
            styles: form.all("style"),
            every: form.text("often") == "every",
            phone: typed("phone"),
            invite: typed("invite"),
        }
    }
}

/// One for each label. A single one is nothing to choose.
pub(super) fn picks<'a>(
    labels: impl Iterator<Item = &'a String>,
    picked: &[String],
    variants: &[Variant],
    of: impl Fn(&Variant) -> Option<&str>,
) -> Vec<Pick> {
    let pick = |label: &String| Pick {
        value: label.clone(),
        label: words::plain(label),
        picked: picked.contains(label),
        here: variants.iter().any(|variant| of(variant) == Some(label) && variant.availability.is_buyable()),
    };
    let all: Vec<Pick> = labels.map(pick).collect();
    if all.len() > 1 { all } else { Vec::new() }
}
