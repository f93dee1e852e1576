//! One ticket into two, and two into one.

use ticketty::domain::{Excerpt, MessageId, Pick, Split};

use super::*;

const FIRST: &str = "The parcel is late.\nWhere is it?";
const SECOND: &str = "And another thing:\nthe invoice of June is missing.\n六月の請求書がありません。";

/// A ticket of two topics: the second came with a file.
async fn two_topics(site: &dyn Site) -> (TicketId, MessageId) {
    let subject = format!("Parcel {}", site.word().await);
    let id = site.arrives(&Arriving::new(&subject, FIRST)).await;
    let more = Arriving { answers: Some(id.clone()), ..Arriving::new(&format!("Re: {subject}"), SECOND) };
    assert_eq!(site.arrives(&more.with("order.txt", "text/plain", b"Order 4519\n")).await, id);
    let thread = thread(site, &id).await;
    let second = thread.messages.iter().find(|m| m.text.contains("the invoice of June")).unwrap();
    (id, second.id.clone())
}

fn split(ticket: &TicketId, pick: Pick, subject: &str) -> Change {
    let subject = Some(subject.to_owned());
    Change::Split(Split { ticket: ticket.clone(), pick, subject, queue: None, assignee: None, labels: None })
}

/// Both tickets name each other.
async fn linked(site: &dyn Site, source: &TicketId, new: &TicketId) {
    let (source_row, new_row) = (row(site, source).await, row(site, new).await);
    assert_eq!(new_row.split_from.as_ref(), Some(source), "{new_row:?}");
    assert!(source_row.split_into.contains(new), "{source_row:?}");
}

pub async fn split_of_a_ticket_with_two_topics(site: &dyn Site) {
    let (id, second) = two_topics(site).await;
    let subject = format!("Invoice {}", site.word().await);
    let change = split(&id, Pick::Messages(vec![second.clone()]), &subject);
    if !can(site, change.clone()).await {
        return;
    }
    apply(site, Who::Mika, claim(&id)).await;
    let before = thread(site, &id).await;
    let mailed = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, change).await;
    let new = receipt.other.as_ref().unwrap().id.clone();
    assert_eq!(receipt.ticket.id, id);
    assert_ne!(new, id);
    assert_eq!(mails_to_customers(site).await, mailed, "a split mailed the customer");

    let (source, other) = (thread(site, &id).await, thread(site, &new).await);
    assert_eq!(other.ticket.subject.as_str(), subject);
    assert_eq!(other.ticket.requester.email, before.ticket.requester.email);
    assert_eq!(other.ticket.queue_id, before.ticket.queue_id);
    assert_eq!(other.ticket.assignee, before.ticket.assignee, "the source's, unless told otherwise");
    assert!(other.ticket.status.is_active() && source.ticket.status == before.ticket.status);
    // Nothing is lost, and the second topic stands where it belongs.
    assert!(texts(&other).contains(SECOND) && !texts(&other).contains(FIRST), "{}", texts(&other));
    assert!(texts(&source).contains(FIRST), "{}", texts(&source));
    let files: Vec<&str> = other.messages.iter().flat_map(|m| &m.attachments).map(|f| f.name.as_str()).collect();
    assert!(files.contains(&"order.txt"), "{files:?}");
    let customers = other.messages.iter().find(|m| m.kind == Kind::Incoming).unwrap();
    assert_eq!(customers.author.email.as_str(), LENA);
    if receipt.moved.is_empty() {
        assert!(texts(&source).contains(SECOND), "what was copied and not moved is still there");
    } else {
        assert_eq!(receipt.moved, [second]);
        assert!(!texts(&source).contains(SECOND));
    }
    linked(site, &id, &new).await;
}

