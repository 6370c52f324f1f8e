//! Writing to the terminal. A terminal obeys control characters, and whoever sent a message, named a file or
//! made a certificate chose the text in it: every line passes through [`harmless`], and only marks have a
//! colour.
//!
//! A reader that has gone away, such as a closed pipe, is no reason to fail; whatever else cannot be written
//! is, and [`finish`] says so.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _, stderr, stdout};
use std::sync::OnceLock;

use jumpcloud_sso::Diagnosis;
use serde::Serialize;

/// The first error of writing: kept, so that not every line has to be asked for its own.
static ERROR: OnceLock<io::Error> = OnceLock::new();

/// Writes bytes to standard output, and nothing else: what another program reads. Only on a terminal, which
/// no program reads, are they made harmless.
pub(crate) fn bytes(bytes: &[u8]) {
    if stdout().is_terminal() {
        return text(&String::from_utf8_lossy(bytes));
    }
    let mut out = stdout().lock();
    keep(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Writes a line to standard output. A line break in it is written as an escape.
pub(crate) fn line(text: &str) {
    keep(writeln!(stdout().lock(), "{}", harmless(text)));
}

/// Writes a line with a mark in front of it to standard output.
pub(crate) fn marked(mark: Mark, text: &str) {
    keep(writeln!(stdout().lock(), "{} {}", mark.render(), harmless(text)));
}

/// Writes text of several lines to standard output, each of them as [`line()`] does. The line breaks are the
/// caller's own.
pub(crate) fn text(text: &str) {
    text.lines().for_each(line);
}

/// Writes a line to standard error. A line break in it, as a file name may have, is written as an escape.
pub(crate) fn error_line(text: &str) {
    let _ = writeln!(stderr().lock(), "{}", harmless(text));
}

/// Writes text of several lines to standard error. The line breaks are the caller's own.
pub(crate) fn error(text: &str) {
    for line in text.lines() {
        let _ = writeln!(stderr().lock(), "{}", harmless(line));
    }
}

/// Writes one JSON object on one line to standard output. Characters that are not printable are written as
/// the escapes of JSON, so that a program reads the very same values.
pub(crate) fn json(object: &impl Serialize) {
    match serde_json::to_string(object) {
        Ok(text) => keep(writeln!(stdout().lock(), "{}", escaped_json(&text))),
        Err(error) => keep(Err(error.into())),
    }
}

/// Outside of its strings JSON has printable characters only, so that each other one may become an escape.
fn escaped_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if Diagnosis::is_printable(character) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
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

/// Writes what is buffered, and returns the first error of writing, if there was one.
pub(crate) fn finish() -> Result<(), &'static io::Error> {
    keep(stdout().flush());
    ERROR.get().map_or(Ok(()), Err)
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
    fn render(self) -> String {
        let (sign, colour) = match self {
            Self::Passed => ("✓", 32),
            Self::Failed => ("✗", 31),
            Self::Warning => ("!", 33),
        };
        let in_colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        if in_colour { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_owned() }
    }
}

/// Text in which characters that a terminal obeys, that turn the direction of text or that nobody sees are
/// escapes.
fn harmless(text: &str) -> String {
    Diagnosis::printable(text)
}
