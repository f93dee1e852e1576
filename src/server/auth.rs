//! Who calls: bearer tokens, of which only the SHA-256 is kept.

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::ServerState;
use super::problem::Refusal;
use super::store::Caller;

/// What every token begins with, so that a leaked one can be recognised.
const PREFIX: &str = "tkt_";

/// Makes a token: 32 random bytes in hex.
pub fn new_token() -> Result<SecretString, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(SecretString::from(format!("{PREFIX}{}", hex(&bytes))))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// What the store keeps of a token.
pub fn token_hash(token: &SecretString) -> [u8; 32] {
    hash(token.expose_secret())
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A caller who showed a good token, within its rate.
pub struct Auth {
    /// The caller.
    pub caller: Caller,
    /// The hash of the caller's token, to ask again whether it is still good.
    pub token: [u8; 32],
}

/// The same without the rate limit: an import sends one request for each mail.
pub struct AuthBulk(pub Caller);

impl FromRequestParts<ServerState> for Auth {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, Refusal> {
        let (caller, token) = authenticate(parts, state).await?;
        state.limits().request(caller.token).map_err(Refusal::limited)?;
        Ok(Self { caller, token })
    }
}

impl FromRequestParts<ServerState> for AuthBulk {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, Refusal> {
        Ok(Self(authenticate(parts, state).await?.0))
    }
}

async fn authenticate(parts: &Parts, state: &ServerState) -> Result<(Caller, [u8; 32]), Refusal> {
    let fail = |why| state.limits().failure().map_or_else(Refusal::limited, |()| Refusal::unauthenticated(why));
    let Some(token) = bearer(parts) else {
        return Err(fail("A bearer token is needed. `ticketty admin token add` makes one."));
    };
    let hash = hash(token);
    let caller = if is_token(token) { state.store().caller(&hash, Timestamp::now()).await? } else { None };
    match caller {
        Some(caller) => Ok((caller, hash)),
        None => Err(fail("This token is unknown, expired or revoked. `ticketty admin token add` makes a new one.")),
    }
}

/// The token of the one `Authorization` header.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The shape of our tokens; anything else is not worth a look at the database.
fn is_token(token: &str) -> bool {
    token.strip_prefix(PREFIX).is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_each_time_and_recognised() {
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert!(is_token(a.expose_secret()));
        assert_ne!(token_hash(&a), token_hash(&b));
        assert!(!is_token("tkt_"));
        assert!(!format!("{a:?}").contains("tkt_"));
    }
}
