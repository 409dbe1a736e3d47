//! Reading documents, against bare parsing of the same bytes.

use std::time::Duration;

use anyhow::{Result, ensure};
use coatcheck::shops::readers::html;
use coatcheck::shops::readers::jq::{JqBounds, evaluate};
use coatcheck::shops::readers::shopify;
use coatcheck::shops::{Source, WorkerLimits, Workers, detect, documents, program_reading};
use serde_json::{Value, json};
use url::Url;

use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::stats::{cpu, per_call};
use crate::support::{goods, house};

/// A program as people write them: a row for each variant.
const PROGRAM: &str = r#".products[] | .title as $product | .handle as $handle | .variants[]
    | {$product, url: "/products/\($handle)", size: .option1, style: .option2, in_stock: .available, price, id}"#;

/// One product, a page of 250, the same page by a jq program, and a web page.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let one = goods::shopify_js("rain-jacket", 7, true, 12_900).to_string();
    let page = goods::shopify_list(250).to_string();
    let mut figures = vec![shopify(args, "one product", &one)?, shopify(args, "a page of 250 products", &page)?];
    figures.push(whole(args, "the same page with everything before the reader", &page)?);
    figures.extend(jq(args, &page)?);
    figures.push(woocommerce(args)?);
    figures.push(html(args, "HTML, the worker's process included", &web_page())?);
    figures.push(html(args, "HTML with the product in a script of Next.js", &page_of_next())?);
    Ok(figures)
}

fn shopify(args: &Args, what: &str, text: &str) -> Result<Figure> {
    let url: Url = "https://shop.example/products.json".parse()?;
    let ours = timed(args, text, || {
        let reading = shopify::parse(text.as_bytes(), &url)?;
        ensure!(!reading.products.is_empty(), "nothing was read");
        Ok(())
    })?;
    Ok(figure(format!("Shopify, {what}"), text, ours, bare(args, text)?).wants(Target::AtLeast(0.5)))
}

/// The guards against scripts, pages and other encodings too, and the choice of the reader.
fn whole(args: &Args, what: &str, text: &str) -> Result<Figure> {
    let url: Url = "https://shop.example/products.json".parse()?;
    let ours = timed(args, text, || {
        detect::read(&documents::json(text.as_bytes(), None)?, None, &url)?;
        Ok(())
    })?;
    Ok(figure(format!("Shopify, {what}"), text, ours, bare(args, text)?).wants(Target::AtLeast(0.5)))
}

fn jq(args: &Args, text: &str) -> Result<Vec<Figure>> {
    let url: Url = "https://shop.example/products.json".parse()?;
    let bare = bare(args, text)?;
    let alone = timed(args, text, || {
        ensure!(!evaluate(PROGRAM, text, JqBounds::default())?.is_empty(), "no rows");
        Ok(())
    })?;
    let runtime = house::runtime()?;
    let runner = Workers::new(env!("CARGO_BIN_EXE_coatcheck").into(), WorkerLimits::default());
    let source = Source { url: "bench", proven: true };
    let own = cpu("self")?;
    let rounds = rounds(args, text);
    let worker = per_call(5, rounds, || {
        let rows = runtime.block_on(runner.program(source, PROGRAM, text))?;
        let rows: Vec<Value> = serde_json::from_str(&rows)?;
        ensure!(!program_reading(&rows, &url)?.products.is_empty(), "nothing was read");
        Ok(())
    })?;
    let own = (cpu("self")? - own).as_secs_f64() * 1e3 / f64::from(5 * rounds);
    Ok(vec![
        figure("jq, the worker's process and the reading included".to_owned(), text, worker, bare)
            .wants(Target::AtLeast(0.15)),
        figure("jq, the program alone".to_owned(), text, alone, bare),
        Figure::note("jq, processor time of our own process a page", Quantity::new(own, "ms")),
    ])
}

/// A hundred products of WooCommerce's Store API, with everything before the reader.
fn woocommerce(args: &Args) -> Result<Figure> {
    let url: Url = "https://shop.example/wp-json/wc/store/v1/products".parse()?;
    let item = |n: u32| {
        json!({"id": n, "name": format!("Rain jacket {n}"), "slug": format!("rain-jacket-{n}"), "parent": 0, "type": "simple", "variation": "",
            "permalink": format!("https://shop.example/product/rain-jacket-{n}/"), "sku": format!("RJ-{n}"),
            "short_description": "<p>Keeps <b>dry</b> and warm, whatever comes.</p>", "on_sale": false,
            "prices": {"price": "12900", "regular_price": "12900", "currency_code": "EUR", "currency_minor_unit": 2, "currency_symbol": "€"},
            "images": [{"id": n, "src": format!("https://shop.example/wp-content/uploads/{n}.jpg"), "alt": ""}], "categories": [], "attributes": [],
            "variations": [], "has_options": false, "is_purchasable": true, "is_in_stock": !n.is_multiple_of(3), "is_on_backorder": false, "low_stock_remaining": null})
    };
    let text = Value::from((0..100).map(item).collect::<Vec<_>>()).to_string();
    let ours = per_call(5, rounds(args, &text), || {
        let (kind, reading) = detect::read(&documents::json(text.as_bytes(), None)?, None, &url)?;
        ensure!(kind.as_str() == "woocommerce" && reading.products.len() == 100, "another reading");
        Ok(())
    })?;
    let bare = per_call(9, rounds(args, &text), || {
        let value: Value = serde_json::from_str(&text)?;
        ensure!(value.is_array(), "no list");
        Ok(())
    })?;
    let what = "WooCommerce's Store API, a page of 100 products".to_owned();
    Ok(figure(what, &text, ours, bare).wants(Target::AtLeast(0.5)))
}

