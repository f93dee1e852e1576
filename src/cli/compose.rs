//! The verbs that carry a text: reply, note, new, split; and files that join them.

use std::io::{IsTerminal, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use super::args::{AttachArgs, NewArgs, NoteArgs, ReplyArgs, SplitArgs, TextArgs};
use super::connect::Seat;
use super::exit::CliError;
use super::output::Out;
use super::read::{size, ticket_id};
use super::write;
use crate::config::paths::private_dir;
use crate::domain::{
    Change, DeskError, Excerpt, Message, MessageId, NewTicket, Outgoing, Pick, QueueId, Requester, Split, Then,
    TicketId, Upload,
};
use crate::text::Clean;

/// The longest text that is read; a mistaken `< /dev/zero` should end.
const LONGEST_TEXT: u64 = 16 * 1024 * 1024;

/// `reply`.
pub async fn reply(seat: &Seat, out: &Out, args: &ReplyArgs) -> Result<u8, CliError> {
    let ticket = ticket_id(&args.id)?;
    let message = Outgoing {
        text: text(out, &args.text, true)?,
        to: people(&args.to)?,
        cc: people(&args.cc)?,
        bcc: people(&args.bcc)?,
        subject: args.subject.clone(),
        files: uploads(&args.text.attach)?,
        seen: args.seen.as_deref().map(MessageId::new),
        force: args.force,
        then: Then { status: args.then, assignee: None },
    };
    write::submit(seat, out, vec![Change::Reply { ticket, message }], Vec::new(), args.wait.wait).await
}

/// `note`.
pub async fn note(seat: &Seat, out: &Out, args: &NoteArgs) -> Result<u8, CliError> {
    let ticket = ticket_id(&args.id)?;
    let message = Outgoing {
        text: text(out, &args.text, true)?,
        files: uploads(&args.text.attach)?,
        then: Then { status: args.then, assignee: None },
        ..Outgoing::default()
    };
    write::submit(seat, out, vec![Change::Note { ticket, message }], Vec::new(), args.wait.wait).await
}

/// `new`. Its text is optional, so stdin is read only when asked for (`--file -`).
pub async fn new(seat: &Seat, out: &Out, args: &NewArgs) -> Result<u8, CliError> {
    let named = args.text.message.is_some() || args.text.file.is_some();
    let mut requester = people(std::slice::from_ref(&args.requester))?.remove(0);
    requester.code = args.code.as_deref().map(|code| Clean::line(code.trim()));
    let change = Change::New(NewTicket {
        queue: QueueId::new(&args.queue),
        requester,
        subject: args.subject.clone(),
        text: if named { text(out, &args.text, false)? } else { String::new() },
        channel: args.channel,
        files: uploads(&args.text.attach)?,
    });
    write::submit(seat, out, vec![change], Vec::new(), args.wait.wait).await
}

/// `split`: message numbers become ids with one look at the thread.
pub async fn split(seat: &Seat, out: &Out, args: &SplitArgs) -> Result<u8, CliError> {
    let wanted = Wanted::parse(args)?;
    let ticket = ticket_id(&args.id)?;
    let assignee = match args.assignee.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(name) => Some(Some(write::agent(seat, name).await?)),
    };
    let pick = match seat.backend.thread(&ticket, None).await {
        Ok(thread) => wanted.pick(&ticket, &thread.messages),
        Err(e) if e.exit_code() == 1 => Err(e),
        Err(e) => return Err(seat.error(format!("ticket {ticket} was not split"), &e)),
    };
    let pick = match pick {
        Ok(pick) => pick,
        Err(error) => return write::submit(seat, out, Vec::new(), vec![(ticket.to_string(), error)], 0).await,
    };
    let labels: Vec<Clean> = args.label.iter().map(|l| Clean::line(l.trim())).collect();
    let change = Change::Split(Split {
        ticket,
        pick,
        subject: args.subject.clone(),
        queue: args.queue.as_deref().map(QueueId::new),
        assignee,
        labels: if labels.is_empty() { None } else { Some(labels) },
    });
    write::split(seat, out, change, args.wait.wait).await
}

/// What `split` was asked to take, before the thread is known.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Messages(Vec<u32>),
    Lines { message: u32, lines: (u32, u32) },
}

