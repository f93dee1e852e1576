//! The parts of a mail: header fields, transfer encodings, multipart trees. Every walk is bounded and linear; what is wrong
//! is noted in `problems` and read as far as it goes.

use super::header::parameters;

/// Multiparts nested deeper are kept as one attachment.
const DEEPEST: usize = 30;
/// Parts of one mail; what follows is left in the raw mail.
const MOST_PARTS: usize = 2000;

/// One header field: its name in lower case and its raw value, unfolded.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The value, line ends taken out.
    pub value: Vec<u8>,
}

/// The head of a mail or part.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The fields in order.
    pub fields: Vec<Field>,
}

impl Head {
    /// The first field of a name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|f| f.name == name).map(|f| f.value.as_slice())
    }

    /// All fields of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |f| f.name == name).map(|f| f.value.as_slice())
    }
}

/// Reads a head and gives the body behind it. Something that is no field ends the head as an empty line does.
pub fn head(raw: &[u8]) -> (Head, &[u8]) {
    let mut head = Head::default();
    let mut rest = raw;
    while let Some((line, behind)) = next_line(rest) {
        if line.is_empty() {
            return (head, behind);
        }
        if line[0].is_ascii_whitespace() && !head.fields.is_empty() {
            if let Some(last) = head.fields.last_mut() {
                last.value.push(b' ');
                last.value.extend_from_slice(line.trim_ascii());
            }
        } else if let Some(field) = field(line) {
            head.fields.push(field);
        } else if !(head.fields.is_empty() && (line.starts_with(b"From ") || line.starts_with(b">From "))) {
            return (head, rest);
        }
        rest = behind;
    }
    (head, rest)
}

/// A line that can be a header field.
pub fn field(line: &[u8]) -> Option<Field> {
    let colon = line.iter().take(200).position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let fits = !name.is_empty() && name.iter().all(|b| matches!(b, b'!'..=b'~'));
    fits.then(|| Field {
        name: String::from_utf8_lossy(name).to_ascii_lowercase(),
        value: line[colon + 1..].trim_ascii().to_vec(),
    })
}

/// The first line without its end, and what follows.
pub fn next_line(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    if raw.is_empty() {
        return None;
    }
    let (line, rest) = match raw.iter().position(|b| *b == b'\n') {
        Some(at) => (&raw[..at], &raw[at + 1..]),
        None => (raw, &raw[raw.len()..]),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// A part without parts of its own, decoded.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// `text/plain` and so on, in lower case.
    pub kind: String,
    /// The parameters of the content type.
    pub parameters: Vec<(String, String)>,
    /// `attachment`, `inline` or nothing.
    pub disposition: String,
    /// The file name that the sender gave.
    pub name: Option<String>,
    /// The id by which HTML refers to it.
    pub content_id: Option<String>,
    /// The content, transfer encoding taken off.
    pub bytes: Vec<u8>,
}

impl Leaf {
    /// A parameter of the content type.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|p| p.0 == name).map(|p| p.1.as_str())
    }
}

/// A mail's body as a tree.
#[derive(Clone, Debug)]
pub enum Node {
    /// A part with content.
    Leaf(Leaf),
    /// Parts that say the same in different forms, the best last.
    Alternative(Vec<Node>),
    /// A part and what it refers to.
    Related(Vec<Node>),
    /// Parts one after the other.
    Mixed(Vec<Node>),
}

/// What went wrong while reading.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Notes one, once.
    pub fn add(&mut self, what: &str) {
        if !self.0.iter().any(|p| p == what) && self.0.len() < 10 {
            self.0.push(what.to_owned());
        }
    }

    /// All of them in a line.
    pub fn said(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("; "))
    }
}

/// Reads a body by its head.
pub fn tree(head: &Head, body: &[u8], problems: &mut Problems) -> Node {
    let mut parts = 0;
    node(head, body, "text/plain", 0, &mut parts, problems)
}

fn node(head: &Head, body: &[u8], default: &str, depth: usize, parts: &mut usize, problems: &mut Problems) -> Node {
    *parts += 1;
    let (mut kind, params) = head.get("content-type").map(parameters).unwrap_or_default();
    if !kind.contains('/') {
        // `Content-Type: text` means the plain one; `multipart` with a boundary means mixed.
        let boundary = params.iter().any(|p| p.0 == "boundary");
        (if kind == "multipart" && boundary { "multipart/mixed" } else { default }).clone_into(&mut kind);
    }
    if let Some(form) = kind.strip_prefix("multipart/") {
        let boundary = params.iter().find(|p| p.0 == "boundary").map(|p| p.1.as_str()).filter(|b| !b.is_empty());
        if depth >= DEEPEST {
            problems.add("parts nested too deep");
        } else {
            let mut children = match boundary {
                Some(boundary) => split(body, boundary.as_bytes(), problems),
                None => Vec::new(),
            };
            if children.is_empty() {
                problems.add(if boundary.is_some() {
                    "a multipart without parts"
                } else {
                    "a multipart without a boundary"
                });
                if let Some(boundary) = boundary_in(body) {
                    children = split(body, boundary, problems);
                }
            }
            let default = if form == "digest" { "message/rfc822" } else { "text/plain" };
            let mut nodes = Vec::new();
            for child in children {
                if *parts >= MOST_PARTS {
                    problems.add("too many parts");
                    break;
                }
                let (child_head, child_body) = self::head(child);
                nodes.push(node(&child_head, child_body, default, depth + 1, parts, problems));
            }
            if !nodes.is_empty() {
                return match form {
                    "alternative" => Node::Alternative(nodes),
                    "related" => Node::Related(nodes),
                    _ => Node::Mixed(nodes),
                };
            }
        }
        "text/plain".clone_into(&mut kind);
    }
    let (disposition, disposition_params) = head.get("content-disposition").map(parameters).unwrap_or_default();
    let name = [(&disposition_params, "filename"), (&params, "name")]
        .into_iter()
        .find_map(|(list, key)| list.iter().find(|p| p.0 == key).map(|p| p.1.clone()))
        .filter(|n| !n.trim().is_empty());
    let content_id = head.get("content-id").map(super::header::ids).and_then(|ids| ids.into_iter().next());
    let bytes = transfer_decoded(head, body, problems);
    Node::Leaf(Leaf { kind, parameters: params, disposition, name, content_id, bytes })
}

