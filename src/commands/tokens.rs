//! What was said, as words that remember where they stand: a size may be several of them, with what is between.

use std::ops::Range;

use coatcheck_bots::commands::Word;
use coatcheck_domain::style::{StyleKey, is_written_without_blanks, parts_words};

/// Words that are looked at, at most: nobody needs more to name a product, and each costs time.
pub(crate) const MOST_WORDS: usize = 60;

/// A text and its words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    text: String,
    tokens: Vec<Token>,
}

/// One word.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    place: Range<usize>,
    /// Folded as names and styles are.
    pub(crate) key: String,
    /// Which quotes it stands in. A value behind `size:` counts as quoted.
    pub(crate) quote: Option<usize>,
}

impl Text {
    pub(crate) fn of(words: &[Word]) -> Self {
        let mut text = Self::default();
        for (at, word) in words.iter().enumerate() {
            match named_value(word) {
                Some((name, value)) => {
                    text.push(name, None);
                    let is_whole = !goes_on(value, words.get(at + 1)) && !name.eq_ignore_ascii_case("how");
                    text.push(value, is_whole.then_some(at));
                }
                None => text.push(&word.text, word.quoted.then_some(at)),
            }
        }
        text
    }

    fn push(&mut self, words: &str, quote: Option<usize>) {
        self.text.push(' ');
        let mut start = None;
        let begin = self.text.len();
        self.text.push_str(words);
        let characters: Vec<(usize, char)> = words.char_indices().collect();
        for (index, (at, c)) in characters.iter().copied().enumerate() {
            let before = index.checked_sub(1).map(|index| characters[index].1);
            let behind = characters.get(index + 1).map(|(_, c)| *c);
            if is_of_a_word(before, c, behind) {
                // "上着M": where a script has no blanks, another begins a word.
                if let Some(began) = start.filter(|_| before.is_some_and(|before| changes_script(before, c))) {
                    self.add(began..begin + at, quote);
                    start = None;
                }
                start.get_or_insert(begin + at);
            } else if let Some(start) = start.take() {
                self.add(start..begin + at, quote);
            }
        }
        if let Some(start) = start {
            self.add(start..self.text.len(), quote);
        }
    }

    fn add(&mut self, place: Range<usize>, quote: Option<usize>) {
        let key = StyleKey::fold(&self.text[place.clone()]).to_string();
        if !key.is_empty() {
            self.tokens.push(Token { place, key, quote });
        }
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The text from the first to behind the last of these words, as it was typed.
    pub(crate) fn slice(&self, tokens: Range<usize>) -> &str {
        match self.tokens.get(tokens) {
            Some([first, .., last]) => &self.text[first.place.start..last.place.end],
            Some([only]) => &self.text[only.place.clone()],
            _ => "",
        }
    }

    /// What stands between two words and is no blank: a comma, a slash.
    pub(crate) fn between(&self, token: usize) -> &str {
        match self.tokens.get(token..token + 2) {
            Some([one, next]) => self.text[one.place.end..next.place.start].trim(),
            _ => "",
        }
    }
}

/// `size:M,L`, `style=navy blue`: the parser leaves a quoted value at its name.
fn named_value(word: &Word) -> Option<(&str, &str)> {
    let (name, value) = word.text.split_once([':', '='])?;
    let is_option = |option: &&str| option.eq_ignore_ascii_case(name);
    let named = !word.quoted && ["size", "sizes", "style", "colour", "color", "how"].iter().any(is_option);
    (named && !value.trim().is_empty()).then_some((name, value))
}

/// `size:7 1/4`, as forms show it and people type it: without quotes the value may be longer than its word.
fn goes_on(value: &str, next: Option<&Word>) -> bool {
    let is_quoted = value.contains(char::is_whitespace);
    !is_quoted && next.is_some_and(|next| !next.quoted && named_value(next).is_none())
}

/// Letters, digits and the signs of sizes. A point or a quote counts within a word or for inches behind a number.
fn is_of_a_word(before: Option<char>, c: char, behind: Option<char>) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '.' | '\'' | '’' | 'ʼ' => is_letter(before) && is_letter(behind),
        '+' | '%' | '°' | '"' => before.is_some_and(|c| c.is_ascii_digit()),
        c => !parts_words(c) && !is_picture(c),
    }
}

fn changes_script(before: char, c: char) -> bool {
    let both = before.is_alphanumeric() && c.is_alphanumeric();
    both && (before.is_ascii() != c.is_ascii()) && (is_written_without_blanks(before) || is_written_without_blanks(c))
}

/// Emoji and what joins and colours them.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{FE00}'..='\u{FE0F}' | '\u{200D}' | '\u{20E3}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(said: &[Word]) -> String {
        let text = Text::of(said);
        (0..text.tokens().len()).map(|at| text.slice(at..at + 1)).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn words_part_at_signs_and_keep_what_was_between() {
        let plain = |text: &str| words(&text.split_whitespace().map(Word::plain).collect::<Vec<_>>());
        assert_eq!(plain("hat 7 1/4!"), "hat|7|1|4");
        assert_eq!(plain("M,L 42,5 42.5 o.s."), "M|L|42|5|42.5|o.s");
        assert_eq!(plain("jacket🔥 M 🙏❤️"), "jacket|M");
        assert_eq!(plain("上着M黒 EU42"), "上着|M|黒|EU42");
        assert_eq!(plain("Men's T-Shirt"), "Men's|T|Shirt");
        assert_eq!(plain("हिन्दी สีน้ำเงิน 黒"), "हिन्दी|สีน้ำเงิน|黒");
        assert_eq!(words(&[Word::plain("size:M,L"), Word::quoted("Corps Jacket")]), "size|M|L|Corps|Jacket");
        let text = Text::of(&[Word::plain("28,"), Word::plain("Long")]);
        assert_eq!((text.slice(0..2), text.between(0)), ("28, Long", ","));
    }
}
