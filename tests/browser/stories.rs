//! What people see happen.

use coatcheck_world::Shop;

use crate::cdp::Browser;
use crate::support::{House, Service, seen};

/// A shop with a jacket of two sizes, and a service that follows it.
pub(crate) fn opened() -> (Shop, House, Service) {
    let shop = Shop::open().expect("a shop");
    shop.stock("jacket", "M", "Black", false);
    shop.stock("jacket", "L", "Black", true);
    shop.title("jacket", "Corps Jacket");
    let house = House::open(&[shop.host()]);
    house.follow(&shop, "jacket");
    let service = house.serve();
    seen(&shop, "jacket");
    (shop, house, service)
}

/// What the cell of a size says.
fn cell(size: &str) -> String {
    format!("[...document.querySelectorAll('.cell')].find((it) => it.querySelector('b').textContent === '{size}')")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_comes_back_is_shown_in_all_tabs_without_a_reload_over_one_stream() {
    let Some(browser) = Browser::open() else { return };
    let (shop, _house, service) = opened();
    let board = format!("http://{}/", service.address());
    let (mut one, mut other) = (browser.tab().await, browser.tab().await);
    for tab in [&mut one, &mut other] {
        tab.go(&board).await;
        tab.until("document.getElementById('live').dataset.state === 'live'").await;
        tab.eval("window.kept = true").await;
        tab.until(&format!("{}.dataset.look === 'out'", cell("M"))).await;
    }
    let (_, metrics) = service.get("/metrics");
    assert!(metrics.contains("coatcheck_open_pages 1\n"), "{metrics}");
    shop.stock("jacket", "M", "Black", true);
    for tab in [&mut one, &mut other] {
        tab.until(&format!("{}.dataset.look === 'here'", cell("M"))).await;
        tab.until("document.getElementById('said').textContent.includes('In stock now: M Black')").await;
        assert_eq!(tab.eval("window.kept").await, true, "the page was loaded anew");
        assert!(tab.troubles.is_empty(), "{:?}", tab.troubles);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_page_follows_too_and_keeps_the_focus() {
    let Some(browser) = Browser::open() else { return };
    let (shop, _house, service) = opened();
    let mut tab = browser.tab().await;
    tab.go(&format!("http://{}/p/1-corps-jacket", service.address())).await;
    tab.until("document.getElementById('live').dataset.state === 'live'").await;
    tab.eval("document.getElementById('csv').focus(); window.kept = true").await;
    shop.stock("jacket", "M", "Black", true);
    tab.until("document.querySelector('[aria-labelledby=back] tbody')?.textContent.includes('M / Black') === true")
        .await;
    assert_eq!(tab.eval("[window.kept, document.activeElement.id]").await, serde_json::json!([true, "csv"]));
    assert!(tab.troubles.is_empty(), "{:?}", tab.troubles);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_everything_is_there() {
    let Some(browser) = Browser::open() else { return };
    let (_shop, _house, service) = opened();
    let mut tab = browser.tab().await;
    tab.without_scripts().await;
    tab.go(&format!("http://{}/?q=corps&show=in-stock", service.address())).await;
    let html = tab.html().await;
    for words in ["In stock now: L Black", "Corps Jacket", "/p/1-corps-jacket"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}
