//! Words: overlays: the `:` line, palette, pickers, cards, help.

/// Overlays: the `:` line, palette, pickers, cards, help.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the words")]
pub struct OverlayWords {
    pub palette: &'static str,
    pub palette_foot: &'static str,
    pub palette_empty: &'static str,
    pub pick_empty: &'static str,
    /// A free answer that fits no row: `new: vip`.
    pub pick_free: fn(&str) -> String,
    /// `2 chosen`.
    pub pick_chosen: fn(usize) -> String,
    /// The picker's foot: keys for choose, toggle, leave.
    pub pick_foot: fn(bool) -> String,
    pub card_foot: &'static str,
    pub help_title: &'static str,
    /// Help's foot: the keys to search and to leave.
    pub help_foot: fn(&str, &str) -> String,
    pub help_none: fn(&str) -> String,
    pub help_here: &'static str,
    pub help_everywhere: &'static str,
    pub help_command_only: &'static str,
    /// `+3`: more keys behind a prefix.
    pub which_more: fn(usize) -> String,
    pub history: &'static str,
    /// The desk does it in another way: how.
    pub on_this_desk: fn(&str) -> String,
    /// The desk cannot do it: what or why.
    pub not_possible: fn(&str) -> String,
}

/// English.
pub const EN: OverlayWords = OverlayWords {
    palette: "Do what?",
    palette_foot: "Enter run · Tab edit first · Esc cancel",
    palette_empty: "No action fits these words.",
    pick_empty: "Nothing fits.",
    pick_free: |text| format!("new: {text}"),
    pick_chosen: |n| format!("{n} chosen"),
    pick_foot: |many| {
        if many { "Enter choose · Space toggle · Esc cancel" } else { "Enter choose · Esc cancel" }.into()
    },
    card_foot: "Enter first · Esc cancel",
    help_title: "Help",
    help_foot: |find, back| format!("{find} find · {back} back"),
    help_none: |words| format!("No key or action fits “{words}”."),
    help_here: "here",
    help_everywhere: "everywhere",
    help_command_only: "only by name",
    which_more: |n| format!("+{n}"),
    history: "history",
    on_this_desk: |how| format!("on this desk: {how}"),
    not_possible: |why| format!("not possible here: {why}"),
};

/// Japanese.
pub const JA: OverlayWords = OverlayWords {
    palette: "操作を探す",
    palette_foot: "Enter 実行 · Tab 編集 · Esc やめる",
    palette_empty: "該当する操作はありません。",
    pick_empty: "該当なし。",
    pick_free: |text| format!("新規: {text}"),
    pick_chosen: |n| format!("{n} 件選択"),
    pick_foot: |many| {
        if many { "Enter 決定 · Space 選択 · Esc やめる" } else { "Enter 決定 · Esc やめる" }.into()
    },
    card_foot: "Enter 先頭 · Esc やめる",
    help_title: "ヘルプ",
    help_foot: |find, back| format!("{find} 検索 · {back} 戻る"),
    help_none: |words| format!("「{words}」に合うキーや操作はありません。"),
    help_here: "ここ",
    help_everywhere: "どこでも",
    help_command_only: "名前でのみ",
    which_more: |n| format!("+{n}"),
    history: "履歴",
    on_this_desk: |how| format!("このデスクでは: {how}"),
    not_possible: |why| format!("ここでは不可: {why}"),
};
