//! Calls this service by the address that the world sees: does it lead here, and is what is not signed refused?

use reqwest::StatusCode;
use url::Url;

use super::App;
use super::platforms::client;

/// Longer answers are not ours.
const MOST: usize = 4096;

/// An address that was called: what came of it, or what is wrong.
pub type Reached = (String, Result<String, String>);

impl App {
    /// Calls `PUBLIC_URL`: its health page, and each address to which a platform posts, without a signature. Nothing where
    /// it is not set.
    pub async fn reach_itself(&self) -> Vec<Reached> {
        let Some(public) = &self.settings.public_url else { return Vec::new() };
        let Ok(http) = client() else { return Vec::new() };
        let mut reached = vec![health(&http, public).await];
        if reached[0].1.is_ok() {
            for path in self.platforms.hook_paths() {
                reached.push(unsigned(&http, public, path).await);
            }
        }
        reached
    }
}

fn beneath(public: &Url, path: &str) -> String {
    format!("{}/{}", public.as_str().trim_end_matches('/'), path.trim_start_matches('/'))
}

async fn health(http: &reqwest::Client, public: &Url) -> Reached {
    let address = beneath(public, "/healthz");
    let answer = match http.get(&address).send().await {
        Ok(answer) => answer,
        Err(why) => return (address, Err(format!("cannot be reached: {}", cause(&why)))),
    };
    let status = answer.status();
    let is_small = answer.content_length().is_some_and(|length| length <= MOST as u64);
    let text = if is_small { answer.text().await.unwrap_or_default() } else { String::new() };
    let is_ours = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|body| body.get("stuck").is_some());
    let said = match (is_ours, status.is_redirection()) {
        (true, _) => Ok("leads here".to_owned()),
        (false, true) => Err(format!("answers {} and leads elsewhere", status.as_u16())),
        (false, false) => Err(format!("answers {}, which is not CoatCheck", status.as_u16())),
    };
    (address, said)
}

/// Ours refuses it; a proxy that does not know the path has not found it.
async fn unsigned(http: &reqwest::Client, public: &Url, path: &str) -> Reached {
    let address = beneath(public, path);
    let said = match http.post(&address).header("content-type", "application/json").body("{}").send().await {
        Err(why) => Err(format!("cannot be reached: {}", cause(&why))),
        Ok(answer) => match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                Ok("refuses what is not signed".to_owned())
            }
            status if status.is_success() => Err(format!("takes what is not signed ({})", status.as_u16())),
            status => Err(format!("answers {}", status.as_u16())),
        },
    };
    (address, said)
}

/// The innermost words: "Connection refused" and not what wraps it.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
