//! Every page at every width, light and dark: nothing sticks out, and axe has nothing serious to say.

use serde_json::Value;

use crate::cdp::{Browser, Tab};
use crate::stories::opened;

const PAGES: [&str; 10] = [
    "/",
    "/?q=nothing+like+it",
    "/p/1-corps-jacket",
    "/p/1-corps-jacket?range=all",
    "/p/1-corps-jacket/watch?v=1",
    "/status",
    "/api",
    "/privacy",
    "/terms",
    "/nothing",
];
const AXE: &str = include_str!("axe.min.js");

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_a_phone() {
    let Some(browser) = Browser::open() else { return };
    let (_shop, _house, service) = opened();
    let mut tab = browser.tab().await;
    for width in [320, 390, 1280] {
        tab.looks(width, false).await;
        for page in PAGES {
            tab.go(&format!("http://{}{page}", service.address())).await;
            let wide = tab.content_width().await;
            assert!(wide <= f64::from(width), "{page} is {wide} wide on a screen of {width}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_serious_on_any_page() {
    let Some(browser) = Browser::open() else { return };
    let (_shop, _house, service) = opened();
    let mut tab = browser.tab().await;
    for (width, dark) in [(390, false), (390, true), (1280, false)] {
        tab.looks(width, dark).await;
        for page in PAGES {
            tab.go(&format!("http://{}{page}", service.address())).await;
            let found = serious(&mut tab).await;
            assert!(found.is_empty(), "{page}, {width} wide, dark {dark}: {found:#?}");
        }
    }
}

/// What axe finds that is serious or worse.
pub(crate) async fn serious(tab: &mut Tab) -> Vec<Value> {
    tab.eval(&format!("{AXE}; 0")).await;
    let script = "axe.run().then((found) => found.violations.filter((it) => it.impact === 'serious' || it.impact === 'critical')\
                  .map((it) => ({ id: it.id, help: it.help, nodes: it.nodes.map((node) => node.html + ' ' + node.failureSummary) })))";
    tab.eval(script).await.as_array().cloned().unwrap_or_default()
}
