//! `/announce`: what is posted in a team channel; and the button below a post, which opens one's own watch.

use coatcheck_bots::commands::{Arguments, Word};
use coatcheck_bots::{Command, Platform, Reply, Who, words};
use coatcheck_domain::SizeKey;
use coatcheck_domain::watch::Wish;

use super::doing::{Act, Doing};
use super::next::{Choice, Next};
use super::resolve::{Meant, Resolution, resolve};
use super::today::wanted;
use super::wants::{MeantSize, Want};
use super::{Commands, caps, names, news, platform, question};
use crate::shops::{bare, site};
use crate::store::StoreError;
use crate::store::people::announcement::{About, Announcement, NewAnnouncement};
use crate::store::stock::catalogue::Product;

/// What a deep link says before a product's row.
const DEEP_LINK: &str = "p-";
/// Sizes that are offered, at most: Discord shows 25 buttons.
const MOST_SIZES: usize = 20;
/// Announcements with a button each, at most.
const MOST_BUTTONS: usize = 20;

/// What was said after `/announce`, in a room by somebody who may.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    match said.action {
        Some("add") => add(commands, who, said).await,
        Some("stop") if !said.bare.is_empty() || said.url.is_some() => stop(commands, who, said).await,
        _ => list(commands, who).await,
    }
}

/// The room that is spoken in. Whoever may announce is in one.
async fn room(commands: &Commands, who: &Who) -> Result<i64, StoreError> {
    let destination = who.room.as_ref().map_or(&who.destination, |room| &room.destination);
    Ok(commands.db.destination_for(destination, || None).await?.subscriber_id)
}

async fn add(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let (mention, said) = match take_mention(said, platform(who)) {
        Ok(taken) => taken,
        Err(why) => return Ok(Reply::text(why)),
    };
    let room = room(commands, who).await?;
    if let Some(shop) = news::shop(commands, &said).await? {
        return news::add(commands, room, &shop).await.map(Reply::text);
    }
    let there = commands.db.announcements(room).await?.len();
    if there >= caps::most_watches(commands, room).await? {
        return Ok(Reply::text(format!("{there} announcements are set up here, which is the most. Stop one first.")));
    }
    let meant = match about(commands, &said).await? {
        Ok(meant) => meant,
        Err(why) => return Ok(Reply::text(why)),
    };
    let mut what = Vec::new();
    for want in &meant.wants {
        what.push(wanted(want.size_text(), want.style.as_deref()));
        let new = NewAnnouncement {
            subscriber_id: room,
            about: meant.about,
            wish: want.wish(),
            size: want.size_text().map(str::to_owned),
            style: want.style.clone(),
            mention: mention.clone(),
            added_by: who.room.as_ref().and_then(|room| room.person.clone()),
        };
        commands.db.announce(&new).await?;
    }
    let called = if mention.is_some() { " New posts mention who you named." } else { "" };
    Ok(Reply::text(format!(
        "Announcing {} — {} here. I post when it is back and edit the post as sizes come and go.{called}",
        meant.name,
        what.join(", ")
    )))
}

/// What is to be announced.
struct Announced {
    about: About,
    name: String,
    wants: Vec<Want>,
}

/// A product by its name or address, or a shop by its host; or why neither is meant.
async fn about(commands: &Commands, said: &Arguments) -> Result<Result<Announced, String>, StoreError> {
    if let Some((host, wants)) = host_of(said)
        && let Some(shop) = commands.db.shop_at(&host).await?
    {
        let name = format!("everything at {}", words::plain(&host));
        return Ok(Ok(Announced { about: About::Shop(shop), name, wants }));
    }
    let products = commands.catalogue.products().await?;
    Ok(match resolve(&products, said) {
        Resolution::One(meant) => announced(&products, meant),
        Resolution::Choose(_, meant) => Err(which(&products, &meant)),
        Resolution::Nothing | Resolution::Chatter => {
            Err("I track nothing of that name. Track a page first: /watch and its address.".to_owned())
        }
    })
}

fn announced(products: &[Product], meant: Meant) -> Result<Announced, String> {
    let product = products.iter().find(|product| product.id == meant.product);
    let name = product.map(|product| words::title(&product.title)).unwrap_or_default();
    if let Some(strange) = meant.strange.first() {
        return Err(format!("{name} has no “{}”. Nothing was changed.", words::plain(&strange.text)));
    }
    Ok(Announced { about: About::Product(meant.product), name, wants: meant.wants })
}

fn which(products: &[Product], meant: &[Meant]) -> String {
    let named: Vec<&Product> = products.iter().filter(|it| meant.iter().any(|one| one.product == it.id)).collect();
    let mut names = names::shown(&named);
    names.dedup();
    format!("Which one? Say its whole name in quotes:\n{}", names.join("\n"))
}

/// The host of a shop: `shop.example`, or an address without a path.
fn host_of(said: &Arguments) -> Option<(String, Vec<Want>)> {
    let any = vec![Want::default()];
    if let Some(url) = &said.url {
        return (url.path() == "/").then(|| (site(url), any));
    }
    let [only] = said.bare.as_slice() else { return None };
    only.text.contains('.').then(|| (bare(&only.text.to_lowercase()).to_owned(), any))
}

