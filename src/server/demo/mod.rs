//! Sample work for `ticketty demo`: a desk in the middle of its day. The mails go the way of every mail, through the parser
//! and the import; the agents' work goes through the same writes as everybody's. Times are relative to now, all else is fixed.

mod letter;
mod story;

use jiff::{SignedDuration, Timestamp};

use self::story::{Act, MIKA, QUEUES, Story, TEAM, YOU, stories};
use super::store::{Answer, Caller, NewAgent, Store, StoreError, WriteMeta, Written};
use crate::domain::change::Then;
use crate::domain::id::{AttachmentId, TicketId};
use crate::domain::people::Role;
use crate::domain::ticket::Status;
use crate::mail::parse::parse;
use crate::wire::{ImportOutcome, NoteBody, PatchBody, ReplyBody, SplitBody, UploadBody, Write};

/// Fills an empty desk. `me` is the login of the agent who looks at it.
pub async fn fill(store: &dyn Store, me: &str, now: Timestamp) -> Result<(), StoreError> {
    let began = before(now, 60 * 24 * 21);
    let existing = store.all_agents().await?;
    let mut callers = Vec::new();
    for (login, name) in TEAM {
        let login = if login == YOU { me } else { login };
        let agent = match existing.iter().find(|a| a.login.as_str() == login) {
            Some(agent) => agent.clone(),
            None => {
                let agent = NewAgent {
                    login: login.to_owned(),
                    name: name.to_owned(),
                    email: format!("{login}@desk.example"),
                    role: if login == me { Role::Admin } else { Role::Agent },
                };
                store.add_agent(&agent, began).await?
            }
        };
        callers.push(Caller { agent: agent.id, role: agent.role, token: 0 });
    }
    let queues = store.all_queues().await?;
    for (name, hours) in QUEUES {
        if !queues.iter().any(|(q, _)| q.name.as_str() == name) {
            store.add_queue(name, Some(hours * 3600), began).await?;
        }
    }
    play(&Desk { store, callers, now }).await
}

/// A moment so many minutes ago.
fn before(now: Timestamp, minutes: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now)
}

struct Desk<'a> {
    store: &'a dyn Store,
    callers: Vec<Caller>,
    now: Timestamp,
}

/// Lets everything happen in the order of its time, so that the history reads as if it had.
async fn play(desk: &Desk<'_>) -> Result<(), StoreError> {
    let mut steps: Vec<(i64, usize, Option<usize>)> = Vec::new();
    let stories = stories();
    for (at, story) in stories.iter().enumerate() {
        steps.push((story.ago, at, None));
        steps.extend(story.then.iter().enumerate().map(|(n, (ago, _, _))| (*ago, at, Some(n))));
    }
    steps.sort_by_key(|(ago, at, n)| (std::cmp::Reverse(*ago), *at, *n));
    let mut tickets: Vec<Option<TicketId>> = vec![None; stories.len()];
    for (ago, at, n) in steps {
        let story = stories[at];
        let moment = before(desk.now, ago);
        desk.store.turn_late(moment, u32::MAX).await?;
        match n.map(|n| &story.then[n]) {
            None => tickets[at] = Some(desk.mail(story, at, story.text, 0, moment).await?),
            Some((_, _, Act::Answers(text))) => {
                desk.mail(story, at, text, ago, moment).await?;
            }
            Some((_, who, act)) => {
                let Some(ticket) = &tickets[at] else { continue };
                desk.act(&desk.callers[*who], ticket, act, moment).await?;
            }
        }
    }
    desk.store.turn_late(desk.now, u32::MAX).await.map(|_| ())
}

