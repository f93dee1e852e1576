use super::*;
use crate::domain::fixture::{receipt, reply};
use crate::domain::{Outgoing, TicketId};

fn local() -> (tempfile::TempDir, Local) {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::open(dir.path(), "http://desk.example|mika").unwrap();
    (dir, local)
}

fn down(maybe_done: bool) -> DeskError {
    DeskError::Unreachable { why: Clean::line("down"), maybe_done }
}

async fn accept(local: &Local, change: Change, hold: Duration) -> ChangeId {
    let id = new_change_id();
    local.accept(&id, change, hold).await.unwrap();
    id
}

#[test]
fn ids_are_new_and_sort_by_time() {
    let ids: HashSet<_> = (0..1000).map(|_| new_change_id()).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.as_str().len() == 32));
}

#[tokio::test]
async fn a_change_is_on_disk_once_it_is_accepted_and_reads_back_exactly() {
    let (dir, local) = local();
    let split = Change::Split(crate::domain::Split {
        ticket: TicketId::new("7"),
        pick: crate::domain::Pick::Messages(vec!["1".into()]),
        subject: None,
        queue: None,
        // Not the same as `None`, which leaves the source's.
        assignee: Some(None),
        labels: None,
    });
    let first = accept(&local, reply("7", "Grüße\n日本語 \u{1b}[31m"), Duration::ZERO).await;
    let second = accept(&local, split.clone(), Duration::ZERO).await;
    // As if the program had been killed here.
    drop(local);
    let again = Local::open(dir.path(), "http://desk.example|mika").unwrap();
    let rows = again.outbox().await.unwrap();
    assert_eq!(rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [first, second]);
    assert_eq!(rows[0].change, reply("7", "Grüße\n日本語 \u{1b}[31m"));
    assert_eq!(rows[1].change, split);
    let other = Local::open(dir.path(), "http://desk.example|taro").unwrap();
    assert_eq!(other.outbox().await.unwrap(), [], "two agents never share an outbox");
}

#[tokio::test]
async fn only_its_owner_can_read_it() {
    let (dir, local) = local();
    accept(&local, reply("7", "x"), Duration::ZERO).await;
    for file in fs::read_dir(dir.path()).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
    }
}

#[tokio::test]
async fn it_can_be_unsent_until_it_is_on_the_line() {
    let (_dir, local) = local();
    let held = accept(&local, reply("7", "held"), Duration::from_secs(10)).await;
    assert!(!local.begin(&held).await.unwrap(), "not before its window is over");
    assert_eq!(local.unsend(&held).await.unwrap(), Some(reply("7", "held")));
    assert_eq!(local.unsend(&held).await.unwrap(), None);

    let sent = accept(&local, reply("7", "sent"), Duration::from_secs(10)).await;
    assert!(local.send_now(&sent).await.unwrap());
    assert!(local.begin(&sent).await.unwrap());
    assert!(!local.begin(&sent).await.unwrap(), "two pushers never have it both");
    assert_eq!(local.unsend(&sent).await.unwrap(), None);
    assert_eq!(local.drop_change(&sent).await.unwrap(), None);
    // The answer was lost: the desk may have it, so it is not given back as if it had never left.
    local.again(&sent, &down(true), Timestamp::now(), true).await.unwrap();
    assert_eq!(local.unsend(&sent).await.unwrap(), None);
    assert!(!local.edit(&sent, reply("7", "other")).await.unwrap());
    assert!(local.drop_change(&sent).await.unwrap().is_some());
}

#[tokio::test]
async fn a_refused_change_is_edited_and_tried_again_under_a_new_key() {
    let (_dir, local) = local();
    let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
    assert!(local.begin(&id).await.unwrap());
    local.refused(&id, &DeskError::NotPossible { why: Clean::line("closed") }).await.unwrap();
    let entry = local.entry(&id).await.unwrap().unwrap();
    assert_eq!((entry.row.state, entry.row.why), (OutboxState::Failed, Some(Clean::line("closed"))));
    assert_eq!(local.queued().await.unwrap(), []);
    assert!(local.edit(&id, reply("7", "b")).await.unwrap());
    assert!(local.retry(&id).await.unwrap());
    let queued = local.queued().await.unwrap().remove(0);
    assert_eq!((queued.key.as_str(), queued.change), (format!("{id}-r1").as_str(), reply("7", "b")));
}

