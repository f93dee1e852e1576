//! Words of the thread and of a ticket's history.

use super::common;
use crate::domain::{Priority, Status, TicketEvent, Verb};

/// Words of the thread.
#[derive(Debug)]
pub struct ThreadWords {
    /// Marks a reply.
    pub reply: &'static str,
    /// Marks a note.
    pub note: &'static str,
    /// Marks a call.
    pub call: &'static str,
    /// How long ago, from an age.
    pub ago: fn(&str) -> String,
    /// Says from which lines a message was copied.
    pub excerpt_of: fn(u32, u32) -> String,
    /// Stands for a message without text.
    pub no_text: &'static str,
    /// Stands for a folded quote of so many lines.
    pub folded: fn(u32) -> String,
    /// So many messages came since the agent read the thread.
    pub unread: fn(u32) -> String,
    /// There is no quote to fold.
    pub nothing_folded: &'static str,
    /// `n` without a search before.
    pub no_search: &'static str,
    /// A search without a hit.
    pub not_found: fn(&str) -> String,
    /// `gx` without saying which, with the number of links.
    pub which_link: fn(u32) -> String,
    /// `gf` without saying which, with the number of files.
    pub which_file: fn(u32) -> String,
    /// Somebody has the ticket open.
    pub reading: fn(&str) -> String,
    /// Somebody writes on the ticket.
    pub writing: fn(&str) -> String,
    /// Nobody holds it.
    pub nobody: &'static str,
    /// No thread is loaded yet.
    pub loading: &'static str,
    /// Keys that are for a thread which is not loaded yet.
    pub keys_wait: &'static str,
    /// No ticket is chosen.
    pub empty: &'static str,
    /// It was folded into another ticket.
    pub merged_into: fn(&str) -> String,
    /// It was split from another ticket.
    pub split_from: fn(&str) -> String,
    /// Others were split from it.
    pub split_into: fn(&str) -> String,
    /// A reply that waits here: how many seconds until it leaves.
    pub leaves_in: fn(u64) -> String,
    /// A reply on its way.
    pub leaving: &'static str,
    /// The words of history, by verb: who, from, to.
    pub event: fn(&str, &str, Option<&str>, Option<&str>) -> String,
    /// The desk itself, as an actor.
    pub desk: &'static str,
}

impl ThreadWords {
    /// One line of history.
    pub fn event(&self, event: &TicketEvent) -> String {
        let who = event.actor.as_ref().map_or(self.desk, |a| a.name.as_str());
        (self.event)(who, &event.what, event.from.as_deref(), event.to.as_deref())
    }
}

fn event_en(who: &str, what: &str, from: Option<&str>, to: Option<&str>) -> String {
    let to_or = |nothing: &'static str| to.unwrap_or(nothing).to_owned();
    match what {
        "claim" => format!("{who} claimed it"),
        "release" => format!("{who} released it"),
        "steal" => format!("{who} took it from {}", from.unwrap_or("its holder")),
        "assign" => format!("{who} assigned it to {}", to_or("nobody")),
        "status" => format!("{who} set {} to {}", from.unwrap_or("the status"), to_or("another")),
        "priority" => format!("{who} set the priority from {} to {}", from.unwrap_or("-"), to_or("-")),
        "label" => format!("{who} labelled it {}", to_or("nothing")),
        "move" => format!("{who} moved it from {} to {}", from.unwrap_or("-"), to_or("-")),
        "subject" => format!("{who} changed the subject to {}", to_or("nothing")),
        "requester" => format!("{who} changed the requester to {}", to_or("-")),
        "split" => format!("{who} split {} off", to.or(from).unwrap_or("a ticket")),
        "merge" => format!("{who} merged {} into {}", from.unwrap_or("a ticket"), to_or("this")),
        "undo" => format!("{who} undid {}", to.or(from).unwrap_or("a change")),
        "new" => format!("{who} opened it"),
        "late" => "it turned late".to_owned(),
        "link" => format!("linked with {}", to.or(from).unwrap_or("another ticket")),
        other => match (from, to) {
            (Some(from), Some(to)) => format!("{who}: {other} {from} -> {to}"),
            (None, Some(to)) => format!("{who}: {other} {to}"),
            _ => format!("{who}: {other}"),
        },
    }
}

/// What an event calls a status or priority. A desk's own name for one stays as it is.
fn value_ja(value: &str) -> &str {
    let status = Status::parse(value).map(common::JA.status);
    status.or_else(|| Priority::parse(value).map(common::JA.priority)).unwrap_or(value)
}

/// What an event calls a verb.
fn verb_ja(word: &str) -> &str {
    Verb::ALL.into_iter().find(|verb| verb.word() == word).map_or(word, common::JA.verb)
}

