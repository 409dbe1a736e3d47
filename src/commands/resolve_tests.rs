//! Stories of what words mean.

use coatcheck_bots::Platform;
use coatcheck_bots::commands::{arguments, parse};
use coatcheck_domain::poll::State;
use proptest::prelude::*;

use super::*;
use crate::store::stock::catalogue::ReadFrom;

fn product(id: i64, title: &str, aliases: &[&str], sizes: &[&str], styles: &[&str]) -> Product {
    let handle = title.to_lowercase().replace(' ', "-");
    Product {
        id,
        title: title.to_owned(),
        url: Url::parse(&format!("https://shop.example/products/{handle}")).ok(),
        handle: Some(handle),
        image: None,
        shop: "shop.example".to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        sizes: sizes.iter().map(|size| (SizeKey::fold(size), (*size).to_owned())).collect(),
        styles: styles.iter().map(|style| (*style).to_owned()).collect(),
        source: ReadFrom {
            id: 1,
            url: "https://shop.example/collections/all".to_owned(),
            state: State::Idle,
            interval: std::time::Duration::from_secs(60),
            last_read_at: None,
            last_error: None,
            fault: None,
        },
    }
}

fn wardrobe() -> Vec<Product> {
    let letters = ["S", "M", "L", "XL"];
    vec![
        product(1, "Corps Jacket", &["corps"], &letters, &["Black", "Olive / Slim"]),
        product(2, "Rain Jacket", &[], &letters, &["Black", "Yellow"]),
        product(3, "501 Jeans", &[], &["32x34", "33x34"], &["Indigo"]),
        product(4, "Court Shoe 90", &["trainers"], &["41", "42", "42.5"], &[]),
        product(5, "M Cap", &[], &["One size"], &["Red"]),
    ]
}

fn meaning(products: &[Product], text: &str) -> String {
    let said = arguments(&parse(text, Platform::Telegram).expect(text));
    let title =
        |id: i64| products.iter().find(|product| product.id == id).map_or("?", |product| product.title.as_str());
    let one = |meant: &Meant| {
        let style = meant.style.as_deref().unwrap_or("-");
        format!("{} [{}] {style}", title(meant.product), meant.sizes.join(" "))
    };
    let meant = match resolve(products, &said) {
        Resolution::One(meant) => one(&meant),
        Resolution::Choose(doubt, meant) => {
            format!("{doubt:?}? {}", meant.iter().map(one).collect::<Vec<_>>().join(" | "))
        }
        Resolution::Nothing => "nothing".to_owned(),
    };
    format!("{text} → {meant}")
}

#[test]
fn words_are_sorted_into_product_sizes_and_style_in_any_order() {
    let lines = [
        "/watch corps m",
        "/watch M,L black \"corps jacket\" every",
        "/watch black large rain jacket",
        "/watch olive corps size S",
        "/watch rain yellow",
        "/watch 501 32x34",
        "/watch shoe 90 42,5",
        "/watch trainers 43",
        "/watch M cap",
        "/watch corps-jacket XXL style red",
        "/watch jackets yellow",
    ]
    .map(|text| meaning(&wardrobe(), text));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    /watch corps m → Corps Jacket [m] -
    /watch M,L black "corps jacket" every → Corps Jacket [M L] black
    /watch black large rain jacket → Rain Jacket [large] black
    /watch olive corps size S → Corps Jacket [S] olive
    /watch rain yellow → Rain Jacket [] yellow
    /watch 501 32x34 → 501 Jeans [32x34] -
    /watch shoe 90 42,5 → Court Shoe 90 [42,5] -
    /watch trainers 43 → Court Shoe 90 [43] -
    /watch M cap → M Cap [] -
    /watch corps-jacket XXL style red → Corps Jacket [XXL] red
    /watch jackets yellow → Rain Jacket [] yellow
    "#);
}

#[test]
fn an_alias_goes_before_a_title_and_doubt_is_asked() {
    let mut products = wardrobe();
    products[1].aliases.push("jacket".to_owned());
    let alias = meaning(&products, "/watch jacket m");
    let lines = ["/watch jacket m", "/watch corps pink m", "/watch coprs jakcet L", "/watch umbrella", "/watch M"]
        .map(|text| meaning(&wardrobe(), text));
    insta::assert_snapshot!(format!("{alias}\n\n{}", lines.join("\n")), @r#"
    /watch jacket m → Rain Jacket [m] -

    /watch jacket m → Several(2)? Corps Jacket [m] - | Rain Jacket [m] -
    /watch corps pink m → Strange(["pink"])? Corps Jacket [m] - | Corps Jacket [m] pink
    /watch coprs jakcet L → Alike? Corps Jacket [L] -
    /watch umbrella → nothing
    /watch M → M Cap [] -
    "#);
}

#[test]
fn an_address_is_known_however_it_is_written() {
    let lines = [
        "/watch https://shop.example/products/corps-jacket?variant=7 M",
        "/watch http://shop.example/products/corps-jacket/ black",
        "/watch https://shop.example/collections/new/products/rain-jacket",
        "/watch https://other.example/products/rain-jacket",
        "/watch https://shop.example/collections/all",
    ]
    .map(|text| meaning(&wardrobe(), text));
    insta::assert_snapshot!(lines.join("\n"), @"
    /watch https://shop.example/products/corps-jacket?variant=7 M → Corps Jacket [M] -
    /watch http://shop.example/products/corps-jacket/ black → Corps Jacket [] black
    /watch https://shop.example/collections/new/products/rain-jacket → Rain Jacket [] -
    /watch https://other.example/products/rain-jacket → nothing
    /watch https://shop.example/collections/all → Several(5)? Corps Jacket [] - | Rain Jacket [] - | 501 Jeans [] - | Court Shoe 90 [] - | M Cap [] -
    ");
}

#[test]
fn the_only_product_needs_no_name() {
    let only = &wardrobe()[..1];
    insta::assert_snapshot!(meaning(only, "/watch M black"), @"/watch M black → Corps Jacket [M] black");
}

proptest! {
    #[test]
    fn any_words_mean_something_and_choices_stay_few(text in "[a-zA-Z0-9,:\" -]{0,50}") {
        let said = arguments(&parse(&format!("/watch {text}"), Platform::Telegram).expect("a watch"));
        if let Resolution::Choose(_, meant) = resolve(&wardrobe(), &said) {
            prop_assert!(!meant.is_empty() && meant.len() <= MOST_CHOICES);
        }
    }

    #[test]
    fn the_order_of_words_does_not_matter(words in Just(vec!["corps", "jacket", "m", "olive"]).prop_shuffle()) {
        let said = arguments(&parse(&format!("/watch {}", words.join(" ")), Platform::Telegram).expect("a watch"));
        let meant = Meant { product: 1, sizes: vec!["m".to_owned()], style: Some("olive".to_owned()) };
        prop_assert_eq!(resolve(&wardrobe(), &said), Resolution::One(meant));
    }
}
