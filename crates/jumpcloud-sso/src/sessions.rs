//! Sessions that can be revoked, refreshed and handed over.

use std::fmt;
use std::time::{Duration, SystemTime};

use sso_session::{
    CodeChallenge, HandOver, HandOverError, IssueError, IssuedSession, NewSession, OpenedCode, SealError,
    SessionCookie, SessionError, SessionIssuer, SessionVerifier, VerifiedSession,
};
use thiserror::Error;
use url::Url;

use crate::login::Login;
use crate::settings::{Settings, SettingsError, check_url, excerpt};
use crate::store::{Claim, ClaimKey, OnceStore, RevocationKey, RevocationStore, StoreError};
use crate::traced::traced;

/// Clocks that differ by less than a session verifier tolerates make a token good for that much longer.
const SKEW: Duration = Duration::from_secs(300);

/// No session lives longer, whichever issuer it has: after this a revocation may be forgotten.
const LONGEST_SESSION: Duration = Duration::from_secs(91 * 24 * 60 * 60);

/// The sessions of a service, with a store that remembers which of them were revoked. It is asked each time that a
/// session is verified; if it cannot tell, the session is refused.
///
/// A service that can do without revocation uses [`SessionIssuer`] and [`SessionVerifier`] alone.
pub struct Sessions<S> {
    issuer: SessionIssuer,
    verifier: SessionVerifier,
    /// Under the present secret, then under former ones: codes that are under way can be redeemed.
    hand_overs: Vec<HandOver>,
    cookie: SessionCookie,
    redirect_uris: Vec<String>,
    store: S,
}

impl<S> fmt::Debug for Sessions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl<S: RevocationStore + OnceStore> Sessions<S> {
    /// Sessions by HS256 under a key derived from AUTH_SECRET.
    ///
    /// # Errors
    /// [`SettingsError`] for former secrets that cannot be used.
    pub fn new(settings: &Settings, store: S) -> Result<Self, SettingsError> {
        Self::with(settings, settings.session_issuer(), settings.session_verifier()?, store)
    }

    /// Sessions with another lifetime, by another key or for another audience than the default.
    ///
    /// # Errors
    /// [`SettingsError::Sealing`], where the library of cryptography fails.
    pub fn with(
        settings: &Settings,
        issuer: SessionIssuer,
        verifier: SessionVerifier,
        store: S,
    ) -> Result<Self, SettingsError> {
        let hand_overs = settings.secrets().map(HandOver::new).collect::<Result<_, _>>();
        let hand_overs = hand_overs.map_err(|_: SealError| SettingsError::Sealing)?;
        let cookie = SessionCookie::default();
        Ok(Self { issuer, verifier, hand_overs, cookie, redirect_uris: Vec::new(), store })
    }

    /// Hands sessions over to front ends at these addresses, which are compared as a whole, and at no other.
    ///
    /// # Errors
    /// [`SettingsError::RedirectUri`] for one that is not https, or http on loopback.
    pub fn redirect_uris<U: AsRef<str>>(
        mut self,
        uris: impl IntoIterator<Item = U>,
    ) -> Result<Self, SettingsError> {
        for uri in uris {
            check_redirect_uri(uri.as_ref())?;
            self.redirect_uris.push(uri.as_ref().to_owned());
        }
        Ok(self)
    }

