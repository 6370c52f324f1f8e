//! Sessions that can be revoked, refreshed and handed over.

use std::fmt;
use std::time::{Duration, SystemTime};

use saml_signature::Certificate;
use sso_session::{
    CodeChallenge, HandOver, HandOverError, IssueError, IssuedSession, NewSession, OpenedCode, SealError,
    SessionCookie, SessionError, SessionIssuer, SessionVerifier, VerifiedSession,
};
use sso_types::clock::CLOCK_ALLOWANCE;
use thiserror::Error;
use url::Url;

use crate::connections::Email;
use crate::enforcement::whole_seconds;
use crate::login::{Login, name_of_key};
use crate::settings::{Settings, SettingsError, check_url, excerpt, is_white_space};
use crate::store::{Claim, ClaimKey, OnceStore, RevocationKey, RevocationStore, StoreError};
use crate::traced::traced;

/// How long a login may wait for its session: for as long as a service needs to find or create its user.
const ACCEPTANCE_LIFETIME: Duration = Duration::from_secs(5 * 60);

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
    /// [`SettingsError::Issuer`] and [`SettingsError::Verifier`] where the verifier would refuse what the issuer issues, as by
    /// another key or for another audience; [`SettingsError::Sealing`], where the library of cryptography fails.
    pub fn with(
        settings: &Settings,
        issuer: SessionIssuer,
        verifier: SessionVerifier,
        store: S,
    ) -> Result<Self, SettingsError> {
        let hand_overs = settings.secrets().map(HandOver::new).collect::<Result<_, _>>();
        let hand_overs = hand_overs.map_err(|_: SealError| SettingsError::Sealing)?;
        // Otherwise every login would succeed and lead to a session that is refused.
        let (probe, at) = (NewSession::new("probe", "probe", "probe"), SystemTime::UNIX_EPOCH);
        let issued = issuer.issue(&probe, at)?;
        verifier.verify_for("probe", issued.token(), at)?;
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

    /// Begins the session of a login through a connection that is written down in the program. `user_id` is the service's
    /// own name for the user. A login through a stored connection is completed by
    /// [`Connections::complete_login`](crate::Connections::complete_login) instead, which sees to it that the connection is
    /// still in use.
    ///
    /// One login gives one session, within five minutes. What was revoked since it was accepted stays revoked, as far as the
    /// clocks of the service's machines agree. Where this fails, the user begins the login anew.
    ///
    /// # Errors
    /// [`SessionRefusal::StoredConnection`], [`SessionRefusal::LoginExpired`], [`SessionRefusal::LoginUsed`],
    /// [`SessionRefusal::Revoked`], [`SessionRefusal::Issue`], [`SessionRefusal::Store`].
    pub async fn begin(
        &self,
        login: Login,
        user_id: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let (organization, connection) = (login.organization(), login.account().connection());
        let work = async {
            match login.activation() {
                Some(_) => Err(SessionRefusal::StoredConnection),
                None => self.begin_inner(&login, user_id, now).await,
            }
        };
        traced("begin_session", organization, Some(connection), work).await
    }

    /// Turns a login into its session. The claim comes last, so that nothing is claimed for a session that there is not.
    pub(crate) async fn begin_inner(
        &self,
        login: &Login,
        user_id: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let accepted_at = login.accepted_at();
        // Another machine of the service may have accepted it, whose clock is ahead.
        let is_early = now.checked_add(CLOCK_ALLOWANCE).is_none_or(|latest| latest < accepted_at);
        let is_late = accepted_at.checked_add(ACCEPTANCE_LIFETIME).is_some_and(|end| now >= end);
        if is_early || is_late {
            return Err(SessionRefusal::LoginExpired);
        }
        let email_domain = login.verified_domain();
        let rests_on = RestsOn {
            organization: login.organization(),
            user: user_id,
            connection: login.account().connection(),
            activation: login.activation(),
            idp_key: Some(login.idp_key()),
            email_domain: email_domain.as_deref(),
        };
        match self.store.revoked_at(&rests_on.keys(), now).await? {
            Some(instant) if whole_seconds(accepted_at) <= instant => return Err(SessionRefusal::Revoked),
            _ => {}
        }
        let issued = self.issuer.issue(&login.new_session(user_id)?, now)?;
        let until = accepted_at + ACCEPTANCE_LIFETIME + CLOCK_ALLOWANCE;
        match self.store.claim(&login.claim_key(), until, now).await? {
            Claim::Claimed => Ok(issued),
            Claim::AlreadyClaimed => Err(SessionRefusal::LoginUsed),
        }
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
        self.check_revoked(&session, now).await?;
        Ok(session)
    }

    async fn check_revoked(&self, session: &VerifiedSession, now: SystemTime) -> Result<(), SessionRefusal> {
        let rests_on = RestsOn {
            organization: session.organization(),
            user: session.subject(),
            connection: session.connection(),
            activation: session.activation(),
            idp_key: session.idp_key(),
            email_domain: session.email_domain(),
        };
        let mut keys = rests_on.keys();
        keys.push(key_of_session(session.session_id()));
        match self.store.revoked_at(&keys, now).await? {
            // Tokens have whole seconds: within the same one, nobody can say which was first. What counts is when the
            // session began: a token that continues it is no newer.
            Some(instant) if session.began_at() <= instant => Err(SessionRefusal::Revoked),
            _ => Ok(()),
        }
    }

    /// Continues a session with a new token, never beyond the end that JumpCloud or the service has set for it. One token
    /// is refreshed once: should it be presented again, somebody has a copy, and the whole session is revoked. A front end
    /// therefore refreshes in one place at a time, and does not try again with a token for which an answer was lost.
    ///
    /// A session through a stored connection is continued by
    /// [`Connections::refresh`](crate::Connections::refresh), which looks at what it rests on.
    ///
    /// # Errors
    /// [`SessionRefusal`]; [`SessionRefusal::StoredConnection`].
    pub async fn refresh(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let work = async {
            let session = self.verify(organization, token, now).await?;
            match session.activation() {
                Some(_) => Err(SessionRefusal::StoredConnection),
                None => self.refresh_inner(&session, Email::Unchanged, now).await,
            }
        };
        traced("refresh", organization, None, work).await
    }

    pub(crate) async fn refresh_inner(
        &self,
        session: &VerifiedSession,
        email: Email,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let issued = match email {
            Email::Unchanged => self.issuer.refresh(session, now)?,
            Email::Unverified => self.issuer.refresh_with_unverified_email(session, now)?,
        };
        let key = ClaimKey::new(session.organization(), &["refresh", session.id()]);
        let until = session.expires_at() + SessionVerifier::MAX_CLOCK_SKEW + CLOCK_ALLOWANCE;
        match self.store.claim(&key, until, now).await? {
            Claim::Claimed => Ok(issued),
            Claim::AlreadyClaimed => {
                self.end(session, now).await?;
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
        let until = session.ends_at() + SessionVerifier::MAX_CLOCK_SKEW + CLOCK_ALLOWANCE;
        self.store
            .revoke(&key_of_session(session.session_id()).within(session.organization()), until, until, now)
            .await
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
        self.revoke_for_good(&key_of_activation(connection, activation).within(connection), now).await
    }

    /// Revokes all sessions that a key of the connection's identity provider has vouched for, and will have: it was stolen.
    /// For a connection that is written down in the program, from which the certificate has to be taken too. That of a stored
    /// connection is retired by [`Organization::edit_and_revoke`](crate::Organization::edit_and_revoke), which revokes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_idp_key(
        &self,
        connection: &str,
        certificate: &Certificate,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke_idp_key_named(connection, &name_of_key(certificate), now).await
    }

    /// Revokes what [`revoke_idp_key`](Self::revoke_idp_key) does, by the name of the key ([`name_of_key`]).
    pub(crate) async fn revoke_idp_key_named(
        &self,
        connection: &str,
        name: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke_for_good(&key_of_idp_key(connection, name).within(connection), now).await
    }

    /// Revokes the sessions of an organization whose e-mail address is a verified one of this domain, as for
    /// [`revoke_user`](Self::revoke_user).
    pub(crate) async fn revoke_domain(
        &self,
        organization: &str,
        domain: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(&key_of_domain(organization, domain).within(organization), now).await
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
        self.revoke(&key_of_user(organization, user_id).within(organization), now).await
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
        self.revoke(&key_of_connection(organization, connection).within(organization), now).await
    }

    /// Revokes all sessions of an organization, as for [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_organization(&self, organization: &str, now: SystemTime) -> Result<(), StoreError> {
        self.revoke(&key_of_organization(organization).within(organization), now).await
    }

    async fn revoke(&self, key: &RevocationKey, now: SystemTime) -> Result<(), StoreError> {
        self.store.revoke(key, now, now + LONGEST_SESSION, now).await
    }

    /// Gives a code for a front end on another origin, which cannot get a cookie of this one: redirect the browser to
    /// [`CodeRedirect::url`]. The code is good for sixty seconds, once, for who has the verifier of `challenge`.
    ///
    /// `redirect_uri` has to be one of those that were listed by [`redirect_uris`](Self::redirect_uris).
    ///
    /// # Errors
    /// [`SessionRefusal::RedirectUri`], [`SessionRefusal::Revoked`], [`SessionRefusal::HandOver`].
    pub async fn hand_over(
        &self,
        session: &IssuedSession,
        challenge: &CodeChallenge,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<CodeRedirect, SessionRefusal> {
        let refused = || SessionRefusal::RedirectUri { found: excerpt(redirect_uri) };
        if !self.redirect_uris.iter().any(|listed| listed == redirect_uri) {
            return Err(refused());
        }
        let mut url = Url::parse(redirect_uri).map_err(|_| refused())?;
        self.verify(session.organization(), session.token(), now).await?;
        let present = self.hand_overs.first().ok_or(HandOverError::Code)?;
        let code = present.code(session.token(), challenge, redirect_uri, now)?;
        url.query_pairs_mut().append_pair("code", &code);
        Ok(CodeRedirect { url, code })
    }

    /// Exchanges such a code for the session token.
    ///
    /// # Errors
    /// [`SessionRefusal::HandOver`], [`SessionRefusal::Revoked`]; [`SessionRefusal::Redeemed`] for a code that was
    /// exchanged before, be it expired or not, whose session is revoked then: somebody has a copy of it (RFC 6749 §4.1.2).
    pub async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<String, SessionRefusal> {
        let opened = self.opened(code, verifier, redirect_uri)?;
        let (claim, until) = (opened.claim_key().to_owned(), opened.expires_at() + CLOCK_ALLOWANCE);
        // By then the code may have expired, but not the token in it.
        let session = self.verifier.verify_any_organization(opened.token(), now)?;
        // Before the claim, so that a store that fails uses nothing up.
        self.check_revoked(&session, now).await?;
        // What an exchange leaves behind, to be found when the code comes again after its end.
        let exchanged = RevocationKey::new(&["code", &claim]).within(session.organization());
        let expires_at = opened.expires_at();
        match opened.into_token(now) {
            Ok(token) => {
                let key = ClaimKey::new(session.organization(), &["code", &claim]);
                if self.store.claim(&key, until, now).await? == Claim::Claimed {
                    self.store.revoke(&exchanged, expires_at, until, now).await?;
                    return Ok(token);
                }
            }
            Err(expired) => {
                if self.store.revoked_at(&[exchanged], now).await?.is_none() {
                    return Err(expired.into());
                }
            }
        }
        self.end(&session, now).await?;
        Err(SessionRefusal::Redeemed)
    }

    /// Under a secret that did not seal it, a code is none at all; every other answer is the one that counts.
    fn opened(&self, code: &str, verifier: &str, redirect_uri: &str) -> Result<OpenedCode, HandOverError> {
        let mut answers = self.hand_overs.iter().map(|it| it.open(code, verifier, redirect_uri));
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
    // A URL parser takes these away or turns them round, so that another address than the listed one would be used.
    if uri.chars().any(|character| is_white_space(character) || character.is_control()) {
        return Err(wrong("it holds white space or control characters"));
    }
    if uri.contains('\\') {
        return Err(wrong("it holds a backslash"));
    }
    let url = Url::parse(uri).map_err(|_| wrong("it is not an absolute URL"))?;
    check_url(&url).map_err(wrong)?;
    if url.as_str() != uri {
        return Err(wrong("a browser reads it as another URL; give it as it stands in the address bar"));
    }
    if url.query_pairs().any(|(name, _)| name == "code") {
        return Err(wrong("it has a parameter `code` already"));
    }
    Ok(())
}

/// A redirect that takes an authorization code to a front end.
#[derive(Clone)]
pub struct CodeRedirect {
    url: Url,
    code: String,
}

impl CodeRedirect {
    /// Returns the header fields of the redirect, `Location` among them: no cache may keep the code, and the page that it leads
    /// to may not pass it on as a `Referer` (RFC 9700 §4.2.4).
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [("Location", self.url.as_str()), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")]
    }

    /// Where to redirect the browser to: the redirect URI with the parameter `code`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl fmt::Debug for CodeRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRedirect").field("code", &"redacted").finish_non_exhaustive()
    }
}

/// What a session rests on, beside itself. Each can be revoked.
struct RestsOn<'s> {
    organization: &'s str,
    user: &'s str,
    connection: &'s str,
    activation: Option<u64>,
    idp_key: Option<&'s str>,
    email_domain: Option<&'s str>,
}

