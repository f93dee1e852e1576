//! Identifiers. Opaque strings everywhere; on our own server they are decimal numbers.

use serde::{Deserialize, Serialize};

use crate::text::Clean;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(Clean);

        impl $name {
            /// Wraps an identifier; what a terminal could act on is removed.
            pub fn new(raw: impl AsRef<str>) -> Self {
                Self(Clean::line(raw.as_ref().trim()))
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The identifier as text for the screen.
            pub fn clean(&self) -> &Clean {
                &self.0
            }

            /// The identifier as a number, where the desk uses numbers.
            pub fn number(&self) -> Option<i64> {
                self.0.as_str().parse().ok()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.0.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(raw: &str) -> Self {
                Self::new(raw)
            }
        }

        impl From<i64> for $name {
            fn from(n: i64) -> Self {
                Self::new(n.to_string())
            }
        }
    };
}

id_type!(
    /// A ticket's id. `#1042` typed by a person is `1042` here.
    TicketId
);
id_type!(
    /// A message's id, unique on its desk.
    MessageId
);
id_type!(
    /// A queue's id.
    QueueId
);
id_type!(
    /// An agent's id.
    AgentId
);
id_type!(
    /// An attachment's id.
    AttachmentId
);
id_type!(
    /// An event's id: its place in the desk's log.
    EventId
);
id_type!(
    /// A change's id, made once where the change was accepted; the `Idempotency-Key` on desks that take one.
    ChangeId
);

impl TicketId {
    /// Reads an id as a person types it: `1042`, `#1042`.
    pub fn parse(typed: &str) -> Option<Self> {
        let id = Self::new(typed.trim().trim_start_matches('#'));
        (!id.as_str().is_empty() && !id.as_str().contains(char::is_whitespace)).then_some(id)
    }
}
