//! Readers: each turns a document of one platform into a reading. Pure.

pub mod jq;
mod jq_errors;
pub mod json;
mod node;
pub mod row;
pub mod shopify;
pub mod shopify_variant;
