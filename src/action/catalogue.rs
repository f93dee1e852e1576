//! One row per action: its name, what stands behind it, where it makes sense, whether `.` may repeat it, and what it does in
//! both languages. Help, palette, `:` completion, keymap checks and docs are made from these rows.

use super::Action;
use super::context::{Context, Places};
use crate::i18n::Words;

/// What stands behind an action's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A number.
    Number,
    /// A status.
    Status,
    /// A priority.
    Priority,
    /// `+a -b`.
    Labels,
    /// An agent.
    Agent,
    /// A queue.
    Queue,
    /// Words, to the end of the line.
    Words,
    /// A ticket's id.
    Ticket,
    /// A path.
    Path,
    /// A requester's address.
    Requester,
    /// A configured desk.
    Desk,
}

impl Argument {
    /// What a person reads that is missing.
    pub const fn wanted(self, words: &Words) -> &'static str {
        let m = &words.mistakes;
        match self {
            Self::None | Self::Words => m.arg_words,
            Self::Number => m.arg_number,
            Self::Status => m.arg_status,
            Self::Priority => m.arg_priority,
            Self::Labels => m.arg_labels,
            Self::Agent => m.arg_agent,
            Self::Queue => m.arg_queue,
            Self::Ticket => m.arg_ticket,
            Self::Path => m.arg_path,
            Self::Requester => m.arg_requester,
            Self::Desk => m.arg_desk,
        }
    }
}

/// Actions that belong together in help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Verbs on tickets.
    Ticket,
    /// Undo, redo, repeat.
    Change,
    /// Lists, search, filter.
    List,
    /// What is in a ticket.
    Read,
    /// Selecting.
    Select,
    /// Moving.
    Move,
    /// Panes.
    Pane,
    /// Composer and split.
    Compose,
    /// The program.
    Program,
}

impl Family {
    /// Every family, in the order help shows them.
    pub const ALL: [Self; 9] = [
        Self::Ticket,
        Self::Change,
        Self::List,
        Self::Read,
        Self::Select,
        Self::Move,
        Self::Pane,
        Self::Compose,
        Self::Program,
    ];

    /// The name a person reads.
    pub const fn title(self, words: &Words) -> &'static str {
        let keys = &words.keys;
        match self {
            Self::Ticket => keys.family_ticket,
            Self::Change => keys.family_change,
            Self::List => keys.family_list,
            Self::Read => keys.family_read,
            Self::Select => keys.family_select,
            Self::Move => keys.family_move,
            Self::Pane => keys.family_pane,
            Self::Compose => keys.family_compose,
            Self::Program => keys.family_program,
        }
    }
}

/// One row.
#[derive(Debug)]
pub struct Entry {
    /// The name outside: kebab-case.
    pub name: &'static str,
    /// The action, without its argument where that is optional.
    pub action: Action,
    /// What stands behind the name.
    pub argument: Argument,
    /// Where it makes sense.
    pub places: Places,
    /// Whether `.` may repeat it.
    pub repeatable: bool,
    /// Where help shows it.
    pub family: Family,
    /// What it does.
    en: &'static str,
    /// What it does, in Japanese.
    ja: &'static str,
}

impl Entry {
    /// What it does, in the agent's language, with `{n}` and `{count}` where a number goes.
    pub const fn pattern(&self, words: &Words) -> &'static str {
        words.choose(self.en, self.ja)
    }

    /// What it does, in the agent's language.
    pub fn help(&self, words: &Words) -> String {
        self.pattern(words).replace("{n}", "n").replace("{count}", "n")
    }

    /// What it does in every language, for searching.
    pub const fn helps(&self) -> [&'static str; 2] {
        [self.en, self.ja]
    }
}

/// The row of an action's name.
pub fn by_name(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|e| e.name == name)
}

