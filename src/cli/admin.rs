//! `ticketty admin`: agents, queues, tokens and backups, on the server's own database. Safe beside a running server.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::exit::CliError;
use super::output::Out;
use crate::config::Paths;
use crate::domain::DeskError;
use crate::domain::people::Role;
use crate::server::auth::{new_token, token_hash};
use crate::server::embedded;
use crate::server::store::SqliteStore;
use crate::server::store::{NewAgent, Store, StoreError};
use crate::text::Clean;

/// The variable that names the database, so that a password in it stays out of the command line.
pub const DATABASE_VARIABLE: &str = "TICKETTY_DATABASE";

/// Keep agents, queues and tokens of our own server, on its database.
#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// The server's database: sqlite:FILE. TICKETTY_DATABASE stands in; without both, this user's embedded desk.
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    #[command(subcommand)]
    command: AdminVerb,
}

#[derive(Clone, Debug, Subcommand)]
enum AdminVerb {
    /// Keep agents.
    #[command(subcommand)]
    Agent(AgentVerb),
    /// Keep queues and who works in them.
    #[command(subcommand)]
    Queue(QueueVerb),
    /// Keep tokens, by which clients sign in.
    #[command(subcommand)]
    Token(TokenVerb),
    /// Add sample tickets by the thousand, to measure with.
    #[command(hide = true)]
    Fill {
        /// How many.
        tickets: u32,
    },
    /// Write a consistent copy of the database to a new file.
    Backup {
        /// The file; it must not exist.
        file: PathBuf,
    },
}

