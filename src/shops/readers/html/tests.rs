//! Pages in the ways that shops write them.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn page(html: &str) -> OnPage {
    read(html, &"https://shop.example/p/parka".parse().expect("an address"))
}

fn said(html: &str) -> Said {
    page(html).said
}

/// The variants a line each, and what is said of the whole.
pub(super) fn shown(html: &str) -> String {
    let reading = match said(html) {
        Said::Reading(reading) => reading,
        Said::Nothing { tried, .. } => return format!("nothing: {}", tried.join("; ")),
        Said::Refused(why) => return why,
    };
    let product = &reading.products[0];
    let variant = |variant: &coatcheck_domain::VariantReading| {
        let options: Vec<String> = variant.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let price = variant.price.as_ref().map(ToString::to_string).unwrap_or_default();
        format!(
            "\n{} {} {} {price} by {:?}",
            variant.sku.as_deref().unwrap_or("-"),
            options.join(","),
            variant.availability,
            variant.rank
        )
    };
    let variants: String = product.variants.iter().map(variant).collect();
    format!("{}{}{variants}", product.title, if product.complete { "" } else { ", incomplete" })
}

fn json_ld(json: &str) -> String {
    shown(&format!("<h1>Parka</h1><script type='application/ld+json'>{json}</script>"))
}

