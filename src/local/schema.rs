//! The file itself: where it lies, how it is opened, its tables.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::{Mutex, MutexGuard};

use super::LocalError;
use super::seat::Seat;

/// The newest schema this program knows, kept in the file's `user_version`.
const SCHEMA: i64 = 3;

/// What the schemas added, oldest first; only ever appended to.
const STEPS: [&str; SCHEMA as usize] = [
    "
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which changes were accepted
    id TEXT NOT NULL UNIQUE,
    round INTEGER NOT NULL DEFAULT 0,      -- a refused change that is tried again goes out under a new key
    change TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    in_flight INTEGER NOT NULL DEFAULT 0,  -- a pusher has it on the line now
    maybe_done INTEGER NOT NULL DEFAULT 0, -- an answer was lost: the desk may have done it
    asks INTEGER NOT NULL DEFAULT 0,       -- left over: leaves only when the agent says so
    accepted_at INTEGER NOT NULL,          -- times are unix milliseconds
    not_before INTEGER NOT NULL,
    retry_at INTEGER NOT NULL DEFAULT 0,
    tended_at INTEGER NOT NULL,            -- when a pusher last had it in its care
    ended_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    why TEXT,
    receipt TEXT
);
CREATE INDEX outbox_state ON outbox (state, seq);
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    draft TEXT NOT NULL,
    saved_at INTEGER NOT NULL
);
",
    "
ALTER TABLE outbox ADD COLUMN mark TEXT;    -- the step that it is part of, for undo
",
    "
ALTER TABLE drafts ADD COLUMN owner TEXT;    -- the seat that has it open
ALTER TABLE drafts ADD COLUMN terminal TEXT; -- where that seat is, for people
",
];

/// The name under which an account's local state is kept: the desk's address and the account on it, whatever the desk is
/// called in the configuration. The account must name the agent (a login), for two agents must never share an outbox; a token
/// would not do, for an expired one is replaced and the outbox must be found again.
pub fn account_key(address: &url::Url, socket: Option<&Path>, account: &str) -> String {
    match socket {
        Some(path) => format!("unix:{}|{account}", path.display()),
        None => format!("{}|{account}", address.as_str().trim_end_matches('/')),
    }
}

/// One account's local state. Cheap to clone; all clones share one connection, which opens with the first use.
#[derive(Clone)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    /// The folder of the file.
    dir: PathBuf,
    /// The database.
    path: PathBuf,
    connection: Mutex<Option<SqliteConnection>>,
    /// Where this process sits, once a screen runs.
    seat: OnceLock<Seat>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Local {
    /// Names the file of an account ([`account_key`]) in a folder, which is made (mode 0700) when missing. The file itself is
    /// opened, and made (mode 0600), with the first use: this call does not touch the database.
    pub fn open(dir: &Path, account: &str) -> Result<Self, LocalError> {
        let path = dir.join(format!("desk-{}.db", &hex(&Sha256::digest(account.as_bytes()))[..20]));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| LocalError::from_io(dir, &e))?;
        Ok(Self {
            inner: Arc::new(Inner { dir: dir.to_owned(), path, connection: Mutex::new(None), seat: OnceLock::new() }),
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The cell of this process's seat.
    pub(super) fn seat_cell(&self) -> &OnceLock<Seat> {
        &self.inner.seat
    }

    /// Where copies of outgoing files lie.
    pub fn files(&self) -> PathBuf {
        self.inner.dir.join("files")
    }

    /// Whether the folder is on a network file system: SQLite then runs without WAL, and the program says so once.
    pub fn is_on_network(&self) -> bool {
        on_network(&self.inner.dir)
    }

    /// The connection, opened now when this is the first use.
    pub(super) async fn connection(&self) -> Result<Held<'_>, LocalError> {
        let mut guard = self.inner.connection.lock().await;
        if let Some(connection) = guard.as_mut()
            && is_stuck(connection).await
        {
            *guard = None;
        }
        if guard.is_none() {
            *guard = Some(self.connect().await?);
        }
        Ok(Held { guard, path: &self.inner.path })
    }

    async fn connect(&self) -> Result<SqliteConnection, LocalError> {
        let path = &self.inner.path;
        let fail = |e: sqlx::Error| LocalError::from_sqlx(path, &e);
        let on_network = on_network(&self.inner.dir);
        let (mut connection, found) =
            open_file(path, on_network, SqliteSynchronous::Full, Duration::from_secs(5)).await?;
        if found > SCHEMA {
            return Err(LocalError::TooNew { path: path.clone(), found, known: SCHEMA });
        }
        if found < SCHEMA {
            self.migrate(&mut connection).await.map_err(fail)?;
        }
        Ok(connection)
    }

    async fn migrate(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        // Another process may have been faster while this one waited for the lock.
        let found = usize::try_from(version(&mut tx).await?).unwrap_or(0);
        for step in STEPS.iter().skip(found) {
            sqlx::raw_sql(*step).execute(&mut *tx).await?;
        }
        // The number stands here a second time because SQLite takes no parameter in a pragma.
        const { assert!(SCHEMA == 3) };
        sqlx::raw_sql("PRAGMA user_version = 3").execute(&mut *tx).await?;
        tx.commit().await
    }
}

/// The connection while a caller uses it, with the path for its errors.
pub(super) struct Held<'a> {
    guard: MutexGuard<'a, Option<SqliteConnection>>,
    path: &'a Path,
}

