//! Which desk a verb works on, and the connection to it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::exit::CliError;
use crate::backend::late::{Find, Late};
use crate::backend::{self, Connection, Shared};
use crate::config::{Config, ConfigError, Desk, Paths, file::names, secret};
use crate::domain::DeskError;
use crate::local::{Local, Room, account_key};
use crate::server::embedded::{Embedded, EmbeddedError};
use crate::text::Clean;

/// The desk that a verb works on.
pub struct Seat {
    /// Its name in the configuration; nothing for the embedded desk.
    pub name: Option<String>,
    /// The adapter.
    pub backend: Shared,
    /// This account's outbox and drafts.
    pub local: Local,
    /// The embedded desk, which runs as long as this is held.
    embedded: Running,
}

/// The embedded desk, once it runs.
type Running = Arc<Mutex<Option<Embedded>>>;

impl Seat {
    /// Leaves the desk in order: an embedded one ends what it was asked before.
    pub async fn leave(self) {
        let embedded = self.embedded.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(embedded) = embedded {
            embedded.leave().await;
        }
    }

    /// Words for a desk's error, with what to do next.
    pub fn error(&self, what: impl Into<String>, error: &DeskError) -> CliError {
        CliError::desk(what, error, advice(error, self.name.as_deref()))
    }
}

/// Which desk was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A configured one.
    Configured(String, Box<Desk>),
    /// The one in this user's data directory.
    Embedded,
}

/// `--desk` or `TICKETTY_DESK`, the default, the only one, the embedded one; in this order.
pub fn choose(config: &Config, named: Option<&str>) -> Result<Choice, CliError> {
    let name = named.filter(|n| !n.is_empty()).or(config.default_desk.as_deref());
    let found = match name {
        Some(name) => Some(config.desks.get_key_value(name).ok_or_else(|| {
            CliError::usage(
                format!("no desk is named \"{name}\""),
                format!("configured are: {}", names(&config.desks)),
                "see them: ticketty desk list; add one: ticketty desk add NAME --url ADDRESS",
            )
        })?),
        None if config.desks.len() > 1 => {
            return Err(CliError::usage(
                "which desk?",
                format!("several are configured and none is named: {}", names(&config.desks)),
                format!("name one with --desk or TICKETTY_DESK, or set default_desk in {}", config.file.display()),
            ));
        }
        None => config.desks.first_key_value(),
    };
    Ok(found.map_or(Choice::Embedded, |(name, desk)| Choice::Configured(name.clone(), Box::new(desk.clone()))))
}

/// The account name of the embedded desk's local state.
const EMBEDDED: &str = "embedded";

/// The chosen desk, ready to be asked. Nothing has been sent yet. `stand_in`: `TICKETTY_TOKEN` is this desk's, and not another one's.
pub async fn connect(paths: &Paths, config: &Config, named: Option<&str>, stand_in: bool) -> Result<Seat, CliError> {
    seat(paths, config, named, true, stand_in).await
}

/// A configured desk of several that are asked at once: each with its own token, whatever `TICKETTY_TOKEN` says.
pub async fn seat_of(paths: &Paths, config: &Config, name: &str) -> Result<Seat, CliError> {
    seat(paths, config, Some(name), true, false).await
}

async fn seat(
    paths: &Paths,
    config: &Config,
    named: Option<&str>,
    patient: bool,
    stand_in: bool,
) -> Result<Seat, CliError> {
    match choose(config, named)? {
        Choice::Configured(name, desk) => {
            let (connection, account) = resolve(&name, &desk, stand_in).await?;
            let local = Local::open(&paths.data, &account_key(&desk.url, None, &account))?;
            let session = Some(local.path().with_extension("session"));
            let connection = Connection { patient, session, silence: Some(local.silence_file()), ..connection };
            Ok(Seat { backend: adapter(&connection, &name)?, name: Some(name), local, embedded: Running::default() })
        }
        Choice::Embedded => {
            let embedded = Embedded::join(&paths.data).await.map_err(|e| no_embedded(&paths.data, &e))?;
            seat_at(embedded, &paths.data)
        }
    }
}