impl Desk<'_> {
    /// A mail of the customer: the first of a story, or (with `part` other than 0) a later one.
    async fn mail(
        &self,
        story: &Story,
        at: usize,
        text: &str,
        part: i64,
        moment: Timestamp,
    ) -> Result<TicketId, StoreError> {
        let raw = letter::write(story, at, text, part, moment);
        let imported = self.store.import(&self.callers[MIKA], story.queue, &parse(&raw), &raw, moment).await?;
        debug_assert_ne!(imported.outcome, ImportOutcome::Broken, "{}", story.subject);
        Ok(imported.ticket)
    }

    async fn act(&self, caller: &Caller, ticket: &TicketId, act: &Act, at: Timestamp) -> Result<(), StoreError> {
        let id = ticket.clone();
        let patch = |patch| Write::Patch(id.clone(), patch);
        let owned = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
        let write = match *act {
            Act::Answers(_) => return Ok(()),
            Act::Claims => Write::Claim(id),
            Act::Replies(text) | Act::Resolves(text) => {
                let status = if matches!(act, Act::Resolves(_)) { Status::Resolved } else { Status::Waiting };
                let then = Then { status: Some(status), assignee: None };
                Write::Reply(id, ReplyBody { text: text.to_owned(), force: true, then, ..ReplyBody::default() })
            }
            Act::Sends(text, file, bytes) => {
                let file = self.upload(caller, ticket, file, bytes, at).await?;
                let then = Then { status: Some(Status::Waiting), assignee: None };
                let attachments = file.into_iter().collect();
                Write::Reply(
                    id,
                    ReplyBody { text: text.to_owned(), attachments, force: true, then, ..ReplyBody::default() },
                )
            }
            Act::Notes(text) => Write::Note(id, NoteBody { text: text.to_owned(), ..NoteBody::default() }),
            Act::Labels(words) => patch(PatchBody { add_labels: owned(words), ..PatchBody::default() }),
            Act::Sets(priority) => patch(PatchBody { priority: Some(priority), ..PatchBody::default() }),
            Act::Moves(queue) => patch(PatchBody { queue: Some(queue.to_owned()), ..PatchBody::default() }),
            Act::SplitsOff(number, subject) => {
                let thread = self.store.thread(caller, ticket).await?;
                let moved = thread.messages.iter().filter(|m| m.number == number).map(|m| m.id.clone()).collect();
                let split = SplitBody {
                    messages: Some(moved),
                    subject: Some(subject.to_owned()),
                    assignee: Some(String::new()),
                    ..SplitBody::default()
                };
                Write::Split(id, split)
            }
        };
        self.write(caller, write, at).await.map(|_| ())
    }

    async fn upload(
        &self,
        caller: &Caller,
        ticket: &TicketId,
        name: &str,
        bytes: &'static [u8],
        at: Timestamp,
    ) -> Result<Option<AttachmentId>, StoreError> {
        let body = UploadBody {
            name: name.to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: bytes::Bytes::from_static(bytes),
        };
        let answer = self.write(caller, Write::Upload(Some(ticket.clone()), body), at).await?;
        Ok(match answer.result? {
            Written::Uploaded(uploaded) => Some(uploaded.id),
            Written::Changed(_) => None,
        })
    }

    /// One write of an agent; what the desk refuses here is a mistake in the stories.
    async fn write(&self, caller: &Caller, write: Write, at: Timestamp) -> Result<Answer, StoreError> {
        let answer = self.store.write(caller, &WriteMeta::default(), write, at).await?;
        match answer.result {
            Err(error) => Err(StoreError::Refused(error)),
            Ok(_) => Ok(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Query;
    use crate::server::store::SqliteStore;

    #[tokio::test]
    async fn the_desk_is_full_of_all_kinds_of_work() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("desk.db")).await.unwrap();
        let now: Timestamp = "2026-01-05T14:05:00Z".parse().unwrap();
        fill(&store, "jo", now).await.unwrap();
        let me = store.all_agents().await.unwrap().into_iter().find(|a| a.login.as_str() == "jo").unwrap();
        let caller = Caller { agent: me.id, role: me.role, token: 0 };
        let query = Query { limit: Some(200), status: Status::ALL.to_vec(), ..Query::default() };
        let view = store.main(&caller, &query, now).await.unwrap();
        assert!(view.queues.len() >= 5 && view.agents.len() == 6, "{} queues", view.queues.len());
        assert!((38..=50).contains(&view.tickets.len()), "{} tickets", view.tickets.len());
        let totals = view.totals;
        assert!(totals.unassigned >= 4 && totals.mine >= 4 && totals.late >= 2, "{totals:?}");
        let mut loads: Vec<u32> = view.agents.iter().map(|a| a.load.load).collect();
        loads.sort_unstable();
        loads.dedup();
        assert!(loads.len() >= 4, "loads differ: {loads:?}");
        let mut html = 0;
        let mut files = 0;
        for row in &view.tickets {
            let thread = store.thread(&caller, &row.id).await.unwrap();
            html += thread.messages.iter().filter(|m| m.from_html).count();
            files += thread.messages.iter().map(|m| m.attachments.len()).sum::<usize>();
        }
        assert!(html >= 2 && files >= 3, "{html} HTML mails, {files} files");
        let found = Query { text: Some("返品".into()), ..Query::default() };
        assert!(!store.list(&caller, &found, None, now).await.unwrap().rows.is_empty());
    }
}
