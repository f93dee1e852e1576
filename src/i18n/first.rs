//! Words: the first start and the screen without tickets.

/// The first start and the screen without tickets.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the words")]
pub struct First {
    pub welcome: &'static str,
    pub which_keys: &'static str,
    pub arrows: &'static str,
    pub vim: &'static str,
    pub emacs: &'static str,
    pub later: &'static str,
    pub no_tickets: &'static str,
    pub can_import: &'static str,
    pub can_demo: &'static str,
    pub can_new: fn(&str) -> String,
    pub can_desk: &'static str,
    pub can_help: fn(&str) -> String,
    pub too_small: fn(u16, u16, &str) -> String,
}

/// English.
pub const EN: First = First {
    welcome: "Welcome to ticketty",
    which_keys: "Which keys do your fingers know?",
    arrows: "arrows",
    vim: "vim",
    emacs: "emacs",
    later: "can be changed later in config.toml",
    no_tickets: "No tickets on this desk yet.",
    can_import: ":import PATH    bring mail in: mbox, maildir or .eml files",
    can_demo: "ticketty demo   a throw-away desk to look around in",
    can_new: |key| format!("{key:<15} open a ticket by hand"),
    can_desk: "ticketty desk add   work on the helpdesk you have",
    can_help: |key| format!("{key:<15} every key there is"),
    too_small: |width, height, quit| format!("needs {width}x{height} or more: enlarge the terminal ({quit} leaves)"),
};

/// Japanese.
pub const JA: First = First {
    welcome: "ticketty へようこそ",
    which_keys: "使い慣れたキーはどれですか？",
    arrows: "矢印",
    vim: "vim",
    emacs: "emacs",
    later: "後から config.toml で変更できます",
    no_tickets: "このデスクにはまだチケットがありません。",
    can_import: ":import PATH    メールを取り込む (mbox、maildir、.eml)",
    can_demo: "ticketty demo   お試し用のデスク",
    can_new: |key| format!("{key:<15} チケットを手で作成"),
    can_desk: "ticketty desk add   今お使いのヘルプデスクにつなぐ",
    can_help: |key| format!("{key:<15} すべてのキー"),
    too_small: |width, height, quit| format!("{width}x{height} 以上必要です。端末を大きくしてください ({quit} で終了)"),
};
