//! `ticketty desk add`: takes flags, asks in a terminal for what they do not say, tries the desk, says who the agent is there and
//! what it can do, and keeps it only when it works. A secret is never taken from the command line: it is named, or typed.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

use super::args::DeskAdd;
use super::ask;
use super::desks::{look, told, you_are};
use super::exit::CliError;
use super::output::Out;
use crate::backend::{self, ADAPTERS};
use crate::config::secret::TOKEN_VARIABLE;
use crate::config::{Config, Desk, Paths, desk::check_name, paths};

/// The kind that is meant when none is named.
const OURS: &str = "ticketty";
/// How often a wrong secret can be typed anew.
const TRIES: usize = 3;

/// `desk add`.
pub async fn add(paths: &Paths, config: &mut Config, out: &Out, args: &DeskAdd) -> Result<u8, CliError> {
    let stand_in = std::env::var_os(TOKEN_VARIABLE).is_some_and(|t| !t.is_empty());
    let named = args.token_command.is_some() || args.token_env.is_some() || args.token_file.is_some();
    let lacks_secret = !named && !stand_in && !args.no_check;
    let asks = ask::may_ask(out) && (args.name.is_none() || args.url.is_none() || lacks_secret);
    let name = name(config, out, args, asks)?;
    let what = format!("desk {name} was not added");
    let kind = kind(&what, out, args, asks)?;
    let url = address(&what, out, args, asks)?;
    let mut desk = Desk {
        kind,
        account: args.account.clone(),
        token_command: args.token_command.clone(),
        token_env: args.token_env.clone(),
        token_file: absolute(&what, args.token_file.as_deref())?,
        ca_file: absolute(&what, args.ca_file.as_deref())?,
        client_cert: absolute(&what, args.client_cert.as_deref())?,
        client_key: absolute(&what, args.client_key.as_deref())?,
        options: args.options.iter().cloned().collect(),
        ..Desk::at(url)
    };
    desk.check().map_err(|why| CliError::usage(&what, why, "write it like https://desk.example"))?;
    let mut typed = None;
    if asks {
        if desk.account.is_none() {
            desk.account = account(out, &desk.kind)?;
        }
        if lacks_secret {
            typed = ask_secret(out, &mut desk)?;
        }
    }
    let mut looked = None;
    if !args.no_check {
        let mut tries = 1;
        let found = loop {
            match look(&name, &desk, true, typed.as_ref()).await {
                Ok(found) => break found,
                // A slip of the fingers is no reason to answer all questions again.
                Err(e) if e.kind == "unauthenticated" && typed.is_some() && tries < TRIES => {
                    out.explain(&CliError { next: String::new(), ..e });
                    tries += 1;
                    typed = ask::secret(out, out.words.cli.ask_secret)?;
                }
                Err(e) => {
                    let next = match e.next.as_str() {
                        "" => "--no-check keeps it anyway".to_owned(),
                        next => format!("{next}; --no-check keeps it anyway"),
                    };
                    return Err(CliError { what, next, ..e });
                }
            }
        };
        // The outbox belongs to the account, so it should be known without asking.
        if desk.account.is_none() && !stand_in {
            desk.account = Some(found.view.me.login.to_string());
        }
        looked = Some(found);
    }
    keep(paths, config, &name, &mut desk, typed.as_ref())?;
    let Some(looked) = looked else {
        if out.json {
            out.document(&json!({ "desk": name, "url": desk.url, "me": null }))?;
        }
        out.line((out.words.cli.desk_kept)(&name))?;
        return Ok(0);
    };
    out.line((out.words.cli.desk_added)(&name, &you_are(out, &looked)))?;
    let document = told(&name, &desk, &looked, out)?;
    if out.json {
        out.document(&document)?;
    }
    Ok(0)
}

/// The account; a kind whose tokens do not tell it has to be told.
fn account(out: &Out, kind: &str) -> Result<Option<String>, CliError> {
    let needs = backend::adapter(kind).is_some_and(|adapter| adapter.needs_account);
    if !needs {
        return Ok(Some(ask::line(out, out.words.cli.ask_account, "")?).filter(|a| !a.is_empty()));
    }
    let given = |typed: &str| match typed {
        "" => Err("its tokens do not tell whose they are".to_owned()),
        typed => Ok(Some(typed.to_owned())),
    };
    ask::until(out, out.words.cli.ask_own_account, "", given)
}

