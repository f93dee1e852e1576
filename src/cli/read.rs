//! The verbs that only look: queues, list, show, search, timeline, attachment.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::args::{AttachmentArgs, ListArgs, OneTicket, PageArgs, SearchArgs, TimelineArgs};
use super::connect::Seat;
use super::exit::CliError;
use super::output::{Out, Piece, Style};
use super::table::Table;
use crate::backend::{Download, TimelineBy};
use crate::domain::id::AttachmentId;
use crate::domain::{
    AgentId, AssigneeFilter, Cursor, DeskError, Kind, Message, Page, Query, QueueId, Status, Thread, TicketId,
    TicketRow,
};
use crate::i18n::Words;
use crate::text::Clean;
use crate::text::time::{absolute, age, due};
use crate::text::width::pad;

/// The most rows that a page may have.
const LARGEST_PAGE: u32 = 200;
/// The cells that a field's name takes.
const FIELD: usize = 11;

/// `queues`.
pub async fn queues(seat: &Seat, out: &Out) -> Result<u8, CliError> {
    let query = Query { limit: Some(1), ..Query::default() };
    let view = seat.backend.open(&query).await.map_err(|e| seat.error("the queues cannot be shown", &e))?;
    if out.json {
        out.document(&json!({ "queues": view.queues, "totals": view.totals }))?;
        return Ok(0);
    }
    let mut table = Table::new(b">~>>>>>", &out.words.cli.queue_columns);
    for queue in &view.queues {
        let c = queue.counts;
        table.row(vec![
            Piece::plain(queue.id.as_str()),
            Piece::plain(&queue.name),
            count(c.unassigned, Style::Strong),
            count(c.mine, Style::Plain),
            count(c.open, Style::Plain),
            count(c.late, Style::Alarm),
            count(c.snoozed, Style::Plain),
        ]);
    }
    if table.is_empty() {
        out.say(out.words.cli.no_queue);
    }
    out.lines(&table.lines(out.width()))?;
    Ok(0)
}

fn count(n: u32, style: Style) -> Piece {
    Piece::new(n.to_string(), if n == 0 { Style::Dim } else { style })
}

/// `list`.
pub async fn list(seat: &Seat, out: &Out, args: &ListArgs) -> Result<u8, CliError> {
    let page = pages(seat, &list_query(args)?, &args.page).await?;
    print_page(out, &page)
}

/// What `list` asks for.
pub fn list_query(args: &ListArgs) -> Result<Query, CliError> {
    Ok(Query {
        queue: args.queue.as_deref().map(QueueId::new),
        assignee: match args.assignee.as_deref().map(|a| a.trim_start_matches('@')) {
            None => AssigneeFilter::Any,
            Some("me") => AssigneeFilter::Me,
            Some("none") => AssigneeFilter::Nobody,
            Some(name) => AssigneeFilter::Agent(AgentId::new(name)),
        },
        status: statuses(args.status.as_deref())?,
        labels: args.label.clone(),
        late: args.late,
        ..Query::default()
    })
}

/// `search`.
pub async fn search(seat: &Seat, out: &Out, args: &SearchArgs) -> Result<u8, CliError> {
    let query = Query { text: Some(args.words.join(" ")), ..Query::default() };
    let page = pages(seat, &query, &args.page).await?;
    print_page(out, &page)
}

/// The statuses of `--status`.
fn statuses(typed: Option<&str>) -> Result<Vec<Status>, CliError> {
    match typed {
        None => Ok(Vec::new()),
        Some("any" | "all") => Ok(Status::ALL.to_vec()),
        Some(words) => words
            .split(',')
            .map(|word| {
                Status::parse(word.trim()).ok_or_else(|| {
                    CliError::usage(
                        "the tickets cannot be listed",
                        format!("\"{word}\" is no status"),
                        "use new, open, waiting, snoozed, resolved, closed, or any",
                    )
                })
            })
            .collect(),
    }
}

/// As many pages as it takes.
pub async fn pages(seat: &Seat, query: &Query, args: &PageArgs) -> Result<Page<TicketRow>, CliError> {
    let fail = |e: DeskError| seat.error("the tickets cannot be listed", &e);
    let mut after = args.after.clone().map(Cursor);
    let mut rows: Vec<TicketRow> = Vec::new();
    loop {
        let room = if args.all { LARGEST_PAGE } else { args.limit.saturating_sub(rows.len() as u32).min(LARGEST_PAGE) };
        let query = Query { limit: Some(room), ..query.clone() };
        let page = seat.backend.list(&query, after.as_ref()).await.map_err(fail)?;
        // A desk whose cursor stands still would keep us here for ever.
        let stuck = page.next.is_some() && page.next == after;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() || stuck || (!args.all && rows.len() as u32 >= args.limit) {
            return Ok(Page { rows, next: after });
        }
    }
}

