//! Issuing tokens.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Header;
use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::claims::{RESERVED, UniqueObject};
use crate::key::SessionKey;
use crate::verified::VerifiedSession;

/// The type of the tokens, as their header names it (RFC 8725 §3.11).
pub(crate) const TOKEN_TYPE: &str = "sso-session+jwt";

/// The longest token, in bytes. Browsers drop a cookie whose name and value have more than 4,096 bytes (RFC
/// 6265bis §5.6).
pub(crate) const MAX_TOKEN: usize = 4000;

/// What a token has beside its payload: a header of at most 110 characters, a signature of at most 86, and
/// two dots.
const MAX_HEADER_AND_SIGNATURE: usize = 110 + 86 + 2;

/// The longest ID of a user, in bytes: that of other names that are stored.
const MAX_SUBJECT: usize = 1024;

/// A working day.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);

/// A token cannot be taken back, so that it must not live for ever.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a session may go on by refreshing its token, where the identity provider sets no end.
const DEFAULT_LONGEST_SESSION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MAX_LONGEST_SESSION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A session about to begin: who for, in which organization, through which connection.
#[derive(Clone)]
pub struct NewSession {
    pub(crate) subject: String,
    pub(crate) organization: String,
    pub(crate) connection: String,
    pub(crate) activation: Option<u64>,
    pub(crate) break_glass: bool,
    pub(crate) login: Option<String>,
    pub(crate) idp_key: Option<String>,
    pub(crate) email_domain: Option<String>,
    pub(crate) authenticated_at: Option<SystemTime>,
    pub(crate) methods: Vec<String>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) not_after: Option<SystemTime>,
    pub(crate) custom: Map<String, Value>,
}

impl NewSession {
    /// A session of the user `subject`, the service's own name for them and none that changes such as an
    /// e-mail address, in `organization`, through its `connection`.
    #[must_use]
    pub fn new(subject: &str, organization: &str, connection: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            organization: organization.to_owned(),
            connection: connection.to_owned(),
            activation: None,
            break_glass: false,
            login: None,
            idp_key: None,
            email_domain: None,
            authenticated_at: None,
            methods: vec!["saml".to_owned()],
            email: None,
            email_verified: None,
            given_name: None,
            family_name: None,
            not_after: None,
            custom: Map::new(),
        }
    }

    /// How often the connection had been enabled by then: the claim `activation`. When the connection is
    /// disabled, the sessions of that activation end, and those of a later one do not.
    #[must_use]
    pub fn activation(mut self, activation: u64) -> Self {
        self.activation = Some(activation);
        self
    }

    /// The session of an account for emergencies that came in by another way than single sign-on: the claim
    /// `break_glass`.
    #[must_use]
    pub fn break_glass(mut self) -> Self {
        self.break_glass = true;
        self
    }

    /// Sets the name of the login that the session began with: the claim `login`.
    #[must_use]
    pub fn login(mut self, name: &str) -> Self {
        self.login = Some(name.to_owned());
        self
    }

    /// Sets the fingerprint of the identity provider's key that vouched for the user: the claim `idp_key`.
    /// When that key is withdrawn, the sessions that rest on it end.
    #[must_use]
    pub fn idp_key(mut self, fingerprint: &str) -> Self {
        self.idp_key = Some(fingerprint.to_owned());
        self
    }

    /// Sets the verified domain that `email_verified` rests on: the claim `email_domain`. When the
    /// organization loses the domain, the sessions that rest on it end.
    #[must_use]
    pub fn email_domain(mut self, domain: &str) -> Self {
        self.email_domain = Some(domain.to_owned());
        self
    }

    /// When the identity provider had the user prove who they are: the claim `auth_time`.
    #[must_use]
    pub fn authenticated_at(mut self, instant: SystemTime) -> Self {
        self.authenticated_at = Some(instant);
        self
    }

    /// How they did, by the values of RFC 8176 or by own ones: the claim `amr`. Without this it is
    /// `["saml"]`, which the registry does not know but says what is certain.
    #[must_use]
    pub fn methods<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// The claim `email`.
    #[must_use]
    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    /// Whether the e-mail address is known to be the user's: the claim `email_verified` (OpenID Connect Core
    /// §5.1).
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = Some(verified);
        self
    }

    /// The claim `given_name`.
    #[must_use]
    pub fn given_name(mut self, name: &str) -> Self {
        self.given_name = Some(name.to_owned());
        self
    }

    /// The claim `family_name`.
    #[must_use]
    pub fn family_name(mut self, name: &str) -> Self {
        self.family_name = Some(name.to_owned());
        self
    }

    /// When the session has to end at the latest, whatever its lifetime: SAML's `SessionNotOnOrAfter`.
    #[must_use]
    pub fn not_after(mut self, instant: SystemTime) -> Self {
        self.not_after = Some(instant);
        self
    }

    /// A claim of the host's own.
    ///
    /// # Errors
    /// [`IssueError::ReservedClaim`] for a name that has a meaning already, [`IssueError::Claim`] for a value
    /// that is not JSON, or that is nested too deep to be read back.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Result<Self, IssueError> {
        if RESERVED.contains(&name) {
            return Err(IssueError::ReservedClaim { name: name.to_owned() });
        }
        let unusable = |_| IssueError::Claim { name: name.to_owned() };
        let value = serde_json::to_value(value).map_err(unusable)?;
        let mut claims = Map::from_iter([(name.to_owned(), value)]);
        // As the verifier reads it: what it could not parse must not get into a token.
        let written = serde_json::to_vec(&claims).map_err(unusable)?;
        serde_json::from_slice::<UniqueObject>(&written).map_err(unusable)?;
        self.custom.append(&mut claims);
        Ok(self)
    }
}

