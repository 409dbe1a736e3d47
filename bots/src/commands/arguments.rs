//! What can be known of the words without the catalogue.

use std::time::Duration;

use coatcheck_domain::SizeKey;
use coatcheck_domain::phone::Phone;
use url::Url;

use super::quantities;
use super::row::Kind;
use super::said::{Said, Word};

/// Once, or each time it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// Told once, then closed until it is re-armed.
    Once,
    /// Told each time.
    Every,
}

/// The words of a command, sorted as far as that goes without knowing any product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The first address.
    pub url: Option<Url>,
    /// Sizes that were named as such (`size M`, `size:M,L`) or stand in a list (`M,L`), as typed.
    pub sizes: Vec<String>,
    /// The style that was named as such, as typed.
    pub style: Option<String>,
    /// `once` or `every`, where the command takes it and it is the last word.
    pub how: Option<How>,
    /// The first word of `/shop`, in lower case: one of the table's choices.
    pub action: Option<&'static str>,
    /// `/pause`'s time. What cannot be read as one stays in `bare`.
    pub duration: Option<Duration>,
    /// `/phone`'s number.
    pub phone: Option<Phone>,
    /// `/verify`'s six digits.
    pub code: Option<String>,
    /// The number that answers a question.
    pub number: Option<usize>,
    /// What is left, in order: product, sizes and styles that only the catalogue can tell apart.
    pub bare: Vec<Word>,
}

/// Sorts the words of what was said, by the kinds of arguments the table gives the command.
#[must_use]
pub fn arguments(said: &Said) -> Arguments {
    let takes = |wanted: fn(&Kind) -> bool| said.command.arguments().iter().any(|argument| wanted(&argument.kind));
    let mut found = Arguments::default();
    let mut words = said.words.clone();
    take_action(said, &mut words, &mut found);
    if takes(|kind| matches!(kind, Kind::Product | Kind::Url)) {
        take_url(&mut words, &mut found);
    }
    if takes(|kind| matches!(kind, Kind::Choice(choices) if choices.contains(&"every"))) {
        take_how(&mut words, &mut found);
    }
    if takes(|kind| matches!(kind, Kind::Size | Kind::Style)) {
        words = take_options(words, &mut found);
    }
    found.bare = words;
    take_quantities(said, &mut found);
    found
}

fn take_action(said: &Said, words: &mut Vec<Word>, found: &mut Arguments) {
    let Some(Kind::Choice(choices)) = said.command.arguments().first().map(|argument| argument.kind) else { return };
    let Some(first) = words.first() else { return };
    found.action = choices.iter().find(|choice| first.is(choice)).copied();
    if found.action.is_some() {
        words.remove(0);
    }
}

fn take_url(words: &mut Vec<Word>, found: &mut Arguments) {
    let Some((at, url)) = words.iter().enumerate().find_map(|(at, word)| Some((at, address(&word.text)?))) else {
        return;
    };
    words.remove(at);
    found.url = Some(url);
}

/// `https://…`, `<https://…>` (Discord), `<https://…|label>` (Slack), or `shop.example/products/jacket`.
fn address(word: &str) -> Option<Url> {
    let word = word.trim_start_matches('<').trim_end_matches('>');
    let word = word.split('|').next().unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    let whole = if lower.starts_with("http://") || lower.starts_with("https://") {
        word.to_owned()
    } else {
        let host = word.split_once('/')?.0;
        let looks_like_a_host = host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && host.rsplit('.').next()?.bytes().all(|b| b.is_ascii_alphabetic());
        looks_like_a_host.then(|| format!("https://{word}"))?
    };
    Url::parse(&whole).ok().filter(Url::has_host)
}

/// Only as the last word: products may be called "Every Day Jacket".
fn take_how(words: &mut Vec<Word>, found: &mut Arguments) {
    let Some(last) = words.last() else { return };
    found.how = [("every", How::Every), ("how:every", How::Every), ("once", How::Once), ("how:once", How::Once)]
        .into_iter()
        .find_map(|(keyword, how)| last.is(keyword).then_some(how));
    if found.how.is_some() {
        words.pop();
    }
}

