//! The line to an RT: signing in, asking, and what its refusals mean.
//!
//! RT checks tokens and passwords with bcrypt, 0.3 s of its processor each time; the cookie of a web session costs it a thirtieth
//! of that. So a password is used once, and the cookie kept (in memory, and where the connection names a file, there for the
//! next process).

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, Semaphore};

use super::wire::{Items, Refused, User};
use crate::backend::http::{Answer, Ask, Http, basic};
use crate::backend::{Connection, DeskResult};
use crate::domain::DeskError;
use crate::text::Clean;

/// The line. Cheap to clone.
#[derive(Clone)]
pub struct Line {
    http: Arc<Http>,
    key: Arc<Key>,
    /// An RT has a handful of processes for all its agents.
    places: Arc<Semaphore>,
}

/// So many requests are made at once.
pub const AT_ONCE: usize = 6;

enum Key {
    /// The token goes with every request; it names the number of its agent.
    Token {
        user: String,
        /// The login, as the configuration has it.
        account: Option<String>,
    },
    Password(Password),
}

struct Password {
    user: String,
    secret: SecretString,
    /// Where the session is kept for the next process.
    file: Option<PathBuf>,
    session: Mutex<Session>,
}

#[derive(Clone, Debug, Default)]
enum Session {
    /// Not looked for yet.
    #[default]
    None,
    /// A cookie, `name=value`; whether this process signed in for it.
    Cookie(String, bool),
    /// The web page does not let us in: the password goes with every request.
    Basic(HeaderValue),
}

impl Session {
    fn apply(&self, ask: &Ask) -> Ask {
        match self {
            Self::None => ask.clone(),
            Self::Cookie(cookie, _) => ask.clone().header(header::COOKIE, cookie),
            Self::Basic(basic) => ask.clone().secret(header::AUTHORIZATION, basic.clone()),
        }
    }
}

