//! The picture of a product's history: a timeline for each size, drawn as SVG, rendered to PNG for chats.
//!
//! Drawing is pure: spans in, text out. Titles and labels are strangers' words, and are escaped where they are drawn.

mod draw;
#[cfg(feature = "pictures")]
mod labels;
mod letters;
mod lines;
mod looks;
mod pen;
mod period;
mod preview;
#[cfg(feature = "pictures")]
mod raster;
#[cfg(not(feature = "pictures"))]
#[path = "no_raster.rs"]
mod raster;
mod ticks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use coatcheck_domain::history::Span;

pub use preview::Preview;
pub use raster::{NotDrawn, render, render_preview};

/// All that a picture says.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The product's title, in the shop's words.
    pub title: String,
    /// The shop's host; stands in for a title that cannot be written with the letters at hand.
    pub shop: String,
    /// The variants, in the shop's order.
    pub lines: Vec<Line>,
    /// Where the timeline ends.
    pub now: DateTime<Utc>,
    /// The last successful reading.
    pub read_at: Option<DateTime<Utc>>,
    /// The silence after which an open span is no longer believed.
    pub gap_after: Duration,
    /// Whose days and hours are shown.
    pub zone: Tz,
}

/// One variant's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The size in the shop's words.
    pub size: Option<String>,
    /// The style in the shop's words.
    pub style: Option<String>,
    /// What it was when, the oldest first.
    pub spans: Vec<Span>,
    /// When it came back.
    pub restocks: Vec<DateTime<Utc>>,
}

impl Chart {
    /// The picture as SVG, 400 units wide: no scripts, no styles, no links, so it may stand in any page.
    ///
    /// Letters are those of the reader's browser.
    #[must_use]
    pub fn svg(&self) -> String {
        draw::svg(self)
    }

    /// The same of the time since then, or of all that is known.
    #[must_use]
    pub fn svg_since(&self, since: Option<DateTime<Utc>>) -> String {
        draw::svg_of(self, &period::Period::since(since, self.now, self.known_since()))
    }

    /// The first thing known of any line.
    fn known_since(&self) -> Option<DateTime<Utc>> {
        self.lines.iter().filter_map(|line| line.spans.first()).map(|span| span.started_at).min()
    }
}

impl Line {
    /// Could it be bought at the last reading, and is that reading still believed?
    fn is_here(&self, now: DateTime<Utc>, gap_after: Duration) -> bool {
        let believed = |span: &&Span| span.is_open && (now - span.ended_at).to_std().unwrap_or_default() <= gap_after;
        self.spans.last().filter(believed).is_some_and(|span| span.availability.is_buyable())
    }
}

#[cfg(test)]
mod tests;
