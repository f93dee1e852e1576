//! HTML to readable text: links as numbered footnotes, quotes with `>`, lists with marks, tables by rows, without their
//! borders (most tables in mail are layout).
//!
//! One pass over the tags without building a tree. A tree builder's time grows with the square of the nesting and of
//! unclosed tags, and a sender chooses both; here every input is linear and nothing can fail. Lines are not wrapped: the
//! screen does that for its own width.

use std::collections::HashMap;

use mail_parser::decoders::html::add_html_token;

use super::{Clean, links};

/// More than this is not a letter. What is behind it stays in the stored HTML.
const LONGEST: usize = 4 * 1024 * 1024;
/// Quotes and lists nested deeper are shown at this depth.
const DEEPEST: usize = 20;
/// Footnotes at most; a newsletter's hundredth link helps nobody.
const FOOTNOTES: usize = 300;
/// A table cell up to this many bytes stays beside its neighbour, a longer one gets lines of its own.
const CELL: usize = 80;

/// Turns HTML into text. Text without any tag comes out as it is, but for collapsed white space.
pub fn to_text(html: &str) -> Clean {
    let mut cut = html.len().min(LONGEST);
    while !html.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut page = Page::default();
    page.read(&html[..cut]);
    Clean::text(&page.finish(cut < html.len()))
}

