//! The log: a file that only this user may read, never the terminal. It tells which ids things happened to; never a message's
//! text, a token or an address.

use std::sync::Mutex;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Paths;
use super::paths::private_append;

/// A log longer than this is put aside at the next start; one such is kept.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Begins to log. A disk that takes no log stops nobody from working.
pub fn start(paths: &Paths) {
    let path = paths.log_file();
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > LONGEST) {
        // Two processes may both try; the second finds the first one's fresh log, which is short.
        let _ = std::fs::rename(&path, path.with_extension("log.1"));
    }
    let Ok(file) = private_append(&path) else { return };
    let level = match std::env::var("RUST_LOG").as_deref() {
        Ok("trace") => LevelFilter::TRACE,
        Ok("debug") => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    // Libraries log headers and addresses at their lower levels: only our own words go to disk.
    let ours = Targets::new().with_target("ticketty", level);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(ours);
    // Fails only when a log was begun before, which then goes on.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}
