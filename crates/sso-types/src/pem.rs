//! The blocks of a PEM file (RFC 7468), among other text. Their base64 is decoded by the caller.
//!
//! ```
//! use sso_types::pem;
//!
//! let text = "a comment\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
//! let block = pem::next_block(text).unwrap().unwrap();
//! assert_eq!((block.label, block.content, block.rest), ("CERTIFICATE", "\nMIIB\n", "\n"));
//! assert_eq!(pem::content(text, "CERTIFICATE"), Some("\nMIIB\n"));
//! assert_eq!(pem::content(text, "PRIVATE KEY"), None);
//! ```

use crate::text::is_white_space;

const DASHES: &str = "-----";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// The length of a line of base64 (RFC 7468 §2).
const LINE: usize = 64;

/// One block of a PEM file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What it says to be, such as `CERTIFICATE`.
    pub label: &'a str,
    /// Its base64, with line ends.
    pub content: &'a str,
    /// The text behind the block.
    pub rest: &'a str,
}

/// A block without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff<'a> {
    /// The label of its first line, if that line is complete.
    pub label: Option<&'a str>,
}

/// Returns the first block of `text`, or `None` if no block begins in it.
///
/// # Errors
/// [`CutOff`] for a block that is not followed by an end of the same label.
#[must_use]
pub fn next_block(text: &str) -> Option<Result<Block<'_>, CutOff<'_>>> {
    let (_, behind) = text.split_once(BEGIN)?;
    let block = behind.split_once(DASHES).and_then(|(label, behind)| {
        let (content, behind) = behind.split_once(END)?;
        let rest = behind.strip_prefix(label)?.strip_prefix(DASHES)?;
        Some(Block { label, content, rest })
    });
    Some(block.ok_or_else(|| CutOff { label: behind.split_once(DASHES).map(|(label, _)| label) }))
}

/// Returns the content of the first block of this label, whatever precedes it.
#[must_use]
pub fn content<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let start = text.find(&format!("{BEGIN}{label}{DASHES}"))?;
    let block = next_block(text.get(start..)?)?.ok()?;
    Some(block.content)
}

/// Returns whether a block begins in `text`.
#[must_use]
pub fn has_block(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Returns the label of each block that begins in `text`, also of those that are cut off.
///
/// ```
/// let text = "-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n";
/// assert!(sso_types::pem::labels(text).eq(["PRIVATE KEY", "CERTIFICATE"]));
/// ```
pub fn labels(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEGIN).skip(1).filter_map(|block| block.split_once(DASHES)).map(|(label, _)| label)
}

/// Returns the base64 of a block's content: its characters without white space, of which any may have come
/// with what was pasted.
///
/// ```
/// assert_eq!(sso_types::pem::base64("\nMI\u{A0}\r\n IB\n").collect::<String>(), "MIIB");
/// ```
pub fn base64(content: &str) -> impl Iterator<Item = char> {
    content.chars().filter(|character| !is_white_space(*character))
}

/// Returns a block of this label around base64, which is broken into lines of 64 characters.
///
/// ```
/// let pem = sso_types::pem::encode("CERTIFICATE", "MIIB");
/// assert_eq!(pem, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
/// ```
#[must_use]
pub fn encode(label: &str, base64: &str) -> String {
    let mut pem = format!("{BEGIN}{label}{DASHES}\n");
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = behind;
    }
    pem + END + label + DASHES + "\n"
}
