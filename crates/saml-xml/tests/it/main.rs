//! The rules of the parser, canonical forms, and properties of both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

mod canonical;
mod limits;
mod properties;
mod reading;
mod strictness;
mod writing;

use saml_xml::{Document, Limits, PrefixList};

/// The document, or a test failure that shows why it was refused.
fn parse(input: &str) -> Document<'_> {
    Document::parse(input.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{input:?}: {error}"))
}

/// The code of the error that `input` is refused with, or `accepted`.
fn verdict(input: &[u8]) -> &'static str {
    Document::parse(input, &Limits::default()).map_or_else(|error| error.code(), |_| "accepted")
}

/// The canonical form of the whole document.
fn canonical(document: &Document<'_>) -> Vec<u8> {
    let mut output = Vec::new();
    document.root().canonicalize(&PrefixList::default(), &mut output).unwrap();
    output
}
