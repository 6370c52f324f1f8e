//! The command `jumpcloud-sso`: for an administrator or developer whose login fails, and for scripts.

mod arguments;
mod canonicalize;
mod certificate;
mod failure;
mod input;
mod output;
mod session;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command, SessionCommand};

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Canonicalize(arguments) => canonicalize::run(&arguments),
        Command::Certificate(arguments) => certificate::run(&arguments),
        Command::Secret => session::secret(),
        Command::Session(SessionCommand::Verify(arguments)) => session::verify(&arguments),
    };
    result.unwrap_or_else(|failure| failure.report())
}
