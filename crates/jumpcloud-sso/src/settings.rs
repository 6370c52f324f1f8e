//! What a service is configured with, once for all organizations.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor};
use saml_signature::SecondOpinion;
use sso_session::{
    AuthSecret, AuthSecretError, IssueError, Purpose, Sealer, SessionError, SessionIssuer, SessionKey,
    SessionVerifier, SessionVerifierError,
};
use thiserror::Error;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::bounds::MAX_TEXT;

pub(crate) use sso_types::text::{excerpt_of_input as excerpt, is_white_space};

/// SITE_URL and AUTH_SECRET.
#[derive(Clone)]
pub struct Settings {
    site: SiteUrl,
    secret: AuthSecret,
    former_secrets: Vec<AuthSecret>,
    cross_verifier: Option<Arc<dyn SecondOpinion>>,
}

impl Settings {
    /// `site_url` is the service's own address as browsers see it, with its scheme; `auth_secret` at least 32
    /// random bytes in base64, as `openssl rand -base64 32` gives them.
    ///
    /// # Errors
    /// [`SettingsError`], which names the setting and says what to do.
    pub fn new(site_url: &str, auth_secret: &str) -> Result<Self, SettingsError> {
        let site = SiteUrl::parse(site_url)?;
        let secret = AuthSecret::from_base64(auth_secret)?;
        Ok(Self { site, secret, former_secrets: Vec::new(), cross_verifier: None })
    }

