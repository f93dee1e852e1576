//! What comes to the shops.

use super::{ALMA, Act, DAY, Form, HOUR, JO, KEI, MIKA, PRIYA, Story, TARO};
use crate::domain::ticket::Priority;

/// The stories.
pub static STORIES: [Story; 25] = [
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
