//! Words of the composer and its cards.

use crate::domain::Receipt;

/// Words of the composer.
#[derive(Debug)]
pub struct ComposeWords {
    /// Title of a reply, with the ticket's id.
    pub reply_title: fn(&str) -> String,
    /// Title of a note, with the ticket's id.
    pub note_title: fn(&str) -> String,
    /// Title of a new ticket.
    pub new_title: &'static str,
    /// What a note promises.
    pub internal: &'static str,
    /// Field names.
    pub from: &'static str,
    /// To.
    pub to: &'static str,
    /// Subject.
    pub subject: &'static str,
    /// Queue.
    pub queue: &'static str,
    /// Requester, of a new ticket.
    pub requester: &'static str,
    /// Files.
    pub files: &'static str,
    /// Nothing typed since the draft began.
    pub unsaved: &'static str,
    /// Typed and not on disk yet.
    pub saving: &'static str,
    /// On disk since.
    pub saved: fn(&str) -> String,
    /// Could not be written.
    pub not_saved: fn(&str) -> String,
    /// So many people of the thread get no copy.
    pub left_out: fn(u32) -> String,
    /// Somebody answered meanwhile: time, who, lines.
    pub moved_on: fn(&str, &str, u32) -> String,
    /// The send card's title.
    pub send_title: &'static str,
    /// Answers of the send card: send.
    pub send: &'static str,
    /// Send and wait for the customer.
    pub send_waiting: &'static str,
    /// Send and resolve.
    pub send_resolved: &'static str,
    /// Go on editing.
    pub edit: &'static str,
    /// Keep the draft and leave.
    pub keep: &'static str,
    /// The held-back card's title.
    pub held_back: &'static str,
    /// Send although the thread moved on.
    pub send_anyway: &'static str,
    /// Keep the text as a note.
    pub as_note: &'static str,
    /// Throw away?
    pub discard_title: &'static str,
    /// Throw it away.
    pub discard: &'static str,
    /// Warning: a file is spoken of and none is there.
    pub no_file: &'static str,
    /// Warning: the salutation names somebody else.
    pub other_name: fn(&str, &str) -> String,
    /// Nothing to send.
    pub empty: &'static str,
    /// A new ticket lacks something.
    pub lacks: fn(&str) -> String,
    /// The words that speak of a file.
    pub file_words: &'static [&'static str],
    /// A draft was found: offered again.
    pub resumed: fn(&str) -> String,
    /// Texts left from before: how many, the newest's ticket, how it stands.
    pub unsent: fn(u32, &str, &str) -> String,
    /// How a draft stands: its length, and when it was saved, which may be nothing.
    pub size_at: fn(u32, &str) -> String,
    /// Another client has it open, in this terminal.
    pub open_in: fn(&str) -> String,
    /// The key that goes on with it.
    pub goes_on: fn(&str) -> String,
    /// The key that takes it over from the other client.
    pub take_over: fn(&str) -> String,
    /// The same as an answer of a card.
    pub takes_over: &'static str,
    /// Answer of that card: begin another draft beside it.
    pub another: &'static str,
    /// Its thread has newer messages than its author had seen.
    pub behind: &'static str,
    /// Its ticket was merged into this one.
    pub merged: fn(&str) -> String,
    /// The draft follows its ticket, from and to.
    pub follows: fn(&str, &str) -> String,
    /// Read-only: another client has it, in this terminal.
    pub taken: fn(&str) -> String,
    /// Read-only: another client sent it or threw it away.
    pub gone: &'static str,
    /// What was typed last is a draft of its own; the key that lists them.
    pub kept_beside: fn(&str) -> String,
    /// What the mail says of delivery: not mailed.
    pub not_mailed: &'static str,
    /// The same where the desk says why itself.
    pub not_mailed_there: &'static str,
    /// An import needs a queue.
    pub import_where: &'static str,
    /// Pasted text was too long: bytes left out.
    pub paste_cut: fn(u64) -> String,
    /// Mode names.
    pub insert: &'static str,
    /// Normal mode.
    pub normal: &'static str,
    /// Visual mode.
    pub visual: &'static str,
}

impl ComposeWords {
    /// A reply was kept and not mailed: a foreign desk says why itself.
    pub const fn unmailed(&self, receipt: &Receipt) -> &'static str {
        if receipt.remark.is_some() { self.not_mailed_there } else { self.not_mailed }
    }
}

