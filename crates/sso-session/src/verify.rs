//! Verifying tokens.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use serde_json::{Map, Value};
use sso_types::clock;
use sso_types::text::excerpt;
use thiserror::Error;

use crate::claims::UniqueObject;
use crate::issue::{MAX_TOKEN, TOKEN_TYPE};
use crate::key::SessionKey;
use crate::verified::VerifiedSession;

/// A key in use, one that was, and those of two kinds while one gives way to the other.
const MAX_KEYS: usize = 8;

/// Verifies session tokens.
#[derive(Clone, Debug)]
pub struct SessionVerifier {
    keys: Vec<SessionKey>,
    issuer: String,
    audience: String,
    clock_skew: Duration,
}

impl SessionVerifier {
    /// The most that can be tolerated of clocks that differ. A token may be accepted for this much longer
    /// than it says, so that whatever is remembered of it has to be kept for as long.
    pub const MAX_CLOCK_SKEW: Duration = clock::MAX_CLOCK_SKEW;

    /// Accepts tokens by one of `keys`, in the name of exactly `issuer`, for exactly `audience`. To rotate a
    /// key, give the new and the old one until the last token by the old one has expired.
    ///
    /// # Errors
    /// [`SessionVerifierError`] for no key, more than eight, or two of the same name.
    pub fn new(
        keys: impl IntoIterator<Item = SessionKey>,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, SessionVerifierError> {
        let keys: Vec<_> = keys.into_iter().take(MAX_KEYS + 1).collect();
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(SessionVerifierError::Count);
        }
        let repeats = |(index, key): (usize, &SessionKey)| {
            keys.iter().skip(index + 1).any(|other| other.id() == key.id())
        };
        if keys.iter().enumerate().any(repeats) {
            return Err(SessionVerifierError::Duplicate);
        }
        let (issuer, audience) = (issuer.to_owned(), audience.to_owned());
        Ok(Self { keys, issuer, audience, clock_skew: clock::DEFAULT_CLOCK_SKEW })
    }

