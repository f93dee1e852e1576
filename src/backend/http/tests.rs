use super::*;
use crate::backend::testserver::{Step, TestServer, answer, connection, json};
use crate::config::desk::Tls;

fn client(connection: &Connection) -> Http {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer s3cret"));
    Http::new(connection, headers).unwrap()
}

fn put() -> Ask {
    Ask::new(Method::POST, ["a b", "c/d"])
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_until_an_answer_comes() {
    let down = || answer("503 Service Unavailable", "", "");
    let server = TestServer::play([Step::Cut, down(), Step::Cut, json("[1]")]).await;
    let http = client(&server.connection);
    let answer = http.send(&Ask::get(["x"]).param("q", Some("a&b ü"))).await.unwrap();
    assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1]);
    assert_eq!(http.round_trips(), 4);
    assert!(server.asked().iter().all(|r| r.starts_with("GET /x?q=a%26b+%C3%BC HTTP/1.1\r\n")), "{:?}", server.asked());
}

#[tokio::test]
async fn a_write_without_a_key_is_sent_once_and_its_outcome_is_unknown() {
    let server = TestServer::play([Step::Cut, json("1")]).await;
    let http = client(&server.connection);
    let error = http.send(&put()).await.unwrap_err();
    assert!(
        matches!(&error, DeskError::Unreachable { maybe_done: true, why } if why.contains("cut the line")),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1);
    assert!(server.asked()[0].starts_with("POST /a%20b/c%2Fd HTTP"), "{:?}", server.asked());
}

#[tokio::test]
async fn a_failure_of_the_gateway_is_not_repeated_for_a_write_without_a_key() {
    let server = TestServer::play([answer("504 Gateway Timeout", "", ""), json("1")]).await;
    let answer = client(&server.connection).send(&put()).await.unwrap();
    assert!(matches!(answer.refusal(), DeskError::Unavailable { .. }));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_desk_that_asked_for_silence_is_left_alone_by_all() {
    let limited = |wait: &str| answer("429 Too Many Requests", wait, "");
    let server = TestServer::play([limited("retry-after: 77"), json("2")]).await;
    let http = client(&server.connection);
    for ask in [put(), Ask::get(["x"]), put().repeatable()] {
        let told = http.send(&ask).await.unwrap_err();
        assert!(
            matches!(told, DeskError::Limited { retry_after: Some(left) } if left > Duration::from_secs(75)),
            "{told:?}"
        );
    }
    assert!(matches!(http.stream(&Ask::get(["events"])).await, Err(DeskError::Limited { .. })));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_patient_client_sleeps_a_short_silence_away() {
    let limited = answer("429 Too Many Requests", "retry-after: 1", "");
    let server = TestServer::play([limited.clone(), json("1"), limited, json("2")]).await;
    let begun = Instant::now();
    let http = client(&Connection { patient: true, ..server.connection.clone() });
    http.send(&put()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let hasty = client(&server.connection);
    assert!(matches!(hasty.send(&put()).await, Err(DeskError::Limited { .. })));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_silence_without_an_end_grows() {
    let limited = || answer("429 Too Many Requests", "", "");
    let server = TestServer::play([limited(), limited(), json("1"), limited()]).await;
    let http = client(&server.connection);
    let mut waits = Vec::new();
    for _ in 0..4 {
        match http.send(&Ask::get(["x"])).await {
            Err(DeskError::Limited { retry_after: Some(wait) }) => waits.push(wait),
            other => assert!(other.is_ok(), "{other:?}"),
        }
        http.gate.open();
    }
    assert_eq!(waits.len(), 3);
    assert!(waits[1] > waits[0].mul_f64(0.9) && waits[1] >= gate::FIRST.mul_f64(0.99), "{waits:?}");
    assert!(waits[2] <= gate::FIRST, "an answer begins anew: {waits:?}");
}

#[tokio::test]
async fn a_gateway_that_asks_for_silence_says_nothing_of_a_write_without_a_key() {
    let down = answer("503 Service Unavailable", "retry-after: 50", "");
    let server = TestServer::play([down.clone(), json("1")]).await;
    let http = client(&server.connection);
    let answer = http.send(&put()).await.unwrap();
    assert!(matches!(answer.refusal(), DeskError::Unavailable { .. }), "it may have been done");
    assert!(matches!(http.send(&put()).await, Err(DeskError::Limited { .. })));
    let server = TestServer::play([down]).await;
    let known = client(&server.connection).send(&put().repeatable()).await;
    assert!(matches!(known, Err(DeskError::Limited { .. })));
}

#[test]
fn a_retry_after_may_be_a_date() {
    let at = jiff::Timestamp::now() + Duration::from_secs(100);
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_str(&text).unwrap());
    let wait = retry_after(&headers).unwrap();
    assert!((98..=100).contains(&wait.as_secs()), "{text}: {wait:?}");
}

#[test]
fn no_retry_after_is_longer_than_a_day() {
    for said in ["9999999", "Sat, 06 Nov 2094 08:49:37 GMT"] {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(said));
        assert_eq!(retry_after(&headers), Some(Duration::from_hours(24)), "{said}");
    }
}

#[tokio::test]
async fn a_proxys_page_is_told_with_its_title_and_no_escape() {
    let page = "<!DOCTYPE html><html><head><TITLE>502 Bad\n \u{1b}[31mGateway</TITLE></head></html>";
    let server = TestServer::play(vec![answer("502 Bad Gateway", "content-type: text/html", page); 4]).await;
    let answer = client(&server.connection).send(&Ask::get(["x"])).await.unwrap();
    let DeskError::Garbled { why } = answer.refusal() else { panic!() };
    assert!(why.contains("502 Bad Gateway") && why.contains("Gateway\"") && !why.contains('\u{1b}'), "{why}");
    let ok = TestServer::play([super::super::testserver::answer("200 OK", "", page)]).await;
    let error = client(&ok.connection).send(&Ask::get(["x"])).await.unwrap().json::<u8>().unwrap_err();
    assert!(error.to_string().contains("web page"), "{error}");
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_asked_for_again() {
    let short = Step::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":".to_vec());
    let server = TestServer::play([short, json("7")]).await;
    let answer = client(&server.connection).send(&Ask::get(["x"])).await.unwrap();
    assert_eq!(answer.json::<u8>().unwrap(), 7);
}

#[tokio::test]
async fn json_that_makes_no_sense_is_told_without_quoting_it() {
    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[expect(dead_code)]
        subject: String,
    }
    for (body, said) in [
        (r#"{"subject":"secret mail"#, "cut off after"),
        (r#"{"x":1}"#, "lacks `subject`"),
        (r#"{"subject":["secret mail"]}"#, "another form"),
        ("secret mail", "not JSON"),
    ] {
        let server = TestServer::play([json(body)]).await;
        let error = client(&server.connection).send(&Ask::get(["x"])).await.unwrap().json::<Wanted>().unwrap_err();
        assert!(matches!(error, DeskError::Garbled { .. }));
        let text = error.to_string();
        assert!(text.contains(said) && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_soon_and_without_the_token() {
    // A port that was free a moment ago.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let http = client(&connection(format!("http://user@{free}/?key=s3cret").parse().unwrap()));
    let error = http.send(&put()).await.unwrap_err();
    assert_eq!(http.round_trips(), u64::from(TRIES), "it never left, so it may be repeated");
    let text = error.to_string();
    assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }));
    assert!(text.contains(&format!("{free} refuses")) && !text.contains("s3cret"), "{text}");
    let socket = Connection { socket: Some("/nowhere/desk.sock".into()), ..connection("http://unix".parse().unwrap()) };
    let error = client(&socket).send(&Ask::get(["x"])).await.unwrap_err();
    assert_eq!(error.to_string(), "no desk is running at /nowhere/desk.sock");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    use tokio::io::AsyncWriteExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            line.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        }
    });
    let error = client(&connection(url.clone())).send(&Ask::get(["x"])).await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{url}: {error}");
}

#[tokio::test]
async fn it_speaks_over_a_socket() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("desk.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let server = tokio::spawn(async move {
        let (mut line, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 1024];
        let n = line.read(&mut bytes).await.unwrap();
        line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n5").await.unwrap();
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    });
    let socket = Connection { socket: Some(path), ..connection("http://unix".parse().unwrap()) };
    let answer = client(&socket).send(&Ask::get(["x"])).await.unwrap();
    assert_eq!(answer.json::<u8>().unwrap(), 5);
    assert!(server.await.unwrap().contains("authorization: Bearer s3cret"));
}

