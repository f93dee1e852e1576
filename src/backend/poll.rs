//! News from a desk that sends none: its main screen is asked for again and again, at a pace that the desk bears, and what differs
//! is the news.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use super::backoff::{self, Backoff};
use super::{Backend, DeskResult, UpdateStream, Watched};
use crate::domain::{DeskError, EventId, Query, TicketId, TicketRow, Update, UpdateKind};

/// Rows that are looked at with one question.
const ROWS: u32 = 200;
/// Of the tickets that left the list, so many are asked for one by one with each question; the others with the next ones.
const GONE: usize = 5;
/// A ticket that left and that the desk cannot show is asked for so often.
const TRIES: u8 = 5;

/// What is asked again and again; each answer is what is new since the last.
#[async_trait]
pub trait Asks: Send {
    /// Asks once.
    async fn ask(&mut self) -> DeskResult<Vec<Update>>;
}

/// The news of a desk by its main screen, asked for every so often.
pub fn watch(desk: Arc<dyn Backend>, every: Duration) -> UpdateStream {
    asked(MainScreen::of(desk), every)
}

/// The news by a question, asked every so often; less often while the desk does not answer.
pub fn asked(question: impl Asks + 'static, every: Duration) -> UpdateStream {
    let backoff = Backoff::new(every, every.saturating_mul(8));
    let poll = Poll { question, every, backoff, wait: Duration::ZERO, connected: false };
    stream::unfold(poll, |mut poll| async { Some((stream::iter(poll.next().await), poll)) }).flatten().boxed()
}

struct Poll<Q> {
    question: Q,
    every: Duration,
    backoff: Backoff,
    wait: Duration,
    connected: bool,
}

impl<Q: Asks> Poll<Q> {
    /// Waits, asks, and answers what is new; often nothing.
    async fn next(&mut self) -> Vec<Watched> {
        tokio::time::sleep(self.wait).await;
        match self.question.ask().await {
            Ok(news) => {
                self.backoff.reset();
                self.wait = self.every;
                let first = !std::mem::replace(&mut self.connected, true);
                let connected = first.then_some(Watched::Connected { stream: None });
                connected.into_iter().chain(news.into_iter().map(|n| Watched::Update(Box::new(n)))).collect()
            }
            Err(error) => {
                self.connected = false;
                self.wait = match &error {
                    DeskError::Limited { retry_after: Some(wait) } => backoff::spread(*wait),
                    _ => self.backoff.next_wait(),
                };
                vec![Watched::Lost(error)]
            }
        }
    }
}

struct MainScreen {
    desk: Arc<dyn Backend>,
    /// The versions seen with the last answer.
    known: Option<HashMap<TicketId, u64>>,
    /// What left the list and was not asked for yet, and how often that was tried.
    gone: VecDeque<(TicketId, u8)>,
}

impl MainScreen {
    fn of(desk: Arc<dyn Backend>) -> Self {
        Self { desk, known: None, gone: VecDeque::new() }
    }

    /// Asks what became of tickets that left the list, of a few at a time. What cannot be had now is asked for later and holds up
    /// nothing: a desk that does not answer at all says so at the next look at its list.
    async fn left(&mut self) -> Vec<TicketRow> {
        let mut found = Vec::new();
        for _ in 0..GONE {
            let Some((id, tries)) = self.gone.pop_front() else { break };
            match self.desk.thread(&id, None).await {
                Ok(thread) => found.push(thread.ticket),
                Err(error) if error.is_retryable() => {
                    tracing::debug!(%error, %id, "what became of a ticket is not known yet");
                    let tries = tries + u8::from(!matches!(error, DeskError::Limited { .. }));
                    if tries < TRIES {
                        self.gone.push_back((id, tries));
                    }
                    break;
                }
                // It went where we may not look; the next look at its list says so.
                Err(_) => {}
            }
        }
        found
    }
}

#[async_trait]
impl Asks for MainScreen {
    async fn ask(&mut self) -> DeskResult<Vec<Update>> {
        let view = self.desk.open(&Query { limit: Some(ROWS), ..Query::default() }).await?;
        let seen: HashMap<TicketId, u64> = view.tickets.iter().map(|r| (r.id.clone(), r.version)).collect();
        // What is back is told with the list.
        self.gone.retain(|(id, _)| !seen.contains_key(id));
        // From here on nothing fails: what differs is told, and what left waits in `gone`.
        let Some(known) = self.known.replace(seen) else { return Ok(Vec::new()) };
        let mut rows: Vec<TicketRow> =
            view.tickets.iter().filter(|r| known.get(&r.id) != Some(&r.version)).cloned().collect();
        let listed: HashSet<&TicketId> = view.tickets.iter().map(|r| &r.id).collect();
        self.gone.extend(known.into_keys().filter(|id| !listed.contains(id)).map(|id| (id, 0)));
        rows.extend(self.left().await);
        let counts =
            Update { queues: view.queues, totals: Some(view.totals), agents: view.agents, ..bare(UpdateKind::Queue) };
        Ok(std::iter::once(counts).chain(rows.into_iter().map(of_ticket)).collect())
    }
}

