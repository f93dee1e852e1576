//! One HTTP client for all adapters: TCP or Unix socket, TLS, timeouts, retry, `Retry-After`, words for every failure, and a
//! counter of round trips.
//!
//! Only what may be repeated is repeated: a request that never left, a GET, or a write whose adapter says that the desk knows
//! it again ([`Ask::repeatable`]). A desk that asks for silence gets it from every program of the account: until it is over each
//! request is refused here, without one byte on the line. Addresses in messages are host and port, never a whole URL (some desks take keys in it);
//! bodies and tokens are never logged.

use std::borrow::Cow;
use std::error::Error as _;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

pub use self::form::basic;
use self::gate::Gate;
use super::backoff;
use super::{Connection, DeskResult};
use crate::domain::DeskError;
use crate::text::Clean;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 5 });
/// How long a desk may be silent in the middle of an exchange.
pub(super) const SILENCE: Duration = Duration::from_secs(30);
/// The largest answer that is read into memory.
const LARGEST: usize = 32 * 1024 * 1024;
/// How often one request is tried.
const TRIES: u32 = 4;
/// After this long a failed request is not tried again.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same for one that never left: nobody waits long for a desk that is not there.
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(2);
/// A longer wait asked for by the desk is told to the agent even by a patient client.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The slowest line that an upload is patient with, in bytes a second.
const SLOWEST: u64 = 10_000;

/// What the log says in place of an address that is a secret.
const FILE: &str = "(not logged)";

/// A request to make.
#[derive(Clone, Debug)]
pub struct Ask {
    method: Method,
    path: Vec<String>,
    /// The path begins at the host and not at the desk's address.
    from_host: bool,
    query: Vec<(Cow<'static, str>, String)>,
    headers: HeaderMap,
    body: Bytes,
    repeatable: bool,
}

impl Ask {
    /// A read. `path` is below the desk's address, segment by segment: each is escaped.
    pub fn get<S: Into<String>>(path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::GET, path).repeatable()
    }

    /// Any other request; repeated only when it certainly never left, unless it is [`Ask::repeatable`].
    pub fn new<S: Into<String>>(method: Method, path: impl IntoIterator<Item = S>) -> Self {
        Self {
            method,
            path: path.into_iter().map(Into::into).collect(),
            from_host: false,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            repeatable: false,
        }
    }

    /// Doing it twice does no harm: it carries a key by which the desk knows it again, or only sets what it names.
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The path begins at the host: for files that a site keeps beside the desk. Whoever knows it may have the file, so it is not
    /// logged.
    pub const fn from_host(mut self) -> Self {
        self.from_host = true;
        self
    }

    /// Adds a parameter of the query string when there is a value.
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|v| (name.into(), v.to_string())));
        self
    }

    /// Adds a header. A value that cannot stand in one is left out.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a header that nothing may print.
    pub fn secret(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }

    /// Sends these bytes.
    pub fn bytes(mut self, media_type: &'static str, bytes: Bytes) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body = bytes;
        self
    }

    /// Sends a form with files: names and values, then name, file name, media type and bytes of each file.
    pub fn form(self, values: &[(&str, &str)], files: &[(&str, &str, &str, Bytes)]) -> Self {
        let (media_type, body) = form::encode(values, files);
        let mut ask = self.header(header::CONTENT_TYPE, &media_type);
        ask.body = body;
        ask
    }

    /// Sends this as JSON.
    pub fn json(self, body: &impl Serialize) -> DeskResult<Self> {
        let bytes = serde_json::to_vec(body).map_err(|e| DeskError::Invalid {
            field: None,
            why: Clean::line(&format!("it has no form as JSON: {e}")),
        })?;
        Ok(self.bytes("application/json", bytes.into()))
    }
}

/// An answer with its whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Whom to name in messages.
    place: String,
}

impl Answer {
    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> DeskResult<T> {
        if self.is_html() {
            return Err(self.garbled());
        }
        serde_json::from_slice(&self.body).map_err(|e| {
            let place = &self.place;
            let said = e.to_string();
            // Other texts of serde_json quote the value, which is a customer's.
            let lacks = said.strip_prefix("missing field ").and_then(|rest| rest.split(' ').next());
            let why = match (e.classify(), lacks) {
                (serde_json::error::Category::Eof, _) => {
                    format!("the answer of {place} was cut off after {} bytes", self.body.len())
                }
                (_, Some(field)) => {
                    format!("the answer of {place} lacks {field}: is that the desk's address, and its version ours?")
                }
                (serde_json::error::Category::Data, _) => format!(
                    "the answer of {place} has another form than expected (line {}, column {}): is its version ours?",
                    e.line(),
                    e.column()
                ),
                _ => format!("the answer of {place} is not JSON: is that the desk's address?"),
            };
            DeskError::Garbled { why: Clean::line(&why) }
        })
    }

