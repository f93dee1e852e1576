//! The adapter for Request Tracker 5 and 6, over REST 2.0.
//!
//! Facts were tried on RT 5.0.3 (Debian 12) and 6.0.0 (from its sources) or read in the source (`bestpractical/rt`, tag `rt-5.0.3`);
//! each trap has a test of its name.
//!
//! | request                         | round trips                                                                      |
//! |---------------------------------|----------------------------------------------------------------------------------|
//! | main screen                     | 2 (who I am, queues) + one for each 100 active tickets                           |
//! | list of active tickets          | one for each 100 that RT finds                                                   |
//! | other lists, search, timeline   | one for each 100 that RT looks through, at most 5 in a call; a cursor goes on    |
//! | thread                          | 2 when the ticket was listed, 3 else; 1 more for files of messages not seen yet, |
//! |                                 | and for each 100 entries of history or 60 messages that the first page misses    |
//! | claim                           | 1, and 1 to look                                                                 |
//! | assign, status, priority, move, subject | 1, and 1 to look                                                         |
//! | release, steal, label, requester | 2, and 1 to look                                                                |
//! | reply, note                     | 2 (did it move on? send), and 1 to look; 1 more each for handing on and a status |
//! | reply with copies for once      | 5 more (how it stands, join, look, leave, look)                                  |
//! | new ticket                      | 2 (open, requester), and 1 to look                                               |
//! | split                           | the thread, 1 for each file, 3 (open, requester, look), 1 or 2 notes, 2 to look  |
//! | merge                           | 2 (is it merged already? fold), and 2 to look                                    |
//! | news                            | 1 for each look; with each 20th look all active tickets                          |
//!
//! That is for a ticket that was listed, in a queue that is known; else it is looked at first. A password costs one more at first
//! (a session is opened and kept); a token names its agent's number, and the name is asked once. At most six requests are on the
//! line at once. The default pace of the news is [`POLL`].
//!
//! What RT does otherwise than one would think:
//!
//! - A refused change answers 200, with sentences in the agent's language. So every write is followed by a look. Where that fails
//!   the change is unknown, and neither refused nor made again. What is new answers 201; nothing else does for it.
//! - Only `/take` is a safe claim: two agents who both set the owner are both told that they hold it. `/untake` gives back what
//!   somebody else holds, so the holder is checked first, under the ticket's version.
//! - Opening a ticket for a requester mails that person. Splits and new tickets get theirs after they were opened.
//! - `Cc` in a reply replaces the ticket's list after the mail has gone. Copies are added before, and taken out again; who cannot be
//!   is named, and taken out with the next news or before the next reply of this process. No blind copies.
//! - One can take what is done. A ticket known to be done is looked at first, another given back.
//! - A ticket can begin in any status that its lifecycle lets it begin in. A split of an open ticket begins open, or is made so before
//!   anybody is on it who could be mailed.
//! - A file name beyond ASCII in JSON is a 500 and the reply is lost; it goes as RFC 2047. Empty files and texts are refused here.
//! - SQL on `/ticket/N/history` drops the ticket; `Parent` in a list of attachments is a 500. Only JSON filters are used there.
//! - The attachments of a ticket that is not there are those of others: parts are shown by the message they belong to.
//! - Pages are cut before what the agent may not see is dropped (mails that went out, notes). A history goes on until the ticket's last
//!   change is in it; texts and files that a first page misses are asked for by message.
//! - A merged number means the ticket that it was merged into, in writes too. A reply, a note or a merge is refused then, and what else
//!   was done there says so.
//! - Dates that are not set come as 1970; dates in questions are in the agent's zone, so only lengths of time are sent.
//! - Pages by number skip what moves up when a ticket leaves the list meanwhile. Every list of tickets is read by id instead: none is
//!   skipped or repeated, and what comes or changes while it is read the news tell.
//! - Lists that have no total (queues) may be short before their end, or even empty. A first page of queues is taken for all there is when
//!   it is less than half full; the others are asked for when an active ticket or a name points there, and when the news begin.
//! - Parameters of a PUT's address become changes. None is ever put there.
//!
//! What is approximated: RT does not keep whose turn it is. A row tells it from when the requester was last told something, and who
//! touched the ticket last; what this process saw before, and any thread that was read, are better and win. `due_at` is the
//! ticket's own date, or 24 h after the customer's message. Split relations are the links from a newer to an older ticket
//! where a split's words stand in the thread; lists tell no links, so a thread with such words is worth one more request at first. Labels are the values of a
//! custom field named Labels or Tags, which each queue may have or not. The priority is RT's number on RT's scale: Low 0, Medium 50, High 100; urgent is 200. RT's mark of
//! what an agent has seen (`SeenUpTo`) is neither told nor set by its REST: how far was read is kept on this machine, as for any desk.

mod guests;
mod line;
mod memory;
mod news;
mod read;
mod rows;
mod speak;
mod split;
mod sql;
mod status;
#[cfg(test)]
mod tests;
mod thread;
mod told;
mod wire;
mod write;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use self::line::Line;
use self::memory::Memory;
use super::http::Ask;
use super::{Backend, Connection, DeskResult, Download, TimelineBy, UpdateStream};
use crate::domain::id::AttachmentId;
use crate::domain::{
    Change, ChangeId, Cursor, DeskError, DeskView, EventId, Imported, Page, Query, Receipt, Requester, Support, Thread,
    TicketId, TicketRow, Verb,
};
use crate::text::Clean;

/// Why nothing can be undone.
const NO_UNDO: &str = "RT keeps no earlier states; change it back by hand";

/// How often RT is asked for news.
pub const POLL: Duration = Duration::from_secs(20);

