//! A scripted desk on the loopback: each connection gets the next step of the script. For tests of what can go wrong on a line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::Connection;

/// What a connection gets once its request was read.
#[derive(Clone, Debug)]
pub enum Step {
    /// These bytes, then the end.
    Say(Vec<u8>),
    /// These bytes, and then nothing more: the line stays open.
    Hang(Vec<u8>),
    /// These bytes once a permit is given; others are answered meanwhile.
    Later(Arc<Semaphore>, Vec<u8>),
    /// The end, without an answer.
    Cut,
}

/// An answer in full.
pub fn answer(status: &str, headers: &str, body: &str) -> Step {
    let separator = if headers.is_empty() { "" } else { "\r\n" };
    Step::Say(
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}{separator}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// A JSON answer.
pub fn json(body: &str) -> Step {
    answer("200 OK", "content-type: application/json", body)
}

/// A problem document.
pub fn problem(status: u16, kind: &str, rest: &str) -> Step {
    let body = format!(r#"{{"type":"/problems/{kind}","title":"t","status":{status},"detail":"said so"{rest}}}"#);
    answer(&format!("{status} No"), "content-type: application/problem+json", &body)
}

/// The head of an event stream and its first bytes; the line stays open.
pub fn events(bytes: &str) -> Step {
    Step::Hang(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{bytes}").into_bytes())
}

/// A server that plays a script and remembers what it was asked.
pub struct TestServer {
    /// Where it listens.
    pub connection: Connection,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    /// Plays the script, one step for each connection; after its end connections are cut.
    pub async fn play(script: impl IntoIterator<Item = Step>) -> Self {
        let mut script: VecDeque<Step> = script.into_iter().collect();
        Self::by(move |_| script.pop_front().unwrap_or(Step::Cut)).await
    }

    /// Answers each request as `route` says: for desks that are asked several things at once.
    pub async fn by(mut route: impl FnMut(&str) -> Step + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read(&mut socket).await;
                let step = route(&request);
                remembered.lock().unwrap().push(request);
                match step {
                    Step::Say(bytes) => {
                        let _ = socket.write_all(&bytes).await;
                    }
                    Step::Hang(bytes) => {
                        let _ = socket.write_all(&bytes).await;
                        open.push(socket);
                    }
                    Step::Later(permit, bytes) => {
                        tokio::spawn(async move {
                            let _given = permit.acquire().await;
                            let _ = socket.write_all(&bytes).await;
                        });
                    }
                    Step::Cut => {}
                }
            }
        });
        Self { connection: connection(url), asked, task }
    }

    /// Answers each request with the first step, of those not played yet, whose words stand in it: for requests that are made at
    /// once. A request that none fits is cut.
    pub async fn answer(rules: impl IntoIterator<Item = (&'static str, Step)>) -> Self {
        let mut rules: Vec<(&str, Step)> = rules.into_iter().collect();
        Self::by(move |request| {
            let rule = rules.iter().position(|(words, _)| request.contains(words));
            rule.map_or(Step::Cut, |at| rules.remove(at).1)
        })
        .await
    }

    /// The requests so far, heads and bodies.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A connection to an address.
pub fn connection(url: url::Url) -> Connection {
    Connection { secret: Some("s3cret".into()), ..Connection::new("ticketty", url) }
}

/// Reads one request: the head, and as much body as it announces.
async fn read(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).and_then(|l| l.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match socket.read(&mut chunk).await {
            Ok(0) | Err(_) => return text,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}
