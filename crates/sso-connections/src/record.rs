//! An organization's connection as it is kept: what is configured so far, and how far it has come.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use saml_attributes::AttributeMap;
use saml_signature::Certificate;
use saml_sp::{Configuration, Connection, ConnectionError, Identity, KnownKey, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sso_session::IdpKey;
use sso_store::{ConnectionRow, StoreError};

use crate::phase::{Missing, Phase};
use crate::text_time;

/// How many compromised keys a record remembers. What is forbidden must not be forgotten: one more is
/// refused.
pub(crate) const MAX_COMPROMISED: usize = 100;

/// How many certificates that are no longer pinned a record remembers.
const MAX_RETIRED: usize = 100;

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
        let configuration = &*self.configuration;
        let checks = [
            (configuration.idp_url().is_none(), Missing::IdpUrl),
            (configuration.idp_entity_id().is_none(), Missing::IdpEntityId),
            (configuration.pins_nothing(), Missing::Certificate),
        ];
        checks.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| what).collect()
    }

    /// The IdP URL, where one was given.
    #[must_use]
    pub fn idp_url(&self) -> Option<&str> {
        self.configuration.idp_url()
    }

    /// The IdP Entity ID, where one was given.
    #[must_use]
    pub fn idp_entity_id(&self) -> Option<&str> {
        self.configuration.idp_entity_id()
    }

    /// The pinned certificates.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.configuration.certificates()
    }

    /// Returns whether the key of `certificate` was retired as compromised
    /// ([`Retirement::Compromised`](saml_sp::Retirement)). Such a key cannot be pinned again.
    #[must_use]
    pub fn is_compromised(&self, certificate: &Certificate) -> bool {
        let fingerprint = certificate.public_key_fingerprint().to_string();
        self.compromised.contains(&fingerprint)
    }

    /// Whether the key of this name, as sessions have it, was retired as compromised.
    pub(crate) fn has_compromised(&self, idp_key: &str) -> bool {
        self.compromised.iter().any(|fingerprint| IdpKey::from_text(fingerprint).as_str() == idp_key)
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
    /// newest last. One that was retired as [`Retirement::Rotated`](saml_sp::Retirement::Rotated), or
    /// replaced by a renewed certificate, can be retired as
    /// [`Retirement::Compromised`](saml_sp::Retirement::Compromised) later.
    pub fn retired_certificates(&self) -> impl Iterator<Item = &str> {
        self.retired.iter().map(|retired| retired.certificate.as_str())
    }

    /// The attribute map.
    #[must_use]
    pub fn attributes(&self) -> &AttributeMap {
        self.configuration.attributes()
    }

    /// Whether logins that begin at JumpCloud are accepted.
    #[must_use]
    pub fn allows_idp_initiated(&self) -> bool {
        self.configuration.allows_idp_initiated()
    }

    /// Whether e-mail addresses of any domain are accepted, as unverified ones.
    #[must_use]
    pub fn accepts_any_email_domain(&self) -> bool {
        self.configuration.accepts_any_email_domain()
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
        let identity = Identity {
            id: &self.id,
            organization: &self.organization,
            verified_domains: domains,
            revision: self.revision,
            activation: Some(self.activation),
        };
        Connection::new(settings, identity, configuration.clone())
    }

    /// The row that a store keeps.
    pub(crate) fn to_row(&self) -> Result<ConnectionRow, StoreError> {
        Ok(ConnectionRow {
            id: self.id.clone(),
            organization: self.organization.clone(),
            version: self.version,
            is_enforced: self.phase() == Phase::Enforced,
            relies_on_domains: self.relies_on_domains(),
            json: self.to_json()?,
        })
    }

    /// The record of a row, which has to be the record that the row says.
    pub(crate) fn from_row(row: &ConnectionRow) -> Result<Self, StoreError> {
        let record = Self::from_json(&row.json)?;
        let is_it =
            (&record.id, &record.organization, record.version) == (&row.id, &row.organization, row.version);
        if is_it { Ok(record) } else { Err(StoreError::new("a connection is kept as another one")) }
    }
}

/// Drops all but the last `limit` entries.
fn keep_newest<T>(entries: &mut Vec<T>, limit: usize) {
    entries.drain(..entries.len().saturating_sub(limit));
}
