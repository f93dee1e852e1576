//! A ticket's messages and files, as they came.

use futures_util::TryStreamExt as _;
use ticketty::domain::{Attachment, Upload};

use super::*;

fn first_incoming(thread: &Thread) -> &Message {
    thread.messages.iter().find(|m| m.kind == Kind::Incoming).unwrap_or_else(|| panic!("nothing came in: {thread:?}"))
}

pub async fn a_thread(site: &dyn Site) {
    let id = ticket(site).await;
    apply(site, Who::Mika, note(&id, "Asked the carrier.")).await;
    let thread = thread(site, &id).await;
    let first = first_incoming(&thread);
    assert_eq!(first.text.as_str(), "Where is my parcel?\nIt should be here.");
    assert_eq!((first.author.email.as_str(), &first.agent), (LENA, &None));
    assert_eq!(thread.ticket.requester.email.as_str(), LENA);
    assert!(thread.ticket.on_us);
    let numbers: Vec<u32> = thread.messages.iter().map(|m| m.number).collect();
    assert_eq!(numbers, (1..=thread.messages.len() as u32).collect::<Vec<_>>());
    assert!(thread.messages.is_sorted_by_key(|m| m.at));
    let ids: std::collections::BTreeSet<_> = thread.messages.iter().map(|m| &m.id).collect();
    assert_eq!(ids.len(), thread.messages.len());
    assert_eq!(thread.ticket.messages as usize, thread.messages.len());
    assert!(thread.messages.iter().any(|m| m.kind == Kind::Note && m.text.as_str() == "Asked the carrier."));
}

pub async fn a_thread_with_html(site: &dyn Site) {
    let subject = format!("Markup {}", site.word().await);
    let html = "<html><body><p>Bold <b>words</b> &amp; 日本語</p><ul><li>one</li><li>two</li></ul></body></html>";
    let id = site.arrives(&Arriving { html: true, ..Arriving::new(&subject, html) }).await;
    let thread = thread(site, &id).await;
    let text = &first_incoming(&thread).text;
    assert!(text.contains("words") && text.contains("& 日本語") && text.contains("two"), "{text}");
    assert!(!text.contains("<b>") && !text.contains("&amp;") && !text.contains("</"), "{text}");
}

pub async fn japanese(site: &dyn Site) {
    let subject = format!("返品の件 {}", site.word().await);
    let text = "お世話になっております。\n注文番号４５１９の㈱山田です。\n｢ﾊﾝｶｸ｣も𠮷も届きますか。";
    let mail = Arriving { from: format!("佐藤 結衣 <{LENA}>"), ..Arriving::new(&subject, text) };
    let id = site.arrives(&mail).await;
    let thread = thread(site, &id).await;
    assert_eq!(thread.ticket.subject.as_str(), subject);
    assert_eq!(first_incoming(&thread).text.as_str(), text);
}

async fn bytes(site: &dyn Site, file: &Attachment) -> Vec<u8> {
    let download = site.desk(Who::Mika).attachment(&file.id).await.unwrap_or_else(|e| panic!("{file:?}: {e:?}"));
    assert_eq!(download.name, file.name);
    download.bytes.try_collect::<Vec<_>>().await.unwrap().concat()
}

/// Bytes that are no text, and more than one line's worth.
fn blob() -> Vec<u8> {
    (0..3000u32).map(|n| ((n * n) >> 3) as u8).collect()
}

pub async fn a_file_comes(site: &dyn Site) {
    let subject = format!("Photo {}", site.word().await);
    let mail = Arriving::new(&subject, "See the photo.");
    let mail = mail.with("写真 1.png", "image/png", &blob()).with("order.txt", "text/plain", b"Order 4519\n");
    let id = site.arrives(&mail).await;
    let thread = thread(site, &id).await;
    let files: Vec<&Attachment> = thread.messages.iter().flat_map(|m| &m.attachments).collect();
    // Some desks put a low line for the blank.
    let photo = files.iter().find(|f| f.name.starts_with("写真") && f.name.ends_with("1.png"));
    let photo = photo.unwrap_or_else(|| panic!("{files:?}"));
    assert_eq!(photo.media_type.as_str(), "image/png");
    assert_eq!(bytes(site, photo).await, blob());
    let order = files.iter().find(|f| f.name.as_str() == "order.txt").unwrap_or_else(|| panic!("{files:?}"));
    assert_eq!(bytes(site, order).await, b"Order 4519\n");
}

pub async fn a_file_goes(site: &dyn Site) {
    let id = ticket(site).await;
    let dir = tempfile::tempdir().unwrap();
    let upload = |name: &str, media_type: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Upload { name: name.to_owned(), media_type: media_type.to_owned(), path, size: bytes.len() as u64 }
    };
    let files = vec![upload("見積.txt", "text/plain", "一式".as_bytes()), upload("photo.png", "image/png", &blob())];
    let message = Outgoing { files, ..says("Two files.") };
    let note = Change::Note { ticket: id.clone(), message: message.clone() };
    let private = site.keeps_files_of_notes();
    if matches!(site.desk(Who::Mika).support(Verb::Attach), Support::Impossible { .. }) || !private {
        let error = refused(site, Who::Mika, note.clone()).await;
        assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
        assert!(!texts(&thread(site, &id).await).contains("Two files."));
        if private {
            return;
        }
    }
    let (change, kind) =
        if private { (note, Kind::Note) } else { (Change::Reply { ticket: id.clone(), message }, Kind::Reply) };
    if !can(site, change.clone()).await {
        return;
    }
    apply(site, Who::Mika, change).await;
    let thread = thread(site, &id).await;
    let last = thread.messages.last().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (kind, "Two files."));
    let names: Vec<&str> = last.attachments.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["見積.txt", "photo.png"]);
    assert_eq!(bytes(site, &last.attachments[0]).await, "一式".as_bytes());
    assert_eq!(bytes(site, &last.attachments[1]).await, blob());
}

/// A desk far away in another time zone tells the same moments.
pub async fn clock_and_time_zone(site: &dyn Site) {
    let begun = site.now().await;
    let id = ticket(site).await;
    apply(site, Who::Mika, note(&id, "At once.")).await;
    let thread = thread(site, &id).await;
    let ended = site.now().await;
    let slack = jiff::SignedDuration::from_secs(120);
    let inside = |at: jiff::Timestamp| begun - slack <= at && at <= ended + slack;
    assert!(inside(thread.ticket.created_at), "{begun} {} {ended}", thread.ticket.created_at);
    assert!(inside(thread.ticket.updated_at) && thread.ticket.created_at <= thread.ticket.updated_at);
    assert!(thread.messages.iter().all(|m| inside(m.at)), "{:?}", thread.messages);
    let waiting = thread.ticket.waiting_since.unwrap_or_else(|| panic!("nobody waits: {:?}", thread.ticket));
    assert!(inside(waiting), "{waiting}");
}
