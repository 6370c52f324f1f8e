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

use clap::Parser as _;

use crate::arguments::{Arguments, Command, MetadataCommand, SessionCommand};

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Canonicalize(arguments) => canonicalize::run(&arguments),
        Command::Certificate(arguments) => certificate::run(&arguments),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Metadata(MetadataCommand::Import(arguments)) => metadata::import(&arguments),
        Command::Metadata(MetadataCommand::Export(arguments)) => metadata::export(&arguments),
        Command::Secret => session::secret(),
        Command::Session(SessionCommand::Verify(arguments)) => session::verify(&arguments),
    };
    result.unwrap_or_else(|failure| failure.report())
}
