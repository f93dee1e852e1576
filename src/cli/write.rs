//! The verbs that change tickets. Each becomes `Change`s that go through the outbox; the report says what became of each.

use std::time::Duration;

use serde_json::{Value, json};

use super::args::{
    AssignArgs, LabelArgs, MergeArgs, MoveArgs, PriorityArgs, RequesterArgs, StatusArgs, StealArgs, SubjectArgs,
    Tickets, UndoArgs,
};
use super::connect::{Seat, advice};
use super::exit::CliError;
use super::output::{Out, failure};
use super::read::ticket_id;
use crate::domain::{AgentId, Change, Delivery, DeskError, Query, QueueId, Receipt, Requester, TicketId};
use crate::i18n::Words;
use crate::sync::push::{self, End, Outcome};
use crate::text::Clean;

/// What became of the changes of one command.
#[derive(Debug, Default)]
pub struct Report {
    /// Confirmed.
    done: Vec<(TicketId, Receipt)>,
    /// Refused: the id as it was named, why, and whether the outbox keeps what was typed.
    refused: Vec<(String, DeskError, bool)>,
    /// In the outbox and not confirmed: the ticket, if it has an id yet, and why.
    queued: Vec<(String, Option<DeskError>)>,
}

impl Report {
    /// Takes in how a change ended.
    pub fn add(&mut self, outcome: Outcome) {
        let id = named(&outcome.change);
        match outcome.end {
            End::Applied(receipt) => {
                let ticket = outcome.change.ticket().unwrap_or(&receipt.ticket.id).clone();
                self.done.push((ticket, *receipt));
            }
            End::Refused(error) => self.refused.push((id, error, outcome.change.carries_text())),
            End::Queued(error) => self.queued.push((id, error)),
        }
    }

    /// Prints it and answers the exit code.
    pub fn print(&self, seat: &Seat, out: &Out) -> Result<u8, CliError> {
        print(seat, out, self, self.document())
    }

    /// The exit code: 4 when the desk does not know us, 6 while something waits, 5 when mixed, 1 when all was refused.
    fn code(&self) -> u8 {
        if self.errors().any(|e| matches!(e, DeskError::Unauthenticated { .. })) {
            4
        } else if !self.queued.is_empty() {
            6
        } else if self.refused.is_empty() {
            0
        } else if self.done.is_empty() {
            1
        } else {
            5
        }
    }

    fn errors(&self) -> impl Iterator<Item = &DeskError> {
        self.refused.iter().map(|(_, e, _)| e).chain(self.queued.iter().filter_map(|(_, e)| e.as_ref()))
    }

    /// The document of every write.
    fn document(&self) -> Value {
        let refused: Vec<Value> = self.refused.iter().map(|(id, error, _)| refusal(id, error)).collect();
        let mut document = json!({
            "done": self.done_ids(),
            "refused": refused,
            "queued": self.queued.iter().map(|(id, _)| Clean::line(id)).collect::<Vec<_>>(),
        });
        let extra = self.done.first().and_then(|(_, receipt)| receipt.message.as_ref().map(|m| (receipt, m)));
        if let Some((receipt, message)) = extra {
            document["message"] = json!(message.id);
            document["delivery"] = json!(receipt.delivery);
        }
        document
    }

    fn done_ids(&self) -> Vec<&TicketId> {
        self.done.iter().map(|(id, _)| id).collect()
    }
}

/// One refusal as JSON.
fn refusal(id: &str, error: &DeskError) -> Value {
    let (holder, since) = match error {
        DeskError::Held { by, since, .. } => (Some(by), *since),
        _ => (None, None),
    };
    let mut entry = json!({
        "id": Clean::line(id),
        "reason": error.kind(),
        "holder": holder,
        "since": since,
        "message": Clean::line(&error.to_string()),
    });
    match error {
        DeskError::Held { mine: true, .. } => entry["mine"] = json!(true),
        DeskError::MovedOn { messages } => entry["messages"] = json!(messages),
        DeskError::Invalid { field, .. } => entry["field"] = json!(field),
        _ => {}
    }
    entry
}

/// Submits changes and prints the report. `unread` are tickets that were refused before anything was asked.
pub async fn submit(
    seat: &Seat,
    out: &Out,
    changes: Vec<Change>,
    unread: Vec<(String, DeskError)>,
    wait: u64,
) -> Result<u8, CliError> {
    send(seat, changes, unread, wait).await?.print(seat, out)
}

