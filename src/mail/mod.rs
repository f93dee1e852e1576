//! Mail in: finding mails in files, taking them apart, deciding what belongs together. Total on every input: what cannot be
//! read fully is read as far as possible, and says so.

pub mod charset;
pub mod date;
pub mod header;
pub mod maildir;
pub mod mbox;

pub mod mime;
pub mod parse;
pub mod thread;

pub use maildir::{RawMail, SourceError, sources};
pub use parse::{Address, Attachment, ParsedMail, parse};
