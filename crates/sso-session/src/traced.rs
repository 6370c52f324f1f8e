//! A span for each operation, with the code of what was refused.

use std::future::Future;

use sso_store::StoreError;
use tracing::{Instrument as _, Span};

/// An error with a stable code.
pub trait Coded {
    /// Returns the stable code.
    fn code(&self) -> &'static str;
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        self.code()
    }
}

/// Runs an operation in a span of its own. A refusal is recorded by its code alone: what it says holds values
/// that somebody else has chosen.
pub fn traced<T, E: Coded>(
    operation: &'static str,
    organization: &str,
    connection: Option<&str>,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    let span = tracing::info_span!(
        "single_sign_on",
        operation,
        organization,
        connection,
        code = tracing::field::Empty
    );
    // On the heap, so that the futures of a host's handlers stay small: some hold a whole record.
    let work = Box::pin(work);
    async move {
        let result = work.await;
        if let Err(error) = &result {
            Span::current().record("code", error.code());
            tracing::warn!(code = error.code(), "refused");
        }
        result
    }
    .instrument(span)
}
