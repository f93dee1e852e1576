//! How many colours a terminal shows and what they stand on, decided from environment values that are handed in.

use ratatui::style::Color;

/// What the environment says about the terminal. The caller reads it; an unset variable is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermEnv {
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `NO_COLOR`; any value that is not empty turns colours off.
    pub no_color: Option<String>,
    /// `COLORFGBG`, as rxvt, Konsole and others set it.
    pub colorfgbg: Option<String>,
    /// The locale of characters: the first that is set of `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: Option<String>,
}

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorDepth {
    /// 24 bit.
    TrueColor,
    /// The 6x6x6 cube and the greys.
    Ansi256,
    /// The terminal's own 16.
    Ansi16,
    /// None: initials, glyphs and modifiers carry everything.
    None,
}

impl ColorDepth {
    /// Decides from the environment.
    pub fn detect(env: &TermEnv) -> Self {
        let term = env.term.as_deref().unwrap_or_default();
        if env.no_color.as_deref().is_some_and(|v| !v.is_empty())
            || matches!(term, "dumb" | "vt52" | "vt100" | "vt102" | "vt220")
            || term.ends_with("-mono")
            || term.ends_with("-m")
        {
            return Self::None;
        }
        let colorterm = env.colorterm.as_deref().unwrap_or_default();
        if colorterm.eq_ignore_ascii_case("truecolor") || colorterm.eq_ignore_ascii_case("24bit") {
            return Self::TrueColor;
        }
        // Over ssh COLORTERM is often lost; these names mean 24 bit by themselves.
        let by_name = ["-direct", "kitty", "alacritty", "wezterm", "foot", "ghostty", "contour"];
        if by_name.iter().any(|n| term.contains(n)) {
            return Self::TrueColor;
        }
        if term.contains("256") || !colorterm.is_empty() && term.starts_with("xterm") {
            return Self::Ansi256;
        }
        Self::Ansi16
    }
}

/// What colours stand on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Background {
    /// Light text on dark ground.
    #[default]
    Dark,
    /// Dark text on light ground.
    Light,
}

impl Background {
    /// Decides from `COLORFGBG` (`15;0`: the last number is the ground); dark when nothing is said.
    pub fn detect(env: &TermEnv) -> Self {
        let ground = env.colorfgbg.as_deref().and_then(|v| v.rsplit(';').next()?.trim().parse::<u8>().ok());
        match ground {
            Some(7 | 9..=15) => Self::Light,
            _ => Self::Dark,
        }
    }
}

/// A colour at a depth: as it is, the nearest of the 256, the given one of the 16, or none.
pub fn color(depth: ColorDepth, rgb: u32, few: Color) -> Color {
    match depth {
        // A grey by its number among the 256: nobody sees the difference, and most of a screen is grey, at half the bytes.
        ColorDepth::TrueColor if is_grey(rgb) => Color::Indexed(nearest_256(rgb)),
        ColorDepth::TrueColor => Color::Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8),
        ColorDepth::Ansi256 => Color::Indexed(nearest_256(rgb)),
        ColorDepth::Ansi16 => few,
        ColorDepth::None => Color::Reset,
    }
}

fn is_grey(rgb: u32) -> bool {
    rgb & 0xff == rgb >> 8 & 0xff && rgb & 0xff == rgb >> 16
}

/// The nearest entry of the cube or the grey ramp, by distance in OKLab. The first 16 entries are the user's own and
/// promise no colour.
pub fn nearest_256(rgb: u32) -> u8 {
    let want = oklab(rgb);
    let distance = |i: u8| {
        let have = oklab(entry_256(i));
        (0..3).map(|k| (want[k] - have[k]).powi(2)).sum::<f64>()
    };
    (16..=255).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(231)
}

/// The colour of an entry from 16 up.
fn entry_256(i: u8) -> u32 {
    const STEPS: [u32; 6] = [0, 95, 135, 175, 215, 255];
    if i >= 232 {
        let grey = 8 + 10 * u32::from(i - 232);
        return grey << 16 | grey << 8 | grey;
    }
    let n = usize::from(i.saturating_sub(16));
    STEPS[n / 36 % 6] << 16 | STEPS[n / 6 % 6] << 8 | STEPS[n % 6]
}

/// sRGB to OKLab (Björn Ottosson's matrices).
#[expect(clippy::many_single_char_names, reason = "the names of the colour spaces' own axes")]
fn oklab(rgb: u32) -> [f64; 3] {
    let linear = |shift: u32| {
        let c = f64::from((rgb >> shift) & 0xff) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let (r, g, b) = (linear(16), linear(8), linear(0));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(term: &str, colorterm: &str, no_color: &str) -> TermEnv {
        TermEnv {
            term: Some(term.into()),
            colorterm: Some(colorterm.into()),
            no_color: Some(no_color.into()),
            ..TermEnv::default()
        }
    }

    #[test]
    fn depth_from_the_environment() {
        assert_eq!(ColorDepth::detect(&env("xterm-256color", "truecolor", "")), ColorDepth::TrueColor);
        assert_eq!(ColorDepth::detect(&env("xterm-256color", "", "")), ColorDepth::Ansi256);
        assert_eq!(ColorDepth::detect(&env("tmux-256color", "", "")), ColorDepth::Ansi256);
        assert_eq!(ColorDepth::detect(&env("xterm-kitty", "", "")), ColorDepth::TrueColor);
        assert_eq!(ColorDepth::detect(&env("linux", "", "")), ColorDepth::Ansi16);
        assert_eq!(ColorDepth::detect(&env("xterm", "", "")), ColorDepth::Ansi16);
        assert_eq!(ColorDepth::detect(&env("xterm-256color", "truecolor", "1")), ColorDepth::None);
        assert_eq!(ColorDepth::detect(&env("dumb", "truecolor", "")), ColorDepth::None);
        assert_eq!(ColorDepth::detect(&TermEnv::default()), ColorDepth::Ansi16);
    }

    #[test]
    fn ground_from_the_environment() {
        let ground = |v: &str| Background::detect(&TermEnv { colorfgbg: Some(v.into()), ..TermEnv::default() });
        assert_eq!(ground("15;0"), Background::Dark);
        assert_eq!(ground("0;15"), Background::Light);
        assert_eq!(ground("0;default;15"), Background::Light);
        assert_eq!(ground("nonsense"), Background::Dark);
    }

    #[test]
    fn nearest_entries() {
        assert_eq!(nearest_256(0xffffff), 231);
        assert_eq!(nearest_256(0x000000), 16);
        assert_eq!(nearest_256(0xff0000), 196);
        assert_eq!(nearest_256(0x808080), 244);
    }
}