/// The boundary that a body uses although its head names none or another: near the top, two dashes and a field in the next line.
fn boundary_in(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body;
    for _ in 0..50 {
        let (line, behind) = next_line(rest)?;
        let next_is_field =
            || next_line(behind).and_then(|(next, _)| field(next)).is_some_and(|f| f.name.starts_with("content-"));
        if let Some(boundary) = line.strip_prefix(b"--").filter(|b| !b.is_empty() && b.len() <= 200)
            && next_is_field()
        {
            return Some(boundary.trim_ascii_end());
        }
        rest = behind;
    }
    None
}

/// The raw parts between the boundary lines.
fn split<'a>(body: &'a [u8], boundary: &[u8], problems: &mut Problems) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut rest = body;
    let mut ended = false;
    while let Some((line, behind)) = next_line(rest) {
        let at = body.len() - rest.len();
        rest = behind;
        let Some(tail) = line.strip_prefix(b"--").and_then(|l| l.strip_prefix(boundary)) else { continue };
        let last = tail.starts_with(b"--");
        if !last && !tail.trim_ascii().is_empty() {
            continue; // another boundary that starts alike
        }
        if let Some(start) = start {
            parts.push(without_line_end(&body[start..at.max(start)]));
        }
        start = Some(body.len() - behind.len());
        if last {
            ended = true;
            break;
        }
        if parts.len() > MOST_PARTS {
            break;
        }
    }
    if !ended && let Some(start) = start {
        problems.add("the end of a part is missing");
        parts.push(&body[start..]);
    }
    parts
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

fn transfer_decoded(head: &Head, body: &[u8], problems: &mut Problems) -> Vec<u8> {
    let encoding = head.get("content-transfer-encoding").unwrap_or_default().trim_ascii();
    if encoding.eq_ignore_ascii_case(b"base64") {
        let (bytes, whole) = base64(body);
        if !whole {
            problems.add("truncated base64");
        }
        // Text that only claims to be base64 is kept as it is.
        if bytes.is_empty() && !body.trim_ascii().is_empty() { body.to_vec() } else { bytes }
    } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        quoted_printable(body)
    } else {
        body.to_vec()
    }
}

/// Decodes base64, skipping what is none. The flag says whether it ended at a whole group.
pub fn base64(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held, mut whole) = (0u32, 0u8, true);
    for &b in text {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // The end of one piece; some mailers put several behind each other.
                whole &= held != 6;
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    (out, whole && held == 0)
}

/// Decodes quoted-printable. What is no code stays as it is.
pub fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((line, behind)) = next_line(rest) {
        let had_end = line.len() + behind.len() < rest.len();
        rest = behind;
        let line = trim_end_spaces(line);
        let (line, soft) = match line.strip_suffix(b"=") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let mut i = 0;
        while i < line.len() {
            let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
            match (line[i], hex(line.get(i + 1)), hex(line.get(i + 2))) {
                (b'=', Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    i += 3;
                }
                (b, ..) => {
                    out.push(b);
                    i += 1;
                }
            }
        }
        if had_end && !soft {
            out.push(b'\n');
        }
    }
    out
}

fn trim_end_spaces(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |i| i + 1);
    // Only a soft line break may have spaces behind it; a signature's `-- ` keeps its own.
    if line[..end].ends_with(b"=") { &line[..end] } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings() {
        assert_eq!(base64(b"aGVs\r\nbG8="), (b"hello".to_vec(), true));
        assert_eq!(base64(b"aGVsbG8=aGVs bG8="), (b"hellohello".to_vec(), true));
        assert_eq!(base64(b"aGVsb"), (b"hel".to_vec(), false));
        assert_eq!(quoted_printable(b"a=E9b=\r\nc =20\n=ZZ\n-- \n"), b"a\xe9bc  \n=ZZ\n-- \n");
    }

    #[test]
    fn heads_are_lenient() {
        let (head, body) = head(b"From x\nSubject: a\n b\nX-Y : z\nnot a field\nbody");
        assert_eq!(head.get("subject").unwrap(), b"a b");
        assert_eq!(head.get("x-y").unwrap(), b"z");
        assert_eq!(body, b"not a field\nbody");
    }
}
