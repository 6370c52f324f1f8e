//! Why settings were refused.

use std::borrow::Cow;

use sso_session::{AuthSecretError, ServiceError};
use thiserror::Error;

/// Why settings were refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// SITE_URL is absent or empty.
    #[error("SITE_URL is empty; set it to the service's address, such as https://app.acme.test")]
    NoSiteUrl,
    /// SITE_URL cannot be used.
    #[error("SITE_URL {found:?} cannot be used: {what}")]
    SiteUrl {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// The secrets cannot be used, or the sessions that are made by them.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A secret could not be sealed.
    #[error("a secret could not be sealed")]
    Sealing,
    /// A stored secret that neither AUTH_SECRET nor a former one opens.
    #[error("a stored private key was sealed under another AUTH_SECRET")]
    SealedElsewhere,
    /// The ID of a connection has characters that do not belong into a URL.
    #[error("the connection ID {found:?} is not 1 to 64 letters, digits, '-' or '_'")]
    ConnectionId {
        /// The ID.
        found: String,
    },
}

impl From<AuthSecretError> for SettingsError {
    fn from(error: AuthSecretError) -> Self {
        Self::Service(error.into())
    }
}

impl SettingsError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSiteUrl | Self::SiteUrl { .. } => "config.site_url",
            Self::Service(error) => error.code(),
            Self::Sealing => "config.sealing_failed",
            Self::SealedElsewhere => "config.sealed_elsewhere",
            Self::ConnectionId { .. } => "config.connection_id",
        }
    }
}
