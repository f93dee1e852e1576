//! Brings mail files to a desk, one mail per request and in a fixed order, for the command line and for the screen. A mail
//! that cannot be read whole never stops the run. Repeating an import is safe: the desk knows what it has.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::backend::Shared;
use crate::domain::{DeskError, ImportOutcome, Imported, TicketId};
use crate::mail::{RawMail, SourceError, sources};
use crate::model::ImportReport;
use crate::model::event::BrokenMail;
use crate::text::Clean;

/// How often a mail is tried again when the desk does not answer.
const TRIES: u32 = 4;
/// How often a mail waits because the desk limits requests.
const PAUSES: u32 = 30;
/// The longest pause that a desk may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// An import while it runs.
#[derive(Debug, Default)]
pub struct Run {
    /// The report so far.
    pub report: ImportReport,
    /// Files that are no mail, and why they are not taken for one.
    pub skipped: Vec<SourceError>,
    /// Something was not taken in at all.
    pub missing: bool,
    /// Tickets that this run made and that no later mail folded into another.
    made: HashSet<TicketId>,
}

impl Run {
    /// Takes one mail in. An error ends the run: the next mail would fare no better.
    pub async fn take(
        &mut self,
        backend: &Shared,
        queue: &str,
        found: Result<RawMail, SourceError>,
    ) -> Result<(), DeskError> {
        let mail = match found {
            Ok(mail) => mail,
            Err(e) if e.why.ends_with("skipped") => {
                self.skipped.push(e);
                return Ok(());
            }
            Err(e) => {
                self.missing = true;
                self.broken(&e.file, &e.why, None);
                return Ok(());
            }
        };
        match send(backend, queue, Bytes::from(mail.bytes)).await {
            Ok(imported) => {
                match imported.outcome {
                    ImportOutcome::Already => self.report.already += 1,
                    ImportOutcome::New | ImportOutcome::Broken => self.report.messages += 1,
                }
                self.count_ticket(&imported);
                let cut = mail.broken.as_deref().filter(|_| imported.outcome != ImportOutcome::Already);
                if let Some(why) = imported.why.as_ref().map(Clean::as_str).or(cut) {
                    self.broken(&mail.name, why, Some(&imported));
                }
                Ok(())
            }
            Err(e @ (DeskError::TooLarge { .. } | DeskError::Invalid { .. })) => {
                self.missing = true;
                self.broken(&mail.name, &e.to_string(), None);
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    fn count_ticket(&mut self, imported: &Imported) {
        if imported.new_ticket {
            self.made.insert(imported.ticket.clone());
        }
        for gone in &imported.joined {
            self.made.remove(gone);
        }
        self.report.tickets = self.made.len() as u64;
    }

    fn broken(&mut self, file: &str, why: &str, imported: Option<&Imported>) {
        self.report.broken.push(BrokenMail {
            file: Clean::line(file),
            why: Clean::line(why),
            ticket: imported.map(|i| i.ticket.clone()),
        });
    }

    /// The report as the command line prints it.
    pub fn document(&self) -> Value {
        let skipped: Vec<Value> =
            self.skipped.iter().map(|e| json!({ "file": Clean::line(&e.file), "why": Clean::line(&e.why) })).collect();
        let mut document = json!(self.report);
        document["skipped"] = json!(skipped);
        document
    }
}

/// Sends one mail; a desk that does not answer or asks for a pause is asked again. The desk knows a mail by its identity, so
/// this cannot take it in twice.
async fn send(backend: &Shared, queue: &str, raw: Bytes) -> Result<Imported, DeskError> {
    let (mut tries, mut pauses) = (0, 0);
    loop {
        let pause = match backend.import(queue, raw.clone()).await {
            Err(DeskError::Limited { retry_after }) if pauses < PAUSES => {
                pauses += 1;
                retry_after.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE)
            }
            Err(e) if e.is_retryable() && tries < TRIES => {
                tries += 1;
                Duration::from_millis(250 << tries)
            }
            other => return other,
        };
        tokio::time::sleep(pause).await;
    }
}

/// Imports files and folders into a queue. `progress` hears the number of mails done.
///
/// # Errors
/// The desk cannot be reached or refuses the agent or the queue: what was imported before stays.
pub async fn paths(
    backend: &Shared,
    paths: Vec<PathBuf>,
    queue: &str,
    mut progress: impl FnMut(u64) + Send,
) -> Result<ImportReport, DeskError> {
    // One read ahead: a mail may be as long as the memory that a whole folder of short ones takes.
    let (sender, mut mails) = mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        for mail in sources(paths) {
            if sender.blocking_send(mail).is_err() {
                return;
            }
        }
    });
    let mut run = Run::default();
    let mut done = 0;
    while let Some(mail) = mails.recv().await {
        run.take(backend, queue, mail).await?;
        done += 1;
        progress(done);
    }
    let _ = reader.await;
    Ok(run.report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_that_a_later_mail_folds_away_is_not_counted() {
        let id = |n: i64| TicketId::from(n);
        let took = |ticket, new_ticket, joined| Imported {
            outcome: ImportOutcome::New,
            ticket,
            new_ticket,
            joined,
            why: None,
        };
        let mut run = Run::default();
        for n in [1, 2, 3] {
            run.count_ticket(&took(id(n), true, vec![]));
        }
        assert_eq!(run.report.tickets, 3);
        run.count_ticket(&took(id(1), false, vec![id(3)]));
        assert_eq!(run.report.tickets, 2);
        // One that was there before the run.
        run.count_ticket(&took(id(2), false, vec![id(90)]));
        assert_eq!(run.report.tickets, 2);
    }
}
