//! Colours by meaning, glyphs by what the terminal can show, and each agent's badge. Everything is chosen once, from values
//! that are handed in (nothing here reads the environment); drawing code asks for a meaning, never for a colour.
//!
//! ratatui never converts colours, so each depth is decided here. Without colour every style keeps its modifiers, and every
//! colour is [`Color::Reset`].

pub mod assignee;
pub mod depth;
pub mod glyphs;

use ratatui::style::{Color, Modifier, Style};

use crate::domain::{Agent, AgentRef};
use crate::text::Clean;

pub use assignee::{Badge, Pin, Team};
pub use depth::{Background, ColorDepth, TermEnv};
pub use glyphs::{GlyphSet, Glyphs, may_be_wide};

/// Colours and glyphs for one terminal, and the badges of one team.
#[derive(Clone, Debug)]
pub struct Theme {
    /// How many colours there are.
    pub depth: ColorDepth,
    /// What they stand on.
    pub background: Background,
    /// The shapes.
    pub glyphs: Glyphs,
    /// The agents' initials and colours; see [`Theme::learn`].
    pub team: Team,
    /// Ordinary text.
    pub text: Style,
    /// A ticket nobody holds: the brightest thing on the screen.
    pub unassigned: Style,
    /// What I hold.
    pub mine: Style,
    /// What somebody else holds.
    pub held: Style,
    /// Late, or trouble ahead.
    pub late: Style,
    /// Soon late.
    pub soon: Style,
    /// News: unread messages.
    pub fresh: Style,
    /// What matters less: away agents, headings of columns, signatures.
    pub dim: Style,
    /// What the customer does not see.
    pub note: Style,
    /// Asked for and not confirmed.
    pub pending: Style,
    /// The title and marks of the focused pane.
    pub focus: Style,
    /// The title of a pane without the focus.
    pub title: Style,
    /// Lines between panes.
    pub rule: Style,
    /// The row or item the cursor is on.
    pub cursor: Style,
    /// Chosen rows and lines; laid over the row's own style.
    pub selection: Style,
    /// A hit of a search; laid over.
    pub hit: Style,
    /// Something was refused or failed.
    pub error: Style,
    /// Something was done.
    pub done: Style,
    /// Hints and offers.
    pub hint: Style,
    /// A key's name in a hint.
    pub key: Style,
    /// Quoted text.
    pub quote: Style,
    /// A link or another thing that can be opened.
    pub link: Style,
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(ColorDepth::TrueColor, Background::Dark, GlyphSet::Rich)
    }
}

