//! Full text, in both languages and over thousands of tickets.

use super::*;

#[tokio::test]
async fn words_are_found_in_both_languages() {
    let (_dir, store) = empty().await;
    let (mika, _) = desk(&store).await;
    let ja =
        ask(&store, &mika, a_new("返品と請求書の件について", "領収書を送ってください。"), 0).await.unwrap().ticket.id;
    let en = ask(&store, &mika, a_new("Refund for order 5512", "I was charged twice, Café owner"), 1000)
        .await
        .unwrap()
        .ticket
        .id;
    let find = |words: &str| {
        let query = Query { text: Some(words.to_owned()), ..Query::default() };
        let (store, mika) = (&store, &mika);
        async move {
            store.list(mika, &query, None, at(0)).await.unwrap().rows.into_iter().map(|r| r.id).collect::<Vec<_>>()
        }
    };
    for words in ["返品", "請求", "領収書 返品", "件", "ください"] {
        assert_eq!(find(words).await, std::slice::from_ref(&ja), "{words}");
    }
    for words in ["refund", "CHARGED twice", "5512", "cafe", "ref", "ord charged"] {
        assert_eq!(find(words).await, std::slice::from_ref(&en), "{words}");
    }
    assert_eq!(find("ben@example.net").await, [en.clone(), ja.clone()], "newest first");
    assert!(find("品返").await.is_empty());
    assert!(find("refund 返品").await.is_empty());
    // What is closed is found too; what is said later as well; what was renamed by its new name.
    ask(&store, &mika, status(&en, Status::Closed), 2000).await.unwrap();
    ask(&store, &mika, Write::Note(en.clone(), NoteBody { text: "二重請求".to_owned(), ..NoteBody::default() }), 3000)
        .await
        .unwrap();
    let body = PatchBody { subject: Some("Chargeback".to_owned()), ..PatchBody::default() };
    ask(&store, &mika, patch(&en, body), 4000).await.unwrap();
    assert_eq!(find("二重").await, std::slice::from_ref(&en));
    assert_eq!(find("chargeback").await, std::slice::from_ref(&en));
    let query = Query { text: Some(" -- ".to_owned()), ..Query::default() };
    assert!(store.list(&mika, &query, None, at(0)).await.is_err());
}

#[tokio::test]
async fn a_word_in_thousands_of_tickets_is_paged_to_the_end() {
    let (_dir, store) = empty().await;
    let (mika, _) = desk(&store).await;
    a_ticket(&store, &mika, "seed common", 0).await;
    sqlx::raw_sql(
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000)
         INSERT INTO ticket (version, subject, status, priority, queue, requester_name, requester_email, email_key, tel_key,
         labels, channel, created_at, updated_at, on_us, late, messages, split_into, imported, touched, held, rank, sort_key)
         SELECT 1, 'common', 'open', 'normal', 1001, '', '', '', '', '[]', 'mail', 1, n * 7919 % 5003, 0, 0, 0, '[]', 0, 0, 0, 3, 0
         FROM c;
         INSERT INTO words (rowid, body) SELECT id, 'common' FROM ticket WHERE id > 1001;",
    )
    .execute(&store.writer)
    .await
    .unwrap();
    let query = Query { text: Some("common".to_owned()), limit: Some(200), ..Query::default() };
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list(&mika, &query, cursor.as_ref(), at(0)).await.unwrap();
        seen.extend(page.rows.into_iter().map(|r| r.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let shown = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((shown, seen.len()), (5001, 5001));
}
