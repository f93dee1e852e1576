//! The ticket list's columns: which of them a width has room for. They go by priority as the width shrinks, the subject and
//! the assignee's badge last.

use super::badge;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The ticket's id.
    Id,
    /// The status letter.
    Status,
    /// How old the ticket is.
    Age,
    /// How it came.
    Channel,
    /// How urgent it is.
    Priority,
    /// Who holds it.
    Who,
    /// Its queue, in a list over several.
    Queue,
    /// Who asked.
    Requester,
    /// What it is about.
    Subject,
    /// The most pressing fact.
    Due,
}

/// A column and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub column: Column,
    /// From the row's start.
    pub x: u16,
    /// In cells.
    pub width: u16,
}

/// What a list wants to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The dense form of narrow screens.
    pub dense: bool,
    /// The cells of the longest id, its `#` included.
    pub id: u16,
    /// The queue matters: the list spans several.
    pub queue: bool,
}

/// What a column gives up when there is no room, in this order.
#[derive(Clone, Copy)]
enum Step {
    Narrow(Column, u16),
    Drop(Column),
}

/// The least a subject gets before other columns go.
const SUBJECT: u16 = 18;

/// Lays the columns out in `width` cells; the first cells of a row belong to its mark.
pub fn layout(width: u16, wanted: Wanted) -> Vec<Slot> {
    use Column::{Age, Channel, Due, Id, Priority, Queue, Requester, Status, Subject, Who};
    let margin = if wanted.dense { 1 } else { 2 };
    let mut columns: Vec<(Column, u16)> = if wanted.dense {
        let mut c = vec![(Id, wanted.id), (Status, 1), (Channel, 1), (Age, 3), (Who, badge::NARROW)];
        if wanted.queue {
            c.push((Queue, 3));
        }
        c.extend([(Requester, 13), (Subject, 0), (Due, 10)]);
        c
    } else {
        let mut c = vec![(Id, wanted.id), (Status, 1), (Age, 4), (Channel, 1), (Priority, 2), (Who, badge::WIDE + 5)];
        if wanted.queue && width >= 110 {
            c.push((Queue, 10));
        }
        c.extend([(Requester, 15), (Subject, 0), (Due, 11)]);
        c
    };
    let steps = [
        Step::Narrow(Requester, 11),
        Step::Drop(Priority),
        Step::Narrow(Due, 9),
        Step::Drop(Queue),
        Step::Drop(Channel),
        Step::Narrow(Who, badge::NARROW),
        Step::Narrow(Requester, 8),
        Step::Narrow(Due, 6),
        Step::Drop(Requester),
        Step::Drop(Age),
        Step::Drop(Due),
        Step::Drop(Status),
        Step::Drop(Id),
    ];
    let fixed = |columns: &[(Column, u16)]| -> u16 {
        margin + columns.iter().map(|c| c.1).sum::<u16>() + columns.len().saturating_sub(1) as u16
    };
    for step in steps {
        if fixed(&columns) + SUBJECT <= width {
            break;
        }
        match step {
            Step::Narrow(column, to) => {
                columns.iter_mut().filter(|c| c.0 == column).for_each(|c| c.1 = c.1.min(to));
            }
            Step::Drop(column) => columns.retain(|c| c.0 != column),
        }
    }
    let room = width.saturating_sub(fixed(&columns));
    let mut x = margin;
    let mut slots = Vec::with_capacity(columns.len());
    for (column, mut cells) in columns {
        if column == Subject {
            cells = room;
        }
        cells = cells.min(width.saturating_sub(x));
        if cells > 0 {
            slots.push(Slot { column, x, width: cells });
        }
        x = x.saturating_add(cells + 1);
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(width: u16, dense: bool) -> Vec<Column> {
        layout(width, Wanted { dense, id: 5, queue: true }).iter().map(|s| s.column).collect()
    }

    #[test]
    fn columns_never_overlap_nor_leave_the_row() {
        for dense in [false, true] {
            for id in [2, 5, 12, 40] {
                for width in 0..200 {
                    let mut end = 0;
                    for slot in layout(width, Wanted { dense, id, queue: true }) {
                        assert!(slot.x >= end && slot.x + slot.width <= width, "{width} {slot:?}");
                        end = slot.x + slot.width + 1;
                    }
                }
            }
        }
    }

    #[test]
    fn subject_and_badge_drop_last() {
        use Column::{Subject, Who};
        assert_eq!(names(94, false).len(), 9);
        for width in 8..120 {
            for dense in [false, true] {
                let names = names(width, dense);
                assert!(names.contains(&Subject) && names.contains(&Who), "{width} {dense} {names:?}");
            }
        }
        assert_eq!(names(12, true), [Who, Subject]);
    }

    #[test]
    fn less_room_never_shows_more() {
        for dense in [false, true] {
            for width in 1..109 {
                assert!(names(width, dense).len() <= names(width + 1, dense).len(), "{width}");
            }
        }
    }
}
