//! Sessions that can be revoked, refreshed and handed over.

use std::fmt;
use std::time::{Duration, SystemTime};

use sso_store::{Claim, ClaimKey, Claimed, Revocation, RevocationKey, StoreError, Stores};
use sso_types::clock::CLOCK_ALLOWANCE;
use sso_types::text::{excerpt_of_input, is_white_space};
use url::Url;

use crate::cookie::SessionCookie;
use crate::hand_over::{CodeChallenge, HandOver, HandOverError, OpenedCode};
use crate::issue::{IssuedSession, NewSession, SessionIssuer};
use crate::keys::{claim_key, revocation_key};
use crate::login::{AcceptedLogin, IdpKey};
use crate::redirect::CodeRedirect;
use crate::refusal::SessionRefusal;
use crate::service::{Service, ServiceError};
use crate::traced::traced;
use crate::url::check_url;
use crate::verified::VerifiedSession;
use crate::verify::SessionVerifier;

/// How long a login may wait for its session: for as long as a service needs to find or create its user.
const ACCEPTANCE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// No session lives longer, whichever issuer it has: after this a revocation may be forgotten.
const LONGEST_SESSION: Duration = Duration::from_secs(91 * 24 * 60 * 60);

/// What becomes of a session's e-mail address when its token is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailStanding {
    /// It is what it was.
    Unchanged,
    /// It is, or becomes, an unverified one.
    Unverified,
}

