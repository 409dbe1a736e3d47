//! What the commands say and how they end: 0 done, 1 failed, 2 usage, 3 could not be read, 4 refused.

mod support;

use coatcheck_world::{Etag, Fault, Order, Shop};
use support::{House, Out, page};

/// Jacket in two sizes, M sold out.
fn shop() -> Shop {
    let shop = Shop::open().expect("a shop");
    shop.title("jacket", "Corps Jacket");
    shop.stock("jacket", "M", "Black", false);
    shop.stock("jacket", "L", "Black", true);
    shop
}

/// What a command said, without what differs from run to run: this house's folder, the shop's port.
fn said(house: &House, shop: Option<&Shop>, out: &Out) -> String {
    let text = format!("exit {}\n{}{}", out.status, out.stdout, out.stderr);
    let text = text.replace(&house.folder().display().to_string(), "FOLDER");
    let text = shop.map_or_else(|| text.clone(), |shop| text.replace(&shop.host(), "SHOP"));
    text.trim_end().to_owned()
}

fn ask(house: &House, arguments: &[&str]) -> String {
    said(house, None, &house.run(arguments))
}

#[test]
fn bad_settings_are_said_all_at_once() {
    let house = House::open(&[])
        .with("COATCHECK_INTERVAL", "soon")
        .with("COATCHECK_QUIET_FOR", "-1s")
        .with("COATCHECK_HOST_CONCURRENCY", "0")
        .with("COATCHECK_ALLOW_HOSTS", "http://x/y")
        .with("LISTEN_ADDR", "everywhere")
        .with("DATABASE_URL", "mysql://x");
    for command in [&["serve"][..], &["shop", "list"], &["doctor"], &["migrate"], &["demo"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(ask(&house, command), @"");
        }
    }
}

#[test]
fn settings_at_odds_with_each_other_or_the_machine() {
    let house = House::open(&[]);
    let log = House::open(&[]).with("COATCHECK_LOG", "=loud=");
    insta::assert_snapshot!(ask(&log, &["serve"]), @"");
    let short = House::open(&[]).with("COATCHECK_INTERVAL", "1s");
    insta::assert_snapshot!(ask(&short, &["serve"]), @"");
    let file = House::open(&[]).with("DATABASE_URL_FILE", "/nowhere/url");
    insta::assert_snapshot!(ask(&file, &["shop", "list"]), @"");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = house.with("LISTEN_ADDR", &address);
    insta::assert_snapshot!(ask(&house, &["serve"]).replace(&address, "ADDRESS"), @"");
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let house = House::open(&[]);
    std::fs::write(house.path("letter.txt"), "Dear database,").unwrap();
    let url = |name: &str| format!("sqlite://{}", house.path(name).display());
    let (nowhere, letter) = (url("no/such/folder/a.db"), url("letter.txt"));
    for command in [&["shop", "list"][..], &["serve"], &["migrate"], &["deliveries"], &["doctor"]] {
        let at = |url: &str| {
            let output = house.command(command).env("DATABASE_URL", url).output().expect("the binary starts");
            let out = Out {
                status: output.status.code().unwrap_or(-1),
                stdout: String::new(),
                stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            };
            assert_eq!(output.stdout, b"", "{command:?}");
            said(&house, None, &out)
        };
        insta::allow_duplicates! {
            insta::assert_snapshot!(at(&nowhere), @"");
            insta::assert_snapshot!(at(&letter), @"");
        }
    }
    assert_eq!(std::fs::read_to_string(house.path("letter.txt")).unwrap(), "Dear database,");
}

#[test]
fn a_second_service_on_the_file_is_refused_and_told_which_process_holds_it() {
    let house = House::open(&[]);
    let service = house.serve();
    for command in ["serve", "migrate"] {
        let text = ask(&house, &[command]).replace(&service.id().to_string(), "PID");
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @"");
        }
    }
    assert_eq!(house.run(&["shop", "list"]).status, 0);
    assert!(service.stop().success());
    assert!(house.serve().stop().success(), "the lock outlived its holder");
}

#[test]
fn addresses_that_are_none_or_not_ours() {
    let house = House::open(&[]);
    let outs = [
        &["shop", "add", "jacket"][..],
        &["shop", "add", "ftp://shop.example/jacket"],
        &["shop", "add", "http://10.0.0.1/jacket"],
        &["shop", "add", "http://127.0.0.1:9/jacket"],
        &["shop", "add", "https://shop.example/jacket", "--interval", "1s"],
        &["shop", "add", "https://shop.example/jacket", "--interval", "often"],
        &["shop", "add", "https://shop.example/jacket", "--reader", "tarot"],
        &["shop", "add", "https://shop.example/jacket", "--header", "no colon"],
        &["shop", "pause", "nowhere"],
    ]
    .map(|arguments| ask(&house, arguments));
    insta::assert_snapshot!(outs.join("\n\n"), @"");
    assert_eq!(house.json(&["shop", "list"]), serde_json::json!([]));
}

