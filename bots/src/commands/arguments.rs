//! What can be known of the words without the catalogue.

use std::time::Duration;

use coatcheck_domain::phone::Phone;
use url::Url;

use super::command::Command;
use super::quantities;
use super::row::Kind;
use super::said::{Said, Word};

/// The words of a command, sorted as far as that goes without knowing any product. Which of them are a name, a size of
/// several words, a style or `every`, only the catalogue can tell: they stay as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The first address.
    pub url: Option<Url>,
    /// The first word of `/shop`, in lower case: one of the table's choices.
    pub action: Option<&'static str>,
    /// `/pause`'s time. What cannot be read as one stays in `bare`.
    pub duration: Option<Duration>,
    /// `/phone`'s number.
    pub phone: Option<Phone>,
    /// `/verify`'s six digits.
    pub code: Option<String>,
    /// The number that answers a question, or that a list gave a watch.
    pub number: Option<usize>,
    /// `all` in place of a product.
    pub all: bool,
    /// What is left, in order.
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
    found.bare = words;
    take_quantities(said, &mut found);
    if said.command == Command::Unwatch {
        take_the_one_word(&mut found);
    }
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

/// `/unwatch 1` and `/unwatch all`; `product:all`, as a form shows it, is the same.
fn take_the_one_word(found: &mut Arguments) {
    let [only] = found.bare.as_slice() else { return };
    let text = only.text.trim_start_matches('#');
    let text = text.strip_prefix("product:").unwrap_or(text);
    found.number = text.parse().ok().filter(|_| text.len() <= 6);
    found.all = ["all", "everything"].iter().any(|all| text.eq_ignore_ascii_case(all));
    if found.number.is_some() || found.all {
        found.bare.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::Platform;
    use crate::commands::parse;

    fn sorted(text: &str) -> String {
        let a = arguments(&parse(text, Platform::Telegram).expect(text));
        let mut line = format!("{text} →");
        for part in [
            a.url.map(|url| format!("url {url}")),
            a.number.map(|number| format!("number {number}")),
            a.all.then(|| "all".to_owned()),
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
    fn words_about_products_stay_as_they_were_typed() {
        let lines = [
            "/watch jacket size 7 1/4, black every",
            "/watch \"Corps Jacket, Every Size\" M,L",
            "/unwatch jacket M",
            "/unwatch 1",
            "/unwatch #12",
            "/unwatch ALL",
            "/unwatch all jackets",
            "/unwatch product:all",
            "/stock 501",
        ]
        .map(sorted);
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /watch jacket size 7 1/4, black every → bare ["jacket", "size", "7", "1/4,", "black", "every"];
        /watch "Corps Jacket, Every Size" M,L → bare ["Corps Jacket, Every Size", "M,L"];
        /unwatch jacket M → bare ["jacket", "M"];
        /unwatch 1 → number 1;
        /unwatch #12 → number 12;
        /unwatch ALL → all;
        /unwatch all jackets → bare ["all", "jackets"];
        /unwatch product:all → all;
        /stock 501 → bare ["501"];
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
        /watch https://shop.example/products/jacket?variant=1,2 size M → url https://shop.example/products/jacket?variant=1,2; bare ["size", "M"];
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
        let words: Vec<(&str, bool)> = a.bare.iter().map(|word| (word.text.as_str(), word.quoted)).collect();
        let size_and_style = [("size", false), ("M,L", true), ("style", false), ("navy blue", true), ("every", false)];
        assert_eq!(words[0], ("Every Size Jacket", true));
        assert_eq!(words[1..], size_and_style);
        let all = arguments(&Said::from_options(Command::Unwatch, &[("product", "all")]));
        assert!(all.all && all.bare.is_empty());
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
