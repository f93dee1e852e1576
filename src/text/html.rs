//! HTML to readable text by html2text: links as numbered footnotes, quotes with `>`, lists with marks, short tables in columns.
//! Lines are not wrapped: the screen does that for its own width.
//!
//! html5ever builds the tree, and its time and memory grow with the square of the nesting and of unclosed tags, both of which
//! a sender chooses. So it is fed piece by piece, and given up where too much stays open or too much is made; then, and where
//! html2text gives up, the text is what is left without the tags. Between the two the tree is tidied: html2text knows no
//! block but `div` and `p`, lays every table out in columns, and numbers one address as often as it stands there.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use html2text::{Element, Handle, RcDom};
use html5ever::interface::tree_builder::{ElementFlags, NodeOrText, Tracer, TreeSink};
use html5ever::tendril::TendrilSink;
use html5ever::{Attribute, LocalName, ParseOpts, QualName, ns, parse_document};
use mail_parser::decoders::html::html_to_text;

use super::{Clean, links};

/// More than this is not a letter. What is behind it stays in the stored HTML.
pub(crate) const LONGEST: usize = 1024 * 1024;
/// The tree grows by this many bytes between two looks at it.
const PIECE: usize = 1024;
/// Tags open at once, at most.
const OPEN: usize = 300;
/// Tags times what is open at them: bounds the elements that unclosed `font` and `b` multiply into.
const WORK: usize = 2_000_000;
/// Against what nobody thought of yet; the longest letter takes a fifth of it.
const PATIENCE: Duration = Duration::from_millis(500);
/// Quotes and lists nested deeper are shown at this depth.
const DEEPEST: usize = 20;
/// Footnotes at most; a newsletter's hundredth link helps nobody.
const FOOTNOTES: usize = 300;
/// A row of a table up to this many bytes stands on one line; the cells of a longer one stand below each other.
const ROW: usize = 160;
/// The same for one cell.
const CELL: usize = 80;
/// The same for the number of cells.
const CELLS: usize = 20;
/// Nothing is wrapped at this width.
const WIDTH: usize = 1_000_000;

/// Turns HTML into text. Text without any tag comes out as it is, but for collapsed white space.
pub fn to_text(html: &str) -> Clean {
    let html = html.trim_start_matches('\u{FEFF}');
    let mut cut = html.len().min(LONGEST);
    while !html.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut text = rendered(&html[..cut]).unwrap_or_else(|| html_to_text(&html[..cut]));
    text.truncate(text.trim_end().len());
    if cut < html.len() {
        text.push_str("\n\n[...]");
    }
    Clean::text(&text)
}

/// The text by html2text; nothing if the tree would become too large or too deep.
fn rendered(html: &str) -> Option<String> {
    let dom = tree(html)?;
    let mut tidy = Tidy::default();
    tidy.children(&dom.document, 0, 0)?;
    let config = html2text::config::plain_no_decorate().no_table_borders().unicode_strikeout(false);
    let text = config.render_to_string(config.dom_to_render_tree(&dom).ok()?, WIDTH).ok()?;
    let lines: Vec<&str> = text.lines().map(|l| l.trim_end_matches([' ', '\u{A0}'])).collect();
    let mut text = lines.join("\n").replace('\u{A0}', " ");
    text.truncate(text.trim_end().len());
    for (i, target) in tidy.notes.iter().enumerate() {
        text.push_str(&format!("{}[{}]: {target}", if i == 0 { "\n\n" } else { "\n" }, i + 1));
    }
    Some(text)
}

/// Builds the tree, unless it grows too large.
fn tree(html: &str) -> Option<RcDom> {
    let started = Instant::now();
    let mut parser = parse_document(RcDom::default(), ParseOpts::default());
    let (mut rest, mut work) = (html, 0);
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        parser.process(piece.into());
        let open = Count::default();
        parser.tokenizer.sink.trace_handles(&open);
        work += open.0.get() * piece.matches('<').count();
        if open.0.get() > OPEN || work > WORK || started.elapsed() > PATIENCE {
            return None;
        }
    }
    Some(parser.finish())
}

/// Counts what a tree builder holds open.
#[derive(Default)]
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = Handle;

    fn trace_handle(&self, _: &Handle) {
        self.0.set(self.0.get() + 1);
    }
}

/// Makes a tree of what html2text shows well.
#[derive(Default)]
struct Tidy {
    /// Makes new elements; holds none.
    maker: RcDom,
    notes: Vec<String>,
    numbers: HashMap<String, usize>,
}

