//! Signing up in a real browser: by text, with and without scripts, and by a notification of the browser itself.

use std::net::TcpListener;

use coatcheck_world::{Fault, Order, PushService, Shop, Twilio};
use serde_json::json;

use crate::cdp::{Browser, Tab};
use crate::looks::serious;
use crate::support::{House, PATIENCE, Service, seen};

const ANN: &str = "+14155550123";
const PAGE: &str = "/p/1-corps-jacket/watch";
/// What is shown by this browser now.
const SHOWN: &str = "navigator.serviceWorker.ready.then((it) => it.getNotifications())";

/// A shop that sold out of M, somebody who texts, a push service, and a service that knows all of them.
struct Street {
    shop: Shop,
    twilio: Twilio,
    push: PushService,
    house: House,
    service: Service,
}

impl Street {
    fn open() -> Self {
        let shop = Shop::open().expect("a shop");
        shop.stock("jacket", "M", "Black", false);
        shop.stock("jacket", "L", "Black", false);
        shop.title("jacket", "Corps Jacket");
        let (twilio, push) = (Twilio::open().expect("a Twilio"), PushService::open().expect("a push service"));
        let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string();
        twilio.set_hook(&format!("http://{address}/hooks/twilio/sms"));
        let house = House::open(&[shop.host(), push.host()])
            .with("LISTEN_ADDR", &address)
            .with("PUBLIC_URL", &format!("http://{address}"))
            .with("TWILIO_API_BASE", &twilio.base())
            .with("TWILIO_ACCOUNT_SID", twilio.account_sid())
            .with("TWILIO_AUTH_TOKEN", twilio.auth_token())
            .with("TWILIO_FROM", twilio.number())
            .with("SMS_HOURS", "0-24");
        house.follow(&shop, "jacket");
        let service = house.serve();
        seen(&shop, "jacket");
        Self { shop, twilio, push, house, service }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.address())
    }

    /// The digits of the first text to Ann.
    async fn code(&self) -> String {
        self.twilio.wait_seen(ANN, 1, PATIENCE).await;
        let text = self.twilio.seen(ANN);
        let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
        code.unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    /// A tab on the sign-up page, in a browser that may show notifications or not. There is no push service in a test browser:
    /// what it would subscribe to is ours.
    async fn tab(&self, browser: &Browser, permission: &str) -> Tab {
        let mut tab = browser.tab().await;
        let setting =
            json!({ "permission": { "name": "notifications" }, "setting": permission, "origin": self.url("") });
        tab.call("Browser.setPermission", setting).await;
        let (endpoint, p256dh, auth) = (self.push.endpoint(), self.push.p256dh(), self.push.auth());
        let stub = format!(
            "PushManager.prototype.subscribe = async (options) => {{ window.asked = options.applicationServerKey.length; \
             return {{ toJSON: () => ({{ endpoint: '{endpoint}', keys: {{ p256dh: '{p256dh}', auth: '{auth}' }} }}) }}; }}"
        );
        tab.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": stub })).await;
        tab.looks(390, false).await;
        tab.go(&self.url(PAGE)).await;
        tab
    }
}