/// Takes `size X`, `style Y`, `one size` and lists of sizes out of the words; gives back the rest.
fn take_options(words: Vec<Word>, found: &mut Arguments) -> Vec<Word> {
    let mut rest = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if word.is("one") && words.next_if(|next| next.is("size")).is_some() {
            found.sizes.push("one size".to_owned());
        } else if let Some((option, value)) = joined(&word) {
            found.take(option, value);
        } else if let Some(option) = option_name(&word).filter(|_| words.peek().is_some()) {
            let value = words.next().map(|next| next.text).unwrap_or_default();
            found.take(option, &value);
        } else if !word.quoted && is_list(&word.text) {
            found.take(Named::Size, &word.text);
        } else {
            rest.push(without_comma(word));
        }
    }
    rest
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Size,
    Style,
}

impl Arguments {
    fn take(&mut self, option: Named, value: &str) {
        match option {
            Named::Size => self.sizes.extend(list(value)),
            Named::Style => match &mut self.style {
                Some(style) => {
                    style.push(' ');
                    style.push_str(value);
                }
                None => self.style = Some(value.to_owned()),
            },
        }
    }
}

fn option_name(word: &Word) -> Option<Named> {
    if word.is("size") || word.is("sizes") {
        Some(Named::Size)
    } else if ["style", "colour", "color"].iter().any(|name| word.is(name)) {
        Some(Named::Style)
    } else {
        None
    }
}

/// `size:M`, `style=black`.
fn joined(word: &Word) -> Option<(Named, &str)> {
    let (name, value) = word.text.split_once([':', '='])?;
    let option = option_name(&Word { text: name.to_owned(), quoted: word.quoted })?;
    (!value.is_empty()).then_some((option, value))
}