/// Takes `mention:…` or a mention as the platform writes it out of the words.
fn take_mention(said: &Arguments, platform: Platform) -> Result<(Option<String>, Arguments), String> {
    let mut said = said.clone();
    let is_mention = |word: &Word| word.text.starts_with("mention:") || mentioned(&word.text, platform).is_some();
    let Some(at) = said.bare.iter().position(is_mention) else { return Ok((None, said)) };
    let word = said.bare.remove(at);
    match mentioned(&word.text, platform) {
        Some(id) => Ok((Some(id), said)),
        None => Err("I can mention a role on Discord, or a user group, @here or @channel on Slack. Pick it from the \
                     list that appears when you type @."
            .to_owned()),
    }
}

/// The platform's own id of who is mentioned.
fn mentioned(word: &str, platform: Platform) -> Option<String> {
    let word = word.strip_prefix("mention:").unwrap_or(word).trim_start_matches('<').trim_end_matches('>');
    let is_id = |id: &str| (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    match platform {
        Platform::Discord => word.strip_prefix("@&").filter(|id| is_id(id)).map(str::to_owned),
        Platform::Slack => {
            let word = word.strip_prefix('!')?;
            let group = word.strip_prefix("subteam^").map(|id| id.split('|').next().unwrap_or(id));
            group
                .filter(|id| is_id(id))
                .or(Some(word).filter(|it| matches!(*it, "here" | "channel")))
                .map(str::to_owned)
        }
        Platform::Console | Platform::Telegram | Platform::Sms => None,
    }
}

async fn list(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let all = commands.db.announcements(room(commands, who).await?).await?;
    if all.is_empty() {
        let announce = Command::Announce.typed(platform(who));
        return Ok(Reply::text(format!("Nothing is announced here yet. Try: {announce} add jacket")));
    }
    let mut reply = Reply::text("Announced here:");
    for one in &all {
        reply.text.push_str(&format!("\n• {}", line(one)));
    }
    for one in all.iter().take(MOST_BUTTONS) {
        reply = reply.with_button(format!("Stop {}", line(one)), format!("unannounce:{}", one.id));
    }
    Ok(reply)
}

fn line(one: &Announcement) -> String {
    if one.news {
        return format!("{} — new products", words::title(&one.name));
    }
    let what = wanted(one.size.as_deref(), one.style.as_deref());
    let called = if one.mention.is_some() { ", with a mention" } else { "" };
    format!("{} — {what}{called}", words::title(&one.name))
}

/// Stops what the words name: a product or shop with all of it, or the size and style that are named.
async fn stop(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    if let Some(shop) = news::shop(commands, said).await? {
        return news::stop(commands, room(commands, who).await?, &shop).await.map(Reply::text);
    }
    let meant = match about(commands, said).await? {
        Ok(meant) => meant,
        Err(why) => return Ok(Reply::text(why)),
    };
    let room = room(commands, who).await?;
    let wishes: Vec<Wish> =
        meant.wants.iter().map(Want::wish).filter(|wish| !wish.size.is_any() || !wish.style.is_any()).collect();
    let stopped = commands.db.stop_announcements(room, meant.about, &wishes).await?;
    Ok(Reply::text(match stopped {
        0 => format!("{} is not announced here. Nothing was changed.", meant.name),
        _ => format!("{} is no longer announced here.", meant.name),
    }))
}

/// The button in the list.
pub(crate) async fn stopped(commands: &Commands, who: &Who, id: i64) -> Result<Reply, StoreError> {
    let room = room(commands, who).await?;
    commands.db.stop_announcement(room, id).await?;
    list(commands, who).await
}

/// What a deep link from a post asks for: the product's row.
pub(crate) fn linked(said: &Arguments) -> Option<i64> {
    said.bare.first()?.text.strip_prefix(DEEP_LINK)?.parse().ok()
}

/// The button below a post: the presser's own watch, whose size is asked for where only they read along.
pub(crate) async fn mine(commands: &Commands, who: &Who, product: i64) -> Result<Next, StoreError> {
    if who.destination.is_room() {
        let reply = Reply::text("Open a chat with me to choose your size.");
        return Ok(Next::Say(Reply { deep_link: Some(format!("{DEEP_LINK}{product}")), ..reply }));
    }
    let product = commands.db.products(&[product]).await?.pop();
    let Some(product) = product else { return Ok(Next::Say(Reply::text("That product is no longer tracked."))) };
    let watch = |size: Option<MeantSize>| Doing {
        act: Act::Watch,
        product: product.id,
        wants: vec![Want { size, style: None }],
        every: false,
        strange: Vec::new(),
    };
    if product.sizes.len() < 2 {
        return Ok(watch(None).into());
    }
    let mut labels: Vec<String> = product.sizes.iter().take(MOST_SIZES).map(|(_, size)| words::plain(size)).collect();
    let sized = |size: &String| watch(Some(MeantSize { key: SizeKey::fold(size), text: size.clone() }));
    let mut choices: Vec<Doing> = labels.iter().map(sized).collect();
    choices.push(watch(None));
    labels.push("Any size".to_owned());
    let question = format!("Which size of {}?", words::title(&product.title));
    let choices = choices.into_iter().map(Choice::Do).collect();
    question::pose(commands, who, question, choices, labels).await.map(Next::Say)
}
