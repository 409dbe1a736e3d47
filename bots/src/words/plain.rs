//! Strangers' words made harmless: nothing that hides, turns the direction, breaks the line or calls people.

/// Characters of a product's title in a message, at most.
const LONGEST_TITLE: usize = 80;

/// What a line begins with that a press adds to a message.
pub const NOTE: &str = "✓ ";

/// A product's title, fit for one line of a message. Names often differ only at the end: it is kept.
#[must_use]
pub fn title(text: &str) -> String {
    let title = shortened_within(&plain(text), LONGEST_TITLE);
    if title.is_empty() { "a product without a title".to_owned() } else { title }
}

/// One line: controls, line breaks and what cannot be seen are gone; mentions and links no longer work.
#[must_use]
pub fn plain(text: &str) -> String {
    let seen = visible(text);
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    neutral(&line)
}

/// Several lines, each made [`plain`] as to characters; their mentions and links are ours and stay.
#[must_use]
pub fn lines(text: &str) -> String {
    text.split(['\n', '\u{2028}', '\u{2029}'])
        .map(|line| visible(line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Controls become blanks; direction marks, zero-width and tag characters go. The joiners stay between letters
/// that need them: Persian, Indic scripts and emoji.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() || c.is_whitespace() => kept.push(' '),
            '\u{200C}' | '\u{200D}' if kept.chars().next_back().is_some_and(joins) => kept.push(c),
            c if is_hidden(c) => {}
            c => kept.push(c),
        }
    }
    kept
}

fn joins(before: char) -> bool {
    !before.is_ascii() && !matches!(before, '\u{200C}' | '\u{200D}')
}

/// Unicode's format characters that change the look of a text, or hide one in it.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// `@everyone`, `<@123>`, `<!channel>`, `</watch:1>` and `https://…` are parted by a blank: still readable, also
/// in the alphabet of text messages, and nothing any more to a platform.
fn neutral(line: &str) -> String {
    let mut parted = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        parted.push(c);
        let Some(next) = characters.peek() else { break };
        let calls = match c {
            '@' | '＠' => !next.is_whitespace(),
            '<' => matches!(next, '@' | '!' | '#' | ':' | '/'),
            ':' => *next == '/' && characters.clone().nth(1) == Some('/'),
            _ => false,
        };
        if calls {
            parted.push(' ');
        }
    }
    parted
}

/// At most `most` characters, cut between words where one ends in the second half, with `…` for what is missing.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let head: &str = &text[..text[..cut].char_indices().next_back().map_or(0, |(at, _)| at)];
    let whole_words = head.rfind(' ').filter(|at| *at * 2 >= head.len()).map_or(head, |at| &head[..at]);
    format!("{}…", whole_words.trim_end())
}

/// At most `most` characters with the beginning and the end kept, cut between words where that is near, with `…` for
/// what is missing.
#[must_use]
pub fn shortened_within(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept - kept / 2, kept / 2);
    let at = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (&text[..at(head)], &text[at(count - tail)..]);
    let head = head.rfind(' ').filter(|blank| blank * 2 >= head.len()).map_or(head, |blank| &head[..blank]);
    let tail = tail.find(' ').filter(|blank| blank * 2 <= tail.len()).map_or(tail, |blank| &tail[blank + 1..]);
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// With a capital at the beginning.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_titles_are_only_words() {
        for (hostile, harmless) in [
            ("Jacket\r\n\tM\u{0}\u{1b}[31m", "Jacket M [31m"),
            ("\u{202e}tekcaJ\u{202c}\u{2066}x\u{2069}", "tekcaJx"),
            ("@everyone <@80351110224678912> <!channel>", "@ everyone < @ 80351110224678912> < !channel>"),
            ("Win at https://evil.example/x", "Win at https: //evil.example/x"),
            ("می\u{200c}خواهم 👨\u{200d}👩", "می\u{200c}خواهم 👨\u{200d}👩"),
            ("a\u{200d}b\u{e0041}", "ab"),
            ("Größe — 黒", "Größe — 黒"),
        ] {
            assert_eq!(plain(hostile), harmless);
        }
        assert_eq!(title(" \u{200b}\n"), "a product without a title");
    }

    #[test]
    fn long_titles_keep_both_ends_and_are_cut_between_words() {
        let long = |end: &str| title(&format!("{}Big Logo - {end}", "Waxed corps jacket ".repeat(9)));
        insta::assert_snapshot!(long("Black"), @"Waxed corps jacket Waxed corps jacket…Waxed corps jacket Big Logo - Black");
        assert_ne!(long("Black"), long("Navy"));
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(shortened("abcd", 4), "abcd");
    }

    proptest! {
        #[test]
        fn whatever_a_shop_says_stays_one_harmless_line(text in ".{0,80}|[@<!:/a\u{202e}\u{200d}\\n ]{0,40}") {
            let once = plain(&text);
            prop_assert!(!once.contains("://") && !once.contains("<@") && !once.contains("@everyone"));
            let turns = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!once.contains(turns));
            prop_assert_eq!(&plain(&once), &once);
            prop_assert!(title(&text).chars().count() <= LONGEST_TITLE);
        }
    }
}
