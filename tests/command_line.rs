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
            insta::assert_snapshot!(ask(&house, command), @r#"
            exit 2
            coatcheck: LISTEN_ADDR="everywhere" cannot be read; it takes an address and port, like 127.0.0.1:8080
            COATCHECK_INTERVAL="soon" cannot be read; it takes a time like 60s, 15m or 2h
            COATCHECK_ALLOW_HOSTS="http://x/y" cannot be read; it takes hosts like shop.example or 127.0.0.1:3000, parted by commas
            COATCHECK_QUIET_FOR="-1s" cannot be read; it takes a time like 60s, 15m or 2h
            COATCHECK_HOST_CONCURRENCY=0 cannot be; it takes a whole number from 1 to 64
            DATABASE_URL must start with sqlite:// or postgres://
            "#);
        }
    }
}

#[test]
fn settings_at_odds_with_each_other_or_the_machine() {
    let house = House::open(&[]);
    let log = House::open(&[]).with("COATCHECK_LOG", "=loud=");
    insta::assert_snapshot!(ask(&log, &["serve"]), @r#"
    exit 2
    coatcheck: COATCHECK_LOG="=loud=" cannot be read: invalid filter directive
    "#);
    let short = House::open(&[]).with("COATCHECK_INTERVAL", "1s");
    insta::assert_snapshot!(ask(&short, &["serve"]), @"
    exit 2
    coatcheck: COATCHECK_INTERVAL is shorter than 30s, which no shop but your own is asked to bear; list your own in COATCHECK_ALLOW_HOSTS and give them --interval
    ");
    let file = House::open(&[]).with("DATABASE_URL_FILE", "/nowhere/url");
    insta::assert_snapshot!(ask(&file, &["shop", "list"]), @"
    exit 2
    coatcheck: DATABASE_URL and DATABASE_URL_FILE are both set; keep one
    DATABASE_URL_FILE: /nowhere/url cannot be read: No such file or directory (os error 2)
    ");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = house.with("LISTEN_ADDR", &address).with("COATCHECK_LOG", "error");
    insta::assert_snapshot!(ask(&house, &["serve"]).replace(&address, "ADDRESS"), @"
    exit 1
    coatcheck: LISTEN_ADDR ADDRESS cannot be used: Address already in use (os error 98)
    ");
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let house = House::open(&[]);
    std::fs::write(house.path("letter.txt"), "Dear database,").unwrap();
    let url = |name: &str| format!("sqlite://{}", house.path(name).display());
    let (nowhere, letter) = (url("no/such/folder/a.db"), url("letter.txt"));
    for command in [&["shop", "list"][..], &["serve"], &["deliveries"], &["doctor"]] {
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
            insta::assert_snapshot!(at(&nowhere), @r#"
            exit 1
            coatcheck: DATABASE_URL "sqlite://FOLDER/no/such/folder/a.db" cannot be opened: (code: 14) unable to open database file; is its folder there, and may this user write in it?
            "#);
            insta::assert_snapshot!(at(&letter), @r#"
            exit 1
            coatcheck: DATABASE_URL "sqlite://FOLDER/letter.txt" cannot be opened: (code: 26) file is not a database; it is something else and is left as it is
            "#);
        }
    }
    let house = house.with("DATABASE_URL", &nowhere);
    insta::assert_snapshot!(ask(&house, &["migrate"]), @"
    exit 1
    coatcheck: the lock file FOLDER/no/such/folder/a.db.lock cannot be made: No such file or directory (os error 2)
    ");
    assert_eq!(std::fs::read_to_string(house.path("letter.txt")).unwrap(), "Dear database,");
}

#[test]
fn a_second_service_on_the_file_is_refused_and_told_which_process_holds_it() {
    let house = House::open(&[]);
    let service = house.serve();
    for command in ["serve", "migrate"] {
        let text = ask(&house, &[command]).replace(&service.id().to_string(), "PID");
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @"
            exit 4
            coatcheck: FOLDER/coatcheck.db.lock is in use by another coatcheck service (process PID); stop it first, or use another DATABASE_URL
            ");
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
    insta::assert_snapshot!(outs.join("\n\n"), @r#"
    exit 2
    error: invalid value 'jacket' for '<URL>': it takes an address like https://shop.example/products/jacket (relative URL without a base)

    For more information, try '--help'.

    exit 4
    coatcheck: ftp://shop.example/jacket is not followed: ftp: only http and https addresses are read

    exit 4
    coatcheck: http://10.0.0.1/jacket is not followed: 10.0.0.1 is refused: 10.0.0.1 is a private address; list 10.0.0.1 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 4
    coatcheck: http://127.0.0.1:9/jacket is not followed: 127.0.0.1:9 is refused: only ports 80 and 443 are asked; list 127.0.0.1:9 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 4
    coatcheck: shop.example is polled every 30 s at most; only your own shops, listed in COATCHECK_ALLOW_HOSTS, bear --interval 1000 ms

    exit 2
    error: invalid value 'often' for '--interval <TIME>': it takes a time like 500ms, 60s, 15m or 2h

    For more information, try '--help'.

    exit 2
    error: invalid value 'tarot' for '--reader <READER>': there is no reader "tarot"; there are shopify and json

    For more information, try '--help'.

    exit 2
    coatcheck: the header "no colon" cannot be sent; write it as 'Name: value', and leave Host and lengths to us

    exit 2
    coatcheck: nothing followed is "nowhere"; `coatcheck shop list` shows what is
    "#);
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
    insta::assert_snapshot!(outs.join("\n\n"), @r#"
    exit 2
    coatcheck: no product is called "jackte"; the nearest is
      Corps Jacket  http://SHOP/products/jacket

    exit 2
    coatcheck: no product is called "boots"; `coatcheck shop add <URL> --name boots` follows one

    exit 0
    Watching Corps Jacket, size XXXS, for console: (number 1). That size is not listed now; it is told if it appears.

    exit 2
    error: invalid value 'pigeon:coo' for '--to <DESTINATION>': a destination starts with its channel: console:, webhook:https://…, discord:<user id>, discord:#<channel id>, telegram:<chat id>, slack:<user or channel id> or sms:+14155550123 — not "pigeon:coo"

    For more information, try '--help'.

    exit 4
    coatcheck: discord is not connected: set DISCORD_TOKEN

    exit 4
    coatcheck: webhook:http://192.168.0.1/… is not told: 192.168.0.1 is refused: 192.168.0.1 is a private address; list 192.168.0.1 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 2
    error: the following required arguments were not provided:
      --to <DESTINATION>

    Usage: coatcheck watch add --to <DESTINATION> <PRODUCT>...

    For more information, try '--help'.

    exit 2
    coatcheck: there is no watch 99; `coatcheck watch list` shows them

    exit 2
    coatcheck: no product is called "boots"; `coatcheck shop add <URL> --name boots` follows one

    exit 2
    error: invalid value 'lost' for '--state <STATE>': "lost" is neither a state nor a kind of a delivery

    For more information, try '--help'.

    exit 2
    coatcheck: there is no delivery 99; `coatcheck deliveries` shows them

    exit 1
    coatcheck: nothing sent it within 0.3 s; is `coatcheck serve` running on this database? It stays in the outbox as delivery 1
    "#);
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
    insta::assert_snapshot!(outs.join("\n\n"), @r#"
    exit 3
    coatcheck: SHOP/products/boots.js: the shop says there is nothing here (404); check the address

    exit 3
    coatcheck: SHOP/products/jacket.js: the shop is in trouble (500)

    exit 3
    coatcheck: SHOP/products/jacket.js: the shop's bot wall stopped us (cf-mitigated: challenge); it is left alone for hours; ask the shop for access if it is yours

    exit 3
    coatcheck: $: expected a product or a list of products, got an object with version, data

    exit 3
    coatcheck: the jq program: line 1 column 6, at "the end": expected term
    "#);
    let robots = Shop::open().unwrap();
    robots.stock("jacket", "M", "", true);
    robots.robots("User-agent: *\nDisallow: /products");
    let house = house.with("COATCHECK_ALLOW_HOSTS", &robots.host());
    insta::assert_snapshot!(said(&house, Some(&robots), &house.run(&["check", &page(&robots, "jacket")])), @r#"
    exit 3
    coatcheck: SHOP/products/jacket.js: the shop's robots.txt asks us not to read this address (rule "/products"); it is not read
    "#);
}

#[test]
fn check_reads_and_stores_nothing() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    let out = house.run(&["check", &page(&shop, "jacket")]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"
    exit 0
    Corps Jacket  http://SHOP/products/jacket
      SIZE  STYLE  AVAILABILITY  LEFT  PRICE
      M     Black  sold out      -     129.00
      L     Black  in stock      -     129.00

    1 product, 2 variants, read as shopify
    ");
    let out = house.run(&["check", &page(&shop, "jacket"), "--explain"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"
    exit 0
    Corps Jacket  http://SHOP/products/jacket
      SIZE  STYLE  AVAILABILITY  LEFT  PRICE   EVIDENCE
      M     Black  sold out      -     129.00  $.variants[0].available = false
      L     Black  in stock      -     129.00  $.variants[1].available = true

    1 product, 2 variants, read as shopify
    ");
    let program = "to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .purchasable}";
    let out = house.run(&["check", &shop.url("/stock.json"), "--jq", program]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"
    exit 0
    127.0.0.1/stock.json  http://SHOP/stock.json
      SIZE  STYLE  AVAILABILITY  LEFT  PRICE
      M     Black  sold out      -     -
      L     Black  in stock      -     -

    1 product, 2 variants, read as json
    ");
    assert_eq!(std::fs::read_dir(house.folder()).unwrap().count(), 0, "check left something behind");
}

#[test]
fn check_for_machines_has_the_documented_shape() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    shop.change(|goods| goods.withdraw("jacket", "L", "Black"));
    let out = house.run(&["check", &page(&shop, "jacket"), "--json"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @r#"
    exit 0
    {
      "reader": "shopify",
      "products": [
        {
          "title": "Corps Jacket",
          "url": "http://SHOP/products/jacket",
          "external_id": "45612961333529",
          "complete": true,
          "variants": [
            {
              "external_id": "45612961333530",
              "sku": "jacket-M-Black",
              "title": "M / Black",
              "options": {
                "Size": "M",
                "Color": "Black"
              },
              "size": "M",
              "style": "Black",
              "size_key": "m",
              "style_key": "black",
              "availability": "out_of_stock",
              "quantity": null,
              "price": {
                "minor": 12900,
                "exponent": 2,
                "currency": null
              },
              "url": "http://SHOP/products/jacket?variant=45612961333530"
            }
          ]
        }
      ]
    }
    "#);
    let explained = house.json(&["check", &page(&shop, "jacket"), "--explain"]);
    insta::assert_snapshot!(explained["products"][0]["variants"][0]["evidence"], @r#"{"at":"$.variants[0].available","raw":"false"}"#);
}

#[test]
fn following_says_what_was_read_and_is_listed() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    shop.etag(Etag::Honest);
    let out = house.run(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", "1s"]);
    insta::assert_snapshot!(said(&house, Some(&shop), &out), @"
    exit 0
    Corps Jacket  http://SHOP/products/jacket
      SIZE  STYLE  AVAILABILITY  LEFT  PRICE
      M     Black  sold out      -     129.00
      L     Black  in stock      -     129.00

    1 product, 2 variants, read as shopify
    Following http://SHOP/products/jacket (number 1): polled every 1.0 s.
    ");
    let outs =
        [&["watch", "add", "jacket", "--size", "m,L", "--to", "console:"][..], &["watch", "list"], &["deliveries"]]
            .map(|arguments| ask(&house, arguments).replace(&shop.host(), "SHOP"));
    insta::assert_snapshot!(outs.join("\n\n"), @"
    exit 0
    Watching Corps Jacket, size m, for console: (number 1). Sold out now.
    Watching Corps Jacket, size L, for console: (number 2). In stock right now: http://SHOP/products/jacket?variant=45612961333531

    exit 0
    NO  PRODUCT       WANTED  MODE  STATE  TO
    1   Corps Jacket  size m  once  waits  console:
    2   Corps Jacket  size L  once  waits  console:

    exit 0
    Nothing has been told yet.
    ");
}

#[test]
fn a_history_is_drawn_into_a_file() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    house.follow(&shop, "jacket");
    let file = house.path("jacket.png");
    let drawn = |file: &std::path::Path| {
        house.run(&["history", "jacket", "--size", "M", "--png", file.to_str().expect("a name in UTF-8")])
    };
    let out = drawn(&file);
    assert!(out.stdout.ends_with(&format!("The picture is in {}.\n", file.display())), "{out:?}");
    assert!(std::fs::read(&file).expect("written").starts_with(b"\x89PNG\r\n"));
    insta::assert_snapshot!(said(&house, None, &drawn(&house.path("no/such/folder/a.png"))).lines().last().expect("why"), @"coatcheck: FOLDER/no/such/folder/a.png cannot be written: No such file or directory (os error 2)");
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
        assert!(help.contains("Example:\n  ") && help.contains(&format!("coatcheck {command}")), "{help}");
    }
    assert!(house.done(&["--help"]).contains("coatcheck demo"));
}
