//! RFC 5322 in and out, for the server and the import.

pub mod parse;
