//! Which further documents tell the stock of a product, where its own names them only. Pure.

use serde_json::Value;
use url::Url;

/// Documents that are read for one.
const MOST: usize = 40;

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

/// django-oscar: the API tells of the product of a page, whose address ends in its number. An API may stand elsewhere, but
/// this is where its manual puts it.
pub(super) fn oscar_api(page: &Url) -> Vec<Url> {
    let last = page.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    let number = last.and_then(|last| last.rsplit_once('_')).map(|(_, number)| number);
    let number = number.filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    let api = number.and_then(|number| page.join(&format!("/api/products/{number}/")).ok());
    vec![api.unwrap_or_else(|| page.clone())]
}

/// Medusa: its Store API tells of stock only where that is asked for; with a region, of prices as well.
pub(super) fn with_stock(api: &Url) -> Option<Url> {
    if !api.path().contains("/store/products") || api.query_pairs().any(|(name, _)| name == "fields") {
        return None;
    }
    let has_region = api.query_pairs().any(|(name, _)| name == "region_id");
    let price = if has_region { ",*variants.calculated_price" } else { "" };
    let mut asked = api.clone();
    asked.query_pairs_mut().append_pair("fields", &format!("+variants.inventory_quantity{price}"));
    Some(asked)
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
    fn an_oscar_page_has_its_product_in_the_api() {
        let api = |page: &str| shown(oscar_api(&url(page)));
        assert_eq!(api("https://s.example/catalogue/corps-jacket_12/"), ["https://s.example/api/products/12/"]);
        assert_eq!(api("https://s.example/de/catalogue/a_b_7/?x=1"), ["https://s.example/api/products/7/"]);
        for other in ["https://s.example/api/products/12/", "https://s.example/catalogue/a_b/", "https://s.example/a_/"]
        {
            assert_eq!(api(other), [other]);
        }
    }

    #[test]
    fn medusa_is_asked_for_stock_where_nobody_did() {
        let asked = |api: &str| with_stock(&url(api)).map(String::from);
        assert_eq!(
            asked("https://s.example/store/products?handle=x").as_deref(),
            Some("https://s.example/store/products?handle=x&fields=%2Bvariants.inventory_quantity")
        );
        assert_eq!(
            asked("https://s.example/store/products/prod_1?region_id=reg_1").as_deref(),
            Some(
                "https://s.example/store/products/prod_1?region_id=reg_1&fields=%2Bvariants.inventory_quantity%2C*variants.calculated_price"
            )
        );
        assert_eq!(asked("https://s.example/store/products/prod_1?fields=id"), None);
        assert_eq!(asked("https://s.example/products/prod_1"), None);
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
