//! Between an adapter and a real helpdesk: carries every exchange, writes it down, and plays it back later without the helpdesk.
//!
//! Each agent has an address of their own, so that two who race are told apart. A request is known again by agent, method,
//! target and body; of equal ones the first that was not played yet. Times in a request match any time. Secrets, cookies and
//! addresses are taken out before anything is kept. What does not go over HTTP (a mail that arrives, an outbox) is kept as a
//! *fact*.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::site::Who;

/// The headers of an answer that an adapter may read.
const KEPT: [HeaderName; 10] = [
    header::DATE,
    header::CONTENT_TYPE,
    header::CONTENT_DISPOSITION,
    header::LOCATION,
    header::RETRY_AFTER,
    header::SET_COOKIE,
    header::ETAG,
    header::LAST_MODIFIED,
    header::LINK,
    header::WWW_AUTHENTICATE,
];
/// Stands for the address of the desk.
const BASE: &str = "{BASE}";

/// A body as it is kept: read as far as it can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kept {
    Nothing,
    Json(Value),
    Text(String),
    Hex(String),
    /// Only on disk: as the exchange of this place was answered, counted from 0.
    Same(usize),
}

impl Kept {
    fn new(bytes: &[u8], scrub: impl Fn(String) -> String) -> Self {
        if bytes.is_empty() {
            return Self::Nothing;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = scrub(text.to_owned());
                match serde_json::from_str(&text) {
                    Ok(value) => Self::Json(slim(value)),
                    Err(_) => Self::Text(text),
                }
            }
            Err(_) => Self::Hex(ticketty::server::auth::hex(bytes)),
        }
    }

    fn bytes(&self, base: &str) -> Vec<u8> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Json(value) => value.to_string().replace(BASE, base).into_bytes(),
            Self::Text(text) => text.replace(BASE, base).into_bytes(),
            Self::Same(_) => unreachable!("a tape that was read has none"),
            Self::Hex(hex) => {
                (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
            }
        }
    }
}

/// Without the addresses that a desk gives everything it names (RT's `_url`): they would be half of a recording.
fn slim(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(slim).collect(),
        Value::Object(all) => all.into_iter().filter(|(k, _)| k != "_url").map(|(k, v)| (k, slim(v))).collect(),
        other => other,
    }
}

/// One request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Exchange {
    who: Who,
    method: String,
    target: String,
    asked: Kept,
    status: u16,
    headers: Vec<(String, String)>,
    answer: Kept,
}

/// What a story learnt beside HTTP.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Fact {
    name: String,
    value: Value,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Tape {
    facts: Vec<Fact>,
    exchanges: Vec<Exchange>,
}

/// An answer shorter than this is written again each time: it is read more easily.
const SHORT: usize = 400;

impl Tape {
    fn read(text: &str) -> Self {
        let mut tape: Self = serde_json::from_str(text).unwrap();
        for at in 0..tape.exchanges.len() {
            if let Kept::Same(first) = tape.exchanges[at].answer {
                tape.exchanges[at].answer = tape.exchanges[first].answer.clone();
            }
        }
        tape
    }

    /// One line for each fact and exchange. A long answer that came before is named by its place.
    fn written(&self) -> String {
        let lines = |lines: Vec<String>| lines.join(",\n");
        let facts = self.facts.iter().map(|f| serde_json::to_string(f).unwrap()).collect();
        let written = |(at, exchange): (usize, &Exchange)| {
            let first = self.exchanges[..at].iter().position(|e| e.answer == exchange.answer);
            let long = || serde_json::to_string(&exchange.answer).unwrap().len() >= SHORT;
            let answer = match first.filter(|_| long()) {
                Some(first) => Kept::Same(first),
                None => exchange.answer.clone(),
            };
            serde_json::to_string(&Exchange { answer, ..exchange.clone() }).unwrap()
        };
        let exchanges = self.exchanges.iter().enumerate().map(written).collect();
        format!("{{\"facts\":[\n{}\n],\"exchanges\":[\n{}\n]}}\n", lines(facts), lines(exchanges))
    }
}

