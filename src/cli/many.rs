//! Several desks at once: one list over all of them, and ids that name their desk (`shop:1042`).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::args::{ListArgs, Verb};
use super::connect::seat_of;
use super::exit::CliError;
use super::output::{Out, failure};
use super::read::{list_query, pages, tickets_table};
use crate::config::{Config, Paths, file::names};
use crate::domain::id::AgentId;
use crate::domain::{Query, TicketId, TicketRow, order};

/// Partly done.
const PARTLY: u8 = 5;

/// A desk's rows, and who the agent is there.
type Rows = (Vec<TicketRow>, Option<AgentId>);

/// `list --all-desks`: what needs a hand first on any of them. A desk that does not answer is said, and the others are shown.
pub async fn list(paths: &Paths, config: &Config, out: &Out, args: &ListArgs) -> Result<u8, CliError> {
    if config.desks.is_empty() {
        return Err(CliError::usage(
            "the tickets cannot be listed",
            "no desk is configured",
            "add one: ticketty desk add; the embedded one is listed without --all-desks",
        ));
    }
    let query = list_query(args)?;
    let asked = config.desks.keys().map(|name| ask(paths, config, name, &query, args));
    let (mut rows, mut failed, mut code) = (Vec::new(), Vec::new(), 0);
    for (name, answer) in config.desks.keys().zip(join_all(asked).await) {
        match answer {
            Ok((found, me)) => rows.extend(found.into_iter().map(|mut row| {
                let place = order::place(&row, me.as_ref());
                row.id = TicketId::new(format!("{name}:{}", row.id));
                (place, row)
            })),
            Err(error) => {
                out.explain(&error);
                code = if code == 0 { error.code } else { code };
                failed.push(json!({ "desk": name, "error": failure(&error) }));
            }
        }
    }
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut rows: Vec<TicketRow> = rows.into_iter().map(|(_, row)| row).collect();
    if !args.page.all {
        rows.truncate(args.page.limit as usize);
    }
    // All of them failed, some of them, none.
    let code = if failed.is_empty() || failed.len() == config.desks.len() { code } else { PARTLY };
    if out.json {
        out.document(&json!({ "tickets": rows, "next": Value::Null, "failed": failed }))?;
        return Ok(code);
    }
    out.lines(&tickets_table(&rows, jiff::Timestamp::now(), out.words).lines(out.width()))?;
    Ok(code)
}

async fn ask(paths: &Paths, config: &Config, name: &str, query: &Query, args: &ListArgs) -> Result<Rows, CliError> {
    let seat = seat_of(paths, config, name).await?;
    let about = |mut e: CliError| {
        e.what = format!("desk {name}: {}", e.what);
        e
    };
    // Whose tickets are mine is known only by asking; what is mine comes before what is others'.
    let one = Query { limit: Some(1), ..Query::default() };
    let me = seat.backend.open(&one).await.map_err(|e| about(seat.error("the tickets cannot be listed", &e)))?.me.id;
    let page = pages(&seat, query, &args.page).await.map_err(about)?;
    Ok((page.rows, Some(me)))
}

/// The desk that the ids of a verb name (`shop:1042`), which are then left without it; `named` where none does. A desk that was
/// said on the command line (`is_said`) must be that one; one of the environment is where ids go that name none.
pub fn desk_of_ids(
    verb: &mut Verb,
    config: &Config,
    named: Option<&str>,
    is_said: bool,
) -> Result<Option<String>, CliError> {
    let named = named.filter(|n| !n.is_empty());
    let mut found: Option<String> = named.filter(|_| is_said).map(str::to_owned);
    let mut bare = None;
    for id in ids(verb) {
        let of = id.split_once(':').map(|(desk, rest)| (desk.trim_start_matches('#').to_owned(), rest.to_owned()));
        let Some((desk, rest)) = of.filter(|(desk, _)| config.desks.contains_key(desk)) else {
            bare = Some(id.clone());
            continue;
        };
        if let Some(other) = found.as_ref().filter(|f| **f != desk) {
            return Err(several(&format!("{id} is not of {other}"), config));
        }
        found = Some(desk);
        *id = rest;
    }
    match (found, bare) {
        // Another desk's ticket of the same number is not to be taken for it.
        (Some(desk), Some(id)) if !is_said && named != Some(&desk) => {
            Err(several(&format!("{id} names no desk, and another one names {desk}"), config))
        }
        (found, _) => Ok(found.or_else(|| named.map(str::to_owned))),
    }
}

fn several(why: &str, config: &Config) -> CliError {
    CliError::usage(
        "the tickets are of several desks",
        why,
        format!("one command for each desk; configured are: {}", names(&config.desks)),
    )
}

/// Where a verb's arguments name tickets.
fn ids(verb: &mut Verb) -> Vec<&mut String> {
    match verb {
        Verb::Show(a) => vec![&mut a.id],
        Verb::Timeline(a) if a.by.is_none() => vec![&mut a.who],
        Verb::Claim(a) | Verb::Release(a) => a.ids.iter_mut().collect(),
        Verb::Steal(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Assign(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Status(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Priority(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Move(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Label(a) => a.tickets.ids.iter_mut().collect(),
        Verb::Merge(a) => a.tickets.ids.iter_mut().chain([&mut a.into]).collect(),
        Verb::Subject(a) => vec![&mut a.id],
        Verb::Requester(a) => vec![&mut a.id],
        Verb::Undo(a) => a.id.iter_mut().collect(),
        Verb::Reply(a) => vec![&mut a.id],
        Verb::Note(a) => vec![&mut a.id],
        Verb::Split(a) => vec![&mut a.id],
        Verb::Attach(a) => vec![&mut a.id],
        _ => Vec::new(),
    }
}
