//! What a line looks like, column by column: spans of any number become at most so many pieces as there are columns.

use chrono::{DateTime, Utc};
use coatcheck_domain::Availability;
use coatcheck_domain::history::Span;

use super::period::Period;
use super::{Chart, Line};

/// What is drawn of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// In stock.
    Here,
    /// Almost gone.
    Low,
    /// It could be ordered, and not be had at once.
    Order,
    /// Sold out.
    Out,
    /// The shop did not list it.
    Unlisted,
    /// Nobody knows.
    Unknown,
}

impl Look {
    /// In the order of the legend.
    pub(super) const ALL: [Self; 6] = [Self::Here, Self::Low, Self::Order, Self::Out, Self::Unlisted, Self::Unknown];

    fn of(availability: Availability) -> Self {
        match availability {
            Availability::InStock => Self::Here,
            Availability::LowStock => Self::Low,
            Availability::PreOrder
            | Availability::BackOrder
            | Availability::MadeToOrder
            | Availability::InStoreOnly => Self::Order,
            Availability::OutOfStock => Self::Out,
            Availability::Discontinued | Availability::Absent => Self::Unlisted,
            Availability::Unknown => Self::Unknown,
        }
    }

    /// The word in the legend.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Here => "in stock",
            Self::Low => "almost gone",
            Self::Order => "to order only",
            Self::Out => "sold out",
            Self::Unlisted => "not listed",
            Self::Unknown => "not known",
        }
    }
}

/// Neighbouring columns that look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) look: Look,
    pub(super) from: usize,
    pub(super) until: usize,
}

/// A time and what it looks like.
type Piece = (DateTime<Utc>, DateTime<Utc>, Look);

/// The line in runs that cover all columns from the first thing known on: before it nobody looked, which is no gap.
pub(super) fn runs(chart: &Chart, line: &Line, period: &Period, columns: usize) -> Vec<Run> {
    let mut shares = vec![Share::default(); columns];
    for (from, until, look) in pieces(chart, line) {
        share(&mut shares, period, (from, until), look);
    }
    let since = chart.known_since().unwrap_or(period.from);
    let known = |column| {
        let (start, end) = period.of_column(column, columns);
        (end - start.max(since)).num_microseconds().unwrap_or(0)
    };
    let first = period.column(since, columns);
    let mut runs: Vec<Run> = Vec::new();
    for (column, share) in shares.iter().enumerate().skip(first) {
        let look = share.look(known(column));
        match runs.last_mut().filter(|run| run.look == look) {
            Some(run) => run.until = column + 1,
            None => runs.push(Run { look, from: column, until: column + 1 }),
        }
    }
    runs
}

/// Microseconds of each look within one column.
#[derive(Debug, Clone, Default)]
struct Share([i64; Look::ALL.len()]);

impl Share {
    /// What can be bought shows, however short it was; else what lasted longest, and what nothing covers is not known.
    fn look(&self, whole: i64) -> Look {
        let [here, low, order, out, unlisted, unknown] = self.0;
        let covered: i64 = self.0.iter().sum();
        if let Some((_, look)) = [here, low, order].into_iter().zip(Look::ALL).find(|(lasted, _)| *lasted > 0) {
            return look;
        }
        [(out, Look::Out), (unlisted, Look::Unlisted), (unknown + (whole - covered).max(0), Look::Unknown)]
            .into_iter()
            .max_by_key(|(lasted, look)| (*lasted, std::cmp::Reverse(*look)))
            .map_or(Look::Unknown, |(_, look)| look)
    }
}

fn share(shares: &mut [Share], period: &Period, (from, until): (DateTime<Utc>, DateTime<Utc>), look: Look) {
    if until < period.from || from > period.until {
        return;
    }
    let columns = shares.len();
    let (first, last) = (period.column(from, columns), period.column(until, columns));
    for (column, share) in shares.iter_mut().enumerate().take(last + 1).skip(first) {
        let (start, end) = period.of_column(column, columns);
        let lasted = (until.min(end) - from.max(start)).num_microseconds().unwrap_or(0);
        // One reading alone has no length, and yet was so. The column where a piece only ends has no share of it.
        if lasted > 0 || column == first {
            share.0[look as usize] += lasted.max(1);
        }
    }
}

/// The line's spans as they look, and before its first what is known of it by what is known of the others.
fn pieces(chart: &Chart, line: &Line) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = line.spans.iter().map(|span| piece(chart, span)).collect();
    if let Some(first) = line.spans.first() {
        let others = chart.lines.iter().flat_map(|line| &line.spans).filter(|span| span.started_at < first.started_at);
        pieces.extend(others.map(|span| (span.started_at, span.ended_at.min(first.started_at), Look::Unlisted)));
    }
    pieces
}

/// An open span reaches to now, unless nobody looked for too long.
fn piece(chart: &Chart, span: &Span) -> Piece {
    let silence = (chart.now - span.ended_at).to_std().unwrap_or_default();
    let until = if span.is_open && silence <= chart.gap_after { chart.now } else { span.ended_at };
    (span.started_at, until.max(span.ended_at), Look::of(span.availability))
}