#[tokio::test]
async fn after_a_kill_what_was_on_the_line_goes_on_under_its_key_or_is_unknown() {
    for (repeats, state) in [(true, OutboxState::Waiting), (false, OutboxState::Unknown)] {
        let (dir, local) = local();
        let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
        assert!(local.begin(&id).await.unwrap());
        drop(local);
        let again = Local::open(dir.path(), "http://desk.example|mika").unwrap();
        assert_eq!(again.take_over(&HashSet::new(), repeats).await.unwrap(), []);
        let entry = again.entry(&id).await.unwrap().unwrap();
        assert_eq!((entry.row.state, entry.in_flight), (state, false));
        assert_eq!(again.unsend(&id).await.unwrap(), None);
        // The agent looked and wants it: the same key, for the desk may have it.
        assert!(again.retry(&id).await.unwrap());
        assert_eq!(again.queued().await.unwrap()[0].key, id);
    }
}

#[tokio::test]
async fn what_nobody_tended_for_long_waits_for_the_agents_word() {
    let (_dir, local) = local();
    let old = accept(&local, reply("7", "old"), Duration::ZERO).await;
    let mine = accept(&local, reply("8", "mine"), Duration::ZERO).await;
    let long_ago = now().as_millisecond() - LEFT_OVER_AFTER.as_millis() as i64 - 1;
    {
        let mut held = local.connection().await.unwrap();
        sqlx::query("UPDATE outbox SET tended_at = $1, not_before = $1")
            .bind(long_ago)
            .execute(held.db())
            .await
            .unwrap();
    }
    let taken = local.take_over(&HashSet::from([mine.clone()]), true).await.unwrap();
    assert_eq!(taken, vec![old.clone()]);
    assert_eq!(local.queued().await.unwrap().iter().map(|q| q.id.clone()).collect::<Vec<_>>(), [mine]);
    assert!(!local.begin(&old).await.unwrap());
    let row = local.outbox().await.unwrap().remove(0);
    assert_eq!((row.state, row.why), (OutboxState::Waiting, Some(Clean::line(LEFT_OVER))));
    assert!(local.retry(&old).await.unwrap());
    assert!(local.begin(&old).await.unwrap());
}

#[tokio::test]
async fn files_are_copied_until_their_message_has_left() {
    let (dir, local) = local();
    let original = dir.path().join("offer.pdf");
    fs::write(&original, "bytes").unwrap();
    let file = |path: &Path| Upload {
        name: "offer.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        path: path.to_owned(),
        size: 0,
    };
    let with_file = |path: &Path| Change::Note {
        ticket: TicketId::new("7"),
        message: Outgoing { files: vec![file(path)], ..Outgoing::default() },
    };
    let id = accept(&local, with_file(&original), Duration::ZERO).await;
    fs::remove_file(&original).unwrap();
    let Change::Note { message, .. } = local.queued().await.unwrap().remove(0).change else { panic!() };
    let copy = message.files[0].path.clone();
    assert_eq!((fs::read_to_string(&copy).unwrap().as_str(), message.files[0].size), ("bytes", 5));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o077, 0);
    // Two files that change places on an edit keep their bytes.
    let second = dir.path().join("second");
    fs::write(&second, "other").unwrap();
    let both = |a: &Path, b: &Path| Change::Note {
        ticket: TicketId::new("7"),
        message: Outgoing { files: vec![file(a), file(b)], ..Outgoing::default() },
    };
    assert!(local.edit(&id, both(&copy, &second)).await.unwrap());
    assert!(local.edit(&id, both(&copy.with_file_name("1"), &copy)).await.unwrap());
    assert_eq!(fs::read_to_string(&copy).unwrap(), "other");
    assert!(local.edit(&id, both(&copy.with_file_name("1"), &copy)).await.unwrap());
    // Taken back, the text returns to the composer with its file.
    let back = local.unsend(&id).await.unwrap().unwrap();
    let id = accept(&local, back, Duration::ZERO).await;
    let Change::Note { message, .. } = local.queued().await.unwrap().remove(0).change else { panic!() };
    assert_eq!(fs::read_to_string(&message.files[0].path).unwrap(), "bytes");
    local.applied(&id, &receipt("7")).await.unwrap();
    assert!(!message.files[0].path.exists());
    let missing = local.accept(&new_change_id(), with_file(&original), Duration::ZERO).await.unwrap_err();
    assert!(matches!(missing, LocalError::File { .. }), "{missing}");
}

#[tokio::test]
async fn receipts_are_kept_for_undo_and_then_swept() {
    let (_dir, local) = local();
    let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
    local.applied(&id, &receipt("7")).await.unwrap();
    let text = accept(&local, reply("8", "kept"), Duration::ZERO).await;
    let claim = accept(&local, Change::Claim { ticket: TicketId::new("9") }, Duration::ZERO).await;
    for id in [&text, &claim] {
        local.refused(id, &DeskError::NotPossible { why: Clean::line("no") }).await.unwrap();
    }
    local.sweep(Duration::from_hours(1)).await.unwrap();
    assert_eq!(local.done(10).await.unwrap()[0].receipt, Some(receipt("7")));
    {
        let mut held = local.connection().await.unwrap();
        sqlx::query("UPDATE outbox SET ended_at = 1").execute(held.db()).await.unwrap();
    }
    local.sweep(Duration::from_hours(1)).await.unwrap();
    assert_eq!(local.done(10).await.unwrap(), []);
    let left: Vec<_> = local.outbox().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(left, [text], "what somebody typed is not swept");
}

