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
        .with("COATCHECK_INTERVALL", "60s")
        .with("COATCHECK_QUIET_FOR", "-1s")
        .with("COATCHECK_HOST_CONCURRENCY", "0")
        .with("COATCHECK_ALLOW_HOSTS", "http://x/y")
        .with("LISTEN_ADDR", "everywhere")
        .with("DATABASE_URL", "mysql://x");
    for command in [&["serve"][..], &["shop", "list"], &["doctor"], &["migrate"], &["demo"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(ask(&house, command), @r#"
            exit 2
            coatcheck: COATCHECK_INTERVALL is not a setting; did you mean COATCHECK_INTERVAL?
            DATABASE_URL must be like sqlite://coatcheck.db or postgres://user:password@host/name
            LISTEN_ADDR="everywhere" cannot be read; it takes an address and port, like 127.0.0.1:8080
            COATCHECK_INTERVAL="soon" cannot be read; it takes a time like 60s, 15m or 2h
            COATCHECK_HOST_CONCURRENCY="0" cannot be used; it takes a whole number from 1 to 64
            COATCHECK_ALLOW_HOSTS="http://x/y" cannot be read; it takes hosts like shop.example or 127.0.0.1:3000, separated by commas
            COATCHECK_QUIET_FOR="-1s" cannot be read; it takes a time like 60s, 15m or 2h
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
    coatcheck: COATCHECK_LOG="=loud=" cannot be read; it takes a level (off, error, warn, info, debug, trace) or directives like info,coatcheck::engine=debug
    "#);
    let short = House::open(&[]).with("COATCHECK_INTERVAL", "1s");
    insta::assert_snapshot!(ask(&short, &["serve"]), @r#"
    exit 2
    coatcheck: COATCHECK_INTERVAL="1s" is too short; the minimum is 30s
    "#);
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
    for command in [&["shop", "list"][..], &["serve"], &["deliveries"]] {
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
    error: invalid value 'jacket' for '<URL>': expected an address like https://shop.example/products/jacket (relative URL without a base)

    For more information, try '--help'.

    exit 4
    coatcheck: ftp://shop.example/jacket cannot be tracked: ftp: only http and https addresses are read

    exit 4
    coatcheck: http://10.0.0.1/jacket cannot be tracked: 10.0.0.1 is refused: 10.0.0.1 is a private address; list 10.0.0.1 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 4
    coatcheck: http://127.0.0.1:9/jacket cannot be tracked: 127.0.0.1:9 is refused: only ports 80 and 443 are asked; list 127.0.0.1:9 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 4
    coatcheck: the minimum interval is 30 s; 1000 ms is possible only for your own shops: list shop.example in COATCHECK_ALLOW_HOSTS

    exit 2
    error: invalid value 'often' for '--interval <TIME>': expected a time like 500ms, 60s, 15m or 2h

    For more information, try '--help'.

    exit 2
    error: invalid value 'tarot' for '--reader <READER>': there is no reader "tarot"; readers are shopify, html, woocommerce, oscar, sap-occ, squarespace, magento, shopify-graphql, vendure, bigcommerce, saleor, shopware, prestashop, medusa, sfcc, ecwid, wix, zara, json

    For more information, try '--help'.

    exit 2
    coatcheck: the header "no colon" cannot be sent; write it as 'Name: value', and leave Host and lengths to us

    exit 2
    coatcheck: "nowhere" is not tracked; `coatcheck shop list` shows what is
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
    Watching Corps Jacket — XXXS for console: (number 1). The shop does not list that size now; you will be notified if it appears.

    exit 2
    error: invalid value 'pigeon:coo' for '--to <DESTINATION>': a destination starts with its channel: console:, webhook:https://…, discord:<user id>, discord:#<channel id>, telegram:<chat id>, slack:<user or channel id> or sms:+14155550123 — not "pigeon:coo"

    For more information, try '--help'.

    exit 4
    coatcheck: discord is not connected: set DISCORD_TOKEN

    exit 4
    coatcheck: webhook:http://192.168.0.1/… cannot be used: 192.168.0.1 is refused: 192.168.0.1 is a private address; list 192.168.0.1 in COATCHECK_ALLOW_HOSTS if it is yours

    exit 2
    error: the following required arguments were not provided:
      --to <DESTINATION>

    Usage: coatcheck watch add --to <DESTINATION> <PRODUCT>...

    For more information, try '--help'.

    exit 2
    coatcheck: there is no watch 99; `coatcheck watch list` lists them

    exit 2
    coatcheck: no product is called "boots"; `coatcheck shop add <URL> --name boots` follows one

    exit 2
    error: invalid value 'lost' for '--state <STATE>': there is no such state; there are pending, sending, sent, dead, expired, suppressed, cancelled

    For more information, try '--help'.

    exit 2
    coatcheck: there is no delivery 99; `coatcheck deliveries` shows them

    exit 1
    coatcheck: it was not sent within 0.3 s; is `coatcheck serve` running on this database? It stays in the outbox as delivery 1
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
    coatcheck: no reader knows this document (an object with version, data; tried before: $: expected a product or a list of products, got an object with version, data); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'

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
    Found: /products/jacket.js answers as shopify does
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
      "complete": true,
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
    Tracking http://SHOP/products/jacket (number 1), polled every 1 s.
    ");
    let outs =
        [&["watch", "add", "jacket", "--size", "m,L", "--to", "console:"][..], &["watch", "list"], &["deliveries"]]
            .map(|arguments| ask(&house, arguments).replace(&shop.host(), "SHOP"));
    insta::assert_snapshot!(outs.join("\n\n"), @"
    exit 0
    Watching Corps Jacket — M for console: (number 1). Sold out now.
    Watching Corps Jacket — L for console: (number 2). In stock now: http://SHOP/products/jacket?variant=45612961333531

    exit 0
    NO  PRODUCT       WANTED  MODE  STATE  TO
    1   Corps Jacket  M       once  armed  console:
    2   Corps Jacket  L       once  armed  console:

    exit 0
    There are no deliveries yet.
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
fn help_shows_every_form_of_a_destination() {
    let house = House::open(&[]);
    assert!(house.done(&["--help"]).contains("coatcheck demo"));
    for command in [&["watch", "add", "--help"][..], &["send-test", "--help"]] {
        let help = house.done(command);
        for form in ["console:", "webhook:https://", "discord:8", "discord:#", "telegram:", "slack:", "sms:+"] {
            assert!(help.contains(&format!("\n  {form}")), "{form} in {help}");
        }
    }
}

#[test]
fn slips_in_the_env_file_are_named_by_line_and_show_no_secret() {
    let house = House::open(&[]);
    std::fs::write(house.path(".env"), "COATCHECK_INTERVAL=60s\nDISCORD_TOKEN=abc def\n").unwrap();
    insta::assert_snapshot!(ask(&house, &["shop", "list"]), @"
    exit 2
    coatcheck: FOLDER/.env line 2: DISCORD_TOKEN: a value with spaces, quotes or \\ is put in single quotes: DISCORD_TOKEN='…'
    ");
}

#[test]
fn a_reader_that_is_gone_ends_a_command_quietly_and_keeps_its_file() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    house.follow(&shop, "jacket");
    let file = house.path("jacket.png");
    for arguments in [&["history", "jacket", "--png", file.to_str().unwrap()][..], &["shop", "list"], &["man"]] {
        let mut command = house.command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().expect("the binary starts");
        assert_eq!(output.status.code(), Some(141), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, b"", "{arguments:?}");
    }
    assert!(std::fs::read(&file).expect("written").starts_with(b"\x89PNG"));
}

#[test]
fn six_first_commands_at_once_share_the_new_database() {
    let house = House::open(&[]);
    let started: Vec<_> = (0..6)
        .map(|_| {
            let mut command = house.command(&["shop", "list", "--json"]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command.spawn().expect("the binary starts")
        })
        .collect();
    for process in started {
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, b"[]\n");
    }
}

#[test]
fn a_backup_made_while_the_service_runs_can_be_restored() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    house.follow(&shop, "jacket");
    let file = house.path("copy.db");
    let copy = file.to_str().unwrap();
    let service = house.serve();
    let text = ask(&house, &["backup", copy]);
    assert!(text.starts_with("exit 0\nFOLDER/copy.db is a complete copy ("), "{text}");
    assert!(ask(&house, &["backup", copy]).contains("exit 4\ncoatcheck: FOLDER/copy.db exists already"));
    assert_eq!(house.run(&["restore", copy]).status, 4, "a service runs");
    assert!(service.stop().success());

    house.done(&["shop", "remove", &page(&shop, "jacket")]);
    assert_eq!(house.json(&["shop", "list"]), serde_json::json!([]));
    std::fs::write(house.path("broken.db"), &std::fs::read(&file).unwrap()[..20_000]).unwrap();
    let broken = ask(&house, &["restore", house.path("broken.db").to_str().unwrap()]);
    assert!(broken.starts_with("exit 1\ncoatcheck: FOLDER/broken.db "), "{broken}");
    assert_eq!(house.json(&["shop", "list"]), serde_json::json!([]), "a failed restore changed something");

    insta::assert_snapshot!(ask(&house, &["restore", copy]), @"
    exit 0
    FOLDER/coatcheck.db is restored from FOLDER/copy.db.
    The previous database is kept as FOLDER/coatcheck.db.before-restore.
    ");
    assert_eq!(house.json(&["shop", "list"])[0]["products"], 1);
    let left =
        std::fs::read_dir(house.folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.contains("restoring")), "a restore leaves its working copy behind");
}

#[test]
fn a_postgresql_that_refuses_is_reported_at_once_and_without_the_password() {
    let house = House::open(&[]).with("DATABASE_URL", "postgres://ann:s3cret@127.0.0.1:1/coats");
    let began = std::time::Instant::now();
    insta::assert_snapshot!(ask(&house, &["shop", "list"]), @r#"
    exit 1
    coatcheck: DATABASE_URL "postgres://ann:***@127.0.0.1:1/coats" cannot be opened: nothing listens at 127.0.0.1:1; is PostgreSQL running, and is the port right?
    "#);
    assert!(began.elapsed() < std::time::Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn doctor_has_a_line_for_each_check_and_says_what_to_do() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host()).with("HTTPS_PROXY", "http://proxy.example:3128");
    house.follow(&shop, "jacket");
    let steady = |text: &str| {
        let number = |line: &str| {
            line.split(' ')
                .map(|word| if word.starts_with(|c: char| c.is_ascii_digit()) { "N" } else { word })
                .collect::<Vec<_>>()
                .join(" ")
        };
        text.lines()
            .map(|line| if line.contains(" MB") { number(line) } else { line.to_owned() })
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(steady(&ask(&house, &["doctor"])), @"
    exit 1
    FAIL  settings    HTTPS_PROXY is set, but CoatCheck connects directly and does not use proxies
                      → correct or remove them
    ok    disk        N MB free in FOLDER, the write-ahead log takes N MB
    ok    key         FOLDER/coatcheck.db.key fits this database; keep a copy of it elsewhere
    ok    database    SQLite N N MB, readable and writable, schema is current
    FAIL  service     not running: nothing is polled and nothing is sent
                      → start `coatcheck serve`
    ok    clock       steady
    ok    discord     not set up; see docs/setup/discord.md
    ok    telegram    not set up; see docs/setup/telegram.md
    ok    slack       not set up; see docs/setup/slack.md
    ok    sms         not set up; see docs/setup/twilio.md
    ok    webhook     no receiver is failing
    ok    shops       1 source can be read
    ok    deliveries  none has failed
    ok    queue       empty
    ok    incidents   none is open
    coatcheck: 2 of 15 checks failed
    ");
    let findings = house.run(&["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_str(&findings.stdout).expect("JSON");
    assert_eq!(findings[0]["check"], "settings");
    assert_eq!(findings[0]["ok"], false);

    std::fs::write(house.path("letter.txt"), "Dear database,").unwrap();
    let letter = format!("sqlite://{}", house.path("letter.txt").display());
    let house = house.with("DATABASE_URL", &letter);
    let text = steady(&ask(&house, &["doctor"]));
    assert!(text.starts_with("exit 1\nFAIL  settings") && text.contains("FAIL  database"), "{text}");
}

#[test]
fn the_first_start_on_a_new_database_is_quiet_and_keeps_it_private() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open(&[]);
    let service = house.serve();
    let log = service.err().join("\n");
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.contains("database schema migrated steps=1") && log.contains("service started"), "{log}");
    for file in ["coatcheck.db", "coatcheck.db-wal", "coatcheck.db.key"] {
        let mode = std::fs::metadata(house.path(file)).expect(file).permissions().mode();
        assert_eq!(mode & 0o077, 0, "others can read {file}: {mode:o}");
    }
    assert!(service.stop().success());
}

#[test]
fn adding_what_is_tracked_changes_only_what_is_given() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    house.done(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", "7s"]);
    let out = house.run(&["shop", "add", &page(&shop, "jacket")]);
    assert_eq!(
        out.stdout.lines().last(),
        Some(format!("Already tracking {} (number 1), polled every 7 s.", page(&shop, "jacket")).as_str())
    );
    house.done(&["shop", "add", &page(&shop, "jacket"), "--interval", "9s"]);
    assert_eq!(house.json(&["shop", "list"])[0]["interval_seconds"], 9.0);
}

#[test]
fn nothing_is_kept_of_an_address_that_cannot_be_read_unless_asked() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    let service = house.serve();
    let out = said(&house, Some(&shop), &house.run(&["shop", "add", &page(&shop, "boots")]));
    assert!(out.starts_with("exit 3\ncoatcheck: ") && out.contains("404"), "{out}");
    assert_eq!(house.json(&["shop", "list"]), serde_json::json!([]));
    let out = said(&house, Some(&shop), &house.run(&["shop", "add", &page(&shop, "boots"), "--keep"]));
    assert!(out.starts_with("exit 0\nIt could not be read yet, and is kept: "), "{out}");
    assert_eq!(house.json(&["shop", "list"]).as_array().map(Vec::len), Some(1));
    let out = said(&house, Some(&shop), &house.run(&["shop", "add", &page(&shop, "jacket"), "--interval", "1h"]));
    assert!(out.contains("  M     Black  sold out"), "the service reads it, and the command prints that: {out}");
    assert!(service.stop().success());
}

#[test]
fn a_name_that_means_something_else_is_refused() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    shop.title("coat", "Long Coat");
    shop.stock("coat", "M", "Black", true);
    house.done(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket"]);
    let name =
        |name: &str| said(&house, Some(&shop), &house.run(&["shop", "add", &page(&shop, "coat"), "--name", name]));
    insta::assert_snapshot!(["XL", "42", "all", "https://x.example", "jacket"].map(name).join("\n"), @r#"
    exit 2
    coatcheck: "XL" cannot be the name: it is a size. Nothing was changed
    exit 2
    coatcheck: "42" cannot be the name: it is a number; numbers answer questions. Nothing was changed
    exit 2
    coatcheck: "all" cannot be the name: it is a word of the commands. Nothing was changed
    exit 2
    coatcheck: "https: //x.example" cannot be the name: it is an address. Nothing was changed
    exit 2
    coatcheck: "jacket" cannot be the name: it is taken by Corps Jacket. Nothing was changed
    "#);
}

#[test]
fn an_import_adds_many_and_reports_what_could_not_be_read() {
    let (shop, house) = (shop(), House::open(&[]));
    let house = house.with("COATCHECK_ALLOW_HOSTS", &shop.host());
    let list = format!(
        "# my list\n{0} name=jacket interval=1m size=M,L to=console:\n{0} style=black every to=console:\n{1} name=boots\n",
        page(&shop, "jacket"),
        page(&shop, "boots")
    );
    std::fs::write(house.path("list.txt"), list).unwrap();
    let file = house.path("list.txt").display().to_string();
    insta::assert_snapshot!(said(&house, Some(&shop), &house.run(&["import", &file])), @"
    exit 3
    # 1 address added, 0 known already, 3 watches
    # SHOP/products/boots.js: the shop says there is nothing here (404); check the address
    http://SHOP/products/boots name=boots
    coatcheck: 1 of 2 addresses failed
    ");
    assert_eq!(house.json(&["watch", "list"]).as_array().map(Vec::len), Some(3));
    let again = said(&house, Some(&shop), &house.run(&["import", &file, "--json"]));
    assert!(again.contains("\"added\": 0") && again.contains("\"lines\": [\n        4\n      ]"), "{again}");
    assert_eq!(house.json(&["watch", "list"]).as_array().map(Vec::len), Some(3), "a second import adds nothing");

    std::fs::write(house.path("list.txt"), "boots\n").unwrap();
    insta::assert_snapshot!(ask(&house, &["import", &file]), @r#"
    exit 2
    coatcheck: nothing was imported; correct these lines:
    line 1: "boots" is not an address: relative URL without a base
    "#);
}
