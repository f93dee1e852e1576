//! The table of round trips in the adapter's header, held to what is asked.

use super::*;

/// An RT that does everything. Of ticket 11 it tells `row`; once it was merged it tells nothing more.
async fn willing(row: String) -> TestServer {
    let mut merged = false;
    let mut guests = String::new();
    TestServer::by(move |request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap();
        merged |= body.contains("MergeInto");
        if let Some(cc) = body.strip_prefix(r#"{"Cc":["#) {
            guests = cc.trim_matches(&['"', ']', '}'][..]).to_owned();
        }
        let current = || {
            let owner = if row.contains(r#""Name":"bram""#) {
                r#"{"id":45,"Name":"bram"}"#
            } else {
                r#"{"id":47,"Name":"chen"}"#
            };
            ok(&format!(
                r#"{{"id":11,"Owner":{owner},"CustomFields":[{{"id":"2","name":"Labels","values":["配送"]}}]}}"#
            ))
        };
        match line {
            l if l.starts_with("PUT") => ok(r#"["Owner changed from Nobody to chen"]"#),
            l if l.starts_with("POST") => said("201 Created", r#"{"id":"19"}"#),
            l if l.contains("/queues/all") => ok(r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#),
            l if l.contains("/history") => list(r#"{"id":"108","Type":"Create"}"#, "null"),
            l if l.contains("/ticket/11") => current(),
            l if l.contains("query=id+%3D+11&") && merged => list("", "0"),
            _ => {
                let cc = format!(r#""Cc":[{{"id":"{guests}","EmailAddress":"{guests}"}}]"#);
                list(&if guests.is_empty() { row.clone() } else { row.replace(r#""Cc":[]"#, &cc) }, "1")
            }
        }
    })
    .await
}

#[tokio::test]
async fn every_verb_costs_what_the_header_says() {
    let id = || TicketId::from("11");
    let says = || Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    let then = Then { status: Some(Status::Open), assignee: Some("chen".into()) };
    let copies = vec![Person::parse("office@x.example")];
    let mine = row(11, CHEN, "");
    let free = || row(11, NOBODY, "");
    let waiting = mine.replace(r#""Status":"open""#, r#""Status":"stalled""#);
    let cases: Vec<(Change, u64)> = vec![
        (claim(), 2),
        (Change::Assign { ticket: id(), to: "chen".into() }, 2),
        (Change::Status { ticket: id(), to: Status::Open }, 2),
        (Change::Priority { ticket: id(), to: Priority::Low }, 2),
        (Change::Move { ticket: id(), to: "3".into() }, 2),
        (Change::Subject { ticket: id(), to: Clean::line("Parcel C-5510 is late") }, 2),
        (Change::Label { ticket: id(), add: vec![], remove: vec![Clean::line("x")] }, 3),
        (Change::Requester { ticket: id(), to: Person::parse("lena@customer.example") }, 3),
        (Change::Note { ticket: id(), message: says() }, 3),
        (Change::Reply { ticket: id(), message: says() }, 3),
        (Change::Reply { ticket: id(), message: Outgoing { then, ..says() } }, 5),
        (Change::Reply { ticket: id(), message: Outgoing { cc: copies, ..says() } }, 8),
        (Change::New(by_phone()), 3),
        (Change::Merge { ticket: id(), into: "12".into() }, 4),
    ];
    for (change, trips) in cases {
        let server = willing(mine.clone()).await;
        costs(&server, &change, trips).await;
    }
    costs(&willing(row(11, BRAM, "")).await, &Change::Steal { ticket: id() }, 3).await;
    costs(&willing(free()).await, &Change::Release { ticket: id() }, 3).await;
    costs(&willing(waiting).await, &Change::Status { ticket: id(), to: Status::Waiting }, 2).await;
}

async fn costs(server: &TestServer, change: &Change, trips: u64) {
    let desk = desk(server);
    desk.list(&Query::default(), None).await.unwrap();
    desk.queues().await.unwrap();
    let before = desk.round_trips();
    let done = apply(&desk, change.clone()).await;
    // The stand-in does not let go of who holds it.
    let stays = matches!(change, Change::Steal { .. } | Change::Release { .. });
    assert!(done.is_ok() || stays, "{change:?}: {done:?}");
    assert_eq!(desk.round_trips() - before, trips, "{change:?}: {:#?}", asked(server));
}

#[test]
fn the_pace_of_the_news_is_said_as_it_is() {
    let connection =
        Connection { secret: Some(TOKEN.into()), ..Connection::new("rt", "http://rt.example".parse().unwrap()) };
    let says = |poll| {
        let desk = Rt::new(&Connection { poll, ..connection.clone() }).unwrap();
        let Support::Emulated { how } = desk.support(Verb::Watch) else { panic!() };
        (desk.poll_every().unwrap().as_secs(), how.to_string())
    };
    assert_eq!(says(None), (20, "RT is asked every 20 seconds for what was updated".to_owned()));
    assert_eq!(
        says(Some(Duration::from_mins(1))),
        (60, "RT is asked every 60 seconds for what was updated".to_owned())
    );
}