async fn send(
    seat: &Seat,
    changes: Vec<Change>,
    unread: Vec<(String, DeskError)>,
    wait: u64,
) -> Result<Report, CliError> {
    let mut report =
        Report { refused: unread.into_iter().map(|(id, e)| (id, e, false)).collect(), ..Report::default() };
    let mut possible = Vec::new();
    for change in changes {
        match seat.backend.support(change.verb()) {
            crate::domain::Support::Impossible { why } => {
                report.refused.push((named(&change), DeskError::NotPossible { why }, false));
            }
            _ => possible.push(change),
        }
    }
    if possible.is_empty() {
        return Ok(report);
    }
    let ended = push::submit(&seat.local, &seat.backend, possible, Duration::from_secs(wait)).await?;
    for outcome in ended {
        report.add(outcome);
    }
    Ok(report)
}

/// Stands in a document for a ticket that has no id yet.
const NEW: &str = "new";

/// The ticket a change is about, as the report names it.
fn named(change: &Change) -> String {
    change.ticket().map_or_else(|| NEW.to_owned(), ToString::to_string)
}

/// Prints the report: one document, or lines for people.
fn print(seat: &Seat, out: &Out, report: &Report, mut document: Value) -> Result<u8, CliError> {
    let code = report.code();
    if code == 4
        && let Some(error) = report.errors().find(|e| matches!(e, DeskError::Unauthenticated { .. }))
    {
        let mut error = seat.error("the desk does not know us", error);
        if !report.queued.is_empty() || report.refused.iter().any(|(_, _, kept)| *kept) {
            error.next = format!("what you asked for is kept: ticketty outbox; {}", error.next);
        }
        document["error"] = failure(&error);
        out.explain(&error);
    }
    if out.json {
        out.document(&document)?;
    }
    let words = out.words;
    for (id, receipt) in &report.done {
        out.line(done_line(id, receipt, words))?;
    }
    for (_, receipt) in &report.done {
        if receipt.delivery == Some(Delivery::None) {
            out.say(words.compose.unmailed(receipt));
        }
        if let Some(remark) = &receipt.remark {
            out.say(words.told(remark));
        }
    }
    for (id, error, kept) in &report.refused {
        out.say(refusal_line(id, error, *kept, seat.name.as_deref(), words));
    }
    for (id, error) in report.queued.iter().filter(|_| code != 4) {
        let why = error.as_ref().map(|e| words.told(&e.to_string()).into_owned());
        out.say((words.cli.queued)(shown(id, words), why.as_deref()));
    }
    if code == 6 {
        out.say(words.cli.no_repeat);
    }
    if report.done.len() + report.refused.len() > 2 && !report.refused.is_empty() {
        out.say(tally(report, words));
    }
    Ok(code)
}

/// `1042 claimed`, in words made of what the desk answered.
fn done_line(id: &TicketId, receipt: &Receipt, words: &Words) -> String {
    let row = &receipt.ticket;
    let holder = row.assignee.as_ref().map_or(words.common.nobody, |a| a.login.as_str());
    let mut line = format!("{id}  {}  {}  {}", (words.common.status)(row.status), holder, row.queue);
    if let Some(other) = &receipt.other {
        line.push_str(&format!("  {}", (words.cli.with)(other.id.as_str())));
    }
    if !row.subject.is_empty() {
        line.push_str(&format!("  {}", row.subject));
    }
    line
}

/// A ticket as a report names it.
fn shown<'a>(id: &'a str, words: &Words) -> &'a str {
    if id == NEW { words.cli.new_ticket } else { id }
}

fn refusal_line(id: &str, error: &DeskError, kept: bool, desk: Option<&str>, words: &Words) -> String {
    let why = match error {
        DeskError::Held { mine: true, .. } => words.cli.yours.to_owned(),
        DeskError::Held { by, since, .. } => {
            let since = since.map(|at| at.to_string());
            (words.cli.held)(&by.name, &by.login, since.as_deref())
        }
        other => words.told(&other.to_string()).into_owned(),
    };
    let mut line = format!("ticketty: {}: {why}", shown(id, words));
    let next = advice(error, desk);
    if !next.is_empty() {
        line.push_str(&format!("\n  {}", words.told(&next)));
    }
    if kept {
        line.push_str(&format!("\n  {}", words.cli.text_kept));
    }
    line
}

