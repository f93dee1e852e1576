//! Long threads: RT cuts pages before it drops what the agent may not see.

use super::*;

/// A ticket with so many exchanges, each of a message and the record of a mail in four parts, which this agent may not see.
async fn long(exchanges: usize) -> TestServer {
    TestServer::by(move |request| {
        let line = request.lines().next().unwrap().replace("%22", "\"").replace("%3A", ":");
        let page: usize = line
            .split_once("&page=")
            .map_or(1, |(_, n)| n[..n.find(|c: char| !c.is_ascii_digit()).unwrap()].parse().unwrap());
        let cut = |rows: Vec<Option<String>>| {
            let seen: Vec<String> = rows.into_iter().skip(100 * (page - 1)).take(100).flatten().collect();
            list(&seen.join(","), "null")
        };
        let at = |n: usize| format!("2026-11-22T07:{:02}:{:02}Z", n / 60, n % 60);
        if line.contains("/history") {
            let pair = |n: usize| {
                let what = if n == 0 { "Create" } else { "Correspond" };
                let who = r#""Creator":{"id":"bram","Name":"bram"}"#;
                let message = format!(r#"{{"id":"{}","Type":"{what}","Created":"{}",{who}}}"#, 1000 + 2 * n, at(n));
                [Some(message), None]
            };
            return cut((0..exchanges).flat_map(pair).collect());
        }
        if line.contains("/attachments") {
            let named = line.contains(r#""TransactionId""#);
            let one = |n: usize| {
                let id = 1000 + 2 * n;
                let part = format!(
                    r#"{{"id":"{}","TransactionId":"{id}","ContentType":"text/plain","Content":"text {n}"}}"#,
                    5 * n
                );
                match named {
                    false => vec![Some(part), None, None, None, None],
                    true if line.contains(&format!("\"{id}\"")) => vec![Some(part)],
                    true => vec![],
                }
            };
            return cut((0..exchanges).flat_map(one).collect());
        }
        let seen = row(11, CHEN, "").replace("2026-11-22T07:00:09Z", &at(exchanges - 1));
        list(&seen, "1")
    })
    .await
}

#[tokio::test]
async fn what_the_agent_may_not_see_hides_no_text_of_a_long_thread() {
    for exchanges in [19, 20, 21, 50, 130, 260] {
        for listed in [false, true] {
            let server = long(exchanges).await;
            let desk = desk(&server);
            if listed {
                desk.list(&Query::default(), None).await.unwrap();
                let mut settled = desk.memory().row(&"11".into()).unwrap().clone();
                settled.settled = true;
                desk.memory().saw(&settled);
            }
            let before = desk.round_trips();
            let thread = desk.thread(&"11".into(), None).await.unwrap();
            let texts: Vec<&str> = thread.messages.iter().map(|m| m.text.as_str()).collect();
            let all: Vec<String> = (0..exchanges).map(|n| format!("text {n}")).collect();
            assert_eq!(texts, all, "{exchanges} exchanges, listed: {listed}");
            // One question tells the texts of 60 messages.
            let pages = exchanges.div_ceil(50) + 1 + exchanges.saturating_sub(19).div_ceil(60);
            let trips = desk.round_trips() - before;
            assert!(trips as usize <= pages + usize::from(!listed), "{exchanges}: {trips}, {:#?}", asked(&server));
        }
    }
}

#[tokio::test]
async fn a_message_without_words_is_asked_about_once() {
    let history = r#"{"id":"500","Type":"Create","Created":"2026-11-22T06:00:00Z","Creator":{"id":"bram"}}"#;
    let told = row(11, CHEN, "").replace("2026-11-22T07:00:09Z", "2026-11-22T06:00:00Z");
    let server = TestServer::by(move |request| match request {
        r if r.contains("/history") => list(history, "null"),
        r if r.contains("/attachments") => list("", "null"),
        _ => list(&told, "1"),
    })
    .await;
    let desk = desk(&server);
    desk.thread(&"11".into(), None).await.unwrap();
    assert_eq!(desk.round_trips(), 4, "row, history, texts, texts of this message: {:#?}", asked(&server));
    desk.thread(&"11".into(), None).await.unwrap();
    assert_eq!(desk.round_trips(), 6, "{:#?}", asked(&server));
}

#[tokio::test]
async fn what_an_agent_writes_here_is_a_reply_also_on_a_ticket_of_that_agent() {
    let entry = |id: u32, what: &str, at: u32| {
        let who = r#""Creator":{"id":"chen","Name":"chen","RealName":"Chen L"}"#;
        format!(r#"{{"id":"{id}","Type":"{what}","Created":"2026-11-22T06:{at}:00Z",{who}}}"#)
    };
    let history = [entry(500, "Create", 10), entry(501, "Correspond", 20), entry(502, "Correspond", 30)].join(",");
    let text = |id: u32, head: &str| {
        format!(r#"{{"id":"{id}","TransactionId":"{id}","ContentType":"text/plain","Headers":"{head}","Content":"x"}}"#)
    };
    let texts = [text(500, ""), text(501, "X-RT-Interface: Email"), text(502, "X-RT-Interface: REST2")].join(",");
    // Held by nobody: that chen asks is known only from RT.
    let told = row(11, NOBODY, "")
        .replace("lena@customer.example", "chen")
        .replace("2026-11-22T07:00:09Z", "2026-11-22T06:30:00Z");
    let server = TestServer::by(move |request| match request {
        r if r.contains("/user/47") => ok(r#"{"id":47,"Name":"chen"}"#),
        r if r.contains("/history") => list(&history, "null"),
        r if r.contains("/attachments") => list(&texts, "null"),
        _ => list(&told, "1"),
    })
    .await;
    let thread = desk(&server).thread(&"11".into(), None).await.unwrap();
    let kinds: Vec<Kind> = thread.messages.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [Kind::Incoming, Kind::Incoming, Kind::Reply]);
    assert!(!thread.ticket.on_us);
}
