//! Full text: words in Rust, an index in SQLite.
//!
//! A run of Chinese, Japanese or Korean characters becomes its overlapping pairs, so a word of two characters is found as well as a
//! long one; everything else is kept as words. Both the index and the question pass through [`tokens`].
//!
//! The index is cut into parts of [`PART`] tickets: a question for the beginning of a word gathers everything that begins so
//! before it answers, which must not grow with the desk. Parts are asked from the newest on, until there are enough.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use unicode_normalization::UnicodeNormalization;

use super::Step;
use super::people::id_list;
use super::rec::Rec;

/// Of one ticket so many bytes are indexed: a flood of text must not make every later write slow.
const INDEXED: usize = 512 * 1024;

/// Tickets in one part of the index.
pub(super) const PART: i64 = 1 << 16;

/// The table of a part; the first one is made with the database, the others when their first ticket comes.
fn table(part: i64) -> String {
    if part == 0 { "words".to_owned() } else { format!("words_{part}") }
}

/// The parts there are, newest first.
async fn parts(conn: &mut SqliteConnection) -> Step<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT CAST(substr(name, 7) AS INTEGER) FROM sqlite_schema \
         WHERE type = 'table' AND (name = 'words' OR name GLOB 'words_[0-9]*' AND name NOT GLOB 'words_*_*') ORDER BY 1 DESC",
    )
    .fetch_all(conn)
    .await?)
}

/// Makes the part that a ticket belongs to, when it is missing, and answers its table.
pub(super) async fn part_of(conn: &mut SqliteConnection, ticket: i64) -> Step<String> {
    let table = table(ticket / PART);
    let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = $1")
        .bind(&table)
        .fetch_optional(&mut *conn)
        .await?;
    if found.is_none() {
        let mut q = QueryBuilder::<Sqlite>::new("CREATE VIRTUAL TABLE ");
        q.push(&table);
        q.push(" USING fts5 (body, content = '', contentless_delete = 1, ");
        q.push("tokenize = 'unicode61 remove_diacritics 2', detail = 'full')");
        q.build().persistent(false).execute(conn).await?;
    }
    Ok(table)
}

/// Whether a character belongs to a script written without spaces.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3041..=0x30FF | 0x3105..=0x318F
        | 0x31A0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF | 0xF900..=0xFAFF
        | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF)
        && c.is_alphanumeric()
}

/// A run of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    /// A word of letters and digits.
    Word(String),
    /// Characters written without spaces.
    Cjk(Vec<char>),
}

/// The runs of a text. ASCII, most of most mail, skips the tables; a stretch of anything else is normalised by itself, which cuts
/// a mark from an ASCII letter before it, and the index drops marks anyway.
fn runs(text: &str) -> Vec<Run> {
    let mut cut = Cutter { runs: Vec::new(), open: false };
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|b| !b.is_ascii()).unwrap_or(rest.len());
        for word in rest[..ascii].split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            cut.ascii(word);
        }
        rest = &rest[ascii..];
        let other = rest.bytes().position(|b| b.is_ascii()).unwrap_or(rest.len());
        rest[..other].nfkc().flat_map(char::to_lowercase).for_each(|c| cut.take(c));
        rest = &rest[other..];
    }
    cut.runs
}

struct Cutter {
    runs: Vec<Run>,
    /// The last run goes on.
    open: bool,
}

impl Cutter {
    /// A piece of ASCII: letters and digits, with at most one other character at its end.
    fn ascii(&mut self, piece: &str) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if !word.is_empty() {
            match self.runs.last_mut() {
                Some(Run::Word(open)) if self.open => open.push_str(&word.to_ascii_lowercase()),
                _ => self.runs.push(Run::Word(word.to_ascii_lowercase())),
            }
        }
        self.open = word.len() == piece.len();
    }

    fn take(&mut self, c: char) {
        if is_cjk(c) {
            match self.runs.last_mut() {
                Some(Run::Cjk(chars)) if self.open => chars.push(c),
                _ => self.runs.push(Run::Cjk(vec![c])),
            }
            self.open = true;
        } else if c.is_alphanumeric() {
            match self.runs.last_mut() {
                Some(Run::Word(word)) if self.open => word.push(c),
                _ => self.runs.push(Run::Word(c.to_string())),
            }
            self.open = true;
        } else if !unicode_normalization::char::is_combining_mark(c) {
            self.open = false;
        }
    }
}

/// The text as the index takes it: words and pairs, spaces between them. A run's last character also stands alone, so that a
/// question of one character finds it at the end of a run too.
fn tokens(text: &str, out: &mut String) {
    for run in runs(text) {
        match run {
            Run::Word(word) => {
                out.push_str(&word);
                out.push(' ');
            }
            Run::Cjk(chars) => {
                for pair in chars.windows(2) {
                    out.extend(pair);
                    out.push(' ');
                }
                out.extend(chars.last());
                out.push(' ');
            }
        }
    }
}