    /// Begins the session of a login. `user_id` is the service's own name for the user.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn begin(
        &self,
        login: &Login,
        user_id: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        Ok(self.issuer.issue(&login.new_session(user_id), now)?)
    }

    /// Begins a session that no login through a connection has led to: of a password, or of an account for emergencies
    /// ([`NewSession::break_glass`]).
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(&self, session: &NewSession, now: SystemTime) -> Result<IssuedSession, SessionRefusal> {
        Ok(self.issuer.issue(session, now)?)
    }

    /// The session of a token, if it is one of `organization`, valid at `now`, and neither it nor its user, connection
    /// or organization were revoked since.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn verify(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<VerifiedSession, SessionRefusal> {
        let session = self.verifier.verify_for(organization, token, now)?;
        let mut keys = vec![
            key_of_session(session.session_id()),
            key_of_user(organization, session.subject()),
            key_of_connection(organization, session.connection()),
            key_of_organization(organization),
        ];
        if let Some(activation) = session.activation() {
            keys.push(key_of_activation(session.connection(), activation));
        }
        match self.store.revoked_at(&keys, now).await? {
            // Tokens have whole seconds: within the same one, nobody can say which was first. What counts is when the
            // session began: a token that continues it is no newer.
            Some(instant) if session.began_at() <= instant => Err(SessionRefusal::Revoked),
            _ => Ok(session),
        }
    }

    /// Continues a session with a new token, never beyond the end that JumpCloud or the service has set for it. One token
    /// is refreshed once: should it be presented again, somebody has a copy, and the whole session is revoked. A front end
    /// therefore refreshes in one place at a time, and does not try again with a token for which an answer was lost.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn refresh(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        traced("refresh", organization, None, self.refresh_now(organization, token, now)).await
    }

    async fn refresh_now(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let session = self.verify(organization, token, now).await?;
        let issued = self.issuer.refresh(&session, now)?;
        let key = ClaimKey::new(organization, &["refresh", session.id()]);
        match self.store.claim(&key, session.expires_at() + SKEW, now).await? {
            Claim::Claimed => Ok(issued),
            Claim::AlreadyClaimed => {
                self.end(&session, now).await?;
                Err(SessionRefusal::Refreshed)
            }
        }
    }

    /// Ends the session of a token, here: JumpCloud offers no single logout, so that its own session goes on. The cookie
    /// is taken away by [`SessionCookie::clear`].
    ///
    /// # Errors
    /// [`SessionRefusal`]; a token that is not valid has no session to end.
    pub async fn log_out(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<(), SessionRefusal> {
        let session = self.verifier.verify_for(organization, token, now)?;
        Ok(self.end(&session, now).await?)
    }

    /// Revokes a session whose end is known, so that this need not be remembered any longer than that.
    async fn end(&self, session: &VerifiedSession, now: SystemTime) -> Result<(), StoreError> {
        let until = session.ends_at() + SKEW;
        self.store.revoke(&key_of_session(session.session_id()), until, until, now).await
    }

    /// Revokes a session by its name, [`VerifiedSession::session_id`], with all tokens that continue it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_session(&self, session_id: &str, now: SystemTime) -> Result<(), StoreError> {
        self.revoke_for_good(&key_of_session(session_id), now).await
    }

    /// Revokes all sessions that a connection has had since it was enabled the last time, and will have.
    pub(crate) async fn revoke_activation(
        &self,
        connection: &str,
        activation: u64,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke_for_good(&key_of_activation(connection, activation), now).await
    }

    /// Revokes what is under the key, whenever it began or will begin.
    async fn revoke_for_good(&self, key: &RevocationKey, now: SystemTime) -> Result<(), StoreError> {
        let until = now + LONGEST_SESSION;
        self.store.revoke(key, until, until, now).await
    }

    /// Revokes the sessions that a user of an organization has at `now`, and those that begin within the same second.
    /// The machines of a service have to agree about the time: one whose clock is ahead by some seconds begins sessions
    /// that a revocation within those seconds does not reach.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_user(
        &self,
        organization: &str,
        user_id: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(&key_of_user(organization, user_id), now).await
    }

    /// Revokes all sessions of an organization through a connection, as for [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_connection(
        &self,
        organization: &str,
        connection: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(&key_of_connection(organization, connection), now).await
    }

    /// Revokes the sessions of an organization that rest on an e-mail domain which is no longer its own, as for
    /// [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_domain(
        &self,
        organization: &str,
        domain: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(&key_of_domain(organization, domain), now).await
    }

    /// Revokes all sessions of an organization, as for [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_organization(&self, organization: &str, now: SystemTime) -> Result<(), StoreError> {
        self.revoke(&key_of_organization(organization), now).await
    }

    async fn revoke(&self, key: &RevocationKey, now: SystemTime) -> Result<(), StoreError> {
        self.store.revoke(key, now, now + LONGEST_SESSION, now).await
    }

    /// A code for a front end on another origin, which cannot get a cookie of this one: redirect the browser to
    /// `redirect_uri` with it. Good for sixty seconds, once, for who has the verifier of `challenge`.
    ///
    /// `redirect_uri` has to be one of those that were listed by [`redirect_uris`](Self::redirect_uris).
    ///
    /// # Errors
    /// [`SessionRefusal::RedirectUri`], [`SessionRefusal::HandOver`].
    pub fn hand_over(
        &self,
        session: &IssuedSession,
        challenge: &CodeChallenge,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<String, SessionRefusal> {
        if !self.redirect_uris.iter().any(|listed| listed == redirect_uri) {
            return Err(SessionRefusal::RedirectUri { found: excerpt(redirect_uri) });
        }
        let present = self.hand_overs.first().ok_or(HandOverError::Code)?;
        Ok(present.code(session.token(), challenge, redirect_uri, now)?)
    }

    /// The session token for such a code.
    ///
    /// # Errors
    /// [`SessionRefusal::HandOver`], [`SessionRefusal::Redeemed`] for a code that was used.
    pub async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<String, SessionRefusal> {
        let opened = self.opened(code, verifier, redirect_uri, now)?;
        let key = ClaimKey::new("", &["code", opened.claim_key()]);
        match self.store.claim(&key, opened.expires_at() + SKEW, now).await? {
            Claim::Claimed => Ok(opened.into_token()),
            Claim::AlreadyClaimed => Err(SessionRefusal::Redeemed),
        }
    }

    /// Under a secret that did not seal it, a code is none at all; every other answer is the one that counts.
    fn opened(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<OpenedCode, HandOverError> {
        let mut answers = self.hand_overs.iter().map(|it| it.open(code, verifier, redirect_uri, now));
        let telling = answers.find(|answer| !matches!(answer, Err(HandOverError::Code)));
        telling.unwrap_or(Err(HandOverError::Code))
    }

    /// The cookie that keeps a token in a browser.
    #[must_use]
    pub fn cookie(&self) -> &SessionCookie {
        &self.cookie
    }

    /// The public keys of the sessions, for other services that verify them.
    #[must_use]
    pub fn jwks_json(&self) -> String {
        self.verifier.jwks_json()
    }
}

fn check_redirect_uri(uri: &str) -> Result<(), SettingsError> {
    let wrong = |what| SettingsError::RedirectUri { found: excerpt(uri), what };
    let url = Url::parse(uri).map_err(|_| wrong("it is no absolute URL"))?;
    check_url(&url).map_err(wrong)
}

fn key_of_session(session_id: &str) -> RevocationKey {
    RevocationKey::new(&["session", session_id])
}

fn key_of_user(organization: &str, user: &str) -> RevocationKey {
    RevocationKey::new(&["user", organization, user])
}

fn key_of_connection(organization: &str, connection: &str) -> RevocationKey {
    RevocationKey::new(&["connection", organization, connection])
}

fn key_of_activation(connection: &str, activation: u64) -> RevocationKey {
    RevocationKey::new(&["activation", connection, &activation.to_string()])
}

fn key_of_domain(organization: &str, domain: &str) -> RevocationKey {
    RevocationKey::new(&["domain", organization, domain])
}

fn key_of_organization(organization: &str) -> RevocationKey {
    RevocationKey::new(&["organization", organization])
}

/// Why there is no session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionRefusal {
    /// The token was refused.
    #[error(transparent)]
    Token(#[from] SessionError),
    /// The session, its user, its connection or its organization was revoked.
    #[error("the session was revoked")]
    Revoked,
    /// The token was refreshed before; the session is revoked now.
    #[error("the token was refreshed before; its session is revoked, since somebody has a copy of it")]
    Refreshed,
    /// The code was redeemed before.
    #[error("the code was redeemed before")]
    Redeemed,
    /// A session is not handed over to an address that was not listed.
    #[error("the redirect URI {found:?} is not one of those that were listed")]
    RedirectUri {
        /// The address.
        found: String,
    },
    /// The code was refused.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    /// No token could be issued; at the end of a session, [`IssueError::Over`].
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The store could not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SessionRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::Revoked => "session.revoked",
            Self::Refreshed => "session.refreshed",
            Self::Redeemed => "session.code_used",
            Self::RedirectUri { .. } => "session.redirect_uri",
            Self::HandOver(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        crate::catalogue::hint(self.code())
    }
}
