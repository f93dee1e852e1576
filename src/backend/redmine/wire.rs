//! What Redmine says, as far as this adapter listens. A key that is absent means "nothing" there: an issue without an assignee has
//! no `assigned_to`, one without relations has no `relations`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Anything with an id and a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Named {
    pub id: i64,
    #[serde(default)]
    pub name: String,
}

/// A status; an issue of a server before 5.0 does not tell whether it is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct NativeStatus {
    pub id: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub is_closed: Option<bool>,
}

/// A priority of the server's list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NativePriority {
    pub id: i64,
    pub name: String,
    #[serde(default)]
    pub is_default: bool,
    /// A priority that is no longer given to new issues.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

/// A custom field of an issue.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct CustomField {
    pub id: i64,
    pub name: String,
    #[serde(default)]
    pub multiple: bool,
    #[serde(default)]
    pub value: Value,
}

impl CustomField {
    /// Its values; none for null and the empty text.
    pub fn values(&self) -> Vec<&str> {
        let given = match &self.value {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        given.into_iter().filter(|v| !v.trim().is_empty()).collect()
    }
}

/// A relation; `copied_to` leads from the source to its copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Relation {
    pub issue_id: i64,
    pub issue_to_id: i64,
    #[serde(rename = "relation_type")]
    pub kind: String,
}

/// A file of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NativeFile {
    pub id: i64,
    pub filename: String,
    #[serde(default)]
    pub filesize: u64,
    #[serde(default)]
    pub content_type: Option<String>,
}

/// A note, a step of history, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Journal {
    pub id: i64,
    #[serde(default)]
    pub user: Option<Named>,
    #[serde(default)]
    pub notes: Option<String>,
    #[serde(default)]
    pub private_notes: bool,
    pub created_on: Timestamp,
    #[serde(default)]
    pub details: Vec<Detail>,
}

/// One changed field of a step of history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Detail {
    pub property: String,
    pub name: String,
    #[serde(default)]
    pub old_value: Option<String>,
    #[serde(default)]
    pub new_value: Option<String>,
}

/// An issue, in a list or alone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Issue {
    pub id: i64,
    pub project: Named,
    #[serde(default)]
    pub tracker: Option<Named>,
    pub status: NativeStatus,
    #[serde(default)]
    pub priority: Named,
    #[serde(default)]
    pub author: Option<Named>,
    #[serde(default)]
    pub assigned_to: Option<Named>,
    #[serde(default)]
    pub category: Option<Named>,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub is_private: bool,
    #[serde(default)]
    pub custom_fields: Vec<CustomField>,
    pub created_on: Timestamp,
    pub updated_on: Timestamp,
    #[serde(default)]
    pub attachments: Vec<NativeFile>,
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Only when an issue is asked for alone.
    #[serde(default)]
    pub journals: Vec<Journal>,
    /// What the asking user may set now, the present one included; absent before 5.0.
    #[serde(default)]
    pub allowed_statuses: Option<Vec<NativeStatus>>,
    /// Only when asked for; absent too for a role that may not see them.
    #[serde(default)]
    pub watchers: Option<Vec<Named>>,
}

/// One page of issues.
#[derive(Clone, Debug, Deserialize)]
pub struct Issues {
    pub issues: Vec<Issue>,
    #[serde(default)]
    pub total_count: u32,
}

/// One issue.
#[derive(Clone, Debug, Deserialize)]
pub struct OneIssue {
    pub issue: Issue,
}

/// A project.
#[derive(Clone, Debug, Deserialize)]
pub struct Project {
    pub id: i64,
    pub name: String,
    #[serde(default)]
    pub identifier: String,
    /// 1 is active; closed and archived ones take no work.
    #[serde(default = "active")]
    pub status: i64,
    #[serde(default)]
    pub issue_custom_fields: Vec<Named>,
}

const fn active() -> i64 {
    1
}

/// One page of projects.
#[derive(Clone, Debug, Deserialize)]
pub struct Projects {
    pub projects: Vec<Project>,
    #[serde(default)]
    pub total_count: u32,
}

/// The user who asks.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: i64,
    #[serde(default)]
    pub login: String,
    #[serde(default)]
    pub admin: bool,
    #[serde(default)]
    pub firstname: String,
    #[serde(default)]
    pub lastname: String,
    #[serde(default)]
    pub mail: String,
    #[serde(default)]
    pub memberships: Vec<Membership>,
}

/// The user who asks.
#[derive(Clone, Debug, Deserialize)]
pub struct OneUser {
    pub user: User,
}

/// Somebody, or a group, in a project.
#[derive(Clone, Debug, Deserialize)]
pub struct Membership {
    #[serde(default)]
    pub project: Named,
    #[serde(default)]
    pub user: Option<Named>,
    #[serde(default)]
    pub group: Option<Named>,
    #[serde(default)]
    pub roles: Vec<Named>,
}

/// One page of a project's members.
#[derive(Clone, Debug, Deserialize)]
pub struct Memberships {
    pub memberships: Vec<Membership>,
    #[serde(default)]
    pub total_count: u32,
}

/// What a role may.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Role {
    #[serde(default)]
    pub assignable: bool,
    #[serde(default)]
    pub permissions: Vec<String>,
}

impl Role {
    /// Whether it is of those who work there. A role to which work may be given is no sign: Redmine makes customers' roles so.
    pub fn is_staff(&self) -> bool {
        let ours = ["edit_issues", "view_private_notes", "set_notes_private"];
        self.permissions.iter().any(|p| ours.contains(&p.as_str()))
    }
}

/// One role.
#[derive(Clone, Debug, Deserialize)]
pub struct OneRole {
    pub role: Role,
}

/// The statuses of the server, in its order.
#[derive(Clone, Debug, Deserialize)]
pub struct Statuses {
    pub issue_statuses: Vec<NativeStatus>,
}

/// The priorities of the server, lowest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Priorities {
    pub issue_priorities: Vec<NativePriority>,
}

/// What a search found.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    pub results: Vec<Hit>,
    /// Null when the words hold nothing to search for.
    #[serde(default)]
    pub total_count: Option<u32>,
}

/// One hit of a search.
#[derive(Clone, Debug, Deserialize)]
pub struct Hit {
    pub id: i64,
}

/// An upload that waits for the note it will belong to.
#[derive(Clone, Debug, Deserialize)]
pub struct Uploaded {
    pub upload: UploadToken,
}

/// What names an upload.
#[derive(Clone, Debug, Deserialize)]
pub struct UploadToken {
    pub token: String,
}

/// What a refusal says, in the user's language. An empty list means that somebody was first.
#[derive(Clone, Debug, Deserialize)]
pub struct Errors {
    pub errors: Vec<String>,
}
