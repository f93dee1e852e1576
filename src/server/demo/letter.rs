//! A story's mail as its customer's program would have sent it: RFC 5322, in the ways that real mails differ.

use encoding_rs::ISO_2022_JP;
use jiff::Timestamp;

use super::story::{Form, Story};

const BOUNDARY: &str = "=_ticketty_demo";

/// The raw bytes of a mail. `part` is 0 for the first mail of a story; a later one answers it.
pub fn write(story: &Story, at: usize, text: &str, part: i64, date: Timestamp) -> Vec<u8> {
    let iso = matches!(story.form, Form::Iso2022Jp);
    let mut mail = String::new();
    mail.push_str(&format!("From: {} <{}>\r\n", word(story.name, iso), story.email));
    mail.push_str(&format!("To: {}@desk.example\r\n", story.queue.to_lowercase()));
    let subject = if part == 0 { story.subject.to_owned() } else { format!("Re: {}", story.subject) };
    mail.push_str(&format!("Subject: {}\r\n", word(&subject, iso)));
    mail.push_str(&format!("Date: {}\r\n", date.strftime("%a, %d %b %Y %H:%M:%S +0000")));
    mail.push_str(&format!("Message-ID: {}\r\n", id(at, part)));
    if part != 0 {
        mail.push_str(&format!("In-Reply-To: {0}\r\nReferences: {0}\r\n", id(at, 0)));
    }
    mail.push_str("MIME-Version: 1.0\r\n");
    let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    match story.form {
        _ if part != 0 && !iso => {
            mail.push_str(plain);
            mail.push_str(&lines(text));
        }
        Form::Plain => {
            mail.push_str(plain);
            mail.push_str(&lines(text));
        }
        Form::Iso2022Jp => {
            mail.push_str("Content-Type: text/plain; charset=iso-2022-jp\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
            let mut bytes = mail.into_bytes();
            bytes.extend_from_slice(&ISO_2022_JP.encode(&lines(text)).0);
            return bytes;
        }
        Form::Html => {
            mail.push_str("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
            mail.push_str(&lines(text));
        }
        Form::File(name, kind, file) => {
            mail.push_str(&format!("Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n"));
            mail.push_str(&format!("--{BOUNDARY}\r\n{plain}{}\r\n", lines(text)));
            mail.push_str(&format!(
                "--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename=\"{}\"\r\n\r\n",
                word(name, false)
            ));
            for line in base64(file.as_bytes()).as_bytes().chunks(76) {
                mail.push_str(&String::from_utf8_lossy(line));
                mail.push_str("\r\n");
            }
            mail.push_str(&format!("--{BOUNDARY}--\r\n"));
        }
    }
    mail.into_bytes()
}

fn id(at: usize, part: i64) -> String {
    format!("<{at}.{part}@mail.example>")
}

fn lines(text: &str) -> String {
    format!("{}\r\n", text.trim().replace('\n', "\r\n"))
}

/// A header's text: as it is when ASCII, else encoded words of at most 75 characters (RFC 2047).
fn word(text: &str, iso: bool) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let words = chars.chunks(12).map(|chunk| {
        let chunk: String = chunk.iter().collect();
        if iso {
            format!("=?ISO-2022-JP?B?{}?=", base64(&ISO_2022_JP.encode(&chunk).0))
        } else {
            format!("=?UTF-8?B?{}?=", base64(chunk.as_bytes()))
        }
    });
    words.collect::<Vec<_>>().join("\r\n ")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_rfc_4648_has_it() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
