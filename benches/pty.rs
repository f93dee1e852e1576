//! What the screen costs, next to the floor: `cargo bench --bench pty [-- TICKETS]` starts the program in a terminal of
//! 120x40 against a desk of 10,000 tickets and prints bytes for each key, bytes while idle, time and CPU of the start.
//!
//! The floor is this very binary started with `--floor`. Ratios between the two hold on any machine; the absolute figures are
//! of this one, now. Everything lives in a temporary home, so that no desk of the user is touched.

mod floor;

use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const TICKETS: u64 = 10_000;
const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
/// Silence of this length ends a key's answer. Shorter than the rest after which the preview follows.
const QUIET: Duration = Duration::from_millis(60);
const STARTS: usize = 9;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let tickets = words.iter().find_map(|a| a.parse().ok()).unwrap_or(TICKETS);
    if words.iter().any(|a| a == "--floor") {
        return Ok(floor::run(tickets)?);
    }
    let home = tempfile::tempdir()?;
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ticketty"));
    fill(&program, home.path(), tickets)?;

    let this = std::env::current_exe()?;
    let floor = Target {
        program: this,
        args: vec!["--floor".into(), tickets.to_string()],
        home: home.path().into(),
        ready: "READY",
    };
    let ours = Target { program, args: Vec::new(), home: home.path().into(), ready: "customer0" };

    println!("{tickets} tickets, 120x40; medians");
    println!("{:32} {:>10} {:>10} {:>8}", "", "ticketty", "floor", "ratio");
    let (ours, floor) = (measure(&ours)?, measure(&floor)?);
    let row = |what: &str, a: f64, b: f64, unit: &str| {
        let ratio = if b > 0.0 { format!("{:.2}", a / b) } else { "-".to_owned() };
        println!("{what:32} {a:>10.1} {b:>10.1} {ratio:>8} {unit}");
    };
    row("start to the list", ours.start, floor.start, "ms");
    row("CPU of the start", ours.cpu, floor.cpu, "ms");
    row("first screen", ours.first, floor.first, "bytes");
    row("j inside the window", ours.inside, floor.inside, "bytes (at most 400)");
    row("j that scrolls", ours.scroll, floor.scroll, "bytes (at most 1500)");
    row("key to last byte", ours.key, floor.key, "ms");
    row("idle for 5 s", ours.idle, floor.idle, "bytes (0)");
    Ok(())
}

/// A program to measure.
struct Target {
    program: PathBuf,
    args: Vec<String>,
    home: PathBuf,
    /// The list is on the screen when this was written.
    ready: &'static str,
}

/// What it cost.
struct Figures {
    start: f64,
    cpu: f64,
    first: f64,
    inside: f64,
    scroll: f64,
    key: f64,
    idle: f64,
}

fn measure(target: &Target) -> Outcome<Figures> {
    let (mut starts, mut cpus, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
    // One start warms the caches.
    for warm in 0..=STARTS {
        let mut run = Run::start(target)?;
        let (time, bytes) = run.ready(target.ready)?;
        let cpu = run.cpu();
        run.stop();
        if warm > 0 {
            starts.push(time.as_secs_f64() * 1000.0);
            firsts.push(bytes as f64);
            cpus.extend(cpu);
        }
    }
    let mut run = Run::start(target)?;
    run.ready(target.ready)?;
    // Answers the question of the first start, if it is asked; the floor knows neither key.
    run.press(b"2", Duration::from_millis(400))?;
    run.press(b"\x1b", Duration::from_millis(400))?;
    let (mut inside, mut scroll, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..10 {
        inside.push(run.press(b"j", QUIET)?.0 as f64);
    }
    for _ in 0..40 {
        run.press(b"j", QUIET)?;
    }
    for _ in 0..60 {
        let (bytes, time) = run.press(b"j", QUIET)?;
        scroll.push(bytes as f64);
        times.extend(time.map(|t| t.as_secs_f64() * 1000.0));
    }
    run.drain(Duration::from_millis(500));
    let idle = run.drain_for(Duration::from_secs(5)) as f64;
    run.stop();
    Ok(Figures {
        start: median(starts),
        cpu: median(cpus),
        first: median(firsts),
        inside: median(inside),
        scroll: median(scroll),
        key: median(times),
        idle,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A program in a terminal.
struct Run {
    child: Box<dyn Child + Send + Sync>,
    // Kept: closing it hangs the program up.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    begun: Instant,
}

impl Run {
    fn start(target: &Target) -> Outcome<Self> {
        let pty = native_pty_system().openpty(SIZE)?;
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
    fn ready(&mut self, text: &str) -> Outcome<(Duration, usize)> {
        let mut seen = Vec::new();
        let end = self.begun + Duration::from_secs(20);
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
    fn press(&mut self, key: &[u8], quiet: Duration) -> Outcome<(usize, Option<Duration>)> {
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

    fn drain(&self, quiet: Duration) {
        while self.output.recv_timeout(quiet).is_ok() {}
    }

    fn drain_for(&self, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut bytes = 0;
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(chunk) => bytes += chunk.len(),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return bytes,
            }
        }
    }

    /// Milliseconds of CPU so far, where the system tells (`/proc`).
    fn cpu(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id()?)).ok()?;
        // Behind the name in brackets: state is the first field, user and system time the 12th and 13th.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        Some(ticks * 10.0) // 100 ticks a second on Linux
    }

    fn stop(mut self) {
        // What it was doing does not matter any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn environment(home: &Path) -> Vec<(&'static str, String)> {
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

/// Imports generated mails: one ticket each.
fn fill(program: &Path, home: &Path, tickets: u64) -> Outcome<()> {
    const WORDS: [&str; 10] =
        ["printer", "login", "refund", "delayed", "invoice", "返品", "請求書", "住所変更", "shipment", "account"];
    let mut mails = String::new();
    for i in 0..tickets {
        let word = |n: u64| WORDS[((i * 7 + n * 13) ^ (i >> 3)) as usize % WORDS.len()];
        write!(
            mails,
            "From bench Mon Jan  5 10:00:00 2026\nFrom: customer{} <c{}@example.net>\nTo: desk@example.net\n\
             Subject: {} {} {} {i}\nDate: Mon, 05 Jan 2026 {:02}:{:02}:00 +0000\nMessage-ID: <bench{i}@example.net>\n\
             Content-Type: text/plain; charset=utf-8\n\n{} {} {}\n\n",
            i % 997,
            i % 997,
            word(1),
            word(2),
            word(3),
            i / 60 % 24,
            i % 60,
            word(4),
            word(5),
            word(6),
        )?;
    }
    let file = home.join("bench.mbox");
    std::fs::write(&file, mails)?;
    // A terminal starts its program at home.
    std::fs::create_dir_all(home.join("home"))?;
    std::fs::create_dir_all(home.join("run"))?;
    let begun = Instant::now();
    let done =
        Command::new(program).args(["import", "--json"]).arg(&file).env_clear().envs(environment(home)).output()?;
    if !done.status.success() {
        return Err(format!("import: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    println!("imported in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