impl NewSession {
    /// What a token that continues a session has to say.
    fn continuing(session: &VerifiedSession) -> Self {
        Self {
            subject: session.subject.clone(),
            organization: session.organization.clone(),
            connection: session.connection.clone(),
            activation: session.activation,
            break_glass: session.is_break_glass(),
            login: session.login.clone(),
            idp_key: session.idp_key.clone(),
            email_domain: session.email_domain.clone(),
            authenticated_at: session.authenticated_at,
            methods: session.methods.clone(),
            email: session.email.clone(),
            email_verified: session.email_verified,
            given_name: session.given_name.clone(),
            family_name: session.family_name.clone(),
            not_after: Some(session.ends_at),
            custom: session.custom.clone(),
        }
    }

    /// Returns the most bytes that a token of this session can have, in the name of `issuer`, for `audience`,
    /// by any key.
    ///
    /// # Errors
    /// [`IssueError::TooLong`] where no token could be issued.
    pub fn max_token_len(&self, issuer: &str, audience: &str) -> Result<usize, IssueError> {
        // The text of 160 bits, and a time beyond all calendars.
        let (id, time) = ("x".repeat(27), u64::MAX);
        let claims = Claims {
            iss: issuer,
            aud: audience,
            sub: &self.subject,
            iat: time,
            nbf: time,
            exp: time,
            jti: &id,
            sid: &id,
            session_start: time,
            session_end: time,
            org: &self.organization,
            connection: &self.connection,
            activation: self.activation.map(|_| time),
            break_glass: true,
            login: self.login.as_deref(),
            idp_key: self.idp_key.as_deref(),
            email_domain: self.email_domain.as_deref(),
            amr: &self.methods,
            auth_time: self.authenticated_at.map(|_| time),
            email: self.email.as_deref(),
            email_verified: self.email_verified.map(|_| false),
            given_name: self.given_name.as_deref(),
            family_name: self.family_name.as_deref(),
            custom: &self.custom,
        };
        let payload = serde_json::to_vec(&claims).map_err(|_| IssueError::Signing)?.len();
        let found = MAX_HEADER_AND_SIGNATURE + (payload * 4).div_ceil(3);
        if found > MAX_TOKEN { Err(IssueError::TooLong { limit: MAX_TOKEN, found }) } else { Ok(found) }
    }
}

impl fmt::Debug for NewSession {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("organization", &self.organization)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// Makes session tokens.
#[derive(Clone, Debug)]
pub struct SessionIssuer {
    key: SessionKey,
    header: Header,
    issuer: String,
    audience: String,
    lifetime: Duration,
    longest: Duration,
}

impl SessionIssuer {
    /// Signs with `key`, in the name of `issuer`, the service's SITE_URL, for `audience`, whoever shall
    /// accept the tokens.
    #[must_use]
    pub fn new(key: SessionKey, issuer: &str, audience: &str) -> Self {
        let mut header = Header::new(key.algorithm());
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.id().to_owned());
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        Self { key, header, issuer, audience, lifetime: DEFAULT_LIFETIME, longest: DEFAULT_LONGEST_SESSION }
    }

