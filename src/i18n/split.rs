//! Words: the split screen.

/// The split screen.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the words")]
pub struct SplitWords {
    pub title: fn(&str) -> String,
    pub source: &'static str,
    pub new_ticket: &'static str,
    pub moves: &'static str,
    pub stays: &'static str,
    pub copied: &'static str,
    pub subject: &'static str,
    pub queue: &'static str,
    pub requester: &'static str,
    pub labels: &'static str,
    pub assignee: &'static str,
    pub native: &'static str,
    pub emulated: fn(&str) -> String,
    pub confirm: &'static str,
    pub nothing_chosen: &'static str,
    pub all_chosen: &'static str,
    pub one_message: &'static str,
    pub pick_messages: &'static str,
    /// `2 messages move, 3 stay`.
    pub sum: fn(usize, usize) -> String,
}

/// `1 ticket`, `3 tickets`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// English.
pub const EN: SplitWords = SplitWords {
    title: |id| format!("Split #{id}"),
    source: "stays",
    new_ticket: "new ticket",
    moves: "moves",
    stays: "stays",
    copied: "copied",
    subject: "Subject",
    queue: "Queue",
    requester: "Requester",
    labels: "Labels",
    assignee: "Assignee",
    native: "The desk splits in one step; nothing can be lost halfway.",
    emulated: |how| format!("Emulated: {how}"),
    confirm: "split",
    nothing_chosen: "Choose messages (Space) or select lines (v) first.",
    all_chosen: "At least one message has to stay.",
    one_message: "Only one message here: select lines of it (v) to split by lines.",
    pick_messages: "Which messages move?",
    sum: |moves, stays| format!("{} move, {stays} stay", count(moves, "message", "messages")),
};

/// Japanese.
pub const JA: SplitWords = SplitWords {
    title: |id| format!("#{id} を分割"),
    source: "残る側",
    new_ticket: "新しいチケット",
    moves: "移動",
    stays: "残す",
    copied: "コピー",
    subject: "件名",
    queue: "キュー",
    requester: "依頼者",
    labels: "ラベル",
    assignee: "担当",
    native: "デスクが一度に分割します。途中で失われるものはありません。",
    emulated: |how| format!("代替手段で行います: {how}"),
    confirm: "分割",
    nothing_chosen: "先にメッセージ (Space) または行 (v) を選んでください。",
    all_chosen: "少なくとも 1 通は残す必要があります。",
    one_message: "メッセージは 1 通だけです。行を選ぶ (v) と行単位で分割できます。",
    pick_messages: "移動するメッセージ",
    sum: |moves, stays| format!("{moves} 通を移動、{stays} 通が残る"),
};
