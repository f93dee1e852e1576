//! The command line as clap reads it. The doc comments are the help and the man page.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::admin::AdminArgs;
use super::serve::ServeArgs;
use crate::domain::{Channel, Priority, Status};

/// The agent's seat at a helpdesk, in a terminal: queues, claim, split, reply, with vim keys, over ssh.
///
/// Without a verb it opens the screen. With no desk configured it works on the embedded one, in this user's data directory.
///
/// Exit codes: 0 done, 1 refused by the desk, 2 wrong usage or configuration, 3 desk unreachable, 4 not authenticated,
/// 5 partly done, 6 kept in the outbox (do not repeat the command).
#[derive(Debug, Parser)]
#[command(name = "ticketty", version, max_term_width = 100, arg_required_else_help = false)]
pub struct Cli {
    /// The desk to work on, by its name in the configuration.
    #[arg(long, global = true, value_name = "NAME", env = "TICKETTY_DESK", hide_env_values = true)]
    pub desk: Option<String>,

    /// The desk was named on the command line, and not by the environment.
    #[arg(skip)]
    pub is_desk_said: bool,

    /// The ids named another desk than the one that `TICKETTY_TOKEN` is for.
    #[arg(skip)]
    pub is_token_elsewhere: bool,

    /// Print one JSON document on stdout and nothing else.
    #[arg(long, global = true)]
    pub json: bool,

    /// The keymap to use instead of the configured one: vim, emacs or plain.
    #[arg(long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,

    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Open a throw-away desk full of sample work.
    Demo,
    /// Add, list, remove or check configured helpdesks.
    #[command(subcommand)]
    Desk(DeskVerb),
    /// List the queues with their counts.
    Queues,
    /// List tickets, what needs a hand first.
    List(ListArgs),
    /// Show a ticket with its thread.
    Show(OneTicket),
    /// Find tickets by words in subjects, messages and names.
    Search(SearchArgs),
    /// List a customer's tickets, newest first.
    Timeline(TimelineArgs),
    /// Take unassigned tickets.
    Claim(Tickets),
    /// Give held tickets back.
    Release(Tickets),
    /// Take tickets from their holder, on purpose.
    Steal(StealArgs),
    /// Hand tickets to someone.
    Assign(AssignArgs),
    /// Set the status.
    Status(StatusArgs),
    /// Set the priority.
    Priority(PriorityArgs),
    /// Move tickets to another queue.
    Move(MoveArgs),
    /// Add and remove labels.
    Label(LabelArgs),
    /// Edit a ticket's subject.
    Subject(SubjectArgs),
    /// Edit a ticket's requester.
    Requester(RequesterArgs),
    /// Fold tickets into another one of the same requester.
    Merge(MergeArgs),
    /// Take back the last change, or the last one on a ticket.
    Undo(UndoArgs),
    /// Answer the customer.
    Reply(ReplyArgs),
    /// Leave an internal note: the customer does not see it.
    Note(NoteArgs),
    /// Move messages, or copy lines of one, out into a new ticket.
    Split(SplitArgs),
    /// Open a new ticket.
    New(NewArgs),
    /// Show what is not confirmed yet; try it again or drop it.
    Outbox(OutboxArgs),
    /// Write an attachment to stdout or into a folder.
    Attachment(AttachmentArgs),
    /// Add a file, read from stdin, to the open draft of a ticket.
    Attach(AttachArgs),
    /// Bring mail into the desk: mbox, maildir, single mails, or - for one mail on stdin.
    Import(ImportArgs),
    /// Run our own server. The first line on stdout says where it listens.
    Serve(ServeArgs),
    /// Keep agents, queues and tokens of our own server, on its database.
    Admin(AdminArgs),
    /// Print the completion script of a shell.
    Completions(CompletionsArgs),
    /// Print the man page, or write all of them into a folder.
    Man(ManArgs),
    /// Print the live keys.
    Keys,
    /// Show the end of the log.
    Log(LogArgs),
}

/// Configured helpdesks.
#[derive(Debug, Subcommand)]
pub enum DeskVerb {
    /// Try a desk and keep it when it works. Asks for what is not said, in a terminal.
    Add(Box<DeskAdd>),
    /// List the configured desks.
    List,
    /// Forget a desk, and what this machine remembers of it. Its tickets stay where they are.
    Remove(DeskRemove),
    /// See whether desks answer, who you are there, and what they can do.
    Check(DeskCheck),
}

