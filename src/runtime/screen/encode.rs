//! Cells to bytes: knows the terminal's pen and position, and takes the shortest way from one state to the next.
//!
//! Only sequences are used that every terminal of the last thirty years has, the Linux console included: CUP, CHA, VPA, CUF,
//! CUB, EL, ECH, DECSTBM, IL, DL, SGR. REP is not among them.

use std::io::Write as _;

use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::grid::{BLANK, Grid, Shift, Shown, Symbols};

/// The pen: how the next character will look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn of(shown: &Shown) -> Self {
        Self { fg: shown.fg(), bg: shown.bg(), modifier: shown.modifier() }
    }
}

/// Makes updates; what it knows of the terminal goes from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    /// `None`: not known.
    pen: Option<Pen>,
    /// Where the next character goes; `None`: not known (behind the last column, or behind a character whose width
    /// terminals do not agree on).
    at: Option<(u16, u16)>,
    /// Ambiguous characters take two cells.
    pub ambiguous_wide: bool,
}

impl Encoder {
    /// Nothing is known of the terminal.
    pub fn forget(&mut self) {
        self.pen = None;
        self.at = None;
    }

    /// The pen was reset.
    pub fn pen_reset(&mut self) {
        self.pen = Some(Pen::PLAIN);
    }

    /// Moves rows.
    pub fn scroll(&mut self, shift: &Shift, height: u16) -> Vec<u8> {
        let mut out = Vec::new();
        // Rows that come in take the pen's ground on many terminals.
        self.set_pen(&mut out, Pen::PLAIN);
        let whole_end = shift.bottom == height;
        if !whole_end {
            put(&mut out, format_args!("\x1b[{};{}r", shift.top + 1, shift.bottom));
            self.at = None;
        }
        self.go(&mut out, 0, shift.top, None);
        let n = shift.up.unsigned_abs();
        let what = if shift.up > 0 { 'M' } else { 'L' };
        if n == 1 {
            put(&mut out, format_args!("\x1b[{what}"));
        } else {
            put(&mut out, format_args!("\x1b[{n}{what}"));
        }
        if !whole_end {
            out.extend_from_slice(b"\x1b[r");
            // Terminals go home here, but not all that imitate one do.
            self.at = None;
        }
        out
    }

    /// Changes what is shown into what is wanted.
    pub fn update(&mut self, shown: &Grid, want: &Grid, symbols: &Symbols) -> Vec<u8> {
        let mut out = Vec::new();
        for y in 0..want.area().height {
            let (old, new) = (shown.row(y), want.row(y));
            if old != new {
                self.row(&mut out, y, old, new, symbols);
            }
        }
        out
    }

    fn row(&mut self, out: &mut Vec<u8>, y: u16, old: &[Shown], new: &[Shown], symbols: &Symbols) {
        let plain_blank = |s: &Shown| *s == BLANK;
        // From here on the row is empty.
        let end = new.iter().rposition(|s| !plain_blank(s)).map_or(0, |x| x + 1);
        let mut x = 0;
        while x < new.len() {
            if old[x] == new[x] || new[x].width == 0 {
                x += 1;
                continue;
            }
            if x >= end && old[x..].iter().filter(|s| !plain_blank(s)).count() > 3 {
                self.go(out, x as u16, y, Some(new));
                self.set_pen(out, Pen::PLAIN);
                out.extend_from_slice(b"\x1b[K");
                return;
            }
            let blanks = new[x..].iter().zip(&old[x..]).take_while(|(n, o)| plain_blank(n) && n != o).count();
            if blanks > 9 {
                self.go(out, x as u16, y, Some(new));
                self.set_pen(out, Pen::PLAIN);
                put(out, format_args!("\x1b[{blanks}X"));
                x += blanks;
                continue;
            }
            self.go(out, x as u16, y, Some(new));
            self.print(out, &new[x], (x as u16, y), new.len() as u16, symbols);
            x += usize::from(new[x].width);
        }
    }

