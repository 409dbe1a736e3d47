//! The alphabets of text messages, and what a text costs in them.
//!
//! GSM-7 has 160 septets to a text, but few letters; anything else makes the whole text UCS-2, with 70 units. So what
//! GSM-7 can say in another way is said in GSM-7: dashes, quotes, accents, Greek in its own capitals.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// 3GPP TS 23.038, 6.2.1.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// 6.2.1.1: two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// What has another spelling, beside accents that are only left away.
const SPELLED: &[(&str, &str)] = &[
    ("‘’‚‛′`´ʼ‹›", "'"),
    ("“”„‟″«»", "\""),
    ("‐‑‒–—―−•", "-"),
    ("…", "..."),
    ("·", "."),
    ("×", "x"),
    ("÷⁄∕¦", "/"),
    ("µ", "u"),
    ("™®©°", ""),
    ("¢", "c"),
    ("ł", "l"),
    ("Ł", "L"),
    ("đð", "d"),
    ("ĐÐ", "D"),
    ("þ", "th"),
    ("Þ", "Th"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("ı", "i"),
    ("ħ", "h"),
    ("Ħ", "H"),
    ("ŋ", "n"),
    ("Ŋ", "N"),
    ("ŧ", "t"),
    ("Ŧ", "T"),
    ("ə", "e"),
    ("Ə", "E"),
    ("ẞ", "SS"),
];
/// Greek capitals that look like Latin ones; the others are in the alphabet.
const GREEK: (&str, &str) = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX");

/// One of the two alphabets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Gsm7,
    Ucs2,
}