/// Writes the desk, and a typed secret into a file that nobody else can read. Both or nothing.
fn keep(
    paths: &Paths,
    config: &mut Config,
    name: &str,
    desk: &mut Desk,
    typed: Option<&SecretString>,
) -> Result<(), CliError> {
    let Some(typed) = typed else { return Ok(config.add_desk(name, desk)?) };
    let file = paths.token_file(name);
    paths::write_private(&file, format!("{}\n", typed.expose_secret()).as_bytes()).map_err(|e| {
        CliError::usage(
            format!("desk {name} was not added"),
            format!("the token cannot be kept in {}: {e}", file.display()),
            "say where it is instead: --token-command, --token-env or --token-file",
        )
    })?;
    desk.token_file = Some(file.clone());
    config.add_desk(name, desk).map_err(|e| {
        // Without its desk the token is of no use to anybody.
        let _ = std::fs::remove_file(&file);
        e.into()
    })
}

fn name(config: &Config, out: &Out, args: &DeskAdd, asks: bool) -> Result<String, CliError> {
    let fits = |name: &str| {
        check_name(name)?;
        if config.desks.contains_key(name) {
            return Err(CliError::usage(
                format!("desk {name} was not added"),
                "a desk of this name is configured already",
                format!("choose another name, or remove it first: ticketty desk remove {name}"),
            ));
        }
        Ok(name.to_owned())
    };
    match &args.name {
        Some(name) => fits(name),
        None if asks => ask::until(out, out.words.cli.ask_name, "", |typed| {
            fits(typed).map_err(|e| format!("{}; {}", e.why, e.next))
        }),
        None => Err(lacking("no desk was added", "its name is missing")),
    }
}

fn kind(what: &str, out: &Out, args: &DeskAdd, asks: bool) -> Result<String, CliError> {
    match &args.kind {
        Some(kind) if backend::adapter(kind).is_some() => Ok(kind.clone()),
        Some(kind) => Err(CliError::usage(
            what,
            format!("\"{kind}\" is no kind of helpdesk"),
            format!("use one of: {}", backend::kinds()),
        )),
        None if asks => {
            let kinds: Vec<String> = ADAPTERS
                .iter()
                .map(|a| if a.name == a.kind { a.kind.to_owned() } else { format!("{} ({})", a.name, a.kind) })
                .collect();
            Ok(ADAPTERS[ask::choice(out, out.words.cli.ask_kind, &kinds)?].kind.to_owned())
        }
        None => Ok(OURS.to_owned()),
    }
}

fn address(what: &str, out: &Out, args: &DeskAdd, asks: bool) -> Result<Url, CliError> {
    let read = |typed: &str| typed.parse::<Url>().map_err(|e| format!("the address cannot be read: {e}"));
    match &args.url {
        Some(url) => read(url).map_err(|why| CliError::usage(what, why, "write it like https://desk.example")),
        None if asks => ask::until(out, out.words.cli.ask_address, "", |typed| {
            // As people say it: desk.example
            let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
            let url = read(&whole)?;
            Desk::at(url.clone()).check().map(|()| url)
        }),
        None => Err(lacking(what, "its address is missing")),
    }
}

fn lacking(what: &str, why: &str) -> CliError {
    CliError::usage(what, why, "ticketty desk add NAME --url ADDRESS; in a terminal it asks for what is missing")
}

/// Where the secret is, or the secret itself.
fn ask_secret(out: &Out, desk: &mut Desk) -> Result<Option<SecretString>, CliError> {
    let words = &out.words.cli;
    let choices = words.secret_choices.map(str::to_owned);
    let some = |typed: &str| if typed.is_empty() { Err("it is empty".to_owned()) } else { Ok(typed.to_owned()) };
    match ask::choice(out, words.ask_where, &choices)? {
        0 => return ask::secret(out, words.ask_secret),
        1 => desk.token_command = Some(ask::until(out, words.ask_command, "", some)?),
        2 => desk.token_env = Some(ask::until(out, words.ask_variable, "", some)?),
        3 => {
            desk.token_file = Some(ask::until(out, words.ask_file, "", |typed| {
                let path = paths::expand_home(Path::new(&some(typed)?));
                std::path::absolute(&path).map_err(|e| format!("{}: {e}", path.display()))
            })?);
        }
        _ => {}
    }
    Ok(None)
}

fn absolute(what: &str, path: Option<&Path>) -> Result<Option<PathBuf>, CliError> {
    path.map(|p| {
        std::path::absolute(p)
            .map_err(|e| CliError::usage(what, format!("{}: {e}", p.display()), "name the file with its whole path"))
    })
    .transpose()
}
