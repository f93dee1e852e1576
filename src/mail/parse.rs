//! One raw mail into what a ticket needs. Never fails: a mail that cannot be read is its raw text, with the reason beside.

use jiff::Timestamp;

use super::mime::{self, Head, Leaf, Node, Problems};
use super::{charset, date, header};
use crate::text::{Clean, html};

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
    let (head, body) = mime::head(raw);
    if head.fields.is_empty() || !looks_like_mail(&head) {
        let shown = &raw[..raw.len().min(RAW_TEXT)];
        let decoded = charset::guess(shown);
        return ParsedMail {
            text: Clean::text(&decoded.text),
            lossy: decoded.lossy,
            broken: Some("no mail header".to_owned()),
            ..ParsedMail::default()
        };
    }
    let mut problems = Problems::default();
    let mut content = Content::default();
    content.take(mime::tree(&head, body, &mut problems));

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

/// Whether a head is a mail's and not the first line of some text with a colon in it.
fn looks_like_mail(head: &Head) -> bool {
    const KNOWN: [&str; 16] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "content-type",
        "mime-version",
        "reply-to",
        "sender",
        "in-reply-to",
        "references",
        "delivered-to",
        "x-mailer",
    ];
    head.fields.iter().any(|f| KNOWN.contains(&f.name.as_str()))
}

fn of_head(head: &Head) -> ParsedMail {
    let people = |name: &str| head.all(name).flat_map(header::addresses).collect::<Vec<_>>();
    let ids = |name: &str| head.all(name).flat_map(header::ids).collect::<Vec<_>>();
    let ascii = |name: &str| String::from_utf8_lossy(head.get(name).unwrap_or_default()).trim().to_ascii_lowercase();
    let mut from = people("from");
    if from.is_empty() {
        from = people("sender");
    }
    let received = || {
        // The newest hop stands first, its time behind the last semicolon.
        head.all("received")
            .find_map(|r| date::parse(String::from_utf8_lossy(r).rsplit(';').next().unwrap_or_default()))
    };
    let submitted = ascii("auto-submitted");
    ParsedMail {
        message_id: ids("message-id").into_iter().next(),
        in_reply_to: ids("in-reply-to"),
        references: ids("references"),
        from,
        to: people("to"),
        cc: people("cc"),
        reply_to: people("reply-to"),
        subject: Clean::line(header::text(head.get("subject").unwrap_or_default()).trim()),
        date: head.get("date").and_then(|d| date::parse(&String::from_utf8_lossy(d))).or_else(received),
        automatic: (!submitted.is_empty() && !submitted.starts_with("no"))
            || head.get("x-autoreply").is_some()
            || head.get("x-autorespond").is_some()
            || matches!(ascii("precedence").as_str(), "auto_reply" | "auto-reply")
            || ascii("return-path") == "<>"
            || ascii("content-type").starts_with("multipart/report"),
        ..ParsedMail::default()
    }
}

/// A piece of the body.
enum Piece {
    Plain(String),
    Html(String),
}

impl Piece {
    fn is_blank(&self) -> bool {
        match self {
            Self::Plain(text) => text.trim().is_empty(),
            Self::Html(source) => html::to_text(source).trim().is_empty(),
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
                Piece::Html(source) => html::to_text(source),
            })
            .collect();
        let trimmed: Vec<&str> = texts.iter().map(|t| trim_blank_lines(t)).filter(|t| !t.is_empty()).collect();
        Clean::text(&trimmed.join("\n\n"))
    }

    fn take(&mut self, node: Node) {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf, false),
            Node::Mixed(nodes) => nodes.into_iter().for_each(|n| self.take(n)),
            Node::Related(nodes) => {
                for (i, node) in nodes.into_iter().enumerate() {
                    match node {
                        Node::Leaf(leaf) if i > 0 => self.leaf(leaf, true),
                        node => self.take(node),
                    }
                }
            }
            Node::Alternative(nodes) => self.alternative(nodes),
        }
    }

    /// Plain text if there is some, else the last form that says something. HTML and files are kept of all.
    fn alternative(&mut self, nodes: Vec<Node>) {
        let mut forms: Vec<Content> = nodes
            .into_iter()
            .map(|node| {
                let mut form = Content::default();
                form.take(node);
                form
            })
            .collect();
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

    fn leaf(&mut self, leaf: Leaf, referred_to: bool) {
        let is_html = leaf.kind == "text/html" || leaf.kind == "application/xhtml+xml";
        let is_file = leaf.disposition == "attachment"
            || referred_to
            || (leaf.name.is_some() && (!leaf.disposition.is_empty() || !self.pieces.is_empty()));
        let first = self.pieces.is_empty() && self.attachments.is_empty();
        let is_text =
            is_html || leaf.kind == "text/plain" || (leaf.kind.starts_with("text/") && first && leaf.name.is_none());
        if is_text && !is_file {
            let decoded = charset::decode(&leaf.bytes, leaf.parameter("charset"));
            self.lossy |= decoded.lossy;
            if is_html {
                self.html.push(decoded.text.clone());
                self.pieces.push(Piece::Html(decoded.text));
            } else {
                let flowed = leaf.parameter("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
                let delsp = leaf.parameter("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
                self.pieces.push(Piece::Plain(if flowed { unflow(&decoded.text, delsp) } else { decoded.text }));
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
        let subject = header::text(mime::head(&leaf.bytes).0.get("subject").unwrap_or_default());
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
