//! Opens the screen on a desk: the configuration and the terminal's environment become what the screen is started with.

use std::io::IsTerminal;
use std::time::Duration;

use super::connect::{self, Seat};
use super::exit::CliError;
use super::output::Out;
use super::settings;
use crate::app::{Settings, overlays::style_of};
use crate::config::file::{Color, Glyphs, Theme as Ground};
use crate::config::{Config, Paths};
use crate::local::{Local, Unsent};
use crate::model::event::DeskRow;
use crate::runtime::desks::{Desk, FindDesk, ListDesks};
use crate::runtime::terminal::Modes;
use crate::runtime::{self, Options};
use crate::text::Clean;
use crate::theme::{Background, ColorDepth, GlyphSet, Pin, TermEnv, Theme, may_be_wide};

/// Refuses where there is no terminal; asked before a desk is looked for.
pub fn needs_terminal() -> Result<(), CliError> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::usage(
        "the screen cannot open",
        "this is no terminal",
        "run it in a terminal, or use a verb: ticketty list, ticketty --help",
    ))
}

/// Runs the screen until the agent leaves.
pub async fn open(
    paths: &Paths,
    config: &Config,
    keymap: Option<&str>,
    seat: &Seat,
    out: &Out,
) -> Result<u8, CliError> {
    let env = term_env();
    let desk = desk(paths, config, keymap, seat)?;
    let file = paths.config_file();
    let options = Options {
        desk,
        find_desk: find_desk(paths, keymap, seat.name.as_deref()),
        list_desks: list_desks(paths),
        terminal: modes(config, &env),
        private_dir: paths.data.clone(),
        keep_keymap: Box::new(move |name| keep_keymap(&file, name)),
    };
    let left = runtime::run(options).await.map_err(|e| {
        CliError::usage(
            "the screen cannot open",
            e.to_string(),
            "check TERM and the terminal, or use a verb: ticketty list",
        )
    })?;
    // One desk alone asked before the agent left; of those that were not on the screen it has not been said yet.
    for (name, changes) in left.into_iter().filter(|(name, _)| config.desks.len() > 1 && !name.is_empty()) {
        out.say((out.words.cli.not_left)(&name, changes));
    }
    Ok(0)
}

/// What the screen needs of a desk.
fn desk(paths: &Paths, config: &Config, keymap: Option<&str>, seat: &Seat) -> Result<Desk, CliError> {
    let words = settings::words(config);
    let keys = settings::keymap(paths, config, keymap, words)?;
    let settings = Settings {
        edit_style: style_of(keys.name()),
        keys,
        words,
        theme: theme(config, &term_env()),
        tz: crate::text::time::local_zone(),
        undo_window: Duration::from_secs(u64::from(config.undo_window)),
        desk: Clean::line(seat.name.as_deref().unwrap_or(words.choose("desk", "デスク"))),
        desks: config.desks.keys().map(|name| Clean::line(name)).collect(),
        seed: seed()?,
        log: Clean::line(&paths.log_file().to_string_lossy()),
        ask_keys: keymap.is_none() && config.keymap.is_none() && !paths.config_file().exists(),
    };
    Ok(Desk { backend: seat.backend.clone(), local: seat.local.clone(), settings })
}

/// Finds a desk to change to. The settings are read again: it may have been added meanwhile. `first` is the one that was opened.
fn find_desk(paths: &Paths, keymap: Option<&str>, first: Option<&str>) -> FindDesk {
    let (paths, keymap, first) = (paths.clone(), keymap.map(str::to_owned), first.map(str::to_owned));
    Box::new(move |name| {
        let (paths, keymap) = (paths.clone(), keymap.clone());
        // The token in TICKETTY_TOKEN is of the desk that was opened with it, and goes to no other one.
        let stand_in = first.as_ref() == Some(&name);
        Box::pin(async move {
            let found = async {
                let config = Config::load(&paths.config_file())?;
                let seat = connect::at_leisure(&paths, &config, Some(&name), stand_in).await?;
                desk(&paths, &config, keymap.as_deref(), &seat)
            };
            found.await.map_err(|e: CliError| {
                let next = if e.next.is_empty() { String::new() } else { format!("; {}", e.next) };
                Clean::line(&format!("{}: {}{next}", e.what, e.why))
            })
        })
    })
}

