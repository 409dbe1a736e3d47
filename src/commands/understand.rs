//! What the words mean if one product is meant: its name, its sizes, its styles, and what is left. Pure.
//!
//! The product's own words are tried first, the longest first: "7 1/4" is one size where the shop lists it, and is never
//! a 7 where it does not. Sizes of several words are found before anything is parted at blanks and commas.

use std::ops::Range;

use coatcheck_domain::StyleKey;
use coatcheck_domain::size::{Answer, Listing, is_size};

use super::chatter;
use super::names::Names;
use super::tokens::{MOST_WORDS, Text};
use super::wants::{MeantSize, Want, Wanted, pair};
use crate::store::stock::catalogue::Product;

/// Words of the longest size or style: "us men's 9 / women's 10.5 / eu 42".
const LONGEST: usize = 10;
/// Words that belong to a number in some sizes and to the sentence in others: "42 in black", "is it 42".
const AMBIGUOUS: &[&str] =
    &["in", "it", "de", "es", "fr", "br", "au", "to", "by", "a", "men", "women", "female", "male"];

/// What one product makes of the words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Understood {
    /// The words that name it, folded.
    pub(crate) named: Vec<String>,
    /// Sizes and styles. One of neither, where none was said.
    pub(crate) wants: Vec<Want>,
    /// Each time, not once.
    pub(crate) every: bool,
    /// What fits nothing.
    pub(crate) strange: Vec<Strange>,
}

/// Words that fit nothing of the product.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Strange {
    /// As typed.
    pub(crate) text: String,
    /// They were called a size or a style, or can be nothing but a size: the shop may list them one day.
    pub(crate) named: Option<Named>,
}

/// What a word was called before it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Named {
    Size,
    Style,
}

/// Reads the words in the light of `product`.
pub(crate) fn understand(product: &Product, names: &Names, text: &Text) -> Understood {
    let listing = Listing::of(product.sizes.iter().map(|(_, label)| label.as_str()));
    let mut reader = Reader {
        listing,
        names,
        styles: &product.styles,
        text,
        said: Vec::new(),
        found: Understood::default(),
        called: None,
        strange: Vec::new(),
    };
    let mut at = 0;
    while at < text.tokens().len().min(MOST_WORDS) {
        at += reader.take(at).max(1);
    }
    if text.tokens().len() > MOST_WORDS {
        reader.strange(MOST_WORDS..MOST_WORDS + 1, None);
    }
    let said: Vec<Wanted> = reader.said.into_iter().map(|(_, wanted)| wanted).collect();
    reader.found.wants = pair(&said, &product.styles);
    let strange = reader.strange.into_iter();
    reader.found.strange =
        strange.map(|(words, named)| Strange { text: text.slice(words).to_owned(), named }).collect();
    reader.found
}

struct Reader<'a> {
    listing: Listing,
    names: &'a Names,
    styles: &'a [String],
    text: &'a Text,
    /// What is wanted, and by which words.
    said: Vec<(Range<usize>, Wanted)>,
    found: Understood,
    /// `size` or `style` was said just before.
    called: Option<Named>,
    /// What fits nothing, by its words.
    strange: Vec<(Range<usize>, Option<Named>)>,
}

/// What some words are.
enum Part {
    Name,
    Size(Answer),
    Style,
}

