//! Several alerts for one destination in one message.
//!
//! A hundred products that restock together are a few messages for a person. Each alert keeps its row and its state; the
//! first one's row leads: its key is the message's, in each attempt.

use std::collections::HashMap;

use coatcheck_bots::message::{Alert, Message, Notice};
use coatcheck_bots::words;
use sea_orm::{DbErr, Value};

use super::row::DueRow;
use super::{Chosen, Started};
use crate::store::db::conn::Txn;
use crate::store::db::sql::{Sql, list_of};

/// Puts started rows together as they were chosen, and remembers who goes with whom.
pub(super) async fn bundle(
    txn: &Txn,
    mut started: HashMap<i64, Started>,
    due: &[DueRow],
    chosen: &Chosen,
    is_text: bool,
) -> Result<Vec<Started>, DbErr> {
    let batches: HashMap<i64, i64> = due.iter().filter_map(|row| Some((row.id, row.batch_id?))).collect();
    let mut messages = Vec::new();
    for ids in &chosen.messages {
        let rows: Vec<Started> = ids.iter().filter_map(|id| started.remove(id)).collect();
        let known = ids.iter().find_map(|id| batches.get(id).copied());
        let mut rows = rows.into_iter();
        let Some(first) = rows.next() else { continue };
        let others: Vec<Started> = rows.collect();
        // What is left of a message that may have arrived keeps its key, or it would come twice.
        if others.is_empty() && known.is_none() {
            messages.push(first);
            continue;
        }
        let leader = known.unwrap_or(first.id);
        if known.is_none() {
            remember(txn, leader, std::iter::once(&first).chain(&others)).await?;
        }
        messages.push(one_message(leader, first, others, is_text));
    }
    Ok(messages)
}

async fn remember(txn: &Txn, leader: i64, rows: impl Iterator<Item = &Started>) -> Result<(), DbErr> {
    let mut values: Vec<Value> = vec![leader.into()];
    let sql =
        format!("UPDATE delivery SET batch_id = $1 WHERE id IN ({})", list_of(&mut values, rows.map(|row| row.id)));
    txn.run(&sql, values).await.map(|_| ())
}

fn one_message(leader: i64, first: Started, others: Vec<Started>, is_text: bool) -> Started {
    let alerts: Vec<&Alert> = std::iter::once(&first).chain(&others).filter_map(alert).collect();
    let message = Message::Notice(Notice { text: words::several_alerts(&alerts, !is_text) });
    let in_doubt_since = std::iter::once(&first).chain(&others).filter_map(|row| row.in_doubt_since).min();
    Started { dedupe_key: format!("b:{leader}"), message, restock: None, in_doubt_since, others, ..first }
}

fn alert(row: &Started) -> Option<&Alert> {
    match &row.message {
        Message::Alert(alert) => Some(alert),
        Message::Notice(_) => None,
    }
}
