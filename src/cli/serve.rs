//! `ticketty serve`: our own server over a database.

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::admin::{database_path, failed, open, print};
use super::exit::CliError;
use super::output::Out;
use crate::server::auth::{new_token, token_hash};
use crate::server::serve::asked_to_end;
use crate::server::store::Store;
use crate::server::{Listener, ServerState, demo, embedded, serve};
use crate::text::Clean;

/// Run our own server. The first line on stdout says where it listens.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8470", conflicts_with = "socket")]
    pub listen: String,
    /// Listen on a socket file instead, which only this user may open.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// The database: sqlite:FILE. TICKETTY_DATABASE stands in; without both, this user's embedded desk.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Fill the desk with sample work; without --database a throw-away desk. The second line on stdout is a token.
    #[arg(long)]
    pub demo: bool,
}

/// Serves until asked to end.
pub async fn run(args: ServeArgs, out: &Out) -> Result<(), CliError> {
    let throw_away = if args.demo && args.database.is_none() { Some(ThrowAway::new()?) } else { None };
    let path = match &throw_away {
        Some(folder) => embedded::database(&folder.0),
        None => database_path(args.database.as_deref())?,
    };
    let store = open(&path).await?;
    let token = if args.demo { Some(fill(&store).await?) } else { None };
    if store.all_agents().await.map_err(|e| failed("the server did not start", &e))?.is_empty() {
        out.say(out.words.cli.no_agent);
    }

    let (listener, place) = match &args.socket {
        Some(socket) => (Listener::Unix(bind(socket).await?), socket.display().to_string()),
        None => {
            let tcp = TcpListener::bind(&args.listen).await.map_err(|e| no_listener(&args.listen, &e))?;
            let address = tcp.local_addr().map_err(|e| no_listener(&args.listen, &e))?;
            if !address.ip().is_loopback() {
                out.say(out.words.cli.unencrypted);
            }
            (Listener::Tcp(tcp), format!("http://{address}"))
        }
    };
    print(&format!("listening on {}", Clean::line(&place)))?;
    if let Some(token) = token {
        print(&token)?;
    }
    let state = ServerState::new(Arc::new(store), Some(path));
    let served = serve(listener, state, asked_to_end()).await;
    if let Some(socket) = &args.socket {
        // Nobody listens there any more.
        let _ = std::fs::remove_file(socket);
    }
    served.map_err(|e| no_listener(&place, &e))
}

/// Fills an empty desk; answers a token for the agent who started it.
async fn fill(store: &dyn Store) -> Result<String, CliError> {
    let not_filled = |e| failed("the desk was not filled with sample work", &e);
    if store.last_event().await.map_err(not_filled)? > 0 {
        return Err(CliError::usage(
            "the desk was not filled with sample work",
            "it already has tickets",
            "name a new file with --database, or none for a throw-away desk",
        ));
    }
    let (login, _) = embedded::user();
    let now = Timestamp::now();
    demo::fill(store, &login, now).await.map_err(not_filled)?;
    let token = new_token().map_err(|e| CliError::usage("no token was made", e.to_string(), "try again"))?;
    store.add_token(&login, "demo", &token_hash(&token), None, now).await.map_err(not_filled)?;
    Ok(token.expose_secret().to_owned())
}

/// Binds a socket file; one that nobody answers on is replaced.
async fn bind(path: &Path) -> Result<UnixListener, CliError> {
    let place = path.display().to_string();
    if std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
        if UnixStream::connect(path).await.is_ok() {
            return Err(no_listener(&place, &std::io::Error::from(ErrorKind::AddrInUse)));
        }
        std::fs::remove_file(path).map_err(|e| no_listener(&place, &e))?;
    }
    let listener = UnixListener::bind(path).map_err(|e| no_listener(&place, &e))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(|e| no_listener(&place, &e))?;
    Ok(listener)
}

fn no_listener(place: &str, error: &std::io::Error) -> CliError {
    let next = match error.kind() {
        ErrorKind::AddrInUse => "end what listens there, or choose another with --listen or --socket",
        ErrorKind::PermissionDenied => "choose a port above 1023, or a folder of your own",
        _ => "choose another with --listen or --socket",
    };
    CliError::usage(format!("the server cannot listen on {}", Clean::line(place)), error.to_string(), next)
}

/// The folder of a desk that goes away with the server.
struct ThrowAway(PathBuf);

impl ThrowAway {
    fn new() -> Result<Self, CliError> {
        embedded::throw_away_dir()
            .map(Self)
            .map_err(|e| CliError::usage("no throw-away desk was made", e.to_string(), "name a file with --database"))
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