fn event_ja(who: &str, what: &str, from: Option<&str>, to: Option<&str>) -> String {
    let value = |value: Option<&str>| value_ja(value.unwrap_or("-")).to_owned();
    let from_or = |nothing: &'static str| from.unwrap_or(nothing).to_owned();
    let to_or = |nothing: &'static str| to.unwrap_or(nothing).to_owned();
    match what {
        "claim" => format!("{who} が担当になりました"),
        "release" => format!("{who} が担当を外れました"),
        "steal" => format!("{who} が {} から引き取りました", from_or("担当者")),
        "assign" => format!("{who} が {} に割り当てました", to_or("なし")),
        "status" => format!("{who} が状態を「{}」から「{}」にしました", value(from), value(to)),
        "priority" => format!("{who} が優先度を「{}」から「{}」にしました", value(from), value(to)),
        "label" => format!("{who} がラベルを {} にしました", to_or("なし")),
        "move" => format!("{who} が {} から {} へ移しました", from_or("-"), to_or("-")),
        "subject" => format!("{who} が件名を {} にしました", to_or("なし")),
        "requester" => format!("{who} が依頼者を {} にしました", to_or("-")),
        "split" => format!("{who} が {} を分割しました", to.or(from).unwrap_or("チケット")),
        "merge" => format!("{who} が {} を {} に統合しました", from_or("チケット"), to_or("これ")),
        "undo" => format!("{who} が{}を取り消しました", to.or(from).map_or("変更", verb_ja)),
        "new" => format!("{who} が作成しました"),
        "late" => "期限を過ぎました".to_owned(),
        "link" => format!("{} と関連付けられました", to.or(from).unwrap_or("他のチケット")),
        other => format!("{who}: {other} {} {}", from.unwrap_or_default(), to.unwrap_or_default()),
    }
}

/// English.
pub const EN: ThreadWords = ThreadWords {
    reply: "reply",
    note: "note, internal",
    call: "call",
    ago: |age| if age.is_empty() || age == "now" { "just now".to_owned() } else { format!("{age} ago") },
    excerpt_of: |from, to| format!("lines {from}-{to} copied by a split"),
    no_text: "(no text)",
    folded: |n| format!("… {n} quoted lines (za)"),
    unread: |n| format!("{n} new since you read this"),
    nothing_folded: "Nothing to fold here.",
    no_search: "Nothing was searched yet: / asks for words.",
    not_found: |words| format!("\"{words}\" is not in here."),
    which_link: |n| {
        if n == 0 { "There is no link here.".to_owned() } else { format!("Which one? 1gx to {n}gx opens it.") }
    },
    which_file: |n| {
        if n == 0 { "There is no attachment here.".to_owned() } else { format!("Which one? 1gf to {n}gf opens it.") }
    },
    reading: |who| format!("{who} is reading this"),
    writing: |who| format!("{who} is writing"),
    nobody: "nobody holds it",
    loading: "loading…",
    keys_wait: "still loading: your keys wait for it",
    empty: "No ticket is chosen.",
    merged_into: |id| format!("merged into #{id}"),
    split_from: |id| format!("split from #{id}"),
    split_into: |ids| format!("split into {ids}"),
    leaves_in: |s| format!("leaves in {s} s   U unsend"),
    leaving: "on its way…",
    event: event_en,
    desk: "The desk",
};

/// Japanese.
pub const JA: ThreadWords = ThreadWords {
    reply: "返信",
    note: "メモ（社内のみ）",
    call: "電話",
    ago: |age| if age.is_empty() || age == "now" { "たった今".to_owned() } else { format!("{age} 前") },
    excerpt_of: |from, to| format!("分割で {from}-{to} 行目から複写"),
    no_text: "（本文なし）",
    folded: |n| format!("… 引用 {n} 行 (za)"),
    unread: |n| format!("前回読んでからの新着 {n} 件"),
    nothing_folded: "ここに折りたたむものはありません。",
    no_search: "まだ検索していません。/ で検索します。",
    not_found: |words| format!("「{words}」は見つかりません。"),
    which_link: |n| {
        if n == 0 {
            "リンクはありません。".to_owned()
        } else {
            format!("番号を付けてください: 1gx から {n}gx。")
        }
    },
    which_file: |n| {
        if n == 0 {
            "添付ファイルはありません。".to_owned()
        } else {
            format!("番号を付けてください: 1gf から {n}gf。")
        }
    },
    reading: |who| format!("{who} が閲覧中"),
    writing: |who| format!("{who} が入力中"),
    nobody: "担当者なし",
    loading: "読み込み中…",
    keys_wait: "読み込み中です。入力したキーは読み込み後に反映されます",
    empty: "チケットが選ばれていません。",
    merged_into: |id| format!("#{id} に統合済み"),
    split_from: |id| format!("#{id} から分割"),
    split_into: |ids| format!("{ids} に分割"),
    leaves_in: |s| format!("あと {s} 秒で送信   U 取り消し"),
    leaving: "送信中…",
    event: event_ja,
    desk: "システム",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_names_values_in_the_language() {
        let ja = |what, from, to| event_ja("Mika", what, from, to);
        assert_eq!(ja("priority", Some("low"), Some("normal")), "Mika が優先度を「低」から「通常」にしました");
        assert_eq!(
            ja("status", Some("open"), Some("Pending 3rd")),
            "Mika が状態を「対応中」から「Pending 3rd」にしました"
        );
        assert_eq!(ja("undo", None, Some("claim")), "Mika が担当を取り消しました");
        // Only where a value stands: a queue may be called what it likes.
        assert_eq!(ja("move", Some("open"), Some("low")), "Mika が open から low へ移しました");
        assert_eq!(
            event_en("Mika", "priority", Some("low"), Some("normal")),
            "Mika set the priority from low to normal"
        );
    }
}