/// Lists the desks with what waits on each, from this machine alone.
fn list_desks(paths: &Paths) -> ListDesks {
    let paths = paths.clone();
    Box::new(move || {
        let paths = paths.clone();
        Box::pin(async move {
            let Ok(config) = Config::load(&paths.config_file()) else { return Vec::new() };
            let mut rows = Vec::with_capacity(config.desks.len());
            for (name, desk) in &config.desks {
                let unsent = match Local::open(&paths.data, &connect::local_account(name, desk)) {
                    // What cannot be read is said when that desk is opened.
                    Ok(local) => local.unsent().await.unwrap_or_default(),
                    Err(_) => Unsent::default(),
                };
                let host = desk.url.host_str().unwrap_or_default();
                rows.push(DeskRow {
                    name: Clean::line(name),
                    about: Clean::line(&format!("{} {host}", desk.kind)),
                    waiting: unsent.changes,
                    drafts: unsent.drafts,
                });
            }
            rows
        })
    })
}

/// A number that differs between processes.
fn seed() -> Result<u64, CliError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|e| {
        CliError::usage("ticketty cannot start", format!("the system gives no random numbers: {e}"), "try again")
    })?;
    Ok(u64::from_le_bytes(bytes))
}

/// The environment's word for the locale: `LC_ALL`, `LC_CTYPE`, `LANG`, the first that is set.
fn locale() -> Option<String> {
    ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|l| !l.is_empty()))
}

fn term_env() -> TermEnv {
    let var = |name: &str| std::env::var(name).ok();
    TermEnv {
        term: var("TERM"),
        colorterm: var("COLORTERM"),
        no_color: var("NO_COLOR"),
        colorfgbg: var("COLORFGBG"),
        locale: locale(),
    }
}

/// What the settings and the locale say of the terminal.
fn modes(config: &Config, env: &TermEnv) -> Modes {
    let ambiguous_wide = config.ambiguous_width.map_or_else(|| may_be_wide(env), |cells| cells == 2);
    Modes { disambiguate: config.kitty_keyboard, focus: false, ambiguous_wide }
}

fn theme(config: &Config, env: &TermEnv) -> Theme {
    let depth = match config.color {
        Color::Auto => ColorDepth::detect(env),
        Color::Truecolor => ColorDepth::TrueColor,
        Color::C256 => ColorDepth::Ansi256,
        Color::C16 => ColorDepth::Ansi16,
        Color::None => ColorDepth::None,
    };
    let ground = match config.theme {
        Ground::Auto => Background::detect(env),
        Ground::Dark => Background::Dark,
        Ground::Light => Background::Light,
    };
    let glyphs = match config.glyphs {
        Glyphs::Auto if modes(config, env).ambiguous_wide => GlyphSet::Safe,
        Glyphs::Auto => GlyphSet::detect(env),
        Glyphs::Rich => GlyphSet::Rich,
        Glyphs::Safe => GlyphSet::Safe,
    };
    let mut theme = Theme::new(depth, ground, glyphs);
    let pins =
        config.agent_colors.iter().map(|(agent, slot)| Pin { agent: agent.clone(), slot: Some(*slot), initials: None });
    theme.team.pin(pins.collect());
    theme
}

/// Writes the keymap chosen at the first start.
fn keep_keymap(file: &std::path::Path, name: &str) -> Result<(), String> {
    let old = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(format!("{}: {e}", file.display())),
    };
    if old.lines().any(|l| l.trim_start().starts_with("keymap")) {
        return Ok(());
    }
    if let Some(dir) = file.parent() {
        crate::config::paths::private_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    // Before everything else: a line behind a [table] would belong to it.
    let text = format!("keymap = \"{name}\"\n{old}");
    crate::config::paths::write_private(file, text.as_bytes()).map_err(|e| format!("{}: {e}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_reach_the_terminal_and_the_glyphs() {
        let with = |text: &str, locale: &str| {
            let config = Config::parse(std::path::Path::new("/c/config.toml"), text).unwrap();
            let env = TermEnv { locale: Some(locale.to_owned()), ..TermEnv::default() };
            (modes(&config, &env), theme(&config, &env).glyphs.set)
        };
        let plain = Modes::default();
        let wide = Modes { ambiguous_wide: true, ..plain };
        assert_eq!(with("", "en_US.UTF-8"), (plain, GlyphSet::Rich));
        assert_eq!(with("", "ja_JP.UTF-8"), (wide, GlyphSet::Safe));
        assert_eq!(with("ambiguous_width = 1", "ja_JP.UTF-8").0, plain);
        assert_eq!(with("ambiguous_width = 2", "en_US.UTF-8"), (wide, GlyphSet::Safe));
        assert_eq!(with("ambiguous_width = 2\nglyphs = \"rich\"", "en_US.UTF-8"), (wide, GlyphSet::Rich));
        assert_eq!(with("kitty_keyboard = true", "C").0, Modes { disambiguate: true, ..plain });
    }
}
