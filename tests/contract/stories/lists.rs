//! Lists, page by page.

use std::collections::BTreeSet;

use ticketty::domain::AssigneeFilter;

use super::*;

async fn in_queue(site: &dyn Site, n: usize, limit: u32) -> Query {
    Query { queue: Some(queue(site, n).await), limit: Some(limit), ..Query::default() }
}

/// Every row of a list, and how many pages it took.
async fn all(site: &dyn Site, query: &Query) -> (Vec<TicketRow>, usize) {
    let (mut rows, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = site.desk(Who::Mika).list(query, after.as_ref()).await.unwrap();
        assert!(page.rows.len() <= query.limit.unwrap_or(200) as usize, "{} rows", page.rows.len());
        rows.extend(page.rows);
        pages += 1;
        assert!(pages < 500, "no end");
        match page.next {
            Some(next) => after = Some(next),
            None => return (rows, pages),
        }
    }
}

pub async fn first_page(site: &dyn Site) {
    let id = ticket(site).await;
    let query = in_queue(site, 0, 200).await;
    let view = site.desk(Who::Mika).open(&query).await.unwrap();
    let name = site.queues()[0];
    assert!(view.tickets.iter().all(|t| t.queue.as_str() == name && Some(&t.queue_id) == query.queue.as_ref()));
    assert!(view.tickets.iter().all(|t| t.status.is_active()));
    // The rows of a list and the row of a thread tell the same.
    let (rows, _) = all(site, &query).await;
    let listed = rows.iter().find(|t| t.id == id).unwrap_or_else(|| panic!("{id} is not listed"));
    let whole = row(site, &id).await;
    let same = |t: &TicketRow| {
        let said = (t.subject.clone(), t.status, t.native_status.clone(), t.priority, t.queue.clone());
        (said, t.queue_id.clone(), t.assignee.clone(), t.requester.email.clone(), t.labels.clone(), t.created_at)
    };
    assert_eq!(same(listed), same(&whole));
    assert!(!listed.native_status.is_empty());
    assert_eq!(listed.requester.email.as_str(), LENA);
    let few = Query { limit: Some(3), ..query };
    assert!(site.desk(Who::Mika).open(&few).await.unwrap().tickets.len() <= 3);
}

pub async fn paging_to_the_end(site: &dyn Site) {
    let mut made = BTreeSet::new();
    for _ in 0..7 {
        made.insert(ticket(site).await);
    }
    let small = in_queue(site, 0, 3).await;
    let (rows, pages) = all(site, &small).await;
    assert!(pages >= 3);
    let ids: BTreeSet<TicketId> = rows.iter().map(|t| t.id.clone()).collect();
    assert_eq!(ids.len(), rows.len(), "a row came twice");
    assert!(made.is_subset(&ids), "{made:?} {ids:?}");
    let (rows, _) = all(site, &Query { limit: Some(200), ..small }).await;
    assert_eq!(rows.iter().map(|t| t.id.clone()).collect::<BTreeSet<_>>(), ids);
}

pub async fn whose_tickets(site: &dyn Site) {
    let (mine, bens, nobodys, done) = (ticket(site).await, ticket(site).await, ticket(site).await, ticket(site).await);
    apply(site, Who::Mika, claim(&mine)).await;
    apply(site, Who::Ben, claim(&bens)).await;
    apply(site, Who::Mika, Change::Status { ticket: done.clone(), to: Status::Resolved }).await;
    let [mika, ben] = [agent(site, Who::Mika).await, agent(site, Who::Ben).await];
    let base = in_queue(site, 0, 200).await;
    let list = async |assignee: AssigneeFilter| {
        let (rows, _) = all(site, &Query { assignee, ..base.clone() }).await;
        rows
    };
    let has = |rows: &[TicketRow], id: &TicketId| rows.iter().any(|t| t.id == *id);
    let rows = list(AssigneeFilter::Me).await;
    assert!(has(&rows, &mine) && rows.iter().all(|t| t.assignee.as_ref().is_some_and(|a| a.id == mika)), "{rows:?}");
    let rows = list(AssigneeFilter::Agent(ben.clone())).await;
    assert!(has(&rows, &bens) && rows.iter().all(|t| t.assignee.as_ref().is_some_and(|a| a.id == ben)), "{rows:?}");
    let rows = list(AssigneeFilter::Nobody).await;
    assert!(has(&rows, &nobodys) && rows.iter().all(|t| t.assignee.is_none()), "{rows:?}");
    let rows = list(AssigneeFilter::Any).await;
    assert!([&mine, &bens, &nobodys].iter().all(|id| has(&rows, id)) && !has(&rows, &done), "{rows:?}");
    let (rows, _) = all(site, &Query { status: vec![Status::Resolved], ..base.clone() }).await;
    assert!(has(&rows, &done) && rows.iter().all(|t| t.status == Status::Resolved), "{rows:?}");
}
