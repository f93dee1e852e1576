//! Words: what is wrong with a `:` line or a keymap file.

/// What is wrong with a `:` line or a keymap file.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are the words")]
pub struct Mistakes {
    pub empty_action: &'static str,
    /// An unknown action, and the nearest one.
    pub unknown_action: fn(&str, Option<&str>) -> String,
    /// An action without its argument: name, what it takes.
    pub wants_argument: fn(&str, &str) -> String,
    /// An action with an argument it does not take.
    pub takes_none: fn(&str, &str) -> String,
    /// A wrong argument: name, argument, what it takes.
    pub wrong_argument: fn(&str, &str, &str) -> String,
    pub arg_number: &'static str,
    pub arg_status: &'static str,
    pub arg_priority: &'static str,
    pub arg_labels: &'static str,
    pub arg_agent: &'static str,
    pub arg_queue: &'static str,
    pub arg_words: &'static str,
    pub arg_ticket: &'static str,
    pub arg_path: &'static str,
    pub arg_requester: &'static str,
    pub arg_desk: &'static str,
    // keymap files
    pub unknown_keymap: fn(&str) -> String,
    pub unknown_context: fn(&str, Option<&str>) -> String,
    pub not_a_table: fn(&str) -> String,
    pub not_a_row: fn(&str) -> String,
    pub unknown_field: fn(&str) -> String,
    pub unknown_key: fn(&str) -> String,
    pub no_keys: &'static str,
    /// A key that a terminal cannot send: the key, and what to write instead.
    pub unsendable: fn(&str, Option<&str>) -> String,
    /// Keys, the longer keys they hide, and what those do.
    pub hides: fn(&str, &str, &str) -> String,
    /// Keys, the shorter keys that fire first, and what those do.
    pub hidden: fn(&str, &str, &str) -> String,
    /// The same keys twice: keys, the line of the other row.
    pub twice: fn(&str, &str) -> String,
    pub digit: fn(&str) -> String,
    pub text_key: fn(&str) -> String,
    /// An action that does nothing in a context.
    pub not_there: fn(&str, &str) -> String,
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or(String::new(), |n| format!(" Did you mean `{n}`?"))
}

fn did_you_mean_ja(near: Option<&str>) -> String {
    near.map_or(String::new(), |n| format!("もしかして `{n}` ですか？"))
}

/// English.
pub const EN: Mistakes = Mistakes {
    empty_action: "an action is missing",
    unknown_action: |name, near| format!("there is no action `{name}`.{}", did_you_mean(near)),
    wants_argument: |name, what| format!("`{name}` needs {what}"),
    takes_none: |name, rest| format!("`{name}` takes nothing behind it, but there is `{rest}`"),
    wrong_argument: |name, rest, what| format!("`{name} {rest}`: wanted {what}"),
    arg_number: "a number",
    arg_status: "one of new, open, waiting, resolved, closed",
    arg_priority: "one of low, normal, high, urgent",
    arg_labels: "labels such as `+billing -vip`",
    arg_agent: "an agent",
    arg_queue: "a queue",
    arg_words: "words",
    arg_ticket: "a ticket's number",
    arg_path: "a path",
    arg_requester: "a mail address",
    arg_desk: "a desk",
    unknown_keymap: |name| format!("there is no keymap `{name}`; there are vim, emacs and plain"),
    unknown_context: |name, near| format!("there is no place `{name}` for keys.{}", did_you_mean(near)),
    not_a_table: |name| format!("`{name}` must be a table: `[{name}]`"),
    not_a_row: |keys| format!("`{keys}` needs an action: a string, or {{ run = \"…\", help = \"…\" }}"),
    unknown_field: |name| format!("`{name}` is not known here; there are `run` and `help`"),
    unknown_key: |key| format!("`{key}` is no key. Write keys as vim does: gg, <C-d>, <CR>, <Space>, <lt>"),
    no_keys: "no keys are named",
    unsendable: |key, instead| match instead {
        Some(instead) => format!("a terminal cannot send {key}; it arrives as {instead}"),
        None => format!("a terminal cannot send {key}"),
    },
    hides: |keys, longer, action| {
        format!("`{keys}` would hide `{longer}` ({action}); set `{longer}` to \"none\" or take other keys")
    },
    hidden: |keys, shorter, action| {
        format!(
            "`{keys}` can never be reached: `{shorter}` ({action}) comes first; set `{shorter}` to \"none\" or take other keys"
        )
    },
    twice: |keys, line| format!("`{keys}` is bound twice; the other one is in line {line}"),
    digit: |keys| format!("`{keys}` can never be reached: a digit begins a count"),
    text_key: |keys| format!("`{keys}` begins with a letter, which becomes text while typing"),
    not_there: |action, place| format!("`{action}` does nothing in `{place}`"),
};

/// Japanese.
pub const JA: Mistakes = Mistakes {
    empty_action: "操作がありません",
    unknown_action: |name, near| format!("操作 `{name}` はありません。{}", did_you_mean_ja(near)),
    wants_argument: |name, what| format!("`{name}` には{what}が必要です"),
    takes_none: |name, rest| format!("`{name}` に引数はありませんが `{rest}` があります"),
    wrong_argument: |name, rest, what| format!("`{name} {rest}`: {what}を指定してください"),
    arg_number: "番号",
    arg_status: "状態 (new, open, waiting, resolved, closed)",
    arg_priority: "優先度 (low, normal, high, urgent)",
    arg_labels: "ラベル (`+billing -vip` など)",
    arg_agent: "担当者",
    arg_queue: "キュー",
    arg_words: "言葉",
    arg_ticket: "チケット番号",
    arg_path: "パス",
    arg_requester: "メールアドレス",
    arg_desk: "デスク",
    unknown_keymap: |name| format!("キーマップ `{name}` はありません。vim、emacs、plain があります"),
    unknown_context: |name, near| format!("キーの場所 `{name}` はありません。{}", did_you_mean_ja(near)),
    not_a_table: |name| format!("`{name}` は表 `[{name}]` で書いてください"),
    not_a_row: |keys| format!("`{keys}` には操作が必要です: 文字列、または {{ run = \"…\", help = \"…\" }}"),
    unknown_field: |name| format!("`{name}` は使えません。`run` と `help` があります"),
    unknown_key: |key| format!("`{key}` というキーはありません。vim の書き方で: gg, <C-d>, <CR>, <Space>, <lt>"),
    no_keys: "キーがありません",
    unsendable: |key, instead| match instead {
        Some(instead) => format!("端末は {key} を送れません。{instead} として届きます"),
        None => format!("端末は {key} を送れません"),
    },
    hides: |keys, longer, action| {
        format!("`{keys}` は `{longer}` ({action}) を隠します。`{longer}` を \"none\" にするか別のキーにしてください")
    },
    hidden: |keys, shorter, action| {
        format!(
            "`{keys}` には届きません: `{shorter}` ({action}) が先に動きます。`{shorter}` を \"none\" にするか別のキーにしてください"
        )
    },
    twice: |keys, line| format!("`{keys}` が二度割り当てられています。もう一つは {line} 行目です"),
    digit: |keys| format!("`{keys}` には届きません: 数字は回数になります"),
    text_key: |keys| format!("`{keys}` は文字で始まるため、入力中は本文になります"),
    not_there: |action, place| format!("`{action}` は `{place}` では何もしません"),
};
