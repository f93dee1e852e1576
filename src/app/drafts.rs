//! Drafts between clients: whose a draft is, what is offered, how one is taken over, and what becomes of the client that had it.
//! Nothing typed is lost and nothing is written over: what cannot go into a draft any more becomes a draft of its own.

use std::cell::Cell;
use std::time::Duration;

use super::App;
use super::ask::choice;
use super::layout::{Focus, Stage};
use crate::action::{Action, Context};
use crate::domain::{Draft, DraftKind, DraftRow, Hold, Thread, TicketId};
use crate::keymap::chord::Chord;
use crate::model::{Effect, Notice, Timer};
use crate::overlay::Overlay;
use crate::pane::composer::Composer;
use crate::pane::{Card, Followup, PickItem, Purpose, Question};
use crate::text::width::pad;
use crate::text::{Clean, time};

/// So often a client with an open composer looks whether its draft is still its own.
const WATCH: Duration = Duration::from_secs(1);

/// What the program wants to know the drafts on disk for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The first answer came: what was left is offered once.
    offered: bool,
    /// To list them.
    list: bool,
    /// This draft was begun: is there another one of its ticket and kind?
    begun: Option<String>,
}

/// A draft on the status line that one key takes over.
#[derive(Debug)]
pub(super) struct Offer {
    id: String,
    notice: Notice,
    /// A key typed before the offer could be read does not answer it.
    drawn: Cell<bool>,
}

impl App {
    /// The drafts on disk, as they were just now.
    pub(super) fn took_drafts(&mut self, mut rows: Vec<DraftRow>) -> Vec<Effect> {
        // What could not be written is nowhere but here.
        let only_here = self.drafts.drain(..).filter(|row| self.unsaved.contains(&row.draft.id));
        for row in only_here {
            rows.retain(|on_disk| on_disk.draft.id != row.draft.id);
            rows.push(row);
        }
        self.drafts = rows;
        self.mark_drafts();
        if !std::mem::replace(&mut self.drafts_asked.offered, true) {
            self.offer_drafts();
        }
        let begun = self.drafts_asked.begun.take();
        let effects = begun.map(|id| self.look_beside(&id)).unwrap_or_default();
        let listed = matches!(self.overlays.last(), Some(Overlay::Picker(p)) if *p.purpose() == Purpose::Draft);
        if std::mem::take(&mut self.drafts_asked.list) && listed {
            self.overlays.pop();
            self.pick_draft();
        }
        effects
    }

    /// The drafts on disk, to go on with one. What this process knows is there at once, for quick fingers; the disk's answer
    /// takes its place unless a key came first.
    pub(super) fn list_drafts(&mut self) -> Vec<Effect> {
        let mut effects = self.save_draft();
        self.pick_draft();
        self.drafts_asked.list = true;
        effects.push(Effect::Drafts);
        effects
    }

    /// A key for the overlay on top: it does not change under the agent any more.
    pub(super) fn list_stands(&mut self) {
        self.drafts_asked.list = false;
    }

    fn pick_draft(&mut self) {
        let rows: Vec<&DraftRow> = self.drafts.iter().collect();
        let items = rows
            .into_iter()
            .map(|row| {
                let d = &row.draft;
                let about = match (&d.ticket, d.kind) {
                    (Some(ticket), _) => format!("#{ticket} {}", d.about),
                    (None, DraftKind::New) => format!("{} {}", self.words.compose.new_title, d.subject),
                    (None, _) => d.about.clone(),
                };
                PickItem {
                    value: d.id.clone(),
                    label: Clean::line(&format!("{} {about}", pad(&Clean::line((self.words.common.draft)(d.kind)), 5))),
                    detail: Clean::line(&self.standing(row)),
                    ..PickItem::default()
                }
            })
            .collect();
        let _ = self.pick(self.words.verbs.ask_draft, items, false, false, Purpose::Draft);
    }

    /// `812 chars, 14:02 · open in pts/3 · thread moved on`.
    fn standing(&self, row: &DraftRow) -> String {
        let words = &self.words.compose;
        let draft = &row.draft;
        let at = draft.saved_at.map(|at| time::absolute(at, &self.tz)).unwrap_or_default();
        let mut parts = vec![(words.size_at)(draft.text.chars().count() as u32, &at)];
        parts.extend(row.open_in.as_ref().map(|by| (words.open_in)(&Clean::line(by))));
        let ticket = draft.ticket.as_ref();
        let merged = row.merged_into.as_ref().or_else(|| self.merged_into(ticket?));
        parts.extend(merged.map(|into| (words.merged)(&format!("#{into}"))));
        let behind = |t: &Thread| draft.is_behind(t);
        if row.moved_on || ticket.and_then(|t| self.world.thread(t)).is_some_and(behind) {
            parts.push(words.behind.to_owned());
        }
        parts.join(" · ")
    }