/// English.
pub const EN: ComposeWords = ComposeWords {
    reply_title: |id| format!("Reply to #{id}"),
    note_title: |id| format!("Note on #{id}"),
    new_title: "New ticket",
    internal: "internal: the customer does not see this",
    from: "From",
    to: "To",
    subject: "Subject",
    queue: "Queue",
    requester: "For",
    files: "Files",
    unsaved: "empty draft",
    saving: "saving…",
    saved: |at| format!("draft saved {at}"),
    not_saved: |why| format!("NOT SAVED: {why}"),
    left_out: |n| format!("Cc {n} left out · R answers all"),
    moved_on: |at, who, lines| {
        format!("{at} {who} wrote meanwhile, {lines} line{} · C-w k read", if lines == 1 { "" } else { "s" })
    },
    send_title: "Send this reply?",
    send: "send",
    send_waiting: "+waiting",
    send_resolved: "+resolved",
    edit: "edit",
    keep: "keep draft",
    held_back: "Held back: the thread has moved on since this was begun.",
    send_anyway: "send anyway",
    as_note: "keep as note",
    discard_title: "Throw this draft away?",
    discard: "throw away",
    no_file: "The text speaks of an attachment, and none is there.",
    other_name: |said, name| format!("The salutation says {said}; the requester is {name}."),
    empty: "There is no text to send yet.",
    lacks: |what| format!("A new ticket needs this first: {what}."),
    file_words: &["attach", "enclosed", "see the file"],
    resumed: |what| format!("Unsent text resumed: {what}"),
    unsent: |n, ticket, standing| {
        let more = if n > 1 { format!(" · {} more", n - 1) } else { String::new() };
        format!("unsent {ticket}, {standing}{more}")
    },
    size_at: |n, at| {
        let chars = format!("{n} char{}", if n == 1 { "" } else { "s" });
        if at.is_empty() { chars } else { format!("{chars}, {at}") }
    },
    open_in: |terminal| format!("open in {terminal}"),
    goes_on: |key| format!("{key} goes on"),
    take_over: |key| format!("{key} take over"),
    takes_over: "take over",
    another: "begin another",
    behind: "thread moved on",
    merged: |into| format!("merged into {into}"),
    follows: |from, into| format!("{from} was merged into {into}: this text goes there now"),
    taken: |terminal| format!("open in {terminal} now, read only here · Esc t takes it back"),
    gone: "sent or thrown away in another client, read only here",
    kept_beside: |key| format!("what you typed last is kept as a draft of its own ({key})"),
    not_mailed: "kept on this desk, NOT mailed: no outgoing mail is set up",
    not_mailed_there: "kept on the desk, NOT mailed",
    import_where: "Into which queue? Show it first (g1 … g9), then import.",
    paste_cut: |n| format!("The paste was too long: {n} bytes were left out."),
    insert: "INSERT",
    normal: "NORMAL",
    visual: "VISUAL",
};

/// Japanese.
pub const JA: ComposeWords = ComposeWords {
    reply_title: |id| format!("#{id} への返信"),
    note_title: |id| format!("#{id} のメモ"),
    new_title: "新しいチケット",
    internal: "社内のみ: お客様には見えません",
    from: "差出人",
    to: "宛先",
    subject: "件名",
    queue: "キュー",
    requester: "依頼者",
    files: "添付",
    unsaved: "下書き（空）",
    saving: "保存中…",
    saved: |at| format!("下書き保存 {at}"),
    not_saved: |why| format!("保存できません: {why}"),
    left_out: |n| format!("Cc {n} 件は含まれません · R で全員に返信"),
    moved_on: |at, who, lines| format!("{at} {who} が書きました（{lines} 行） · C-w k で読む"),
    send_title: "この返信を送信しますか？",
    send: "送信",
    send_waiting: "送信して返事待ち",
    send_resolved: "送信して解決",
    edit: "編集に戻る",
    keep: "下書きに残す",
    held_back: "送信を止めました: 書き始めた後に新しいメッセージがあります。",
    send_anyway: "それでも送信",
    as_note: "メモとして残す",
    discard_title: "下書きを破棄しますか？",
    discard: "破棄",
    no_file: "本文に添付とありますが、添付ファイルがありません。",
    other_name: |said, name| format!("宛名は「{said}」ですが、依頼者は {name} です。"),
    empty: "本文がまだありません。",
    lacks: |what| format!("先に入力してください: {what}"),
    file_words: &["添付", "同封"],
    resumed: |what| format!("未送信の文章を開きました: {what}"),
    unsent: |n, ticket, standing| {
        let more = if n > 1 { format!(" · 他 {} 件", n - 1) } else { String::new() };
        format!("未送信 {ticket}、{standing}{more}")
    },
    size_at: |n, at| if at.is_empty() { format!("{n} 文字") } else { format!("{n} 文字、{at}") },
    open_in: |terminal| format!("{terminal} で編集中"),
    goes_on: |key| format!("{key} で再開"),
    take_over: |key| format!("{key} で引き継ぐ"),
    takes_over: "引き継ぐ",
    another: "別の下書きを作る",
    behind: "新しいメッセージあり",
    merged: |into| format!("{into} に統合済み"),
    follows: |from, into| format!("{from} は {into} に統合されました。この文章は {into} 宛てになります"),
    taken: |terminal| format!("{terminal} で編集中のため、ここでは読み取り専用です · Esc t で引き継ぎ直す"),
    gone: "別の画面で送信または破棄されました。ここでは読み取り専用です",
    kept_beside: |key| format!("最後に入力した内容は別の下書きに残しました ({key})"),
    not_mailed: "このデスクに保存しました。メール送信の設定がないため送信されていません",
    not_mailed_there: "デスクに保存しました。メールは送信されていません",
    import_where: "どのキューに取り込みますか？先に表示してください（g1 … g9）。",
    paste_cut: |n| format!("貼り付けが長すぎます: {n} バイトを省きました。"),
    insert: "挿入",
    normal: "ノーマル",
    visual: "選択",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;
    use crate::text::Clean;

    /// Redmine mails its own users only, and "no outgoing mail is set up" was said of it.
    #[test]
    fn why_a_reply_was_not_mailed_is_the_desks_to_say() {
        let words = EN;
        let ours = Receipt::of(fixture::row("7"));
        assert!(words.unmailed(&ours).contains("no outgoing mail"));
        let theirs = Receipt { remark: Some(Clean::line("a public note")), ..ours };
        assert_eq!(words.unmailed(&theirs), "kept on the desk, NOT mailed");
    }
}
