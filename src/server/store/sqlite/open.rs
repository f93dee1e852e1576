//! Opening the file: made private before SQLite sees it, migrated when older, refused when newer.

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqlitePool};

use super::SqliteStore;
use crate::server::store::StoreError;

/// The schema this program knows; the file's own number stands in `PRAGMA user_version`.
pub const SCHEMA: i64 = 4;

/// Migrations, each from the schema number before it. Only ever added.
const MIGRATIONS: [&str; SCHEMA as usize] = [
    include_str!("migrations/0001_desk.sql"),
    include_str!("migrations/0002_code.sql"),
    include_str!("migrations/0003_roster.sql"),
    include_str!("migrations/0004_scale.sql"),
];

/// How long a migration waits for older processes to close the file.
const MIGRATION_WAIT: Duration = Duration::from_secs(30);

impl SqliteStore {
    /// Opens the desk's file, making it (mode 0600) or migrating it when needed.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |e: std::io::Error| StoreError::Database(format!("{}: {e}", path.display()));
        // Made before SQLite does, which would leave it readable; SQLite gives -wal and -shm the mode of the file.
        match private().create_new(true).open(path) {
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed(e)),
        }
        let lock = private().open(lock_path(path)).map_err(failed)?;
        // A file system without locks has no older process to wait for that we could see.
        let _ = rustix::fs::flock(&lock, FlockOperation::LockShared);

        let journal = if on_network_fs(path) { SqliteJournalMode::Truncate } else { SqliteJournalMode::Wal };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(journal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(256)
            .disable_statement_logging();
        // One connection to begin with: what starts, reads; the writer comes with the first write.
        let readers = pool(4).connect_lazy_with(options.clone());
        let writer = pool(1).connect_lazy_with(options);
        let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&readers).await?;
        if found > SCHEMA {
            return Err(StoreError::TooNew { found, known: SCHEMA });
        }
        if found < SCHEMA {
            if found > 0 {
                wait_alone(&lock, &writer).await?;
            }
            migrate(&writer).await?;
            let _ = rustix::fs::flock(&lock, FlockOperation::LockShared);
        }
        Ok(Self { readers, writer, _lock: lock })
    }
}

/// Options for a file that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-open");
    PathBuf::from(name)
}

/// No reaper: an idle process is not woken.
fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // Where the disk was full in the midst of a transaction, SQLite has taken it back by itself
        // (https://www.sqlite.org/lang_transaction.html); the driver's own rollback fails then, and it would begin no other one.
        .after_release(|connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    // A rollback may just be on its way.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Waits until no other process has the file open, or another one has migrated it meanwhile.
async fn wait_alone(lock: &File, writer: &SqlitePool) -> Result<(), StoreError> {
    let until = tokio::time::Instant::now() + MIGRATION_WAIT;
    while rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(writer).await?;
        if found >= SCHEMA {
            break;
        }
        if tokio::time::Instant::now() > until {
            return Err(StoreError::Database(
                "an older ticketty has the database open; end it, then start this one again".to_owned(),
            ));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Brings the schema up to date in one transaction; a second process waits and then finds nothing to do.
async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await?;
    if found > SCHEMA {
        return Err(StoreError::TooNew { found, known: SCHEMA });
    }
    for sql in MIGRATIONS.into_iter().skip(usize::try_from(found).unwrap_or(0)) {
        sqlx::raw_sql(sql).execute(&mut *tx).await?;
    }
    // The last migration's number; a pragma takes no parameter.
    sqlx::raw_sql("PRAGMA user_version = 4").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a path (or the folder it will be in) lies on a network file system, where SQLite's WAL does not work.
pub fn on_network_fs(path: &Path) -> bool {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(file) = File::open(path).or_else(|_| File::open(folder)) else { return false };
    is_network(file.as_fd())
}

#[cfg(target_os = "linux")]
fn is_network(fd: std::os::fd::BorrowedFd<'_>) -> bool {
    // NFS, SMB, SMB2, CIFS, FUSE (sshfs and the like), 9p, AFS, Coda, Ceph, Lustre.
    const REMOTE: [u64; 10] = [
        0x6969,
        0x517B,
        0xFE53_4D42,
        0xFF53_4D42,
        0x6573_5546,
        0x0102_1997,
        0x5346_414F,
        0x7375_7245,
        0x00C3_6400,
        0x0BD0_0BD0,
    ];
    // The kernel's type is signed on some machines: compare the low 32 bits.
    rustix::fs::fstatfs(fd).is_ok_and(|s| REMOTE.contains(&(s.f_type as u64 & 0xFFFF_FFFF)))
}

#[cfg(not(target_os = "linux"))]
fn is_network(_fd: std::os::fd::BorrowedFd<'_>) -> bool {
    false
}

/// Writes a consistent copy to a new file of mode 0600.
pub(super) async fn backup(store: &SqliteStore, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| StoreError::Database("the backup's name is not UTF-8".to_owned()))?;
    private().create_new(true).open(to).map_err(|e| StoreError::Database(format!("{}: {e}", to.display())))?;
    let mut reader = store.readers.acquire().await?;
    let done = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut *reader).await;
    if let Err(e) = done {
        // Half a copy is worse than none.
        let _ = std::fs::remove_file(to);
        return Err(e.into());
    }
    Ok(())
}
