//! Drafts: on the disk when a call returns, never dropped by anything but the agent, and written by one living process at a
//! time.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};

use super::{Local, LocalError};
use crate::domain::change::Upload;
use crate::domain::{Draft, DraftRow, Hold};

impl Local {
    /// Writes a draft over its own earlier state (never over another draft's), unless another living process has it open or it
    /// is gone. Files that joined it on disk meanwhile stay with it.
    pub async fn save_draft(&self, draft: &Draft) -> Result<Hold, LocalError> {
        let now = super::outbox::now();
        let mut held = self.connection().await?;
        let mut tx = held.db().begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.fail(&e))?;
        let row = find(&mut tx, &draft.id).await.map_err(|e| self.fail(&e))?;
        let mut saved = Draft { saved_at: Some(now), ..draft.clone() };
        match &row {
            // It was on disk once: it was sent or thrown away meanwhile.
            None if draft.saved_at.is_some() => return Ok(Hold::Gone),
            None => {}
            Some(row) => {
                if let Some(by) = self.held_by_another(row) {
                    return Ok(Hold::Taken { by });
                }
                for file in read(row).map(|d| d.files).unwrap_or_default() {
                    if !saved.files.iter().any(|f| f.path == file.path) {
                        saved.files.push(file);
                    }
                }
            }
        }
        let (owner, terminal) = self.seat();
        sqlx::query(
            "INSERT INTO drafts (id, draft, saved_at, owner, terminal) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET draft = excluded.draft, saved_at = excluded.saved_at,
             owner = excluded.owner, terminal = excluded.terminal",
        )
        .bind(&saved.id)
        .bind(self.encode(&saved)?)
        .bind(now.as_millisecond())
        .bind(owner)
        .bind(terminal)
        .execute(&mut *tx)
        .await
        .map_err(|e| self.fail(&e))?;
        tx.commit().await.map_err(|e| self.fail(&e))?;
        Ok(Hold::Mine(Box::new(saved)))
    }

    /// Makes this process the one that may write a draft, and answers how it is on disk. `take`: also when another living
    /// process has it open, which finds out and lets go.
    pub async fn open_draft(&self, id: &str, take: bool) -> Result<Hold, LocalError> {
        let mut held = self.connection().await?;
        let mut tx = held.db().begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.fail(&e))?;
        let row = find(&mut tx, id).await.map_err(|e| self.fail(&e))?;
        let Some(row) = row else { return Ok(Hold::Gone) };
        if let Some(by) = self.held_by_another(&row).filter(|_| !take) {
            return Ok(Hold::Taken { by });
        }
        let Some(draft) = read(&row) else { return Ok(Hold::Gone) };
        let (owner, terminal) = self.seat();
        sqlx::query("UPDATE drafts SET owner = $2, terminal = $3 WHERE id = $1")
            .bind(id)
            .bind(owner)
            .bind(terminal)
            .execute(&mut *tx)
            .await
            .map_err(|e| self.fail(&e))?;
        tx.commit().await.map_err(|e| self.fail(&e))?;
        Ok(Hold::Mine(Box::new(draft)))
    }

    /// Who has a draft now. Changes nothing.
    pub async fn who_has(&self, id: &str) -> Result<Hold, LocalError> {
        let mut held = self.connection().await?;
        let row = find(held.db(), id).await.map_err(|e| self.fail(&e))?;
        let Some(row) = row else { return Ok(Hold::Gone) };
        Ok(match (self.held_by_another(&row), read(&row)) {
            (Some(by), _) => Hold::Taken { by },
            (None, Some(draft)) => Hold::Mine(Box::new(draft)),
            (None, None) => Hold::Gone,
        })
    }

    /// Gives a draft back: whoever opens it next may write it.
    pub async fn release_draft(&self, id: &str) -> Result<(), LocalError> {
        let mut held = self.connection().await?;
        sqlx::query("UPDATE drafts SET owner = NULL, terminal = NULL WHERE id = $1 AND owner = $2")
            .bind(id)
            .bind(self.seat().0)
            .execute(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(())
    }

    /// Adds a file to a draft, whoever has it open: that process finds it there.
    pub async fn join_draft(&self, id: &str, file: Upload) -> Result<(), LocalError> {
        let mut held = self.connection().await?;
        let mut tx = held.db().begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.fail(&e))?;
        let row = find(&mut tx, id).await.map_err(|e| self.fail(&e))?;
        let Some(mut draft) = row.as_ref().and_then(read) else { return Ok(()) };
        draft.files.push(file);
        sqlx::query("UPDATE drafts SET draft = $2 WHERE id = $1")
            .bind(id)
            .bind(self.encode(&draft)?)
            .execute(&mut *tx)
            .await
            .map_err(|e| self.fail(&e))?;
        tx.commit().await.map_err(|e| self.fail(&e))
    }

    /// Every draft, the one saved last first. A draft that a newer program wrote is left alone and not listed.
    pub async fn drafts(&self) -> Result<Vec<DraftRow>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query("SELECT id, draft, owner, terminal FROM drafts ORDER BY saved_at DESC, id")
            .fetch_all(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        let row = |row| Some(DraftRow { open_in: self.held_by_another(row), ..DraftRow::alone(read(row)?) });
        Ok(rows.iter().filter_map(row).collect())
    }

    /// Removes a draft that the agent threw away; not one that another living process has open.
    pub async fn drop_draft(&self, id: &str) -> Result<(), LocalError> {
        let mut held = self.connection().await?;
        let mut tx = held.db().begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.fail(&e))?;
        let row = find(&mut tx, id).await.map_err(|e| self.fail(&e))?;
        if row.is_none_or(|row| self.held_by_another(&row).is_some()) {
            return Ok(());
        }
        sqlx::query("DELETE FROM drafts WHERE id = $1").bind(id).execute(&mut *tx).await.map_err(|e| self.fail(&e))?;
        tx.commit().await.map_err(|e| self.fail(&e))
    }

    fn fail(&self, error: &sqlx::Error) -> LocalError {
        LocalError::from_sqlx(self.path(), error)
    }

    /// The terminal of another living process that has a draft open.
    fn held_by_another(&self, row: &SqliteRow) -> Option<String> {
        let owner: Option<String> = row.get("owner");
        let terminal: Option<String> = row.get("terminal");
        let owner = owner.filter(|owner| self.is_another_living_seat(owner))?;
        Some(terminal.unwrap_or(owner))
    }
}

