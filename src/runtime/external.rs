//! Other programs and the file system: `$EDITOR`, addresses, attachments. Text from a ticket never passes through a shell.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures_util::StreamExt;

use crate::domain::{AttachmentId, change::Upload};
use crate::sync::pull::Reader;
use crate::text::Clean;

/// Hands a text to `$VISUAL` or `$EDITOR` (`vi` when neither is set) in a private file and gives back what the person made
/// of it. The file's last line ends as editors expect it; that end is no part of the text. The terminal must not be ours
/// while this runs.
pub fn edit(dir: &Path, text: &str) -> Result<String, Clean> {
    let said = |what: &str, why: &dyn std::fmt::Display| Clean::line(&format!("{what}: {why}"));
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|e| !e.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let file = dir.join(format!("edit-{}.txt", std::process::id()));
    write_private(&file, format!("{text}\n").as_bytes()).map_err(|e| said("The text could not be handed over", &e))?;
    // Split by spaces as a shell would for `EDITOR="code -w"`; the file is an argument of its own.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let ended = Command::new(program).args(words).arg(&file).status();
    let read = std::fs::read(&file);
    let _ = std::fs::remove_file(&file);
    match ended {
        Err(e) => Err(said(&format!("{program} could not be started"), &e)),
        Ok(status) if !status.success() => Err(said(program, &status)),
        Ok(_) => match read {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
            }
            Err(e) => Err(said("The edited text could not be read", &e)),
        },
    }
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(bytes)
}

/// Opens an address with `$BROWSER`, or with the desktop's opener where there is a display. Over ssh there is neither: then
/// the answer is `Err` and the caller yanks it.
pub fn open_url(url: &str) -> Result<(), Clean> {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| std::env::var_os(v).is_some_and(|d| !d.is_empty()));
    let browser = std::env::var("BROWSER").ok().filter(|b| !b.trim().is_empty());
    let program = match browser {
        Some(browser) => browser,
        None if has_display => "xdg-open".to_owned(),
        None => return Err(Clean::line("no browser here")),
    };
    start_quietly(&program, url)
}

/// Starts a program with one argument, without a terminal: nothing it says reaches the screen.
fn start_quietly(program: &str, argument: &str) -> Result<(), Clean> {
    let mut words = program.split_whitespace();
    let name = words.next().unwrap_or_default();
    let child = Command::new(name)
        .args(words)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(mut child) => {
            // Waited for on a thread of its own, so that no zombie stays.
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(e) => Err(Clean::line(&format!("{name} could not be started: {e}"))),
    }
}

/// Where attachments go unless told otherwise: the person's download folder, else the current folder.
fn download_dir() -> PathBuf {
    directories::UserDirs::new()
        .and_then(|u| u.download_dir().filter(|d| d.is_dir()).map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Reads `~/x` as a person means it.
pub fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), directories::BaseDirs::new()) {
        (Ok(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => path.to_path_buf(),
    }
}

/// A file name that stays inside its folder: no separators, no leading dot, not empty.
pub fn safe_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().trim_start_matches('.');
    let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    if name.is_empty() { "attachment".to_owned() } else { name }
}

/// Saves an attachment under a name that is free, and opens it where there is a display and it was asked for.
pub async fn save_attachment(
    reader: &Reader,
    id: &AttachmentId,
    name: &Clean,
    dir: Option<&Path>,
    open: bool,
) -> Result<PathBuf, Clean> {
    let said = |e: &dyn std::fmt::Display| Clean::line(&format!("{name} was not saved: {e}"));
    let dir = dir.map_or_else(download_dir, expand);
    let mut download = reader.attachment(id).await.map_err(|e| said(&e))?;
    let (path, file) = free_file(&dir, &safe_name(name)).map_err(|e| said(&e))?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(piece) = download.bytes.next().await {
        let written = match piece {
            Ok(bytes) => tokio::io::AsyncWriteExt::write_all(&mut file, &bytes).await.map_err(|e| said(&e)),
            Err(e) => Err(said(&e)),
        };
        if let Err(why) = written {
            let _ = std::fs::remove_file(&path);
            return Err(why);
        }
    }
    tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(|e| said(&e))?;
    if open && ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| std::env::var_os(v).is_some_and(|d| !d.is_empty())) {
        start_quietly("xdg-open", &path.to_string_lossy())?;
    }
    Ok(path)
}

/// Makes a file that was not there: `a.pdf`, else `a (1).pdf`.
fn free_file(dir: &Path, name: &str) -> std::io::Result<(PathBuf, std::fs::File)> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    for n in 0..1000 {
        let path = if n == 0 { dir.join(name) } else { dir.join(format!("{stem} ({n}){ending}")) };
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "every name like it is taken"))
}

/// Describes a local file that is to leave with a message.
pub fn upload(path: &Path) -> Result<Upload, Clean> {
    let path = expand(path);
    let said = |e: &dyn std::fmt::Display| Clean::line(&format!("{} cannot be attached: {e}", path.display()));
    let path = path.canonicalize().map_err(|e| said(&e))?;
    let meta = path.metadata().map_err(|e| said(&e))?;
    if !meta.is_file() {
        return Err(said(&"it is not a file"));
    }
    std::fs::File::open(&path).map_err(|e| said(&e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Upload { media_type: media_type(&name).to_owned(), name, size: meta.len(), path })
}

/// The media type that a name promises.
pub fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "txt" | "log" | "md" => "text/plain",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "eml" => "message/rfc822",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            (".bashrc", "bashrc"),
            ("", "attachment"),
            ("/", "attachment"),
            ("請求書.pdf", "請求書.pdf"),
        ] {
            assert_eq!(safe_name(name), safe);
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let dir = tempfile::tempdir().expect("a folder");
        let (first, _) = free_file(dir.path(), "a.pdf").expect("free");
        let (second, _) = free_file(dir.path(), "a.pdf").expect("free");
        assert!(first.ends_with("a.pdf") && second.ends_with("a (1).pdf"));
    }
}
