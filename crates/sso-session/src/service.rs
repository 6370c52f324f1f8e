//! The service whose sessions they are.

use std::fmt;

use thiserror::Error;

use crate::hand_over::HandOver;
use crate::issue::{IssueError, SessionIssuer};
use crate::key::SessionKey;
use crate::seal::SealError;
use crate::secret::{AuthSecret, AuthSecretError};
use crate::verify::{SessionError, SessionVerifier, SessionVerifierError};

/// The address of a service, and the secrets that it keeps.
///
/// ```
/// use sso_session::{AuthSecret, Service};
///
/// # let text = AuthSecret::generate()?;
/// # let text = text.expose();
/// let service = Service::new("https://app.acme.test", AuthSecret::from_base64(text)?);
/// assert_eq!(service.url(), "https://app.acme.test");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Service {
    url: String,
    secret: AuthSecret,
    former_secrets: Vec<AuthSecret>,
}

impl Service {
    /// Creates a service: `url` is its own address, the issuer and the audience of its sessions.
    #[must_use]
    pub fn new(url: &str, secret: AuthSecret) -> Self {
        Self { url: url.to_owned(), secret, former_secrets: Vec::new() }
    }

    /// Accepts what was made under a secret that was the service's before. What is made anew is made under
    /// the present one. At most seven.
    #[must_use]
    pub fn former_secret(mut self, secret: AuthSecret) -> Self {
        self.former_secrets.push(secret);
        self
    }

    /// Returns the address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the present secret.
    #[must_use]
    pub fn secret(&self) -> &AuthSecret {
        &self.secret
    }

    /// Returns the present secret, then the former ones.
    pub fn secrets(&self) -> impl Iterator<Item = &AuthSecret> {
        std::iter::once(&self.secret).chain(&self.former_secrets)
    }

    /// Returns an issuer by HS256 under a key that is derived from the present secret.
    #[must_use]
    pub fn session_issuer(&self) -> SessionIssuer {
        SessionIssuer::new(SessionKey::from_auth_secret(&self.secret), &self.url, &self.url)
    }

    /// Returns a verifier of those sessions, and of those under former secrets.
    ///
    /// # Errors
    /// [`ServiceError::FormerSecrets`] for more than seven former secrets, or one given twice.
    pub fn session_verifier(&self) -> Result<SessionVerifier, ServiceError> {
        let keys = self.secrets().map(SessionKey::from_auth_secret);
        Ok(SessionVerifier::new(keys, &self.url, &self.url)?)
    }

    /// Returns what seals and opens codes: under the present secret, then under former ones.
    pub(crate) fn hand_overs(&self) -> Result<Vec<HandOver>, ServiceError> {
        let hand_overs = self.secrets().map(HandOver::new).collect::<Result<_, _>>();
        hand_overs.map_err(|_: SealError| ServiceError::Sealing)
    }
}

impl AsRef<Self> for Service {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a service cannot have sessions as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// An address that sessions cannot be handed over to.
    #[error("the redirect URI {found:?} cannot be used: {what}")]
    RedirectUri {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// AUTH_SECRET cannot be used.
    #[error(transparent)]
    Secret(#[from] AuthSecretError),
    /// The former secrets cannot be used.
    #[error("the former secrets cannot be used: {0}")]
    FormerSecrets(#[from] SessionVerifierError),
    /// The issuer of sessions issues none.
    #[error("the session issuer issues nothing: {0}")]
    Issuer(#[from] IssueError),
    /// The verifier of sessions is of another issuer, audience or key.
    #[error("the session verifier refuses what the session issuer issues: {0}")]
    Verifier(#[from] SessionError),
    /// A secret could not be sealed.
    #[error("a secret could not be sealed")]
    Sealing,
}

impl ServiceError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RedirectUri { .. } => "config.redirect_uri",
            Self::Secret(error) => error.code(),
            Self::FormerSecrets(error) => error.code(),
            Self::Issuer(_) | Self::Verifier(_) => "config.session_keys",
            Self::Sealing => "config.sealing_failed",
        }
    }
}
