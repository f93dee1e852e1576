//! Drafts: on the disk when a call returns, never dropped by anything but the agent.

use jiff::Timestamp;
use sqlx::Row;

use super::{Local, LocalError};
use crate::domain::Draft;

impl Local {
    /// Writes a draft over its own earlier state (never over another draft's) and answers when.
    pub async fn save_draft(&self, draft: &Draft) -> Result<Timestamp, LocalError> {
        let now = super::outbox::now();
        let saved = Draft { saved_at: Some(now), ..draft.clone() };
        let json = self.encode(&saved)?;
        let mut held = self.connection().await?;
        sqlx::query(
            "INSERT INTO drafts (id, draft, saved_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET draft = excluded.draft, saved_at = excluded.saved_at",
        )
        .bind(&saved.id)
        .bind(json)
        .bind(now.as_millisecond())
        .execute(held.db())
        .await
        .map_err(|e| held.fail(&e))?;
        Ok(now)
    }

    /// Every draft, the one saved last first. A draft that a newer program wrote is left alone and not listed.
    pub async fn drafts(&self) -> Result<Vec<Draft>, LocalError> {
        let mut held = self.connection().await?;
        let rows = sqlx::query("SELECT id, draft FROM drafts ORDER BY saved_at DESC, id")
            .fetch_all(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(rows.iter().filter_map(|row| read(row.get(0), row.get(1))).collect())
    }

    /// One draft.
    pub async fn draft(&self, id: &str) -> Result<Option<Draft>, LocalError> {
        let mut held = self.connection().await?;
        let row = sqlx::query("SELECT id, draft FROM drafts WHERE id = $1")
            .bind(id)
            .fetch_optional(held.db())
            .await
            .map_err(|e| held.fail(&e))?;
        Ok(row.and_then(|row| read(row.get(0), row.get(1))))
    }

    /// Removes a draft: it was accepted into the outbox, or the agent threw it away.
    pub async fn drop_draft(&self, id: &str) -> Result<(), LocalError> {
        let mut held = self.connection().await?;
        sqlx::query("DELETE FROM drafts WHERE id = $1").bind(id).execute(held.db()).await.map_err(|e| held.fail(&e))?;
        Ok(())
    }
}

fn read(id: &str, json: &str) -> Option<Draft> {
    serde_json::from_str(json)
        .inspect_err(|e| tracing::warn!(draft = id, error = %e, "a draft on disk cannot be read by this version"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DraftKind;

    fn draft(id: &str, text: &str) -> Draft {
        Draft {
            id: id.to_owned(),
            kind: DraftKind::Reply,
            ticket: Some("7".into()),
            about: "Where is my parcel".to_owned(),
            text: text.to_owned(),
            to: String::new(),
            cc: String::new(),
            bcc: String::new(),
            subject: String::new(),
            queue: String::new(),
            files: Vec::new(),
            seen: None,
            begun_at: Timestamp::UNIX_EPOCH,
            saved_at: None,
        }
    }

    #[tokio::test]
    async fn a_draft_survives_and_never_overwrites_another() {
        let dir = tempfile::tempdir().unwrap();
        let local = Local::open(dir.path(), "a").unwrap();
        local.save_draft(&draft("one", "Sehr geehrte")).await.unwrap();
        local.save_draft(&draft("two", "another of the same ticket")).await.unwrap();
        let text = "Sehr geehrte Frau\r\n\tÖ \u{202e}\0 \u{1b}[2J日本 ｶﾞ\n\n ";
        let at = local.save_draft(&draft("one", text)).await.unwrap();
        drop(local);
        let again = Local::open(dir.path(), "a").unwrap();
        let drafts = again.drafts().await.unwrap();
        assert_eq!(drafts.len(), 2);
        let read = again.draft("one").await.unwrap().unwrap();
        assert_eq!((read.text.as_str(), read.saved_at), (text, Some(at)), "byte for byte");
        again.drop_draft("one").await.unwrap();
        assert_eq!(again.draft("one").await.unwrap(), None);
        assert_eq!(again.drafts().await.unwrap()[0].id, "two");
    }
}
