//! RT's tickets as rows. What RT does not keep is told from what it does: who waits for whom from `Told` (when the requester was
//! last told something), from who touched the ticket last, and from what was seen earlier in this process.

use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use super::status;
use super::wire::{Field, Ticket, User};
use crate::backend::version::{Before, version};
use crate::domain::{AgentId, AgentRef, Channel, QueueId, Requester, Status, TicketId, TicketRow};
use crate::text::Clean;

/// A reply is due this long after the message, where the ticket has no date of its own.
pub const REPLY_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// What RT does by itself after a reply is done within this time.
const AFTERMATH: SignedDuration = SignedDuration::from_secs(5);
/// The user that stands for nobody.
pub const NOBODY: &str = "Nobody";
/// The user that scripts act as.
const SYSTEM: &str = "RT_System";

/// A ticket as RT told it, and as a row.
#[derive(Clone, Debug)]
pub struct Known {
    /// The row.
    pub row: TicketRow,
    /// All who asked; the row has the first.
    pub requestors: Vec<User>,
    /// Who always gets copies; missing where it was not asked for.
    pub cc: Vec<User>,
    /// When the requester was told something last.
    pub told: Option<Timestamp>,
    /// The lifecycle of its queue.
    pub lifecycle: String,
    /// The name of the custom field that holds labels, where the ticket has one.
    pub labels_field: Option<String>,
    /// When it changed last, as RT says.
    pub updated: Timestamp,
    /// Who changed it last.
    pub updated_by: User,
    /// Who holds it, as RT says.
    pub owner: Option<User>,
    /// What it is linked to, once that was asked for.
    pub related: Option<Related>,
    /// What it was told by is certainly all there was at `updated`: nothing else can have happened in that second.
    pub settled: bool,
}

/// Names of custom fields that hold labels, best first.
const LABEL_FIELDS: [&str; 8] = ["labels", "label", "tags", "tag", "ラベル", "タグ", "keywords", "topics"];

/// The custom field that holds labels.
pub fn labels_field(fields: &[Field]) -> Option<&Field> {
    LABEL_FIELDS.iter().find_map(|name| fields.iter().find(|f| f.name.trim().to_lowercase() == *name))
}

/// An agent by login.
pub fn agent(user: &User) -> AgentRef {
    let name = if user.real_name.is_empty() { user.login() } else { &user.real_name };
    AgentRef { id: AgentId::new(user.login()), login: Clean::line(user.login()), name: Clean::line(name) }
}

/// A person by address. A customer who wrote by mail has the address as login.
pub fn person(user: &User) -> Requester {
    let email =
        if user.email_address.is_empty() && user.login().contains('@') { user.login() } else { &user.email_address };
    let named = if user.real_name.is_empty() && !user.login().contains('@') { user.login() } else { &user.real_name };
    Requester { name: Clean::line(named), email: Clean::line(email), ..Requester::default() }
}

