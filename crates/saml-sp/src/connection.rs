//! An organization's connection to its identity provider.

use std::sync::Arc;
use std::time::Duration;

use saml_attributes::AttributeMap;
use saml_protocol::ResponseVerifier;
use saml_signature::{Certificate, SecondOpinion, TrustedKeys};
use url::Url;

use crate::checks::{
    REQUESTED, REQUIRED, check_attribute_names, check_authn_contexts, check_decryption_keys, check_entity_id,
    check_keys_are_apart, check_organization,
};
use crate::configuration::Configuration;
use crate::connection_error::ConnectionError;
use crate::domain_name::normalized_domain;
use crate::settings::Settings;
use crate::site::ServiceProvider;

/// A connection that is completely configured: keys are parsed, URLs checked. Cheap to clone. One that is
/// written down in a program is made once, by [`builder`](Self::builder); one that administrators can change
/// is asked for at every login, by `Connections::active` of the crate `sso-connections`.
#[derive(Clone, Debug)]
pub struct Connection {
    id: String,
    organization: String,
    service_provider: ServiceProvider,
    configuration: Arc<Configuration>,
    idp_url: Url,
    verifier: ResponseVerifier,
    /// Normalised.
    verified_domains: Vec<String>,
    revision: u64,
    activation: Option<u64>,
}

/// Whose a connection is.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'i> {
    /// The connection's ID.
    pub id: &'i str,
    /// The organization that it belongs to.
    pub organization: &'i str,
    /// The e-mail domains that the organization has proved to be its own, normalised.
    pub verified_domains: &'i [String],
    /// The revision of the configuration; 0 where it is not stored.
    pub revision: u64,
    /// How often a stored connection has been enabled; `None` where it is not stored.
    pub activation: Option<u64>,
}

impl Connection {
    /// Makes a connection of its configuration, and checks everything.
    ///
    /// # Errors
    /// [`ConnectionError`], which names the field.
    pub fn new(
        settings: &Settings,
        identity: Identity<'_>,
        configuration: Configuration,
    ) -> Result<Self, ConnectionError> {
        Self::with_second_opinion(settings, identity, configuration, None)
    }

    /// Makes a connection with a second implementation of its own, which comes before the one of the
    /// settings.
    pub(crate) fn with_second_opinion(
        settings: &Settings,
        identity: Identity<'_>,
        configuration: Configuration,
        opinion: Option<Arc<dyn SecondOpinion>>,
    ) -> Result<Self, ConnectionError> {
        let Identity { id, organization, verified_domains, revision, activation } = identity;
        let service_provider = ServiceProvider::new(settings, id)?;
        check_organization(organization)?;
        let idp_url = settings.site().check_idp_url(configuration.idp_url().unwrap_or_default())?;
        check_entity_id(configuration.idp_entity_id().unwrap_or_default())?;
        check_attribute_names(configuration.attributes())?;
        check_authn_contexts(REQUESTED, configuration.requested_authn_contexts())?;
        check_authn_contexts(REQUIRED, configuration.required_authn_contexts())?;
        if verified_domains.is_empty() && !configuration.accepts_any_email_domain() {
            return Err(ConnectionError::NoEmailDomain);
        }
        let pems = configuration.certificates.iter();
        let certificates: Result<Vec<_>, _> = pems.map(|pem| Certificate::parse(pem.as_bytes())).collect();
        let keys = TrustedKeys::new(certificates?)?;
        let decryptor = configuration.decryptor(settings, id)?;
        check_decryption_keys(&decryptor)?;
        let algorithms = configuration.algorithm_policy()?;
        let mut verifier = ResponseVerifier::new(keys).algorithms(algorithms).decryptor(decryptor);
        if configuration.requires_signed_response() {
            verifier = verifier.require_signed_response();
        }
        if opinion.is_some() || configuration.cross_verifies() {
            let opinion = opinion.or_else(|| settings.second_implementation().cloned());
            verifier = verifier.second_opinion(opinion.ok_or(ConnectionError::CrossVerifier)?);
        }
        check_keys_are_apart(&verifier)?;
        Ok(Self {
            id: id.to_owned(),
            organization: organization.to_owned(),
            service_provider,
            configuration: Arc::new(configuration),
            idp_url,
            verifier,
            verified_domains: verified_domains.to_vec(),
            revision,
            activation,
        })
    }

    /// Returns the connection's ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the organization that the connection belongs to.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// Returns what was pasted into JumpCloud.
    #[must_use]
    pub fn service_provider(&self) -> &ServiceProvider {
        &self.service_provider
    }

    /// Returns what is set of the connection.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Returns where logins begin at JumpCloud.
    #[must_use]
    pub fn idp_url(&self) -> &Url {
        &self.idp_url
    }

    /// Returns the identity provider's entity ID, to the letter.
    #[must_use]
    pub fn idp_entity_id(&self) -> &str {
        self.configuration.idp_entity_id().unwrap_or_default()
    }

    /// Returns the pinned certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.verifier.keys().certificates()
    }

    /// Returns the revision of the configuration that this was made of; 0 where it was not made of a stored
    /// one.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How often the stored connection that this was made of has been enabled.
    pub(crate) fn activation(&self) -> Option<u64> {
        self.activation
    }

    /// Whether the domain of an address is one of the organization's own; an error where it has to be and is
    /// not.
    pub(crate) fn check_email_domain(&self, domain: &str) -> Result<bool, ()> {
        let domain = normalized_domain(domain);
        let is_verified = domain.is_some_and(|domain| self.verified_domains.contains(&domain));
        let is_accepted = is_verified || self.configuration.accepts_any_email_domain();
        if is_accepted { Ok(is_verified) } else { Err(()) }
    }

    pub(crate) fn verified_domains(&self) -> &[String] {
        &self.verified_domains
    }

    pub(crate) fn verifier(&self) -> &ResponseVerifier {
        &self.verifier
    }

    pub(crate) fn attributes(&self) -> &AttributeMap {
        self.configuration.attributes()
    }

    pub(crate) fn clock_skew(&self) -> Option<Duration> {
        self.configuration.clock_skew()
    }
}
