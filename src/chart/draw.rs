//! The picture: a card with a title, timelines, an axis, a legend, and how fresh it is.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use coatcheck_bots::words;

use super::letters::{Weight, fitted, width, wrapped};
use super::lines::{Row, rows};
use super::looks::{Look, Run, runs};
use super::pen::{Anchor, Pen, Type, block};
use super::period::Period;
use super::ticks::ticks;
use super::{Chart, Line};

/// Units across, and the room left at the edges.
const WIDTH: f32 = 400.0;
const EDGE: f32 = 18.0;
/// The widest label beside a timeline.
const WIDEST_LABEL: f32 = 92.0;
/// From one timeline to the next, and of it the bar.
const ROW: f32 = 25.0;
const BAR: f32 = 13.0;
const HEADING: f32 = 24.0;
/// The narrowest bar one can see.
const NARROWEST: f32 = 2.0;
/// Marks nearer than this are one.
const MARKS_APART: f32 = 6.0;

const CARD: &str = "#ffffff";
const INK: &str = "#1b1b1f";
const QUIET: &str = "#55555f";
/// A white card on white is seen by its edges.
const EDGES: &str = "#d4d4dc";
const GRID: &str = "#e4e4ea";

/// Grey stripes for what nobody knows, dots for what the shop did not list. The names are the same in each picture.
const DEFS: &str = "<defs><pattern id=\"coatcheck-not-known\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
                    <rect width=\"6\" height=\"6\" fill=\"#f1f1f4\"/>\
                    <path d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\" stroke=\"#b4b4bf\" stroke-width=\"1.2\"/></pattern>\
                    <pattern id=\"coatcheck-not-listed\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">\
                    <rect width=\"2\" height=\"5\" fill=\"#a5a5b0\"/></pattern></defs>";

const TITLE: Type = Type { size: 18.0, weight: Weight::Bold, fill: INK, anchor: Anchor::Start };
const LEAD: Type = Type { size: 13.5, weight: Weight::Regular, fill: QUIET, anchor: Anchor::Start };
const LABEL: Type = Type { size: 13.0, weight: Weight::Regular, fill: INK, anchor: Anchor::Start };
const STRONG: Type = Type { weight: Weight::Bold, ..LABEL };
const SMALL: Type = Type { size: 11.5, weight: Weight::Regular, fill: QUIET, anchor: Anchor::Start };
const AXIS: Type = Type { anchor: Anchor::Middle, ..SMALL };

/// Where the timelines are.
#[derive(Debug, Clone, Copy)]
struct Field {
    left: f32,
    columns: usize,
}

