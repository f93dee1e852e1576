//! The bodies of `/api/v1`. Answers are domain types in their own JSON wherever they can be; here stands what is left:
//! requests, problems, and a few answers. Shared by `server` and `backend::ticketty`, and used by nobody else.

pub mod limit;
mod params;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::change::{Excerpt, Then};
use crate::domain::id::{AgentId, AttachmentId, EventId, MessageId, QueueId, TicketId};
use crate::domain::message::Message;
use crate::domain::people::{AgentRef, Requester};
use crate::domain::ticket::{Channel, Priority, Status, TicketRow};
use crate::text::Clean;

pub use params::{
    AttachmentList, EventParams, Health, Hello, ImportParams, ListParams, MainParams, SearchParams, StatsParams,
    ThreadParams, TicketList, TimelineKey, TimelineParams, UploadParams,
};

/// A label as a request names it.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[^,\\u0000-\\u001f\\u007f-\\u009f]*[^,\\s\\u0000-\\u001f\\u007f-\\u009f][^,\\u0000-\\u001f\\u007f-\\u009f]*$")]
#[expect(dead_code, reason = "only the OpenAPI document knows this type; requests carry strings")]
pub(crate) struct LabelText(String);

/// `POST /tickets`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicketBody {
    /// In which queue: an id or a name.
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub queue: String,
    /// For whom.
    pub requester: RequesterBody,
    /// About what.
    #[schema(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub subject: String,
    /// The requester's first message; none when empty.
    #[serde(default)]
    #[schema(max_length = 1_000_000, pattern = "^[^\\u0000]*$")]
    pub text: String,
    /// How it came.
    #[serde(default)]
    pub channel: Channel,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Labels.
    #[serde(default)]
    #[schema(value_type = Vec<LabelText>, max_items = 100)]
    pub labels: Vec<String>,
    /// Files uploaded before.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub attachments: Vec<AttachmentId>,
}

/// A person as a request names one; kept as typed, sanitised when shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequesterBody {
    /// The name.
    #[serde(default)]
    #[schema(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub name: String,
    /// The mail address.
    #[serde(default)]
    #[schema(max_length = 320, pattern = "^[^\\u0000]*$")]
    pub email: String,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, pattern = "^[^\\u0000]*$")]
    pub phone: Option<String>,
    /// The customer code of the shop; an empty one takes it away. Not given: what the desk knows of this address stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, pattern = "^[^\\u0000]*$")]
    pub code: Option<String>,
}

impl From<&Requester> for RequesterBody {
    fn from(r: &Requester) -> Self {
        Self {
            name: r.name.to_string(),
            email: r.email.to_string(),
            phone: r.phone.as_ref().map(ToString::to_string),
            code: r.code.as_ref().map(ToString::to_string),
        }
    }
}

/// `PATCH /tickets/{id}`: what is given is set.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchBody {
    /// A new subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub subject: Option<String>,
    /// A new status (not `snoozed`: that has its own verb).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// A new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Another queue: an id or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub queue: Option<String>,
    /// Labels to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<LabelText>, max_items = 100)]
    pub add_labels: Vec<String>,
    /// Labels to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<LabelText>, max_items = 100)]
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
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub to: String,
}

/// `POST /tickets/{id}/replies`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// The text.
    #[schema(min_length = 1, max_length = 1_000_000, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub text: String,
    /// To; the requester when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub to: Vec<RequesterBody>,
    /// Copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub cc: Vec<RequesterBody>,
    /// Blind copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub bcc: Vec<RequesterBody>,
    /// Another subject than the ticket's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub subject: Option<String>,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
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
    #[schema(min_length = 1, max_length = 1_000_000, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub text: String,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
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
    #[schema(min_items = 1, max_items = 1000)]
    pub messages: Option<Vec<MessageId>>,
    /// The lines that are copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Excerpt>,
    /// The new ticket's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub subject: Option<String>,
    /// The new ticket's queue: an id or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub queue: Option<String>,
    /// The new ticket's assignee: absent means the source's, an empty string means nobody, else an id or a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub assignee: Option<String>,
    /// The new ticket's labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<LabelText>>, max_items = 100)]
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
    Upload(Option<TicketId>, UploadBody),
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