#[test]
fn products_sizes_and_destinations_that_are_not_there() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    house.follow(&shop, "jacket");
    let outs = [
        &["watch", "add", "jackte", "--to", "console:"][..],
        &["watch", "add", "boots", "--to", "console:"],
        &["watch", "add", "jacket", "--size", "XXXS", "--to", "console:"],
        &["watch", "add", "jacket", "--to", "pigeon:coo"],
        &["watch", "add", "jacket", "--to", "discord:123"],
        &["watch", "add", "jacket", "--to", "webhook:http://192.168.0.1/hook"],
        &["watch", "add", "jacket"],
        &["watch", "remove", "99"],
        &["history", "boots"],
        &["deliveries", "--state", "lost"],
        &["deliveries", "replay", "99"],
        &["send-test", "--to", "console:", "--wait", "300ms"],
    ]
    .map(|arguments| said(&house, Some(&shop), &house.run(arguments)));
    insta::assert_snapshot!(outs.join("\n\n"), @"");
}

#[test]
fn what_cannot_be_read_says_why_and_ends_with_3() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    let mut outs = vec![said(&house, Some(&shop), &house.run(&["check", &page(&shop, "boots")]))];
    for fault in [Fault::status(500), Fault::bot_wall(), Fault::another_shape()] {
        shop.order(Order::goods(fault));
        outs.push(said(&house, Some(&shop), &house.run(&["check", &page(&shop, "jacket"), "--json"])));
        shop.lift();
    }
    let jq = ["check", &shop.url("/stock.json"), "--jq", ".[] |"];
    outs.push(said(&house, Some(&shop), &house.run(&jq)));
    insta::assert_snapshot!(outs.join("\n\n"), @"");
    let robots = Shop::open().unwrap();
    robots.stock("jacket", "M", "", true);
    robots.robots("User-agent: *\nDisallow: /products");
    let house = house.with("COATCHECK_ALLOW_HOSTS", &robots.host());
    insta::assert_snapshot!(said(&house, Some(&robots), &house.run(&["check", &page(&robots, "jacket")])), @"");
}

#[test]
fn check_reads_and_stores_nothing() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    let out = house.run(&["check", &page(&shop, "jacket")]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"");
    let out = house.run(&["check", &page(&shop, "jacket"), "--explain"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"");
    let program = "to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .purchasable}";
    let out = house.run(&["check", &shop.url("/stock.json"), "--jq", program]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"");
    assert_eq!(std::fs::read_dir(house.folder()).unwrap().count(), 0, "check left something behind");
}

#[test]
fn check_for_machines_has_the_documented_shape() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    shop.change(|goods| goods.withdraw("jacket", "L", "Black"));
    let out = house.run(&["check", &page(&shop, "jacket"), "--json"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"");
    let explained = house.json(&["check", &page(&shop, "jacket"), "--explain"]);
    insta::assert_snapshot!(explained["products"][0]["variants"][0]["evidence"], @"");
}

#[test]
fn following_says_what_was_read_and_is_listed() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    shop.etag(Etag::Honest);
    let out = house.run(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", "1s"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"");
    let outs =
        [&["watch", "add", "jacket", "--size", "m,L", "--to", "console:"][..], &["watch", "list"], &["deliveries"]]
            .map(|arguments| ask(&house, arguments).replace(&shop.host(), "SHOP"));
    insta::assert_snapshot!(outs.join("\n\n"), @"");
}

#[test]
fn every_command_has_an_example() {
    let house = House::open(&[]);
    let commands = [
        "demo",
        "serve",
        "check",
        "shop add",
        "shop list",
        "shop remove",
        "shop pause",
        "shop resume",
        "watch add",
        "watch list",
        "watch remove",
        "history",
        "deliveries",
        "deliveries replay",
        "send-test",
        "doctor",
        "migrate",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = house.done(&arguments);
        assert!(help.contains(&format!("Example:\n  ")) && help.contains(&format!("coatcheck {command}")), "{help}");
    }
    assert!(house.done(&["--help"]).contains("coatcheck demo"));
}
