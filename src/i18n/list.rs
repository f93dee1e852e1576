//! Words of the main screen: header, queues, team, ticket list, status line.

/// Words of the main screen.
#[derive(Debug)]
pub struct ListWords {
    /// The line to the desk stands and news flow in.
    pub live: &'static str,
    /// The line is being built up.
    pub connecting: &'static str,
    /// The desk cannot be reached, since a time of day.
    pub offline: fn(&str) -> String,
    /// The desk limits requests for so many seconds more.
    pub limited: fn(u64) -> String,
    /// Counts of the header line.
    pub unassigned: &'static str,
    /// Counts of the header line.
    pub mine: &'static str,
    /// Counts of the header line.
    pub open: &'static str,
    /// Counts of the header line.
    pub late: &'static str,
    /// Drafts not sent yet.
    pub drafts: fn(u32) -> String,
    /// Changes that wait for the desk.
    pub waiting: fn(u32) -> String,
    /// So many replies leave in so many seconds.
    pub leaves_in: fn(u32, u64) -> String,
    /// The heading of the queues.
    pub queues: &'static str,
    /// Columns of the queues: unassigned, mine, open; two cells each at most.
    pub counts: [&'static str; 3],
    /// The lists beside the queues.
    pub view_all: &'static str,
    /// The list of what I hold.
    pub view_mine: &'static str,
    /// The list of what nobody holds.
    pub view_unassigned: &'static str,
    /// The list of what is overdue.
    pub view_late: &'static str,
    /// The list of what sleeps.
    pub view_snoozed: &'static str,
    /// What a search found.
    pub view_search: fn(&str) -> String,
    /// The heading of the team.
    pub team: &'static str,
    /// What the team's numbers count.
    pub on_us: &'static str,
    /// An agent who is not there.
    pub away: &'static str,
    /// Me, in a place of five cells.
    pub you: &'static str,
    /// Headings of the list's columns: age, channel, who, requester, subject, due, queue.
    pub columns: [&'static str; 7],
    /// So many new messages, where they are counted.
    pub fresh: fn(Option<u32>) -> String,
    /// A draft of mine.
    pub draft: &'static str,
    /// Somebody writes, by initials.
    pub writes: fn(&str) -> String,
    /// How late it is.
    pub over: fn(&str) -> String,
    /// How much time is left.
    pub left: fn(&str) -> String,
    /// A claim not confirmed yet.
    pub claiming: &'static str,
    /// Another change not confirmed yet.
    pub pending: &'static str,
    /// Somebody took it, by initials.
    pub taken_by: fn(&str) -> String,
    /// I took it.
    pub taken_by_me: &'static str,
    /// It went elsewhere, by the queue's name.
    pub moved_to: fn(&str) -> String,
    /// It was folded into another, by id.
    pub merged_into: fn(&str) -> String,
    /// It left this list.
    pub gone: &'static str,
    /// Rows are on their way.
    pub loading: &'static str,
    /// No row.
    pub empty: &'static str,
    /// A desk without tickets: what to do next.
    pub empty_desk: &'static str,
    /// No row fits the filter.
    pub empty_filter: &'static str,
    /// A filter is on.
    pub filter: fn(&str) -> String,
    /// So many rows are chosen.
    pub chosen: fn(u32) -> String,
    /// A range is being chosen.
    pub visual: &'static str,
    /// `n` without a search before.
    pub no_search: &'static str,
    /// A search of what this machine remembers, and why it was not the desk's.
    pub searched_here: fn(&str) -> String,
    /// A search in the list without a hit.
    pub not_found: fn(&str) -> String,
    /// There is no unassigned ticket that way.
    pub no_unassigned: &'static str,
    /// The requester has no address.
    pub no_address: &'static str,
    /// There is no ticket under the cursor.
    pub no_ticket: &'static str,
    /// There is no queue of that number.
    pub no_queue: fn(u32) -> String,
    /// The moment of the data on the screen.
    pub as_of: fn(&str) -> String,
}

/// English.
pub const EN: ListWords = ListWords {
    live: "live",
    connecting: "connecting",
    offline: |since| format!("offline since {since}"),
    limited: |seconds| format!("limited, next try {seconds} s"),
    unassigned: "unassigned",
    mine: "mine",
    open: "open",
    late: "late",
    drafts: |n| if n == 1 { "1 draft".to_owned() } else { format!("{n} drafts") },
    waiting: |n| format!("{n} waiting"),
    leaves_in: |n, seconds| {
        if n == 1 { format!("1 leaves in {seconds}s") } else { format!("{n} leave in {seconds}s") }
    },
    queues: "QUEUES",
    counts: ["un", "me", "op"],
    view_all: "All",
    view_mine: "Mine",
    view_unassigned: "Unassigned",
    view_late: "Late",
    view_snoozed: "Snoozed",
    view_search: |words| format!("found: {words}"),
    team: "TEAM",
    on_us: "on us",
    away: "away",
    you: "you",
    columns: ["age", "ch", "who", "requester", "subject", "due", "queue"],
    fresh: |n| n.map_or_else(|| "new".to_owned(), |n| format!("{n} new")),
    draft: "draft",
    writes: |who| format!("{who} writes"),
    over: |time| format!("{time} over"),
    left: |time| format!("{time} left"),
    claiming: "claiming",
    pending: "sending",
    taken_by: |who| format!("taken by {who}"),
    taken_by_me: "yours now",
    moved_to: |queue| format!("moved to {queue}"),
    merged_into: |id| format!("merged into {id}"),
    gone: "left this list",
    loading: "Loading the list.",
    empty: "No ticket here.",
    empty_desk: "No tickets yet. :import PATH brings mail in, o opens one, ticketty demo shows a desk at work.",
    empty_filter: "No loaded ticket fits the filter. Esc clears it.",
    filter: |words| format!("filter: {words}"),
    chosen: |n| format!("{n} selected"),
    visual: "VISUAL",
    no_search: "Nothing was searched yet: / asks for words.",
    searched_here: |why| format!("searched only what this machine remembers: {why}"),
    not_found: |words| format!("\"{words}\" is in none of the loaded rows. g/ searches the whole desk."),
    no_unassigned: "No unassigned ticket that way.",
    no_address: "This requester has no address to look for.",
    no_ticket: "There is no ticket under the cursor.",
    no_queue: |n| format!("There is no queue {n}."),
    as_of: |time| format!("as of {time}"),
};

/// Japanese.
pub const JA: ListWords = ListWords {
    live: "接続中",
    connecting: "接続しています",
    offline: |since| format!("{since} から切断"),
    limited: |seconds| format!("制限中、{seconds}秒後に再試行"),
    unassigned: "未担当",
    mine: "自分",
    open: "対応中",
    late: "遅延",
    drafts: |n| format!("下書き {n}"),
    waiting: |n| format!("送信待ち {n}"),
    leaves_in: |n, seconds| format!("{n} 件 {seconds}秒後に送信"),
    queues: "キュー",
    counts: ["未", "自", "全"],
    view_all: "すべて",
    view_mine: "自分",
    view_unassigned: "未担当",
    view_late: "遅延",
    view_snoozed: "保留",
    view_search: |words| format!("検索: {words}"),
    team: "チーム",
    on_us: "対応待ち",
    away: "離席",
    you: "自分",
    columns: ["経過", "経", "担当", "依頼者", "件名", "期限", "キュー"],
    fresh: |n| n.map_or_else(|| "新着".to_owned(), |n| format!("新着 {n}")),
    draft: "下書き",
    writes: |who| format!("{who} 入力中"),
    over: |time| format!("{time} 超過"),
    left: |time| format!("残り {time}"),
    claiming: "取得中",
    pending: "送信中",
    taken_by: |who| format!("{who} が担当"),
    taken_by_me: "自分が担当",
    moved_to: |queue| format!("{queue} へ移動"),
    merged_into: |id| format!("{id} に統合"),
    gone: "一覧から外れました",
    loading: "一覧を読み込んでいます。",
    empty: "チケットはありません。",
    empty_desk: "まだチケットがありません。:import パス で取り込み、o で作成、ticketty demo で見本を開きます。",
    empty_filter: "絞り込みに合うチケットはありません。Esc で解除します。",
    filter: |words| format!("絞り込み: {words}"),
    chosen: |n| format!("{n} 件選択"),
    visual: "選択",
    no_search: "まだ検索していません。/ で検索します。",
    searched_here: |why| format!("この端末に残っている分だけを検索しました：{why}"),
    not_found: |words| format!("読み込み済みの行に「{words}」はありません。g/ で全体を検索します。"),
    no_unassigned: "その方向に未担当のチケットはありません。",
    no_address: "この依頼者にはアドレスがありません。",
    no_ticket: "カーソルの位置にチケットがありません。",
    no_queue: |n| format!("{n} 番のキューはありません。"),
    as_of: |time| format!("{time} 時点"),
};
