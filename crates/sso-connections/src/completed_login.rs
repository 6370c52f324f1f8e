//! A login as it is kept.

use std::time::SystemTime;

use saml_sp::{Login, normalized_domain};
use serde::{Deserialize, Serialize};
use sso_store::{LoginRow, StoreError};

use crate::text_time;

/// A login that succeeded to its very end: the service has issued a session for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedLogin {
    connection: String,
    revision: u64,
    certificate: String,
    user: String,
    /// Of the address that the user logged in with.
    #[serde(default)]
    email_domain: String,
    #[serde(default)]
    activation: u64,
    #[serde(default)]
    began_at_service: bool,
    #[serde(with = "text_time")]
    at: SystemTime,
}

impl CompletedLogin {
    /// The row that a store keeps.
    pub(crate) fn to_row(&self) -> Result<LoginRow, StoreError> {
        Ok(LoginRow {
            connection: self.connection.clone(),
            revision: self.revision,
            certificate: self.certificate.clone(),
            user: self.user.clone(),
            at: self.at,
            json: self.to_json()?,
        })
    }

    /// Of logins of one kind the latest is kept. Where one of `formers` has begun at the service, this is not
    /// forgotten over one that has not.
    pub(crate) fn of(login: &Login, user: &str, formers: &[Self], at: SystemTime) -> Self {
        let mut completed = Self::alone(login, user, at);
        completed.began_at_service |= formers.iter().any(|former| {
            former.began_at_service
                && former.is_replaced_by(&completed)
                && former.activation == completed.activation
        });
        completed
    }

    fn alone(login: &Login, user: &str, at: SystemTime) -> Self {
        let domain = login.profile().email_domain();
        Self {
            connection: login.account().connection().to_owned(),
            revision: login.revision(),
            certificate: login.assertion().evidence().certificate().fingerprint_sha256().to_string(),
            user: user.to_owned(),
            email_domain: normalized_domain(domain).unwrap_or_default(),
            activation: login.activation().unwrap_or_default(),
            began_at_service: login.began_at_service(),
            at,
        }
    }

    /// The connection that it went through.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// The revision that the connection's configuration had.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The SHA-256 fingerprint of the certificate whose key had signed.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The user, by the service's own name for them.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The domain of the e-mail address that the user logged in with, normalised.
    #[must_use]
    pub fn email_domain(&self) -> &str {
        &self.email_domain
    }

    /// How often the connection had been enabled by then.
    #[must_use]
    pub fn activation(&self) -> u64 {
        self.activation
    }

    /// Whether it, or one before it of the same kind, has begun at the service: the way that members are sent
    /// while the connection is enforced.
    #[must_use]
    pub fn began_at_service(&self) -> bool {
        self.began_at_service
    }

    /// When it was.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// Whether a store keeps `newer` in place of this one.
    #[must_use]
    pub fn is_replaced_by(&self, newer: &Self) -> bool {
        (&self.connection, self.revision, &self.certificate)
            == (&newer.connection, newer.revision, &newer.certificate)
    }

    /// The login as a JSON object, for a store to keep.
    ///
    /// # Errors
    /// [`StoreError`] for a time beyond the year 9999.
    pub fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::new("a login cannot be written").because(error))
    }

    /// The login of a JSON object that [`to_json`](Self::to_json) gave.
    ///
    /// # Errors
    /// [`StoreError`] for anything else.
    pub fn from_json(json: &str) -> Result<Self, StoreError> {
        serde_json::from_str(json)
            .map_err(|error| StoreError::new(format!("a login is unreadable: {error}")).because(error))
    }
}
