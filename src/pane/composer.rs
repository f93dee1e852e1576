//! The composer: header fields, body, and what an agent must know before sending. The text lives in [`LineEdit`]s and one
//! [`Editor`]; the draft on disk is made from them by [`Composer::snapshot`].

mod people;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::people::{others, own_text, parse_people, salutation, shares_a_word};
use super::{Card, Choice, Ctx, Followup};
use crate::domain::{
    Change, Channel, Draft, DraftKind, Kind, Message, NewTicket, Outgoing, Requester, Status, Then, Thread, Upload,
};
use crate::editor::{EditKey, EditMode, EditOutcome, EditStyle, Editor, LineEdit, Look};
use crate::text::{Clean, time};
use crate::widget;

/// Where the caret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The queue of a new ticket.
    Queue,
    /// The requester of a new ticket, or whom a reply goes to.
    To,
    /// Copies.
    Cc,
    /// Blind copies.
    Bcc,
    /// The subject.
    Subject,
    /// The text.
    Body,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The composer took it.
    Handled,
    /// It has no use for it.
    Ignored,
    /// Letters through an input method where letters are commands.
    Ime,
    /// `:` in normal mode.
    CommandLine,
    /// `ZZ`.
    SendCard,
    /// A key that stands for a command.
    Command(String),
    /// A read-only draft is wanted back.
    TakeBack,
}

/// Why nothing can be sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// There is no text.
    Text,
    /// A new ticket has no queue of that name.
    Queue,
    /// A new ticket has no requester.
    Requester,
    /// A new ticket has no subject.
    Subject,
}

/// The pane.
#[derive(Debug)]
pub struct Composer {
    draft: Draft,
    queue: LineEdit,
    to: LineEdit,
    cc: LineEdit,
    bcc: LineEdit,
    subject: LineEdit,
    body: Editor,
    field: Field,
    /// The revisions that are on disk.
    on_disk: u64,
    /// A save was asked for and has not ended.
    saving: bool,
    save_failed: Option<Clean>,
    /// What came into the thread since the draft began.
    arrived: Vec<Message>,
    /// It is somebody else's now: read-only.
    frozen: Option<Frozen>,
}

/// A draft that another client has open, or that is gone.
#[derive(Debug)]
struct Frozen {
    /// The terminal that has it; nothing when it was sent or thrown away there.
    by: Option<Clean>,
    /// Whoever was typing has noticed: one key may take it back.
    noticed: bool,
}

impl Composer {
    /// Opens a draft.
    pub fn open(draft: Draft, style: EditStyle) -> Self {
        let mut body = Editor::new(&draft.text).with_style(style);
        body.caret_to_end();
        body.to_insert_mode();
        let field = match draft.kind {
            DraftKind::New if draft.queue.is_empty() => Field::Queue,
            DraftKind::New if draft.to.is_empty() => Field::To,
            DraftKind::New if draft.subject.is_empty() => Field::Subject,
            _ => Field::Body,
        };
        let mut composer = Self {
            queue: LineEdit::new(&draft.queue),
            to: LineEdit::new(&draft.to),
            cc: LineEdit::new(&draft.cc),
            bcc: LineEdit::new(&draft.bcc),
            subject: LineEdit::new(&draft.subject),
            body,
            field,
            on_disk: 0,
            saving: false,
            save_failed: None,
            arrived: Vec::new(),
            frozen: None,
            draft,
        };
        composer.on_disk = composer.revision();
        composer
    }

    /// A draft that begins now. `message`: the one that is answered; `all`: everybody on it.
    pub fn begin(
        id: String,
        kind: DraftKind,
        thread: Option<&Thread>,
        all: bool,
        now: Timestamp,
        my_mail: &str,
    ) -> Draft {
        let mut draft = Draft::new(id, kind, thread.map(|t| t.ticket.id.clone()), now);
        draft.about = thread.map(|t| t.ticket.subject.to_string()).unwrap_or_default();
        draft.seen = thread.and_then(Thread::last_public).map(|m| m.id.clone());
        if let (DraftKind::Reply, Some(thread)) = (kind, thread) {
            draft.to = thread.ticket.requester.to_string();
            draft.subject = thread.ticket.subject.to_string();
            if all {
                draft.cc = others(thread, my_mail).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            }
        }
        draft
    }

