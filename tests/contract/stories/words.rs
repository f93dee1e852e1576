//! What is said: to the customer and among agents.

use ticketty::domain::{Delivery, Requester, Then};

use super::*;

fn reply(ticket: &TicketId, message: Outgoing) -> Change {
    Change::Reply { ticket: ticket.clone(), message }
}

const ANSWER: &str = "We are on it.\n\n明日お届けします。 {braces} & <tags> stay.";

/// The customer gets it, once, and nobody else does.
pub async fn a_reply(site: &dyn Site) {
    let id = ticket(site).await;
    let seen = thread(site, &id).await.last_public().unwrap().id.clone();
    let change = reply(&id, Outgoing { seen: Some(seen), ..says(ANSWER) });
    if !can(site, change.clone()).await {
        return;
    }
    let before = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!(receipt.ticket.id, id);
    let thread = thread(site, &id).await;
    let last = thread.last_public().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (Kind::Reply, ANSWER));
    assert_eq!(last.agent, Some(agent(site, Who::Mika).await));
    assert_eq!(receipt.message.as_ref().map(|m| &m.id), Some(&last.id));
    assert!(!thread.ticket.on_us, "answered");
    let after = mails_to_customers(site).await;
    if !site.mails_replies() {
        assert_eq!(after, before);
        assert!(
            receipt.delivery == Some(Delivery::None) || receipt.remark.is_some(),
            "a reply that is not mailed, and nobody is told: {receipt:?}"
        );
        return;
    }
    let new: Vec<&Mailed> = after.iter().skip(before.len()).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0].to, [LENA]);
    assert!(new[0].text.contains("We are on it.") && new[0].text.contains("明日お届けします。"), "{new:?}");
    assert_ne!(receipt.delivery, Some(Delivery::None));
}

/// A customer's message that the author has not seen holds the reply back.
pub async fn a_reply_to_a_thread_that_moved_on(site: &dyn Site) {
    let id = ticket(site).await;
    let seen = thread(site, &id).await.last_public().unwrap().id.clone();
    let late = Outgoing { seen: Some(seen), ..says("As you said.") };
    if !can(site, reply(&id, late.clone())).await {
        return;
    }
    let word = site.word().await;
    let more = Arriving {
        answers: Some(id.clone()),
        ..Arriving::new(&format!("Re: Parcel {word}"), "Forget it, it has come.")
    };
    assert_eq!(site.arrives(&more).await, id);
    let before = thread(site, &id).await;
    let mailed = mails_to_customers(site).await;
    let error = refused(site, Who::Mika, reply(&id, late.clone())).await;
    let DeskError::MovedOn { messages } = &error else { panic!("{error:?}") };
    assert!(messages.iter().any(|m| m.text.contains("Forget it")), "{messages:?}");
    assert_eq!(essence(&thread(site, &id).await).1, essence(&before).1);
    assert_eq!(mails_to_customers(site).await, mailed);
    apply(site, Who::Mika, reply(&id, Outgoing { force: true, ..late })).await;
    assert!(thread(site, &id).await.last_public().unwrap().text.contains("As you said."));
}

/// Copies go to whom they are for, this time only.
pub async fn a_reply_with_copies(site: &dyn Site) {
    let id = ticket(site).await;
    let office = "office@customer.example";
    let change = reply(&id, Outgoing { cc: vec![Requester::parse(office)], ..says("With a copy.") });
    if !can(site, change.clone()).await {
        return;
    }
    let before = mails_to_customers(site).await.len();
    match site.desk(Who::Mika).apply(&change, &key()).await {
        Ok(_) if site.mails_replies() => {
            let new = mails_to_customers(site).await.split_off(before);
            assert!(new.iter().any(|m| m.to.iter().any(|to| to == LENA)), "{new:?}");
            assert!(new.iter().any(|m| m.to.iter().any(|to| to == office)), "{new:?}");
            apply(site, Who::Mika, reply(&id, says("Without."))).await;
            let last = mails_to_customers(site).await.split_off(before + new.len());
            assert!(!last.is_empty() && last.iter().all(|m| m.to == [LENA]), "{last:?}");
        }
        Ok(_) => {}
        // A desk that cannot says so before anything leaves.
        Err(error) => {
            assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
            assert_eq!(mails_to_customers(site).await.len(), before);
            assert!(!texts(&thread(site, &id).await).contains("With a copy."));
        }
    }
}

pub async fn a_reply_that_resolves(site: &dyn Site) {
    let id = ticket(site).await;
    let then = Then { status: Some(Status::Resolved), assignee: None };
    let change = reply(&id, Outgoing { then, ..says("Done, as you asked.") });
    if !can(site, change.clone()).await {
        return;
    }
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!(receipt.ticket.status, Status::Resolved);
    let thread = thread(site, &id).await;
    assert_eq!(thread.ticket.status, Status::Resolved);
    assert_eq!(thread.messages.iter().filter(|m| m.text.contains("Done, as you asked.")).count(), 1);
}

pub async fn a_note_mails_nobody(site: &dyn Site) {
    let id = ticket(site).await;
    let text = "Only for us.\n請求書は二通目です。";
    if !can(site, note(&id, text)).await {
        return;
    }
    let before = mails_to_customers(site).await;
    let receipt = apply(site, Who::Mika, note(&id, text)).await;
    let thread = thread(site, &id).await;
    let last = thread.messages.last().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (Kind::Note, text));
    assert_eq!(last.agent, Some(agent(site, Who::Mika).await));
    assert_eq!(receipt.message.as_ref().map(|m| &m.id), Some(&last.id));
    assert!(thread.ticket.on_us, "a note answers nobody");
    assert_eq!(mails_to_customers(site).await, before, "a note left the desk");
}