impl Theme {
    /// A theme for a terminal of this kind.
    pub fn new(depth: ColorDepth, background: Background, glyphs: GlyphSet) -> Self {
        let dark = background == Background::Dark;
        // A meaning's colour: for dark ground, for light ground, and where there are only 16.
        let pick = |on_dark: u32, on_light: u32, few_dark: Color, few_light: Color| {
            let (rgb, few) = if dark { (on_dark, few_dark) } else { (on_light, few_light) };
            Style::new().fg(depth::color(depth, rgb, few))
        };
        let ground = |on_dark: u32, on_light: u32| match depth {
            ColorDepth::TrueColor | ColorDepth::Ansi256 => {
                Style::new().bg(depth::color(depth, if dark { on_dark } else { on_light }, Color::Reset))
            }
            // Few colours make a poor ground for text of many: reverse is readable everywhere.
            ColorDepth::Ansi16 | ColorDepth::None => Style::new().add_modifier(Modifier::REVERSED),
        };
        let plain = Style::new();
        // Grey of 16-colour terminals is a gamble (some draw it black on black); the modifier is not.
        let faint = if matches!(depth, ColorDepth::Ansi16 | ColorDepth::None) {
            plain.add_modifier(Modifier::DIM)
        } else {
            pick(0x8c8c8c, 0x6b6b6b, Color::Reset, Color::Reset)
        };
        let held = if matches!(depth, ColorDepth::Ansi16 | ColorDepth::None) {
            plain
        } else {
            pick(0xb0b0b0, 0x565656, Color::Reset, Color::Reset)
        };
        let red = pick(0xff7a6b, 0xb3261e, Color::LightRed, Color::Red);
        let accent = pick(0x6cb6ff, 0x0b57d0, Color::LightCyan, Color::Blue);
        Self {
            depth,
            background,
            glyphs: Glyphs::of(glyphs),
            team: Team::new(depth, background),
            text: plain,
            unassigned: pick(0xffffff, 0x000000, Color::White, Color::Black).add_modifier(Modifier::BOLD),
            mine: plain,
            held,
            late: red.add_modifier(Modifier::BOLD),
            soon: pick(0xf0c05a, 0x7a5b00, Color::LightYellow, Color::Yellow),
            fresh: accent.add_modifier(Modifier::BOLD),
            dim: faint,
            note: pick(0xe5c07b, 0x7a5b00, Color::Yellow, Color::Yellow),
            pending: faint.add_modifier(Modifier::ITALIC),
            focus: accent.add_modifier(Modifier::BOLD),
            title: faint,
            rule: faint,
            cursor: plain.add_modifier(Modifier::REVERSED),
            selection: ground(0x264f78, 0xcfe3ff),
            hit: plain.add_modifier(Modifier::REVERSED),
            error: red.add_modifier(Modifier::BOLD),
            done: pick(0x8fd18a, 0x2e6b2b, Color::LightGreen, Color::Green),
            hint: faint,
            key: plain.add_modifier(Modifier::BOLD),
            quote: faint,
            link: accent.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// A theme for a terminal described by its environment; what the configuration says wins.
    pub fn detect(env: &TermEnv, background: Option<Background>, glyphs: Option<GlyphSet>) -> Self {
        let background = background.unwrap_or_else(|| Background::detect(env));
        Self::new(ColorDepth::detect(env), background, glyphs.unwrap_or_else(|| GlyphSet::detect(env)))
    }

    /// Learns who is in the team, so that every badge is unique. To be called whenever the desk's agents change.
    pub fn learn(&mut self, agents: &[Agent]) {
        self.team.learn(agents);
    }

    /// A text of the program's own for this terminal: where shapes of unsure width are avoided, without them.
    pub fn own(&self, text: &str) -> Clean {
        if self.glyphs.set == GlyphSet::Rich {
            return Clean::line(text);
        }
        let plain: String = text
            .chars()
            .map(|c| match c {
                '·' => '-',
                '…' => '~',
                '“' | '”' => '"',
                other => other,
            })
            .collect();
        Clean::line(&plain)
    }

    /// The badge of an agent.
    pub fn badge(&self, agent: &AgentRef) -> Badge {
        self.team.badge(agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(t: &Theme) -> Vec<Color> {
        [
            t.text,
            t.unassigned,
            t.mine,
            t.held,
            t.late,
            t.soon,
            t.fresh,
            t.dim,
            t.note,
            t.pending,
            t.focus,
            t.title,
            t.rule,
            t.cursor,
            t.selection,
            t.hit,
            t.error,
            t.done,
            t.hint,
            t.key,
            t.quote,
            t.link,
        ]
        .iter()
        .flat_map(|s| [s.fg.unwrap_or(Color::Reset), s.bg.unwrap_or(Color::Reset)])
        .collect()
    }

    #[test]
    fn no_color_has_none_but_keeps_modifiers() {
        let t = Theme::new(ColorDepth::None, Background::Dark, GlyphSet::Rich);
        assert!(colours(&t).iter().all(|c| *c == Color::Reset));
        assert!(t.unassigned.add_modifier.contains(Modifier::BOLD));
        assert!(t.selection.add_modifier.contains(Modifier::REVERSED));
        assert!(t.cursor.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn each_depth_uses_only_its_own_colours() {
        for background in [Background::Dark, Background::Light] {
            let t = Theme::new(ColorDepth::Ansi16, background, GlyphSet::Safe);
            assert!(colours(&t).iter().all(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_))));
            let t = Theme::new(ColorDepth::Ansi256, background, GlyphSet::Safe);
            assert!(colours(&t).iter().all(|c| matches!(c, Color::Reset | Color::Indexed(16..))));
        }
    }
}
