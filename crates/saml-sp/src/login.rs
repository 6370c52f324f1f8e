//! A login that succeeded.

use std::fmt;
use std::time::SystemTime;

use saml_attributes::UserProfile;
use saml_protocol::AcceptedAssertion;
use serde::Serialize;
use sso_session::{
    AcceptedLogin, CodeChallenge, HandOver, HandOverError, IdpKey, IssueError, NewSession, claim_key,
};

use crate::account::AccountKey;
use crate::begun::BegunLogin;
use crate::connection::Connection;
use crate::domain_name::normalized_domain;
use crate::failure::LoginFailure;
use crate::report::Warning;

/// A login that succeeded. It turns into one session of one user, within five minutes: by
/// [`Sessions::begin`](sso_session::Sessions::begin) where the connection is written down in the program, and
/// by `Connections::complete_login` of the crate `sso-connections` where it is stored.
pub struct Login {
    account: AccountKey,
    organization: String,
    revision: u64,
    activation: Option<u64>,
    profile: UserProfile,
    email_is_verified: bool,
    /// The domain that makes the e-mail address a verified one.
    verified_domain: Option<String>,
    challenge: Option<CodeChallenge>,
    accepted: AcceptedAssertion,
    accepted_at: SystemTime,
    warnings: Vec<Warning>,
    return_to: Option<String>,
    cookie_name: Option<String>,
    /// The session that it turns into, without its user.
    session: NewSession,
}

impl fmt::Debug for Login {
    /// Writes no personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("organization", &self.organization)
            .field("connection", &self.account.connection())
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Login {
    pub(crate) fn new(
        connection: &Connection,
        accepted: AcceptedAssertion,
        profile: UserProfile,
        email_is_verified: bool,
        begun: Option<BegunLogin>,
        now: SystemTime,
    ) -> Self {
        let account = AccountKey::new(connection.id(), accepted.name_id());
        let certificate = accepted.evidence().certificate();
        let idp_key = IdpKey::from_fingerprint(certificate.public_key_fingerprint().as_bytes());
        let mut session = NewSession::new("", connection.organization(), connection.id())
            .idp_key(idp_key.as_str())
            .authenticated_at(accepted.authn_instant())
            .email(profile.email())
            .email_verified(email_is_verified);
        let verified_domain = normalized_domain(profile.email_domain()).filter(|_| email_is_verified);
        if let Some(domain) = &verified_domain {
            session = session.email_domain(domain);
        }
        if let Some(name) = profile.first_name() {
            session = session.given_name(name);
        }
        if let Some(name) = profile.last_name() {
            session = session.family_name(name);
        }
        if let Some(activation) = connection.activation() {
            session = session.activation(activation);
        }
        if let Some(end) = accepted.session_not_on_or_after() {
            session = session.not_after(end);
        }
        Self {
            account,
            organization: connection.organization().to_owned(),
            revision: connection.revision(),
            activation: connection.activation(),
            warnings: Warning::of_login(&accepted, &profile, now),
            accepted_at: now,
            session,
            verified_domain,
            cookie_name: begun.as_ref().map(|begun| begun.slot.cookie_name()),
            challenge: begun.as_ref().and_then(|begun| begun.challenge.clone()),
            return_to: begun.map(|begun| begun.return_to).filter(|path| !path.is_empty()),
            profile,
            email_is_verified,
            accepted,
        }
    }

    /// Whose login it is, for ever.
    #[must_use]
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The organization whose connection it went through.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The revision of the connection's configuration that it was checked by.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether it began at the service, and not by a click in JumpCloud's portal.
    #[must_use]
    pub fn began_at_service(&self) -> bool {
        self.cookie_name.is_some()
    }

    /// Returns how often the stored connection that it went through had been enabled; `None` for a connection
    /// that is written down in the program.
    #[must_use]
    pub fn activation(&self) -> Option<u64> {
        self.activation
    }

    /// Whether the e-mail address is of a domain that the organization has verified. Where it is not, it says
    /// nothing about who the user is.
    #[must_use]
    pub fn email_is_verified(&self) -> bool {
        self.email_is_verified
    }

    /// Returns the e-mail address if it is [verified](Self::email_is_verified): the only one that may become
    /// a user's own, at their first login and whenever a later one brings another address.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        Some(self.profile.email()).filter(|_| self.email_is_verified)
    }

    /// The challenge of the front end that the login was begun for.
    #[must_use]
    pub fn code_challenge(&self) -> Option<&CodeChallenge> {
        self.challenge.as_ref()
    }

    /// What JumpCloud says of them today.
    #[must_use]
    pub fn profile(&self) -> &UserProfile {
        &self.profile
    }

    /// The assertion behind it.
    #[must_use]
    pub fn assertion(&self) -> &AcceptedAssertion {
        &self.accepted
    }

    /// The path that the login was begun with.
    #[must_use]
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// What worked, but should be put right before it no longer does.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The header `Set-Cookie` that takes the login's cookie away again.
    #[must_use]
    pub fn clear_cookie(&self) -> Option<String> {
        let name = self.cookie_name.as_ref()?;
        Some(format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None"))
    }

    /// Adds a claim of the host's own to the session that this login turns into.
    ///
    /// # Errors
    /// As for [`NewSession::claim`].
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Result<Self, IssueError> {
        self.session = self.session.claim(name, value)?;
        Ok(self)
    }

    /// Returns what turns into its session. What is claimed then is the organization's, however many
    /// connections it has.
    #[must_use]
    pub fn accepted(&self) -> AcceptedLogin {
        let parts = ["login", self.account.connection(), &self.accepted.replay_key()];
        AcceptedLogin::new(self.session.clone(), claim_key(&self.organization, &parts), self.accepted_at)
    }

    /// That its session, and where it is for a front end elsewhere the code for it, will not be too long: for
    /// a user whose ID has up to 256 bytes, and before claims of the host's own.
    pub(crate) fn check_size(&self, site_url: &str) -> Result<(), LoginFailure> {
        const USER_ID: usize = 256;
        let profile = &self.profile;
        let names = [profile.first_name(), profile.last_name()].map(|name| name.map_or(0, str::len));
        let free_text =
            site_url.len() + self.organization.len() + profile.email().len() + names.iter().sum::<usize>();
        // Everything else has a fixed or small size, so that most need not be written down to be known to
        // fit.
        if free_text < 256 {
            return Ok(());
        }
        let length = self.accepted().new_session(&"u".repeat(USER_ID)).max_token_len(site_url, site_url)?;
        if self.challenge.is_some() && !HandOver::fits(length) {
            return Err(HandOverError::TooLong { found: length }.into());
        }
        Ok(())
    }

    /// Returns the domain that makes the e-mail address a [verified](Self::email_is_verified) one,
    /// normalised.
    #[must_use]
    pub fn verified_domain(&self) -> Option<&str> {
        self.verified_domain.as_deref()
    }

    pub(crate) fn trace(&self) {
        let (organization, connection) = (self.organization.as_str(), self.account.connection());
        tracing::info!(organization, connection, revision = self.revision, "a login succeeded");
        for warning in &self.warnings {
            tracing::warn!(organization, connection, code = warning.code, "{}", warning.message);
        }
    }
}

impl From<Login> for AcceptedLogin {
    fn from(login: Login) -> Self {
        login.accepted()
    }
}
