//! `gq`: fills paragraphs to a width and keeps what a mail needs kept: quote marks, list items, indents, the signature
//! mark. Quoted text of different depth is never run together.

use super::wrap;

/// A line's quote marks (`> `, `>>`, `> > `), and the rest.
pub(super) fn split_quote(line: &str) -> (&str, &str) {
    let mut end = 0;
    let bytes = line.as_bytes();
    while bytes.get(end) == Some(&b'>') {
        end += 1;
        // One blank belongs to the mark; more of them are an indent of what is quoted.
        end += usize::from(bytes.get(end) == Some(&b' '));
    }
    line.split_at(end)
}

fn depth(quote: &str) -> usize {
    quote.bytes().filter(|b| *b == b'>').count()
}

/// The length of a list item's mark and the blanks around it (`- `, `* `, `12. `, `・`), 0 without one.
fn bullet(text: &str) -> usize {
    let body = text.trim_start();
    let indent = text.len() - body.len();
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match body.chars().next() {
        Some('-' | '*' | '+') => 1,
        Some(c @ ('・' | '•')) => return indent + c.len_utf8(),
        _ if (1..=3).contains(&digits) && body[digits..].starts_with(['.', ')']) => digits + 1,
        _ => return 0,
    };
    let blanks = body[mark..].len() - body[mark..].trim_start_matches(' ').len();
    if blanks == 0 { 0 } else { indent + mark + blanks }
}

/// Two parts of a sentence that stood on two lines, as one: a blank between words (unless one is there), none between
/// Japanese letters.
pub(super) fn join(head: &mut String, tail: &str) {
    let tail = tail.trim_start();
    let wide = |c: Option<char>| c.is_some_and(|c| wrap::cells(c.encode_utf8(&mut [0; 4])) == 2);
    let japanese = wide(head.chars().next_back()) && wide(tail.chars().next());
    let apart = head.is_empty() || head.ends_with(char::is_whitespace) || tail.is_empty() || tail.starts_with(')');
    if !apart && !japanese {
        head.push(' ');
    }
    head.push_str(tail);
}

/// Fills lines to `width` cells.
pub(super) fn reflow(lines: &[String], width: usize) -> Vec<String> {
    let mut out = Vec::new();
    // The paragraph under way: quote mark, first indent, its text.
    let mut open: Option<Paragraph> = None;
    for line in lines {
        let (quote, text) = split_quote(line);
        let apart = text.trim().is_empty() || line.trim_end() == "--";
        let item = bullet(text);
        match &mut open {
            Some(p) if !apart && item == 0 && depth(&p.quote) == depth(quote) => {
                if p.lines == 1 && p.hang == p.indent.len() {
                    // The second line says how the rest hangs: a paragraph may indent its first line alone.
                    p.hang = text.len() - text.trim_start().len();
                }
                p.lines += 1;
                p.text.truncate(p.text.trim_end().len());
                join(&mut p.text, text);
            }
            _ => {
                out.extend(open.take().map(|p| p.fill(width)).unwrap_or_default());
                if apart {
                    out.push(line.trim_end().to_owned() + if line.starts_with("-- ") { " " } else { "" });
                } else {
                    open = Some(Paragraph::new(quote, text, item));
                }
            }
        }
    }
    out.extend(open.map(|p| p.fill(width)).unwrap_or_default());
    out
}

struct Paragraph {
    quote: String,
    indent: String,
    /// Blanks before every line but the first.
    hang: usize,
    text: String,
    lines: usize,
}

impl Paragraph {
    fn new(quote: &str, text: &str, item: usize) -> Self {
        let quote = if quote.is_empty() || quote.ends_with(' ') { quote.to_owned() } else { format!("{quote} ") };
        let cut = if item > 0 { item } else { text.len() - text.trim_start().len() };
        let (indent, rest) = text.split_at(cut);
        let hang = wrap::width(indent);
        Self { quote, indent: indent.to_owned(), hang, text: rest.trim_end().to_owned(), lines: 1 }
    }

    fn fill(&self, width: usize) -> Vec<String> {
        let indent = wrap::width(&self.indent).max(self.hang);
        let room = width.saturating_sub(self.quote.len() + indent).max(1);
        let mut starts = wrap::breaks(&self.text, room, false);
        starts.push(self.text.len());
        let rows = starts.windows(2).map(|w| self.text[w[0]..w[1]].trim_end());
        let blanks = " ".repeat(self.hang);
        rows.enumerate()
            .map(|(n, row)| format!("{}{}{row}", self.quote, if n == 0 { &self.indent } else { &blanks }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_belongs_together_and_nothing_else() {
        let cases: [(&[&str], usize, &[&str]); 9] = [
            (&["one two", "three four"], 9, &["one two", "three", "four"]),
            (&["one", "", "two"], 20, &["one", "", "two"]),
            (&["> one two three", "> four"], 11, &["> one two", "> three", "> four"]),
            (&["> one", ">> two", "three"], 20, &["> one", ">> two", "three"]),
            (&["- one two three", "- four"], 9, &["- one two", "  three", "- four"]),
            (&["1. one two", "   three"], 20, &["1. one two three"]),
            (&["one", "-- ", "Jo", "Shop"], 20, &["one", "-- ", "Jo Shop"]),
            (&["返品と", "請求書"], 20, &["返品と請求書"]),
            (
                &["see https://example.net/a/very/long/path now"],
                10,
                &["see", "https://example.net/a/very/long/path", "now"],
            ),
        ];
        for (lines, width, want) in cases {
            let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            assert_eq!(reflow(&lines, width), want);
        }
    }
}
