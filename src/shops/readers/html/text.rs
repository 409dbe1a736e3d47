//! Words and buttons of a page, where nothing else speaks of stock: a guess, which needs two agreeing readings. Pure.

use coatcheck_domain::fold::fold;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Rank, VariantReading};

use super::about::{About, of_others};
use super::finding::{Finding, Scope};
use crate::shops::html::Element;

/// Characters that a button or a line about stock has at most.
const SHORT: usize = 60;

/// What buttons say that put a thing into the cart: English, German, French, Spanish, Italian, Dutch, Polish, Portuguese,
/// Swedish, Danish, Japanese.
const CART: &[&str] = &[
    "add to cart",
    "add to bag",
    "add to basket",
    "add to trolley",
    "buy now",
    "buy it now",
    "in den warenkorb",
    "in den einkaufswagen",
    "in den korb",
    "jetzt kaufen",
    "zum warenkorb hinzufügen",
    "ajouter au panier",
    "acheter maintenant",
    "añadir al carrito",
    "añadir a la cesta",
    "agregar al carrito",
    "comprar ahora",
    "aggiungi al carrello",
    "acquista ora",
    "in winkelwagen",
    "in winkelmand",
    "toevoegen aan winkelwagen",
    "nu kopen",
    "dodaj do koszyka",
    "do koszyka",
    "kup teraz",
    "adicionar ao carrinho",
    "adicionar à sacola",
    "comprar agora",
    "lägg i varukorg",
    "lägg i varukorgen",
    "lägg till i varukorgen",
    "köp nu",
    "læg i kurv",
    "læg i kurven",
    "tilføj til kurv",
    "køb nu",
    "カートに入れる",
    "カートに追加",
    "買い物かごに入れる",
    "今すぐ購入",
];

/// What buttons and lines say where it cannot be bought now.
const WAIT: &[&str] = &[
    "notify me",
    "notify me when available",
    "notify me when in stock",
    "email me when available",
    "email when available",
    "join waitlist",
    "join the waitlist",
    "sold out online",
    "benachrichtigen",
    "benachrichtige mich",
    "bei verfügbarkeit benachrichtigen",
    "me prévenir",
    "prévenez-moi",
    "m'alerter",
    "avísame",
    "avísame cuando esté disponible",
    "avvisami",
    "avvisami quando disponibile",
    "houd me op de hoogte",
    "mail mij",
    "powiadom mnie",
    "powiadom o dostępności",
    "avise-me",
    "avise-me quando chegar",
    "bevaka",
    "meddela mig",
    "giv mig besked",
    "再入荷通知",
    "入荷お知らせ",
    "再入荷のお知らせ",
];

/// What the page's own buttons and lines say of stock.
pub(super) fn find(about: &About<'_>) -> Option<Finding> {
    // A page without a heading shows no product: a shell, a wall, a waiting room.
    about.headings.first()?;
    let said = Said::on(about);
    let (availability, evidence) = said.verdict()?;
    let mut finding = Finding::new(Rank::Text, Scope::Whole);
    if !availability.is_definite() {
        finding.doubt(
            "text",
            format!(
                "its buttons and words do not agree on whether it can be bought ({}); nothing is concluded",
                evidence.raw
            ),
        );
    }
    finding.variants.push(VariantReading {
        rank: Rank::Text,
        evidence: Some(evidence),
        ..VariantReading::bare(Vec::new(), availability)
    });
    Some(finding)
}

/// What was seen, by what it speaks for.
#[derive(Default)]
struct Said {
    carts: Vec<String>,
    lines: Vec<(Availability, String)>,
}

impl Said {
    fn on(about: &About<'_>) -> Self {
        let mut said = Self::default();
        for (at, element) in about.page.elements() {
            let is_button = is_button(element);
            if !(is_button || is_about_stock(element)) || of_others(about.page, at) || is_in_card(about, at) {
                continue;
            }
            let value = element.get("value").filter(|_| element.name == "input").map(str::to_owned);
            let words = value.unwrap_or_else(|| about.page.words(at, SHORT * 4));
            let is_off = is_off(element) || about.page.around(at).any(is_hidden);
            if words.is_empty()
                || words.chars().count() > SHORT
                || is_hidden(element)
                || about.page.around(at).any(is_hidden)
            {
                continue;
            }
            let word = bare(&words);
            if is_button && CART.contains(&word.as_str()) {
                // One that cannot be pressed may wait for a size.
                if !is_off {
                    said.carts.push(format!("button {words:?}"));
                }
            } else if let Some(line) = line(&words, &word).filter(|_| !(is_button && is_of_choice(about, at))) {
                said.lines.push((line, format!("{words:?}")));
            }
        }
        said
    }