/// Lists and trees that one moves about in.
const MOVING: Places = Places::ALL;
/// Where a list of tickets can be changed for another one.
const PANES: Places = Places::of(&[
    Context::Global,
    Context::List,
    Context::Queues,
    Context::Team,
    Context::Thread,
    Context::Timeline,
    Context::Split,
]);
/// Where messages are read.
const READING: Places = Places::of(&[Context::Global, Context::Thread, Context::Timeline, Context::Split]);
/// A ticket, a list of them, or the split's new ticket.
/// What the new half of a split can have of its own.
const FIELDS: Places = Places::TICKET.and(&[Context::Split]);
const FOLDS: Places = Places::of(&[Context::Global, Context::Thread]);
/// The composer.
const WRITING: Places = Places::of(&[Context::Composer, Context::Insert]);

macro_rules! catalogue {
    ($($family:ident { $($variant:ident $(($value:expr))? = $name:literal $argument:ident $places:expr, $repeatable:literal, $en:literal, $ja:literal;)* })*) => {
        /// Every action there is; `Nothing` is the last.
        pub static CATALOGUE: &[Entry] = &[$($(Entry {
            name: $name,
            action: Action::$variant $(($value))?,
            argument: Argument::$argument,
            places: $places,
            repeatable: $repeatable,
            family: Family::$family,
            en: $en,
            ja: $ja,
        },)*)*];

        impl Action {
            /// The name outside. An action without a row does not compile, one with two rows warns.
            pub const fn name(&self) -> &'static str {
                match self {
                    $($(Self::$variant { .. } => $name,)*)*
                }
            }
        }
    };
}

