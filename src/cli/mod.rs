//! The verbs of the command line: the same actions as the screen's, for scripts and for people.
//!
//! `args` says what there is, `connect` which desk it is done on; `read`, `write` and `compose` do it; `output` prints.

pub mod admin;
pub mod args;
pub mod ask;
pub mod compose;
pub mod connect;
pub mod desk_add;
pub mod desks;
pub mod exit;
pub mod generate;
pub mod help;
pub mod import;
pub mod many;
pub mod outbox;
pub mod output;
pub mod read;
pub mod screen;
pub mod serve;
pub mod settings;
pub mod table;
pub mod write;

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use self::args::{Cli, DeskVerb, OutboxVerb, Verb};
use self::connect::Seat;
use self::exit::CliError;
use self::output::Out;
use crate::config::{Config, ConfigError, Paths};
use crate::i18n::Words;

/// Does what the arguments say; answers the exit code.
pub fn main(args: Vec<OsString>) -> u8 {
    let start = Start::discover();
    let read = |m: ArgMatches| {
        let is_desk_said = m.value_source("desk") == Some(ValueSource::CommandLine);
        Ok(Cli { is_desk_said, ..Cli::from_arg_matches(&m)? })
    };
    let cli = match Cli::command().try_get_matches_from(&args).and_then(read) {
        Ok(cli) => cli,
        Err(e) => return usage(&args, &e, &start),
    };
    let out = Out::discover(cli.json, start.words());
    match dispatch(cli, &out, start) {
        Ok(code) => code,
        Err(error) => {
            out.fail(&error);
            error.code
        }
    }
}

/// What is known before the arguments are read: where the files lie, and the settings or what is wrong with them.
struct Start {
    paths: Result<Paths, ConfigError>,
    config: Result<Config, ConfigError>,
}

impl Start {
    fn discover() -> Self {
        let paths = Paths::discover();
        let config = paths.clone().and_then(|paths| Config::load(&paths.config_file()));
        Self { paths, config }
    }

    /// The words of the language that the settings or the locale name; settings that are broken name none.
    fn words(&self) -> &'static Words {
        self.config.as_ref().map_or_else(|_| settings::words_of_locale(), settings::words)
    }
}

/// Help and version go to stdout; what is wrong with the arguments goes to stderr, and into a document when one is asked for.
fn usage(args: &[OsString], error: &clap::Error, start: &Start) -> u8 {
    let out = Out::discover(args.iter().skip(1).any(|a| a == "--json"), start.words());
    if !error.use_stderr() {
        let text = help::asked(args, error, out.words);
        let shown = if out.is_colored() { text } else { help::without_style(&text) };
        // Help that nobody reads to its end is fine.
        let _ = out.text(&shown);
        return 0;
    }
    let text = error.render().to_string();
    out.say(help::mistake(text.trim_end(), out.words));
    if out.json {
        let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let error = CliError::usage("the command line is not understood", what, "see ticketty --help");
        let _ = out.document(&serde_json::json!({ "error": output::failure(&error) }));
    }
    exit::USAGE
}

fn dispatch(mut cli: Cli, out: &Out, start: Start) -> Result<u8, CliError> {
    // What needs neither files nor a desk.
    match &cli.verb {
        Some(Verb::Completions(args)) => return generate::completions(out, args),
        Some(Verb::Man(args)) => return generate::man(out, args),
        _ => {}
    }
    let paths = start.paths?;
    if let Some(Verb::Log(args)) = &cli.verb {
        return generate::log(out, &paths.log_file(), args);
    }
    crate::config::log::start(&paths);
    // The server and its administration need no desk and no settings: a broken settings file does not stop them.
    let alone = matches!(&cli.verb, Some(Verb::Serve(_) | Verb::Admin(_)));
    let file = paths.config_file();
    let mut config = if alone { Config::empty(&file) } else { start.config? };
    if let Some(Verb::Keys) = &cli.verb {
        let keymap = settings::keymap(&paths, &config, cli.keymap.as_deref(), out.words)?;
        return settings::keys(out, &keymap);
    }
    if let Some(verb) = &mut cli.verb
        && let Some(desk) = many::desk_of_ids(verb, &config, cli.desk.as_deref(), cli.is_desk_said)?
    {
        let meant = cli.desk.as_deref().filter(|d| !d.is_empty()).or(config.default_desk.as_deref());
        cli.is_token_elsewhere = meant.is_some_and(|meant| meant != desk);
        cli.desk = Some(desk);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| CliError::usage("ticketty cannot start", e.to_string(), "free some memory or processes"))?;
    let done = runtime.block_on(verb(&cli, out, &paths, &mut config));
    // Nothing may hold the exit up: what had to end has ended, stdin readers included.
    runtime.shutdown_background();
    done
}