/// `timeline`.
pub async fn timeline(seat: &Seat, out: &Out, args: &TimelineArgs) -> Result<u8, CliError> {
    let fail = |e: DeskError| seat.error("the timeline cannot be shown", &e);
    let by = match args.by.as_deref() {
        Some("email") => TimelineBy::Email(args.who.clone()),
        Some("tel") => TimelineBy::Tel(args.who.clone()),
        Some("code") => TimelineBy::Code(args.who.clone()),
        _ => {
            let thread = seat.backend.thread(&ticket_id(&args.who)?, None).await.map_err(fail)?;
            let requester = thread.ticket.requester;
            match requester.phone {
                Some(phone) if requester.email.is_empty() => TimelineBy::Tel(phone.to_string()),
                _ => TimelineBy::Email(requester.email.to_string()),
            }
        }
    };
    let mut after = args.page.after.clone().map(Cursor);
    let mut rows = Vec::new();
    loop {
        let page = seat.backend.timeline(&by, after.as_ref()).await.map_err(fail)?;
        let stuck = page.next.is_some() && page.next == after;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() || stuck || !args.page.all {
            break;
        }
    }
    print_page(out, &Page { rows, next: after })
}

/// A list as JSON, in the order that people read it in.
#[derive(serde::Serialize)]
struct Listed<'a> {
    tickets: &'a [TicketRow],
    next: Option<&'a Cursor>,
}

fn print_page(out: &Out, page: &Page<TicketRow>) -> Result<u8, CliError> {
    if out.json {
        out.document(&Listed { tickets: &page.rows, next: page.next.as_ref() })?;
        return Ok(0);
    }
    out.lines(&tickets_table(&page.rows, Timestamp::now(), out.words).lines(out.width()))?;
    if let Some(next) = &page.next {
        out.say((out.words.cli.more)(&next.0));
    }
    Ok(0)
}

/// Tickets as a table: what nobody holds and what is late stands out by word and by weight.
pub fn tickets_table(rows: &[TicketRow], now: Timestamp, words: &Words) -> Table {
    let mut table = Table::new(b"><<><<<~<>", &words.cli.ticket_columns);
    for row in rows {
        let (due_text, due_style) = match row.due_at {
            Some(at) if row.late => ((words.cli.late)(&due(at, now)), Style::Alarm),
            Some(at) => (due(at, now), Style::Plain),
            None => (String::new(), Style::Plain),
        };
        let weight = if row.assignee.is_none() && row.status.is_active() { Style::Strong } else { Style::Plain };
        let holder = match &row.assignee {
            Some(agent) => Piece::plain(&agent.name),
            None => Piece::plain("-"),
        };
        let labels: Vec<&str> = row.labels.iter().map(Clean::as_str).collect();
        table.row(vec![
            Piece::new(row.id.as_str(), weight),
            Piece::plain((words.common.status)(row.status)),
            Piece::plain((words.common.priority)(row.priority)),
            Piece::plain(age(row.waiting_since.unwrap_or(row.updated_at), now)),
            Piece::plain(&row.queue),
            holder,
            Piece::plain(row.requester.display()),
            Piece::new(&row.subject, weight),
            Piece::plain(labels.join(",")),
            Piece::new(due_text, due_style),
        ]);
    }
    table
}

/// `show`.
pub async fn show(seat: &Seat, out: &Out, args: &OneTicket) -> Result<u8, CliError> {
    let id = ticket_id(&args.id)?;
    let thread =
        seat.backend.thread(&id, None).await.map_err(|e| seat.error(format!("ticket {id} cannot be shown"), &e))?;
    if out.json {
        out.document(&thread)?;
        return Ok(0);
    }
    out.lines(&thread_lines(&thread, &crate::text::time::local_zone(), Timestamp::now(), out.words))?;
    Ok(0)
}

