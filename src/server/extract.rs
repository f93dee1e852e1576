//! Strict decoding: what is not exactly as the OpenAPI document says is a 4xx problem, never a guess.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::check::Check;
use super::problem::Refusal;
use super::store::WriteMeta;
use super::{ServerState, limits};
use crate::domain::id::{AttachmentId, TicketId};

/// How much of a body that is too large is read and thrown away, so that its sender hears the answer.
const DRAIN: usize = 256 * 1024 * 1024;
/// How long a body may stand still.
const STILL: Duration = Duration::from_secs(30);

/// The entity tag of a ticket's version.
pub fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Reads a body up to a limit.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if declared.is_some_and(|length: usize| length > limit) && headers.contains_key(header::EXPECT) {
        // The sender waits for leave to send; it gets the answer instead.
        return Err(Refusal::too_large(limit));
    }
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::with_capacity(declared.unwrap_or(0).min(limit));
    let mut seen = 0_usize;
    loop {
        match tokio::time::timeout(STILL, stream.next()).await {
            Err(_) => return Err(Refusal::unreadable("The body stopped before its end. Send the request again.")),
            Ok(Some(Err(_))) => return Err(Refusal::unreadable("The body was cut off. Send the request again.")),
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => {
                seen = seen.saturating_add(chunk.len());
                if seen > DRAIN {
                    break;
                }
                if seen <= limit {
                    bytes.extend_from_slice(&chunk);
                } else {
                    bytes = Vec::new();
                }
            }
        }
    }
    if seen > limit { Err(Refusal::too_large(limit)) } else { Ok(bytes.into()) }
}

/// Whether the request's content type is the expected one, parameters aside.
pub fn has_content_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let first = values.next().and_then(|v| v.to_str().ok()).map(|v| v.split(';').next().unwrap_or_default().trim());
    values.next().is_none() && first.is_some_and(|v| v.eq_ignore_ascii_case(expected))
}

/// The refusal of another content type.
pub fn wrong_content_type(expected: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid", format!("The content type must be {expected}."))
}

/// A JSON body, checked, and the hash of its bytes.
pub struct Json<T> {
    /// The value.
    pub value: T,
    /// SHA-256 of the body.
    pub hash: [u8; 32],
}

impl<T: DeserializeOwned + Check> FromRequest<ServerState> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &ServerState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !has_content_type(&parts.headers, "application/json") {
            return Err(wrong_content_type("application/json"));
        }
        let bytes = read_body(&parts.headers, body, limits::BODY).await?;
        Self::parse(&bytes)
    }
}

impl<T: DeserializeOwned + Check> Json<T> {
    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let value: T = serde_json::from_slice(bytes).map_err(|e| match e.classify() {
            serde_json::error::Category::Data => {
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("The body does not fit: {e}."))
            }
            _ => Refusal::unreadable(format!("The body is not JSON: {e}.")),
        })?;
        value.check()?;
        Ok(Self { value, hash: Sha256::digest(bytes).into() })
    }
}

/// A JSON body that may be left out.
pub struct JsonOrNothing<T> {
    /// The value; the default when nothing came.
    pub value: T,
    /// SHA-256 of the body.
    pub hash: [u8; 32],
}

impl<T: DeserializeOwned + Check + Default> FromRequest<ServerState> for JsonOrNothing<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &ServerState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(&parts.headers, body, limits::BODY).await?;
        if bytes.is_empty() {
            return Ok(Self { value: T::default(), hash: Sha256::digest(b"").into() });
        }
        if !has_content_type(&parts.headers, "application/json") {
            return Err(wrong_content_type("application/json"));
        }
        let Json { value, hash } = Json::parse(&bytes)?;
        Ok(Self { value, hash })
    }
}

/// A query string, checked.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Check> FromRequestParts<ServerState> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &ServerState) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        if !is_utf8(query) {
            return Err(Refusal::unreadable("The query string is not UTF-8 in percent encoding."));
        }
        let value: T = axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| value)
            .map_err(|e| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("{}.", e.body_text())))?;
        value.check()?;
        Ok(Self(value))
    }
}

/// Whether a percent-encoded text decodes to UTF-8, without stray percent signs.
fn is_utf8(encoded: &str) -> bool {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        match (digit(bytes.next()), digit(bytes.next())) {
            (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
            _ => return false,
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// The `{id}` of a path, as our ids are written: a decimal number.
async fn path_id(parts: &mut Parts, state: &ServerState, what: &str) -> Result<String, Refusal> {
    let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
        return Err(Refusal::not_found(what));
    };
    let id = params.iter().find(|(name, _)| *name == "id").map_or("", |(_, value)| value);
    let is_number = (1..=18).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()) && !id.starts_with('0');
    if is_number { Ok(id.to_owned()) } else { Err(Refusal::not_found(&format!("{what} {id}"))) }
}

/// The ticket of a path.
pub struct TicketPath(pub TicketId);

impl FromRequestParts<ServerState> for TicketPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, Refusal> {
        Ok(Self(TicketId::new(path_id(parts, state, "ticket").await?)))
    }
}

/// The attachment of a path.
pub struct AttachmentPath(pub AttachmentId);

impl FromRequestParts<ServerState> for AttachmentPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, Refusal> {
        Ok(Self(AttachmentId::new(path_id(parts, state, "attachment").await?)))
    }
}

/// The header of a request's idempotency key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The headers of a write.
pub struct WriteHeaders {
    key: Option<String>,
    if_match: Option<u64>,
    scope: String,
}

impl WriteHeaders {
    /// With the body's hash, all that the store needs to know.
    pub fn meta(self, body_hash: [u8; 32]) -> WriteMeta {
        WriteMeta { key: self.key, scope: self.scope, body_hash, if_match: self.if_match }
    }
}

impl FromRequestParts<ServerState> for WriteHeaders {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &ServerState) -> Result<Self, Refusal> {
        let key = one_header(&parts.headers, &IDEMPOTENCY_KEY)?.map(str::to_owned);
        if key.as_ref().is_some_and(|k| !(1..=255).contains(&k.len()) || !k.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Refusal::invalid("Idempotency-Key", "The key must be 1 to 255 visible ASCII characters."));
        }
        let if_match = match one_header(&parts.headers, &header::IF_MATCH)? {
            None | Some("*") => None,
            Some(tag) => Some(version_of(tag).ok_or_else(|| {
                Refusal::invalid("If-Match", "If-Match must be a ticket's entity tag, such as \"3\", or *.")
            })?),
        };
        Ok(Self { key, if_match, scope: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

/// The version in an entity tag.
fn version_of(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// A header that may stand once, as visible ASCII.
pub fn one_header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::invalid(name.as_str(), "This header may stand only once."));
    }
    value.to_str().map(Some).map_err(|_| Refusal::invalid(name.as_str(), "This header must be visible ASCII."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tags_are_versions() {
        assert_eq!(version_of("\"12\""), Some(12));
        for bad in ["12", "W/\"12\"", "\"\"", "\"+1\"", "\"1\", \"2\"", "\"9999999999999999999\""] {
            assert_eq!(version_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_query_must_decode_to_utf8() {
        assert!(is_utf8("q=%E8%BF%94%E5%93%81&late=true"));
        for bad in ["q=%ff", "q=%", "q=%4", "q=%zz", "q=%+1"] {
            assert!(!is_utf8(bad), "{bad}");
        }
    }
}