    pub(super) fn merged_into(&self, ticket: &TicketId) -> Option<&TicketId> {
        let row = self.world.confirmed(ticket).or_else(|| self.world.thread(ticket).map(|t| &t.ticket))?;
        row.merged_into.as_ref()
    }

    /// Drafts that an earlier process left, or another one has open, are offered once.
    fn offer_drafts(&mut self) {
        if self.composer.is_some() || self.notice.is_some() {
            return;
        }
        let Some(newest) = self.drafts.iter().max_by_key(|d| d.draft.saved_at) else { return };
        let draft = &newest.draft;
        let words = &self.words.compose;
        let ticket = draft.ticket.as_ref().map_or_else(|| words.new_title.to_owned(), |t| format!("#{t}"));
        let key = self.keys.hint_for(&Action::ViewDrafts, Context::List);
        let said = (words.unsent)(self.drafts.len() as u32, &ticket, &self.standing(newest));
        let elsewhere = newest.open_in.is_some();
        let ends = if elsewhere { (words.take_over)("t") } else { (words.goes_on)(&key) };
        let notice = Notice::hint(format!("{said} · {ends}"));
        self.notice = Some(notice.clone());
        self.offer = elsewhere.then(|| Offer { id: draft.id.clone(), notice, drawn: Cell::new(false) });
    }

    /// The offer on the status line has been seen.
    pub(super) fn drew_offer(&self) {
        if let Some(offer) = self.offer.as_ref().filter(|o| self.notice.as_ref() == Some(&o.notice)) {
            offer.drawn.set(true);
        }
    }

    /// The draft that a key takes over, when it answers the offer on the status line.
    pub(super) fn answers_offer(&mut self, chord: Chord) -> Option<String> {
        let offer = self.offer.take()?;
        let shown = self.notice.as_ref() == Some(&offer.notice) && offer.drawn.get() && self.overlays.is_empty();
        (shown && self.focus != Focus::Composer && chord == Chord::char('t')).then_some(offer.id)
    }

    /// The draft of a ticket and kind that is opened when one is asked for: one that can be had before one that is open
    /// elsewhere.
    fn kept(&self, kind: DraftKind, ticket: Option<&TicketId>, but: Option<&str>) -> Option<&DraftRow> {
        let fits = |r: &&DraftRow| {
            kind != DraftKind::New
                && r.draft.kind == kind
                && r.draft.ticket.as_ref() == ticket
                && Some(r.draft.id.as_str()) != but
        };
        self.drafts.iter().filter(fits).min_by_key(|r| r.open_in.is_some())
    }

    /// Opens the draft there is for a ticket, or a new one; asks when it is open elsewhere.
    pub(super) fn open_draft(&mut self, kind: DraftKind, ticket: Option<TicketId>, all: bool) -> Vec<Effect> {
        match self.kept(kind, ticket.as_ref(), None).cloned() {
            Some(row) if row.open_in.is_some() => {
                self.ask_take_over(&row, all);
                Vec::new()
            }
            Some(row) => self.resume(row.draft, false),
            None => {
                let mut effects = self.begin_draft(kind, ticket, all);
                effects.extend(self.was_begun());
                effects
            }
        }
    }

    fn ask_take_over(&mut self, row: &DraftRow, all: bool) {
        let words = &self.words.compose;
        let draft = &row.draft;
        let ticket = draft.ticket.as_ref().map(|t| format!("#{t}")).unwrap_or_default();
        let card = Card {
            title: Clean::line(&(words.unsent)(1, &ticket, &self.standing(row))),
            lines: Clean::text(&draft.text).rows().filter(|r| !r.trim().is_empty()).take(4).collect(),
            choices: vec![
                choice('q', self.words.common.back, Followup::Nothing),
                choice('t', words.takes_over, Followup::TakeOver(draft.id.clone())),
                choice('n', words.another, Followup::BeginDraft(draft.kind, all)),
            ],
        };
        self.ask(Question::Card(card));
    }

