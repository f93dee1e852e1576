//! ticketty: the agent's seat at a helpdesk, in a terminal.
//!
//! In one breath: a key becomes a *chord*, chords become an *action*, `App::update` turns an action into new state and a
//! list of *effects*, the runtime performs effects, every effect comes back as one *event*, and the screen is a pure
//! function of the state. Everything that waits lives on the effect side; everything that decides lives on the update side.
//!
//! The rooms form one line without a cycle (`tests/rooms.rs` keeps the doors):
//!
//! - `text`: everything a customer wrote passes here; [`text::Clean`] is the only text a screen takes.
//! - `domain`: what a helpdesk is. Pure: no I/O, no clock, no terminal.
//! - `wire`: the bodies of our server's REST API.
//! - `action`, `keymap`: the one vocabulary behind keys, `:`, palette and CLI; and how keys reach it.
//! - `i18n`, `theme`, `widget`, `editor`: words, colours, drawing parts, the text editor.
//! - `model`: what every pane may read ([`model::world`]) and ask for ([`model::effect`]).
//! - `pane`, `overlay`, `app`: one pane, one file; the whole.
//! - `backend`: the outside helpdesks behind one trait. `local`: outbox and drafts on disk. `sync`: pushes and watches.
//! - `mail`, `server`: mail in and out; the embedded helpdesk.
//! - `config`, `cli`, `runtime`: files and secrets, verbs, the loop.

pub mod action;
pub mod app;
pub mod backend;
pub mod cli;
pub mod config;
pub mod domain;
pub mod editor;
pub mod i18n;
pub mod keymap;
pub mod local;
pub mod mail;
pub mod model;
pub mod overlay;
pub mod pane;
pub mod runtime;
pub mod server;
pub mod sync;
pub mod text;
pub mod theme;
pub mod widget;
pub mod wire;
