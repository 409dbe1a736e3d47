//! What stands around the program (variables, hooks that people name) does not lead it astray.

mod support;

use coatcheck_world::{Shop, Sink};
use support::{House, page};

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let (shop, proxy) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    shop.stock("jacket", "M", "", true);
    let mut house = House::open(&[shop.host(), proxy.host()]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        house = house.with(name, &proxy.url("/"));
    }
    let check = house.done(&["check", &page(&shop, "jacket")]);
    assert!(check.contains('M'), "{check}");
    assert_eq!(proxy.heard().len(), 0, "a proxy would see, and choose, what we are told");
}

/// The guard of the shops stands before hooks, in every spelling.
#[test]
fn hooks_that_lead_inside_are_refused() {
    let shop = Shop::open().expect("a shop");
    shop.stock("jacket", "M", "", false);
    let house = House::open(&[shop.host()]);
    house.follow(&shop, "jacket");
    for hook in [
        "http://127.0.0.1/",
        "http://127.1/hook",
        "https://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://0x7f.1/",
        "http://１２７.0.0.1/",
        "https://user:secret@hooks.example/",
        "https://hooks.example:8443/",
    ] {
        let out = house.run(&["watch", "add", "jacket", "--to", &format!("webhook:{hook}")]);
        assert!(matches!(out.status, 2 | 4) && out.stdout.is_empty(), "{hook}: {out:?}");
    }
    assert_eq!(house.json(&["watch", "list"]), serde_json::json!([]));
}