impl Wanted {
    fn parse(args: &SplitArgs) -> Result<Self, CliError> {
        match (&args.messages, &args.lines) {
            (Some(numbers), _) => Self::messages(numbers),
            (None, Some(lines)) => Self::lines(lines),
            (None, None) => None,
        }
        .ok_or_else(|| {
            CliError::usage(
                "nothing was split",
                "what to take is not readable",
                "messages by number: --messages 2 or --messages 2,4-6; lines 3 to 9 of message 1: --lines 1:3-9",
            )
        })
    }

    fn messages(typed: &str) -> Option<Self> {
        let mut numbers = Vec::new();
        for part in typed.split(',') {
            let (first, last) = range(part)?;
            // A thread is never this long; a typo should not fill the memory.
            if last - first > 10_000 {
                return None;
            }
            numbers.extend(first..=last);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Some(Self::Messages(numbers))
    }

    fn lines(typed: &str) -> Option<Self> {
        let (message, lines) = typed.split_once(':')?;
        Some(Self::Lines { message: number(message)?, lines: range(lines)? })
    }

    fn pick(&self, ticket: &TicketId, messages: &[Message]) -> Result<Pick, DeskError> {
        let find = |number: u32| {
            messages.iter().find(|m| m.number == number).map(|m| m.id.clone()).ok_or_else(|| DeskError::Invalid {
                field: Some(Clean::line("messages")),
                why: Clean::line(&format!(
                    "{ticket} has no message {number}: its messages are 1 to {}",
                    messages.len()
                )),
            })
        };
        Ok(match self {
            Self::Messages(numbers) => Pick::Messages(numbers.iter().map(|n| find(*n)).collect::<Result<Vec<_>, _>>()?),
            Self::Lines { message, lines } => Pick::Lines(Excerpt { message: find(*message)?, lines: *lines }),
        })
    }
}

/// `3` or `3-9`, from 1.
fn range(typed: &str) -> Option<(u32, u32)> {
    let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

fn number(typed: &str) -> Option<u32> {
    typed.trim().parse().ok().filter(|n| *n > 0)
}

/// `attach`: a file from stdin joins the draft of a ticket that was saved last.
pub async fn attach(seat: &Seat, out: &Out, args: &AttachArgs) -> Result<u8, CliError> {
    let ticket = ticket_id(&args.id)?;
    let name = Path::new(&args.name).file_name().map(|n| Clean::line(&n.to_string_lossy())).unwrap_or_default();
    if name.is_empty() {
        return Err(CliError::usage(
            "no file was attached",
            "--name names no file",
            "give it a name: --name invoice.pdf",
        ));
    }
    let drafts = seat.local.drafts().await?;
    let Some(draft) = drafts.into_iter().map(|d| d.draft).find(|d| d.ticket.as_ref() == Some(&ticket)) else {
        return Err(CliError::usage(
            "no file was attached",
            format!("no reply or note on {ticket} is being written"),
            "begin one in the screen (r or i) and save it (:w); then try again",
        ));
    };
    let dir = seat.local.files().join(crate::local::new_change_id().as_str());
    let path = dir.join("1");
    let wrong = |e: std::io::Error| {
        CliError::usage(
            "no file was attached",
            format!("{}: {e}", path.display()),
            "make room on the disk and try again",
        )
    };
    private_dir(&dir).map_err(wrong)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(wrong)?;
    let bytes = std::io::copy(&mut std::io::stdin().lock(), &mut file).and_then(|n| file.sync_all().map(|()| n));
    let bytes = bytes.map_err(wrong)?;
    let file =
        Upload { media_type: media_type(&name).to_owned(), name: name.to_string(), path: path.clone(), size: bytes };
    seat.local.join_draft(&draft.id, file).await?;
    if out.json {
        let kind = draft.kind.word();
        out.document(&json!({ "ticket": ticket, "draft": draft.id, "kind": kind, "name": name, "size": bytes }))?;
    }
    let kind = (out.words.common.draft)(draft.kind);
    let begun = minute(draft.begun_at);
    out.line((out.words.cli.attached)(&name, &size(bytes), kind, ticket.as_str(), &begun))?;
    Ok(0)
}

fn minute(at: Timestamp) -> String {
    crate::text::time::absolute(at, &crate::text::time::local_zone())
}

/// The text of `-m`, a file, or stdin.
fn text(out: &Out, args: &TextArgs, needed: bool) -> Result<String, CliError> {
    let what = "nothing was written";
    let bytes = match (&args.message, &args.file) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(file)) if file.as_os_str() != "-" => {
            let read = std::fs::File::open(file).and_then(limited);
            read.map_err(|e| CliError::usage(what, format!("{}: {e}", file.display()), "name a file that can be read"))?
        }
        _ => {
            if std::io::stdin().is_terminal() {
                out.say(out.words.cli.type_text);
            }
            limited(std::io::stdin().lock())
                .map_err(|e| CliError::usage(what, format!("stdin: {e}"), "give the text with -m or --file"))?
        }
    };
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = String::from_utf8_lossy(&e.as_bytes()[..e.utf8_error().valid_up_to()]).matches('\n').count() + 1;
        CliError::usage(
            what,
            format!("the text is not UTF-8 (line {line})"),
            "convert it first, for example: iconv -f SHIFT_JIS -t UTF-8",
        )
    })?;
    let text = text.replace("\r\n", "\n");
    if needed && text.trim().is_empty() {
        return Err(CliError::usage(what, "the text is empty", "give it with -m, --file, or on stdin"));
    }
    Ok(text.trim_end().to_owned())
}

