//! Shops that answer to POST, and pages that name an API which says more.

use super::*;

const HAT: &str = r#"{"data":{"products":{"items":[{"uid":"1","sku":"H","name":"Hat","stock_status":"IN_STOCK","__typename":"ConfigurableProduct","variants":[
    {"attributes":[{"code":"size","label":"M"}],"product":{"uid":"2","sku":"H-M","stock_status":"OUT_OF_STOCK"}},
    {"attributes":[{"code":"size","label":"L"}],"product":{"uid":"3","sku":"H-L","stock_status":"IN_STOCK"}}]}]}}}"#;

fn graphql(request: &Request) -> Response {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match (request.method().as_str(), request.uri().path()) {
        ("POST", "/graphql") => {
            let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
            let is_right = header("content-type") == Some("application/json") && length > 100;
            if is_right { json(HAT) } else { status(400) }
        }
        ("GET", "/graphql") => status(405),
        ("POST", "/graphql/") => with(308, "location", "/graphql"),
        ("POST", "/away/graphql") => with(307, "location", "https://elsewhere.example/graphql"),
        ("POST", "/refused/graphql") => json(r#"{"errors":[{"message":"Cannot query field \"stock\""}]}"#),
        ("GET", "/hat.html") => Response::new(Body::from(
            "<title>Hat</title><h1>Hat</h1><script type='text/x-magento-init'>{}</script>\
             <script type='application/ld+json'>{\"@type\":\"Product\",\"name\":\"Hat\",\"offers\":{\"@type\":\"AggregateOffer\",\"lowPrice\":5}}</script>",
        )),
        _ => status(404),
    }
}

fn sizes(read: &Read) -> String {
    let variants = read.reading.products.iter().flat_map(|product| &product.variants);
    variants.map(|v| format!("{} {}", v.size().unwrap_or("-"), v.availability)).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn graphql_is_asked_by_post_where_its_platform_is_named() {
    let shop = Shop::open(graphql).await;
    for path in ["/graphql?product=hat", "/hat.html", "/graphql/?product=hat"] {
        let spec = SourceSpec { reader: Some(kind("magento")), ..SourceSpec::new(shop.url(path)) };
        let read = shop.read_as(&spec).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(sizes(&read), "M out_of_stock, L in_stock", "{path}");
        assert_eq!(read.resolved_url, spec.url, "it is asked in the same way the next time");
        let known = SourceSpec { body_digest: Some(read.body_digest), ..spec.clone() };
        let again = shop.shops.read(&known, &Unwatched).await.expect("an answer");
        assert!(matches!(again, ReadOutcome::NotModified { .. }), "the same bytes say nothing new");
    }
    let page = SourceSpec { reader: Some(kind("magento")), ..SourceSpec::new(shop.url("/hat.html")) };
    let read = shop.read_as(&page).await.expect("a reading");
    assert_eq!(read.reading.products[0].url, Some(page.url), "people buy it at its page");
}

#[tokio::test]
async fn a_query_that_fails_says_why() {
    let shop = Shop::open(graphql).await;
    let mut said = Vec::new();
    for path in ["/refused/graphql?product=hat", "/away/graphql?product=hat", "/none/graphql?product=hat"] {
        let spec = SourceSpec { reader: Some(kind("magento")), ..SourceSpec::new(shop.url(path)) };
        said.push(shop.read_as(&spec).await.expect_err("no reading").to_string());
    }
    said.push(shop.read("/graphql").await.expect_err("no reading").to_string());
    assert!(said[0].contains("the shop refuses the query: Cannot query field"), "{}", said[0]);
    assert!(said[3].contains("--reader magento"), "{}", said[3]);
    let asked = shop.asked();
    assert!(!asked.iter().any(|path| path.contains("product=")), "the name of the product is in the body: {asked:?}");
}

#[tokio::test]
async fn a_page_of_magento_that_leaves_its_stock_open_is_asked_by_its_graphql() {
    let shop = Shop::open(graphql).await;
    let read = shop.read("/hat.html").await.expect("a reading");
    assert_eq!((read.reader, sizes(&read).as_str()), (kind("magento"), "M out_of_stock, L in_stock"));
    assert_eq!(shop.asked(), ["/hat.html", "/graphql"]);
    assert!(read.how[0].contains("its scripts' type"), "{:?}", read.how);
}

#[tokio::test]
async fn a_link_header_names_the_api_of_a_shop() {
    let coat = r#"[{"id":7,"name":"Coat","type":"simple","permalink":"/product/coat/","prices":{"price":"900","currency_minor_unit":2,"currency_code":"EUR"},"is_in_stock":true,"is_on_backorder":false}]"#;
    let shop = Shop::open(move |request| match request.uri().path() {
        "/product/coat/" | "/blog/" => {
            let mut page = Response::new(Body::from("<title>Coat</title><h1>Coat</h1><p>A fine thing.</p>"));
            let link = "<https://other.example/x>; rel=next, </wp-json/>; rel=\"https://api.w.org/\"";
            page.headers_mut().insert("link", link.parse().expect("a header"));
            page
        }
        "/wp-json/wc/store/v1/products" if request.uri().query() == Some("slug=coat") => json(coat),
        _ => status(404),
    })
    .await;
    let read = shop.read("/product/coat/").await.expect("a reading");
    assert_eq!((read.reader, sizes(&read).as_str()), (kind("woocommerce"), "- in_stock"));
    assert!(read.how[0].ends_with("by the link header"), "{:?}", read.how);
    let error = shop.read("/blog/").await.expect_err("no shop").to_string();
    assert!(error.contains("no button or line"), "{error}");
}
