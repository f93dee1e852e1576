//! The keyboard as a queue. crossterm's stream remembers only the first waker of a wait, so it must not be polled in passing:
//! one task reads it and nothing else, and the loop drains the queue.

use std::io;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// The keyboard while it is ours.
pub struct Input {
    queue: UnboundedReceiver<io::Result<Event>>,
    reader: JoinHandle<()>,
}

impl Input {
    /// Begins to read.
    pub fn start() -> Self {
        let (sender, queue) = unbounded_channel();
        let reader = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(event) = stream.next().await {
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { queue, reader }
    }

    /// Waits for the next event; nothing when the terminal is gone.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        self.queue.recv().await
    }

    /// An event that is there already.
    pub fn waiting(&mut self) -> Option<io::Result<Event>> {
        self.queue.try_recv().ok()
    }

    /// Stops reading, so that another program gets the keys.
    pub async fn stop(self) {
        self.reader.abort();
        let _ = self.reader.await;
    }
}