    /// With another lifetime than eight hours, in whole seconds; more than 30 days is taken as 30 days.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.min(MAX_LIFETIME);
        self
    }

    /// With another limit than seven days for how long a session may go on by [`refresh`](Self::refresh), in
    /// whole seconds; more than 90 days is taken as 90 days.
    #[must_use]
    pub fn longest_session(mut self, longest: Duration) -> Self {
        self.longest = longest.min(MAX_LONGEST_SESSION);
        self
    }

    /// For how long a token of this issuer can be good: its sessions have ended by then, refreshed or not.
    #[must_use]
    pub fn horizon(&self) -> Duration {
        self.lifetime.max(self.longest)
    }

    /// Begins a session at `now`.
    ///
    /// # Errors
    /// [`IssueError`]; [`IssueError::Over`] for a session that would be over before it begins,
    /// [`IssueError::TooLong`] for a token that no verifier and no browser would take.
    pub fn issue(&self, session: &NewSession, now: SystemTime) -> Result<IssuedSession, IssueError> {
        if !(1..=MAX_SUBJECT).contains(&session.subject.len()) {
            return Err(IssueError::Subject { limit: MAX_SUBJECT, found: session.subject.len() });
        }
        let begins = seconds(now).ok_or(IssueError::Clock)?;
        let longest = begins.checked_add(self.horizon().as_secs()).ok_or(IssueError::Clock)?;
        let limit = session.not_after.map(|limit| seconds(limit).ok_or(IssueError::Over)).transpose()?;
        let span = Span { session_id: None, start: begins, end: longest.min(limit.unwrap_or(u64::MAX)) };
        self.issue_within(session, &span, begins)
    }

    /// Continues a session at `now` with a new token. It never goes on beyond the end that was set when it
    /// began: what the identity provider said, or the limit of this issuer.
    ///
    /// The former token stays good until it expires. Whoever refreshes has to see to it that one token is
    /// refreshed once, and that the session was not revoked.
    ///
    /// # Errors
    /// [`IssueError::Over`] at the session's end.
    pub fn refresh(&self, session: &VerifiedSession, now: SystemTime) -> Result<IssuedSession, IssueError> {
        self.continue_as(&NewSession::continuing(session), session, now)
    }

    /// Continues a session as [`refresh`](Self::refresh) does, with an e-mail address that is no longer a
    /// verified one: the organization has lost its domain.
    ///
    /// # Errors
    /// As for [`refresh`](Self::refresh).
    pub fn refresh_with_unverified_email(
        &self,
        session: &VerifiedSession,
        now: SystemTime,
    ) -> Result<IssuedSession, IssueError> {
        let mut new = NewSession::continuing(session).email_verified(false);
        new.email_domain = None;
        self.continue_as(&new, session, now)
    }

    fn continue_as(
        &self,
        new: &NewSession,
        session: &VerifiedSession,
        now: SystemTime,
    ) -> Result<IssuedSession, IssueError> {
        let span = Span {
            session_id: Some(session.session_id()),
            start: seconds(session.began_at()).ok_or(IssueError::Clock)?,
            end: seconds(session.ends_at()).ok_or(IssueError::Clock)?,
        };
        self.issue_within(new, &span, seconds(now).ok_or(IssueError::Clock)?)
    }

    fn issue_within(
        &self,
        session: &NewSession,
        span: &Span<'_>,
        issued_at: u64,
    ) -> Result<IssuedSession, IssueError> {
        let lifetime_ends = issued_at.checked_add(self.lifetime.as_secs()).ok_or(IssueError::Clock)?;
        let expires = lifetime_ends.min(span.end);
        if expires <= issued_at {
            return Err(IssueError::Over);
        }
        let expires_at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(expires));
        let expires_at = expires_at.ok_or(IssueError::Clock)?;
        let id = random_id()?;
        let session_id = span.session_id.unwrap_or(&id);
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &session.subject,
            iat: issued_at,
            nbf: issued_at,
            exp: expires,
            jti: &id,
            sid: session_id,
            session_start: span.start,
            session_end: span.end,
            org: &session.organization,
            connection: &session.connection,
            activation: session.activation,
            break_glass: session.break_glass,
            login: session.login.as_deref(),
            idp_key: session.idp_key.as_deref(),
            email_domain: session.email_domain.as_deref(),
            amr: &session.methods,
            auth_time: session.authenticated_at.and_then(seconds),
            email: session.email.as_deref(),
            email_verified: session.email_verified,
            given_name: session.given_name.as_deref(),
            family_name: session.family_name.as_deref(),
            custom: &session.custom,
        };
        let token = jsonwebtoken::encode(&self.header, &claims, self.key.encoding())
            .map_err(|_| IssueError::Signing)?;
        if token.len() > MAX_TOKEN {
            return Err(IssueError::TooLong { limit: MAX_TOKEN, found: token.len() });
        }
        Ok(IssuedSession {
            token,
            session_id: session_id.to_owned(),
            id,
            subject: session.subject.clone(),
            organization: session.organization.clone(),
            connection: session.connection.clone(),
            activation: session.activation,
            expires_at,
        })
    }
}

