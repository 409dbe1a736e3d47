//! Each answer is what the description promises, whatever is asked; and a token is needed where it says so.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_domain::Availability::{InStock, OutOfStock};
use coatcheck_domain::Destination;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::testing::{self, follow, product, read};
use crate::web::new_token;
use crate::web::tests::{Got, Visit};

const HOSTILE: &str = "<script>alert(1)</script>\"' \u{202e}\n";

/// A visit with something of everything, its description, and two tokens.
struct Api {
    visit: Visit,
    described: Value,
    reads: String,
    writes: String,
}

impl Api {
    async fn new() -> Self {
        let visit = Visit::new().await;
        let source = follow(&visit.db, "https://shop.example/products/jacket").await;
        for m in [OutOfStock, InStock] {
            read(&visit.db, source, vec![product(HOSTILE, &[("M", HOSTILE, m)])]).await;
            visit.clock.advance(Duration::from_secs(60));
        }
        testing::dead_letter(&visit.db, HOSTILE).await;
        let [reads, writes] = [(1, false), (2, true)].map(|(byte, writes)| (new_token(&[byte; 32]), writes));
        for ((_, hash), writes) in [&reads, &writes] {
            let name = if *writes { "writes" } else { "reads" };
            assert!(visit.db.add_token(name, hash, *writes).await.expect("stored"));
        }
        let described = serde_json::from_str(&visit.get("/api/v1/openapi.json").await.body).expect("JSON");
        Self { visit, described, reads: reads.0.0, writes: writes.0.0 }
    }

    async fn ask(&self, method: &str, path: &str, token: &str, body: String) -> Got {
        // No minute of requests is used up.
        self.visit.clock.advance(Duration::from_secs(1));
        let request = Request::builder().method(method).uri(path);
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) };
        self.visit.ask(request.body(Body::from(body)).expect("a request")).await
    }

    /// Every operation: its method, its address, and what is said of it.
    fn operations(&self) -> Vec<(String, String, Value)> {
        let paths = self.described["paths"].as_object().expect("paths");
        let each = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, it)| (method.to_uppercase(), path.clone(), it.clone()))
        });
        each.filter(|(_, path, _)| !path.ends_with("/stream")).collect()
    }

    /// The answer is one of those that are described, and as it is described.
    fn is_as_described(&self, operation: &Value, got: &Got) -> Result<(), String> {
        let status = got.status.as_u16().to_string();
        let answer =
            operation["responses"].get(&status).ok_or_else(|| format!("{status} is not described: {}", got.body))?;
        let Some(content) = answer["content"].as_object() else {
            return if got.body.is_empty() { Ok(()) } else { Err(format!("a body: {}", got.body)) };
        };
        let (kind, content) = content.iter().next().expect("one kind");
        if !got.head.contains(&format!("content-type: {kind}")) {
            return Err(format!("not {kind}: {}", got.head));
        }
        let body: Value = serde_json::from_str(&got.body).map_err(|error| format!("{error}: {}", got.body))?;
        fits(&self.described, &content["schema"], &body).map_err(|why| format!("{why}: {}", got.body))
    }
}

