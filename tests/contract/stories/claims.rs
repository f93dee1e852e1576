//! Whose a ticket is.

use super::*;

pub async fn claim_of_a_free_ticket(site: &dyn Site) {
    let id = ticket(site).await;
    assert_eq!(row(site, &id).await.assignee, None);
    let receipt = apply(site, Who::Mika, claim(&id)).await;
    assert_eq!(receipt.ticket.id, id);
    assert_eq!(receipt.ticket.assignee.as_ref().unwrap().login.as_str(), site.login(Who::Mika));
    let now = row(site, &id).await;
    assert_eq!(now.assignee, receipt.ticket.assignee);
    assert_eq!(now.assignee.unwrap().id, agent(site, Who::Mika).await);
    assert!(now.status.is_active());
}

pub async fn claim_of_a_held_ticket(site: &dyn Site) {
    let id = ticket(site).await;
    apply(site, Who::Ben, claim(&id)).await;
    let error = refused(site, Who::Mika, claim(&id)).await;
    assert!(
        matches!(&error, DeskError::Held { by, mine: false, .. } if by.login.as_str() == site.login(Who::Ben)),
        "{error:?}"
    );
    let error = refused(site, Who::Ben, claim(&id)).await;
    assert!(
        matches!(&error, DeskError::Held { by, mine: true, .. } if by.login.as_str() == site.login(Who::Ben)),
        "{error:?}"
    );
    assert_eq!(row(site, &id).await.assignee.unwrap().login.as_str(), site.login(Who::Ben));
}

/// One winner each time, and the loser is told who it was.
pub async fn a_race_of_two_claims(site: &dyn Site) {
    for _ in 0..3 {
        let id = ticket(site).await;
        let change = claim(&id);
        let (mika, ben) = (site.desk(Who::Mika), site.desk(Who::Ben));
        let (one, two) = (key(), key());
        let (mika, ben) = tokio::join!(mika.apply(&change, &one), ben.apply(&change, &two));
        let (won, receipt, lost) = match (mika, ben) {
            (Ok(receipt), Err(lost)) => (Who::Mika, receipt, lost),
            (Err(lost), Ok(receipt)) => (Who::Ben, receipt, lost),
            both => panic!("no single winner: {both:?}"),
        };
        let winner = site.login(won);
        assert_eq!(receipt.ticket.assignee.unwrap().login.as_str(), winner);
        assert!(
            matches!(&lost, DeskError::Held { by, mine: false, .. } if by.login.as_str() == winner),
            "{winner} won: {lost:?}"
        );
        assert_eq!(row(site, &id).await.assignee.unwrap().login.as_str(), winner);
    }
}

pub async fn a_ticket_that_is_done_is_not_claimed(site: &dyn Site) {
    let id = ticket(site).await;
    let done = Change::Status { ticket: id.clone(), to: Status::Resolved };
    if !can(site, done.clone()).await {
        return;
    }
    apply(site, Who::Mika, done).await;
    let error = refused(site, Who::Ben, claim(&id)).await;
    assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
    assert_ne!(row(site, &id).await.assignee.map(|a| a.login.to_string()).as_deref(), Some(site.login(Who::Ben)));
}

pub async fn release(site: &dyn Site) {
    let id = ticket(site).await;
    apply(site, Who::Mika, claim(&id)).await;
    let change = Change::Release { ticket: id.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!((receipt.ticket.id, receipt.ticket.assignee), (id.clone(), None));
    assert_eq!(row(site, &id).await.assignee, None);
    apply(site, Who::Ben, claim(&id)).await;
}

pub async fn assign(site: &dyn Site) {
    let id = ticket(site).await;
    let ben = agent(site, Who::Ben).await;
    let change = Change::Assign { ticket: id.clone(), to: ben.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!(receipt.ticket.assignee.unwrap().login.as_str(), site.login(Who::Ben));
    assert_eq!(row(site, &id).await.assignee.unwrap().id, ben);
    // And on, from Ben's hands to Mika's.
    let mika = agent(site, Who::Mika).await;
    apply(site, Who::Ben, Change::Assign { ticket: id.clone(), to: mika.clone() }).await;
    assert_eq!(row(site, &id).await.assignee.unwrap().id, mika);
}

pub async fn steal(site: &dyn Site) {
    let id = ticket(site).await;
    apply(site, Who::Ben, claim(&id)).await;
    let change = Change::Steal { ticket: id.clone() };
    if !can(site, change.clone()).await {
        return;
    }
    let receipt = apply(site, Who::Mika, change).await;
    assert_eq!(receipt.ticket.assignee.unwrap().login.as_str(), site.login(Who::Mika));
    assert_eq!(row(site, &id).await.assignee.unwrap().login.as_str(), site.login(Who::Mika));
}
