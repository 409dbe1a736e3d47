//! What a provider says of a text after it took it: delivered, or not after all.

use sea_orm::FromQueryResult;

use super::ending::next_hop_or_rearm;
use super::optout::{is_opt_out, opt_out};
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{IN_SMS_LANE, Sql};
use crate::store::db::time::micros;

/// Codes that say that there is no phone to text behind a number: an unknown handset, a landline
/// (twilio.com/docs/api/errors).
const NO_PHONE: [u32; 2] = [30005, 30006];

#[derive(FromQueryResult)]
struct TextRow {
    id: i64,
    destination_id: Option<i64>,
}

/// What a provider's word about a text was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is written down.
    Noted,
    /// It is of a text of ours, and says nothing new.
    NothingNew,
    /// No text of ours has that name.
    Unknown {
        /// One is being sent, whose name we have not heard yet.
        may_be_ours: bool,
    },
}

impl Db {
    /// A text that the provider calls `provider_ref` has come to `status`, with an error's `code`. One that did not
    /// arrive after all is dead, and what it told waits again or goes to the next destination. Said twice, or of a text
    /// that is not ours, it changes nothing.
    pub async fn provider_status(
        &self,
        provider_ref: &str,
        status: &str,
        code: Option<u32>,
    ) -> Result<Heard, StoreError> {
        let sql = format!("SELECT id, destination_id FROM delivery WHERE {IN_SMS_LANE} AND provider_ref = $1");
        // Asked as a reader first: other texts of the same account are none of our writer's business.
        if self.read().row::<TextRow>(&sql, vec![provider_ref.into()]).await?.is_none() {
            let sending = format!("SELECT id FROM delivery WHERE state = 'sending' AND {IN_SMS_LANE} LIMIT 1");
            let may_be_ours = self.read().id(&sending, vec![]).await?.is_some();
            return Ok(Heard::Unknown { may_be_ours });
        }
        self.retrying(|| self.try_provider_status(&sql, provider_ref, status, code)).await
    }

    async fn try_provider_status(
        &self,
        sql: &str,
        provider_ref: &str,
        status: &str,
        code: Option<u32>,
    ) -> Result<Heard, StoreError> {
        let txn = self.write().await?;
        let Some(row) = txn.row::<TextRow>(sql, vec![provider_ref.into()]).await? else {
            return Ok(Heard::Unknown { may_be_ours: false });
        };
        let changed = match status {
            "delivered" | "read" => arrived(&txn, &row, micros(self.now())).await?,
            "failed" | "undelivered" => self.failed(&txn, &row, status, code).await?,
            _ => false,
        };
        txn.commit().await?;
        Ok(if changed { Heard::Noted } else { Heard::NothingNew })
    }

    async fn failed(&self, txn: &Txn, row: &TextRow, status: &str, code: Option<u32>) -> Result<bool, StoreError> {
        let now = self.now();
        let reason = code.map_or_else(|| status.to_owned(), |code| code.to_string());
        let words = format!("{status} after it was taken, code {reason}");
        let sql = "UPDATE delivery SET state = 'dead', reason = $2, last_error = $3, ended_at = $4 \
                   WHERE id = $1 AND state = 'sent' AND delivered_at IS NULL";
        let values = vec![row.id.into(), reason.as_str().into(), words.into(), micros(now).into()];
        if txn.run(sql, values).await? != 1 {
            return Ok(false);
        }
        if is_opt_out(&reason) {
            opt_out(txn, row.id, now).await?;
        } else if code.is_some_and(|code| NO_PHONE.contains(&code)) {
            let sql =
                "UPDATE destination SET state = 'gone', gone_why = $2, gone_at = $3 WHERE id = $1 AND state <> 'gone'";
            txn.run(sql, vec![row.destination_id.into(), reason.into(), micros(now).into()]).await?;
        }
        next_hop_or_rearm(txn, row.id, now).await?;
        Ok(true)
    }
}

async fn arrived(txn: &Txn, row: &TextRow, now: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE delivery SET delivered_at = $2 WHERE id = $1 AND state = 'sent' AND delivered_at IS NULL";
    Ok(txn.run(sql, vec![row.id.into(), now.into()]).await? == 1)
}
