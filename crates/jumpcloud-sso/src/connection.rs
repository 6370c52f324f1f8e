//! An organization's connection to JumpCloud.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use saml_attributes::{AttributeMap, Field};
use saml_encryption::Decryptor;
use saml_protocol::ResponseVerifier;
use saml_signature::{
    AlgorithmPolicy, Certificate, CertificateError, SecondOpinion, TrustedKeys, TrustedKeysError,
    check_public_key,
};
use thiserror::Error;
use url::Url;

use crate::bounds::{MAX_TEXT, MAX_URL, TooLong, check_text};
use crate::domain::normalized_domain;
use crate::settings::{
    ServiceProvider, Settings, SettingsError, SiteUrl, check_url, excerpt, is_white_space,
};

/// A connection that is completely configured: keys are parsed, URLs checked. Cheap to clone. One that is
/// written down in a program is made once; one that administrators can change is asked for at every login, by
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
    requested_authn_contexts: Vec<String>,
    required_authn_contexts: Vec<String>,
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

    /// Whether the domain of an address is one of the organization's own; an error where it has to be and is
    /// not.
    pub(crate) fn check(&self, domain: &str) -> Result<bool, ()> {
        let is_verified = normalized_domain(domain).is_some_and(|domain| self.verified.contains(&domain));
        if is_verified || self.accepts_any { Ok(is_verified) } else { Err(()) }
    }

    pub(crate) fn list(&self) -> String {
        self.verified.join(", ")
    }
}

impl Connection {
    /// Begins the configuration of the connection `id` of `organization`. Both are the host's own names; the
    /// ID is part of the connection's URLs and must never be used again for another connection.
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
            site: settings.site().clone(),
            cross_verifier: settings.second_implementation().cloned(),
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
            cross_verify: false,
            require_signed_response: false,
            requested_authn_contexts: Vec::new(),
            required_authn_contexts: Vec::new(),
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

    /// The ways of authentication that a request asks the identity provider for; none where it decides.
    pub(crate) fn requested_authn_contexts(&self) -> &[String] {
        &self.requested_authn_contexts
    }

    /// The ways of authentication of which an assertion has to name one; none where any will do.
    pub(crate) fn required_authn_contexts(&self) -> &[String] {
        &self.required_authn_contexts
    }
}

/// The configuration of a [`Connection`], as an administrator gives it.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
#[derive(Clone)]
pub struct ConnectionBuilder {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    site: SiteUrl,
    cross_verifier: Option<Arc<dyn SecondOpinion>>,
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
    cross_verify: bool,
    require_signed_response: bool,
    requested_authn_contexts: Vec<String>,
    required_authn_contexts: Vec<String>,
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
    /// ([`CertificateError::SeveralKeys`]). Call it again to pin another one, up to four, while one is being
    /// replaced.
    #[must_use]
    pub fn certificate(mut self, certificate: &[u8]) -> Self {
        self.certificates.push(certificate.to_vec());
        self
    }

    /// Believes the identity provider about e-mail addresses of these domains, which the organization has
    /// proved to be its own, and refuses those of any other: an identity provider can assert whatever address
    /// it likes.
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
    /// ([`Login::email_is_verified`](crate::Login::email_is_verified)). The service must then never take an
    /// address for proof of who somebody is.
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

    /// Has the second implementation of [`Settings::cross_verifier`] agree to every login.
    #[must_use]
    pub fn cross_verify(mut self) -> Self {
        self.cross_verify = true;
        self
    }

    /// Refuses logins by a Response that carries no signature of its own, even where its assertion is signed.
    /// By default either signature suffices (profiles §4.1.4.5). In JumpCloud, set *Sign* to *Response* or to
    /// both.
    #[must_use]
    pub fn require_signed_response(mut self) -> Self {
        self.require_signed_response = true;
        self
    }

