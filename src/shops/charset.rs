//! The words of a document, whatever bytes they came in: marked, declared or guessed, but never made up. Pure.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::answer::looks_like_html;
use super::error::ReadError;

/// Pages name their charset this early, or not at all (HTML, 13.2.3.2).
const PRESCAN: usize = 1024;

/// The document as text, without its byte order mark.
///
/// A mark wins over what the header declares, and so do bytes that can only be UTF-8: shops that declare something
/// else and send UTF-8 are common, text that is UTF-8 by accident is not.
///
/// # Errors
/// When the bytes are not what they are declared to be, or nothing says what they are. Nothing is replaced: a style
/// with a hole in its name would be another style.
pub fn text<'a>(body: &'a [u8], content_type: Option<&str>) -> Result<Cow<'a, str>, ReadError> {
    if let Some((marked, length)) = Encoding::for_bom(body) {
        return decoded(marked, &body[length..]);
    }
    if let Some(wide) = wide(body) {
        return decoded(wide, body);
    }
    let invalid = match std::str::from_utf8(body) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error.valid_up_to(),
    };
    let declared = content_type.and_then(declared).or_else(|| prescanned(body));
    match declared.filter(|encoding| *encoding != UTF_8) {
        Some(encoding) => decoded(encoding, body),
        None if looks_like_html(body) && declared.is_none() => decoded(WINDOWS_1252, body),
        None => {
            let what = "this is not UTF-8, which is due here, and no other charset is declared";
            Err(ReadError::shape(format!("byte {invalid}"), what))
        }
    }
}

fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, ReadError> {
    let whole = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    whole.ok_or_else(|| {
        let what = format!("this is declared as {} but is something else; the answer may be cut", encoding.name());
        ReadError::shape("the document", what)
    })
}

/// JSON and HTML begin with two ASCII characters: a zero among the first two bytes gives UTF-16 away.
fn wide(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [0, high, ..] if *high != 0 => Some(UTF_16BE),
        [low, 0, ..] if *low != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// `charset=…` of a content type.
fn declared(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value);
    charset.last().and_then(|label| Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes()))
}

/// `<meta charset=…>`, in either of its spellings.
fn prescanned(body: &[u8]) -> Option<&'static Encoding> {
    if !looks_like_html(body) {
        return None;
    }
    let start = String::from_utf8_lossy(&body[..body.len().min(PRESCAN)]).to_ascii_lowercase();
    let label = start.split_once("charset=")?.1.trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c))).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STOCK: &str = r#"{"Grün":[{"size":"M","available":true}]}"#;

    fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn latin1(text: &str) -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).expect("a character of Latin-1")).collect()
    }

    fn said(body: &[u8], content_type: Option<&str>) -> String {
        text(body, content_type).map_or_else(|error| format!("error: {error}"), Cow::into_owned)
    }

    #[test]
    fn one_document_reads_the_same_in_every_charset() {
        let json = Some("application/json");
        assert_eq!(said(STOCK.as_bytes(), json), STOCK);
        assert_eq!(said(format!("\u{FEFF}{STOCK}").as_bytes(), json), STOCK);
        assert_eq!(said(&utf16(STOCK, u16::to_le_bytes), json), STOCK);
        assert_eq!(said(&utf16(STOCK, u16::to_be_bytes), json), STOCK);
        assert_eq!(said(&utf16(&format!("\u{FEFF}{STOCK}"), u16::to_le_bytes), json), STOCK);
        assert_eq!(said(&utf16(&format!("\u{FEFF}{STOCK}"), u16::to_be_bytes), json), STOCK);
        assert_eq!(said(&latin1(STOCK), Some("application/json; charset=ISO-8859-1")), STOCK);
        assert_eq!(said(&latin1(STOCK), Some("text/plain; boundary=x; Charset=\"windows-1252\"")), STOCK);
    }

    #[test]
    fn what_is_declared_wrongly_is_read_by_what_it_is() {
        assert_eq!(said(STOCK.as_bytes(), Some("application/json; charset=latin1")), STOCK);
        assert_eq!(said(format!("\u{FEFF}{STOCK}").as_bytes(), Some("application/json; charset=shift_jis")), STOCK);
    }

    #[test]
    fn what_is_neither_declared_nor_utf8_is_an_error() {
        for declared in [None, Some("application/json"), Some("a/b; charset=utf-8"), Some("a/b; charset=klingon")] {
            let error = said(&latin1(STOCK), declared);
            assert_eq!(
                error, "error: byte 4: this is not UTF-8, which is due here, and no other charset is declared",
                "{declared:?}"
            );
        }
        let mut cut = utf16(STOCK, u16::to_le_bytes);
        cut.pop();
        assert!(said(&cut, None).contains("declared as UTF-16LE but is something else"));
        assert!(said(b"\x82", Some("a/b; charset=shift_jis")).contains("declared as Shift_JIS"));
    }

    #[test]
    fn a_page_may_name_its_charset_itself() {
        let page = |head: &str| latin1(&format!("<!doctype html><html>{head}<p>Grün"));
        for head in ["<meta charset=iso-8859-1>", "<META content='text/html; CHARSET=latin1' http-equiv=x>", ""] {
            assert!(said(&page(head), None).ends_with("Grün"), "{head}");
        }
        assert!(said(&page("<meta charset=utf-8>"), None).starts_with("error: "));
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_or_an_error(body in prop::collection::vec(any::<u8>(), 0..40), label in "[a-z0-9-]{0,10}") {
            let content_type = format!("text/html; charset={label}");
            if let Ok(text) = text(&body, Some(&content_type)) {
                let replaced = text.contains(char::REPLACEMENT_CHARACTER);
                prop_assert!(!replaced || body.windows(3).any(|three| three == "\u{FFFD}".as_bytes()), "{text:?}");
            }
        }

        #[test]
        fn utf8_stays_what_it_is(words in "[^\u{0}\u{FEFF}][^\u{0}].{0,40}", label in "[a-z0-9-]{0,10}") {
            let content_type = format!("text/html; charset={label}");
            let read = text(words.as_bytes(), Some(&content_type)).expect("UTF-8");
            prop_assert_eq!(read.as_ref(), words.as_str());
        }
    }
}
