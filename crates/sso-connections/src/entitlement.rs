//! What an organization has paid for.

use async_trait::async_trait;
use sso_store::StoreError;

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

/// Asks the host what an organization may do. Nothing asks for what takes something back: every organization
/// may disable a connection, or stop enforcing it.
#[async_trait]
pub trait Entitlements: Send + Sync {
    /// Whether `organization` may use `feature`.
    ///
    /// # Errors
    /// [`StoreError`]; what was asked for is refused then.
    async fn allows(&self, organization: &str, feature: Feature) -> Result<bool, StoreError>;
}

/// Every organization may do everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

#[async_trait]
impl Entitlements for Unlimited {
    async fn allows(&self, _: &str, _: Feature) -> Result<bool, StoreError> {
        Ok(true)
    }
}