    /// Asks the identity provider to authenticate users in one of these ways, in the order of preference: the
    /// URIs of authentication context classes (core §3.3.2.2.1), at most 16. Without any, it decides.
    #[must_use]
    pub fn request_authn_contexts(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.requested_authn_contexts = classes.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses logins by an assertion that names none of these ways of authentication: the URIs of
    /// authentication context classes (core §2.7.2.2), compared exactly, at most 16. Without any, all ways
    /// are accepted.
    #[must_use]
    pub fn require_authn_contexts(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.required_authn_contexts = classes.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts logins that begin at JumpCloud, by a click on its portal. Nothing ties these to the browser
    /// that brings them, so that somebody could be logged in as somebody else without noticing. JumpCloud's
    /// field *Login URL* makes the portal begin at the service instead.
    #[must_use]
    pub fn allow_idp_initiated(mut self) -> Self {
        self.allow_idp_initiated = true;
        self
    }

    /// Refuses logins by a certificate that is not yet or no longer valid. Without this they are accepted
    /// with a warning: what is trusted is the pinned key, and an expiry that nobody noticed would lock
    /// everybody out.
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
        check_organization(&self.organization)?;
        let idp_url = self.site.check_idp_url(&self.idp_url)?;
        check_entity_id(&self.idp_entity_id)?;
        check_attribute_names(&self.attributes)?;
        check_authn_contexts(REQUESTED, &self.requested_authn_contexts)?;
        check_authn_contexts(REQUIRED, &self.required_authn_contexts)?;
        if let Some(found) = self.unreadable_domain {
            return Err(ConnectionError::EmailDomain { found });
        }
        if self.domains.verified.is_empty() && !self.domains.accepts_any {
            return Err(ConnectionError::NoEmailDomain);
        }
        let certificates: Result<Vec<_>, _> =
            self.certificates.iter().map(|it| Certificate::parse(it)).collect();
        let keys = TrustedKeys::new(certificates?)?;
        check_decryption_keys(&self.decryptor)?;
        let mut verifier = ResponseVerifier::new(keys).algorithms(self.algorithms).decryptor(self.decryptor);
        if self.require_signed_response {
            verifier = verifier.require_signed_response();
        }
        // What was given to this connection itself comes before what the settings have for all.
        if self.second_opinion.is_some() || self.cross_verify {
            let opinion = self.second_opinion.or(self.cross_verifier);
            verifier = verifier.second_opinion(opinion.ok_or(ConnectionError::CrossVerifier)?);
        }
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
            requested_authn_contexts: self.requested_authn_contexts,
            required_authn_contexts: self.required_authn_contexts,
        })
    }
}

/// Whether a text can be JumpCloud's *IDP URL*: where browsers are sent to log in. It has to be https, or
/// http on loopback, without credentials or a fragment, of at most 2,048 bytes, and neither an address of
/// JumpCloud's admin console nor that of the metadata. [`SiteUrl::check_idp_url`] asks also that it is not
/// one of the service's own.
///
/// # Errors
/// [`ConnectionError::IdpUrl`].
pub fn check_idp_url(text: &str) -> Result<Url, ConnectionError> {
    let wrong = |what: &'static str| ConnectionError::IdpUrl { found: excerpt(text), what: what.into() };
    if is_private_key(text) {
        return Err(wrong(PRIVATE_KEY));
    }
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.len() > MAX_URL {
        let what = over_limit(text.len(), MAX_URL, "bytes").into();
        // Whatever it is, it may hold credentials.
        return Err(ConnectionError::IdpUrl { found: "(not shown)".to_owned(), what });
    }
    if text.starts_with(is_white_space) || text.ends_with(is_white_space) {
        return Err(wrong("it begins or ends with white space"));
    }
    // A URL parser takes tabs and line ends away, so that another address than the given one would be kept.
    if text.chars().any(|character| is_white_space(character) || character.is_control()) {
        return Err(wrong("it holds white space or control characters"));
    }
    let url = Url::parse(text).map_err(|_| wrong("it is no absolute URL"))?;
    let found = || excerpt(&without_credentials(&url));
    check_url(&url).map_err(|what| ConnectionError::IdpUrl { found: found(), what: what.into() })?;
    if url.host_str().is_some_and(|host| host.starts_with("console.")) {
        return Err(wrong("it is an address of the admin console, not the IDP URL of the application"));
    }
    if url.path().ends_with("metadata.xml") || url.path().ends_with("/metadata") {
        return Err(wrong("it is the address of the metadata, not the IDP URL"));
    }
    // A parser makes a text longer that holds what a URL has to escape.
    if url.as_str().len() > MAX_URL {
        return Err(wrong("it is too long once its characters are escaped"));
    }
    Ok(url)
}

impl SiteUrl {
    /// Checks whether a text can be the *IDP URL* of a connection of this service: as
    /// [`check_idp_url`](crate::check_idp_url) does, and that it is not a URL of the service itself (its
    /// login, ACS or metadata URL, or an SP Entity ID), by which browsers would be sent in a circle.
    ///
    /// # Errors
    /// [`ConnectionError::IdpUrl`].
    pub fn check_idp_url(&self, text: &str) -> Result<Url, ConnectionError> {
        let url = check_idp_url(text)?;
        if self.is_own(&url) {
            let what = "it is a URL of this service, not of the identity provider".into();
            return Err(ConnectionError::IdpUrl { found: excerpt(text), what });
        }
        Ok(url)
    }
}

fn over_limit(found: usize, limit: usize, unit: &str) -> String {
    format!("it has {found} {unit}, more than the limit of {limit}")
}

fn check_organization(name: &str) -> Result<(), ConnectionError> {
    check_text("organization's name", name)
        .map_err(|TooLong { limit, found, .. }| ConnectionError::Organization { limit, found })
}

