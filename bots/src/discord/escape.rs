//! Text that Discord shows as it stands: no markup, no mentions, no hidden characters.

use crate::words::lines;

/// What Discord reads as markup anywhere. A backslash before any sign that is no letter is not shown.
const MARKUP: &[char] = &['\\', '*', '_', '~', '`', '|', '<', '[', ']'];
/// What makes headings, lists and quotes where a line begins.
const OPENING: &[char] = &['#', '>', '-', '+'];

/// Several lines made harmless. Addresses stay whole: those of strangers were parted before they came here.
pub(super) fn escaped(text: &str) -> String {
    let clean = lines(text);
    let words = clean.split_inclusive([' ', '\n']);
    words.map(|word| if is_address(word) { word.to_owned() } else { signs(word) }).collect()
}

fn is_address(word: &str) -> bool {
    (word.starts_with("https://") || word.starts_with("http://")) && !word.contains(['<', '>', '`', '@'])
}

fn signs(word: &str) -> String {
    let mut shown = String::with_capacity(word.len());
    for (at, c) in word.chars().enumerate() {
        if MARKUP.contains(&c) || (at == 0 && OPENING.contains(&c)) {
            shown.push('\\');
        }
        shown.push(c);
        if c == '@' {
            // Not even highlighted: `@everyone` is a word here.
            shown.push('\u{200b}');
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_shown_and_addresses_still_work() {
        insta::assert_snapshot!(
            escaped("**M** is [back](https://evil.example)\n# Big\n> quote ||x|| https://shop.example/a_b_c <@1> \u{202e}x")
                .replace('\u{200b}', "·"),
            @r"
        \*\*M\*\* is \[back\](https://evil.example)
        \# Big
        \> quote \|\|x\|\| https://shop.example/a_b_c \<@·1> x
        "
        );
        assert_eq!(escaped("@everyone"), "@\u{200b}everyone");
    }

    proptest! {
        #[test]
        fn no_text_calls_anybody(text in ".{0,60}|[@<>#&!a-z0-9*_`\\\\]{0,60}") {
            let shown = escaped(&text);
            prop_assert!(!shown.contains("@everyone") && !shown.contains("@here"), "{}", shown);
            let shown: Vec<char> = shown.chars().collect();
            let open = |at: usize| shown[at] == '<' && (at == 0 || shown[at - 1] != '\\');
            prop_assert!(!(0..shown.len()).any(open), "{:?}", shown);
        }
    }
}