/// A ticket as a row. `asked_at` is the desk's own clock, `now` ours.
pub fn known(ticket: Ticket, memory: &Memory, asked_at: Option<Timestamp>, now: Timestamp) -> Known {
    let id = TicketId::new(&ticket.id);
    let before = memory.row(&id);
    let queue = ticket.queue.unwrap_or_default();
    let created = ticket.created.unwrap_or_default();
    let updated = ticket.last_updated.unwrap_or(created);
    let updated_by = ticket.last_updated_by.clone().unwrap_or_default();
    let status = memory.statuses.ours(&queue.lifecycle, &ticket.status, ticket.started.is_some());
    let fields = ticket.custom_fields.as_deref().unwrap_or_default();
    let field = labels_field(fields);
    let mut labels: Vec<Clean> = field.map(|f| f.values.iter().map(|v| Clean::line(v)).collect()).unwrap_or_default();
    labels.sort();
    labels.dedup();
    let related = match &ticket.links {
        Some(links) => Some(relations(&id, links)),
        None => before.and_then(|k| k.related.clone()),
    };
    // A link alone is no split: what the thread told stands.
    let (split_from, split_into) =
        before.map(|k| (k.row.split_from.clone(), k.row.split_into.clone())).unwrap_or_default();
    let owner = ticket.owner.clone().filter(|u| !u.login().is_empty() && u.login() != NOBODY);
    let assignee = owner.as_ref().map(agent);
    let told = ticket.told;
    let their_turn = || {
        let theirs = ticket.requestor.iter().any(|r| r.login() == updated_by.login()) || updated_by.login() == SYSTEM;
        match told {
            None => Some(created),
            Some(told) if theirs && updated.duration_since(told) > AFTERMATH => {
                Some(memory.waiting(&id, Some(told)).flatten().unwrap_or(updated))
            }
            Some(told) => memory.waiting(&id, Some(told)).flatten(),
        }
    };
    let waiting_since = match status {
        // What a whole thread told is better than what a row lets guess, until the requester is told something or speaks.
        Status::New | Status::Open => match memory.read(&id, updated) {
            Some(known) => known,
            None => their_turn(),
        },
        _ => None,
    };
    let due_at = match (status.is_active(), ticket.due, waiting_since) {
        (true, Some(due), _) => Some(due),
        (true, None, Some(since)) => since.checked_add(REPLY_WITHIN).ok(),
        _ => None,
    };
    let mut row = TicketRow {
        subject: Clean::line(&ticket.subject),
        status,
        native_status: Clean::line(&ticket.status),
        priority: status::priority(&ticket.priority),
        queue: Clean::line(if queue.name.is_empty() { &queue.id } else { &queue.name }),
        queue_id: QueueId::new(&queue.id),
        assigned_at: None,
        requester: ticket.requestor.first().map(person).unwrap_or_default(),
        category: None,
        channel: Channel::Mail,
        created_at: created,
        updated_at: updated,
        on_us: waiting_since.is_some(),
        waiting_since,
        due_at,
        late: due_at.is_some_and(|due| due < now),
        snoozed_until: None,
        messages: before.map_or(0, |k| k.row.messages),
        split_from,
        split_into,
        merged_into: None,
        reading: Vec::new(),
        writing: Vec::new(),
        version: 0,
        labels,
        assignee,
        id,
    };
    // RT's own times count whole seconds.
    let before = before.map(|k| Before { version: k.row.version, same: says_the_same(&k.row, &row) });
    row.version = version(before, Some(updated), now);
    Known {
        row,
        cc: ticket.cc,
        requestors: ticket.requestor,
        told,
        lifecycle: queue.lifecycle,
        labels_field: field.map(|f| f.name.clone()),
        updated,
        updated_by,
        owner,
        related,
        settled: asked_at.is_some_and(|at| at.duration_since(updated) >= SignedDuration::from_secs(2)),
    }
}

fn says_the_same(a: &TicketRow, b: &TicketRow) -> bool {
    let said = |r: &TicketRow| (r.native_status.clone(), r.subject.clone(), r.priority, r.queue_id.clone());
    let held = |r: &TicketRow| (r.assignee.clone(), r.labels.clone(), r.requester.clone());
    said(a) == said(b) && held(a) == held(b)
}

/// The older ticket that a ticket refers to, and the newer ones that refer to it. RT has no split: these may be ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// The older one.
    pub from: Option<TicketId>,
    /// The newer ones.
    pub into: Vec<TicketId>,
}

fn relations(id: &TicketId, links: &[super::wire::Link]) -> Related {
    let own = id.number().unwrap_or(i64::MAX);
    let tickets = |what: &str| -> Vec<i64> {
        let linked = links.iter().filter(|l| l.what == what && l.kind == "ticket");
        linked.filter_map(|l| l.id.parse().ok().or_else(|| l.url.rsplit('/').next()?.parse().ok())).collect()
    };
    let from = tickets("refers-to").into_iter().filter(|n| *n < own).min();
    let mut into: Vec<i64> = tickets("referred-to-by").into_iter().filter(|n| *n > own).collect();
    into.sort_unstable();
    into.dedup();
    Related { from: from.map(TicketId::from), into: into.into_iter().map(TicketId::from).collect() }
}