async fn verb(cli: &Cli, out: &Out, paths: &Paths, config: &mut Config) -> Result<u8, CliError> {
    let named = cli.desk.as_deref();
    let verb = match &cli.verb {
        None => {
            screen::needs_terminal()?;
            &cli.verb
        }
        Some(Verb::Demo) => {
            screen::needs_terminal()?;
            let seat = connect::demo().await?;
            let done = screen::open(paths, config, cli.keymap.as_deref(), &seat, out).await;
            seat.leave().await;
            return done;
        }
        Some(Verb::Serve(args)) => return serve::run(args.clone(), out).await.map(|()| 0),
        Some(Verb::Admin(args)) => {
            return admin::run(args.clone(), out).await.map(|()| 0);
        }
        Some(Verb::Desk(verb)) => {
            return match verb {
                DeskVerb::Add(args) => desk_add::add(paths, config, out, args).await,
                DeskVerb::List => desks::list(config, out),
                DeskVerb::Remove(args) => desks::remove(paths, config, out, args).await,
                DeskVerb::Check(args) => desks::check(config, out, args, named).await,
            };
        }
        Some(Verb::List(args)) if args.all_desks => return many::list(paths, config, out, args).await,
        Some(Verb::Outbox(args)) => match &args.verb {
            None | Some(OutboxVerb::List) => {
                return outbox::list(&connect::local_only(paths, config, named)?, out).await;
            }
            Some(OutboxVerb::Drop(change)) => {
                return outbox::forget(&connect::local_only(paths, config, named)?, out, change).await;
            }
            Some(OutboxVerb::Retry(_)) => &cli.verb,
        },
        _ => &cli.verb,
    };
    let (seat, done) = match verb {
        Some(verb) => {
            let seat = connect::connect(paths, config, named, !cli.is_token_elsewhere).await?;
            let done = on_desk(verb, &seat, out).await;
            (seat, done)
        }
        None => {
            let seat = connect::at_leisure(paths, config, named, true).await?;
            let done = screen::open(paths, config, cli.keymap.as_deref(), &seat, out).await;
            (seat, done)
        }
    };
    seat.leave().await;
    done
}

/// The verbs that speak to the desk.
async fn on_desk(verb: &Verb, seat: &Seat, out: &Out) -> Result<u8, CliError> {
    match verb {
        Verb::Queues => read::queues(seat, out).await,
        Verb::List(args) => read::list(seat, out, args).await,
        Verb::Show(args) => read::show(seat, out, args).await,
        Verb::Search(args) => read::search(seat, out, args).await,
        Verb::Timeline(args) => read::timeline(seat, out, args).await,
        Verb::Attachment(args) => read::attachment(seat, out, args).await,
        Verb::Claim(args) => write::claim(seat, out, args).await,
        Verb::Release(args) => write::release(seat, out, args).await,
        Verb::Steal(args) => write::steal(seat, out, args).await,
        Verb::Assign(args) => write::assign(seat, out, args).await,
        Verb::Status(args) => write::status(seat, out, args).await,
        Verb::Priority(args) => write::priority(seat, out, args).await,
        Verb::Move(args) => write::move_to(seat, out, args).await,
        Verb::Label(args) => write::label(seat, out, args).await,
        Verb::Subject(args) => write::subject(seat, out, args).await,
        Verb::Requester(args) => write::requester(seat, out, args).await,
        Verb::Merge(args) => write::merge(seat, out, args).await,
        Verb::Undo(args) => write::undo(seat, out, args).await,
        Verb::Reply(args) => compose::reply(seat, out, args).await,
        Verb::Note(args) => compose::note(seat, out, args).await,
        Verb::Split(args) => compose::split(seat, out, args).await,
        Verb::New(args) => compose::new(seat, out, args).await,
        Verb::Attach(args) => compose::attach(seat, out, args).await,
        Verb::Import(args) => import::import(seat, out, args).await,
        Verb::Outbox(args) => match &args.verb {
            Some(OutboxVerb::Retry(change)) => outbox::retry(seat, out, change).await,
            _ => Ok(0),
        },
        // Handled before a desk was looked for.
        Verb::Desk(_)
        | Verb::Serve(_)
        | Verb::Admin(_)
        | Verb::Completions(_)
        | Verb::Man(_)
        | Verb::Log(_)
        | Verb::Demo
        | Verb::Keys => Ok(0),
    }
}
