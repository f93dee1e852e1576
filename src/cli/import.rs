//! `ticketty import`: mail into the desk, one by one and in a fixed order. A mail that cannot be read whole never stops the
//! run. Repeating an import is safe: the desk knows what it has.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::ImportArgs;
use super::connect::Seat;
use super::exit::CliError;
use super::output::{Out, failure};
use crate::domain::{DeskError, Query};
use crate::mail::maildir::CAP;
use crate::mail::mbox::is_from_line;
use crate::mail::{RawMail, SourceError, sources};
use crate::sync::import::Run;
use crate::text::Clean;

/// `import`.
pub async fn import(seat: &Seat, out: &Out, args: &ImportArgs) -> Result<u8, CliError> {
    let stdin = args.paths.iter().any(|p| p.as_os_str() == "-");
    let files: Vec<PathBuf> = args.paths.iter().filter(|p| p.as_os_str() != "-").cloned().collect();
    if let Some(missing) = files.iter().find(|p| !p.exists()) {
        return Err(CliError::usage(
            "nothing was imported",
            format!("{} does not exist", missing.display()),
            "name mbox files, maildirs, folders of mails, or - for stdin",
        ));
    }
    let queue = match &args.queue {
        Some(queue) => queue.clone(),
        None => only_queue(seat).await?,
    };
    let bar = progress(&files);
    let from_stdin = if stdin { Some(one_from_stdin()) } else { None };
    let mut run = Run::default();
    let mut ended = Ok(());
    for found in from_stdin.into_iter().chain(sources(files)) {
        let length = found.as_ref().map_or(0, |m| m.bytes.len());
        ended = run.take(&seat.backend, &queue, found).await;
        if ended.is_err() {
            break;
        }
        bar.inc(length as u64);
        bar.set_message((out.words.cli.mails)(run.report.messages + run.report.already));
    }
    bar.finish_and_clear();
    print(seat, out, &run, ended)
}

fn print(seat: &Seat, out: &Out, run: &Run, ended: Result<(), DeskError>) -> Result<u8, CliError> {
    let (report, words) = (&run.report, out.words);
    let mut document = run.document();
    let code = match &ended {
        Err(e) => {
            let mut error = seat.error("the import stopped", e);
            if e.is_retryable() {
                error.next = format!("run it again: what is in stays in and is not taken twice; {}", error.next);
            }
            document["error"] = failure(&error);
            out.explain(&error);
            error.code
        }
        Ok(()) if !run.missing => 0,
        Ok(()) if report.messages + report.already > 0 => 5,
        Ok(()) => 1,
    };
    for mail in &report.broken {
        let place = match &mail.ticket {
            Some(ticket) => (words.cli.in_ticket)(ticket.as_str()),
            None => words.cli.not_taken.to_owned(),
        };
        out.say(format!("{}: {}; {place}", mail.file, words.told(&mail.why)));
    }
    for e in &run.skipped {
        out.say(format!("{}: {}", Clean::line(&e.file), words.told(&Clean::line(&e.why))));
    }
    if out.json {
        out.document(&document)?;
    }
    let broken = report.broken.len();
    out.line((words.cli.imported)(report.messages, report.tickets, report.already, broken))?;
    Ok(code)
}

/// The queue when there is only one to choose.
async fn only_queue(seat: &Seat) -> Result<String, CliError> {
    let what = "nothing was imported";
    let query = Query { limit: Some(1), ..Query::default() };
    let view = seat.backend.open(&query).await.map_err(|e| seat.error(what, &e))?;
    match view.queues.as_slice() {
        [only] => Ok(only.name.to_string()),
        [] => Err(CliError::usage(what, "the desk has no queue", "make one: ticketty admin queue add NAME")),
        several => {
            let names: Vec<&str> = several.iter().map(|q| q.name.as_str()).collect();
            Err(CliError::usage(
                what,
                "the desk has several queues",
                format!("name one: --queue {}", names.join(" | ")),
            ))
        }
    }
}

/// Stdin as one mail: what a mail filter pipes in. The envelope line that some put before it is not part of it.
fn one_from_stdin() -> Result<RawMail, SourceError> {
    let fail = |why: String| SourceError { file: "-".to_owned(), why };
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(CAP as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| fail(format!("stdin cannot be read: {e}")))?;
    let broken = (bytes.len() > CAP).then(|| format!("longer than {CAP} bytes, the rest is missing"));
    bytes.truncate(CAP);
    let first = bytes.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
    if is_from_line(&bytes[..first]) {
        bytes.drain(..first);
    }
    Ok(RawMail { name: "-".to_owned(), offset: 0, bytes, broken })
}

/// A bar on stderr when that is a terminal.
fn progress(files: &[PathBuf]) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let total = files.iter().map(|p| bytes_below(p, 0)).sum();
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("[{bar:30}] {percent:>3}%  {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// How much there is to read, roughly: what the bar measures against.
fn bytes_below(path: &std::path::Path, depth: u32) -> u64 {
    let Ok(meta) = std::fs::metadata(path) else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    if depth > 20 {
        return 0;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries.flatten().map(|e| bytes_below(&e.path(), depth + 1)).sum()
}
