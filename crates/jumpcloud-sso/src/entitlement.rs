//! What an organization has paid for.

use std::future::{Future, ready};

use crate::store::StoreError;

/// What an organization may or may not do with single sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// Create connections and change their configuration.
    Configure,
    /// Enable them.
    Enable,
    /// Enforce them.
    Enforce,
}

/// Asks the host what an organization may do. Nothing asks for what takes something back: every organization may
/// disable a connection, or stop enforcing it.
pub trait Entitlements: Send + Sync {
    /// Whether `organization` may use `feature`.
    fn allows(
        &self,
        organization: &str,
        feature: Feature,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Every organization may do everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl Entitlements for Unlimited {
    fn allows(&self, _: &str, _: Feature) -> impl Future<Output = Result<bool, StoreError>> + Send {
        ready(Ok(true))
    }
}