    /// The draft's id.
    pub fn id(&self) -> &str {
        &self.draft.id
    }

    /// What it will become.
    pub fn kind(&self) -> DraftKind {
        self.draft.kind
    }

    /// The ticket it is for.
    pub fn ticket(&self) -> Option<&crate::domain::TicketId> {
        self.draft.ticket.as_ref()
    }

    /// The draft as it is now.
    pub fn snapshot(&self) -> Draft {
        Draft {
            text: self.body.text(),
            queue: self.queue.text().to_owned(),
            to: self.to.text().to_owned(),
            cc: self.cc.text().to_owned(),
            bcc: self.bcc.text().to_owned(),
            subject: self.subject.text().to_owned(),
            ..self.draft.clone()
        }
    }

    fn revision(&self) -> u64 {
        let lines = [&self.queue, &self.to, &self.cc, &self.bcc, &self.subject];
        let header: u64 = lines.iter().map(|l| l.revision()).sum();
        header + self.body.revision() + self.draft.files.len() as u64
    }

    /// Whether something typed is not on disk and no save is under way. Marks a save as begun.
    pub fn take_unsaved(&mut self) -> Option<Draft> {
        if !self.is_unsaved() {
            return None;
        }
        self.on_disk = self.revision();
        self.saving = true;
        Some(self.snapshot())
    }

    /// Whether something typed is not on disk.
    pub fn is_unsaved(&self) -> bool {
        self.frozen.is_none() && self.revision() != self.on_disk
    }

    /// Nothing in it would be lost now.
    pub fn is_on_disk(&self) -> bool {
        self.is_blank() || !self.is_unsaved() && !self.saving && self.save_failed.is_none()
    }

    /// Nothing was typed since it was begun.
    pub fn is_untouched(&self) -> bool {
        self.draft.saved_at.is_none() && !self.saving && !self.is_unsaved()
    }

    /// When it was last on disk.
    pub fn saved_at(&self) -> Option<Timestamp> {
        self.draft.saved_at
    }

    /// Whether what is on disk is not what this one wrote or read last.
    pub fn is_older_than(&self, disk: &Draft) -> bool {
        !self.saving && disk.saved_at != self.draft.saved_at
    }

    /// It is somebody else's now, or gone: read-only from here on.
    pub fn freeze(&mut self, by: Option<Clean>) {
        let noticed = self.mode() != EditMode::Insert;
        self.saving = false;
        self.save_failed = None;
        self.frozen = Some(Frozen { by, noticed });
    }

    /// Whether it is read-only.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Where it is now, and how it comes back.
    pub fn frozen_words(&self, words: &crate::i18n::Words) -> Option<String> {
        let frozen = self.frozen.as_ref()?;
        Some(frozen.by.as_ref().map_or_else(|| words.compose.gone.to_owned(), |by| (words.compose.taken)(by)))
    }

    /// Takes a key for a draft that is read-only: it can be read, left, and taken back.
    pub fn frozen_key(&mut self, key: EditKey) -> Typed {
        let Some(frozen) = &mut self.frozen else { return Typed::Ignored };
        match key {
            EditKey::Esc => {
                frozen.noticed = true;
                Typed::Ignored
            }
            EditKey::Up | EditKey::Down | EditKey::PageUp | EditKey::PageDown | EditKey::Home | EditKey::End => {
                self.body.key(key);
                Typed::Handled
            }
            // Who types on without looking does not answer.
            _ if !frozen.noticed => Typed::Ignored,
            EditKey::Char('t') if frozen.by.is_some() => Typed::TakeBack,
            EditKey::Char(':') => Typed::CommandLine,
            EditKey::Char('q') => Typed::Command("q".to_owned()),
            EditKey::Char('j') => {
                self.body.key(EditKey::Down);
                Typed::Handled
            }
            EditKey::Char('k') => {
                self.body.key(EditKey::Up);
                Typed::Handled
            }
            _ => Typed::Ignored,
        }
    }