/// A desk to add.
#[derive(Debug, Args)]
pub struct DeskAdd {
    /// Its name here: letters, digits, - and _.
    pub name: Option<String>,
    /// The kind of helpdesk; ticketty when not given.
    #[arg(long)]
    pub kind: Option<String>,
    /// Its address.
    #[arg(long)]
    pub url: Option<String>,
    /// The account, where the kind needs one besides the token.
    #[arg(long)]
    pub account: Option<String>,
    /// A command that prints the token.
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
    /// The environment variable that holds the token.
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,
    /// A file with mode 0600 that holds the token.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The certificate authority of the house, PEM.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The certificate that we show to the desk, PEM.
    #[arg(long, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// Its private key, PEM, in a file with mode 0600; not needed where it stands in the certificate's file.
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// What only this kind of helpdesk asks for; again for more.
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = option)]
    pub options: Vec<(String, String)>,
    /// Keep it without trying it.
    #[arg(long)]
    pub no_check: bool,
}

/// A desk to remove.
#[derive(Debug, Args)]
pub struct DeskRemove {
    /// Its name.
    pub name: String,
    /// Remove its drafts and what has not left too.
    #[arg(long)]
    pub purge: bool,
}

/// Which desks to check.
#[derive(Debug, Args)]
pub struct DeskCheck {
    /// Its name; all of them when none is given.
    pub name: Option<String>,
}

/// Which tickets to list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only this queue.
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Only tickets of this holder: a name, me, or none.
    #[arg(long, value_name = "NAME|me|none")]
    pub assignee: Option<String>,
    /// Only these statuses, separated by commas; any for all. Active ones when not given.
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only tickets with this label; again for more.
    #[arg(long, value_name = "LABEL")]
    pub label: Vec<String>,
    /// Only tickets whose answer is overdue.
    #[arg(long)]
    pub late: bool,
    /// From all configured desks, as desk:1042; other verbs take such ids too.
    #[arg(long, conflicts_with = "after")]
    pub all_desks: bool,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// At most so many tickets.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Go on from where a list ended: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// All of them, however many.
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
}

/// One ticket.
#[derive(Debug, Args)]
pub struct OneTicket {
    /// The ticket's id: 1042 or #1042.
    pub id: String,
}

/// What to find.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// The words, all of which must be found.
    #[arg(required = true)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Whose timeline.
#[derive(Debug, Args)]
pub struct TimelineArgs {
    /// A ticket's id: its requester's timeline. With --by the address, number or code itself.
    #[arg(value_name = "ID|VALUE")]
    pub who: String,
    /// How the customer is named.
    #[arg(long, value_name = "email|tel|code", value_parser = ["email", "tel", "code"])]
    pub by: Option<String>,
    #[command(flatten)]
    pub page: PageArgs,
}

/// How long to wait for the desk.
#[derive(Clone, Copy, Debug, Args)]
pub struct WaitArgs {
    /// Wait so many seconds for the desk's answer; what is not confirmed by then stays in the outbox.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub wait: u64,
}

/// Tickets to change.
#[derive(Debug, Args)]
pub struct Tickets {
    /// The tickets' ids.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `steal`.
#[derive(Debug, Args)]
pub struct StealArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// Yes, take them from their holder.
    #[arg(long)]
    pub yes: bool,
}

/// `assign`.
#[derive(Debug, Args)]
pub struct AssignArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// To whom: a login, or me.
    #[arg(long, value_name = "AGENT")]
    pub to: String,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// new, open, waiting, resolved or closed.
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub to: Status,
}

/// `priority`.
#[derive(Debug, Args)]
pub struct PriorityArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// low, normal, high or urgent.
    #[arg(long, value_name = "PRIORITY", value_parser = priority)]
    pub to: Priority,
}

/// `move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// The queue.
    #[arg(long, value_name = "QUEUE")]
    pub to: String,
}

/// `label`.
#[derive(Debug, Args)]
pub struct LabelArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// A label to add; again for more.
    #[arg(long, value_name = "LABEL", required_unless_present = "remove")]
    pub add: Vec<String>,
    /// A label to remove; again for more.
    #[arg(long, value_name = "LABEL")]
    pub remove: Vec<String>,
}

/// `subject`.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// The ticket's id.
    pub id: String,
    /// The new subject.
    #[arg(long, value_name = "SUBJECT")]
    pub to: String,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `requester`.
#[derive(Debug, Args)]
pub struct RequesterArgs {
    /// The ticket's id.
    pub id: String,
    /// The new requester: ben@example.net or "Ben Ode <ben@example.net>".
    #[arg(long, value_name = "ADDRESS", required_unless_present = "code")]
    pub to: Option<String>,
    /// The customer code of the shop; an empty one takes it away.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    #[command(flatten)]
    pub tickets: Tickets,
    /// The ticket that stays.
    #[arg(long, value_name = "ID")]
    pub into: String,
}

/// `undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The ticket whose last change to take back; your newest change when none is given.
    pub id: Option<String>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// Where a message's text comes from.
