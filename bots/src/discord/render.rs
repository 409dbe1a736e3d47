//! An alert becomes an embed with a picture, a price and buttons. Pure.

use coatcheck_domain::Money;
use serde_json::{Value, json};
use serenity::builder::{
    CreateActionRow, CreateAllowedMentions, CreateButton, CreateEmbed, CreateEmbedFooter, CreateMessage,
};
use serenity::model::Timestamp;
use serenity::model::application::ButtonStyle;
use serenity::model::channel::{MessageFlags, Nonce};
use serenity::model::id::RoleId;
use url::Url;

use super::escape::escaped;
use crate::message::{Alert, AlertVariant, Message};
use crate::words::{self, gone_after, plain, shortened, variant_label};
use crate::{Button, Envelope};

/// Discord's limits. <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>
const LONGEST_CONTENT: usize = 2000;
const LONGEST_TITLE: usize = 256;
const LONGEST_DESCRIPTION: usize = 4096;
const LONGEST_FIELD: usize = 1024;
const LONGEST_LABEL: usize = 80;
const LONGEST_URL: usize = 512;
const LONGEST_IMAGE: usize = 2048;
const LONGEST_DATA: usize = 100;
const ROW: usize = 5;
const ROWS: usize = 5;
/// With so few variants each has a link of its own.
const LINKED: usize = 3;

const GREEN: u32 = 0x2e_9e_5b;
const GREY: u32 = 0x80_84_8e;

/// What an envelope says on Discord. `nonce` makes a repetition one message.
pub(super) fn message(envelope: &Envelope, nonce: String) -> CreateMessage {
    let made = CreateMessage::new()
        .allowed_mentions(CreateAllowedMentions::new().roles(called(envelope)))
        .nonce(Nonce::String(nonce))
        .enforce_nonce(true)
        .components(rows(buttons(&envelope.message, &envelope.buttons)));
    match &envelope.message {
        Message::Alert(alert) => made.content(calling(envelope, head(alert))).embed(embed(alert)),
        Message::Notice(notice) => made.content(content(&notice.text)).flags(MessageFlags::SUPPRESS_EMBEDS),
    }
}

/// The role that the room's manager wants to be called.
fn called(envelope: &Envelope) -> Option<RoleId> {
    envelope.post()?.mention.as_deref()?.parse().ok().filter(|id| *id != 0).map(RoleId::new)
}

fn calling(envelope: &Envelope, head: String) -> String {
    called(envelope).map_or(head.clone(), |role| format!("<@&{role}> {head}"))
}

/// The same as an edit of what was said before: what it no longer has is emptied.
pub(super) fn edit(envelope: &Envelope) -> Value {
    let said = serde_json::to_value(message(envelope, String::new())).unwrap_or_default();
    let part = |name: &str| said.get(name).cloned().unwrap_or_else(|| json!([]));
    json!({
        "content": part("content"), "embeds": part("embeds"), "components": part("components"),
        "allowed_mentions": part("allowed_mentions"),
    })
}

/// Plain words of ours as a message, escaped and cut to what fits.
pub(super) fn content(text: &str) -> String {
    fitted(text, LONGEST_CONTENT)
}

/// Escaping makes texts longer, so what is cut is what was not escaped yet.
fn fitted(text: &str, most: usize) -> String {
    let mut keep = most;
    loop {
        let shown = escaped(&shortened(text, keep));
        let length = shown.chars().count();
        if length <= most {
            return shown;
        }
        keep = keep.saturating_sub(length - most).max(1);
    }
}

/// The line that a telephone shows without unlocking it.
fn head(alert: &Alert) -> String {
    let head = fitted(&words::alert(alert).head, LONGEST_CONTENT / 2);
    match alert.gone_after {
        Some(seconds) => format!("~~{head}~~\n{}", gone_after(seconds)),
        None => head,
    }
}

fn embed(alert: &Alert) -> CreateEmbed {
    let gone = alert.gone_after.is_some();
    let mut embed = CreateEmbed::new()
        .title(fitted(&words::title(&alert.product), LONGEST_TITLE))
        .colour(if gone { GREY } else { GREEN })
        .footer(CreateEmbedFooter::new(fitted(&plain(&alert.shop), LONGEST_TITLE)))
        .timestamp(Timestamp::from(alert.at));
    if let Some(page) = page(alert).filter(|page| page.as_str().len() <= LONGEST_IMAGE) {
        embed = embed.url(page.as_str());
    }
    if let Some(image) = alert.image.as_ref().filter(|image| image.as_str().len() <= LONGEST_IMAGE) {
        embed = embed.thumbnail(image.as_str());
    }
    let sold_out = words::alert(alert).sold_out;
    if !sold_out.is_empty() {
        embed = embed.field("Sold out again", fitted(&sold_out.join("\n"), LONGEST_FIELD), false);
    }
    match alert.variants.as_slice() {
        [one] => fields(one).into_iter().fold(embed, |embed, (name, value)| embed.field(name, value, true)),
        _ => embed.description(list(alert)),
    }
}

