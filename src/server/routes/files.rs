//! Files in and out, and mails to import. Files leave as attachments and nothing else, whatever they claim to be.

use std::ops::Range;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::domain::change::Uploaded;
use crate::domain::id::TicketId;
use crate::server::auth::Auth;
use crate::server::extract::{
    AttachmentPath, Params, TicketPath, WriteHeaders, has_content_type, one_header, read_body, wrong_content_type,
};
use crate::server::problem::Refusal;
use crate::server::{ServerState, limits};
use crate::wire::{AttachmentList, UploadBody, UploadParams, Write};

const OCTETS: &str = "application/octet-stream";

/// The files of a ticket's thread.
#[utoipa::path(get, path = "/tickets/{id}/attachments", tag = "files", operation_id = "list_attachments",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "The files.", body = AttachmentList)))]
pub async fn list(
    auth: Auth,
    TicketPath(id): TicketPath,
    State(state): State<ServerState>,
) -> Result<Json<AttachmentList>, Refusal> {
    let thread = state.store().thread(&auth.caller, &id).await?;
    let attachments = thread.messages.into_iter().flat_map(|m| m.attachments).collect();
    Ok(Json(AttachmentList { attachments }))
}

/// Uploads a file, at most 25 MB, for a reply or note that will name it.
#[utoipa::path(post, path = "/tickets/{id}/attachments", tag = "files", operation_id = "upload_attachment",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$"), UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The file waits for its message.", body = Uploaded)))]
pub async fn upload(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Response, Refusal> {
    take(&state, &auth, Some(id), headers, params, request).await
}

/// Uploads a file, at most 25 MB, for a ticket still to be made: `POST /tickets` names it once, within a day.
#[utoipa::path(post, path = "/attachments", tag = "files", operation_id = "upload_unbound_attachment",
    params(UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The file waits for its ticket.", body = Uploaded)))]
pub async fn upload_unbound(
    auth: Auth,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> Result<Response, Refusal> {
    take(&state, &auth, None, headers, params, request).await
}

/// Takes a file in, for a ticket or for one still to come.
async fn take(
    state: &ServerState,
    auth: &Auth,
    ticket: Option<TicketId>,
    headers: WriteHeaders,
    params: UploadParams,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !has_content_type(&parts.headers, OCTETS) {
        return Err(wrong_content_type(OCTETS));
    }
    let bytes = read_body(&parts.headers, body, limits::FILE).await?;
    let mut hash = Sha256::new();
    hash.update(parts.uri.query().unwrap_or_default());
    hash.update([0]);
    hash.update(&bytes);
    let name = params.name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let upload = UploadBody {
        name: if name.is_empty() { "file".to_owned() } else { name.to_owned() },
        media_type: params.media_type.unwrap_or_else(|| OCTETS.to_owned()),
        bytes,
    };
    let meta = headers.meta(hash.finalize().into());
    super::write(state, &auth.caller, meta, Write::Upload(ticket, upload), StatusCode::CREATED).await
}

/// A file's bytes, whole or a range of them. What it is stands in its message.
#[utoipa::path(get, path = "/attachments/{id}", tag = "files",
    params(
        ("id" = String, Path, description = "The attachment's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$"),
        ("Range" = Option<String>, Header, description = "One range of bytes."),
    ),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream",
            headers(("Content-Disposition" = String, description = "Always `attachment`, with the name."))),
        (status = 206, description = "The range.", body = Vec<u8>, content_type = "application/octet-stream",
            headers(("Content-Range" = String, description = "Which part it is."))),
        (status = 416, description = "The range lies outside the file.", body = crate::wire::Problem,
            content_type = "application/problem+json",
            headers(("Content-Range" = String, description = "How long the file is."))),
    ))]
pub async fn download(
    auth: Auth,
    AttachmentPath(id): AttachmentPath,
    State(state): State<ServerState>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let range = one_header(&headers, &header::RANGE)?;
    let (name, _, bytes) = state.store().attachment(&auth.caller, &id).await?;
    let total = bytes.len();
    let mut response = match range.map_or(Wanted::All, |r| Wanted::of(r, total)) {
        Wanted::All => whole(bytes),
        Wanted::Part(range) => {
            let place = format!("bytes {}-{}/{total}", range.start, range.end - 1);
            let mut response = (StatusCode::PARTIAL_CONTENT, Body::from(bytes.slice(range))).into_response();
            insert(response.headers_mut(), header::CONTENT_RANGE, &place);
            response
        }
        Wanted::Outside => {
            let mut refusal = Refusal::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "invalid",
                format!("The file has {total} bytes; the range lies outside."),
            );
            refusal.length = Some(total as u64);
            return Err(refusal);
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(OCTETS));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    insert(headers, header::CONTENT_DISPOSITION, &disposition(&name));
    Ok(response)
}

fn whole(bytes: Bytes) -> Response {
    Body::from(bytes).into_response()
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Everything: no range, several, or one that cannot be read, which RFC 9110 says to ignore.
    All,
    Part(Range<usize>),
    Outside,
}

impl Wanted {
    fn of(header: &str, total: usize) -> Self {
        let Some((first, last)) = header.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
            return Self::All;
        };
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !digits(first) || !digits(last) {
            return Self::All;
        }
        // A number that does not fit lies beyond every file.
        let number = |s: &str| s.parse::<usize>().unwrap_or(usize::MAX);
        match (first.is_empty(), last.is_empty()) {
            (true, true) => Self::All,
            (true, false) if number(last) == 0 || total == 0 => Self::Outside,
            (true, false) => Self::Part(total.saturating_sub(number(last))..total),
            (false, _) if number(first) >= total => Self::Outside,
            (false, true) => Self::Part(number(first)..total),
            (false, false) if number(last) < number(first) => Self::All,
            (false, false) => Self::Part(number(first)..number(last).saturating_add(1).min(total)),
        }
    }
}

/// `attachment` with the name, plain where it is ASCII and encoded for the rest (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_rfc_9110_reads_them() {
        assert_eq!(Wanted::of("bytes=0-3", 10), Wanted::Part(0..4));
        assert_eq!(Wanted::of("bytes=4-", 10), Wanted::Part(4..10));
        assert_eq!(Wanted::of("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(Wanted::of("bytes=-30", 10), Wanted::Part(0..10));
        assert_eq!(Wanted::of("bytes=8-99999999999999999999999", 10), Wanted::Part(8..10));
        assert_eq!(Wanted::of("bytes=10-", 10), Wanted::Outside);
        assert_eq!(Wanted::of("bytes=-0", 10), Wanted::Outside);
        assert_eq!(Wanted::of("bytes=-1", 0), Wanted::Outside);
        for ignored in ["bytes=", "bytes=-", "bytes=3-1", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"] {
            assert_eq!(Wanted::of(ignored, 10), Wanted::All, "{ignored}");
        }
    }

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        let header = disposition("請求\" ; x=1.pdf");
        assert!(HeaderValue::from_str(&header).is_ok());
        assert_eq!(
            header,
            "attachment; filename=\"___ ; x=1.pdf\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%22%20%3B%20x%3D1.pdf"
        );
    }
}
