//! Telling: what is news becomes a message, what came and went changes one, what nobody took goes to the next operator.

use coatcheck_bots::words::{self, Incident};
use coatcheck_domain::Destination;
use coatcheck_domain::operators::plan;

use crate::store::outbox::operators::Line;
use crate::store::{Db, StoreError};

/// Tells what operators have not heard yet, as far as it is time for it.
pub(super) async fn news(db: &Db, operators: &[Destination], editable: &[&str]) -> Result<(), StoreError> {
    let (untold, told) = db.untold_incidents().await?;
    if untold.is_empty() {
        return Ok(());
    }
    let plan = plan(&untold, told, db.now());
    if !plan.news.is_empty()
        && let Some(first) = operators.first()
    {
        let lines = db.incident_lines(&plan.news).await?;
        let destination = db.destination_for(first, || None).await?;
        db.tell_operators(&lines, &text(&lines), destination.destination_id).await?;
        tracing::info!(incidents = lines.len(), "operators notified");
    }
    for message in plan.edits {
        let lines = db.incident_lines_of(message).await?;
        db.edit_operators(message, &lines, &text(&lines), editable).await?;
    }
    Ok(())
}

/// Hands on what an operator's chat did not take.
pub(super) async fn hand_on(db: &Db, operators: &[Destination]) -> Result<(), StoreError> {
    for stranded in db.stranded_messages().await? {
        let hop = stranded.hop + 1;
        let Some(next) = usize::try_from(hop).ok().and_then(|hop| operators.get(hop)) else {
            tracing::error!(message = stranded.id, "no operator could be notified; see `coatcheck doctor`");
            db.settle_message(stranded.id).await?;
            continue;
        };
        let destination = db.destination_for(next, || None).await?;
        db.hand_message_on(stranded.id, hop, destination.destination_id).await?;
    }
    Ok(())
}

fn text(lines: &[Line]) -> String {
    words::incidents(&lines.iter().map(as_words).collect::<Vec<_>>())
}

fn as_words(line: &Line) -> Incident<'_> {
    let lasted = line.until.map(|until| until.signed_duration_since(line.since).to_std().unwrap_or_default());
    Incident { kind: &line.kind, subject: &line.subject, text: &line.text, lasted, flaps: line.flaps }
}
