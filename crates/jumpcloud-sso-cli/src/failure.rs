//! What ends a command early.

use std::io;
use std::process::ExitCode;

use jumpcloud_sso::Code;

use crate::output;

/// Something other than an answer: wrong use, or what could not be answered. Goes to standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    exit_code: u8,
    code: &'static str,
    message: String,
}

impl Failure {
    /// Wrong use: exit code 2.
    pub(crate) fn usage(code: &'static str, message: &str) -> Self {
        Self { exit_code: 2, code, message: message.to_owned() }
    }

    /// A refusal: exit code 1.
    pub(crate) fn refusal(code: &'static str, message: &str) -> Self {
        Self { exit_code: 1, code, message: message.to_owned() }
    }

    /// Output that was not written: exit code 2.
    pub(crate) fn output(error: &io::Error) -> Self {
        Self::usage("config.output", &format!("the output was not written: {error}"))
    }

    /// Reports it and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        output::error_line(&format!("error: {} ({})", self.message, self.code));
        if let Ok(code) = self.code.parse::<Code>() {
            output::error_line(&format!("  {}", code.hint()));
        }
        ExitCode::from(self.exit_code)
    }
}