/// `11 done, 1 held by Mika Kato`.
fn tally(report: &Report, words: &Words) -> String {
    let mut parts = vec![(words.cli.done)(report.done.len())];
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for (_, error, _) in &report.refused {
        let reason = match error {
            DeskError::Held { mine: true, .. } => words.cli.yours_already.to_owned(),
            DeskError::Held { by, .. } => (words.cli.held_by)(&by.name),
            other => (words.cli.reason)(other.kind()).to_owned(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, n)) => *n += 1,
            None => reasons.push((reason, 1)),
        }
    }
    parts.extend(reasons.into_iter().map(|(reason, n)| (words.cli.refused)(n, &reason)));
    parts.join(words.common.comma)
}

/// Ids as typed, each once and in order, and those that are none.
fn read_ids(typed: &[String]) -> (Vec<TicketId>, Vec<(String, DeskError)>) {
    let mut ids: Vec<TicketId> = Vec::new();
    let mut unread = Vec::new();
    for word in typed {
        match TicketId::parse(word) {
            Some(id) if ids.contains(&id) => {}
            Some(id) => ids.push(id),
            None => {
                let why = Clean::line("an id is one word, like 1042 or #1042");
                unread.push((word.clone(), DeskError::Invalid { field: Some(Clean::line("id")), why }));
            }
        }
    }
    (ids, unread)
}

/// The same change to each of the tickets.
async fn each(seat: &Seat, out: &Out, args: &Tickets, change: impl Fn(TicketId) -> Change) -> Result<u8, CliError> {
    let (ids, unread) = read_ids(&args.ids);
    submit(seat, out, ids.into_iter().map(change).collect(), unread, args.wait.wait).await
}

/// `claim`.
pub async fn claim(seat: &Seat, out: &Out, args: &Tickets) -> Result<u8, CliError> {
    each(seat, out, args, |ticket| Change::Claim { ticket }).await
}

/// `release`.
pub async fn release(seat: &Seat, out: &Out, args: &Tickets) -> Result<u8, CliError> {
    each(seat, out, args, |ticket| Change::Release { ticket }).await
}

/// `steal`.
pub async fn steal(seat: &Seat, out: &Out, args: &StealArgs) -> Result<u8, CliError> {
    if !args.yes {
        return Err(CliError::usage(
            "nothing was taken",
            "steal takes a ticket out of its holder's hands",
            "say that you mean it: --yes",
        ));
    }
    each(seat, out, &args.tickets, |ticket| Change::Steal { ticket }).await
}

/// `assign`.
pub async fn assign(seat: &Seat, out: &Out, args: &AssignArgs) -> Result<u8, CliError> {
    let to = agent(seat, &args.to).await?;
    each(seat, out, &args.tickets, |ticket| Change::Assign { ticket, to: to.clone() }).await
}

/// An agent as typed; `me` costs a look at the desk.
pub async fn agent(seat: &Seat, typed: &str) -> Result<AgentId, CliError> {
    let name = typed.trim().trim_start_matches('@');
    if name != "me" {
        return Ok(AgentId::new(name));
    }
    let query = Query { limit: Some(1), ..Query::default() };
    let view = seat.backend.open(&query).await.map_err(|e| seat.error("the desk does not say who you are", &e))?;
    Ok(view.me.id)
}

/// `status`.
pub async fn status(seat: &Seat, out: &Out, args: &StatusArgs) -> Result<u8, CliError> {
    each(seat, out, &args.tickets, |ticket| Change::Status { ticket, to: args.to }).await
}

/// `priority`.
pub async fn priority(seat: &Seat, out: &Out, args: &PriorityArgs) -> Result<u8, CliError> {
    each(seat, out, &args.tickets, |ticket| Change::Priority { ticket, to: args.to }).await
}

/// `move`.
pub async fn move_to(seat: &Seat, out: &Out, args: &MoveArgs) -> Result<u8, CliError> {
    let to = QueueId::new(&args.to);
    each(seat, out, &args.tickets, |ticket| Change::Move { ticket, to: to.clone() }).await
}