    /// With another tolerance than 60 seconds for clocks that differ; more than 300 seconds is taken as 300.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew.min(Self::MAX_CLOCK_SKEW);
        self
    }

    /// The session of a token, if it is one of `organization` and valid at `now`.
    ///
    /// # Errors
    /// [`SessionError`]; `session.organization` where the token is good, but for another organization.
    pub fn verify_for(
        &self,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<VerifiedSession, SessionError> {
        let session = self.verify_any_organization(token, now)?;
        if session.organization == organization {
            Ok(session)
        } else {
            Err(SessionError::Organization { expected: organization.to_owned(), found: session.organization })
        }
    }

    /// The session of a token, if it is valid at `now`, of whatever organization. Whoever calls this has to
    /// look at [`VerifiedSession::organization`] before anything else.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn verify_any_organization(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<VerifiedSession, SessionError> {
        if token.len() > MAX_TOKEN {
            return Err(SessionError::TooLong { limit: MAX_TOKEN, found: token.len() });
        }
        let key = self.key_for(token)?;
        let mut validation = Validation::new(key.algorithm());
        // The clock is an argument here, and the claims are compared below with what was expected and found.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let data =
            jsonwebtoken::decode::<UniqueObject>(token, key.decoding(), &validation).map_err(|error| {
                use jsonwebtoken::errors::ErrorKind;
                match error.kind() {
                    ErrorKind::InvalidSignature => SessionError::Signature,
                    _ => SessionError::Malformed,
                }
            })?;
        self.check(data.claims.0, now)
    }

    /// The public halves of the keys that have one, as a JSON Web Key Set (RFC 7517 §5).
    #[must_use]
    pub fn jwks_json(&self) -> String {
        let keys: Vec<_> = self.keys.iter().filter_map(SessionKey::jwk).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// The key that the header names, by name only: what else a header could say about keys is refused with
    /// it.
    fn key_for(&self, token: &str) -> Result<&SessionKey, SessionError> {
        let (header, _) = token.split_once('.').ok_or(SessionError::Malformed)?;
        let bytes = URL_SAFE_NO_PAD.decode(header).map_err(|_| SessionError::Malformed)?;
        let UniqueObject(header) = serde_json::from_slice(&bytes).map_err(|_| SessionError::Malformed)?;
        if let Some(name) = header.keys().find(|name| !matches!(name.as_str(), "typ" | "alg" | "kid")) {
            return Err(SessionError::Header { name: excerpt(name) });
        }
        let member = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
        if member("typ") != TOKEN_TYPE {
            return Err(SessionError::Type { found: excerpt(member("typ")) });
        }
        let id = member("kid");
        let key = self.keys.iter().find(|key| key.id() == id);
        let key = key.ok_or_else(|| SessionError::UnknownKey { found: excerpt(id) })?;
        // RFC 8725 §3.1: the algorithm is the key's. The token only gets to agree.
        if member("alg") != key.algorithm_name() {
            return Err(SessionError::Algorithm { found: excerpt(member("alg")) });
        }
        Ok(key)
    }

    fn check(
        &self,
        mut claims: Map<String, Value>,
        now: SystemTime,
    ) -> Result<VerifiedSession, SessionError> {
        let mut take = Claims(&mut claims);
        let issuer = take.text("iss")?;
        if issuer != self.issuer {
            return Err(SessionError::Issuer { expected: self.issuer.clone(), found: excerpt(&issuer) });
        }
        let audience = take.text("aud")?;
        if audience != self.audience {
            return Err(SessionError::Audience {
                expected: self.audience.clone(),
                found: excerpt(&audience),
            });
        }
        let (issued_at, not_before, expires_at) =
            (take.instant("iat")?, take.instant("nbf")?, take.instant("exp")?);
        if now.checked_add(self.clock_skew).is_none_or(|latest| latest < not_before || latest < issued_at) {
            return Err(SessionError::NotYetValid { not_before, now });
        }
        if expires_at.checked_add(self.clock_skew).is_some_and(|latest| now >= latest) {
            return Err(SessionError::Expired { expires_at, now });
        }
        Ok(VerifiedSession {
            id: take.text("jti")?,
            session_id: take.text("sid")?,
            began_at: take.instant("session_start")?,
            ends_at: take.instant("session_end")?,
            subject: take.text("sub")?,
            organization: take.text("org")?,
            connection: take.text("connection")?,
            activation: take.optional("activation", Value::as_u64)?,
            break_glass: take.optional("break_glass", Value::as_bool)?,
            login: take.optional("login", text)?,
            idp_key: take.optional("idp_key", text)?,
            email_domain: take.optional("email_domain", text)?,
            issued_at,
            expires_at,
            methods: take.texts("amr")?,
            authenticated_at: take.optional("auth_time", instant)?,
            email: take.optional("email", text)?,
            email_verified: take.optional("email_verified", Value::as_bool)?,
            given_name: take.optional("given_name", text)?,
            family_name: take.optional("family_name", text)?,
            custom: claims,
        })
    }
}

/// Takes claims out of a token, each of the type that it has to be of.
struct Claims<'c>(&'c mut Map<String, Value>);

impl Claims<'_> {
    fn optional<T>(
        &mut self,
        name: &'static str,
        of: fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, SessionError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(value) => of(&value).map(Some).ok_or(SessionError::ClaimType { name }),
        }
    }

    fn required<T>(&mut self, name: &'static str, of: fn(&Value) -> Option<T>) -> Result<T, SessionError> {
        self.optional(name, of)?.ok_or(SessionError::ClaimMissing { name })
    }

    fn text(&mut self, name: &'static str) -> Result<String, SessionError> {
        self.required(name, text)
    }

    fn instant(&mut self, name: &'static str) -> Result<SystemTime, SessionError> {
        self.required(name, instant)
    }

    fn texts(&mut self, name: &'static str) -> Result<Vec<String>, SessionError> {
        self.required(name, |value| value.as_array()?.iter().map(text).collect())
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// An integer of seconds since 1970, and nothing that could be taken for one.
fn instant(value: &Value) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(value.as_u64()?))
}

