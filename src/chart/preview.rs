//! The picture that other sites show beside a link to a product: its title, what it is now, and as of when.

use coatcheck_bots::words;

use super::letters::{Weight, fitted, printable, wrapped};
use super::pen::{Anchor, Pen, Type};

/// Units across and down; twice as many pixels. The shape that sites ask for.
const WIDTH: f32 = 600.0;
const HEIGHT: f32 = 315.0;
const EDGE: f32 = 40.0;
const ROOM: f32 = WIDTH - 2.0 * EDGE;

const INK: &str = "#1b1b1f";
const QUIET: &str = "#55555f";
const HERE: &str = "#11692f";
const OUT: &str = "#8a8a94";

const SHOP: Type = Type { size: 17.0, weight: Weight::Regular, fill: QUIET, anchor: Anchor::Start };
const TITLE: Type = Type { size: 34.0, weight: Weight::Bold, fill: INK, anchor: Anchor::Start };
const LEAD: Type = Type { size: 24.0, weight: Weight::Bold, fill: INK, anchor: Anchor::Start };
const LIST: Type = Type { size: 18.0, weight: Weight::Regular, fill: INK, anchor: Anchor::Start };

/// All that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The product's title, in the shop's words.
    pub title: String,
    /// The shop's host, and the price where there is one.
    pub shop: String,
    /// "Sold out since 3 May".
    pub lead: String,
    /// Can something be bought?
    pub is_here: bool,
    /// Sizes and styles that are in stock, in the shop's words,
    pub here: Vec<String>,
    /// and those that are not.
    pub out: Vec<String>,
    /// "As of 3 May 2026, 10:00 UTC": sites keep pictures.
    pub as_of: String,
}

impl Preview {
    /// As SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        let colour = if self.is_here { HERE } else { OUT };
        let mut pen = Pen::default();
        pen.rect([0.0, 0.0, WIDTH, HEIGHT], "fill=\"#ffffff\"");
        pen.rect([0.0, 0.0, 14.0, HEIGHT], &format!("fill=\"{colour}\""));
        let mut y = 56.0;
        pen.text(EDGE, y, SHOP, &fitted(&printable(&self.shop).unwrap_or_default(), SHOP.size, SHOP.weight, ROOM));
        y += 42.0;
        let title = printable(&words::title(&self.title)).unwrap_or_else(|| format!("A product of {}", self.shop));
        for line in wrapped(&title, TITLE.size, TITLE.weight, ROOM) {
            pen.text(EDGE, y, TITLE, &line);
            y += 40.0;
        }
        let lead = Type { fill: if self.is_here { HERE } else { INK }, ..LEAD };
        pen.text(EDGE, y, lead, &fitted(&printable(&self.lead).unwrap_or_default(), LEAD.size, LEAD.weight, ROOM));
        y += 34.0;
        for (what, labels) in [("In stock", &self.here), ("Sold out", &self.out)] {
            let labels: Vec<String> = labels.iter().filter_map(|label| printable(&words::plain(label))).collect();
            if !labels.is_empty() {
                let line = format!("{what}: {}", labels.join(", "));
                pen.text(EDGE, y, LIST, &fitted(&line, LIST.size, LIST.weight, ROOM));
                y += 27.0;
            }
        }
        let foot = format!("CoatCheck · {}", self.as_of);
        pen.text(EDGE, HEIGHT - 28.0, SHOP, &fitted(&foot, SHOP.size, SHOP.weight, ROOM));
        pen.finish((WIDTH, HEIGHT), "", &title, &self.lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview() -> Preview {
        Preview {
            title: "Corps Jacket".to_owned(),
            shop: "shop.example · 129.00 EUR".to_owned(),
            lead: "In stock now: M".to_owned(),
            is_here: true,
            here: vec!["M / Black".to_owned()],
            out: vec!["L / Black".to_owned()],
            as_of: "As of Fri 15 Jan 2027, 08:00 UTC".to_owned(),
        }
    }

    #[test]
    fn a_strangers_words_are_cut_and_mean_nothing() {
        let hostile = "<script>alert(1)</script>\"' \u{202e}\n鞋".repeat(50);
        let svg = Preview { title: hostile.clone(), lead: hostile.clone(), out: vec![hostile], ..preview() }.svg();
        assert!(!svg.contains("<script") && svg.len() < 8000, "{svg}");
    }

    #[cfg(feature = "pictures")]
    #[tokio::test]
    async fn it_has_the_size_that_other_sites_ask_for() {
        let png = super::super::render_preview(preview()).await.expect("drawn");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!((&png[16..20], &png[20..24]), (&1200_u32.to_be_bytes()[..], &630_u32.to_be_bytes()[..]));
        assert!(png.len() < 100_000, "{}", png.len());
    }
}