    /// Still accepts what was made under a secret that AUTH_SECRET was before: sessions, until they expire;
    /// secrets at rest; domain challenges. What is made anew is made under the present one. At most seven.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn former_secret(mut self, auth_secret: &str) -> Result<Self, SettingsError> {
        self.former_secrets.push(AuthSecret::from_base64(auth_secret)?);
        Ok(self)
    }

    /// Sets the second implementation of XML Signature that has to agree to every login through a connection
    /// with [`cross_verify`](crate::Edit::cross_verify), such as that of the crate `saml-signature-xmlsec`.
    /// Where a connection asks for one and none is given, its logins are refused.
    #[must_use]
    pub fn cross_verifier(mut self, verifier: Arc<dyn SecondOpinion>) -> Self {
        self.cross_verifier = Some(verifier);
        self
    }

    /// The same out of the environment variables `SITE_URL` and `AUTH_SECRET`.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn from_env() -> Result<Self, SettingsError> {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self::new(&variable("SITE_URL"), &variable("AUTH_SECRET"))
    }

    /// SITE_URL, without a slash at its end.
    #[must_use]
    pub fn site_url(&self) -> &str {
        self.site.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.site.0
    }

    pub(crate) fn site(&self) -> &SiteUrl {
        &self.site
    }

    pub(crate) fn second_implementation(&self) -> Option<&Arc<dyn SecondOpinion>> {
        self.cross_verifier.as_ref()
    }

    pub(crate) fn secret(&self) -> &AuthSecret {
        &self.secret
    }

    /// Issues sessions by HS256 under a key derived from AUTH_SECRET; issuer and audience are SITE_URL.
    #[must_use]
    pub fn session_issuer(&self) -> SessionIssuer {
        SessionIssuer::new(SessionKey::from_auth_secret(&self.secret), self.site_url(), self.site_url())
    }

    /// Verifies those sessions, and those under former secrets.
    ///
    /// # Errors
    /// [`SettingsError::FormerSecrets`] for more than seven former secrets, or one given twice.
    pub fn session_verifier(&self) -> Result<SessionVerifier, SettingsError> {
        let keys = self.secrets().map(SessionKey::from_auth_secret);
        Ok(SessionVerifier::new(keys, self.site_url(), self.site_url())?)
    }

    /// The present secret, then the former ones.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &AuthSecret> {
        std::iter::once(&self.secret).chain(&self.former_secrets)
    }

    /// A private key as a store may keep it. It can be opened for this connection only.
    pub(crate) fn seal_decryption_key(&self, pem: &str, connection: &str) -> Result<String, SettingsError> {
        let sealer = Sealer::new(&self.secret, Purpose::StoredSecret).map_err(|_| SettingsError::Sealing)?;
        sealer.seal_at_rest(pem.as_bytes(), connection.as_bytes()).map_err(|_| SettingsError::Sealing)
    }

    /// The same under the present secret; `None` where it is under that already.
    pub(crate) fn reseal_decryption_key(
        &self,
        sealed: &str,
        connection: &str,
    ) -> Result<Option<String>, SettingsError> {
        if open_at_rest(&self.secret, sealed, connection).is_some() {
            return Ok(None);
        }
        self.seal_decryption_key(&self.opened(sealed, connection)?, connection).map(Some)
    }

    /// The private key that was sealed, by the present secret or a former one.
    fn opened(&self, sealed: &str, connection: &str) -> Result<Zeroizing<String>, SettingsError> {
        let pem = self.secrets().find_map(|secret| open_at_rest(secret, sealed, connection));
        let pem = pem.ok_or(SettingsError::SealedElsewhere)?;
        let pem = std::str::from_utf8(&pem).map_err(|_| SettingsError::SealedElsewhere)?;
        Ok(Zeroizing::new(pem.to_owned()))
    }

    /// Whether this key is what was sealed, in whatever form it was given.
    pub(crate) fn seals(&self, sealed: &str, key: &DecryptionKey, connection: &str) -> bool {
        let opened = self.opened(sealed, connection).ok().and_then(|pem| DecryptionKey::from_pem(&pem).ok());
        opened.is_some_and(|opened| opened.public_key_der() == key.public_key_der())
    }

    /// What decrypts by these keys, at least one.
    pub(crate) fn open_decryption_keys(
        &self,
        sealed: &[String],
        connection: &str,
    ) -> Result<Decryptor, SettingsError> {
        let open = |sealed: &String| {
            let pem = self.opened(sealed, connection)?;
            DecryptionKey::from_pem(&pem).map_err(|_| SettingsError::SealedElsewhere)
        };
        let keys = sealed.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        Decryptor::new(keys, DecryptionPolicy::default()).map_err(|_| SettingsError::SealedElsewhere)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("site_url", &self.site_url())
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// SITE_URL: the service's own address as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl(Url);

/// What the paths of a connection's URLs begin with, below SITE_URL.
const PATH: &str = "/sso/saml2";

/// How many characters the ID of a connection may have.
const MAX_CONNECTION_ID: usize = 64;

impl SiteUrl {
    /// How long it may be, so that no SP Entity ID is longer than 1024 characters (SAML core §8.3.6).
    pub const MAX_BYTES: usize = MAX_TEXT - PATH.len() - "/".len() - MAX_CONNECTION_ID;

    /// Takes an absolute URL: https, or http on loopback; without credentials, query and fragment.
    ///
    /// # Errors
    /// [`SettingsError::NoSiteUrl`]; [`SettingsError::SiteUrl`], also for more than
    /// [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let trimmed = text.trim_matches(is_white_space);
        if trimmed.len() > Self::MAX_BYTES {
            let (found, limit) = (trimmed.len(), Self::MAX_BYTES);
            let what = format!("it has {found} bytes, more than the limit of {limit}").into();
            return Err(SettingsError::SiteUrl { found: excerpt(trimmed), what });
        }
        if trimmed.is_empty() {
            return Err(SettingsError::NoSiteUrl);
        }
        let wrong =
            |what: &'static str| SettingsError::SiteUrl { found: excerpt(trimmed), what: what.into() };
        let url = Url::parse(trimmed).map_err(|_| wrong("it is no absolute URL with a scheme"))?;
        check_url(&url).map_err(wrong)?;
        if url.query().is_some() {
            return Err(wrong("it has a query"));
        }
        // A parser may make it longer: it escapes what a URL cannot hold.
        let site = Self(url);
        if site.as_str().len() > Self::MAX_BYTES {
            return Err(wrong("it is too long once its characters are escaped"));
        }
        Ok(site)
    }

    /// Whether a URL is one of the service's own for single sign-on: a login, ACS, metadata URL or SP Entity
    /// ID. Whoever sends a browser there to log in sends it in a circle. Servers differ in what they take as
    /// the same path, so that the case of letters, repeated slashes, escapes (of escapes, too) and dot segments
    /// make no difference here.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
        let is_same_host = host(&self.0) == host(url) || (is_loopback(&self.0) && is_loopback(url));
        if !is_same_host || self.0.port_or_known_default() != url.port_or_known_default() {
            return false;
        }
        let segments = |path: &str| -> Vec<String> {
            let mut path = path.to_owned();
            // A proxy may decode once more than the service behind it. Each round shortens the path or is the last.
            loop {
                let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
                if decoded.len() >= path.len() {
                    break;
                }
                path = decoded;
            }
            let mut segments = Vec::new();
            for segment in path.to_ascii_lowercase().split(['/', '\\']) {
                match segment {
                    "" | "." => {}
                    ".." => drop(segments.pop()),
                    segment => segments.push(segment.to_owned()),
                }
            }
            segments
        };
        let own = [segments(self.0.path()), segments(PATH)].concat();
        segments(url.path()).starts_with(&own)
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

/// The two values that an administrator pastes into JumpCloud. They exist as soon as the connection has a
/// name, before anything else is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProvider {
    entity_id: String,
    acs_url: String,
}

