//! What the store remembers of itself, by name.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Set};

use crate::store::entities::setting::{ActiveModel, Column, Entity as Settings};

/// What is remembered under this name.
pub(in crate::store) async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>, DbErr> {
    Ok(Settings::find_by_id(name).one(db).await?.map(|setting| setting.value))
}

/// Remembers it, in place of what was there.
pub(in crate::store) async fn set(db: &impl ConnectionTrait, name: &str, value: String) -> Result<(), DbErr> {
    let replaced = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
    Settings::insert(setting(name, value)).on_conflict(replaced).exec_without_returning(db).await.map(|_| ())
}

/// Remembers it unless something is there. Says whether nothing was.
pub(in crate::store) async fn set_first(db: &impl ConnectionTrait, name: &str, value: String) -> Result<bool, DbErr> {
    let kept = OnConflict::column(Column::Name).do_nothing().to_owned();
    Ok(Settings::insert(setting(name, value)).on_conflict(kept).exec_without_returning(db).await? == 1)
}

/// Forgets it.
pub(in crate::store) async fn remove(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    Settings::delete_by_id(name).exec(db).await.map(|_| ())
}

fn setting(name: &str, value: String) -> ActiveModel {
    ActiveModel { name: Set(name.to_owned()), value: Set(value) }
}