#[derive(Default)]
struct Page {
    out: String,
    /// Where the current line starts in `out`.
    line: usize,
    /// Line ends due before the next text: 1 for a new line, 2 for an empty one between.
    breaks: usize,
    /// A collapsed space is due before the next text.
    space: bool,
    quotes: usize,
    /// The quote depth of the last line written, so that an empty line between two quotes keeps its mark.
    last_quotes: usize,
    /// Open lists: the number of the next item, or none for a bullet.
    lists: Vec<Option<usize>>,
    /// The mark to write before the next text.
    item: Option<String>,
    pre: usize,
    /// The open paragraph has no empty line around it.
    tight: bool,
    /// Open tables: cells so far in the row, and where the current cell's text starts.
    tables: Vec<(usize, usize)>,
    /// The cell has no text yet, so block tags in it start no line.
    cell_start: bool,
    /// The open link: its address and where its text starts.
    link: Option<(String, usize)>,
    notes: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Page {
    fn read(&mut self, html: &str) {
        // Names whose end tag is known not to come any more, so that nobody makes us search for it again and again.
        let mut endless: Vec<&'static str> = Vec::new();
        let last_end = html.rfind('>').unwrap_or(0);
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            self.text(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("<!--") && !endless.contains(&"-->") {
                match rest[4..].find("-->") {
                    Some(end) => {
                        rest = &rest[4 + end + 3..];
                        continue;
                    }
                    None => endless.push("-->"),
                }
            }
            let ends = html.len() - rest.len() < last_end;
            let Some(tag) = ends.then(|| Tag::read(rest)).flatten() else {
                self.text("<");
                rest = &rest[1..];
                continue;
            };
            rest = &rest[tag.len..];
            self.tag(&tag);
            if !tag.closes
                && let Some(raw) = ["script", "style", "title", "template"].into_iter().find(|n| *n == tag.name)
                && !endless.contains(&raw)
            {
                match find_end_tag(rest, raw) {
                    Some(end) => rest = &rest[end..],
                    None => endless.push(raw),
                }
            }
        }
        self.text(rest);
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let opens = !tag.closes;
        match tag.name.as_str() {
            "br" => self.breaks = (self.breaks + 1).min(3),
            "p" => {
                if opens {
                    // Word sets a paragraph for each line.
                    self.tight = tag.get("class").is_some_and(|c| c.starts_with("Mso"));
                }
                // The paragraph that starts a list item stands on the item's line.
                if !(opens && self.item.is_some()) {
                    self.block(if self.tight { 1 } else { 2 });
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "figure" => self.block(2),
            "div" | "dt" | "dd" | "address" | "article" | "section" | "header" | "footer" | "center" | "form"
            | "fieldset" | "main" | "aside" | "nav" | "caption" | "figcaption" | "body" | "legend" => self.block(1),
            "hr" => {
                self.block(1);
                self.text("----------");
                self.block(1);
            }
            "pre" | "textarea" | "xmp" | "listing" => {
                self.block(2);
                self.pre = if opens { self.pre + 1 } else { self.pre.saturating_sub(1) };
            }
            "blockquote" => {
                self.block(if opens { 1 } else { 2 });
                self.quotes = if opens { self.quotes + 1 } else { self.quotes.saturating_sub(1) };
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.block(if self.lists.len() <= usize::from(!opens) { 2 } else { 1 });
                if opens {
                    self.lists.push((tag.name == "ol").then_some(1));
                } else {
                    self.lists.pop();
                }
                self.item = None;
            }
            "li" => {
                self.block(1);
                if !opens {
                    self.breaks = 1;
                }
                self.item = opens.then(|| match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n += 1;
                        format!("{}. ", *n - 1)
                    }
                    _ => "- ".to_owned(),
                });
            }
            "table" => {
                self.block(1);
                if opens {
                    self.tables.push((0, self.out.len()));
                } else {
                    self.tables.pop();
                }
                self.cell_start = false;
            }
            "tr" => {
                self.cell_start = false;
                self.block(1);
                if let Some(row) = self.tables.last_mut() {
                    row.0 = 0;
                }
            }
            "td" | "th" if opens => self.cell(),
            "td" | "th" => {
                self.cell_start = false;
                self.breaks = self.breaks.min(1);
            }
            "a" => {
                self.end_link();
                if opens {
                    self.link = tag.get("href").and_then(|h| links::allowed(h.trim())).map(|h| (h, self.out.len()));
                }
            }
            "img" => {
                if let Some(alt) = tag.get("alt").map(|a| a.split_whitespace().collect::<Vec<_>>().join(" "))
                    && !alt.is_empty()
                {
                    self.text(&format!("[{}]", alt.replace('<', "")));
                }
            }
            _ => {}
        }
    }

    /// Ends the line, with `breaks - 1` empty ones behind it.
    fn block(&mut self, breaks: usize) {
        if !self.cell_start {
            self.breaks = self.breaks.max(breaks);
        }
        self.space = false;
    }

    /// A new cell: beside the one before if that was short and of one line, else on a line of its own.
    fn cell(&mut self) {
        let (out, line) = (self.out.len(), self.line);
        let Some((cells, start)) = self.tables.last_mut() else { return };
        let beside = *cells > 0 && out > *start && out - *start <= CELL && line <= *start;
        let empty = out == *start;
        *cells += 1;
        *start = out;
        if beside {
            self.breaks = 0;
            self.out.push_str("  ");
            if let Some((_, start)) = self.tables.last_mut() {
                *start = self.out.len();
            }
            self.space = false;
        } else if !empty {
            self.block(1);
        }
        self.cell_start = true;
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.plain(&rest[..at]);
            rest = &rest[at..];
            let (len, decoded) = entity(rest);
            self.plain(&decoded);
            rest = &rest[len..];
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.breaks += 1,
                '\r' if self.pre > 0 => {}
                ' ' | '\t' | '\n' | '\r' | '\u{0C}' if self.pre == 0 => self.space = true,
                _ => self.write(if c == '\u{A0}' { ' ' } else { c }),
            }
        }
    }

    fn write(&mut self, c: char) {
        if self.out.is_empty() || self.breaks > 0 {
            self.new_line();
        } else if self.space && !self.out[self.line..].ends_with(' ') {
            self.out.push(' ');
        }
        self.space = false;
        self.cell_start = false;
        self.out.push(c);
    }

    fn new_line(&mut self) {
        let before = self.out.trim_end_matches(' ').len();
        if !self.out.is_empty() {
            let between = self.quotes.min(self.last_quotes).min(DEEPEST);
            // Nobody needs more than two empty lines, but for what was set in `pre`.
            for n in 0..self.breaks.min(if self.pre > 0 { 20 } else { 3 }) {
                let kept = self.out.trim_end_matches(' ').len();
                self.out.truncate(kept.max(self.line));
                self.out.push('\n');
                if n + 1 < self.breaks.min(if self.pre > 0 { 20 } else { 3 }) {
                    self.out.push_str(&">".repeat(between));
                }
            }
        }
        self.breaks = 0;
        self.line = self.out.len();
        self.out.push_str(&"> ".repeat(self.quotes.min(DEEPEST)));
        self.last_quotes = self.quotes;
        let indent = self.lists.len().min(DEEPEST);
        match self.item.take() {
            Some(mark) => {
                self.out.push_str(&"  ".repeat(indent.saturating_sub(1)));
                self.out.push_str(&mark);
            }
            None => self.out.push_str(&"  ".repeat(indent)),
        }
        // A cell or link that starts here starts behind the marks.
        if let Some((_, start)) = self.link.as_mut().filter(|l| l.1 >= before) {
            *start = self.out.len();
        }
        if let Some((_, start)) = self.tables.last_mut().filter(|t| t.1 >= before) {
            *start = self.line;
        }
    }

    /// Puts the link's number behind its text, unless the text is the address itself or nothing.
    fn end_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let shown = self.out.get(start..).unwrap_or_default().trim();
        let same = |a: &str| a.trim_end_matches('/') == target.trim_end_matches('/');
        if shown.is_empty() || same(shown) || same(&format!("mailto:{shown}")) {
            return;
        }
        let next = self.notes.len() + 1;
        let number = match self.numbers.get(&target) {
            Some(n) => *n,
            None if next > FOOTNOTES => return,
            None => {
                self.numbers.insert(target.clone(), next);
                self.notes.push(target);
                next
            }
        };
        self.out.push_str(&format!("[{number}]"));
    }

    fn finish(mut self, cut: bool) -> String {
        self.end_link();
        let mut out = self.out.trim_end().to_owned();
        if cut {
            out.push_str("\n\n[...]");
        }
        for (i, target) in self.notes.iter().enumerate() {
            out.push_str(&format!("{}[{}]: {target}", if i == 0 { "\n\n" } else { "\n" }, i + 1));
        }
        out
    }
}

