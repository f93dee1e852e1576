//! Splits an mbox into mails while reading it, so that a file of any size costs the memory of one mail.

use std::io::{self, BufRead, Read};

use super::repair::field_name;

/// How much of a line is looked at or kept in one go.
const CHUNK: u64 = 64 * 1024;

/// One mail of an mbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts in the file, after its `From ` line.
    pub offset: u64,
    /// The mail, one `>` taken from each quoted `>From `.
    pub bytes: Vec<u8>,
    /// It was longer than the cap, and its rest is missing.
    pub cut: bool,
}

/// Reads mails from an mbox (or one single mail) one after the other.
pub struct Splitter<R> {
    reader: R,
    cap: usize,
    offset: u64,
    line: Vec<u8>,
    /// A `From ` line that starts a mail if a header follows, and where it ends.
    held: Option<(Vec<u8>, u64)>,
    /// The last line was empty, or there was none.
    after_blank: bool,
    at_line_start: bool,
    current: Option<Piece>,
    /// Whether this is an mbox, once the first line with something on it is known. One mail that quotes a whole mbox is not.
    is_mbox: Option<bool>,
    done: bool,
}

impl<R: BufRead> Splitter<R> {
    /// Splits what the reader gives; a mail is kept up to `cap` bytes.
    pub fn new(reader: R, cap: usize) -> Self {
        Self {
            reader,
            cap,
            offset: 0,
            line: Vec::new(),
            held: None,
            after_blank: true,
            at_line_start: true,
            current: None,
            is_mbox: None,
            done: false,
        }
    }

    /// Reads the next line, or the next piece of a very long one. False at the end.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let n = self.reader.by_ref().take(CHUNK).read_until(b'\n', &mut self.line)?;
        self.offset += n as u64;
        Ok(n > 0)
    }

    /// Adds bytes to the mail being read, which starts here if there is none yet.
    fn add(&mut self, bytes: &[u8], start: u64) {
        let cap = self.cap;
        let piece = self.current.get_or_insert_with(|| Piece { offset: start, bytes: Vec::new(), cut: false });
        let room = cap - piece.bytes.len().min(cap);
        piece.cut |= bytes.len() > room;
        piece.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Takes the line just read. Gives a mail when the line starts the next one.
    fn take_line(&mut self) -> Option<Piece> {
        let line = std::mem::take(&mut self.line);
        let start = self.offset - line.len() as u64;
        if self.is_mbox.is_none() && !line.trim_ascii().is_empty() {
            self.is_mbox = Some(is_from_line(&line));
            if self.is_mbox == Some(true) {
                self.current = None; // empty lines before the first mail
            }
        }
        let is_mbox = self.is_mbox == Some(true);
        let ended = match self.held.take() {
            Some((_, at)) if is_head(&line) => {
                let ended = self.current.take();
                self.current = Some(Piece { offset: at, bytes: Vec::new(), cut: false });
                ended
            }
            Some((from, at)) => {
                self.add(&from, at - from.len() as u64);
                None
            }
            None => None,
        };
        if is_mbox && self.at_line_start && self.after_blank && is_from_line(&line) {
            self.held = Some((line, self.offset));
            self.after_blank = false;
            return ended;
        }
        let quoted = is_mbox && self.at_line_start && is_quoted_from(&line);
        self.add(&line[usize::from(quoted)..], start);
        self.after_blank = self.at_line_start && line.iter().all(|b| matches!(b, b'\r' | b'\n'));
        self.at_line_start = line.ends_with(b"\n");
        self.line = line;
        ended
    }

    fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        while !self.done {
            if self.read_line()? {
                if let Some(piece) = self.take_line() {
                    return Ok(Some(tidy(piece)));
                }
            } else {
                self.done = true;
                if let Some((from, at)) = self.held.take() {
                    self.add(&from, at - from.len() as u64);
                }
            }
        }
        Ok(self.current.take().map(tidy))
    }
}

impl<R: BufRead> Iterator for Splitter<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_piece();
        if next.is_err() {
            self.done = true;
            self.current = None;
        }
        next.transpose()
    }
}

