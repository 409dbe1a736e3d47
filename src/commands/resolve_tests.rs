//! Stories of what words mean.

use coatcheck_bots::Command;
use coatcheck_bots::Platform;
use coatcheck_bots::commands::{Said, arguments, parse};
use coatcheck_domain::poll::State;
use proptest::prelude::*;

use coatcheck_domain::watch::Wish;
use coatcheck_domain::{SizeKey, StyleKey};

use super::*;
use crate::store::stock::catalogue::ReadFrom;

pub(crate) fn product(id: i64, title: &str, aliases: &[&str], sizes: &[&str], styles: &[&str]) -> Product {
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
    meant_by(products, text, &arguments(&parse(text, Platform::Telegram).expect(text)))
}

fn meant_by(products: &[Product], text: &str, said: &Arguments) -> String {
    let title =
        |id: i64| products.iter().find(|product| product.id == id).map_or("?", |product| product.title.as_str());
    let one = |meant: &Meant| {
        let want = |want: &Want| format!("{}/{}", want.wish().size, want.wish().style);
        let wants = meant.wants.iter().map(want).collect::<Vec<_>>().join(" ");
        let every = if meant.every { " every" } else { "" };
        let strange: Vec<&str> = meant.strange.iter().map(|strange| strange.text.as_str()).collect();
        let strange = if strange.is_empty() { String::new() } else { format!(" {strange:?}?") };
        format!("{} [{wants}]{every}{strange}", title(meant.product))
    };
    let meant = match resolve(products, said) {
        Resolution::One(meant) => one(&meant),
        Resolution::Choose(doubt, meant) => {
            format!("{doubt:?}? {}", meant.iter().map(one).collect::<Vec<_>>().join(" | "))
        }
        Resolution::Nothing => "nothing".to_owned(),
        Resolution::Chatter => "chatter".to_owned(),
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
    /watch corps m → Corps Jacket [m/]
    /watch M,L black "corps jacket" every → Corps Jacket [m/black l/black] every
    /watch black large rain jacket → Rain Jacket [l/black]
    /watch olive corps size S → Corps Jacket [s/olive]
    /watch rain yellow → Rain Jacket [/yellow]
    /watch 501 32x34 → 501 Jeans [32x34/]
    /watch shoe 90 42,5 → Court Shoe 90 [42.5/]
    /watch trainers 43 → Court Shoe 90 [43/]
    /watch M cap → M Cap [/]
    /watch corps-jacket XXL style red → Corps Jacket [2xl/red]
    /watch jackets yellow → Rain Jacket [/yellow]
    "#);
}

#[test]
fn an_everyday_word_names_a_product_that_was_called_so() {
    let mut products = wardrobe();
    let unnamed = meaning(&products, "/watch thing m");
    products[1].aliases.push("thing".to_owned());
    let named = meaning(&products, "/watch thing m");
    assert!(named.contains("Rain Jacket") && !unnamed.contains("Rain Jacket: m"), "{unnamed}\n{named}");
}

#[test]
fn an_alias_goes_before_a_title_and_doubt_is_asked() {
    let mut products = wardrobe();
    products[1].aliases.push("jacket".to_owned());
    let alias = meaning(&products, "/watch jacket m");
    let lines = ["/watch jacket m", "/watch corps pink m", "/watch coprs jakcet L", "/watch umbrella", "/watch M"]
        .map(|text| meaning(&wardrobe(), text));
    insta::assert_snapshot!(format!("{alias}\n\n{}", lines.join("\n")), @r#"
    /watch jacket m → Rain Jacket [m/]

    /watch jacket m → Several(2)? Corps Jacket [m/] | Rain Jacket [m/]
    /watch corps pink m → Corps Jacket [m/] ["pink"]?
    /watch coprs jakcet L → Alike? Corps Jacket [l/]
    /watch umbrella → nothing
    /watch M → M Cap [/]
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
    /watch https://shop.example/products/corps-jacket?variant=7 M → Corps Jacket [m/]
    /watch http://shop.example/products/corps-jacket/ black → Corps Jacket [/black]
    /watch https://shop.example/collections/new/products/rain-jacket → Rain Jacket [/]
    /watch https://other.example/products/rain-jacket → nothing
    /watch https://shop.example/collections/all → Several(5)? Corps Jacket [/] | Rain Jacket [/] | 501 Jeans [/] | Court Shoe 90 [/] | M Cap [/]
    ");
}

#[test]
fn the_only_product_needs_no_name() {
    let only = &wardrobe()[..1];
    insta::assert_snapshot!(meaning(only, "/watch M black"), @"/watch M black → Corps Jacket [m/black]");
}

/// What Discord's and Slack's forms hand over.
#[test]
fn a_form_means_what_its_fields_say() {
    let mut products = wardrobe();
    products.push(product(6, "Work Pants", &[], &["28, Long", "28, Reg"], &["Sand"]));
    products.push(Product { shop: "other.example".to_owned(), ..product(7, "Work pants", &[], &["28"], &[]) });
    let lines = [
        &[("product", "Corps Jacket"), ("size", "M,L"), ("style", "olive slim")][..],
        &[("product", "Work Pants (shop.example)"), ("size", "28, Long"), ("how", "every")],
        &[("product", "work pants (other.example)"), ("size", "28")],
        &[("product", "trainers"), ("size", "42,5")],
        &[("product", "corps"), ("size", "petite")],
        &[("product", "corps"), ("style", "sky blue")],
        &[("product", "corps"), ("size", "any")],
    ]
    .map(|options| {
        let said = arguments(&Said::from_options(Command::Watch, options));
        let shown: Vec<String> = options.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        meant_by(&products, &shown.join(" "), &said)
    });
    insta::assert_snapshot!(lines.join("\n"), @r#"
    product:Corps Jacket size:M,L style:olive slim → Corps Jacket [m/olive slim l/olive slim]
    product:Work Pants (shop.example) size:28, Long how:every → Work Pants [28 long/] every
    product:work pants (other.example) size:28 → Work pants [28/]
    product:trainers size:42,5 → Court Shoe 90 [42.5/]
    product:corps size:petite → Corps Jacket [/] ["petite"]?
    product:corps style:sky blue → Corps Jacket [/sky blue]
    product:corps size:any → Corps Jacket [/]
    "#);
}

proptest! {
    #[test]
    fn any_words_mean_something_and_choices_stay_few(text in "[a-zA-Z0-9,:\" -]{0,50}") {
        let said = arguments(&parse(&format!("/watch {text}"), Platform::Telegram).expect("a watch"));
        if let Resolution::Choose(_, meant) = resolve(&wardrobe(), &said) {
            prop_assert!(!meant.is_empty() && meant.len() <= MOST_CHOICES);
        }
    }

    /// Whatever stands around it: a listed size that was said in full is waited for, or something is asked.
    #[test]
    fn a_listed_size_is_never_taken_for_another(
        size in prop::sample::select(vec!["41", "42", "42.5", "7 1/4", "L 1/2", "28, Long", "W32 L34", "US 9 / EU 42", "32DD", "3-6 months"]),
        before in "(please |hi |tell me when )?", after in "( please| and 41|, 42| black| 1/2| thanks)?",
    ) {
        let labels = ["41", "42", "42.5", "7", "7 1/4", "L", "L 1/2", "28", "28, Long", "32/34", "32", "US 9 / EU 42", "32DD", "3", "3-6 Months"];
        let products = [product(1, "Corps Jacket", &[], &labels, &["Black"])];
        let said = arguments(&parse(&format!("/watch {before}corps {size}{after}"), Platform::Telegram).expect("a watch"));
        if let Resolution::One(meant) = resolve(&products, &said) {
            let keys: Vec<SizeKey> = meant.wants.iter().map(|want| want.wish().size).collect();
            let more = after.trim_start_matches([' ', ',', 'a', 'n', 'd']);
            prop_assert!(
                !meant.strange.is_empty() || keys.iter().all(|key| {
                    *key == SizeKey::fold(size) || *key == SizeKey::fold(&format!("{size}{after}")) || key.as_str() == more
                }),
                "{:?}", keys
            );
        }
    }

    #[test]
    fn the_order_of_words_does_not_matter(words in Just(vec!["corps", "jacket", "m", "olive"]).prop_shuffle()) {
        let said = arguments(&parse(&format!("/watch {}", words.join(" ")), Platform::Telegram).expect("a watch"));
        let Resolution::One(meant) = resolve(&wardrobe(), &said) else {
            prop_assert!(false, "one product is meant");
            return Ok(());
        };
        let wishes: Vec<Wish> = meant.wants.iter().map(Want::wish).collect();
        let expected = Wish { size: SizeKey::fold("m"), style: StyleKey::fold("olive") };
        prop_assert_eq!((meant.product, wishes, meant.strange), (1, vec![expected], Vec::new()));
    }
}
