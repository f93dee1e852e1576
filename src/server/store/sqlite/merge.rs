//! Merge: one ticket folded into another of the same requester. The emptied one stays as a pointer.

use super::rec::{Event, Loaded, Moved, Rec, Tx};
use super::thread::{move_messages, numbers, recount, renumber};
use super::write::receipt;
use super::{Step, invalid, not_possible, search};
use crate::domain::change::Receipt;
use crate::domain::{MessageId, Status};

pub(super) async fn merge(tx: &mut Tx<'_>, id: i64, into: i64) -> Step<Receipt> {
    if id == into {
        return Err(invalid("into", "a ticket cannot be folded into itself"));
    }
    let source = tx.load_live(id).await?;
    let target = tx.load_live(into).await?;
    // Somebody else's words would be quoted to this customer.
    if source.rec.requester.email_key() != target.rec.requester.email_key() {
        return Err(not_possible(format!(
            "ticket {id} is of {} and ticket {into} of {}: only tickets of one requester are merged; edit the requester first",
            source.rec.requester.requester(),
            target.rec.requester.requester()
        )));
    }
    let (moved, _) = fold(tx, &source, &target).await?;
    let mut receipt = receipt(tx.row(id).await?, Some(moved.source_event), true);
    receipt.other = Some(tx.row(into).await?);
    receipt.before = Some(Box::new(source.row()));
    receipt.moved = moved.messages.iter().copied().map(MessageId::from).collect();
    Ok(receipt)
}

/// Moves every message of `source` to `target` in time order and leaves a pointer; what moved, and the target as it is now.
pub(super) async fn fold(tx: &mut Tx<'_>, source: &Loaded, target: &Loaded) -> Step<(Moved, Rec)> {
    let leaving = numbers(tx.conn, source.rec.id).await?;
    let mut before_numbers = numbers(tx.conn, target.rec.id).await?;
    let ids: Vec<i64> = leaving.iter().map(|n| n.0).collect();
    before_numbers.extend(leaving);
    move_messages(tx.conn, &ids, target.rec.id).await?;
    renumber(tx.conn, target.rec.id).await?;

    let mut pointer = source.rec.clone();
    pointer.merged_into = Some(target.rec.id);
    pointer.status = Status::Closed;
    pointer.updated_at = tx.now;
    recount(tx.conn, &mut pointer, tx.now).await?;
    let mut whole = target.rec.clone();
    whole.updated_at = tx.now;
    whole.labels.extend(source.rec.labels.iter().cloned());
    whole.labels.sort();
    whole.labels.dedup();
    recount(tx.conn, &mut whole, tx.now).await?;
    // A customer who waits must not vanish in a ticket that is put away.
    if source.rec.on_us && !matches!(whole.status, Status::New | Status::Open) {
        whole.status = Status::Open;
        whole.snoozed_until = None;
    }
    let to = Some(format!("#{}", whole.id));
    let source_event = tx.record(Some(&source.rec), &pointer, Event { what: "merge", to, ..Event::default() }).await?;
    let from = Some(format!("#{}", pointer.id));
    let target_event = tx.record(Some(&target.rec), &whole, Event { what: "merge", from, ..Event::default() }).await?;
    tx.save(&source.rec, &mut pointer, source.reply_within).await?;
    tx.save(&target.rec, &mut whole, target.reply_within).await?;
    let moved = Moved {
        source: pointer.id,
        target: whole.id,
        messages: ids,
        numbers: before_numbers,
        source_version: pointer.version,
        target_version: whole.version,
        source_event,
        target_event,
    };
    tx.record_moved(&moved).await?;
    search::index(tx.conn, &pointer).await?;
    search::index(tx.conn, &whole).await?;
    Ok((moved, whole))
}
