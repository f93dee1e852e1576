//! A line to the server on which things go wrong, at will. It understands requests: each gets its fate from the test, and each is
//! written down with its moment. Event streams are carried block by block.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /api/v1/tickets/1001/claim`, without the query.
    pub what: String,
    pub at: Instant,
}

impl Asked {
    pub fn is_write(&self) -> bool {
        !self.what.starts_with("GET ")
    }

    pub fn is_stream(&self) -> bool {
        self.what == "GET /api/v1/events"
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It is carried, and its answer too.
    Pass,
    /// The same after a while.
    Late(Duration),
    /// The line is cut before the request arrives.
    CutBefore,
    /// The server does it; its answer is lost.
    CutAfter,
    /// The server does it; then this process is killed, before the answer.
    CutAfterThen(Pid),
    /// Half of the answer arrives.
    CutInside,
    /// Something else answers: a status line's end, header lines, a body.
    Answer(&'static str, &'static str, &'static str),
    /// Bytes that are no HTTP.
    Garbage,
    /// The answer of the same path about another ticket.
    Other { instead_of: String, ticket: String },
}

/// What becomes of the blocks of an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Pass,
    /// Each comes twice.
    Twice,
    /// Every two change places.
    Swapped,
}

type Judge = Box<dyn FnMut(&Asked) -> Fate + Send>;

struct State {
    asked: Vec<Asked>,
    judge: Judge,
    news: News,
}

/// The line.
pub struct Line {
    /// Where to call instead of the server.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Line {
    /// Opens a line to the server at an address.
    pub fn to(server: &str) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let judge: Judge = Box::new(|_| Fate::Pass);
        let state = Arc::new(Mutex::new(State { asked: Vec::new(), judge, news: News::Pass }));
        // These threads end with the test binary, or with their connection.
        std::thread::spawn({
            let state = Arc::clone(&state);
            move || {
                for client in listener.incoming().flatten() {
                    let (state, server) = (Arc::clone(&state), server.clone());
                    std::thread::spawn(move || {
                        // A line that breaks is what this is for.
                        let _ = serve(client, &server, &state);
                    });
                }
            }
        });
        Self { url, state }
    }

    /// From now on this decides about every request.
    pub fn judge(&self, judge: impl FnMut(&Asked) -> Fate + Send + 'static) {
        self.state.lock().unwrap().judge = Box::new(judge);
    }

    /// Everything passes again.
    pub fn heal(&self) {
        self.judge(|_| Fate::Pass);
    }

    /// From now on this becomes of news.
    pub fn news(&self, news: News) {
        self.state.lock().unwrap().news = news;
    }

    /// The requests since the last time.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

/// One request of a connection; each connection carries one, which both ends are told.
fn serve(client: TcpStream, server: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut client = client;
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !lower.starts_with("connection:") {
            head += &line;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let what = head.split(" HTTP/").next().unwrap_or_default();
    let what = what.split('?').next().unwrap_or_default().to_owned();
    let asked = Asked { what, at: Instant::now() };
    let fate = {
        let mut state = state.lock().unwrap();
        state.asked.push(asked.clone());
        (state.judge)(&asked)
    };
    let forward = |head: &str| -> std::io::Result<TcpStream> {
        let mut upstream = TcpStream::connect(server)?;
        upstream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
        upstream.write_all(&body)?;
        Ok(upstream)
    };
    let whole = |mut upstream: TcpStream| -> std::io::Result<Vec<u8>> {
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    match fate {
        Fate::Pass | Fate::Late(_) => {
            if let Fate::Late(wait) = fate {
                std::thread::sleep(wait);
            }
            let upstream = forward(&head)?;
            if asked.is_stream() {
                carry_news(upstream, &mut client, state)?;
            } else {
                client.write_all(&whole(upstream)?)?;
            }
        }
        Fate::CutBefore => {}
        Fate::CutAfter => {
            whole(forward(&head)?)?;
        }
        Fate::CutAfterThen(victim) => {
            whole(forward(&head)?)?;
            // It may be gone already.
            let _ = kill_process(victim, Signal::KILL);
        }
        Fate::CutInside => {
            let answer = whole(forward(&head)?)?;
            let body = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
            client.write_all(&answer[..body + (answer.len() - body) / 2])?;
        }
        Fate::Answer(status, headers, body) => {
            let length = body.len();
            let end = if headers.is_empty() { "" } else { "\r\n" };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}{end}\r\n");
            client.write_all(format!("{head}{body}").as_bytes())?;
        }
        Fate::Garbage => client.write_all(b"\x16\x03\x01 220 mail.example ESMTP \xff\xfe\r\n\r\n\x00\x1b[2J")?,
        Fate::Other { instead_of, ticket } => {
            let from = format!("/tickets/{instead_of}");
            client.write_all(&whole(forward(&head.replacen(&from, &format!("/tickets/{ticket}"), 1))?)?)?;
        }
    }
    client.shutdown(Shutdown::Both)
}

/// Carries an event stream block by block.
fn carry_news(upstream: TcpStream, client: &mut TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(upstream);
    let (mut block, mut held, mut begun) = (Vec::new(), None::<Vec<u8>>, false);
    loop {
        let before = block.len();
        if reader.read_until(b'\n', &mut block)? == 0 {
            return Ok(());
        }
        // The chunks' own lines are carried on inside of a block: it is cut only where a chunk ends behind an empty line.
        if !begun {
            if &block[before..] == b"\r\n" {
                begun = true;
                client.write_all(&std::mem::take(&mut block))?;
            }
            continue;
        }
        if &block[before..] != b"\r\n" {
            continue;
        }
        let chunk = std::mem::take(&mut block);
        let news = state.lock().unwrap().news;
        let text = String::from_utf8_lossy(&chunk).into_owned();
        // The first words of a stream and heartbeats are no news.
        if !text.contains("\ndata:") && !text.contains("\ndata: ") || text.contains("event: hello") {
            client.write_all(&chunk)?;
            continue;
        }
        match news {
            News::Pass => client.write_all(&chunk)?,
            News::Twice => {
                client.write_all(&chunk)?;
                client.write_all(&chunk)?;
            }
            News::Swapped => match held.take() {
                Some(first) => {
                    client.write_all(&chunk)?;
                    client.write_all(&first)?;
                }
                None => held = Some(chunk),
            },
        }
    }
}
