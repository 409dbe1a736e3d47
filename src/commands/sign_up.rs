//! Watches that a web page prepares: for who says their word in a chat or by text, or for who types the code that was texted
//! to a phone. Until then nobody waits for anything.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Command, DeepLink, Platform, Receiver, Who};
use coatcheck_domain::Destination;
use coatcheck_domain::phone::Phone;
use futures_util::future::join_all;

use super::dispatch::follow_up;
use super::doing::{Act, Doing};
use super::next::{Choice, Next};
use super::texting::Texting;
use super::wants::{MeantSize, Want};
use super::{Commands, admission, prepared};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;
use crate::store::people::sign_up::{Confirmed, Prepared};
use crate::store::stock::catalogue::Product;

/// Sizes with styles in one sign-up, at most.
const MOST: usize = 20;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A platform is asked for so long how it is reached.
const LINK: Duration = Duration::from_secs(2);
/// Codes that visitors may have texted in a day: this part of all texts, so that pages alone never spend them.
const SHARE: u32 = 4;

/// Words of eight letters that make a page's own.
const TOKEN_WORDS: usize = 4;

/// A chat in which a prepared watch can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatWay {
    /// Which.
    pub platform: Platform,
    /// Opens the chat.
    pub link: Option<DeepLink>,
    /// The words to say there.
    pub said: String,
}

/// What a visitor wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub product: i64,
    /// Sizes as the product lists them; none for any.
    pub sizes: Vec<String>,
    /// Styles as the product lists them; none for any.
    pub styles: Vec<String>,
    /// Every time, not once.
    pub every: bool,
    /// The invite word, where one is set.
    pub invite: String,
}

/// Why nothing was prepared. Its words are for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPrepared {
    /// The invite word is not that.
    #[error("CoatCheck is by invitation here. Please type the invite word you were given.")]
    Invite,
    /// The product lists no such size or style by now.
    #[error("The shop changed its sizes just now. Please choose again.")]
    Choice,
    /// Too many of them.
    #[error("That is too much at once: {MOST} sizes at most.")]
    TooMany,
    /// No number.
    #[error("Please check the phone number. Write it like (925) 555-0123, or like +44 20 7946 0123.")]
    Phone,
    /// A number that is not texted.
    #[error("Only numbers from {0} can be texted.")]
    Country(String),
    /// Texts are not sent here.
    #[error("Text messages are not set up here.")]
    NoTexts,
    /// A push service that is not asked.
    #[error("This browser's push service cannot be reached from here. Please choose another way to be notified.")]
    PushService,
    /// So many wait already.
    #[error("Too many people are signing up right now. Please try again in a few minutes.")]
    Busy,
}

/// What came of typing a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterCode {
    /// The watch is there, or the answer says why not.
    Done {
        /// Whose it is.
        destination: Destination,
        /// The answer.
        words: String,
    },
    /// The code is not that.
    Wrong {
        /// So many more may be wrong.
        tries_left: u32,
    },
    /// It has expired, or it was used.
    Over,
}

impl Commands {
    /// The chats that people can watch in.
    pub fn chats(&self) -> impl Iterator<Item = Platform> {
        self.receivers.iter().map(|receiver| receiver.platform()).filter(|platform| *platform != Platform::Sms)
    }

    /// Are people texted?
    #[must_use]
    pub fn has_texts(&self) -> bool {
        self.texting.is_some()
    }

    /// Where the word of a prepared watch can be said. A platform that does not say in time how it is reached has no link.
    pub async fn chat_ways(&self, word: &str) -> Vec<ChatWay> {
        let chats = self.receivers.iter().filter(|receiver| receiver.platform() != Platform::Sms);
        let way = async |receiver: &Arc<dyn Receiver>| {
            let link = tokio::time::timeout(LINK, receiver.deep_link(&word.to_ascii_lowercase())).await;
            let said = format!("{} {word}", Command::Watch.typed(receiver.platform()));
            ChatWay { platform: receiver.platform(), link: link.unwrap_or_default(), said }
        };
        join_all(chats.map(way)).await
    }

    /// Prepares a watch for who says its word in a chat or by text. Gives the word.
    pub async fn prepare(&self, wanted: &Wanted) -> Result<Result<String, NotPrepared>, StoreError> {
        let doing = match self.checked(wanted).await? {
            Ok(doing) => doing,
            Err(why) => return Ok(Err(why)),
        };
        let word = prepared::named(&(self.rules.new_link_code)());
        let prepared = Prepared { word: &word, product_id: wanted.product, doing: &doing };
        let is_room = self.db.prepare_watch(prepared).await?;
        Ok(if is_room { Ok(word) } else { Err(NotPrepared::Busy) })
    }

