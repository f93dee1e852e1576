//! Split: chosen messages move, or chosen lines are copied, into a new ticket. One transaction, so nothing is ever lost or doubled.

use super::rec::{Event, Moved, Person, Rec, Tx, blank};
use super::thread::{NewMessage, add_message, close_gaps, message_by_id, move_messages, numbers, recount};
use super::write::{labels, message_of, receipt, subject};
use super::{Step, invalid, not_possible, search};
use crate::domain::change::{Excerpt, Receipt};
use crate::domain::{Kind, MessageId, Status};
use crate::wire::SplitBody;

pub(super) async fn split(tx: &mut Tx<'_>, id: i64, body: SplitBody) -> Step<Receipt> {
    let source = tx.load_live(id).await?;
    let SplitBody { messages, lines, subject: own_subject, queue, assignee, labels: own_labels } = body;

    let queue = match queue {
        Some(named) => tx.queue(&named, "queue").await?,
        None => super::rec::QueueRef {
            id: source.rec.queue,
            name: source.queue_name.clone(),
            reply_within: source.reply_within,
        },
    };
    let holder = match assignee.as_deref() {
        Some("") => None,
        Some(named) => {
            let agent = tx.agent(named, "assignee").await?;
            tx.need_in_queue(&agent, queue.id, &queue.name).await?;
            Some(agent.id)
        }
        // Who cannot see the other queue does not hold its ticket.
        None => match source.rec.assignee {
            Some(agent) if tx.in_queue(agent, queue.id).await? => Some(agent),
            _ => None,
        },
    };
    let title = match own_subject {
        Some(own) => subject(&own)?,
        None => source.rec.subject.clone(),
    };
    let mut new = blank(queue.id, source.rec.requester.clone(), title, tx.now);
    new.status = Status::Open;
    new.priority = source.rec.priority;
    new.category.clone_from(&source.rec.category);
    new.channel = source.rec.channel;
    new.assignee = holder;
    new.assigned_at = holder.map(|_| tx.now);
    new.labels = match own_labels {
        Some(own) => labels(&own, "labels")?,
        None => source.rec.labels.clone(),
    };
    new.split_from = Some(id);
    new.touched = true;

    match (messages, lines) {
        (Some(messages), None) => by_messages(tx, &source, new, queue.reply_within, &messages).await,
        (None, Some(lines)) => by_lines(tx, &source, new, queue.reply_within, lines).await,
        _ => Err(invalid("messages", "give either messages or lines")),
    }
}

async fn by_messages(
    tx: &mut Tx<'_>,
    source: &super::rec::Loaded,
    mut new: Rec,
    reply_within: i64,
    chosen: &[MessageId],
) -> Step<Receipt> {
    let id = source.rec.id;
    let mut ids = Vec::with_capacity(chosen.len());
    for message in chosen {
        let found = message_of(tx, id, message, "messages").await?;
        if !ids.contains(&found) {
            ids.push(found);
        }
    }
    if ids.is_empty() {
        return Err(invalid("messages", "choose at least one message"));
    }
    let before_numbers = numbers(tx.conn, id).await?;
    if ids.len() == before_numbers.len() {
        return Err(not_possible("all messages would leave: that is no split; leave at least one, or edit the ticket"));
    }
    tx.insert(&mut new, reply_within).await?;
    move_messages(tx.conn, &ids, new.id).await?;
    close_gaps(tx.conn, id).await?;
    close_gaps(tx.conn, new.id).await?;
    finish(tx, source, new, reply_within, ids, before_numbers).await
}

async fn by_lines(
    tx: &mut Tx<'_>,
    source: &super::rec::Loaded,
    mut new: Rec,
    reply_within: i64,
    lines: Excerpt,
) -> Step<Receipt> {
    let found = message_of(tx, source.rec.id, &lines.message, "lines").await?;
    let message = message_by_id(tx.conn, found).await?;
    let text = message.cut(lines.lines)?;
    tx.insert(&mut new, reply_within).await?;
    let author = Person::from(&message.author);
    // What was said among agents does not become the customer's own words.
    let (kind, agent) = match message.kind {
        Kind::Note => (Kind::Note, message.agent.as_ref().and_then(crate::domain::AgentId::number)),
        _ => (Kind::Incoming, None),
    };
    let excerpt = NewMessage {
        subject: message.subject.as_ref().map(ToString::to_string),
        excerpt_of: Some(lines),
        ..NewMessage::plain(new.id, kind, author, agent, message.at.as_millisecond(), text)
    };
    add_message(tx.conn, &excerpt, tx.now).await?;
    finish(tx, source, new, reply_within, Vec::new(), Vec::new()).await
}

/// Links both tickets, writes both events, saves both.
async fn finish(
    tx: &mut Tx<'_>,
    source: &super::rec::Loaded,
    new: Rec,
    reply_within: i64,
    ids: Vec<i64>,
    numbers: Vec<(i64, i64)>,
) -> Step<Receipt> {
    let inserted = new.clone();
    let mut new = new;
    let mut rest = source.rec.clone();
    rest.split_into.push(new.id);
    rest.updated_at = tx.now;
    recount(tx.conn, &mut rest, tx.now).await?;
    recount(tx.conn, &mut new, tx.now).await?;
    let to = Some(format!("#{}", new.id));
    let source_event = tx.record(Some(&source.rec), &rest, Event { what: "split", to, ..Event::default() }).await?;
    let from = Some(format!("#{}", rest.id));
    let target_event = tx.record(None, &new, Event { what: "split", from, ..Event::default() }).await?;
    tx.save(&source.rec, &mut rest, source.reply_within).await?;
    tx.save(&inserted, &mut new, reply_within).await?;
    let moved = Moved {
        source: rest.id,
        target: new.id,
        messages: ids,
        numbers,
        source_version: rest.version,
        target_version: new.version,
        source_event,
        target_event,
    };
    tx.record_moved(&moved).await?;
    search::index(tx.conn, &rest).await?;
    search::index(tx.conn, &new).await?;
    let mut receipt = receipt(tx.row(rest.id).await?, Some(source_event), true);
    receipt.other = Some(tx.row(new.id).await?);
    receipt.before = Some(Box::new(source.row()));
    receipt.moved = moved.messages.iter().copied().map(MessageId::from).collect();
    Ok(receipt)
}