#[test]
fn addresses_and_certificates_that_cannot_be_used_are_told() {
    let https = connection("https://desk.example".parse().unwrap());
    assert!(Http::new(&https, HeaderMap::new()).is_ok());
    let mail = connection("mailto:a@b.example".parse().unwrap());
    assert!(matches!(Http::new(&mail, HeaderMap::new()), Err(DeskError::Invalid { .. })));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, "nothing").unwrap();
    let house = Connection { tls: Tls { ca_file: Some(file), ..Tls::default() }, ..https };
    let error = Http::new(&house, HeaderMap::new()).unwrap_err();
    assert!(error.to_string().contains("holds no certificate"), "{error}");
}

/// What our own words in the log were while this ran.
async fn logged(run: impl Future<Output = ()>) -> String {
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let ours = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(ours);
    run.await;
    drop(guard);
    let bytes = log.0.lock().unwrap().clone();
    let all = String::from_utf8(bytes).unwrap();
    // Libraries' words go nowhere (config/log.rs).
    all.lines().filter(|line| line.contains("ticketty::")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_address_of_a_file_beside_the_desk_is_not_logged() {
    let server = TestServer::play([json("{}"), json("{}"), Step::Cut]).await;
    let http = client(&server.connection);
    let log = logged(async {
        http.send(&Ask::get(["api", "tickets"])).await.unwrap();
        let file = Ask::get(["media", "s3cret-name.pdf"]).from_host();
        assert!(http.stream(&file).await.unwrap().is_ok());
        assert!(http.stream(&file).await.is_err());
    })
    .await;
    assert!(log.contains("/api/tickets") && log.contains("(not logged)"), "{log}");
    assert!(!log.contains("s3cret-name") && !log.contains("media"), "{log}");
}
