use proptest::prelude::*;

use super::*;

fn mail(raw: &str) -> ParsedMail {
    parse(raw.replace('\n', "\r\n").as_bytes())
}

#[test]
fn a_plain_mail() {
    let m = mail(
        "Message-ID: <a@x>\nIn-Reply-To: <b@x>\nReferences: <c@x>\n <b@x>\nFrom: Ben Ode <ben@example.net>\nTo: shop@example.org\n\
         Subject: Double\n charge\nDate: Mon, 5 Jan 2026 14:02:03 +0900\n\nHello\n-- \nBen\n",
    );
    assert_eq!(m.message_id.as_deref(), Some("a@x"));
    assert_eq!(m.in_reply_to, ["b@x"]);
    assert_eq!(m.references, ["c@x", "b@x"]);
    assert_eq!((&*m.from[0].name, &*m.from[0].email), ("Ben Ode", "ben@example.net"));
    assert_eq!(&*m.subject, "Double charge");
    assert_eq!(m.date.unwrap().to_string(), "2026-01-05T05:02:03Z");
    assert_eq!(&*m.text, "Hello\n-- \nBen");
    assert_eq!((m.broken, m.automatic, m.html), (None, false, None));
}

#[test]
fn japanese_in_three_charsets() {
    let sjis = encoding_rs::SHIFT_JIS.encode("返品したいです①").0.into_owned();
    let euc = encoding_rs::EUC_JP.encode("返品したいです").0.into_owned();
    for (label, body, want) in [
        ("iso-2022-jp", b"\x1b$BJVIJ\x1b(B".to_vec(), "返品"),
        ("cp932", sjis.clone(), "返品したいです①"),
        ("x-euc-jp", euc, "返品したいです"),
        ("us-ascii", sjis, "返品したいです①"),
    ] {
        let mut raw = format!("Subject: x\nContent-Type: text/plain; charset={label}\n\n").into_bytes();
        raw.extend(body);
        let m = parse(&raw);
        assert_eq!(&*m.text, want, "{label}");
        assert!(!m.lossy);
    }
    let mut raw = b"Subject: ".to_vec();
    raw.extend(encoding_rs::SHIFT_JIS.encode("請求書の件").0.iter());
    raw.extend(b"\nFrom: \x1b$BED Cf\x1b(B <t@example.jp>\n\nx");
    assert_eq!(&*parse(&raw).subject, "請求書の件");
}

#[test]
fn alternatives_prefer_plain_text_unless_empty() {
    let both = |plain: &str| {
        mail(&format!(
            "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{plain}\n--b\n\
             Content-Type: text/html\n\n<p>rich <b>text</b></p>\n--b--\n"
        ))
    };
    assert_eq!(&*both("plain").text, "plain");
    assert_eq!(&*both("  ").text, "rich text");
    assert_eq!(both("plain").html.as_deref(), Some("<p>rich <b>text</b></p>"));
}

#[test]
fn attachments_and_names() {
    let m = mail(
        "Subject: x\nContent-Type: multipart/mixed; boundary=\"b\"\n\npreamble\n--b\n\nbody\n--b\nContent-Type: application/pdf\n\
         Content-Disposition: attachment; filename*=utf-8''..%2F%E8%BF%94%E5%93%81.pdf\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n\
         --b\nContent-Type: message/rfc822\n\nSubject: inner\n\ntext\n--b\nContent-Type: image/png\n\nx\n--b--\nepilogue",
    );
    assert_eq!(&*m.text, "body");
    let names: Vec<&str> = m.attachments.iter().map(|a| &*a.name).collect();
    assert_eq!(names, ["返品.pdf", "inner.eml", "part-3.png"]);
    assert_eq!(m.attachments[0].bytes, b"hello");
    assert_eq!(m.attachments[1].bytes, b"Subject: inner\r\n\r\ntext");
    assert_eq!(m.broken, None);
}

#[test]
fn pictures_of_html_are_inline() {
    let m = mail(
        "Subject: x\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=cid:p@x> Hi\n--b\n\
         Content-Type: image/png; name=p.png\nContent-ID: <p@x>\n\nx\n--b--\n",
    );
    assert_eq!(&*m.text, "Hi");
    assert!(m.attachments[0].inline);
    assert_eq!(m.attachments[0].content_id.as_deref(), Some("p@x"));
}