/// One tag as it stands in the source.
struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
    len: usize,
}

impl<'a> Tag<'a> {
    /// Reads the tag that starts here; nothing if it is none, or never ends.
    fn read(html: &'a str) -> Option<Self> {
        let body = html.strip_prefix('<')?;
        let (closes, name_at) = match body.strip_prefix('/') {
            Some(_) => (true, 2),
            None => (false, 1),
        };
        let first = html[name_at..].chars().next()?;
        if !(first.is_ascii_alphabetic() || !closes && matches!(first, '!' | '?')) {
            return None;
        }
        let name_len = html[name_at + 1..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))? + 1;
        let name_end = name_at + name_len;
        // A quote holds `>` only where a value may stand.
        let (mut value, mut quote) = (false, None);
        let mut end = None;
        for (i, b) in html.bytes().enumerate().skip(name_end) {
            match (quote, b) {
                (Some(q), _) if b == q => quote = None,
                (Some(_), _) => {}
                (None, b'>') => {
                    end = Some(i);
                    break;
                }
                (None, b'"' | b'\'') if value => quote = Some(b),
                (None, _) => value = b == b'=' || (value && b.is_ascii_whitespace()),
            }
        }
        // A quote that never closes is no quote.
        let end = end.or_else(|| html[name_end..].find('>').map(|i| name_end + i))?;
        let name = if name_len <= 12 { html[name_at..name_end].to_ascii_lowercase() } else { String::new() };
        Some(Self { name, closes, attributes: &html[name_end..end], len: end + 1 })
    }

    /// The value of an attribute, decoded.
    fn get(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            let name_len = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
            if rest.is_empty() {
                return None;
            }
            let name = &rest[..name_len];
            rest = rest[name_len..].trim_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (start, end) = match quote {
                    Some(q) => (1, after[1..].find(q).map_or(after.len(), |i| i + 1)),
                    None => (0, after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
                };
                value = &after[start..end];
                rest = after.get(end + usize::from(quote.is_some())..).unwrap_or_default();
            }
            if name.eq_ignore_ascii_case(wanted) {
                return Some(decode(value));
            }
        }
    }
}

/// Where the text behind `</name…>` starts.
fn find_end_tag(html: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = html[from..].find("</").map(|i| from + i) {
        let behind = &html.as_bytes()[at + 2..];
        if behind.len() >= name.len() && behind[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return html[at..].find('>').map(|i| at + i + 1);
        }
        from = at + 2;
    }
    None
}

fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (len, decoded) = entity(rest);
        out.push_str(&decoded);
        rest = &rest[len..];
    }
    out + rest
}

