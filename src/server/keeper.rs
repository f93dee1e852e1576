//! What a server does while somebody listens, and only then: it notices what other processes wrote to the same database,
//! and tickets that turn late. It sleeps until one of these has a reason.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::ServerState;

/// Between two looks at a database whose file cannot be watched.
const POLL: Duration = Duration::from_millis(500);
/// After a write, how long to wait for more of them before due times are read again.
const SETTLE: Duration = Duration::from_secs(1);
/// The longest sleep: clocks jump and laptops sleep.
const LONGEST: Duration = Duration::from_mins(5);

/// Runs until the last stream closes.
pub async fn keep(state: ServerState, end: CancellationToken) {
    let mut others = Others::watch(state.database().map(std::path::PathBuf::as_path));
    let mut seen = None;
    loop {
        let next_late = match state.store().turn_late(Timestamp::now(), u32::MAX).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "late tickets could not be marked");
                None
            }
        };
        ring_if_grown(&state, &mut seen).await;
        let asleep = next_late.map_or(LONGEST, until).min(LONGEST);
        let sleep = tokio::time::sleep(asleep);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                () = &mut sleep => break,
                () = others.wrote() => ring_if_grown(&state, &mut seen).await,
                () = state.hub().written.notified() => {
                    let soon = tokio::time::Instant::now() + SETTLE;
                    let due = sleep.deadline();
                    sleep.as_mut().reset(due.min(soon));
                }
            }
        }
    }
}

/// Wakes the streams when the log has grown since the last look.
async fn ring_if_grown(state: &ServerState, seen: &mut Option<i64>) {
    if let Ok(last) = state.store().last_event().await {
        if seen.is_some_and(|seen| seen != last) {
            state.hub().ring();
        }
        *seen = Some(last);
    }
}

/// How long until a moment; at least a little, so that a moment that stays in the past cannot spin.
fn until(moment: Timestamp) -> Duration {
    let wait = moment.duration_since(Timestamp::now());
    Duration::try_from(wait).unwrap_or_default().max(Duration::from_millis(50))
}

/// The other processes on the same database.
enum Others {
    /// The kernel tells when the file or its log is written.
    #[cfg(target_os = "linux")]
    Watched(watched::Database),
    /// Nobody tells: look from time to time.
    Polled,
}

impl Others {
    fn watch(database: Option<&Path>) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(watched) = database.and_then(|path| watched::Database::open(path).ok()) {
            return Self::Watched(watched);
        }
        let _ = database;
        Self::Polled
    }

    /// Returns after somebody may have written.
    async fn wrote(&mut self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Watched(database) => {
                if database.wrote().await.is_err() {
                    *self = Self::Polled;
                }
            }
            Self::Polled => tokio::time::sleep(POLL).await,
        }
    }
}

#[cfg(target_os = "linux")]
mod watched {
    //! inotify on the database's folder: every commit in WAL mode appends to the `-wal` file.

    use std::ffi::OsString;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::time::Duration;

    use rustix::fs::inotify;
    use tokio::io::unix::AsyncFd;

    /// Writes within this time are one piece of news.
    const TOGETHER: Duration = Duration::from_millis(20);

    pub struct Database {
        file: OsString,
        fd: AsyncFd<OwnedFd>,
    }

    impl Database {
        pub fn open(path: &Path) -> io::Result<Self> {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
            let file = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
            let fd = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
            inotify::add_watch(&fd, folder, inotify::WatchFlags::MODIFY)?;
            #[expect(
                deprecated,
                reason = "`register` is unsafe; an `OwnedFd` never changes its number, which is all it asks for"
            )]
            let fd = AsyncFd::new(fd)?;
            Ok(Self { file, fd })
        }

        pub async fn wrote(&mut self) -> io::Result<()> {
            loop {
                let mut ready = self.fd.readable().await?;
                let mut ours = false;
                let mut buffer = [MaybeUninit::uninit(); 4096];
                let mut reader = inotify::Reader::new(ready.get_inner(), &mut buffer);
                loop {
                    match reader.next() {
                        Ok(event) => {
                            let name = event.file_name().map(std::ffi::CStr::to_bytes).unwrap_or_default();
                            let rest = name.strip_prefix(self.file.as_bytes());
                            ours |= rest.is_some_and(|rest| rest.is_empty() || rest == b"-wal");
                        }
                        Err(rustix::io::Errno::AGAIN) => break,
                        Err(error) => return Err(error.into()),
                    }
                }
                ready.clear_ready();
                if ours {
                    tokio::time::sleep(TOGETHER).await;
                    return Ok(());
                }
            }
        }
    }
}
