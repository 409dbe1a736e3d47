//! Text as Telegram counts and parses it: HTML with everything escaped, lengths in UTF-16 after parsing.

/// A text's length, at most.
pub(super) const LONGEST_TEXT: usize = 4096;
/// A caption's length, at most.
pub(super) const LONGEST_CAPTION: usize = 1024;

/// As Telegram counts.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Nothing in it is markup any more.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    html
}

/// At most `most` long, cut between words where one ends in the second half. To be escaped afterwards, so that no
/// entity is cut.
pub(super) fn fitted(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let head = head(text, most - 1);
    let at = head.rfind(char::is_whitespace).filter(|at| at * 2 >= head.len()).unwrap_or(head.len());
    format!("{}…", head[..at].trim_end())
}

/// Pieces of at most `most`, cut at the ends of lines; a line that is longer by itself is shortened.
pub(super) fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in text.split('\n').map(|line| fitted(line, most)) {
        match pieces.last_mut() {
            Some(piece) if length(piece) + 1 + length(&line) <= most => {
                piece.push('\n');
                piece.push_str(&line);
            }
            _ => pieces.push(line),
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

fn head(text: &str, most: usize) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > most
    });
    end.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_texts_end_between_words_and_are_counted_as_telegram_counts() {
        assert_eq!(fitted("one two three", 9), "one two…");
        assert_eq!(length("👍a"), 3);
        assert_eq!(fitted("👍👍👍", 5), "👍👍…");
        assert_eq!(pieces("ab\ncd\nef\n\n", 5), ["ab\ncd", "ef\n\n"]);
        assert_eq!(escaped(r#"<b>&"M"</b>"#), "&lt;b&gt;&amp;&quot;M&quot;&lt;/b&gt;");
    }

    proptest! {
        #[test]
        fn no_piece_is_too_long(text in "[a 👍\\n]{0,80}", most in 4_usize..20) {
            prop_assert!(length(&fitted(&text, most)) <= most);
            prop_assert!(pieces(&text, most).iter().all(|piece| length(piece) <= most));
        }
    }
}
