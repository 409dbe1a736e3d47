//! Who has not said the invite word, and how much a stranger may add.

use super::*;

const WORD: &str = "raincoat";

async fn by_invitation() -> Chat {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands.rules.invite = Some(WORD.to_owned());
    chat
}

fn telegram(chat: i64, may_manage: bool) -> Who {
    Who { destination: Destination::Telegram { chat, topic: None }, may_manage, room: None }
}

#[tokio::test]
async fn a_stranger_says_the_invite_word_first() {
    let chat = by_invitation().await;
    let complete =
        async || chat.commands.complete(&chat.who, coatcheck_bots::Command::Watch, "product", "").await.len();
    assert_eq!(complete().await, 0, "what there is is not for strangers");
    insta::assert_snapshot!(chat.talk(&["/watch corps m", "/stock rain", "/help stock", "/forget", "[stop:1]", "/join snowcoat", "/join Raincoat", "/join raincoat", "/watch corps m black"]).await, @"
    > /watch corps m
    CoatCheck is by invitation here. Say /join and the invite word you were given.

    > /stock rain
    CoatCheck is by invitation here. Say /join and the invite word you were given.

    > /help stock
    /stock <product> [style]
    What is in stock now: sizes, styles, prices
      product: The product's name
      style: Colour or other option: black. Without it, any
    Example: /stock jacket
    Example: /stock jacket black

    > /forget
    Nothing is stored about you.

    > [stop:1]
    CoatCheck is by invitation here. Say /join and the invite word you were given.

    > /join snowcoat
    CoatCheck is by invitation here. Say /join and the invite word you were given.

    > /join Raincoat
    You're in. Try: /watch jacket M

    > /join raincoat
    You're in already. Try: /watch jacket M

    > /watch corps m black
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]
    ");
    assert_eq!(complete().await, 2);
}

