//! A file on its way down from a desk: its name, type and size from the answer's head, then its bytes as they come.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use reqwest::Response;
use reqwest::header::{self, HeaderName};

use super::Download;
use super::http::{Http, SILENCE};
use crate::text::Clean;

/// The file of an answer whose head has come.
pub fn begun(http: &Arc<Http>, response: Response) -> Download {
    let header = |name: HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let name = file_name(header(header::CONTENT_DISPOSITION)).unwrap_or_else(|| "attachment".to_owned());
    let media_type = Clean::line(header(header::CONTENT_TYPE));
    let size = response.content_length();
    let bytes = stream::unfold(Some((Arc::clone(http), response)), |line| async {
        let (http, mut response) = line?;
        match tokio::time::timeout(SILENCE, response.chunk()).await {
            Ok(Ok(Some(chunk))) => Some((Ok(chunk), Some((http, response)))),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(http.broken(error)), None)),
            Err(_) => Some((Err(http.silent(false, SILENCE)), None)),
        }
    });
    Download { name: Clean::line(&name), media_type, size, bytes: bytes.boxed() }
}

/// The file name in a `Content-Disposition`: RFC 6266, `filename*` before `filename`. Never with a folder.
fn file_name(disposition: &str) -> Option<String> {
    let value = |key: &str| {
        let at = disposition.to_ascii_lowercase().find(key)?;
        let rest = &disposition[at + key.len()..];
        Some(match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => rest.split(';').next().unwrap_or_default().trim(),
        })
    };
    let wide = value("filename*=utf-8''").map(percent_decoded);
    let name = wide.or_else(|| value("filename=").map(str::to_owned))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    (!name.is_empty() && name != "." && name != "..").then(|| name.to_owned())
}

fn percent_decoded(text: &str) -> String {
    // A query string's decoding, in which only `+` would differ.
    let pair = format!("n={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_no_folder() {
        assert_eq!(file_name(r#"attachment; filename="a b.pdf""#).as_deref(), Some("a b.pdf"));
        assert_eq!(file_name(r"attachment; filename=..\..\x").as_deref(), Some("x"));
        assert_eq!(file_name("attachment; filename*=UTF-8''..").as_deref(), None);
        assert_eq!(file_name("attachment").as_deref(), None);
    }
}
