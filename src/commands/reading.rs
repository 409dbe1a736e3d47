//! A reading in words: a row for each variant, and what its rows do not show: what says nothing, and what was left out.

use coatcheck_bots::words::plain;
use coatcheck_domain::reading::Silence;
use coatcheck_domain::{Doubt, Reading, VariantReading};

/// The notes, a sentence each. A table shows the first doubts; `--explain` shows all.
#[must_use]
pub(crate) fn notes(reading: &Reading, explain: bool) -> Vec<String> {
    let shown = if explain { reading.doubts.len() } else { 3 };
    let silence = reading.silence().map(|silence| of_silence(&silence));
    let doubts = reading.doubts.iter().take(shown).map(of_doubt);
    let more = reading.doubts.len().saturating_sub(shown);
    let more = (more > 0).then(|| format!("{more} more of these; --explain shows them"));
    silence.into_iter().chain(doubts).chain(more).collect()
}

fn of_doubt(doubt: &Doubt) -> String {
    plain(&doubt.to_string())
}

fn of_silence(silence: &Silence) -> String {
    let Silence { silent, of } = silence;
    if silent == of {
        "nothing here says whether it is in stock, so CoatCheck cannot notice a restock; try another address or a jq program"
            .to_owned()
    } else {
        format!("{silent} of {of} variants do not say whether they are in stock, so no restock of them can be noticed")
    }
}

/// Size, style, availability, how many are left, price; and where that was found.
#[must_use]
pub(crate) fn row(variant: &VariantReading, explain: bool) -> Vec<String> {
    let shown = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| plain(&text));
    let mut row = vec![
        shown(variant.size().map(str::to_owned)),
        shown(variant.style().or_else(|| variant.options.is_empty().then(|| variant.title.clone()).flatten())),
        variant.availability.words().to_owned(),
        variant.quantity.map_or_else(|| "-".to_owned(), |left| left.to_string()),
        variant.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
    ];
    if explain {
        let evidence = variant.evidence.as_ref();
        row.push(evidence.map_or_else(|| "-".to_owned(), |found| plain(&format!("{} = {}", found.at, found.raw))));
    }
    row
}