#[derive(Clone, Debug, Subcommand)]
enum AgentVerb {
    /// Make an agent, and print a token for them, once.
    Add {
        /// The name to sign in with: lower-case letters, digits, dot, dash, underscore.
        login: String,
        /// The name to read.
        #[arg(long)]
        name: Option<String>,
        /// The agent's own mail address.
        #[arg(long, default_value = "")]
        email: String,
        /// What the agent may do.
        #[arg(long, value_enum, default_value = "agent")]
        role: RoleArg,
    },
    /// List agents.
    List,
    /// Remove an agent and their tokens.
    Remove {
        /// Who goes.
        login: String,
        /// Who gets the tickets they hold; without it they become unassigned.
        #[arg(long, value_name = "OTHER")]
        give_to: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Agent,
    Admin,
}

#[derive(Clone, Debug, Subcommand)]
enum QueueVerb {
    /// Make a queue. Without members it is open to all agents.
    Add {
        /// Its name.
        name: String,
        /// Until when a customer should have an answer, such as 4h, 90m or 2d; 24h when not given.
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        reply_within: Option<u32>,
    },
    /// List queues and their members.
    List,
    /// Say who works in a queue.
    #[command(subcommand)]
    Member(MemberVerb),
}

#[derive(Clone, Debug, Subcommand)]
enum MemberVerb {
    /// Put an agent into a queue.
    Add {
        /// The queue.
        queue: String,
        /// The agent.
        login: String,
    },
    /// Take an agent out of a queue.
    Remove {
        /// The queue.
        queue: String,
        /// The agent.
        login: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
enum TokenVerb {
    /// Make a token for an agent, and print it, once.
    Add {
        /// Whose it is.
        login: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        name: String,
        /// When it stops working, such as 12h or 90d; never when not given.
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<u32>,
    },
    /// List tokens; what they are is not kept.
    List,
    /// Make a token worthless.
    Revoke {
        /// Its number, as the list says.
        id: i64,
    },
}

/// Does what was asked.
pub async fn run(args: AdminArgs, out: &Out) -> Result<(), CliError> {
    let path = database_path(args.database.as_deref())?;
    let store = open(&path).await?;
    let now = Timestamp::now();
    match args.command {
        AdminVerb::Agent(verb) => agent(&store, verb, out, now).await,
        AdminVerb::Queue(verb) => queue(&store, verb, out, now).await,
        AdminVerb::Token(verb) => token(&store, verb, out, now).await,
        AdminVerb::Fill { tickets } => {
            store.fill(tickets, now).await.map_err(|e| failed("the desk was not filled", &e))?;
            answer(out, &json!({"tickets": tickets}), &tickets.to_string())
        }
        AdminVerb::Backup { file } => {
            store.backup(&file).await.map_err(|e| failed("no backup was made", &e))?;
            let shown = file.display().to_string();
            answer(out, &json!({"backup": shown}), &(out.words.cli.written_to)(&shown))
        }
    }
}

async fn agent(store: &dyn Store, verb: AgentVerb, out: &Out, now: Timestamp) -> Result<(), CliError> {
    let words = &out.words.cli;
    match verb {
        AgentVerb::Add { login, name, email, role } => {
            let role = match role {
                RoleArg::Agent => Role::Agent,
                RoleArg::Admin => Role::Admin,
            };
            let name = name.unwrap_or_else(|| login.clone());
            let new = NewAgent { login: login.clone(), name, email, role };
            let agent = store.add_agent(&new, now).await.map_err(|e| failed("the agent was not added", &e))?;
            add_token(store, &login, "first", None, out.json.then(|| json!({"agent": agent})), now).await
        }
        AgentVerb::List => {
            let agents = store.all_agents().await.map_err(|e| failed("the agents could not be read", &e))?;
            let rows = agents.iter().map(|a| {
                let role = words.roles[usize::from(a.role == Role::Admin)];
                [a.login.to_string(), a.name.to_string(), role.to_owned(), a.email.to_string()]
            });
            answer(out, &json!({"agents": agents}), &table(words.agent_columns, rows))
        }
        AgentVerb::Remove { login, give_to } => {
            let moved = store
                .remove_agent(&login, give_to.as_deref(), now)
                .await
                .map_err(|e| failed("the agent was not removed", &e))?;
            let whom = give_to.map(|to| Clean::line(&to));
            let text = (words.agent_removed)(&Clean::line(&login), moved, whom.as_deref());
            answer(out, &json!({"removed": login, "tickets": moved}), &text)
        }
    }
}

async fn queue(store: &dyn Store, verb: QueueVerb, out: &Out, now: Timestamp) -> Result<(), CliError> {
    let words = &out.words.cli;
    match verb {
        QueueVerb::Add { name, reply_within } => {
            let queue =
                store.add_queue(&name, reply_within, now).await.map_err(|e| failed("the queue was not added", &e))?;
            answer(out, &json!({"queue": queue}), &(words.queue_added)(&queue.name))
        }
        QueueVerb::List => {
            let queues = store.all_queues().await.map_err(|e| failed("the queues could not be read", &e))?;
            let rows = queues.iter().map(|(q, members)| {
                let members: Vec<&str> = members.iter().map(Clean::as_str).collect();
                let members =
                    if members.is_empty() { words.everybody.to_owned() } else { members.join(out.words.common.comma) };
                [q.name.to_string(), q.reply_within.map_or_else(|| "24h".to_owned(), short), members]
            });
            let list: Vec<Value> = queues.iter().map(|(q, members)| json!({"queue": q, "members": members})).collect();
            answer(out, &json!({"queues": list}), &table(words.admin_queue_columns, rows))
        }
        QueueVerb::Member(verb) => {
            let (queue, login, member) = match verb {
                MemberVerb::Add { queue, login } => (queue, login, true),
                MemberVerb::Remove { queue, login } => (queue, login, false),
            };
            store
                .set_member(&queue, &login, member)
                .await
                .map_err(|e| failed("the queue's members did not change", &e))?;
            let said = if member { words.member_in } else { words.member_out };
            let text = said(&Clean::line(&login), &Clean::line(&queue));
            answer(out, &json!({"queue": queue, "agent": login, "member": member}), &text)
        }
    }
}

async fn token(store: &dyn Store, verb: TokenVerb, out: &Out, now: Timestamp) -> Result<(), CliError> {
    let words = &out.words.cli;
    match verb {
        TokenVerb::Add { login, name, expires } => {
            let expires = expires.and_then(|s| now.checked_add(SignedDuration::from_secs(i64::from(s))).ok());
            add_token(store, &login, &name, expires, out.json.then(|| json!({})), now).await
        }
        TokenVerb::List => {
            let tokens = store.tokens().await.map_err(|e| failed("the tokens could not be read", &e))?;
            let day = |t: Timestamp| t.strftime("%Y-%m-%d %H:%M").to_string();
            let rows = tokens.iter().map(|t| {
                [
                    t.id.to_string(),
                    t.login.to_string(),
                    t.name.to_string(),
                    day(t.created_at),
                    t.used_at.map_or_else(|| words.never.to_owned(), day),
                    t.expires_at.map_or_else(|| words.never.to_owned(), day),
                ]
            });
            let list: Vec<Value> = tokens
                .iter()
                .map(|t| {
                    json!({"id": t.id, "agent": t.login, "name": t.name, "created_at": t.created_at,
                        "used_at": t.used_at, "expires_at": t.expires_at})
                })
                .collect();
            answer(out, &json!({"tokens": list}), &table(words.token_columns, rows))
        }
        TokenVerb::Revoke { id } => {
            store.revoke_token(id).await.map_err(|e| failed("the token was not revoked", &e))?;
            answer(out, &json!({"revoked": id}), &(words.token_revoked)(id))
        }
    }
}

/// Makes a token and prints it: alone, or in the JSON given.
async fn add_token(
    store: &dyn Store,
    login: &str,
    name: &str,
    expires: Option<Timestamp>,
    json: Option<Value>,
    now: Timestamp,
) -> Result<(), CliError> {
    let token = new_token().map_err(|e| CliError {
        kind: "unavailable",
        what: "no token was made".to_owned(),
        why: e.to_string(),
        next: format!("`ticketty admin token add {}` tries again", Clean::line(login)),
        code: 1,
    })?;
    store
        .add_token(login, name, &token_hash(&token), expires, now)
        .await
        .map_err(|e| failed("no token was made", &e))?;
    match json {
        Some(mut document) => {
            document["token"] = Value::from(token.expose_secret());
            print(&document.to_string())
        }
        None => print(token.expose_secret()),
    }
}

/// The file of the database that was named: by argument, by variable, or this user's embedded desk.
pub fn database_path(argument: Option<&str>) -> Result<PathBuf, CliError> {
    if let Some(given) = argument {
        if url::Url::parse(given).is_ok_and(|url| url.password().is_some()) {
            return Err(CliError::usage(
                "the database was not opened",
                "the address holds a password, which everybody on this machine can see on the command line",
                format!("put the address into {DATABASE_VARIABLE}"),
            ));
        }
        return file_of(given);
    }
    if let Some(given) = std::env::var_os(DATABASE_VARIABLE).filter(|v| !v.is_empty()) {
        return match given.to_str() {
            Some(given) => file_of(given),
            None => Ok(PathBuf::from(given)),
        };
    }
    let paths = Paths::discover().map_err(|e| CliError::usage(e.what, e.why, e.next))?;
    embedded::private_dir(&paths.data).map_err(|e| {
        CliError::usage("the embedded desk was not opened", e.to_string(), "name another with --database")
    })?;
    Ok(embedded::database(&paths.data))
}

/// Reads `sqlite:FILE`, `sqlite://FILE` or a plain path.
fn file_of(given: &str) -> Result<PathBuf, CliError> {
    let refuse = |why: String, next: &str| Err(CliError::usage("the database was not opened", why, next));
    let scheme = given.split_once(':').map(|(s, _)| s).filter(|s| s.bytes().all(|b| b.is_ascii_alphanumeric()));
    let path = match scheme {
        Some("sqlite") => {
            let rest = given.strip_prefix("sqlite:").unwrap_or_default();
            rest.strip_prefix("//").unwrap_or(rest)
        }
        Some("postgres" | "postgresql") => {
            return refuse("PostgreSQL is not built yet".to_owned(), "use sqlite:FILE");
        }
        Some(other) if given[other.len()..].starts_with("://") => {
            return refuse(format!("{} is no database that ticketty knows", Clean::line(other)), "use sqlite:FILE");
        }
        _ => given,
    };
    if path.contains('?') || path == ":memory:" {
        return refuse("only a file's name may stand after sqlite:".to_owned(), "use sqlite:FILE");
    }
    if path.is_empty() {
        return refuse("no file is named".to_owned(), "use sqlite:FILE");
    }
    Ok(PathBuf::from(path))
}

/// Opens the database, making it when needed.
pub async fn open(path: &Path) -> Result<SqliteStore, CliError> {
    SqliteStore::open(path)
        .await
        .map_err(|e| failed(&format!("{} was not opened", Clean::line(&path.display().to_string())), &e))
}

/// A store's failure as the command line tells it.
pub fn failed(what: &str, error: &StoreError) -> CliError {
    let (kind, next, code) = match error {
        StoreError::Refused(error) => (error.kind(), "", error.exit_code()),
        StoreError::Stale(_) => ("conflict", "look at it again, then repeat", 1),
        StoreError::KeyReused => ("invalid", "", 1),
        StoreError::Database(_) => {
            ("unavailable", "see that the file and its folder can be written and the disk is not full", 2)
        }
        StoreError::TooNew { .. } => ("not-possible", "use the newer ticketty that made it", 2),
    };
    let why = match error {
        // Here it is a name that is taken, and no ticket.
        StoreError::Refused(DeskError::Conflict { why, .. }) => why.to_string(),
        other => other.to_string(),
    };
    CliError { kind, what: what.to_owned(), why, next: next.to_owned(), code }
}

/// `90m`, `4h`, `2d`, `30s` in seconds.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "use a number and s, m, h or d, such as 4h".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(factor).filter(|s| *s > 0).ok_or_else(wrong)
}

/// Seconds the way [`seconds`] reads them.
fn short(seconds: u32) -> String {
    match seconds {
        s if s % 86400 == 0 => format!("{}d", s / 86400),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    use unicode_width::UnicodeWidthStr;
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let widths: Vec<usize> = (0..N).map(|n| rows.iter().map(|r| r[n].width()).max().unwrap_or(0)).collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                let gap = width.saturating_sub(cell.width());
                format!("{cell}{}", " ".repeat(gap))
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

fn answer(out: &Out, document: &Value, text: &str) -> Result<(), CliError> {
    if out.json { print(&document.to_string()) } else { print(text) }
}

/// One line or document on stdout.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| CliError {
        kind: "unavailable",
        what: "the answer could not be written".to_owned(),
        why: e.to_string(),
        next: "the change itself was made".to_owned(),
        code: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file() {
        for (given, path) in [
            ("sqlite:desk.db", "desk.db"),
            ("sqlite:///srv/desk.db", "/srv/desk.db"),
            ("sqlite:/srv/desk.db", "/srv/desk.db"),
            ("desk.db", "desk.db"),
            ("./a:b.db", "./a:b.db"),
        ] {
            assert_eq!(file_of(given).unwrap(), PathBuf::from(path), "{given}");
        }
        for bad in ["postgres://host/desk", "mysql://host/desk", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=ro"] {
            assert_eq!(file_of(bad).unwrap_err().code, 2, "{bad}");
        }
        let refused = database_path(Some("postgres://desk:secret@host/desk")).unwrap_err();
        assert!(!format!("{refused:?}").contains("secret"));
    }

    #[test]
    fn times_are_a_number_and_a_unit() {
        assert_eq!(seconds("4h"), Ok(14400));
        assert_eq!(short(14400), "4h");
        for bad in ["", "h", "4", "-1h", "0m", "4時", "99999999d"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tables_line_up_with_wide_letters() {
        let rows = [["田中".to_owned(), "x".to_owned()], ["mika".to_owned(), "y".to_owned()]];
        assert_eq!(table(["name", "n"], rows.into_iter()), "name  n\n田中  x\nmika  y");
    }
}
