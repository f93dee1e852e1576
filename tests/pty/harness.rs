//! A terminal for the program: what it shows, what it sent, and keys for it. Waiting is always for a state; the deadline only
//! bounds a failure.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::cli::Home;

/// Longer than any state should need on a crowded machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// The size most tests use.
pub const WIDE: (u16, u16) = (120, 40);
/// The size of an old terminal.
pub const NARROW: (u16, u16) = (80, 24);

/// What came out of the program so far.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// The program's side is closed.
    closed: bool,
    /// The terminal is about to go away: the reader ends with the next bytes.
    hanging_up: bool,
}

/// The program in a terminal.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: JoinHandle<()>,
}

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Screen {
    /// Starts the program as an agent with vim keys would.
    pub fn open(home: &Home, args: &[&str], size: (u16, u16)) -> Self {
        Self::open_with(home, args, size, &[])
    }

    /// The same with more in the environment.
    pub fn open_with(home: &Home, args: &[&str], size: (u16, u16), env: &[(&str, &str)]) -> Self {
        Self::open_by(&[], home, args, size, env)
    }

    /// The same, started by another program, which gets it as its last arguments.
    pub fn open_by(by: &[&str], home: &Home, args: &[&str], size: (u16, u16), env: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(pty_size(size)).unwrap();
        let words: Vec<&str> = by.iter().chain(&[env!("CARGO_BIN_EXE_ticketty")]).chain(args).copied().collect();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.env_clear();
        command.cwd(home.path(""));
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", home.path(""));
        for (name, value) in
            [("LANG", "C.UTF-8"), ("TZ", "UTC"), ("USER", "mika"), ("TERM", "xterm-256color")].iter().chain(env)
        {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(nonzero(size.1), nonzero(size.0), 0);
        let seen =
            Arc::new((Mutex::new(Seen { parser, raw: Vec::new(), closed: false, hanging_up: false }), Condvar::new()));
        let mut output = pair.master.try_clone_reader().unwrap();
        let reader = std::thread::spawn({
            let seen = Arc::clone(&seen);
            move || {
                let mut bytes = [0; 1 << 14];
                loop {
                    let read = output.read(&mut bytes).unwrap_or(0);
                    let mut now = seen.0.lock().unwrap();
                    now.parser.process(&bytes[..read]);
                    now.raw.extend_from_slice(&bytes[..read]);
                    now.closed = read == 0;
                    seen.1.notify_all();
                    if now.closed || now.hanging_up {
                        return;
                    }
                }
            }
        });
        Self { child, keys: pair.master.take_writer().unwrap(), master: pair.master, seen, reader }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap()
    }

    /// Waits until what was seen is as it should be.
    #[track_caller]
    fn until(&self, what: &str, fits: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut seen = self.seen();
        while !fits(&seen) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "no {what} on{} screen:\n{}",
                if seen.closed { " the closed" } else { "" },
                seen.parser.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until the screen shows what it should.
    #[track_caller]
    pub fn wait(&self, what: &str, fits: impl Fn(&vt100::Screen) -> bool) {
        self.until(what, |seen| fits(seen.parser.screen()));
    }

    /// Waits until the text is on the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> &Self {
        self.wait(&format!("{text:?}"), |screen| screen.contents().contains(text));
        self
    }

    /// Waits until the text is on the screen no more.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) -> &Self {
        self.wait(&format!("end of {text:?}"), |screen| !screen.contents().contains(text));
        self
    }

    /// Waits until nothing was written for a while: the program came to rest.
    pub fn wait_quiet(&self) -> usize {
        let mut before = self.raw_len();
        loop {
            std::thread::sleep(Duration::from_millis(400));
            let now = self.raw_len();
            if now == before {
                return now;
            }
            before = now;
        }
    }

    /// Presses keys, written as in a keymap: `jj<CR>`, `<C-x>`, `<Esc>`; `<` itself is `<lt>`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        let mut bytes = Vec::new();
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
            if let Some((name, after)) = named {
                bytes.extend(key_bytes(name));
                rest = after;
            } else {
                bytes.extend(c.to_string().into_bytes());
                rest = &rest[c.len_utf8()..];
            }
        }
        self.send(&bytes)
    }

    /// Types a text as it is.
    pub fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Pastes a text as terminals with bracketed paste do.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    /// Everything on the screen.
    pub fn contents(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// All bytes that the program wrote.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// How many they are.
    pub fn raw_len(&self) -> usize {
        self.seen().raw.len()
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.seen().parser.set_size(nonzero(size.1), nonzero(size.0));
        self.master.resize(pty_size(size)).unwrap();
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().cast_signed()).unwrap()
    }

    /// Sends the program a signal.
    pub fn kill(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until the program is stopped, as a shell sees it after C-z.
    #[track_caller]
    pub fn wait_stopped(&self) {
        let end = Instant::now() + DEADLINE;
        while waitpid(Some(self.pid()), WaitOptions::UNTRACED | WaitOptions::NOHANG).unwrap().is_none() {
            assert!(Instant::now() < end, "the program did not stop:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end of the program; answers its exit code, 128 and more after a signal's default action.
    #[track_caller]
    pub fn ended(&mut self) -> u32 {
        self.until("end of the program", |seen| seen.closed);
        self.child.wait().unwrap().exit_code()
    }

    /// Whether the terminal reads lines and echoes them, as a shell expects it.
    pub fn is_cooked(&self) -> bool {
        use rustix::termios::{LocalModes, OutputModes, tcgetattr};
        let tty = std::fs::File::open(self.master.tty_name().unwrap()).unwrap();
        let modes = tcgetattr(&tty).unwrap();
        modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
            && modes.output_modes.contains(OutputModes::OPOST)
    }

    /// Whether the terminal is as it was found: its own screen, a cursor, no bracketed paste, lines and echo.
    #[track_caller]
    pub fn assert_given_back(&self) {
        // Bytes may still be on their way when the program is seen to have stopped.
        self.wait("screen of the shell", |screen| !screen.alternate_screen());
        let seen = self.seen();
        let screen = seen.parser.screen();
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        drop(seen);
        assert!(self.is_cooked(), "lines and echo are back");
    }

    /// Leaves by `:qa`. What the desk has confirmed may not have come to the screen yet, which then asks: it is waited for.
    #[track_caller]
    pub fn quit(mut self) -> Vec<u8> {
        const ASKS: &str = "not confirmed by the desk";
        for _ in 0..20 {
            self.press(":qa<CR>");
            self.until("end of the program", |seen| seen.closed || seen.parser.screen().contents().contains(ASKS));
            if self.seen().closed {
                break;
            }
            self.press("s").wait_gone(ASKS);
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(self.ended(), 0);
        self.raw()
    }

    /// The terminal goes away, as with a lost line; waits for the end of the program.
    #[track_caller]
    pub fn hang_up(mut self) {
        self.seen().hanging_up = true;
        // A frame, so that the reader looks up.
        self.resize((100, 30));
        let Self { mut child, master, keys, reader, .. } = self;
        reader.join().unwrap();
        drop((master, keys));
        let end = Instant::now() + DEADLINE;
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the program outlives its terminal");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What a terminal sends for a named key.
fn key_bytes(name: &str) -> Vec<u8> {
    match name {
        "CR" => b"\r".to_vec(),
        "Esc" => b"\x1b".to_vec(),
        "Tab" => b"\t".to_vec(),
        "Space" => b" ".to_vec(),
        "BS" => b"\x7f".to_vec(),
        "lt" => b"<".to_vec(),
        "C-Space" => vec![0],
        "C-^" => vec![0x1e],
        _ => match name.strip_prefix("C-").map(str::as_bytes) {
            Some([letter @ b'a'..=b'z']) => vec![letter & 0x1f],
            _ => panic!("no key {name}"),
        },
    }
}

/// One thing in the bytes that a terminal acts on.
#[derive(Debug, PartialEq, Eq)]
pub enum Sequence<'a> {
    /// `ESC [`: what stands between, and the last byte.
    Csi(&'a str, char),
    /// `ESC ]` to its end.
    Osc(&'a str),
    /// `ESC` and another letter.
    Escape(char),
    /// A control character by itself.
    Control(char),
}

/// Every sequence and control character in the bytes, and the text between them.
pub fn sequences(raw: &str) -> (Vec<Sequence<'_>>, String) {
    let (mut found, mut text) = (Vec::new(), String::new());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\u{1b}' {
            if c.is_control() {
                found.push(Sequence::Control(c));
                text.push('\n');
            } else {
                text.push(c);
            }
            continue;
        }
        // What stands apart on the screen stays apart in the text.
        text.push('\n');
        let kind = rest.chars().next().unwrap_or(' ');
        rest = &rest[kind.len_utf8()..];
        match kind {
            '[' => {
                let end = rest.find(|c: char| ('@'..='~').contains(&c)).expect("a CSI sequence ends");
                let last = rest.as_bytes()[end] as char;
                found.push(Sequence::Csi(&rest[..end], last));
                rest = &rest[end + 1..];
            }
            ']' => {
                let end = rest.find(['\u{7}', '\u{1b}']).expect("an OSC sequence ends");
                found.push(Sequence::Osc(&rest[..end]));
                rest = rest[end..].strip_prefix("\u{1b}\\").unwrap_or(&rest[end + 1..]);
            }
            other => found.push(Sequence::Escape(other)),
        }
    }
    (found, text)
}

/// Every graphic rendition that was set, one attribute each: `1`, `39`, `38;5;4`, `48;2;1;2;3`.
pub fn renditions(raw: &str) -> Vec<String> {
    let mut all = Vec::new();
    for sequence in sequences(raw).0 {
        let Sequence::Csi(parameters, 'm') = sequence else { continue };
        let mut numbers = parameters.split(';');
        while let Some(number) = numbers.next() {
            let more = match number {
                "38" | "48" | "58" => match numbers.next() {
                    Some("5") => format!(";5;{}", numbers.next().unwrap()),
                    Some("2") => format!(";2;{}", numbers.by_ref().take(3).collect::<Vec<_>>().join(";")),
                    other => panic!("{parameters}: {other:?}"),
                },
                _ => String::new(),
            };
            all.push(format!("{number}{more}"));
        }
    }
    all
}

#[test]
fn sequences_and_renditions_are_told_apart() {
    let (found, text) = sequences("a\x1b[1;31mb\x1b]52;c;eA==\x07c\u{9b}2J\x1bM\r");
    assert_eq!(
        found,
        [
            Sequence::Csi("1;31", 'm'),
            Sequence::Osc("52;c;eA=="),
            Sequence::Control('\u{9b}'),
            Sequence::Escape('M'),
            Sequence::Control('\r'),
        ]
    );
    assert_eq!(text, "a\nb\nc\n2J\n\n");
    assert_eq!(renditions("\x1b[0;38;5;4;48;2;1;2;3m"), ["0", "38;5;4", "48;2;1;2;3"]);
}
