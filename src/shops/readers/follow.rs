//! Which further documents tell the stock of a product, where its own names them only. Pure.

use serde_json::Value;
use url::Url;

use super::node::plain;

/// Documents that are read for one.
const MOST: usize = 40;
/// Variations a page.
const PAGE: usize = 100;
/// Pages of variations of one product.
const PAGES: usize = 5;
/// More products than this are a list: what it says must do.
const PRODUCTS: usize = 3;

/// WooCommerce: the pages of variations of variable products.
pub(super) fn variations(document: &Value, url: &Url) -> Vec<Url> {
    let items: Vec<&Value> = document.as_array().map_or_else(|| vec![document], |items| items.iter().collect());
    let count = |item: &Value| item.get("variations").and_then(Value::as_array).map_or(0, Vec::len);
    let variable: Vec<(String, usize)> = items
        .into_iter()
        .filter(|item| item.get("type").and_then(Value::as_str) == Some("variable") || count(item) > 0)
        .filter_map(|item| Some((plain(item.get("id")?)?, count(item))))
        .collect();
    if variable.len() > PRODUCTS {
        return Vec::new();
    }
    let page = |(id, count): (String, usize)| {
        let pages = count.div_ceil(PAGE).clamp(1, PAGES);
        (1..=pages).filter_map(move |page| {
            products(url, &[("type", "variation"), ("parent", &id), ("per_page", "100"), ("page", &page.to_string())])
        })
    };
    variable.into_iter().flat_map(page).take(MOST).collect()
}

/// The list of products of the API that answered at `url`, asked for other things.
fn products(url: &Url, pairs: &[(&str, &str)]) -> Option<Url> {
    let mut list = url.clone();
    let route = url.query_pairs().find(|(name, _)| name == "rest_route").map(|(_, route)| route.into_owned());
    let path = route.clone().unwrap_or_else(|| url.path().to_owned());
    let at = path.find("/products")?;
    let path = &path[..at + "/products".len()];
    list.set_query(None);
    match route {
        Some(_) => drop(list.query_pairs_mut().append_pair("rest_route", path)),
        None => list.set_path(path),
    }
    list.query_pairs_mut().extend_pairs(pairs);
    Some(list)
}

/// WooCommerce: where its API tells of the product of a page, by both forms of its addresses.
pub(super) fn store_api(page: &Url) -> Vec<Url> {
    let is_api = page.path().contains("/wc/store/") || page.query().is_some_and(|query| query.contains("rest_route"));
    if is_api {
        return vec![page.clone()];
    }
    let named = ["/wp-json/", "/?rest_route=/"].iter().filter_map(|base| store_api_at(&page.join(base).ok()?, page));
    named.collect()
}

/// Where the API with this base tells of the product of a page.
pub(super) fn store_api_at(base: &Url, page: &Url) -> Option<Url> {
    let slug = page.path_segments()?.rfind(|part| !part.is_empty())?.to_owned();
    let slug = url::form_urlencoded::parse(slug.replace('+', "%2B").as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect::<String>();
    let mut api = base.clone();
    if base.query_pairs().any(|(name, _)| name == "rest_route") {
        api.set_query(None);
        api.query_pairs_mut().append_pair("rest_route", "/wc/store/v1/products");
    } else {
        api = base.join("wc/store/v1/products").ok()?;
    }
    api.query_pairs_mut().append_pair("slug", &slug);
    Some(api)
}

/// django-oscar: the availability of each child, or of the product itself. Other hosts are not asked.
pub(super) fn levels(document: &Value, url: &Url) -> Vec<Url> {
    let children = document.get("children").and_then(Value::as_array).filter(|children| !children.is_empty());
    let of = |item: &Value| url.join(item.get("availability")?.as_str()?).ok();
    let links: Option<Vec<Url>> = match children {
        Some(children) => children.iter().map(of).collect(),
        None => of(document).map(|link| vec![link]),
    };
    // The stock of some alone would be joined to the wrong ones.
    let all_here = |links: &Vec<Url>| links.len() <= MOST && links.iter().all(|link| link.origin() == url.origin());
    links.filter(all_here).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    fn shown(urls: Vec<Url>) -> Vec<String> {
        urls.into_iter().map(String::from).collect()
    }

    #[test]
    fn variations_are_asked_for_where_the_product_was() {
        let product = json!([{"id": 8, "type": "variable", "variations": vec![json!({"id": 9}); 120]}]);
        assert_eq!(
            shown(variations(&product, &url("https://s.example/shop/wp-json/wc/store/v1/products?slug=coat"))),
            [1, 2].map(|n| format!(
                "https://s.example/shop/wp-json/wc/store/v1/products?type=variation&parent=8&per_page=100&page={n}"
            ))
        );
        let one = json!({"id": 8, "type": "variable", "variations": [{"id": 9}]});
        assert_eq!(
            shown(variations(&one, &url("https://s.example/?rest_route=/wc/store/v1/products/8"))),
            ["https://s.example/?rest_route=%2Fwc%2Fstore%2Fv1%2Fproducts&type=variation&parent=8&per_page=100&page=1"]
        );
        let simple = json!([{"id": 7, "type": "simple", "variations": []}]);
        assert!(variations(&simple, &url("https://s.example/wp-json/wc/store/v1/products")).is_empty());
    }

    #[test]
    fn a_page_has_its_product_at_two_addresses() {
        assert_eq!(
            shown(store_api(&url("https://s.example/product/rain-coat/?a=1"))),
            [
                "https://s.example/wp-json/wc/store/v1/products?slug=rain-coat",
                "https://s.example/?rest_route=%2Fwc%2Fstore%2Fv1%2Fproducts&slug=rain-coat"
            ]
        );
        let api = "https://s.example/wp-json/wc/store/v1/products?slug=x";
        assert_eq!(shown(store_api(&url(api))), [api]);
    }

    #[test]
    fn levels_are_read_at_the_same_host_or_not_at_all() {
        let at = url("https://s.example/api/products/1/");
        let children = |second: &str| json!({"children": [{"availability": "/api/products/2/availability/"}, {"availability": second}]});
        assert_eq!(levels(&children("https://s.example/api/products/3/availability/"), &at).len(), 2);
        assert!(levels(&children("https://other.example/3"), &at).is_empty());
        assert!(levels(&children(""), &at).len() <= 2);
        assert!(levels(&json!({"children": [{}, {"availability": "/x"}]}), &at).is_empty());
    }
}
