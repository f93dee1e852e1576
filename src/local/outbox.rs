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
use crate::domain::{Change, ChangeId, DeskError, OutboxRow, OutboxState, Receipt, Upload};
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
        let mut rows = self.accept_all(vec![(id.clone(), change)], hold).await?;
        rows.pop()
            .ok_or_else(|| LocalError::Other { path: self.path().to_owned(), why: "nothing was taken".to_owned() })
    }

    /// Takes several changes in, all or none, in this order.
    pub async fn accept_all(
        &self,
        changes: Vec<(ChangeId, Change)>,
        hold: Duration,
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
        for (id, _, json) in &kept {
            sqlx::query(
                "INSERT INTO outbox (id, change, accepted_at, not_before, tended_at) VALUES ($1, $2, $3, $4, $3)",
            )
            .bind(id.as_str())
            .bind(json)
            .bind(accepted_at.as_millisecond())
            .bind(not_before.as_millisecond())
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

    /// Takes a change back that has not left: answers the change with its text and files, or `None` when it is too late (it is
    /// on the line, confirmed, or an answer was lost and the desk may have it).
    pub async fn unsend(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        self.take(
            id,
            "DELETE FROM outbox WHERE id = $1 AND state = 'waiting' AND in_flight = 0 AND maybe_done = 0 RETURNING change",
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
            for entry in failed.iter().filter_map(entry).filter(|e| !carries_text(&e.row.change)) {
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

/// Why a left-over change waits.
const LEFT_OVER: &str = "left over from a program that ended; send, edit or drop it";

/// Losing this change would lose something that a person typed.
pub fn carries_text(change: &Change) -> bool {
    match change {
        Change::Reply { .. } | Change::Note { .. } | Change::New(_) => true,
        Change::Claim { .. }
        | Change::Release { .. }
        | Change::Assign { .. }
        | Change::Steal { .. }
        | Change::Status { .. }
        | Change::Priority { .. }
        | Change::Label { .. }
        | Change::Move { .. }
        | Change::Subject { .. }
        | Change::Requester { .. }
        | Change::Split(_)
        | Change::Merge { .. }
        | Change::Undo { .. } => false,
    }
}

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

/// Reads a row; one that a newer program wrote is left alone.
fn entry(row: &SqliteRow) -> Option<Entry> {
    let id: &str = row.get("id");
    let state = match row.get::<&str, _>("state") {
        "waiting" => OutboxState::Waiting,
        "sent" => OutboxState::Sent,
        "failed" => OutboxState::Failed,
        _ => OutboxState::Unknown,
    };
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
mod tests {
    use super::*;
    use crate::domain::{Outgoing, TicketId};
    use crate::local::fixture::{receipt, reply};

    fn local() -> (tempfile::TempDir, Local) {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "http://desk.example|mika").unwrap();
        (dir, local)
    }

    fn down(maybe_done: bool) -> DeskError {
        DeskError::Unreachable { why: Clean::line("down"), maybe_done }
    }

    async fn accept(local: &Local, change: Change, hold: Duration) -> ChangeId {
        let id = new_change_id();
        local.accept(&id, change, hold).await.unwrap();
        id
    }

    #[test]
    fn ids_are_new_and_sort_by_time() {
        let ids: HashSet<_> = (0..1000).map(|_| new_change_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.as_str().len() == 32));
    }

    #[tokio::test]
    async fn a_change_is_on_disk_once_it_is_accepted_and_reads_back_exactly() {
        let (dir, local) = local();
        let split = Change::Split(crate::domain::Split {
            ticket: TicketId::new("7"),
            pick: crate::domain::Pick::Messages(vec!["1".into()]),
            subject: None,
            queue: None,
            // Not the same as `None`, which leaves the source's.
            assignee: Some(None),
            labels: None,
        });
        let first = accept(&local, reply("7", "Grüße\n日本語 \u{1b}[31m"), Duration::ZERO).await;
        let second = accept(&local, split.clone(), Duration::ZERO).await;
        // As if the program had been killed here.
        drop(local);
        let again = Local::open(dir.path(), "http://desk.example|mika").unwrap();
        let rows = again.outbox().await.unwrap();
        assert_eq!(rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [first, second]);
        assert_eq!(rows[0].change, reply("7", "Grüße\n日本語 \u{1b}[31m"));
        assert_eq!(rows[1].change, split);
        let other = Local::open(dir.path(), "http://desk.example|taro").unwrap();
        assert_eq!(other.outbox().await.unwrap(), [], "two agents never share an outbox");
    }

    #[tokio::test]
    async fn only_its_owner_can_read_it() {
        let (dir, local) = local();
        accept(&local, reply("7", "x"), Duration::ZERO).await;
        for file in fs::read_dir(dir.path()).unwrap().flatten() {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
        }
    }

    #[tokio::test]
    async fn it_can_be_unsent_until_it_is_on_the_line() {
        let (_dir, local) = local();
        let held = accept(&local, reply("7", "held"), Duration::from_secs(10)).await;
        assert!(!local.begin(&held).await.unwrap(), "not before its window is over");
        assert_eq!(local.unsend(&held).await.unwrap(), Some(reply("7", "held")));
        assert_eq!(local.unsend(&held).await.unwrap(), None);

        let sent = accept(&local, reply("7", "sent"), Duration::from_secs(10)).await;
        assert!(local.send_now(&sent).await.unwrap());
        assert!(local.begin(&sent).await.unwrap());
        assert!(!local.begin(&sent).await.unwrap(), "two pushers never have it both");
        assert_eq!(local.unsend(&sent).await.unwrap(), None);
        assert_eq!(local.drop_change(&sent).await.unwrap(), None);
        // The answer was lost: the desk may have it, so it is not given back as if it had never left.
        local.again(&sent, &down(true), Timestamp::now(), true).await.unwrap();
        assert_eq!(local.unsend(&sent).await.unwrap(), None);
        assert!(!local.edit(&sent, reply("7", "other")).await.unwrap());
        assert!(local.drop_change(&sent).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_refused_change_is_edited_and_tried_again_under_a_new_key() {
        let (_dir, local) = local();
        let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
        assert!(local.begin(&id).await.unwrap());
        local.refused(&id, &DeskError::NotPossible { why: Clean::line("closed") }).await.unwrap();
        let entry = local.entry(&id).await.unwrap().unwrap();
        assert_eq!((entry.row.state, entry.row.why), (OutboxState::Failed, Some(Clean::line("closed"))));
        assert_eq!(local.queued().await.unwrap(), []);
        assert!(local.edit(&id, reply("7", "b")).await.unwrap());
        assert!(local.retry(&id).await.unwrap());
        let queued = local.queued().await.unwrap().remove(0);
        assert_eq!((queued.key.as_str(), queued.change), (format!("{id}-r1").as_str(), reply("7", "b")));
    }

    #[tokio::test]
    async fn after_a_kill_what_was_on_the_line_goes_on_under_its_key_or_is_unknown() {
        for (repeats, state) in [(true, OutboxState::Waiting), (false, OutboxState::Unknown)] {
            let (dir, local) = local();
            let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
            assert!(local.begin(&id).await.unwrap());
            drop(local);
            let again = Local::open(dir.path(), "http://desk.example|mika").unwrap();
            assert_eq!(again.take_over(&HashSet::new(), repeats).await.unwrap(), []);
            let entry = again.entry(&id).await.unwrap().unwrap();
            assert_eq!((entry.row.state, entry.in_flight), (state, false));
            assert_eq!(again.unsend(&id).await.unwrap(), None);
            // The agent looked and wants it: the same key, for the desk may have it.
            assert!(again.retry(&id).await.unwrap());
            assert_eq!(again.queued().await.unwrap()[0].key, id);
        }
    }

    #[tokio::test]
    async fn what_nobody_tended_for_long_waits_for_the_agents_word() {
        let (_dir, local) = local();
        let old = accept(&local, reply("7", "old"), Duration::ZERO).await;
        let mine = accept(&local, reply("8", "mine"), Duration::ZERO).await;
        let long_ago = now().as_millisecond() - LEFT_OVER_AFTER.as_millis() as i64 - 1;
        {
            let mut held = local.connection().await.unwrap();
            sqlx::query("UPDATE outbox SET tended_at = $1, not_before = $1")
                .bind(long_ago)
                .execute(held.db())
                .await
                .unwrap();
        }
        let taken = local.take_over(&HashSet::from([mine.clone()]), true).await.unwrap();
        assert_eq!(taken, vec![old.clone()]);
        assert_eq!(local.queued().await.unwrap().iter().map(|q| q.id.clone()).collect::<Vec<_>>(), [mine]);
        assert!(!local.begin(&old).await.unwrap());
        let row = local.outbox().await.unwrap().remove(0);
        assert_eq!((row.state, row.why), (OutboxState::Waiting, Some(Clean::line(LEFT_OVER))));
        assert!(local.retry(&old).await.unwrap());
        assert!(local.begin(&old).await.unwrap());
    }

    #[tokio::test]
    async fn files_are_copied_until_their_message_has_left() {
        let (dir, local) = local();
        let original = dir.path().join("offer.pdf");
        fs::write(&original, "bytes").unwrap();
        let file = |path: &Path| Upload {
            name: "offer.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            path: path.to_owned(),
            size: 0,
        };
        let with_file = |path: &Path| Change::Note {
            ticket: TicketId::new("7"),
            message: Outgoing { files: vec![file(path)], ..Outgoing::default() },
        };
        let id = accept(&local, with_file(&original), Duration::ZERO).await;
        fs::remove_file(&original).unwrap();
        let Change::Note { message, .. } = local.queued().await.unwrap().remove(0).change else { panic!() };
        let copy = message.files[0].path.clone();
        assert_eq!((fs::read_to_string(&copy).unwrap().as_str(), message.files[0].size), ("bytes", 5));
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o077, 0);
        // Two files that change places on an edit keep their bytes.
        let second = dir.path().join("second");
        fs::write(&second, "other").unwrap();
        let both = |a: &Path, b: &Path| Change::Note {
            ticket: TicketId::new("7"),
            message: Outgoing { files: vec![file(a), file(b)], ..Outgoing::default() },
        };
        assert!(local.edit(&id, both(&copy, &second)).await.unwrap());
        assert!(local.edit(&id, both(&copy.with_file_name("1"), &copy)).await.unwrap());
        assert_eq!(fs::read_to_string(&copy).unwrap(), "other");
        assert!(local.edit(&id, both(&copy.with_file_name("1"), &copy)).await.unwrap());
        // Taken back, the text returns to the composer with its file.
        let back = local.unsend(&id).await.unwrap().unwrap();
        let id = accept(&local, back, Duration::ZERO).await;
        let Change::Note { message, .. } = local.queued().await.unwrap().remove(0).change else { panic!() };
        assert_eq!(fs::read_to_string(&message.files[0].path).unwrap(), "bytes");
        local.applied(&id, &receipt("7")).await.unwrap();
        assert!(!message.files[0].path.exists());
        let missing = local.accept(&new_change_id(), with_file(&original), Duration::ZERO).await.unwrap_err();
        assert!(matches!(missing, LocalError::File { .. }), "{missing}");
    }

    #[tokio::test]
    async fn receipts_are_kept_for_undo_and_then_swept() {
        let (_dir, local) = local();
        let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
        local.applied(&id, &receipt("7")).await.unwrap();
        let text = accept(&local, reply("8", "kept"), Duration::ZERO).await;
        let claim = accept(&local, Change::Claim { ticket: TicketId::new("9") }, Duration::ZERO).await;
        for id in [&text, &claim] {
            local.refused(id, &DeskError::NotPossible { why: Clean::line("no") }).await.unwrap();
        }
        local.sweep(Duration::from_hours(1)).await.unwrap();
        assert_eq!(local.done(10).await.unwrap()[0].receipt, Some(receipt("7")));
        {
            let mut held = local.connection().await.unwrap();
            sqlx::query("UPDATE outbox SET ended_at = 1").execute(held.db()).await.unwrap();
        }
        local.sweep(Duration::from_hours(1)).await.unwrap();
        assert_eq!(local.done(10).await.unwrap(), []);
        let left: Vec<_> = local.outbox().await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(left, [text], "what somebody typed is not swept");
    }

    #[tokio::test]
    async fn two_processes_share_one_file_and_one_lock() {
        let (dir, one) = local();
        let two = Local::open(dir.path(), "http://desk.example|mika").unwrap();
        let (a, b) = tokio::join!(
            async {
                for _ in 0..20 {
                    accept(&one, reply("7", "one"), Duration::ZERO).await;
                }
            },
            async {
                for _ in 0..20 {
                    accept(&two, reply("7", "two"), Duration::ZERO).await;
                }
            },
        );
        let ((), ()) = (a, b);
        let rows = one.queued().await.unwrap();
        assert_eq!(rows.len(), 40);
        let (a, b) = tokio::join!(one.begin(&rows[0].id), two.begin(&rows[0].id));
        assert_ne!(a.unwrap(), b.unwrap(), "exactly one has it");

        let lock = one.try_push_lock().unwrap();
        assert!(lock.is_some() && two.try_push_lock().unwrap().is_none());
        drop(lock);
        assert!(two.try_push_lock().unwrap().is_some());
    }

    #[tokio::test]
    async fn a_change_that_is_accepted_twice_is_refused_and_all_or_none_are_taken() {
        let (_dir, local) = local();
        let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
        let batch = vec![(new_change_id(), reply("8", "b")), (id, reply("9", "c"))];
        local.accept_all(batch, Duration::ZERO).await.unwrap_err();
        assert_eq!(local.outbox().await.unwrap().len(), 1);
    }
}
