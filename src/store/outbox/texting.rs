//! What the lane of texts asks beside what every lane asks: consent, hours, countries, and how many a day.
//!
//! The lane has one holder, and everything here is in the transaction that starts its sends: what is counted cannot
//! change before it is used.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use coatcheck_domain::delivery::{Kind, State};
use coatcheck_domain::sms_rules::{Begun, Ruling, SmsRules, Text, exempt, midnight, rule};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::consented::{CONSENTED, last_said};
use super::ending::end;
use super::overnight::supersede;
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{IN_SMS_LANE, Sql, list_of};
use crate::store::db::time::{at, micros};
use crate::store::outbox::incident;

/// The lane of all texts.
pub(crate) const LANE: &str = "sms";

/// The incident of a day on which all texts were sent.
const SPENT: &str = "sms_spend";
/// … and of one on which four fifths of them were.
const NEARLY_SPENT: &str = "sms_spend_near";

#[derive(FromQueryResult)]
struct TextRow {
    id: i64,
    kind: String,
    expires_at: i64,
    put_off_until: Option<i64>,
    look_up: Option<String>,
    country: Option<String>,
    zones: Option<String>,
    anytime: Option<bool>,
}

#[derive(FromQueryResult)]
struct CountRow {
    look_up: Option<String>,
    texts: i64,
}

/// Is it the lane of texts? No other asks anything of all this.
pub(super) fn is_lane(lane: &str) -> bool {
    lane == LANE
}

/// Texts begun today, to each number and in all.
pub(crate) struct Today {
    rules: SmsRules,
    in_all: u32,
    to_number: HashMap<String, u32>,
}

impl Today {
    /// Counts them.
    pub(crate) async fn count<C: ConnectionTrait>(
        conn: &C,
        rules: &SmsRules,
        now: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        let sql = format!(
            "SELECT t.look_up, count(*) AS texts FROM delivery d LEFT JOIN destination t ON t.id = d.destination_id \
             WHERE d.{IN_SMS_LANE} AND d.started_at IS NOT NULL AND d.started_at >= $1 \
               AND (d.batch_id IS NULL OR d.batch_id = d.id) \
             GROUP BY t.look_up"
        );
        let rows: Vec<CountRow> = conn.rows(&sql, vec![micros(midnight(now)).into()]).await?;
        let mut today = Self { rules: rules.clone(), in_all: 0, to_number: HashMap::new() };
        for row in rows {
            let texts = u32::try_from(row.texts).unwrap_or(u32::MAX);
            today.in_all = today.in_all.saturating_add(texts);
            today.to_number.extend(row.look_up.map(|number| (number, texts)));
        }
        Ok(today)
    }

    /// What becomes of a text; if it is sent, it counts.
    pub(crate) fn rule(&mut self, text: &Text, number: &str, now: DateTime<Utc>) -> Ruling {
        let of_number = self.to_number.entry(number.to_owned()).or_default();
        let ruling = rule(&self.rules, text, Begun { to_number: *of_number, in_all: self.in_all }, now);
        if ruling == Ruling::Send && !exempt(text.kind).caps {
            *of_number += 1;
            self.in_all += 1;
        }
        ruling
    }
}

impl Db {
    /// Texts that were answered cost as much as others: whoever pays hears of both together in time.
    pub async fn note_answers(&self) -> Result<(), StoreError> {
        let (rules, now) = (self.sms_rules(), self.now());
        let answered = "SELECT count(*) FROM allowance WHERE what = 'text' AND at > $1";
        let answered = self.read().id(answered, vec![micros(midnight(now)).into()]).await?.unwrap_or_default();
        let sent = Today::count(self.read(), rules, now).await?.in_all;
        let in_all = sent.saturating_add(u32::try_from(answered).unwrap_or(u32::MAX));
        if !is_nearly_spent(rules, in_all) {
            return Ok(());
        }
        let txn = self.write().await?;
        say_nearly_spent(&txn, rules, in_all, now).await?;
        Ok(txn.commit().await?)
    }

    /// What would become of a text of this kind to this destination now: by the very rules that start it. Asked by who
    /// must say so to its person, and by nobody who sends.
    pub async fn text_ruling(&self, destination_id: i64, kind: Kind) -> Result<Ruling, StoreError> {
        #[derive(FromQueryResult)]
        struct PhoneRow {
            look_up: Option<String>,
            country: Option<String>,
            zones: Option<String>,
            anytime: bool,
            said: String,
        }
        let said = last_said!("''");
        let sql = format!(
            "SELECT t.look_up, t.country, t.zones, t.anytime, {said} AS said FROM destination t WHERE t.id = $1"
        );
        let Some(row) = self.read().row::<PhoneRow>(&sql, vec![destination_id.into()]).await? else {
            return Ok(Ruling::Never("address_gone"));
        };
        if row.said == "stop" || (row.said != "start" && !exempt(kind).consent) {
            return Ok(Ruling::Never("no_consent"));
        }
        let now = self.now();
        let text = Text {
            kind,
            country: row.country.as_deref().and_then(|letters| letters.parse().ok()),
            zones: zones(row.zones.as_deref()),
            anytime: row.anytime,
            expires_at: now + kind.expires_after(Duration::ZERO),
            was_put_off: false,
        };
        let number = row.look_up.unwrap_or_default();
        Ok(Today::count(self.read(), self.sms_rules(), now).await?.rule(&text, &number, now))
    }
}

