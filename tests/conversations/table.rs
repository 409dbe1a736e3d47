//! One table of conversations, read on both platforms.

use crate::support::until;
use crate::town::Step::{Gone, Presses, Restock, Says, Shelf};
use crate::town::{Chat, Step, Town};

const THE_JOB: &[Step] =
    &[Says("/watch corps jacket m black"), Restock("M"), Presses("Got it"), Gone("M"), Says("/watches")];

const IN_THEIR_OWN_WORDS: &[Step] = &[
    Says("hello"),
    Says("watch jacket m"),
    Presses("2"),
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
    Presses("Forget me"),
    Says("/watches"),
];

#[test]
fn the_job_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, THE_JOB), @"
    Ann: /watch corps jacket m black
    CoatCheck: Watching Corps Jacket — M / black.
    I will tell you the moment it is back (I have not seen it in stock yet).
    [Stop]
    CoatCheck (edited): ~~Back in stock: Corps Jacket — M / Black, 129.00~~
    Sold out again after some s
    ┃ Corps Jacket → http://shop.example/products/corps?variant=45612961333531
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00
    ┃ shop.example
    [Watch again] [Got it]
    CoatCheck: Enjoy it! I no longer watch Corps Jacket — M / black.
    Ann: /watches
    CoatCheck: You wait for nothing. /watch with a product and a size makes me tell you when it is back.
    ");
}

#[test]
fn the_job_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, THE_JOB), @"
    Ann: /watch corps jacket m black
    CoatCheck: Watching Corps Jacket — M / black.
      I will tell you the moment it is back (I have not seen it in stock yet).
      [Stop]
    CoatCheck: ~Back in stock: Corps Jacket — M / Black, 129.00~
      *Sold out again after some s*
      Open in shop: http://shop.example/products/corps?variant=45612961333531
      [Watch again] [Got it]
      (edited)
    CoatCheck: Enjoy it! I no longer watch Corps Jacket — M / black.
    Ann: /watches
    CoatCheck: You wait for nothing. /watch with a product and a size makes me tell you when it is back.
    ");
}

#[test]
fn people_use_their_own_words_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, IN_THEIR_OWN_WORDS), @r#"
    Ann: hello
    CoatCheck: I do not know "hello". /help lists what I understand
    Ann: watch jacket m
    CoatCheck: Which one?
    1. Corps Jacket
    2. Rain Jacket
    [1] [2]
    CoatCheck: Watching Rain Jacket — M.
    I will tell you the moment it is back (I have not seen it in stock yet).
    [Stop]
    Ann: /watch black corps medium
    CoatCheck: Watching Corps Jacket — M / black.
    I will tell you the moment it is back (I have not seen it in stock yet).
    [Stop]
    Ann: /watch corps XS
    CoatCheck: Watching Corps Jacket — XS.
    XS is not listed now; I will tell you if it appears.
    Sizes I know of: S, M, L
    Styles I know of: Black, Navy
    [Stop]
    Ann: /watch crops jacket m
    CoatCheck: Which one?
    1. Corps Jacket
    2. Rain Jacket
    [1] [2]
    Ann: /watch
    CoatCheck: Which product?
    1. Corps Jacket
    2. Rain Jacket
    [1] [2]
    Ann: /watches
    CoatCheck: You wait for 3 things:
    1. Rain Jacket — M: sold out
    2. Corps Jacket — M / black: sold out
    3. Corps Jacket — XS: not listed now
    [Stop 1] [Stop 2] [Stop 3]
    Ann: /unwatch rain
    CoatCheck: Stopped. I no longer watch Rain Jacket — M.
    Ann: /frobnicate
    CoatCheck: I do not know "/frobnicate". /help lists what I understand
    "#);
}

