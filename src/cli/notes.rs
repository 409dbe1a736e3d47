//! What people should know of a reading that its table does not show: what says nothing, and what was left out.

use coatcheck_bots::words::plain;
use coatcheck_domain::reading::Silence;
use coatcheck_domain::{Doubt, Reading};

/// The notes, a sentence each. A table shows the first doubts; `--explain` shows all.
#[must_use]
pub(super) fn notes(reading: &Reading, explain: bool) -> Vec<String> {
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
