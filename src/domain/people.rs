//! Agents and requesters.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{AgentId, TicketId};
use crate::text::Clean;

/// An agent where only the name matters: a holder, an author, an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentRef {
    /// The agent's id.
    pub id: AgentId,
    /// The name to sign in with, and to type in `assign`.
    pub login: Clean,
    /// The name to read.
    pub name: Clean,
}

/// An agent of the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agent {
    /// The agent's id.
    pub id: AgentId,
    /// The name to sign in with, and to type in `assign`.
    pub login: Clean,
    /// The name to read.
    pub name: Clean,
    /// The agent's own mail address, where known.
    #[serde(default)]
    pub email: Clean,
    /// The colour slot, from 0: given once, the same for everybody. Slots from the ninth on reuse the eight hues with a
    /// second mark.
    #[serde(default)]
    pub color: u16,
    /// `admin` or `agent`.
    #[serde(default)]
    pub role: Role,
    /// How much the agent holds.
    #[serde(default)]
    pub load: Load,
    /// Whether the agent is there.
    #[serde(default)]
    pub presence: Presence,
}

impl Agent {
    /// The short form.
    pub fn as_ref(&self) -> AgentRef {
        AgentRef { id: self.id.clone(), login: self.login.clone(), name: self.name.clone() }
    }
}

/// What an agent may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works tickets.
    #[default]
    Agent,
    /// Works tickets and keeps agents, queues and tokens.
    Admin,
}

/// How much an agent holds, counted in tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Load {
    /// Active tickets held that are not `waiting`: the full part of the bar.
    pub load: u32,
    /// Tickets held that wait on the customer: the light part of the bar.
    pub waiting: u32,
    /// Tickets held whose customer waits for an answer.
    pub on_us: u32,
}

/// Whether an agent is there, and what with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    /// A client of the agent is connected.
    pub online: bool,
    /// The agent said to be away.
    pub away: bool,
    /// The ticket the agent has open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<TicketId>,
    /// The ticket the agent writes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<TicketId>,
    /// Since when the agent was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

/// The customer who asked; also any address a message comes from or goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Requester {
    /// The name as the customer writes it; empty when unknown.
    #[serde(default)]
    pub name: Clean,
    /// The mail address; empty when unknown.
    #[serde(default)]
    pub email: Clean,
    /// The phone number, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Clean>,
    /// The customer code of the shop, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Clean>,
}

impl Requester {
    /// The name, or the address where there is no name.
    pub fn display(&self) -> &Clean {
        if self.name.is_empty() { &self.email } else { &self.name }
    }

    /// Reads `Ben Ode <ben@example.net>` or `ben@example.net`.
    pub fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        match typed.rsplit_once('<') {
            Some((name, rest)) => Self {
                name: Clean::line(name.trim().trim_matches('"').trim()),
                email: Clean::line(rest.trim_end_matches('>').trim()),
                ..Self::default()
            },
            None => Self { email: Clean::line(typed), ..Self::default() },
        }
    }
}

impl std::fmt::Display for Requester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.name.is_empty(), self.email.is_empty()) {
            // A comma would make two people of one when the line is read again.
            (false, false) if self.name.contains([',', ';', '<', '>']) => {
                write!(f, "\"{}\" <{}>", self.name.replace('"', ""), self.email)
            }
            (false, false) => write!(f, "{} <{}>", self.name, self.email),
            (false, true) => f.write_str(&self.name),
            (true, _) => f.write_str(&self.email),
        }
    }
}
