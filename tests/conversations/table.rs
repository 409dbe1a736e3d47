//! One table of conversations, read on both platforms.

use crate::support::until;
use crate::town::Step::{Gone, Presses, Restock, Says, Shelf};
use crate::town::{Chat, Step, Town};

const THE_JOB: &[Step] =
    &[Says("/watch corps jacket m black"), Restock("M"), Presses("Got it"), Gone("M"), Says("/watches")];

const IN_THEIR_OWN_WORDS: &[Step] = &[
    Says("hello"),
    Says("watch jacket m"),
    Presses("Rain Jacket"),
    Says("/watch black corps medium"),
    Says("/watch corps XS"),
    Says("/watch crops jacket m"),
    Says("/watch"),
    Says("/watches"),
    Says("/unwatch rain"),
    Says("/frobnicate"),
];

const ASKING: &[Step] = &[
    Shelf("L", true),
    Says("/stock corps black"),
    Says("/history corps l black"),
    Says("/status"),
    Says("/help"),
    Says("/help watch"),
    Says("/shop add http://shop.example/"),
];

const AGAIN_AND_AWAY: &[Step] = &[
    Says("/watch corps m black"),
    Restock("M"),
    Gone("M"),
    Presses("Watch again"),
    Says("/pause 2h"),
    Says("/resume"),
    Says("/again"),
    Says("/export"),
    Says("/forget"),
    Presses("Delete everything"),
    Says("/watches"),
];

#[test]
fn the_job_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, THE_JOB), @"
    Ann: /watch corps jacket m black
    CoatCheck: Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M / black]
    CoatCheck (edited): ~~Back in stock: Corps Jacket — M / Black, 129.00~~
    Sold out again after some s
    ┃ Corps Jacket → http://shop.example/products/corps?variant=45612961333531
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00
    ┃ shop.example
    [Watch again]
    Ann: /watches
    CoatCheck: You have no watches yet. Try: /watch jacket M
    ");
}

#[test]
fn the_job_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, THE_JOB), @"
    Ann: /watch corps jacket m black
    CoatCheck: Watching Corps Jacket — M / black.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M / black]
    CoatCheck: ~Back in stock: Corps Jacket — M / Black, 129.00~
      *Sold out again after some s*
      Open in shop: http://shop.example/products/corps?variant=45612961333531
      [Watch again]
      (edited)
    Ann: /watches
    CoatCheck: You have no watches yet. Try: /watch jacket M
    ");
}

#[test]
fn people_use_their_own_words_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, IN_THEIR_OWN_WORDS), @r#"
    Ann: hello
    CoatCheck: Hi! Tell me a product and a size, for example: /watch jacket M
    /help shows what else I can do.
    Ann: watch jacket m
    CoatCheck (edited): Watching Rain Jacket — M.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M]
    Ann: /watch black corps medium
    CoatCheck: Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M / black]
    Ann: /watch corps XS
    CoatCheck: Watching Corps Jacket — XS.
    XS isn't listed now. I'll notify you if it appears.
    Sizes listed: S, M, L
    Styles listed: Black, Navy
    [Stop XS]
    Ann: /watch crops jacket m
    CoatCheck: Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket] [Rain Jacket]
    Ann: /watch
    CoatCheck: Which product?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket] [Rain Jacket]
    Ann: /watches
    CoatCheck: You have 3 watches:
    1. Rain Jacket — M: sold out
    2. Corps Jacket — M / black: sold out
    3. Corps Jacket — XS: not listed now
    [Stop Rain Jacket M] [Stop Corps Jacket M / black] [Stop Corps Jacket XS]
    Ann: /unwatch rain
    CoatCheck: ✓ Stopped: Rain Jacket — M.
    Ann: /frobnicate
    CoatCheck: I don't know "/frobnicate". /help lists what I understand.
    "#);
}

