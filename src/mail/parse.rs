//! One raw mail into what a ticket needs. Never fails: a mail that cannot be read is its raw text, with the reason beside.
//!
//! mail-parser finds the parts and reads the head fields; [`super::repair`] stands between. What an agent should read of all
//! the parts is decided here.

use jiff::Timestamp;
use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser, MessagePart, PartType};

use super::{charset, fields, repair};
use crate::text::{Clean, html};

/// Multiparts nested deeper are kept as one file.
const DEEPEST: usize = 30;
/// Parts of one mail; what follows is left in the raw mail.
const MOST_PARTS: usize = 2000;
/// Raw text of something that is no mail is shown up to here; the raw bytes are kept by whoever stores the mail.
const RAW_TEXT: usize = 1024 * 1024;
/// The longest text that stands in a thread, which is read in one piece; the whole of a longer one is a file beside it.
const LONGEST_TEXT: usize = 1024 * 1024;

/// A person of a mail. Either half may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// The name, decoded.
    pub name: Clean,
    /// The address.
    pub email: Clean,
}

/// A file that came with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// A file name without any path; made up if the sender gave none.
    pub name: Clean,
    /// Its type, such as `application/pdf`.
    pub kind: String,
    /// The content.
    pub bytes: Vec<u8>,
    /// Shown inside the text (a picture in HTML) rather than beside it.
    pub inline: bool,
    /// The id by which the HTML refers to it.
    pub content_id: Option<String>,
}

/// What a mail says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedMail {
    /// The mail's own id, without brackets.
    pub message_id: Option<String>,
    /// The ids that it answers.
    pub in_reply_to: Vec<String>,
    /// The ids of its thread, oldest first.
    pub references: Vec<String>,
    /// Who wrote it: usually one.
    pub from: Vec<Address>,
    /// Whom it was sent to.
    pub to: Vec<Address>,
    /// Who got a copy.
    pub cc: Vec<Address>,
    /// Where answers should go, if not to `from`.
    pub reply_to: Vec<Address>,
    /// The subject, empty if there is none.
    pub subject: Clean,
    /// When it was written, else when it was received.
    pub date: Option<Timestamp>,
    /// The body as text.
    pub text: Clean,
    /// Some of the text was made from HTML.
    pub from_html: bool,
    /// The body as HTML, as it came.
    pub html: Option<String>,
    /// The files.
    pub attachments: Vec<Attachment>,
    /// Sent by a program: an auto-reply, a bounce. Nothing should answer it by itself.
    pub automatic: bool,
    /// Some characters could not be read and are shown as replaced.
    pub lossy: bool,
    /// Why the mail could only be read in part.
    pub broken: Option<String>,
}

/// Reads a mail.
pub fn parse(raw: &[u8]) -> ParsedMail {
    let bare = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    let start = bare.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bare.len());
    let bare = &bare[start..];
    if bare.trim_ascii().is_empty() {
        return ParsedMail { broken: Some("empty".to_owned()), ..ParsedMail::default() };
    }
    // Old Macs end lines with CR alone.
    if !bare.contains(&b'\n') && bare.contains(&b'\r') {
        let lines: Vec<u8> = bare.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect();
        return read(&lines);
    }
    read(bare)
}

fn read(raw: &[u8]) -> ParsedMail {
    let raw = repair::ended_head(raw);
    let shown = &raw[..repair::bounded(&raw)];
    let head = repair::head(&shown[..repair::head_len(shown)]);
    let Some(head) = fields::read(&head).filter(fields::are_of_a_mail) else {
        let decoded = charset::guess(&raw[..raw.len().min(RAW_TEXT)]);
        return ParsedMail {
            text: Clean::text(&decoded.text),
            lossy: decoded.lossy,
            broken: Some("no mail header".to_owned()),
            ..ParsedMail::default()
        };
    };
    let mut problems = Problems::default();
    if shown.len() < raw.len() {
        problems.add("too many parts");
    }
    let masked = repair::closed(shown);
    let mut content = Content::default();
    let parts = MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
        .default_header_ignore()
        .parse(&masked);
    if let Some(message) = &parts {
        let mut tree = Tree { raw: shown, message, parts: 0, html: 0, problems: &mut problems };
        content.take(&mut tree, 0, Place::default());
    }

    let mut mail = of_head(&head);
    mail.html = (!content.html.is_empty()).then(|| content.html.join("\n"));
    mail.text = content.text();
    mail.from_html = content.pieces.iter().any(|p| matches!(p, Piece::Html(_)));
    mail.attachments = content.attachments;
    mail.lossy = content.lossy;
    mail.broken = problems.said();
    shorten(&mut mail);
    mail
}