pub async fn split_by_lines(site: &dyn Site) {
    let (id, second) = two_topics(site).await;
    let subject = format!("Invoice {}", site.word().await);
    let change = split(&id, Pick::Lines(Excerpt { message: second, lines: (2, 3) }), &subject);
    if !can(site, change.clone()).await {
        return;
    }
    let before = thread(site, &id).await;
    let mailed = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, change).await;
    let new = receipt.other.as_ref().unwrap().id.clone();
    let (source, other) = (thread(site, &id).await, thread(site, &new).await);
    let first = &other.messages[0];
    assert_eq!(first.kind, Kind::Incoming);
    assert!(first.text.contains("the invoice of June is missing.\n六月の請求書がありません。"), "{}", first.text);
    assert!(!first.text.contains("And another thing"));
    assert_eq!(first.author.email.as_str(), LENA);
    for message in &before.messages {
        let kept = source.messages.iter().find(|m| m.id == message.id).unwrap_or_else(|| panic!("lost: {message:?}"));
        assert_eq!(kept.text, message.text);
    }
    assert_eq!(mails_to_customers(site).await, mailed, "a split mailed the customer");
    linked(site, &id, &new).await;
}

/// What was a note is one in the new ticket too, or it is not split: never the customer's own words.
pub async fn lines_of_a_note_stay_private(site: &dyn Site) {
    let id = ticket(site).await;
    let change = note(&id, "He has two accounts.\nThe second one is blocked.");
    if !can(site, change.clone()).await {
        return;
    }
    let note = apply(site, Who::Mika, change).await.message.unwrap().id;
    let subject = format!("Accounts {}", site.word().await);
    let change = split(&id, Pick::Lines(Excerpt { message: note, lines: (2, 2) }), &subject);
    if !can(site, change.clone()).await {
        return;
    }
    let before = thread(site, &id).await;
    let mailed = mails_to_customers(site).await;
    match site.desk(Who::Mika).apply(&change, &key()).await {
        Ok(receipt) => {
            let new = receipt.other.as_ref().unwrap().id.clone();
            let other = thread(site, &new).await;
            let with_it: Vec<&Message> = other.messages.iter().filter(|m| m.text.contains("blocked")).collect();
            assert!(!with_it.is_empty() && with_it.iter().all(|m| m.kind == Kind::Note), "{:?}", other.messages);
            assert!(!texts(&other).contains("two accounts"));
            linked(site, &id, &new).await;
        }
        Err(error) => {
            assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
            assert_eq!(essence(&thread(site, &id).await), essence(&before));
        }
    }
    assert_eq!(mails_to_customers(site).await, mailed, "a note was mailed");
}

pub async fn split_of_everything_is_refused(site: &dyn Site) {
    let (id, _) = two_topics(site).await;
    let before = thread(site, &id).await;
    let all = before.messages.iter().map(|m| m.id.clone()).collect();
    let change = split(&id, Pick::Messages(all), "All");
    if !can(site, change.clone()).await {
        return;
    }
    let error = refused(site, Who::Mika, change).await;
    assert!(matches!(error, DeskError::NotPossible { .. } | DeskError::Invalid { .. }), "{error:?}");
    assert_eq!(essence(&thread(site, &id).await), essence(&before));
}

pub async fn merge(site: &dyn Site) {
    let one = site.arrives(&Arriving::new(&format!("Cup {}", site.word().await), "The first cup is broken.")).await;
    let two = site.arrives(&Arriving::new(&format!("Cup {}", site.word().await), "The second cup too.")).await;
    let change = Change::Merge { ticket: one.clone(), into: two.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let mailed = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!(receipt.other.as_ref().map(|t| &t.id), Some(&two));
    let target = thread(site, &two).await;
    let all = texts(&target);
    assert!(all.contains("The first cup is broken.") && all.contains("The second cup too."), "{all}");
    assert!(target.ticket.status.is_active());
    // Opening the emptied one leads to the target.
    let opened = site.desk(Who::Mika).thread(&one, None).await.unwrap().ticket;
    assert!(opened.id == two || opened.merged_into.as_ref() == Some(&two), "{opened:?}");
    assert_eq!(mails_to_customers(site).await, mailed, "a merge mailed the customer");
}