/// A ticket with its thread as a page of text.
fn thread_lines(thread: &Thread, zone: &TimeZone, now: Timestamp, words: &Words) -> Vec<Vec<Piece>> {
    let (ticket, common) = (&thread.ticket, &words.common);
    let [status, holder, queue, priority, requester, labels, due_at, merged, split_from, split_into] = words.cli.fields;
    let field = |name: &str, value: String| {
        let name = Piece { text: pad(&Clean::line(name), FIELD), style: Style::Dim };
        vec![name, Piece::plain(value)]
    };
    let mut lines = vec![vec![
        Piece::new(ticket.id.as_str(), Style::Strong),
        Piece::plain("  "),
        Piece::new(&ticket.subject, Style::Strong),
    ]];
    let native = ticket.native_status.as_str();
    let word = (common.status)(ticket.status);
    let ours = native == ticket.status.word();
    lines.push(field(status, if ours { word.to_owned() } else { format!("{word} ({native})") }));
    let held = ticket.assignee.as_ref().map_or(common.nobody, |a| a.name.as_str());
    lines.push(field(holder, held.to_owned()));
    lines.push(field(queue, ticket.queue.to_string()));
    lines.push(field(priority, (common.priority)(ticket.priority).to_owned()));
    lines.push(field(requester, ticket.requester.to_string()));
    if !ticket.labels.is_empty() {
        let all: Vec<&str> = ticket.labels.iter().map(Clean::as_str).collect();
        lines.push(field(labels, all.join(common.comma)));
    }
    if let Some(at) = ticket.due_at {
        let left = due(at, now);
        let left = if ticket.late { (words.cli.late)(&left) } else { left };
        lines.push(field(due_at, format!("{} ({left})", absolute(at, zone))));
    }
    for (name, other) in [(merged, &ticket.merged_into), (split_from, &ticket.split_from)] {
        if let Some(other) = other {
            lines.push(field(name, other.to_string()));
        }
    }
    if !ticket.split_into.is_empty() {
        let ids: Vec<&str> = ticket.split_into.iter().map(TicketId::as_str).collect();
        lines.push(field(split_into, ids.join(common.comma)));
    }
    for message in &thread.messages {
        lines.push(Vec::new());
        message_lines(message, zone, words, &mut lines);
    }
    lines
}

fn message_lines(message: &Message, zone: &TimeZone, words: &Words, lines: &mut Vec<Vec<Piece>>) {
    let kind = match message.kind {
        Kind::Incoming => String::new(),
        Kind::Reply => format!("  {}", words.thread.reply),
        Kind::Note => format!("  {}", words.cli.note),
        Kind::Call => format!("  {}", words.thread.call),
    };
    lines.push(vec![
        Piece::new(format!("--- {}  {}", message.number, message.author), Style::Strong),
        Piece::plain(format!("  {}{kind}", absolute(message.at, zone))),
    ]);
    let [to, cc] = words.cli.people;
    for (name, people) in [(to, &message.to), (cc, &message.cc)] {
        if !people.is_empty() {
            let all: Vec<String> = people.iter().map(ToString::to_string).collect();
            lines.push(vec![Piece::new(format!("{name} {}", all.join(", ")), Style::Dim)]);
        }
    }
    for row in message.text.rows() {
        lines.push(vec![Piece { text: row, style: Style::Plain }]);
    }
    for file in &message.attachments {
        let line = (words.cli.attachment)(file.id.as_str(), &file.name, &file.media_type, &size(file.size));
        lines.push(vec![Piece::new(line, Style::Dim)]);
    }
}

/// A number of bytes as a person reads it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// `attachment`.
pub async fn attachment(seat: &Seat, out: &Out, args: &AttachmentArgs) -> Result<u8, CliError> {
    let what = format!("attachment {} was not written", args.id);
    if args.save.is_none() && (out.json || std::io::stdout().is_terminal()) {
        return Err(CliError::usage(
            what,
            "its bytes would go to a terminal or into the JSON document",
            "save it with --save FOLDER, or send it into a pipe without --json",
        ));
    }
    let id = AttachmentId::new(&args.id);
    let mut download = seat.backend.attachment(&id).await.map_err(|e| seat.error(&what, &e))?;
    match &args.save {
        Some(dir) => {
            let (path, bytes) = save(dir, &mut download, |e| seat.error(&what, &e)).await?;
            if out.json {
                let name = download.name.as_str();
                let media_type = download.media_type.as_str();
                let path = path.to_string_lossy();
                out.document(&json!({ "id": id, "name": name, "type": media_type, "size": bytes, "path": path }))?;
            } else {
                out.line(format!("{}  {}", path.display(), size(bytes)))?;
            }
        }
        None => {
            while let Some(piece) = download.bytes.next().await {
                if !out.raw(&piece.map_err(|e| seat.error(&what, &e))?)? {
                    break;
                }
            }
        }
    }
    Ok(0)
}

