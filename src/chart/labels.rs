//! The chart's words in letters that the bundled font has; where none is left, something that still tells apart.

use super::letters::printable;
use super::{Chart, Line};

/// The same chart, fit for the bundled font.
pub(super) fn in_our_letters(chart: &Chart) -> Chart {
    let sizes = distinct(chart.lines.iter().map(|line| line.size.as_deref()));
    let styles = distinct(chart.lines.iter().map(|line| line.style.as_deref()));
    let lines = chart.lines.iter().map(|line| Line {
        size: line.size.as_deref().map(|size| written(size, "no.", &sizes)),
        style: line.style.as_deref().map(|style| written(style, "style", &styles)),
        ..line.clone()
    });
    let title = printable(&chart.title).unwrap_or_else(|| format!("A product of {}", chart.shop));
    Chart { title, lines: lines.collect(), ..chart.clone() }
}

fn written(label: &str, stand_in: &str, all: &[&str]) -> String {
    let nth = || all.iter().position(|one| *one == label).map_or(0, |at| at + 1);
    printable(label).unwrap_or_else(|| format!("{stand_in} {}", nth()))
}

fn distinct<'a>(labels: impl Iterator<Item = Option<&'a str>>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for label in labels.flatten() {
        if !distinct.contains(&label) {
            distinct.push(label);
        }
    }
    distinct
}
