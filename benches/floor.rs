//! The floor: the barest ratatui program that shows a list of tickets. What it needs on this machine, at this moment, is what
//! the real program is measured against. Only the visible rows are built; no colours to choose, no server, no store.

use crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table, TableState};

struct Record {
    id: u64,
    who: String,
    subject: String,
    state: &'static str,
}

/// Shows `n` generated rows until `q`.
pub fn run(n: u64) -> std::io::Result<()> {
    let words =
        ["printer", "login", "refund", "delayed", "invoice", "broken", "question", "urgent", "shipment", "account"];
    let states = ["open", "pending", "new", "closed"];
    let mut x: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut random = move |below: u64| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x % below) as usize
    };
    let records: Vec<Record> = (0..n)
        .map(|i| Record {
            id: i + 1,
            who: format!("agent{:02}", random(17)),
            subject: (0..6).map(|_| words[random(10)]).collect::<Vec<_>>().join(" "),
            state: states[random(4)],
        })
        .collect();
    let colors = [Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan];
    let row = |r: &Record| {
        let color = colors[(r.who.as_bytes()[6] as usize + r.who.as_bytes()[5] as usize) % 6];
        Row::new(vec![
            Cell::from(r.id.to_string()),
            Cell::from(r.state),
            Cell::from(r.who.clone()).style(Style::new().fg(color)),
            Cell::from(r.subject.clone()),
        ])
    };
    let widths = [Constraint::Length(8), Constraint::Length(8), Constraint::Length(10), Constraint::Min(20)];
    let mut terminal = ratatui::init();
    let (mut selected, mut top) = (0_usize, 0_usize);
    loop {
        terminal.draw(|f| {
            let [list, line] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(f.area());
            let height = usize::from(list.height.saturating_sub(1)).max(1);
            top = top.min(selected).max((selected + 1).saturating_sub(height));
            let header = Row::new(vec!["ID", "STATE", "ASSIGNEE", "SUBJECT"]);
            let mut state = TableState::default().with_selected(Some(selected - top));
            let table = Table::new(records.iter().skip(top).take(height).map(row), widths)
                .header(header.style(Style::new().add_modifier(Modifier::BOLD)))
                .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
            f.render_stateful_widget(table, list, &mut state);
            f.render_widget(Line::from(format!("-- READY {}/{} --", selected + 1, records.len())), line);
        })?;
        loop {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match key.code {
                    KeyCode::Char('j') => selected = (selected + 1).min(records.len().saturating_sub(1)),
                    KeyCode::Char('k') => selected = selected.saturating_sub(1),
                    KeyCode::Char('q') => {
                        ratatui::restore();
                        return Ok(());
                    }
                    _ => continue,
                },
                Event::Resize(..) => {}
                _ => continue,
            }
            break;
        }
    }
}