impl Reader<'_> {
    /// Understands the longest part that begins at a word; says how many words it took.
    fn take(&mut self, at: usize) -> usize {
        let listed = self.longest(at);
        let taken = listed.as_ref().map_or(0, |(count, _)| *count);
        if let Some(count) = self.not_listed(at, taken) {
            return count;
        }
        if let Some((count, part)) = listed {
            self.take_part(at..at + count, part);
            return count;
        }
        self.keyword(at).or_else(|| self.chatter(at)).unwrap_or_else(|| self.other(at))
    }

    /// The longest run of words from here that is a size, a style or a name of the product.
    fn longest(&self, at: usize) -> Option<(usize, Part)> {
        (1..=self.reach(at)).rev().find_map(|count| Some((count, self.part(at..at + count)?)))
    }

    /// How many words from here may belong together: all within the same quotes, or outside any.
    fn reach(&self, at: usize) -> usize {
        let tokens = &self.text.tokens()[at..];
        tokens.iter().take(LONGEST).take_while(|token| token.quote == tokens[0].quote).count()
    }

    fn part(&self, words: Range<usize>) -> Option<Part> {
        let quoted = self.text.tokens()[words.start].quote.is_some();
        let size = || match self.listing.listed(self.text.slice(words.clone())) {
            Answer::None => None,
            answer => Some(Part::Size(answer)),
        };
        let name = || self.is_name(words.clone()).then_some(Part::Name);
        let style = || self.is_style(words.clone()).then_some(Part::Style);
        match self.called {
            Some(Named::Size) => size().or_else(style).or_else(name),
            Some(Named::Style) => style().or_else(size).or_else(name),
            None if quoted => name().or_else(size).or_else(style),
            None => size().or_else(name).or_else(style),
        }
    }

    /// Several words must stand in the name as they were said. One may be short for it, if it says anything at all.
    fn is_name(&self, words: Range<usize>) -> bool {
        let keys: Vec<&str> = self.text.tokens()[words].iter().map(|token| token.key.as_str()).collect();
        match keys.as_slice() {
            [only] => {
                !is_keyword(only)
                    && if chatter::is_chatter(only) { self.names.is_whole(only) } else { self.names.has(only) }
            }
            several => self.names.has_run(several),
        }
    }

    fn is_style(&self, words: Range<usize>) -> bool {
        let key = StyleKey::fold(self.text.slice(words.clone()));
        let tokens = &self.text.tokens()[words];
        let says_something = |token: &super::tokens::Token| !chatter::is_chatter(&token.key) && !is_keyword(&token.key);
        let ends_say_something =
            tokens.first().is_some_and(says_something) && tokens.last().is_some_and(says_something);
        let is_whole = || self.styles.iter().any(|style| StyleKey::fold(style) == key);
        !key.is_any() && self.styles.iter().any(|style| key.matches(&[style], "")) && (ends_say_something || is_whole())
    }

    fn take_part(&mut self, words: Range<usize>, part: Part) {
        match part {
            Part::Name => self.found.named.extend(self.text.tokens()[words].iter().map(|token| token.key.clone())),
            Part::Size(Answer::One(place, key)) => {
                let text = self.listing.label(place).to_owned();
                self.said.push((words, Wanted::Size(MeantSize { key, text })));
                return;
            }
            Part::Size(_) => self.strange(words, None),
            Part::Style => self.want_style(words),
        }
        self.called = None;
    }

    /// A size that the shop does not list now, and that is longer than what it lists from here: "7 1/4" where there is a
    /// 7. It is waited for where nothing else can be meant. It is asked about where a listed size stands in it ("M/L",
    /// "9 M"), and where the product counts otherwise ("42" of S, M and L).
    fn not_listed(&mut self, at: usize, taken: usize) -> Option<usize> {
        let is_one = |count: &usize| {
            let words = at..at + *count;
            !self.has_ambiguous(words.clone()) && !self.is_list(words.clone()) && is_size(self.text.slice(words))
        };
        let count = (taken + 1..=self.reach(at)).rev().find(is_one)?;
        let words = at..at + count;
        let text = self.text.slice(words.clone()).to_owned();
        let is_sure = |key: &str| count == 1 || is_exact(key, &text) || !self.holds_a_listed_one(words.clone());
        match self.listing.answer(&text) {
            Answer::NotListed(key) if is_sure(key.as_str()) && !self.is_fraction_of_what_was_before(&words) => {
                self.said.push((words, Wanted::Size(MeantSize { key, text })));
            }
            _ => self.strange(words, Some(Named::Size)),
        }
        Some(count)
    }

    /// "1/2" right behind a size.
    fn is_fraction_of_what_was_before(&self, words: &Range<usize>) -> bool {
        let is_fraction = matches!(self.text.slice(words.clone()).as_bytes(), [b'1'..=b'9', b'/', b'2'..=b'9']);
        let before = self.said.last().is_some_and(|(before, _)| before.end == words.start);
        is_fraction && before && self.text.between(words.start - 1).is_empty()
    }

    /// A lone m or y behind a number may be a size, months, or no more than a letter.
    fn has_ambiguous(&self, words: Range<usize>) -> bool {
        let key = |at: usize| self.text.tokens()[at].key.as_str();
        let is_unit = |at: usize| {
            let after_a_number = at > words.start && key(at - 1).ends_with(|c: char| c.is_numeric());
            matches!(key(at), "m" | "y") && after_a_number && self.text.between(at - 1).is_empty()
        };
        words.len() > 1 && words.clone().any(|at| AMBIGUOUS.contains(&key(at)) || is_unit(at))
    }

    /// Commas part sizes that are not listed, but for the comma of "42,5".
    fn is_list(&self, words: Range<usize>) -> bool {
        let half = |at: usize| self.text.tokens()[at + 1].key == "5" && self.text.slice(at..at + 2).ends_with(",5");
        (words.start..words.end.saturating_sub(1)).any(|at| self.text.between(at).contains([',', ';']) && !half(at))
    }

    fn holds_a_listed_one(&self, words: Range<usize>) -> bool {
        words.clone().any(|from| {
            (from + 1..=words.end)
                .any(|to| to - from < words.len() && self.listing.listed(self.text.slice(from..to)) != Answer::None)
        })
    }

    fn keyword(&mut self, at: usize) -> Option<usize> {
        let token = &self.text.tokens()[at];
        let rest: Vec<&str> = self.text.tokens()[at..].iter().take(3).map(|token| token.key.as_str()).collect();
        if token.quote.is_some() {
            return None;
        }
        let next_is = |words: &[&str]| rest.get(1).is_some_and(|next| words.contains(next));
        match token.key.as_str() {
            "any" | "all" | "every" | "each" if next_is(&["size", "sizes", "style", "colour", "colours"]) => Some(2),
            "how" if next_is(&["every", "once"]) => Some(1),
            "every" | "each" if next_is(&["time", "restock"]) => self.each_time(2),
            "every" | "everytime" | "always" => self.each_time(1),
            "size" | "sizes" | "sized" | "sz" => self.call(Named::Size, at),
            "style" | "styles" | "colour" | "colours" => self.call(Named::Style, at),
            _ => None,
        }
    }

    fn each_time(&mut self, words: usize) -> Option<usize> {
        self.found.every = true;
        Some(words)
    }

    /// `size` names what follows; at the end, or before another keyword, it names nothing.
    fn call(&mut self, named: Named, at: usize) -> Option<usize> {
        self.called = self.text.tokens().get(at + 1).map(|_| named);
        Some(1)
    }

    fn chatter(&self, at: usize) -> Option<usize> {
        let keys: Vec<&str> = self.text.tokens()[at..].iter().take(4).map(|token| token.key.as_str()).collect();
        chatter::phrase(&keys).or_else(|| chatter::is_chatter(keys[0]).then_some(1))
    }

    /// A word that is nothing known. What was called a style is one, listed or not.
    fn other(&mut self, at: usize) -> usize {
        let quoted = self.text.tokens()[at].quote;
        let count = match quoted {
            Some(_) if self.called.is_some() => self.reach(at),
            _ => 1,
        };
        match self.called.take() {
            Some(Named::Style) => self.want_style(at..at + count),
            called => self.strange(at..at + count, called),
        }
        count
    }

    fn want_style(&mut self, words: Range<usize>) {
        let style = self.text.slice(words.clone()).to_owned();
        self.said.push((words, Wanted::Style(style)));
    }

    /// Neighbours that fit nothing are asked about together; and a size with what stands right behind it and may be more
    /// of it: of "L 1/2" no L is left.
    fn strange(&mut self, mut words: Range<usize>, named: Option<Named>) {
        self.called = None;
        let may_be_more =
            named == Some(Named::Size) || self.text.slice(words.clone()).starts_with(|c: char| c.is_numeric());
        if let Some((before, Wanted::Size(_))) = self.said.last()
            && may_be_more
            && before.end == words.start
            && self.text.between(before.end - 1).is_empty()
        {
            words.start = before.start;
            self.said.pop();
        }
        match self.strange.last_mut() {
            Some((before, called)) if before.end == words.start && self.text.between(before.end - 1).is_empty() => {
                before.end = words.end;
                *called = called.or(named);
            }
            _ => self.strange.push((words, named)),
        }
    }
}

fn is_keyword(key: &str) -> bool {
    matches!(key, "size" | "sizes" | "style" | "styles" | "colour" | "colours" | "every" | "once")
}

/// A number with a fraction can be nothing else, "7.25" and "42 2/3"; and neither can one size in words, "extra large".
fn is_exact(key: &str, text: &str) -> bool {
    key.contains(['.', ' ']) || !key.contains('/') && !text.contains(|c: char| c.is_numeric())
}