/// Is it what the schema says, with nothing beside it?
fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/components/schemas/").ok_or("a strange reference")?;
        return fits(document, &document["components"]["schemas"][name], value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fit = choices.iter().filter(|choice| fits(document, choice, value).is_ok()).count();
        return if fit == 1 { Ok(()) } else { Err(format!("{value} fits {fit} of {schema}")) };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Err(format!("no type: {schema}")),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_number = kind == "integer" && kinds.contains(&"number");
    if !is_number && !kinds.contains(&kind) {
        return Err(format!("{value} is no {kinds:?}"));
    }
    if schema["format"] == "date-time"
        && let Some(text) = value.as_str()
    {
        chrono::DateTime::parse_from_rfc3339(text).map_err(|error| format!("{text}: {error}"))?;
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item)?;
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    for (name, field) in fields {
        let property = schema["properties"].get(name).ok_or_else(|| format!("{name} is not described"))?;
        fits(document, property, field).map_err(|why| format!("{name}: {why}"))?;
    }
    let missing = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<&str> = missing.filter(|name| !fields.contains_key(*name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} are missing")) }
}

#[tokio::test]
async fn every_answer_is_as_it_is_described_and_every_token_may_what_it_may() {
    let api = Api::new().await;
    api.visit.db.destination_for(&Destination::DiscordUser(1), || None).await.expect("stored");
    let mut names: Vec<String> = api.operations().iter().map(|(_, _, it)| it["operationId"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), api.operations().len(), "each operation has a name of its own");
    for (method, path, operation) in api.operations() {
        let address = path.replace("{id}", "1");
        let needs_token = !operation["security"].is_null();
        let body = match (method.as_str(), path.as_str()) {
            ("POST", "/api/v1/watches") => json!({ "product_id": 1, "size": "m", "to": "discord:1" }).to_string(),
            ("POST", "/api/v1/shops") => json!({ "url": "https://shop.example/products/coat" }).to_string(),
            _ => String::new(),
        };
        // What is removed is removed last.
        if method == "DELETE" {
            continue;
        }
        for (token, expected) in [
            ("", needs_token.then_some(401)),
            ("cc_made-up", needs_token.then_some(401)),
            (api.reads.as_str(), (needs_token && method != "GET").then_some(403)),
            (api.writes.as_str(), None),
        ] {
            let got = api.ask(&method, &address, token, body.clone()).await;
            api.is_as_described(&operation, &got).unwrap_or_else(|why| panic!("{method} {address}: {why}"));
            assert!(expected.is_none_or(|status| got.status == status), "{method} {address}: {}", got.status);
            assert!(expected.is_some() || got.status.is_success(), "{method} {address}: {}", got.body);
            assert!(got.head.contains("ratelimit-limit: 120"), "{}", got.head);
            assert_eq!(got.head.contains("access-control-allow-origin: *"), !needs_token, "{method} {address}");
        }
    }
    for path in ["/api/v1/watches/1", "/api/v1/shops/1"] {
        assert_eq!(api.ask("DELETE", path, &api.reads, String::new()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(api.ask("DELETE", path, &api.writes, String::new()).await.status, StatusCode::NO_CONTENT);
        assert_eq!(api.ask("DELETE", path, &api.writes, String::new()).await.status, StatusCode::NOT_FOUND);
    }
    let audit = api.visit.db.audit_lines(i64::MAX, 50).await.expect("the lines");
    let mut audit: Vec<String> =
        audit.iter().rev().map(|line| format!("{} {} {}", line.who, line.what, line.subject)).collect();
    audit.sort();
    insta::assert_snapshot!(audit.join("\n"), @"
    api:writes replay delivery 1
    api:writes shop add https://shop.example/products/coat
    api:writes shop pause https://shop.example/products/jacket
    api:writes shop remove https://shop.example/products/jacket
    api:writes shop resume https://shop.example/products/jacket
    api:writes watch add watch 1
    api:writes watch remove watch 1
    ");
    assert!(api.visit.db.remove_token("reads").await.expect("removed"));
    assert_eq!(api.ask("GET", "/api/v1/shops", &api.reads, String::new()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_may_not_be_watched_for_is_not_and_no_private_address_is_read() {
    let api = Api::new().await;
    for (path, body) in [
        ("/api/v1/watches", json!({ "product_id": 1, "to": "discord:999" })),
        ("/api/v1/watches", json!({ "product_id": 1, "to": "sms:+14155550123" })),
        ("/api/v1/watches", json!({ "product_id": 1, "to": HOSTILE })),
        ("/api/v1/watches", json!({ "product_id": 1, "to": "discord:1", "size": "x".repeat(81) })),
        ("/api/v1/shops", json!({ "url": "http://169.254.169.254/latest" })),
        ("/api/v1/shops", json!({ "url": "file:///etc/passwd" })),
        ("/api/v1/shops", json!({ "url": "https://shop.example/x", "interval_seconds": 1 })),
    ] {
        let got = api.ask("POST", path, &api.writes, body.to_string()).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {}", got.body);
    }
    assert_eq!(api.visit.db.sources().await.expect("asked").len(), 1);
    assert_eq!(api.visit.db.watch_counts().await.expect("counted").watches, 0);
}

#[tokio::test]
async fn the_page_for_people_names_every_address() {
    let api = Api::new().await;
    let page = api.visit.get("/api").await;
    for (method, path, _) in api.operations() {
        assert!(page.body.contains(&format!("<code>{method} {path}</code>")), "{path}");
    }
    assert!(page.body.contains("Needs a token."), "{}", page.body);
}

/// What a stranger writes into a field.
fn nonsense() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("1".to_owned()),
        Just("-1".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("9223372036854775808".to_owned()),
        Just("1e9".to_owned()),
        Just("' OR 1=1 --".to_owned()),
        Just("\0".to_owned()),
        Just("dead".to_owned()),
        Just("[]".to_owned()),
        ".{0,40}",
        "[0-9a-z%_!*:/-]{0,40}",
    ]
}

/// A body, sometimes of the right fields.
fn a_body() -> impl Strategy<Value = String> {
    let of_fields = (nonsense(), nonsense(), any::<i64>(), any::<bool>()).prop_map(|(to, size, product, every)| {
        json!({ "to": to, "size": size, "style": size, "product_id": product % 3, "every": every, "url": to, "jq": size }).to_string()
    });
    prop_oneof![nonsense(), of_fields]
}

#[test]
fn whatever_is_asked_the_answer_is_described_and_never_a_failure_of_ours() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let api = runtime.block_on(Api::new());
    let operations = api.operations();
    let one = (0..operations.len(), nonsense(), nonsense(), nonsense(), a_body(), 0..3_usize);
    proptest!(ProptestConfig::with_cases(400), |((which, id, before, text, body, token) in one)| {
        let (method, path, operation) = &operations[which];
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        // An empty segment is another address.
        let id = if id.is_empty() { "x".to_owned() } else { id.replace('+', "%20") };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in ["before", "after", "limit", "page"] {
            if !before.is_empty() { query.append_pair(name, &before); }
        }
        query.append_pair("q", &text).append_pair("state", &text).append_pair("show", &text);
        let address = format!("{}?{}", path.replace("{id}", &id), query.finish());
        let token = ["", api.reads.as_str(), api.writes.as_str()][token];
        let got = runtime.block_on(api.ask(method, &address, token, body));
        prop_assert!(!got.status.is_server_error(), "{method} {address}: {}", got.body);
        api.is_as_described(operation, &got).map_err(|why| TestCaseError::fail(format!("{method} {address}: {why}")))?;
    });
}

#[tokio::test]
async fn wrong_methods_and_addresses_are_problems_too() {
    let api = Api::new().await;
    for (method, path, status) in [
        ("POST", "/api/v1/products", 405),
        ("DELETE", "/api/v1/watches", 405),
        ("POST", "/api/v1/stream", 405),
        ("PUT", "/api/v1/openapi.json", 405),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/api/v2/products", 404),
    ] {
        let got = api.ask(method, path, "", String::new()).await;
        assert_eq!(got.status.as_u16(), status, "{method} {path}");
        assert!(got.head.contains("content-type: application/problem+json"), "{method} {path}: {}", got.head);
        assert!(got.body.contains(&format!("\"status\":{status}")), "{method} {path}: {}", got.body);
    }
}
