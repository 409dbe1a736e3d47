//! `/announce` in team channels, and the button below a post.

use coatcheck_bots::Room;

use super::*;

fn in_channel(may_manage: bool) -> Who {
    let room = Room { destination: Destination::DiscordChannel(9), person: Some(Destination::DiscordUser(7)) };
    Who { room: Some(room), may_manage, ..alice() }
}

fn on_slack() -> Who {
    let slack = |id: &str| Destination::Slack { team: None, id: id.to_owned() };
    let room = Room { destination: slack("C1"), person: Some(slack("U1")) };
    Who { destination: slack("U1"), may_manage: true, room: Some(room) }
}

#[tokio::test]
async fn who_manages_a_channel_says_what_is_announced_there() {
    let chat = Chat::with_two_jackets().await.whisper(in_channel(true));
    insta::assert_snapshot!(chat.talk(&[
        "/announce list",
        "/announce add corps m black",
        "/announce add rain mention:<@&77>",
        "/announce add shop.example",
        "/announce list",
        "/announce stop corps m black",
        "[unannounce:2]",
        "/announce stop rain",
        "/announce add jacket",
        "/announce add corps purple",
        "/announce add rain mention:everyone",
        "/announce add trousers",
    ]).await, @"
    > /announce list
    Nothing is announced here yet. Try: /announce add jacket

    > /announce add corps m black
    Announcing Corps Jacket — M / black here. I post when it is back and edit the post as sizes come and go.

    > /announce add rain mention:<@&77>
    Announcing Rain Jacket — any size here. I post when it is back and edit the post as sizes come and go. New posts mention who you named.

    > /announce add shop.example
    Announcing everything at shop.example — any size here. I post when it is back and edit the post as sizes come and go.

    > /announce list
    Announced here:
    • Corps Jacket — M / black
    • Rain Jacket — any size, with a mention
    • shop.example — any size
    [Stop Corps Jacket — M / black unannounce:1] [Stop Rain Jacket — any size, with a mention unannounce:2] [Stop shop.example — any size unannounce:3]

    > /announce stop corps m black
    Corps Jacket is no longer announced here.

    > [unannounce:2]
    Announced here:
    • shop.example — any size
    [Stop shop.example — any size unannounce:3]

    > /announce stop rain
    Rain Jacket is not announced here. Nothing was changed.

    > /announce add jacket
    Which one? Say its whole name in quotes:
    Corps Jacket
    Rain Jacket

    > /announce add corps purple
    Corps Jacket has no “purple”. Nothing was changed.

    > /announce add rain mention:everyone
    I can mention a role on Discord, or a user group, @here or @channel on Slack. Pick it from the list that appears when you type @.

    > /announce add trousers
    I track nothing of that name. Track a page first: /watch and its address.
    ");
}

#[tokio::test]
async fn nobody_else_announces_stops_or_reconfigures() {
    let chat = Chat::with_two_jackets().await.whisper(in_channel(true));
    chat.say("/announce add corps").await;
    let chat = chat.whisper(in_channel(false));
    insta::assert_snapshot!(chat.talk(&["/announce add rain", "/announce stop corps", "/announce list", "[unannounce:1]"]).await, @"
    > /announce add rain
    Only people who manage this channel can change what is announced here. You can set up alerts of your own: /watch

    > /announce stop corps
    Only people who manage this channel can change what is announced here. You can set up alerts of your own: /watch

    > /announce list
    Only people who manage this channel can change what is announced here. You can set up alerts of your own: /watch

    > [unannounce:1]
    Only people who manage this channel can change what is announced here. You can set up alerts of your own: /watch
    ");
    let chat = chat.whisper(alice());
    insta::assert_snapshot!(chat.talk(&["/announce add rain", "[unannounce:1]"]).await, @"
    > /announce add rain
    Say that in the team channel or group where I should post.

    > [unannounce:1]
    Say that in the team channel or group where I should post.
    ");
    let elsewhere = Room { destination: Destination::DiscordChannel(10), person: None };
    let chat = chat.whisper(Who { room: Some(elsewhere), ..in_channel(true) });
    chat.press("unannounce:1").await;
    let chat = chat.whisper(in_channel(true));
    assert!(chat.say("/announce list").await.contains("Corps Jacket"), "another channel's manager stopped nothing");
}

#[tokio::test]
async fn on_slack_a_user_group_or_all_who_are_here_can_be_called() {
    let chat = Chat::with_two_jackets().await.whisper(on_slack());
    insta::assert_snapshot!(chat.talk(&[
        "/announce add corps !subteam^S042AB|coats",
        "/announce add rain mention:!here",
        "/announce add rain mention:@ann",
    ]).await, @"
    > /announce add corps !subteam^S042AB|coats
    Announcing Corps Jacket — any size here. I post when it is back and edit the post as sizes come and go. New posts mention who you named.

    > /announce add rain mention:!here
    Announcing Rain Jacket — any size here. I post when it is back and edit the post as sizes come and go. New posts mention who you named.

    > /announce add rain mention:@ann
    I can mention a role on Discord, or a user group, @here or @channel on Slack. Pick it from the list that appears when you type @.
    ");
}

#[tokio::test]
async fn the_button_below_a_post_opens_the_pressers_own_watch() {
    let chat = Chat::with_two_jackets().await.whisper(in_channel(false));
    insta::assert_snapshot!(chat.talk(&["[mine:1]", "[c:1:2]", "/watches", "[mine:99]"]).await, @"
    > [mine:1]
    Which size of Corps Jacket?
    1. S
    2. M
    3. L
    4. Any size
    [S c:1:1] [M c:1:2] [L c:1:3] [Any size c:1:4]

    > [c:1:2]
    Watching Corps Jacket — M.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:1]

    > /watches
    You have 1 watch:
    1. Corps Jacket — M: sold out, last in stock 3 days ago
    [Stop M stop:1:1]

    > [mine:99]
    That product is no longer tracked.
    ");
}

#[tokio::test]
async fn in_a_telegram_group_the_button_leads_into_ones_own_chat() {
    let group = Destination::Telegram { chat: -7, topic: Some(3) };
    let ann = Destination::Telegram { chat: 5, topic: None };
    let room = Room { destination: group.clone(), person: Some(ann.clone()) };
    let chat = Chat::with_two_jackets().await;
    let who = Who { destination: group, may_manage: false, room: Some(room) };
    let reply = chat.commands.pressed(&who, "mine:2").await;
    assert_eq!(reply.deep_link.as_deref(), Some("p-2"));
    let chat = chat.whisper(Who { destination: ann, may_manage: true, room: None });
    insta::assert_snapshot!(chat.talk(&["/start p-2", "[c:1:1]", "/start p-x"]).await, @"
    > /start p-2
    Which size of Rain Jacket?
    1. M
    2. L
    3. Any size
    [M c:1:1] [L c:1:2] [Any size c:1:3]

    > [c:1:1]
    Watching Rain Jacket — M.
    The shop says: pre-order. I'll notify you when it is in stock (not seen in stock yet).
    [Stop M stop:1]

    > /start p-x
    Hello! I notify you when your size is back in stock.
    Try: /watch jacket M
    /help shows all commands.
    ");
}