/// `label`.
pub async fn label(seat: &Seat, out: &Out, args: &LabelArgs) -> Result<u8, CliError> {
    let clean = |labels: &[String]| -> Vec<Clean> { labels.iter().map(|l| Clean::line(l.trim())).collect() };
    let (add, remove) = (clean(&args.add), clean(&args.remove));
    each(seat, out, &args.tickets, |ticket| Change::Label { ticket, add: add.clone(), remove: remove.clone() }).await
}

/// `subject`.
pub async fn subject(seat: &Seat, out: &Out, args: &SubjectArgs) -> Result<u8, CliError> {
    let change = Change::Subject { ticket: ticket_id(&args.id)?, to: Clean::line(args.to.trim()) };
    submit(seat, out, vec![change], Vec::new(), args.wait.wait).await
}

/// `requester`.
pub async fn requester(seat: &Seat, out: &Out, args: &RequesterArgs) -> Result<u8, CliError> {
    let ticket = ticket_id(&args.id)?;
    let mut to = match &args.to {
        Some(to) => Requester::parse(to),
        // Only the code changes: the rest stays as the desk has it.
        None => match seat.backend.thread(&ticket, None).await {
            Ok(thread) => thread.ticket.requester,
            Err(e) if e.exit_code() == 1 => {
                return submit(seat, out, Vec::new(), vec![(ticket.to_string(), e)], args.wait.wait).await;
            }
            Err(e) => return Err(seat.error(format!("ticket {ticket} was not changed"), &e)),
        },
    };
    if let Some(code) = &args.code {
        to.code = Some(Clean::line(code.trim()));
    }
    let change = Change::Requester { ticket, to };
    submit(seat, out, vec![change], Vec::new(), args.wait.wait).await
}

/// `merge`.
pub async fn merge(seat: &Seat, out: &Out, args: &MergeArgs) -> Result<u8, CliError> {
    let into = ticket_id(&args.into)?;
    each(seat, out, &args.tickets, |ticket| Change::Merge { ticket, into: into.clone() }).await
}

/// `undo`: of a ticket's last change, or of the newest change that this account made from here.
pub async fn undo(seat: &Seat, out: &Out, args: &UndoArgs) -> Result<u8, CliError> {
    let change = match &args.id {
        Some(id) => Change::Undo { ticket: ticket_id(id)?, event: None },
        None => newest_undoable(seat).await?,
    };
    submit(seat, out, vec![change], Vec::new(), args.wait.wait).await
}

/// How many of the last changes `undo` looks through.
const UNDO_REACH: u32 = 100;

async fn newest_undoable(seat: &Seat) -> Result<Change, CliError> {
    let done = seat.local.done(UNDO_REACH).await?;
    undoable(done.iter().map(|entry| (&entry.row.change, entry.receipt.as_ref()))).ok_or_else(|| CliError {
        kind: "not-possible",
        code: 1,
        ..CliError::usage(
            "nothing was undone",
            "no change made from here can be taken back",
            "name the ticket to take back your last change on it: ticketty undo ID",
        )
    })
}

/// The undo of the newest change that can be undone and was not yet. `done` comes newest first.
fn undoable<'a>(done: impl Iterator<Item = (&'a Change, Option<&'a Receipt>)>) -> Option<Change> {
    // An undo that named no event took back the newest change before it on its ticket.
    let (mut events, mut tickets) = (Vec::new(), Vec::new());
    for (change, receipt) in done {
        match (change, receipt) {
            (Change::Undo { event: Some(event), .. }, _) => events.push(event),
            (Change::Undo { ticket, event: None }, _) => tickets.push(ticket),
            (_, Some(receipt)) if receipt.undoable => {
                let event = receipt.event.as_ref()?;
                let ticket = change.ticket().unwrap_or(&receipt.ticket.id);
                if events.contains(&event) {
                    continue;
                }
                if let Some(at) = tickets.iter().position(|t| *t == ticket) {
                    tickets.remove(at);
                } else {
                    return Some(Change::Undo { ticket: ticket.clone(), event: Some(event.clone()) });
                }
            }
            _ => {}
        }
    }
    None
}

