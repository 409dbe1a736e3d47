//! A browser, and its pages: as much of the DevTools protocol as the stories need.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::PATIENCE;

const NAMES: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

/// A running browser with nothing in it.
pub(crate) struct Browser {
    child: Child,
    address: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one. Nothing where there is none, unless this is the build machine.
    pub(crate) fn open() -> Option<Self> {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let started = NAMES.iter().find_map(|name| start(name, &profile).ok());
        let Some(mut child) = started else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "there is no Chromium");
            #[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
            {
                eprintln!("left out: there is no Chromium (Debian's package chromium)");
            }
            return None;
        };
        let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned))
            .expect("it says where it listens");
        Some(Self { child, address, _profile: profile })
    }

    /// A new tab.
    pub(crate) async fn tab(&self) -> Tab {
        let (socket, _) = connect_async(&self.address).await.expect("it listens");
        let mut tab = Tab { socket, next: 0, session: None, loaded: false, workers: Vec::new(), troubles: Vec::new() };
        let target = tab.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = tab.call("Target.attachToTarget", attach).await;
        tab.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(name: &str, profile: &TempDir) -> std::io::Result<Child> {
    Command::new(name)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
        ])
        .args(["--no-first-run", "--disable-background-networking", "--remote-allow-origins=*", "about:blank"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// A tab of it.
pub(crate) struct Tab {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
    session: Option<String>,
    /// Was all of the last address loaded?
    loaded: bool,
    /// Service workers: where they serve, and their registrations.
    workers: Vec<(String, String)>,
    /// What went wrong in it: scripts that threw, requests that were refused, errors of the console.
    pub(crate) troubles: Vec<String>,
}

impl Tab {
    /// Asks the browser for something.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.answer(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same where the page may leave for another one meanwhile: what is asked of the old one is an error then.
    async fn answer(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::Text(message.to_string())).await.expect("it listens");
        let answer = async {
            loop {
                let message = self.socket.next().await.expect("it lives").expect("it answers");
                let Some(message) = self.hear(&message) else { continue };
                if message["id"] == json!(self.next) {
                    let error = &message["error"];
                    return if error.is_null() { Ok(message["result"].clone()) } else { Err(error.clone()) };
                }
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("no answer to {method}"))
    }

    /// Takes in what the browser says of its own accord.
    fn hear(&mut self, message: &Message) -> Option<Value> {
        let Message::Text(text) = message else { return None };
        let message: Value = serde_json::from_str(text).expect("JSON");
        self.loaded |= message["method"] == "Page.loadEventFired";
        self.troubles.extend(trouble(&message));
        self.workers.extend(workers(&message));
        Some(message)
    }

    /// Opens an address and waits until all of it is there.
    pub(crate) async fn go(&mut self, address: &str) {
        self.loaded = false;
        self.call("Page.navigate", json!({ "url": address })).await;
        let began = Instant::now();
        while !self.loaded {
            assert!(began.elapsed() < PATIENCE, "{address} is not loaded");
            if let Ok(event) = tokio::time::timeout(Duration::from_millis(100), self.socket.next()).await {
                self.hear(&event.expect("it lives").expect("it tells"));
            }
        }
    }

    /// What a script in the page comes to; nothing where the page was left by it.
    pub(crate) async fn eval(&mut self, script: &str) -> Value {
        self.came_to(script).await.unwrap_or_else(|thrown| panic!("{script:.200}: {thrown}"))
    }

    /// The same, or what it threw.
    async fn came_to(&mut self, script: &str) -> Result<Value, Value> {
        let params = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let result = match self.answer("Runtime.evaluate", params).await {
            Ok(result) => result,
            Err(error) if error.to_string().contains("navigated") => return Ok(Value::Null),
            Err(error) => return Err(error),
        };
        let thrown = &result["exceptionDetails"];
        if thrown.is_null() { Ok(result["result"]["value"].clone()) } else { Err(thrown.clone()) }
    }

    /// Waits until a script says `true`. While a page is still coming, what it asks for may not be there yet.
    pub(crate) async fn until(&mut self, script: &str) {
        let began = Instant::now();
        loop {
            let came_to = self.came_to(script).await;
            if came_to == Ok(json!(true)) {
                return;
            }
            if began.elapsed() >= PATIENCE {
                let text = self.eval("document.body.innerText").await;
                panic!("it never was: {script} ({came_to:?})\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Clicks what is found by a selector, as a finger or a mouse does: also where scripts do not run.
    pub(crate) async fn press(&mut self, selector: &str) {
        let node = self.node(selector).await;
        self.call("DOM.scrollIntoViewIfNeeded", json!({ "nodeId": node })).await;
        let quads = self.call("DOM.getContentQuads", json!({ "nodeId": node })).await;
        let corner = |at: usize| quads["quads"][0][at].as_f64().expect("it is shown");
        let (x, y) = (f64::midpoint(corner(0), corner(4)), f64::midpoint(corner(1), corner(5)));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types into a field.
    pub(crate) async fn type_into(&mut self, selector: &str, text: &str) {
        let node = self.node(selector).await;
        self.call("DOM.focus", json!({ "nodeId": node })).await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    async fn node(&mut self, selector: &str) -> Value {
        let root = self.call("DOM.getDocument", json!({})).await;
        let asked = json!({ "nodeId": root["root"]["nodeId"], "selector": selector });
        let found = self.call("DOM.querySelector", asked).await;
        assert_ne!(found["nodeId"], 0, "there is no {selector}");
        found["nodeId"].clone()
    }

    /// Waits until the document has these words, also where scripts do not run.
    pub(crate) async fn until_html(&mut self, words: &str) {
        let began = Instant::now();
        loop {
            let html = self.html().await;
            if html.contains(words) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it never had {words:?}: {html}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The whole document, also where scripts do not run; nothing while one page makes room for the next.
    pub(crate) async fn html(&mut self) -> String {
        let root = self.call("DOM.getDocument", json!({})).await;
        let html = self.answer("DOM.getOuterHTML", json!({ "nodeId": root["root"]["nodeId"] })).await;
        html.unwrap_or_default()["outerHTML"].as_str().unwrap_or_default().to_owned()
    }

    /// The registration of the service worker of this scope, once there is one.
    pub(crate) async fn worker(&mut self, scope: &str) -> String {
        self.call("ServiceWorker.enable", json!({})).await;
        let began = Instant::now();
        loop {
            if let Some((_, id)) = self.workers.iter().find(|(serves, _)| serves == scope) {
                return id.clone();
            }
            assert!(began.elapsed() < PATIENCE, "no service worker for {scope}: {:?}", self.workers);
            self.eval("0").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A window of this size, as of a phone where it is narrow; dark or light.
    pub(crate) async fn looks(&mut self, width: u32, dark: bool) {
        let size = json!({ "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// How wide the content is, in CSS pixels.
    pub(crate) async fn content_width(&mut self) -> f64 {
        let metrics = self.call("Page.getLayoutMetrics", json!({})).await;
        metrics["cssContentSize"]["width"].as_f64().unwrap_or_default()
    }

    /// From now on no page runs a script.
    pub(crate) async fn without_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }
}

fn trouble(message: &Value) -> Option<String> {
    match message["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(message["params"]["exceptionDetails"].to_string()),
        "Log.entryAdded" if message["params"]["entry"]["level"] == "error" => {
            Some(message["params"]["entry"]["text"].to_string() + " " + &message["params"]["entry"]["url"].to_string())
        }
        _ => None,
    }
}

fn workers(message: &Value) -> Vec<(String, String)> {
    if message["method"] != "ServiceWorker.workerRegistrationUpdated" {
        return Vec::new();
    }
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = message["params"]["registrations"].as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (word(&one["scopeURL"]), word(&one["registrationId"]))).collect()
}
