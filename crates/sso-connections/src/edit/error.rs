//! What is wrong with a change.

use saml_sp::FieldError;
use thiserror::Error;

/// Why a change was refused: every field that is wrong. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct EditError {
    pub(crate) problems: Vec<FieldError>,
}

impl EditError {
    /// The fields that are wrong; at least one.
    #[must_use]
    pub fn problems(&self) -> &[FieldError] {
        &self.problems
    }
}
