//! What the screen costs, next to the floor: `cargo bench --bench pty [-- SIZE...]` starts the program in a terminal of 120x40 against
//! desks of so many tickets (1,000 and 10,000 when none is named; `-- 1000 10000 100000 1000000` for all) and prints start, keys,
//! bytes, idling and memory; then how they grow from the first size to the last.
//!
//! The floor is this very binary started with `--floor`: a bare list of 1,000 rows. Ratios between the two hold on any machine; the
//! absolute figures are of this one, now. Nothing here passes or fails. Everything lies in a temporary home, so that no desk of the
//! user is touched. `--program FILE` measures another build.

mod floor;
mod run;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use self::run::{Outcome, Run, Target, environment};

const SIZES: [u64; 2] = [1_000, 10_000];
const FLOOR: u64 = 1_000;
/// Here the list stands beside other panes; here it has the whole width.
const BESIDE: u16 = 120;
const ALONE: u16 = 80;
/// Silence of this length ends a key's answer. Shorter than the rest after which the preview follows.
const QUIET: Duration = Duration::from_millis(60);
const STARTS: usize = 9;
const IDLE: Duration = Duration::from_mins(1);

/// What is printed of a run: a name and a unit.
const LINES: [(&str, &str); 15] = [
    ("start to the list", "ms"),
    ("CPU of the start", "ms"),
    ("first screen", "bytes"),
    ("j inside the list", "bytes"),
    ("  to its last byte", "ms"),
    ("  CPU", "ms"),
    ("j that scrolls, beside panes", "bytes"),
    ("  to its last byte", "ms"),
    ("  CPU", "ms"),
    ("j that scrolls, full width", "bytes"),
    ("  to its last byte", "ms"),
    ("  CPU", "ms"),
    ("idle: wake-ups a second", ""),
    ("idle: bytes in a minute", ""),
    ("most memory", "MB"),
];
const START: usize = 0;
const KEY_CPU: usize = 8;
const MEMORY: usize = 14;

type Figures = [f64; LINES.len()];

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let mut sizes: Vec<u64> = words.iter().filter_map(|a| a.parse().ok()).collect();
    if words.iter().any(|a| a == "--floor") {
        return Ok(floor::run(sizes.first().copied().unwrap_or(FLOOR))?);
    }
    if sizes.is_empty() {
        sizes.extend(SIZES);
    }
    let named = words.iter().position(|a| a == "--program").and_then(|i| words.get(i + 1));
    let program = named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_ticketty")), PathBuf::from);

    let mut all = Vec::new();
    for &tickets in &sizes {
        let home = tempfile::tempdir()?;
        fill(&program, home.path(), tickets)?;
        let args = vec!["--floor".to_owned(), FLOOR.to_string()];
        let floor = Target { program: std::env::current_exe()?, args, home: home.path().into(), ready: "READY" };
        let ours = Target { program: program.clone(), args: Vec::new(), home: home.path().into(), ready: "customer" };
        // What is measured is a start from what the last one remembered.
        let mut first = Run::start(&ours, BESIDE)?;
        first.ready(ours.ready)?;
        first.settle(Duration::from_secs(1));
        first.stop();
        let (floor, ours) = (measure(&floor)?, measure(&ours)?);
        println!("\n{tickets} tickets; medians");
        println!("{:32} {:>10} {:>10} {:>8}", "", "ticketty", "floor", "ratio");
        for (i, (what, unit)) in LINES.iter().enumerate() {
            println!("{what:32} {:>10.2} {:>10.2} {:>8} {unit}", ours[i], floor[i], ratio(ours[i], floor[i]));
        }
        all.push(ours);
    }
    if let ([from, .., to], [first, .., last]) = (sizes.as_slice(), all.as_slice()) {
        println!("\nfrom {from} to {to} tickets");
        for (what, i, most) in
            [("start to the list", START, 1.5), ("CPU of a scroll", KEY_CPU, 1.2), ("most memory", MEMORY, 2.0)]
        {
            println!("{what:32} x{} (goal: at most x{most})", ratio(last[i], first[i]));
        }
    }
    Ok(())
}

fn ratio(a: f64, b: f64) -> String {
    if b > 0.0 { format!("{:.2}", a / b) } else { "-".to_owned() }
}

fn measure(target: &Target) -> Outcome<Figures> {
    let (mut starts, mut cpus, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
    // One start warms the caches.
    for warm in 0..=STARTS {
        let mut run = Run::start(target, BESIDE)?;
        let (time, bytes) = run.ready(target.ready)?;
        let cpu = run.cpu();
        run.settle(Duration::from_millis(200));
        run.stop();
        if warm > 0 {
            starts.push(time.as_secs_f64() * 1000.0);
            firsts.push(bytes as f64);
            cpus.push(cpu);
        }
    }
    let mut run = settled(target, BESIDE)?;
    let inside = keys(&mut run, 10)?;
    keys(&mut run, 40)?;
    let beside = keys(&mut run, 60)?;
    run.settle(Duration::from_secs(1));
    let (wakes, idle) = run.wakes(|| run.listen(IDLE));
    let wakes = wakes / IDLE.as_secs_f64();
    let memory = run.memory();
    run.stop();
    let mut run = settled(target, ALONE)?;
    keys(&mut run, 50)?;
    let alone = keys(&mut run, 60)?;
    run.stop();
    let [start, cpu, first] = [starts, cpus, firsts].map(median);
    let mut all = [start, cpu, first, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, wakes, idle as f64, memory];
    for (place, value) in all[3..12].iter_mut().zip([inside, beside, alone].concat()) {
        *place = value;
    }
    Ok(all)
}

/// A program that has done what it does after its start.
fn settled(target: &Target, columns: u16) -> Outcome<Run> {
    let mut run = Run::start(target, columns)?;
    run.ready(target.ready)?;
    run.settle(Duration::from_millis(700));
    Ok(run)
}

/// Presses `j` so often: bytes, time to the last byte, and CPU for each.
fn keys(run: &mut Run, times: usize) -> Outcome<[f64; 3]> {
    let (mut bytes, mut waits) = (Vec::new(), Vec::new());
    let before = run.cpu();
    for _ in 0..times {
        let (came, wait) = run.press(b"j", QUIET)?;
        bytes.push(came as f64);
        waits.extend(wait.map(|w| w.as_secs_f64() * 1000.0));
    }
    let cpu = (run.cpu() - before) / times as f64;
    Ok([median(bytes), median(waits), cpu])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Makes a desk of so many sample tickets, and settings that leave nothing to ask at the start.
fn fill(program: &Path, home: &Path, tickets: u64) -> Outcome<()> {
    // A terminal starts its program at home.
    for folder in ["home", "run", "config/ticketty"] {
        std::fs::create_dir_all(home.join(folder))?;
    }
    std::fs::write(home.join("config/ticketty/config.toml"), "keymap = \"vim\"\n")?;
    let begun = Instant::now();
    let words = ["admin", "fill", &tickets.to_string()];
    let done = Command::new(program).args(words).env_clear().envs(environment(home)).output()?;
    if !done.status.success() {
        return Err(format!("fill: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    println!("filled in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
