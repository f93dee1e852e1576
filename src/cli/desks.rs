//! `ticketty desk`: the configured helpdesks.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::args::{DeskCheck, DeskRemove};
use super::ask;
use super::connect::{adapter, advice, local_account, resolve};
use super::exit::CliError;
use super::output::{Out, Piece, Style, failure};
use super::table::Table;
use crate::backend::Shared;
use crate::config::{Config, Desk, Paths};
use crate::domain::people::Role;
use crate::domain::{DeskView, Query, Support, Verb};
use crate::local::{Local, Unsent};

/// A desk that answered.
pub struct Looked {
    /// The adapter.
    pub backend: Shared,
    /// What it said.
    pub view: DeskView,
}

/// Asks a desk who we are there. `typed` is a secret that is not kept anywhere yet.
pub async fn look(name: &str, desk: &Desk, stand_in: bool, typed: Option<&SecretString>) -> Result<Looked, CliError> {
    let (mut connection, _) = resolve(name, desk, stand_in).await?;
    if let Some(typed) = typed {
        connection.secret = Some(typed.clone());
    }
    let backend = adapter(&connection, name)?;
    let query = Query { limit: Some(1), ..Query::default() };
    let view = backend.open(&query).await.map_err(|e| {
        let next = if connection.secret.is_none() && e.kind() == "unauthenticated" {
            "say where the token is: --token-command, --token-env or --token-file".to_owned()
        } else {
            advice(&e, Some(name))
        };
        CliError::desk(format!("desk {name} at {}", desk.url), &e, next)
    })?;
    Ok(Looked { backend, view })
}

/// `desk list`.
pub fn list(config: &Config, out: &Out) -> Result<u8, CliError> {
    let (words, common) = (&out.words.cli, &out.words.common);
    let only = config.desks.len() == 1;
    let is_default = |name: &str| only || config.default_desk.as_deref() == Some(name);
    if out.json {
        let desks: Vec<Value> = config
            .desks
            .iter()
            .map(|(name, d)| {
                json!({ "name": name, "kind": d.kind, "url": d.url, "account": d.account, "default": is_default(name) })
            })
            .collect();
        out.document(&json!({ "desks": desks }))?;
        return Ok(0);
    }
    if config.desks.is_empty() {
        out.say(words.no_desk);
        return Ok(0);
    }
    let mut table = Table::new(b"<<~<<<", &words.desk_columns);
    for (name, desk) in &config.desks {
        let token = match desk {
            Desk { token_command: Some(_), .. } => words.token_from[0],
            Desk { token_env: Some(_), .. } => words.token_from[1],
            Desk { token_file: Some(_), .. } => words.token_from[2],
            _ => common.none,
        };
        table.row(vec![
            Piece::new(name, Style::Strong),
            Piece::plain(&desk.kind),
            Piece::plain(desk.url.as_str()),
            Piece::plain(desk.account.as_deref().unwrap_or("-")),
            Piece::plain(token),
            Piece::plain(if is_default(name) { common.yes } else { "" }),
        ]);
    }
    out.lines(&table.lines(out.width()))?;
    Ok(0)
}

/// `desk remove`: forgets the desk and what this machine remembers of it. What is nowhere else is kept, unless the agent says
/// otherwise.
pub async fn remove(paths: &Paths, config: &mut Config, out: &Out, args: &DeskRemove) -> Result<u8, CliError> {
    let Some(desk) = config.desks.get(&args.name).cloned() else {
        return Ok(config.remove_desk(&args.name).map(|()| 0)?);
    };
    let account = local_account(&args.name, &desk);
    let is_shared = config.desks.iter().any(|(n, d)| *n != args.name && local_account(n, d) == account);
    let mut kept = None;
    if is_shared {
        config.remove_desk(&args.name)?;
    } else {
        let local = Local::open(&paths.data, &account)?;
        let in_use = || {
            CliError::usage(
                format!("desk {} was not removed", args.name),
                "ticketty is open on it, or sends for it",
                "leave it there and repeat this",
            )
        };
        let leave = local.try_leave()?.ok_or_else(in_use)?;
        // All that may go wrong or be answered with no comes before the desk is forgotten.
        let unsent = local.unsent().await?;
        let all = unsent.is_nothing() || args.purge || ask_purge(out, &args.name, unsent)?;
        // The question may have stood for long.
        if local.is_sat_at() {
            return Err(in_use());
        }
        config.remove_desk(&args.name)?;
        if all {
            local.remove_all(&leave)?;
        } else {
            local.remove_cache(&leave)?;
            kept = Some((unsent, local.path().display().to_string()));
        }
    }
    if desk.token_file.as_ref() == Some(&paths.token_file(&args.name)) {
        // A token that was typed for this desk belongs to nothing else.
        let _ = std::fs::remove_file(paths.token_file(&args.name));
    }
    if out.json {
        let kept =
            kept.map(|(unsent, file)| json!({ "changes": unsent.changes, "drafts": unsent.drafts, "file": file }));
        out.document(&json!({ "removed": args.name, "kept": kept }))?;
        return Ok(0);
    }
    out.line((out.words.cli.desk_removed)(&args.name))?;
    if let Some((unsent, file)) = kept {
        out.line(format!("  {}", (out.words.cli.unsent_kept)(unsent.changes, unsent.drafts, &file)))?;
    }
    Ok(0)
}

