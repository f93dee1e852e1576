//! The outbox: every change is here before a screen says that it was accepted, and stays until the desk confirmed it. Confirmed
//! ones stay some days with their receipt, for undo.
//!
//! Whatever could race between two processes (an unsend and a send, two pushers) is decided by one statement on the row.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row};

use super::schema::hex;
use super::{Local, LocalError};
use crate::domain::outbox::{StepMark, StepRow};
use crate::domain::{Back, Change, ChangeId, DeskError, OutboxRow, OutboxState, Receipt, Upload};
use crate::text::Clean;

/// Left waiting for longer than this without anybody tending it, a change leaves only when the agent says so.
pub const LEFT_OVER_AFTER: Duration = Duration::from_mins(15);

/// A new change's id: the time in milliseconds, then ten random bytes, in hex. Sorts by time, never repeats.
pub fn new_change_id() -> ChangeId {
    let mut random = [0_u8; 10];
    // The system's random numbers do not fail on a system that runs; should they, the time and the process still differ.
    if getrandom::fill(&mut random).is_err() {
        random[..4].copy_from_slice(&std::process::id().to_be_bytes());
        random[4..].copy_from_slice(&now().as_nanosecond().to_be_bytes()[10..]);
    }
    ChangeId::new(format!("{:012x}{}", now().as_millisecond(), hex(&random)))
}

pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// A change in the outbox with everything that is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What lists show.
    pub row: OutboxRow,
    /// The last error, as the desk gave it.
    pub error: Option<DeskError>,
    /// The desk's answer, once it confirmed.
    pub receipt: Option<Receipt>,
    /// It was left over by a program that ended, and leaves only after [`Local::retry`] or [`Local::send_now`].
    pub asks: bool,
    /// A pusher has it on the line now.
    pub in_flight: bool,
    /// When the desk confirmed or refused it.
    pub ended_at: Option<Timestamp>,
}

/// What is done together with accepting changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The step that they are part of.
    pub mark: Option<&'a StepMark>,
    /// The draft that they were written in: it goes.
    pub draft: Option<&'a str>,
}

/// A change that a pusher may have to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Its place in the order of acceptance.
    pub seq: i64,
    /// Its id.
    pub id: ChangeId,
    /// The key to send it under: the id, or one made from it where an earlier round was refused.
    pub key: ChangeId,
    /// The change.
    pub change: Change,
    /// The undo window's end.
    pub not_before: Timestamp,
    /// The earliest time of the next try.
    pub retry_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The last error.
    pub error: Option<DeskError>,
}

/// A query for [`Entry`] rows with this tail.
macro_rules! entries {
    ($tail:literal) => {
        concat!(
            "SELECT id, change, state, accepted_at, not_before, attempts, error, why, receipt, asks, in_flight, ended_at
             FROM outbox ",
            $tail
        )
    };
}

/// For the agent: what is there, and what to do with it.
impl Local {
    /// Takes a change in, durably: when this returns, it survives a killed process. Its files are copied beside the outbox
    /// first, so that the originals may go. It will not leave before `hold` has passed (the undo window).
    pub async fn accept(&self, id: &ChangeId, change: Change, hold: Duration) -> Result<OutboxRow, LocalError> {
        let mut rows = self.accept_all(vec![(id.clone(), change)], hold, Beside::default()).await?;
        rows.pop()
            .ok_or_else(|| LocalError::Other { path: self.path().to_owned(), why: "nothing was taken".to_owned() })
    }

