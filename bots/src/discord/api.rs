//! One request to Discord and its answer.

use std::fmt;

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use serenity::builder::CreateAttachment;
use serenity::http::{LightMethod, Multipart, MultipartUpload, Request, Route};
use url::Url;

use super::failure::Failure;
use crate::wire;

/// Who asks, and where.
pub(super) struct Api {
    /// With the scheme in front, as the header wants it.
    authorization: SecretString,
    base: String,
    client: Client,
}

impl Api {
    pub(super) fn new(token: SecretString, base: &Url, client: Client) -> Self {
        let authorization = format!("Bot {}", token.expose_secret().trim().trim_start_matches("Bot ")).into();
        Self { authorization, base: base.as_str().trim_end_matches('/').to_owned(), client }
    }

    /// The token with its scheme, for the gateway's own client.
    pub(super) fn authorization(&self) -> &SecretString {
        &self.authorization
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn get(&self, route: Route<'_>, params: Vec<(&'static str, String)>) -> Result<Value, Failure> {
        let params = if params.is_empty() { None } else { Some(params) };
        self.call(Request::new(route, LightMethod::Get).params(params)).await
    }

    pub(super) async fn delete(&self, route: Route<'_>) -> Result<(), Failure> {
        self.call(Request::new(route, LightMethod::Delete)).await.map(drop)
    }

    /// With a JSON body.
    pub(super) async fn with(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: &impl Serialize,
    ) -> Result<Value, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::Unmade(error.to_string()))?;
        self.call(Request::new(route, method).body(Some(body))).await
    }

    /// With a JSON body and a file beside it.
    pub(super) async fn with_file(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: &Value,
        name: &str,
        content: Vec<u8>,
    ) -> Result<Value, Failure> {
        let upload = MultipartUpload::Attachments(vec![CreateAttachment::bytes(content, name)]);
        let form = Multipart { upload, payload_json: Some(body.to_string()), fields: Vec::new() };
        self.call(Request::new(route, method).multipart(Some(form))).await
    }

    async fn call(&self, request: Request<'_>) -> Result<Value, Failure> {
        let built = request.build(&self.client, self.authorization.expose_secret(), Some(&self.base));
        let unmade = |_| Failure::Unmade("the request cannot be built: is DISCORD_TOKEN one line of text?".to_owned());
        answered(built.map_err(unmade)?).await
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let response = request.send().await.map_err(Failure::of_error)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = wire::whole(response).await?;
    if !status.is_success() {
        return Err(Failure::of_answer(status, &headers, &body));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|_| Failure::NoAnswer(format!("{status}, but no JSON")))
}
