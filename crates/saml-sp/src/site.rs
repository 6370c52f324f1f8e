//! The address of the service, and the addresses of its connections.

use percent_encoding::percent_decode_str;
use sso_session::{check_url, is_loopback};
use sso_types::text::{excerpt_of_input, is_white_space};
use url::Url;

use crate::bounds::MAX_TEXT;
use crate::settings_error::SettingsError;

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
            return Err(SettingsError::SiteUrl { found: excerpt_of_input(trimmed), what });
        }
        if trimmed.is_empty() {
            return Err(SettingsError::NoSiteUrl);
        }
        let wrong = |what: &'static str| SettingsError::SiteUrl {
            found: excerpt_of_input(trimmed),
            what: what.into(),
        };
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
    /// the same path, so that the case of letters, repeated slashes, escapes (of escapes, too) and dot
    /// segments make no difference here.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
        let is_same_host = host(&self.0) == host(url) || (is_loopback(&self.0) && is_loopback(url));
        if !is_same_host || self.0.port_or_known_default() != url.port_or_known_default() {
            return false;
        }
        let segments = |path: &str| -> Vec<String> {
            let mut path = path.to_owned();
            // A proxy may decode once more than the service behind it. Each round shortens the path or is the
            // last.
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

    /// Returns the URL as it was parsed.
    #[must_use]
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl AsRef<Self> for SiteUrl {
    fn as_ref(&self) -> &Self {
        self
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
    pub fn new(site: &impl AsRef<SiteUrl>, connection_id: &str) -> Result<Self, SettingsError> {
        let site = site.as_ref();
        let is_plain =
            connection_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_plain || !(1..=MAX_CONNECTION_ID).contains(&connection_id.len()) {
            return Err(SettingsError::ConnectionId { found: excerpt_of_input(connection_id) });
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
