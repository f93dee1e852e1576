//! What is said: to the customer and among agents.

use ticketty::domain::Kind;

use super::*;

pub async fn a_note_mails_nobody(site: &dyn Site) {
    let id = ticket(site).await;
    if !can(site, note(&id, "x")).await {
        return;
    }
    let mailed = site.mailed().await;
    let receipt = apply(site, Who::Mika, note(&id, "Only for us.\n請求書は二通目です。")).await;
    let thread = thread(site, &id).await;
    let last = thread.messages.last().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (Kind::Note, "Only for us.\n請求書は二通目です。"));
    assert_eq!(last.agent, Some(agent(site, Who::Mika).await));
    assert_eq!(receipt.message.as_ref().map(|m| &m.id), Some(&last.id));
    site.wait(std::time::Duration::from_secs(1)).await;
    let after = site.mailed().await;
    let to_lena = |m: &&super::super::site::Mailed| m.to.iter().any(|a| a == super::super::site::LENA);
    assert_eq!(
        after.iter().filter(to_lena).collect::<Vec<_>>(),
        mailed.iter().filter(to_lena).collect::<Vec<_>>(),
        "a note left the desk"
    );
    assert!(
        !after.iter().any(|m| m.to.iter().any(|a| a.ends_with("customer.example")) && m.text.contains("Only for us"))
    );
}
