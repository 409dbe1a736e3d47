//! What is wanted of a product: sizes and styles that belong together. Pure.

use coatcheck_domain::watch::Wish;
use coatcheck_domain::{SizeKey, StyleKey};
use serde::{Deserialize, Serialize};

/// A size that somebody means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MeantSize {
    /// What is waited for.
    pub(crate) key: SizeKey,
    /// The shop's label where it lists it, else as it was said.
    pub(crate) text: String,
}

/// A size and a style that are wanted together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Want {
    /// None: any.
    pub(crate) size: Option<MeantSize>,
    /// As said. None: any.
    pub(crate) style: Option<String>,
}

impl Want {
    /// What a watch waits for.
    pub(crate) fn wish(&self) -> Wish {
        Wish {
            size: self.size.as_ref().map(|size| size.key.clone()).unwrap_or_default(),
            style: self.style.as_deref().map(StyleKey::fold).unwrap_or_default(),
        }
    }

    /// The size, to be shown.
    pub(crate) fn size_text(&self) -> Option<&str> {
        self.size.as_ref().map(|size| size.text.as_str())
    }
}

/// The sizes of all, each once: `M, L`. None where any will do.
pub(crate) fn size_text(wants: &[Want]) -> Option<String> {
    listed_texts(wants.iter().filter_map(Want::size_text), ", ")
}

/// The styles of all, each once: `black or olive`.
pub(crate) fn style_text(wants: &[Want]) -> Option<String> {
    listed_texts(wants.iter().filter_map(|want| want.style.as_deref()), " or ")
}

/// Each text once; none of none.
pub(crate) fn listed_texts<'a>(texts: impl Iterator<Item = &'a str>, between: &str) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    (!all.is_empty()).then(|| all.join(between))
}

/// What was said of sizes and styles, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Size(MeantSize),
    Style(String),
}

/// Which sizes go with which styles: "M black, L olive" are two pairs; otherwise each size goes with each style.
/// Several words that fit one style together ("black slim") are that style.
pub(crate) fn pair(said: &[Wanted], styles: &[String]) -> Vec<Want> {
    let all_sizes: Vec<&MeantSize> = said.iter().filter_map(size).collect();
    let all_styles: Vec<&str> = said.iter().filter_map(style).collect();
    let runs = runs(said);
    let together = joint(&all_styles, styles);
    let mut wants = Vec::new();
    if together.len() > 1 && runs.len() > 2 && runs.len().is_multiple_of(2) && all_sizes.len() > 1 {
        for pair in runs.chunks(2) {
            let run: Vec<Wanted> = pair.concat();
            let sizes: Vec<&MeantSize> = run.iter().filter_map(size).collect();
            cross(&sizes, &joint(&run.iter().filter_map(style).collect::<Vec<_>>(), styles), &mut wants);
        }
    } else {
        cross(&all_sizes, &together, &mut wants);
    }
    wants
}

fn cross(sizes: &[&MeantSize], styles: &[String], wants: &mut Vec<Want>) {
    let sizes: Vec<Option<&MeantSize>> =
        if sizes.is_empty() { vec![None] } else { sizes.iter().copied().map(Some).collect() };
    let styles: Vec<Option<&String>> = if styles.is_empty() { vec![None] } else { styles.iter().map(Some).collect() };
    for size in &sizes {
        for style in &styles {
            let want = Want { size: size.cloned(), style: style.cloned() };
            if wants.iter().all(|other: &Want| other.wish() != want.wish()) {
                wants.push(want);
            }
        }
    }
}

/// One style, where a listed one has all the words or only one was said; else each by itself.
fn joint(said: &[&str], styles: &[String]) -> Vec<String> {
    let all = said.join(" ");
    let key = StyleKey::fold(&all);
    let is_one = said.len() < 2 || styles.iter().any(|style| key.matches(&[style], ""));
    match is_one {
        true if all.is_empty() => Vec::new(),
        true => vec![all],
        false => said.iter().map(|style| (*style).to_owned()).collect(),
    }
}

/// Neighbours of one kind together.
fn runs(said: &[Wanted]) -> Vec<Vec<Wanted>> {
    let mut runs: Vec<Vec<Wanted>> = Vec::new();
    for wanted in said {
        match runs.last_mut() {
            Some(run) if std::mem::discriminant(&run[0]) == std::mem::discriminant(wanted) => run.push(wanted.clone()),
            _ => runs.push(vec![wanted.clone()]),
        }
    }
    runs
}

fn size(wanted: &Wanted) -> Option<&MeantSize> {
    match wanted {
        Wanted::Size(size) => Some(size),
        Wanted::Style(_) => None,
    }
}

fn style(wanted: &Wanted) -> Option<&str> {
    match wanted {
        Wanted::Style(style) => Some(style),
        Wanted::Size(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(said: &str) -> String {
        let said: Vec<Wanted> = said
            .split(' ')
            .map(|word| match word.len() {
                1 => Wanted::Size(MeantSize { key: SizeKey::fold(word), text: word.to_owned() }),
                _ => Wanted::Style(word.to_owned()),
            })
            .collect();
        let styles = ["Black / Slim", "Black", "Olive"].map(str::to_owned);
        let wants = pair(&said, &styles);
        let shown =
            |want: &Want| format!("{}-{}", want.size_text().unwrap_or("*"), want.style.as_deref().unwrap_or("*"));
        wants.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sizes_go_with_the_styles_they_were_said_with() {
        for (said, expected) in [
            ("M L", "M-* L-*"),
            ("M black", "M-black"),
            ("M L black", "M-black L-black"),
            ("M black slim", "M-black slim"),
            ("black M slim", "M-black slim"),
            ("M black olive", "M-black M-olive"),
            ("M black L olive", "M-black L-olive"),
            ("black M olive L", "M-black L-olive"),
            ("M L black S olive", "M-black L-black S-olive"),
            ("M M", "M-*"),
        ] {
            assert_eq!(paired(said), expected, "{said}");
        }
    }
}