/// `split`, after its messages were found.
pub async fn split(seat: &Seat, out: &Out, change: Change, wait: u64) -> Result<u8, CliError> {
    let report = send(seat, vec![change], Vec::new(), wait).await?;
    let mut document = report.document();
    if let Some((source, receipt)) = report.done.first() {
        let new = receipt.other.as_ref().map(|t| &t.id);
        document["done"] = json!(std::iter::once(source).chain(new).collect::<Vec<_>>());
        document["source"] = json!(source);
        document["ticket"] = json!(new);
        document["moved"] = json!(receipt.moved);
    }
    print(seat, out, &report, document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::people::AgentRef;

    fn held() -> DeskError {
        let by = AgentRef { id: AgentId::new("7"), login: Clean::line("taro"), name: Clean::line("Taro Sato") };
        DeskError::Held { by, since: Some("2026-01-05T09:00:00Z".parse().unwrap()), mine: false }
    }

    fn test_row() -> crate::domain::TicketRow {
        serde_json::from_value(json!({
            "id": "1", "subject": "", "status": "new", "native_status": "new", "priority": "normal", "queue": "Shop",
            "queue_id": "1", "assignee": null, "requester": {}, "labels": [],
            "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z"
        }))
        .unwrap()
    }

    fn report(refused: Vec<DeskError>, queued: Vec<Option<DeskError>>) -> Report {
        Report {
            done: Vec::new(),
            refused: refused.into_iter().map(|e| ("1043".to_owned(), e, false)).collect(),
            queued: queued.into_iter().map(|e| ("1044".to_owned(), e)).collect(),
        }
    }

    #[test]
    fn a_refusal_has_the_shape_of_the_contract() {
        let document = report(vec![held()], Vec::new()).document();
        assert_eq!(
            document,
            json!({
                "done": [],
                "refused": [{
                    "id": "1043",
                    "reason": "held",
                    "holder": {"id": "7", "login": "taro", "name": "Taro Sato"},
                    "since": "2026-01-05T09:00:00Z",
                    "message": "held by Taro Sato",
                }],
                "queued": [],
            })
        );
    }

    #[test]
    fn exit_codes_follow_the_worst_that_happened() {
        let wrong_token = DeskError::Unauthenticated { why: Clean::line("no") };
        assert_eq!(report(vec![], vec![]).code(), 0);
        assert_eq!(report(vec![held()], vec![]).code(), 1);
        assert_eq!(report(vec![held()], vec![None]).code(), 6);
        assert_eq!(report(vec![], vec![Some(wrong_token.clone())]).code(), 4);
        assert_eq!(report(vec![wrong_token], vec![]).code(), 4);
    }

    #[test]
    fn ids_come_once_and_bad_ones_are_told() {
        let typed = ["#1042", "1042", "a b", "1043", ""].map(ToOwned::to_owned);
        let (ids, unread) = read_ids(&typed);
        assert_eq!(ids, [TicketId::new("1042"), TicketId::new("1043")]);
        assert_eq!(unread.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a b", ""]);
        assert_eq!(unread[0].1.kind(), "invalid");
    }

    #[test]
    fn undo_takes_the_newest_change_that_still_stands() {
        let row = |id: i64| crate::domain::TicketRow { id: id.into(), ..test_row() };
        let receipt =
            |id: i64, event: i64| Receipt { event: Some(event.into()), undoable: true, ..Receipt::of(row(id)) };
        let claim = |id: i64| Change::Claim { ticket: id.into() };
        let undo = |id: i64, event: Option<i64>| Change::Undo { ticket: id.into(), event: event.map(Into::into) };
        let receipts: Vec<Receipt> = (1..=4).map(|n| receipt(if n == 4 { 8 } else { 7 }, n)).collect();
        let (seven, eight) = (claim(7), claim(8));
        // Newest first: an undo without an event took back event 2, for 3 was taken back by name.
        let (by_ticket, by_event) = (undo(7, None), undo(7, Some(3)));
        let done = [
            (&by_ticket, None),
            (&by_event, None),
            (&seven, Some(&receipts[2])),
            (&seven, Some(&receipts[1])),
            (&eight, Some(&receipts[3])),
            (&seven, Some(&receipts[0])),
        ];
        assert_eq!(undoable(done.into_iter()), Some(undo(8, Some(4))));
        assert_eq!(undoable(done[..4].iter().copied()), None);
    }

    #[test]
    fn many_are_counted() {
        let report = report(vec![held(), held(), DeskError::NotFound { what: Clean::line("1") }], vec![]);
        assert_eq!(tally(&report, &crate::i18n::EN), "0 done, 2 held by Taro Sato, 1 not-found");
    }
}