/// The chosen desk for a screen. Where something is remembered of it, nothing is looked for before the desk is asked: a token
/// that a command prints, or the embedded desk's start, must not keep the first frame waiting. Where nothing is, what is wrong is
/// better said here than on an empty screen. `stand_in`: `TICKETTY_TOKEN` is this desk's, and not another one's.
pub async fn at_leisure(paths: &Paths, config: &Config, named: Option<&str>, stand_in: bool) -> Result<Seat, CliError> {
    let local = match choose(config, named)? {
        Choice::Configured(name, desk) if !stand_in => Local::open(&paths.data, &local_account(&name, &desk))?,
        _ => local_only(paths, config, named)?,
    };
    let (name, kind, poll) = match choose(config, named)? {
        Choice::Configured(name, desk) => (Some(name), desk.kind.clone(), desk.poll_every()),
        Choice::Embedded => (None, OURS.to_owned(), None),
    };
    let adapter = backend::adapter(&kind).filter(|_| local.cache(Room::default()).path().exists());
    let Some(adapter) = adapter else {
        return seat(paths, config, named, false, stand_in).await;
    };
    let embedded = Running::default();
    let (held, paths, config, desk) = (Arc::clone(&embedded), paths.clone(), config.clone(), name.clone());
    let find: Find = Box::new(move || {
        let (held, paths, config, desk) = (Arc::clone(&held), paths.clone(), config.clone(), desk.clone());
        Box::pin(async move {
            let found_seat =
                seat(&paths, &config, desk.as_deref(), false, stand_in).await.map_err(|e| not_found(&e))?;
            let found = found_seat.embedded.lock().unwrap_or_else(PoisonError::into_inner).take();
            *held.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Ok(found_seat.backend)
        })
    });
    let backend: Shared = Arc::new(Late::new(adapter, poll, find));
    Ok(Seat { name, backend, local, embedded })
}

/// Why a desk could not be found, for a screen.
fn not_found(error: &CliError) -> DeskError {
    let next = if error.next.is_empty() { String::new() } else { format!("; {}", error.next) };
    let why = Clean::line(&format!("{}: {}{next}", error.what, error.why));
    if error.kind == "unauthenticated" { DeskError::Unauthenticated { why } } else { DeskError::Unavailable { why } }
}

/// A seat at a throw-away desk full of sample work.
pub async fn demo() -> Result<Seat, CliError> {
    let embedded = Embedded::demo().await.map_err(|e| no_embedded(&std::env::temp_dir(), &e))?;
    let folder = embedded.folder().to_path_buf();
    seat_at(embedded, &folder)
}

/// A seat at an embedded desk whose local state lies in a folder.
pub fn seat_at(embedded: Embedded, data: &Path) -> Result<Seat, CliError> {
    let url = UNIX.parse().map_err(|e| CliError::usage("the embedded desk cannot be used", format!("{e}"), ""))?;
    let connection = Connection {
        socket: Some(embedded.socket().to_owned()),
        secret: Some(embedded.token.clone()),
        patient: true,
        ..Connection::new(OURS, url)
    };
    let local = Local::open(data, EMBEDDED)?;
    Ok(Seat {
        backend: adapter(&connection, EMBEDDED)?,
        name: None,
        local,
        embedded: Arc::new(Mutex::new(Some(embedded))),
    })
}

/// The kind of the embedded desk.
const OURS: &str = "ticketty";
/// The address that stands for the socket.
const UNIX: &str = "http://unix";

fn no_embedded(data: &Path, error: &EmbeddedError) -> CliError {
    CliError {
        kind: "unavailable",
        ..CliError::usage(
            format!("the desk in {} cannot be used", data.display()),
            error.to_string(),
            "make room there or set XDG_DATA_HOME to a folder that can be written; see ticketty log",
        )
    }
}

/// The local state of the chosen desk, without its secret and without asking anybody.
pub fn local_only(paths: &Paths, config: &Config, named: Option<&str>) -> Result<Local, CliError> {
    let key = match choose(config, named)? {
        Choice::Configured(name, desk) => {
            let account = account(&name, &desk, stand_in_variable().map(SecretString::from).as_ref());
            account_key(&desk.url, None, &account)
        }
        Choice::Embedded => EMBEDDED.to_owned(),
    };
    Ok(Local::open(&paths.data, &key)?)
}

/// The key of a configured desk's local state, where no `TICKETTY_TOKEN` makes us somebody else.
pub fn local_account(name: &str, desk: &Desk) -> String {
    account_key(&desk.url, None, &account(name, desk, None))
}

fn stand_in_variable() -> Option<String> {
    std::env::var(secret::TOKEN_VARIABLE).ok().filter(|t| !t.trim().is_empty())
}

/// A configured desk's connection with its secret, and the name of the account that its local state is kept under.
pub async fn resolve(name: &str, desk: &Desk, stand_in: bool) -> Result<(Connection, String), CliError> {
    let variable = stand_in_variable().filter(|_| stand_in);
    let stands_in = variable.is_some();
    let secret = secret::resolve(name, desk, variable).await?;
    let account = account(name, desk, secret.as_ref().filter(|_| stands_in));
    let connection = Connection {
        secret,
        account: desk.account.clone(),
        tls: desk.tls(),
        poll: desk.poll_every(),
        options: desk.options.clone(),
        patient: true,
        ..Connection::new(&desk.kind, desk.url.clone())
    };
    Ok((connection, account))
}