impl RestsOn<'_> {
    fn keys(&self) -> Vec<RevocationKey> {
        let Self { organization, user, connection, .. } = *self;
        let mut keys = vec![
            key_of_user(organization, user),
            key_of_connection(organization, connection),
            key_of_organization(organization),
        ];
        keys.extend(self.activation.map(|activation| key_of_activation(connection, activation)));
        keys.extend(self.idp_key.map(|idp_key| key_of_idp_key(connection, idp_key)));
        keys.extend(self.email_domain.map(|domain| key_of_domain(organization, domain)));
        keys
    }
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

fn key_of_idp_key(connection: &str, idp_key: &str) -> RevocationKey {
    RevocationKey::new(&["idp-key", connection, idp_key])
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
    /// The login or the session is of a stored connection.
    #[error(
        "the connection is stored; complete its logins by Connections::complete_login, and refresh its sessions by \
         Connections::refresh"
    )]
    StoredConnection,
    /// The login was accepted more than five minutes ago.
    #[error("the login was accepted more than five minutes ago")]
    LoginExpired,
    /// The login has turned into a session already.
    #[error("the login has turned into a session already")]
    LoginUsed,
    /// What the session rests on was withdrawn.
    #[error("the session has lost what it rests on: {0}")]
    Withdrawn(Withdrawn),
    /// The token was refreshed before; the session is revoked now.
    #[error("the token was refreshed before; its session is revoked, since somebody has a copy of it")]
    Refreshed,
    /// The code was redeemed before; the session is revoked now.
    #[error("the code was redeemed before; its session is revoked, since somebody has a copy of it")]
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

/// What a session through a stored connection has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Withdrawn {
    /// The connection was disabled or deleted.
    #[error("the connection was disabled")]
    Connection,
    /// The key of the identity provider was withdrawn as compromised.
    #[error("the key of the identity provider was withdrawn")]
    IdpKey,
    /// The organization has lost the domain of the e-mail address.
    #[error("the domain of the e-mail address is no longer the organization's")]
    EmailDomain,
}

impl SessionRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::Revoked => "session.revoked",
            Self::StoredConnection => "config.stored_connection",
            Self::LoginExpired => "session.login_expired",
            Self::LoginUsed => "session.login_used",
            Self::Withdrawn(_) => "session.withdrawn",
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
