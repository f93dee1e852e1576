//! A load bar: full cells for what waits on us, light ones for what waits on the customer.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::draw::mark;
use crate::domain::Load;
use crate::theme::Theme;

/// Draws a bar of at most `width` cells, where `most` tickets fill it. Anybody who holds something shows something.
#[expect(clippy::too_many_arguments, reason = "where, how wide, how full and in which colours: each is needed once")]
pub fn bar(buf: &mut Buffer, x: u16, y: u16, width: u16, theme: &Theme, load: Load, most: u32, style: Style) -> u16 {
    let (full, half, light) = cells(width, load, most);
    let glyphs = &theme.glyphs;
    let mut at = x;
    for _ in 0..full {
        at += mark(buf, at, y, 1, glyphs.full, style);
    }
    if half {
        at += mark(buf, at, y, 1, glyphs.half, style);
    }
    for _ in 0..light {
        at += mark(buf, at, y, 1, glyphs.light, style);
    }
    at - x
}

/// How many full cells, whether half a one, how many light ones.
fn cells(width: u16, load: Load, most: u32) -> (u16, bool, u16) {
    let most = u64::from(most.max(1));
    let total = load.load.saturating_add(load.waiting);
    // In half cells, rounded to the nearest.
    let halves = |n: u32| ((u64::from(n) * u64::from(width) * 2 + most / 2) / most).min(u64::from(width) * 2) as u16;
    let mut on_us = halves(load.load);
    if load.load > 0 {
        on_us = on_us.max(1);
    }
    let (full, half) = (on_us / 2, on_us % 2 == 1);
    let used = full + u16::from(half);
    let mut end = halves(total).div_ceil(2);
    if load.waiting > 0 {
        end = end.max(used + 1);
    }
    (full, half, end.min(width).saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(load: u32, waiting: u32) -> Load {
        Load { load, waiting, on_us: 0 }
    }

    #[test]
    fn bars_stay_inside_and_show_everybody_who_holds_something() {
        assert_eq!(cells(8, load(9, 3), 12), (6, false, 2));
        assert_eq!(cells(8, load(0, 0), 12), (0, false, 0));
        assert_eq!(cells(8, load(1, 0), 200), (0, true, 0));
        assert_eq!(cells(8, load(0, 1), 200), (0, false, 1));
        assert_eq!(cells(8, load(u32::MAX, u32::MAX), 0), (8, false, 0));
        for width in 0..10 {
            for n in 0..30 {
                for w in 0..30 {
                    let (full, half, light) = cells(width, load(n, w), 20);
                    assert!(width == 0 || full + u16::from(half) + light <= width, "{width} {n} {w}");
                }
            }
        }
    }
}