/// The account's name: the agent, never the token (an expired one is replaced), except where `TICKETTY_TOKEN` may make us
/// somebody else.
fn account(name: &str, desk: &Desk, stand_in: Option<&SecretString>) -> String {
    match (stand_in, &desk.account) {
        (Some(token), _) => {
            let digest = Sha256::digest(token.expose_secret().trim().as_bytes());
            digest.iter().take(8).fold("token ".to_owned(), |name, byte| format!("{name}{byte:02x}"))
        }
        (None, Some(account)) => account.clone(),
        (None, None) => format!("desk {name}"),
    }
}

/// The adapter of a connection.
pub fn adapter(connection: &Connection, name: &str) -> Result<Shared, CliError> {
    backend::connect(connection).map_err(|e| CliError {
        code: super::exit::USAGE,
        ..CliError::desk(format!("desk {name} cannot be used"), &e, "correct it in the configuration")
    })
}

/// What to do next about a desk's error.
pub fn advice(error: &DeskError, desk: Option<&str>) -> String {
    let check = format!("see what is wrong: ticketty desk check{}", desk.map(|d| format!(" {d}")).unwrap_or_default());
    match error {
        DeskError::Held { mine: true, .. } => "it is yours already; give it back with: ticketty release".to_owned(),
        DeskError::Held { .. } => {
            "leave a note, or take it from its holder on purpose: ticketty steal ID --yes".to_owned()
        }
        DeskError::MovedOn { .. } => {
            "read what came: ticketty show ID; then send it anyway with --force, or keep it as a note".to_owned()
        }
        DeskError::Conflict { .. } => "look at the ticket again: ticketty show ID".to_owned(),
        DeskError::NotFound { .. } => "see what there is: ticketty list, ticketty queues".to_owned(),
        DeskError::Denied { .. } => "ask the desk's administrator".to_owned(),
        DeskError::Unauthenticated { .. } => match desk {
            Some(desk) => format!(
                "get a new token from the desk and put it where the settings of {desk} look for it: token_command, \
                 token_env or token_file (TICKETTY_TOKEN for this once); then: ticketty desk check {desk}"
            ),
            None => "end the other ticketty programs and try again; see ticketty log".to_owned(),
        },
        DeskError::Limited { retry_after: Some(wait) } => format!("try again in {} s", wait.as_secs().max(1)),
        DeskError::Limited { retry_after: None } => "try again in a minute".to_owned(),
        DeskError::Unreachable { .. } | DeskError::Unavailable { .. } => format!("try again; {check}"),
        DeskError::Garbled { .. } => format!("is the address the helpdesk's own, without a proxy before it? {check}"),
        DeskError::NotPossible { .. } | DeskError::Invalid { .. } | DeskError::TooLarge { .. } => String::new(),
    }
}

impl From<ConfigError> for CliError {
    fn from(e: ConfigError) -> Self {
        Self { kind: "configuration", ..Self::usage(e.what, e.why, e.next) }
    }
}

impl From<crate::local::LocalError> for CliError {
    fn from(e: crate::local::LocalError) -> Self {
        let text = e.to_string();
        // The error's own words carry the next step behind a semicolon.
        let (why, next) = text.split_once("; ").unwrap_or((&text, "see the log: ticketty log"));
        Self { kind: "local", ..Self::usage("nothing was sent", why, next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config::parse(Path::new("/c/config.toml"), text).unwrap()
    }

    fn chosen(config: &Config, named: Option<&str>) -> String {
        match choose(config, named) {
            Ok(Choice::Configured(name, _)) => name,
            Ok(Choice::Embedded) => "embedded".to_owned(),
            Err(e) => format!("exit {}: {}", e.code, e.why),
        }
    }

    #[test]
    fn the_named_then_the_default_then_the_only_then_the_embedded() {
        let none = config("");
        let one = config("[desks.a]\nurl = \"http://a\"");
        let two = config("[desks.a]\nurl = \"http://a\"\n[desks.b]\nurl = \"http://b\"");
        let with_default = config("default_desk = \"b\"\n[desks.a]\nurl = \"http://a\"\n[desks.b]\nurl = \"http://b\"");
        assert_eq!(chosen(&none, None), "embedded");
        assert_eq!(chosen(&none, Some("a")), "exit 2: configured are: none");
        assert_eq!(chosen(&one, None), "a");
        assert_eq!(chosen(&one, Some("")), "a");
        assert_eq!(chosen(&two, Some("b")), "b");
        assert_eq!(chosen(&two, None), "exit 2: several are configured and none is named: a, b");
        assert_eq!(chosen(&with_default, None), "b");
        assert_eq!(chosen(&with_default, Some("a")), "a");
    }
}
