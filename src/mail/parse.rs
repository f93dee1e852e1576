//! From raw bytes to what a ticket needs. Total: every input gives a mail, `broken` says what could not be read.

use jiff::Timestamp;

use crate::domain::people::Requester;
use crate::text::Clean;

/// A mail, read as far as it could be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedMail {
    /// Its `Message-ID`, without angle brackets.
    pub message_id: Option<String>,
    /// The ids it answers, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// The ids it cites, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Its author.
    pub from: Requester,
    /// Where answers should go, when elsewhere.
    pub reply_to: Option<Requester>,
    /// To.
    pub to: Vec<Requester>,
    /// Copies.
    pub cc: Vec<Requester>,
    /// Its subject, decoded.
    pub subject: Clean,
    /// When it was sent, as far as it says.
    pub date: Option<Timestamp>,
    /// Its text: the plain part, or the HTML part turned into text.
    pub text: Clean,
    /// `text` was made from HTML.
    pub from_html: bool,
    /// The HTML part as it came.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<MailFile>,
    /// It was sent by a machine (`Auto-Submitted`).
    pub automatic: bool,
    /// Why it could be read only in part.
    pub broken: Option<Clean>,
}

/// A file inside a mail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MailFile {
    /// Its name, without any folder.
    pub name: Clean,
    /// Its media type.
    pub media_type: Clean,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// It is shown inside the text (an image of the HTML part).
    pub inline: bool,
}