impl Field {
    fn beside(rows: &[Row<'_>]) -> Self {
        let labels = rows.iter().filter_map(|row| match row {
            Row::Timeline(label, _) => Some(width(label, STRONG.size, STRONG.weight)),
            Row::Heading(_) => None,
        });
        let widest = labels.fold(0.0, f32::max).min(WIDEST_LABEL).ceil();
        let left = if widest > 0.0 { EDGE + widest + 10.0 } else { EDGE };
        // Between 280 and 364.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
        let columns = (WIDTH - EDGE - left) as usize;
        Self { left, columns }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    fn x(self, column: usize) -> f32 {
        self.left + column as f32
    }

    fn width(self) -> f32 {
        self.x(self.columns) - self.left
    }
}

/// Draws the chart.
pub(super) fn svg(chart: &Chart) -> String {
    svg_of(chart, &Period::until(chart.now, chart.known_since()))
}

/// Draws this period of it.
pub(super) fn svg_of(chart: &Chart, period: &Period) -> String {
    let (rows, more) = rows(chart, period);
    let field = Field::beside(&rows);
    let mut pen = Pen::default();
    let top = head(&mut pen, chart);
    let bottom = top + rows.iter().map(|row| if matches!(row, Row::Heading(_)) { HEADING } else { ROW }).sum::<f32>();
    let under_axis = axis(&mut pen, &field, (top, bottom), &ticks(period, chart.zone), period);
    let seen = timelines(&mut pen, chart, &field, period, &rows, top);
    let mut y = under_axis;
    if more > 0 {
        pen.text(EDGE, y, SMALL, &format!("and {more} more; name a size to see it"));
        y += 22.0;
    }
    y = legend(&mut pen, &seen, y);
    pen.text(EDGE, y, SMALL, &fitted(&freshness(chart), SMALL.size, SMALL.weight, WIDTH - 2.0 * EDGE));
    let size = (WIDTH, (y + EDGE - 2.0).ceil());
    let mut card = Pen::default();
    card.rect([0.0, 0.0, size.0, size.1], &format!("fill=\"{CARD}\""));
    card.rect([0.5, 0.5, size.0 - 1.0, size.1 - 1.0], &format!("fill=\"none\" stroke=\"{EDGES}\""));
    card.append(pen);
    card.finish(size, DEFS, &words::title(&chart.title), &lead(chart))
}

/// Title and lead; gives where the timelines begin.
fn head(pen: &mut Pen, chart: &Chart) -> f32 {
    let mut y = EDGE + 15.0;
    for line in wrapped(&words::title(&chart.title), TITLE.size, TITLE.weight, WIDTH - 2.0 * EDGE) {
        pen.text(EDGE, y, TITLE, &line);
        y += 23.0;
    }
    pen.text(EDGE, y - 1.0, LEAD, &lead(chart));
    y + 13.0
}

/// When it could last be bought, at a date: pictures are looked at later, too.
fn lead(chart: &Chart) -> String {
    let buyable = chart.lines.iter().flat_map(|line| &line.spans).filter(|span| span.availability.is_buyable());
    let last = buyable.map(|span| span.last_seen).max();
    if chart.lines.iter().any(|line| line.is_here(chart.now, chart.gap_after)) {
        return format!("In stock on {}", moment(chart.now, chart));
    }
    last.map_or_else(|| "Not seen in stock yet".to_owned(), |at| format!("Last in stock on {}", moment(at, chart)))
}

fn freshness(chart: &Chart) -> String {
    let read = chart.read_at.map_or_else(|| "Not read yet".to_owned(), |at| format!("Read on {}", moment(at, chart)));
    format!("{read} · times: {}", chart.zone.name().replace('_', " "))
}

/// `20 Nov, 09:12`, with the year where it is another.
fn moment(at: DateTime<Utc>, chart: &Chart) -> String {
    let local = |at: DateTime<Utc>, zone: Tz| at.with_timezone(&zone);
    let (at, now) = (local(at, chart.zone), local(chart.now, chart.zone));
    let format = if at.year() == now.year() { "%-d %b, %H:%M" } else { "%-d %b %Y, %H:%M" };
    at.format(format).to_string()
}

/// Grid and dates; gives the next baseline.
fn axis(pen: &mut Pen, field: &Field, (top, bottom): (f32, f32), ticks: &[super::ticks::Tick], period: &Period) -> f32 {
    let baseline = bottom + 17.0;
    for tick in ticks {
        let x = field.left + period.fraction(tick.at) * field.width();
        pen.path(&format!("M{x:.1} {top:.1}V{:.1}", bottom + 3.0), &format!("stroke=\"{GRID}\""));
        let half = width(&tick.label, AXIS.size, AXIS.weight) / 2.0;
        let x = x.clamp(field.left + half, field.left + field.width() - half);
        pen.text(x, baseline, AXIS, &tick.label);
    }
    baseline + 26.0
}

/// What the legend must explain.
#[derive(Debug, Default)]
struct Seen {
    looks: Vec<Look>,
    marks: bool,
}

fn timelines(pen: &mut Pen, chart: &Chart, field: &Field, period: &Period, rows: &[Row<'_>], top: f32) -> Seen {
    let mut seen = Seen::default();
    let mut y = top;
    for row in rows {
        match row {
            Row::Heading(style) => {
                let style = fitted(style, STRONG.size, STRONG.weight, WIDTH - 2.0 * EDGE);
                pen.text(EDGE, y + 17.0, STRONG, &style);
                y += HEADING;
            }
            Row::Timeline(label, line) => {
                let runs = runs(chart, line, period, field.columns);
                seen.looks.extend(runs.iter().map(|run| run.look));
                let label_type = if line.is_here(chart.now, chart.gap_after) { STRONG } else { LABEL };
                let label = fitted(label, label_type.size, label_type.weight, field.left - EDGE - 8.0);
                pen.text(EDGE, y + 19.0, label_type, &label);
                bars(pen, field, &runs, y + 8.0);
                seen.marks |= marks(pen, field, period, line, y + 1.0);
                y += ROW;
            }
        }
    }
    seen
}

fn bars(pen: &mut Pen, field: &Field, runs: &[Run], top: f32) {
    for look in Look::ALL.into_iter().rev() {
        let of_look = runs.iter().filter(|run| run.look == look);
        let shapes: String = of_look.map(|run| block(shape(field, run, top))).collect();
        pen.path(&shapes, paint(look));
    }
}

/// Each look has a height of its own, so that it is told apart without its colour.
fn shape(field: &Field, run: &Run, top: f32) -> [f32; 4] {
    let x = field.x(run.from);
    let width = (field.x(run.until) - x).max(NARROWEST).min(field.x(field.columns) - x).max(1.0);
    let (y, height) = extent(run.look);
    [x, top + y, width, height]
}

fn extent(look: Look) -> (f32, f32) {
    match look {
        Look::Here | Look::Unknown => (0.0, BAR),
        Look::Low => (BAR / 2.0, BAR / 2.0),
        Look::Order => (BAR - 4.0, 4.0),
        Look::Out | Look::Unlisted => (BAR - 1.5, 1.5),
    }
}

fn paint(look: Look) -> &'static str {
    match look {
        Look::Here => "fill=\"#15803d\"",
        Look::Low => "fill=\"#c2410c\"",
        Look::Order => "fill=\"#1d4ed8\"",
        Look::Out => "fill=\"#a5a5b0\"",
        Look::Unlisted => "fill=\"url(#coatcheck-not-listed)\"",
        Look::Unknown => "fill=\"url(#coatcheck-not-known)\"",
    }
}

/// A triangle above each restock; gives whether there is one.
fn marks(pen: &mut Pen, field: &Field, period: &Period, line: &Line, top: f32) -> bool {
    let mut shapes = String::new();
    let mut last = f32::NEG_INFINITY;
    for at in line.restocks.iter().filter(|at| period.contains(**at)) {
        let x = field.left + period.fraction(*at) * field.width();
        if x - last >= MARKS_APART {
            shapes.push_str(&triangle(x, top));
            last = x;
        }
    }
    pen.path(&shapes, &format!("fill=\"{INK}\""));
    !shapes.is_empty()
}

fn triangle(x: f32, top: f32) -> String {
    format!("M{:.1} {top:.1}h7l-3.5 5.5z", x - 3.5)
}

/// What the shapes mean, as many a line as fit; gives the next baseline.
fn legend(pen: &mut Pen, seen: &Seen, y: f32) -> f32 {
    let (mut x, mut y) = (EDGE, y);
    let looks = Look::ALL.into_iter().filter(|look| seen.looks.contains(look)).map(Some);
    for entry in looks.chain(seen.marks.then_some(None)) {
        let words = entry.map_or("came back", Look::words);
        let room = 19.0 + width(words, SMALL.size, SMALL.weight);
        if x + room > WIDTH - EDGE {
            (x, y) = (EDGE, y + 19.0);
        }
        match entry {
            Some(look) => {
                let (inset, height) = extent(look);
                pen.path(&block([x, y - 11.0 + inset, 14.0, height]), paint(look));
            }
            None => pen.path(&triangle(x + 7.0, y - 7.5), &format!("fill=\"{INK}\"")),
        }
        pen.text(x + 19.0, y, SMALL, words);
        x += room + 16.0;
    }
    y + 25.0
}
