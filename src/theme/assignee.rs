//! Who holds what, at a glance: each agent's colour by slot and two cells of initials, unique in the team.
//!
//! The eight hues were computed for even distance and contrast on each ground, for normal and colour-blind sight (the
//! project's stack notes have the figures). Slots beyond them reuse the hues with a second mark.

use std::collections::{HashMap, HashSet};

use ratatui::buffer::CellWidth;
use ratatui::style::{Color, Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::depth::{self, Background, ColorDepth};
use crate::domain::{Agent, AgentId, AgentRef};
use crate::text::Clean;

const DARK: [u32; 8] = [0xc09285, 0xf4f046, 0x92fef9, 0x1187ee, 0x34c8fd, 0xa9c719, 0x7c9217, 0xb9df9b];
const LIGHT: [u32; 8] = [0x7a5340, 0x3c6cdc, 0x370386, 0x4d252b, 0x7a6d93, 0x374768, 0x906f23, 0x6b46a0];
const FEW_DARK: [Color; 6] =
    [Color::LightCyan, Color::LightYellow, Color::LightMagenta, Color::LightGreen, Color::LightBlue, Color::LightRed];
const FEW_LIGHT: [Color; 6] = [Color::Blue, Color::Magenta, Color::Green, Color::Cyan, Color::Red, Color::Yellow];

/// How wide initials are, in cells.
pub const INITIALS: u16 = 2;

/// What stands for an agent on every screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// Two cells: two letters, or one wide character.
    pub initials: Clean,
    /// The agent's colour and second mark.
    pub style: Style,
}

/// What a configuration says about one agent; it wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// The agent's id or login.
    pub agent: String,
    /// The colour slot, from 0.
    pub slot: Option<u16>,
    /// The initials; cut to two cells.
    pub initials: Option<Clean>,
}

/// The badges of a team.
#[derive(Clone, Debug)]
pub struct Team {
    depth: ColorDepth,
    background: Background,
    pins: Vec<Pin>,
    badges: HashMap<AgentId, Badge>,
}

impl Team {
    /// A team of nobody yet.
    pub fn new(depth: ColorDepth, background: Background) -> Self {
        Self { depth, background, pins: Vec::new(), badges: HashMap::new() }
    }

    /// What the configuration pins; takes effect with the next [`Team::learn`].
    pub fn pin(&mut self, pins: Vec<Pin>) {
        self.pins = pins;
    }

    /// Gives everybody a badge.
    pub fn learn(&mut self, agents: &[Agent]) {
        let initials = initials(agents, &self.pins);
        self.badges = agents
            .iter()
            .zip(initials)
            .map(|(agent, initials)| {
                let slot = self.pin_of(agent).and_then(|p| p.slot).unwrap_or(agent.color);
                (agent.id.clone(), Badge { initials, style: style(slot, self.depth, self.background) })
            })
            .collect();
    }

    /// The badge of an agent; one who is not in the team (any more) has initials without a colour.
    pub fn badge(&self, agent: &AgentRef) -> Badge {
        self.badges.get(&agent.id).cloned().unwrap_or_else(|| Badge {
            initials: candidates(&agent.name, &agent.login).next().unwrap_or_else(|| Clean::line("??")),
            style: Style::new(),
        })
    }

    fn pin_of(&self, agent: &Agent) -> Option<&Pin> {
        pin_of(&self.pins, agent)
    }
}

fn pin_of<'a>(pins: &'a [Pin], agent: &Agent) -> Option<&'a Pin> {
    pins.iter().find(|p| p.agent == agent.id.as_str() || p.agent == agent.login.as_str())
}

/// The style of a colour slot.
pub fn style(slot: u16, depth: ColorDepth, background: Background) -> Style {
    let dark = background == Background::Dark;
    let (hues, color) = match depth {
        ColorDepth::TrueColor | ColorDepth::Ansi256 => {
            let hues = if dark { DARK } else { LIGHT };
            (8, depth::color(depth, hues[usize::from(slot % 8)], Color::Reset))
        }
        ColorDepth::Ansi16 => (6, if dark { FEW_DARK } else { FEW_LIGHT }[usize::from(slot % 6)]),
        // The initials alone tell; eight slots as elsewhere, so that the second mark means the same.
        ColorDepth::None => (8, Color::Reset),
    };
    let lap = slot / hues;
    let mut style = Style::new().fg(color);
    if lap & 1 == 1 {
        style = style.add_modifier(Modifier::UNDERLINED);
    }
    if lap & 2 == 2 {
        style = style.add_modifier(Modifier::ITALIC);
    }
    style
}

/// The initials of each agent, in the order given: two cells, unique in the team. Who joined first (the lower slot) chooses
/// first, so nobody's initials change when somebody joins; pins choose before everybody.
pub fn initials(agents: &[Agent], pins: &[Pin]) -> Vec<Clean> {
    let mut taken = HashSet::new();
    let mut out = vec![Clean::default(); agents.len()];
    let mut order: Vec<usize> = (0..agents.len()).collect();
    order.sort_by_key(|i| (agents[*i].color, agents[*i].id.number(), agents[*i].id.clone()));
    for (agent, out) in agents.iter().zip(&mut out) {
        if let Some(pinned) = pin_of(pins, agent).and_then(|p| p.initials.as_ref()) {
            *out = two_cells(pinned);
            taken.insert(out.clone());
        }
    }
    for i in order {
        if !out[i].is_empty() {
            continue;
        }
        let numbers = (1..100).map(|n| Clean::line(&format!("{n:02}")));
        let free = candidates(&agents[i].name, &agents[i].login).chain(numbers).find(|c| !taken.contains(c));
        out[i] = free.unwrap_or_else(|| Clean::line("??"));
        taken.insert(out[i].clone());
    }
    out
}