#[test]
fn people_use_their_own_words_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, IN_THEIR_OWN_WORDS), @r#"
    Ann: hello
    CoatCheck: I do not know "hello". /help lists what I understand
    Ann: watch jacket m
    CoatCheck: Which one?
      1. Corps Jacket
      2. Rain Jacket
      [1] [2]
    CoatCheck: Watching Rain Jacket — M.
      I will tell you the moment it is back (I have not seen it in stock yet).
      [Stop]
    Ann: /watch black corps medium
    CoatCheck: Watching Corps Jacket — M / black.
      I will tell you the moment it is back (I have not seen it in stock yet).
      [Stop]
    Ann: /watch corps XS
    CoatCheck: Watching Corps Jacket — XS.
      XS is not listed now; I will tell you if it appears.
      Sizes I know of: S, M, L
      Styles I know of: Black, Navy
      [Stop]
    Ann: /watch crops jacket m
    CoatCheck: Which one?
      1. Corps Jacket
      2. Rain Jacket
      [1] [2]
    Ann: /watch
    CoatCheck: Which product?
      1. Corps Jacket
      2. Rain Jacket
      [1] [2]
    Ann: /watches
    CoatCheck: You wait for 3 things:
      1. Rain Jacket — M: sold out
      2. Corps Jacket — M / black: sold out
      3. Corps Jacket — XS: not listed now
      [Stop 1] [Stop 2] [Stop 3]
    Ann: /unwatch rain
    CoatCheck: Stopped. I no longer watch Rain Jacket — M.
    Ann: /frobnicate
    CoatCheck: I do not know "/frobnicate". /help lists what I understand
    "#);
}

#[test]
fn people_ask_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, ASKING), @r#"
    Ann: /stock corps black
    CoatCheck: Corps Jacket, 129.00
    Black — in stock: L; sold out: S, M
    Read just now.
    http://shop.example/products/corps
    Ann: /history corps l black
    CoatCheck: Corps Jacket — l / black
    In stock now.
    It came back once in 30 days, once in 90 days.
    I have watched it since today
    ┃ file history.png
    Ann: /status
    CoatCheck: I follow 2 products of 2 sources, last read just now. 0 watches armed.
    Ann: /help
    CoatCheck: I tell you when your size is back in stock.
    /watch \<product or address> \[size\] \[style\] \[once\|every\] — Tell me when it is back in stock
    /unwatch \[product\] \[size\] — Stop a watch: choose it from the list, or name it
    /watches — List what I wait for
    /stock \<product> \[style\] — What is in stock now: sizes, styles, prices
    /history \<product> \[size\] \[style\] — When it was in stock, how long it lasted, when it usually comes
    /again \[product\] — Wait again for what I was already told about: everything, or one product
    /pause \[for\] — Be quiet for a while
    /resume — End the pause, and say what is in stock now
    /test — Send me an alert, to see how one looks
    /export — Everything that is known of me, as a file
    /forget — Delete everything that is known of me
    /status — Is everything running, and how fresh is it
    /help \[command\] — This list, or one command explained
    /help \<command> explains one
    Ann: /help watch
    CoatCheck: /watch \<product or address> \[size\] \[style\] \[once\|every\]
    Tell me when it is back in stock
      product: The product's name, or the address of its page
      size: One size or several: M or M,L. Without it, any size
      style: Colour or other option: black. Without it, any
      how: once: tell me one time (normal). every: each time it is back
    Example: /watch jacket M
    Example: /watch jacket M,L black
    Example: /watch https://shop.example/products/jacket size M every
    Ann: /shop add http://shop.example/
    CoatCheck: Only the admins of this CoatCheck can do that. You can watch any address: /watch with it.
    "#);
}

#[test]
fn people_ask_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, ASKING), @"
    Ann: /stock corps black
    CoatCheck: Corps Jacket, 129.00
      Black — in stock: L; sold out: S, M
      Read just now.
      http://shop.example/products/corps
    Ann: /history corps l black
    CoatCheck: (picture) Corps Jacket — l / black
      In stock now.
      It came back once in 30 days, once in 90 days.
      I have watched it since today
    Ann: /status
    CoatCheck: I follow 2 products of 2 sources, last read just now. 0 watches armed.
    Ann: /help
    CoatCheck: I tell you when your size is back in stock.
      /watch <product or address> [size] [style] [once|every] — Tell me when it is back in stock
      /unwatch [product] [size] — Stop a watch: choose it from the list, or name it
      /watches — List what I wait for
      /stock <product> [style] — What is in stock now: sizes, styles, prices
      /history <product> [size] [style] — When it was in stock, how long it lasted, when it usually comes
      /again [product] — Wait again for what I was already told about: everything, or one product
      /pause [for] — Be quiet for a while
      /resume — End the pause, and say what is in stock now
      /test — Send me an alert, to see how one looks
      /export — Everything that is known of me, as a file
      /forget — Delete everything that is known of me
      /status — Is everything running, and how fresh is it
      /help [command] — This list, or one command explained
      /start [code] — Say hello, and what to say next
      /help <command> explains one
    Ann: /help watch
    CoatCheck: /watch <product or address> [size] [style] [once|every]
      Tell me when it is back in stock
        product: The product's name, or the address of its page
        size: One size or several: M or M,L. Without it, any size
        style: Colour or other option: black. Without it, any
        how: once: tell me one time (normal). every: each time it is back
      Example: /watch jacket M
      Example: /watch jacket M,L black
      Example: /watch https://shop.example/products/jacket size M every
    Ann: /shop add http://shop.example/
    CoatCheck: Only the admins of this CoatCheck can do that. You can watch any address: /watch with it.
    ");
}

