//! What grows with the desk and what must not: the plans of the statements that every screen and every page runs, the index in
//! parts, and the sample desk that benches measure on. Lists have their own such test in `order`.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::super::{order, read, search, write};
use super::whole::tally_is_true;
use super::{a_ticket, agent, at, empty};
use crate::domain::{AssigneeFilter, Query, Status};
use crate::server::store::Store;

#[tokio::test]
async fn no_statement_of_a_screen_reads_a_whole_table() {
    let (_dir, store) = empty().await;
    let mut conn = store.readers.acquire().await.unwrap();
    for sql in [
        order::PUT_BACK,
        read::BEGAN,
        read::REPLIES,
        read::ALL_REPLIES,
        write::NEXT,
        "SELECT max(roster, coalesce((SELECT max(id) FROM event), 0)), roster FROM desk",
        "SELECT requester_code FROM ticket WHERE email_key = $1 AND code_key <> '' ORDER BY id DESC LIMIT 1",
    ] {
        let mut explain = QueryBuilder::<Sqlite>::new("EXPLAIN QUERY PLAN ");
        let rows = explain.push(sql).build().persistent(false).fetch_all(&mut *conn).await.unwrap();
        let plan = rows.iter().map(|r| r.get::<String, _>(3)).collect::<Vec<_>>().join("\n");
        for table in ["ticket", "event", "message", "t", "m"] {
            assert!(!plan.lines().any(|l| l.trim().starts_with(&format!("SCAN {table}"))), "{sql}\n{plan}");
        }
        assert!(!plan.contains("ORDER BY"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn a_desk_of_samples_is_whole_and_its_index_has_parts() {
    let (_dir, store) = empty().await;
    store.fill(3_000, at(0)).await.unwrap();
    tally_is_true(&store).await;
    sqlx::query("UPDATE sqlite_sequence SET seq = $1 WHERE name = 'ticket'")
        .bind(search::PART - 500)
        .execute(&store.writer)
        .await
        .unwrap();
    let mika = agent(&store, "zoe").await;
    let words = |text: &str| Query { text: Some(text.to_owned()), limit: Some(200), ..Query::default() };
    let old = store.list(&mika, &words("printer"), None, at(0)).await.unwrap();
    assert_eq!(old.rows.len(), 200);
    let far = a_ticket(&store, &mika, "Printer far away", 1).await;
    sqlx::query("UPDATE sqlite_sequence SET seq = $1 WHERE name = 'ticket'")
        .bind(search::PART * 3)
        .execute(&store.writer)
        .await
        .unwrap();
    let farther = a_ticket(&store, &mika, "Printer still farther", 2).await;
    let found = store.list(&mika, &words("far"), None, at(3)).await.unwrap();
    assert_eq!(found.rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [farther.clone(), far.clone()]);
    // Over all parts, each once, to the end.
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(&mika, &words("printer"), cursor.as_ref(), at(3)).await.unwrap();
        seen.extend(page.rows.into_iter().map(|r| r.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let n = seen.len();
    seen.sort();
    seen.dedup();
    // Each eleventh of 3,000, and the two.
    assert_eq!((n, seen.len()), (275, 275));
    let narrow = Query { requester: Some("ben@example.net".to_owned()), ..words("printer") };
    assert_eq!(store.list(&mika, &narrow, None, at(3)).await.unwrap().rows.len(), 2);
    let closed = Query { status: vec![Status::Closed], assignee: AssigneeFilter::Any, ..Query::default() };
    assert_eq!(store.list(&mika, &closed, None, at(3)).await.unwrap().rows.len(), 50);
}
