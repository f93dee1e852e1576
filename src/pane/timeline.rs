//! A customer's timeline: all tickets of one requester, newest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Act, Ctx, Wide};
use crate::action::Action;
use crate::domain::TicketRow;
use crate::text::{Clean, time};
use crate::widget;

/// The pane.
#[derive(Debug, Default)]
pub struct Timeline {
    email: String,
    rows: Option<Vec<TicketRow>>,
    cursor: usize,
    top: usize,
    area: Rect,
}

impl Timeline {
    /// Begins with a requester whose history is being loaded.
    pub fn new(email: String) -> Self {
        Self { email, ..Self::default() }
    }

    /// Whose it is.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Takes the history in.
    pub fn took(&mut self, rows: Vec<TicketRow>) {
        self.rows = Some(rows);
        self.cursor = 0;
        self.top = 0;
    }

    /// Gives the pane its place.
    pub fn resize(&mut self, area: Rect) {
        self.area = area;
        self.settle();
    }

    /// The ticket under the cursor.
    pub fn current(&self) -> Option<&TicketRow> {
        self.rows.as_ref()?.get(self.cursor)
    }

    fn settle(&mut self) {
        let len = self.rows.as_ref().map_or(0, Vec::len);
        self.cursor = self.cursor.min(len.saturating_sub(1));
        let height = usize::from(self.area.height.saturating_sub(1)).max(1);
        self.top = widget::scroll::follow(self.top, self.cursor, height, len);
    }

    /// What an action means here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, _ctx: &Ctx<'_>) -> Act {
        let n = count.unwrap_or(1) as isize;
        let page = isize::try_from(self.area.height.max(3)).unwrap_or(3) - 2;
        let by = match action {
            Action::Down => n,
            Action::Up => -n,
            Action::HalfDown => page / 2,
            Action::HalfUp => -page / 2,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::Top => isize::MIN / 2,
            Action::Bottom => isize::MAX / 2,
            Action::Open => {
                return match self.current() {
                    Some(row) => Act::Wide(Wide::OpenTicket(row.id.clone())),
                    None => Act::Done(Vec::new()),
                };
            }
            Action::Back | Action::Cancel => return Act::Wide(Wide::Back),
            _ => return Act::Ignored,
        };
        self.cursor = self.cursor.saturating_add_signed(by);
        self.settle();
        Act::Done(Vec::new())
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        if area.height == 0 {
            return;
        }
        let (theme, words) = (ctx.theme, &ctx.words.split);
        let more = theme.glyphs.more;
        let title = if focused { theme.focus } else { theme.title };
        widget::put_fit(buf, area.x, area.y, area.width, &Clean::line(&(words.timeline)(&self.email)), more, title);
        let Some(rows) = &self.rows else {
            if area.height > 1 {
                widget::put(buf, area.x, area.y + 1, area.width, &theme.own(words.loading), theme.dim);
            }
            return;
        };
        if rows.is_empty() && area.height > 1 {
            widget::put(buf, area.x, area.y + 1, area.width, &Clean::line(words.no_timeline), theme.dim);
        }
        for (i, row) in rows.iter().enumerate().skip(self.top).take(usize::from(area.height - 1)) {
            let y = area.y + 1 + (i - self.top) as u16;
            let row = ctx.world.row(&row.id).map_or_else(|| row.clone(), std::borrow::Cow::into_owned);
            let style = if row.status.is_done() {
                theme.dim
            } else if row.assignee.is_none() {
                theme.unassigned
            } else {
                theme.text
            };
            let style = if focused && i == self.cursor { style.patch(theme.cursor) } else { style };
            if focused && i == self.cursor {
                widget::mark(buf, area.x, y, 1, theme.glyphs.cursor, theme.focus);
            }
            let who = row.assignee.as_ref().map_or_else(|| Clean::line("--"), |a| theme.badge(a).initials);
            let text = format!(
                "{}  {} {} {}  {:<7} {}  {}",
                time::absolute(row.created_at, ctx.tz),
                row.status.letter(),
                row.channel.mark(),
                who,
                format!("#{}", row.id),
                row.subject,
                row.queue,
            );
            widget::put_fit(buf, area.x + 2, y, area.width.saturating_sub(2), &Clean::line(&text), more, style);
        }
    }
}