#[test]
fn people_use_their_own_words_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, IN_THEIR_OWN_WORDS), @r#"
    Ann: hello
    CoatCheck: Hi! Tell me a product and a size, for example: /watch jacket M
      /help shows what else I can do.
    Ann: watch jacket m
    CoatCheck: Watching Rain Jacket — M.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M]
      (edited)
    Ann: /watch black corps medium
    CoatCheck: Watching Corps Jacket — M / black.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M / black]
    Ann: /watch corps XS
    CoatCheck: Watching Corps Jacket — XS.
      XS isn't listed now. I'll notify you if it appears.
      Sizes listed: S, M, L
      Styles listed: Black, Navy
      [Stop XS]
    Ann: /watch crops jacket m
    CoatCheck: Which one?
      1. Corps Jacket
      2. Rain Jacket
      [Corps Jacket] [Rain Jacket]
    Ann: /watch
    CoatCheck: Which product?
      1. Corps Jacket
      2. Rain Jacket
      [Corps Jacket] [Rain Jacket]
    Ann: /watches
    CoatCheck: You have 3 watches:
      1. Rain Jacket — M: sold out
      2. Corps Jacket — M / black: sold out
      3. Corps Jacket — XS: not listed now
      [Stop Rain Jacket M]
      [Stop Corps Jacket M / black]
      [Stop Corps Jacket XS]
    Ann: /unwatch rain
    CoatCheck: ✓ Stopped: Rain Jacket — M.
    Ann: /frobnicate
    CoatCheck: I don't know "/frobnicate". /help lists what I understand.
    "#);
}

#[test]
fn people_ask_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, ASKING), @r"
    Ann: /stock corps black
    CoatCheck: Corps Jacket, 129.00
    Black — in stock: L; sold out: S, M
    Checked just now.
    http://shop.example/products/corps
    Ann: /history corps l black
    CoatCheck: Corps Jacket — L / black
    In stock now.
    Back in stock once since tracking began.
    Tracked since today
    ┃ file history.png
    Ann: /status
    CoatCheck: Tracking 2 products, last check just now. 0 watches active.
    Everything works. /watches shows your watches.
    Ann: /help
    CoatCheck: I notify you when your size is back in stock.
    /watch \<product or address> \[size\] \[style\] \[once\|every\] — Tell me when it is back in stock
    /unwatch \[product\] \[size\] — Stop a watch: pick it from the list, or name it
    /watches \[page\] — List my watches
    /stock \<product> \[style\] — What is in stock now: sizes, styles, prices
    /history \<product> \[size\] \[style\] — When it was in stock, for how long, and when it usually comes back
    /again \[product\] — Watch again what I was already notified of: everything, or one product
    /pause \[for\] — No alerts for a while
    /resume — End the pause and see what is in stock now
    /test — Send me a test alert
    /export — Download everything stored about me
    /forget — Delete everything stored about me
    /link \[code\] — Use a second chat: alerts go there when this one cannot be reached
    /status — Show service status and when shops were last checked
    /help \[command\] — This list, or one command explained
    /help \<command> explains one
    Ann: /help watch
    CoatCheck: /watch \<product or address> \[size\] \[style\] \[once\|every\]
    Tell me when it is back in stock
      product: The product's name, or the address of its page
      size: One size or several: M or M,L. Without it, any size
      style: Colour or other option: black. Without it, any
      how: once: one alert (the default). every: an alert each time it is back
    Example: /watch jacket M
    Example: /watch jacket M,L black
    Example: /watch https://shop.example/products/jacket size M every
    Ann: /shop add http://shop.example/
    CoatCheck: Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.
    ");
}

#[test]
fn people_ask_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, ASKING), @"
    Ann: /stock corps black
    CoatCheck: Corps Jacket, 129.00
      Black — in stock: L; sold out: S, M
      Checked just now.
      http://shop.example/products/corps
    Ann: /history corps l black
    CoatCheck: (picture) Corps Jacket — L / black
      In stock now.
      Back in stock once since tracking began.
      Tracked since today
    Ann: /status
    CoatCheck: Tracking 2 products, last check just now. 0 watches active.
      Everything works. /watches shows your watches.
    Ann: /help
    CoatCheck: I notify you when your size is back in stock.
      /watch <product or address> [size] [style] [once|every] — Tell me when it is back in stock
      /unwatch [product] [size] — Stop a watch: pick it from the list, or name it
      /watches [page] — List my watches
      /stock <product> [style] — What is in stock now: sizes, styles, prices
      /history <product> [size] [style] — When it was in stock, for how long, and when it usually comes back
      /again [product] — Watch again what I was already notified of: everything, or one product
      /pause [for] — No alerts for a while
      /resume — End the pause and see what is in stock now
      /test — Send me a test alert
      /export — Download everything stored about me
      /forget — Delete everything stored about me
      /link [code] — Use a second chat: alerts go there when this one cannot be reached
      /status — Show service status and when shops were last checked
      /help [command] — This list, or one command explained
      /start [code] — Say hello and see how to begin
      /help <command> explains one
    Ann: /help watch
    CoatCheck: /watch <product or address> [size] [style] [once|every]
      Tell me when it is back in stock
        product: The product's name, or the address of its page
        size: One size or several: M or M,L. Without it, any size
        style: Colour or other option: black. Without it, any
        how: once: one alert (the default). every: an alert each time it is back
      Example: /watch jacket M
      Example: /watch jacket M,L black
      Example: /watch https://shop.example/products/jacket size M every
    Ann: /shop add http://shop.example/
    CoatCheck: Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.
    ");
}

