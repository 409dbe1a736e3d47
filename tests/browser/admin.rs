//! What who runs it does on the admin pages, without scripts where it can be.

use std::io::Write as _;
use std::process::Stdio;

use coatcheck_world::{Fault, Shop, Sink};

use crate::cdp::{Browser, Tab};
use crate::looks::serious;
use crate::support::{House, PATIENCE, Service, page, seen};

const PASSWORD: &str = "correct horse battery";
const PAGES: [&str; 9] = [
    "/admin/shops",
    "/admin/shops/1",
    "/admin/shops/new",
    "/admin/deliveries",
    "/admin/people",
    "/admin/rooms",
    "/admin/lanes",
    "/admin/incidents",
    "/admin/audit",
];

/// The hash that the program makes of what is piped in.
fn hash(house: &House) -> String {
    let mut child = house
        .command(&["hash-password"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    writeln!(stdin, "{PASSWORD}").expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A shop with two jackets, of which one is tracked, and a service with a password.
fn opened() -> (Shop, House, Service) {
    let shop = Shop::open().expect("a shop");
    for handle in ["jacket", "coat"] {
        shop.stock(handle, "M", "Black", true);
    }
    let house = House::open(&[shop.host()]);
    let hash = hash(&house);
    let house = house.with("COATCHECK_ADMIN_PASSWORD_HASH", &hash);
    house.follow(&shop, "jacket");
    let service = house.serve();
    seen(&shop, "jacket");
    (shop, house, service)
}

async fn log_in(tab: &mut Tab, service: &Service) {
    tab.go(&format!("http://{}/admin/login", service.address())).await;
    tab.eval(&format!(
        "document.getElementById('password').value = '{PASSWORD}'; document.querySelector('main form button').click()"
    ))
    .await;
    tab.until("location.pathname === '/admin/shops' && document.readyState === 'complete'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_logs_in_looks_at_a_page_and_tracks_it() {
    let Some(browser) = Browser::open() else { return };
    let (shop, house, service) = opened();
    let mut tab = browser.tab().await;
    log_in(&mut tab, &service).await;
    tab.go(&format!("http://{}/admin/shops/new", service.address())).await;
    let coat = page(&shop, "coat");
    tab.eval(&format!(
        "document.getElementById('url').value = '{coat}'; document.querySelector('button[name=look]').click()"
    ))
    .await;
    tab.until("document.getElementById('seen') !== null && document.body?.innerText?.includes('1 product, 1 variant, read as shopify')").await;
    assert_eq!(house.json(&["shop", "list"]).as_array().map(Vec::len), Some(1), "a look stores nothing");
    tab.eval("document.querySelector('button[name=add]').click()").await;
    tab.until("location.pathname === '/admin/shops/2' && document.body?.innerText?.includes('It is tracked.')").await;
    house.until(&["shop", "list"], |sources| {
        sources.as_array().is_some_and(|all| all.iter().all(|it| it["variants"] == 1))
    });
    // The jq editor, through the worker: of another document of the same shop, before it is tracked.
    tab.go(&format!("http://{}/admin/shops/new", service.address())).await;
    tab.eval(&format!(
        "document.getElementById('url').value = '{coat}.js'; \
         document.getElementById('jq').value = '.variants[] | {{size: .option1, in_stock: true}}'; \
         document.querySelector('button[name=look]').click()"
    ))
    .await;
    tab.until("document.body?.innerText?.includes('jq[0].in_stock = true') === true").await;
    assert!(tab.troubles.is_empty(), "{:?}", tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_pages_fit_a_phone_and_axe_finds_nothing_serious() {
    let Some(browser) = Browser::open() else { return };
    let (_shop, _house, service) = opened();
    let mut tab = browser.tab().await;
    log_in(&mut tab, &service).await;
    for (width, dark) in [(320, false), (1280, true)] {
        tab.looks(width, dark).await;
        for page in PAGES {
            tab.go(&format!("http://{}{page}", service.address())).await;
            let wide = tab.content_width().await;
            assert!(wide <= f64::from(width), "{page} is {wide} wide on a screen of {width}");
            let found = serious(&mut tab).await;
            assert!(found.is_empty(), "{page}, {width} wide, dark {dark}: {found:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_tracks_comes_up_on_an_open_board() {
    let Some(browser) = Browser::open() else { return };
    let (shop, _house, service) = opened();
    shop.title("coat", "Rain Coat");
    let (mut board, mut tab) = (browser.tab().await, browser.tab().await);
    board.go(&format!("http://{}/", service.address())).await;
    board.until("document.getElementById('live').dataset.state === 'live'").await;
    board.eval("window.kept = true").await;
    log_in(&mut tab, &service).await;
    tab.go(&format!("http://{}/admin/shops/new", service.address())).await;
    let coat = page(&shop, "coat");
    tab.eval(&format!(
        "document.getElementById('url').value = '{coat}'; document.querySelector('button[name=add]').click()"
    ))
    .await;
    board.until("document.getElementById('part').textContent.includes('Rain Coat')").await;
    assert_eq!(board.eval("window.kept").await, true, "the page was loaded anew");
    assert!(board.troubles.is_empty() && tab.troubles.is_empty(), "{:?} {:?}", board.troubles, tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_an_admin_logs_in_tracks_a_page_and_puts_it_on_the_board() {
    let Some(browser) = Browser::open() else { return };
    let (shop, _house, service) = opened();
    shop.title("coat", "Rain Coat");
    let mut tab = browser.tab().await;
    tab.without_scripts().await;
    let at = |path: &str| format!("http://{}{path}", service.address());
    tab.go(&at("/admin/login")).await;
    tab.type_into("#password", PASSWORD).await;
    tab.press("main form button").await;
    tab.until_html("Every page that is tracked").await;
    tab.go(&at("/admin/shops/new")).await;
    tab.type_into("#url", &page(&shop, "coat")).await;
    tab.press("button[name=look]").await;
    tab.until_html("1 product, 1 variant, read as").await;
    tab.press("button[name=add]").await;
    tab.until_html("It is tracked.").await;
    tab.press("button[value=unlist]").await;
    tab.until_html("It is no longer on the public board.").await;
    tab.press("button[value=list]").await;
    tab.until_html("It is on the public board.").await;
    let began = std::time::Instant::now();
    loop {
        tab.go(&at("/?q=rain")).await;
        if tab.html().await.contains("In stock now: M Black") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "it is not on the board");
    }
    tab.go(&at("/admin/audit")).await;
    let audit = tab.html().await;
    for act in ["shop add", "shop unlist", "shop list", "log in"] {
        assert!(audit.contains(&format!("<td>{act}</td>")), "{act}: {audit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_sent_again_without_scripts() {
    let Some(browser) = Browser::open() else { return };
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    shop.stock("jacket", "M", "Black", false);
    let house = House::open(&[shop.host(), sink.host()]);
    let hash = hash(&house);
    let house = house.with("COATCHECK_ADMIN_PASSWORD_HASH", &hash);
    house.follow(&shop, "jacket");
    house.watch(&["jacket"], &sink.url("/hook"));
    sink.plan([Some(Fault::status(400))]);
    let service = house.serve();
    seen(&shop, "jacket");
    shop.stock("jacket", "M", "Black", true);
    house.until(&["deliveries", "--state", "dead"], |dead| dead.as_array().is_some_and(|all| all.len() == 1));
    let mut tab = browser.tab().await;
    tab.without_scripts().await;
    tab.go(&format!("http://{}/admin/login", service.address())).await;
    tab.type_into("#password", PASSWORD).await;
    tab.press("main form button").await;
    tab.until_html("Every page that is tracked").await;
    tab.go(&format!("http://{}/admin/deliveries?state=dead", service.address())).await;
    tab.press("form.act button").await;
    tab.until_html("It will be sent again by the running service.").await;
    house.until(&["deliveries"], |all| all[0]["state"] == "sent");
    assert_eq!(sink.distinct(), 1);
}
