//! `ticketty desk`: the configured helpdesks.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;

use super::args::{DeskAdd, DeskCheck, DeskName};
use super::connect::{adapter, advice, resolve};
use super::exit::CliError;
use super::output::{Out, Piece, Style, failure};
use super::table::Table;
use crate::backend;
use crate::config::{Config, Desk, desk::check_name};
use crate::domain::{DeskView, Query, Support, Verb};

/// `desk add`: tries the desk and keeps it when it works.
pub async fn add(config: &mut Config, out: &Out, args: &DeskAdd) -> Result<u8, CliError> {
    check_name(&args.name)?;
    let what = format!("desk {} was not added", args.name);
    if config.desks.contains_key(&args.name) {
        return Err(CliError::usage(
            what,
            "a desk of this name is configured already",
            format!("choose another name, or remove it first: ticketty desk remove {}", args.name),
        ));
    }
    if backend::adapter(&args.kind).is_none() {
        return Err(CliError::usage(
            what,
            format!("\"{}\" is no kind of helpdesk", args.kind),
            format!("use one of: {}", backend::kinds()),
        ));
    }
    let url: Url = args.url.parse().map_err(|e: url::ParseError| {
        CliError::usage(&what, format!("the address cannot be read: {e}"), "write it like https://desk.example")
    })?;
    let mut desk = Desk {
        kind: args.kind.clone(),
        url,
        account: args.account.clone(),
        token_command: args.token_command.clone(),
        token_env: args.token_env.clone(),
        token_file: absolute(&what, args.token_file.as_deref())?,
        ca_file: absolute(&what, args.ca_file.as_deref())?,
        client_cert: absolute(&what, args.client_cert.as_deref())?,
        client_key: absolute(&what, args.client_key.as_deref())?,
        poll: None,
        options: std::collections::BTreeMap::new(),
    };
    desk.check().map_err(|why| CliError::usage(&what, why, "write it like https://desk.example"))?;
    let mut view = None;
    if !args.no_check {
        let found = look(&args.name, &desk, true).await.map_err(|e| CliError {
            what: what.clone(),
            next: format!("{}; --no-check keeps it anyway", e.next),
            ..e
        })?;
        // The outbox belongs to the account, so it should be known without asking.
        if desk.account.is_none() && std::env::var_os(crate::config::secret::TOKEN_VARIABLE).is_none() {
            desk.account = Some(found.me.login.to_string());
        }
        view = Some(found);
    }
    config.add_desk(&args.name, &desk)?;
    if out.json {
        out.document(&json!({ "desk": args.name, "url": desk.url, "me": view.as_ref().map(|v| v.me.as_ref()) }))?;
        return Ok(0);
    }
    out.line(match &view {
        Some(view) => (out.words.cli.desk_added)(&args.name, &view.me.name, &view.me.login, view.queues.len()),
        None => (out.words.cli.desk_kept)(&args.name),
    })?;
    Ok(0)
}

fn absolute(what: &str, path: Option<&Path>) -> Result<Option<PathBuf>, CliError> {
    path.map(|p| {
        std::path::absolute(p)
            .map_err(|e| CliError::usage(what, format!("{}: {e}", p.display()), "name the file with its whole path"))
    })
    .transpose()
}

/// Asks a desk who we are there.
async fn look(name: &str, desk: &Desk, stand_in: bool) -> Result<DeskView, CliError> {
    let (connection, _) = resolve(name, desk, stand_in).await?;
    let backend = adapter(&connection, name)?;
    let query = Query { limit: Some(1), ..Query::default() };
    backend.open(&query).await.map_err(|e| {
        let next = if connection.secret.is_none() && e.kind() == "unauthenticated" {
            "say where the token is: --token-command, --token-env or --token-file".to_owned()
        } else {
            advice(&e, Some(name))
        };
        CliError::desk(format!("desk {name} at {}", desk.url), &e, next)
    })
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

/// `desk remove`.
pub fn remove(config: &mut Config, out: &Out, args: &DeskName) -> Result<u8, CliError> {
    config.remove_desk(&args.name)?;
    if out.json {
        out.document(&json!({ "removed": args.name }))?;
    }
    out.line((out.words.cli.desk_removed)(&args.name))?;
    Ok(0)
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
        match look(name, desk, desks.len() == 1).await {
            Ok(view) => {
                reports.push(told(name, desk, &view, out).await?);
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

/// What a desk that answers can do, for people at once and as a document for later.
async fn told(name: &str, desk: &Desk, view: &DeskView, out: &Out) -> Result<Value, CliError> {
    let (connection, _) = resolve(name, desk, true).await?;
    let backend = adapter(&connection, name)?;
    let words = &out.words.cli;
    out.line(format!("{name}  {}  {}", desk.url, (words.you_are)(&view.me.name, &view.me.login)))?;
    let holds = (words.desk_holds)(view.queues.len(), view.agents.len(), view.totals.open);
    out.line(format!("  {holds}"))?;
    let mut support = serde_json::Map::new();
    for verb in Verb::ALL {
        let (word, shown, detail) = match backend.support(verb) {
            Support::Native => ("native", "", None),
            Support::Emulated { how } => ("emulated", words.emulated, Some(how)),
            Support::Impossible { why } => ("impossible", words.impossible, Some(why)),
        };
        if let Some(detail) = &detail {
            let (verb, comma) = ((out.words.common.verb)(verb), out.words.common.comma);
            out.line(format!("  {verb}: {shown}{comma}{}", out.words.told(detail)))?;
        }
        support.insert(verb.word().to_owned(), json!({ "support": word, "how": detail }));
    }
    Ok(json!({ "desk": name, "ok": true, "me": view.me.as_ref(), "queues": view.queues.len(), "support": support }))
}
