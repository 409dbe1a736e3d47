//! The bundled font: which letters it has, how wide they are, and words made to fit.

use std::sync::LazyLock;

use coatcheck_bots::words;
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// The name by which the font is asked for.
pub(super) const FAMILY: &str = "Noto Sans";

/// The font's two files.
pub(super) const FILES: [&[u8]; 2] =
    [include_bytes!("font/NotoSans-Regular.ttf"), include_bytes!("font/NotoSans-SemiBold.ttf")];

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

struct Letters {
    has: Charmap<'static>,
    widths: GlyphMetrics<'static>,
}

static REGULAR: LazyLock<Option<Letters>> = LazyLock::new(|| read(FILES[0]));
static BOLD: LazyLock<Option<Letters>> = LazyLock::new(|| read(FILES[1]));

/// Nothing if the file is no font: then each letter counts as missing and wide, and the words alone remain.
fn read(file: &'static [u8]) -> Option<Letters> {
    let font = FontRef::new(file).ok()?;
    Some(Letters { has: font.charmap(), widths: font.glyph_metrics(Size::new(1.0), LocationRef::default()) })
}

fn letters(weight: Weight) -> Option<&'static Letters> {
    match weight {
        Weight::Regular => REGULAR.as_ref(),
        Weight::Bold => BOLD.as_ref(),
    }
}

/// How wide a text is at this size. A letter that is not in the font counts as a square: browsers have others.
pub(super) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    let letters = letters(weight);
    let one = |c: char| letters.and_then(|letters| letters.widths.advance_width(letters.has.map(c)?)).unwrap_or(1.0);
    text.chars().map(one).sum::<f32>() * size
}

/// The text, or as much of it as fits, with `…` for the rest.
pub(super) fn fitted(text: &str, size: f32, weight: Weight, room: f32) -> String {
    if text.is_empty() || width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size, weight) + width("…", size, weight) > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// The text in at most two lines, broken between words where there are some.
pub(super) fn wrapped(text: &str, size: f32, weight: Weight, room: f32) -> Vec<String> {
    if width(text, size, weight) <= room {
        return vec![text.to_owned()];
    }
    let ends = text.match_indices(' ').map(|(at, _)| at);
    let cut = ends.take_while(|at| width(&text[..*at], size, weight) <= room).last();
    match cut {
        Some(at) => vec![text[..at].to_owned(), fitted(&text[at + 1..], size, weight, room)],
        None => vec![fitted(text, size, weight, room)],
    }
}

/// The text in letters that the font has: `…` for words in others, nothing for emoji. `None` when no letter is left.
pub(super) fn printable(text: &str) -> Option<String> {
    let has = &REGULAR.as_ref()?.has;
    let mut kept = String::new();
    for c in words::plain(text).chars() {
        match c {
            c if has.map(c).is_some() => kept.push(c),
            c if c.is_alphanumeric() && !kept.trim_end().ends_with('…') => kept.push('…'),
            _ => {}
        }
    }
    kept.chars().any(char::is_alphanumeric).then(|| kept.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_the_font_lacks_are_left_out_and_not_boxes() {
        for (text, printed) in [
            ("Größe M — 129 €", Some("Größe M — 129 €")),
            ("Зимняя куртка", Some("Зимняя куртка")),
            ("Jacket 🔥👩\u{200d}👩 New", Some("Jacket New")),
            ("冬の ジャケット Fuji", Some("… Fuji")),
            ("سترة شتوية", None),
            ("🔥", None),
            ("", None),
        ] {
            assert_eq!(printable(text).as_deref(), printed, "{text}");
        }
    }

    #[test]
    fn words_are_cut_to_the_room_there_is() {
        let long = "The Long and Winding Jacket of the Outer Hebrides";
        for room in [40.0, 90.0, 200.0] {
            let cut = fitted(long, 13.0, Weight::Regular, room);
            assert!(cut.ends_with('…') && width(&cut, 13.0, Weight::Regular) <= room, "{cut}");
        }
        assert_eq!(fitted("M", 13.0, Weight::Regular, 40.0), "M");
        insta::assert_snapshot!(wrapped(long, 17.0, Weight::Bold, 220.0).join(" | "), @"The Long and Winding | Jacket of the Outer Hebr…");
    }
}