/// Ends what may not be sent by the rules, and puts off what may be later. Says which those were.
pub(super) async fn hold_back(
    txn: &Txn,
    rules: &SmsRules,
    ids: impl Iterator<Item = i64>,
    messages: &[Vec<i64>],
    now: DateTime<Utc>,
) -> Result<HashSet<i64>, StoreError> {
    let in_message = |id: i64| messages.iter().position(|ids| ids.contains(&id));
    let mut values = Vec::new();
    let ids = list_of(&mut values, ids);
    if values.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT d.id, d.kind, d.expires_at, d.put_off_until, t.look_up, t.country, t.zones, t.anytime \
         FROM delivery d LEFT JOIN destination t ON t.id = d.destination_id \
         WHERE d.id IN ({ids}) ORDER BY d.next_attempt_at, d.id"
    );
    let rows: Vec<TextRow> = txn.rows(&sql, values).await?;
    let mut today = Today::count(txn, rules, now).await?;
    let mut held_back = HashSet::new();
    let mut begun: HashSet<Option<usize>> = HashSet::new();
    for row in rows {
        // What is too late already gets no more time.
        if at(row.expires_at) <= now {
            continue;
        }
        // What goes along in a message that is sent costs nothing more.
        let message = in_message(row.id);
        if message.is_some() && begun.contains(&message) {
            continue;
        }
        let text = row.text()?;
        match today.rule(&text, row.look_up.as_deref().unwrap_or_default(), now) {
            Ruling::Send => {
                begun.insert(message);
                continue;
            }
            Ruling::Never(reason) => end(txn, row.id, State::Suppressed, reason, now).await?,
            Ruling::TooLate => end(txn, row.id, State::Expired, "too_late", now).await?,
            Ruling::PutOff { until, expires_at, spent } => {
                put_off(txn, row.id, until, expires_at).await?;
                supersede(txn, row.id, now).await?;
                if spent {
                    say_spent(txn, rules, now).await?;
                }
            }
        }
        held_back.insert(row.id);
    }
    if !begun.is_empty() {
        incident::close_before(txn, SPENT, LANE, midnight(now), now).await?;
        incident::close_before(txn, NEARLY_SPENT, LANE, midnight(now), now).await?;
        say_nearly_spent(txn, rules, today.in_all, now).await?;
    }
    Ok(held_back)
}

async fn put_off(txn: &Txn, id: i64, until: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<(), DbErr> {
    let sql = "UPDATE delivery SET next_attempt_at = $2, put_off_until = $2, expires_at = $3 WHERE id = $1 AND state = 'pending'";
    txn.run(sql, vec![id.into(), micros(until).into(), micros(expires_at).into()]).await.map(|_| ())
}

/// Once a day: it is opened when the day's last text is gone, and closed when the next day's first one goes.
async fn say_spent(txn: &Txn, rules: &SmsRules, now: DateTime<Utc>) -> Result<(), DbErr> {
    let words = format!(
        "all {} texts of the day are sent (SMS_MAX_PER_DAY); what else is to be told by text waits for tomorrow",
        rules.per_day
    );
    if incident::open(txn, SPENT, LANE, &words, now).await? {
        tracing::warn!(per_day = rules.per_day, "{words}");
    }
    Ok(())
}

/// Are four fifths of the day's texts sent?
fn is_nearly_spent(rules: &SmsRules, in_all: u32) -> bool {
    u64::from(in_all) * 5 >= u64::from(rules.per_day) * 4
}

/// Once a day: while something can still be done about it.
async fn say_nearly_spent(txn: &Txn, rules: &SmsRules, in_all: u32, now: DateTime<Utc>) -> Result<(), DbErr> {
    if !is_nearly_spent(rules, in_all) {
        return Ok(());
    }
    let words = format!("{in_all} of {} texts of the day are sent, answers included (SMS_MAX_PER_DAY)", rules.per_day);
    if incident::open(txn, NEARLY_SPENT, LANE, &words, now).await? {
        tracing::warn!(sent = in_all, per_day = rules.per_day, "four fifths of the day's texts are sent");
    }
    Ok(())
}

/// Why a row was not allowed by whoever would get it, if that is why.
pub(super) async fn why_unconsented(txn: &Txn, id: i64) -> Result<Option<&'static str>, DbErr> {
    #[derive(FromQueryResult)]
    struct SaidRow {
        said: String,
    }
    let said = last_said!("''");
    let sql = format!(
        "SELECT {said} AS said FROM delivery JOIN destination t ON t.id = delivery.destination_id \
         WHERE delivery.id = $1 AND NOT {CONSENTED}"
    );
    let row: Option<SaidRow> = txn.row(&sql, vec![id.into()]).await?;
    Ok(row.map(|row| if row.said == "stop" { "stopped" } else { "no_consent" }))
}

impl TextRow {
    fn text(&self) -> Result<Text, StoreError> {
        Ok(Text {
            kind: self.kind.parse().map_err(|why| StoreError::corrupt("delivery.kind", why))?,
            country: self.country.as_deref().and_then(|letters| letters.parse().ok()),
            zones: zones(self.zones.as_deref()),
            anytime: self.anytime.unwrap_or_default(),
            expires_at: at(self.expires_at),
            was_put_off: self.put_off_until.is_some(),
        })
    }
}

/// The zones in a column. A name that is known no more is left out.
pub(crate) fn zones(stored: Option<&str>) -> Vec<Tz> {
    stored.unwrap_or_default().split(',').filter_map(|name| name.parse().ok()).collect()
}
