//! `/api`: the description of the API for people, made from the same document that programs read.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use utoipa::OpenApi;

use super::Description;
use crate::web::look::Frame;
use crate::web::look::answer::page;

#[derive(Template)]
#[template(path = "api/page.html")]
struct ApiHtml {
    frame: Frame,
    about: String,
    operations: Vec<Operation>,
}

/// What one address does.
struct Operation {
    method: String,
    path: String,
    summary: String,
    more: String,
    with_token: bool,
    params: Vec<(String, String)>,
    answers: Vec<(String, String)>,
}

pub(super) async fn show() -> Response {
    let document = serde_json::to_value(Description::openapi()).unwrap_or_default();
    let frame = Frame::new("", "API", "What programs can ask this CoatCheck, and how.");
    let html = ApiHtml { frame, about: text(&document["info"]["description"]), operations: operations(&document) };
    page(StatusCode::OK, &html)
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, it)| operation(path, method, it)).collect::<Vec<_>>()
    });
    each.collect()
}

fn operation(path: &str, method: &str, it: &Value) -> Operation {
    let params = it["parameters"].as_array().into_iter().flatten();
    let answers = it["responses"].as_object().into_iter().flatten();
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&it["summary"]),
        more: text(&it["description"]),
        with_token: !it["security"].is_null(),
        params: params.map(|param| (text(&param["name"]), text(&param["description"]))).collect(),
        answers: answers.map(|(status, answer)| (status.clone(), text(&answer["description"]))).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