/// What went wrong while reading.
#[derive(Default)]
struct Problems(Vec<&'static str>);

impl Problems {
    fn add(&mut self, what: &'static str) {
        if !self.0.contains(&what) {
            self.0.push(what);
        }
    }

    fn said(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("; "))
    }
}

/// Puts a text that nobody reads to its end into a file, and leaves its beginning.
fn shorten(mail: &mut ParsedMail) {
    if mail.text.len() <= LONGEST_TEXT {
        return;
    }
    let name = Clean::line("whole-text.txt");
    let mut end = LONGEST_TEXT;
    while !mail.text.is_char_boundary(end) {
        end -= 1;
    }
    let end = mail.text[..end].rfind('\n').unwrap_or(end);
    let begin = Clean::text(&format!("{}\n[… {name}]", &mail.text[..end]));
    let whole = std::mem::replace(&mut mail.text, begin);
    mail.attachments.push(Attachment {
        name,
        kind: "text/plain".to_owned(),
        bytes: whole.as_bytes().to_vec(),
        inline: false,
        content_id: None,
    });
}

fn of_head(head: &Message<'_>) -> ParsedMail {
    let people = |name: HeaderName<'static>| fields::people(head, name);
    let ids = |name: HeaderName<'static>| fields::ids(head, name);
    let raw = |name: HeaderName<'static>| head.header_raw(name).unwrap_or_default().trim().to_ascii_lowercase();
    let other = |name: &'static str| HeaderName::parse(name).map(raw).unwrap_or_default();
    let mut from = people(HeaderName::From);
    if from.is_empty() {
        from = people(HeaderName::Sender);
    }
    let submitted = other("Auto-Submitted");
    ParsedMail {
        message_id: ids(HeaderName::MessageId).into_iter().next(),
        in_reply_to: ids(HeaderName::InReplyTo),
        references: ids(HeaderName::References),
        from,
        to: people(HeaderName::To),
        cc: people(HeaderName::Cc),
        reply_to: people(HeaderName::ReplyTo),
        subject: Clean::line(fields::text(head, HeaderName::Subject).trim()),
        date: fields::date(head),
        automatic: (!submitted.is_empty() && !submitted.starts_with("no"))
            || ["X-Autoreply", "X-Autorespond"].into_iter().any(|n| head.header(n).is_some())
            || matches!(other("Precedence").as_str(), "auto_reply" | "auto-reply")
            || raw(HeaderName::ReturnPath) == "<>"
            || raw(HeaderName::ContentType).starts_with("multipart/report"),
        ..ParsedMail::default()
    }
}

/// The parts that mail-parser found, and the bytes they stand in.
struct Tree<'a> {
    raw: &'a [u8],
    message: &'a Message<'a>,
    parts: usize,
    /// Bytes of HTML read so far.
    html: usize,
    problems: &'a mut Problems,
}

impl Tree<'_> {
    /// A part's head fields, repaired and read again.
    fn fields(&self, part: &MessagePart<'_>) -> Option<Message<'static>> {
        let head = self.raw.get(part.offset_header as usize..part.offset_body as usize)?;
        fields::read(&repair::head(head)).map(Message::into_owned)
    }

    /// A part without parts of its own, decoded.
    fn leaf(&mut self, part: &MessagePart<'_>) -> Leaf {
        let head = self.fields(part);
        let get = |name: HeaderName<'static>| head.as_ref().and_then(|h| h.header(name));
        let kind = get(HeaderName::ContentType).and_then(HeaderValue::as_content_type);
        let place = get(HeaderName::ContentDisposition).and_then(HeaderValue::as_content_type);
        let of_kind = |name: &str| kind.and_then(|k| fields::parameter(k, name));
        let name = place.and_then(|p| fields::parameter(p, "filename")).or_else(|| of_kind("name"));
        let mut leaf = Leaf {
            kind: match kind {
                Some(k) => k.subtype().map_or_else(String::new, |s| format!("{}/{s}", k.ctype()).to_ascii_lowercase()),
                None => String::new(),
            },
            charset: of_kind("charset"),
            flowed: of_kind("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")),
            delsp: of_kind("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes")),
            disposition: place.map(|p| p.ctype().to_ascii_lowercase()).unwrap_or_default(),
            name: name.filter(|n| !n.trim().is_empty()),
            content_id: head.as_ref().and_then(|h| fields::ids(h, HeaderName::ContentId).into_iter().next()),
            bytes: Vec::new(),
        };
        if leaf.kind.starts_with("multipart/") || (leaf.kind.is_empty() && of_kind("boundary").is_some()) {
            self.problems.add(match of_kind("boundary") {
                Some(_) => "a multipart without parts",
                None => "a multipart without a boundary",
            });
            leaf.kind.clear();
        }
        if leaf.kind.is_empty() {
            "text/plain".clone_into(&mut leaf.kind);
        }
        if part.is_encoding_problem && part.offset_body < part.offset_end {
            self.problems.add("the end of a part is missing");
        }
        let body = self.raw.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
        let encoding = head.as_ref().map(|h| fields::text(h, HeaderName::ContentTransferEncoding)).unwrap_or_default();
        leaf.bytes = match encoding.trim() {
            e if e.eq_ignore_ascii_case("base64") => {
                if body.iter().filter(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count() % 4 != 0 {
                    self.problems.add("truncated base64");
                }
                base64_decode(body).unwrap_or_else(|| repair::base64(body))
            }
            e if e.eq_ignore_ascii_case("quoted-printable") => {
                quoted_printable_decode(body).unwrap_or_else(|| body.to_vec())
            }
            _ => body.to_vec(),
        };
        leaf
    }
}

