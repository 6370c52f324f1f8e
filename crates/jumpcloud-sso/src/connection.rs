//! An organization's connection to JumpCloud.

use std::time::Duration;

use saml_attributes::AttributeMap;
use saml_encryption::Decryptor;
use saml_protocol::ResponseVerifier;
use saml_signature::{AlgorithmPolicy, Certificate, CertificateError, TrustedKeys, TrustedKeysError};
use thiserror::Error;
use url::Url;

use crate::settings::{ServiceProvider, Settings, SettingsError, check_url, excerpt};

/// A connection that is completely configured: keys are parsed, URLs checked. Make it when the configuration is loaded
/// or changed, and use it for every login. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    idp_url: Url,
    idp_entity_id: String,
    verifier: ResponseVerifier,
    attributes: AttributeMap,
    allow_idp_initiated: bool,
    clock_skew: Option<Duration>,
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
            attributes: AttributeMap::default(),
            allow_idp_initiated: false,
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
#[derive(Clone, Debug)]
pub struct ConnectionBuilder {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    idp_url: String,
    idp_entity_id: String,
    certificates: Vec<Vec<u8>>,
    algorithms: AlgorithmPolicy,
    decryptor: Decryptor,
    attributes: AttributeMap,
    allow_idp_initiated: bool,
    clock_skew: Option<Duration>,
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

    /// JumpCloud's certificate, as downloaded or pasted. Call it again to pin another one, up to four, while one is
    /// being replaced.
    #[must_use]
    pub fn certificate(mut self, certificate: &[u8]) -> Self {
        self.certificates.push(certificate.to_vec());
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

    /// Accepts logins that begin at JumpCloud, by a click on its portal. Nothing ties these to the browser that brings
    /// them, so that somebody could be logged in as somebody else without noticing. JumpCloud's field *Login URL* makes
    /// the portal begin at the service instead.
    #[must_use]
    pub fn allow_idp_initiated(mut self) -> Self {
        self.allow_idp_initiated = true;
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
        let certificates: Result<Vec<_>, _> =
            self.certificates.iter().map(|it| Certificate::parse(it)).collect();
        let keys = TrustedKeys::new(certificates?)?;
        let verifier = ResponseVerifier::new(keys).algorithms(self.algorithms).decryptor(self.decryptor);
        Ok(Connection {
            id: self.id,
            organization: self.organization,
            service_provider: self.service_provider,
            idp_url,
            idp_entity_id: self.idp_entity_id,
            verifier,
            attributes: self.attributes,
            allow_idp_initiated: self.allow_idp_initiated,
            clock_skew: self.clock_skew,
        })
    }
}

fn check_idp_url(text: &str) -> Result<Url, ConnectionError> {
    let wrong = |what| ConnectionError::IdpUrl { found: excerpt(text), what };
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.trim() != text {
        return Err(wrong("it begins or ends with white space"));
    }
    let url = Url::parse(text).map_err(|_| wrong("it is no absolute URL"))?;
    check_url(&url).map_err(wrong)?;
    if url.host_str().is_some_and(|host| host.starts_with("console.")) {
        return Err(wrong("it is an address of the admin console, not the IDP URL of the application"));
    }
    if url.path().ends_with("metadata.xml") || url.path().ends_with("/metadata") {
        return Err(wrong("it is the address of the metadata, not the IDP URL"));
    }
    Ok(url)
}

fn check_entity_id(text: &str) -> Result<(), ConnectionError> {
    let wrong = |what| ConnectionError::IdpEntityId { found: excerpt(text), what };
    if text.trim().is_empty() {
        Err(wrong("it is empty"))
    } else if text.trim() != text {
        Err(wrong("it begins or ends with white space"))
    } else if text.len() > 1024 {
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
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificates cannot be trusted.
    #[error(transparent)]
    Keys(#[from] TrustedKeysError),
}

impl ConnectionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::IdpUrl { .. } => "config.idp_url",
            Self::IdpEntityId { .. } => "config.idp_entity_id",
            Self::Certificate(error) => error.code(),
            Self::Keys(error) => error.code(),
        }
    }
}
