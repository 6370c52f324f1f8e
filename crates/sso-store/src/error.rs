//! Why a store could not tell, or could not keep.

use thiserror::Error;

/// Why a store could not tell, or could not keep.
#[derive(Debug, Error)]
#[error("the store failed: {message}")]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    pub(crate) const CODE: &'static str = "config.store";

    /// Creates an error with what went wrong, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// Adds the failure of another library that is behind it.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        Self::CODE
    }
}