/// A part without parts of its own, decoded.
struct Leaf {
    /// `text/plain` and so on, in lower case.
    kind: String,
    charset: Option<String>,
    flowed: bool,
    delsp: bool,
    /// `attachment`, `inline` or nothing.
    disposition: String,
    /// The file name that the sender gave.
    name: Option<String>,
    /// The id by which HTML refers to it.
    content_id: Option<String>,
    /// The content, transfer encoding taken off.
    bytes: Vec<u8>,
}

/// Where a part stands.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    /// It is there for another part to refer to, such as a picture.
    referred_to: bool,
}

/// A piece of the body.
enum Piece {
    Plain(String),
    Html(Clean),
}

impl Piece {
    fn is_blank(&self) -> bool {
        match self {
            Self::Plain(text) => text.trim().is_empty(),
            Self::Html(text) => text.trim().is_empty(),
        }
    }
}

/// What the tree holds, sorted out.
#[derive(Default)]
struct Content {
    pieces: Vec<Piece>,
    html: Vec<String>,
    attachments: Vec<Attachment>,
    lossy: bool,
}

impl Content {
    fn text(&self) -> Clean {
        let texts: Vec<Clean> = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Plain(text) => Clean::text(text),
                Piece::Html(text) => text.clone(),
            })
            .collect();
        let trimmed: Vec<&str> = texts.iter().map(|t| trim_blank_lines(t)).filter(|t| !t.is_empty()).collect();
        Clean::text(&trimmed.join("\n\n"))
    }

    fn take(&mut self, tree: &mut Tree<'_>, id: u32, place: Place) {
        tree.parts += 1;
        let Some(part) = tree.message.part(id) else { return };
        let PartType::Multipart(children) = &part.body else {
            let leaf = tree.leaf(part);
            return self.leaf(tree, leaf, place.referred_to);
        };
        if tree.parts + children.len() > MOST_PARTS {
            tree.problems.add("too many parts");
        }
        if place.depth >= DEEPEST {
            tree.problems.add("parts nested too deep");
            let leaf = tree.leaf(part);
            return self.leaf(tree, leaf, place.referred_to);
        }
        let children = children.iter().take(MOST_PARTS.saturating_sub(tree.parts));
        let inner = Place { depth: place.depth + 1, referred_to: false };
        let form = part.headers.iter().find(|h| h.name == HeaderName::ContentType);
        match form.and_then(|h| h.value.as_content_type()).and_then(|c| c.subtype()).unwrap_or_default() {
            "alternative" => {
                let forms = children.map(|child| {
                    let mut form = Content::default();
                    form.take(tree, *child, inner);
                    form
                });
                let forms = forms.collect();
                self.alternative(forms);
            }
            "related" => {
                for (i, child) in children.enumerate() {
                    self.take(tree, *child, Place { referred_to: i > 0, ..inner });
                }
            }
            _ => children.for_each(|child| self.take(tree, *child, inner)),
        }
    }

    /// Plain text if there is some, else the last form that says something. HTML and files are kept of all.
    fn alternative(&mut self, mut forms: Vec<Content>) {
        let says = |c: &Content| c.pieces.iter().any(|p| !p.is_blank());
        let is_plain = |c: &Content| c.pieces.iter().all(|p| matches!(p, Piece::Plain(_)));
        let chosen = forms.iter().position(|c| is_plain(c) && says(c)).or_else(|| forms.iter().rposition(says));
        if let Some(chosen) = chosen {
            self.pieces.append(&mut forms[chosen].pieces);
        }
        for form in forms {
            self.html.extend(form.html);
            self.attachments.extend(form.attachments);
            self.lossy |= form.lossy;
        }
    }

    fn leaf(&mut self, tree: &mut Tree<'_>, leaf: Leaf, referred_to: bool) {
        let is_html = leaf.kind == "text/html" || leaf.kind == "application/xhtml+xml";
        let is_file = leaf.disposition == "attachment"
            || referred_to
            || (leaf.name.is_some() && (!leaf.disposition.is_empty() || !self.pieces.is_empty()));
        let first = self.pieces.is_empty() && self.attachments.is_empty();
        let is_text =
            is_html || leaf.kind == "text/plain" || (leaf.kind.starts_with("text/") && first && leaf.name.is_none());
        if is_text && !is_file {
            let decoded = charset::decode(&leaf.bytes, leaf.charset.as_deref());
            self.lossy |= decoded.lossy;
            if is_html {
                // A flood of parts must not have each of them read to its own limit.
                tree.html += decoded.text.len().min(html::LONGEST);
                if tree.html <= 2 * html::LONGEST {
                    self.pieces.push(Piece::Html(html::to_text(&decoded.text)));
                } else {
                    tree.problems.add("too much HTML");
                }
                self.html.push(decoded.text);
            } else {
                let text = if leaf.flowed { unflow(&decoded.text, leaf.delsp) } else { decoded.text };
                self.pieces.push(Piece::Plain(text));
            }
            return;
        }
        let number = self.attachments.len() + 1;
        self.attachments.push(Attachment {
            name: file_name(&leaf, number),
            inline: referred_to || (leaf.disposition == "inline" && leaf.kind.starts_with("image/")),
            kind: leaf.kind,
            bytes: leaf.bytes,
            content_id: leaf.content_id,
        });
    }
}

