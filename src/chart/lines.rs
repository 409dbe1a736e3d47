//! Which lines are shown, in which order, under which headings.

use coatcheck_bots::words;

use super::period::Period;
use super::{Chart, Line};

/// Lines that a phone shows legibly.
const MOST: usize = 18;

/// One row of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row<'a> {
    /// The style of the rows below.
    Heading(String),
    /// A timeline and its label.
    Timeline(String, &'a Line),
}

/// The rows, and how many lines found no place.
pub(super) fn rows<'a>(chart: &'a Chart, period: &Period) -> (Vec<Row<'a>>, usize) {
    let shown = chosen(chart, period);
    let more = chart.lines.len() - shown.len();
    if shown.iter().all(|line| line.size.is_none()) {
        let rows = shown.into_iter().map(|line| Row::Timeline(label(line.style.as_deref()), line));
        return (rows.collect(), more);
    }
    let mut styles: Vec<Option<&str>> = Vec::new();
    for line in &shown {
        if !styles.contains(&line.style.as_deref()) {
            styles.push(line.style.as_deref());
        }
    }
    let of_style = |style: Option<&'a str>| {
        let heading = style.map(|style| Row::Heading(label(Some(style))));
        let lines = shown.iter().filter(move |line| line.style.as_deref() == style);
        heading.into_iter().chain(lines.map(|line| Row::Timeline(label(line.size.as_deref()), line)))
    };
    (styles.into_iter().flat_map(of_style).collect(), more)
}

fn label(text: Option<&str>) -> String {
    text.map(words::plain).unwrap_or_default()
}

/// The first lines, those first that could be bought in this time; in the shop's order.
fn chosen<'a>(chart: &'a Chart, period: &Period) -> Vec<&'a Line> {
    let mut nth: Vec<(bool, usize)> =
        chart.lines.iter().enumerate().map(|(at, line)| (!was_here(line, period), at)).collect();
    nth.sort_unstable();
    nth.truncate(MOST);
    nth.sort_unstable_by_key(|(_, at)| *at);
    nth.into_iter().filter_map(|(_, at)| chart.lines.get(at)).collect()
}

fn was_here(line: &Line, period: &Period) -> bool {
    line.spans.iter().any(|span| span.availability.is_buyable() && span.ended_at >= period.from)
}
