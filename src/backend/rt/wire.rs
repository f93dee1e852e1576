//! RT's own JSON (REST 2.0), read leniently: numbers come as strings or as numbers, a missing object as an empty string, and a
//! date that is not set as 1970.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A list's answer. `total` is missing on lists whose size the agent may not know.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct Items<T> {
    #[serde(deserialize_with = "present")]
    pub items: Vec<T>,
    #[serde(default)]
    pub total: Option<f64>,
}

/// A row that the agent may not see comes as null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Option<T>>::deserialize(d)?.into_iter().flatten().collect())
}

/// Text, whether it comes as text, as a number or not at all.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Ok(plain(Value::deserialize(d)?))
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// A time; 1970 means none, and so does what is no time.
fn date<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(text(d)?.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0))
}

/// Something that may come as an empty string instead.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Is(T),
        Not(serde::de::IgnoredAny),
    }
    Ok(match Either::deserialize(d)? {
        Either::Is(value) => Some(value),
        Either::Not(_) => None,
    })
}

/// A list that may come as an empty string instead.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Ok(lenient(d)?.unwrap_or_default())
}

/// A person. `id` is the login where the person is referred to, and the number where the person is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    #[serde(rename = "id", default, deserialize_with = "text")]
    pub id: String,
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    #[serde(default, deserialize_with = "text")]
    pub real_name: String,
    #[serde(default, deserialize_with = "text")]
    pub email_address: String,
    /// The groups of the one who asks.
    #[serde(default, deserialize_with = "list")]
    pub memberships: Vec<Named>,
}

impl User {
    /// The login.
    pub fn login(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// A queue, a group's member, a custom field: something with an id and perhaps a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Named {
    #[serde(default, deserialize_with = "text")]
    pub id: String,
    #[serde(rename = "Name", alias = "name", default, deserialize_with = "text")]
    pub name: String,
    #[serde(rename = "Lifecycle", default, deserialize_with = "text")]
    pub lifecycle: String,
    /// `user` or `group`, for a member.
    #[serde(rename = "type", default, deserialize_with = "text")]
    pub kind: String,
}

/// A group with its members.
#[derive(Debug, Deserialize)]
pub struct Group {
    #[serde(rename = "Members", default, deserialize_with = "list")]
    pub members: Vec<Named>,
}

/// A custom field of a ticket with its values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Field {
    #[serde(default, deserialize_with = "text")]
    pub id: String,
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    #[serde(default, deserialize_with = "values")]
    pub values: Vec<String>,
}

fn values<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Array(values) => values.into_iter().map(plain).filter(|v| !v.is_empty()).collect(),
        one => Some(plain(one)).filter(|v| !v.is_empty()).into_iter().collect(),
    })
}

/// A link of a ticket: to another ticket, or a move to another status (`from`, `to`), among others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Link {
    #[serde(rename = "ref", default, deserialize_with = "text")]
    pub what: String,
    #[serde(rename = "type", default, deserialize_with = "text")]
    pub kind: String,
    #[serde(default, deserialize_with = "text")]
    pub id: String,
    #[serde(rename = "_url", default, deserialize_with = "text")]
    pub url: String,
    #[serde(default, deserialize_with = "text")]
    pub from: String,
    #[serde(default, deserialize_with = "text")]
    pub to: String,
}

/// A ticket as a list gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ticket {
    #[serde(rename = "id", deserialize_with = "text")]
    pub id: String,
    #[serde(default, deserialize_with = "text")]
    pub subject: String,
    #[serde(default, deserialize_with = "text")]
    pub status: String,
    #[serde(default, deserialize_with = "lenient")]
    pub queue: Option<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub owner: Option<User>,
    #[serde(default, deserialize_with = "list")]
    pub requestor: Vec<User>,
    #[serde(default, deserialize_with = "list")]
    pub cc: Vec<User>,
    #[serde(default, deserialize_with = "text")]
    pub priority: String,
    #[serde(default, deserialize_with = "date")]
    pub created: Option<Timestamp>,
    #[serde(default, deserialize_with = "date")]
    pub last_updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    pub last_updated_by: Option<User>,
    #[serde(default, deserialize_with = "date")]
    pub due: Option<Timestamp>,
    /// When the requester was told something last.
    #[serde(default, deserialize_with = "date")]
    pub told: Option<Timestamp>,
    /// When it left its first status.
    #[serde(default, deserialize_with = "date")]
    pub started: Option<Timestamp>,
    /// Missing where it was not asked for.
    #[serde(default, deserialize_with = "lenient")]
    pub custom_fields: Option<Vec<Field>>,
    /// Missing where it was not asked for.
    #[serde(rename = "_hyperlinks", default, deserialize_with = "lenient")]
    pub links: Option<Vec<Link>>,
}

/// One entry of a ticket's history.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Transaction {
    #[serde(rename = "id", deserialize_with = "text")]
    pub id: String,
    #[serde(rename = "Type", default, deserialize_with = "text")]
    pub what: String,
    /// The ticket that it happened to: that may have been merged into this one.
    #[serde(default, deserialize_with = "text")]
    pub object_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub creator: Option<User>,
    #[serde(default, deserialize_with = "date")]
    pub created: Option<Timestamp>,
    #[serde(default, deserialize_with = "text")]
    pub field: String,
    #[serde(default, deserialize_with = "text")]
    pub old_value: String,
    #[serde(default, deserialize_with = "text")]
    pub new_value: String,
}

/// A part of a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Part {
    #[serde(rename = "id", deserialize_with = "text")]
    pub id: String,
    /// A number in a list, an object where the part is asked for.
    #[serde(default, deserialize_with = "text")]
    pub transaction_id: String,
    #[serde(default, deserialize_with = "text")]
    pub content_type: String,
    #[serde(default, deserialize_with = "text")]
    pub filename: String,
    #[serde(default, deserialize_with = "text")]
    pub content_length: String,
    #[serde(default, deserialize_with = "text")]
    pub subject: String,
    #[serde(default, deserialize_with = "text")]
    pub headers: String,
    /// In clear in a list, base64 where the part is asked for.
    #[serde(default, deserialize_with = "text")]
    pub content: String,
}

impl Part {
    /// A header's value, of what RT keeps of the part's headers.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// It holds other parts and nothing of its own.
    pub fn is_container(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }
}

/// What a creation answers.
#[derive(Debug, Deserialize)]
pub struct Made {
    #[serde(deserialize_with = "text")]
    pub id: String,
}

/// A refusal.
#[derive(Debug, Deserialize)]
pub struct Refused {
    pub message: String,
}