#[derive(Debug, Args)]
pub struct TextArgs {
    /// The text.
    #[arg(short = 'm', long = "message", value_name = "TEXT", conflicts_with = "file")]
    pub message: Option<String>,
    /// A file that holds the text; - for stdin.
    #[arg(short = 'F', long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A file to send with it; again for more.
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

/// `reply`.
#[derive(Debug, Args)]
pub struct ReplyArgs {
    /// The ticket's id.
    pub id: String,
    #[command(flatten)]
    pub text: TextArgs,
    /// Set this status in the same step.
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub then: Option<Status>,
    /// To this address instead of the requester; again for more.
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// A copy to this address; again for more.
    #[arg(long, value_name = "ADDRESS")]
    pub cc: Vec<String>,
    /// A blind copy to this address; again for more.
    #[arg(long, value_name = "ADDRESS")]
    pub bcc: Vec<String>,
    /// Another subject than the ticket's.
    #[arg(long)]
    pub subject: Option<String>,
    /// The id of the last message you saw: the reply is held back when something came after it.
    #[arg(long, value_name = "MESSAGE")]
    pub seen: Option<String>,
    /// Send although the thread moved on.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The ticket's id.
    pub id: String,
    #[command(flatten)]
    pub text: TextArgs,
    /// Set this status in the same step.
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub then: Option<Status>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `split`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("pick").required(true).args(["messages", "lines"])))]
pub struct SplitArgs {
    /// The ticket's id.
    pub id: String,
    /// The messages that move, by their numbers in the thread.
    #[arg(long, value_name = "N[,N…]")]
    pub messages: Option<String>,
    /// The lines that are copied: lines A to B of message N.
    #[arg(long, value_name = "N:A-B")]
    pub lines: Option<String>,
    /// The new ticket's subject; the old one's when not given.
    #[arg(long)]
    pub subject: Option<String>,
    /// The new ticket's queue; the old one's when not given.
    #[arg(long)]
    pub queue: Option<String>,
    /// The new ticket's assignee, or none; the old one's when not given.
    #[arg(long, visible_alias = "assign", value_name = "AGENT|none")]
    pub assignee: Option<String>,
    /// A label of the new ticket; the old one's labels when none is given.
    #[arg(long)]
    pub label: Vec<String>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The queue.
    #[arg(long)]
    pub queue: String,
    /// Who asks: ben@example.net or "Ben Ode <ben@example.net>".
    #[arg(long, value_name = "ADDRESS")]
    pub requester: String,
    /// The requester's customer code of the shop.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// What it is about.
    #[arg(long)]
    pub subject: String,
    /// How it came: mail, phone, chat or web.
    #[arg(long, default_value = "mail", value_parser = channel)]
    pub channel: Channel,
    #[command(flatten)]
    pub text: TextArgs,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `outbox`.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    pub verb: Option<OutboxVerb>,
}

/// What to do in the outbox.
#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// List what is not confirmed.
    List,
    /// Try a change again.
    Retry(OutboxChange),
    /// Forget a change; its text is printed.
    Drop(OutboxChange),
}

/// A change in the outbox.
#[derive(Debug, Args)]
pub struct OutboxChange {
    /// The change's id, as the list shows it; its beginning is enough.
    pub id: String,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `attachment`.
#[derive(Debug, Args)]
pub struct AttachmentArgs {
    /// The attachment's id, as `show` lists it.
    pub id: String,
    /// Save it in this folder, under its own name and never over another file.
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
}

/// `attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The ticket whose draft the file joins.
    pub id: String,
    /// The name the receiver sees.
    #[arg(long)]
    pub name: String,
}

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Mbox files, maildirs, folders of mails, single mails; - for one mail on stdin.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The queue; the only one there is when not given.
    #[arg(long)]
    pub queue: Option<String>,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each verb into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
}

/// `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Print only where the log is.
    #[arg(long)]
    pub path: bool,
}

fn one_of<T>(found: Option<T>, typed: &str, words: &str) -> Result<T, String> {
    found.ok_or_else(|| format!("\"{typed}\" is none of {words}"))
}

fn option(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err(format!("\"{typed}\" is not NAME=VALUE")),
    }
}

fn status(typed: &str) -> Result<Status, String> {
    let found = Status::parse(typed).filter(|s| *s != Status::Snoozed);
    one_of(found, typed, "new, open, waiting, resolved, closed")
}

fn priority(typed: &str) -> Result<Priority, String> {
    one_of(Priority::parse(typed), typed, "low, normal, high, urgent")
}

fn channel(typed: &str) -> Result<Channel, String> {
    one_of(Channel::parse(typed), typed, "mail, phone, chat, web")
}