    /// Where all agree, that; where some contradict others, nothing is known.
    fn verdict(&self) -> Option<(Availability, Evidence)> {
        let evidence = |raw: &str| Evidence { at: "text".to_owned(), raw: raw.to_owned() };
        let first = self.lines.first();
        let agreed = first.filter(|(is, _)| self.lines.iter().all(|(other, _)| group(*other) == group(*is)));
        match (self.carts.as_slice(), first, agreed) {
            ([], None, _) => None,
            // More than a button and its double at the end of the page are those of several products.
            ([cart], None, _) | ([cart, _], None, _) => Some((Availability::InStock, evidence(cart))),
            ([], _, Some((is, words))) if group(*is) != group(Availability::InStock) => Some((*is, evidence(words))),
            ([_] | [_, _], _, Some((is, words)))
                if is.is_buyable() || *is == Availability::PreOrder || *is == Availability::BackOrder =>
            {
                Some((*is, evidence(words)))
            }
            (carts, first, _) => {
                let words = carts.first().or(first.map(|(_, words)| words)).map_or("", String::as_str);
                let other = first.map_or("", |(_, words)| words.as_str());
                Some((Availability::Unknown, evidence(&format!("{words}, {other}"))))
            }
        }
    }
}

/// Low stock is in stock.
fn group(availability: Availability) -> Availability {
    if availability.is_buyable() { Availability::InStock } else { availability }
}

fn line(words: &str, word: &str) -> Option<Availability> {
    if WAIT.contains(&word) {
        return Some(Availability::OutOfStock);
    }
    // Yes, no and plain numbers are answers to other questions.
    let said = Availability::from_shop_word(words);
    let is_answer = word.chars().count() < 4 && word.is_ascii();
    (said.is_definite() && !is_answer).then_some(said)
}

/// Folded, without signs at its ends.
fn bare(words: &str) -> String {
    fold(words.trim_matches(|c: char| !c.is_alphanumeric()))
}

fn is_button(element: &Element<'_>) -> bool {
    let class = || element.get("class").unwrap_or_default().to_ascii_lowercase();
    match element.name.as_ref() {
        "button" => true,
        "input" => {
            element.get("type").is_some_and(|kind| matches!(kind.to_ascii_lowercase().as_str(), "submit" | "button"))
        }
        "a" => {
            element.get("role") == Some("button") || ["btn", "button", "cart"].iter().any(|part| class().contains(part))
        }
        _ => false,
    }
}

/// A line whose class or id says that it is about stock.
fn is_about_stock(element: &Element<'_>) -> bool {
    let names = [element.get("class"), element.get("id")].into_iter().flatten().map(str::to_ascii_lowercase);
    let is_line = matches!(
        element.name.as_ref(),
        "p" | "span" | "div" | "strong" | "b" | "em" | "small" | "dd" | "h2" | "h3" | "h4" | "label"
    );
    let parts = ["stock", "availab", "sold", "inventory", "verfueg", "lager", "dispo"];
    (is_line && names.into_iter().any(|name| parts.iter().any(|part| name.contains(part)))) || element.name == "p"
}

/// One size of several is no word about the product.
fn is_of_choice(about: &About<'_>, at: usize) -> bool {
    about
        .page
        .around(at)
        .any(|around| matches!(around.name.as_ref(), "li" | "option" | "label" | "fieldset" | "select"))
}

/// A small picture of a product among others, and a size among others.
fn is_in_card(about: &About<'_>, at: usize) -> bool {
    about.page.around(at).any(|around| {
        let class = around.get("class").unwrap_or_default().to_ascii_lowercase();
        let is_card =
            ["card", "tile", "product-item", "grid-item", "swatch", "slider"].iter().any(|part| class.contains(part));
        is_card || matches!(around.name.as_ref(), "select" | "dialog")
    })
}

fn is_off(element: &Element<'_>) -> bool {
    let class = element.get("class").unwrap_or_default().to_ascii_lowercase();
    element.has("disabled")
        || element.get("aria-disabled").is_some_and(|said| said.eq_ignore_ascii_case("true"))
        || class.split_whitespace().any(|part| {
            matches!(part, "disabled" | "is-disabled" | "btn-disabled" | "sold-out" | "soldout" | "unavailable")
        })
}

fn is_hidden(element: &Element<'_>) -> bool {
    let style = element.get("style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    let class = element.get("class").unwrap_or_default();
    element.has("hidden")
        || element.get("aria-hidden").is_some_and(|said| said.eq_ignore_ascii_case("true"))
        || style.contains("display:none")
        || style.contains("visibility:hidden")
        || class
            .split_whitespace()
            .any(|part| matches!(part, "hidden" | "d-none" | "visually-hidden" | "hide" | "is-hidden"))
}
