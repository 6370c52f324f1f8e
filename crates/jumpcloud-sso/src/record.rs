//! An organization's connection as it is kept: what is configured so far, and how far it has come.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use saml_attributes::AttributeMap;
use saml_signature::{AlgorithmPolicy, Certificate, SignatureAlgorithm};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::connection::{Connection, ConnectionError, EmailDomains};
use crate::domain::normalized_domain;
use crate::login::Login;
use crate::settings::{Settings, SettingsError, excerpt};
use crate::store::StoreError;
use crate::text_time;

/// How many compromised keys a record remembers. What is forbidden must not be forgotten: one more is refused.
pub(crate) const MAX_COMPROMISED: usize = 100;

/// How many certificates that are no longer pinned a record remembers.
const MAX_RETIRED: usize = 100;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// It exists, so that its ACS URL and SP Entity ID can be pasted into JumpCloud; something is missing
    /// yet.
    Draft,
    /// Everything is there that logins need.
    Configured,
    /// Members can log in through it.
    Active,
    /// Members have to log in through it.
    Enforced,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Configured => "configured",
            Self::Active => "active",
            Self::Enforced => "enforced",
        })
    }
}

/// What a connection lacks before it can be enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The IdP URL.
    IdpUrl,
    /// The IdP Entity ID.
    IdpEntityId,
    /// A certificate.
    Certificate,
    /// A verified e-mail domain of the organization.
    EmailDomain,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdpUrl => "the IdP URL",
            Self::IdpEntityId => "the IdP Entity ID",
            Self::Certificate => "the certificate",
            Self::EmailDomain => "a verified e-mail domain",
        })
    }
}

/// The format of records that this version writes, and the latest that it reads.
///
/// A new setting is a new field of the record or of its configuration with a default, and needs no new
/// format: older processes keep fields that they do not know when they rewrite a record. A setting that an
/// older process must not ignore, another meaning of a field, or a field within another value needs one:
/// older processes then refuse the record.
const FORMAT: u32 = 1;

fn first_format() -> u32 {
    1
}

/// A connection as a store keeps it. It changes through [`Connections`](crate::Connections) alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    #[serde(default = "first_format")]
    format: u32,
    pub(crate) id: String,
    pub(crate) organization: String,
    /// Raised by every change: what a store compares before it writes.
    pub(crate) version: u64,
    /// Raised by every change of what a login relies on: what a test login is a test of.
    pub(crate) revision: u64,
    /// Raised each time that it is enabled: what its sessions are sessions of.
    #[serde(default)]
    pub(crate) activation: u64,
    /// Up to which activation all sessions were revoked. Below `activation` while it is in use, and after it
    /// was disabled until revoking has succeeded.
    #[serde(default)]
    pub(crate) revoked: u64,
    pub(crate) use_of: Use,
    /// Boxed, since futures hold several records at once.
    pub(crate) configuration: Box<Configuration>,
    #[serde(default)]
    pub(crate) break_glass: Vec<String>,
    /// SHA-256 fingerprints of public keys that are never to be trusted again, the newest last.
    #[serde(default)]
    pub(crate) compromised: Vec<String>,
    /// The certificates that were pinned and no longer are, the newest last: a key may turn out to be stolen
    /// after it was replaced.
    #[serde(default)]
    pub(crate) retired: Vec<KnownKey>,
    /// By the fingerprints of the pinned certificates: at how many days before the end somebody was last
    /// reminded.
    #[serde(default)]
    pub(crate) reminded: BTreeMap<String, u32>,
    #[serde(with = "text_time")]
    pub(crate) created_at: SystemTime,
    /// The fields of a later version, kept as they are.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl fmt::Debug for ConnectionRecord {
    /// Without the configuration, which holds private keys, sealed, and without the names of people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionRecord")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("version", &self.version)
            .field("revision", &self.revision)
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

/// A certificate that is or was pinned, with its key: SHA-256 fingerprints, written with colons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownKey {
    pub(crate) certificate: String,
    /// Of the SubjectPublicKeyInfo: a renewed certificate has another fingerprint, but the same key.
    pub(crate) key: String,
}

impl From<&Certificate> for KnownKey {
    fn from(certificate: &Certificate) -> Self {
        Self {
            certificate: certificate.fingerprint_sha256().to_string(),
            key: certificate.public_key_fingerprint().to_string(),
        }
    }
}

impl KnownKey {
    /// Returns the name of the key in sessions and revocations.
    pub(crate) fn name(&self) -> String {
        self.key.replace(':', "")
    }
}

/// As much of a record as says whether the rest can be read.
#[derive(Deserialize)]
struct Format {
    #[serde(default = "first_format")]
    format: u32,
}

/// What members can do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(crate) enum Use {
    /// Nothing.
    Disabled,
    /// Log in through it.
    Active,
    /// Log in through it only.
    Enforced {
        #[serde(with = "text_time")]
        since: SystemTime,
        /// Whether sessions from before are good no longer.
        ends_earlier_sessions: bool,
    },
}