#[test]
fn people_wait_again_and_leave_on_discord() {
    insta::assert_snapshot!(Town::open().listening().plays(Chat::Discord, AGAIN_AND_AWAY), @"
    Ann: /watch corps m black
    CoatCheck: Watching Corps Jacket — M / black.
    I will tell you the moment it is back (I have not seen it in stock yet).
    [Stop]
    CoatCheck (edited): ~~Back in stock: Corps Jacket — M / Black, 129.00~~
    Sold out again after some s
    ┃ Corps Jacket → http://shop.example/products/corps?variant=45612961333531
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00
    ┃ shop.example
    [Watch again] [Got it]
    CoatCheck: Watching Corps Jacket — M / black.
    I will tell you the moment it is back (last in stock just now).
    [Stop]
    Ann: /pause 2h
    CoatCheck: Quiet for some h, until today some hour UTC. /resume ends it sooner.
    Ann: /resume
    CoatCheck: I speak again. Nothing you wait for is in stock now.
    Ann: /again
    CoatCheck: I was waiting for everything already:
    1. Corps Jacket — M / black: sold out, last in stock just now
    [Stop 1]
    Ann: /export
    CoatCheck: Everything I know of you: 1 watch, 2 messages.
    ┃ file coatcheck.json
    Ann: /forget
    CoatCheck: This deletes your watch, for good. What I told you so far stays counted, without your name.
    [Forget me]
    CoatCheck: Done: I know nothing of you any more. Goodbye!
    Ann: /watches
    CoatCheck: You wait for nothing. /watch with a product and a size makes me tell you when it is back.
    ");
}

#[test]
fn people_wait_again_and_leave_on_telegram() {
    insta::assert_snapshot!(Town::open().plays(Chat::Telegram, AGAIN_AND_AWAY), @"
    Ann: /watch corps m black
    CoatCheck: Watching Corps Jacket — M / black.
      I will tell you the moment it is back (I have not seen it in stock yet).
      [Stop]
    CoatCheck: ~Back in stock: Corps Jacket — M / Black, 129.00~
      *Sold out again after some s*
      Open in shop: http://shop.example/products/corps?variant=45612961333531
      [Watch again] [Got it]
      (edited)
    CoatCheck: Watching Corps Jacket — M / black.
      I will tell you the moment it is back (last in stock just now).
      [Stop]
    Ann: /pause 2h
    CoatCheck: Quiet for some h, until today some hour UTC. /resume ends it sooner.
    Ann: /resume
    CoatCheck: I speak again. Nothing you wait for is in stock now.
    Ann: /again
    CoatCheck: I was waiting for everything already:
      1. Corps Jacket — M / black: sold out, last in stock just now
      [Stop 1]
    Ann: /export
    CoatCheck: Everything I know of you: 1 watch, 2 messages.
    CoatCheck: (coatcheck.json)
    Ann: /forget
    CoatCheck: This deletes your watch, for good. What I told you so far stays counted, without your name.
      [Forget me]
    CoatCheck: Done: I know nothing of you any more. Goodbye!
    Ann: /watches
    CoatCheck: You wait for nothing. /watch with a product and a size makes me tell you when it is back.
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
        assert!(read.contains("A test alert is on its way, through everything a real one passes."), "{read}");
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
