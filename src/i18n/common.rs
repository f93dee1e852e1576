//! Words: small words used everywhere.

use super::sentences::told;
use crate::domain::{Channel, DeskError, DraftKind, OutboxState, Priority, Status, Verb};

/// Small words used everywhere.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the words")]
pub struct Common {
    pub yes: &'static str,
    pub no: &'static str,
    pub cancel: &'static str,
    pub back: &'static str,
    pub you: &'static str,
    pub nobody: &'static str,
    pub none: &'static str,
    pub all: &'static str,
    pub loading: &'static str,
    /// Opened with nothing in it.
    pub empty: &'static str,
    /// `3 tickets`.
    pub tickets: fn(usize) -> String,
    /// `3 messages`.
    pub messages: fn(usize) -> String,
    /// `3 lines`.
    pub lines: fn(usize) -> String,
    /// `3 files`.
    pub files: fn(usize) -> String,
    /// Between the members of a list: `, `.
    pub comma: &'static str,
    /// The word of a status.
    pub status: fn(Status) -> &'static str,
    /// The word of a priority.
    pub priority: fn(Priority) -> &'static str,
    /// The word of a verb, as a thing: `claim`, `reply`.
    pub verb: fn(Verb) -> &'static str,
    /// The word of the way a ticket came.
    pub channel: fn(Channel) -> &'static str,
    /// The word of a draft's kind.
    pub draft: fn(DraftKind) -> &'static str,
    /// The word for where a change in the outbox stands.
    pub outbox: fn(OutboxState) -> &'static str,
    /// What a desk's refusal means, and what to do next.
    pub refusal: fn(&DeskError) -> String,
}

/// `1 ticket`, `3 tickets`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn refusal_en(error: &DeskError) -> String {
    match error {
        DeskError::Held { mine: true, .. } => "you hold it already".into(),
        DeskError::Held { by, .. } => format!("held by {}", by.name),
        DeskError::MovedOn { messages } => {
            format!(
                "the thread moved on: {} since you last looked; read, then send again",
                count(messages.len(), "new message", "new messages")
            )
        }
        DeskError::Conflict { why, .. } => format!("changed meanwhile: {why}; look again and repeat"),
        DeskError::NotPossible { why } => why.to_string(),
        DeskError::NotFound { what } => format!("{what} does not exist, or not for you"),
        DeskError::Denied { why } => format!("not allowed: {why}"),
        DeskError::Unauthenticated { why } => {
            format!("the desk does not know you: {why}; check the token (`ticketty desk check`)")
        }
        DeskError::Invalid { field: Some(field), why } => format!("{field}: {why}"),
        DeskError::Invalid { field: None, why } => why.to_string(),
        DeskError::TooLarge { why } => format!("too large: {why}"),
        DeskError::Limited { retry_after: Some(wait) } => {
            format!("the desk limits requests; next try in {} s", wait.as_secs().max(1))
        }
        DeskError::Limited { retry_after: None } => "the desk limits requests; it is tried again by itself".into(),
        DeskError::Unreachable { why, maybe_done: false } => format!("the desk cannot be reached: {why}"),
        DeskError::Unreachable { why, maybe_done: true } => {
            format!("the answer was lost: {why}; the desk is asked before anything is repeated")
        }
        DeskError::Unavailable { why } => format!("the desk has a fault of its own: {why}"),
        DeskError::Garbled { why } => format!("the answer makes no sense: {why}; a proxy in between?"),
    }
}

