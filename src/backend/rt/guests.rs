//! Copies of one reply. RT mails the requesters and who always gets copies, and has no copy for one mail only: so somebody else
//! joins the ticket's copies before the mail leaves, and is taken off again when it has. Who could not be taken off is named to
//! the agent, and taken off with the next news or before the next reply.

use serde_json::json;

use super::Rt;
use super::rows::{self, Known};
use super::wire::User;
use super::write::{address, not_possible, put};
use crate::backend::DeskResult;
use crate::domain::{Outgoing, Requester, TicketId};

/// How often it is tried to take somebody off again at once.
const TRIES: u32 = 2;

fn same(user: &User, email: &str) -> bool {
    rows::person(user).email.eq_ignore_ascii_case(email)
}

impl Rt {
    /// Lets those join the copies who are to get this mail only; answers who is to leave after it. Who is left from an earlier
    /// mail leaves before this one.
    pub async fn invite(&self, id: &TicketId, known: &Known, message: &Outgoing) -> DeskResult<Vec<String>> {
        let named = |r: &User| message.to.iter().chain(&message.cc).any(|p| same(r, &p.email));
        if let (false, Some(left_out)) = (message.to.is_empty(), known.requestors.iter().find(|r| !named(r))) {
            return Err(not_possible(&format!(
                "RT always mails the requester; {} cannot be left out of a reply",
                rows::person(left_out).display()
            )));
        }
        // From here on they are this reply's to see off.
        let left = self.memory().guests.remove(id).unwrap_or_default();
        let is_left = |user: &&User| left.iter().any(|email| same(user, email));
        let stay: Vec<&User> = known.cc.iter().filter(|user| !is_left(user)).collect();
        let there =
            |p: &&Requester| known.requestors.iter().chain(stay.iter().copied()).any(|user| same(user, &p.email));
        let new: Vec<&Requester> = message.to.iter().chain(&message.cc).filter(|p| !there(p)).collect();
        if new.is_empty() && !known.cc.iter().any(|user| is_left(&user)) {
            return Ok(Vec::new());
        }
        let mut guests: Vec<String> = new.iter().map(|p| p.email.to_string()).collect();
        guests.extend(
            left.iter().filter(|l| !guests.iter().any(|g| g.eq_ignore_ascii_case(l))).cloned().collect::<Vec<_>>(),
        );
        let all: Vec<String> =
            stay.iter().map(|u| u.login().to_owned()).chain(new.iter().map(|p| address(p))).collect();
        let joined = async {
            let wrote = self.write(id, &put(id, None, Some(&json!({ "Cc": all })))?.repeatable()).await?;
            let now = self.row(id).await?;
            match new.iter().find(|p| !now.cc.iter().any(|user| same(user, &p.email))) {
                Some(missing) => Err(not_possible(&format!(
                    "RT does not copy {} in: {}; nothing was sent",
                    missing.email, wrote.said
                ))),
                None => Ok(()),
            }
        };
        match joined.await {
            Ok(()) => Ok(guests),
            // Some may have joined although nothing was sent. Whoever cannot be taken off now is, when this is sent again.
            Err(error) => match self.see_off(id, guests, None).await {
                Err(words) if !error.is_retryable() => Err(not_possible(&format!("{error}; {words}"))),
                _ => Err(error),
            },
        }
    }

    /// Takes those off the copies who were there for one mail; `now` is the ticket where it was just looked at. Whoever stays is
    /// remembered, and named in words for the agent.
    pub async fn see_off(&self, id: &TicketId, guests: Vec<String>, mut now: Option<Known>) -> Result<Known, String> {
        let mut why = String::new();
        let mut staying = guests.clone();
        for turn in 0..=TRIES {
            let known = match now.take() {
                Some(known) => known,
                None => match self.row(id).await {
                    Ok(known) => known,
                    Err(error) => {
                        why = error.to_string();
                        continue;
                    }
                },
            };
            let is_guest = |user: &&User| guests.iter().any(|email| same(user, email));
            staying = known.cc.iter().filter(is_guest).map(|user| rows::person(user).email.to_string()).collect();
            if staying.is_empty() {
                self.memory().guests.remove(id);
                return Ok(known);
            }
            if turn < TRIES {
                let back: Vec<&str> = known.cc.iter().filter(|user| !is_guest(user)).map(User::login).collect();
                let left = match put(id, None, Some(&json!({ "Cc": back }))) {
                    Ok(ask) => self.write(id, &ask.repeatable()).await,
                    Err(error) => Err(error),
                };
                why = left.map_or_else(|error| error.to_string(), |wrote| wrote.said.to_string());
            }
        }
        self.memory().guests.insert(id.clone(), guests);
        Err(format!(
            "{} cannot be taken off the copies now and gets later replies too, until that succeeds: {why}",
            staying.join(", ")
        ))
    }

    /// Tries again to take off who is left from earlier mails.
    pub async fn see_off_the_left(&self) {
        let left: Vec<TicketId> = self.memory().guests.keys().cloned().collect();
        for id in left {
            // A reply that takes them off itself waits, and so does this.
            let _door = self.door.lock().await;
            // Remembered until they are gone: a reply in between must know of them.
            let guests = self.memory().guests.get(&id).cloned();
            if let Some(guests) = guests {
                let _ = self.see_off(&id, guests, None).await;
            }
        }
    }
}
