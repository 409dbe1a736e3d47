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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
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
