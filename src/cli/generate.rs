//! What is made from the program itself: completions, man pages; and where the log is.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use clap::CommandFactory;
use serde_json::json;

use super::args::{Cli, CompletionsArgs, LogArgs, ManArgs};
use super::exit::CliError;
use super::output::{Out, Piece, Style};
use crate::text::Clean;

/// How much of the log `ticketty log` shows.
const TAIL: u64 = 16 * 1024;

/// `completions`.
pub fn completions(out: &Out, args: &CompletionsArgs) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ticketty", &mut script);
    out.raw(&script)?;
    Ok(0)
}

/// `man`: one page on stdout, or one for each verb into a folder.
pub fn man(out: &Out, args: &ManArgs) -> Result<u8, CliError> {
    let wrong = |e: std::io::Error| {
        CliError::usage("the man page was not written", e.to_string(), "name a folder that can be written")
    };
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir)).map_err(wrong)?;
        return Ok(0);
    }
    out.raw(&page().map_err(wrong)?)?;
    Ok(0)
}

/// The whole program as one page: its own, then a section for each verb.
fn page() -> std::io::Result<Vec<u8>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    let mut verbs: Vec<clap::Command> = Vec::new();
    for verb in command.get_subcommands() {
        verbs.push(verb.clone());
        verbs.extend(verb.get_subcommands().cloned());
    }
    for verb in verbs.into_iter().filter(|v| !v.is_hide_set()) {
        let title = verb.get_bin_name().unwrap_or(verb.get_name()).to_uppercase();
        page.extend_from_slice(format!(".SH \"{title}\"\n").as_bytes());
        let man = clap_mangen::Man::new(verb);
        for section in [clap_mangen::Man::render_synopsis_section, clap_mangen::Man::render_description_section] {
            let mut text = Vec::new();
            section(&man, &mut text)?;
            page.extend(as_subsection(&text));
        }
        let mut text = Vec::new();
        man.render_options_section(&mut text)?;
        page.extend(as_subsection(&text));
    }
    Ok(page)
}

/// A section of a page of its own as a part of another section.
fn as_subsection(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace(".SH ", ".SS ").into_bytes()
}

/// `log`: the end of the log, or where it is.
pub fn log(out: &Out, file: &Path, args: &LogArgs) -> Result<u8, CliError> {
    if out.json {
        out.document(&json!({ "path": file.to_string_lossy() }))?;
        return Ok(0);
    }
    if args.path {
        out.line(file.to_string_lossy())?;
        return Ok(0);
    }
    let mut text = String::new();
    match std::fs::File::open(file).and_then(|f| tail(f, &mut text)) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => out.say(out.words.cli.no_log),
        Err(e) => {
            return Err(CliError::usage(
                "the log cannot be shown",
                format!("{}: {e}", file.display()),
                "look at the folder's permissions",
            ));
        }
    }
    out.say(file.to_string_lossy());
    let lines: Vec<_> = Clean::text(&text).rows().map(|text| vec![Piece { text, style: Style::Plain }]).collect();
    out.lines(&lines)?;
    Ok(0)
}

fn tail(mut file: std::fs::File, text: &mut String) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let all = String::from_utf8_lossy(&bytes);
    // The first line is cut in the middle when the log is longer.
    let whole = if length > TAIL { all.split_once('\n').map_or("", |(_, rest)| rest) } else { &all };
    text.push_str(whole);
    Ok(())
}
