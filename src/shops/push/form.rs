//! The forms of pushes, known by their headers.

use reqwest::header::HeaderMap;

/// How a push is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The raw body. <https://shopify.dev/docs/apps/build/webhooks/subscribe/https>
    Shopify,
    /// The raw body, too.
    WooCommerce,
    /// Id, time and raw body.
    Standard,
}

impl Form {
    /// The form of a request by its headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        [Self::Shopify, Self::WooCommerce, Self::Standard]
            .into_iter()
            .find(|form| headers.contains_key(form.signature()))
    }

    pub(super) fn signature(self) -> &'static str {
        match self {
            Self::Shopify => "x-shopify-hmac-sha256",
            Self::WooCommerce => "x-wc-webhook-signature",
            Self::Standard => "webhook-signature",
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Shopify => "x-shopify-webhook-id",
            // `x-wc-webhook-id` is the id of the subscription.
            Self::WooCommerce => "x-wc-webhook-delivery-id",
            Self::Standard => "webhook-id",
        }
    }

    pub(super) fn topic(self) -> &'static str {
        match self {
            Self::Shopify => "x-shopify-topic",
            Self::WooCommerce => "x-wc-webhook-topic",
            Self::Standard => "webhook-topic",
        }
    }
}