fn ask_purge(out: &Out, name: &str, unsent: Unsent) -> Result<bool, CliError> {
    if !ask::may_ask(out) {
        return Ok(false);
    }
    let answer = ask::line(out, &(out.words.cli.ask_purge)(name, unsent.changes, unsent.drafts), "n")?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// `desk check`: each desk answers or says why not. The exit code is the first failure's.
pub async fn check(config: &Config, out: &Out, args: &DeskCheck, named: Option<&str>) -> Result<u8, CliError> {
    let wanted = args.name.as_deref().or(named.filter(|n| !n.is_empty()));
    let desks: Vec<(&String, &Desk)> = config.desks.iter().filter(|(n, _)| wanted.is_none_or(|w| w == *n)).collect();
    if desks.is_empty() {
        return Err(CliError::usage(
            "no desk was checked",
            match wanted {
                Some(name) => format!("no desk is named \"{name}\""),
                None => "none is configured".to_owned(),
            },
            "see them: ticketty desk list",
        ));
    }
    let mut code = 0;
    let mut reports = Vec::new();
    for (name, desk) in &desks {
        match look(name, desk, desks.len() == 1, None).await {
            Ok(looked) => {
                out.line(format!("{name}  {}  {}", desk.url, you_are(out, &looked)))?;
                reports.push(told(name, desk, &looked, out)?);
            }
            Err(error) => {
                code = if code == 0 { error.code } else { code };
                out.explain(&error);
                reports.push(json!({ "desk": name, "ok": false, "error": failure(&error) }));
            }
        }
    }
    if out.json {
        out.document(&json!({ "desks": reports }))?;
    }
    Ok(code)
}

/// Who the agent is there.
pub fn you_are(out: &Out, looked: &Looked) -> String {
    let me = &looked.view.me;
    let words = &out.words.cli;
    let said = (words.you_are)(&me.name, &me.login);
    match me.role {
        Role::Agent => said,
        Role::Admin => format!("{said}{}{}", out.words.common.comma, words.roles[1]),
    }
}

/// What a desk that answers has and can do, for people at once and as a document for later.
pub fn told(name: &str, desk: &Desk, looked: &Looked, out: &Out) -> Result<Value, CliError> {
    let (words, view) = (&out.words.cli, &looked.view);
    let comma = out.words.common.comma;
    out.paragraph(2, &(words.desk_holds)(view.queues.len(), view.agents.len(), view.totals.open))?;
    if desk.url.scheme() == "http" && !is_local(desk) {
        out.paragraph(2, words.desk_unencrypted)?;
    }
    let mut support = serde_json::Map::new();
    let (mut native, mut odd) = (Vec::new(), Vec::new());
    for verb in Verb::ALL {
        let (word, shown, detail) = match looked.backend.support(verb) {
            Support::Native => ("native", "", None),
            Support::Emulated { how } => ("emulated", words.emulated, Some(how)),
            Support::Impossible { why } => ("impossible", words.impossible, Some(why)),
        };
        let spoken = (out.words.common.verb)(verb);
        match &detail {
            Some(detail) => odd.push(format!("{spoken}: {shown}{comma}{}", out.words.told(detail))),
            None => native.push(spoken),
        }
        support.insert(verb.word().to_owned(), json!({ "support": word, "how": detail }));
    }
    if !native.is_empty() {
        out.paragraph(2, &(words.desk_does)(&native.join(comma)))?;
    }
    for line in odd {
        out.paragraph(2, &line)?;
    }
    Ok(
        json!({ "desk": name, "kind": desk.kind, "url": desk.url, "ok": true, "me": view.me.as_ref(), "queues": view.queues.len(), "support": support }),
    )
}

/// Whether nothing leaves this machine.
fn is_local(desk: &Desk) -> bool {
    match desk.url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