fn refusal_ja(error: &DeskError) -> String {
    match error {
        DeskError::Held { mine: true, .. } => "すでにあなたが担当しています".into(),
        DeskError::Held { by, .. } => format!("{} さんが担当しています", by.name),
        DeskError::MovedOn { messages } => {
            format!("スレッドに新着 {} 件。確認してから送信してください", messages.len())
        }
        DeskError::Conflict { why, .. } => format!("別の変更がありました: {}。確認してやり直してください", told(why)),
        DeskError::NotPossible { why } => told(why).into_owned(),
        DeskError::NotFound { what } => format!("{} は存在しないか、閲覧できません", told(what)),
        DeskError::Denied { why } => format!("許可されていません: {}", told(why)),
        DeskError::Unauthenticated { why } => {
            format!("認証できません: {}。トークンを確認してください (`ticketty desk check`)", told(why))
        }
        DeskError::Invalid { field: Some(field), why } => format!("{field}: {}", told(why)),
        DeskError::Invalid { field: None, why } => told(why).into_owned(),
        DeskError::TooLarge { why } => format!("大きすぎます: {}", told(why)),
        DeskError::Limited { retry_after: Some(wait) } => {
            format!("リクエスト制限中。{} 秒後に再試行します", wait.as_secs().max(1))
        }
        DeskError::Limited { retry_after: None } => "リクエスト制限中。自動で再試行します".into(),
        DeskError::Unreachable { why, maybe_done: false } => format!("デスクに接続できません: {}", told(why)),
        DeskError::Unreachable { why, maybe_done: true } => {
            format!("応答が失われました: {}。再送の前にデスクへ確認します", told(why))
        }
        DeskError::Unavailable { why } => format!("デスク側の障害です: {}", told(why)),
        DeskError::Garbled { why } => format!("応答を解釈できません: {}。途中のプロキシかもしれません", told(why)),
    }
}

const fn status_word(status: Status) -> &'static str {
    match status {
        Status::New => "新規",
        Status::Open => "対応中",
        Status::Waiting => "返答待ち",
        Status::Snoozed => "保留",
        Status::Resolved => "解決",
        Status::Closed => "完了",
    }
}

const fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "低",
        Priority::Normal => "通常",
        Priority::High => "高",
        Priority::Urgent => "緊急",
    }
}

const fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Claim => "担当",
        Verb::Release => "担当解除",
        Verb::Assign => "割り当て",
        Verb::Steal => "引き取り",
        Verb::Reply => "返信",
        Verb::Note => "メモ",
        Verb::New => "新規チケット",
        Verb::Status => "状態変更",
        Verb::Priority => "優先度変更",
        Verb::Label => "ラベル変更",
        Verb::Move => "キュー移動",
        Verb::Subject => "件名変更",
        Verb::Requester => "依頼者変更",
        Verb::Split => "分割",
        Verb::Merge => "統合",
        Verb::Undo => "取り消し",
        Verb::Attach => "添付",
        Verb::Search => "検索",
        Verb::Timeline => "履歴",
        Verb::Watch => "更新通知",
        Verb::Presence => "在席表示",
    }
}

const fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "メール",
        Channel::Phone => "電話",
        Channel::Chat => "チャット",
        Channel::Web => "ウェブ",
    }
}

const fn draft_word(kind: DraftKind) -> &'static str {
    match kind {
        DraftKind::Reply => "返信",
        DraftKind::Note => "メモ",
        DraftKind::New => "新規",
    }
}

const fn outbox_word(state: OutboxState) -> &'static str {
    match state {
        OutboxState::Waiting => "送信待ち",
        OutboxState::Sent => "送信済み",
        OutboxState::Failed => "失敗",
        OutboxState::Unknown => "確認中",
    }
}

/// English.
pub const EN: Common = Common {
    yes: "yes",
    no: "no",
    cancel: "cancel",
    back: "back",
    you: "you",
    nobody: "nobody",
    none: "none",
    all: "all",
    loading: "loading…",
    empty: "(empty)",
    tickets: |n| count(n, "ticket", "tickets"),
    messages: |n| count(n, "message", "messages"),
    lines: |n| count(n, "line", "lines"),
    files: |n| count(n, "file", "files"),
    comma: ", ",
    status: Status::word,
    priority: Priority::word,
    verb: Verb::word,
    channel: Channel::word,
    draft: DraftKind::word,
    outbox: OutboxState::word,
    refusal: refusal_en,
};

/// Japanese.
pub const JA: Common = Common {
    yes: "はい",
    no: "いいえ",
    cancel: "やめる",
    back: "戻る",
    you: "自分",
    nobody: "なし",
    none: "なし",
    all: "すべて",
    loading: "読み込み中…",
    empty: "(空)",
    tickets: |n| format!("{n} 件"),
    messages: |n| format!("{n} 通"),
    lines: |n| format!("{n} 行"),
    files: |n| format!("{n} ファイル"),
    comma: "、",
    status: status_word,
    priority: priority_word,
    verb: verb_word,
    channel: channel_word,
    draft: draft_word,
    outbox: outbox_word,
    refusal: refusal_ja,
};