/// A real helpdesk.
pub struct Live {
    /// The `env` file of its `up` script.
    pub env: BTreeMap<String, String>,
    /// Its address.
    pub url: String,
    record: bool,
    client: reqwest::Client,
    /// Real secrets, and what stands for them.
    secrets: Vec<(String, String)>,
    /// One story at a time: they count tickets.
    _turn: MutexGuard<'static, ()>,
}

struct Inner {
    site: &'static str,
    story: String,
    live: Option<Live>,
    /// The recording: what was written so far, or what is left of it.
    tape: Mutex<Tape>,
    /// Requests that no recording holds.
    missing: Mutex<Vec<String>>,
    bases: [String; 2],
    /// What is kept of a web page.
    shorten: std::sync::OnceLock<fn(&str) -> String>,
}

/// The line between two agents and a helpdesk.
#[derive(Clone)]
pub struct Cassette(Arc<Inner>);

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl Cassette {
    /// `live` names the variable that names the `env` file; `url` is the key of the address in it.
    pub async fn open(site: &'static str, story: &str, live: &str, url: &str) -> Self {
        let live = match std::env::var(live) {
            Ok(file) => Some(Live::open(&file, url).await),
            Err(_) => None,
        };
        let path = path(site, story);
        let tape = match &live {
            Some(_) => Tape::default(),
            None => {
                let text = std::fs::read_to_string(&path)
                    .unwrap_or_else(|e| panic!("{}: {e}; record it: .ci/live {site} --record", path.display()));
                Tape::read(&text)
            }
        };
        Self::with(site, story, live, tape)
    }

    fn with(site: &'static str, story: &str, live: Option<Live>, tape: Tape) -> Self {
        let mut listeners = Vec::new();
        let bases = Who::BOTH.map(|_| {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            listeners.push(listener);
            base
        });
        let inner = Inner {
            site,
            story: story.to_owned(),
            live,
            tape: Mutex::new(tape),
            missing: Mutex::default(),
            bases,
            shorten: std::sync::OnceLock::new(),
        };
        let cassette = Self(Arc::new(inner));
        for (who, listener) in Who::BOTH.into_iter().zip(listeners) {
            let app = axum::Router::new().fallback(carry).with_state((cassette.clone(), who));
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            // Ends with the test's runtime.
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        cassette
    }

    /// Where an agent calls the desk; without a slash at its end.
    pub fn url(&self, who: Who) -> &str {
        &self.0.bases[who as usize]
    }

    /// Keeps of web pages only what this leaves of them.
    pub fn shorten(&self, shorten: fn(&str) -> String) {
        self.0.shorten.get_or_init(|| shorten);
    }

    /// The real desk, when there is one.
    pub fn live(&self) -> Option<&Live> {
        self.0.live.as_ref()
    }

    /// A value of the `env` file; in a replay its own name stands for it.
    pub fn secret(&self, name: &str) -> String {
        self.live().map_or_else(|| name.to_owned(), |live| live.env[name].clone())
    }

    /// What does not go over HTTP: found out from the real desk, kept, and told again in a replay. Facts of one name keep
    /// their order.
    pub async fn fact<T: Serialize + DeserializeOwned>(&self, name: &str, find: impl Future<Output = T>) -> T {
        if self.live().is_some() {
            let found = find.await;
            let value = serde_json::to_value(&found).unwrap();
            self.0.tape.lock().unwrap().facts.push(Fact { name: name.to_owned(), value });
            return found;
        }
        let mut tape = self.0.tape.lock().unwrap();
        let at = tape.facts.iter().position(|f| f.name == name);
        let at = at.unwrap_or_else(|| panic!("the recording knows no more of `{name}`: {}", self.again()));
        serde_json::from_value(tape.facts.remove(at).value).unwrap()
    }

    /// What time it is, or was.
    pub async fn now(&self) -> Timestamp {
        self.fact("now", async { Timestamp::now() }).await
    }

    /// A word that no other run has used.
    pub async fn word(&self) -> String {
        self.fact("word", async {
            // Two may be asked for at one moment.
            static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
            let nth = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut time = (Timestamp::now().as_millisecond() as u64) << 8 | nth & 0xff;
            let mut word = "zu".to_owned();
            // Letters alone: some indexes know no digits.
            while time > 0 {
                word.push(char::from(b"bcdfghjklmnpqrst"[(time % 16) as usize]));
                time /= 16;
            }
            word
        })
        .await
    }

    /// Waits for a real desk.
    pub async fn wait(&self, time: Duration) {
        if self.live().is_some() {
            tokio::time::sleep(time).await;
        }
    }

    /// Writes the recording, or tells what it lacks.
    pub fn end(&self) {
        if self.live().is_some_and(|live| live.record) {
            let path = path(self.0.site, &self.0.story);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, self.0.tape.lock().unwrap().written()).unwrap();
        }
        let missing = self.0.missing.lock().unwrap();
        assert!(missing.is_empty(), "no recorded answer to:\n{}\n{}", missing.join("\n"), self.again());
    }

    fn again(&self) -> String {
        format!("record it again: .ci/live {} --record {}", self.0.site, self.0.story)
    }

    /// Takes out of a text what must not be kept.
    fn scrub(&self, text: String) -> String {
        let Some(live) = self.live() else {
            return text.replace(&self.0.bases[0], BASE).replace(&self.0.bases[1], BASE);
        };
        let mut text = text.replace(&live.url, BASE);
        for base in &self.0.bases {
            text = text.replace(base, BASE);
        }
        for (real, name) in &live.secrets {
            text = text.replace(real, name);
        }
        text
    }
}