    fn print(&mut self, out: &mut Vec<u8>, shown: &Shown, (x, y): (u16, u16), columns: u16, symbols: &Symbols) {
        let symbol = shown.symbol(symbols);
        if symbol != " " || !self.blank_will_do(shown) {
            self.set_pen(out, Pen::of(shown));
        }
        let width = u16::from(shown.width);
        let sure = self.is_sure(symbol, width);
        if !sure && width > 1 {
            // A terminal that takes it for narrow would leave what stood in its second cell.
            out.extend((0..width).map(|_| b' '));
            self.at = (x + width < columns).then_some((x + width, y));
            self.go(out, x, y, None);
        }
        out.extend_from_slice(symbol.as_bytes());
        // Behind the last column terminals differ in where they stand.
        self.at = (sure && x + width < columns).then_some((x + width, y));
    }

    /// Whether every terminal agrees on how far this moves the cursor.
    fn is_sure(&self, symbol: &str, width: u16) -> bool {
        let mut chars = symbol.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else { return false };
        match (width, c as u32) {
            (1, 0x20..=0x7e) => true,
            // Half-width kana, and everything narrow where ambiguous is narrow too.
            (1, 0xff61..=0xff9d) => true,
            (1, _) => !self.ambiguous_wide,
            // Hangul, kana, Han and full-width forms; emoji are younger than many terminals.
            (2, 0x1100..=0x115f | 0x2e80..=0xd7a3 | 0xf900..=0xfaff | 0xff01..=0xff60 | 0x20000..=0x3ffff) => true,
            _ => false,
        }
    }

    /// Whether a blank may be written with the pen as it is.
    fn blank_will_do(&self, blank: &Shown) -> bool {
        let visible = Modifier::REVERSED
            | Modifier::UNDERLINED
            | Modifier::SLOW_BLINK
            | Modifier::RAPID_BLINK
            | Modifier::CROSSED_OUT;
        self.pen
            .is_some_and(|pen| pen.bg == blank.bg() && !pen.modifier.intersects(visible) && blank.modifier().is_empty())
    }

    /// The shortest way to a cell. `row` is what the target row shows when the way goes over it: a few cells of it may be
    /// printed again instead of a jump.
    fn go(&mut self, out: &mut Vec<u8>, x: u16, y: u16, row: Option<&[Shown]>) {
        if self.at == Some((x, y)) {
            return;
        }
        let mut best = Vec::with_capacity(10);
        if x == 0 {
            put(&mut best, format_args!("\x1b[{}H", y + 1));
        } else {
            put(&mut best, format_args!("\x1b[{};{}H", y + 1, x + 1));
        }
        let mut offer = |way: Vec<u8>| {
            if way.len() < best.len() {
                best = way;
            }
        };
        if let Some((from, on)) = self.at {
            if on == y {
                offer(format!("\x1b[{}G", x + 1).into_bytes());
                if x == 0 {
                    offer(vec![b'\r']);
                }
                if x > from {
                    let n = x - from;
                    offer(if n == 1 { b"\x1b[C".to_vec() } else { format!("\x1b[{n}C").into_bytes() });
                    offer_again(&mut offer, self.pen, row, from, x);
                } else {
                    let n = from - x;
                    offer(vec![b'\x08'; n.into()]);
                    offer(if n == 1 { b"\x1b[D".to_vec() } else { format!("\x1b[{n}D").into_bytes() });
                }
            } else if on + 1 == y && x == 0 {
                // Never in a scroll region: these are unset at once.
                offer(b"\r\n".to_vec());
            } else if from == x {
                offer(format!("\x1b[{}d", y + 1).into_bytes());
            }
        }
        out.extend_from_slice(&best);
        self.at = Some((x, y));
    }

