//! Finds mails in files and folders: maildirs, mboxes, single mails, any tree of them, in a fixed order.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::mbox::{self, Splitter};
use super::repair::{field_name, next_line};

/// A mail longer than this is kept up to here and reported.
pub const CAP: usize = 64 * 1024 * 1024;
/// Folders nested deeper are a loop or a joke.
const DEEPEST: usize = 100;

/// A mail as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMail {
    /// The file, and for a mail inside an mbox its number: `inbox.mbox#12`.
    pub name: String,
    /// Where it starts in its file.
    pub offset: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Why it is not whole.
    pub broken: Option<String>,
}

/// A file that gave no mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct SourceError {
    /// The file or folder.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

/// All mails under some paths, lazily and in order. A path named here is read as mail whatever it holds; a file inside a folder
/// only if it looks like mail, lies in a maildir's `cur` or `new`, or is called `.eml`.
pub fn sources(paths: impl IntoIterator<Item = PathBuf>) -> Sources {
    let mut todo: Vec<Step> = paths.into_iter().map(|path| Step { path, named: true, depth: 0 }).collect();
    todo.reverse();
    Sources { todo, seen: HashSet::new(), open: None, cap: CAP }
}

/// All mails of a stream: an mbox or one mail.
pub fn of_stream(name: &str, reader: impl Read + Send + 'static) -> Sources {
    let mut sources = sources([]);
    sources.open = Some(Open::new(name.to_owned(), Box::new(BufReader::new(reader)), CAP));
    sources
}

struct Step {
    path: PathBuf,
    named: bool,
    depth: usize,
}

/// The iterator of [`sources`].
pub struct Sources {
    /// What is still to visit, the next one last.
    todo: Vec<Step>,
    /// Folders visited, by device and inode, so that a loop of links ends.
    seen: HashSet<(u64, u64)>,
    open: Option<Open>,
    cap: usize,
}

/// A file being read.
struct Open {
    name: String,
    pieces: Splitter<Box<dyn BufRead + Send>>,
    count: usize,
}

impl Open {
    fn new(name: String, reader: Box<dyn BufRead + Send>, cap: usize) -> Self {
        Self { name, pieces: Splitter::new(reader, cap), count: 0 }
    }
}

impl Sources {
    /// Keeps each mail up to another cap than [`CAP`].
    pub fn with_cap(mut self, cap: usize) -> Self {
        self.cap = cap;
        self
    }

    fn next_of_open(&mut self) -> Option<Result<RawMail, SourceError>> {
        let open = self.open.as_mut()?;
        let Some(piece) = open.pieces.next() else {
            let open = self.open.take()?;
            // An empty file that was asked for is a broken mail, not silence.
            return (open.count == 0).then_some(Ok(RawMail {
                name: open.name,
                offset: 0,
                bytes: Vec::new(),
                broken: Some("empty".to_owned()),
            }));
        };
        open.count += 1;
        Some(match piece {
            Ok(piece) => {
                let in_mbox = piece.offset > 0;
                Ok(RawMail {
                    name: if in_mbox { format!("{}#{}", open.name, open.count) } else { open.name.clone() },
                    offset: piece.offset,
                    broken: piece.cut.then(|| format!("longer than {} bytes, the rest is missing", piece.bytes.len())),
                    bytes: piece.bytes,
                })
            }
            Err(e) => {
                let open = self.open.take()?;
                Err(SourceError { file: open.name, why: reason(&e) })
            }
        })
    }

    /// Visits one path: a folder puts its entries on the list, a file is opened.
    fn visit(&mut self, step: &Step) -> Result<(), SourceError> {
        let fail = |why: String| SourceError { file: step.path.display().to_string(), why };
        let meta = fs::metadata(&step.path).map_err(|e| fail(reason(&e)))?;
        if meta.is_dir() {
            if step.depth > DEEPEST {
                return Err(fail("folders nested too deep".to_owned()));
            }
            if !self.seen.insert(identity(&meta)) {
                return Ok(());
            }
            let mut names = Vec::new();
            for entry in fs::read_dir(&step.path).map_err(|e| fail(reason(&e)))? {
                names.push(entry.map_err(|e| fail(reason(&e)))?.file_name());
            }
            names.sort_unstable();
            let is_maildir = names.iter().any(|n| n == "cur" || n == "new");
            for name in names.into_iter().rev() {
                // A mail in `tmp` is not delivered yet.
                if !(is_maildir && name == "tmp") {
                    self.todo.push(Step { path: step.path.join(name), named: false, depth: step.depth + 1 });
                }
            }
            return Ok(());
        }
        if !step.named && (!meta.is_file() || is_housekeeping(&step.path)) {
            return Ok(());
        }
        let file = File::open(&step.path).map_err(|e| fail(reason(&e)))?;
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let head = reader.fill_buf().map_err(|e| fail(reason(&e)))?;
        if !step.named && !is_delivered(&step.path) && !looks_like_mail(head) {
            return Err(fail(if head.is_empty() { "empty file, skipped" } else { "not a mail, skipped" }.to_owned()));
        }
        self.open = Some(Open::new(step.path.display().to_string(), Box::new(reader), self.cap));
        Ok(())
    }
}

