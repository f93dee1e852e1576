//! One program in a pseudo-terminal: what it writes and when, and what the system says that it costs (`/proc`; where there is none,
//! these figures are missing).

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What came of it, or why not.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// A program to measure.
pub struct Target {
    /// Its file.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Everything of the user lies in here.
    pub home: PathBuf,
    /// The list is on the screen when this was written.
    pub ready: &'static str,
}

/// A running program.
pub struct Run {
    child: Box<dyn Child + Send + Sync>,
    // Kept: closing it hangs the program up.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    begun: Instant,
}

impl Run {
    /// Starts it in a terminal of so many columns and 40 rows.
    pub fn start(target: &Target, columns: u16) -> Outcome<Self> {
        let size = PtySize { rows: 40, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(&target.program);
        command.args(&target.args);
        command.env_clear();
        for (key, value) in environment(&target.home) {
            command.env(key, value);
        }
        let begun = Instant::now();
        let child = pty.slave.spawn_command(command)?;
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader()?;
        let keys = pty.master.take_writer()?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, _master: pty.master, keys, output, begun })
    }

    /// Waits until the text was written; answers when, and how many bytes came until then.
    pub fn ready(&mut self, text: &str) -> Outcome<(Duration, usize)> {
        let mut seen = Vec::new();
        let end = self.begun + Duration::from_secs(30);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let chunk = self.output.recv_timeout(left).map_err(|_| format!("{text:?} never came"))?;
            seen.extend(chunk);
            if seen.windows(text.len()).any(|w| w == text.as_bytes()) {
                return Ok((self.begun.elapsed(), seen.len()));
            }
        }
    }

    /// Presses a key; answers how many bytes came, and when the last of them.
    pub fn press(&mut self, key: &[u8], quiet: Duration) -> Outcome<(usize, Option<Duration>)> {
        let pressed = Instant::now();
        self.keys.write_all(key)?;
        self.keys.flush()?;
        let (mut bytes, mut last) = (0, None);
        while let Ok(chunk) = self.output.recv_timeout(quiet) {
            bytes += chunk.len();
            last = Some(pressed.elapsed());
        }
        Ok((bytes, last))
    }

    /// Reads until nothing came for so long, at most ten seconds.
    pub fn settle(&self, quiet: Duration) {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && self.output.recv_timeout(quiet).is_ok() {}
    }

    /// How many bytes come in this time.
    pub fn listen(&self, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut bytes = 0;
        while let Ok(chunk) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            bytes += chunk.len();
        }
        bytes
    }

    /// Milliseconds of CPU so far, of all its threads that still run.
    pub fn cpu(&self) -> f64 {
        self.threads("schedstat", |text| text.split(' ').next()?.parse().ok()).values().sum::<f64>() / 1e6
    }

    /// How often its threads were woken while it does this.
    pub fn wakes<T>(&self, during: impl FnOnce() -> T) -> (f64, T) {
        let read = |text: &str| field(text, "voluntary_ctxt_switches:");
        let before = self.threads("status", read);
        let done = during();
        // A thread that has ended meanwhile is in the second count no more; one that is new is there whole.
        let after = self.threads("status", read);
        (after.iter().map(|(id, n)| n - before.get(id).unwrap_or(&0.0)).sum(), done)
    }

    /// The most memory that it ever held, in MB.
    pub fn memory(&self) -> f64 {
        let status = self.child.process_id().map(|id| std::fs::read_to_string(format!("/proc/{id}/status")));
        status.and_then(Result::ok).and_then(|s| field(&s, "VmHWM:")).map_or(f64::NAN, |kb| kb / 1024.0)
    }

    /// Something of every thread.
    fn threads(&self, file: &str, read: impl Fn(&str) -> Option<f64>) -> HashMap<OsString, f64> {
        let folder = self.child.process_id().map(|id| std::fs::read_dir(format!("/proc/{id}/task")));
        let threads = folder.into_iter().flatten().flatten().flatten();
        threads
            .filter_map(|t| Some((t.file_name(), read(&std::fs::read_to_string(t.path().join(file)).ok()?)?)))
            .collect()
    }

    /// Ends it.
    pub fn stop(mut self) {
        // What it was doing does not matter any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number behind a name at a line's begin.
fn field(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|l| l.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// The whole environment of a program at home in a folder.
pub fn environment(home: &Path) -> Vec<(&'static str, String)> {
    let at = |name: &str| home.join(name).display().to_string();
    vec![
        ("HOME", at("home")),
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("USER", "bench".into()),
        ("TERM", "xterm-256color".into()),
        ("COLORTERM", "truecolor".into()),
        ("LANG", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        ("XDG_CONFIG_HOME", at("config")),
        ("XDG_DATA_HOME", at("data")),
        ("XDG_STATE_HOME", at("state")),
        ("XDG_CACHE_HOME", at("cache")),
        ("XDG_RUNTIME_DIR", at("run")),
    ]
}