/// A question for the index: all words, each as a beginning; characters without spaces as a phrase of pairs. `None`: nothing to
/// look for.
pub(super) fn phrase(typed: &str) -> Option<String> {
    let terms: Vec<String> = runs(typed)
        .into_iter()
        .take(32)
        .map(|run| match run {
            // Tokens hold only letters and digits, so quotes need no escape.
            Run::Word(word) => format!("\"{word}\" *"),
            Run::Cjk(chars) if chars.len() == 1 => format!("\"{}\" *", String::from_iter(chars)),
            Run::Cjk(chars) => {
                let pairs: Vec<String> = chars.windows(2).map(String::from_iter).collect();
                format!("\"{}\"", pairs.join(" "))
            }
        })
        .collect();
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

/// Puts a ticket's text into the index anew. A pointer has none.
pub(super) async fn index(conn: &mut SqliteConnection, rec: &Rec) -> Step<()> {
    let table = part_of(conn, rec.id).await?;
    let mut q = QueryBuilder::<Sqlite>::new("DELETE FROM ");
    q.push(&table).push(" WHERE rowid = ").push_bind(rec.id);
    q.build().execute(&mut *conn).await?;
    if rec.merged_into.is_some() {
        return Ok(());
    }
    let mut body = String::new();
    for part in [&rec.subject, &rec.requester.name, &rec.requester.email] {
        tokens(part, &mut body);
    }
    if let Some(phone) = &rec.requester.phone {
        tokens(phone, &mut body);
        tokens(&super::rec::tel_key(phone), &mut body);
    }
    if let Some(code) = &rec.requester.code {
        tokens(code, &mut body);
    }
    for label in &rec.labels {
        tokens(label, &mut body);
    }
    let messages: Vec<(Option<String>, String, String, String)> = sqlx::query_as(
        "SELECT subject, author_name, author_email, text FROM message WHERE ticket = $1 ORDER BY number DESC LIMIT 1000",
    )
    .bind(rec.id)
    .fetch_all(&mut *conn)
    .await?;
    let files: Vec<String> = sqlx::query_scalar(
        "SELECT f.name FROM attachment f JOIN message m ON m.id = f.message WHERE m.ticket = $1 LIMIT 1000",
    )
    .bind(rec.id)
    .fetch_all(&mut *conn)
    .await?;
    for name in files {
        tokens(&name, &mut body);
    }
    for (subject, name, email, text) in messages {
        for part in [subject.as_deref().unwrap_or_default(), &name, &email, &text] {
            if body.len() < INDEXED {
                tokens(head(part, INDEXED), &mut body);
            }
        }
    }
    let mut q = QueryBuilder::<Sqlite>::new("INSERT INTO ");
    q.push(&table).push(" (rowid, body) VALUES (").push_bind(rec.id).push(", ").push_bind(body).push(")");
    q.build().execute(&mut *conn).await?;
    Ok(())
}

/// The beginning of a text, at most so many bytes.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Tickets that match with an id below `below`, newest id first, at most so many.
pub(super) async fn hits(conn: &mut SqliteConnection, phrase: &str, below: i64, limit: i64) -> Step<Vec<i64>> {
    let mut ids = Vec::new();
    for part in parts(conn).await? {
        let left = limit.saturating_sub(ids.len() as i64);
        if left == 0 {
            break;
        }
        if part * PART < below {
            let table = table(part);
            let mut q = QueryBuilder::<Sqlite>::new("SELECT rowid FROM ");
            q.push(&table).push(" WHERE ").push(&table).push(" MATCH ").push_bind(phrase);
            q.push(" AND rowid < ").push_bind(below).push(" ORDER BY rowid DESC LIMIT ").push_bind(left);
            ids.append(&mut q.build_query_scalar().fetch_all(&mut *conn).await?);
        }
    }
    Ok(ids)
}

/// Those of some tickets that match.
pub(super) async fn among(conn: &mut SqliteConnection, phrase: &str, ids: &[i64]) -> Step<Vec<i64>> {
    let mut found = Vec::new();
    for part in parts(conn).await? {
        let here: Vec<i64> = ids.iter().copied().filter(|id| id / PART == part).collect();
        let (Some(first), Some(last)) = (here.iter().min(), here.iter().max()) else { continue };
        let table = table(part);
        let mut q = QueryBuilder::<Sqlite>::new("SELECT rowid FROM ");
        q.push(&table).push(" WHERE ").push(&table).push(" MATCH ").push_bind(phrase);
        q.push(" AND rowid >= ").push_bind(*first).push(" AND rowid <= ").push_bind(*last);
        // The plus: else the question would be asked anew for each of the tickets.
        q.push(" AND +rowid IN (SELECT value FROM json_each(").push_bind(id_list(&here)?).push("))");
        found.append(&mut q.build_query_scalar().fetch_all(&mut *conn).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let mut out = String::new();
        tokens(text, &mut out);
        out.trim_end().to_owned()
    }

    #[test]
    fn words_stay_and_cjk_runs_become_pairs() {
        assert_eq!(cut("Invoice #5512, please!"), "invoice 5512 please");
        assert_eq!(cut("返品と請求書"), "返品 品と と請 請求 求書 書");
        assert_eq!(cut("ｶﾞｽ代 ABC１２"), "ガス ス代 代 abc12");
        assert_eq!(cut("注文5512番"), "注文 文 5512 番");
        assert_eq!(cut(" \u{1b}[31m — "), "31m");
        assert_eq!(cut("naïve Ｆｕｌｌ-width e\u{301}t\u{e9} x２y"), "naïve full width eté x2y");
    }

    #[test]
    fn questions_are_only_letters_digits_and_our_own_quotes() {
        assert_eq!(phrase("返品").as_deref(), Some("\"返品\""));
        assert_eq!(phrase("領収書 返品").as_deref(), Some("\"領収 収書\" AND \"返品\""));
        assert_eq!(phrase("refun").as_deref(), Some("\"refun\" *"));
        assert_eq!(phrase("a\" OR b").as_deref(), Some("\"a\" * AND \"or\" * AND \"b\" *"));
        assert_eq!(phrase(" - \" * "), None);
    }
}
