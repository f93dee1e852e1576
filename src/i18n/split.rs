//! Words of the split screen and of the timeline.

/// Words of the split screen and of the timeline.
#[derive(Debug)]
pub struct SplitWords {
    /// The source's heading.
    pub source: fn(&str) -> String,
    /// The new ticket's heading.
    pub target: &'static str,
    /// What to do when nothing is chosen.
    pub choose: &'static str,
    /// So many of so many messages move.
    pub moves: fn(u32, u32) -> String,
    /// Lines are copied, the source keeps its message.
    pub copies: fn(u32, u32, u32) -> String,
    /// Everything was chosen, which is refused.
    pub all: &'static str,
    /// Lines of several messages were chosen.
    pub lines_of_one: &'static str,
    /// Nothing is written in the chosen lines.
    pub lines_empty: &'static str,
    /// The desk does it itself.
    pub native: &'static str,
    /// The adapter emulates it.
    pub emulated: fn(&str) -> String,
    /// The desk cannot.
    pub impossible: fn(&str) -> String,
    /// Keys of the split screen.
    pub keys: &'static str,
    /// Field names: queue.
    pub queue: &'static str,
    /// Field names: assignee.
    pub assignee: &'static str,
    /// Field names: requester.
    pub requester: &'static str,
    /// Field names: subject.
    pub subject: &'static str,
    /// Field names: labels.
    pub labels: &'static str,
    /// Nobody.
    pub nobody: &'static str,
    /// The timeline's heading.
    pub timeline: fn(&str) -> String,
    /// The timeline is empty.
    pub no_timeline: &'static str,
    /// The timeline is being loaded.
    pub loading: &'static str,
}

/// English.
pub const EN: SplitWords = SplitWords {
    source: |id| format!("#{id} keeps"),
    target: "new ticket",
    choose: "Space marks the messages that leave.",
    moves: |n, of| format!("{n} of {of} messages move, with author, time and attachments"),
    copies: |message, from, to| format!("lines {from}-{to} of message {message} are copied; the source stays as it is"),
    all: "All messages are chosen: one has to stay.",
    lines_of_one: "Lines of several messages are selected: choose lines of one, or whole messages with V.",
    lines_empty: "Nothing is written in these lines: choose some with words.",
    native: "one transaction on the desk; undone by u while neither ticket changed",
    emulated: |how| format!("on this desk: {how}"),
    impossible: |why| format!("not possible here: {why}"),
    keys: "Space choose   es subject   eq queue   a assignee   L labels   y split   q back",
    queue: "queue",
    assignee: "assignee",
    requester: "for",
    subject: "subject",
    labels: "labels",
    nobody: "nobody",
    timeline: |who| format!("Timeline of {who}"),
    no_timeline: "No ticket of this customer is known.",
    loading: "loading…",
};

/// Japanese.
pub const JA: SplitWords = SplitWords {
    source: |id| format!("#{id} に残るもの"),
    target: "新しいチケット",
    choose: "Space で移すメッセージを選択",
    moves: |n, of| format!("{of} 件中 {n} 件を移します（差出人・日時・添付も）"),
    copies: |message, from, to| format!("メッセージ {message} の {from}-{to} 行目を複写します（元はそのまま）"),
    all: "すべて選ばれています。一つは残してください。",
    lines_of_one: "複数のメッセージの行が選ばれています。一つのメッセージの行か、V でメッセージを選んでください。",
    lines_empty: "これらの行には何も書かれていません。文字のある行を選んでください。",
    native: "一度に処理されます。どちらも変わらないうちは u で元に戻せます",
    emulated: |how| format!("このデスクでは: {how}"),
    impossible: |why| format!("このデスクではできません: {why}"),
    keys: "Space 選択   es 件名   eq キュー   a 担当   L ラベル   y 分割   q 戻る",
    queue: "キュー",
    assignee: "担当",
    requester: "依頼者",
    subject: "件名",
    labels: "ラベル",
    nobody: "なし",
    timeline: |who| format!("{who} の履歴"),
    no_timeline: "このお客様のチケットはありません。",
    loading: "読み込み中…",
};
