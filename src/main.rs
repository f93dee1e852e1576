//! Arguments to one of: the screen, a verb, the server; outcome to exit code. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(%panic, "panic");
        if !ticketty::runtime::terminal::panicking() {
            return;
        }
        // What went wrong inside is of no use to a person; where to find it is.
        eprintln!("ticketty: a bug stopped the program; what was typed is kept. The log has more: ticketty log");
    }));
    // Whatever the bug, the outcome is unknown and nobody should read it as a refusal or as done.
    let code = std::panic::catch_unwind(|| ticketty::cli::main(std::env::args_os().collect()));
    ExitCode::from(code.unwrap_or(101))
}