/// What stands in an element.
#[derive(Clone, Copy, Default)]
struct Shape {
    /// Bytes of text.
    bytes: usize,
    /// Lines of its own that it starts, roughly.
    lines: usize,
}

impl Tidy {
    /// Tidies all that is in an element; nothing if it is too deep.
    fn children(&mut self, node: &Handle, depth: usize, marks: usize) -> Option<Shape> {
        if depth > 2 * OPEN {
            return None;
        }
        let children = std::mem::take(&mut *node.children.borrow_mut());
        let mut all = Shape::default();
        for child in children {
            let Element { name, attrs, .. } = &child.data else {
                all.bytes += plain(&child).trim().len();
                node.children.borrow_mut().push(child);
                continue;
            };
            let tag = name.local.clone();
            let marks = marks + usize::from(matches!(&*tag, "blockquote" | "ul" | "ol" | "dd"));
            let mut inner = self.children(&child, depth + 1, marks)?;
            let child = match &*tag {
                "a" => {
                    self.note(&child, &attrs.borrow());
                    self.renamed(&child, "span")
                }
                "img" => {
                    // Also one without a source, which html2text leaves out.
                    let words = attribute(&attrs.borrow(), "alt").unwrap_or_default().trim().to_owned();
                    all.bytes += words.len();
                    if words.is_empty() { self.element("span") } else { self.said("span", &format!("[{words}]")) }
                }
                "hr" => self.said("div", "----------"),
                "p" if attribute(&attrs.borrow(), "class").is_some_and(|c| c.starts_with("Mso")) => {
                    // Word sets a paragraph for each line.
                    self.renamed(&child, "div")
                }
                "blockquote" | "ul" | "ol" | "dd" if marks > DEEPEST => self.renamed(&child, "div"),
                "li" if marks > DEEPEST => self.renamed(&child, "div"),
                "address" | "article" | "aside" | "center" | "fieldset" | "figcaption" | "figure" | "footer"
                | "form" | "header" | "legend" | "main" | "nav" | "section" | "caption" => self.renamed(&child, "div"),
                // `5^{th}` and `~~gone~~` are no mail.
                "sup" | "s" | "del" | "title" => self.renamed(&child, "span"),
                "ol" => {
                    keep_small(attrs, "start", 0..=99_999);
                    child
                }
                "td" | "th" => {
                    keep_small(attrs, "colspan", 1..=CELLS as i64);
                    keep_small(attrs, "rowspan", 1..=CELLS as i64);
                    all.bytes += usize::from(inner.bytes > CELL || inner.lines > 1) * ROW;
                    inner.lines = 0;
                    // Or the columns would have but one space between them.
                    self.say(&child, "\u{A0}");
                    child
                }
                "tr" if inner.bytes > ROW || child.children.borrow().len() > 2 * CELLS => {
                    inner.lines = 2;
                    self.below_each_other(&child)
                }
                "table" if inner.lines > 0 => self.taken_apart(&child),
                _ => child,
            };
            all.bytes += inner.bytes;
            all.lines += inner.lines + lines_of(&tag);
            node.children.borrow_mut().push(child);
        }
        Some(all)
    }

    /// Puts a footnote's number behind a link's text, unless the text is the address itself or nothing.
    fn note(&mut self, link: &Handle, attrs: &[Attribute]) {
        let Some(target) = attribute(attrs, "href").and_then(|h| links::allowed(h.trim())) else { return };
        let shown = plain(link);
        let shown = shown.trim();
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
        self.say(link, &format!("[{number}]"));
    }

    /// A row whose cells need lines of their own.
    fn below_each_other(&self, row: &Handle) -> Handle {
        for cell in row.children.borrow_mut().iter_mut() {
            *cell = self.renamed(cell, "div");
        }
        self.renamed(row, "div")
    }

    /// A table that is none: the rows below each other, the cells of a short one beside each other.
    fn taken_apart(&self, table: &Handle) -> Handle {
        for part in table.children.borrow_mut().iter_mut() {
            for row in part.children.borrow_mut().iter_mut() {
                if is(row, "tr") {
                    let line = self.element("div");
                    for cell in row.children.borrow().iter().filter(|c| !plain(c).trim().is_empty()) {
                        if !line.children.borrow().is_empty() {
                            self.say(&line, "\u{A0}");
                        }
                        for inside in cell.children.borrow_mut().iter_mut().filter(|c| is(c, "p") || is(c, "div")) {
                            *inside = self.renamed(inside, "span");
                        }
                        line.children.borrow_mut().push(self.renamed(cell, "span"));
                    }
                    *row = line;
                }
            }
            *part = self.renamed(part, "div");
        }
        self.renamed(table, "div")
    }

