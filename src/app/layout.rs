//! Where everything stands. Read by update (half a page) and by draw, so they never disagree.

use ratatui::layout::Rect;

/// What fills the place beside or instead of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The list, with a preview where there is room.
    #[default]
    List,
    /// An opened ticket.
    Thread,
    /// A customer's history.
    Timeline,
    /// A split being prepared.
    Split,
}

/// The pane that has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The queues.
    Queues,
    /// The team.
    Team,
    /// The ticket list.
    #[default]
    List,
    /// What the stage shows.
    Stage,
    /// The composer.
    Composer,
}

/// The rectangles of one frame; an empty one is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// Desk, line, totals.
    pub header: Rect,
    /// The queues; one or two lines of the header when narrow.
    pub queues: Rect,
    /// The team.
    pub team: Rect,
    /// The line between side and main.
    pub side_rule: Rect,
    /// The ticket list.
    pub list: Rect,
    /// The line between list and stage.
    pub main_rule: Rect,
    /// Thread, timeline or split.
    pub stage: Rect,
    /// The composer.
    pub composer: Rect,
    /// Mode, hints, notices.
    pub status: Rect,
    /// The screen is wide enough for panes side by side.
    pub wide: bool,
}

/// From this width on panes stand side by side.
const WIDE: u16 = 100;
/// Below this size nothing useful fits.
pub const SMALLEST: (u16, u16) = (40, 8);
/// The side column's width.
const SIDE: u16 = 26;

/// Lays the screen out.
pub fn areas(size: Rect, stage: Stage, focus: Focus, composing: bool, queues: u16, agents: u16) -> Areas {
    let mut a = Areas { wide: size.width >= WIDE && size.height >= 20, ..Areas::default() };
    if size.height < 3 {
        a.list = size;
        return a;
    }
    a.status = Rect { y: size.bottom() - 1, height: 1, ..size };
    if a.wide {
        wide(&mut a, size, stage, composing, queues, agents);
    } else {
        narrow(&mut a, size, stage, focus, composing);
    }
    a
}

fn wide(a: &mut Areas, size: Rect, stage: Stage, composing: bool, queues: u16, agents: u16) {
    a.header = Rect { height: 1, ..size };
    let body = Rect { y: size.y + 1, height: size.height - 2, ..size };
    let team = (agents + 1).clamp(3, body.height / 2);
    let needed = queues + 6;
    let top = needed.min(body.height.saturating_sub(team));
    a.queues = Rect { width: SIDE - 1, height: top, ..body };
    a.team = Rect { y: body.y + top, width: SIDE - 1, height: body.height - top, ..body };
    a.side_rule = Rect { x: body.x + SIDE - 1, width: 1, ..body };
    let main = Rect { x: body.x + SIDE, width: body.width - SIDE, ..body };
    let list = match stage {
        Stage::List => main.height * 55 / 100,
        Stage::Thread | Stage::Timeline if composing => 0,
        Stage::Thread | Stage::Timeline => main.height * 25 / 100,
        Stage::Split => 0,
    };
    let list = if composing { 0 } else { list };
    let rule = u16::from(list > 0);
    a.list = Rect { height: list, ..main };
    a.main_rule = Rect { y: main.y + list, height: rule, ..main };
    let stage_area = Rect { y: main.y + list + rule, height: main.height - list - rule, ..main };
    if composing {
        let composer = stage_area.height * 55 / 100;
        a.stage = Rect { height: stage_area.height - composer, ..stage_area };
        a.composer = Rect { y: stage_area.y + a.stage.height, height: composer, ..stage_area };
    } else {
        a.stage = stage_area;
    }
}

fn narrow(a: &mut Areas, size: Rect, stage: Stage, focus: Focus, composing: bool) {
    // Two lines carry queues and team while the list is shown; one line names the ticket's desk otherwise.
    let on_list = stage == Stage::List && !composing;
    let head = if on_list && size.height >= 10 { 2 } else { 1 };
    a.header = Rect { height: head, ..size };
    let body = Rect { y: size.y + head, height: size.height - head - 1, ..size };
    if composing {
        // A few lines of the thread stay in sight where there is room for them.
        let above = if body.height >= 18 { body.height / 3 } else { 0 };
        a.stage = Rect { height: above, ..body };
        a.composer = Rect { y: body.y + above, height: body.height - above, ..body };
        return;
    }
    match (stage, focus) {
        (Stage::List, Focus::Queues) => a.queues = body,
        (Stage::List, Focus::Team) => a.team = body,
        (Stage::List, _) => a.list = body,
        (Stage::Thread | Stage::Timeline | Stage::Split, _) => a.stage = body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stays_inside_any_size() {
        for width in [1_u16, 5, 20, 40, 60, 80, 100, 120, 200] {
            for height in [1_u16, 2, 3, 5, 8, 16, 24, 40, 60] {
                for stage in [Stage::List, Stage::Thread, Stage::Timeline, Stage::Split] {
                    for focus in [Focus::Queues, Focus::Team, Focus::List, Focus::Stage, Focus::Composer] {
                        for composing in [false, true] {
                            let size = Rect::new(0, 0, width, height);
                            let a = areas(size, stage, focus, composing, 9, 6);
                            for r in [
                                a.header,
                                a.queues,
                                a.team,
                                a.side_rule,
                                a.list,
                                a.main_rule,
                                a.stage,
                                a.composer,
                                a.status,
                            ] {
                                assert_eq!(r.intersection(size).area(), r.area(), "{r:?} of {size:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_narrow_screen_shows_one_pane() {
        let a = areas(Rect::new(0, 0, 80, 24), Stage::List, Focus::List, false, 9, 6);
        assert_eq!((a.list.height, a.stage.height, a.queues.height), (21, 0, 0));
    }
}
