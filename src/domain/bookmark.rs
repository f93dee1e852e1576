//! How far an agent has read.

use jiff::Timestamp;

use super::id::MessageId;
use super::message::{Message, Thread};
use super::ticket::TicketRow;

/// How far the agent has read a ticket's thread. Kept on this machine: the desks' own marks, where they have any, cannot be had
/// by their REST interfaces (Request Tracker keeps `SeenUpTo` for its web pages alone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The newest message there was.
    pub message: MessageId,
    /// How many messages there were.
    pub messages: u32,
    /// When the ticket had changed last, as that message was read.
    pub at: Timestamp,
}

/// What came to a ticket since it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// So many messages.
    Messages(u32),
    /// The customer wrote; how much is not known, for the desk's lists do not count.
    Uncounted,
}

impl Bookmark {
    /// At the end of a thread; nowhere in a thread without messages.
    pub fn at_end(thread: &Thread) -> Option<Self> {
        let last = thread.messages.last()?;
        // A desk may take a ticket for waiting from a moment that is not quite the message's.
        let changed = thread.ticket.updated_at.max(last.at);
        Some(Self {
            message: last.id.clone(),
            messages: u32::try_from(thread.messages.len()).unwrap_or(u32::MAX),
            at: thread.ticket.waiting_since.map_or(changed, |since| since.max(changed)),
        })
    }

    /// What a row tells to have come since.
    pub fn news(&self, row: &TicketRow) -> Option<News> {
        match row.messages.checked_sub(self.messages) {
            Some(n) if n > 0 => Some(News::Messages(n)),
            _ => row
                .waiting_since
                .filter(|since| row.on_us && since.as_millisecond() > self.at.as_millisecond())
                .map(|_| News::Uncounted),
        }
    }

    /// What of a thread was not read: behind the bookmark, what somebody else wrote. Nothing when the message of the bookmark went
    /// elsewhere.
    pub fn unread(&self, thread: &Thread, is_mine: impl Fn(&Message) -> bool) -> Option<Unread> {
        // Near the end, as a rule.
        let read = thread.messages.iter().rposition(|m| m.id == self.message)?;
        let mut others = thread.messages.iter().enumerate().skip(read + 1).filter(|(_, m)| !is_mine(m));
        let (from, _) = others.next()?;
        Some(Unread { from, messages: u32::try_from(others.count() + 1).unwrap_or(u32::MAX) })
    }
}

/// What of a thread was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The place of its first message in the thread.
    pub from: usize,
    /// How many others wrote.
    pub messages: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;

    fn thread(ids: &[&str]) -> Thread {
        let messages = ids.iter().map(|id| fixture::message(id)).collect();
        Thread { ticket: fixture::row("7"), messages, events: Vec::new() }
    }

    #[test]
    fn reading_goes_on_behind_the_last_message_that_was_there() {
        let read = Bookmark::at_end(&thread(&["a", "b"])).unwrap();
        assert_eq!((read.message.as_str(), read.messages), ("b", 2));
        assert_eq!(read.unread(&thread(&["a", "b"]), |_| false), None);
        let longer = thread(&["a", "b", "c", "d"]);
        let unread = |from, messages| Some(Unread { from, messages });
        assert_eq!(read.unread(&longer, |_| false), unread(2, 2));
        assert_eq!(read.unread(&longer, |m| m.id.as_str() == "c"), unread(3, 1), "one's own words are not news");
        assert_eq!(read.unread(&longer, |m| m.id.as_str() == "d"), unread(2, 1));
        assert_eq!(read.unread(&longer, |_| true), None);
    }

    #[test]
    fn a_row_tells_what_came_since_also_where_a_desk_does_not_count() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let row = |messages, since: Option<i64>| TicketRow {
            messages,
            on_us: since.is_some(),
            waiting_since: since.map(at),
            ..fixture::row("7")
        };
        let read = Bookmark { message: "b".into(), messages: 2, at: at(50) };
        assert_eq!(read.news(&row(2, None)), None);
        assert_eq!(read.news(&row(5, Some(60))), Some(News::Messages(3)));
        assert_eq!(read.news(&row(2, Some(40))), None, "that one was read");
        assert_eq!(read.news(&row(2, Some(60))), Some(News::Uncounted));
        assert_eq!(read.news(&row(0, Some(60))), Some(News::Uncounted));
        assert_eq!(read.news(&row(0, None)), None);
    }

    #[test]
    fn where_the_message_went_elsewhere_nothing_is_said() {
        assert_eq!(Bookmark::at_end(&thread(&[])), None);
        let read = Bookmark::at_end(&thread(&["a", "b"])).unwrap();
        assert_eq!(read.unread(&thread(&["a", "c"]), |_| false), None);
    }
}