/// The character that an entity stands for, and the entity's length. What is none stays an ampersand.
fn entity(text: &str) -> (usize, String) {
    let name_len = text[1..].bytes().take(32).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    let name = &text[1..=name_len];
    let ends = text.as_bytes().get(1 + name_len) == Some(&b';');
    let len = 1 + name_len + usize::from(ends);
    let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => n.parse().ok(),
    });
    if let Some(number) = number {
        // Numbers of the C1 range mean windows-1252, as every browser reads them.
        let c = match u8::try_from(number) {
            Ok(byte @ 0x80..=0x9F) => encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next(),
            _ => char::from_u32(number),
        };
        return (len, c.map(String::from).unwrap_or_default());
    }
    if !ends && !matches!(name, "nbsp" | "amp" | "lt" | "gt" | "quot") {
        return (1, "&".to_owned());
    }
    let mut decoded = String::new();
    let token = format!("&{name};");
    add_html_token(&mut decoded, token.as_bytes(), false);
    if decoded == token { (1, "&".to_owned()) } else { (len, decoded) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(html: &str) -> String {
        to_text(html).as_str().to_owned()
    }

    #[test]
    fn paragraphs_and_lines() {
        assert_eq!(text("<p>Hello\n  <b>Ben</b>,</p><p>a<br>b</p>"), "Hello Ben,\n\na\nb");
        assert_eq!(
            text("<div>a</div><div><br></div><div>b &amp; c&nbsp;d &#146; &eacute;&unknown; &lt;x&gt;</div>"),
            "a\n\nb & c d ’ é&unknown; <x>"
        );
        assert_eq!(text("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>"), "a\nb");
        assert_eq!(text("plain 1 < 2 & 3 > 2"), "plain 1 < 2 & 3 > 2");
        assert_eq!(text("<pre>a\n  b\n\nc</pre>"), "a\n  b\n\nc");
        assert_eq!(text("返品<br>です"), "返品\nです");
    }

    #[test]
    fn links_become_footnotes() {
        assert_eq!(
            text(
                r#"See <a href="https://example.net/a?x=1&amp;y=2">here</a> and <a href='https://example.net/a?x=1&amp;y=2'>there</a>, <a href=https://b.example>https://b.example/</a> <a href="javascript:alert(1)">no</a> <a href="mailto:a@b.example">a@b.example</a>"#
            ),
            "See here[1] and there[1], https://b.example/ no a@b.example\n\n[1]: https://example.net/a?x=1&y=2"
        );
    }

    #[test]
    fn quotes_lists_and_tables() {
        assert_eq!(text("<ul><li><p>a</p></li><li><p>b</p></li></ul>"), "- a\n- b");
        assert_eq!(
            text("a<blockquote>b<br><blockquote>c</blockquote><p>d</p></blockquote>e"),
            "a\n> b\n> > c\n>\n> d\n\ne"
        );
        assert_eq!(text("<ul><li>a<li>b<ol><li>c</li><li>d</ol></ul>e"), "- a\n- b\n  1. c\n  2. d\n\ne");
        assert_eq!(
            text("<table><tr><th>Item<th>Price</tr><tr><td><p>Box</p></td><td>12</td></tr></table>"),
            "Item  Price\nBox  12"
        );
        assert_eq!(text("<table><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>"), "a\nb\nc");
    }

    #[test]
    fn what_nobody_should_read_is_gone() {
        assert_eq!(
            text("<head><title>x</title><style>p{}</style></head><!-- c --><script>a<b</script>shown<![if x]>!"),
            "shown!"
        );
        assert_eq!(text("<img src=x alt='A  photo'><img src=y>"), "[A photo]");
    }

    #[test]
    fn broken_html_swallows_nothing() {
        assert_eq!(text("<script>a and b"), "a and b");
        assert_eq!(text("a <!-- b"), "a <!-- b");
        assert_eq!(text("a <a href=\"x>b</a> c"), "a b c");
        assert_eq!(text("a <b"), "a <b");
        assert_eq!(text(""), "");
    }

    #[test]
    fn floods_take_linear_time() {
        for part in [
            "<div>",
            "<font color=1><p>",
            "<blockquote>",
            "<table><tr><td>",
            "<a href=x>",
            "<",
            "<a",
            "<a '",
            "<!--",
            "<script>",
            "<a href=\"",
            "&amp",
            "&",
            "</div>",
            "<ul><li>",
            "<b><i></b>",
            "<a b=",
            "<!",
            "</",
        ] {
            let html = part.repeat(50_000);
            let _ = to_text(&html);
        }
    }

    proptest! {
        #[test]
        fn never_fails(html in "(<|>|/|!--|-->|a href=|\"|'|div|td|table|tr|script|pre|&|#|x41;|nbsp;|blockquote|li|ul| |漢|\n){0,60}") {
            let _ = to_text(&html);
        }
    }
}
