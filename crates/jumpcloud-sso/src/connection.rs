//! An organization's connection to JumpCloud.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use saml_attributes::AttributeMap;
use saml_encryption::Decryptor;
use saml_protocol::ResponseVerifier;
use saml_signature::{
    AlgorithmPolicy, Certificate, CertificateError, SecondOpinion, TrustedKeys, TrustedKeysError,
};
use thiserror::Error;
use url::Url;

use crate::domain::normalized_domain;
use crate::settings::{ServiceProvider, Settings, SettingsError, check_url, excerpt};

/// A connection that is completely configured: keys are parsed, URLs checked. Cheap to clone. One that is written down in a
/// program is made once; one that administrators can change is asked for at every login, by
/// [`Connections::active`](crate::Connections::active).
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    idp_url: Url,
    idp_entity_id: String,
    verifier: ResponseVerifier,
    attributes: AttributeMap,
    domains: EmailDomains,
    revision: u64,
    activation: Option<u64>,
    allow_idp_initiated: bool,
    enforce_certificate_dates: bool,
    clock_skew: Option<Duration>,
}

/// Whose e-mail addresses a connection is believed about. There is no default: a service has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmailDomains {
    /// Normalised.
    verified: Vec<String>,
    accepts_any: bool,
}

impl EmailDomains {
    pub(crate) fn only(verified: &[String]) -> Self {
        Self { verified: verified.to_vec(), accepts_any: false }
    }

    pub(crate) fn any_with_verified(verified: &[String]) -> Self {
        Self { verified: verified.to_vec(), accepts_any: true }
    }

    /// Whether the domain of an address is one of the organization's own; an error where it has to be and is not.
    pub(crate) fn check(&self, domain: &str) -> Result<bool, ()> {
        let is_verified = normalized_domain(domain).is_some_and(|domain| self.verified.contains(&domain));
        if is_verified || self.accepts_any { Ok(is_verified) } else { Err(()) }
    }

    pub(crate) fn list(&self) -> String {
        self.verified.join(", ")
    }
}

impl Connection {
    /// Begins the configuration of the connection `id` of `organization`. Both are the host's own names; the ID is part
    /// of the connection's URLs and must never be used again for another connection.
    ///
    /// # Errors
    /// [`SettingsError::ConnectionId`].
    pub fn builder(
        settings: &Settings,
        id: &str,
        organization: &str,
    ) -> Result<ConnectionBuilder, SettingsError> {
        Ok(ConnectionBuilder {
            service_provider: ServiceProvider::new(settings, id)?,
            id: id.to_owned(),
            organization: organization.to_owned(),
            idp_url: String::new(),
            idp_entity_id: String::new(),
            certificates: Vec::new(),
            algorithms: AlgorithmPolicy::default(),
            decryptor: Decryptor::default(),
            second_opinion: None,
            attributes: AttributeMap::default(),
            domains: EmailDomains::only(&[]),
            unreadable_domain: None,
            revision: 0,
            activation: None,
            allow_idp_initiated: false,
            enforce_certificate_dates: false,
            clock_skew: None,
        })
    }

    /// The connection's ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The organization that the connection belongs to.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// What was pasted into JumpCloud.
    #[must_use]
    pub fn service_provider(&self) -> &ServiceProvider {
        &self.service_provider
    }

    /// Where logins begin at JumpCloud.
    #[must_use]
    pub fn idp_url(&self) -> &Url {
        &self.idp_url
    }

    /// The identity provider's entity ID, to the letter.
    #[must_use]
    pub fn idp_entity_id(&self) -> &str {
        &self.idp_entity_id
    }

    /// The pinned certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.verifier.keys().certificates()
    }

    /// The revision of the configuration that this was made of; 0 where it was not made of a stored one.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How often the stored connection that this was made of has been enabled.
    pub(crate) fn activation(&self) -> Option<u64> {
        self.activation
    }

    pub(crate) fn domains(&self) -> &EmailDomains {
        &self.domains
    }

    pub(crate) fn enforces_certificate_dates(&self) -> bool {
        self.enforce_certificate_dates
    }

    pub(crate) fn verifier(&self) -> &ResponseVerifier {
        &self.verifier
    }

    pub(crate) fn attributes(&self) -> &AttributeMap {
        &self.attributes
    }

    pub(crate) fn allows_idp_initiated(&self) -> bool {
        self.allow_idp_initiated
    }

    pub(crate) fn clock_skew(&self) -> Option<Duration> {
        self.clock_skew
    }
}

/// The configuration of a [`Connection`], as an administrator gives it.
#[derive(Clone)]
pub struct ConnectionBuilder {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    idp_url: String,
    idp_entity_id: String,
    certificates: Vec<Vec<u8>>,
    algorithms: AlgorithmPolicy,
    decryptor: Decryptor,
    second_opinion: Option<Arc<dyn SecondOpinion>>,
    attributes: AttributeMap,
    domains: EmailDomains,
    unreadable_domain: Option<String>,
    revision: u64,
    activation: Option<u64>,
    allow_idp_initiated: bool,
    enforce_certificate_dates: bool,
    clock_skew: Option<Duration>,
}