#[test]
fn a_group_of_variants_is_read_however_it_is_tied_together() {
    let variant = |size: &str, word: &str, more: &str| {
        format!(
            r#"{{"@type":"Product","@id":"/p/parka?variant={size}","sku":"P-{size}","size":"{size}","name":"Parka {size}"{more},
            "offers":{{"@type":"Offer","price":"49.00","priceCurrency":"EUR","availability":"https://schema.org/{word}"}}}}"#
        )
    };
    let due = "Parka\nP-M size=M in_stock 49.00 EUR by JsonLd\nP-L size=L out_of_stock 49.00 EUR by JsonLd";
    let group = r#""@type":"ProductGroup","@id":"g","name":"Parka","productGroupID":"7","variesBy":["https://schema.org/size"]"#;
    let (m, l) = (variant("M", "InStock", ""), variant("L", "OutOfStock", ""));
    assert_eq!(json_ld(&format!(r#"{{{group},"hasVariant":[{m},{l}]}}"#)), due, "inline");
    let of = r#","isVariantOf":{"@id":"g"}"#;
    let siblings =
        format!(r#"{{"@graph":[{{{group}}},{},{}]}}"#, variant("M", "InStock", of), variant("L", "OutOfStock", of));
    assert_eq!(json_ld(&siblings), due, "as siblings");
    let by_id = format!(
        r#"[{{{group},"hasVariant":[{{"@id":"/p/parka?variant=M"}},{{"@id":"/p/parka?variant=L"}}]}},{m},{l}]"#
    );
    assert_eq!(json_ld(&by_id), due, "by id");
    let nested = format!(
        r#"{},"isVariantOf":{{{group},"hasVariant":[{l}]}}}}"#,
        m.trim_end().strip_suffix('}').expect("an object")
    );
    assert_eq!(json_ld(&nested), due, "within the variant");
}

#[test]
fn a_variant_without_an_offer_is_unknown() {
    assert_snapshot!(json_ld(r#"{"@type":"ProductGroup","name":"Parka","offers":{"availability":"InStock","price":1},
        "hasVariant":[{"@type":"Product","sku":"A","color":"Red"},{"@type":"Product","sku":"B","color":"Blue"}]}"#), @r"
    Parka, incomplete
    A color=Red unknown  by JsonLd
    B color=Blue unknown  by JsonLd
    ");
}

#[test]
fn several_offers_are_variants_only_where_something_tells_them_apart() {
    let offers =
        |offers: &str| json_ld(&format!(r#"{{"@type":"Product","name":"Parka","color":"red","offers":{offers}}}"#));
    assert_snapshot!(offers(r#"[{"sku":"A","availability":"InStock","price":5},{"sku":"B","availability":"SoldOut","price":5}]"#), @r"
    Parka
    A  in_stock 5.00 by JsonLd
    B  out_of_stock 5.00 by JsonLd
    ");
    assert_snapshot!(offers(r#"[{"availability":"InStock","itemOffered":{"sku":"A","size":"M"}},{"availability":"OutOfStock","itemOffered":{"sku":"B","size":"L"}}]"#), @r"
    Parka
    A size=M in_stock  by JsonLd
    B size=L out_of_stock  by JsonLd
    ");
    assert_snapshot!(offers(r#"[{"availability":"InStock","price":9},{"availability":"OutOfStock","price":7}]"#), @r"
    Parka, incomplete
    -  unknown 7.00 by JsonLd
    ");
    assert_snapshot!(offers(r#"[{"availability":"InStock","price":9,"seller":"a"},{"availability":"InStock","price":7,"seller":"b"}]"#), @r"
    Parka, incomplete
    -  in_stock 7.00 by JsonLd
    ");
}

#[test]
fn a_summary_of_offers_says_nothing_of_any() {
    let offers = |offers: &str| json_ld(&format!(r#"{{"@type":"Product","name":"Parka","offers":{offers}}}"#));
    let unknown = "Parka, incomplete\n-  unknown 9.00 EUR by JsonLd";
    let summary =
        r#""@type":"AggregateOffer","lowPrice":"9.00","highPrice":12,"priceCurrency":"EUR","availability":"InStock""#;
    assert_eq!(offers(&format!("{{{summary}}}")), unknown);
    assert_eq!(offers(&format!(r#"[{{{summary},"offerCount":34}}]"#)), unknown);
    let page = format!(
        r#"<h1>Parka</h1><meta property="product:availability" content="in stock"><button>Add to cart</button>
        <script type="application/ld+json">{{"@type":"Product","name":"Parka","offers":{{{summary}}}}}</script>"#
    );
    assert_eq!(shown(&page), unknown, "nor do weaker words about the whole");
    assert_snapshot!(offers(&format!(r#"{{{summary},"offers":[{{"sku":"A","availability":"InStock","price":9}},{{"sku":"B","availability":"OutOfStock","price":12}}]}}"#)), @r"
    Parka
    A  in_stock 9.00 EUR by JsonLd
    B  out_of_stock 12.00 EUR by JsonLd
    ");
}

#[test]
fn one_broken_block_spoils_no_other_and_events_are_no_products() {
    let page = |blocks: &[&str]| {
        let blocks: String =
            blocks.iter().map(|block| format!("<script type=\"application/ld+json\">{block}</script>")).collect();
        shown(&format!("<h1>Lamp</h1>{blocks}"))
    };
    let lamp = r#"{"@type":"https://schema.org/Product","Name":"Lamp","offers":{"availability":"in stock","price":"1.234,56"}}"#;
    let due = "Lamp, incomplete\n-  in_stock 1234.56 by JsonLd";
    assert_eq!(page(&["{\"@type\":\"Product\"", lamp]), due);
    assert_eq!(page(&[r#"{"@type":"Event","name":"Lamp","offers":{"availability":"SoldOut"}}"#, lamp]), due);
    assert!(page(&[r#"{"@type":"Event","name":"Lamp","offers":{"availability":"InStock"}}"#]).starts_with("nothing"));
}

#[test]
fn the_product_of_the_page_is_told_from_others() {
    let product = |name: &str, word: &str, more: &str| {
        format!(r#"{{"@type":"Product","name":"{name}","offers":{{"availability":"{word}"}}{more}}}"#)
    };
    let first = |json: String| json_ld(&json).lines().next().map(str::to_owned).unwrap_or_default();
    let (other, parka) = (product("Hat", "InStock", ""), product("Parka", "OutOfStock", ""));
    assert_eq!(first(format!("[{other},{parka}]")), "Parka, incomplete", "by its name");
    let here = product("Anorak", "OutOfStock", r#","url":"https://shop.example/en/p/parka/""#);
    assert_eq!(first(format!("[{parka},{here}]")), "Anorak, incomplete", "by its address");
    let related = product("Coat", "OutOfStock", &format!(r#","isRelatedTo":{parka}"#));
    assert_eq!(first(related), "Coat, incomplete", "whatever it is related to");
    let listed = format!(
        r#"{{"@type":"ItemList","itemListElement":[{{"@type":"ListItem","item":{other}}},{{"@type":"ListItem","item":{other}}}]}}"#
    );
    assert!(first(listed).starts_with("nothing: it is a list of products"), "a list of others");
    let elsewhere = |n: u8| product("Hat", "InStock", &format!(r#","url":"https://shop.example/p/hat{n}""#));
    assert!(first(format!("[{},{}]", elsewhere(1), elsewhere(2))).starts_with("nothing"), "others alone");
}

#[test]
fn a_category_page_says_so_and_names_one_of_its_products() {
    let page = r#"<title>Coats</title><body class="archive tax-product_cat"><a href="/about">us</a>
        <a href="/product/rain-coat/?x=1#y">Rain coat</a><a href="/product/parka/">Parka</a>"#;
    let url: Url = "https://shop.example/product-category/coats/".parse().expect("an address");
    let error = reading(read(page, &url)).expect_err("a list").to_string();
    assert!(error.contains("a list of products and about none of them, so give the address of one, like https://shop.example/product/rain-coat/;"), "{error}");
}

#[test]
fn two_blocks_that_contradict_each_other_say_nothing() {
    let block = |word: &str, more: &str| {
        format!(
            r#"{{"@type":"Product","name":"Parka"{more},"offers":{{"availability":"{word}","price":5,"priceCurrency":"EUR"}}}}"#
        )
    };
    let both = |one: &str, two: &str| json_ld(&format!("[{one},{two}]"));
    assert_eq!(both(&block("InStock", ""), &block("SoldOut", "")), "Parka, incomplete\n-  unknown 5.00 EUR by JsonLd");
    assert_eq!(both(&block("SoldOut", ""), &block("InStock", "")), "Parka, incomplete\n-  unknown 5.00 EUR by JsonLd");
    assert_eq!(
        both(&block("InStock", ""), &block("LimitedAvailability", "")),
        "Parka, incomplete\n-  in_stock 5.00 EUR by JsonLd"
    );
    let here = block("SoldOut", r#","url":"https://shop.example/p/parka""#);
    assert_eq!(
        both(&block("InStock", ""), &here),
        "Parka, incomplete\n-  out_of_stock 5.00 EUR by JsonLd",
        "its address is better"
    );
}

#[test]
fn microdata_is_read_with_what_it_refers_to() {
    assert_snapshot!(shown(r#"<div itemscope itemtype="http://schema.org/Product" itemref="more missing">
        <a itemprop=name href="/x">Parka</a><span itemprop="isRelatedTo" itemscope itemtype="https://schema.org/Product"><b itemprop=name>Hat</b>
        <link itemprop="availability" href="https://schema.org/InStock"></span></div>
        <div id=more><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price">1.299,00 €</span>
        <meta itemprop=priceCurrency content=EUR><link itemprop="availability" href="  http://schema.org/SoldOut "></div></div>"#), @r"
    Parka, incomplete
    -  out_of_stock 1299.00 EUR by Microdata
    ");
    let card = |n: u8| {
        format!(
            r#"<div itemscope itemtype="https://schema.org/Product"><b itemprop=name>Card {n}</b><div itemprop=offers itemscope><link itemprop=availability href=InStock></div></div>"#
        )
    };
    assert!(
        shown(&format!("<h1>Parka</h1><section class='Recommendations'>{}</section>", card(1))).starts_with("nothing")
    );
    assert!(
        shown(&format!("<h1>Parka</h1>{}{}", card(1), card(2))).starts_with("nothing"),
        "several that the page does not name"
    );
    let circle = r#"<div id=a itemscope itemtype="https://schema.org/Product" itemref="a b"><div id=b itemprop=offers itemscope itemref=a></div></div>"#;
    assert!(!shown(circle).contains("in_stock"));
}

#[test]
fn rdfa_is_read() {
    assert_snapshot!(shown(r#"<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Parka</h1>
        <div property="offers" typeof="Offer"><span property="price" content="12.50">12,50</span><meta property="priceCurrency" content="EUR">
        <link property="availability" href="https://schema.org/PreOrder"></div></div>"#), @r"
    Parka, incomplete
    -  preorder 12.50 EUR by Microdata
    ");
}

#[test]
fn opengraph_speaks_where_others_are_silent_and_contradicts_nobody() {
    let tags = r#"<h1>Kettle</h1><meta property="product:availability" content="oos"><meta property="product:price:amount" content="39.90"><meta property="product:price:currency" content="EUR">"#;
    assert_snapshot!(shown(tags), @r"
    Kettle, incomplete
    -  out_of_stock 39.90 EUR by OpenGraph
    ");
    let with = |word: &str| {
        shown(&format!(
            r#"{tags}<script type="application/ld+json">{{"@type":"Product","name":"Kettle","offers":{{"price":"38","availability":"{word}"}}}}</script>"#
        ))
    };
    assert_snapshot!(with(""), @r"
    Kettle, incomplete
    -  out_of_stock 38.00 EUR by OpenGraph
    ");
    assert_snapshot!(with("InStock"), @r"
    Kettle, incomplete
    -  in_stock 38.00 EUR by JsonLd
    ");
    let twice = r#"<h1>Kettle</h1><meta property="og:availability" content="instock"><meta property="og:availability" content="oos">"#;
    assert!(shown(twice).contains("unknown"), "two variants, nobody says which");
}

#[test]
fn variations_of_woocommerce_are_read_by_their_labels() {
    let variation = |id: u8, size: &str, more: &str| {
        format!(
            r#"{{"variation_id":{id},"attributes":{{"attribute_pa_size":"{size}"}},"sku":"","display_price":12.5,"is_purchasable":true,{more}}}"#
        )
    };
    let form = |data: &str| {
        format!(
            r#"<h1>Parka</h1><form class="variations_form" data-product_id="9" data-product_variations="{}">
        <select name="attribute_pa_size"><option value="">Choose<option value="28-long">28, Long<option value="m">M</select>
        <button class="single_add_to_cart_button">Add to cart</button></form>"#,
            data.replace('&', "&amp;").replace('"', "&quot;")
        )
    };
    let all = [
        variation(
            1,
            "28-long",
            r#""is_in_stock":true,"availability_html":"<p class=\"stock available-on-backorder\">Sur commande</p>""#,
        ),
        variation(
            2,
            "m",
            r#""is_in_stock":true,"availability_html":"<p class=\"stock in-stock\">Only 2 left in stock</p>""#,
        ),
        variation(3, "l", r#""is_in_stock":false,"availability_html":"""#),
        variation(4, "", r#""is_in_stock":true,"availability_html":"""#),
        variation(5, "xl", r#""availability_html":"""#),
    ];
    assert_snapshot!(shown(&form(&format!("[{}]", all.join(",")))), @r"
    Parka, incomplete
    - size=28, Long backorder 12.50 by Variant
    - size=M low_stock 12.50 by Variant
    - size=l out_of_stock 12.50 by Variant
    -  in_stock 12.50 by Variant
    - size=xl unknown 12.50 by Variant
    ");
    assert_snapshot!(shown(&form("false")), @r"
    Parka, incomplete
    -  unknown  by Variant
    ");
}

#[test]
fn a_shop_of_woocommerce_is_asked_by_the_link_it_gives() {
    let better = |html: &str| page(html).better.map(|better| better.url.to_string());
    let link = "<link rel='https://api.w.org/' href='https://shop.example/blog/wp-json/'>";
    let form = "<form data-product_variations=false></form>";
    assert_eq!(
        better(&format!("{link}{form}")).as_deref(),
        Some("https://shop.example/blog/wp-json/wc/store/v1/products?slug=parka")
    );
    assert_eq!(better(form).as_deref(), Some("https://shop.example/wp-json/wc/store/v1/products?slug=parka"));
    assert_eq!(better(link), None, "a blog");
    assert_eq!(
        better(&format!("<link rel='https://api.w.org/' href='https://other.example/wp-json/'>{form}")),
        None,
        "another host"
    );
    assert!(page(form).leaves_open());
}

#[test]
fn a_product_of_shopify_in_a_script_is_read_if_it_is_the_pages() {
    let script = |handle: &str| {
        format!(
            r#"<h1>Parka</h1><script>var meta = 1; window.theme = {{"product": {{"id": 7, "title": "A {handle}", "handle": "{handle}", "options": ["Size"],
        "variants": [{{"id": 71, "option1": "M", "available": true, "price": 4900}}, {{"id": 72, "option1": "L", "available": false, "price": 4900}}]}}}};</script>"#
        )
    };
    assert_snapshot!(shown(&script("parka")), @r"
    A parka
    - Size=M in_stock 49.00 by Variant
    - Size=L out_of_stock 49.00 by Variant
    ");
    assert!(shown(&script("hat")).starts_with("nothing"));
}

#[test]
fn buttons_speak_in_ten_languages_where_nothing_else_does() {
    for (button, is) in [
        ("ADD TO CART", "in_stock"),
        ("In den Warenkorb", "in_stock"),
        ("Ajouter au panier", "in_stock"),
        ("Añadir al carrito", "in_stock"),
        ("Aggiungi al carrello", "in_stock"),
        ("In winkelwagen", "in_stock"),
        ("Dodaj do koszyka", "in_stock"),
        ("Adicionar ao carrinho", "in_stock"),
        ("Lägg i varukorgen", "in_stock"),
        ("Læg i kurv", "in_stock"),
        ("カートに入れる", "in_stock"),
        ("Sold out", "out_of_stock"),
        ("Ausverkauft", "out_of_stock"),
        ("Notify me!", "out_of_stock"),
        ("Pre-order", "preorder"),
    ] {
        let page = shown(&format!("<title>x</title><h1>Lamp</h1><form><button type=submit>{button}</button></form>"));
        assert_eq!(page, format!("Lamp, incomplete\n-  {is}  by Text"), "{button}");
    }
}

#[test]
fn buttons_of_other_things_say_nothing() {
    for page in [
        "<nav><button>Add to cart</button></nav>",
        "<button disabled>Add to cart</button>",
        "<button style='display: none'>Add to cart</button>",
        "<ul class=related-products><li><button>Add to cart</button></ul>",
        "<div class=product-card><button>Add to cart</button></div>",
        "<div class=a><button>Add to cart</button></div><button>Add to cart</button><button>Add to cart</button><p>x</p>",
        "<p>When it is your turn you have 10 minutes. Add to cart is open.</p>",
        "<a class=btn-cart href=/cart>View cart (0)</a>",
        "<button>Add to cart</button><p class=stock>Sold out</p>",
        "<select><option>M - sold out<option>L</select>",
        "<p class=stock>In stock</p>",
        "<div id=app></div>",
    ] {
        let said = shown(&format!("<h1>Lamp</h1><main>{page}</main>"));
        assert!(said.starts_with("nothing") || said.contains("unknown"), "{page}: {said}");
    }
    assert!(
        shown("<title>Shop</title><div id=app></div><button>Add to cart</button>").starts_with("nothing"),
        "no heading, no product"
    );
}

#[test]
fn a_product_level_answer_says_so() {
    let Said::Reading(reading) = said("<h1>Lamp</h1><button>Add to cart</button>") else { panic!("a reading") };
    assert!(reading.doubts.iter().any(|doubt| doubt.what.contains("the product as a whole")), "{:?}", reading.doubts);
    assert!(reading.products[0].variants[0].options.is_empty());
}

#[test]
fn a_page_without_anything_says_what_was_looked_for() {
    let error = reading(page("<title>Opening soon</title><h1>Soon</h1>")).expect_err("nothing is there");
    assert_snapshot!(error, @r#"no reader knows this document (a web page titled "Opening soon": no WooCommerce form; no product data of a known platform in its scripts; no JSON-LD; no microdata; no RDFa; no OpenGraph tags about stock or price; no button or line that speaks of stock); give it a jq program, like --jq '.scripts[].json | .variants[] | {size: .title, in_stock: .available}'"#);
}

/// Pieces of pages, whole and broken.
const PIECES: &str = "(<h1>Lamp</h1>|<button>|</button>|Add to cart|Sold out|<script type='application/ld\\+json'>|</script>|\
    \\{\"@type\":\"Product\",|\"offers\":|\\[|\\]|\\{|\\}|\"availability\":\"InStock\"|\"hasVariant\":|\"@id\":\"a\"|\"isVariantOf\":|,|\
    \"sku\":\"x\"|\"price\":\"1,5\"|<div itemscope itemtype=Product|itemprop=offers|itemref=\"a b\"| id=a>|</div>|>|\
    <meta property=product:availability content=instock>|<form data-product_variations='\\[\\{\"is_in_stock\":true\\}\\]'>|&quot;|é|\u{0})";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_page_panics_and_every_reading_is_whole(pieces in prop::collection::vec(PIECES, 0..40)) {
        if let Said::Reading(reading) = said(&pieces.concat()) {
            prop_assert_eq!(reading.products.len(), 1);
            prop_assert!(!reading.products[0].variants.is_empty());
            for variant in &reading.products[0].variants {
                prop_assert!(variant.evidence.is_some());
            }
        }
    }
}