/// The empty line before the next `From ` belongs to the mbox, not to the mail.
fn tidy(mut piece: Piece) -> Piece {
    if piece.offset > 0 && !piece.cut {
        for end in [&b"\n\n"[..], b"\n\r\n"] {
            if piece.bytes.ends_with(end) {
                piece.bytes.truncate(piece.bytes.len() - end.len() + 1);
                break;
            }
        }
    }
    piece
}

/// Whether a line is an mbox's separator: `From somebody Mon Jan  5 14:02:03 2026`, and not a sentence that starts so.
pub fn is_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ").filter(|r| r.len() <= 500) else { return false };
    let rest = String::from_utf8_lossy(rest);
    let words: Vec<&str> = rest.split_whitespace().collect();
    let is_time = |w: &str| w.len() >= 4 && w.contains(':') && w.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let is_year =
        |w: &str| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()) && (w.starts_with("19") || w.starts_with('2'));
    words.iter().any(|w| is_time(w)) && words.iter().any(|w| is_year(w))
}

/// The line behind a separator: a header field, or the quoted separator that some programs leave there.
fn is_head(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.starts_with(b">From ") || field_name(line).is_some()
}

fn is_quoted_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    marks > 0 && line[marks..].starts_with(b"From ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(raw: &[u8]) -> Vec<Piece> {
        Splitter::new(raw, 10_000_000).map(Result::unwrap).collect()
    }

    fn texts(raw: &str) -> Vec<String> {
        split(raw.as_bytes()).into_iter().map(|p| String::from_utf8(p.bytes).unwrap()).collect()
    }

    const FROM: &str = "From ben@example.net Mon Jan  5 14:02:03 2026\n";

    #[test]
    fn splits_at_separators() {
        let raw = format!("{FROM}Subject: a\n\none\n>From x\n>>From y\n\n{FROM}Subject: b\n\ntwo\n");
        assert_eq!(texts(&raw), ["Subject: a\n\none\nFrom x\n>From y\n", "Subject: b\n\ntwo\n"]);
        assert_eq!(texts(&raw.replace('\n', "\r\n")).len(), 2);
        assert_eq!(split(raw.as_bytes())[0].offset, FROM.len() as u64);
    }

    #[test]
    fn sentences_do_not_split() {
        let body =
            "\nFrom here on\n\nFrom the year 2026 at 14:02 we\n\nFrom x Mon Jan 5 14:02:03 2026\nno header follows\n";
        assert_eq!(texts(&format!("{FROM}Subject: a\n{body}")).len(), 1);
        assert_eq!(texts("Subject: a\n\n>From x\n"), ["Subject: a\n\n>From x\n"]);
        assert_eq!(texts(""), Vec::<String>::new());
        assert_eq!(texts(FROM), [FROM]);
        assert_eq!(texts(&format!("Subject: a\n\nsee\n\n{FROM}Subject: b\n\nx")).len(), 1);
        assert_eq!(texts(&format!("\n\n{FROM}Subject: b\n\nx")), ["Subject: b\n\nx"]);
    }

    #[test]
    fn a_flood_of_from_lines_is_one_mail() {
        let line = "From the beginning it was broken\n\n";
        let raw = format!("{FROM}Subject: a\n\n{}", line.repeat(100_000));
        let pieces = split(raw.as_bytes());
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0].bytes.len() >= line.len() * 100_000 - 1);
    }

    #[test]
    fn a_long_mail_is_cut_and_the_next_one_is_whole() {
        let raw = format!("{FROM}Subject: a\n\n{}\n\n{FROM}Subject: b\n\ntwo\n", "x".repeat(500_000));
        let pieces: Vec<Piece> = Splitter::new(raw.as_bytes(), 1000).map(Result::unwrap).collect();
        assert_eq!((pieces.len(), pieces[0].bytes.len(), pieces[0].cut), (2, 1000, true));
        assert_eq!(pieces[1].bytes, b"Subject: b\n\ntwo\n");
    }
}
