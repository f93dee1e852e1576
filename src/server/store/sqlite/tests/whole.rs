//! After any writes in any order: no word is lost, and what is kept equals what a recount finds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The tally equals a count over all tickets, and every derived column what it is derived from.
pub(in crate::server::store::sqlite) async fn tally_is_true(store: &SqliteStore) {
    let sql = "SELECT queue, coalesce(assignee, 0), status, on_us, late, count(*) FROM ticket WHERE merged_into IS NULL \
               GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5";
    type Line = (i64, i64, String, i64, i64, i64);
    let counted: Vec<Line> = sqlx::query_as(sql).fetch_all(&store.readers).await.unwrap();
    let kept: Vec<Line> =
        sqlx::query_as("SELECT queue, assignee, status, on_us, late, n FROM tally WHERE n <> 0 ORDER BY 1, 2, 3, 4, 5")
            .fetch_all(&store.readers)
            .await
            .unwrap();
    assert_eq!(counted, kept);
    let labels: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT t.queue, l.label, count(*) FROM ticket_label l JOIN ticket t ON t.id = l.ticket GROUP BY 1, 2 ORDER BY 1, 2",
    )
    .fetch_all(&store.readers)
    .await
    .unwrap();
    let kept: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT queue, label, n FROM label_tally WHERE n <> 0 ORDER BY 1, 2")
            .fetch_all(&store.readers)
            .await
            .unwrap();
    assert_eq!(labels, kept);
    let numbers: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT t.id, t.messages FROM ticket t WHERE t.merged_into IS NULL AND (t.messages <> \
         (SELECT count(*) FROM message m WHERE m.ticket = t.id) OR t.messages <> \
         (SELECT coalesce(max(number), 0) FROM message m WHERE m.ticket = t.id))",
    )
    .fetch_all(&store.readers)
    .await
    .unwrap();
    assert_eq!(numbers, [], "numbers run from 1 without gaps");
}

/// Every message of the desk with its text: what no split, merge or undo may change.
async fn words_of_all(store: &SqliteStore) -> BTreeMap<i64, String> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, text FROM message WHERE excerpt_of IS NULL")
        .fetch_all(&store.readers)
        .await
        .unwrap();
    rows.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_and_messages_survive_any_sequence_of_writes(steps in prop::collection::vec((0_u8..16, 0_usize..8, 0_usize..8, any::<bool>()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_dir, store) = empty().await;
            let (mika, taro) = desk(&store).await;
            store.add_queue("Two", Some(1), at(0)).await.unwrap();
            let mut ids: Vec<TicketId> = Vec::new();
            for n in 0..4 {
                ids.push(a_ticket(&store, &mika, "Any", n).await);
                ask(&store, &mika, reply(&ids[n as usize], &format!("reply {n}")), n).await.unwrap();
            }
            let mut now = 1000;
            for (verb, a, b, second) in steps {
                now += 700;
                let who = if second { &taro } else { &mika };
                let (id, other) = (ids[a % ids.len()].clone(), ids[b % ids.len()].clone());
                let known = words_of_all(&store).await;
                let write = match verb {
                    0 => Write::Claim(id),
                    1 => Write::Release(id),
                    2 => Write::Steal(id),
                    3 => Write::Assign(id, AssignBody { to: "taro".to_owned() }),
                    4 => reply(&id, "more"),
                    5 => status(&id, [Status::New, Status::Open, Status::Waiting, Status::Resolved, Status::Closed][b % 5]),
                    6 => patch(&id, PatchBody { queue: Some(["Shop", "Two"][b % 2].to_owned()), ..PatchBody::default() }),
                    7 => patch(&id, PatchBody { add_labels: vec![format!("l{b}")], remove_labels: vec![format!("l{a}")], ..PatchBody::default() }),
                    8 | 9 => {
                        let messages = store.thread(who, &id).await.unwrap().messages;
                        let chosen: Vec<MessageId> = messages.iter().skip(b % 3).step_by(2).map(|m| m.id.clone()).collect();
                        Write::Split(id, SplitBody { messages: Some(chosen), ..SplitBody::default() })
                    }
                    10 | 11 => Write::Merge(id, MergeBody { into: other }),
                    12 => {
                        let messages = store.thread(who, &id).await.unwrap().messages;
                        let Some(message) = messages.first().map(|m| m.id.clone()) else { continue };
                        Write::Split(id, SplitBody { lines: Some(Excerpt { message, lines: (1, 1) }), ..SplitBody::default() })
                    }
                    13 | 14 => undo(&id),
                    _ => {
                        store.turn_late(at(now), u32::MAX).await.unwrap();
                        a_new("Fresh", "hello")
                    }
                };
                if let Ok(receipt) = ask(&store, who, write, now).await {
                    for row in [Some(receipt.ticket), receipt.other].into_iter().flatten() {
                        if !ids.contains(&row.id) {
                            ids.push(row.id);
                        }
                    }
                }
                let after = words_of_all(&store).await;
                assert!(known.iter().all(|(id, text)| after.get(id) == Some(text)), "no word is lost");
                tally_is_true(&store).await;
            }
        });
    }
}