#[test]
fn broken_mail_says_why_and_keeps_what_there_is() {
    let why = |raw: &str| {
        let m = mail(raw);
        (m.broken.unwrap_or_default(), m.text.to_string())
    };
    let said = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(why(""), said("empty", ""));
    assert_eq!(why("\n\n \n"), said("empty", ""));
    assert_eq!(why("just words\nand more"), said("no mail header", "just words\nand more"));
    assert_eq!(why("note: this is no mail\n\nx"), said("no mail header", "note: this is no mail\n\nx"));
    assert_eq!(
        why("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n"),
        said("the end of a part is missing", "body")
    );
    assert_eq!(
        why("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nbody\n"),
        said("a multipart without parts", "body")
    );
    assert_eq!(
        why("Subject: x\nContent-Type: multipart/mixed\n\nbody\n"),
        said("a multipart without a boundary", "body")
    );
    assert_eq!(why("Subject: x\nContent-Transfer-Encoding: base64\n\naGVsb"), said("truncated base64", "hel"));
    assert_eq!(why("Subject: x\nno colon here\nbody"), said("", "no colon here\nbody"));
    let mut binary = vec![0u8, 159, 146, 150, 10, 0, 255];
    assert_eq!(parse(&binary).broken.as_deref(), Some("no mail header"));
    binary.splice(0..0, b"Subject: x\n\n".iter().copied());
    assert_eq!(parse(&binary).broken, None);
    assert_eq!(&*parse(b"Subject: x\rFrom: a@b\r\rold mac").text, "old mac");
}

#[test]
fn dates_fall_back() {
    let m = mail(
        "Date: nonsense\nReceived: from x by y; Tue, 6 Jan 2026 00:00:00 +0000\nReceived: z; Mon, 5 Jan 2026 00:00:00 +0000\n\nx",
    );
    assert_eq!(m.date.unwrap().to_string(), "2026-01-06T00:00:00Z");
    assert_eq!(mail("Subject: x\n\nx").date, None);
}

#[test]
fn programs_are_known() {
    assert!(mail("Auto-Submitted: auto-replied\nSubject: x\n\nx").automatic);
    assert!(mail("Return-Path: <>\nSubject: x\n\nx").automatic);
    assert!(!mail("Auto-Submitted: no\nSubject: x\n\nx").automatic);
}

#[test]
fn flowed_text_is_joined() {
    let m = mail("Subject: x\nContent-Type: text/plain; format=flowed\n\nHello \nworld\n> a \n> b\nc\n-- \nBen");
    assert_eq!(&*m.text, "Hello world\n> a b\nc\n-- \nBen");
}

#[test]
fn every_field_is_clean() {
    let evil = "\x1b]0;x\x07\u{202e}e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";
    let m = mail(&format!("Subject: {evil}\nFrom: \"{evil}\" <{evil}@x>\nMessage-ID: <\x1b[2Ja@x>\n\n{evil}"));
    for text in [&*m.subject, &*m.from[0].name, &*m.from[0].email, &*m.text] {
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text:?}");
    }
    assert!(!m.message_id.unwrap().contains('\x1b'));
}

#[test]
fn huge_and_nested_mail_takes_linear_time() {
    let mut nested = "Subject: x\n".to_owned();
    for i in 0..20_000 {
        nested.push_str(&format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"));
    }
    let flood = format!("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
    let words = format!(
        "Subject: {}\nTo: {}\n\n{}",
        "=?utf-8?q?x".repeat(20_000),
        "a@b, \"".repeat(50_000),
        "From x\n".repeat(100_000)
    );
    for raw in [nested, flood, words] {
        let _ = parse(raw.as_bytes());
    }
}

proptest! {
    #[test]
    fn never_fails(raw in "(Subject|From|Content-Type|Content-Transfer-Encoding|multipart/mixed|multipart/alternative|text/html|; boundary=b|: |--b|--b--|\n|base64|<a@b>|=\\?utf-8\\?q\\?x\\?=|;|x| |漢){0,80}") {
        let m = parse(raw.as_bytes());
        prop_assert!(m.broken.is_none() || !m.broken.unwrap().is_empty());
    }

    #[test]
    fn never_fails_on_bytes(raw in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&raw);
    }
}

#[test]
fn a_text_that_nobody_reads_to_its_end_is_a_file_beside_its_beginning() {
    let line = "日本語 words\n";
    let mail = parse(format!("Subject: long\n\n{}", line.repeat(100_000)).as_bytes());
    assert!(mail.text.len() <= LONGEST_TEXT + 40 && mail.text.starts_with(line));
    assert!(mail.text.ends_with("words\n[… whole-text.txt]"), "whole lines, and where the rest is");
    let [file] = mail.attachments.as_slice() else { panic!("one file") };
    assert!(file.bytes.len() + 1 >= line.len() * 100_000);
    assert_eq!(mail.broken, None);
    let short = parse(b"Subject: short\n\nwords\n");
    assert!(short.attachments.is_empty());
}
