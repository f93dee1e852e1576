//! Sample tickets by the hundred thousand, for measuring: written by a few statements, not one by one.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

use super::{SqliteStore, Step, search};
use crate::domain::people::Role;
use crate::server::store::{NewAgent, Store, StoreError};

const QUEUES: [&str; 8] = ["Shop", "Shop-X", "Onboarding", "Claims", "Returns", "Logistics", "VIP", "Billing"];
const AGENTS: [&str; 12] = ["mika", "taro", "jo", "alma", "kei", "ana", "ben", "eva", "fritz", "gus", "hana", "ivo"];

/// Its statements end with a semicolon at a line's end.
const STATEMENTS: &str = include_str!("bulk.sql");
/// What the index gets of one part, whose number follows.
const WORDS: &str = include_str!("bulk_words.sql");

impl SqliteStore {
    /// Adds so many sample tickets, most of them done, to a desk whose queues and agents were never removed; makes these when there
    /// are none. Two fresh desks of one size get the same.
    pub async fn fill(&self, tickets: u32, now: Timestamp) -> Result<(), StoreError> {
        if self.all_queues().await?.is_empty() {
            for name in QUEUES {
                self.add_queue(name, None, now).await?;
            }
        }
        if self.all_agents().await?.is_empty() {
            for login in AGENTS {
                let agent = NewAgent {
                    login: login.to_owned(),
                    name: format!("{login} Name"),
                    email: format!("{login}@desk.example"),
                    role: Role::Agent,
                };
                self.add_agent(&agent, now).await?;
            }
        }
        Ok(fill(self, i64::from(tickets), now.as_millisecond()).await?)
    }
}

async fn fill(store: &SqliteStore, tickets: i64, now: i64) -> Step<()> {
    let mut db = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let (queue, queues): (i64, i64) = sqlx::query_as("SELECT min(id), count(*) FROM queue").fetch_one(&mut *db).await?;
    let (agent, agents): (i64, i64) =
        sqlx::query_as("SELECT min(id), count(*) FROM agent WHERE removed_at IS NULL").fetch_one(&mut *db).await?;
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 1000) FROM ticket").fetch_one(&mut *db).await?;
    let values = [tickets, now, queue, queues, agent, agents, last];
    for statement in STATEMENTS.split_inclusive(";\n") {
        // SQLite takes as many values as the highest number says.
        let used = (1..=values.len()).rev().find(|n| statement.contains(&format!("?{n}"))).unwrap_or(0);
        let mut query = sqlx::query(statement).persistent(false);
        for value in &values[..used] {
            query = query.bind(value);
        }
        query.execute(&mut *db).await?;
    }
    for part in (last + 1) / search::PART..=(last + tickets) / search::PART {
        let table = search::part_of(&mut db, part * search::PART).await?;
        let mut q = QueryBuilder::<Sqlite>::new("INSERT INTO ");
        q.push(table).push(" (rowid, body) ").push(WORDS).push_bind(part);
        q.build().persistent(false).execute(&mut *db).await?;
    }
    sqlx::query("DROP TABLE plan").persistent(false).execute(&mut *db).await?;
    db.commit().await?;
    Ok(())
}
