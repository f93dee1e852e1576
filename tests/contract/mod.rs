//! The contract: stories that every adapter passes on a real helpdesk, or for which it says honestly that the helpdesk cannot.
//!
//! A site (`site::Site`) is one helpdesk with two agents and a way to let customers write; a story is an `async fn(&dyn Site)`;
//! `every_story!` makes one test of each story for a site. Our own server runs inside of the test. A foreign one is
//!
//! - played back from `recorded/SITE/STORY.json` (the default: nothing leaves the test), or
//! - asked for real when `TICKETTY_LIVE_RT`, `TICKETTY_LIVE_REDMINE` or `TICKETTY_LIVE_DJANGO` names the `env` file which
//!   `tests/live/SITE/up` wrote, and then recorded too with `TICKETTY_RECORD=1`. `.ci/live SITE` does it from nothing.

mod cassette;
mod site;
mod stories;

/// Makes a module with one test of each story; `$open` is an `async fn(story: &str) -> impl Site`.
#[rustfmt::skip]
macro_rules! every_story {
    ($open:path) => {
        every_story! { $open;
            people: who_am_i, queues_with_counts;
            lists: first_page, paging_to_the_end, whose_tickets;
            threads: a_thread, a_thread_with_html, japanese, a_file_comes, a_file_goes, clock_and_time_zone;
            claims: claim_of_a_free_ticket, claim_of_a_held_ticket, a_race_of_two_claims,
                a_ticket_that_is_done_is_not_claimed, release, assign, steal;
            words: a_reply, a_reply_to_a_thread_that_moved_on, a_reply_with_copies, a_reply_that_resolves,
                a_note_mails_nobody;
            changes: status, priority, labels, move_to_another_queue, subject, requester, new_ticket, undo;
            splits: split_of_a_ticket_with_two_topics, split_by_lines, lines_of_a_note_stay_private,
                split_of_everything_is_refused, merge;
            news: news, snooze;
            find: search, search_for_odd_words, timeline;
            refusals: what_does_not_exist, a_stranger, a_refused_write_is_told, answers_of_every_kind;
        }
    };
    ($open:path; $($room:ident: $($story:ident),+;)+) => {
        mod stories {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let site = $open(stringify!($story)).await;
                    crate::contract::stories::$room::$story(&site).await;
                    crate::contract::site::Site::end(&site).await;
                }
            )+)+
        }
    };
}

mod django;
mod redmine;
mod rt;
mod ticketty;