async fn find(db: &mut SqliteConnection, id: &str) -> Result<Option<SqliteRow>, sqlx::Error> {
    sqlx::query("SELECT id, draft, owner, terminal FROM drafts WHERE id = $1").bind(id).fetch_optional(db).await
}

fn read(row: &SqliteRow) -> Option<Draft> {
    let (id, json): (&str, &str) = (row.get("id"), row.get("draft"));
    serde_json::from_str(json)
        .inspect_err(|e| tracing::warn!(draft = id, error = %e, "a draft on disk cannot be read by this version"))
        .ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::DraftKind;

    fn draft(id: &str, text: &str) -> Draft {
        Draft {
            about: "Where is my parcel".to_owned(),
            text: text.to_owned(),
            ..Draft::new(id.to_owned(), DraftKind::Reply, Some("7".into()), Timestamp::UNIX_EPOCH)
        }
    }

    fn on_disk(hold: Hold) -> Draft {
        match hold {
            Hold::Mine(draft) => *draft,
            other => panic!("not mine: {other:?}"),
        }
    }

    /// Two processes of one account.
    fn two(dir: &std::path::Path) -> (Local, Local) {
        let (one, other) = (Local::open(dir, "a").unwrap(), Local::open(dir, "a").unwrap());
        one.sit("pts/3").unwrap();
        other.sit("pts/4").unwrap();
        (one, other)
    }

    fn taken(by: &str) -> Hold {
        Hold::Taken { by: by.to_owned() }
    }

    #[tokio::test]
    async fn a_draft_survives_and_never_overwrites_another() {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "a").unwrap();
        local.save_draft(&draft("one", "Sehr geehrte")).await.unwrap();
        local.save_draft(&draft("two", "another of the same ticket")).await.unwrap();
        let text = "Sehr geehrte Frau\r\n\tÖ \u{202e}\0 \u{1b}[2J日本 ｶﾞ\n\n ";
        let saved = on_disk(local.save_draft(&draft("one", text)).await.unwrap());
        drop(local);
        let again = Local::open(dir.path(), "a").unwrap();
        let drafts = again.drafts().await.unwrap();
        assert_eq!(drafts.len(), 2);
        let read = on_disk(again.who_has("one").await.unwrap());
        assert_eq!((read.text.as_str(), read.saved_at), (text, saved.saved_at), "byte for byte");
        assert!(read.saved_at.is_some());
        again.drop_draft("one").await.unwrap();
        assert_eq!(again.who_has("one").await.unwrap(), Hold::Gone);
        assert_eq!(again.drafts().await.unwrap()[0].draft.id, "two");
    }

    #[tokio::test]
    async fn a_draft_is_written_by_one_living_process() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = two(dir.path());
        let first = on_disk(one.save_draft(&draft("d", "first")).await.unwrap());
        assert_eq!(other.drafts().await.unwrap()[0].open_in.as_deref(), Some("pts/3"));
        assert_eq!(one.drafts().await.unwrap()[0].open_in, None, "it is mine");
        assert_eq!(other.save_draft(&first).await.unwrap(), taken("pts/3"));
        assert_eq!(other.open_draft("d", false).await.unwrap(), taken("pts/3"));
        other.drop_draft("d").await.unwrap();
        assert_eq!(on_disk(one.who_has("d").await.unwrap()).text, "first");
        // Taken over on purpose: the first one may write no more.
        assert_eq!(on_disk(other.open_draft("d", true).await.unwrap()).text, "first");
        assert_eq!(one.save_draft(&Draft { text: "late".into(), ..first }).await.unwrap(), taken("pts/4"));
        assert_eq!(one.who_has("d").await.unwrap(), taken("pts/4"));
        assert_eq!(on_disk(other.who_has("d").await.unwrap()).text, "first");
        // Given back: anybody may.
        other.release_draft("d").await.unwrap();
        assert_eq!(on_disk(one.open_draft("d", false).await.unwrap()).text, "first");
    }

    #[tokio::test]
    async fn what_a_dead_process_had_open_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = two(dir.path());
        one.save_draft(&draft("d", "left")).await.unwrap();
        drop(one);
        assert_eq!(other.drafts().await.unwrap()[0].open_in, None);
        assert_eq!(on_disk(other.open_draft("d", false).await.unwrap()).text, "left");
    }

    #[tokio::test]
    async fn a_draft_that_was_sent_elsewhere_does_not_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = two(dir.path());
        let saved = on_disk(one.save_draft(&draft("d", "sent")).await.unwrap());
        other.open_draft("d", true).await.unwrap();
        other.drop_draft("d").await.unwrap();
        assert_eq!(one.save_draft(&saved).await.unwrap(), Hold::Gone);
        assert!(one.drafts().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_file_that_joins_an_open_draft_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = two(dir.path());
        let saved = on_disk(one.save_draft(&draft("d", "see the file")).await.unwrap());
        let file =
            Upload { name: "a.pdf".into(), media_type: "application/pdf".into(), path: "/tmp/a.pdf".into(), size: 3 };
        other.join_draft("d", file.clone()).await.unwrap();
        let again = on_disk(one.save_draft(&saved).await.unwrap());
        assert_eq!(again.files, [file]);
        assert_eq!(on_disk(one.save_draft(&again).await.unwrap()).files.len(), 1);
    }
}