#[tokio::test]
async fn two_processes_share_one_file_and_one_lock() {
    let (dir, one) = local();
    let two = Local::open(dir.path(), "http://desk.example|mika").unwrap();
    let (a, b) = tokio::join!(
        async {
            for _ in 0..20 {
                accept(&one, reply("7", "one"), Duration::ZERO).await;
            }
        },
        async {
            for _ in 0..20 {
                accept(&two, reply("7", "two"), Duration::ZERO).await;
            }
        },
    );
    let ((), ()) = (a, b);
    let rows = one.queued().await.unwrap();
    assert_eq!(rows.len(), 40);
    let (a, b) = tokio::join!(one.begin(&rows[0].id), two.begin(&rows[0].id));
    assert_ne!(a.unwrap(), b.unwrap(), "exactly one has it");

    let lock = one.try_push_lock().unwrap();
    assert!(lock.is_some() && two.try_push_lock().unwrap().is_none());
    drop(lock);
    assert!(two.try_push_lock().unwrap().is_some());
}

#[tokio::test]
async fn a_change_that_is_accepted_twice_is_refused_and_all_or_none_are_taken() {
    let (_dir, local) = local();
    let id = accept(&local, reply("7", "a"), Duration::ZERO).await;
    let batch = vec![(new_change_id(), reply("8", "b")), (id, reply("9", "c"))];
    local.accept_all(batch, Duration::ZERO, Beside::default()).await.unwrap_err();
    assert_eq!(local.outbox().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_step_is_remembered_and_its_draft_goes_with_it() {
    use crate::domain::outbox::Did;
    let (_dir, local) = local();
    let draft = crate::domain::Draft::new("d".to_owned(), crate::domain::DraftKind::Reply, Some("7".into()), now());
    local.save_draft(&draft).await.unwrap();
    let mark = StepMark { batch: "b".into(), step: "s".into(), did: Did::Done, label: Clean::line("reply") };
    let id = new_change_id();
    let beside = Beside { mark: Some(&mark), draft: Some("d") };
    local.accept_all(vec![(id.clone(), reply("7", "x"))], Duration::ZERO, beside).await.unwrap();
    assert!(local.drafts().await.unwrap().is_empty());
    accept(&local, reply("8", "of the command line"), Duration::ZERO).await;
    let steps = local.steps(10).await.unwrap();
    assert_eq!(steps.len(), 1);
    assert_eq!((&steps[0].mark, steps[0].state, &steps[0].back), (&mark, OutboxState::Waiting, &None));
    local.begin(&id).await.unwrap();
    local.applied(&id, &receipt("7")).await.unwrap();
    let done = local.steps(10).await.unwrap();
    let back = done[0].back.as_ref().map(|back| &back.change);
    assert_eq!(back, Some(&Change::Undo { ticket: "7".into(), event: Some("9".into()) }));
}

#[tokio::test]
async fn a_clock_that_was_put_back_delays_nothing() {
    let (_dir, local) = local();
    let (held, tried) = (
        accept(&local, reply("7", "x"), Duration::from_secs(10)).await,
        accept(&local, reply("8", "x"), Duration::ZERO).await,
    );
    assert!(local.begin(&tried).await.unwrap());
    local.again(&tried, &down(false), now().checked_add(Duration::from_secs(30)).unwrap(), false).await.unwrap();
    // As if all that had been an hour later than the clock says now.
    let mut db = local.connection().await.unwrap();
    sqlx::query(
        "UPDATE outbox SET accepted_at = accepted_at + 3600000, not_before = not_before + 3600000,
         retry_at = retry_at + 3600000, tended_at = tended_at + 3600000",
    )
    .execute(db.db())
    .await
    .unwrap();
    drop(db);
    assert_eq!(local.take_over(&HashSet::new(), true).await.unwrap(), []);
    let queued = local.queued().await.unwrap();
    let until = |at: Timestamp| at.duration_since(now()).as_secs();
    let of = |id: &ChangeId| queued.iter().find(|q| q.id == *id).unwrap();
    assert!((5..=10).contains(&until(of(&held).not_before)), "the window stands: {:?}", of(&held));
    assert!((20..=30).contains(&until(of(&tried).retry_at)), "{:?}", of(&tried));
    assert!(local.outbox().await.unwrap().iter().all(|row| row.accepted_at <= now()));
}
