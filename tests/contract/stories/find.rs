//! Finding again: by words, by customer.

use ticketty::backend::TimelineBy;

use super::*;

/// Asks until the desk's index has it, or a while is over.
async fn found(site: &dyn Site, words: &str, wanted: &TicketId) -> Vec<TicketRow> {
    let query = Query { text: Some(words.to_owned()), ..Query::default() };
    for _ in 0..20 {
        let page = site.desk(Who::Mika).list(&query, None).await.unwrap();
        if page.rows.iter().any(|t| t.id == *wanted) {
            return page.rows;
        }
        site.wait(Duration::from_millis(500)).await;
    }
    panic!("{words} finds no {wanted}");
}

pub async fn search(site: &dyn Site) {
    let (one, two) = (site.word().await, site.word().await);
    let id = site.arrives(&Arriving::new(&format!("Parcel {one}"), "Where?")).await;
    let other = site.arrives(&Arriving::new(&format!("返品 {two}"), "Where?")).await;
    if let Support::Impossible { why } = site.desk(Who::Mika).support(Verb::Search) {
        let query = Query { text: Some(one), ..Query::default() };
        let error = site.desk(Who::Mika).list(&query, None).await.unwrap_err();
        assert_eq!(error, DeskError::NotPossible { why });
        return;
    }
    assert_eq!(found(site, &one, &id).await.iter().map(|t| &t.id).collect::<Vec<_>>(), [&id]);
    assert!(found(site, "返品", &other).await.iter().all(|t| t.id != id));
    // What is done is found too.
    apply(site, Who::Mika, Change::Status { ticket: id.clone(), to: Status::Resolved }).await;
    found(site, &one, &id).await;
    let query = Query { text: Some(format!("{one}{two}")), ..Query::default() };
    assert_eq!(site.desk(Who::Mika).list(&query, None).await.unwrap().rows, []);
}

/// A word that a customer may write and a query language may stumble over.
pub async fn search_for_odd_words(site: &dyn Site) {
    if matches!(site.desk(Who::Mika).support(Verb::Search), Support::Impossible { .. }) {
        return;
    }
    let word = site.word().await;
    for odd in [format!("{word}' OR 1=1"), format!("{word}\" \\"), format!("{word}%_"), format!("({word}")] {
        let query = Query { text: Some(odd.clone()), ..Query::default() };
        let page = site.desk(Who::Mika).list(&query, None).await.unwrap_or_else(|e| panic!("{odd}: {e:?}"));
        assert_eq!(page.rows, [], "{odd}");
    }
}

pub async fn timeline(site: &dyn Site) {
    let email = format!("{}@customer.example", site.word().await);
    let mail = |n: usize| Arriving { from: format!("Ida Vik <{email}>"), ..Arriving::new(&format!("No {n}"), "?") };
    let first = site.arrives(&mail(1)).await;
    apply(site, Who::Mika, Change::Status { ticket: first.clone(), to: Status::Resolved }).await;
    // A desk may keep whole seconds.
    site.wait(Duration::from_millis(1100)).await;
    let second = site.arrives(&mail(2)).await;
    let by = TimelineBy::Email(email.clone());
    let answer = site.desk(Who::Mika).timeline(&by, None).await;
    if let Support::Impossible { why } = site.desk(Who::Mika).support(Verb::Timeline) {
        assert_eq!(answer.err(), Some(DeskError::NotPossible { why }));
        return;
    }
    let rows = answer.unwrap().rows;
    assert_eq!(rows.iter().map(|t| &t.id).collect::<Vec<_>>(), [&second, &first], "newest first, done ones too");
    assert!(rows.iter().all(|t| t.requester.email.eq_ignore_ascii_case(&email)));
}