    /// Files that joined the draft on disk.
    pub fn join(&mut self, files: &[Upload]) {
        let new = files.iter().filter(|f| !self.draft.files.iter().any(|have| have.path == f.path));
        let new: Vec<Upload> = new.cloned().collect();
        // They are on disk already.
        self.on_disk += new.len() as u64;
        self.draft.files.extend(new);
    }

    /// Its ticket was merged into another one: answers the one it was for.
    pub fn follow(&mut self, into: crate::domain::TicketId) -> Option<crate::domain::TicketId> {
        if self.draft.ticket.as_ref() == Some(&into) {
            return None;
        }
        self.draft.seen = None;
        self.arrived.clear();
        self.on_disk = self.on_disk.wrapping_sub(1);
        self.draft.ticket.replace(into)
    }

    /// What came into the thread after what its author had seen; my own is no news.
    pub fn catch_up(&mut self, thread: &Thread, me: Option<&crate::domain::AgentId>) {
        let Some(seen) = thread.messages.iter().position(|m| Some(&m.id) == self.draft.seen.as_ref()) else { return };
        for message in &thread.messages[seen + 1..] {
            if message.agent.is_none() || message.agent.as_ref() != me {
                self.arrived(message);
            }
        }
    }

    /// The draft is on disk; `true`: it could not be written before.
    pub fn saved(&mut self, at: Timestamp) -> bool {
        self.draft.saved_at = Some(at);
        self.saving = false;
        self.save_failed.take().is_some()
    }

    /// The draft could not be written; the next key tries again.
    pub fn not_saved(&mut self, why: Clean) {
        self.saving = false;
        self.save_failed = Some(why);
        self.on_disk = self.on_disk.wrapping_sub(1);
    }

    /// What it was opened with is not on disk.
    pub fn is_not_on_disk(&mut self) {
        self.on_disk = self.on_disk.wrapping_sub(1);
    }

    /// Nothing was ever typed: leaving needs no draft.
    pub fn is_blank(&self) -> bool {
        self.body.text().trim().is_empty() && self.draft.files.is_empty() && self.draft.kind != DraftKind::New
    }

    /// Whether letters become text now.
    pub fn mode(&self) -> EditMode {
        match &self.frozen {
            Some(frozen) if frozen.noticed => EditMode::Normal,
            Some(_) => EditMode::Insert,
            None if self.field == Field::Body => self.body.mode(),
            None => EditMode::Insert,
        }
    }

    /// Letters of a command of the editor that is not complete.
    pub fn pending(&self) -> String {
        if self.field == Field::Body { self.body.pending() } else { String::new() }
    }

    /// The header field the caret is in; none in the text.
    fn line_mut(&mut self) -> Option<&mut LineEdit> {
        Some(match self.field {
            Field::Queue => &mut self.queue,
            Field::To => &mut self.to,
            Field::Cc => &mut self.cc,
            Field::Bcc => &mut self.bcc,
            Field::Subject => &mut self.subject,
            Field::Body => return None,
        })
    }

