//! Changes and receipts for tests.

use jiff::Timestamp;

use super::{
    Change, Channel, Kind, Message, MessageId, Outgoing, Priority, Receipt, Requester, Status, TicketId, TicketRow,
};
use crate::text::Clean;

/// A reply to a ticket.
pub fn reply(ticket: &str, text: &str) -> Change {
    Change::Reply { ticket: TicketId::new(ticket), message: Outgoing { text: text.to_owned(), ..Outgoing::default() } }
}

/// A ticket that nothing is special about.
pub fn row(id: &str) -> TicketRow {
    TicketRow {
        id: TicketId::new(id),
        subject: Clean::line("Where is my parcel"),
        status: Status::Open,
        native_status: Clean::line("open"),
        priority: Priority::Normal,
        queue: Clean::line("Shop"),
        queue_id: "1".into(),
        assignee: None,
        assigned_at: None,
        requester: Requester::parse("Ben Ode <ben@example.net>"),
        labels: Vec::new(),
        category: None,
        channel: Channel::Mail,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        on_us: false,
        waiting_since: None,
        due_at: None,
        late: false,
        snoozed_until: None,
        messages: 1,
        split_from: None,
        split_into: Vec::new(),
        merged_into: None,
        reading: Vec::new(),
        writing: Vec::new(),
        version: 1,
    }
}

/// A customer's message.
pub fn message(id: &str) -> Message {
    Message {
        id: MessageId::new(id),
        number: 1,
        kind: Kind::Incoming,
        author: Requester::parse("Ben Ode <ben@example.net>"),
        agent: None,
        at: Timestamp::UNIX_EPOCH,
        subject: None,
        to: Vec::new(),
        cc: Vec::new(),
        text: Clean::text("Where is it?"),
        from_html: false,
        attachments: Vec::new(),
        excerpt_of: None,
        delivery: None,
    }
}

/// The desk's answer to a change of a ticket.
pub fn receipt(ticket: &str) -> Receipt {
    Receipt { event: Some("9".into()), undoable: true, ..Receipt::of(row(ticket)) }
}