/// A Request Tracker. Cheap to clone.
#[derive(Clone)]
pub struct Rt {
    line: Line,
    memory: Arc<Mutex<Memory>>,
    /// Held while somebody joins a ticket's copies for one mail, or is taken off again.
    door: Arc<tokio::sync::Mutex<()>>,
    poll: Duration,
}

impl Rt {
    /// Prepares a connection; nothing is asked yet.
    pub fn new(connection: &Connection) -> DeskResult<Self> {
        Ok(Self {
            line: Line::new(connection)?,
            memory: Arc::default(),
            door: Arc::default(),
            poll: connection.poll.unwrap_or(POLL),
        })
    }
}

/// How RT does a verb, as far as that does not depend on the team's RT.
pub fn support(verb: Verb) -> Support {
    let emulated = |how: &str| Support::Emulated { how: Clean::line(how) };
    let impossible = |why: &str| Support::Impossible { why: Clean::line(why) };
    match verb {
        Verb::Claim
        | Verb::Release
        | Verb::Assign
        | Verb::Steal
        | Verb::Note
        | Verb::Priority
        | Verb::Move
        | Verb::Subject
        | Verb::Requester
        | Verb::Merge
        | Verb::Attach
        | Verb::Timeline => Support::Native,
        Verb::Reply => emulated("copies join the ticket while the mail leaves; there are no blind copies"),
        Verb::New => emulated("the requester is added after, so that RT mails nobody"),
        Verb::Status => emulated("by the names of the queue's lifecycle; snoozed is not possible"),
        Verb::Label => emulated("as values of a custom field named Labels or Tags"),
        Verb::Split => {
            emulated("messages are copied with author and time, and both tickets linked; the old one keeps them")
        }
        Verb::Search => emulated("in subjects and people; in messages only where RT has full-text search"),
        Verb::Watch => watched(POLL),
        Verb::Undo => impossible(NO_UNDO),
        Verb::Presence => impossible("RT does not know who reads or writes"),
    }
}

fn watched(every: Duration) -> Support {
    let how = format!("RT is asked every {} seconds for what was updated", every.as_secs());
    Support::Emulated { how: Clean::line(&how) }
}

/// The path of a request.
fn path<'a>(below: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    ["REST", "2.0"].into_iter().chain(below)
}

/// A read.
fn get(below: &[&str]) -> Ask {
    Ask::get(path(below.iter().copied()))
}

/// Says so where a change was made in another ticket: RT takes the number of a merged one for that of the one it was merged into.
fn elsewhere(ticket: &TicketId, mut receipt: Receipt) -> Receipt {
    let now = &receipt.ticket.id;
    if now != ticket {
        let words = format!("#{ticket} was merged into #{now}: it was done there");
        let both: Vec<&str> = [&*words].into_iter().chain(receipt.remark.as_deref()).collect();
        receipt.remark = Some(Clean::line(&both.join("; ")));
    }
    receipt
}

#[async_trait]
impl Backend for Rt {
    fn kind(&self) -> &'static str {
        "rt"
    }

    fn support(&self, verb: Verb) -> Support {
        if verb == Verb::Watch { watched(self.poll) } else { support(verb) }
    }

    async fn open(&self, query: &Query) -> DeskResult<DeskView> {
        self.main_screen(query).await
    }

    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.list_rows(query, after).await
    }

    async fn thread(&self, ticket: &TicketId, _: Option<&str>) -> DeskResult<Thread> {
        self.whole_thread(ticket).await
    }

    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.timeline_rows(by, after).await
    }

    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        self.file(id).await
    }

    async fn apply(&self, change: &Change, _: &ChangeId) -> DeskResult<Receipt> {
        let receipt = match change {
            Change::Claim { ticket } => self.claim(ticket).await,
            Change::Release { ticket } => self.release(ticket).await,
            Change::Assign { ticket, to } => self.assign(ticket, to).await,
            Change::Steal { ticket } => self.steal(ticket).await,
            Change::Reply { ticket, message } => self.reply(ticket, message).await,
            Change::Note { ticket, message } => self.note(ticket, message).await,
            Change::New(new) => self.open_new(new).await,
            Change::Status { ticket, to } => self.set_status(ticket, *to).await,
            Change::Priority { ticket, to } => self.set_priority(ticket, *to).await,
            Change::Label { ticket, add, remove } => self.label(ticket, add, remove).await,
            Change::Move { ticket, to } => self.move_to(ticket, to).await,
            Change::Subject { ticket, to } => self.set_subject(ticket, to).await,
            Change::Requester { ticket, to } => self.set_requester(ticket, to).await,
            Change::Split(split) => self.split(split).await,
            Change::Merge { ticket, into } => self.merge(ticket, into).await,
            Change::Undo { .. } => Err(DeskError::NotPossible { why: Clean::line(NO_UNDO) }),
        }?;
        Ok(match change.ticket() {
            Some(ticket) => elsewhere(ticket, receipt),
            None => receipt,
        })
    }

    fn watch(&self, _: Option<EventId>) -> UpdateStream {
        news::watch(self.clone(), self.poll)
    }

    async fn presence(&self, _: &TicketId, _: bool) -> DeskResult<()> {
        Ok(())
    }

    async fn import(&self, _: &str, _: Bytes) -> DeskResult<Imported> {
        Err(DeskError::NotPossible {
            why: Clean::line("RT takes mail in by its own gateway, rt-mailgate, and not over REST"),
        })
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(self.poll)
    }

    fn round_trips(&self) -> u64 {
        self.line.round_trips()
    }

    async fn find_requester(&self, words: &str) -> DeskResult<Vec<Requester>> {
        self.people(words).await
    }
}
