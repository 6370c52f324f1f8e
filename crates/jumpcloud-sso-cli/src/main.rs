//! The command `jumpcloud-sso`: for an administrator or developer whose login fails, and for scripts.

mod arguments;
mod canonicalize;
mod certificate;
mod failure;
mod input;
mod metadata;
mod output;
mod session;
mod setup;
mod verify;

use std::process::ExitCode;

use jumpcloud_sso::Diagnosis;

use crate::arguments::{Arguments, Command, MetadataCommand, SessionCommand};
use crate::failure::Failure;

fn main() -> ExitCode {
    let result = match Arguments::read() {
        Ok(arguments) => run(&arguments.command),
        // Help and version, too, come as errors. What is wrong with arguments repeats them.
        Err(error) => {
            if error.use_stderr() {
                output::error(&without_line_breaks_of_arguments(error.render().to_string()));
            } else {
                output::keep(error.print());
            }
            Ok(u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from))
        }
    };
    let result = result.and_then(|exit_code| output::finish().map_err(Failure::output).map(|()| exit_code));
    result.unwrap_or_else(|failure| failure.report())
}

/// The report of wrong arguments, which repeats them: a line break in one must not begin a line of its own.
fn without_line_breaks_of_arguments(mut report: String) -> String {
    for argument in std::env::args_os() {
        let argument = argument.to_string_lossy();
        if argument.contains(['\n', '\r']) {
            report = report.replace(&*argument, &Diagnosis::printable(&argument));
        }
    }
    report
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Verify(arguments) => verify::run(arguments),
        Command::Canonicalize(arguments) => canonicalize::run(arguments),
        Command::Certificate(arguments) => certificate::run(arguments),
        Command::Setup(arguments) => setup::run(arguments),
        Command::Metadata(MetadataCommand::Import(arguments)) => metadata::import(arguments),
        Command::Metadata(MetadataCommand::Export(arguments)) => metadata::export(arguments),
        Command::Secret => session::secret(),
        Command::Session(SessionCommand::Verify(arguments)) => session::verify(arguments),
    }
}
