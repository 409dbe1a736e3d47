//! Text as Slack shows it: nothing in it is markup, nobody is called, and only our own addresses are links. And the
//! other way round: what people typed, without Slack's markup.

use crate::words::lines;

/// Several lines as `mrkdwn` with nothing to interpret but the addresses.
pub(super) fn escaped(text: &str) -> String {
    let clean = lines(text);
    clean.split_inclusive([' ', '\n']).map(word_of).collect()
}

fn word_of(word: &str) -> String {
    let bare = word.trim_end_matches([' ', '\n']);
    let is_address = bare.starts_with("https://") || bare.starts_with("http://");
    if is_address && !bare.contains(['<', '>', '|', '`', '@']) {
        return format!("<{}>{}", entities(bare), &word[bare.len()..]);
    }
    let mut shown = String::with_capacity(word.len());
    for c in entities(word).chars() {
        shown.push(c);
        if matches!(c, '*' | '_' | '~' | '`' | '@' | '#') {
            // Parts the sign from what it would format or call.
            shown.push('\u{200b}');
        }
    }
    shown
}

fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What somebody typed: `<https://shop.example|shop.example>` is an address, `<@U0…>` at the beginning is us.
pub(super) fn typed(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = without_mention(text);
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((inside, after)) = behind.split_once('>') else {
            plain.push_str(behind);
            rest = "";
            break;
        };
        plain.push_str(inside.split_once('|').map_or(inside, |(address, _)| address).trim_start_matches("mailto:"));
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn without_mention(text: &str) -> &str {
    let mention = text.trim_start().strip_prefix("<@").and_then(|rest| rest.split_once('>'));
    mention.map_or(text, |(_, words)| words.trim_start_matches([',', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_markup_but_our_own_addresses() {
        insta::assert_snapshot!(
            escaped("*M* & <!channel> <https://evil.example|here> ~x~ https://shop.example/a_b?c=1&d=2\n@here `x`").replace('\u{200b}', "·"),
            @"
        *·M*· &amp; &lt;!channel&gt; &lt;https://evil.example|here&gt; ~·x~· <https://shop.example/a_b?c=1&amp;d=2>
        @·here `·x`·
        "
        );
    }

    #[test]
    fn what_was_typed_is_read_without_slacks_markup() {
        for (sent, meant) in [
            ("<@U0BOT> watch jacket M", "watch jacket M"),
            ("<@U0BOT|coat>: list", "list"),
            ("watch <https://shop.example/p?a=1&amp;b=2|shop.example> M", "watch https://shop.example/p?a=1&b=2 M"),
            ("a &lt;b&gt; c", "a <b> c"),
            ("broken <https://x", "broken https://x"),
        ] {
            assert_eq!(typed(sent), meant);
        }
    }

    proptest! {
        #[test]
        fn no_text_calls_anybody(text in ".{0,60}|[<>!@|a-z&;:/]{0,60}") {
            let shown = escaped(&text);
            let inside: Vec<&str> = shown.split('<').skip(1).collect();
            prop_assert!(inside.iter().all(|it| it.starts_with("http://") || it.starts_with("https://")), "{}", shown);
            let _ = typed(&text);
        }
    }
}
