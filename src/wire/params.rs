//! Query strings of `/api/v1`, and the small answers that are no domain type.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::message::Attachment;
use crate::domain::query::Cursor;
use crate::domain::ticket::TicketRow;

/// The query string of `GET /search`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchParams {
    /// Words to find in subjects, messages and names.
    #[param(min_length = 1, max_length = 500, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub q: String,
    /// Where the page starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1024)]
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// How `GET /timeline` names its customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKey {
    /// By mail address.
    #[default]
    Email,
    /// By phone number; only digits count.
    Tel,
    /// By the customer code.
    Code,
}

/// The query string of `GET /timeline`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TimelineParams {
    /// What the value is.
    #[param(inline)]
    pub by: TimelineKey,
    /// The address, number or code.
    #[param(min_length = 1, max_length = 320, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub value: String,
    /// Where the page starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1024)]
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// The query string of `GET /tickets/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ThreadParams {
    /// The caller's event stream, as its `hello` names it: the ticket counts as read there until the stream's next ticket
    /// or its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 64, pattern = "^[^\\u0000]*$")]
    pub stream: Option<String>,
}

/// The query string of `POST /tickets/{id}/attachments`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UploadParams {
    /// The file's name; folders in front of it are dropped.
    #[param(min_length = 1, max_length = 255, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub name: String,
    /// Its media type; `application/octet-stream` when absent.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[param(max_length = 127, pattern = "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$")]
    pub media_type: Option<String>,
}

/// The query string of `GET /stats`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatsParams {
    /// From when; seven days ago when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until when; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// The query string of `POST /import`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportParams {
    /// Into which queue: an id or a name.
    #[param(min_length = 1, max_length = 200, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$")]
    pub queue: String,
}

/// The query string of `GET /events`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventParams {
    /// Go on after this event, as `Last-Event-ID` does, which wins over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(pattern = "^[0-9]{1,18}$")]
    pub after: Option<String>,
}

/// The first event of a stream, named `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// The stream's own id, for `GET /tickets/{id}?stream=`.
    pub stream: String,
    /// The event after which the stream goes on.
    pub after: String,
}

/// The answer of `GET /healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The server's version.
    pub version: String,
}

/// The answer of `GET /tickets/{id}/attachments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentList {
    /// The files of the thread, oldest message first.
    pub attachments: Vec<Attachment>,
}

/// A page of rows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketList {
    /// The rows.
    pub tickets: Vec<TicketRow>,
    /// Where the next page starts; null at the end.
    pub next: Option<Cursor>,
}

/// What a query string of `GET /tickets` may hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// A queue: id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub queue: Option<String>,
    /// `me`, `none`, or an agent's id or login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub assignee: Option<String>,
    /// Statuses, separated by commas; active ones when absent; `any` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(
        max_length = 200,
        pattern = "^(any|(new|open|waiting|snoozed|resolved|closed)(,(new|open|waiting|snoozed|resolved|closed))*)$"
    )]
    pub status: Option<String>,
    /// Labels, separated by commas: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub label: Option<String>,
    /// Only late ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Only of this requester's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 320, pattern = "^[^\\u0000]*$")]
    pub requester: Option<String>,
    /// Words to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 500, pattern = "^[^\\u0000]*$")]
    pub q: Option<String>,
    /// Where the page starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1024, pattern = "^[^\\u0000]*$")]
    pub cursor: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// What a query string of `GET /main` may hold: which rows its first page shows.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MainParams {
    /// A queue: id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub queue: Option<String>,
    /// `me`, `none`, or an agent's id or login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, pattern = "^[^\\u0000]*$")]
    pub assignee: Option<String>,
    /// Statuses, separated by commas; active ones when absent; `any` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(
        max_length = 200,
        pattern = "^(any|(new|open|waiting|snoozed|resolved|closed)(,(new|open|waiting|snoozed|resolved|closed))*)$"
    )]
    pub status: Option<String>,
    /// Labels, separated by commas: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 998, pattern = "^[^\\u0000]*$")]
    pub label: Option<String>,
    /// Only late ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Only of this requester's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 320, pattern = "^[^\\u0000]*$")]
    pub requester: Option<String>,
    /// Words to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 500, pattern = "^[^\\u0000]*$")]
    pub q: Option<String>,
    /// Rows a page, 1 to 200; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl From<MainParams> for ListParams {
    fn from(p: MainParams) -> Self {
        let MainParams { queue, assignee, status, label, late, requester, q, limit } = p;
        Self { queue, assignee, status, label, late, requester, q, cursor: None, limit }
    }
}