fn trim_blank_lines(text: &str) -> &str {
    let start =
        text.find(|c: char| !c.is_whitespace()).map_or(text.len(), |i| text[..i].rfind('\n').map_or(0, |n| n + 1));
    text[start..].trim_end()
}

/// A name to save a part by: no path, no leading dot, no control character.
fn file_name(leaf: &Leaf, number: usize) -> Clean {
    let given = leaf.name.as_deref().unwrap_or_default();
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = Clean::line(last.trim().trim_start_matches('.'));
    if !name.trim().is_empty() {
        return name;
    }
    if leaf.kind == "message/rfc822" {
        let head = repair::head(&leaf.bytes[..repair::head_len(&leaf.bytes)]);
        let subject = fields::read(&head).map(|h| fields::text(&h, HeaderName::Subject)).unwrap_or_default();
        let words: String = subject.chars().filter(|c| !matches!(c, '/' | '\\')).take(60).collect();
        let stem = if words.trim().is_empty() { format!("mail-{number}") } else { words.trim().to_owned() };
        return Clean::line(&format!("{stem}.eml"));
    }
    let ending = match leaf.kind.as_str() {
        "text/plain" => "txt",
        "text/html" => "html",
        "image/jpeg" => "jpg",
        "application/pgp-signature" => "asc",
        "message/delivery-status" => "txt",
        kind => kind
            .rsplit('/')
            .next()
            .filter(|e| e.len() <= 5 && e.bytes().all(|b| b.is_ascii_alphanumeric()))
            .unwrap_or("bin"),
    };
    Clean::line(&format!("part-{number}.{ending}"))
}

/// Joins the soft line ends of `format=flowed` (RFC 3676). A signature's `-- ` is a hard line.
fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote marks of the line that flows on, if one does.
    let mut flowing: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let body = &line[depth..];
        let body = body.strip_prefix(' ').unwrap_or(body);
        let soft = body.ends_with(' ') && body != "-- ";
        if flowing != Some(depth) || body == "-- " {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&line[..depth]);
            if depth > 0 {
                out.push(' ');
            }
        }
        out.push_str(if soft && delsp { &body[..body.len() - 1] } else { body });
        flowing = soft.then_some(depth);
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests;