/// News of a ticket.
pub fn of_ticket(row: TicketRow) -> Update {
    Update { ticket: Some(row), ..bare(UpdateKind::Ticket) }
}

/// News that nothing is said in yet; a desk that is asked has no names for its events.
pub fn bare(kind: UpdateKind) -> Update {
    Update::bare(EventId::new(""), kind)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::backend::testserver::{Step, TestServer, answer, json};
    use crate::backend::{Connection, connect};

    const FORMS: &str = r#"<select name="queue"><option value="1">Shop</option></select>
        <select name="assigned_to"><option value="2">mika</option></select>"#;

    fn ticket(id: i64, status: i64) -> String {
        format!(
            r#"{{"id":{id},"queue":1,"title":"Parcel","description":"","assigned_to":null,"status":{status},"priority":3,"followup_set":[]}}"#
        )
    }

    /// A helpdesk with these open tickets, all others closed, which answers `fault` as often as there are any to a look at one.
    async fn desk(open: &Arc<Mutex<Vec<i64>>>, faults: Vec<Step>) -> (TestServer, MainScreen) {
        let (open, mut faults) = (Arc::clone(open), VecDeque::from(faults));
        let server = TestServer::by(move |request| {
            let target = request.split(' ').nth(1).unwrap_or_default();
            if request.contains("accept: text/html") {
                return answer("200 OK", "content-type: text/html", FORMS);
            }
            match target.split('/').nth(3).and_then(|id| id.parse().ok()) {
                Some(id) => faults.pop_front().unwrap_or_else(|| json(&ticket(id, 4))),
                None => {
                    let all: Vec<String> = open.lock().unwrap().iter().map(|id| ticket(*id, 1)).collect();
                    json(&format!(r#"{{"next":null,"results":[{}]}}"#, all.join(",")))
                }
            }
        })
        .await;
        let connection = Connection {
            kind: "django-helpdesk".to_owned(),
            account: Some("mika".to_owned()),
            ..server.connection.clone()
        };
        let question = MainScreen::of(connect(&connection).unwrap());
        (server, question)
    }

    /// The tickets told with one look, in order.
    async fn told(question: &mut MainScreen) -> Vec<i64> {
        let news = question.ask().await.unwrap();
        let mut ids: Vec<i64> = news.iter().filter_map(|n| n.ticket.as_ref()?.id.number()).collect();
        ids.sort_unstable();
        ids
    }

    /// A colleague closes twenty tickets with one stroke: all of them leave every other screen, a few with each look.
    #[tokio::test]
    async fn all_that_left_is_told() {
        let open = Arc::new(Mutex::new((1..=21).collect::<Vec<i64>>()));
        let (_server, mut question) = desk(&open, Vec::new()).await;
        assert_eq!(told(&mut question).await, [0; 0]);
        open.lock().unwrap().retain(|id| *id == 21);
        let mut all = Vec::new();
        for _ in 0..4 {
            let some = told(&mut question).await;
            assert_eq!(some.len(), GONE);
            all.extend(some);
        }
        all.sort_unstable();
        assert_eq!(all, (1..=20).collect::<Vec<i64>>());
        assert_eq!(told(&mut question).await, [0; 0], "and nothing twice");
    }

    /// One that cannot be looked at keeps nothing else from being told, is asked for again, and not for ever.
    #[tokio::test]
    async fn a_look_that_fails_loses_no_news() {
        let open = Arc::new(Mutex::new(vec![1, 2]));
        let page = answer("200 OK", "content-type: text/html", "<!doctype html>");
        let (_server, mut question) = desk(&open, vec![page]).await;
        told(&mut question).await;
        *open.lock().unwrap() = vec![2, 3];
        assert_eq!(told(&mut question).await, [3], "what came is told although what went is not known");
        assert_eq!(told(&mut question).await, [1]);

        let fault = || answer("500 No", "", "");
        let (server, mut question) = desk(&open, (0..20).map(|_| fault()).collect()).await;
        told(&mut question).await;
        *open.lock().unwrap() = vec![2];
        for _ in 0..8 {
            assert_eq!(told(&mut question).await, [0; 0]);
        }
        let looks = server.asked().iter().filter(|r| r.contains("/api/tickets/3/")).count();
        assert!(looks > 1 && question.gone.is_empty(), "{looks}");
    }
}
