//! Every recipe of `docs/shops.md` reads the example under it.

use coatcheck::shops::program_reading;
use coatcheck::shops::readers::jq::{JqBounds, evaluate};
use url::Url;

/// Heading, program and example of each recipe.
fn recipes(text: &str) -> Vec<(&str, &str, &str)> {
    let block = |part: &'static str, text| -> &str {
        let (_, rest) = str::split_once(text, part).unwrap_or_else(|| panic!("{part:?} is missing"));
        rest.split("\n```").next().unwrap_or_default()
    };
    text.split("\n### ")
        .skip(1)
        .map(|r| (r.lines().next().unwrap_or_default(), block("```jq\n", r), block("```json\n", r)))
        .collect()
}

#[test]
fn recipes_read_their_examples() {
    let url = Url::parse("https://shop.example/api").expect("url");
    let mut said = Vec::new();
    for (heading, program, example) in recipes(include_str!("../docs/shops.md")) {
        let rows = evaluate(program, example, JqBounds::default()).unwrap_or_else(|error| panic!("{heading}: {error}"));
        let reading = program_reading(&rows, &url).unwrap_or_else(|error| panic!("{heading}: {error}"));
        said.push(format!("# {heading}{}", if reading.complete { "" } else { " (incomplete)" }));
        for (product, v) in reading.products.iter().flat_map(|p| p.variants.iter().map(move |v| (p, v))) {
            let price = v.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            said.push(format!("{} | {} | {:?} | {} | {price}", product.title, v.key(), v.options, v.availability));
        }
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    # A list of words by article number, to be joined with the product's document
    shop.example/api | id:101 | [("Size", "S")] | in_stock | -
    shop.example/api | id:102 | [("Size", "M")] | out_of_stock | -
    shop.example/api | id:103 | [("Size", "L")] | unknown | -
    # A page that carries its stock in a script
    shop.example/api | options:size=m | [("Size", "M")] | in_stock | -
    "#);
}