/// Clicks, and waits for the next page.
async fn click(tab: &mut Tab, what: &str, then: &str) {
    tab.eval(&format!("document.querySelector({what:?}).click()")).await;
    tab.until(&format!("document.readyState === 'complete' && document.querySelector('h1')?.textContent === {then:?}"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_signs_up_by_phone_is_texted_when_the_size_is_back() {
    let Some(browser) = Browser::open() else { return };
    let street = Street::open();
    let mut tab = browser.tab().await;
    tab.looks(390, false).await;
    tab.go(&street.url(PAGE)).await;
    tab.eval("document.querySelector('[value=M]').click(); document.getElementById('phone').value = '(415) 555-0123'")
        .await;
    click(&mut tab, "button[value=phone]", "Type your code").await;
    assert!(tab.content_width().await <= 390.0);
    let code = street.code().await;
    tab.eval(&format!("document.getElementById('code').value = '{code}'")).await;
    click(&mut tab, "form.sign-up button", "You're signed up").await;
    street.shop.stock("jacket", "M", "Black", true);
    street.twilio.wait_seen(ANN, 2, PATIENCE).await;
    let texted = street.twilio.seen(ANN);
    assert!(texted.contains("Back in stock: Corps Jacket"), "{texted}");
    click(&mut tab, "a[href^='/m/']", "Your watches").await;
    click(&mut tab, ".mine button", "Your watches").await;
    tab.until("document.body.innerText.includes('That watch is stopped.')").await;
    assert!(tab.troubles.is_empty(), "{:?}", tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_up_and_shows_what_is_pushed() {
    let Some(browser) = Browser::open() else { return };
    let street = Street::open();
    let mut tab = street.tab(&browser, "granted").await;
    tab.eval("document.querySelector('[value=M]').click(); document.querySelector('#push button').click()").await;
    tab.until("document.getElementById('push-said').textContent.includes('Watching Corps Jacket — M.')").await;
    assert_eq!(tab.eval("window.asked").await, 65, "the key of the service");
    assert!(tab.content_width().await <= 390.0);
    let found = serious(&mut tab).await;
    assert!(found.is_empty(), "{found:#?}");
    street.shop.stock("jacket", "M", "Black", true);
    street.push.wait_for(1, PATIENCE).await.expect("it is pushed");
    let pushed = street.push.read().pop().expect("it can be read");
    assert!(pushed.contains("Back in stock: Corps Jacket"), "{pushed}");
    let registration = tab.worker(&street.url("/")).await;
    let push = json!({ "origin": street.url(""), "registrationId": registration, "data": pushed });
    tab.call("ServiceWorker.deliverPushMessage", push).await;
    tab.until(&format!("{SHOWN}.then((all) => all.length === 1)")).await;
    let shown = tab.eval(&format!("{SHOWN}.then(([it]) => [it.title, it.body, it.data.url, it.data.manage])")).await;
    assert_eq!(shown[0], "Back in stock: Corps Jacket");
    assert!(shown[1].as_str().is_some_and(|body| body.starts_with("M / Black, ")), "{shown}");
    assert!(shown[2].as_str().is_some_and(|url| url.starts_with(&street.shop.url("/products/jacket"))), "{shown}");
    tab.go(&street.url(shown[3].as_str().expect("a page of its watches"))).await;
    tab.until("document.querySelector('h1').textContent === 'Your watches'").await;
    assert!(tab.troubles.is_empty(), "{:?}", tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_its_push_service_no_longer_knows_is_pushed_to_no_more() {
    let Some(browser) = Browser::open() else { return };
    let street = Street::open();
    let mut tab = street.tab(&browser, "granted").await;
    tab.eval("document.querySelector('[value=every]').click(); document.querySelector('#push button').click()").await;
    tab.until("document.getElementById('push-said').textContent.includes('Watching Corps Jacket')").await;
    street.push.order(Order::on("/push/1", Fault::too_many(1)).times(1));
    street.push.order(Order::on("/push/1", Fault::status(410)).times(1));
    street.shop.stock("jacket", "M", "Black", true);
    street.push.wait_for(2, PATIENCE).await.expect("it is tried again after Retry-After");
    let state = |rows: &serde_json::Value| rows.to_string().contains("\"dead\"") || rows.to_string().contains("gone");
    street.house.until(&["deliveries"], state);
    street.shop.stock("jacket", "L", "Black", true);
    seen(&street.shop, "jacket");
    assert_eq!(street.push.heard().len(), 2, "nothing more is asked of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_refuses_notifications_says_what_to_do() {
    let Some(browser) = Browser::open() else { return };
    let street = Street::open();
    let mut tab = street.tab(&browser, "denied").await;
    tab.eval("document.querySelector('#push button').click()").await;
    tab.until("document.getElementById('push-said').textContent.includes('Notifications from this site are blocked')")
        .await;
    assert!(street.push.heard().is_empty() && tab.troubles.is_empty(), "{:?}", tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_form_is_there_and_the_button_of_the_browser_is_not() {
    let Some(browser) = Browser::open() else { return };
    let street = Street::open();
    let mut tab = browser.tab().await;
    tab.without_scripts().await;
    tab.go(&street.url(PAGE)).await;
    let html = tab.html().await;
    let push = html.split_once("id=\"push\"").expect("it is there").1.split('>').next().expect("a tag");
    assert!(html.contains("Text me a code") && push.contains("hidden"), "{html}");
}
