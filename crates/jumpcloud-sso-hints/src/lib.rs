//! The words for the facts of a login: what a code means, whose field to change, and where.
//!
//! The crates below tell what happened as facts: a code, what was expected, what was found. What to tell
//! people is made here, when it is shown, and never stored: a [`Diagnosis`] of a [`Report`](saml_sp::Report),
//! a [`Hint`] for whatever was refused, and the [`Code`]s with their meaning.

mod code;
mod diagnosis;
mod hint;

pub use code::{Code, UnknownCode};
pub use diagnosis::{Diagnose, Diagnosis};
pub use hint::Hint;
