//! A line to the server that counts the requests on it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The line.
pub struct Proxy {
    /// Where to call instead of the server.
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Opens a line to the server at an address.
    pub fn to(server: &str) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        // These threads end with the test binary, or with their connection.
        std::thread::spawn({
            let requests = Arc::clone(&requests);
            move || {
                for client in listener.incoming().flatten() {
                    let Ok(upstream) = TcpStream::connect(&server) else { continue };
                    let (from, to) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
                    std::thread::spawn(move || pump(from, to, |_| {}));
                    let requests = Arc::clone(&requests);
                    std::thread::spawn(move || {
                        let mut line = Vec::new();
                        pump(client, upstream, |bytes| {
                            for byte in bytes {
                                if *byte != b'\n' {
                                    line.push(*byte);
                                    continue;
                                }
                                let text = String::from_utf8_lossy(&line);
                                if let Some(request) = request_of(&text) {
                                    requests.lock().unwrap().push(request.to_owned());
                                }
                                line.clear();
                            }
                        });
                    });
                }
            }
        });
        Self { url, requests }
    }

    /// The requests since the last time, the event stream and the desk's check left out.
    pub fn take(&self) -> Vec<String> {
        let all = std::mem::take(&mut *self.requests.lock().unwrap());
        all.into_iter().filter(|r| !r.starts_with("GET /api/v1/events")).collect()
    }
}

/// `GET /path`, when the line begins a request. A body without an end of line may stand before it.
fn request_of(line: &str) -> Option<&str> {
    let line = line.trim_end().strip_suffix(" HTTP/1.1")?;
    let begin = ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"].iter().filter_map(|m| line.rfind(m)).max()?;
    Some(&line[begin..])
}

/// Carries bytes one way until an end closes.
fn pump(mut from: TcpStream, mut to: TcpStream, mut look: impl FnMut(&[u8])) {
    let mut bytes = [0; 1 << 14];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        look(&bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