/// A session over all of its tokens, in seconds since 1970. One that begins has no name yet.
struct Span<'s> {
    session_id: Option<&'s str>,
    start: u64,
    end: u64,
}

/// Whole seconds since 1970, as RFC 7519 §2 has a NumericDate.
fn seconds(instant: SystemTime) -> Option<u64> {
    instant.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// 160 random bits.
fn random_id() -> Result<String, IssueError> {
    let mut bytes = [0; 20];
    rand::fill(&mut bytes).map_err(|_| IssueError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    aud: &'c str,
    sub: &'c str,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: &'c str,
    sid: &'c str,
    session_start: u64,
    session_end: u64,
    org: &'c str,
    connection: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    break_glass: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idp_key: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_domain: Option<&'c str>,
    amr: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'c str>,
    #[serde(flatten)]
    custom: &'c Map<String, Value>,
}

/// A session that has begun.
#[derive(Clone)]
pub struct IssuedSession {
    token: String,
    id: String,
    session_id: String,
    subject: String,
    organization: String,
    connection: String,
    activation: Option<u64>,
    expires_at: SystemTime,
}

impl IssuedSession {
    /// The token. Whoever has it is the user: into a cookie that is `Secure`, `HttpOnly` and `SameSite`,
    /// never into a URL or a log.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The unique name of the token: the claim `jti`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the session, which stays the same when its token is refreshed: the claim `sid`.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
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

    /// How often that connection had been enabled by then, where this was said.
    #[must_use]
    pub fn activation(&self) -> Option<u64> {
        self.activation
    }

    /// When the token expires.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}

impl fmt::Debug for IssuedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedSession")
            .field("id", &self.id)
            .field("token", &"redacted")
            .finish_non_exhaustive()
    }
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A claim whose name has a meaning already.
    #[error("the claim {name:?} has a meaning already")]
    ReservedClaim {
        /// Its name.
        name: String,
    },
    /// A claim whose value is not JSON, or is nested too deep.
    #[error("the value of the claim {name:?} is not JSON, or is nested too deep")]
    Claim {
        /// Its name.
        name: String,
    },
    /// The user's ID is empty or too long.
    #[error("the user's ID has {found} bytes, and has to have 1 to {limit}")]
    Subject {
        /// The limit in bytes.
        limit: usize,
        /// The length in bytes.
        found: usize,
    },
    /// The session would end before it begins.
    #[error("the session would be over before it begins")]
    Over,
    /// The token would be longer than a verifier and a browser's cookie take.
    #[error("the token would have {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// The length in bytes.
        found: usize,
    },
    /// The clock is out of range.
    #[error("the clock is out of range")]
    Clock,
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    Random,
    /// The library could not sign.
    #[error("signing failed")]
    Signing,
}

impl IssueError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReservedClaim { .. } | Self::Claim { .. } => "session.claim",
            Self::Subject { .. } => "session.subject",
            Self::Over => "session.over",
            Self::TooLong { .. } => "limit.token",
            Self::Clock => "config.clock",
            Self::Random => "config.random",
            Self::Signing => "config.signing_failed",
        }
    }
}
