//! Every documented attack on SAML, as cases with exact verdicts.
//!
//! A [`Document`] is a Response as an attacker would send it, with the settings of the service that receives
//! it and the verdict that it has to get. A [`Scenario`] is an attack that takes more than one message: on
//! sessions, stores, organizations, configuration. Both carry the identifier of their class in [`CLASSES`].
//! Each refused case names its twin, which is accepted: the one that it was made of, or the one that is as it
//! should be in the attacked point.
//!
//! The documents are made by a small vocabulary of mutations ([`Doc`]) from what the stand-in JumpCloud
//! sends. They can be written out as files (`cargo run -p jumpcloud-sso-attacks -- export DIR`), so that any
//! other implementation can be tried.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "cases are fixed: one that cannot be made is a mistake in the suite, and ends it"
)]
#![allow(clippy::format_collect, clippy::too_many_lines, reason = "cases are tables")]

mod algorithms;
mod bindings;
mod bounds;
mod browsers;
mod canonical;
mod case;
mod claims;
mod classes;
mod configuration;
mod doc;
mod domains;
mod encryption;
mod keys;
mod names;
mod parser;
mod scenarios;
mod semantics;
mod structure;
mod syntax;
mod tenants;
mod tokens;
mod withdrawn;
mod world;
mod wrapping;

pub use case::{Document, Message, Setup, Suite, Verdict, verdict, verdict_by};
pub use classes::{CLASSES, Class};
pub use doc::Doc;
pub use scenarios::scenarios;
pub use world::Scenario;

/// All documents, those that are accepted among them.
#[must_use]
pub fn documents() -> Vec<Document> {
    let mut suite = Suite::default();
    doc::twins(&mut suite);
    parser::cases(&mut suite);
    syntax::cases(&mut suite);
    names::cases(&mut suite);
    canonical::cases(&mut suite);
    structure::cases(&mut suite);
    wrapping::cases(&mut suite);
    keys::cases(&mut suite);
    algorithms::cases(&mut suite);
    semantics::cases(&mut suite);
    bindings::cases(&mut suite);
    encryption::cases(&mut suite);
    bounds::cases(&mut suite);
    suite.into_documents()
}
