//! GraphQL, which is asked by POST: the query of a platform for the product that an address names. Pure.

use serde_json::{Map, Value, json};
use url::Url;

/// Products that one address may name.
const MOST: usize = 50;

/// How a platform is asked.
pub(super) struct Graphql {
    /// Where its endpoint is, when the address is a product's page.
    pub(super) endpoint: &'static str,
    pub(super) query: &'static str,
    /// Is a product named by its whole path, not by the last part of it?
    pub(super) by_path: bool,
}

impl Graphql {
    /// Where to ask, and the body. An address is a product's page, or an endpoint that names the product:
    /// `…/graphql?product=rain-jacket`. One that carries its own query is left as it is.
    pub(super) fn asked(&self, url: &Url) -> Option<(Url, String)> {
        if url.query_pairs().any(|(name, _)| name == "query") {
            return None;
        }
        let of = |wanted: &str| -> Vec<String> {
            let values = url.query_pairs().filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
            values.filter(|value| !value.is_empty()).take(MOST).collect()
        };
        let (mut endpoint, products) = match is_endpoint(url) {
            true => (url.clone(), of("product")),
            false => (url.join(self.endpoint).ok()?, self.named(url).into_iter().collect()),
        };
        endpoint.set_query(None);
        endpoint.set_fragment(None);
        let first = products.first()?.clone();
        let channel = of("channel").into_iter().next().unwrap_or_else(|| "default-channel".to_owned());
        let all = [("product", json!(first)), ("products", json!(products)), ("channel", json!(channel))];
        let is_used = |(name, _): &(&str, Value)| self.query.contains(&format!("${name}:"));
        let variables: Map<String, Value> =
            all.into_iter().filter(is_used).map(|(name, value)| (name.to_owned(), value)).collect();
        let query = self.query.split_whitespace().collect::<Vec<_>>().join(" ");
        Some((endpoint, json!({"query": query, "variables": variables}).to_string()))
    }

    /// Is this an endpoint of this kind, with a product named as the platform names it?
    pub(super) fn is_named_at(&self, url: &Url) -> bool {
        let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
        let mut named = url.query_pairs().filter(|(name, _)| name == "product");
        is_endpoint(url)
            && last(url.path()) == last(self.endpoint)
            && named.any(|(_, product)| product.starts_with('/') == self.by_path)
    }

    fn named(&self, page: &Url) -> Option<String> {
        if self.by_path {
            return Some(page.path().to_owned()).filter(|path| path.len() > 1);
        }
        let last = page.path_segments()?.rfind(|part| !part.is_empty())?;
        Some(last.strip_suffix(".html").unwrap_or(last).to_owned())
    }
}

fn is_endpoint(url: &Url) -> bool {
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    last.is_some_and(|last| matches!(last, "graphql" | "graphql.json" | "shop-api"))
}

/// What an endpoint says instead of data.
pub(super) fn refusal(document: &Value) -> Option<&str> {
    let errors = document.get("errors")?.as_array().filter(|errors| !errors.is_empty())?;
    let is_empty = match document.get("data") {
        Some(Value::Object(data)) => data.values().all(Value::is_null),
        data => data.is_none_or(Value::is_null),
    };
    is_empty.then(|| errors[0].get("message").and_then(Value::as_str).unwrap_or("it does not say why"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shops::readers::ReaderKind;

    fn asked(reader: &str, address: &str) -> String {
        let kind: ReaderKind = reader.parse().expect("a reader");
        let url = Url::parse("https://s.example").and_then(|base| base.join(address)).expect("an address");
        let Some((url, body)) = kind.reader().query(&url) else { return "not asked".to_owned() };
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert!(body["query"].as_str().is_some_and(|query| query.starts_with("query (")), "{body}");
        format!("{} {}", &url[url::Position::BeforePath..], body["variables"])
    }

    #[test]
    fn a_page_or_an_endpoint_names_the_product() {
        for (reader, address, expected) in [
            ("magento", "/rain-jacket.html?utm=1", r#"/graphql {"products":["rain-jacket"]}"#),
            ("magento", "/m2/graphql?product=a&product=b", r#"/m2/graphql {"products":["a","b"]}"#),
            ("vendure", "/product/rain-jacket", r#"/shop-api {"product":"rain-jacket"}"#),
            ("vendure", "https://api.example/shop-api?product=x%22y", r#"/shop-api {"product":"x\"y"}"#),
            ("saleor", "/graphql/?product=tee&channel=eu", r#"/graphql/ {"product":"tee","channel":"eu"}"#),
            ("bigcommerce", "/gilet/?x=1", r#"/graphql {"product":"/gilet/"}"#),
            ("shopify-graphql", "/products/tee", r#"/api/2025-07/graphql.json {"product":"tee"}"#),
            ("magento", "/graphql", "not asked"),
            ("magento", "/graphql?query={products{items{sku}}}", "not asked"),
            ("magento", "/", "not asked"),
            ("medusa", "/products/tee", "not asked"),
        ] {
            assert_eq!(asked(reader, address), expected, "{reader} {address}");
        }
    }

    #[test]
    fn errors_are_a_refusal_only_where_there_is_no_data() {
        assert_eq!(refusal(&json!({"errors": [{"message": "no field"}]})), Some("no field"));
        assert_eq!(refusal(&json!({"errors": [{}], "data": {"product": null}})), Some("it does not say why"));
        assert_eq!(refusal(&json!({"errors": [{"message": "slow"}], "data": {"product": {"id": 1}}})), None);
        assert_eq!(refusal(&json!({"data": null})), None);
    }
}
