//! Brings mail files to a desk, one mail per request. A broken mail never stops the run and is never lost.

use std::io::Read;
use std::path::PathBuf;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::backend::Shared;
use crate::domain::{DeskError, ImportOutcome};
use crate::mail::maildir::{RawMail, SourceError, Sources, of_stream, sources};
use crate::model::{ImportReport, event::BrokenMail};
use crate::text::Clean;

/// How much of a mail is sent when the desk finds the whole too large.
const HEAD_BYTES: usize = 8 * 1024 * 1024;

/// Where the mails come from.
pub enum Source {
    /// Files and folders: mbox, maildir, single mails.
    Paths(Vec<PathBuf>),
    /// A stream such as standard input, with its name for the report.
    Stream(String, Box<dyn Read + Send>),
}

/// Imports everything into a queue (the desk's first one when none is named). `progress` hears the number of mails done.
///
/// # Errors
/// The desk cannot be reached or refuses the agent or the queue: what was imported before stays, and running it again goes on
/// where it stopped, since a mail is never taken twice.
pub async fn run(
    backend: &Shared,
    source: Source,
    queue: Option<&str>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<ImportReport, DeskError> {
    let mut report = ImportReport::default();
    let (sender, mut mails) = mpsc::channel(4);
    let reader = tokio::task::spawn_blocking(move || {
        let found: Sources = match source {
            Source::Paths(paths) => sources(paths),
            Source::Stream(name, reader) => of_stream(&name, reader),
        };
        for mail in found {
            if sender.blocking_send(mail).is_err() {
                return;
            }
        }
    });
    let mut done = 0;
    while let Some(mail) = mails.recv().await {
        take(backend, queue.unwrap_or_default(), mail, &mut report).await?;
        done += 1;
        progress(done);
    }
    let _ = reader.await;
    Ok(report)
}

async fn take(
    backend: &Shared,
    queue: &str,
    mail: Result<RawMail, SourceError>,
    report: &mut ImportReport,
) -> Result<(), DeskError> {
    let mail = match mail {
        Ok(mail) => mail,
        Err(e) => {
            report.broken.push(BrokenMail { file: Clean::line(&e.file), why: Clean::line(&e.why), ticket: None });
            return Ok(());
        }
    };
    let name = Clean::line(&mail.name);
    let mut why = mail.broken.map(|w| Clean::line(&w));
    let bytes = Bytes::from(mail.bytes);
    let imported = match backend.import(queue, bytes.clone()).await {
        Err(DeskError::TooLarge { why: limit }) => {
            why = Some(limit);
            backend.import(queue, bytes.slice(..bytes.len().min(HEAD_BYTES))).await
        }
        other => other,
    };
    let imported = match imported {
        Ok(imported) => imported,
        // The desk does not like this one mail: say so and go on with the others.
        Err(e @ (DeskError::Invalid { .. } | DeskError::TooLarge { .. } | DeskError::NotPossible { .. })) => {
            report.broken.push(BrokenMail { file: name, why: Clean::line(&e.to_string()), ticket: None });
            return Ok(());
        }
        Err(e) => return Err(e),
    };
    match imported.outcome {
        ImportOutcome::New => report.messages += 1,
        ImportOutcome::Already => report.already += 1,
        ImportOutcome::Broken => {
            report.messages += 1;
            why = why.or(imported.why);
            let said = why.take().unwrap_or_else(|| Clean::line("it could be read only in part"));
            report.broken.push(BrokenMail { file: name.clone(), why: said, ticket: Some(imported.ticket.clone()) });
        }
    }
    if let Some(why) = why {
        report.broken.push(BrokenMail { file: name, why, ticket: Some(imported.ticket.clone()) });
    }
    report.tickets += u64::from(imported.new_ticket);
    Ok(())
}