impl Live {
    async fn open(file: &str, url: &str) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let env: BTreeMap<String, String> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
            .collect();
        let url = env[url].trim_end_matches('/').to_owned();
        let record = std::env::var_os("TICKETTY_RECORD").is_some();
        Self::at(url, env, record, TURN.lock().await)
    }

    fn at(url: String, env: BTreeMap<String, String>, record: bool, turn: MutexGuard<'static, ()>) -> Self {
        let secret = |name: &str| ["TOKEN", "PASSWORD", "KEY"].iter().any(|word| name.contains(word));
        let mut secrets: Vec<(String, String)> =
            env.iter().filter(|(name, _)| secret(name)).map(|(name, value)| (value.clone(), name.clone())).collect();
        // One may contain another.
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        assert!(secrets.iter().all(|(value, _)| value.len() >= 6), "a secret too short to be told from other words");
        // Another may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .tls_certs_only(Vec::new())
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { env, url, record, client, secrets, _turn: turn }
    }
}

fn path(site: &str, story: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/contract/recorded").join(site).join(format!("{story}.json"))
}

/// Carries one request.
async fn carry(State((cassette, who)): State<(Cassette, Who)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.path_and_query().map_or("/", |t| t.as_str()).to_owned();
    let asked = Kept::new(&one_boundary(&parts.headers, &body), |text| cassette.scrub(text));
    match cassette.live() {
        Some(live) => {
            let answer = live.ask(&parts.method, &target, parts.headers, body).await;
            let mut kept = Exchange {
                who,
                method: parts.method.to_string(),
                target: cassette.scrub(target),
                asked,
                status: answer.0,
                headers: answer.1.into_iter().map(|(name, value)| (name, cassette.scrub(value))).collect(),
                answer: Kept::new(&answer.2, |text| cassette.scrub(text)),
            };
            if let (Kept::Text(text), Some(shorten)) = (&mut kept.answer, cassette.0.shorten.get())
                && kept.headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("text/html"))
            {
                *text = shorten(text);
            }
            let carried = response(
                kept.status,
                &kept.headers,
                cassette.url(who),
                answered(&answer.2, &live.url, cassette.url(who)),
            );
            for (name, value) in &mut kept.headers {
                if name == "set-cookie" {
                    *value = bare_cookie(value);
                }
            }
            cassette.0.tape.lock().unwrap().exchanges.push(kept);
            carried
        }
        None => {
            let mut tape = cassette.0.tape.lock().unwrap();
            let target = cassette.scrub(target);
            let same = |e: &Exchange| {
                e.who == who
                    && e.method == parts.method.as_str()
                    && loose(&e.target) == loose(&target)
                    && loose_body(&e.asked) == loose_body(&asked)
            };
            match tape.exchanges.iter().position(same) {
                Some(at) => {
                    let kept = tape.exchanges.remove(at);
                    response(kept.status, &kept.headers, cassette.url(who), kept.answer.bytes(cassette.url(who)))
                }
                None => {
                    let missing = format!("{who:?}: {} {target} {asked:?}", parts.method);
                    eprintln!("no recorded answer to {missing}");
                    cassette.0.missing.lock().unwrap().push(missing);
                    response(501, &[], "", b"no recorded answer".to_vec())
                }
            }
        }
    }
}

