//! The whole.

pub mod layout;
pub mod undo;