#[tokio::test]
async fn five_wrong_words_an_hour_and_the_right_one_gets_the_same_answer() {
    let chat = by_invitation().await;
    let mut answers = Vec::new();
    for word in ["a", "b", "c", "d", "e", WORD] {
        answers.push(chat.say(&format!("/join {word}")).await.lines().skip(1).collect::<String>());
    }
    answers.dedup();
    assert_eq!(answers, ["CoatCheck is by invitation here. Say /join and the invite word you were given."]);
    chat.clock.advance(Duration::from_secs(3600));
    insta::assert_snapshot!(chat.say("/join raincoat").await, @"
    > /join raincoat
    You're in. Try: /watch jacket M
    ");
}

#[tokio::test]
async fn a_room_is_let_in_by_who_manages_it_and_a_link_holds_the_word() {
    let chat = by_invitation().await.whisper(telegram(-100, false));
    insta::assert_snapshot!(chat.talk(&["/stock rain", "/join raincoat"]).await, @"
    > /stock rain
    CoatCheck is by invitation here. Somebody who manages this chat can say /join and the invite word.

    > /join raincoat
    Only people who manage this chat can do that here. Message me directly to set up your own alerts.
    ");
    let chat = chat.whisper(telegram(-100, true));
    insta::assert_snapshot!(chat.talk(&["/join raincoat"]).await, @"
    > /join raincoat
    This chat is in. Try: /watch jacket M
    ");
    let chat = chat.whisper(telegram(-100, false));
    insta::assert_snapshot!(chat.talk(&["/stock rain"]).await, @"
    > /stock rain
    Rain Jacket, 129.00 EUR
    in stock: L; pre-order: M
    Checked 8 s ago.
    https://shop.example/products/rain-jacket
    ");
    let chat = chat.whisper(telegram(5, true));
    insta::assert_snapshot!(chat.talk(&["/start j-raincoat"]).await, @"
    > /start j-raincoat
    You're in. Try: /watch jacket M
    ");
}

#[tokio::test]
async fn admins_operators_and_whoever_watched_before_need_no_word() {
    let mut chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m").await;
    chat.commands.rules.invite = Some(WORD.to_owned());
    chat.db.begin_admission(true).await.expect("begun");
    insta::assert_snapshot!(chat.say("/watches").await, @"
    > /watches
    You have 1 watch:
    1. Corps Jacket — M: sold out, last in stock 3 days ago
    [Stop M stop:1:1]
    ");
    chat.commands.rules.operators = vec![Destination::DiscordUser(70)];
    let chat = chat.whisper(Who { destination: Destination::DiscordUser(70), may_manage: false, room: None });
    insta::assert_snapshot!(chat.say("/watches").await, @"
    > /watches
    You have no watches yet. Try: /watch jacket M
    ");
}

/// What the address is, as its source.
async fn known(chat: &Chat, url: &str, state: &str) -> i64 {
    use crate::store::db::sql::Sql;
    let new = chat.commands.follow.source(&url.parse().expect(url), true).expect("public");
    let id = chat.db.add_source(&new).await.expect("added").0;
    let txn = chat.db.write().await.expect("begun");
    let values = vec![id.into(), state.into()];
    let sql = "UPDATE source SET state = $2, fault = 'bot_wall', last_error = 'secret', interval_us = 7, next_poll_at = 9 WHERE id = $1";
    txn.run(sql, values).await.expect("set");
    txn.commit().await.expect("committed");
    id
}

#[tokio::test]
async fn a_watch_changes_nothing_of_a_source_that_is_there() {
    let chat = Chat::with_two_jackets().await;
    for state in ["blocked", "gone", "paused"] {
        let url = format!("https://{state}.example/p");
        let id = known(&chat, &url, state).await;
        let before = chat.db.source(id).await.expect("read");
        let said = chat.say(&format!("/watch {url} M")).await;
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(chat.db.source(id).await.expect("read"), before, "{state}");
    }
    insta::assert_snapshot!(chat.talk(&["/watch https://blocked.example/p#reviews M", "/watch https://paused.example/p?utm_source=x M"]).await, @"
    > /watch https://blocked.example/p#reviews M
    I couldn't check that page: the shop blocks automated checks.
    I check it again later. Send it again then.

    > /watch https://paused.example/p?utm_source=x M
    Checks of that page are paused by an admin, so it can't be watched right now.
    ");
}

#[tokio::test]
async fn new_addresses_are_bounded_for_each_person_and_in_all() {
    let mut chat = Chat::with(None).await;
    chat.commands.rules.max_addresses = 4;
    let mut talk = Vec::new();
    for n in 1..=4 {
        talk.push(chat.say(&format!("/watch https://shop{n}.example/p M")).await);
    }
    insta::assert_snapshot!(talk[2..].join("\n\n"), @"
    > /watch https://shop3.example/p M
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.

    > /watch https://shop4.example/p M
    That's a lot of new pages. Try again later, or watch something that is tracked already: /stock shows it.
    ");
    chat.clock.advance(Duration::from_secs(60));
    insta::assert_snapshot!(chat.talk(&["/watch https://shop4.example/p M", "/watch https://shop5.example/p M"]).await, @"
    > /watch https://shop4.example/p M
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.

    > /watch https://shop5.example/p M
    You have added 4 pages already, the most one person can.
    A page that nobody watches makes room after 14 days.
    ");
    chat.commands.rules.max_sources = 5;
    let chat = chat.whisper(Who { destination: Destination::DiscordUser(8), may_manage: false, room: None });
    insta::assert_snapshot!(chat.talk(&["/watch https://shop6.example/p M", "/watch https://intranet.example/p"]).await, @"
    > /watch https://shop6.example/p M
    No more pages can be tracked here right now. You can still watch what is tracked already.

    > /watch https://intranet.example/p
    That address can't be tracked. Send the address of a public product page.
    ");
    assert_eq!(chat.db.sources().await.expect("read").len(), 5, "nothing is kept of what was refused");
}

#[tokio::test]
async fn a_page_that_is_read_late_is_watched_then_and_answered() {
    let chat = Chat::with(None).await;
    insta::assert_snapshot!(chat.talk(&["/watch https://boots.example/p 41", "/watch https://none.example/p 41"]).await, @"
    > /watch https://boots.example/p 41
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.

    > /watch https://none.example/p 41
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.
    ");
    let boots = product("Moon Boots", &[("41", "", OutOfStock), ("42", "", InStock)]);
    let sources = chat.db.sources().await.expect("read");
    let id = |host: &str| sources.iter().find(|source| source.host == host).expect(host).id;
    read(&chat.db, id("boots.example"), vec![boots]).await;
    fail(&chat.db, id("none.example"), "shop.internal is 10.0.0.7").await;
    chat.clock.advance(Duration::from_secs(600));
    assert_eq!(chat.commands.answer_wishes().await.expect("answered"), 2);
    assert_eq!(chat.commands.answer_wishes().await.expect("answered"), 0, "once");
    let mut sent = Vec::new();
    for delivery in chat.db.deliveries(None, 10).await.expect("read") {
        sent.push(format!("{}: {}", delivery.kind.as_str(), delivery.payload));
    }
    insta::assert_snapshot!(sent.join("\n"), @r#"
    reply: {"type":"notice","text":"https://none.example/p could not be checked within ten minutes: something went wrong at the shop.\nIt is not watched."}
    reply: {"type":"notice","text":"Watching Moon Boots — 41.\nSold out now. I'll notify you when it is back (not seen in stock yet)."}
    "#);
    insta::assert_snapshot!(chat.say("/watches").await, @"
    > /watches
    You have 1 watch:
    1. Moon Boots — 41: sold out
    [Stop 41 stop:1:1]
    ");
}

#[tokio::test]
async fn one_person_has_so_many_watches_at_most() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands.rules.max_watches = 2;
    insta::assert_snapshot!(chat.talk(&["/watch corps M,L", "/watch corps M", "/watch rain M", "/unwatch corps L", "/watch rain M"]).await, @"
    > /watch corps M,L
    Watching Corps Jacket — M, L.
    M: Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    L: In stock now: L / Black, 129.00 EUR; L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    [Stop M stop:1] [Got it L got:2]

    > /watch corps M
    Watching Corps Jacket — M.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:1]

    > /watch rain M
    You have 2 of 2 watches. Stop one first: /unwatch

    > /unwatch corps L
    ✓ Stopped: Corps Jacket — L.

    > /watch rain M
    Watching Rain Jacket — M.
    The shop says: pre-order. I'll notify you when it is in stock (not seen in stock yet).
    [Stop M stop:4]
    ");
}

#[tokio::test]
async fn a_wish_that_cannot_be_read_keeps_no_other_from_its_answer() {
    use crate::store::db::sql::Sql;
    let chat = Chat::with(None).await;
    chat.talk(&["/watch https://broken.example/p 41", "/watch https://boots.example/p 42"]).await;
    let txn = chat.db.write().await.expect("begun");
    let sql = "UPDATE wish SET words = '?' WHERE id = (SELECT min(id) FROM wish)";
    txn.run(sql, vec![]).await.expect("broken");
    txn.commit().await.expect("committed");
    for source in chat.db.sources().await.expect("read").iter().filter(|source| source.readings == 0) {
        read(&chat.db, source.id, vec![product(&source.host, &[("42", "", OutOfStock)])]).await;
    }
    chat.clock.advance(Duration::from_secs(60));
    assert_eq!(chat.commands.answer_wishes().await.expect("answered"), 2);
    assert_eq!(chat.db.watch_counts().await.expect("read").armed, 1);
}

#[tokio::test]
async fn what_an_admin_tracks_in_our_network_may_be_watched_by_all_and_nothing_else_there() {
    let chat = Chat::with(None).await;
    let id = known(&chat, "https://intranet.example/p", "idle").await;
    read(&chat.db, id, vec![product("Jacket", &[("M", "", OutOfStock)])]).await;
    insta::assert_snapshot!(chat.talk(&["/watch https://intranet.example/p M", "/watch https://intranet.example/q M"]).await, @"
    > /watch https://intranet.example/p M
    Watching Jacket — M.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M stop:1]

    > /watch https://intranet.example/q M
    That address can't be tracked. Send the address of a public product page.
    ");
}

#[tokio::test]
async fn one_site_bears_so_many_pages_of_people_in_chats() {
    let mut chat = Chat::with(None).await;
    chat.commands.rules.max_addresses = 1000;
    for n in 0..200 {
        let page = format!("https://one.example/p{n}");
        let new = NewSource { added_by: Some(99), ..testing::source(&page) };
        chat.db.add_source(&new).await.expect("added");
    }
    insta::assert_snapshot!(chat.talk(&["/watch https://one.example/more M", "/watch https://two.example/p M"]).await, @"
    > /watch https://one.example/more M
    No more pages of that shop can be tracked right now. You can still watch those that are: /stock shows them.

    > /watch https://two.example/p M
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.
    ");
}

/// Slack keeps most commands for itself: ours stand under one of their own.
#[tokio::test]
async fn on_slack_a_stranger_reads_what_can_be_typed_there() {
    let slack = |id: &str| Destination::Slack { team: None, id: id.to_owned() };
    let chat = by_invitation().await.whisper(Who { destination: slack("U1"), may_manage: false, room: None });
    insta::assert_snapshot!(chat.talk(&["/watch corps m", "/join raincoat", "/link nonsense", "/shop list"]).await, @"
    > /watch corps m
    CoatCheck is by invitation here. Say /coatcheck join and the invite word you were given.

    > /join raincoat
    You're in. Try: /watch jacket M

    > /link nonsense
    That code is wrong or has expired. Say /coatcheck link in your other chat to get a new one.

    > /shop list
    Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.
    ");
}

#[tokio::test]
async fn who_is_banned_is_refused_whatever_is_said_or_pressed_and_can_still_be_forgotten() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps m black"]).await;
    let ann = chat.db.destination_for(&chat.who.destination, || None).await.expect("stored").subscriber_id;
    chat.db.ban(ann).await.expect("banned");
    insta::assert_snapshot!(chat.talk(&["/watch corps m", "[stop:1]", "/stock rain", "/forget", "[forget:1]", "/watch corps m"]).await, @"
    > /watch corps m
    An admin has blocked this chat from CoatCheck. You can still say /export or /forget.

    > [stop:1]
    An admin has blocked this chat from CoatCheck. You can still say /export or /forget.

    > /stock rain
    An admin has blocked this chat from CoatCheck. You can still say /export or /forget.

    > /forget
    This deletes everything stored about you. It can't be undone. Past alerts stay in the statistics, without your name.
    [Delete everything forget:1]

    > [forget:1]
    Done. Everything stored about you is deleted. Only this address is kept, because it may not be used here.

    > /watch corps m
    An admin has blocked this chat from CoatCheck. You can still say /export or /forget.
    ");
    chat.db.unban(ann).await.expect("lifted");
    assert!(chat.talk(&["/watch corps m black"]).await.contains("Watching Corps Jacket"));
}

#[tokio::test]
async fn an_admin_gives_one_person_other_limits() {
    let chat = Chat::with_two_jackets().await;
    let ann = chat.db.destination_for(&chat.who.destination, || None).await.expect("stored").subscriber_id;
    let caps = crate::store::people::bans::Caps { most_watches: Some(1), most_addresses: Some(0) };
    chat.db.cap(ann, caps).await.expect("stored");
    insta::assert_snapshot!(chat.talk(&["/watch corps m black", "/watch corps l black"]).await, @"
    > /watch corps m black
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]

    > /watch corps l black
    You have 1 of 1 watches. Stop one first: /unwatch
    ");
    chat.db.cap(ann, crate::store::people::bans::Caps::default()).await.expect("stored");
    assert!(chat.talk(&["/watch corps l black"]).await.contains("Watching Corps Jacket"));
}