/// Writes a download into a folder under its own name, and never over another file. A download that breaks off leaves
/// nothing behind.
async fn save(
    dir: &Path,
    download: &mut Download,
    fail: impl Fn(DeskError) -> CliError,
) -> Result<(PathBuf, u64), CliError> {
    let wrong = |e: std::io::Error| {
        CliError::usage(
            "the attachment was not saved",
            format!("{}: {e}", dir.display()),
            "name a folder that exists, can be written and has room",
        )
    };
    let mut part = tempfile_in(dir).map_err(wrong)?;
    let written = async {
        let mut bytes = 0;
        while let Some(piece) = download.bytes.next().await {
            let piece = piece.map_err(&fail)?;
            part.1.write_all(&piece).map_err(wrong)?;
            bytes += piece.len() as u64;
        }
        part.1.sync_all().map_err(wrong)?;
        Ok((publish(dir, &part.0, &download.name).map_err(wrong)?, bytes))
    }
    .await;
    // A hard link has published it; the temporary name goes in any case.
    let _ = std::fs::remove_file(&part.0);
    written
}

fn tempfile_in(dir: &Path) -> std::io::Result<(PathBuf, std::fs::File)> {
    let path = dir.join(format!(".ticketty-{}.part", crate::local::new_change_id()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    Ok((path, file))
}

/// Gives the file its name: the first of `a.pdf`, `a (2).pdf`, … that is free.
fn publish(dir: &Path, part: &Path, name: &str) -> std::io::Result<PathBuf> {
    let name = safe_name(name);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem.to_owned(), format!(".{ending}")),
        _ => (name.clone(), String::new()),
    };
    for n in 1..1000 {
        let path = dir.join(if n == 1 { name.clone() } else { format!("{stem} ({n}){ending}") });
        match std::fs::hard_link(part, &path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            // A file system without hard links: claim the name first, then move onto it.
            Err(_) => match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return std::fs::rename(part, &path).map(|()| path),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            },
        }
    }
    Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, format!("{name} and 999 like it are there already")))
}

/// A file name without a folder, hidden start or anything that a shell or terminal stumbles over.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe = String::new();
    for c in last.chars().map(|c| if c.is_control() { '_' } else { c }) {
        if safe.len() + c.len_utf8() > 200 {
            break;
        }
        safe.push(c);
    }
    let safe = safe.trim().trim_start_matches(['.', '-']).trim();
    if safe.is_empty() { "attachment".to_owned() } else { safe.to_owned() }
}

/// An id as typed: `1042` or `#1042`.
pub fn ticket_id(typed: &str) -> Result<TicketId, CliError> {
    TicketId::parse(typed).ok_or_else(|| {
        CliError::usage(
            format!("\"{typed}\" is no ticket"),
            "an id is one word, like 1042 or #1042",
            "see the tickets: ticketty list",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_leave_their_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\a.pdf", "a.pdf"),
            (".bashrc", "bashrc"),
            ("-rf", "rf"),
            ("", "attachment"),
            ("..", "attachment"),
            ("請求書.pdf", "請求書.pdf"),
            ("a\nb", "a_b"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
        assert!(safe_name(&"あ".repeat(500)).len() <= 200);
    }

    #[test]
    fn a_saved_file_never_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        for (n, want) in [(1, "a.pdf"), (2, "a (2).pdf"), (3, "a (3).pdf")] {
            let (part, mut file) = tempfile_in(dir.path()).unwrap();
            write!(file, "{n}").unwrap();
            let path = publish(dir.path(), &part, "a.pdf").unwrap();
            assert_eq!(path, dir.path().join(want));
            let _ = std::fs::remove_file(part);
        }
        assert_eq!(std::fs::read_to_string(dir.path().join("a.pdf")).unwrap(), "1");
    }

    #[test]
    fn statuses_are_words_or_any() {
        assert_eq!(statuses(None).unwrap(), []);
        assert_eq!(statuses(Some("any")).unwrap().len(), 6);
        assert_eq!(statuses(Some("new, open")).unwrap(), [Status::New, Status::Open]);
        assert_eq!(statuses(Some("nwe")).unwrap_err().code, 2);
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([size(999), size(86_016), size(50_000_000)], ["999 B", "87 kB", "50.0 MB"]);
    }
}
