//! What people read, and what it costs.

use coatcheck_world::Twilio;
use proptest::prelude::*;

use super::super::find::short_code;
use super::*;
use crate::examples::{alert, variant};
use crate::message::{AlertVariant, Notice};

const CODE: &str = "#k3f9x";

fn public() -> Url {
    "https://coat.example/".parse().expect("an address")
}

fn message(message: &Message, code: &str, public_url: Option<&Url>) -> String {
    let links = public_url.map(|below| Links { below, name: &|variant| variant.to_string() });
    super::message(message, code, links.as_ref())
}

fn read(alert: &Alert, public_url: Option<&Url>) -> String {
    let text = message(&Message::Alert(Box::new(alert.clone())), CODE, public_url);
    format!("{text}\n[{}]", Twilio::cost(&text))
}

fn named(title: &str) -> Alert {
    Alert { product: title.to_owned(), ..alert(vec![variant("M", "Black")]) }
}

#[test]
fn an_alert_is_one_text_with_the_link_and_the_code_at_its_end() {
    insta::assert_snapshot!(read(&named("Corps Jacket"), Some(&public())), @"
    Back in stock: Corps Jacket - M / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    ");
    insta::assert_snapshot!(read(&named("Corps Jacket"), None), @"
    Back in stock: Corps Jacket - M / Black, 129.00 EUR
    https://shop.example/products/jacket?size=M #k3f9x
    [1 × GSM-7]
    ");
    let mut few = named("Corps Jacket");
    few.variants[0].quantity = Some(3);
    few.test = true;
    insta::assert_snapshot!(read(&few, Some(&public())), @"
    This is how an alert looks. Back in stock: Corps Jacket - M / Black, 129.00 EUR (3 left)
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn without_an_address_of_the_shop_there_is_no_link_that_leads_nowhere() {
    let mut told = named("Corps Jacket");
    (told.url, told.variants[0].url) = (None, None);
    insta::assert_snapshot!(read(&told, Some(&public())), @"
    Back in stock: Corps Jacket - M / Black, 129.00 EUR #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn a_long_title_is_shortened_by_words_before_anything_is_left_out() {
    let long = "Waxed Corps Jacket with a removable lining and two inner pockets for the cold days of the year";
    insta::assert_snapshot!(read(&named(long), Some(&public())), @"
    Back in stock: Waxed Corps Jacket with a removable...pockets for the cold days of the year - M / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    ");
    let far = Url::parse(&format!("https://shop.example/products/{}", "waxed-corps-jacket-".repeat(4))).expect("one");
    let mut told = named(long);
    told.variants[0].url = Some(far);
    insta::assert_snapshot!(read(&told, None), @"
    Back: Waxed Corps Jacket with... - M / Black
    https://shop.example/products/waxed-corps-jacket-waxed-corps-jacket-waxed-corps-jacket-waxed-corps-jacket- #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn several_sizes_are_named_as_far_as_they_fit() {
    let sizes = ["XS", "S", "M", "L", "XL", "XXL", "3XL"];
    let told = alert(sizes.iter().map(|size| variant(size, "Dark Olive")).collect());
    insta::assert_snapshot!(read(&told, Some(&public())), @"
    Back in stock: Corps Jacket - XS / Dark Olive, S / Dark Olive, M / Dark Olive, L / Dark Olive, XL / Dark Olive +2, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    ");
    let two = alert(vec![variant("M", "Black"), variant("L", "Black")]);
    insta::assert_snapshot!(read(&two, Some(&public())), @"
    Back in stock: Corps Jacket - M / Black, L / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn what_gsm_7_can_say_otherwise_is_said_so() {
    assert!(read(&named("🔥🔥"), Some(&public())).starts_with("Back in stock: a product without a title - M / Black"));
    insta::assert_snapshot!(read(&named("🔥 Men’s “Façade” Jacket – São Paulo… 🔥"), Some(&public())), @r#"
    Back in stock: Men's "Facade" Jacket - Sao Paulo... - M / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × GSM-7]
    "#);
}

#[test]
fn other_alphabets_fit_into_one_text_of_theirs() {
    insta::assert_snapshot!(read(&named("黒いワックスジャケット 冬用"), Some(&public())), @"
    Back: 黒いワックスジ… - M / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × UCS-2]
    ");
    insta::assert_snapshot!(read(&named("Вощёная куртка с утеплённой подкладкой"), Some(&public())), @"
    Back: Вощёная… - M / Black, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × UCS-2]
    ");
    let mut cyrillic = named("Куртка");
    cyrillic.variants = vec![variant("М", "Чёрный")];
    insta::assert_snapshot!(read(&cyrillic, Some(&public())), @"
    Back: Куртка - М / Чёрный, 129.00 EUR
    https://coat.example/r/1 #k3f9x
    [1 × UCS-2]
    ");
}

#[test]
fn what_no_alphabet_has_room_for_is_told_in_the_words_that_are_sayable() {
    let far = |title: &str| {
        let mut told = named(title);
        told.variants[0].url = Url::parse(&format!("https://shop.example/products/{}", "j".repeat(40))).ok();
        read(&told, None)
    };
    insta::assert_snapshot!(far("黒い Jacket"), @"
    Back in stock: Jacket - M / Black, 129.00 EUR
    https://shop.example/products/jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj #k3f9x
    [1 × GSM-7]
    ");
    insta::assert_snapshot!(far("黒いジャケット"), @"
    Back in stock: shop.example - M / Black, 129.00 EUR
    https://shop.example/products/jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn a_link_that_is_longer_than_a_text_takes_several_or_is_left_out() {
    let with = |length: usize| {
        let mut told = named("Corps Jacket");
        told.variants[0].url = Url::parse(&format!("https://shop.example/{}", "a".repeat(length))).ok();
        read(&told, None)
    };
    assert!(with(200).ends_with("[2 × GSM-7]"), "{}", with(200));
    insta::assert_snapshot!(with(600), @"
    Back in stock: Corps Jacket - M / Black, 129.00 EUR #k3f9x
    [1 × GSM-7]
    ");
}

#[test]
fn notices_keep_their_lines_and_end() {
    let notice = |text: &str| message(&Message::Notice(Notice { text: text.to_owned() }), CODE, None);
    insta::assert_snapshot!(notice("Shop example.com answers again – since 9:00.\nIt was away for 4 min. 👍"), @"
    Shop example.com answers again - since 9:00.
    It was away for 4 min. #k3f9x
    ");
    let long = notice(&"A line of some words – and more. ".repeat(40));
    assert!(Twilio::cost(&long) == "3 × GSM-7" && long.ends_with("... #k3f9x"), "{long}");
    let other = notice(&"Магазин снова отвечает. ".repeat(40));
    assert!(Twilio::cost(&other) == "3 × UCS-2" && other.ends_with("… #k3f9x"), "{other}");
}

/// Any alert: titles and labels in any letters, one variant or several.
fn any_alert(words: &'static str) -> impl Strategy<Value = Alert> {
    let variant = (words, words, prop::option::of(1_i64..2000), 1..2_000_000_000_i64);
    let made = |(size, style, quantity, id): (String, String, Option<i64>, i64)| {
        let url = None;
        AlertVariant { variant: id, quantity, url, ..variant_of(&size, &style) }
    };
    let several = prop::collection::vec(variant.prop_map(made), 1..9);
    (words, words, several).prop_map(|(title, shop, variants)| Alert { product: title, shop, ..alert(variants) })
}

fn variant_of(size: &str, style: &str) -> AlertVariant {
    variant(size, style)
}

proptest! {
    /// With a link of our own there is always room in one text.
    #[test]
    fn whatever_the_shop_calls_it_one_text_says_it(told in any_alert("\\PC{0,90}"), key in "a:[0-9]{1,9}") {
        let code = short_code(&key);
        let text = message(&Message::Alert(Box::new(told)), &code, Some(&public()));
        prop_assert!(Twilio::cost(&text).starts_with("1 × "), "{} {}", Twilio::cost(&text), text);
        prop_assert!(text.ends_with(&code));
        prop_assert!(text.contains("https://coat.example/r/"), "{}", text);
    }

    #[test]
    fn what_gsm_7_can_say_costs_what_gsm_7_costs(told in any_alert("[A-Za-z0-9 äöüßñéàøå€’“”–…🔥ç]{0,90}")) {
        let text = message(&Message::Alert(Box::new(told)), CODE, Some(&public()));
        prop_assert_eq!(Twilio::cost(&text), "1 × GSM-7", "{}", text);
    }

    /// The shop's own link may be of any length.
    #[test]
    fn no_alert_is_more_than_three_texts(told in any_alert("\\PC{0,90}"), length in 0_usize..700) {
        let mut told = told;
        told.url = Url::parse(&format!("https://shop.example/~{}", "a".repeat(length))).ok();
        let text = message(&Message::Alert(Box::new(told)), CODE, None);
        let texts: usize = Twilio::cost(&text).split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(99);
        prop_assert!(texts <= TEXTS && text.ends_with(CODE), "{}", text);
    }

    #[test]
    fn no_notice_is_more_than_three_texts(words in "\\PC{0,700}|[a-z \n]{0,700}") {
        let text = message(&Message::Notice(Notice { text: words }), CODE, None);
        let texts: usize = Twilio::cost(&text).split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(99);
        prop_assert!(texts <= TEXTS && text.ends_with(CODE), "{}", text);
    }
}
