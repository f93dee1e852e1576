//! What the values of a request may be, beyond their shape. The same limits stand in the OpenAPI document, by the
//! attributes on `wire`.

use crate::domain::change::Then;
use crate::domain::{DeskError, Excerpt};
use crate::text::Clean;
use crate::wire::{
    AssignBody, ListParams, MainParams, MergeBody, NewTicketBody, NoteBody, PatchBody, PresenceBody, ReplyBody,
    RequesterBody, SearchParams, SplitBody, StatsParams, ThreadParams, TimelineParams, UndoBody, UploadParams, limit,
};

/// A request that can tell whether its values are possible.
pub trait Check {
    /// The first value that is not.
    fn check(&self) -> Result<(), DeskError>;
}

fn invalid(field: &str, why: &str) -> DeskError {
    DeskError::Invalid { field: Some(Clean::line(field)), why: Clean::line(why) }
}

/// No text of ours holds a NUL; databases and C programs would cut it there.
fn text(field: &str, value: &str, max: usize) -> Result<(), DeskError> {
    if value.contains('\0') {
        return Err(invalid(field, &format!("{field} must not hold a NUL character")));
    }
    if value.len() > max && value.chars().count() > max {
        return Err(invalid(field, &format!("{field} is longer than {max} characters")));
    }
    Ok(())
}

fn filled(field: &str, value: &str, max: usize) -> Result<(), DeskError> {
    if value.trim().is_empty() {
        return Err(invalid(field, &format!("{field} must not be empty")));
    }
    text(field, value, max)
}

fn optional(field: &str, value: Option<&String>, max: usize) -> Result<(), DeskError> {
    value.map_or(Ok(()), |v| text(field, v, max))
}

fn few<T>(field: &str, values: &[T], max: usize) -> Result<(), DeskError> {
    if values.len() <= max { Ok(()) } else { Err(invalid(field, &format!("{field} has more than {max} entries"))) }
}

fn labels(field: &str, values: &[String]) -> Result<(), DeskError> {
    few(field, values, limit::LABELS)?;
    for label in values {
        filled(field, label, limit::LABEL)?;
        if label.contains(|c: char| c == ',' || c.is_control()) {
            return Err(invalid(field, "a label must not hold a comma or a control character"));
        }
    }
    Ok(())
}

fn ids<T: AsStr>(field: &str, values: &[T]) -> Result<(), DeskError> {
    few(field, values, limit::IDS)?;
    values.iter().try_for_each(|id| filled(field, id.text(), limit::ID))
}

/// Anything whose text can be looked at.
trait AsStr {
    fn text(&self) -> &str;
}

