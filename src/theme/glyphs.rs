//! The shapes on the screen. Many of the pretty ones are of ambiguous width: two cells in many Japanese terminals. So they
//! come from a set chosen by locale and setting, and no screen depends on either.

use super::depth::TermEnv;

/// Which set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GlyphSet {
    /// Blocks, bullets and box lines.
    Rich,
    /// ASCII only.
    Safe,
}

impl GlyphSet {
    /// Rich where the locale is UTF-8 and its terminals draw ambiguous characters narrow.
    pub fn detect(env: &TermEnv) -> Self {
        let locale = env.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if utf8 && !may_be_wide(env) { Self::Rich } else { Self::Safe }
    }
}

/// Whether the locale is one whose terminals may draw characters of ambiguous width two cells wide.
pub fn may_be_wide(env: &TermEnv) -> bool {
    let locale = env.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["ja", "zh", "ko"].iter().any(|l| locale.starts_with(l))
}

/// One set of shapes, each one cell wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Which set this is.
    pub set: GlyphSet,
    /// A held ticket, an agent who is there.
    pub held: &'static str,
    /// A ticket nobody holds, an agent who is away.
    pub free: &'static str,
    /// A dash where a name would stand.
    pub dash: &'static str,
    /// The row of the cursor.
    pub cursor: &'static str,
    /// A chosen row.
    pub chosen: &'static str,
    /// A full cell of a bar.
    pub full: &'static str,
    /// Half a cell of a bar.
    pub half: &'static str,
    /// A light cell of a bar.
    pub light: &'static str,
    /// A line across.
    pub across: &'static str,
    /// A line down.
    pub down: &'static str,
    /// A line down, with one leaving to the right.
    pub tee: &'static str,
    /// A line across, with one leaving downwards.
    pub tee_down: &'static str,
    /// A line across, with one leaving upwards.
    pub tee_up: &'static str,
    /// The corners of a box: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// The edge beside a customer's message.
    pub edge: &'static str,
    /// Text goes on.
    pub more: &'static str,
    /// Between two words of a line.
    pub dot: &'static str,
    /// Leads to something.
    pub arrow: &'static str,
    /// Done, chosen.
    pub tick: &'static str,
}

impl Glyphs {
    /// The shapes of a set.
    pub const fn of(set: GlyphSet) -> Self {
        match set {
            GlyphSet::Rich => Self {
                set,
                held: "●",
                free: "○",
                dash: "—",
                cursor: "▌",
                chosen: "+",
                full: "█",
                half: "▌",
                light: "▒",
                across: "─",
                down: "│",
                tee: "├",
                tee_down: "┬",
                tee_up: "┴",
                corners: ["┌", "┐", "└", "┘"],
                edge: "┃",
                more: "…",
                dot: "·",
                arrow: "→",
                tick: "✓",
            },
            GlyphSet::Safe => Self {
                set,
                held: "*",
                free: "o",
                dash: "-",
                cursor: ">",
                chosen: "+",
                full: "#",
                half: "+",
                light: ":",
                across: "-",
                down: "|",
                tee: "+",
                tee_down: "+",
                tee_up: "+",
                corners: ["+", "+", "+", "+"],
                edge: "|",
                more: "~",
                dot: "-",
                arrow: ">",
                tick: "x",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(locale: &str) -> GlyphSet {
        GlyphSet::detect(&TermEnv { locale: Some(locale.into()), ..TermEnv::default() })
    }

    #[test]
    fn set_from_the_locale() {
        assert_eq!(by("en_GB.UTF-8"), GlyphSet::Rich);
        assert_eq!(by("C.utf8"), GlyphSet::Rich);
        assert_eq!(by("ja_JP.UTF-8"), GlyphSet::Safe);
        assert_eq!(by("de_DE.ISO-8859-1"), GlyphSet::Safe);
        assert_eq!(GlyphSet::detect(&TermEnv::default()), GlyphSet::Safe);
    }
}