    /// Whom to name in messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The answer's media type, without parameters.
    pub fn media_type(&self) -> &str {
        media_type(&self.headers)
    }

    /// What a refusal means that carries no document of the desk's own.
    pub fn refusal(&self) -> DeskError {
        let place = &self.place;
        let why = |text: String| Clean::line(&text);
        if self.is_html() && self.status != StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return match self.status {
                StatusCode::UNAUTHORIZED => {
                    DeskError::Unauthenticated { why: why(format!("{place} refuses the token; make a new one")) }
                }
                StatusCode::TOO_MANY_REQUESTS => DeskError::Limited { retry_after: self.retry_after() },
                _ => self.garbled(),
            };
        }
        match self.status.as_u16() {
            401 => DeskError::Unauthenticated {
                why: why(format!("{place} does not take the token: it is missing, wrong or expired; make a new one")),
            },
            407 => DeskError::Unavailable {
                why: why(format!(
                    "a proxy before {place} wants a sign-in; write it as http://NAME:PASSWORD@HOST:PORT into HTTP_PROXY"
                )),
            },
            403 => DeskError::Denied { why: why(format!("{place} does not allow it to this account")) },
            404 => DeskError::NotFound { what: why(format!("that on {place}")) },
            413 => DeskError::TooLarge { why: why(format!("it is too large for {place}")) },
            429 => DeskError::Limited { retry_after: self.retry_after() },
            300..400 => DeskError::Garbled {
                why: why(format!(
                    "{place} sends us elsewhere ({}); put the new address into the configuration",
                    self.status
                )),
            },
            400..500 => DeskError::Invalid { field: None, why: why(format!("{place} refuses it: {}", self.status)) },
            500..600 => DeskError::Unavailable {
                why: why(format!("{place} failed ({}); try again later, its log says more", self.status)),
            },
            _ => DeskError::Garbled { why: why(format!("{place} answered {} where it should not", self.status)) },
        }
    }

    /// `Retry-After` in seconds, or as a date.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    fn is_html(&self) -> bool {
        matches!(self.media_type(), "text/html" | "application/xhtml+xml")
            || self.body.trim_ascii_start().get(..9).is_some_and(|b| b.eq_ignore_ascii_case(b"<!doctype"))
    }

    fn garbled(&self) -> DeskError {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(64 * 1024)]);
        // ASCII only, so that places in both are the same.
        let lower = text.to_ascii_lowercase();
        let title = lower.find("<title").and_then(|at| {
            let begin = at + lower[at..].find('>')? + 1;
            let end = begin + lower[begin..].find("</title")?;
            Some(text[begin..end].split_whitespace().collect::<Vec<_>>().join(" "))
        });
        let title = title.filter(|t| !t.is_empty()).map(|t| format!(" \"{}\"", t.chars().take(80).collect::<String>()));
        DeskError::Garbled {
            why: Clean::line(&format!(
                "{} answered {} with a web page{}: a proxy stands before the desk, or the address is not the desk's",
                self.place,
                self.status,
                title.unwrap_or_default()
            )),
        }
    }
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// No desk is left alone for longer.
const LONGEST: Duration = Duration::from_hours(24);

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
            Duration::try_from(at.duration_since(jiff::Timestamp::now())).unwrap_or_default()
        }
    };
    // Longer than that no desk means it: a clock is wrong.
    Some(wait.min(LONGEST))
}