impl fmt::Debug for ConnectionBuilder {
    /// Without what was pasted: it may be a private key, by mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionBuilder")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("certificates", &self.certificates.len())
            .finish_non_exhaustive()
    }
}

impl ConnectionBuilder {
    /// JumpCloud's field *IDP URL*, such as `https://sso.jumpcloud.com/saml2/acme`.
    #[must_use]
    pub fn idp_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.idp_url);
        self
    }

    /// JumpCloud's field *IdP Entity ID*: free text, compared to the letter. It may equal the SP Entity ID.
    #[must_use]
    pub fn idp_entity_id(mut self, entity_id: &str) -> Self {
        entity_id.clone_into(&mut self.idp_entity_id);
        self
    }

    /// Pins the key of JumpCloud's certificate, as downloaded or pasted. A file names one key
    /// ([`CertificateError::SeveralKeys`]). Call it again to pin another one, up to four, while one is being replaced.
    #[must_use]
    pub fn certificate(mut self, certificate: &[u8]) -> Self {
        self.certificates.push(certificate.to_vec());
        self
    }

    /// Believes the identity provider about e-mail addresses of these domains, which the organization has proved to be
    /// its own, and refuses those of any other: an identity provider can assert whatever address it likes.
    #[must_use]
    pub fn email_domains<D: AsRef<str>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        for domain in domains {
            match normalized_domain(domain.as_ref()) {
                Some(domain) => self.domains.verified.push(domain),
                None => self.unreadable_domain = Some(excerpt(domain.as_ref())),
            }
        }
        self
    }

    /// Accepts e-mail addresses of any domain, as unverified ones
    /// ([`Login::email_is_verified`](crate::Login::email_is_verified)). The service must then never take an address for
    /// proof of who somebody is.
    #[must_use]
    pub fn accept_any_email_domain(mut self) -> Self {
        self.domains.accepts_any = true;
        self
    }

    pub(crate) fn domains(mut self, domains: EmailDomains) -> Self {
        self.domains = domains;
        self
    }

    pub(crate) fn revision(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }

    pub(crate) fn activation(mut self, activation: u64) -> Self {
        self.activation = Some(activation);
        self
    }

    /// With another attribute map than the default one.
    #[must_use]
    pub fn attributes(mut self, map: AttributeMap) -> Self {
        self.attributes = map;
        self
    }

    /// With other algorithms than the default ones.
    #[must_use]
    pub fn algorithms(mut self, policy: AlgorithmPolicy) -> Self {
        self.algorithms = policy;
        self
    }

    /// Able to decrypt encrypted assertions. JumpCloud sends none.
    #[must_use]
    pub fn decryptor(mut self, decryptor: Decryptor) -> Self {
        self.decryptor = decryptor;
        self
    }

    /// Has another implementation of XML Signature agree to every login.
    #[must_use]
    pub fn second_opinion(mut self, opinion: Arc<dyn SecondOpinion>) -> Self {
        self.second_opinion = Some(opinion);
        self
    }

    /// Accepts logins that begin at JumpCloud, by a click on its portal. Nothing ties these to the browser that brings
    /// them, so that somebody could be logged in as somebody else without noticing. JumpCloud's field *Login URL* makes
    /// the portal begin at the service instead.
    #[must_use]
    pub fn allow_idp_initiated(mut self) -> Self {
        self.allow_idp_initiated = true;
        self
    }

    /// Refuses logins by a certificate that is not yet or no longer valid. Without this they are accepted with a
    /// warning: what is trusted is the pinned key, and an expiry that nobody noticed would lock everybody out.
    #[must_use]
    pub fn enforce_certificate_dates(mut self) -> Self {
        self.enforce_certificate_dates = true;
        self
    }

    /// With another tolerance than 60 seconds for clocks that differ; more than 300 seconds is taken as 300.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = Some(skew);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`ConnectionError`], which names the field.
    pub fn build(self) -> Result<Connection, ConnectionError> {
        let idp_url = check_idp_url(&self.idp_url)?;
        check_entity_id(&self.idp_entity_id)?;
        if let Some(found) = self.unreadable_domain {
            return Err(ConnectionError::EmailDomain { found });
        }
        if self.domains.verified.is_empty() && !self.domains.accepts_any {
            return Err(ConnectionError::NoEmailDomain);
        }
        let certificates: Result<Vec<_>, _> =
            self.certificates.iter().map(|it| Certificate::parse(it)).collect();
        let keys = TrustedKeys::new(certificates?)?;
        let verifier = ResponseVerifier::new(keys).algorithms(self.algorithms).decryptor(self.decryptor);
        let verifier = match self.second_opinion {
            Some(opinion) => verifier.second_opinion(opinion),
            None => verifier,
        };
        check_keys_are_apart(&verifier)?;
        Ok(Connection {
            id: self.id,
            organization: self.organization,
            service_provider: self.service_provider,
            idp_url,
            idp_entity_id: self.idp_entity_id,
            verifier,
            attributes: self.attributes,
            domains: self.domains,
            revision: self.revision,
            activation: self.activation,
            allow_idp_initiated: self.allow_idp_initiated,
            enforce_certificate_dates: self.enforce_certificate_dates,
            clock_skew: self.clock_skew,
        })
    }
}