impl AsStr for crate::domain::AttachmentId {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl AsStr for crate::domain::MessageId {
    fn text(&self) -> &str {
        self.as_str()
    }
}

fn people(field: &str, values: &[RequesterBody]) -> Result<(), DeskError> {
    few(field, values, limit::PEOPLE)?;
    for person in values {
        person.check()?;
        filled(field, &person.email, limit::EMAIL)?;
    }
    Ok(())
}

fn then(value: &Then) -> Result<(), DeskError> {
    value.assignee.as_ref().map_or(Ok(()), |a| text("then", a.as_str(), limit::NAME))
}

impl Check for RequesterBody {
    fn check(&self) -> Result<(), DeskError> {
        text("name", &self.name, limit::NAME)?;
        text("email", &self.email, limit::EMAIL)?;
        optional("phone", self.phone.as_ref(), limit::PHONE)?;
        optional("code", self.code.as_ref(), limit::CODE)
    }
}

impl Check for NewTicketBody {
    fn check(&self) -> Result<(), DeskError> {
        filled("queue", &self.queue, limit::NAME)?;
        self.requester.check()?;
        if self.requester.email.trim().is_empty()
            && self.requester.name.trim().is_empty()
            && self.requester.phone.as_ref().is_none_or(|p| p.trim().is_empty())
        {
            return Err(invalid("requester", "a requester needs a name, a mail address or a phone number"));
        }
        text("subject", &self.subject, limit::SUBJECT)?;
        text("text", &self.text, limit::TEXT)?;
        labels("labels", &self.labels)?;
        ids("attachments", &self.attachments)
    }
}

impl Check for PatchBody {
    fn check(&self) -> Result<(), DeskError> {
        optional("subject", self.subject.as_ref(), limit::SUBJECT)?;
        if let Some(queue) = &self.queue {
            filled("queue", queue, limit::NAME)?;
        }
        labels("add_labels", &self.add_labels)?;
        labels("remove_labels", &self.remove_labels)?;
        self.requester.as_ref().map_or(Ok(()), Check::check)
    }
}

impl Check for AssignBody {
    fn check(&self) -> Result<(), DeskError> {
        filled("to", &self.to, limit::NAME)
    }
}

impl Check for ReplyBody {
    fn check(&self) -> Result<(), DeskError> {
        filled("text", &self.text, limit::TEXT)?;
        people("to", &self.to)?;
        people("cc", &self.cc)?;
        people("bcc", &self.bcc)?;
        optional("subject", self.subject.as_ref(), limit::SUBJECT)?;
        ids("attachments", &self.attachments)?;
        if let Some(seen) = &self.seen {
            filled("seen", seen.as_str(), limit::ID)?;
        }
        then(&self.then)
    }
}

impl Check for NoteBody {
    fn check(&self) -> Result<(), DeskError> {
        filled("text", &self.text, limit::TEXT)?;
        ids("attachments", &self.attachments)?;
        then(&self.then)
    }
}

impl Check for SplitBody {
    fn check(&self) -> Result<(), DeskError> {
        match (&self.messages, &self.lines) {
            (Some(messages), None) => {
                if messages.is_empty() {
                    return Err(invalid("messages", "name at least one message"));
                }
                ids("messages", messages)?;
            }
            (None, Some(Excerpt { message, lines })) => {
                filled("lines", message.as_str(), limit::ID)?;
                if lines.0 == 0 || lines.1 < lines.0 {
                    return Err(invalid("lines", "lines count from 1, the first before the last"));
                }
            }
            _ => return Err(invalid("messages", "give either messages or lines")),
        }
        optional("subject", self.subject.as_ref(), limit::SUBJECT)?;
        if let Some(queue) = &self.queue {
            filled("queue", queue, limit::NAME)?;
        }
        optional("assignee", self.assignee.as_ref(), limit::NAME)?;
        self.labels.as_ref().map_or(Ok(()), |l| labels("labels", l))
    }
}

impl Check for MergeBody {
    fn check(&self) -> Result<(), DeskError> {
        filled("into", self.into.as_str(), limit::ID)
    }
}

impl Check for UndoBody {
    fn check(&self) -> Result<(), DeskError> {
        self.event.as_ref().map_or(Ok(()), |e| filled("event", e.as_str(), limit::ID))
    }
}

impl Check for PresenceBody {
    fn check(&self) -> Result<(), DeskError> {
        Ok(())
    }
}

fn page(limit: Option<u32>, cursor: Option<&String>) -> Result<(), DeskError> {
    if limit.is_some_and(|l| !(1..=200).contains(&l)) {
        return Err(invalid("limit", "limit must be 1 to 200"));
    }
    optional("cursor", cursor, limit::CURSOR)
}

impl Check for ListParams {
    fn check(&self) -> Result<(), DeskError> {
        page(self.limit, self.cursor.as_ref())?;
        optional("queue", self.queue.as_ref(), limit::NAME)?;
        optional("assignee", self.assignee.as_ref(), limit::NAME)?;
        optional("status", self.status.as_ref(), limit::NAME)?;
        optional("label", self.label.as_ref(), limit::SUBJECT)?;
        optional("requester", self.requester.as_ref(), limit::EMAIL)?;
        optional("q", self.q.as_ref(), limit::SEARCH)
    }
}

impl Check for MainParams {
    fn check(&self) -> Result<(), DeskError> {
        ListParams::from(self.clone()).check()
    }
}

impl Check for SearchParams {
    fn check(&self) -> Result<(), DeskError> {
        page(self.limit, self.cursor.as_ref())?;
        filled("q", &self.q, limit::SEARCH)
    }
}

impl Check for TimelineParams {
    fn check(&self) -> Result<(), DeskError> {
        page(self.limit, self.cursor.as_ref())?;
        filled("value", &self.value, limit::EMAIL)
    }
}

impl Check for ThreadParams {
    fn check(&self) -> Result<(), DeskError> {
        optional("stream", self.stream.as_ref(), limit::ID)
    }
}

impl Check for UploadParams {
    fn check(&self) -> Result<(), DeskError> {
        filled("name", &self.name, limit::FILE_NAME)?;
        let Some(media_type) = &self.media_type else { return Ok(()) };
        let is_token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
        };
        match media_type.split_once('/') {
            Some((top, sub)) if media_type.len() <= limit::MEDIA_TYPE && is_token(top) && is_token(sub) => Ok(()),
            _ => Err(invalid("type", "type must be a media type such as application/pdf")),
        }
    }
}

impl Check for StatsParams {
    fn check(&self) -> Result<(), DeskError> {
        Ok(())
    }
}

impl Check for crate::wire::ImportParams {
    fn check(&self) -> Result<(), DeskError> {
        filled("queue", &self.queue, limit::NAME)
    }
}

impl Check for crate::wire::EventParams {
    fn check(&self) -> Result<(), DeskError> {
        match &self.after {
            Some(after) if after.len() > 18 || after.is_empty() || !after.bytes().all(|b| b.is_ascii_digit()) => {
                Err(invalid("after", "after must be an event's id"))
            }
            _ => Ok(()),
        }
    }
}

/// A request whose body says nothing: `{}` or no body at all.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Check for Nothing {
    fn check(&self) -> Result<(), DeskError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_name_the_field() {
        let reply = ReplyBody { text: "  ".into(), ..ReplyBody::default() };
        assert!(matches!(reply.check(), Err(DeskError::Invalid { field: Some(f), .. }) if f.as_str() == "text"));
        let patch = PatchBody { add_labels: vec!["a,b".into()], ..PatchBody::default() };
        assert!(patch.check().is_err());
        let patch = PatchBody { subject: Some("返".repeat(998)), ..PatchBody::default() };
        assert!(patch.check().is_ok(), "characters count, not bytes");
        let patch = PatchBody { subject: Some("nul \0".into()), ..PatchBody::default() };
        assert!(patch.check().is_err());
    }

    #[test]
    fn a_split_names_messages_or_lines() {
        assert!(SplitBody::default().check().is_err());
        let lines = Excerpt { message: "1".into(), lines: (3, 2) };
        assert!(SplitBody { lines: Some(lines), ..SplitBody::default() }.check().is_err());
        assert!(SplitBody { messages: Some(vec!["1".into()]), ..SplitBody::default() }.check().is_ok());
    }
}
