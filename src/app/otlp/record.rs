//! One event as an OTLP log record. Pure.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use coatcheck_domain::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// Characters of one text, at most.
const LONGEST: usize = 4096;

/// The record of an event.
pub(super) fn of(event: &Event<'_>, now: DateTime<Utc>, service: &str) -> Value {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let metadata = event.metadata();
    fields.text("target", metadata.target());
    let level = *metadata.level();
    let mut record = json!({
        "timeUnixNano": (i128::from(now.timestamp_micros()) * 1000).to_string(),
        "severityNumber": severity(level),
        "severityText": level.as_str(),
        "body": { "stringValue": fields.message },
        "attributes": fields.attributes,
    });
    if let Some(restock) = fields.restock {
        record["traceId"] = json!(trace_id(service, restock));
    }
    record
}

/// The request that brings records.
pub(super) fn request(service: &str, records: Vec<Value>) -> Value {
    let resource = [("service.name", service), ("service.version", env!("CARGO_PKG_VERSION"))];
    let attributes: Vec<Value> =
        resource.iter().map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } })).collect();
    json!({ "resourceLogs": [{
        "resource": { "attributes": attributes },
        "scopeLogs": [{ "scope": { "name": "coatcheck" }, "logRecords": records }],
    }] })
}

/// The same for one restock of one service, whoever logs it and when.
fn trace_id(service: &str, restock: i64) -> String {
    let digest = Sha256::new().chain_update(service).chain_update([0]).chain_update(restock.to_be_bytes()).finalize();
    hex::encode(&digest[..16])
}

fn severity(level: Level) -> u8 {
    match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    restock: Option<i64>,
    attributes: Vec<Value>,
}

impl Fields {
    fn text(&mut self, key: &str, text: &str) {
        let text: String = text.chars().take(LONGEST).collect();
        if key == "message" {
            self.message = text;
        } else {
            self.push(key, &json!({ "stringValue": text }));
        }
    }

    fn push(&mut self, key: &str, value: &Value) {
        self.attributes.push(json!({ "key": key, "value": value }));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "restock" {
            self.restock = Some(value);
        }
        // 64 bits are text in this JSON.
        self.push(field.name(), &json!({ "intValue": value.to_string() }));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field.name(), &json!({ "intValue": value.to_string() }));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field.name(), &json!({ "boolValue": value }));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field.name(), &json!({ "doubleValue": value }));
    }
}
