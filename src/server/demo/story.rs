//! The stories of the sample desk, as data. Minutes count back from now.

use crate::domain::ticket::Priority;

/// The agents: login and name. `you` stands for whoever looks.
pub const TEAM: [(&str, &str); 6] = [
    ("mika", "Mika Kato"),
    ("taro", "Taro Sato"),
    (YOU, "Jo Park"),
    ("alma", "Alma Reyes"),
    ("kei", "田中 圭 (Kei)"),
    ("priya", "Priya Nair"),
];

/// The login in [`TEAM`] that stands for the agent who looks.
pub const YOU: &str = "you";

/// Places in [`TEAM`].
pub const MIKA: usize = 0;
const TARO: usize = 1;
const JO: usize = 2;
const ALMA: usize = 3;
const KEI: usize = 4;
const PRIYA: usize = 5;

/// Queues with the hours until a customer should have an answer.
pub const QUEUES: [(&str, u32); 5] =
    [("Shop", 4), ("Shop-X", 8), ("Onboarding", 24), ("Claims", 12), ("Logistics", 24)];

/// How a mail is made.
pub enum Form {
    /// Plain text in UTF-8.
    Plain,
    /// Plain text in the old Japanese encoding.
    Iso2022Jp,
    /// HTML only.
    Html,
    /// Plain text with a file: name, media type, content.
    File(&'static str, &'static str, &'static str),
}

/// What happens to a ticket later.
pub enum Act {
    /// The customer writes again.
    Answers(&'static str),
    /// An agent takes it.
    Claims,
    /// An agent answers and waits.
    Replies(&'static str),
    /// An agent answers with a file and waits.
    Sends(&'static str, &'static str, &'static [u8]),
    /// An agent answers, and that was it.
    Resolves(&'static str),
    /// An agent leaves a note.
    Notes(&'static str),
    /// An agent adds labels.
    Labels(&'static [&'static str]),
    /// An agent sets the priority.
    Sets(Priority),
    /// An agent moves it to another queue.
    Moves(&'static str),
    /// An agent moves a message out into a ticket of its own.
    SplitsOff(u32, &'static str),
}

/// One ticket: the mail it begins with, and what happened since.
pub struct Story {
    /// Where the mail arrives.
    pub queue: &'static str,
    /// The customer's name.
    pub name: &'static str,
    /// The customer's address.
    pub email: &'static str,
    /// The subject.
    pub subject: &'static str,
    /// Minutes since it arrived.
    pub ago: i64,
    /// How it was written.
    pub form: Form,
    /// What it says.
    pub text: &'static str,
    /// What happened since: minutes ago, by whom (a place in [`TEAM`]), what.
    pub then: &'static [(i64, usize, Act)],
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// All of them.
pub const STORIES: [Story; 41] = [
    Story {
        queue: "Shop",
        name: "Ben Ode",
        email: "ben@example.net",
        subject: "Double charge on my card",
        ago: 4 * HOUR + 4,
        form: Form::File(
            "statement.txt",
            "text/plain",
            "2026-01-03  EXAMPLE SHOP  42.90\n2026-01-03  EXAMPLE SHOP  42.90\n",
        ),
        text: "Hello,

my card was charged twice for order 5498, 42.90 each time. I only ordered once.
Please refund one of them. A screenshot of the statement is attached.

Ben Ode",
        then: &[],
    },
    Story {
        queue: "Shop",
        name: "Lena Fischer",
        email: "lena@example.net",
        subject: "Where is my refund",
        ago: 3,
        form: Form::Plain,
        text: "Hi,

I was charged twice for order 5512. Also, how do I change the delivery
address of order 5540? It should go to my office.

Thanks
Lena Fischer",
        then: &[],
    },
    Story {
        queue: "Shop",
        name: "田中 美咲",
        email: "misaki.tanaka@example.jp",
        subject: "返品と請求書の件について",
        ago: 7,
        form: Form::Iso2022Jp,
        text: "お世話になっております。田中と申します。

二点お伺いいたします。
1. 注文番号5521の商品を返品したいのですが、送り先を教えてください。
2. 先月分の請求書を再発行していただけますでしょうか。宛名は「株式会社みさき」でお願いいたします。

よろしくお願いいたします。
田中 美咲",
        then: &[],
    },
    Story {
        queue: "Shop",
        name: "Omar Haddad",
        email: "omar@example.org",
        subject: "Discount code does not work",
        ago: 52,
        form: Form::Plain,
        text: r#"The code WINTER15 says "not valid for this basket". The basket holds only full-price items.

Omar"#,
        then: &[],
    },
    Story {
        queue: "Shop-X",
        name: "Grace Lin",
        email: "grace.lin@example.com",
        subject: "Wholesale price list",
        ago: 5 * HOUR,
        form: Form::Plain,
        text: "Dear team,

could you send us the price list for 2026, and tell us the smallest order for the X line?

Grace Lin
Lin & Daughters",
        then: &[],
    },
    Story {
        queue: "Onboarding",
        name: "Acme GmbH",
        email: "einkauf@acme.example",
        subject: "Konto anlegen, Schritt 3",
        ago: 2 * DAY,
        form: Form::Plain,
        text: r#"Guten Tag,

bei Schritt 3 der Registrierung erscheint "Die Umsatzsteuer-ID konnte nicht geprüft werden".
Unsere Nummer ist DE123456789. Was können wir tun?

Mit freundlichen Grüßen
Jana Weiß"#,
        then: &[],
    },
    Story {
        queue: "Claims",
        name: "Hiroshi Mori",
        email: "h.mori@example.jp",
        subject: "破損した状態で届きました",
        ago: 13 * HOUR,
        form: Form::Plain,
        text: "本日届いた花瓶（注文番号5477）が割れていました。
写真が必要でしたらお送りします。交換をお願いできますか。

森 浩",
        then: &[],
    },
    Story {
        queue: "Logistics",
        name: "Nordic Freight",
        email: "dispatch@nordic.example",
        subject: "Delay notice: NF-20931",
        ago: 35,
        form: Form::Html,
        text: r#"<html><body><p>Dear partner,</p>
<p>shipment <b>NF-20931</b> is delayed by weather at Malmö.</p>
<table><tr><th>Leg</th><th>Planned</th><th>Now</th></tr>
<tr><td>Malmö – Hamburg</td><td>Tue</td><td>Thu</td></tr>
<tr><td>Hamburg – Köln</td><td>Wed</td><td>Fri</td></tr></table>
<p>Track it <a href="https://nordic.example/track/NF-20931">here</a>.</p></body></html>"#,
        then: &[],
    },
    Story {
        queue: "Shop",
        name: "A. Rossi",
        email: "a.rossi@example.org",
        subject: "Where is parcel 88213?",
        ago: 6 * HOUR,
        form: Form::Plain,
        text: r#"Good morning, the tracking page has said "in transit" since Friday. Where is my parcel?

A. Rossi"#,
        then: &[
            (5 * HOUR, MIKA, Act::Claims),
            (
                5 * HOUR - 4,
                MIKA,
                Act::Replies(
                    "Dear A. Rossi,

I have asked the carrier and will write as soon as they answer.

Kind regards
Mika Kato",
                ),
            ),
            (HOUR, JO, Act::Answers("It has now been four days. The neighbour has not got it either.")),
            (20, JO, Act::Answers("I just saw that the address on the label is my old one. Can it be redirected?")),
        ],
    },
    Story {
        queue: "Shop",
        name: "L. Okafor",
        email: "l.okafor@example.com",
        subject: "Invoice address is wrong",
        ago: DAY + 2 * HOUR,
        form: Form::Plain,
        text: "The invoice for order 5460 carries my private address. It must be the company's:
Okafor Trading, 12 Marina Road, Lagos. Can you issue it again?",
        then: &[
            (DAY, JO, Act::Claims),
            (
                23 * HOUR,
                JO,
                Act::Replies(
                    "Hello,

of course. May I have your company's tax number for the new invoice?

Kind regards
Jo",
                ),
            ),
            (22 * HOUR, JO, Act::Labels(&["billing", "invoice"])),
        ],
    },
    Story {
        queue: "Shop",
        name: "Sofia Lindqvist",
        email: "sofia@example.net",
        subject: "Size exchange, order 5502",
        ago: 9 * HOUR,
        form: Form::Plain,
        text: "Hej! The boots are too small. Could I exchange them from 38 to 39?

Sofia",
        then: &[
            (8 * HOUR, JO, Act::Claims),
            (
                7 * HOUR,
                JO,
                Act::Replies(
                    "Hi Sofia,

yes, 39 is in stock. The return label is on its way by separate mail.

Jo",
                ),
            ),
            (
                50,
                JO,
                Act::Answers(
                    "The label has arrived, the parcel leaves today. Will you send the 39 at once or after it has reached you?",
                ),
            ),
        ],
    },
    Story {
        queue: "Onboarding",
        name: "Tom Becker",
        email: "tom.becker@example.org",
        subject: "Second user for our account",
        ago: 30 * HOUR,
        form: Form::Plain,
        text: "How do I give my colleague access? She should see orders but not prices.",
        then: &[
            (28 * HOUR, JO, Act::Claims),
            (
                5 * HOUR,
                JO,
                Act::Notes("Roles without prices come with release 14. Ask Priya for the date before answering."),
            ),
        ],
    },
    Story {
        queue: "Claims",
        name: "渡辺 健",
        email: "k.watanabe@example.jp",
        subject: "交換品の発送日について",
        ago: 26 * HOUR,
        form: Form::Plain,
        text: "先日交換をお願いした椅子の件です。発送日が決まりましたらご連絡ください。

渡辺",
        then: &[
            (25 * HOUR, JO, Act::Claims),
            (
                24 * HOUR,
                JO,
                Act::Replies(
                    "渡辺様

ご連絡ありがとうございます。交換品は今週木曜日に発送いたします。

よろしくお願いいたします。",
                ),
            ),
            (
                3 * HOUR,
                JO,
                Act::Answers("ありがとうございます。木曜日は不在ですので、土曜日の午前中に変更できますか。"),
            ),
        ],
    },
    Story {
        queue: "Shop-X",
        name: "Marta Kowalska",
        email: "marta@example.com",
        subject: "Samples arrived incomplete",
        ago: 8 * HOUR + 30,
        form: Form::Plain,
        text: "Two of the five samples are missing: X-104 and X-107. The delivery note lists all five.",
        then: &[(7 * HOUR, JO, Act::Claims), (6 * HOUR, JO, Act::Labels(&["samples"]))],
    },
    Story {
        queue: "Shop",
        name: "Ines Duarte",
        email: "ines@example.net",
        subject: "Gift card is empty",
        ago: 5 * HOUR,
        form: Form::Plain,
        text: "The gift card my sister bought (ends 7731) shows a balance of 0.00. She paid 50.",
        then: &[
            (4 * HOUR, MIKA, Act::Claims),
            (3 * HOUR + 50, MIKA, Act::Sets(Priority::High)),
            (
                3 * HOUR + 48,
                MIKA,
                Act::Notes("Payment is there, activation failed. Waiting for finance to book it again."),
            ),
        ],
    },
    Story {
        queue: "Shop",
        name: "Paul Meyer",
        email: "paul.meyer@example.org",
        subject: "Cancel order 5533, please",
        ago: 2 * HOUR,
        form: Form::Plain,
        text: "I ordered the wrong colour. Please cancel 5533, I will order again.",
        then: &[(100, MIKA, Act::Claims)],
    },
    Story {
        queue: "Shop",
        name: "Yuki Abe",
        email: "yuki.abe@example.jp",
        subject: "領収書の再発行",
        ago: 3 * HOUR,
        form: Form::Plain,
        text: "注文番号5490の領収書を紛失してしまいました。再発行をお願いいたします。

阿部 由紀",
        then: &[(150, MIKA, Act::Claims), (140, MIKA, Act::Labels(&["receipt"]))],
    },
    Story {
        queue: "Shop",
        name: "Carla Nunez",
        email: "carla@example.com",
        subject: "Newsletter: how do I leave it?",
        ago: 7 * HOUR,
        form: Form::Plain,
        text: r#"I have clicked "unsubscribe" three times and still get it every morning. Please take me off."#,
        then: &[
            (6 * HOUR, MIKA, Act::Claims),
            (5 * HOUR + 30, MIKA, Act::Notes("Address is on two lists. Removed from both, check tomorrow.")),
        ],
    },
    Story {
        queue: "Shop",
        name: "Ravi Patel",
        email: "ravi@example.net",
        subject: "Wrong item in the box",
        ago: 11 * HOUR,
        form: Form::Html,
        text: "<html><body><p>Hi,</p><p>I ordered the <i>blue</i> kettle and got a toaster.</p>
<ul><li>Order: 5485</li><li>Received: toaster T-20</li></ul>
<p>Please send the kettle. Do you want the toaster back?</p><p>Ravi</p></body></html>",
        then: &[
            (10 * HOUR, MIKA, Act::Claims),
            (
                9 * HOUR,
                MIKA,
                Act::Replies(
                    "Dear Ravi,

sorry about that. The kettle leaves today; a label for the toaster is in the box.

Mika Kato",
                ),
            ),
            (4 * HOUR + 30, JO, Act::Answers("Thank you! And may I keep the toaster if I pay for it?")),
        ],
    },
    Story {
        queue: "Claims",
        name: "Elif Demir",
        email: "elif@example.org",
        subject: "Claim 301: scratched table",
        ago: 2 * DAY,
        form: Form::Plain,
        text: "The table top has a scratch of 20 cm. I would keep it for a discount.

Elif Demir",
        then: &[
            (46 * HOUR, MIKA, Act::Claims),
            (
                45 * HOUR,
                MIKA,
                Act::Replies(
                    "Dear Elif Demir,

we can offer 25 percent. Is that all right?

Mika Kato",
                ),
            ),
        ],
    },
    Story {
        queue: "Logistics",
        name: "Ola Berg",
        email: "ola@example.net",
        subject: "Pick-up did not happen",
        ago: 28 * HOUR,
        form: Form::Plain,
        text: "The driver was to come between 10 and 12 for the return of order 5420. Nobody came.",
        then: &[
            (27 * HOUR, MIKA, Act::Claims),
            (
                26 * HOUR,
                MIKA,
                Act::Replies(
                    "Dear Ola,

a new pick-up is booked for tomorrow, 9 to 11.

Mika Kato",
                ),
            ),
            (70, JO, Act::Answers("They came at 8 and I was out. Please make it Friday, after 10.")),
        ],
    },
    Story {
        queue: "Shop",
        name: "Kenji Ito",
        email: "kenji.ito@example.jp",
        subject: "ポイントが反映されません",
        ago: 90,
        form: Form::Plain,
        text: "昨日の購入分（注文番号5544）のポイントがまだ反映されていません。ご確認をお願いします。

伊藤 健二",
        then: &[(80, TARO, Act::Claims)],
    },
    Story {
        queue: "Onboarding",
        name: "Blue Kite Ltd",
        email: "office@bluekite.example",
        subject: "Account setup, step 3",
        ago: 2 * HOUR,
        form: Form::File("certificate.png", "image/png", "not really a picture, only a sample"),
        text: r#"We are stuck at "upload certificate": the page takes PDF only and ours is a scan in PNG.
Is there another way? The scan is attached."#,
        then: &[
            (110, TARO, Act::Claims),
            (100, TARO, Act::Notes("PNG upload is a known gap. Converted it by hand, file is in the account.")),
        ],
    },
    Story {
        queue: "Shop-X",
        name: "Dana Petrov",
        email: "dana@example.com",
        subject: "Order form asks for a fax number",
        ago: 3 * DAY,
        form: Form::Plain,
        text: "The form will not go on without a fax number. We have not had a fax since 2009.",
        then: &[
            (70 * HOUR, TARO, Act::Claims),
            (
                69 * HOUR,
                TARO,
                Act::Replies(
                    "Dear Dana,

please type 000 there; we have asked for the field to go.

Taro Sato",
                ),
            ),
        ],
    },
    Story {
        queue: "Logistics",
        name: "Harbour Cold Store",
        email: "gate@harbour.example",
        subject: "Slot for Thursday",
        ago: 4 * HOUR,
        form: Form::Plain,
        text: "Your truck has slot 14:20 at gate 3 on Thursday. Please confirm with the driver's name.",
        then: &[(3 * HOUR, TARO, Act::Claims), (170, TARO, Act::Sets(Priority::High))],
    },
    Story {
        queue: "Claims",
        name: "Jun Park",
        email: "jun.park@example.net",
        subject: "Claim 288: still no answer",
        ago: 4 * DAY,
        form: Form::Plain,
        text: "I sent photos of the broken lamp two weeks ago (claim 288) and have heard nothing since.",
        then: &[
            (95 * HOUR, ALMA, Act::Claims),
            (94 * HOUR, ALMA, Act::Sets(Priority::Urgent)),
            (
                93 * HOUR,
                ALMA,
                Act::Replies(
                    "Dear Jun Park,

I am sorry. The lamp will be replaced; may I have your current address?

Alma Reyes",
                ),
            ),
            (14 * HOUR, JO, Act::Answers("It is 8 Hill Street, flat 2. Please hurry, it was a present.")),
        ],
    },
    Story {
        queue: "Claims",
        name: "Nadia Rahman",
        email: "nadia@example.org",
        subject: "Refund went to an old card",
        ago: 20 * HOUR,
        form: Form::Plain,
        text: "The refund of claim 295 went to a card that I closed in November. What happens now?",
        then: &[
            (19 * HOUR, ALMA, Act::Claims),
            (
                18 * HOUR,
                ALMA,
                Act::Replies(
                    "Dear Nadia,

the bank sends it back to us within a week; then we pay it to an account you name.

Alma Reyes",
                ),
            ),
        ],
    },
    Story {
        queue: "Shop",
        name: "佐々木 玲奈",
        email: "rena.sasaki@example.jp",
        subject: "配送先の変更と熨斗について",
        ago: 6 * HOUR + 20,
        form: Form::Plain,
        text: "注文番号5530について、配送先を大阪の実家に変更したいです。
また、熨斗（内祝い）をつけていただくことは可能でしょうか。

佐々木 玲奈",
        then: &[
            (6 * HOUR, KEI, Act::Claims),
            (
                5 * HOUR + 40,
                KEI,
                Act::Replies(
                    "佐々木様

配送先の変更を承りました。熨斗も無料でお付けできます。お名前はどのようにお入れしますか。

田中 圭",
                ),
            ),
            (2 * HOUR + 10, JO, Act::Answers("「佐々木」でお願いいたします。")),
        ],
    },
    Story {
        queue: "Shop-X",
        name: "高橋商店",
        email: "info@takahashi.example.jp",
        subject: "見積書のお願い",
        ago: 33 * HOUR,
        form: Form::Plain,
        text: "X-200を50個購入した場合の見積書をお送りください。

高橋商店 高橋",
        then: &[
            (32 * HOUR, KEI, Act::Claims),
            (
                31 * HOUR,
                KEI,
                Act::Sends(
                    "高橋様

お見積書をお送りいたします。ご確認ください。

田中 圭",
                    "mitsumori-0105.txt",
                    "X-200  50  @1,200  60,000\n".as_bytes(),
                ),
            ),
        ],
    },
    Story {
        queue: "Claims",
        name: "小林 大輔",
        email: "d.kobayashi@example.jp",
        subject: "保証書が入っていませんでした",
        ago: 15 * HOUR,
        form: Form::Plain,
        text: "先週購入した炊飯器に保証書が入っていませんでした。送っていただけますか。",
        then: &[(14 * HOUR, KEI, Act::Claims), (13 * HOUR, KEI, Act::Labels(&["warranty"]))],
    },
    Story {
        queue: "Onboarding",
        name: "Green Fork Café",
        email: "hello@greenfork.example",
        subject: "Menu import: prices are off by 100",
        ago: 26 * HOUR,
        form: Form::File("menu.csv", "text/csv", "item;price\ncoffee;320\ntea;280\n"),
        text: "After the import every price is a hundred times too high: a coffee is 320.00 now!
The file is attached, could you look?",
        then: &[
            (25 * HOUR, PRIYA, Act::Claims),
            (24 * HOUR, PRIYA, Act::Notes("Their file uses cents. Import has a switch for it, undocumented.")),
            (
                23 * HOUR,
                PRIYA,
                Act::Replies(
                    "Hello,

your file counts in cents. I have imported it again with the right setting; please have a look.

Priya Nair",
                ),
            ),
        ],
    },
    Story {
        queue: "Onboarding",
        name: "Sam Rivera",
        email: "sam@example.com",
        subject: "Training for the new team",
        ago: 50,
        form: Form::Plain,
        text: "We start on Monday with six people. Is there a training we could book this week?
And where do we find the handbook for the returns desk?",
        then: &[(40, PRIYA, Act::Claims)],
    },
    Story {
        queue: "Shop",
        name: "Vera Novak",
        email: "vera@example.net",
        subject: "Two things about order 5470",
        ago: 30 * HOUR,
        form: Form::Plain,
        text: "First: the box was open when it came, but nothing is missing.

Second: I would like an invoice without VAT, our number is CZ12345678.",
        then: &[
            (29 * HOUR, MIKA, Act::Claims),
            (28 * HOUR, JO, Act::Answers("About the invoice: please make it out to Novak s.r.o., Brno.")),
            (27 * HOUR, MIKA, Act::SplitsOff(2, "Invoice without VAT, order 5470")),
            (
                26 * HOUR,
                MIKA,
                Act::Resolves(
                    "Dear Vera,

thank you for telling us about the box; we have passed it on. The invoice goes its own way.

Mika Kato",
                ),
            ),
        ],
    },
    Story {
        queue: "Shop",
        name: "George Hill",
        email: "george@example.org",
        subject: "Password link expired",
        ago: 2 * DAY,
        form: Form::Plain,
        text: "The link in the password mail says it has expired, although I clicked it at once.",
        then: &[
            (47 * HOUR, TARO, Act::Claims),
            (
                46 * HOUR,
                TARO,
                Act::Resolves(
                    "Dear George,

your mail program opens links to check them, which uses them up. This one works only on paste: it has been sent.

Taro Sato",
                ),
            ),
        ],
    },
    Story {
        queue: "Shop",
        name: "Anna Schmidt",
        email: "anna.schmidt@example.com",
        subject: "Danke!",
        ago: 3 * DAY,
        form: Form::Plain,
        text: "Das Paket ist da, alles bestens. Vielen Dank für die schnelle Hilfe!",
        then: &[
            (70 * HOUR, ALMA, Act::Claims),
            (
                69 * HOUR,
                ALMA,
                Act::Resolves(
                    "Liebe Frau Schmidt,

das freut uns sehr.

Alma Reyes",
                ),
            ),
        ],
    },
    Story {
        queue: "Logistics",
        name: "中村運輸",
        email: "haisha@nakamura.example.jp",
        subject: "1月10日の集荷について",
        ago: 10 * HOUR,
        form: Form::Plain,
        text: "1月10日の集荷時間を午前9時に変更していただけますか。ドライバーの都合によるものです。

中村運輸 配車係",
        then: &[
            (9 * HOUR, KEI, Act::Claims),
            (
                8 * HOUR,
                KEI,
                Act::Resolves(
                    "中村運輸 配車ご担当者様

1月10日 午前9時で承りました。よろしくお願いいたします。

田中 圭",
                ),
            ),
        ],
    },
    Story {
        queue: "Shop",
        name: "Maria Costa",
        email: "maria@example.net",
        subject: "Parcel lost?",
        ago: 30 * HOUR,
        form: Form::Plain,
        text: "The carrier says delivered, my letter box says otherwise. Order 5466.",
        then: &[
            (29 * HOUR, TARO, Act::Claims),
            (28 * HOUR, TARO, Act::Notes("Carrier has a signature that is not hers. One for Claims.")),
            (27 * HOUR, TARO, Act::Moves("Claims")),
            (26 * HOUR, TARO, Act::Labels(&["lost", "carrier"])),
        ],
    },
    Story {
        queue: "Shop",
        name: "Chris Young",
        email: "chris@example.com",
        subject: "Feature request: dark mode for the shop",
        ago: 5 * DAY,
        form: Form::Plain,
        text: "Your shop is very bright at night. A dark mode would be lovely. No need to answer!",
        then: &[
            (110 * HOUR, PRIYA, Act::Claims),
            (109 * HOUR, PRIYA, Act::Labels(&["idea"])),
            (
                108 * HOUR,
                PRIYA,
                Act::Resolves(
                    "Dear Chris,

we answer anyway: noted, and thank you.

Priya Nair",
                ),
            ),
        ],
    },
    Story {
        queue: "Shop-X",
        name: "Lars Holm",
        email: "lars@example.org",
        subject: "Payment terms",
        ago: 31 * HOUR,
        form: Form::Plain,
        text: "Can we move from 14 to 30 days? We have been customers for six years now.",
        then: &[
            (30 * HOUR, ALMA, Act::Claims),
            (
                29 * HOUR,
                ALMA,
                Act::Replies(
                    "Dear Lars,

I have asked finance and will have an answer this week.

Alma Reyes",
                ),
            ),
        ],
    },
    Story {
        queue: "Logistics",
        name: "Irene Vogel",
        email: "irene@example.net",
        subject: "Delivery to the third floor",
        ago: 45,
        form: Form::Plain,
        text: "We have no lift. Will the driver carry the wardrobe up, or do I need help?
And does he take the packaging with him?",
        then: &[],
    },
    Story {
        queue: "Shop",
        name: "Ahmed Karim",
        email: "ahmed@example.com",
        subject: "Voucher for the delay?",
        ago: 23,
        form: Form::Plain,
        text: "The jacket came a week late and the birthday was over. Is there a voucher for that?",
        then: &[],
    },
];