catalogue! {
    Move {
        Down = "down" None MOVING, false, "down", "下へ";
        Up = "up" None MOVING, false, "up", "上へ";
        Top = "top" None MOVING, false, "to the first row, or row {count}", "先頭へ (回数で行番号)";
        Bottom = "bottom" None MOVING, false, "to the last row; in a thread to message {count}", "末尾へ (スレッドでは回数でメッセージ番号)";
        HalfDown = "half-down" None MOVING, false, "half a page down", "半ページ下へ";
        HalfUp = "half-up" None MOVING, false, "half a page up", "半ページ上へ";
        PageDown = "page-down" None MOVING, false, "a page down", "1 ページ下へ";
        PageUp = "page-up" None MOVING, false, "a page up", "1 ページ上へ";
        ScrollMiddle = "scroll-middle" None PANES, false, "scroll: this line to the middle", "この行を中央へ";
        ScrollTop = "scroll-top" None PANES, false, "scroll: this line to the top", "この行を最上部へ";
        ScrollBottom = "scroll-bottom" None PANES, false, "scroll: this line to the bottom", "この行を最下部へ";
        NextMessage = "next-message" None READING, false, "next message", "次のメッセージ";
        PrevMessage = "prev-message" None READING, false, "message before", "前のメッセージ";
        NextUnassigned = "next-unassigned" None PANES, false, "next unassigned ticket", "次の未担当チケット";
        PrevUnassigned = "prev-unassigned" None PANES, false, "unassigned ticket before", "前の未担当チケット";
    }
    Pane {
        PaneNext = "pane-next" None PANES.and(&[Context::Composer]), false, "next pane", "次のペイン";
        PanePrev = "pane-prev" None PANES.and(&[Context::Composer]), false, "pane before", "前のペイン";
        PaneLeft = "pane-left" None PANES.and(&[Context::Composer]), false, "pane on the left", "左のペイン";
        PaneDown = "pane-down" None PANES.and(&[Context::Composer]), false, "pane below", "下のペイン";
        PaneUp = "pane-up" None PANES.and(&[Context::Composer]), false, "pane above", "上のペイン";
        PaneRight = "pane-right" None PANES.and(&[Context::Composer]), false, "pane on the right", "右のペイン";
        Open = "open" None PANES.and(&[Context::Picker]), false, "open", "開く";
        Back = "back" None PANES.and(&[Context::Picker]), false, "back", "戻る";
        Alternate = "alternate" None PANES, false, "the ticket before, or the other half of a split", "直前のチケット、または分割の相手";
    }
    List {
        Queue(0) = "queue" Number PANES, false, "show queue {n}", "キュー {n} を表示";
        QueueNext = "queue-next" None PANES, false, "next queue", "次のキュー";
        QueuePrev = "queue-prev" None PANES, false, "queue before", "前のキュー";
        ViewAll = "view-all" None PANES, false, "show all active tickets", "対応中をすべて表示";
        ViewMine = "view-mine" None PANES, false, "show my tickets", "自分のチケットを表示";
        ViewUnassigned = "view-unassigned" None PANES, false, "show unassigned tickets", "未担当を表示";
        ViewLate = "view-late" None PANES, false, "show late tickets", "期限切れを表示";
        ViewSnoozed = "view-snoozed" None PANES, false, "show snoozed tickets", "保留を表示";
        ViewDrafts = "drafts" None PANES, false, "show my drafts", "下書きを表示";
        ViewOutbox = "outbox" None PANES, false, "show what is not confirmed yet", "未確認の変更を表示";
        Reload = "reload" None PANES, false, "load again from the desk", "デスクから再読み込み";
        Search(None) = "search" Words PANES, false, "search in the list or thread", "一覧やスレッド内を検索";
        SearchNext = "search-next" None PANES, false, "next hit", "次の一致";
        SearchPrev = "search-prev" None PANES, false, "hit before", "前の一致";
        SearchDesk(None) = "search-desk" Words PANES, false, "search the whole desk", "デスク全体を検索";
        Filter(None) = "filter" Words PANES, false, "narrow the list (none, @taro, label:vip, >1h)", "一覧を絞り込む (none, @taro, label:vip, >1h)";
        ByRequester = "by-requester" None Places::TICKET, false, "all tickets of this requester", "この依頼者の全チケット";
        Timeline = "timeline" None Places::TICKET, false, "the requester's timeline", "依頼者の履歴";
    }
    Select {
        SelectLines = "select-lines" None PANES, false, "select lines (thread) or tickets (list)", "行 (スレッド) やチケット (一覧) を選択";
        Select = "select" None PANES, false, "select messages (thread) or tickets (list)", "メッセージ (スレッド) やチケット (一覧) を選択";
        Toggle = "toggle" None PANES.and(&[Context::Picker]), false, "select this one, or not", "これを選択 / 解除";
        Cancel = "cancel" None Places::ALL, false, "drop a selection, a half-typed key, a hint", "選択や入力途中のキーを取り消す";
    }
    Ticket {
        Claim = "claim" None Places::TICKET, true, "claim: take an unassigned ticket", "担当する (未担当のみ)";
        Release = "release" None Places::TICKET, true, "release: give it back", "担当を外す";
        Assign(None) = "assign" Agent FIELDS, true, "assign to…", "割り当てる";
        Steal = "steal" None Places::TICKET, false, "steal from the holder (asks)", "担当者から引き取る (確認あり)";
        Reply = "reply" None Places::TICKET, false, "reply", "返信";
        ReplyAll = "reply-all" None Places::TICKET, false, "reply to all", "全員に返信";
        Note = "note" None Places::TICKET, false, "internal note", "社内メモ";
        New = "new" None PANES, false, "open a new ticket", "新規チケット";
        Split = "split" None Places::TICKET, false, "split: selected messages or lines become a new ticket", "分割: 選択したメッセージや行を新しいチケットへ";
        Merge(None) = "merge" Ticket Places::TICKET, false, "merge into another ticket", "別のチケットに統合";
        Done = "done" None Places::TICKET, true, "done: resolved", "解決にする";
        Close = "close" None Places::TICKET, true, "close for good", "完了にする";
        Status(None) = "status" Status Places::TICKET, true, "status…", "状態…";
        Priority(None) = "priority" Priority Places::TICKET, true, "priority…", "優先度…";
        Label(None) = "label" Labels FIELDS, true, "labels (+billing -vip)", "ラベル (+billing -vip)";
        MoveTo(None) = "move" Queue FIELDS, true, "move to another queue", "別のキューへ移動";
        Subject(None) = "subject" Words FIELDS, false, "edit the subject", "件名を変更";
        Requester(None) = "requester" Requester Places::TICKET, false, "edit the requester", "依頼者を変更";
    }
    Change {
        Undo = "undo" None PANES, false, "undo", "取り消す";
        Redo = "redo" None PANES, false, "redo", "やり直す";
        Repeat = "repeat" None PANES, false, "repeat the last change here", "直前の変更をここで繰り返す";
        Unsend = "unsend" None PANES, false, "take back a reply in its undo window", "送信前の返信を取り戻す";
    }
    Read {
        FoldToggle = "fold-toggle" None FOLDS, false, "fold or unfold the quote", "引用を折りたたむ / 開く";
        FoldNone = "fold-none" None FOLDS, false, "unfold all", "すべて開く";
        FoldAll = "fold-all" None FOLDS, false, "fold all", "すべて折りたたむ";
        OpenLink(None) = "open-link" Number Places::TICKET, false, "open link {n}", "リンク {n} を開く";
        OpenAttachment(None) = "open-attachment" Number Places::TICKET, false, "open attachment {n}", "添付 {n} を開く";
        SaveAttachment(None) = "save-attachment" Path Places::TICKET, false, "save attachment {n}, or all", "添付 {n} (またはすべて) を保存";
        YankId = "yank-id" None Places::TICKET, false, "yank the ticket's number", "チケット番号をコピー";
        YankLink = "yank-link" None Places::TICKET, false, "yank the ticket's address", "チケットの URL をコピー";
        YankMessage = "yank-message" None Places::TICKET, false, "yank the message's text", "メッセージ本文をコピー";
    }
    Compose {
        SendCard = "send-card" None WRITING, false, "send… (asks once)", "送信… (一度確認)";
        Send = "send" None WRITING, false, "send without the card", "確認なしで送信";
        Write = "write" None WRITING, false, "write the draft to disk", "下書きを保存";
        LeaveKeep = "leave" None WRITING, false, "leave and keep the draft", "下書きを残して離れる";
        Discard = "discard" None WRITING, false, "throw the draft away (asks)", "下書きを破棄 (確認あり)";
        Editor = "editor" None WRITING, false, "edit in $EDITOR", "$EDITOR で編集";
        Attach(None) = "attach" Path WRITING, false, "attach a file", "ファイルを添付";
        ReadThread = "read-thread" None WRITING, false, "read the thread beside the text", "スレッドを読む";
        Confirm = "confirm" None Places::of(&[Context::Split]), false, "do the split", "分割を実行";
    }
    Program {
        Help = "help" None Places::ALL, false, "help: every key there is", "ヘルプ: すべてのキー";
        CommandLine = "command-line" None Places::ALL, false, "command line", "コマンド行";
        Palette = "palette" None Places::ALL, false, "palette: find an action by words", "パレット: 操作を言葉で探す";
        Import(None) = "import" Path Places::ALL, false, "import mail: mbox, maildir, .eml", "メールを取り込む (mbox、maildir、.eml)";
        AllWork = "all-work" None PANES, false, "my tickets on all desks", "すべてのデスクの自分のチケット";
        Desk(None) = "desk" Desk PANES, false, "change to another desk", "別のデスクへ切り替え";
        Redraw = "redraw" None Places::ALL, false, "draw the screen anew", "画面を描き直す";
        Log = "log" None Places::ALL, false, "show where the log file is", "ログファイルの場所を表示";
        Suspend = "suspend" None Places::ALL, false, "stop; `fg` comes back", "一時停止 (`fg` で戻る)";
        Quit = "quit" None Places::ALL, false, "leave (asks while something waits)", "終了 (未送信があれば確認)";
        Nothing = "none" None Places::ALL, false, "nothing: unbinds a key", "何もしない (キーの割り当て解除)";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case_and_every_row_is_its_own_action() {
        let mut names = HashSet::new();
        for entry in CATALOGUE {
            assert!(names.insert(entry.name), "{} twice", entry.name);
            assert!(entry.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", entry.name);
            assert_eq!(entry.action.name(), entry.name);
            assert!(!entry.en.is_empty() && !entry.ja.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn what_speaks_to_a_customer_or_takes_from_a_colleague_is_never_repeated_by_a_key() {
        for name in ["reply", "reply-all", "note", "split", "merge", "steal", "send", "new"] {
            assert!(by_name(name).is_some_and(|e| !e.repeatable), "{name}");
        }
    }
}