    /// Goes on with a draft that is on disk. What is shown at once is what this process knows; the disk has the last word.
    pub(super) fn resume(&mut self, draft: Draft, take: bool) -> Vec<Effect> {
        let about = format!(
            "{} {}",
            draft.ticket.as_ref().map(|t| format!("#{t}")).unwrap_or_default(),
            (self.words.compose.size_at)(draft.text.chars().count() as u32, "")
        );
        let merged = draft.ticket.as_ref().and_then(|t| self.merged_into(t)).cloned();
        self.notice = Some(Notice::hint((self.words.compose.resumed)(about.trim())));
        let open = Effect::OpenDraft { id: draft.id.clone(), take };
        for row in self.drafts.iter_mut().filter(|r| r.draft.id == draft.id) {
            row.open_in = None;
        }
        let mut effects = vec![open];
        let unsaved = self.unsaved.contains(&draft.id);
        effects.extend(self.show_composer(draft));
        if let Some(composer) = self.composer.as_mut().filter(|_| unsaved) {
            // It is nowhere but here: it is tried again at once, and not with the next key.
            composer.is_not_on_disk();
        }
        if let Some(into) = merged {
            effects.extend(self.follow_merge(into));
        }
        effects
    }

    /// Goes on with a draft by its id, wherever it is open now.
    pub(super) fn take_over(&mut self, id: &str) -> Vec<Effect> {
        let Some(row) = self.drafts.iter().find(|r| r.draft.id == id).cloned() else { return Vec::new() };
        let mut effects = if self.composer.is_some() { self.leave_composer() } else { Vec::new() };
        effects.extend(self.resume(row.draft, row.open_in.is_some()));
        effects
    }

    /// A draft was begun: is there another one of its ticket and kind that this process did not know of?
    pub(super) fn was_begun(&mut self) -> Vec<Effect> {
        let Some(composer) = self.composer.as_ref().filter(|c| c.kind() != DraftKind::New) else { return Vec::new() };
        self.drafts_asked.begun = Some(composer.id().to_owned());
        vec![Effect::Drafts]
    }

    fn look_beside(&mut self, begun: &str) -> Vec<Effect> {
        let Some(composer) = self.composer.as_ref().filter(|c| c.id() == begun) else { return Vec::new() };
        let Some(row) = self.kept(composer.kind(), composer.ticket(), Some(begun)).cloned() else { return Vec::new() };
        if !composer.is_untouched() || row.open_in.is_some() {
            // Somebody types already, or is about to and must not answer a card instead: both are kept, and it is said.
            let ticket = row.draft.ticket.as_ref().map(|t| format!("#{t}")).unwrap_or_default();
            let key = self.keys.hint_for(&Action::ViewDrafts, Context::List);
            let said = (self.words.compose.unsent)(1, &ticket, &self.standing(&row));
            self.notice = Some(Notice::hint(format!("{said} · {}", (self.words.compose.goes_on)(&key))));
            return Vec::new();
        }
        let mut effects = self.close_composer();
        effects.extend(self.resume(row.draft, false));
        effects
    }

    /// The disk said who has a draft. `unsaved`: what could not be written because it is somebody else's.
    pub(super) fn draft_held(&mut self, id: &str, hold: Hold, unsaved: Option<Draft>) -> Vec<Effect> {
        // One that never was on disk is not gone.
        let is_new = matches!(hold, Hold::Gone)
            && unsaved.is_none()
            && self.composer.as_ref().is_some_and(|c| c.id() == id && c.saved_at().is_none());
        if !matches!(hold, Hold::Mine(_)) && !is_new {
            // Another one writes it now; what was typed here is kept as a draft of its own.
            self.unsaved.remove(id);
        }
        match &hold {
            Hold::Mine(_) => {}
            Hold::Taken { by } => {
                for row in self.drafts.iter_mut().filter(|r| r.draft.id == id) {
                    row.open_in = Some(by.clone());
                }
            }
            Hold::Gone => {
                if !is_new {
                    self.drafts.retain(|r| r.draft.id != id);
                    self.mark_drafts();
                }
            }
        }
        let here = self.composer.as_mut().filter(|c| c.id() == id);
        match (here, hold) {
            (Some(composer), Hold::Mine(disk)) => {
                composer.join(&disk.files);
                if !composer.is_frozen() && !composer.is_older_than(&disk) {
                    return Vec::new();
                }
                // Taken back, or somebody else went on with it since this process last read it.
                let typed = composer.is_unsaved().then(|| composer.snapshot());
                let style = self.edit_style;
                for row in self.drafts.iter_mut().filter(|r| r.draft.id == id) {
                    row.draft = (*disk).clone();
                }
                self.composer = Some(Composer::open(*disk, style));
                self.compare_composer();
                self.keep_beside(typed)
            }
            (Some(composer), Hold::Gone) if composer.saved_at().is_none() => self.keep_beside(unsaved),
            (Some(composer), hold) => {
                let typed = unsaved.or_else(|| composer.is_unsaved().then(|| composer.snapshot()));
                let by = match hold {
                    Hold::Taken { by } => Some(Clean::line(&by)),
                    _ => None,
                };
                composer.freeze(by.clone());
                self.say_frozen();
                let mut effects = self.keep_beside(typed);
                effects.extend(self.stop_writing());
                effects
            }
            // The composer is closed already, and its last words did not get into the draft.
            (None, _) => self.keep_beside(unsaved),
        }
    }