/// Whether a text can be JumpCloud's *IDP URL*: where browsers are sent to log in. It has to be https, or http on loopback,
/// without credentials or a fragment, and neither an address of JumpCloud's admin console nor that of the metadata.
///
/// # Errors
/// [`ConnectionError::IdpUrl`].
pub fn check_idp_url(text: &str) -> Result<Url, ConnectionError> {
    let wrong = |what| ConnectionError::IdpUrl { found: excerpt(text), what };
    if is_private_key(text) {
        return Err(wrong(PRIVATE_KEY));
    }
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.trim() != text {
        return Err(wrong("it begins or ends with white space"));
    }
    // A URL parser takes tabs and line ends away, so that another address than the given one would be kept.
    if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(wrong("it holds white space or control characters"));
    }
    let url = Url::parse(text).map_err(|_| wrong("it is no absolute URL"))?;
    let found = || excerpt(&without_credentials(&url));
    check_url(&url).map_err(|what| ConnectionError::IdpUrl { found: found(), what })?;
    if url.host_str().is_some_and(|host| host.starts_with("console.")) {
        return Err(wrong("it is an address of the admin console, not the IDP URL of the application"));
    }
    if url.path().ends_with("metadata.xml") || url.path().ends_with("/metadata") {
        return Err(wrong("it is the address of the metadata, not the IDP URL"));
    }
    Ok(url)
}

/// Whether what signs and what decrypts are different keys.
pub(crate) fn check_keys_are_apart(verifier: &ResponseVerifier) -> Result<(), ConnectionError> {
    verifier.key_for_both().map_or(Ok(()), |certificate| {
        Err(ConnectionError::KeyForBoth { fingerprint: certificate.fingerprint_sha256().to_string() })
    })
}

const PRIVATE_KEY: &str =
    "it is a private key; keep it secret, and replace it if it was sent anywhere it does not belong";

fn is_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY")
}

/// For an error message, which may go to a log.
fn without_credentials(url: &Url) -> String {
    let mut shown = url.clone();
    // Neither can fail for a URL that has them.
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    shown.into()
}

pub(crate) fn check_entity_id(text: &str) -> Result<(), ConnectionError> {
    let wrong = |what| ConnectionError::IdpEntityId { found: excerpt(text), what };
    if is_private_key(text) {
        Err(wrong(PRIVATE_KEY))
    } else if text.trim().is_empty() {
        Err(wrong("it is empty"))
    } else if text.trim() != text {
        Err(wrong("it begins or ends with white space"))
    } else if text.chars().any(char::is_control) {
        Err(wrong("it holds control characters"))
    } else if text.chars().count() > 1024 {
        // SAML core §8.3.6.
        Err(wrong("it has more than 1024 characters"))
    } else {
        Ok(())
    }
}

/// Why a connection cannot be used as configured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The IdP URL.
    #[error("the IdP URL {found:?} cannot be used: {what}")]
    IdpUrl {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The IdP Entity ID.
    #[error("the IdP Entity ID {found:?} cannot be used: {what}")]
    IdpEntityId {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No e-mail domain, and no word that any is accepted.
    #[error(
        "no e-mail domain is given; give the organization's verified domains, or accept any as unverified"
    )]
    NoEmailDomain,
    /// An e-mail domain that is none.
    #[error("{found:?} is no e-mail domain; give it without @, such as acme.test")]
    EmailDomain {
        /// Its value.
        found: String,
    },
    /// The settings do not fit: the ID of the connection, or a secret that was sealed under another AUTH_SECRET.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificates cannot be trusted.
    #[error(transparent)]
    Keys(#[from] TrustedKeysError),
    /// One key for signing and decrypting: the service holds the identity provider's private key.
    #[error(
        "the decryption key is the private key of the pinned certificate {fingerprint}, \
         with which the identity provider alone should be able to sign"
    )]
    KeyForBoth {
        /// Of the certificate, SHA-256.
        fingerprint: String,
    },
    /// A key that was retired as compromised.
    #[error("the key of the certificate {fingerprint} was retired as compromised and cannot be pinned again")]
    KeyCompromised {
        /// Of the certificate, SHA-256.
        fingerprint: String,
    },
}

impl ConnectionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::IdpUrl { .. } => "config.idp_url",
            Self::IdpEntityId { .. } => "config.idp_entity_id",
            Self::NoEmailDomain | Self::EmailDomain { .. } => "config.email_domain",
            Self::Settings(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::KeyForBoth { .. } => "config.key_for_both",
            Self::KeyCompromised { .. } => "config.key_compromised",
        }
    }
}
