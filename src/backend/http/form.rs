//! Forms with files, as browsers send them (`multipart/form-data`, RFC 7578): names in UTF-8.

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;

use crate::backend::base64;

/// The media type and the body.
pub fn encode(values: &[(&str, &str)], files: &[(&str, &str, &str, Bytes)]) -> (String, Bytes) {
    let boundary = boundary(values, files);
    let mut body = BytesMut::new();
    for (name, value) in values {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", quoted(name));
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for (name, file, media_type, bytes) in files {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            quoted(name),
            quoted(file),
            one_line(media_type)
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.freeze())
}

/// A line that stands nowhere in the form.
fn boundary(values: &[(&str, &str)], files: &[(&str, &str, &str, Bytes)]) -> String {
    let stands = |line: &[u8]| {
        let within = |bytes: &[u8]| bytes.windows(line.len()).any(|part| part == line);
        values.iter().any(|(_, value)| within(value.as_bytes())) || files.iter().any(|(_, _, _, bytes)| within(bytes))
    };
    let mut n = 0u64;
    loop {
        let line = format!("ticketty-part-{n}");
        if !stands(line.as_bytes()) {
            return line;
        }
        n += 1;
    }
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// As browsers escape it.
fn quoted(name: &str) -> String {
    one_line(name).replace('"', "%22")
}

/// The header value of a name and password (RFC 7617), marked as secret.
pub fn basic(account: &str, secret: &str) -> Option<HeaderValue> {
    let said = format!("Basic {}", base64::encode(format!("{account}:{secret}").as_bytes()));
    let mut value = HeaderValue::from_str(&said).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_go_as_base64() {
        assert_eq!(basic("Aladdin", "open sesame").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "é").unwrap(), "Basic YTrDqQ==");
        assert!(basic("a", "b").unwrap().is_sensitive());
    }

    #[test]
    fn a_form_says_what_it_holds() {
        let file = ("file", "見積 \"1\".txt", "text/plain", Bytes::from_static(b"x"));
        let (media_type, body) = encode(&[("ticket", "5"), ("comment", "a\nb")], &[file]);
        assert_eq!(media_type, "multipart/form-data; boundary=ticketty-part-0");
        let expected = "--ticketty-part-0\r\nContent-Disposition: form-data; name=\"ticket\"\r\n\r\n5\r\n\
                        --ticketty-part-0\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\na\nb\r\n\
                        --ticketty-part-0\r\nContent-Disposition: form-data; name=\"file\"; \
                        filename=\"見積 %221%22.txt\"\r\nContent-Type: text/plain\r\n\r\nx\r\n--ticketty-part-0--\r\n";
        assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
        let (media_type, _) = encode(&[("comment", "ticketty-part-0")], &[]);
        assert!(media_type.ends_with("ticketty-part-1"));
    }
}