    /// Says where the draft on the screen is now, and how it comes back.
    pub(super) fn say_frozen(&mut self) {
        if let Some(said) = self.composer.as_ref().and_then(|c| c.frozen_words(self.words)) {
            self.notice = Some(Notice::trouble(said));
        }
    }

    /// What was typed and is not in its draft becomes a draft of its own.
    pub(super) fn keep_beside(&mut self, typed: Option<Draft>) -> Vec<Effect> {
        let worth = |d: &Draft| !d.text.trim().is_empty() || !d.files.is_empty() || d.kind == DraftKind::New;
        let Some(typed) = typed.filter(worth) else { return Vec::new() };
        let id = self.change_id().to_string();
        let own = Draft { id: id.clone(), saved_at: None, ..typed };
        self.remember(own.clone());
        let key = self.keys.hint_for(&Action::ViewDrafts, Context::List);
        let kept = (self.words.compose.kept_beside)(&key);
        let said = match &self.notice {
            Some(before) => format!("{} · {kept}", before.text),
            None => kept,
        };
        self.notice = Some(Notice::trouble(said));
        vec![Effect::SaveDraft(Box::new(own)), Effect::ReleaseDraft(id)]
    }

    /// The timer that looks after the open draft.
    pub(super) fn watch_draft(&mut self) -> Option<Effect> {
        let open = self.composer.as_ref().is_some_and(|c| !c.is_frozen() && c.saved_at().is_some());
        (open && !std::mem::replace(&mut self.draft_watch, true)).then_some(Effect::After(WATCH, Timer::DraftWatch))
    }

    pub(super) fn watch_rang(&mut self) -> Vec<Effect> {
        self.draft_watch = false;
        let open = self.composer.as_ref().filter(|c| !c.is_frozen() && c.saved_at().is_some());
        open.map(|c| Effect::WatchDraft(c.id().to_owned())).into_iter().collect()
    }

    /// The composer's thread is here: what its author has not seen is said, and a merged ticket is followed.
    pub(super) fn compare_composer(&mut self) -> Vec<Effect> {
        let Some(ticket) = self.composer.as_ref().and_then(|c| c.ticket()).cloned() else { return Vec::new() };
        if let Some(into) = self.merged_into(&ticket).cloned() {
            return self.follow_merge(into);
        }
        if let (Some(composer), Some(thread)) = (&mut self.composer, self.world.thread(&ticket)) {
            if composer.has_seen_nothing() {
                composer.has_read(thread);
            } else {
                composer.catch_up(thread, self.world.me.as_ref().map(|m| &m.id));
            }
        }
        Vec::new()
    }

    /// The draft's ticket was merged into another: the text goes there, and it is said.
    fn follow_merge(&mut self, into: TicketId) -> Vec<Effect> {
        let Some(composer) = self.composer.as_mut().filter(|c| !c.is_frozen()) else { return Vec::new() };
        let Some(from) = composer.follow(into.clone()) else { return Vec::new() };
        self.notice = Some(Notice::hint((self.words.compose.follows)(&format!("#{from}"), &format!("#{into}"))));
        let mut effects = self.save_draft();
        if self.thread.ticket() != Some(&into) {
            effects.extend(self.open_ticket(into));
            self.focus = Focus::Composer;
        }
        effects
    }

    /// Takes the composer off the screen; what is on disk stays there, free for whoever opens it next.
    pub(super) fn close_composer(&mut self) -> Vec<Effect> {
        let Some(composer) = self.composer.take() else { return Vec::new() };
        let mut effects = vec![Effect::ReleaseDraft(composer.id().to_owned())];
        effects.extend(self.stop_writing());
        if self.focus == Focus::Composer {
            self.focus = if self.stage == Stage::List { Focus::List } else { Focus::Stage };
        }
        effects
    }

    /// What leaving the program does with the open draft.
    pub(super) fn let_go(&mut self) -> Vec<Effect> {
        let mut effects = self.save_typed();
        effects.extend(self.composer.as_ref().map(|c| Effect::ReleaseDraft(c.id().to_owned())));
        effects
    }
}