/// Why keys do not make a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionVerifierError {
    /// None, or more than eight.
    #[error("1 to {MAX_KEYS} session keys are needed")]
    Count,
    /// Two of the same name.
    #[error("two session keys are the same")]
    Duplicate,
}

impl SessionVerifierError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "config.session_keys"
    }
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// Longer than any token of ours.
    #[error("the token has {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// The length in bytes.
        found: usize,
    },
    /// Not a token.
    #[error("the token is malformed")]
    Malformed,
    /// A header with more in it than a type, an algorithm and the name of a key.
    #[error("the token's header has the member {name:?}, which is not allowed")]
    Header {
        /// The name of the member.
        name: String,
    },
    /// A token of another type.
    #[error("the token is of the type {found:?}, not a session token")]
    Type {
        /// The type.
        found: String,
    },
    /// By a key that is not known, or no longer.
    #[error("the token is by the unknown key {found:?}")]
    UnknownKey {
        /// The name of the key.
        found: String,
    },
    /// By another algorithm than the key's.
    #[error("the token is by the algorithm {found:?}, which is not its key's")]
    Algorithm {
        /// The algorithm.
        found: String,
    },
    /// Changed, or by another key.
    #[error("the token's signature does not hold")]
    Signature,
    /// A claim is missing.
    #[error("the claim {name} is missing")]
    ClaimMissing {
        /// Its name.
        name: &'static str,
    },
    /// A claim is of another JSON type than it has to be.
    #[error("the claim {name} is of the wrong type")]
    ClaimType {
        /// Its name.
        name: &'static str,
    },
    /// By another issuer.
    #[error("the token is by another issuer")]
    Issuer {
        /// Ours.
        expected: String,
        /// The token's.
        found: String,
    },
    /// For another audience.
    #[error("the token is for another audience")]
    Audience {
        /// Ours.
        expected: String,
        /// The token's.
        found: String,
    },
    /// Not valid yet.
    #[error("the token is not valid yet")]
    NotYetValid {
        /// When it will be.
        not_before: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// No longer valid.
    #[error("the session has ended")]
    Expired {
        /// When it ended.
        expires_at: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// For another organization.
    #[error("the session is of another organization")]
    Organization {
        /// The one that was asked for.
        expected: String,
        /// The token's.
        found: String,
    },
}

impl SessionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "limit.token",
            Self::Malformed => "session.malformed",
            Self::Header { .. } => "session.header",
            Self::Type { .. } => "session.type",
            Self::UnknownKey { .. } => "session.unknown_key",
            Self::Algorithm { .. } => "session.algorithm",
            Self::Signature => "session.signature",
            Self::ClaimMissing { .. } => "session.claim_missing",
            Self::ClaimType { .. } => "session.claim_type",
            Self::Issuer { .. } => "session.issuer",
            Self::Audience { .. } => "session.audience",
            Self::NotYetValid { .. } => "session.not_yet_valid",
            Self::Expired { .. } => "session.expired",
            Self::Organization { .. } => "session.organization",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Issuer { expected, .. }
            | Self::Audience { expected, .. }
            | Self::Organization { expected, .. } => Some(expected.clone()),
            Self::Type { .. } => Some(TOKEN_TYPE.to_owned()),
            Self::ClaimMissing { name } => Some((*name).to_owned()),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Issuer { found, .. }
            | Self::Audience { found, .. }
            | Self::Organization { found, .. }
            | Self::Type { found }
            | Self::UnknownKey { found }
            | Self::Algorithm { found }
            | Self::Header { name: found } => Some(found.clone()),
            _ => None,
        }
    }
}
