//! The desk of one user on one machine: a server inside whichever process came first.
//!
//! The first process locks a file beside the database and serves on a socket in the same folder. Later ones connect. The lock
//! belongs to the process: when it ends, however it ends, the kernel hands the lock to one of the waiting processes, which
//! serves on. Nobody polls: a waiting process has a thread asleep in the lock.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::auth::{new_token, token_hash};
use super::store::SqliteStore;
use super::store::{NewAgent, Store, StoreError};
use super::{Listener, ServerState, demo, serve};
use crate::domain::people::Role;

const DATABASE: &str = "desk.db";
const LOCK: &str = "desk.lock";
const SOCKET: &str = "desk.sock";
const TOKEN: &str = "desk.token";

/// The longest path a socket may have: the kernel's 108 bytes less the closing NUL.
const LONGEST_PATH: usize = 107;
/// How long a process that just took the lock may need until it answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at a process that is about to answer.
const LOOK: Duration = Duration::from_millis(10);
/// After a takeover that failed, before the next try.
const AGAIN: Duration = Duration::from_secs(5);

/// Why the embedded desk cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// A file or folder of the desk.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// The folder's name is too long for a socket in it.
    #[error("{0} is too long a path for a socket: set XDG_DATA_HOME to a shorter one")]
    TooLong(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process holds the desk and does not answer.
    #[error("another ticketty holds the desk in {0} and does not answer: end it, then try again")]
    Silent(PathBuf),
    /// The system gives no random numbers.
    #[error("no random numbers for a token: {0}")]
    Random(getrandom::Error),
}

impl From<getrandom::Error> for EmbeddedError {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError + '_ {
    |source| EmbeddedError::Io { what: path.display().to_string(), source }
}

/// The embedded desk's database file in a data directory.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join(DATABASE)
}

/// Makes a data directory that only its user may enter.
pub fn private_dir(dir: &Path) -> Result<(), EmbeddedError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    let mode = std::fs::metadata(dir).map_err(at(dir))?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(at(dir))?;
    }
    Ok(())
}

/// Makes a new folder for a desk that will not stay; whoever made it removes it.
pub fn throw_away_dir() -> Result<PathBuf, EmbeddedError> {
    let mut bytes = [0_u8; 6];
    getrandom::fill(&mut bytes)?;
    let folder = std::env::temp_dir().join(format!("ticketty-demo-{}", super::auth::hex(&bytes)));
    DirBuilder::new().mode(0o700).create(&folder).map_err(at(&folder))?;
    Ok(folder)
}

/// This process's part in the embedded desk.
pub struct Embedded {
    home: Arc<Home>,
    /// What to show the server: the same for every process of this user.
    pub token: SecretString,
    stop: CancellationToken,
    work: Option<JoinHandle<()>>,
}

/// The folder and what lies in it.
struct Home {
    folder: PathBuf,
    socket: PathBuf,
    /// Keeps `/proc/self/fd/N`, by which a folder with a long name is reached.
    _open: Option<File>,
    /// The folder goes away with the desk.
    throw_away: bool,
}

impl Embedded {
    /// Joins the desk in a data directory: as its server when nobody serves it, else as a client that will take over when
    /// the server's process ends.
    pub async fn join(data_dir: &Path) -> Result<Self, EmbeddedError> {
        private_dir(data_dir)?;
        Self::join_at(Home::at(data_dir, false)?).await
    }

    /// A desk full of sample work in a folder of its own, gone when this ends.
    pub async fn demo() -> Result<Self, EmbeddedError> {
        let folder = throw_away_dir()?;
        let home = Home::at(&folder, true)?;
        let store = SqliteStore::open(&database(&folder)).await?;
        let (login, name) = user();
        ensure_agent(&store, &login, &name).await?;
        demo::fill(&store, &login, Timestamp::now()).await?;
        drop(store);
        Self::join_at(home).await
    }

