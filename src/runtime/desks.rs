//! The desk on the screen, and those that were on it before. A desk that another one took the place of is read no more, and
//! what waits in its outbox still leaves; a refusal there is said on whatever screen is up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;

use super::effects::Effects;
use crate::app::Settings;
use crate::backend::Shared;
use crate::domain::DeskError;
use crate::local::{Local, Room};
use crate::model::event::{DeskRow, WorkOf};
use crate::model::{Event, View};
use crate::sync::pull::Reader;
use crate::text::Clean;

/// What a screen needs of a desk.
pub struct Desk {
    /// The adapter.
    pub backend: Shared,
    /// This account's outbox and drafts.
    pub local: Local,
    /// What the agent's configuration decides.
    pub settings: Settings,
}

/// Finds a configured desk by its name, or says why not.
pub type FindDesk = Box<dyn Fn(String) -> BoxFuture<'static, Result<Desk, Clean>> + Send>;
/// Lists the configured desks.
pub type ListDesks = Box<dyn Fn() -> BoxFuture<'static, Vec<DeskRow>> + Send>;

/// For so long a desk is waited for that others are asked together with.
const PATIENCE: Duration = Duration::from_secs(5);

/// What I hold on a desk: as it says now; as it is kept, when it does not answer soon.
pub async fn work_of(name: Clean, desk: BoxFuture<'static, Result<Desk, Clean>>) -> WorkOf {
    let no_answer = || Clean::line("it does not answer");
    // A command that prints its token may take its time, too.
    let desk = match timeout(PATIENCE, desk).await.unwrap_or_else(|_| Err(no_answer())) {
        Ok(desk) => desk,
        Err(why) => return WorkOf { desk: name, stale: Some((why, None)), ..WorkOf::default() },
    };
    let reader = Reader::start(desk.backend, desk.local, Room::default());
    let query = View::Mine.query();
    let whole = async {
        let mut page = reader.page(&query, None).await?;
        let mut rows = std::mem::take(&mut page.rows);
        // A desk that gives pages without an end is not followed for ever: the time is out before.
        while let Some(next) = page.next {
            page = reader.page(&query, Some(&next)).await?;
            rows.append(&mut page.rows);
        }
        Ok::<_, DeskError>(rows)
    };
    let why = match timeout(PATIENCE, whole).await {
        Ok(Ok(rows)) => return WorkOf { desk: name, rows, stale: None },
        Ok(Err(error)) => Clean::line(&error.to_string()),
        Err(_) => no_answer(),
    };
    let kept = reader.kept_page(&query, None).await;
    let at = kept.as_ref().map(|kept| kept.at);
    WorkOf { desk: name, rows: kept.map(|kept| kept.what.rows).unwrap_or_default(), stale: Some((why, at)) }
}

/// What could not leave before the end: the desk, and how many changes.
pub type Left = (Clean, usize);

/// Where what is told goes: the screen that is up.
#[derive(Clone)]
pub struct Here(Arc<Mutex<UnboundedSender<Event>>>);

impl Here {
    /// The first screen.
    pub fn new(screen: UnboundedSender<Event>) -> Self {
        Self(Arc::new(Mutex::new(screen)))
    }

    /// Another screen takes its place.
    pub fn is_now(&self, screen: UnboundedSender<Event>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = screen;
    }

    fn tell(&self, event: Event) {
        // At the end there is no screen any more.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).send(event);
    }
}

/// A desk that was on the screen.
pub struct Parked {
    /// Its name.
    pub name: Clean,
    effects: Effects,
}

impl Parked {
    /// Takes a desk off the screen.
    pub fn new(name: Clean, mut effects: Effects, mut events: UnboundedReceiver<Event>, here: Here) -> Self {
        effects.rest();
        let desk = name.clone();
        // Ends with the desk's tasks, which hold the senders.
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let Event::Refused { change, error, .. } = event {
                    here.tell(Event::RefusedElsewhere { desk: desk.clone(), change, error });
                }
            }
        });
        Self { name, effects }
    }

    /// At the end: what is due may still leave, at most so long. Answers what could not.
    pub async fn finish(self, wait: Duration) -> Left {
        (self.name, self.effects.finish(wait).await)
    }
}
