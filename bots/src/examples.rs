//! Messages for tests.

use chrono::DateTime;
use coatcheck_domain::message::{Alert, AlertVariant};
use coatcheck_domain::{Availability, Money};
use url::Url;

pub(crate) fn variant(size: &str, style: &str) -> AlertVariant {
    AlertVariant {
        variant: 1,
        size: Some(size.to_owned()),
        style: Some(style.to_owned()),
        options: vec![("Color".to_owned(), style.to_owned()), ("Size".to_owned(), size.to_owned())],
        sku: Some(format!("CJ-{size}")),
        url: Url::parse(&format!("https://shop.example/products/jacket?size={size}")).ok(),
        cart_url: None,
        availability: Availability::InStock,
        quantity: None,
        price: Some(Money::minor(12_900, 2, Some("EUR"))),
    }
}

pub(crate) fn alert(variants: Vec<AlertVariant>) -> Alert {
    let at = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
    Alert {
        product: "Corps Jacket".to_owned(),
        shop: "shop.example".to_owned(),
        url: Url::parse("https://shop.example/products/jacket").ok(),
        image: None,
        variants,
        at,
        detected_at: at + chrono::Duration::milliseconds(20),
        test: false,
        gone_after: None,
        post: None,
    }
}
