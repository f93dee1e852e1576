//! Mail in: finding mails in files, taking them apart, deciding what belongs together. Total on every input: what cannot be
//! read fully is read as far as possible, and says so.

pub mod charset;
mod fields;
pub mod maildir;
pub mod mbox;
pub mod parse;
mod repair;
pub mod thread;

pub use maildir::{RawMail, SourceError, sources};
pub use parse::{Address, Attachment, ParsedMail, parse};