impl Live {
    async fn ask(
        &self,
        method: &Method,
        target: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> (u16, Vec<(String, String)>, Bytes) {
        // What belongs to this line and not to the next; what would pack the answer.
        for name in [
            header::HOST,
            header::CONNECTION,
            header::CONTENT_LENGTH,
            header::ACCEPT_ENCODING,
            header::TRANSFER_ENCODING,
        ] {
            headers.remove(name);
        }
        let ask = self.client.request(method.clone(), format!("{}{target}", self.url)).headers(headers).body(body);
        let answer = ask.send().await.unwrap_or_else(|e| panic!("the real desk: {e:?}"));
        let kept = KEPT.iter().flat_map(|name| {
            answer.headers().get_all(name).iter().filter_map(|v| Some((name.to_string(), v.to_str().ok()?.to_owned())))
        });
        let (status, kept) = (answer.status().as_u16(), kept.collect());
        (status, kept, answer.bytes().await.unwrap())
    }
}

/// The answer's bytes, with the line's address for the desk's own where they are text.
fn answered(bytes: &Bytes, desk: &str, line: &str) -> Vec<u8> {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.to_vec(), |text| text.replace(desk, line).into_bytes())
}

fn response(status: u16, headers: &[(String, String)], base: &str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        response.headers_mut().append(name, HeaderValue::from_str(&value.replace(BASE, base)).unwrap());
    }
    response
}

/// A cookie without what it says.
fn bare_cookie(cookie: &str) -> String {
    let (name, rest) = cookie.split_once('=').unwrap_or((cookie, ""));
    let rest = rest.split_once(';').map_or("", |(_, rest)| rest);
    format!("{name}=scrubbed; {}", rest.trim())
}

/// The body of a form with files has a different line between its parts each time.
fn one_boundary(headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some((_, boundary)) = kind.split_once("boundary=") else { return body.to_vec() };
    let boundary = boundary.split(';').next().unwrap_or_default().trim_matches('"').as_bytes();
    let (mut same, mut rest) = (Vec::new(), &body[..]);
    while let Some(at) = rest.windows(boundary.len()).position(|w| w == boundary) {
        same.extend_from_slice(&rest[..at]);
        same.extend_from_slice(b"BOUNDARY");
        rest = &rest[at + boundary.len()..];
    }
    same.extend_from_slice(rest);
    same
}

fn loose_body(body: &Kept) -> Kept {
    match body {
        Kept::Json(value) => Kept::Json(loose_value(value)),
        Kept::Text(text) => Kept::Text(loose(text)),
        other => other.clone(),
    }
}

fn loose_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(loose(text)),
        Value::Array(all) => Value::Array(all.iter().map(loose_value).collect()),
        Value::Object(all) => Value::Object(all.iter().map(|(k, v)| (k.clone(), loose_value(v))).collect()),
        other => other.clone(),
    }
}

/// A text in which every date with a time is the same one: `2026-01-05T09:00:00Z`, `2026-01-05 09:00`, also percent-encoded.
fn loose(text: &str) -> String {
    let text = text.replace("%3A", ":").replace("%20", " ").replace("%2B", "+");
    let bytes = text.as_bytes();
    let like = |at: usize, form: &str| {
        bytes.get(at..at + form.len()).is_some_and(|part| {
            part.iter().zip(form.bytes()).all(|(b, f)| match f {
                b'0' => b.is_ascii_digit(),
                b'T' => b"T +".contains(b),
                f => *b == f,
            })
        })
    };
    let (mut said, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        // RT's "in the last so many seconds".
        let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let ago = bytes[at] == b'-'
            && digits > 0
            && [" ", "+"].iter().any(|gap| like(at + 1 + digits, &format!("{gap}seconds")));
        if ago {
            said.extend_from_slice(b"-SOME");
            at += 1 + digits;
            continue;
        }
        if !like(at, "0000-00-00T00:00") {
            said.push(bytes[at]);
            at += 1;
            continue;
        }
        said.extend_from_slice(b"TIME");
        at += 16;
        while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || b":.Z".contains(b)) {
            at += 1;
        }
        for zone in ["+00:00", "-00:00", "+0000", "-0000"] {
            if like(at, zone) {
                at += zone.len();
            }
        }
    }
    String::from_utf8(said).expect("only ASCII was taken out")
}