/// Parts of a list of sizes. A comma between two digits and a lone 5 is a half size (`42,5`), not two sizes.
fn list(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        match parts.last_mut() {
            Some(whole) if part == "5" && whole.len() == 2 && whole.bytes().all(|b| b.is_ascii_digit()) => {
                whole.push_str(",5");
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

/// `M, L jacket`: the comma is no part of the word.
fn without_comma(word: Word) -> Word {
    match word.text.trim_end_matches([',', ';']) {
        "" => word,
        _ if word.quoted => word,
        text => Word::plain(text),
    }
}

/// Is this bare word a list of sizes? Each part must be as short as sizes are, so that `Jacket,black` is none.
fn is_list(text: &str) -> bool {
    let parts = list(text);
    parts.len() > 1 && parts.iter().all(|part| SizeKey::fold(part).as_str().chars().count() <= 4)
}

/// The kinds that take all the words there are: `+1 415 555 0123`, `8 hours`, `123 456`.
fn take_quantities(said: &Said, found: &mut Arguments) {
    let text = found.bare.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let took = match said.command.arguments().first().map(|argument| argument.kind) {
        Some(Kind::Duration) => {
            found.duration = quantities::duration(&text).ok();
            found.duration.is_some()
        }
        Some(Kind::Phone) => {
            found.phone = text.parse().ok();
            found.phone.is_some()
        }
        Some(Kind::Code) => {
            found.code = quantities::code(&text);
            found.code.is_some()
        }
        Some(Kind::Number) => {
            found.number = text.parse().ok();
            found.number.is_some()
        }
        _ => false,
    };
    if took {
        found.bare.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::Platform;
    use crate::commands::{Command, parse};

    fn sorted(text: &str) -> String {
        let a = arguments(&parse(text, Platform::Telegram).expect(text));
        let mut line = format!("{text} →");
        for part in [
            a.url.map(|url| format!("url {url}")),
            (!a.sizes.is_empty()).then(|| format!("sizes {:?}", a.sizes)),
            a.style.map(|style| format!("style {style:?}")),
            a.how.map(|how| format!("{how:?}")),
            a.action.map(|action| format!("action {action}")),
            a.duration.map(|duration| format!("{} s", duration.as_secs())),
            a.phone.map(|phone| format!("phone {phone}")),
            a.code.map(|code| format!("code {code}")),
            (!a.bare.is_empty()).then(|| format!("bare {:?}", a.bare.iter().map(|w| &w.text).collect::<Vec<_>>())),
        ]
        .into_iter()
        .flatten()
        {
            let _ = write!(line, " {part};");
        }
        line
    }

    #[test]
    fn sizes_and_styles_come_named_or_bare_in_any_order() {
        let lines = [
            "/watch jacket M",
            "/watch jacket size M style black every",
            "/watch size:M,L jacket colour=black",
            "/watch M, L jacket",
            "/watch jacket M,L once",
            "/watch \"Corps Jacket, Every Size\" M",
            "/watch every day jacket",
            "/watch cap one size",
            "/watch shoe 42,5 style navy style suede",
            "/watch Jacket,black M",
            "/watch size",
        ]
        .map(sorted);
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /watch jacket M → bare ["jacket", "M"];
        /watch jacket size M style black every → sizes ["M"]; style "black"; Every; bare ["jacket"];
        /watch size:M,L jacket colour=black → sizes ["M", "L"]; style "black"; bare ["jacket"];
        /watch M, L jacket → bare ["M", "L", "jacket"];
        /watch jacket M,L once → sizes ["M", "L"]; Once; bare ["jacket"];
        /watch "Corps Jacket, Every Size" M → bare ["Corps Jacket, Every Size", "M"];
        /watch every day jacket → bare ["every", "day", "jacket"];
        /watch cap one size → sizes ["one size"]; bare ["cap"];
        /watch shoe 42,5 style navy style suede → style "navy suede"; bare ["shoe", "42,5"];
        /watch Jacket,black M → bare ["Jacket,black", "M"];
        /watch size → bare ["size"];
        "#);
    }

    #[test]
    fn addresses_and_quantities_are_found() {
        let lines = [
            "/watch https://shop.example/products/jacket?variant=1,2 size M",
            "/watch <https://shop.example/p/jacket|shop.example/p/jacket> M",
            "/watch Shop.example/products/jacket M",
            "/watch 1.5/2 jacket",
            "/watch M/L jacket",
            "/pause 8 hours",
            "/pause soon",
            "/phone +1 (415) 555-0123",
            "/verify 123 456",
            "/shop add https://shop.example",
        ]
        .map(sorted);
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /watch https://shop.example/products/jacket?variant=1,2 size M → url https://shop.example/products/jacket?variant=1,2; sizes ["M"];
        /watch <https://shop.example/p/jacket|shop.example/p/jacket> M → url https://shop.example/p/jacket; bare ["M"];
        /watch Shop.example/products/jacket M → url https://shop.example/products/jacket; bare ["M"];
        /watch 1.5/2 jacket → bare ["1.5/2", "jacket"];
        /watch M/L jacket → bare ["M/L", "jacket"];
        /pause 8 hours → 28800 s;
        /pause soon → bare ["soon"];
        /phone +1 (415) 555-0123 → phone +…23;
        /verify 123 456 → code 123456;
        /shop add https://shop.example → url https://shop.example/; action add;
        "#);
    }

    #[test]
    fn options_from_a_form_are_the_same_words() {
        let options = [("how", "every"), ("style", "navy blue"), ("size", "M,L"), ("product", "Every Size Jacket")];
        let a = arguments(&Said::from_options(Command::Watch, &options));
        assert_eq!(a.bare, [Word::quoted("Every Size Jacket")]);
        assert_eq!(
            (a.sizes, a.style.as_deref(), a.how),
            (vec!["M".into(), "L".into()], Some("navy blue"), Some(How::Every))
        );
    }

    proptest! {
        #[test]
        fn no_words_panic(text in "[a-zA-Z0-9,:=/.<>|\" +é-]{0,80}") {
            for command in ["watch", "pause", "phone", "verify", "shop", "help"] {
                if let Ok(said) = parse(&format!("/{command} {text}"), Platform::Telegram) {
                    let _ = arguments(&said);
                }
            }
        }
    }
}