impl Line {
    /// Prepares the line; nothing is asked yet.
    pub fn new(connection: &Connection) -> DeskResult<Self> {
        let Some(secret) = &connection.secret else {
            return Err(unauthenticated(
                "no token is configured; make one in RT under Settings, Auth Tokens, and name its file or command",
            ));
        };
        let text = secret.expose_secret().trim();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let key = match (token_user(text), &connection.account) {
            (Some(user), _) => {
                let mut value = HeaderValue::from_str(&format!("token {text}"))
                    .map_err(|_| unauthenticated("the token holds characters that no token has; see what gives it"))?;
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value);
                Key::Token { user: user.to_owned(), account: connection.account.clone() }
            }
            (None, Some(account)) => Key::Password(Password {
                user: account.clone(),
                secret: SecretString::from(text),
                file: connection.session.clone(),
                session: Mutex::default(),
            }),
            (None, None) => {
                return Err(unauthenticated(
                    "the secret is no RT token (1-43-...); if it is a password, name the account that it belongs to",
                ));
            }
        };
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { http: Arc::new(Http::new(connection, headers)?), key: Arc::new(key), places })
    }

    /// What RT knows us by: a number, or a login.
    pub fn user(&self) -> &str {
        match &*self.key {
            Key::Token { user, .. } => user,
            Key::Password(password) => &password.user,
        }
    }

    /// The login, where it is known without asking.
    pub fn login(&self) -> Option<&str> {
        match &*self.key {
            Key::Token { .. } => None,
            Key::Password(password) => Some(&password.user),
        }
    }

    /// The login as the configuration has it: good enough to sort by.
    pub fn probably(&self) -> Option<&str> {
        match &*self.key {
            Key::Token { account, .. } => account.as_deref(),
            Key::Password(password) => Some(&password.user),
        }
    }

    /// Whether a user is the one who asks; `id` is a number where it was asked for.
    pub fn is_me(&self, user: &User) -> bool {
        match &*self.key {
            Key::Token { user: number, .. } => *number == user.id,
            Key::Password(password) => password.user.eq_ignore_ascii_case(user.login()),
        }
    }

    /// Whether this process signed in with a password, which cost a request.
    pub async fn signed_in(&self) -> bool {
        match &*self.key {
            Key::Token { .. } => false,
            Key::Password(p) => matches!(*p.session.lock().await, Session::None | Session::Cookie(_, true)),
        }
    }

    /// Round trips made.
    pub fn round_trips(&self) -> u64 {
        self.http.round_trips()
    }

    /// Whom to name in messages.
    pub fn place(&self) -> &str {
        self.http.place()
    }

    /// Makes a request when there is a place for it.
    async fn trip(&self, ask: &Ask) -> DeskResult<Answer> {
        // Nobody closes the places.
        let _place = self.places.acquire().await.ok();
        self.http.send(ask).await
    }

    /// Asks and reads the answer, which may be a refusal.
    pub async fn send(&self, ask: &Ask) -> DeskResult<Answer> {
        let Key::Password(password) = &*self.key else { return self.trip(ask).await };
        let session = self.session(password, None).await?;
        let answer = self.trip(&session.apply(ask)).await?;
        if !turned_away(&answer) {
            return Ok(answer);
        }
        // The session ended, and nothing was done: once more with a new one.
        let session = self.session(password, Some(&session)).await?;
        let answer = self.trip(&session.apply(ask)).await?;
        if !turned_away(&answer) {
            return Ok(answer);
        }
        let session = basic(&password.user, password.secret.expose_secret()).map_or(session, Session::Basic);
        let answer = self.trip(&session.apply(ask)).await?;
        if turned_away(&answer) {
            return Err(unauthenticated(&format!(
                "{} does not take the password of {}; an RT behind another sign-on wants a token instead",
                self.place(),
                password.user
            )));
        }
        *password.session.lock().await = session;
        Ok(answer)
    }

    /// Asks and reads the answer as JSON, or the refusal.
    pub async fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> DeskResult<T> {
        let answer = self.send(ask).await?;
        if answer.status.is_success() { answer.json() } else { Err(refusal(&answer)) }
    }

    /// The same, and the desk's clock when it answered.
    pub async fn ask_at<T: DeserializeOwned>(&self, ask: &Ask) -> DeskResult<(T, Option<Timestamp>)> {
        let answer = self.send(ask).await?;
        if answer.status.is_success() { Ok((answer.json()?, clock(&answer))) } else { Err(refusal(&answer)) }
    }

    /// Reads page after page, at most so many, until `last` says so of what there is, this page's rows and its number.
    pub async fn pages<T: DeserializeOwned>(
        &self,
        ask: &Ask,
        most: u32,
        last: impl Fn(&[T], usize, u32) -> bool,
    ) -> DeskResult<Vec<T>> {
        let mut found = Vec::new();
        for page in 1..=most {
            let items: Items<T> = self.ask(&of_page(ask, page)).await?;
            let count = items.items.len();
            found.extend(items.items);
            if last(&found, count, page) {
                break;
            }
        }
        Ok(found)
    }

    /// The session to use: the one there is, or a new one in the place of one that ended.
    async fn session(&self, password: &Password, ended: Option<&Session>) -> DeskResult<Session> {
        let mut held = password.session.lock().await;
        match (&*held, ended) {
            (Session::None, None) => {
                if let Some(cookie) = password.kept().await {
                    *held = Session::Cookie(cookie, false);
                    return Ok(held.clone());
                }
            }
            (session, None) => return Ok(session.clone()),
            // Somebody else has signed in again meanwhile.
            (Session::Cookie(new, _), Some(Session::Cookie(old, _))) if new != old => return Ok(held.clone()),
            (_, Some(_)) => {}
        }
        let cookie = self.sign_in(password).await?;
        password.keep(&cookie).await;
        *held = Session::Cookie(cookie, true);
        Ok(held.clone())
    }

    async fn sign_in(&self, password: &Password) -> DeskResult<String> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("user", &password.user)
            .append_pair("pass", password.secret.expose_secret())
            .finish();
        let ask = Ask::new(Method::POST, ["NoAuth", "Login.html"])
            .bytes("application/x-www-form-urlencoded", Bytes::from(form))
            .repeatable();
        let answer = self.trip(&ask).await?;
        if answer.status.is_server_error() {
            return Err(answer.refusal());
        }
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
        let session = cookies.filter_map(|c| c.split(';').next()).find(|c| c.starts_with("RT_SID_"));
        // Without a cookie the next request is turned away, and the password tried in another way.
        Ok(session.unwrap_or("RT_SID=none").to_owned())
    }
}