/// The client of one connection.
pub struct Http {
    client: Client,
    base: Url,
    /// Whom to name in messages: host and port, or the socket's path.
    place: String,
    /// The variable that names the proxy on the way.
    proxy: Option<&'static str>,
    trips: AtomicU64,
    gate: Gate,
    /// Short silences are slept through instead of told.
    patient: bool,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Http {
    /// A client for a connection; `headers` go with every request (mark secrets in them as sensitive). Cheap for a socket or
    /// plain HTTP; certificates are read only for HTTPS.
    pub fn new(connection: &Connection, headers: HeaderMap) -> DeskResult<Self> {
        static RING: Once = Once::new();
        RING.call_once(|| {
            // Somebody else's choice of a provider is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let base = connection.url.clone();
        if base.cannot_be_a_base() || !matches!(base.scheme(), "http" | "https") {
            return Err(invalid("url", "the desk's address must begin with http:// or https://"));
        }
        let place = match (&connection.socket, base.host_str()) {
            (Some(path), _) => path.display().to_string(),
            (None, Some(host)) => base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            (None, None) => return Err(invalid("url", "the desk's address names no host")),
        };
        let client = build(connection, &headers)
            .map_err(|why| invalid("url", &format!("no connection to {place} can be set up: {why}")))?;
        let proxy =
            if is_here(connection) { None } else { tls::proxy_variable(&base, |name| std::env::var(name).ok()) };
        Ok(Self {
            client,
            base,
            place,
            proxy,
            trips: AtomicU64::new(0),
            gate: Gate::new(connection.silence.clone()),
            patient: connection.patient,
        })
    }

    /// Round trips made, repeated ones counted each time.
    pub fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Whether an address is on the desk's own host: a secret goes nowhere else.
    pub fn is_same_host(&self, url: &Url) -> bool {
        (url.host(), url.port_or_known_default()) == (self.base.host(), self.base.port_or_known_default())
    }

    /// Whom to name in messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Makes a request and reads the whole answer, whatever its status; repeats it where that is allowed and helps. An answer of
    /// 429 is `Limited`, and so is every request until the silence that it asked for is over.
    pub async fn send(&self, ask: &Ask) -> DeskResult<Answer> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            self.keep_silence(begun).await?;
            let mut patience = PATIENCE;
            tries += 1;
            let last = match self.once(ask).await {
                Ok(answer) => match self.judge(ask, &answer) {
                    Verdict::Done => return Ok(answer),
                    Verdict::Again => Ok(answer),
                    Verdict::Limited(left) if tries >= TRIES => {
                        return Err(limited(left));
                    }
                    // Refused by the gate at the next turn, or slept there.
                    Verdict::Limited(_) => continue,
                },
                Err(failed) if failed.again && !failed.left => {
                    patience = PATIENCE_TO_CONNECT;
                    Err(failed.error)
                }
                Err(failed) if failed.again && ask.repeatable => Err(failed.error),
                Err(failed) => return Err(failed.error),
            };
            let wait = backoff::wait(FIRST_WAIT, Duration::from_secs(5), tries - 1);
            if tries >= TRIES || begun.elapsed() + wait > patience {
                return last;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Makes a request once and hands over the answer as it comes: for files and event streams. The caller watches the time
    /// between two chunks.
    pub async fn stream(&self, ask: &Ask) -> DeskResult<Result<Response, Answer>> {
        self.keep_silence(Instant::now()).await?;
        let response = self.exchange(ask).await.map_err(|f| f.error)?;
        if response.status().is_success() {
            self.gate.spoke();
            return Ok(Ok(response));
        }
        let answer = self.read(ask, response).await.map_err(|f| f.error)?;
        match self.judge(ask, &answer) {
            Verdict::Limited(left) => Err(limited(left)),
            Verdict::Done | Verdict::Again => Ok(Err(answer)),
        }
    }

    /// Words for a chunk of a streamed answer that did not come.
    pub fn broken(&self, error: reqwest::Error) -> DeskError {
        self.failed(error, false).error
    }

    /// Words for a desk that fell silent.
    pub fn silent(&self, maybe_done: bool, after: Duration) -> DeskError {
        let why = format!("{} has said nothing for {} s", self.place, after.as_secs());
        DeskError::Unreachable { why: Clean::line(&why), maybe_done }
    }

    /// Says how long the silence lasts that the desk asked for. A patient client sleeps a short one away.
    async fn keep_silence(&self, begun: Instant) -> DeskResult<()> {
        loop {
            let Some(left) = self.gate.left() else { return Ok(()) };
            if !self.patient || left > LONGEST_WAIT || begun.elapsed() + left > PATIENCE {
                return Err(limited(left));
            }
            tokio::time::sleep(backoff::spread(left)).await;
        }
    }

    fn judge(&self, ask: &Ask, answer: &Answer) -> Verdict {
        let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
        let down = matches!(answer.status.as_u16(), 502..=504);
        if !limited && !down {
            self.gate.spoke();
            return Verdict::Done;
        }
        let asked = answer.retry_after().filter(|wait| !wait.is_zero());
        if limited || asked.is_some() {
            let left = self.gate.close(asked);
            // 429 says that nothing was done. After a gateway's error nobody knows.
            if limited || ask.repeatable {
                return Verdict::Limited(left);
            }
        }
        if ask.repeatable { Verdict::Again } else { Verdict::Done }
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, Failed> {
        let response = self.exchange(ask).await?;
        self.read(ask, response).await
    }

    async fn exchange(&self, ask: &Ask) -> Result<Response, Failed> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            if ask.from_host {
                segments.clear();
            }
            segments.pop_if_empty().extend(&ask.path);
        }
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        // A file's address beside the desk is as good as a password on many sites.
        let path = if ask.from_host { FILE } else { url.path() }.to_owned();
        let mut request = self.client.request(ask.method.clone(), url).headers(ask.headers.clone());
        if ask.method != Method::GET {
            request = request.body(ask.body.clone());
        }
        self.trips.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let silence = SILENCE + Duration::from_secs(ask.body.len() as u64 / SLOWEST);
        let result = tokio::time::timeout(silence, request.send()).await;
        let ms = begun.elapsed().as_millis() as u64;
        match result {
            Ok(Ok(response)) => {
                tracing::debug!(method = %ask.method, path, status = response.status().as_u16(), ms, "request");
                Ok(response)
            }
            Ok(Err(error)) => {
                let failed = self.failed(error, ask.method != Method::GET);
                tracing::debug!(method = %ask.method, path, error = %failed.error, ms, "request failed");
                Err(failed)
            }
            Err(_) => {
                tracing::debug!(method = %ask.method, path, ms, "no answer");
                Err(Failed { error: self.silent(ask.method != Method::GET, silence), left: true, again: true })
            }
        }
    }

    async fn read(&self, ask: &Ask, mut response: Response) -> Result<Answer, Failed> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let write = ask.method != Method::GET;
        let mut body = BytesMut::new();
        loop {
            match tokio::time::timeout(SILENCE, response.chunk()).await {
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() > LARGEST => {
                    let why = format!("the answer of {} is larger than {} MB", self.place, LARGEST / (1024 * 1024));
                    return Err(Failed {
                        error: DeskError::Garbled { why: Clean::line(&why) },
                        left: true,
                        again: false,
                    });
                }
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                Ok(Ok(None)) => return Ok(Answer { status, headers, body: body.freeze(), place: self.place.clone() }),
                Ok(Err(error)) => return Err(Failed { left: true, ..self.failed(error, write) }),
                Err(_) => return Err(Failed { error: self.silent(write, SILENCE), left: true, again: true }),
            }
        }
    }

    /// What went wrong on the way, in words that name the next step.
    fn failed(&self, error: reqwest::Error, write: bool) -> Failed {
        let error = error.without_url();
        let place = &self.place;
        let left = !error.is_connect() && !error.is_builder();
        let cause = cause(&error);
        let again = !matches!(cause, Cause::Tls(_) | Cause::Io(std::io::ErrorKind::PermissionDenied));
        let why = match (cause, self.proxy) {
            (Cause::Tunnel { signs_in: true }, Some(proxy)) => format!(
                "the proxy of {proxy} wants a sign-in on the way to {place}; write it as http://NAME:PASSWORD@HOST:PORT into {proxy}"
            ),
            (Cause::Tunnel { .. }, Some(proxy)) => {
                format!(
                    "the proxy of {proxy} does not let us through to {place}; correct {proxy}, or add the host to NO_PROXY"
                )
            }
            (Cause::Dns | Cause::Io(_) | Cause::Timeout | Cause::Other, Some(proxy)) if !left => format!(
                "{place} cannot be reached through the proxy of {proxy}; correct {proxy}, or add the host to NO_PROXY"
            ),
            (cause, _) => self.direct(cause, left),
        };
        Failed { error: DeskError::Unreachable { why: Clean::line(&why), maybe_done: left && write }, left, again }
    }

    /// Words for what went wrong without a proxy, or behind it.
    fn direct(&self, cause: Cause, left: bool) -> String {
        let place = &self.place;
        match cause {
            Cause::Tls(why) => format!("no safe connection to {place}: {why}"),
            Cause::Dns => format!("no host of that name: {place}; check the address and the network"),
            Cause::Io(std::io::ErrorKind::ConnectionRefused) => {
                format!("{place} refuses the connection: no desk is running there, or the address is wrong")
            }
            Cause::Io(std::io::ErrorKind::NotFound) => format!("no desk is running at {place}"),
            Cause::Io(std::io::ErrorKind::PermissionDenied) => format!("{place} belongs to somebody else"),
            Cause::Timeout if !left => {
                format!("{place} does not answer within {} s; check the network", CONNECT.as_secs())
            }
            Cause::Timeout => format!("{place} took too long to answer"),
            Cause::Io(_) | Cause::Other if left => format!("{place} cut the line before the end of its answer"),
            Cause::Io(kind) => format!("{place} cannot be reached: {kind}"),
            Cause::Other | Cause::Tunnel { .. } => format!("{place} cannot be reached"),
        }
    }
}

/// The first wait before another try: four refused connections take well below a second.
const FIRST_WAIT: Duration = Duration::from_millis(150);

/// Whole seconds: nobody comes back too early, and countdowns show what the desk said.
fn limited(left: Duration) -> DeskError {
    let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    DeskError::Limited { retry_after: Some(Duration::from_secs(whole)) }
}

/// What to do after an answer.
enum Verdict {
    /// It is the answer.
    Done,
    /// Try again.
    Again,
    /// The desk wants to be left alone for so long.
    Limited(Duration),
}

/// A request without an answer.
struct Failed {
    error: DeskError,
    /// The request may have reached the desk.
    left: bool,
    /// Another try may find another answer.
    again: bool,
}

enum Cause {
    Tls(String),
    /// A proxy did not make the way; it may want to know who asks.
    Tunnel {
        signs_in: bool,
    },
    Dns,
    Timeout,
    Io(std::io::ErrorKind),
    Other,
}

fn cause(error: &reqwest::Error) -> Cause {
    if error.is_dns() {
        return Cause::Dns;
    }
    let mut found = if error.is_timeout() { Cause::Timeout } else { Cause::Other };
    let mut source = error.source();
    while let Some(e) = source {
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            return Cause::Tls(tls::words(tls));
        }
        // The HTTP client keeps the type of this one to itself.
        let said = e.to_string();
        if said.starts_with("tunnel error") {
            found = Cause::Tunnel { signs_in: said.contains("authorization") };
        }
        let io = e.downcast_ref::<std::io::Error>();
        if let Some(io) = io
            && !matches!(found, Cause::Timeout | Cause::Tunnel { .. })
            && !matches!((&found, io.kind()), (Cause::Io(_), std::io::ErrorKind::Other))
        {
            found = Cause::Io(io.kind());
        }
        // An I/O error names its inner error's source as its own and skips the inner error, which may be the one.
        source = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => e.source(),
        };
    }
    found
}

