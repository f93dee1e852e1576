//! Our own server, inside of the test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use ticketty::backend::{Connection, Shared, connect};
use ticketty::domain::TicketId;
use ticketty::domain::people::Role;
use ticketty::server::auth::{new_token, token_hash};
use ticketty::server::store::{NewAgent, SqliteStore, Store};
use ticketty::server::{Listener, ServerState, serve};

use super::cassette::Cassette;
use super::site::{Arriving, Mailed, Site, Who};

const QUEUES: [&str; 2] = ["Shop", "Billing"];

pub struct Ours {
    desks: [Shared; 2],
    pub connection: Connection,
    pub tokens: Vec<SecretString>,
    /// The mail that began a ticket.
    begun: Mutex<HashMap<TicketId, String>>,
    /// Goes away with the test.
    _dir: tempfile::TempDir,
}

pub async fn open(_: &str) -> Ours {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("desk.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let now = Timestamp::now();
    for queue in QUEUES {
        store.add_queue(queue, None, now).await.unwrap();
    }
    let mut tokens = Vec::new();
    for (login, name) in [("mika", "Mika Kato"), ("ben", "Ben Osei")] {
        let email = format!("{login}@desk.example");
        let agent = NewAgent { login: login.into(), name: name.into(), email, role: Role::Agent };
        store.add_agent(&agent, now).await.unwrap();
        let token = new_token().unwrap();
        store.add_token(login, "contract", &token_hash(&token), None, now).await.unwrap();
        tokens.push(token);
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let state = ServerState::new(Arc::new(store), Some(path));
    // Ends with the test's runtime.
    tokio::spawn(serve(Listener::Tcp(listener), state, std::future::pending()));
    let connection = Connection { patient: true, ..Connection::new("ticketty", url) };
    let desk = |n: usize| connect(&Connection { secret: Some(tokens[n].clone()), ..connection.clone() }).unwrap();
    let desks = [desk(0), desk(1)];
    Ours { desks, connection, tokens, begun: Mutex::default(), _dir: dir }
}

#[async_trait]
impl Site for Ours {
    fn desk(&self, who: Who) -> Shared {
        Arc::clone(&self.desks[who as usize])
    }

    fn login(&self, who: Who) -> &str {
        ["mika", "ben"][who as usize]
    }

    fn queues(&self) -> [&str; 2] {
        QUEUES
    }

    fn elsewhere(&self, url: &str) -> Connection {
        Connection { url: url.parse().unwrap(), secret: Some("t".into()), ..self.connection.clone() }
    }

    fn watching(&self, who: Who, _: Duration) -> Shared {
        // It sends them.
        self.desk(who)
    }

    fn stranger(&self) -> Shared {
        connect(&Connection { secret: Some("no-such-token".into()), ..self.connection.clone() }).unwrap()
    }

    async fn arrives(&self, mail: &Arriving) -> TicketId {
        // A customer may answer an own mail.
        let cited = mail.answers.as_ref().map(|ticket| self.begun.lock().unwrap()[ticket].clone());
        let cites = cited.map(|id| format!("In-Reply-To: {id}\n")).unwrap_or_default();
        let raw = mail.raw("shop@desk.example", &cites);
        let ticket = self.desks[0].import(QUEUES[mail.queue], raw.into()).await.unwrap().ticket;
        self.begun.lock().unwrap().entry(ticket.clone()).or_insert_with(|| mail.message_id());
        ticket
    }

    async fn mailed(&self) -> Vec<Mailed> {
        // It mails nobody yet.
        Vec::new()
    }

    fn mails_replies(&self) -> bool {
        false
    }

    fn cassette(&self) -> Option<&Cassette> {
        None
    }

    async fn end(&self) {}
}

every_story!(super::open);