/// The question for a page; the first needs no number.
pub fn of_page(ask: &Ask, page: u32) -> Ask {
    if page == 1 { ask.clone() } else { ask.clone().param("page", Some(page)) }
}

impl Password {
    /// The session of an earlier process.
    async fn kept(&self) -> Option<String> {
        let text = tokio::fs::read_to_string(self.file.as_ref()?).await.ok()?;
        let cookie = text.strip_prefix(&format!("{}\n", self.user))?.trim().to_owned();
        (!cookie.is_empty() && cookie.bytes().all(|b| b.is_ascii_graphic())).then_some(cookie)
    }

    /// Keeps the session for the next process, readable by its owner only. Without it that one signs in itself.
    async fn keep(&self, cookie: &str) {
        let Some(file) = &self.file else { return };
        let temporary = file.with_extension(format!("{}.new", std::process::id()));
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = async {
            let mut out = options.open(&temporary).await?;
            tokio::io::AsyncWriteExt::write_all(&mut out, format!("{}\n{cookie}\n", self.user).as_bytes()).await?;
            tokio::io::AsyncWriteExt::flush(&mut out).await?;
            tokio::fs::rename(&temporary, file).await
        };
        if let Err(error) = written.await {
            tracing::debug!(%error, "the session is not kept");
            let _ = tokio::fs::remove_file(&temporary).await;
        }
    }
}

/// The number of the user in a token, `1-43-0123…`.
fn token_user(text: &str) -> Option<&str> {
    let mut parts = text.split('-');
    let (version, user, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(version) && digits(user) && hash.len() >= 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    (fits && parts.next().is_none()).then_some(user)
}

/// Nobody is signed in: 401, or for a cookie that ended a redirect to the login page.
fn turned_away(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FOUND | StatusCode::SEE_OTHER)
}

/// The desk's own clock.
pub fn clock(answer: &Answer) -> Option<Timestamp> {
    let date = answer.headers.get(header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}

fn unauthenticated(why: &str) -> DeskError {
    DeskError::Unauthenticated { why: Clean::line(why) }
}

/// What a refusal means.
pub fn refusal(answer: &Answer) -> DeskError {
    let said = serde_json::from_slice::<Refused>(&answer.body).ok().map(|r| r.message);
    // RT adds where in its source it gave up.
    let said = said.map(|m| m.split(" at /").next().unwrap_or_default().trim().to_owned()).filter(|m| !m.is_empty());
    let why = |text: &str| Clean::line(text);
    match (answer.status.as_u16(), said) {
        (401, _) => unauthenticated("RT does not take the token; make a new one in RT under Settings, Auth Tokens"),
        (400, Some(said)) if said == "Permission Denied" => DeskError::Denied {
            why: why("RT says: Permission Denied; the ticket does not exist, or this account may not"),
        },
        (400 | 422, Some(said)) => DeskError::Invalid { field: None, why: why(&format!("RT says: {said}")) },
        (403, Some(said)) if said == "Forbidden" => {
            DeskError::Denied { why: why("RT does not allow it to this account") }
        }
        (403, Some(said)) => DeskError::Denied { why: why(&format!("RT says: {said}")) },
        (404, Some(_)) => DeskError::NotFound { what: why("that in this RT") },
        (409, Some(said)) => DeskError::Conflict { ticket: None, why: why(&format!("RT says: {said}")) },
        (412, _) => DeskError::Conflict { ticket: None, why: why("the ticket has changed meanwhile") },
        _ => answer.refusal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_from_a_password() {
        assert_eq!(token_user("1-43-e1e93c7e0a2d4c5ab8f1e1e93c7e0a2d"), Some("43"));
        for password in ["", "1-43", "1-43-short", "correct-horse-battery", "1-43-e1e93c7e0a2d4c5a-x"] {
            assert_eq!(token_user(password), None, "{password}");
        }
    }
}