pub(crate) fn check_attribute_names(map: &AttributeMap) -> Result<(), ConnectionError> {
    for field in [Field::Email, Field::FirstName, Field::LastName, Field::Groups] {
        check_text("attribute name", map.configured_name(field).unwrap_or_default())
            .map_err(|TooLong { limit, found, .. }| ConnectionError::AttributeName { field, limit, found })?;
    }
    Ok(())
}

/// The fields of authentication contexts, by their names.
pub(crate) const REQUESTED: &str = "request_authn_contexts";
pub(crate) const REQUIRED: &str = "require_authn_contexts";

/// More ways to authenticate than any identity provider tells apart.
const MAX_AUTHN_CONTEXTS: usize = 16;

/// Checks the URIs of authentication context classes (core §2.7.2.2).
pub(crate) fn check_authn_contexts(field: &'static str, classes: &[String]) -> Result<(), ConnectionError> {
    let wrong = |class: &str, what| ConnectionError::AuthnContext { field, found: excerpt(class), what };
    if classes.len() > MAX_AUTHN_CONTEXTS {
        let what = format!("there are {}, more than the limit of {MAX_AUTHN_CONTEXTS}", classes.len());
        return Err(wrong("", what.into()));
    }
    for class in classes {
        let is_plain = !class.chars().any(|it| is_white_space(it) || it.is_control());
        if class.len() > MAX_TEXT {
            return Err(wrong(class, over_limit(class.len(), MAX_TEXT, "bytes").into()));
        }
        if !is_plain || Url::parse(class).is_err() {
            return Err(wrong(class, "it is not an absolute URI".into()));
        }
    }
    Ok(())
}

/// Checks that the private keys for decryption are no secret that anybody can compute.
pub(crate) fn check_decryption_keys(decryptor: &Decryptor) -> Result<(), ConnectionError> {
    for key in decryptor.keys() {
        let reason = match check_public_key(key.public_key_der()) {
            Ok(_) => continue,
            Err(TrustedKeysError::Weak { reason, .. }) => reason,
            Err(_) => "the public key is not in the standard encoding of its kind",
        };
        return Err(ConnectionError::WeakDecryptionKey { reason });
    }
    Ok(())
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
    let wrong = |what: &'static str| ConnectionError::IdpEntityId { found: excerpt(text), what: what.into() };
    if is_private_key(text) {
        Err(wrong(PRIVATE_KEY))
    } else if text.chars().all(is_white_space) {
        Err(wrong("it is empty"))
    } else if text.starts_with(is_white_space) || text.ends_with(is_white_space) {
        Err(wrong("it begins or ends with white space"))
    } else if text.chars().any(char::is_control) {
        Err(wrong("it holds control characters"))
    } else if text.chars().count() > MAX_TEXT {
        // SAML core §8.3.6.
        let what = over_limit(text.chars().count(), MAX_TEXT, "characters").into();
        Err(ConnectionError::IdpEntityId { found: excerpt(text), what })
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
        what: Cow<'static, str>,
    },
    /// The IdP Entity ID.
    #[error("the IdP Entity ID {found:?} cannot be used: {what}")]
    IdpEntityId {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
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
    /// The settings do not fit: the ID of the connection, or a secret that was sealed under another
    /// AUTH_SECRET.
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
    /// The organization's name is too long.
    #[error("the organization's name has {found} bytes, more than the limit of {limit}")]
    Organization {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// The name of an attribute is too long.
    #[error("the attribute name for the {field} has {found} bytes, more than the limit of {limit}")]
    AttributeName {
        /// The field of the profile.
        field: Field,
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// An authentication context class, or the list of them.
    #[error("the authentication context {found:?} in {field} cannot be used: {what}")]
    AuthnContext {
        /// The name of the list.
        field: &'static str,
        /// The class.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// A signature algorithm that this version does not know, as a later version may have stored it.
    #[error("the signature algorithm {found:?} is not known")]
    Algorithm {
        /// Its name.
        found: String,
    },
    /// A second implementation has to agree, but the settings have none.
    #[error("the connection asks for a second implementation, but Settings::cross_verifier gave none")]
    CrossVerifier,
    /// A decryption key whose private half anybody can compute.
    #[error("the decryption key is too weak: {reason}")]
    WeakDecryptionKey {
        /// What is wrong with it.
        reason: &'static str,
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
            Self::Organization { .. } => "config.organization",
            Self::AttributeName { .. } => "config.attribute_name",
            Self::AuthnContext { .. } => "config.authn_context",
            Self::Algorithm { .. } => "config.algorithm",
            Self::CrossVerifier => "config.cross_verifier",
            Self::WeakDecryptionKey { .. } => "encryption.weak_key",
        }
    }
}
