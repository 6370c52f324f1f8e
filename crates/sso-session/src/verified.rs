//! What a verified token says.

use std::fmt;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A session whose token was verified. There is no other way to one than
/// [`SessionVerifier`](crate::SessionVerifier).
#[derive(Clone)]
pub struct VerifiedSession {
    pub(crate) id: String,
    pub(crate) session_id: String,
    pub(crate) began_at: SystemTime,
    pub(crate) ends_at: SystemTime,
    pub(crate) subject: String,
    pub(crate) organization: String,
    pub(crate) connection: String,
    pub(crate) activation: Option<u64>,
    pub(crate) break_glass: Option<bool>,
    pub(crate) login: Option<String>,
    pub(crate) idp_key: Option<String>,
    pub(crate) email_domain: Option<String>,
    pub(crate) issued_at: SystemTime,
    pub(crate) expires_at: SystemTime,
    pub(crate) methods: Vec<String>,
    pub(crate) authenticated_at: Option<SystemTime>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) custom: Map<String, Value>,
}

impl VerifiedSession {
    /// The unique name of the token.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the session, which stays the same when its token is refreshed.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// When the session began, however often its token was refreshed since.
    #[must_use]
    pub fn began_at(&self) -> SystemTime {
        self.began_at
    }

    /// When the session ends, however often its token is refreshed.
    #[must_use]
    pub fn ends_at(&self) -> SystemTime {
        self.ends_at
    }

    /// The service's name for the user.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The organization that the session is of.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The connection that the user came through.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// How often that connection had been enabled when the session began, where the token says so.
    #[must_use]
    pub fn activation(&self) -> Option<u64> {
        self.activation
    }

    /// Whether it is the session of an account for emergencies that came in by another way than single
    /// sign-on.
    #[must_use]
    pub fn is_break_glass(&self) -> bool {
        self.break_glass.unwrap_or(false)
    }

    /// Returns the name of the login that the session began with.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// Returns the fingerprint of the identity provider's key that vouched for the user.
    #[must_use]
    pub fn idp_key(&self) -> Option<&str> {
        self.idp_key.as_deref()
    }

    /// Returns the organization's domain that [`email_is_verified`](Self::email_is_verified) rests on.
    #[must_use]
    pub fn email_domain(&self) -> Option<&str> {
        self.email_domain.as_deref()
    }

    /// When the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// When the token expires.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// How the user proved who they are.
    #[must_use]
    pub fn methods(&self) -> &[String] {
        &self.methods
    }

    /// When they did.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.authenticated_at
    }

    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Whether the e-mail address is known to be the user's; `false` where the token does not say.
    #[must_use]
    pub fn email_is_verified(&self) -> bool {
        self.email_verified.unwrap_or(false)
    }

    /// The first name.
    #[must_use]
    pub fn given_name(&self) -> Option<&str> {
        self.given_name.as_deref()
    }

    /// The last name.
    #[must_use]
    pub fn family_name(&self) -> Option<&str> {
        self.family_name.as_deref()
    }

    /// The names of the host's own claims.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.custom.keys().map(String::as_str)
    }

    /// A claim of the host's own; `None` where there is none of that name, or not of that type.
    #[must_use]
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.custom.get(name)?).ok()
    }
}

impl fmt::Debug for VerifiedSession {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSession")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