    /// Takes several changes in, all or none, in this order, and with them takes away the draft they were written in.
    pub async fn accept_all(
        &self,
        changes: Vec<(ChangeId, Change)>,
        hold: Duration,
        beside: Beside<'_>,
    ) -> Result<Vec<OutboxRow>, LocalError> {
        let mut kept = Vec::with_capacity(changes.len());
        for (id, change) in changes {
            let change = self.keep_files(&id, change).await?;
            let json = self.encode(&change)?;
            kept.push((id, change, json));
        }
        let accepted_at = now();
        let not_before = accepted_at.checked_add(hold).unwrap_or(Timestamp::MAX);
        let mut held = self.connection().await?;
        let mut tx = match held.db().begin_with("BEGIN IMMEDIATE").await {
            Ok(tx) => tx,
            Err(e) => return Err(LocalError::from_sqlx(self.path(), &e)),
        };
        let fail = |e: sqlx::Error| LocalError::from_sqlx(self.path(), &e);
        let mark = beside.mark.map(|mark| self.encode(mark)).transpose()?;
        if let Some(draft) = beside.draft {
            sqlx::query("DELETE FROM drafts WHERE id = $1").bind(draft).execute(&mut *tx).await.map_err(fail)?;
        }
        for (id, _, json) in &kept {
            sqlx::query(
                "INSERT INTO outbox (id, change, accepted_at, not_before, tended_at, mark) VALUES ($1, $2, $3, $4, $3, $5)",
            )
            .bind(id.as_str())
            .bind(json)
            .bind(accepted_at.as_millisecond())
            .bind(not_before.as_millisecond())
            .bind(mark.as_deref())
            .execute(&mut *tx)
            .await
            .map_err(fail)?;
        }
        tx.commit().await.map_err(fail)?;
        let row = |(id, change, _)| OutboxRow {
            id,
            change,
            state: OutboxState::Waiting,
            accepted_at,
            not_before,
            attempts: 0,
            why: None,
        };
        Ok(kept.into_iter().map(row).collect())
    }

    /// What the desk has not confirmed: waiting, failed and unknown, oldest first.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query(entries!("WHERE state <> 'sent' ORDER BY seq"))
            .fetch_all(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(rows.iter().filter_map(entry).map(|e| e.row).collect())
    }

    /// Changes whose answer was lost and that nobody looked up yet, oldest first.
    pub async fn unknown(&self) -> Result<Vec<OutboxRow>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query(entries!("WHERE state = 'unknown' AND asks = 0 ORDER BY seq"))
            .fetch_all(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(rows.iter().filter_map(entry).map(|e| e.row).collect())
    }

    /// The ticket does not tell what became of a change: it waits for the agent's word.
    pub async fn ask(&self, id: &ChangeId) -> Result<bool, LocalError> {
        self.write(id, "UPDATE outbox SET asks = 1, tended_at = $2 WHERE id = $1 AND state = 'unknown'").await
    }

