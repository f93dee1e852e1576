//! The bodies of `/api/v1`. Answers are domain types in their own JSON wherever they can be; here stands what is left:
//! requests, problems, and a few answers. Shared by `server` and `backend::ticketty`, and used by nobody else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::change::{Excerpt, Then};
use crate::domain::id::{AgentId, AttachmentId, EventId, MessageId, QueueId, TicketId};
use crate::domain::message::Message;
use crate::domain::people::{AgentRef, Requester};
use crate::domain::query::Cursor;
use crate::domain::ticket::{Channel, Priority, Status, TicketRow};
use crate::text::Clean;

/// A page of rows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketList {
    /// The rows.
    pub tickets: Vec<TicketRow>,
    /// Where the next page starts; null at the end.
    pub next: Option<Cursor>,
}

/// `POST /tickets`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicketBody {
    /// In which queue: an id or a name.
    pub queue: String,
    /// For whom.
    pub requester: RequesterBody,
    /// About what.
    pub subject: String,
    /// The requester's first message; none when empty.
    #[serde(default)]
    pub text: String,
    /// How it came.
    #[serde(default)]
    pub channel: Channel,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Files uploaded before.
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
}

/// A person as a request names one; kept as typed, sanitised when shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequesterBody {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The mail address.
    #[serde(default)]
    pub email: String,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl From<&Requester> for RequesterBody {
    fn from(r: &Requester) -> Self {
        Self { name: r.name.to_string(), email: r.email.to_string(), phone: r.phone.as_ref().map(ToString::to_string) }
    }
}

/// `PATCH /tickets/{id}`: what is given is set.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchBody {
    /// A new subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A new status (not `snoozed`: that has its own verb).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// A new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Another queue: an id or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Labels to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_labels: Vec<String>,
    /// Labels to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_labels: Vec<String>,
    /// Another requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<RequesterBody>,
}

/// `POST /tickets/{id}/assign`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// To whom: an id or a login.
    pub to: String,
}

/// `POST /tickets/{id}/replies`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// The text.
    pub text: String,
    /// To; the requester when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<RequesterBody>,
    /// Copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<RequesterBody>,
    /// Blind copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<RequesterBody>,
    /// Another subject than the ticket's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentId>,
    /// The last message its author saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<MessageId>,
    /// Send although the thread moved on.
    #[serde(default)]
    pub force: bool,
    /// What else happens in the same step.
    #[serde(default)]
    pub then: Then,
}

/// `POST /tickets/{id}/notes`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// The text.
    pub text: String,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentId>,
    /// What else happens in the same step.
    #[serde(default)]
    pub then: Then,
}

/// `POST /tickets/{id}/split`: exactly one of `messages` and `lines`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitBody {
    /// The messages that move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<MessageId>>,
    /// The lines that are copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Excerpt>,
    /// The new ticket's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The new ticket's queue: an id or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The new ticket's assignee: absent means the source's, an empty string means nobody, else an id or a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The new ticket's labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
}

/// `POST /tickets/{id}/merge`: folds `{id}` into `into`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The ticket that stays.
    pub into: TicketId,
}

/// `POST /tickets/{id}/undo`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoBody {
    /// The event to take back; the caller's newest reversible one on the ticket when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

/// `PUT /tickets/{id}/presence`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceBody {
    /// The caller writes on the ticket, or stopped.
    pub writing: bool,
}

/// An error answer: RFC 9457 `application/problem+json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/<kind>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, why, and what to do next.
    pub detail: String,
    /// `invalid`: which value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// `held`: who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<AgentRef>,
    /// `held`: since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// `held`: the holder is the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
    /// `conflict`, `held`: the ticket as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Box<TicketRow>>,
    /// `moved-on`: what came since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// `limited`: seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

pub use crate::domain::import::{ImportOutcome, Imported};

/// Everything the server writes, as the store is asked for it: a decoded request.
#[derive(Clone, Debug)]
pub enum Write {
    /// `POST /tickets`.
    New(NewTicketBody),
    /// `PATCH /tickets/{id}`.
    Patch(TicketId, PatchBody),
    /// `POST …/claim`.
    Claim(TicketId),
    /// `POST …/release`.
    Release(TicketId),
    /// `POST …/assign`.
    Assign(TicketId, AssignBody),
    /// `POST …/steal`.
    Steal(TicketId),
    /// `POST …/replies`.
    Reply(TicketId, ReplyBody),
    /// `POST …/notes`.
    Note(TicketId, NoteBody),
    /// `POST …/split`.
    Split(TicketId, SplitBody),
    /// `POST …/merge`.
    Merge(TicketId, MergeBody),
    /// `POST …/undo`.
    Undo(TicketId, UndoBody),
    /// `POST …/attachments`: a file that waits for its message.
    Upload(TicketId, UploadBody),
}

/// A file as it arrives.
#[derive(Clone, Debug)]
pub struct UploadBody {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: bytes::Bytes,
}

/// The names of `GET /labels`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LabelList {
    /// Every label in use, sorted.
    pub labels: Vec<Clean>,
}

/// The answer of `GET /queues`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueueList {
    /// The caller's queues, in the desk's order.
    pub queues: Vec<crate::domain::Queue>,
}

/// The answer of `GET /agents`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgentList {
    /// The desk's agents.
    pub agents: Vec<crate::domain::Agent>,
}

/// What a query string of `GET /tickets` may hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// A queue: id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// `me`, `none`, or an agent's id or login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Statuses, separated by commas; active ones when absent; `any` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Labels, separated by commas: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Only late ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Only of this requester's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// Words to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Where the page starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// The answer of `GET /stats`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Counts of tickets that began in the time asked for.
    pub created: u64,
    /// Of these, now resolved or closed.
    pub resolved: u64,
    /// Replies sent in the time asked for.
    pub replies: u64,
    /// The same counts by queue.
    pub by_queue: Vec<QueueStats>,
    /// The same counts by agent.
    pub by_agent: Vec<AgentStats>,
}

/// One queue's share of [`Stats`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueueStats {
    /// The queue.
    pub queue: QueueId,
    /// Its name.
    pub name: Clean,
    /// Tickets that began.
    pub created: u64,
    /// Of these, now resolved or closed.
    pub resolved: u64,
}

/// One agent's share of [`Stats`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgentStats {
    /// The agent.
    pub agent: AgentId,
    /// The agent's login.
    pub login: Clean,
    /// Replies sent.
    pub replies: u64,
    /// Tickets held now that wait on us.
    pub on_us: u64,
}