impl Held<'_> {
    /// The connection.
    #[expect(clippy::expect_used, reason = "stated in the text")]
    pub(super) fn db(&mut self) -> &mut SqliteConnection {
        self.guard.as_mut().expect("`Local::connection` hands out only a guard over an open connection")
    }

    /// Words for a failed statement.
    pub(super) fn fail(&self, error: &sqlx::Error) -> LocalError {
        LocalError::from_sqlx(self.path, error)
    }
}

/// Whether the driver believes in a transaction that is over: where a disk was full in its midst, SQLite has taken it back by
/// itself (<https://www.sqlite.org/lang_transaction.html>), the driver's own rollback fails, and no other transaction begins.
async fn is_stuck(connection: &mut SqliteConnection) -> bool {
    // A rollback may just be on its way.
    connection.is_in_transaction() && (connection.ping().await.is_err() || connection.is_in_transaction())
}

/// Opens a database file, made when missing so that only its user may read it, and answers its schema's number.
pub(super) async fn open_file(
    path: &Path,
    on_network: bool,
    synchronous: SqliteSynchronous,
    patience: Duration,
) -> Result<(SqliteConnection, i64), LocalError> {
    // SQLite would make the file readable by everybody; its -wal and -shm take over the mode of the file.
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| LocalError::from_io(path, &e))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(if on_network { SqliteJournalMode::Delete } else { SqliteJournalMode::Wal })
        .synchronous(synchronous)
        .busy_timeout(patience)
        .disable_statement_logging();
    let fail = |e: sqlx::Error| LocalError::from_sqlx(path, &e);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(fail)?;
    let found = version(&mut connection).await.map_err(fail)?;
    Ok((connection, found))
}

/// The schema's number in a file.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("PRAGMA user_version").fetch_one(connection).await?.try_get(0)
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// NFS, SMB and FUSE: shared memory between hosts does not work there, so neither does WAL.
fn on_network(dir: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        const NETWORK: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546, 0x0102_1997];
        rustix::fs::statfs(dir).is_ok_and(|s| NETWORK.contains(&(s.f_type as u32)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = dir;
        false
    }
}

impl LocalError {
    /// Words for a failed system call.
    pub(super) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotADirectory => {
                Self::ReadOnly { path, why: error.to_string() }
            }
            _ => Self::Other { path, why: error.to_string() },
        }
    }

    /// Words for a failed statement.
    pub(super) fn from_sqlx(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        if let sqlx::Error::Io(e) = error {
            return Self::from_io(&path, e);
        }
        let code: Option<u32> = error.as_database_error().and_then(|e| e.code().and_then(|code| code.parse().ok()));
        // IOERR_WRITE, IOERR_SHMSIZE: a file could not grow, which SQLite only calls an I/O error.
        let code = code.map(|c| if matches!(c, 778 | 4874) { 13 } else { c & 0xff });
        let why = error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
        match code {
            Some(13) => Self::Full { path },
            Some(5 | 6) => Self::Busy { path },
            // READONLY, PERM, CANTOPEN, AUTH.
            Some(3 | 8 | 14 | 23) => Self::ReadOnly { path, why },
            // CORRUPT, NOTADB.
            Some(11 | 26) => Self::Damaged { path, why },
            _ => Self::Other { path, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_is_address_and_account() {
        let at = |url: &str| url.parse().unwrap();
        assert_eq!(account_key(&at("https://desk.example/base/"), None, "mika"), "https://desk.example/base|mika");
        assert_eq!(account_key(&at("http://unix"), Some(Path::new("/d/s")), "mika"), "unix:/d/s|mika");
    }

    #[tokio::test]
    async fn a_file_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "a").unwrap();
        local.drafts().await.unwrap();
        {
            let mut held = local.connection().await.unwrap();
            sqlx::raw_sql("PRAGMA user_version = 99").execute(held.db()).await.unwrap();
        }
        let older = Local::open(dir.path(), "a").unwrap();
        assert!(matches!(older.drafts().await, Err(LocalError::TooNew { found: 99, .. })));
    }

    #[tokio::test]
    async fn a_damaged_file_is_told_and_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "a").unwrap();
        fs::write(local.path(), "not a database, but somebody's text ".repeat(100)).unwrap();
        let error = local.drafts().await.unwrap_err();
        assert!(matches!(error, LocalError::Damaged { .. }), "{error:?}");
        assert!(fs::read_to_string(local.path()).unwrap().starts_with("not a database"));
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Local::open(&file.join("below"), "a").is_err());
        let closed = dir.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
        if fs::write(closed.join("probe"), "").is_ok() {
            return; // The superuser may write everywhere.
        }
        let error = Local::open(&closed, "a").unwrap().drafts().await.unwrap_err();
        assert!(matches!(error, LocalError::ReadOnly { .. }), "{error:?}");
    }

    #[test]
    fn a_full_disk_has_its_own_words() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = LocalError::from_io(Path::new("/d/x.db"), &full);
        assert!(error.to_string().contains("disk is full"), "{error}");
    }
}
