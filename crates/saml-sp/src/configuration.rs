//! What can be set of a connection.

use sso_types::text::excerpt_of_input;
use std::time::Duration;

use saml_attributes::AttributeMap;
use saml_encryption::{DecryptionPolicy, Decryptor};
use saml_signature::{AlgorithmPolicy, Certificate, SignatureAlgorithm};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::connection_error::ConnectionError;
use crate::settings::Settings;
use crate::settings_error::SettingsError;

/// Everything that can be set of a connection. Each value was checked when it was set, by a
/// [`Change`](crate::Change).
///
/// It is what stores keep, as JSON: private keys are sealed, and fields that this version does not know are
/// kept as they are.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, and a field of what is stored"
)]
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    pub(crate) idp_url: Option<String>,
    pub(crate) idp_entity_id: Option<String>,
    /// PEM.
    #[serde(default)]
    pub(crate) certificates: Vec<String>,
    #[serde(default)]
    pub(crate) attributes: AttributeMap,
    #[serde(default)]
    pub(crate) allow_idp_initiated: bool,
    #[serde(default)]
    pub(crate) clock_skew: Option<Duration>,
    #[serde(default)]
    pub(crate) insecure_allow_sha1: bool,
    #[serde(default)]
    pub(crate) enforce_certificate_dates: bool,
    #[serde(default)]
    pub(crate) any_email_domain: bool,
    /// Private keys for decryption, sealed, the newest first. Once it was one key, or none, under another
    /// name.
    #[serde(default, alias = "decryption_key", deserialize_with = "one_or_many")]
    pub(crate) decryption_keys: Vec<String>,
    /// The names of the signature algorithms that are accepted; none where all are.
    #[serde(default)]
    pub(crate) algorithms: Vec<String>,
    #[serde(default)]
    pub(crate) cross_verify: bool,
    #[serde(default)]
    pub(crate) require_signed_response: bool,
    #[serde(default)]
    pub(crate) request_authn_contexts: Vec<String>,
    #[serde(default)]
    pub(crate) require_authn_contexts: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) insecure_allow_aes_cbc: bool,
    /// The fields of a later version, kept as they are.
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        Many(Vec<String>),
        One(Option<String>),
    }
    Ok(match Keys::deserialize(deserializer)? {
        Keys::Many(keys) => keys,
        Keys::One(key) => key.into_iter().collect(),
    })
}

impl std::fmt::Debug for Configuration {
    /// Without private keys, sealed as they are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configuration")
            .field("idp_url", &self.idp_url)
            .field("idp_entity_id", &self.idp_entity_id)
            .field("certificates", &self.certificates.len())
            .finish_non_exhaustive()
    }
}

impl Configuration {
    /// Returns the IdP URL, where one was set.
    #[must_use]
    pub fn idp_url(&self) -> Option<&str> {
        self.idp_url.as_deref()
    }

    /// Returns the IdP Entity ID, where one was set.
    #[must_use]
    pub fn idp_entity_id(&self) -> Option<&str> {
        self.idp_entity_id.as_deref()
    }

    /// Returns the pinned certificates.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        let pems = self.certificates.iter();
        pems.filter_map(|pem| Certificate::parse(pem.as_bytes()).ok()).collect()
    }

    /// Returns whether no certificate is pinned.
    #[must_use]
    pub fn pins_nothing(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Returns the attribute map.
    #[must_use]
    pub fn attributes(&self) -> &AttributeMap {
        &self.attributes
    }

    /// Returns whether logins that begin at the identity provider are accepted.
    #[must_use]
    pub fn allows_idp_initiated(&self) -> bool {
        self.allow_idp_initiated
    }

    /// Returns the tolerance for clocks that differ, where one was set.
    #[must_use]
    pub fn clock_skew(&self) -> Option<Duration> {
        self.clock_skew
    }

    /// Returns whether logins by a certificate are refused that is not yet or no longer valid.
    #[must_use]
    pub fn enforces_certificate_dates(&self) -> bool {
        self.enforce_certificate_dates
    }

    /// Returns whether e-mail addresses of any domain are accepted, as unverified ones.
    #[must_use]
    pub fn accepts_any_email_domain(&self) -> bool {
        self.any_email_domain
    }

    /// Returns whether a second implementation has to agree to every login.
    #[must_use]
    pub fn cross_verifies(&self) -> bool {
        self.cross_verify
    }

    /// Returns whether every Response has to carry a signature of its own.
    #[must_use]
    pub fn requires_signed_response(&self) -> bool {
        self.require_signed_response
    }

    /// Returns the ways of authentication that a request asks the identity provider for; none where it
    /// decides.
    #[must_use]
    pub fn requested_authn_contexts(&self) -> &[String] {
        &self.request_authn_contexts
    }

    /// Returns the ways of authentication of which an assertion has to name one; none where any will do.
    #[must_use]
    pub fn required_authn_contexts(&self) -> &[String] {
        &self.require_authn_contexts
    }

    /// Returns the private keys for decryption as they are stored, sealed, the newest first.
    #[must_use]
    pub fn sealed_decryption_keys(&self) -> &[String] {
        &self.decryption_keys
    }

    /// Returns the same with its private keys sealed under the present secret for the connection `id`; `None`
    /// where they are already.
    ///
    /// # Errors
    /// [`SettingsError::SealedElsewhere`] where neither the present secret nor a former one opens them.
    pub fn resealed(&self, settings: &Settings, id: &str) -> Result<Option<Self>, SettingsError> {
        let mut resealed = self.clone();
        for key in &mut resealed.decryption_keys {
            if let Some(anew) = settings.reseal_decryption_key(key, id)? {
                *key = anew;
            }
        }
        Ok((resealed != *self).then_some(resealed))
    }

    /// Which algorithms signatures may use.
    pub(crate) fn algorithm_policy(&self) -> Result<AlgorithmPolicy, ConnectionError> {
        let policy = AlgorithmPolicy::default();
        let policy = if self.insecure_allow_sha1 { policy.insecure_allow_sha1() } else { policy };
        if self.algorithms.is_empty() {
            return Ok(policy);
        }
        let known = |name: &String| {
            let unknown = || ConnectionError::Algorithm { found: excerpt_of_input(name) };
            SignatureAlgorithm::from_name(name).ok_or_else(unknown)
        };
        let only = self.algorithms.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        Ok(policy.only(&only))
    }

    /// What decrypts, of the connection `id`.
    pub(crate) fn decryptor(&self, settings: &Settings, id: &str) -> Result<Decryptor, SettingsError> {
        let policy = DecryptionPolicy::default();
        let policy = if self.insecure_allow_aes_cbc { policy.insecure_allow_aes_cbc() } else { policy };
        if self.decryption_keys.is_empty() {
            return Ok(Decryptor::without_keys(policy));
        }
        settings.open_decryption_keys(&self.decryption_keys, id, policy)
    }
}
