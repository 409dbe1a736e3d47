//! A number that its carrier or provider knows as opted out: as if its owner had said STOP to us.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use super::ending::take_back;
use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::people::consent::{ConsentSource, ConsentWord, note};
use crate::store::people::keys::LookUp;

/// Twilio's code for a number that has said STOP to it (twilio.com/docs/api/errors/21610).
const OPTED_OUT: &str = "21610";

/// Does a refusal say that the number is opted out?
pub(super) fn is_opt_out(why: &str) -> bool {
    why.split(|c: char| !c.is_ascii_digit()).next() == Some(OPTED_OUT)
}

/// Writes down that the number of a delivery said stop. Its destination stays: START brings it back. Says whether the
/// delivery was for a number at all.
pub(super) async fn opt_out(txn: &Txn, delivery_id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    #[derive(FromQueryResult)]
    struct PhoneRow {
        id: i64,
        look_up: String,
        address: String,
    }
    let sql = "SELECT t.id, t.look_up, t.address FROM delivery d JOIN destination t ON t.id = d.destination_id \
               WHERE d.id = $1 AND t.look_up IS NOT NULL";
    let Some(phone) = txn.row::<PhoneRow>(sql, vec![delivery_id.into()]).await? else { return Ok(false) };
    // `sms:<key id>:<hash>…`
    let key_id = phone.address.split(':').nth(1).unwrap_or_default().to_owned();
    let number = LookUp { key_id, hash: phone.look_up };
    note(txn, &number, ConsentWord::Stop, ConsentSource::Carrier, now).await?;
    take_back(txn, phone.id, "stopped", now).await?;
    Ok(true)
}
