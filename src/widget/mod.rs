//! Drawing parts without opinions: they take [`crate::text::Clean`] text and styles by meaning, and know no model.

pub mod badge;
pub mod bar;
pub mod columns;
pub mod draw;
pub mod dump;
pub mod scroll;
pub mod short;
pub mod statusline;

pub use draw::{blank, cells, mark, put, put_fit, put_right, rule};
