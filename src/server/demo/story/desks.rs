//! What comes to the other queues: beginnings, claims, parcels.

use super::{ALMA, Act, DAY, Form, HOUR, JO, KEI, MIKA, PRIYA, Story, TARO};
use crate::domain::ticket::Priority;

/// The stories.
pub static STORIES: [Story; 16] = [
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
];