    /// Prepares a watch for the owner of a phone, who is texted a code. Gives a word for the page alone, by which the code is
    /// taken, and the number. The answer is the same whatever is known of the phone.
    pub async fn prepare_by_phone(
        &self,
        wanted: &Wanted,
        typed: &str,
    ) -> Result<Result<(String, Phone), NotPrepared>, StoreError> {
        let Some(texting) = &self.texting else { return Ok(Err(NotPrepared::NoTexts)) };
        let phone = match number(typed, texting) {
            Ok(phone) => phone,
            Err(why) => return Ok(Err(why)),
        };
        let doing = match self.checked(wanted).await? {
            Ok(doing) => doing,
            Err(why) => return Ok(Err(why)),
        };
        let all = Limit { within: DAY, most: i64::from((texting.per_day / SHARE).max(1)) };
        let may_text = self.db.allow_visitor("sign-up", all).await?;
        let code = (texting.new_code)();
        let text = Message::Notice(Notice { text: text_with(&code) });
        let token: String = (0..TOKEN_WORDS).map(|_| (self.rules.new_link_code)()).collect();
        let prepared = Prepared { word: &token, product_id: wanted.product, doing: &doing };
        let is_room = self.db.prepare_watch_of_phone(prepared, &phone, (&code, &text), may_text).await?;
        Ok(if is_room { Ok((token, phone)) } else { Err(NotPrepared::Busy) })
    }

    /// Takes the code that was texted: the person who typed it watches from now on.
    pub async fn confirm(&self, token: &str, code: &str) -> Result<AfterCode, StoreError> {
        let (phone, doing) = match self.db.confirm_watch(token, code).await? {
            Confirmed::Yes { phone, doing } => (phone, doing),
            Confirmed::Wrong { tries_left: 0 } | Confirmed::Over => return Ok(AfterCode::Over),
            Confirmed::Wrong { tries_left } => return Ok(AfterCode::Wrong { tries_left }),
        };
        let who = Who { destination: Destination::Sms(phone), may_manage: true, room: None };
        if self.db.is_banned(&who.destination).await? {
            return Ok(AfterCode::Over);
        }
        let words = self.begin_watch(&who, &doing).await?;
        Ok(AfterCode::Done { destination: who.destination, words })
    }

    /// Does what was prepared, for who was shown to be there.
    pub(super) async fn begin_watch(&self, who: &Who, doing: &str) -> Result<String, StoreError> {
        // Its page asked for the invite word.
        self.db.admit(&who.destination).await?;
        let next = Next::Choose(Choice::Do(prepared::read(doing)?));
        match follow_up(self, who, next).await {
            Ok(answered) => Ok(answered.reply.text),
            Err(StoreError::ProductGone { .. }) => Ok("That product is no longer tracked.".to_owned()),
            Err(error) => Err(error),
        }
    }

    /// What is to be done, as JSON.
    pub(super) async fn checked(&self, wanted: &Wanted) -> Result<Result<String, NotPrepared>, StoreError> {
        let product = self.db.products(&[wanted.product]).await?.pop();
        let product = product.ok_or(StoreError::ProductGone { product_id: wanted.product })?;
        let wants = match wants(&product, wanted) {
            Ok(wants) => wants,
            Err(why) => return Ok(Err(why)),
        };
        // Last: a word that is tried counts.
        if !admission::is_invited(self, &wanted.invite).await? {
            return Ok(Err(NotPrepared::Invite));
        }
        let doing = Doing { act: Act::Watch, product: product.id, wants, every: wanted.every, strange: Vec::new() };
        Ok(Ok(serde_json::to_string(&doing).map_err(|why| StoreError::corrupt("sign_up.doing", why))?))
    }
}

/// Each size with each style, all of them the product's own.
fn wants(product: &Product, wanted: &Wanted) -> Result<Vec<Want>, NotPrepared> {
    let size = |label: &String| {
        let listed = product.sizes.iter().find(|(_, listed)| listed == label).ok_or(NotPrepared::Choice)?;
        Ok(Some(MeantSize { key: listed.0.clone(), text: listed.1.clone() }))
    };
    let style = |label: &String| {
        let listed = product.styles.iter().find(|listed| *listed == label).ok_or(NotPrepared::Choice)?;
        Ok(Some(listed.clone()))
    };
    let sizes: Vec<Option<MeantSize>> = each(&wanted.sizes, size)?;
    let styles: Vec<Option<String>> = each(&wanted.styles, style)?;
    if sizes.len() * styles.len() > MOST {
        return Err(NotPrepared::TooMany);
    }
    let of_size = |size: &Option<MeantSize>| {
        let size = size.clone();
        styles.iter().map(move |style| Want { size: size.clone(), style: style.clone() }).collect::<Vec<_>>()
    };
    Ok(sizes.iter().flat_map(of_size).collect())
}

/// What each label means; of none, any.
fn each<T>(
    labels: &[String],
    meant: impl Fn(&String) -> Result<Option<T>, NotPrepared>,
) -> Result<Vec<Option<T>>, NotPrepared> {
    if labels.is_empty() {
        return Ok(vec![None]);
    }
    let mut once: Vec<&String> = Vec::new();
    for label in labels {
        if !once.contains(&label) {
            once.push(label);
        }
    }
    if once.len() > MOST { Err(NotPrepared::TooMany) } else { once.into_iter().map(meant).collect() }
}

/// A number that is texted.
fn number(typed: &str, texting: &Texting) -> Result<Phone, NotPrepared> {
    let phone = Phone::typed(typed, &texting.countries).ok_or(NotPrepared::Phone)?;
    let is_texted = phone.country().is_some_and(|country| texting.countries.contains(country));
    if is_texted { Ok(phone) } else { Err(NotPrepared::Country(texting.countries.to_string())) }
}

/// What the phone is texted.
fn text_with(code: &str) -> String {
    format!(
        "{code} is your CoatCheck code. Type it on the page to get a text when your size is back. It expires in ten \
         minutes. If you didn't ask for it, ignore this text."
    )
}