    fn set_pen(&mut self, out: &mut Vec<u8>, want: Pen) {
        if self.pen == Some(want) {
            return;
        }
        let mut fresh = vec![0_u8; 0];
        if want != Pen::PLAIN {
            fresh.extend_from_slice(b"0");
        }
        change(&mut fresh, Pen::PLAIN, want);
        let mut codes = fresh;
        if let Some(pen) = self.pen {
            let mut from_here = Vec::new();
            change(&mut from_here, pen, want);
            if from_here.len() < codes.len() {
                codes = from_here;
            }
        }
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&codes);
        out.push(b'm');
        self.pen = Some(want);
    }

    /// Puts the hardware cursor where it belongs.
    pub fn cursor(&mut self, out: &mut Vec<u8>, was: Option<Option<Position>>, want: Option<Position>) {
        match want {
            None => {
                if was != Some(None) {
                    out.extend_from_slice(b"\x1b[?25l");
                }
            }
            Some(p) => {
                self.go(out, p.x, p.y, None);
                if !matches!(was, Some(Some(_))) {
                    out.extend_from_slice(b"\x1b[?25h");
                }
            }
        }
    }
}

/// Offers to print the cells between again, where they are ASCII and look as the pen does.
fn offer_again(offer: &mut impl FnMut(Vec<u8>), pen: Option<Pen>, row: Option<&[Shown]>, from: u16, to: u16) {
    let (Some(row), Some(pen)) = (row, pen) else { return };
    if to - from > 6 {
        return;
    }
    let Some(between) = row.get(usize::from(from)..usize::from(to)) else { return };
    let letters = between.iter().map(|s| s.ascii().filter(|_| s.width == 1 && Pen::of(s) == pen));
    if let Some(letters) = letters.collect() {
        offer(letters);
    }
}

/// The SGR codes from one pen to another; none for no change.
fn change(out: &mut Vec<u8>, from: Pen, to: Pen) {
    let mut code = |text: std::fmt::Arguments<'_>| {
        if !out.is_empty() {
            out.push(b';');
        }
        put(out, text);
    };
    let off = from.modifier - to.modifier;
    let mut on = to.modifier - from.modifier;
    // Bold and dim share their end.
    let weight = Modifier::BOLD | Modifier::DIM;
    if off.intersects(weight) {
        code(format_args!("22"));
        on |= to.modifier & weight;
    }
    let blink = Modifier::SLOW_BLINK | Modifier::RAPID_BLINK;
    if off.intersects(blink) {
        code(format_args!("25"));
        on |= to.modifier & blink;
    }
    for (modifier, end) in [
        (Modifier::ITALIC, 23),
        (Modifier::UNDERLINED, 24),
        (Modifier::REVERSED, 27),
        (Modifier::HIDDEN, 28),
        (Modifier::CROSSED_OUT, 29),
    ] {
        if off.contains(modifier) {
            code(format_args!("{end}"));
        }
    }
    for (modifier, begin) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::SLOW_BLINK, 5),
        (Modifier::RAPID_BLINK, 6),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ] {
        if on.contains(modifier) {
            code(format_args!("{begin}"));
        }
    }
    for (was, want, base) in [(from.fg, to.fg, 30), (from.bg, to.bg, 40)] {
        if was == want {
            continue;
        }
        match (want, basic(want)) {
            (_, Some(n @ 0..=7)) => code(format_args!("{}", base + n)),
            (_, Some(n)) => code(format_args!("{}", base + 60 + n - 8)),
            (Color::Indexed(n), _) => code(format_args!("{};5;{n}", base + 8)),
            (Color::Rgb(r, g, b), _) => code(format_args!("{};2;{r};{g};{b}", base + 8)),
            _ => code(format_args!("{}", base + 9)),
        }
    }
}

/// The place of one of the 16 colours.
const fn basic(color: Color) -> Option<u16> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Indexed(_) | Color::Rgb(..) => return None,
    })
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into a vector cannot fail.
    let _ = out.write_fmt(text);
}
