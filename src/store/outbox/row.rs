//! A delivery's row, and what is sent of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, Message};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::Kind;
use sea_orm::{DbErr, FromQueryResult, QueryResult};

use super::gone::Edited;
use super::{FORCED, Started};
use crate::store::db::time::at;
use crate::store::people::keys::{Keys, Sealed, is_sealed};

#[derive(FromQueryResult)]
pub(super) struct DueRow {
    pub(super) id: i64,
    pub(super) batch_id: Option<i64>,
    pub(super) kind: String,
    pub(super) provider_ref: Option<String>,
    pub(super) dedupe_key: String,
    pub(super) restock_id: Option<i64>,
    pub(super) payload: String,
    pub(super) reason: Option<String>,
    pub(super) attempts: i32,
    pub(super) expires_at: i64,
    pub(super) destination_id: Option<i64>,
    pub(super) address: Option<String>,
    pub(super) sealed: Option<String>,
    pub(super) secret: Option<String>,
    /// The restock's, at the first row that tells of it: a crowd is notified of one restock.
    pub(super) snapshot: Option<String>,
}

/// A row, or none: the lane is held, and nothing is due.
pub(super) struct MaybeDueRow(pub(super) Option<DueRow>);

impl FromQueryResult for MaybeDueRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let id: Option<i64> = row.try_get(prefix, "id")?;
        id.map(|_| DueRow::from_query_result(row, prefix)).transpose().map(Self)
    }
}

/// What was in stock at each restock; or why that cannot be read.
pub(super) type Alerts = HashMap<i64, Result<Alert, String>>;

pub(super) fn alerts(due: &[DueRow]) -> Alerts {
    let read = |row: &DueRow| {
        let alert = serde_json::from_str(row.snapshot.as_deref()?).map_err(|why| why.to_string());
        Some((row.restock_id?, alert))
    };
    due.iter().filter_map(read).collect()
}

impl DueRow {
    pub(super) fn may_sell_out(&self) -> bool {
        self.restock_id.is_some() && self.reason.as_deref() != Some(FORCED)
    }

    /// The variants an alert tells of.
    pub(super) fn variants(&self) -> Vec<i64> {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }

    pub(super) fn started(
        &self,
        keys: Option<&Keys>,
        alerts: &Alerts,
        now: DateTime<Utc>,
        in_doubt_since: Option<DateTime<Utc>>,
    ) -> Result<Started, String> {
        let destination = self.destination(keys)?;
        let edits = self.provider_ref.clone().filter(|_| self.kind == Kind::Edit.as_str());
        let (restock, message) =
            if edits.is_some() { self.edited()? } else { (self.restock_id, self.message(keys, alerts)?) };
        Ok(Started {
            id: self.id,
            dedupe_key: self.dedupe_key.clone(),
            message,
            restock,
            edits,
            in_doubt_since,
            destination,
            secret: self.opened_secret(keys)?,
            own_page: keys.zip(self.destination_id).map(|(keys, id)| keys.own_page(id, now)),
            is_alert: self.restock_id.is_some() || restock.is_some(),
            attempts: u32::try_from(self.attempts).unwrap_or_default() + 1,
            expires_at: at(self.expires_at),
            started_at: now,
            others: Vec::new(),
        })
    }

    /// Where it goes. Here a number is opened, for the one request that needs it.
    fn destination(&self, keys: Option<&Keys>) -> Result<Destination, String> {
        if let Some(sealed) = &self.sealed {
            let keys = keys.ok_or("its number is sealed, and there is no COATCHECK_KEY")?;
            return keys
                .open_phone(sealed)
                .map(Destination::Sms)
                .ok_or("its number is sealed by another key".to_owned());
        }
        let address = self.address.as_deref().ok_or("its destination is gone")?;
        address.parse().map_err(|why| format!("its address: {why}"))
    }

    /// The secret. One from before there were keys stands there as it is.
    fn opened_secret(&self, keys: Option<&Keys>) -> Result<Option<String>, String> {
        let Some(secret) = self.secret.as_deref().filter(|secret| is_sealed(secret)) else {
            return Ok(self.secret.clone());
        };
        let opened = keys.and_then(|keys| keys.open(Sealed::Secret, secret));
        opened.map(Some).ok_or_else(|| "its secret is sealed by another key".to_owned())
    }

    fn edited(&self) -> Result<(Option<i64>, Message), String> {
        if let Ok(edited) = serde_json::from_str::<Edited>(&self.payload) {
            return Ok((Some(edited.restock), Message::Alert(edited.alert)));
        }
        Ok((None, serde_json::from_str(&self.payload).map_err(|why| why.to_string())?))
    }

    /// The part of the restock that was asked for, or the stored message itself.
    fn message(&self, keys: Option<&Keys>, alerts: &Alerts) -> Result<Message, String> {
        if self.kind == Kind::Code.as_str() && !self.payload.starts_with('{') {
            let code = keys.and_then(|keys| keys.open(Sealed::Code, &self.payload));
            let code = code.ok_or("its code is sealed by another key")?;
            return serde_json::from_str(&code).map_err(|why| why.to_string());
        }
        let Some(alert) = self.restock_id.and_then(|restock| alerts.get(&restock)) else {
            return serde_json::from_str(&self.payload).map_err(|why| why.to_string());
        };
        let mut alert = alert.clone()?;
        let told = self.variants();
        alert.variants.retain(|variant| told.contains(&variant.variant));
        Ok(Message::Alert(Box::new(alert)))
    }
}