#[test]
fn times_in_a_request_are_all_the_same() {
    assert_eq!(loose("LastUpdated > '2026-01-05 09:00:01' AND x"), "LastUpdated > 'TIME' AND x");
    assert_eq!(loose("?since=2026-01-05T09%3A00%3A01.123Z&a=1"), "?since=TIME&a=1");
    assert_eq!(loose("LastUpdated > '-15 seconds'"), loose("LastUpdated+>+'-9+seconds'").replace('+', " "));
    assert_eq!(loose("2026-01-05T09:00+09:00 請求 2026-01-05"), "TIME 請求 2026-01-05");
}

#[test]
fn a_long_answer_is_kept_once() {
    let exchange = |target: &str, answer: &str| Exchange {
        who: Who::Mika,
        method: "GET".to_owned(),
        target: target.to_owned(),
        asked: Kept::Nothing,
        status: 200,
        headers: Vec::new(),
        answer: Kept::Text(answer.to_owned()),
    };
    let long = "long ".repeat(SHORT);
    let exchanges =
        vec![exchange("/a", &long), exchange("/b", "short"), exchange("/c", "short"), exchange("/d", &long)];
    let written = Tape { facts: Vec::new(), exchanges }.written();
    assert_eq!((written.matches(&long).count(), written.matches("short").count()), (1, 2));
    let answers: Vec<Kept> = Tape::read(&written).exchanges.into_iter().map(|e| e.answer).collect();
    assert_eq!(answers, [&*long, "short", "short", &*long].map(|text| Kept::Text(text.to_owned())));
}

#[test]
fn secrets_of_a_cookie_go() {
    assert_eq!(bare_cookie("RT_SID=abc; path=/; HttpOnly"), "RT_SID=scrubbed; path=/; HttpOnly");
}

#[tokio::test]
async fn what_was_recorded_is_played_back_to_the_same_agent() {
    use secrecy::ExposeSecret as _;
    use ticketty::backend::{Connection, connect};
    use ticketty::domain::{Change, Query};

    use super::site::{Arriving, Site as _};

    let ours = super::ticketty::open("").await;
    let id = ours.arrives(&Arriving::new("Parcel", "Where?")).await;
    let env = BTreeMap::from([("TOKEN_OF_MIKA".to_owned(), ours.tokens[0].expose_secret().to_owned())]);
    let url = ours.connection.url.as_str().trim_end_matches('/').to_owned();
    static OTHERS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let live = Live::at(url, env, false, OTHERS.lock().await);
    let recording = Cassette::with("ours", "played", Some(live), Tape::default());
    let story = async |cassette: &Cassette, secret: [String; 2]| {
        let [mika, ben] = Who::BOTH.map(|who| {
            let secret = Some(secret[who as usize].clone().into());
            connect(&Connection { secret, url: cassette.url(who).parse().unwrap(), ..ours.connection.clone() }).unwrap()
        });
        let claim = Change::Claim { ticket: id.clone() };
        let said = format!("{:?}", mika.apply(&claim, &"a".into()).await.unwrap());
        let held = format!("{:?}", ben.apply(&claim, &"b".into()).await.unwrap_err());
        let view = format!("{:?}", mika.open(&Query::default()).await.unwrap());
        (said, held, view, cassette.word().await)
    };
    let secret = [recording.secret("TOKEN_OF_MIKA"), ours.tokens[1].expose_secret().to_owned()];
    let real = story(&recording, secret).await;
    let text = serde_json::to_string(&*recording.0.tape.lock().unwrap()).unwrap();
    assert!(!text.contains(ours.tokens[0].expose_secret()));
    let replay = Cassette::with("ours", "played", None, serde_json::from_str(&text).unwrap());
    let secret = [replay.secret("TOKEN_OF_MIKA"), "other".to_owned()];
    assert_eq!(story(&replay, secret).await, real);
    replay.end();
    assert!(replay.0.tape.lock().unwrap().exchanges.is_empty());
}
