//! Sentences of django-helpdesk.

use super::Row;

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // what it does and does not
    ("django-helpdesk has no lock: we look, write our name and read it back, so a claim there is likely and not guaranteed", "django-helpdesk にはロックがありません。確認して名前を書き、読み直します。担当は確実とは言えません"),
    ("a private follow-up; the customer gets no mail, but people on the ticket's copies may, and we say who", "非公開の追記です。お客様には届きませんが、チケットの CC の人には届くことがあり、誰に届いたかを示します"),
    ("kept in the custom text field `tags`, or the one that the option `labels` names", "カスタム項目「tags」、または設定 labels の項目に保存します"),
    ("a new ticket is made, then each message is moved to it; not in one step, and lines get today's date", "新しいチケットを作り、メッセージを 1 通ずつ移します。一括ではなく、行の分割は今日の日付になります"),
    ("each message is moved, then the ticket is marked as merged; not in one step", "メッセージを 1 通ずつ移し、統合済みの印を付けます。一括ではありません"),
    ("all tickets are read and searched here; slow where there are thousands", "全チケットを読んで手元で検索します。数千件あると遅くなります"),
    ("all tickets are read and looked through here; slow where there are thousands", "全チケットを読んで手元で探します。数千件あると遅くなります"),
    ("asked for every minute", "1 分ごとに問い合わせます"),
    ("django-helpdesk keeps nothing that a change could be taken back with", "django-helpdesk には変更を取り消すための記録がありません"),
    ("django-helpdesk does not know who reads or writes", "django-helpdesk では誰が閲覧・記入しているか分かりません"),
    ("django-helpdesk cannot hide a ticket until a time", "django-helpdesk ではチケットを一時的に隠せません"),
    ("django-helpdesk takes mail from its own mailboxes alone", "django-helpdesk は自分のメールボックスからしかメールを取り込みません"),
    // accounts and names
    ("django-helpdesk does not tell whose a token is; give your account's name to the desk", "django-helpdesk はトークンの持ち主を教えません。デスクの設定にアカウント名を書いてください"),
    ("django-helpdesk knows no account {}; see the desk's account, or name it in the option agents: 7={}", "django-helpdesk にアカウント {0} はありません。デスクの account を確かめるか、設定 agents に 7={1} のように書いてください"),
    ("the account is no staff account on this django-helpdesk; ask its administrator", "この django-helpdesk でスタッフのアカウントではありません。管理者に頼んでください"),
    ("django-helpdesk knows its customers by their mail address alone", "django-helpdesk はお客様をメールアドレスでしか区別しません"),
    ("django-helpdesk knows no agent {}; those it knows: {}", "django-helpdesk に担当者 {0} はいません。いるのは {1} です"),
    ("django-helpdesk knows no agent {}", "django-helpdesk に担当者 {0} はいません"),
    ("there is no queue {} here for you; there are: {}", "使えるキュー {0} はありません。あるのは {1} です"),
    ("there is no queue {} here for you", "使えるキュー {0} はありません"),
    // changes
    ("somebody changed the ticket at the same moment, and django-helpdesk kept theirs; look at it and try again", "同時に他の人が変更し、django-helpdesk はそちらを残しました。確認してやり直してください"),
    ("it is done; reopen it first", "完了しています。先に再開してください"),
    ("it is closed; reopen it first", "終了しています。先に再開してください"),
    ("nobody holds it", "担当者はいません"),
    ("this django-helpdesk has no custom field {}; name one that holds text in the option labels", "この django-helpdesk にカスタム項目 {0} はありません。設定 labels に文字の項目を書いてください"),
    ("a label here cannot have a comma: {}", "ここのラベルにコンマは使えません: {0}"),
    ("a subject there has 1 to {} letters", "件名は 1 から {0} 文字です"),
    // replies and notes
    ("django-helpdesk keeps copies with the ticket, and its API cannot change them; add them in its web pages", "django-helpdesk の CC はチケットにあり、API では変えられません。Web 画面で追加してください"),
    ("a reply there cannot have another subject: it would rename the ticket", "返信の件名は変えられません。チケットの件名が変わってしまいます"),
    ("a reply there goes to the customer of the ticket and to nobody else", "返信はチケットのお客様だけに届きます"),
    ("it is said, but what should follow was not done: {}", "送信しましたが、その後の変更はできませんでした: {0}"),
    ("this note was mailed to {}: they are on the ticket's copies", "このメモは {0} にメールされました。チケットの CC にいます"),
    ("kept there, but the customer was NOT mailed", "記録しましたが、お客様にはメールされていません"),
    ("the text is on the ticket, but django-helpdesk refused a file of it; do not send it again, add the file in its web pages", "本文は記録されましたが、django-helpdesk が添付を拒否しました。再送せず、Web 画面で添付してください"),
    ("django-helpdesk takes no {} files unless its house was told to; it takes {}, and the option extensions names more", "django-helpdesk は通常 {0} のファイルを受け付けません。受け付けるのは {1} で、設定 extensions で増やせます"),
    ("the helpdesk keeps this file on another host; open it in its web pages", "このファイルは別のホストにあります。Web 画面で開いてください"),
    // several steps
    ("ticket {} was made, and then it went wrong: {}; finish it by hand, do not repeat it", "チケット {0} を作った後で失敗しました: {1}。繰り返さず、手で仕上げてください"),
    ("{} of {} messages were moved, and then it went wrong: {}; merge again to move the rest", "{1} 通のうち {0} 通を移した後で失敗しました: {2}。もう一度統合すると残りを移します"),
    ("something must stay in the ticket, and something must leave it", "元のチケットにも新しいチケットにもメッセージが要ります"),
    ("the new ticket has no entry to keep the note's lines in", "新しいチケットにメモの行を入れる項目がありません"),
    ("it is merged already; open the ticket that it leads to", "すでに統合されています。統合先を開いてください"),
];
