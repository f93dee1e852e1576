//! What django-helpdesk's API says, word for word.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A ticket with its thread: lists hold whole threads too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: i64,
    pub queue: i64,
    pub title: String,
    pub description: Option<String>,
    #[serde(default)]
    pub submitter_email: Option<String>,
    pub assigned_to: Option<i64>,
    pub status: i64,
    #[serde(default)]
    pub on_hold: bool,
    pub priority: i64,
    #[serde(default, deserialize_with = "moment")]
    pub due_date: Option<Timestamp>,
    #[serde(default)]
    pub merged_to: Option<i64>,
    pub followup_set: Vec<FollowUp>,
    /// `custom_NAME`, and what a newer version may add.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// A moment that people type in: one that cannot be (the year 9999 is taken for "never") must not hide the list that it is in.
fn moment<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    let said = Option::<Value>::deserialize(d)?;
    Ok(said.as_ref().and_then(Value::as_str).and_then(|text| text.parse().ok()))
}

/// An entry of a thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    pub id: i64,
    pub ticket: i64,
    pub user: Option<i64>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub comment: Option<String>,
    pub public: bool,
    #[serde(default)]
    pub new_status: Option<i64>,
    #[serde(default)]
    pub followupattachment_set: Vec<Attachment>,
    pub date: Timestamp,
    #[serde(default)]
    pub message_id: Option<String>,
    #[serde(default)]
    pub email_recipients: Option<Vec<String>>,
}

/// A file of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: i64,
    /// Its whole address.
    #[serde(default)]
    pub file: Option<String>,
    #[serde(default)]
    pub filename: Option<String>,
    #[serde(default)]
    pub mime_type: Option<String>,
    #[serde(default)]
    pub size: Option<u64>,
}

/// A page of tickets, oldest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// Tickets on all pages.
    #[serde(default)]
    pub count: Option<u64>,
    pub next: Option<String>,
    pub results: Vec<Ticket>,
}

pub const OPEN: i64 = 1;
pub const REOPENED: i64 = 2;
pub const RESOLVED: i64 = 3;
pub const CLOSED: i64 = 4;
pub const DUPLICATE: i64 = 5;
