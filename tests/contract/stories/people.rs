//! Who am I, who is there, and how much waits where.

use ticketty::domain::{Counts, DeskView};

use super::*;

pub async fn who_am_i(site: &dyn Site) {
    let [mika, ben] = [view(site, Who::Mika).await, view(site, Who::Ben).await];
    for (who, view) in [(Who::Mika, &mika), (Who::Ben, &ben)] {
        assert_eq!(view.me.login.as_str(), site.login(who));
        assert!(!view.me.name.is_empty());
        for other in Who::BOTH {
            assert!(view.agents.iter().any(|a| a.login.as_str() == site.login(other)), "{other:?}: {:?}", view.agents);
        }
        assert!(view.agents.iter().any(|a| a.id == view.me.id));
    }
    assert_ne!(mika.me.id, ben.me.id);
}

fn counts(view: &DeskView, queue: &str) -> Counts {
    view.queues.iter().find(|q| q.name.as_str() == queue).unwrap_or_else(|| panic!("no queue {queue}")).counts
}

pub async fn queues_with_counts(site: &dyn Site) {
    let [first, second] = site.queues();
    let before = view(site, Who::Mika).await;
    let (free, held) = (ticket(site).await, ticket(site).await);
    apply(site, Who::Mika, claim(&held)).await;
    let after = view(site, Who::Mika).await;
    let (old, new) = (counts(&before, first), counts(&after, first));
    assert_eq!((new.open, new.unassigned, new.mine), (old.open + 2, old.unassigned + 1, old.mine + 1), "{free} {held}");
    assert_eq!(counts(&before, second), counts(&after, second));
    assert_eq!(after.totals.open, before.totals.open + 2);
    assert_eq!(after.totals.mine, before.totals.mine + 1);
    let ben = view(site, Who::Ben).await;
    assert_eq!(counts(&ben, first).open, new.open);
    let mika = |view: &DeskView| view.agents.iter().find(|a| a.id == after.me.id).unwrap().load.load;
    assert_eq!(mika(&ben), mika(&before) + 1, "the team pane of another agent");
}
