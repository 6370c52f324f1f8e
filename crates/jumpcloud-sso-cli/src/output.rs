//! Writing to the terminal. A reader that has gone away, such as a closed pipe, is no reason to fail;
//! whatever else cannot be written is, and [`finish`] says so.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _, stderr, stdout};
use std::sync::OnceLock;

use jumpcloud_sso::Diagnosis;
use serde::Serialize;

use crate::failure::Failure;

/// The first error of writing: kept, so that not every line has to be asked for its own.
static ERROR: OnceLock<io::Error> = OnceLock::new();

/// Writes bytes to standard output, and nothing else.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut out = stdout().lock();
    keep(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) {
    keep(writeln!(stdout().lock(), "{text}"));
}

/// Writes a line to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Writes one JSON object on one line to standard output.
pub(crate) fn json(object: &impl Serialize) {
    match serde_json::to_string(object) {
        Ok(text) => line(&text),
        Err(error) => keep(Err(error.into())),
    }
}

/// Remembers that something could not be written.
pub(crate) fn keep(outcome: io::Result<()>) {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = ERROR.set(error);
        }
        _ => {}
    }
}

/// Whether all was written.
pub(crate) fn finish() -> Result<(), Failure> {
    keep(stdout().flush());
    match ERROR.get() {
        None => Ok(()),
        Some(error) => Err(Failure::usage("config.output", &format!("the output was not written: {error}"))),
    }
}

/// A mark in front of a line, in colour on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Passed,
    Failed,
    Warning,
}

impl Mark {
    /// The mark as it is to be written.
    pub(crate) fn render(self) -> String {
        let (sign, colour) = match self {
            Self::Passed => ("✓", 32),
            Self::Failed => ("✗", 31),
            Self::Warning => ("!", 33),
        };
        let in_colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if in_colour { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() }
    }
}

/// Text of a message, made harmless: a terminal obeys control characters, and those that turn the direction
/// of text.
pub(crate) fn harmless(text: &str) -> String {
    Diagnosis::printable(text)
}