/// A long product page, the worker's process included, beside the parse that is in common use.
fn html(args: &Args, what: &str, page: &str) -> Result<Figure> {
    let url: Url = "https://shop.example/product/rain-jacket".parse()?;
    let runtime = house::runtime()?;
    let runner = Workers::new(env!("CARGO_BIN_EXE_coatcheck").into(), WorkerLimits::default());
    let source = Source { url: "bench", proven: true };
    let ours = per_call(5, rounds(args, page), || {
        let said = runtime.block_on(runner.shop(source, page, &url))?;
        ensure!(html::reading(said)?.products[0].variants.len() == 2, "another reading");
        Ok(())
    })?;
    let bare = per_call(5, rounds(args, page), || {
        std::hint::black_box(scraper::Html::parse_document(page));
        Ok(())
    })?;
    Ok(figure_beside(what.to_owned(), page, ours, "scraper's parse alone", bare).wants(Target::AtLeast(1.0 / 1.5)))
}

/// The same reviews, and the product as a page of Next.js carries it, in the shape of Shopify's Storefront API.
fn page_of_next() -> String {
    let variant = |size: &str, sale: bool| {
        json!({"node": {"id": format!("gid://shopify/ProductVariant/{size}"), "title": size, "availableForSale": sale,
            "price": {"amount": "129.0", "currencyCode": "EUR"}, "selectedOptions": [{"name": "Size", "value": size}]}})
    };
    let product = json!({"id": "gid://shopify/Product/1", "title": "Rain jacket", "handle": "rain-jacket",
        "variants": {"edges": [variant("M", true), variant("L", false)]}});
    let state = json!({"props": {"pageProps": {"product": product, "words": vec!["Keeps dry & warm"; 500]}}});
    page_with(&format!("<script id=\"__NEXT_DATA__\" type=\"application/json\">{state}</script>"))
}

/// Some 250 KB: navigation, reviews, and JSON-LD in between.
fn web_page() -> String {
    let variant = |size: &str, word: &str| {
        format!(
            r#"{{"@type":"Product","sku":"RJ-{size}","size":"{size}","offers":{{"price":"129.00","priceCurrency":"EUR","availability":"https://schema.org/{word}"}}}}"#
        )
    };
    let group = format!(
        r#"{{"@type":"ProductGroup","name":"Rain jacket","hasVariant":[{},{}]}}"#,
        variant("M", "InStock"),
        variant("L", "OutOfStock")
    );
    page_with(&format!("<script type=\"application/ld+json\">{group}</script>"))
}

fn page_with(head: &str) -> String {
    let review = |n: usize| {
        format!(
            "<li class=\"review\" id=\"r{n}\"><h3>Keeps dry &amp; warm</h3><p>Worn <b>every</b> day since {n}, <a href=\"/u/{n}\">me</a>.</p></li>"
        )
    };
    let reviews: String = (0..1_700).map(review).collect();
    format!(
        "<!DOCTYPE html><html><head><title>Rain jacket</title>{head}</head>\
         <body><h1>Rain jacket</h1><ul>{reviews}</ul></body></html>"
    )
}

fn bare(args: &Args, text: &str) -> Result<Duration> {
    timed(args, text, || {
        let value: Value = serde_json::from_slice(text.as_bytes())?;
        ensure!(value.is_object(), "no object");
        Ok(())
    })
}

fn timed(args: &Args, text: &str, call: impl FnMut() -> Result<()>) -> Result<Duration> {
    per_call(9, rounds(args, text), call)
}

/// So many calls that each sample takes some 100 ms, at some 100 MB/s.
fn rounds(args: &Args, text: &str) -> u32 {
    let bytes = args.pick(10_000_000, 1_000_000);
    u32::try_from(bytes / text.len()).unwrap_or(u32::MAX).max(3)
}

fn figure(what: String, text: &str, ours: Duration, bare: Duration) -> Figure {
    figure_beside(what, text, ours, "serde_json to a Value", bare)
}

fn figure_beside(what: String, text: &str, ours: Duration, beside: &str, bare: Duration) -> Figure {
    let speed = |time: Duration| Quantity::new(text.len() as f64 / time.as_secs_f64() / 1e6, "MB/s");
    Figure::note(what, speed(ours)).against(beside, speed(bare))
}