fn limited(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_TEXT {
        return Err(std::io::Error::other(format!("longer than {}", size(LONGEST_TEXT))));
    }
    Ok(bytes)
}

/// Addresses as typed.
fn people(typed: &[String]) -> Result<Vec<Requester>, CliError> {
    typed
        .iter()
        .map(|one| {
            let person = Requester::parse(one);
            let address = person.email.as_str();
            let looks_right = address.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
                && !address.contains(char::is_whitespace);
            if looks_right {
                Ok(person)
            } else {
                Err(CliError::usage(
                    "nothing was written",
                    format!("\"{one}\" is no address"),
                    "write it like ben@example.net or \"Ben Ode <ben@example.net>\"",
                ))
            }
        })
        .collect()
}

/// The files of `--attach`, looked at before anything is accepted.
fn uploads(paths: &[PathBuf]) -> Result<Vec<Upload>, CliError> {
    paths
        .iter()
        .map(|path| {
            let wrong = |why: String| {
                CliError::usage(
                    "nothing was written",
                    format!("{}: {why}", path.display()),
                    "name a file that can be read",
                )
            };
            let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
            let meta = file.metadata().map_err(|e| wrong(e.to_string()))?;
            if !meta.is_file() {
                return Err(wrong("this is no file".to_owned()));
            }
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let path = std::path::absolute(path).map_err(|e| wrong(e.to_string()))?;
            Ok(Upload { media_type: media_type(&name).to_owned(), name, path, size: meta.len() })
        })
        .collect()
}

/// The media type that a file's ending promises.
pub fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "heic" => "image/heic",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "zip" => "application/zip",
        "gz" | "tgz" => "application/gzip",
        "eml" => "message/rfc822",
        "ics" => "text/calendar",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_numbers_come_single_listed_and_in_ranges() {
        assert_eq!(Wanted::messages("2"), Some(Wanted::Messages(vec![2])));
        assert_eq!(Wanted::messages("5,2-4, 3"), Some(Wanted::Messages(vec![2, 3, 4, 5])));
        for bad in ["", "0", "a", "3-2", "1,,2", "-", "1-4000000000", "2-"] {
            assert_eq!(Wanted::messages(bad), None, "{bad}");
        }
    }

    #[test]
    fn lines_belong_to_a_message() {
        assert_eq!(Wanted::lines("1:3-9"), Some(Wanted::Lines { message: 1, lines: (3, 9) }));
        assert_eq!(Wanted::lines("2:4"), Some(Wanted::Lines { message: 2, lines: (4, 4) }));
        for bad in ["3-9", "1:", ":3-9", "1:9-3", "0:1-2", "1:0-2"] {
            assert_eq!(Wanted::lines(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_are_looked_at_before_anything_is_sent() {
        let typed = ["Ben Ode <ben@example.net>".to_owned(), "a@b.example".to_owned()];
        assert_eq!(people(&typed).unwrap()[0].name.as_str(), "Ben Ode");
        for bad in ["ben", "@x", "x@", "a b@c", ""] {
            assert_eq!(people(&[bad.to_owned()]).unwrap_err().code, 2, "{bad}");
        }
    }
}
