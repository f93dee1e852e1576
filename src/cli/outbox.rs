//! `ticketty outbox`: what is not confirmed, trying it again, dropping it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::args::OutboxChange;
use super::connect::Seat;
use super::exit::CliError;
use super::output::{Out, Piece, Style};
use super::table::Table;
use super::write::Report;
use crate::domain::{Change, OutboxRow, OutboxState};
use crate::local::Local;
use crate::sync::push::{End, Outcome, Pushed, Pusher};
use crate::text::Clean;
use crate::text::time::absolute;

/// `outbox`, `outbox list`. Needs neither the desk nor its token.
pub async fn list(local: &Local, out: &Out) -> Result<u8, CliError> {
    let rows = local.outbox().await?;
    if out.json {
        out.document(&json!({ "outbox": rows.iter().map(row_json).collect::<Vec<_>>() }))?;
        return Ok(0);
    }
    let (words, common) = (&out.words.cli, &out.words.common);
    if rows.is_empty() {
        out.say(words.all_confirmed);
        return Ok(0);
    }
    let zone = crate::text::time::local_zone();
    let mut table = Table::new(b"<<<><>~", &words.outbox_columns);
    for row in &rows {
        let style = if row.state == OutboxState::Failed { Style::Alarm } else { Style::Plain };
        let ticket = row.change.ticket().map(ToString::to_string);
        table.row(vec![
            Piece::plain(row.id.as_str()),
            Piece::new((common.outbox)(row.state), style),
            Piece::plain((common.verb)(row.change.verb())),
            Piece::plain(ticket.unwrap_or_else(|| "-".to_owned())),
            Piece::plain(absolute(row.accepted_at, &zone)),
            Piece::plain(row.attempts.to_string()),
            Piece::plain(out.words.told(row.why.as_ref().map_or("", Clean::as_str))),
        ]);
    }
    out.lines(&table.lines(out.width()))?;
    out.say(words.outbox_hint);
    Ok(0)
}

fn row_json(row: &OutboxRow) -> Value {
    json!({
        "id": row.id,
        "verb": row.change.verb().word(),
        "ticket": row.change.ticket(),
        "state": row.state.word(),
        "accepted_at": row.accepted_at,
        "not_before": row.not_before,
        "attempts": row.attempts,
        "why": row.why,
        "text": text(&row.change),
    })
}

/// The text that a person typed into a change.
fn text(change: &Change) -> Option<Clean> {
    match change {
        Change::Reply { message, .. } | Change::Note { message, .. } => Some(Clean::text(&message.text)),
        Change::New(new) => Some(Clean::text(&new.text)),
        _ => None,
    }
}

/// The change whose id begins so.
async fn find(local: &Local, typed: &str) -> Result<OutboxRow, CliError> {
    let rows = local.outbox().await?;
    let mut fitting = rows.into_iter().filter(|r| !typed.is_empty() && r.id.as_str().starts_with(typed));
    let none = |why: String| CliError {
        kind: "not-found",
        code: 1,
        ..CliError::usage("nothing was done", why, "see the changes: ticketty outbox")
    };
    match (fitting.next(), fitting.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err(none(format!("no change in the outbox has an id that begins with \"{typed}\""))),
        (Some(_), Some(_)) => Err(none(format!("several changes have an id that begins with \"{typed}\""))),
    }
}

/// `outbox drop`: forgets a change and gives its text back.
pub async fn forget(local: &Local, out: &Out, args: &OutboxChange) -> Result<u8, CliError> {
    let row = find(local, &args.id).await?;
    let Some(change) = local.drop_change(&row.id).await? else {
        return Err(too_late(&row));
    };
    if out.json {
        out.document(&json!({ "dropped": row_json(&OutboxRow { change, ..row }) }))?;
        return Ok(0);
    }
    if let Some(text) = text(&change) {
        out.lines(&text.rows().map(|text| vec![Piece { text, style: Style::Plain }]).collect::<Vec<_>>())?;
    }
    out.say((out.words.cli.dropped)((out.words.common.verb)(row.change.verb())));
    Ok(0)
}

fn too_late(row: &OutboxRow) -> CliError {
    CliError {
        kind: "conflict",
        code: 1,
        ..CliError::usage(
            "nothing was done",
            format!("{} is on the line or confirmed by now", row.id),
            "look again: ticketty outbox",
        )
    }
}

/// `outbox retry`: sends a change again and says what became of it.
pub async fn retry(seat: &Seat, out: &Out, args: &OutboxChange) -> Result<u8, CliError> {
    let row = find(&seat.local, &args.id).await?;
    let (events, mut ended) = mpsc::channel(64);
    let pusher = Pusher::start(seat.local.clone(), seat.backend.clone(), events);
    // A waiting change is on its way already; the others are told to go.
    if row.state != OutboxState::Waiting && !pusher.retry(&row.id).await? {
        return Err(too_late(&row));
    }
    if row.state == OutboxState::Waiting && !pusher.retry(&row.id).await? {
        pusher.send_now(&row.id).await?;
    }
    let wait = Duration::from_secs(args.wait.wait);
    let end = tokio::time::timeout(wait, async {
        while let Some(event) = ended.recv().await {
            match event {
                Pushed::Applied { id, receipt, .. } if id == row.id => return End::Applied(receipt),
                Pushed::Refused { id, error, .. } if id == row.id => return End::Refused(error),
                Pushed::Waiting { id, error } if id == row.id => return End::Queued(Some(error)),
                _ => {}
            }
        }
        End::Queued(None)
    })
    .await
    .unwrap_or(End::Queued(None));
    let mut report = Report::default();
    report.add(Outcome { id: row.id, change: row.change, end });
    report.print(seat, out)
}