    async fn join_at(home: Home) -> Result<Self, EmbeddedError> {
        let home = Arc::new(home);
        let lock = home.lock_file()?;
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Self::serving(home, lock).await,
                Err(TryLockError::Error(source)) => {
                    return Err(EmbeddedError::Io { what: home.folder.join(LOCK).display().to_string(), source });
                }
                Err(TryLockError::WouldBlock) => {}
            }
            if UnixStream::connect(&home.socket).await.is_ok() {
                return Self::waiting(home, lock);
            }
            if tokio::time::Instant::now() > give_up {
                return Err(EmbeddedError::Silent(home.folder.clone()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn serving(home: Arc<Home>, lock: File) -> Result<Self, EmbeddedError> {
        let open = Open::new(&home).await?;
        let token = home.read_token()?;
        let stop = CancellationToken::new();
        let work = tokio::spawn(work(home.clone(), Turn::Serve(lock, open), stop.clone()));
        Ok(Self { home, token, stop, work: Some(work) })
    }

    fn waiting(home: Arc<Home>, lock: File) -> Result<Self, EmbeddedError> {
        let token = home.read_token()?;
        let stop = CancellationToken::new();
        let work = tokio::spawn(work(home.clone(), Turn::Wait(lock), stop.clone()));
        Ok(Self { home, token, stop, work: Some(work) })
    }

    /// The folder of the desk.
    pub fn folder(&self) -> &Path {
        &self.home.folder
    }

    /// Where the server listens. Stays the same when another process takes over.
    pub fn socket(&self) -> &Path {
        &self.home.socket
    }

    /// Ends this process's part in order: requests on their way are answered, event streams close, the lock is given up.
    pub async fn leave(mut self) {
        self.stop.cancel();
        if let Some(work) = self.work.take()
            && let Err(error) = work.await
        {
            tracing::error!(%error, "the embedded desk's task failed");
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.throw_away
            && let Err(error) = std::fs::remove_dir_all(&self.folder)
        {
            tracing::warn!(%error, "the throw-away desk could not be removed");
        }
    }
}

impl Home {
    fn at(folder: &Path, throw_away: bool) -> Result<Self, EmbeddedError> {
        let plain = folder.join(SOCKET);
        let (socket, open) = if plain.as_os_str().len() <= LONGEST_PATH {
            (plain, None)
        } else {
            let open = File::open(folder).map_err(at(folder))?;
            let short = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
            if !short.is_dir() {
                return Err(EmbeddedError::TooLong(plain));
            }
            (short.join(SOCKET), Some(open))
        };
        Ok(Self { folder: folder.to_owned(), socket, _open: open, throw_away })
    }

    fn lock_file(&self) -> Result<File, EmbeddedError> {
        let path = self.folder.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(&path).map_err(at(&path))
    }

    fn read_token(&self) -> Result<SecretString, EmbeddedError> {
        let path = self.folder.join(TOKEN);
        let text = std::fs::read_to_string(&path).map_err(at(&path))?;
        Ok(SecretString::from(text.trim().to_owned()))
    }

    fn write_token(&self, token: &SecretString) -> Result<(), EmbeddedError> {
        let path = self.folder.join(TOKEN);
        let new = self.folder.join(format!("{TOKEN}.{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&new).map_err(at(&new))?;
        file.set_permissions(Permissions::from_mode(0o600)).map_err(at(&new))?;
        writeln!(file, "{}", token.expose_secret()).map_err(at(&new))?;
        file.sync_all().map_err(at(&new))?;
        std::fs::rename(&new, &path).map_err(at(&path))
    }

    /// Binds the socket; one that a dead process left behind is replaced. Only the lock's holder comes here.
    fn bind(&self) -> Result<UnixListener, EmbeddedError> {
        match std::fs::remove_file(&self.socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&self.socket)(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&self.socket).map_err(at(&self.socket))?;
        // The folder already keeps others out; the mode says so too.
        std::fs::set_permissions(&self.socket, Permissions::from_mode(0o600)).map_err(at(&self.socket))?;
        Ok(listener)
    }
}

/// What a process does at the desk.
enum Turn {
    Serve(File, Open),
    Wait(File),
}

/// An open database and the socket that serves it.
struct Open {
    state: ServerState,
    listener: UnixListener,
}

impl Open {
    async fn new(home: &Home) -> Result<Self, EmbeddedError> {
        let path = database(&home.folder);
        let store = SqliteStore::open(&path).await?;
        prepare(&store, home).await?;
        let listener = home.bind()?;
        Ok(Self { state: ServerState::new(Arc::new(store), Some(path)), listener })
    }
}

/// Serves and waits by turns until told to stop.
async fn work(home: Arc<Home>, mut turn: Turn, stop: CancellationToken) {
    loop {
        match turn {
            Turn::Serve(lock, Open { state, listener }) => {
                let served = serve(Listener::Unix(listener), state, stop.clone().cancelled_owned()).await;
                if let Err(error) = served {
                    tracing::error!(%error, "the embedded desk stopped listening");
                }
                drop(lock);
                if stop.is_cancelled() {
                    return;
                }
            }
            Turn::Wait(lock) => drop(lock),
        }
        turn = tokio::select! {
            () = stop.cancelled() => return,
            turn = take_over(&home) => turn,
        };
    }
}

/// Waits for the lock, then opens the desk.
async fn take_over(home: &Home) -> Turn {
    loop {
        let taken = match locked(home).await {
            Ok(lock) => Open::new(home).await.map(|open| Turn::Serve(lock, open)),
            Err(error) => Err(error),
        };
        match taken {
            Ok(turn) => return turn,
            Err(error) => tracing::error!(%error, "the embedded desk could not be taken over"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Sleeps in the lock on a thread of its own: the runtime would wait for one of its own threads at the end, and this one may
/// sleep for days.
async fn locked(home: &Home) -> Result<File, EmbeddedError> {
    let file = home.lock_file()?;
    let (done, wait) = tokio::sync::oneshot::channel();
    let asleep = move || {
        let locked = file.lock().map(|()| file);
        // Nobody waits any more: the file is closed and the next process gets the lock.
        let _ = done.send(locked);
    };
    let path = home.folder.join(LOCK);
    std::thread::Builder::new().name("desk-lock".to_owned()).stack_size(64 * 1024).spawn(asleep).map_err(at(&path))?;
    let gone = || io::Error::other("the waiting thread ended");
    wait.await.unwrap_or_else(|_| Err(gone())).map_err(at(&path))
}

/// Makes sure that there is an agent of this user, a token for it, and a queue.
async fn prepare(store: &dyn Store, home: &Home) -> Result<(), EmbeddedError> {
    let now = Timestamp::now();
    if store.all_queues().await?.is_empty() {
        store.add_queue("Inbox", None, now).await?;
    }
    if let Ok(token) = home.read_token()
        && store.caller(&token_hash(&token), now).await?.is_some()
    {
        return Ok(());
    }
    let (login, name) = user();
    ensure_agent(store, &login, &name).await?;
    let token = new_token()?;
    store.add_token(&login, "embedded desk", &token_hash(&token), None, now).await?;
    home.write_token(&token)
}

async fn ensure_agent(store: &dyn Store, login: &str, name: &str) -> Result<(), EmbeddedError> {
    if store.all_agents().await?.iter().any(|a| a.login.as_str() == login) {
        return Ok(());
    }
    let agent = NewAgent { login: login.to_owned(), name: name.to_owned(), email: String::new(), role: Role::Admin };
    store.add_agent(&agent, Timestamp::now()).await?;
    Ok(())
}

/// The login and name of the user who runs this.
pub fn user() -> (String, String) {
    let raw = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = full_name(&passwd, &raw);
    let login = login_of(&raw);
    let name = name.unwrap_or_else(|| login.clone());
    (login, name)
}

/// A login as the desk takes one: lower-case letters, digits, `.`, `_`, `-`.
fn login_of(user: &str) -> String {
    let login: String = user
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        .take(32)
        .collect();
    let login = login.trim_start_matches(['.', '_', '-']);
    if login.is_empty() { "agent".to_owned() } else { login.to_owned() }
}

/// The full name in a user's line of `/etc/passwd`.
fn full_name(passwd: &str, user: &str) -> Option<String> {
    let line = passwd.lines().find(|l| l.split(':').next() == Some(user) && !user.is_empty())?;
    let name = line.split(':').nth(4)?.split(',').next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_made_from_any_user_name() {
        assert_eq!(login_of("Mika.Kato"), "mika.kato");
        assert_eq!(login_of("-田中"), "agent");
        let passwd = "root:x:0:0:root:/root:/bin/bash\nmika:x:1000:1000:Mika Kato,,,:/home/mika:/bin/bash";
        assert_eq!(full_name(passwd, "mika").as_deref(), Some("Mika Kato"));
        assert_eq!(full_name(passwd, ""), None);
    }

    #[tokio::test]
    async fn the_second_process_connects_and_takes_over() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = Embedded::join(&data).await.unwrap();
        let second = Embedded::join(&data).await.unwrap();
        assert_eq!(first.token.expose_secret(), second.token.expose_secret());
        assert_eq!(first.socket(), second.socket());
        for (file, mode) in [(LOCK, 0o600), (TOKEN, 0o600), (SOCKET, 0o600), (DATABASE, 0o600), ("", 0o700)] {
            let found = std::fs::metadata(data.join(file)).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{file}");
        }
        first.leave().await;
        let until = tokio::time::Instant::now() + PATIENCE;
        while UnixStream::connect(second.socket()).await.is_err() {
            assert!(tokio::time::Instant::now() < until, "nobody took over");
            tokio::time::sleep(LOOK).await;
        }
        second.leave().await;
    }

    #[tokio::test]
    async fn a_folder_with_a_long_name_still_has_a_socket() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("d".repeat(120));
        let desk = Embedded::join(&data).await.unwrap();
        assert!(UnixStream::connect(desk.socket()).await.is_ok());
        assert!(data.join(SOCKET).exists());
        desk.leave().await;
    }
}