impl ServiceProvider {
    /// Both values contain the connection's ID: an assertion made for one connection is then for no other.
    ///
    /// # Errors
    /// [`SettingsError::ConnectionId`] for an ID that is not 1 to 64 of `[A-Za-z0-9_-]`.
    pub fn new(settings: &Settings, connection_id: &str) -> Result<Self, SettingsError> {
        Self::at(&settings.site, connection_id)
    }

    /// The same without the secret, which these values do not depend on.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn at(site: &SiteUrl, connection_id: &str) -> Result<Self, SettingsError> {
        let is_plain =
            connection_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_plain || !(1..=MAX_CONNECTION_ID).contains(&connection_id.len()) {
            return Err(SettingsError::ConnectionId { found: excerpt(connection_id) });
        }
        let entity_id = format!("{}{PATH}/{connection_id}", site.as_str());
        let acs_url = format!("{entity_id}/acs");
        Ok(Self { entity_id, acs_url })
    }

    /// The SP Entity ID: JumpCloud's field *SP Entity ID*.
    #[must_use]
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// Where a login begins at this service: JumpCloud's optional field *Login URL*, so that a click in its
    /// portal begins the login here, and what members are sent to who have to log in. The host routes it to
    /// `begin_login`.
    #[must_use]
    pub fn login_url(&self) -> String {
        format!("{}/login", self.entity_id)
    }

    /// The ACS URL, which takes Responses by `POST`: JumpCloud's field *ACS URLs*.
    #[must_use]
    pub fn acs_url(&self) -> &str {
        &self.acs_url
    }
}

fn open_at_rest(secret: &AuthSecret, sealed: &str, connection: &str) -> Option<Zeroizing<Vec<u8>>> {
    let sealer = Sealer::new(secret, Purpose::StoredSecret).ok()?;
    sealer.open_at_rest(sealed, connection.as_bytes()).ok()
}

/// Whether a URL leads to the machine that asks for it.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What holds for every URL that logins pass through.
pub(crate) fn check_url(url: &Url) -> Result<(), &'static str> {
    if url.host().is_none() {
        return Err("it has no host");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => return Err("it is http, which is for loopback addresses only; use https"),
        _ => return Err("its scheme is not https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds credentials");
    }
    if url.fragment().is_some() {
        return Err("it has a fragment");
    }
    Ok(())
}

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

impl SettingsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSiteUrl | Self::SiteUrl { .. } => "config.site_url",
            Self::RedirectUri { .. } => "config.redirect_uri",
            Self::Secret(error) => error.code(),
            Self::FormerSecrets(error) => error.code(),
            Self::Issuer(_) | Self::Verifier(_) => "config.session_keys",
            Self::Sealing => "config.sealing_failed",
            Self::SealedElsewhere => "config.sealed_elsewhere",
            Self::ConnectionId { .. } => "config.connection_id",
        }
    }
}
