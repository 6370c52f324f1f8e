//! Looking records up in the DNS.

use std::future::Future;

use thiserror::Error;

/// Looks records up in the DNS: implemented by the host, or with the feature `hickory` by
/// `HickoryLookup`.
///
/// What it gives is taken for what the domain's owner says at this moment. Ask without a cache, which
/// remembers what is no longer there, and what was not there yet; ask the name servers of the zone; and give
/// records of the name itself only, not those that an alias (CNAME) leads to. Give up after some seconds:
/// whose domain it is decides how long its name servers take, and
/// [`Domains::recheck_all`](crate::Domains::recheck_all) looks up one after the other.
pub trait TxtLookup: Send + Sync {
    /// Returns the texts of the TXT records of `name`, the strings of one record joined; none where the name
    /// does not exist.
    fn txt(&self, name: &str) -> impl Future<Output = Result<Vec<String>, LookupError>> + Send;
}

/// Why the DNS gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the DNS gave no answer: {message}")]
pub struct LookupError {
    message: String,
}

impl LookupError {
    /// With the message of the underlying failure, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// Returns that message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
