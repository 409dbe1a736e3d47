//! What Twilio is answered with: <https://www.twilio.com/docs/messaging/twiml>

/// The type of an answer.
pub(super) const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// An answer that says `text`; one without words says nothing.
#[must_use]
pub(super) fn answer(text: &str) -> String {
    let message = if text.is_empty() { String::new() } else { format!("<Message>{}</Message>", escaped(text)) };
    format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>"#)
}

/// What XML cannot hold at all is left out.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\n' => xml.push('\n'),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_no_words_are_no_message() {
        insta::assert_snapshot!(answer("M & L < XL\n]]>\u{1b}"), @r#"
        <?xml version="1.0" encoding="UTF-8"?><Response><Message>M &amp; L &lt; XL
        ]]&gt;</Message></Response>
        "#);
        insta::assert_snapshot!(answer(""), @r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#);
    }
}
