//! Changing a connection's configuration.

mod effect;
mod error;
mod impact;

use std::fmt;
use std::time::{Duration, SystemTime};

use saml_protocol::{IdpMetadata, MetadataError};
use saml_signature::Certificate;
use saml_sp::{Change, FieldError, KnownKey, Retirement, Settings, Surroundings, setting_methods};

use crate::completed_login::CompletedLogin;
use crate::event::FieldChange;
use crate::record::{ConnectionRecord, MAX_COMPROMISED, Use};
use effect::{pinned_keys, revoked_keys, still_pinned};
use impact::{compromised_keys, keeps_members_in};

pub use effect::Effect;
pub(crate) use effect::{Plan, RevokedKey};
pub use error::EditError;

/// What an administrator wants to change, all at once or field by field. Nothing is checked before it is
/// applied, and nothing is applied unless all of it is right.
#[derive(Clone, Default)]
pub struct Edit {
    changes: Vec<Change>,
    accepts_end_of_enforcement: bool,
}

impl fmt::Debug for Edit {
    /// Without what was pasted: whatever belongs there, it may be a private key by mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("changes", &self.changes).finish_non_exhaustive()
    }
}

impl Edit {
    setting_methods!();

    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Pins the key of another certificate, as downloaded or pasted. A file names one key
    /// ([`CertificateError::SeveralKeys`](saml_signature::CertificateError::SeveralKeys)); to pin two, add
    /// two files. A certificate of a key that is pinned already replaces the former one, if it expires no
    /// earlier: this is a renewal.
    #[must_use]
    pub fn add_certificate(self, certificate: &[u8]) -> Self {
        self.change(Change::AddCertificate(certificate.to_vec()))
    }

    /// Stops trusting the certificate with this SHA-256 fingerprint, which may be written with colons or
    /// without, in either case. One that was pinned before is known still: retiring it as
    /// [`Retirement::Rotated`] changes nothing, as [`Retirement::Compromised`] it revokes what its key
    /// began.
    #[must_use]
    pub fn retire_certificate(self, fingerprint: &str, reason: Retirement) -> Self {
        self.change(Change::RetireCertificate { fingerprint: fingerprint.to_owned(), reason })
    }

    /// Sets the tolerance for clocks that differ; more than 300 seconds is refused.
    #[must_use]
    pub fn clock_skew(self, skew: Duration) -> Self {
        self.change(Change::ClockSkew(skew))
    }

    /// Forgets the private keys other than the newest, once the identity provider encrypts to that one.
    #[must_use]
    pub fn remove_former_decryption_key(self) -> Self {
        self.change(Change::RemoveFormerDecryptionKeys)
    }

    /// Forgets all private keys.
    #[must_use]
    pub fn remove_decryption_key(self) -> Self {
        self.change(Change::RemoveDecryptionKeys)
    }

    /// Takes IdP URL, IdP Entity ID and certificates out of JumpCloud's metadata (*Export Metadata*).
    /// Certificates are added to those that are pinned; nothing else is taken, so that an import can
    /// weaken nothing.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn metadata(self, xml: &[u8], now: SystemTime) -> Result<Self, MetadataError> {
        let metadata = IdpMetadata::parse(xml, now)?;
        let edit = self.idp_url(metadata.sso_url().as_str()).idp_entity_id(metadata.entity_id());
        let pems = metadata.certificates().iter().map(Certificate::to_pem);
        Ok(pems.fold(edit, |edit, pem| edit.add_certificate(pem.as_bytes())))
    }

    /// Accepts that enforcement ends with this change, where it does: members can then log in by other ways
    /// until the connection is tested and enforced anew. Without this such a change is refused.
    #[must_use]
    pub fn accept_end_of_enforcement(mut self) -> Self {
        self.accepts_end_of_enforcement = true;
        self
    }

    /// Returns the changes, in the order in which they are made.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns whether it does nothing but trust less than before.
    pub(crate) fn only_withdraws(&self) -> bool {
        self.changes.iter().all(Change::only_withdraws)
    }

    pub(crate) fn accepts_end_of_enforcement(&self) -> bool {
        self.accepts_end_of_enforcement
    }

    /// Returns what `record` becomes. `others` are the other connections of the organization.
    pub(crate) fn apply(
        &self,
        record: &ConnectionRecord,
        others: &[ConnectionRecord],
        logins: &[CompletedLogin],
        settings: &Settings,
    ) -> Result<Plan, EditError> {
        let mut problems = Vec::new();
        let mut next = record.clone();
        let compromised = self.compromised(record);
        next.compromise(&compromised);
        if next.compromised.len() > MAX_COMPROMISED {
            problems.push(FieldError::CompromisedKeys { limit: MAX_COMPROMISED });
        }
        let is_compromised = |certificate: &Certificate| {
            next.is_compromised(certificate) || others.iter().any(|other| other.is_compromised(certificate))
        };
        let surroundings = Surroundings {
            settings,
            connection: record.id(),
            known_keys: &record.known_keys(),
            is_compromised: &is_compromised,
            is_in_use: record.use_of != Use::Disabled,
        };
        let (configuration, wrong) = record.configuration.changed(&self.changes, &surroundings);
        *next.configuration = configuration;
        problems.extend(wrong);
        if !problems.is_empty() {
            return Err(EditError { problems });
        }
        next.remember_retired(&record.certificates());
        let mut changes = record.configuration.differences(&next.configuration);
        changes.extend(compromised_keys(record, &compromised));
        let relied_on = changes.iter().any(|change| change.is_relied_on);
        if relied_on {
            next.revision += 1;
        }
        let mut effects = Vec::new();
        if relied_on {
            effects.push(Effect::NeedsTestLogin);
        }
        if record.allows_idp_initiated() && !next.allows_idp_initiated() {
            effects.push(Effect::RefusesIdpInitiated);
        }
        let is_enforced = matches!(record.use_of, Use::Enforced { .. });
        if is_enforced && !keeps_members_in(record, &next, &changes, logins) {
            effects.push(Effect::EndsEnforcement);
            next.use_of = Use::Active;
        }
        effects.extend(pinned_keys(record, &next));
        let revokes = |known: &KnownKey| Effect::RevokesSessions { certificate: known.certificate.clone() };
        effects.extend(compromised.iter().map(revokes));
        effects.extend(still_pinned(others, &compromised));
        let changes = changes.into_iter().map(FieldChange::from).collect();
        let revoked_keys = revoked_keys(record, others, &compromised);
        let only_withdraws = self.only_withdraws() && record.relies_on_domains() == next.relies_on_domains();
        Ok(Plan { record: next, changes, effects, revoked_keys, only_withdraws })
    }

    /// Returns the certificates, pinned or once pinned, that are retired because their key is compromised.
    fn compromised(&self, record: &ConnectionRecord) -> Vec<KnownKey> {
        let mut known = record.known_keys();
        known.retain(|known| {
            self.changes.iter().any(|change| match change {
                Change::RetireCertificate { fingerprint, reason: Retirement::Compromised } => {
                    known.has_fingerprint(fingerprint)
                }
                _ => false,
            })
        });
        known
    }
}