    /// The fields of this kind of draft, in their order.
    fn fields(&self) -> &'static [Field] {
        match self.draft.kind {
            DraftKind::Reply => &[Field::To, Field::Cc, Field::Bcc, Field::Subject, Field::Body],
            DraftKind::Note => &[Field::Body],
            DraftKind::New => &[Field::Queue, Field::To, Field::Subject, Field::Body],
        }
    }

    fn go(&mut self, by: isize) {
        let fields = self.fields();
        let here = fields.iter().position(|f| *f == self.field).unwrap_or(0) as isize;
        let n = fields.len() as isize;
        self.field = fields[(here + by).rem_euclid(n) as usize];
    }

    /// To a field, when this kind of draft has it.
    pub fn go_to(&mut self, field: Field) {
        if self.fields().contains(&field) {
            self.field = field;
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: EditKey) -> Typed {
        let in_body = self.field == Field::Body;
        match key {
            EditKey::BackTab => {
                self.go(-1);
                return Typed::Handled;
            }
            EditKey::Tab if !in_body || self.body.mode() == EditMode::Normal => {
                self.go(1);
                return Typed::Handled;
            }
            EditKey::Enter | EditKey::Down if !in_body => {
                self.go(1);
                return Typed::Handled;
            }
            EditKey::Up if !in_body => {
                self.go(-1);
                return Typed::Handled;
            }
            // Upwards out of the first line, into the header.
            EditKey::Up if self.body.caret().0 == 0 && self.fields().len() > 1 => {
                self.go(-1);
                return Typed::Handled;
            }
            EditKey::Esc if !in_body => {
                self.field = Field::Body;
                return Typed::Handled;
            }
            _ => {}
        }
        let outcome = match self.line_mut() {
            Some(line) => line.key(key),
            None => self.body.key(key),
        };
        match outcome {
            EditOutcome::Handled => Typed::Handled,
            EditOutcome::Ignored => Typed::Ignored,
            EditOutcome::Ime => Typed::Ime,
            EditOutcome::OpenCommandLine => Typed::CommandLine,
            EditOutcome::SendCard => Typed::SendCard,
            EditOutcome::Command(command) => Typed::Command(command),
        }
    }

    /// Takes a paste; bytes that were left out.
    pub fn paste(&mut self, text: &str) -> usize {
        let pasted = match self.line_mut() {
            Some(line) => line.paste(text),
            None => self.body.paste(text),
        };
        pasted.dropped
    }

    /// Takes the text back from `$EDITOR`.
    pub fn set_text(&mut self, text: &str) {
        self.body.set_text(text);
        self.field = Field::Body;
    }

    /// Adds a file.
    pub fn attach(&mut self, file: Upload) {
        self.draft.files.push(file);
    }

    /// Something came into the thread.
    pub fn arrived(&mut self, message: &Message) {
        if message.kind != Kind::Note && !self.arrived.iter().any(|m| m.id == message.id) {
            self.arrived.push(message.clone());
        }
    }

    /// Whether something came into the thread that the agent has not read.
    pub fn has_news(&self) -> bool {
        !self.arrived.is_empty()
    }

    /// These held the reply back and are shown on a card: what is sent after that is not held back for them again.
    pub fn was_shown(&mut self, messages: &[Message]) {
        for message in messages {
            self.arrived(message);
        }
        if let Some(last) = messages.last() {
            self.draft.seen = Some(last.id.clone());
        }
    }

    /// The agent has read what came: a send is not held back for it.
    pub fn has_read(&mut self, thread: &Thread) {
        self.arrived.clear();
        self.draft.seen = thread.last_public().map(|m| m.id.clone());
    }

    /// The draft began before its thread was here.
    pub fn has_seen_nothing(&self) -> bool {
        self.draft.seen.is_none()
    }

    /// The text becomes a note instead.
    pub fn into_note(self, id: String, style: EditStyle) -> Self {
        let mut draft = self.snapshot();
        draft.id = id;
        draft.kind = DraftKind::Note;
        draft.seen = None;
        draft.saved_at = None;
        let mut note = Self::open(draft, style);
        note.on_disk = note.on_disk.wrapping_sub(1);
        note
    }

    /// The change it means, or what lacks.
    pub fn change(&self, then: Option<Status>, force: bool, ctx: &Ctx<'_>) -> Result<Change, Lacking> {
        let text = self.body.text();
        if text.trim().is_empty() && self.draft.files.is_empty() && self.draft.kind != DraftKind::New {
            return Err(Lacking::Text);
        }
        let outgoing = Outgoing {
            text: text.clone(),
            to: parse_people(self.to.text()),
            cc: parse_people(self.cc.text()),
            bcc: parse_people(self.bcc.text()),
            subject: Some(self.subject.text().to_owned()).filter(|s| !s.is_empty() && *s != self.draft.about),
            files: self.draft.files.clone(),
            seen: self.draft.seen.clone(),
            force,
            then: Then { status: then, assignee: None },
        };
        match (self.draft.kind, &self.draft.ticket) {
            (DraftKind::Reply, Some(ticket)) => Ok(Change::Reply { ticket: ticket.clone(), message: outgoing }),
            (DraftKind::Note, Some(ticket)) => {
                let message =
                    Outgoing { to: Vec::new(), cc: Vec::new(), bcc: Vec::new(), subject: None, seen: None, ..outgoing };
                Ok(Change::Note { ticket: ticket.clone(), message })
            }
            _ => self.new_ticket(text, ctx).map(Change::New),
        }
    }

    fn new_ticket(&self, text: String, ctx: &Ctx<'_>) -> Result<NewTicket, Lacking> {
        let queue =
            crate::action::targets::find_queue(&ctx.world.queues, self.queue.text()).map_err(|_| Lacking::Queue)?;
        let requester = Requester::parse(self.to.text());
        if requester.display().is_empty() {
            return Err(Lacking::Requester);
        }
        let subject = self.subject.text().trim().to_owned();
        if subject.is_empty() {
            return Err(Lacking::Subject);
        }
        Ok(NewTicket {
            queue: queue.id.clone(),
            requester,
            subject,
            text,
            channel: Channel::Web,
            files: self.draft.files.clone(),
        })
    }

    /// The card before a reply leaves. Notes and new tickets need none.
    pub fn send_card(&self, ctx: &Ctx<'_>) -> Card {
        if self.has_news() {
            // The desk would hold it back; the first choice must not be to send.
            let mut card = self.held_back_card(&self.arrived, ctx);
            // "Send anyway" sends: to whom, and what is odd about it, is said before.
            card.lines.splice(0..0, self.send_lines(ctx));
            return card;
        }
        let words = &ctx.words.compose;
        let lines = self.send_lines(ctx);
        let choice = |key, label: &str, then| Choice { key, label: Clean::line(label), then };
        Card {
            title: Clean::line(words.send_title),
            lines,
            choices: vec![
                choice('y', words.send, Followup::Send(None)),
                choice('w', words.send_waiting, Followup::Send(Some(Status::Waiting))),
                choice('r', words.send_resolved, Followup::Send(Some(Status::Resolved))),
                choice('e', words.edit, Followup::Nothing),
                choice('q', words.keep, Followup::Actions(vec![crate::action::Action::LeaveKeep])),
            ],
        }
    }

    /// To whom it goes, and what is odd about it.
    fn send_lines(&self, ctx: &Ctx<'_>) -> Vec<Clean> {
        let words = &ctx.words.compose;
        let mut lines = vec![Clean::line(&format!(
            "{} {}   Cc {}   {} {}   {} {}",
            words.to,
            self.to.text(),
            if self.cc.is_empty() { "-" } else { self.cc.text() },
            words.from,
            ctx.world.me.as_ref().map(|m| m.name.to_string()).unwrap_or_default(),
            words.files,
            if self.draft.files.is_empty() { "-".to_owned() } else { self.draft.files.len().to_string() },
        ))];
        lines.extend(self.warnings(ctx));
        lines
    }

    /// The card when the thread moved on: editing is the default, sending is on purpose.
    pub fn held_back_card(&self, messages: &[Message], ctx: &Ctx<'_>) -> Card {
        let words = &ctx.words.compose;
        let mut lines = Vec::new();
        for message in messages.iter().take(3) {
            lines.push(Clean::line(&format!("{} {}:", time::absolute(message.at, ctx.tz), message.author.display())));
            lines.extend(
                message.text.rows().filter(|r| !r.trim().is_empty()).take(4).map(|r| Clean::line(&format!("  {r}"))),
            );
        }
        let choice = |key, label: &str, then| Choice { key, label: Clean::line(label), then };
        Card {
            title: Clean::line(words.held_back),
            lines,
            choices: vec![
                choice('e', words.edit, Followup::Nothing),
                choice('s', words.send_anyway, Followup::SendAnyway),
                choice('i', words.as_note, Followup::KeepAsNote),
                choice('q', words.keep, Followup::Actions(vec![crate::action::Action::LeaveKeep])),
            ],
        }
    }

    /// The card before a text is thrown away.
    pub fn discard_card(ctx: &Ctx<'_>) -> Card {
        let words = &ctx.words.compose;
        let choice = |key, label: &str, then| Choice { key, label: Clean::line(label), then };
        Card {
            title: Clean::line(words.discard_title),
            lines: Vec::new(),
            choices: vec![
                choice('e', words.edit, Followup::Nothing),
                choice('q', words.keep, Followup::Actions(vec![crate::action::Action::LeaveKeep])),
                choice('d', words.discard, Followup::Discard),
            ],
        }
    }

    fn warnings(&self, ctx: &Ctx<'_>) -> Vec<Clean> {
        let words = &ctx.words.compose;
        let mut found = Vec::new();
        let own: String = own_text(&self.body.text());
        let low = own.to_lowercase();
        let speaks = crate::i18n::EN
            .compose
            .file_words
            .iter()
            .chain(crate::i18n::JA.compose.file_words)
            .any(|w| low.contains(w));
        if speaks && self.draft.files.is_empty() {
            found.push(Clean::line(words.no_file));
        }
        let requester = self.draft.ticket.as_ref().and_then(|t| ctx.world.row(t)).map(|r| r.requester.name.to_string());
        if let (Some(said), Some(name)) = (salutation(&own), requester)
            && !name.is_empty()
            && !shares_a_word(&said, &name)
        {
            found.push(Clean::line(&(words.other_name)(&said, &name)));
        }
        found
    }

    /// Draws the composer; answers the cell of the caret.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) -> Option<Position> {
        if area.height == 0 || area.width < 4 {
            return None;
        }
        let (theme, words) = (ctx.theme, &ctx.words.compose);
        let note = self.draft.kind == DraftKind::Note;
        let look_text = if note { theme.note } else { theme.text };
        let mut y = area.y;
        let id = self.draft.ticket.as_ref().map_or("", |t| t.as_str());
        let state = theme.own(&self.state_text(ctx));
        let right = widget::cells(&state).min(area.width / 2);
        // That the customer does not see it is never cut: where the title has no room for it, it has its own line.
        let both = widget::cells(&(words.note_title)(id)) + 3 + widget::cells(words.internal);
        let fits = both + right + 2 <= area.width;
        let title = match self.draft.kind {
            DraftKind::Reply => (words.reply_title)(id),
            DraftKind::Note if fits => format!("{}   {}", (words.note_title)(id), words.internal),
            DraftKind::Note => (words.note_title)(id),
            DraftKind::New => words.new_title.to_owned(),
        };
        let title_style = if note {
            theme.note
        } else if focused {
            theme.focus
        } else {
            theme.title
        };
        widget::rule(buf, Rect { y, height: 1, ..area }, theme.glyphs.across, theme.rule);
        let state_style = if self.save_failed.is_some() { theme.error } else { theme.dim };
        widget::put_right(buf, area.right() - right, y, right, &state, theme.glyphs.more, state_style);
        widget::put_fit(
            buf,
            area.x,
            y,
            area.width.saturating_sub(right + 1),
            &theme.own(&format!("{title} ")),
            theme.glyphs.more,
            title_style,
        );
        y += 1;
        if note && !fits && area.height > 2 {
            widget::put_fit(buf, area.x, y, area.width, &Clean::line(words.internal), theme.glyphs.more, title_style);
            y += 1;
        }
        let mut caret = None;
        // A small composer gives its lines to the field the caret is in and to the text.
        let room = area.height.saturating_sub(4);
        for (i, field) in self.fields().iter().enumerate() {
            if *field == Field::Body || y >= area.bottom() {
                continue;
            }
            if i as u16 >= room && *field != self.field {
                continue;
            }
            let (label, editor) = match field {
                Field::Queue => (words.queue, &self.queue),
                Field::To if self.draft.kind == DraftKind::New => (words.requester, &self.to),
                Field::To => (words.to, &self.to),
                Field::Cc => ("Cc", &self.cc),
                Field::Bcc => ("Bcc", &self.bcc),
                _ => (words.subject, &self.subject),
            };
            // Empty copies are shown only where the caret is or there is room.
            if matches!(field, Field::Cc | Field::Bcc) && editor.is_empty() && self.field != *field && area.height < 14
            {
                continue;
            }
            let label_style = if self.field == *field && focused { theme.focus } else { theme.dim };
            widget::put(buf, area.x, y, area.width, &Clean::line(label), label_style);
            let line = Rect { x: area.x + 10, y, width: area.width.saturating_sub(10), height: 1 };
            let at = editor.draw(line, buf, &Look { text: theme.text, quote: theme.quote, selection: theme.selection });
            if self.field == *field {
                caret = at;
            }
            y += 1;
        }
        for line in self.extra_lines(ctx) {
            if y + 2 >= area.bottom() {
                break;
            }
            let style = if self.arrived.is_empty() && self.frozen.is_none() { theme.hint } else { theme.soon };
            widget::put_fit(buf, area.x, y, area.width, &line, theme.glyphs.more, style);
            y += 1;
        }
        if y < area.bottom() {
            let body = Rect { y, height: area.bottom() - y, ..area };
            let look = Look { text: look_text, quote: theme.quote, selection: theme.selection };
            let at = self.body.draw(body, buf, &look);
            if self.field == Field::Body {
                caret = at;
            }
        }
        caret.filter(|_| focused)
    }

    fn state_text(&self, ctx: &Ctx<'_>) -> String {
        let words = &ctx.words.compose;
        if let Some(why) = &self.save_failed {
            return (words.not_saved)(why);
        }
        match self.draft.saved_at {
            _ if self.is_unsaved() || self.saving => words.saving.to_owned(),
            Some(at) => (words.saved)(&time::absolute(at, ctx.tz)),
            None => words.unsaved.to_owned(),
        }
    }

    fn extra_lines(&self, ctx: &Ctx<'_>) -> Vec<Clean> {
        let words = &ctx.words.compose;
        let mut lines = Vec::new();
        lines.extend(self.frozen_words(ctx.words).map(|said| ctx.theme.own(&said)));
        if !self.draft.files.is_empty() {
            let names: Vec<&str> = self.draft.files.iter().map(|f| f.name.as_str()).collect();
            lines.push(Clean::line(&format!("{}: {}", words.files, names.join(", "))));
        }
        if let Some(message) = self.arrived.last() {
            let at = time::absolute(message.at, ctx.tz);
            let rows = message.text.lines().count() as u32;
            lines.push(ctx.theme.own(&(words.moved_on)(&at, message.author.display(), rows)));
        }
        if self.draft.kind == DraftKind::Reply
            && let Some(thread) = self.draft.ticket.as_ref().and_then(|t| ctx.world.thread(t))
        {
            let mine = ctx.world.me.as_ref().map(|m| m.email.to_string()).unwrap_or_default();
            let there = format!("{} {} {}", self.to.text(), self.cc.text(), self.bcc.text()).to_lowercase();
            let left = others(thread, &mine).iter().filter(|p| !there.contains(&p.email.to_lowercase())).count();
            if left > 0 {
                lines.push(ctx.theme.own(&(words.left_out)(left as u32)));
            }
        }
        lines
    }
}