    /// Everything known about one change; `None` when it is not (or no longer) here.
    pub async fn entry(&self, id: &ChangeId) -> Result<Option<Entry>, LocalError> {
        let mut held = self.connection().await?;
        let row = sqlx::query(entries!("WHERE id = $1"))
            .bind(id.as_str())
            .fetch_optional(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(row.as_ref().and_then(entry))
    }

    /// What the desk confirmed in the last days, newest first, with receipts: what `undo` chooses from.
    pub async fn done(&self, limit: u32) -> Result<Vec<Entry>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query(entries!("WHERE state = 'sent' ORDER BY ended_at DESC, seq DESC LIMIT $1"))
            .bind(i64::from(limit))
            .fetch_all(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(rows.iter().filter_map(entry).collect())
    }

    /// The steps of the last changes, oldest first: what `u` and `C-r` go through after a restart.
    pub async fn steps(&self, limit: u32) -> Result<Vec<StepRow>, LocalError> {
        let mut held = self.connection().await?;
        let mut rows = sqlx::query(
            "SELECT id, change, mark, state, accepted_at, receipt FROM outbox WHERE mark IS NOT NULL ORDER BY seq DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        rows.reverse();
        Ok(rows.iter().filter_map(step).collect())
    }

    /// Takes a change back that has not left: it stays here as refused, with its text and files, until its text is a draft again
    /// ([`Local::drop_change`]). `None` when it is too late (it is on the line, confirmed, or an answer was lost and the desk may
    /// have it).
    pub async fn unsend(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        self.take(
            id,
            "UPDATE outbox SET state = 'failed', why = 'taken back', error = NULL, ended_at = tended_at
             WHERE id = $1 AND state = 'waiting' AND in_flight = 0 AND maybe_done = 0 RETURNING change",
        )
        .await
    }

    /// Forgets a change that is not confirmed and not on the line, whatever became of it; answers the change.
    pub async fn drop_change(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        self.take(id, "DELETE FROM outbox WHERE id = $1 AND state <> 'sent' AND in_flight = 0 RETURNING change").await
    }

    /// Ends the undo window: it may leave now. Also the agent's word for a left-over change. False when it is not waiting.
    pub async fn send_now(&self, id: &ChangeId) -> Result<bool, LocalError> {
        self.write(
            id,
            "UPDATE outbox SET not_before = min(not_before, $2), retry_at = 0, asks = 0, why = NULL, tended_at = $2
             WHERE id = $1 AND state = 'waiting'",
        )
        .await
    }

    /// Tries again what failed, is unknown, or was left over. After a refusal it goes out under a new key, for a desk answers
    /// the old one with the old refusal; after a lost answer under the same. False when there is nothing to try again.
    pub async fn retry(&self, id: &ChangeId) -> Result<bool, LocalError> {
        self.write(
            id,
            "UPDATE outbox SET round = round + (state = 'failed'), state = 'waiting', not_before = min(not_before, $2),
             retry_at = 0, asks = 0, why = NULL, error = NULL, ended_at = NULL, tended_at = $2
             WHERE id = $1 AND state <> 'sent' AND in_flight = 0",
        )
        .await
    }

    /// Puts another text (or other recipients) in place of a change that certainly did not leave: one in its undo window, or a
    /// refused one, which stays `failed` until [`Local::retry`]. False when it is too late.
    pub async fn edit(&self, id: &ChangeId, change: Change) -> Result<bool, LocalError> {
        let change = self.keep_files(id, change).await?;
        let json = self.encode(&change)?;
        let mut held = self.connection().await?;
        let done = sqlx::query(
            "UPDATE outbox SET change = $2 WHERE id = $1 AND in_flight = 0 AND maybe_done = 0
             AND state IN ('waiting', 'failed')",
        )
        .bind(id.as_str())
        .bind(json)
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        Ok(done.rows_affected() == 1)
    }

    async fn take(&self, id: &ChangeId, sql: &'static str) -> Result<Option<Change>, LocalError> {
        let mut held = self.connection().await?;
        let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(held.db()).await.map_err(|e| held.fail(&e))?;
        // Its files stay where they are: a draft may take them over. `sweep` removes those that nothing names.
        Ok(row.and_then(|row| decode(id.as_str(), row.get("change"))))
    }

    /// A statement about one row: `$1` its id, `$2` now. Whether it changed the row.
    async fn write(&self, id: &ChangeId, sql: &'static str) -> Result<bool, LocalError> {
        let mut held = self.connection().await?;
        let done = sqlx::query(sql)
            .bind(id.as_str())
            .bind(now().as_millisecond())
            .execute(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(done.rows_affected() == 1)
    }
}

/// For the pusher, which holds the push lock.
impl Local {
    /// What waits to be sent without asking, in order of acceptance.
    pub async fn queued(&self) -> Result<Vec<Queued>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query(
            "SELECT seq, id, round, change, not_before, retry_at, attempts, error FROM outbox
             WHERE state = 'waiting' AND asks = 0 ORDER BY seq",
        )
        .fetch_all(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        Ok(rows.iter().filter_map(queued).collect())
    }

    /// Takes over what pushers before this one left: a change that was on the line when its pusher died goes on waiting where
    /// the desk knows it again (`repeats_safely`) and is `unknown` elsewhere; and what nobody tended for [`LEFT_OVER_AFTER`]
    /// waits for the agent's word, except for `mine`. Answers the ids of the latter.
    pub async fn take_over(&self, mine: &HashSet<ChangeId>, repeats_safely: bool) -> Result<Vec<ChangeId>, LocalError> {
        let at = now().as_millisecond();
        let old = at - LEFT_OVER_AFTER.as_millis() as i64;
        let cut =
            DeskError::Unreachable { why: Clean::line("the program ended in the middle of it"), maybe_done: true };
        let error = self.encode(&cut)?;
        let mut held = self.connection().await?;
        // A row that was tended later than now: the clock was put back, and the row's times go with it, or it would wait for them.
        sqlx::query(
            "UPDATE outbox SET not_before = not_before - (tended_at - $1), retry_at = max(0, retry_at - (tended_at - $1)),
             accepted_at = accepted_at - (tended_at - $1), tended_at = $1 WHERE state = 'waiting' AND tended_at > $1",
        )
        .bind(at)
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        sqlx::query(
            "UPDATE outbox SET in_flight = 0, maybe_done = 1, error = $1, why = $2,
             state = CASE WHEN $3 THEN state ELSE 'unknown' END WHERE in_flight = 1",
        )
        .bind(error)
        .bind(cut.to_string())
        .bind(repeats_safely)
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        let rows = sqlx::query(
            "SELECT id FROM outbox WHERE state = 'waiting' AND asks = 0 AND max(tended_at, not_before) < $1 ORDER BY seq",
        )
        .bind(old)
        .fetch_all(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        let left: Vec<ChangeId> =
            rows.iter().map(|row| ChangeId::new(row.get::<&str, _>(0))).filter(|id| !mine.contains(id)).collect();
        for id in &left {
            sqlx::query("UPDATE outbox SET asks = 1, why = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(LEFT_OVER)
                .execute(held.db())
                .await
                .map_err(|e| held.fail(&e))?;
        }
        // To the minute: each of these is a write to the disk.
        sqlx::query("UPDATE outbox SET tended_at = $1 WHERE state = 'waiting' AND asks = 0 AND tended_at < $1 - 60000")
            .bind(at)
            .execute(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(left)
    }

    /// Marks a change as on the line. False when it is not to be sent any more (taken back meanwhile).
    pub async fn begin(&self, id: &ChangeId) -> Result<bool, LocalError> {
        self.write(
            id,
            "UPDATE outbox SET in_flight = 1, attempts = attempts + 1, tended_at = $2
             WHERE id = $1 AND state = 'waiting' AND in_flight = 0 AND asks = 0 AND not_before <= $2",
        )
        .await
    }

    /// The desk confirmed it: keeps the receipt, removes the copies of its files.
    pub async fn applied(&self, id: &ChangeId, receipt: &Receipt) -> Result<(), LocalError> {
        let json = self.encode(receipt)?;
        self.end(id, "sent", None, None, Some(json)).await?;
        let files = self.files().join(id.as_str());
        // A copy that stays behind is removed by `sweep`.
        let _ = tokio::task::spawn_blocking(move || fs::remove_dir_all(files)).await;
        Ok(())
    }

    /// The desk refused it, or it was held back for the reason given: kept with its text until the agent decides.
    pub async fn refused(&self, id: &ChangeId, error: &DeskError) -> Result<(), LocalError> {
        let json = self.encode(error)?;
        self.end(id, "failed", Some(json), Some(error.to_string()), None).await
    }

    /// An answer was lost on a desk that would do it twice: not sent again before somebody looked.
    pub async fn lost(&self, id: &ChangeId, error: &DeskError) -> Result<(), LocalError> {
        let json = self.encode(error)?;
        let why = format!("the answer was lost ({error}); look at the ticket, then retry or drop it");
        self.end(id, "unknown", Some(json), Some(why), None).await
    }

    /// It goes on waiting, to be tried again at a time. `maybe_done`: the desk may have it already.
    pub async fn again(
        &self,
        id: &ChangeId,
        error: &DeskError,
        at: Timestamp,
        maybe_done: bool,
    ) -> Result<(), LocalError> {
        let json = self.encode(error)?;
        let mut held = self.connection().await?;
        sqlx::query(
            "UPDATE outbox SET in_flight = 0, maybe_done = max(maybe_done, $2), retry_at = $3, error = $4, why = $5,
             tended_at = $6 WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(i64::from(maybe_done))
        .bind(at.as_millisecond())
        .bind(json)
        .bind(error.to_string())
        .bind(now().as_millisecond())
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        Ok(())
    }

    /// Removes confirmed changes older than `keep` (at most then undo can reach them), refused ones of that age that carry no
    /// text, and copies of files that neither a change nor a draft names.
    pub async fn sweep(&self, keep: Duration) -> Result<(), LocalError> {
        let old = now().as_millisecond() - keep.as_millis() as i64;
        let rows = {
            let mut held = self.connection().await?;
            sqlx::query("DELETE FROM outbox WHERE state = 'sent' AND ended_at < $1")
                .bind(old)
                .execute(held.db())
                .await
                .map_err(|e| held.fail(&e))?;
            let failed = sqlx::query(entries!("WHERE state = 'failed' AND ended_at < $1"))
                .bind(old)
                .fetch_all(held.db())
                .await
                .map_err(|e| held.fail(&e))?;
            for entry in failed.iter().filter_map(entry).filter(|e| !e.row.change.carries_text()) {
                sqlx::query("DELETE FROM outbox WHERE id = $1 AND state = 'failed'")
                    .bind(entry.row.id.as_str())
                    .execute(held.db())
                    .await
                    .map_err(|e| held.fail(&e))?;
            }
            sqlx::query("SELECT change FROM outbox WHERE state <> 'sent' UNION ALL SELECT draft FROM drafts")
                .fetch_all(held.db())
                .await
                .map_err(|e| held.fail(&e))?
        };
        let named: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let files = self.files();
        let sweeping = tokio::task::spawn_blocking(move || sweep_files(&files, &named));
        // What could not be removed now is tried again at the next start.
        let _ = sweeping.await;
        Ok(())
    }

    async fn end(
        &self,
        id: &ChangeId,
        state: &'static str,
        error: Option<String>,
        why: Option<String>,
        receipt: Option<String>,
    ) -> Result<(), LocalError> {
        let mut held = self.connection().await?;
        sqlx::query(
            "UPDATE outbox SET in_flight = 0, state = $2, error = $3, why = $4, receipt = $5, ended_at = $6,
             maybe_done = ($2 = 'unknown') WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(state)
        .bind(error)
        .bind(why)
        .bind(receipt)
        .bind(now().as_millisecond())
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        Ok(())
    }

    /// JSON of our own types, which has a form for every value of them.
    pub(super) fn encode(&self, value: &impl serde::Serialize) -> Result<String, LocalError> {
        serde_json::to_string(value).map_err(|e| LocalError::Other { path: self.path().to_owned(), why: e.to_string() })
    }

    /// Copies the files of a change beside the outbox and names the copies in it.
    async fn keep_files(&self, id: &ChangeId, mut change: Change) -> Result<Change, LocalError> {
        let folder = self.files().join(id.as_str());
        let Some(files) = uploads(&mut change).filter(|files| !files.is_empty()) else { return Ok(change) };
        let wanted = files.clone();
        let work = tokio::task::spawn_blocking(move || copy_files(&folder, wanted));
        let kept = work.await.map_err(|e| LocalError::Other { path: self.files(), why: e.to_string() })??;
        *files = kept;
        Ok(change)
    }
}

fn step(row: &SqliteRow) -> Option<StepRow> {
    let receipt: Option<Receipt> = parsed(row, "receipt");
    let id: &str = row.get("id");
    Some(StepRow {
        id: ChangeId::new(id),
        mark: serde_json::from_str(row.get("mark")).ok()?,
        state: state(row),
        back: receipt.and_then(|receipt| Back::of(&decode(id, row.get("change"))?, &receipt)),
        at: moment(row.get("accepted_at")),
    })
}

/// Why a left-over change waits.
const LEFT_OVER: &str = "left over from a program that ended; send, edit or drop it";

/// The files that a change sends, if it sends any.
fn uploads(change: &mut Change) -> Option<&mut Vec<Upload>> {
    match change {
        Change::Reply { message, .. } | Change::Note { message, .. } => Some(&mut message.files),
        Change::New(new) => Some(&mut new.files),
        _ => None,
    }
}

fn copy_files(folder: &Path, uploads: Vec<Upload>) -> Result<Vec<Upload>, LocalError> {
    fs::create_dir_all(folder).map_err(|e| LocalError::from_io(folder, &e))?;
    if let Some(files) = folder.parent() {
        // The data folder may be older than this program and looser.
        fs::set_permissions(files, fs::Permissions::from_mode(0o700)).map_err(|e| LocalError::from_io(files, &e))?;
    }
    let unreadable =
        |upload: &Upload, e: std::io::Error| LocalError::File { path: upload.path.clone(), why: e.to_string() };
    let mut kept = Vec::with_capacity(uploads.len());
    let mut staged = Vec::new();
    for (n, upload) in uploads.into_iter().enumerate() {
        // Numbered, not named: a name could hold anything.
        let copy = folder.join(n.to_string());
        let size = if copy == upload.path {
            fs::metadata(&copy).map_err(|e| unreadable(&upload, e))?.len()
        } else {
            let part = folder.join(format!("{n}.part"));
            let mut from = fs::File::open(&upload.path).map_err(|e| unreadable(&upload, e))?;
            let size = write_copy(&mut from, &part).map_err(|e| LocalError::from_io(&part, &e))?;
            staged.push((part, copy.clone()));
            size
        };
        kept.push(Upload { path: copy, size, ..upload });
    }
    // Only now, for after an edit one copy may be the source of another.
    for (part, copy) in staged {
        fs::rename(&part, &copy).map_err(|e| LocalError::from_io(&copy, &e))?;
    }
    Ok(kept)
}

fn write_copy(from: &mut fs::File, to: &Path) -> std::io::Result<u64> {
    let mut to = fs::File::create(to)?;
    to.set_permissions(fs::Permissions::from_mode(0o600))?;
    let size = std::io::copy(from, &mut to)?;
    to.sync_all()?;
    Ok(size)
}

/// Removes folders that nothing names and that are a day old: a younger one may belong to a change that is being accepted.
fn sweep_files(files: &Path, named: &[String]) {
    let Ok(folders) = fs::read_dir(files) else { return };
    for folder in folders.flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let old = folder
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|t| t.elapsed().is_ok_and(|age| age > Duration::from_hours(24)));
        if old && !named.iter().any(|json| json.contains(&name)) {
            // Tried again at the next start.
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

fn decode(id: &str, json: &str) -> Option<Change> {
    serde_json::from_str(json)
        .inspect_err(|e| tracing::warn!(change = id, error = %e, "a change on disk cannot be read by this version"))
        .ok()
}

fn moment(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn parsed<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Option<T> {
    row.get::<Option<&str>, _>(column).and_then(|json| serde_json::from_str(json).ok())
}

fn state(row: &SqliteRow) -> OutboxState {
    match row.get::<&str, _>("state") {
        "waiting" => OutboxState::Waiting,
        "sent" => OutboxState::Sent,
        "failed" => OutboxState::Failed,
        _ => OutboxState::Unknown,
    }
}

/// Reads a row; one that a newer program wrote is left alone.
fn entry(row: &SqliteRow) -> Option<Entry> {
    let id: &str = row.get("id");
    let state = state(row);
    Some(Entry {
        row: OutboxRow {
            id: ChangeId::new(id),
            change: decode(id, row.get("change"))?,
            state,
            accepted_at: moment(row.get("accepted_at")),
            not_before: moment(row.get("not_before")),
            attempts: row.get("attempts"),
            why: row.get::<Option<&str>, _>("why").map(Clean::line),
        },
        error: parsed(row, "error"),
        receipt: parsed(row, "receipt"),
        asks: row.get("asks"),
        in_flight: row.get("in_flight"),
        ended_at: row.get::<Option<i64>, _>("ended_at").map(moment),
    })
}

fn queued(row: &SqliteRow) -> Option<Queued> {
    let id: &str = row.get("id");
    let round: i64 = row.get("round");
    Some(Queued {
        seq: row.get("seq"),
        id: ChangeId::new(id),
        key: if round == 0 { ChangeId::new(id) } else { ChangeId::new(format!("{id}-r{round}")) },
        change: decode(id, row.get("change"))?,
        not_before: moment(row.get("not_before")),
        retry_at: moment(row.get("retry_at")),
        attempts: row.get("attempts"),
        error: parsed(row, "error"),
    })
}

#[cfg(test)]
mod tests;
