//! The real program in a pseudo-terminal: keys in, screens and bytes out.

mod desks;
mod drafts;
pub mod harness;
mod hostile;
mod loss;
mod proxy;
mod safety;
mod terminal;
mod trips;
mod work;

use crate::cli::{Home, mail, mbox};

const SETTINGS: &str = "keymap = \"vim\"\nundo_window = 0\n";

/// The home of an agent who works on the embedded desk with vim keys; replies leave at once.
fn seat() -> Home {
    let home = Home::new();
    home.configure(SETTINGS);
    home
}

/// The same settings in a home that has a desk configured already.
pub fn settle(home: &Home) {
    let desks = std::fs::read_to_string(home.path(".config/ticketty/config.toml")).unwrap();
    home.configure(&format!("{SETTINGS}{desks}"));
}

/// A seat with 30 tickets.
fn filled() -> Home {
    let home = seat();
    let mails: Vec<String> =
        (1..=30).map(|n| mail(n, &format!("Parcel {n}"), None, &format!("Where is parcel {n}?"))).collect();
    std::fs::write(home.path("in.mbox"), mbox(&mails)).unwrap();
    home.run(&["import", "in.mbox"]).ended(0);
    home
}

/// The list's row that bears the cursor's mark.
pub fn cursor_row(screen: &vt100::Screen) -> Option<String> {
    let columns = screen.size().1.get();
    // Wide screens have the queues before the list, with a mark of their own.
    screen.rows(0, columns).find_map(|row| {
        let list = row.split_once('│').map_or(row.as_str(), |(_, list)| list);
        list.starts_with(['▌', '>']).then(|| list.to_owned())
    })
}
