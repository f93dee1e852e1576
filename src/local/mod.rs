//! What must survive on this machine: the outbox, receipts for undo, and drafts; and what is remembered of the desk
//! ([`cache`]). One SQLite file per account (address and
//! account, not the desk's name) in the data directory, readable by its owner only. Never waits for the network.
//!
//! Every row is on the disk before a call returns (`synchronous=FULL`), so that a killed process or a power cut loses nothing
//! that was answered for. Several processes of one user share one file; what two of them could fight over is one statement.

pub mod cache;
mod drafts;
mod error;
mod forget;
mod lock;
mod outbox;
mod schema;
mod seat;

pub use cache::{Cache, Keep, Kept, Room};
pub use error::LocalError;
pub use forget::Unsent;
pub use lock::OneOfUs;
pub use outbox::{Beside, Entry, LEFT_OVER_AFTER, Queued, new_change_id};
pub use schema::{Local, account_key};
