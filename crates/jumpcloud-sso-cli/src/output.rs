//! Writing to the terminal. A reader that has gone away, such as a closed pipe, is no reason to fail.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use jumpcloud_sso::Diagnosis;
use serde::Serialize;

/// Writes bytes to standard output, and nothing else.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut out = stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Writes a line to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Writes one JSON object on one line to standard output.
pub(crate) fn json(object: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(object) {
        line(&text);
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

/// Text of a message, made harmless: a terminal obeys control characters, and those that turn the direction of text.
pub(crate) fn harmless(text: &str) -> String {
    Diagnosis::printable(text)
}
