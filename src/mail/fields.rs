//! Head fields as mail-parser reads them, in this program's types.

use jiff::Timestamp;
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};

use super::parse::Address;
use crate::text::Clean;

/// More people than this on one field are not read.
const MOST_ADDRESSES: usize = 2000;

/// Reads a head (already repaired). Nothing if it has no field.
pub fn read(head: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(head)
}

/// Whether a head is a mail's and not the first line of some text with a colon in it.
pub fn are_of_a_mail(head: &Message<'_>) -> bool {
    head.headers().iter().any(|h| !h.name.is_other())
}

/// The first field of a name that says something, as text.
pub fn text(head: &Message<'_>, name: HeaderName<'static>) -> String {
    head.header_values(name).find_map(HeaderValue::as_text).unwrap_or_default().to_owned()
}

/// The message ids in all fields of a name, without their brackets.
pub fn ids(head: &Message<'_>, name: HeaderName<'static>) -> Vec<String> {
    let tidy = |id: &str| {
        let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(500).collect();
        (!id.is_empty()).then_some(id)
    };
    head.header_values(name).filter_map(HeaderValue::as_text_list).flatten().filter_map(|id| tidy(id)).collect()
}

/// The people in all fields of a name.
pub fn people(head: &Message<'_>, name: HeaderName<'static>) -> Vec<Address> {
    let mut people: Vec<Address> = Vec::new();
    for found in head.header_values(name).filter_map(HeaderValue::as_address).flat_map(|a| a.iter()) {
        let (name, email) = (tidy(found.name()), tidy(found.address()).replace(' ', ""));
        // Some programs put quotes around the quotes.
        let bare = name.trim_matches(['"', ' ']);
        let bare = bare.strip_prefix('\'').and_then(|n| n.strip_suffix('\'')).unwrap_or(bare);
        let name = if bare == email { "" } else { bare };
        if !(name.is_empty() && email.is_empty()) {
            people.push(Address { name: Clean::line(name), email: Clean::line(&email) });
        }
        if people.len() >= MOST_ADDRESSES {
            break;
        }
    }
    people
}

fn tidy(text: Option<&str>) -> String {
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// When a mail was written, else when the newest hop took it (which stands first).
pub fn date(head: &Message<'_>) -> Option<Timestamp> {
    let written = head.header_values(HeaderName::Date).find_map(HeaderValue::as_datetime).and_then(timestamp);
    let loose = || head.header_raw(HeaderName::Date).and_then(loose_date);
    let received = || head.received_all().filter_map(mail_parser::Received::date).find_map(|d| timestamp(&d));
    written.or_else(loose).or_else(received)
}

fn timestamp(date: &mail_parser::DateTime) -> Option<Timestamp> {
    let valid = date.is_valid() && date.year >= 1970;
    Timestamp::from_second(date.to_timestamp()).ok().filter(|_| valid)
}

/// Dates that RFC 5322 does not know but programs write.
fn loose_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    let ctime = || jiff::civil::DateTime::strptime("%a %b %e %H:%M:%S %Y", value).ok()?.in_tz("UTC").ok();
    value.parse().ok().or_else(|| Some(ctime()?.timestamp()))
}
