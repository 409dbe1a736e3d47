//! One file a table, as the first migration makes them.

pub mod alias;
pub mod attempt;
pub mod audit;
pub mod challenge;
pub mod consent;
pub mod conversation;
pub mod delivery;
pub mod destination;
pub mod drop;
pub mod inbox;
pub mod incident;
pub mod instance;
pub mod lease;
pub mod product;
pub mod restock;
pub mod room_post;
pub mod setting;
pub mod shop;
pub mod shop_slot;
pub mod source;
pub mod span;
pub mod subscriber;
pub mod variant;
pub mod watch;

#[cfg(test)]
mod tests {
    use sea_orm::EntityTrait;

    use crate::testing;

    /// Every table has exactly the columns its entity names: a query that names them all is understood.
    #[tokio::test]
    async fn entities_say_what_the_migrations_made() {
        let (db, _folder) = testing::db().await;
        macro_rules! all_readable {
            ($($table:ident),* $(,)?) => {
                $(super::$table::Entity::find().all(db.read()).await.expect(stringify!($table));)*
            };
        }
        all_readable!(
            alias,
            attempt,
            audit,
            challenge,
            consent,
            conversation,
            delivery,
            destination,
            drop,
            inbox,
            incident,
            instance,
            lease,
            product,
            restock,
            room_post,
            setting,
            shop,
            shop_slot,
            source,
            span,
            subscriber,
            variant,
            watch
        );
    }
}
