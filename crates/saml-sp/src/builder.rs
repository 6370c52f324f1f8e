//! A connection that is written down in a program.

use sso_types::text::excerpt_of_input;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use saml_signature::{Certificate, SecondOpinion, TrustedKeys};
use sso_types::clock::MAX_CLOCK_SKEW;

use crate::change::{Change, Surroundings};
use crate::checks::check_organization;
use crate::configuration::Configuration;
use crate::connection::{Connection, Identity};
use crate::connection_error::ConnectionError;
use crate::domain_name::normalized_domain;
use crate::field_error::FieldError;
use crate::settings::Settings;
use crate::settings_error::SettingsError;
use crate::site::ServiceProvider;

/// The configuration of a [`Connection`] that is written down in a program: [`Connection::builder`] begins
/// one.
///
/// ```
/// use saml_sp::{Connection, Settings};
/// # use sso_session::AuthSecret;
/// # let secret = AuthSecret::generate()?;
///
/// let settings = Settings::new("https://app.acme.test", secret.expose())?;
/// let builder = Connection::builder(&settings, "acme-jumpcloud", "acme")?
///     .idp_url("https://sso.jumpcloud.com/saml2/acme")
///     .idp_entity_id("https://app.acme.test")
///     .email_domains(["acme.test"]);
/// // The certificate is missing yet.
/// assert_eq!(builder.build().unwrap_err().code(), "config.no_certificate");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ConnectionBuilder {
    settings: Settings,
    id: String,
    organization: String,
    changes: Vec<Change>,
    verified_domains: Vec<String>,
    unreadable_domain: Option<String>,
    second_opinion: Option<Arc<dyn SecondOpinion>>,
}

impl fmt::Debug for ConnectionBuilder {
    /// Without what was pasted: it may be a private key, by mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionBuilder")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
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
        ServiceProvider::new(settings, id)?;
        Ok(ConnectionBuilder {
            settings: settings.clone(),
            id: id.to_owned(),
            organization: organization.to_owned(),
            changes: Vec::new(),
            verified_domains: Vec::new(),
            unreadable_domain: None,
            second_opinion: None,
        })
    }
}

impl ConnectionBuilder {
    crate::setting_methods!();

    /// Pins the key of JumpCloud's certificate, as downloaded or pasted. A file names one key
    /// ([`CertificateError::SeveralKeys`](saml_signature::CertificateError::SeveralKeys)). Call it again to
    /// pin another one, up to four, while one is being replaced.
    #[must_use]
    pub fn certificate(self, certificate: &[u8]) -> Self {
        self.change(Change::AddCertificate(certificate.to_vec()))
    }

    /// Sets another tolerance than 60 seconds for clocks that differ; more than 300 seconds is taken as 300.
    #[must_use]
    pub fn clock_skew(self, skew: Duration) -> Self {
        self.change(Change::ClockSkew(skew.min(MAX_CLOCK_SKEW)))
    }

    /// Believes the identity provider about e-mail addresses of these domains, which the organization has
    /// proved to be its own, and refuses those of any other: an identity provider can assert whatever
    /// address it likes.
    #[must_use]
    pub fn email_domains<D: AsRef<str>>(mut self, domains: impl IntoIterator<Item = D>) -> Self {
        for domain in domains {
            match normalized_domain(domain.as_ref()) {
                Some(domain) => self.verified_domains.push(domain),
                None => self.unreadable_domain = Some(excerpt_of_input(domain.as_ref())),
            }
        }
        self
    }

    /// Has another implementation of XML Signature agree to every login.
    #[must_use]
    pub fn second_opinion(mut self, opinion: Arc<dyn SecondOpinion>) -> Self {
        self.second_opinion = Some(opinion);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`ConnectionError`], which names the field.
    pub fn build(self) -> Result<Connection, ConnectionError> {
        check_organization(&self.organization)?;
        // Named twice, a key is a mistake here, and no renewal.
        let mut certificates = Vec::new();
        for change in &self.changes {
            if let Change::AddCertificate(input) = change {
                certificates.push(Certificate::parse(input)?);
            }
        }
        if !certificates.is_empty() {
            TrustedKeys::new(certificates)?;
        }
        let surroundings = Surroundings {
            settings: &self.settings,
            connection: &self.id,
            known_keys: &[],
            is_compromised: &|_| false,
            is_in_use: false,
        };
        let (configuration, problems) = Configuration::default().changed(&self.changes, &surroundings);
        if let Some(problem) = problems.into_iter().next() {
            return Err(as_connection_error(problem));
        }
        if let Some(found) = self.unreadable_domain {
            return Err(ConnectionError::EmailDomain { found });
        }
        let identity = Identity {
            id: &self.id,
            organization: &self.organization,
            verified_domains: &self.verified_domains,
            revision: 0,
            activation: None,
        };
        Connection::with_second_opinion(&self.settings, identity, configuration, self.second_opinion)
    }
}

/// What is wrong with a setting, as what is wrong with the connection.
fn as_connection_error(problem: FieldError) -> ConnectionError {
    match problem {
        FieldError::Connection(error) => error,
        FieldError::Certificate(error) => error.into(),
        FieldError::DecryptionKey(error) => error.into(),
        FieldError::Settings(error) => error.into(),
        FieldError::ClockSkew { .. }
        | FieldError::UnknownCertificate { .. }
        | FieldError::CompromisedKeys { .. }
        | FieldError::LastCertificate => ConnectionError::Configuration { what: problem.to_string() },
    }
}