/// What a name offers as initials, best first: first letters of the first and last word, the first two letters, the first
/// letter with each later one; a wide character fills both cells by itself.
fn candidates(name: &str, login: &str) -> impl Iterator<Item = Clean> + use<> {
    let mut out = Vec::new();
    for text in [name, login] {
        let words: Vec<Vec<&str>> = text
            .split(|c: char| !c.is_alphanumeric())
            .map(|w| w.graphemes(true).filter(|g| (1..=2).contains(&g.cell_width())).collect::<Vec<_>>())
            .filter(|w| !w.is_empty())
            .collect();
        let all: Vec<&str> = words.iter().flatten().copied().collect();
        let Some(first) = all.first() else { continue };
        if first.cell_width() == 2 {
            out.extend(words.iter().filter_map(|w| w.first()).chain(&all).map(|g| (*g).to_owned()));
            continue;
        }
        if let [_, .., last] = words.as_slice() {
            out.extend(last.iter().map(|g| format!("{first}{g}")));
        }
        out.extend(all.iter().skip(1).map(|g| format!("{first}{g}")));
        out.extend((1..10).map(|n| format!("{first}{n}")));
    }
    out.into_iter().map(|c| Clean::line(&c.to_uppercase())).filter(|c| c.cell_width() == INITIALS)
}

/// Cuts or fills to two cells.
fn two_cells(text: &str) -> Clean {
    let mut out = String::new();
    let mut width = 0;
    for g in text.graphemes(true) {
        let w = g.cell_width();
        if w > 0 && width + w <= INITIALS {
            out.push_str(g);
            width += w;
        }
    }
    out.extend((width..INITIALS).map(|_| ' '));
    Clean::line(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: i64, name: &str, color: u16) -> Agent {
        Agent {
            id: AgentId::from(id),
            login: Clean::line(&format!("user{id}")),
            name: Clean::line(name),
            email: Clean::default(),
            color,
            role: crate::domain::people::Role::Agent,
            load: crate::domain::Load::default(),
            presence: crate::domain::Presence::default(),
        }
    }

    fn of(names: &[&str]) -> Vec<String> {
        let agents: Vec<Agent> = names.iter().enumerate().map(|(i, n)| agent(i as i64 + 1, n, i as u16)).collect();
        initials(&agents, &[]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn initials_are_what_one_expects() {
        assert_eq!(of(&["Mika Kato", "Taro Sato", "Alma", "Jo O'Neill"]), ["MK", "TS", "AL", "JN"]);
        assert_eq!(of(&["田中 美咲", "田中 太郎", "佐藤"]), ["田", "太", "佐"]);
        assert_eq!(of(&["Élodie Étienne", "x", ""]), ["ÉÉ", "X1", "US"]);
    }

    #[test]
    fn initials_are_unique_and_two_cells() {
        let names: Vec<String> = (0..60).map(|_| "Anna Berg".to_owned()).collect();
        let got = of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(got.iter().collect::<HashSet<_>>().len(), 60);
        assert!(got.iter().all(|i| i.as_str().cell_width() == 2), "{got:?}");
    }

    #[test]
    fn who_came_first_keeps_their_initials() {
        let (a, b) = (agent(1, "Mika Kato", 0), agent(2, "Max Kern", 1));
        assert_eq!(initials(&[b.clone(), a.clone()], &[])[1].as_str(), "MK");
        let pin = Pin { agent: "user2".into(), initials: Some(Clean::line("MK")), slot: None };
        assert_eq!(initials(&[a, b], &[pin]).iter().map(Clean::as_str).collect::<Vec<_>>(), ["MA", "MK"]);
    }

    #[test]
    fn eight_hues_then_a_second_mark() {
        for background in [Background::Dark, Background::Light] {
            for depth in [ColorDepth::TrueColor, ColorDepth::Ansi256] {
                let seen: HashSet<String> = (0..16).map(|s| format!("{:?}", style(s, depth, background))).collect();
                assert_eq!(seen.len(), 16, "{depth:?} {background:?}");
            }
        }
        assert_eq!(style(0, ColorDepth::TrueColor, Background::Dark).fg, Some(Color::Rgb(0xc0, 0x92, 0x85)));
        assert!(style(8, ColorDepth::TrueColor, Background::Dark).add_modifier.contains(Modifier::UNDERLINED));
        assert_eq!(style(9, ColorDepth::None, Background::Dark).fg, Some(Color::Reset));
    }

    #[test]
    fn pins_and_strangers() {
        let mut team = Team::new(ColorDepth::Ansi16, Background::Dark);
        team.pin(vec![Pin { agent: "1".into(), slot: Some(3), initials: None }]);
        let a = agent(1, "Mika Kato", 0);
        team.learn(std::slice::from_ref(&a));
        assert_eq!(team.badge(&a.as_ref()).style.fg, Some(Color::LightGreen));
        let gone = agent(9, "Zoe Yu", 0).as_ref();
        assert_eq!(team.badge(&gone).initials.as_str(), "ZY");
    }
}
