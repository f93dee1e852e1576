//! What every pane may read ([`world`]), wish for ([`effect`]) and be told ([`event`]).

pub mod effect;
pub mod event;
pub mod notice;
mod recount;
pub mod view;
pub mod world;

pub use effect::{Effect, Timer};
pub use event::{Event, ImportReport, OutboxRow, OutboxState};
pub use notice::{Level, Notice};
pub use view::View;
pub use world::{Link, Pending, World};
