//! Our own key for push services: made when it is first needed, sealed, and kept, for browsers subscribe to this very key.

use sea_orm::FromQueryResult;
use secrecy::{ExposeSecret, SecretString};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::people::keys::{Keys, Sealed};

const NAME: &str = "push_key";

#[derive(FromQueryResult)]
struct Value {
    value: String,
}

impl Db {
    /// The key; `new` from the first time on.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without root keys; otherwise when the database fails, or none of the root keys sealed it.
    pub async fn push_key(&self, new: impl FnOnce() -> SecretString) -> Result<SecretString, StoreError> {
        let keys = self.keys()?;
        if let Some(known) = read(self.read(), keys).await? {
            return Ok(known);
        }
        let txn = self.write().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        txn.run(sql, vec![NAME.into(), keys.seal(Sealed::Secret, new().expose_secret()).into()]).await?;
        // Another process may have been faster: its key is the key.
        let key = read(&txn, keys).await?;
        txn.commit().await?;
        key.ok_or_else(|| StoreError::corrupt("setting", "an insert gave no row"))
    }
}

async fn read(db: &impl Sql, keys: &Keys) -> Result<Option<SecretString>, StoreError> {
    let row: Option<Value> = db.row("SELECT value FROM setting WHERE name = $1", vec![NAME.into()]).await?;
    let Some(Value { value }) = row else { return Ok(None) };
    let key =
        keys.open(Sealed::Secret, &value).ok_or_else(|| StoreError::corrupt("setting.push_key", "not sealed by us"))?;
    Ok(Some(key.into()))
}

/// Seals it anew, by the newest of the keys.
pub(super) async fn reseal(txn: &Txn, open: impl Fn(&str) -> Option<String>, new: &Keys) -> Result<(), StoreError> {
    let row: Option<Value> = txn.row("SELECT value FROM setting WHERE name = $1", vec![NAME.into()]).await?;
    let Some(Value { value }) = row else { return Ok(()) };
    let key = open(&value)
        .ok_or_else(|| StoreError::WrongKey { id: value.split(':').next().unwrap_or_default().to_owned() })?;
    let sql = "UPDATE setting SET value = $2 WHERE name = $1";
    txn.run(sql, vec![NAME.into(), new.seal(Sealed::Secret, &key).into()]).await?;
    Ok(())
}