/// The sessions of a service, with a store that remembers which of them were revoked. It is asked each time
/// that a session is verified; if it cannot tell, the session is refused.
///
/// A service that can do without revocation uses [`SessionIssuer`] and [`SessionVerifier`] alone.
pub struct Sessions {
    issuer: SessionIssuer,
    verifier: SessionVerifier,
    /// Under the present secret, then under former ones: codes that are under way can be redeemed.
    hand_overs: Vec<HandOver>,
    cookie: SessionCookie,
    redirect_uris: Vec<String>,
    stores: Stores,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Sessions {
    /// Creates the sessions of a service: by HS256 under a key derived from its secret.
    ///
    /// # Errors
    /// [`ServiceError`] for former secrets that cannot be used.
    pub fn new(service: &impl AsRef<Service>, stores: impl Into<Stores>) -> Result<Self, ServiceError> {
        let service = service.as_ref();
        Self::with(service, service.session_issuer(), service.session_verifier()?, stores)
    }

    /// Creates sessions with another lifetime, by another key or for another audience than the default.
    ///
    /// # Errors
    /// [`ServiceError::Issuer`] and [`ServiceError::Verifier`] where the verifier would refuse what the
    /// issuer issues, as by another key or for another audience; [`ServiceError::Sealing`], where the
    /// library of cryptography fails.
    pub fn with(
        service: &impl AsRef<Service>,
        issuer: SessionIssuer,
        verifier: SessionVerifier,
        stores: impl Into<Stores>,
    ) -> Result<Self, ServiceError> {
        let hand_overs = service.as_ref().hand_overs()?;
        // Otherwise every login would succeed and lead to a session that is refused.
        let (probe, at) = (NewSession::new("probe", "probe", "probe"), SystemTime::UNIX_EPOCH);
        let issued = issuer.issue(&probe, at)?;
        verifier.verify_for("probe", issued.token(), at)?;
        let (cookie, stores) = (SessionCookie::default(), stores.into());
        Ok(Self { issuer, verifier, hand_overs, cookie, redirect_uris: Vec::new(), stores })
    }

    /// Hands sessions over to front ends at these addresses, which are compared as a whole, and at no other.
    ///
    /// # Errors
    /// [`ServiceError::RedirectUri`] for one that is not https, or http on loopback.
    pub fn redirect_uris<U: AsRef<str>>(
        mut self,
        uris: impl IntoIterator<Item = U>,
    ) -> Result<Self, ServiceError> {
        for uri in uris {
            check_redirect_uri(uri.as_ref())?;
            self.redirect_uris.push(uri.as_ref().to_owned());
        }
        Ok(self)
    }

    /// Begins the session of a login through a connection that is written down in the program. `user_id` is
    /// the service's own name for the user. A login through a stored connection is completed by the crate
    /// `sso-connections` instead, which sees to it that the connection is still in use.
    ///
    /// One login gives one session, within five minutes. What was revoked since it was accepted stays
    /// revoked, as far as the clocks of the service's machines agree. Where this fails, the user begins
    /// the login anew.
    ///
    /// # Errors
    /// [`SessionRefusal::StoredConnection`], [`SessionRefusal::LoginExpired`], [`SessionRefusal::LoginUsed`],
    /// [`SessionRefusal::Revoked`], [`SessionRefusal::Issue`], [`SessionRefusal::Store`].
    pub async fn begin(
        &self,
        login: impl Into<AcceptedLogin>,
        user_id: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let login = login.into();
        let work = async {
            match login.activation() {
                Some(_) => Err(SessionRefusal::StoredConnection),
                None => self.begin_checked(&login, user_id, now).await,
            }
        };
        traced("begin_session", login.organization(), Some(login.connection()), work).await
    }

    /// Begins the session of a login whose connection the caller has found to be in use: for a crate that
    /// stores connections. The login is claimed last, so that nothing is claimed for a session that there
    /// is not.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin), but for stored connections.
    pub async fn begin_checked(
        &self,
        login: &AcceptedLogin,
        user_id: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let accepted_at = login.accepted_at;
        // Another machine of the service may have accepted it, whose clock is ahead.
        let is_early = now.checked_add(CLOCK_ALLOWANCE).is_none_or(|latest| latest < accepted_at);
        let is_late = accepted_at.checked_add(ACCEPTANCE_LIFETIME).is_some_and(|end| now >= end);
        if is_early || is_late {
            return Err(SessionRefusal::LoginExpired);
        }
        let session = login.new_session(user_id);
        let rests_on = RestsOn {
            organization: &session.organization,
            user: user_id,
            connection: &session.connection,
            activation: session.activation,
            idp_key: session.idp_key.as_deref(),
            email_domain: session.email_domain.as_deref(),
        };
        match self.stores.sessions.revoked_at(&rests_on.keys(), now).await? {
            Some(instant) if whole_seconds(accepted_at) <= instant => return Err(SessionRefusal::Revoked),
            _ => {}
        }
        let issued = self.issuer.issue(&session, now)?;
        let until = accepted_at + ACCEPTANCE_LIFETIME + CLOCK_ALLOWANCE;
        match self.claim(login.claim, until, now).await? {
            Claimed::Now => Ok(issued),
            Claimed::Before(_) => Err(SessionRefusal::LoginUsed),
        }
    }

    /// Begins a session that no login through a connection has led to: of a password, or of an account for
    /// emergencies ([`NewSession::break_glass`]).
    ///
    /// # Errors
    /// [`SessionRefusal::Issue`].
    pub fn issue(&self, session: &NewSession, now: SystemTime) -> Result<IssuedSession, SessionRefusal> {
        Ok(self.issuer.issue(session, now)?)
    }

    /// The session of a token, if it is one of `organization`, valid at `now`, and neither it nor its user,
    /// connection or organization were revoked since.
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
        keys.push(key_of_session(None, session.session_id()));
        match self.stores.sessions.revoked_at(&keys, now).await? {
            // Tokens have whole seconds: within the same one, nobody can say which was first. What counts is
            // when the session began: a token that continues it is no newer.
            Some(instant) if session.began_at() <= instant => Err(SessionRefusal::Revoked),
            _ => Ok(()),
        }
    }