fn invalid(field: &str, why: &str) -> DeskError {
    DeskError::Invalid { field: Some(Clean::line(field)), why: Clean::line(why) }
}

/// Whether the desk is on this machine.
fn is_here(connection: &Connection) -> bool {
    let local = connection.url.host_str().is_some_and(|h| matches!(h, "localhost" | "127.0.0.1" | "[::1]"));
    local || connection.socket.is_some()
}

fn build(connection: &Connection, headers: &HeaderMap) -> Result<Client, String> {
    let plain = |certificates: Vec<Certificate>| {
        let mut builder = ClientBuilder::new()
            .user_agent(concat!("ticketty/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers.clone())
            .connect_timeout(CONNECT)
            // A write sent elsewhere would arrive as a read; a wrong address is better said.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(Duration::from_secs(55))
            .tls_certs_merge(certificates);
        if is_here(connection) {
            // No proxy leads to this machine.
            builder = builder.no_proxy();
        }
        match &connection.socket {
            // Nothing is gained by packing what does not leave the machine.
            Some(path) => builder.no_gzip().unix_socket(path.clone()),
            None => builder,
        }
    };
    if connection.url.scheme() == "http" {
        // Without this the certificates of the system are read from disk for nothing.
        return plain(Vec::new()).tls_certs_only(Vec::new()).build().map_err(|e| e.without_url().to_string());
    }
    let house = tls::authorities(&connection.tls)?;
    let identity = tls::identity(&connection.tls)?;
    let plain = |certificates| match &identity {
        Some(identity) => plain(certificates).identity(identity.clone()),
        None => plain(certificates),
    };
    match plain(house.clone()).build() {
        Ok(client) => Ok(client),
        // A fresh machine without a bundle of authorities.
        Err(first) => {
            let known = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|c| Certificate::from_der(c).ok());
            plain(Vec::new())
                .tls_certs_only(known.chain(house).collect::<Vec<_>>())
                .build()
                .map_err(|_| first.without_url().to_string())
        }
    }
}

mod form;
mod gate;
#[cfg(test)]
mod safe_tests;
#[cfg(test)]
mod tests;
mod tls;
