//! What is changed about a ticket besides whose it is.

use ticketty::domain::{Channel, NewTicket, Priority, Requester};
use ticketty::text::Clean;

use super::*;

pub async fn status(site: &dyn Site) {
    let id = ticket(site).await;
    let set = |to| Change::Status { ticket: id.clone(), to };
    if !can(site, set(Status::Resolved)).await {
        return;
    }
    for to in [Status::Resolved, Status::Open, Status::Waiting, Status::Open, Status::Closed] {
        let before = thread(site, &id).await;
        match site.desk(Who::Mika).apply(&set(to), &key()).await {
            Ok(receipt) => assert_eq!(receipt.ticket.status, to),
            // A desk may know no such status; what is done can be told everywhere.
            Err(error) => {
                assert!(matches!(to, Status::Waiting | Status::Closed), "{to:?}: {error:?}");
                assert!(matches!(error, DeskError::NotPossible { .. }), "{to:?}: {error:?}");
                assert_eq!(essence(&thread(site, &id).await), essence(&before));
                continue;
            }
        }
        assert_eq!(row(site, &id).await.status, to);
    }
}

pub async fn priority(site: &dyn Site) {
    let id = ticket(site).await;
    let set = |to| Change::Priority { ticket: id.clone(), to };
    if !can(site, set(Priority::High)).await {
        return;
    }
    for to in [Priority::High, Priority::Low, Priority::Urgent, Priority::Normal] {
        assert_eq!(apply(site, Who::Mika, set(to)).await.ticket.priority, to);
        assert_eq!(row(site, &id).await.priority, to);
    }
}

pub async fn labels(site: &dyn Site) {
    let id = ticket(site).await;
    let [one, two] = site.labels().map(Clean::line);
    let set = |add: &[&Clean], remove: &[&Clean]| {
        let owned = |labels: &[&Clean]| labels.iter().map(|l| (*l).clone()).collect();
        Change::Label { ticket: id.clone(), add: owned(add), remove: owned(remove) }
    };
    if !can(site, set(&[&one], &[])).await {
        return;
    }
    let mut both = vec![one.clone(), two.clone()];
    both.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    apply(site, Who::Mika, set(&[&one], &[])).await;
    let receipt = apply(site, Who::Ben, set(&[&two], &[])).await;
    assert_eq!(receipt.ticket.labels, both, "one agent's label keeps another's");
    apply(site, Who::Mika, set(&[], &[&one])).await;
    assert_eq!(row(site, &id).await.labels, [two]);
}

pub async fn move_to_another_queue(site: &dyn Site) {
    let id = ticket(site).await;
    let to = queue(site, 1).await;
    let change = Change::Move { ticket: id.clone(), to: to.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!((receipt.ticket.queue.as_str(), &receipt.ticket.queue_id), (site.queues()[1], &to));
    assert_eq!(row(site, &id).await.queue_id, to);
}

pub async fn subject(site: &dyn Site) {
    let id = ticket(site).await;
    let to = Clean::line(&format!("A better 件名 {}", site.word().await));
    let change = Change::Subject { ticket: id.clone(), to: to.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    assert_eq!(apply(site, Who::Mika, change).await.ticket.subject, to);
    assert_eq!(row(site, &id).await.subject, to);
}

pub async fn requester(site: &dyn Site) {
    let id = ticket(site).await;
    let to = Requester::parse("Nora Lind <nora@customer.example>");
    let change = Change::Requester { ticket: id.clone(), to: to.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let before = mails_to_customers(site).await;
    assert_eq!(apply(site, Who::Mika, change).await.ticket.requester.email, to.email);
    assert_eq!(row(site, &id).await.requester.email, to.email);
    assert_eq!(mails_to_customers(site).await, before);
}

pub async fn new_ticket(site: &dyn Site) {
    let subject = format!("By phone {}", site.word().await);
    let text = "She asks for a copy of the invoice.\n請求書 {{ 1 }}";
    let change = Change::New(NewTicket {
        queue: queue(site, 1).await,
        requester: Requester::parse(&format!("Lena Fischer <{LENA}>")),
        subject: subject.clone(),
        text: text.to_owned(),
        channel: Channel::Phone,
        files: Vec::new(),
    });
    if !can(site, change.clone()).await {
        return;
    }
    let before = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, change).await;
    let thread = thread(site, &receipt.ticket.id).await;
    let now = &thread.ticket;
    assert_eq!((now.subject.as_str(), now.queue.as_str()), (subject.as_str(), site.queues()[1]));
    assert_eq!((now.requester.email.as_str(), &now.assignee), (LENA, &None));
    assert_eq!(receipt.ticket.subject, now.subject);
    let first = &thread.messages[0];
    assert_eq!((first.text.as_str(), first.kind, first.author.email.as_str()), (text, Kind::Incoming, LENA));
    if mails_to_customers(site).await != before {
        assert!(receipt.remark.is_some(), "the customer was mailed, and nobody was told");
    }
}

/// A claim is taken back where the desk can, and nowhere else is it promised.
pub async fn undo(site: &dyn Site) {
    let id = ticket(site).await;
    let receipt = apply(site, Who::Mika, claim(&id)).await;
    let change = Change::Undo { ticket: id.clone(), event: receipt.event.clone() };
    if !can(site, change.clone()).await {
        assert!(!receipt.undoable, "{receipt:?}");
        return;
    }
    assert!(receipt.undoable);
    apply(site, Who::Mika, change).await;
    assert_eq!(row(site, &id).await.assignee, None);
}
