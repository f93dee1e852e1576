//! Overlays as keys in and screens out.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::*;
use crate::domain::{Agent, AgentId, Support, Verb};
use crate::i18n::{EN, JA, Words};
use crate::keymap::{Keymap, Sequence};
use crate::model::World;
use crate::pane::{Card, Choice, Pick, PickItem, Prompt};
use crate::text::Clean;
use crate::theme::Theme;
use crate::widget::dump;

struct Seat {
    world: World,
    theme: Theme,
    keys: Keymap,
    words: &'static Words,
}

fn seat(words: &'static Words) -> Seat {
    let mut world = World::default();
    world.labels = vec!["billing".into(), "vip".into()];
    world.agents = vec![agent("1", "mika", "Mika Kato"), agent("2", "taro", "佐藤 太郎")];
    let mut theme = Theme::default();
    theme.learn(&world.agents);
    Seat { world, theme, keys: Keymap::default_vim(), words }
}

fn agent(id: &str, login: &str, name: &str) -> Agent {
    serde_json::from_value(serde_json::json!({"id": id, "login": login, "name": name})).unwrap()
}

impl Seat {
    fn with<T>(&self, f: impl FnOnce(&Ctx<'_>) -> T) -> T {
        let ctx = Ctx {
            world: &self.world,
            words: self.words,
            theme: &self.theme,
            keys: &self.keys,
            now: Timestamp::UNIX_EPOCH,
            tz: &TimeZone::UTC,
        };
        f(&ctx)
    }

    fn press(&self, overlay: &mut Overlay, keys: &str) -> Outcome {
        let mut last = Outcome::Stay;
        for chord in Chord::sequence(keys).unwrap() {
            last = self.with(|ctx| overlay.key(chord, ctx));
        }
        last
    }

    fn screen(&self, overlay: &Overlay, width: u16, height: u16) -> (String, Option<Position>) {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        for y in 0..height {
            buf.set_string(0, y, "返".repeat(usize::from(width) / 2), ratatui::style::Style::new());
        }
        let caret = self.with(|ctx| overlay.draw(area, &mut buf, ctx));
        (dump::rows(&buf), caret)
    }
}

fn item(value: &str, label: &str, detail: &str, chosen: bool) -> PickItem {
    PickItem { value: value.into(), label: label.into(), detail: detail.into(), agent: None, chosen }
}

fn labels(free: bool) -> Overlay {
    Overlay::Picker(Picker::new(Pick {
        title: "Labels".into(),
        items: vec![
            item("billing", "billing", "12", true),
            item("vip", "vip", "3", false),
            item("wait", "wait", "", false),
        ],
        many: true,
        free,
        purpose: Purpose::Argument("label"),
    }))
}

fn assign() -> Overlay {
    let mut items = vec![item("mika", "Mika Kato", "12 on us 9", false), item("taro", "佐藤 太郎", "6 on us 2", true)];
    items[0].agent = Some(AgentId::new("1"));
    items[1].agent = Some(AgentId::new("2"));
    let purpose = Purpose::Argument("assign");
    Overlay::Picker(Picker::new(Pick { title: "Assign to".into(), items, many: false, free: false, purpose }))
}

fn run(text: &str) -> Outcome {
    Outcome::Run(text.into())
}

#[test]
fn a_picker_answers_by_number_words_or_cursor() {
    let seat = seat(&EN);
    assert_eq!(seat.press(&mut assign(), "1"), run("assign mika"));
    assert_eq!(seat.press(&mut assign(), "kato<CR>"), run("assign mika"));
    assert_eq!(seat.press(&mut assign(), "<CR>"), run("assign taro"), "the cursor starts at who holds it");
    assert_eq!(seat.press(&mut assign(), "<Down><CR>"), run("assign mika"), "and goes round");
    assert_eq!(seat.press(&mut assign(), "<Esc>"), Outcome::Close);
    assert_eq!(seat.press(&mut assign(), "xyzzy<CR>"), Outcome::Stay);
    let mut it = assign();
    for c in "太郎".chars() {
        seat.with(|ctx| it.key(Chord::char(c), ctx));
    }
    assert_eq!(seat.press(&mut it, "<CR>"), run("assign taro"));
}

#[test]
fn a_digit_is_a_row_only_where_no_row_can_be_meant_by_it() {
    let seat = seat(&EN);
    let pick = |label: &str| {
        let items = vec![item("a", "reply #1053 Parcel", "", false), item("b", label, "", false)];
        let purpose = Purpose::Argument("draft");
        Overlay::Picker(Picker::new(Pick { title: "Drafts".into(), items, many: false, free: false, purpose }))
    };
    let mut it = pick("note  #1022 Invoice");
    assert_eq!(seat.press(&mut it, "1"), Outcome::Stay);
    assert!(!seat.screen(&it, 80, 24).0.contains(" 1 reply"), "and no number is shown");
    assert_eq!(seat.press(&mut it, "022<CR>"), run("draft b"));
    assert_eq!(seat.press(&mut pick("note"), "2"), Outcome::Stay);
}

#[test]
fn a_picker_of_many_answers_what_changed() {
    let seat = seat(&EN);
    assert_eq!(seat.press(&mut labels(true), "<Space><Down><Space><CR>"), run("label +vip -billing"));
    assert_eq!(seat.press(&mut labels(true), "vi<CR>"), run("label +vip"));
    assert_eq!(seat.press(&mut labels(true), "new<CR>"), run("label +new"));
    assert_eq!(seat.press(&mut labels(true), "vip<Space>wa<Space><CR>"), run("label +vip +wait"));
    assert_eq!(seat.press(&mut labels(false), "<Space><Space><CR>"), Outcome::Close, "nothing changed");
}

#[test]
fn a_card_drops_what_was_typed_before_it_was_seen() {
    let seat = seat(&EN);
    let choice = |key, label: &str, then| Choice { key, label: label.into(), then };
    let card = || {
        Overlay::Card(CardBox::new(Card {
            title: "Send to ben@example.net?".into(),
            lines: vec!["To ben@example.net  From shop@example.net".into()],
            choices: vec![
                choice('y', "send", Followup::Send(None)),
                choice('w', "+waiting", Followup::Nothing),
                choice('q', "keep draft", Followup::Discard),
            ],
        }))
    };
    let mut it = card();
    assert_eq!(seat.press(&mut it, "y<CR>"), Outcome::Stay);
    seat.screen(&it, 80, 24);
    assert_eq!(seat.press(&mut it, "x"), Outcome::Stay);
    assert_eq!(it.paste("y"), Outcome::Stay);
    assert_eq!(seat.press(&mut it, "y"), Outcome::Followup(Followup::Send(None)));
    assert_eq!(seat.press(&mut it, "<CR>"), Outcome::Followup(Followup::Send(None)));
    assert_eq!(seat.press(&mut it, "q"), Outcome::Followup(Followup::Discard), "its own q goes first");
    assert_eq!(seat.press(&mut it, "<Esc>"), Outcome::Close);
}

#[test]
fn the_command_line_completes_recalls_and_tells_mistakes() {
    let seat = seat(&EN);
    let history = vec!["label +vip".to_owned(), "claim".to_owned(), "label -vip".to_owned()];
    let line = |text: &str| Overlay::CommandLine(CommandLine::new(text, Context::List, &history));
    assert_eq!(seat.press(&mut line(""), "clai<Tab><CR>"), run("claim"));
    assert_eq!(seat.press(&mut line(""), "rel<Tab><Tab><CR>"), run("reload"));
    assert_eq!(seat.press(&mut line(""), "rel<Tab><Tab><S-Tab><CR>"), run("release"));
    assert_eq!(seat.press(&mut line("assign "), "tar<Tab><CR>"), run("assign taro"));
    assert_eq!(seat.press(&mut line(""), "<Up><CR>"), run("label -vip"));
    assert_eq!(seat.press(&mut line(""), "la<Up><Up><CR>"), run("label +vip"));
    assert_eq!(seat.press(&mut line(""), "la<Up><Up><Down><CR>"), run("label -vip"));
    assert_eq!(seat.press(&mut line("x"), "<BS><BS>"), Outcome::Close);
    assert_eq!(seat.press(&mut line(""), "<CR>"), Outcome::Close);
    let mut it = line("calim");
    assert_eq!(seat.press(&mut it, "<CR>"), Outcome::Stay);
    let (screen, caret) = seat.screen(&it, 80, 24);
    assert!(screen.contains("there is no action `calim`. Did you mean `claim`?"), "{screen}");
    assert_eq!(caret, Some(Position::new(6, 23)));
    assert_eq!(it.paste("\n:x"), Outcome::Stay, "a paste never runs");
}

#[test]
fn a_prompt_tells_filters_every_letter_and_answers_the_rest_at_the_end() {
    let seat = seat(&EN);
    let prompt =
        |purpose| Overlay::Prompt(PromptLine::new(Prompt { lead: "filter:".into(), text: String::new(), purpose }));
    assert_eq!(seat.press(&mut prompt(Purpose::Filter), "no"), Outcome::Changed("no".into()));
    assert_eq!(
        seat.press(&mut prompt(Purpose::Filter), "no<CR>"),
        Outcome::Picked { purpose: Purpose::Filter, values: vec![], typed: Some("no".into()) }
    );
    assert_eq!(seat.press(&mut prompt(Purpose::Argument("subject")), "Hi<Space>you<CR>"), run("subject Hi you"));
    assert_eq!(seat.press(&mut prompt(Purpose::Argument("subject")), "<CR>"), Outcome::Close);
}

#[test]
fn the_palette_finds_by_words_of_both_languages_and_shows_keys() {
    let seat = seat(&EN);
    let palette = || Overlay::Palette(Palette::new(Context::List));
    assert_eq!(seat.press(&mut palette(), "clai<CR>"), run("claim"));
    assert_eq!(seat.press(&mut palette(), "assi<Tab>"), Outcome::Command("assign ".into()));
    assert_eq!(seat.press(&mut palette(), "resolved<CR>"), run("done"));
    let mut it = palette();
    for c in "統合".chars() {
        seat.with(|ctx| it.key(Chord::char(c), ctx));
    }
    assert_eq!(seat.press(&mut it, "<CR>"), run("merge"));
    let (screen, _) = seat.screen(&palette(), 80, 24);
    let row = screen.lines().find(|l| l.contains("take an unassigned ticket")).unwrap();
    assert!(row.contains(" c │"), "{row}");
}

#[test]
fn help_scrolls_finds_and_closes() {
    let seat = seat(&EN);
    let mut it = Overlay::Help(Help::new(Context::Thread));
    let (screen, _) = seat.screen(&it, 80, 24);
    assert!(screen.contains("Tickets") && screen.contains("claim: take an unassigned"), "{screen}");
    assert_eq!(seat.press(&mut it, "G"), Outcome::Stay);
    let (end, _) = seat.screen(&it, 80, 24);
    assert!(end.contains(":log"), "{end}");
    assert_eq!(seat.press(&mut it, "gg/fold"), Outcome::Stay);
    let (found, caret) = seat.screen(&it, 80, 24);
    assert!(found.contains("za") && !found.contains("claim:") && caret.is_some(), "{found}");
    assert_eq!(seat.press(&mut it, "<CR><Esc>"), Outcome::Stay, "the words go first");
    assert_eq!(seat.press(&mut it, "q"), Outcome::Close);
}

/// A desk that cannot merge and splits in its own way.
fn odd_seat(words: &'static Words) -> Seat {
    let mut seat = seat(words);
    let why = Clean::line("this helpdesk keeps tickets apart; link them instead");
    seat.world.support.insert(Verb::Merge, Support::Impossible { why });
    let how =
        Clean::line("the messages are copied into a new ticket, nobody is mailed, and the old ones stay in the source");
    seat.world.support.insert(Verb::Split, Support::Emulated { how });
    seat
}

#[test]
fn what_the_desk_cannot_do_is_said_before_it_is_tried() {
    let seat = odd_seat(&EN);
    let mut palette = Overlay::Palette(Palette::new(Context::List));
    assert_eq!(seat.press(&mut palette, "merge"), Outcome::Stay);
    let (screen, _) = seat.screen(&palette, 100, 24);
    assert!(screen.contains("not possible here: merge into another ticket"), "{screen}");
    assert!(screen.contains("not possible here: this helpdesk keeps tickets apart; link them instead"), "{screen}");
    let mut palette = Overlay::Palette(Palette::new(Context::List));
    seat.press(&mut palette, "split");
    let (screen, _) = seat.screen(&palette, 80, 24);
    assert!(screen.contains("on this desk: the messages are copied into a new ticket"), "{screen}");
    assert!(!screen.contains("not possible"), "{screen}");

    let mut help = Overlay::Help(Help::new(Context::Thread));
    seat.press(&mut help, "/merge<CR>");
    let (screen, _) = seat.screen(&help, 100, 30);
    assert!(screen.contains("not possible here: this helpdesk keeps") && !screen.contains("on this desk"), "{screen}");
    seat.press(&mut help, "<Esc>/split<CR>");
    let (screen, _) = seat.screen(&help, 80, 30);
    assert!(screen.contains("on this desk: the messages") && screen.contains("stay in the source"), "{screen}");
    let japanese = odd_seat(&JA);
    let mut palette = Overlay::Palette(Palette::new(Context::List));
    japanese.press(&mut palette, "merge");
    assert!(japanese.screen(&palette, 80, 24).0.contains("ここでは不可"));
}

#[test]
fn every_overlay_fits_every_screen_and_keeps_its_border() {
    for words in [&EN, &JA] {
        let seat = odd_seat(words);
        let card = Card {
            title: Clean::line(&"Send to somebody whose address is very long ".repeat(4)),
            lines: vec![Clean::line("返品と請求書の件について"); 30],
            choices: ('a'..='h')
                .map(|key| Choice { key, label: "返事を送信".into(), then: Followup::Nothing })
                .collect(),
        };
        let mut line = CommandLine::new("", Context::List, &[]);
        seat.with(|ctx| line.key(Chord::char('s'), ctx));
        let overlays = [
            labels(true),
            assign(),
            Overlay::Card(CardBox::new(card)),
            Overlay::CommandLine(line),
            Overlay::Palette(Palette::new(Context::Thread)),
            Overlay::Help(Help::new(Context::Composer)),
            Overlay::Prompt(PromptLine::new(Prompt {
                lead: "件名:".into(),
                text: "x".into(),
                purpose: Purpose::Search,
            })),
        ];
        for (width, height) in [(120, 40), (80, 24), (60, 16), (20, 5), (3, 2), (1, 1)] {
            for overlay in &overlays {
                let (screen, caret) = seat.screen(overlay, width, height);
                assert!(caret.is_none_or(|c| c.x < width && c.y < height), "{caret:?} of {width}x{height}");
                if std::env::var_os("SHOW").is_some() && width > 20 {
                    println!("{width}x{height}\n{}", screen.replace('返', "·"));
                }
            }
        }
    }
}

#[test]
fn which_key_shows_what_comes_next() {
    for words in [&EN, &JA] {
        let seat = seat(words);
        for keys in ["g", "S", "2g", "z", "]"] {
            let mut sequence = Sequence::default();
            for chord in Chord::sequence(keys).unwrap() {
                sequence.press(chord, Context::Thread, &seat.keys);
            }
            for (width, height) in [(120, 40), (80, 24), (60, 16), (10, 3)] {
                let area = Rect::new(0, 0, width, height);
                let mut buf = Buffer::empty(area);
                seat.with(|ctx| which_key::draw(&sequence, Context::Thread, area, &mut buf, ctx));
                let screen = dump::rows(&buf);
                if width > 20 && keys == "S" && words.lang == EN.lang {
                    assert!(screen.contains("r  status resolved"), "{screen}");
                }
                if std::env::var_os("SHOW").is_some() {
                    println!("{}", screen.trim_start_matches('\n'));
                }
            }
        }
    }
}