    fn element(&self, tag: &str) -> Handle {
        let name = QualName::new(None, ns!(html), LocalName::from(tag));
        self.maker.create_element(name, Vec::new(), ElementFlags::default())
    }

    /// An element of another name with the same content; text stays as it is.
    fn renamed(&self, node: &Handle, tag: &str) -> Handle {
        if !matches!(node.data, Element { .. }) {
            return node.clone();
        }
        let new = self.element(tag);
        new.children.swap(&node.children);
        new
    }

    fn said(&self, tag: &str, text: &str) -> Handle {
        let node = self.element(tag);
        self.say(&node, text);
        node
    }

    fn say(&self, node: &Handle, text: &str) {
        self.maker.append(node, NodeOrText::AppendText(text.into()));
    }
}

/// How many lines of its own an element starts, roughly: one that is alone in a cell leaves the cell one line.
fn lines_of(tag: &str) -> usize {
    match tag {
        "p" | "div" | "center" | "li" => 1,
        "br" | "hr" | "ul" | "ol" | "table" | "blockquote" | "pre" | "dl" => 2,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => 2,
        _ => 0,
    }
}

fn is(node: &Handle, tag: &str) -> bool {
    matches!(&node.data, Element { name, .. } if &*name.local == tag)
}

fn attribute<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
}

/// Takes a number away that is none or that would make html2text count or allocate without end.
fn keep_small(attrs: &std::cell::RefCell<Vec<Attribute>>, name: &str, range: std::ops::RangeInclusive<i64>) {
    attrs.borrow_mut().retain(|a| &*a.name.local != name || a.value.parse().is_ok_and(|n| range.contains(&n)));
}

/// The text in a node. The tree gives it only as HTML.
fn plain(node: &Handle) -> String {
    let mut bytes = Vec::new();
    if matches!(node.data, Element { .. }) {
        return node.children.borrow().iter().map(plain).collect();
    }
    // Writing to memory does not fail.
    let _ = node.serialize(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
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
        assert_eq!(text("<ul><li><p>a</p></li><li><p>b</p></li></ul>"), "* a\n* b");
        assert_eq!(
            text("a<blockquote>b<br><blockquote>c</blockquote><p>d</p></blockquote>e"),
            "a\n\n> b\n>\n> > c\n>\n> d\n\ne"
        );
        assert_eq!(text("<ul><li>a<li>b<ol><li>c</li><li>d</ol></ul>e"), "* a\n* b\n  1. c\n  2. d\ne");
        assert_eq!(
            text("<table><tr><th>Item<th>Price</tr><tr><td><p>Box</p></td><td>12</td></tr></table>"),
            "Item  Price\nBox   12"
        );
        assert_eq!(text("<table><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>"), "a\nb\n\nc");
        let long = "word ".repeat(40);
        assert_eq!(
            text(&format!("<table><tr><td>{long}</td></tr><tr><td>Order:</td><td></td><td>7</td></tr></table>")),
            format!("{}\nOrder:  7", long.trim()),
            "a table that only lays out"
        );
        assert_eq!(text("<center>a</center><section>b</section>5<sup>th</sup><hr>c"), "a\nb\n5th\n----------\nc");
    }

    #[test]
    fn what_nobody_should_read_is_gone() {
        assert_eq!(
            text("<head><title>x</title><style>p{}</style></head><!-- c --><script>a<b</script>shown<![if x]>!"),
            "shown!"
        );
        assert_eq!(text("<img src=x alt='A  photo'><img src=y><img alt=b>"), "[A photo][b]");
    }

    #[test]
    fn what_never_ends_is_gone_as_in_a_browser() {
        assert_eq!(text("a <!-- b"), "a");
        assert_eq!(text("a <a href=\"x>b</a> c"), "a");
        assert_eq!(text(""), "");
    }

    #[test]
    fn too_deep_is_stripped_and_deep_is_not() {
        let nested = |n: usize| format!("{}x &amp; y{}", "<div>".repeat(n), "</div>".repeat(n));
        assert_eq!(text(&nested(250)), "x & y");
        assert_eq!(text(&nested(5_000)), "x & y");
        let quotes = format!("{}x", "<blockquote>".repeat(100));
        assert_eq!(text(&quotes), format!("{}x", "> ".repeat(DEEPEST)));
        assert_eq!(text("<ol start=9223372036854775807><li>x<li>y</ol>"), "1. x\n2. y");
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
            let html = part.repeat(1_500);
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