    /// Continues a session with a new token, never beyond the end that JumpCloud or the service has set for
    /// it. One token is refreshed once: should it be presented again, somebody has a copy, and the whole
    /// session is revoked. A front end therefore refreshes in one place at a time, and does not try again
    /// with a token for which an answer was lost.
    ///
    /// A session through a stored connection is continued by the crate `sso-connections`, which looks at what
    /// it rests on.
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
                None => self.refresh_checked(&session, EmailStanding::Unchanged, now).await,
            }
        };
        traced("refresh", organization, None, work).await
    }

    /// Continues a session whose connection the caller has found to be in use: for a crate that stores
    /// connections.
    ///
    /// # Errors
    /// As for [`refresh`](Self::refresh), but for stored connections.
    pub async fn refresh_checked(
        &self,
        session: &VerifiedSession,
        email: EmailStanding,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let issued = match email {
            EmailStanding::Unchanged => self.issuer.refresh(session, now)?,
            EmailStanding::Unverified => self.issuer.refresh_with_unverified_email(session, now)?,
        };
        let key = claim_key(session.organization(), &["refresh", session.id()]);
        let until = session.expires_at() + SessionVerifier::MAX_CLOCK_SKEW + CLOCK_ALLOWANCE;
        match self.claim(key, until, now).await? {
            Claimed::Now => Ok(issued),
            Claimed::Before(_) => {
                self.end(session, now).await?;
                Err(SessionRefusal::Refreshed)
            }
        }
    }

    /// Ends the session of a token, here: JumpCloud offers no single logout, so that its own session goes on.
    /// The cookie is taken away by [`SessionCookie::clear`].
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
        let key = key_of_session(Some(session.organization()), session.session_id());
        self.revoke_until(key, until, until, now).await
    }

    /// Revokes a session by its name, [`VerifiedSession::session_id`], with all tokens that continue it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_session(&self, session_id: &str, now: SystemTime) -> Result<(), StoreError> {
        self.revoke_for_good(key_of_session(None, session_id), now).await
    }

    /// Revokes all sessions that a connection has had since it was enabled the last time, and will have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_activation(
        &self,
        connection: &str,
        activation: u64,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke_for_good(key_of_activation(Some(connection), connection, activation), now).await
    }

    /// Revokes all sessions that a key of the connection's identity provider has vouched for, and will have:
    /// it was stolen. For a connection that is written down in the program, from which the certificate
    /// has to be taken too; in a stored connection the certificate is retired as compromised, which
    /// revokes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_idp_key(
        &self,
        connection: &str,
        key: &IdpKey,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke_for_good(key_of_idp_key(Some(connection), connection, key.as_str()), now).await
    }

    /// Revokes the sessions of an organization whose e-mail address is a verified one of this domain, as for
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
        self.revoke(key_of_domain(Some(organization), organization, domain), now).await
    }

    /// Revokes what is under the key, whenever it began or will begin.
    async fn revoke_for_good(&self, key: RevocationKey, now: SystemTime) -> Result<(), StoreError> {
        let until = now + LONGEST_SESSION;
        self.revoke_until(key, until, until, now).await
    }

    /// Revokes the sessions that a user of an organization has at `now`, and those that begin within the same
    /// second. The machines of a service have to agree about the time: one whose clock is ahead by some
    /// seconds begins sessions that a revocation within those seconds does not reach.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_user(
        &self,
        organization: &str,
        user_id: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(key_of_user(Some(organization), organization, user_id), now).await
    }

    /// Revokes all sessions of an organization through a connection, as for
    /// [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_connection(
        &self,
        organization: &str,
        connection: &str,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.revoke(key_of_connection(Some(organization), organization, connection), now).await
    }

    /// Revokes all sessions of an organization, as for [`revoke_user`](Self::revoke_user).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_organization(&self, organization: &str, now: SystemTime) -> Result<(), StoreError> {
        self.revoke(key_of_organization(Some(organization), organization), now).await
    }

    async fn revoke(&self, key: RevocationKey, now: SystemTime) -> Result<(), StoreError> {
        self.revoke_until(key, now, now + LONGEST_SESSION, now).await
    }

    async fn revoke_until(
        &self,
        key: RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        self.stores.sessions.revoke(&[Revocation { key, instant, until }], now).await
    }

    async fn claim(&self, key: ClaimKey, until: SystemTime, now: SystemTime) -> Result<Claimed, StoreError> {
        self.stores.claims.claim(&[Claim { key, until }], now).await
    }

    /// Gives a code for a front end on another origin, which cannot get a cookie of this one: redirect the
    /// browser to [`CodeRedirect::url`]. The code is good for sixty seconds, once, for who has the
    /// verifier of `challenge`.
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
        let refused = || SessionRefusal::RedirectUri { found: excerpt_of_input(redirect_uri) };
        if !self.redirect_uris.iter().any(|listed| listed == redirect_uri) {
            return Err(refused());
        }
        let url = Url::parse(redirect_uri).map_err(|_| refused())?;
        self.verify(session.organization(), session.token(), now).await?;
        let present = self.hand_overs.first().ok_or(HandOverError::Code)?;
        let code = present.code(session.token(), challenge, redirect_uri, now)?;
        Ok(CodeRedirect::new(url, code))
    }

    /// Exchanges such a code for the session token.
    ///
    /// # Errors
    /// [`SessionRefusal::HandOver`], [`SessionRefusal::Revoked`]; [`SessionRefusal::Redeemed`] for a code
    /// that was exchanged before, be it expired or not, whose session is revoked then: somebody has a
    /// copy of it (RFC 6749 §4.1.2).
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
        let exchanged = revocation_key(Some(session.organization()), &["code", &claim]);
        let expires_at = opened.expires_at();
        match opened.into_token(now) {
            Ok(token) => {
                let key = claim_key(session.organization(), &["code", &claim]);
                if self.claim(key, until, now).await? == Claimed::Now {
                    self.revoke_until(exchanged, expires_at, until, now).await?;
                    return Ok(token);
                }
            }
            Err(expired) => {
                if self.stores.sessions.revoked_at(&[exchanged], now).await?.is_none() {
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

fn check_redirect_uri(uri: &str) -> Result<(), ServiceError> {
    let wrong = |what| ServiceError::RedirectUri { found: excerpt_of_input(uri), what };
    // A URL parser takes these away or turns them round, so that another address than the listed one would be
    // used.
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
            key_of_user(None, organization, user),
            key_of_connection(None, organization, connection),
            key_of_organization(None, organization),
        ];
        keys.extend(self.activation.map(|activation| key_of_activation(None, connection, activation)));
        keys.extend(self.idp_key.map(|idp_key| key_of_idp_key(None, connection, idp_key)));
        keys.extend(self.email_domain.map(|domain| key_of_domain(None, organization, domain)));
        keys
    }
}

fn key_of_session(scope: Option<&str>, session_id: &str) -> RevocationKey {
    revocation_key(scope, &["session", session_id])
}

fn key_of_user(scope: Option<&str>, organization: &str, user: &str) -> RevocationKey {
    revocation_key(scope, &["user", organization, user])
}

fn key_of_connection(scope: Option<&str>, organization: &str, connection: &str) -> RevocationKey {
    revocation_key(scope, &["connection", organization, connection])
}

fn key_of_activation(scope: Option<&str>, connection: &str, activation: u64) -> RevocationKey {
    revocation_key(scope, &["activation", connection, &activation.to_string()])
}

fn key_of_idp_key(scope: Option<&str>, connection: &str, idp_key: &str) -> RevocationKey {
    revocation_key(scope, &["idp-key", connection, idp_key])
}

fn key_of_domain(scope: Option<&str>, organization: &str, domain: &str) -> RevocationKey {
    revocation_key(scope, &["domain", organization, domain])
}

fn key_of_organization(scope: Option<&str>, organization: &str) -> RevocationKey {
    revocation_key(scope, &["organization", organization])
}

/// Drops the fraction of a second: sessions begin at whole seconds, so that one that begins within the second
/// of an event is none from before it.
#[must_use]
pub fn whole_seconds(instant: SystemTime) -> SystemTime {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}
