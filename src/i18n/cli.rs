//! Words: what the verbs of the command line print, but for errors (`sentences`) and help (`help`).

/// What the verbs of the command line print.
#[derive(Debug)]
pub struct CliWords {
    /// Columns of the queues: id, queue, unassigned, mine, open, late, snoozed.
    pub queue_columns: [&'static str; 7],
    /// There is no queue.
    pub no_queue: &'static str,
    /// Columns of the list: id, status, priority, age, queue, holder, requester, subject, labels, due.
    pub ticket_columns: [&'static str; 10],
    /// How much time is over.
    pub late: fn(&str) -> String,
    /// A list goes on: its cursor.
    pub more: fn(&str) -> String,
    /// Fields of a ticket: status, holder, queue, priority, requester, labels, due, merged into, split from, split into.
    pub fields: [&'static str; 10],
    /// Addressees of a message: to, cc.
    pub people: [&'static str; 2],
    /// Marks a note.
    pub note: &'static str,
    /// A file of a message: id, name, type, size.
    pub attachment: fn(&str, &str, &str, &str) -> String,
    /// A claim that is refused: mine already.
    pub yours: &'static str,
    /// A claim that is refused: the holder's name and login, since when.
    pub held: fn(&str, &str, Option<&str>) -> String,
    /// The other ticket of a split or merge.
    pub with: fn(&str) -> String,
    /// Not confirmed: the ticket, and why.
    pub queued: fn(&str, Option<&str>) -> String,
    /// What to do about what is not confirmed.
    pub no_repeat: &'static str,
    /// The text of something refused is not lost.
    pub text_kept: &'static str,
    /// A ticket that has no id yet.
    pub new_ticket: &'static str,
    /// Of many: so many done.
    pub done: fn(usize) -> String,
    /// Of many: so many refused for a reason.
    pub refused: fn(usize, &str) -> String,
    /// A reason of many refusals: somebody's.
    pub held_by: fn(&str) -> String,
    /// A reason of many refusals: mine already.
    pub yours_already: &'static str,
    /// A reason of many refusals, by its problem kind.
    pub reason: fn(&'static str) -> &'static str,
    /// The text is read from the terminal.
    pub type_text: &'static str,
    /// A file joined a draft: name, size, kind of draft, ticket, since when.
    pub attached: fn(&str, &str, &str, &str, &str) -> String,
    /// While an import runs.
    pub mails: fn(u64) -> String,
    /// Where a broken mail is.
    pub in_ticket: fn(&str) -> String,
    /// A broken mail was not taken in.
    pub not_taken: &'static str,
    /// An import's report: new messages, new tickets, already there, broken.
    pub imported: fn(u64, u64, u64, usize) -> String,
    /// The outbox is empty.
    pub all_confirmed: &'static str,
    /// Columns of the outbox: change, state, verb, ticket, since, tries, why.
    pub outbox_columns: [&'static str; 7],
    /// What can be done in the outbox.
    pub outbox_hint: &'static str,
    /// A change was dropped: its verb.
    pub dropped: fn(&str) -> String,
    /// A desk was added: desk, who the agent is there.
    pub desk_added: fn(&str, &str) -> String,
    /// A desk was added untried.
    pub desk_kept: fn(&str) -> String,
    /// A desk was removed.
    pub desk_removed: fn(&str) -> String,
    /// What was not removed with a desk: changes, drafts, the file they are in.
    pub unsent_kept: fn(usize, usize, &str) -> String,
    /// Shall that go too? Desk, changes, drafts.
    pub ask_purge: fn(&str, usize, usize) -> String,
    /// What had not left a desk when the screen was closed: the desk, how many changes.
    pub not_left: fn(&str, usize) -> String,
    /// Questions of `desk add`: its name.
    pub ask_name: &'static str,
    /// Its kind.
    pub ask_kind: &'static str,
    /// Its address.
    pub ask_address: &'static str,
    /// The account.
    pub ask_account: &'static str,
    /// The account, where it cannot be left out.
    pub ask_own_account: &'static str,
    /// Where the secret is.
    pub ask_where: &'static str,
    /// The answers to that: typed, command, variable, file, none.
    pub secret_choices: [&'static str; 5],
    /// The secret itself.
    pub ask_secret: &'static str,
    /// The command that prints it.
    pub ask_command: &'static str,
    /// The variable that holds it.
    pub ask_variable: &'static str,
    /// The file that holds it.
    pub ask_file: &'static str,
    /// The verbs that a desk does by itself.
    pub desk_does: fn(&str) -> String,
    /// The line to a desk can be listened to.
    pub desk_unencrypted: &'static str,
    /// No desk is configured.
    pub no_desk: &'static str,
    /// Columns of the desks: name, kind, address, account, token, default.
    pub desk_columns: [&'static str; 6],
    /// Where a token comes from: command, environment, file.
    pub token_from: [&'static str; 3],
    /// A desk answers: name, login.
    pub you_are: fn(&str, &str) -> String,
    /// What a desk holds: queues, agents, open tickets.
    pub desk_holds: fn(usize, usize, u32) -> String,
    /// A verb is emulated.
    pub emulated: &'static str,
    /// A verb is impossible.
    pub impossible: &'static str,
    /// Columns of the agents: login, name, role, mail.
    pub agent_columns: [&'static str; 4],
    /// The roles: agent, admin.
    pub roles: [&'static str; 2],
    /// An agent was removed: login, how many tickets went, to whom.
    pub agent_removed: fn(&str, u64, Option<&str>) -> String,
    /// A queue was added.
    pub queue_added: fn(&str) -> String,
    /// Columns of the queues: queue, reply within, members.
    pub admin_queue_columns: [&'static str; 3],
    /// A queue without members.
    pub everybody: &'static str,
    /// An agent is in a queue now: agent, queue.
    pub member_in: fn(&str, &str) -> String,
    /// An agent is out of a queue now: agent, queue.
    pub member_out: fn(&str, &str) -> String,
    /// Columns of the tokens: id, agent, name, made, used, ends.
    pub token_columns: [&'static str; 6],
    /// Never used, never ends.
    pub never: &'static str,
    /// A token was revoked.
    pub token_revoked: fn(i64) -> String,
    /// A backup was written.
    pub written_to: fn(&str) -> String,
    /// Nobody can sign in at a new server.
    pub no_agent: &'static str,
    /// A server that others can reach without encryption.
    pub unencrypted: &'static str,
    /// There is no log.
    pub no_log: &'static str,
}

/// English.
pub const EN: CliWords = CliWords {
    queue_columns: ["id", "queue", "unassigned", "mine", "open", "late", "snoozed"],
    no_queue: "no queue yet: make one with ticketty admin queue add NAME",
    ticket_columns: ["id", "status", "prio", "age", "queue", "holder", "requester", "subject", "labels", "due"],
    late: |time| format!("{time} late"),
    more: |cursor| format!("more: --after {cursor}"),
    fields: [
        "status",
        "holder",
        "queue",
        "priority",
        "requester",
        "labels",
        "due",
        "merged into",
        "split from",
        "split into",
    ],
    people: ["to", "cc"],
    note: "note, internal: the customer does not see this",
    attachment: |id, name, kind, size| format!("[attachment {id}  {name}  {kind}  {size}]"),
    yours: "you hold it already",
    held: |name, login, since| match since {
        Some(since) => format!("held by {name} ({login}) since {since}"),
        None => format!("held by {name} ({login})"),
    },
    with: |id| format!("with {id}"),
    queued: |id, why| {
        let why = why.map(|w| format!(" ({w})")).unwrap_or_default();
        format!("{id}: in the outbox, not confirmed yet{why}")
    },
    no_repeat: "do not repeat this command: it leaves by itself with the next one; see ticketty outbox",
    text_kept: "the text is kept: ticketty outbox",
    new_ticket: "new",
    done: |n| format!("{n} done"),
    refused: |n, reason| format!("{n} {reason}"),
    held_by: |name| format!("held by {name}"),
    yours_already: "yours already",
    reason: |kind| kind,
    type_text: "type the text; C-d on a line of its own ends it, C-c drops it",
    attached: |name, size, kind, ticket, at| format!("{name}, {size}: with the {kind} on {ticket} begun {at}"),
    mails: |n| format!("{n} mails"),
    in_ticket: |id| format!("in {id}"),
    not_taken: "not taken in",
    imported: |messages, tickets, already, broken| {
        format!("{messages} new messages, {tickets} new tickets, {already} already there, {broken} read only in part")
    },
    all_confirmed: "everything is confirmed",
    outbox_columns: ["change", "state", "verb", "ticket", "since", "tries", "why"],
    outbox_hint: "again: ticketty outbox retry CHANGE; forget: ticketty outbox drop CHANGE",
    dropped: |verb| format!("{verb} dropped"),
    desk_added: |desk, who| format!("{desk} added: {who}"),
    desk_kept: |desk| format!("{desk}: kept without a try"),
    desk_removed: |desk| format!("{desk} removed; what is on the desk stays there"),
    unsent_kept: |changes, drafts, file| {
        format!("{changes} changes and {drafts} drafts have not left; they are kept in {file}")
    },
    ask_purge: |desk, changes, drafts| {
        format!("{changes} changes and {drafts} drafts of {desk} have not left. Remove them too? y/n")
    },
    not_left: |desk, n| format!("{desk}: {n} changes have not left; they leave with the next ticketty --desk {desk}"),
    ask_name: "A name for the desk (letters, digits, - and _)",
    ask_kind: "What kind of helpdesk is it?",
    ask_address: "Its address (https://…)",
    ask_account: "Your account there (empty: the token says it)",
    ask_own_account: "Your account there",
    ask_where: "Where is the token or password?",
    secret_choices: [
        "I type it now; it is kept in a file that only I can read",
        "a command prints it (pass, op, …)",
        "in an environment variable",
        "in a file with mode 0600",
        "there is none",
    ],
    ask_secret: "Token or password (not shown)",
    ask_command: "The command",
    ask_variable: "The variable",
    ask_file: "The file",
    desk_does: |verbs| format!("does by itself: {verbs}"),
    desk_unencrypted: "the line is not encrypted: others on the way can read the token and the mail; use https:// where the desk has it",
    no_desk: "no desk is configured: the embedded one is used. Add one: ticketty desk add NAME --url ADDRESS",
    desk_columns: ["name", "kind", "url", "account", "token", "default"],
    token_from: ["command", "environment", "file"],
    you_are: |name, login| format!("you are {name} ({login})"),
    desk_holds: |queues, agents, tickets| format!("{queues} queues, {agents} agents, {tickets} open tickets"),
    emulated: "emulated",
    impossible: "impossible",
    agent_columns: ["login", "name", "role", "email"],
    roles: ["agent", "admin"],
    agent_removed: |login, n, to| format!("{login} removed, {n} tickets given to {}", to.unwrap_or("nobody")),
    queue_added: |queue| format!("queue {queue} added"),
    admin_queue_columns: ["queue", "reply within", "members"],
    everybody: "everybody",
    member_in: |agent, queue| format!("{agent} is in {queue}"),
    member_out: |agent, queue| format!("{agent} is out of {queue}"),
    token_columns: ["id", "agent", "name", "made (UTC)", "used", "ends"],
    never: "never",
    token_revoked: |id| format!("token {id} revoked"),
    written_to: |file| format!("written to {file}"),
    no_agent: "No agent can sign in yet: `ticketty admin --database … agent add LOGIN` makes one.",
    unencrypted: "Tokens and mail travel unencrypted: put a TLS proxy in front before others connect.",
    no_log: "nothing has been logged yet",
};

/// Japanese.
pub const JA: CliWords = CliWords {
    queue_columns: ["ID", "キュー", "未担当", "自分", "対応中", "遅延", "保留"],
    no_queue: "キューがまだありません。作成: ticketty admin queue add 名前",
    ticket_columns: ["ID", "状態", "優先度", "経過", "キュー", "担当", "依頼者", "件名", "ラベル", "期限"],
    late: |time| format!("{time} 超過"),
    more: |cursor| format!("続き: --after {cursor}"),
    fields: ["状態", "担当", "キュー", "優先度", "依頼者", "ラベル", "期限", "統合先", "分割元", "分割先"],
    people: ["宛先", "Cc"],
    note: "メモ（社内のみ: お客様には見えません）",
    attachment: |id, name, kind, size| format!("[添付 {id}  {name}  {kind}  {size}]"),
    yours: "すでにあなたが担当しています",
    held: |name, login, since| match since {
        Some(since) => format!("{name} さん ({login}) が担当しています ({since} から)"),
        None => format!("{name} さん ({login}) が担当しています"),
    },
    with: |id| format!("相手 {id}"),
    queued: |id, why| {
        let why = why.map(|w| format!(" ({w})")).unwrap_or_default();
        format!("{id}: 送信待ちです。まだ確認されていません{why}")
    },
    no_repeat: "このコマンドを繰り返さないでください: 次のコマンドと一緒に送られます。確認: ticketty outbox",
    text_kept: "本文は残っています: ticketty outbox",
    new_ticket: "新規",
    done: |n| format!("完了 {n} 件"),
    refused: |n, reason| format!("{reason} {n} 件"),
    held_by: |name| format!("{name} さんが担当"),
    yours_already: "すでに自分の担当",
    reason: |kind| match kind {
        "moved-on" => "新着あり",
        "conflict" => "変更の衝突",
        "not-possible" => "実行できない操作",
        "invalid" => "値の誤り",
        "not-found" => "見つからない",
        "denied" => "権限なし",
        "unauthenticated" => "認証エラー",
        "limited" => "リクエスト制限",
        "too-large" => "大きすぎる",
        "unavailable" => "応答なし",
        other => other,
    },
    type_text: "本文を入力してください。行頭で C-d を押すと終わり、C-c で破棄します",
    attached: |name, size, kind, ticket, at| {
        format!("{name} ({size}): {at} に書き始めた {ticket} の{kind}に添付しました")
    },
    mails: |n| format!("{n} 通"),
    in_ticket: |id| format!("{id} にあります"),
    not_taken: "取り込んでいません",
    imported: |messages, tickets, already, broken| {
        format!("新着 {messages} 通、新規チケット {tickets} 件、取り込み済み {already} 通、一部のみ読めた {broken} 通")
    },
    all_confirmed: "すべて確認済みです",
    outbox_columns: ["変更", "状態", "操作", "チケット", "受付", "試行", "理由"],
    outbox_hint: "再試行: ticketty outbox retry 変更 / 破棄: ticketty outbox drop 変更",
    dropped: |verb| format!("{verb}を破棄しました"),
    desk_added: |desk, who| format!("{desk} を登録しました: {who}"),
    desk_kept: |desk| format!("{desk}: 確認せずに登録しました"),
    desk_removed: |desk| format!("{desk} を削除しました。デスクの中身はそのままです"),
    unsent_kept: |changes, drafts, file| {
        format!("未送信の変更 {changes} 件と下書き {drafts} 件が {file} に残っています")
    },
    ask_purge: |desk, changes, drafts| {
        format!("{desk} に未送信の変更 {changes} 件と下書き {drafts} 件があります。これも削除しますか？ y/n")
    },
    not_left: |desk, n| format!("{desk}: 変更 {n} 件が未送信です。次の ticketty --desk {desk} で送られます"),
    ask_name: "デスクの名前 (英数字、-、_)",
    ask_kind: "ヘルプデスクの種類は？",
    ask_address: "アドレス (https://…)",
    ask_account: "そこでのアカウント (空ならトークンで判断)",
    ask_own_account: "そこでのアカウント",
    ask_where: "トークンやパスワードの場所は？",
    secret_choices: [
        "ここで入力する (自分だけが読めるファイルに保存)",
        "コマンドが出力する (pass、op など)",
        "環境変数",
        "権限 0600 のファイル",
        "なし",
    ],
    ask_secret: "トークンまたはパスワード (表示されません)",
    ask_command: "コマンド",
    ask_variable: "変数名",
    ask_file: "ファイル",
    desk_does: |verbs| format!("本来の機能: {verbs}"),
    desk_unencrypted: "暗号化されていない接続です: 途中でトークンやメールを読まれます。可能なら https:// を使ってください",
    no_desk: "デスクの設定がないため、内蔵デスクを使います。追加: ticketty desk add 名前 --url アドレス",
    desk_columns: ["名前", "種類", "アドレス", "アカウント", "トークン", "既定"],
    token_from: ["コマンド", "環境変数", "ファイル"],
    you_are: |name, login| format!("あなたは {name} ({login})"),
    desk_holds: |queues, agents, tickets| {
        format!("キュー {queues} 個、担当者 {agents} 人、対応中のチケット {tickets} 件")
    },
    emulated: "代替処理",
    impossible: "不可",
    agent_columns: ["ログイン", "名前", "役割", "メール"],
    roles: ["担当者", "管理者"],
    agent_removed: |login, n, to| match to {
        Some(to) => format!("{login} を削除し、チケット {n} 件を {to} に渡しました"),
        None => format!("{login} を削除し、チケット {n} 件を担当者なしにしました"),
    },
    queue_added: |queue| format!("キュー {queue} を追加しました"),
    admin_queue_columns: ["キュー", "返信期限", "メンバー"],
    everybody: "全員",
    member_in: |agent, queue| format!("{agent} を {queue} に加えました"),
    member_out: |agent, queue| format!("{agent} を {queue} から外しました"),
    token_columns: ["ID", "担当者", "名前", "発行 (UTC)", "使用", "期限"],
    never: "なし",
    token_revoked: |id| format!("トークン {id} を無効にしました"),
    written_to: |file| format!("{file} に書き出しました"),
    no_agent: "認証できる担当者がまだいません。`ticketty admin --database … agent add ログイン名` で追加できます。",
    unencrypted: "トークンとメールが暗号化されずに流れます。他の人が接続する前に TLS プロキシを置いてください。",
    no_log: "まだ何も記録されていません",
};