impl Iterator for Sources {
    type Item = Result<RawMail, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.open.is_some() {
                if let Some(found) = self.next_of_open() {
                    return Some(found);
                }
                continue;
            }
            let step = self.todo.pop()?;
            if let Err(e) = self.visit(&step) {
                return Some(Err(e));
            }
        }
    }
}

#[cfg(unix)]
fn identity(meta: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (u64, u64) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    (0, NEXT.fetch_add(1, Ordering::Relaxed)) // no inode numbers: the depth limit ends a loop
}

/// Files that mail programs keep beside mails.
fn is_housekeeping(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let known = [
        "dovecot",
        "courierimap",
        "maildirfolder",
        "maildirsize",
        "subscriptions",
        ".mh_sequences",
        ".ds_store",
        ".uidvalidity",
    ];
    let lower = name.to_lowercase();
    known.iter().any(|k| lower.starts_with(k)) || [".lock", ".msf", ".dat", ".sbd"].iter().any(|e| lower.ends_with(e))
}

/// Whether the place or name of a file says that it is a mail.
fn is_delivered(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let ending = path.extension().unwrap_or_default();
    folder == "cur"
        || folder == "new"
        || ["eml", "mbox"].iter().any(|e| ending.eq_ignore_ascii_case(e))
        || path.file_name().unwrap_or_default().to_string_lossy().contains(":2,")
}

/// Whether a file starts as a mail or an mbox does.
fn looks_like_mail(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let skipped = start.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(start.len());
    let start = &start[skipped..];
    let Some((first, rest)) = next_line(start) else { return false };
    if mbox::is_from_line(first) {
        return true;
    }
    // Two fields in a row (a folded line between), or one and the end of the head.
    let second = || {
        let mut rest = rest;
        while let Some((line, behind)) = next_line(rest) {
            if !line.first().is_some_and(u8::is_ascii_whitespace) {
                return line.is_empty() || field_name(line).is_some();
            }
            rest = behind;
        }
        true
    };
    field_name(first).is_some_and(|n| n.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')) && second()
}

fn reason(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let prefix = format!("{}/", root.display());
        sources([root.to_path_buf()])
            .map(|s| match s {
                Ok(mail) => mail.name.replace(&prefix, ""),
                Err(e) => format!("! {}", e.to_string().replace(&prefix, "")),
            })
            .collect()
    }

    fn put(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn walks_a_tree_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(root, "cur/b:2,S", "Subject: b\n\nx");
        put(root, "cur/a:2,", "Subject: a\n\nx");
        put(root, "new/broken", "no header");
        put(root, "tmp/half", "Subject: half\n\nx");
        put(root, ".Sent/cur/s", "Subject: s\n\nx");
        put(
            root,
            "old/inbox",
            "From a Mon Jan  5 14:02:03 2026\nSubject: 1\n\nx\n\nFrom a Mon Jan  5 14:02:03 2026\nSubject: 2\n\ny\n",
        );
        put(root, "old/tmp/one.eml", "Subject: e\n\nx");
        put(root, "old/README", "Read me first.\n");
        put(root, "old/empty", "");
        put(root, "dovecot.index", "junk");
        put(root, "01:2,", "Subject: n\n\nx");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("old/loop")).unwrap();
        assert_eq!(
            names(root),
            [
                ".Sent/cur/s",
                "01:2,",
                "cur/a:2,",
                "cur/b:2,S",
                "new/broken",
                "! old/README: not a mail, skipped",
                "! old/empty: empty file, skipped",
                "old/inbox#1",
                "old/inbox#2",
                "old/tmp/one.eml"
            ]
        );
    }

    #[test]
    fn a_named_file_is_read_whatever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "x", "words");
        put(dir.path(), "empty", "");
        let found: Vec<_> =
            sources([dir.path().join("x"), dir.path().join("empty"), dir.path().join("none")]).collect();
        assert_eq!(found[0].as_ref().unwrap().bytes, b"words");
        assert_eq!(found[1].as_ref().unwrap().broken.as_deref(), Some("empty"));
        assert_eq!(found[2].as_ref().unwrap_err().why, "no such file or folder");
    }

    #[test]
    fn a_stream_and_the_cap() {
        let found: Vec<_> = of_stream("-", &b"Subject: x\n\nbody"[..]).collect();
        assert_eq!((found.len(), found[0].as_ref().unwrap().name.as_str()), (1, "-"));
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "x.eml", &format!("Subject: x\n\n{}", "y".repeat(5000)));
        let cut = sources([dir.path().to_path_buf()]).with_cap(100).next().unwrap().unwrap();
        assert_eq!((cut.bytes.len(), cut.broken.is_some()), (100, true));
    }
}