/// What an administrator gives. Every value was checked when it was given.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, and a field of what is stored"
)]
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Configuration {
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
    /// The fields of a later version, kept as they are.
    #[serde(flatten)]
    unknown: Map<String, Value>,
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

impl Configuration {
    /// The same with its private keys sealed under the present secret; `None` where they are already.
    pub(crate) fn resealed(&self, settings: &Settings, id: &str) -> Result<Option<Self>, SettingsError> {
        let mut resealed = self.clone();
        for key in &mut resealed.decryption_keys {
            if let Some(anew) = settings.reseal_decryption_key(key, id)? {
                *key = anew;
            }
        }
        Ok((resealed != *self).then_some(resealed))
    }

    /// Which algorithms signatures may use.
    fn algorithm_policy(&self) -> Result<AlgorithmPolicy, ConnectionError> {
        let policy = AlgorithmPolicy::default();
        let policy = if self.insecure_allow_sha1 { policy.insecure_allow_sha1() } else { policy };
        if self.algorithms.is_empty() {
            return Ok(policy);
        }
        let known = |name: &String| {
            let unknown = || ConnectionError::Algorithm { found: excerpt(name) };
            SignatureAlgorithm::from_name(name).ok_or_else(unknown)
        };
        let only = self.algorithms.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        Ok(policy.only(&only))
    }
}

impl ConnectionRecord {
    pub(crate) fn draft(id: &str, organization: &str, now: SystemTime) -> Self {
        Self {
            format: FORMAT,
            id: id.to_owned(),
            organization: organization.to_owned(),
            version: 1,
            revision: 1,
            activation: 0,
            revoked: 0,
            use_of: Use::Disabled,
            configuration: Box::default(),
            break_glass: Vec::new(),
            compromised: Vec::new(),
            retired: Vec::new(),
            reminded: BTreeMap::new(),
            created_at: now,
            unknown: Map::new(),
        }
    }

    /// The connection's ID, a part of its ACS URL and SP Entity ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The organization that it belongs to.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// Raised by every change. A store compares it before it writes.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Raised by every change of what a login relies on: URL, entity ID, certificates, attributes,
    /// algorithms, keys. A test login is a test of one revision.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How often it was enabled. When it is disabled, the sessions of that activation end.
    #[must_use]
    pub fn activation(&self) -> u64 {
        self.activation
    }

    /// When it was created.
    #[must_use]
    pub fn created_at(&self) -> SystemTime {
        self.created_at
    }

    /// How far it has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.use_of {
            Use::Enforced { .. } => Phase::Enforced,
            Use::Active => Phase::Active,
            Use::Disabled if self.missing().is_empty() => Phase::Configured,
            Use::Disabled => Phase::Draft,
        }
    }

    /// What the administrator has yet to give.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let Configuration { idp_url, idp_entity_id, certificates, .. } = &*self.configuration;
        let checks = [
            (idp_url.is_none(), Missing::IdpUrl),
            (idp_entity_id.is_none(), Missing::IdpEntityId),
            (certificates.is_empty(), Missing::Certificate),
        ];
        checks.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| what).collect()
    }

    /// The IdP URL, where one was given.
    #[must_use]
    pub fn idp_url(&self) -> Option<&str> {
        self.configuration.idp_url.as_deref()
    }

    /// The IdP Entity ID, where one was given.
    #[must_use]
    pub fn idp_entity_id(&self) -> Option<&str> {
        self.configuration.idp_entity_id.as_deref()
    }

    /// The pinned certificates.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        let pems = self.configuration.certificates.iter();
        pems.filter_map(|pem| Certificate::parse(pem.as_bytes()).ok()).collect()
    }

    /// Returns whether the key of `certificate` was retired as compromised
    /// ([`Retirement::Compromised`](crate::Retirement)). Such a key cannot be pinned again.
    #[must_use]
    pub fn is_compromised(&self, certificate: &Certificate) -> bool {
        let fingerprint = certificate.public_key_fingerprint().to_string();
        self.compromised.contains(&fingerprint)
    }

    /// Whether the key of this name, as sessions have it, was retired as compromised.
    pub(crate) fn has_compromised(&self, idp_key: &str) -> bool {
        self.compromised.iter().any(|fingerprint| fingerprint.replace(':', "") == idp_key)
    }

    /// Remembers `keys` as compromised.
    pub(crate) fn compromise(&mut self, keys: &[KnownKey]) {
        for KnownKey { key, .. } in keys {
            if !self.compromised.contains(key) {
                self.compromised.push(key.clone());
            }
        }
    }

    /// Remembers those of `formers`, the certificates that were pinned before a change, that no longer are.
    pub(crate) fn remember_retired(&mut self, formers: &[Certificate]) {
        let pinned = self.certificates();
        for former in formers.iter().filter(|former| !pinned.contains(former)).map(KnownKey::from) {
            self.retired.retain(|retired| retired.certificate != former.certificate);
            self.retired.push(former);
        }
        keep_newest(&mut self.retired, MAX_RETIRED);
    }

    /// Returns the certificates that are pinned, then those that were.
    pub(crate) fn known_keys(&self) -> Vec<KnownKey> {
        let pinned = self.certificates();
        pinned.iter().map(KnownKey::from).chain(self.retired.iter().cloned()).collect()
    }

    /// Returns the SHA-256 fingerprints of the latest hundred certificates that were pinned before, the
    /// newest last. One that was retired as [`Retirement::Rotated`](crate::Retirement::Rotated), or replaced
    /// by a renewed certificate, can be retired as
    /// [`Retirement::Compromised`](crate::Retirement::Compromised) later.
    pub fn retired_certificates(&self) -> impl Iterator<Item = &str> {
        self.retired.iter().map(|retired| retired.certificate.as_str())
    }

    /// The attribute map.
    #[must_use]
    pub fn attributes(&self) -> &AttributeMap {
        &self.configuration.attributes
    }

    /// Whether logins that begin at JumpCloud are accepted.
    #[must_use]
    pub fn allows_idp_initiated(&self) -> bool {
        self.configuration.allow_idp_initiated
    }

    /// Whether e-mail addresses of any domain are accepted, as unverified ones.
    #[must_use]
    pub fn accepts_any_email_domain(&self) -> bool {
        self.configuration.any_email_domain
    }

    /// Whether logins through it depend on the organization's verified domains: it is active or enforced, and
    /// refuses the addresses of other domains. Stores keep this with the record.
    #[must_use]
    pub fn relies_on_domains(&self) -> bool {
        self.phase() >= Phase::Active && !self.accepts_any_email_domain()
    }

    /// Who may log in by other ways in an emergency, by the service's own names for them.
    #[must_use]
    pub fn break_glass(&self) -> &[String] {
        &self.break_glass
    }

    /// The record as a JSON object, for a store to keep.
    ///
    /// # Errors
    /// [`StoreError`] for a time beyond the year 9999.
    pub fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::new("a connection cannot be written").because(error))
    }

    /// The record of a JSON object that [`to_json`](Self::to_json) gave.
    ///
    /// # Errors
    /// [`StoreError`] for anything else, and for a record in the format of a later version, which this one
    /// could misunderstand.
    pub fn from_json(json: &str) -> Result<Self, StoreError> {
        let unreadable = |error: serde_json::Error| {
            StoreError::new(format!("a connection is unreadable: {error}")).because(error)
        };
        // Before anything else, since the rest may be of another form.
        let Format { format } = serde_json::from_str(json).map_err(unreadable)?;
        if format > FORMAT {
            return Err(StoreError::new(format!(
                "a connection is stored in format {format}, but this version reads formats up to {FORMAT}; \
                 upgrade this process to the version that wrote it"
            )));
        }
        serde_json::from_str(json).map_err(unreadable)
    }

    /// What logins go through, whatever the phase. `domains` are those that the organization has verified.
    pub(crate) fn build(
        &self,
        settings: &Settings,
        domains: &[String],
    ) -> Result<Connection, ConnectionError> {
        let configuration = &*self.configuration;
        // `Edit` pins none; a record that an older version wrote could.
        if let Some(certificate) = self.certificates().iter().find(|it| self.is_compromised(it)) {
            let fingerprint = certificate.fingerprint_sha256().to_string();
            return Err(ConnectionError::KeyCompromised { fingerprint });
        }
        let mut builder = Connection::builder(settings, &self.id, &self.organization)?
            .revision(self.revision)
            .activation(self.activation)
            .idp_url(configuration.idp_url.as_deref().unwrap_or_default())
            .idp_entity_id(configuration.idp_entity_id.as_deref().unwrap_or_default())
            .attributes(configuration.attributes.clone())
            .algorithms(configuration.algorithm_policy()?)
            .request_authn_contexts(&configuration.request_authn_contexts)
            .require_authn_contexts(&configuration.require_authn_contexts)
            .domains(if configuration.any_email_domain {
                EmailDomains::any_with_verified(domains)
            } else {
                EmailDomains::only(domains)
            });
        for pem in &configuration.certificates {
            builder = builder.certificate(pem.as_bytes());
        }
        if configuration.allow_idp_initiated {
            builder = builder.allow_idp_initiated();
        }
        if configuration.enforce_certificate_dates {
            builder = builder.enforce_certificate_dates();
        }
        if let Some(skew) = configuration.clock_skew {
            builder = builder.clock_skew(skew);
        }
        if configuration.cross_verify {
            builder = builder.cross_verify();
        }
        if configuration.require_signed_response {
            builder = builder.require_signed_response();
        }
        if !configuration.decryption_keys.is_empty() {
            let decryptor = settings.open_decryption_keys(&configuration.decryption_keys, &self.id)?;
            builder = builder.decryptor(decryptor);
        }
        builder.build()
    }
}

/// Drops all but the last `limit` entries.
fn keep_newest<T>(entries: &mut Vec<T>, limit: usize) {
    entries.drain(..entries.len().saturating_sub(limit));
}

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