impl Alphabet {
    /// The one that `text` needs.
    pub(super) fn of(text: &str) -> Self {
        if text.chars().all(|c| septets(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// What fits into one text.
    pub(super) fn one_text(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// What certainly fits into so many that belong together: each loses a header, and perhaps half a character.
    pub(super) fn texts(self, count: usize) -> usize {
        match (self, count) {
            (_, 0 | 1) => self.one_text(),
            (Self::Gsm7, _) => count * 152,
            (Self::Ucs2, _) => count * 66,
        }
    }

    /// A text's length. What the alphabet does not have counts as much as it would with its own.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Gsm7 => text.chars().map(|c| septets(c).unwrap_or(c.len_utf16())).sum(),
            Self::Ucs2 => text.chars().map(char::len_utf16).sum(),
        }
    }
}

/// How long a character is in GSM-7.
fn septets(c: char) -> Option<usize> {
    match c {
        ' '..='~' if !matches!(c, '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '`') => Some(1),
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}

/// The same text in GSM-7, if it can be said there. Signs that are no letters and have no other spelling, like emoji,
/// are left out.
pub(super) fn said(text: &str) -> Option<String> {
    let mut gsm = String::with_capacity(text.len());
    for c in text.nfc() {
        respelled(c, &mut gsm)?;
    }
    Some(tidy(&gsm))
}

/// The words of a text that GSM-7 can say.
pub(super) fn sayable(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().filter_map(said).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The same text in letters, digits and plain signs, without emoji: for UCS-2.
pub(super) fn written(text: &str) -> String {
    let letters: String =
        text.nfc().filter_map(|c| if c.is_whitespace() && c != '\n' { Some(' ') } else { plain(c) }).collect();
    tidy(&letters)
}

/// The text as it costs least.
pub(super) fn cheapest(text: &str) -> String {
    said(text).unwrap_or_else(|| written(text))
}

fn respelled(c: char, gsm: &mut String) -> Option<()> {
    if septets(c).is_some() && c != '\u{c}' && c != '\r' {
        gsm.push(c);
    } else if let Some(spelled) = spelling(c) {
        gsm.push_str(spelled);
    } else if c.is_whitespace() {
        gsm.push(' ');
    } else {
        for part in std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part)) {
            match greek(part).filter(|part| septets(*part).is_some()) {
                Some(letter) => gsm.push(letter),
                None if is_letter(part) => return None,
                None => gsm.push_str(spelling(part).unwrap_or_default()),
            }
        }
    }
    Some(())
}

fn spelling(c: char) -> Option<&'static str> {
    SPELLED.iter().find(|(letters, _)| letters.contains(c)).map(|(_, spelled)| *spelled)
}

/// Greek letters in capitals; others as they are.
fn greek(c: char) -> Option<char> {
    let capital = if matches!(c, 'α'..='ω') { c.to_uppercase().next()? } else { c };
    let at = GREEK.0.chars().position(|letter| letter == capital);
    at.and_then(|at| GREEK.1.chars().nth(at)).or(Some(capital))
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_pictured(c)
}

/// Letters and flags drawn as pictures.
fn is_pictured(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}')
}

/// What may stand in UCS-2. The joiners hold Persian and Indic words together.
fn plain(c: char) -> Option<char> {
    let is_sign = septets(c).is_some()
        || matches!(c, '\u{2010}'..='\u{2027}' | '\u{3001}'..='\u{303F}' | '\u{FF01}'..='\u{FF65}' | '\u{200C}' | '\u{200D}')
        || (c.is_alphanumeric() || is_combining_mark(c));
    (is_sign && !is_pictured(c) && !matches!(c, '\u{c}' | '\r')).then_some(c)
}

/// Single blanks, none at the ends of lines.
fn tidy(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// At most so long, cut between words where one ends in the second half.
pub(super) fn shortened(text: &str, most: usize, alphabet: Alphabet) -> String {
    if alphabet.length(text) <= most {
        return text.to_owned();
    }
    let dots = match alphabet {
        Alphabet::Gsm7 => "...",
        Alphabet::Ucs2 => "…",
    };
    let room = most.saturating_sub(alphabet.length(dots));
    let mut length = 0;
    let end = text.char_indices().find(|(at, c)| {
        length += alphabet.length(&text[*at..*at + c.len_utf8()]);
        length > room
    });
    let head = end.map_or(text, |(at, _)| &text[..at]);
    let whole_words = head.rfind(char::is_whitespace).filter(|at| at * 2 >= head.len());
    let head = whole_words.map_or(head, |at| &head[..at]);
    if room == 0 { String::new() } else { format!("{}{dots}", head.trim_end()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_is_the_standards() {
        assert_eq!(BASIC.chars().count(), 127, "with the escape 128");
        for c in (' '..='~').filter(|c| !BASIC.contains(*c) && !EXTENSION.contains(*c)) {
            assert_eq!(c, '`', "the only sign of ASCII that is missing");
        }
        assert_eq!(Alphabet::Gsm7.length("a€[ä"), 6);
        assert_eq!((Alphabet::of("5 € für É"), Alphabet::of("ç"), Alphabet::of("`")), {
            use Alphabet::{Gsm7, Ucs2};
            (Gsm7, Ucs2, Ucs2)
        });
    }

    #[test]
    fn what_can_be_said_otherwise_is() {
        for (text, gsm) in [
            ("Men’s “Corps” Jacket — M…", "Men's \"Corps\" Jacket - M..."),
            ("Größe É façade São Žižkov Łódź", "Größe É facade Sao Zizkov Lodz"),
            ("🔥 Jacket 🔥™ 1️⃣ \u{200b}M", "Jacket 1 M"),
            ("ＪＡＣＫＥＴ ½ ﬁt №5", "JACKET 1/2 fit No5"),
            ("Μπουφάν 5 µm", "MΠOYΦAN 5 um"),
            ("a\u{a0} \t b  \n\n c ", "a b\n\nc"),
            ("e\u{301} n\u{303}", "é ñ"),
        ] {
            assert_eq!(said(text).as_deref(), Some(gsm));
        }
        for text in ["黒い Jacket", "Куртка", "جاكيت", "ג'קט", "जैकेट"] {
            assert_eq!(said(text), None, "{text}");
        }
        assert_eq!(sayable("黒い Jacket – M 🔥 Куртка"), "Jacket - M");
    }

    #[test]
    fn what_cannot_loses_its_pictures_only() {
        assert_eq!(written("🔥 黒い ジャケット（M）👍🏽 1️⃣"), "黒い ジャケット（M） 1");
        assert_eq!(written("می\u{200c}خواهم — जैकेट"), "می\u{200c}خواهم — जैकेट");
    }

    #[test]
    fn long_texts_end_between_words() {
        assert_eq!(shortened("one two three", 9, Alphabet::Gsm7), "one...");
        assert_eq!(shortened("one two three", 10, Alphabet::Gsm7), "one two...");
        assert_eq!(shortened("[[[[[[", 8, Alphabet::Gsm7), "[[...");
        assert_eq!(shortened("黒い ジャケット", 5, Alphabet::Ucs2), "黒い…");
        assert_eq!(shortened("abc", 2, Alphabet::Gsm7), "");
    }

    proptest! {
        #[test]
        fn what_is_said_is_in_the_alphabet(text in "\\PC{0,60}|[ -~à-ž“”–—€α-ω\n]{0,60}") {
            if let Some(gsm) = said(&text) {
                prop_assert_eq!(Alphabet::of(&gsm), Alphabet::Gsm7, "{}", gsm);
                prop_assert_eq!(said(&gsm), Some(gsm), "said again it stays");
            }
            prop_assert_eq!(Alphabet::of(&sayable(&text)), Alphabet::Gsm7);
        }

        #[test]
        fn what_gsm_7_can_say_is_never_said_in_ucs_2(text in "[A-Za-z0-9 äöüÄÖÜñÑåÅøØæÆßéèàùìò€@£$!?.,:;'\"()+-]{0,60}") {
            prop_assert_eq!(Alphabet::of(&cheapest(&text)), Alphabet::Gsm7);
        }

        #[test]
        fn nothing_is_longer_than_it_may_be(text in "\\PC{0,80}", most in 0_usize..60) {
            for alphabet in [Alphabet::Gsm7, Alphabet::Ucs2] {
                prop_assert!(alphabet.length(&shortened(&text, most, alphabet)) <= most);
            }
        }

        #[test]
        fn no_picture_is_left(text in "[🔥👍🏽🧥✔️1️⃣🅰🇩🇪a黒 ]{0,40}") {
            prop_assert!(!written(&text).chars().any(|c| is_pictured(c) || matches!(c, '✔')));
        }
    }
}