#[test]
fn people_wait_again_and_leave_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, AGAIN_AND_AWAY), @"
    Ann: /watch corps m black
    CoatCheck: Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M / black]
    CoatCheck (edited): ~~Back in stock: Corps Jacket — M / Black, 129.00~~
    Sold out again after some s
    ✓ Watching again: M / black (sold out, last in stock just now)
    ┃ Corps Jacket → http://shop.example/products/corps?variant=45612961333531
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00
    ┃ shop.example
    [Stop M / black]
    Ann: /pause 2h
    CoatCheck: Alerts are paused until today some hour UTC. /resume ends the pause sooner.
    Ann: /resume
    CoatCheck: Alerts are on again. Nothing on your list is in stock now.
    Ann: /again
    CoatCheck: You were already watching everything:
    1. Corps Jacket — M / black: sold out, last in stock just now
    [Stop M / black]
    Ann: /export
    CoatCheck: Everything stored about you: 1 watch, 2 messages.
    ┃ file coatcheck.json
    Ann: /forget
    CoatCheck (edited): Done. Everything stored about you is deleted.
    Ann: /watches
    CoatCheck: You have no watches yet. Try: /watch jacket M
    ");
}

#[test]
fn people_wait_again_and_leave_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, AGAIN_AND_AWAY), @"
    Ann: /watch corps m black
    CoatCheck: Watching Corps Jacket — M / black.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M / black]
    CoatCheck: ~Back in stock: Corps Jacket — M / Black, 129.00~
      *Sold out again after some s*
      Open in shop: http://shop.example/products/corps?variant=45612961333531
      ✓ Watching again: M / black (sold out, last in stock just now)
      [Stop M / black]
      (edited)
    Ann: /pause 2h
    CoatCheck: Alerts are paused until today some hour UTC. /resume ends the pause sooner.
    Ann: /resume
    CoatCheck: Alerts are on again. Nothing on your list is in stock now.
    Ann: /again
    CoatCheck: You were already watching everything:
      1. Corps Jacket — M / black: sold out, last in stock just now
      [Stop M / black]
    Ann: /export
    CoatCheck: Everything stored about you: 1 watch, 2 messages.
    CoatCheck: (coatcheck.json)
    Ann: /forget
    CoatCheck: Done. Everything stored about you is deleted.
      (edited)
    Ann: /watches
    CoatCheck: You have no watches yet. Try: /watch jacket M
    ");
}

/// Answer and alert go different ways: either may be faster.
#[test]
fn a_test_shows_how_an_alert_looks() {
    let town = Town::open().listening();
    for chat in [Chat::Discord, Chat::Telegram] {
        town.plays(chat, &[Says("/watch corps m black"), Says("/test")]);
        until("the alert", || town.reads(chat).contains("This is how an alert looks."));
        let read = town.reads(chat);
        assert!(read.contains("A test alert is on its way."), "{read}");
        assert!(read.contains("Back in stock: Corps Jacket — M / Black, 129.00"), "{read}");
    }
}

/// The README's picture: what it shows as said is said in the conversation it shows.
#[test]
fn the_picture_shows_a_real_conversation() {
    let picture = include_str!("../../docs/pictures/chat.svg");
    let said = picture.lines().filter(|line| line.contains("said\">"));
    let said: Vec<&str> = said.filter_map(|line| line.split_once("said\">")?.1.split("</text>").next()).collect();
    assert!(said.len() >= 6, "{said:?}");
    let told = Town::open().listening().plays(Chat::Discord, &THE_JOB[..2]);
    let over = Town::open().listening().plays(Chat::Discord, &[THE_JOB[0], THE_JOB[1], THE_JOB[3]]);
    for line in said {
        // It stayed for a second here.
        let line = line.replace("4 min", "some s");
        assert!(told.contains(&line) || over.contains(&line), "{line:?} is not in\n{told}\n{over}");
    }
}