fn page(alert: &Alert) -> Option<&Url> {
    match alert.variants.as_slice() {
        [one] => one.url.as_ref().or(alert.url.as_ref()),
        several => alert.url.as_ref().or_else(|| several.iter().find_map(|variant| variant.url.as_ref())),
    }
}

fn fields(variant: &AlertVariant) -> Vec<(&'static str, String)> {
    let text = |text: &String| Some(fitted(&plain(text), LONGEST_FIELD)).filter(|text| !text.is_empty());
    let left = variant.quantity.filter(|left| *left > 0 && variant.availability.is_buyable());
    [
        ("Size", variant.size.as_ref().and_then(text)),
        ("Style", variant.style.as_ref().and_then(text)),
        ("Price", variant.price.as_ref().map(Money::to_string)),
        ("Left", left.map(|left| left.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn list(alert: &Alert) -> String {
    let text = words::alert(alert);
    let mut lines: Vec<String> = text.variants.iter().map(|line| format!("• {}", without_link(line))).collect();
    if text.more > 0 {
        lines.push(format!("and {} more", text.more));
    }
    fitted(&lines.join("\n"), LONGEST_DESCRIPTION)
}

/// Links stand on buttons here.
fn without_link(line: &str) -> &str {
    line.split_once(" http").map_or(line, |(words, _)| words)
}

/// Where to go, then what can be said. A sold out thing has no way into the cart.
fn buttons(message: &Message, own: &[Button]) -> Vec<CreateButton> {
    let links = match message {
        Message::Alert(alert) if alert.gone_after.is_none() => links(alert),
        _ => Vec::new(),
    };
    links.into_iter().chain(own.iter().filter_map(button)).collect()
}

fn links(alert: &Alert) -> Vec<CreateButton> {
    let link = |url: &Url, label: &str| {
        (url.as_str().len() <= LONGEST_URL).then(|| CreateButton::new_link(url.as_str()).label(label))
    };
    let several = alert.variants.len() > 1;
    if several && alert.variants.len() <= LINKED && alert.variants.iter().all(|variant| variant.url.is_some()) {
        let own = |variant: &AlertVariant| {
            let label = variant_label(variant).unwrap_or_else(|| "Open in shop".to_owned());
            link(variant.url.as_ref()?, &shortened(&label, LONGEST_LABEL))
        };
        return alert.variants.iter().filter_map(own).collect();
    }
    let cart = if several { None } else { alert.variants.first().and_then(|variant| variant.cart_url.as_ref()) };
    let page = page(alert).and_then(|page| link(page, "Open in shop"));
    page.into_iter().chain(cart.and_then(|cart| link(cart, "Add to cart"))).collect()
}

fn button(button: &Button) -> Option<CreateButton> {
    let label = shortened(&plain(&button.label), LONGEST_LABEL);
    let fits = !label.is_empty() && !button.data.is_empty() && button.data.len() <= LONGEST_DATA;
    fits.then(|| CreateButton::new(button.data.as_str()).label(label).style(ButtonStyle::Secondary))
}

fn rows(buttons: Vec<CreateButton>) -> Vec<CreateActionRow> {
    buttons.chunks(ROW).take(ROWS).map(|row| CreateActionRow::Buttons(row.to_vec())).collect()
}

/// The links that a message keeps, and other buttons behind them.
pub(super) fn rows_below(links: &[Value], own: &[Button]) -> Value {
    let own = own.iter().filter_map(button).filter_map(|button| serde_json::to_value(button).ok());
    let buttons: Vec<Value> = links.iter().cloned().chain(own).collect();
    buttons.chunks(ROW).take(ROWS).map(|row| json!({ "type": 1, "components": row })).collect()
}

/// Buttons of an answer.
pub(super) fn answer_rows(own: &[Button]) -> Vec<CreateActionRow> {
    rows(own.iter().filter_map(button).collect())
}
