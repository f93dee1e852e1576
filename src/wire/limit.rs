//! How much a value may hold, in characters or entries. The OpenAPI document tells the same numbers.

/// A subject.
pub const SUBJECT: usize = 998;
/// A message's text.
pub const TEXT: usize = 1_000_000;
/// A label.
pub const LABEL: usize = 64;
/// Labels in one request.
pub const LABELS: usize = 100;
/// A name of a person, queue or login.
pub const NAME: usize = 200;
/// A mail address.
pub const EMAIL: usize = 320;
/// A phone number.
pub const PHONE: usize = 64;
/// A customer code.
pub const CODE: usize = 64;
/// People in one line of addresses.
pub const PEOPLE: usize = 100;
/// An id.
pub const ID: usize = 64;
/// Ids in one request.
pub const IDS: usize = 1000;
/// A cursor.
pub const CURSOR: usize = 1024;
/// Words to search for.
pub const SEARCH: usize = 500;
/// A file's name.
pub const FILE_NAME: usize = 255;
/// A media type.
pub const MEDIA_TYPE: usize = 127;
