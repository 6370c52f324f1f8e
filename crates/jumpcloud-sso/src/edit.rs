//! Changing a connection's configuration.

use std::fmt;
use std::time::{Duration, SystemTime};

use saml_attributes::{AttributeMap, Field};
use saml_encryption::{DecryptionKey, DecryptionKeyError};
use saml_protocol::{IdpMetadata, MetadataError, ResponseVerifier};
use saml_signature::{Certificate, CertificateError, Fingerprint, TrustedKeys};
use thiserror::Error;

use crate::connection::{ConnectionError, check_entity_id, check_idp_url, check_keys_are_apart};
use crate::event::FieldChange;
use crate::record::{CompletedLogin, Configuration, ConnectionRecord, Use};
use crate::settings::{Settings, SettingsError, excerpt};

/// What is tolerated where nothing was said.
const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// More is no skew but a wrong clock.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

/// What an administrator wants to change, all at once or field by field. Nothing is checked before it is applied, and
/// nothing is applied unless all of it is right.
#[derive(Clone, Default)]
pub struct Edit {
    idp_url: Option<String>,
    idp_entity_id: Option<String>,
    added: Vec<Vec<u8>>,
    retired: Vec<(String, Retirement)>,
    attributes: Option<AttributeMap>,
    allow_idp_initiated: Option<bool>,
    clock_skew: Option<Duration>,
    insecure_allow_sha1: Option<bool>,
    enforce_certificate_dates: Option<bool>,
    any_email_domain: Option<bool>,
    decryption_key: KeyEdit,
    accepts_end_of_enforcement: bool,
}

/// Why a certificate is retired, which decides what happens to the sessions that its key began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// The identity provider signs with another key now. Sessions go on, and the key can be pinned again.
    Rotated,
    /// Somebody else may hold the private key. Every session that the key began is revoked, and no certificate of this key
    /// can be pinned again.
    Compromised,
}

#[derive(Clone, Default)]
enum KeyEdit {
    #[default]
    Keep,
    /// PEM.
    Set(String),
    Remove,
}

impl fmt::Debug for Edit {
    /// Without what was pasted: whatever belongs there, it may be a private key by mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("idp_url", &self.idp_url.is_some())
            .field("idp_entity_id", &self.idp_entity_id.is_some())
            .field("added", &self.added.len())
            .field("retired", &self.retired.len())
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

impl Edit {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the IdP URL: JumpCloud's field *IDP URL*.
    #[must_use]
    pub fn idp_url(mut self, url: &str) -> Self {
        self.idp_url = Some(url.to_owned());
        self
    }

    /// Sets the IdP Entity ID: JumpCloud's field *IdP Entity ID*, to the letter.
    #[must_use]
    pub fn idp_entity_id(mut self, entity_id: &str) -> Self {
        self.idp_entity_id = Some(entity_id.to_owned());
        self
    }

    /// Pins the key of another certificate, as downloaded or pasted. A file names one key
    /// ([`CertificateError::SeveralKeys`]); to pin two, add two files. A certificate of a key that is pinned already replaces
    /// the former one, if it expires no earlier: this is a renewal.
    #[must_use]
    pub fn add_certificate(mut self, certificate: &[u8]) -> Self {
        self.added.push(certificate.to_vec());
        self
    }

    /// Stops trusting the pinned certificate with this SHA-256 fingerprint, which may be written with colons or without,
    /// in either case.
    #[must_use]
    pub fn retire_certificate(mut self, fingerprint: &str, reason: Retirement) -> Self {
        self.retired.push((fingerprint.to_owned(), reason));
        self
    }

    /// Sets the attribute map.
    #[must_use]
    pub fn attributes(mut self, map: AttributeMap) -> Self {
        self.attributes = Some(map);
        self
    }

    /// Accepts logins that begin at JumpCloud, or no longer: see
    /// [`ConnectionBuilder::allow_idp_initiated`](crate::ConnectionBuilder::allow_idp_initiated).
    #[must_use]
    pub fn allow_idp_initiated(mut self, allow: bool) -> Self {
        self.allow_idp_initiated = Some(allow);
        self
    }

    /// Sets the tolerance for clocks that differ; more than 300 seconds is refused.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = Some(skew);
        self
    }

    /// Accepts signatures that rely on SHA-1, which is broken, or no longer.
    #[must_use]
    pub fn insecure_allow_sha1(mut self, allow: bool) -> Self {
        self.insecure_allow_sha1 = Some(allow);
        self
    }

    /// Refuses logins by a certificate that has expired, or no longer: see
    /// [`ConnectionBuilder::enforce_certificate_dates`](crate::ConnectionBuilder::enforce_certificate_dates).
    #[must_use]
    pub fn enforce_certificate_dates(mut self, enforce: bool) -> Self {
        self.enforce_certificate_dates = Some(enforce);
        self
    }

    /// Accepts e-mail addresses of any domain, as unverified ones, or no longer. The service must then never take an
    /// address for proof of who somebody is.
    #[must_use]
    pub fn accept_any_email_domain(mut self, accept: bool) -> Self {
        self.any_email_domain = Some(accept);
        self
    }

    /// Sets the private key for encrypted assertions, PEM. It is sealed before it is stored. JumpCloud sends none.
    #[must_use]
    pub fn decryption_key(mut self, pem: &str) -> Self {
        self.decryption_key = KeyEdit::Set(pem.to_owned());
        self
    }

    /// Forgets the private key.
    #[must_use]
    pub fn remove_decryption_key(mut self) -> Self {
        self.decryption_key = KeyEdit::Remove;
        self
    }

    /// Takes IdP URL, IdP Entity ID and certificates out of JumpCloud's metadata (*Export Metadata*). Certificates are
    /// added to those that are pinned; nothing else is taken, so that an import can weaken nothing.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn metadata(self, xml: &[u8], now: SystemTime) -> Result<Self, MetadataError> {
        let metadata = IdpMetadata::parse(xml, now)?;
        let edit = self.idp_url(metadata.sso_url().as_str()).idp_entity_id(metadata.entity_id());
        let pems = metadata.certificates().iter().map(Certificate::to_pem);
        Ok(pems.fold(edit, |edit, pem| edit.add_certificate(pem.as_bytes())))
    }

    /// Accepts that enforcement ends with this change, where it does: members can then log in by other ways until the
    /// connection is tested and enforced anew. Without this such a change is refused.
    #[must_use]
    pub fn accept_end_of_enforcement(mut self) -> Self {
        self.accepts_end_of_enforcement = true;
        self
    }

    /// Whether it does nothing but trust less than before.
    pub(crate) fn only_withdraws(&self) -> bool {
        let sets = self.idp_url.is_some()
            || self.idp_entity_id.is_some()
            || !self.added.is_empty()
            || self.attributes.is_some()
            || self.clock_skew.is_some()
            || self.enforce_certificate_dates.is_some()
            || matches!(self.decryption_key, KeyEdit::Set(_));
        let allows = [self.allow_idp_initiated, self.insecure_allow_sha1, self.any_email_domain];
        !sets && !allows.contains(&Some(true))
    }

    pub(crate) fn accepts_end_of_enforcement(&self) -> bool {
        self.accepts_end_of_enforcement
    }

    /// What `record` becomes.
    pub(crate) fn apply(
        &self,
        record: &ConnectionRecord,
        logins: &[CompletedLogin],
        settings: &Settings,
    ) -> Result<Plan, EditError> {
        let mut problems = Vec::new();
        let mut next = record.clone();
        let compromised = self.compromised(record);
        next.compromise(&compromised);
        next.configuration = self.configured(&next, settings, &mut problems);
        if !problems.is_empty() {
            return Err(EditError { problems });
        }
        let mut changes = changes(&record.configuration, &next.configuration);
        changes.extend(compromised_keys(&compromised));
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
        effects.extend(compromised.iter().map(|certificate| Effect::RevokesSessions {
            certificate: certificate.fingerprint_sha256().to_string(),
        }));
        let changes = changes.into_iter().map(|change| change.field).collect();
        Ok(Plan { record: next, changes, effects, compromised })
    }

    /// The pinned certificates that are retired because their key is compromised.
    fn compromised(&self, record: &ConnectionRecord) -> Vec<Certificate> {
        let mut certificates = record.certificates();
        certificates.retain(|certificate| {
            self.retired.iter().any(|(fingerprint, reason)| {
                *reason == Retirement::Compromised
                    && is_fingerprint(fingerprint, certificate.fingerprint_sha256())
            })
        });
        certificates
    }

    fn configured(
        &self,
        record: &ConnectionRecord,
        settings: &Settings,
        problems: &mut Vec<FieldError>,
    ) -> Configuration {
        let mut configuration = record.configuration.clone();
        if let Some(url) = &self.idp_url {
            match check_idp_url(url) {
                Ok(url) => configuration.idp_url = Some(url.to_string()),
                Err(error) => problems.push(error.into()),
            }
        }
        if let Some(entity_id) = &self.idp_entity_id {
            match check_entity_id(entity_id) {
                Ok(()) => configuration.idp_entity_id = Some(entity_id.clone()),
                Err(error) => problems.push(error.into()),
            }
        }
        self.certificates(record, &mut configuration, problems);
        match &self.decryption_key {
            KeyEdit::Set(pem) => match sealed_key(pem, record, settings) {
                Ok(sealed) => configuration.decryption_key = Some(sealed),
                Err(error) => problems.push(error),
            },
            KeyEdit::Remove => configuration.decryption_key = None,
            KeyEdit::Keep => {}
        }
        // What was there before is no reason to refuse a change that only takes away.
        if !self.added.is_empty() || matches!(self.decryption_key, KeyEdit::Set(_)) {
            problems.extend(key_for_both(&configuration, record, settings).map(FieldError::from));
        }
        if let Some(map) = &self.attributes {
            configuration.attributes = map.clone();
        }
        if let Some(skew) = self.clock_skew {
            configuration.clock_skew = Some(skew);
            if skew > MAX_CLOCK_SKEW {
                problems.push(FieldError::ClockSkew { limit: MAX_CLOCK_SKEW, found: skew });
            }
        }
        let flags = [
            (&mut configuration.allow_idp_initiated, self.allow_idp_initiated),
            (&mut configuration.insecure_allow_sha1, self.insecure_allow_sha1),
            (&mut configuration.enforce_certificate_dates, self.enforce_certificate_dates),
            (&mut configuration.any_email_domain, self.any_email_domain),
        ];
        for (flag, wanted) in flags {
            *flag = wanted.unwrap_or(*flag);
        }
        configuration
    }

    fn certificates(
        &self,
        record: &ConnectionRecord,
        configuration: &mut Configuration,
        problems: &mut Vec<FieldError>,
    ) {
        let mut certificates = record.certificates();
        // First, so that what is retired is what was pinned before, and not what takes its place.
        for (fingerprint, _) in &self.retired {
            let is_meant =
                |certificate: &Certificate| is_fingerprint(fingerprint, certificate.fingerprint_sha256());
            if !certificates.iter().any(is_meant) {
                problems.push(FieldError::UnknownCertificate { fingerprint: excerpt(fingerprint) });
            }
            certificates.retain(|certificate| !is_meant(certificate));
        }
        for input in &self.added {
            match Certificate::parse(input) {
                Ok(added) if record.is_compromised(&added) => {
                    let fingerprint = added.fingerprint_sha256().to_string();
                    problems.push(ConnectionError::KeyCompromised { fingerprint }.into());
                }
                Ok(added) => {
                    let is_same_key =
                        |other: &&mut Certificate| other.public_key_der() == added.public_key_der();
                    match certificates.iter_mut().find(is_same_key) {
                        // An older one, such as out of an old file, does not take the place of a newer one.
                        Some(former) if added.not_after() >= former.not_after() => *former = added,
                        Some(_) => {}
                        None => certificates.push(added),
                    }
                }
                Err(error) => problems.push(error.into()),
            }
        }
        if certificates.is_empty() && record.use_of != Use::Disabled {
            problems.push(FieldError::LastCertificate);
        }
        if !certificates.is_empty()
            && let Err(error) = TrustedKeys::new(certificates.clone())
        {
            problems.push(ConnectionError::from(error).into());
        }
        configuration.certificates = certificates.iter().map(Certificate::to_pem).collect();
    }
}

/// Fingerprints are written with colons or without, in either case.
fn is_fingerprint(text: &str, fingerprint: Fingerprint) -> bool {
    let digits = |text: &str| -> String {
        text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
    };
    digits(text) == digits(&fingerprint.to_string())
}

fn sealed_key(pem: &str, record: &ConnectionRecord, settings: &Settings) -> Result<String, FieldError> {
    DecryptionKey::from_pem(pem)?;
    // The same key once more is no change, though it would be sealed into another text.
    match &record.configuration.decryption_key {
        Some(sealed) if settings.seals(sealed, pem, record.id()) => Ok(sealed.clone()),
        _ => Ok(settings.seal_decryption_key(pem, record.id())?),
    }
}

/// Whether a key that is pinned is also the one for decryption. What cannot be read has been said elsewhere.
fn key_for_both(
    configuration: &Configuration,
    record: &ConnectionRecord,
    settings: &Settings,
) -> Option<ConnectionError> {
    let decryptor =
        settings.open_decryption_key(configuration.decryption_key.as_deref()?, record.id()).ok()?;
    let pinned = configuration.certificates.iter().filter_map(|pem| Certificate::parse(pem.as_bytes()).ok());
    let verifier = ResponseVerifier::new(TrustedKeys::new(pinned).ok()?).decryptor(decryptor);
    check_keys_are_apart(&verifier).err()
}

/// What a change comes to, before it is made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) record: ConnectionRecord,
    pub(crate) changes: Vec<FieldChange>,
    pub(crate) effects: Vec<Effect>,
    /// The certificates whose keys were reported as compromised by this change: sessions that these keys began end.
    #[allow(dead_code, reason = "read where sessions are revoked")]
    pub(crate) compromised: Vec<Certificate>,
}

/// A consequence of a change of the configuration, beyond the changed fields themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// A login has to succeed anew before the connection can be enforced.
    NeedsTestLogin,
    /// Enforcement ends, since nobody can say whether members could still log in. Happens only if it is accepted.
    EndsEnforcement,
    /// Logins that begin at JumpCloud, by a click in its portal, are refused from then on.
    RefusesIdpInitiated,
    /// Whoever holds the private key of this certificate can log in as anybody of the organization from then on.
    PinsKey {
        /// The SHA-256 fingerprint of the certificate.
        certificate: String,
        /// Its subject.
        subject: String,
        /// Whether it is the certificate of a certificate authority (basicConstraints, RFC 5280 §4.2.1.9). One that is
        /// self-signed often says so; one that issued the identity provider's certificate should not be pinned.
        is_authority: bool,
    },
    /// Every session that the key of this certificate began is revoked.
    RevokesSessions {
        /// The SHA-256 fingerprint of the certificate.
        certificate: String,
    },
}

/// The effects of pinning the keys that `after` trusts and `before` does not. A renewed certificate of a key that is
/// pinned already adds none.
fn pinned_keys(before: &ConnectionRecord, after: &ConnectionRecord) -> Vec<Effect> {
    let known = before.certificates();
    let is_new = |certificate: &Certificate| {
        !known.iter().any(|other| other.public_key_der() == certificate.public_key_der())
    };
    let added = after.certificates().into_iter().filter(is_new);
    let effect = |certificate: Certificate| Effect::PinsKey {
        certificate: certificate.fingerprint_sha256().to_string(),
        subject: certificate.subject().to_owned(),
        is_authority: certificate.is_authority(),
    };
    added.map(effect).collect()
}

/// The change that an event names, with the certificates of the keys that were reported.
fn compromised_keys(compromised: &[Certificate]) -> Option<Change> {
    let list: Vec<_> = compromised.iter().map(|it| it.fingerprint_sha256().to_string()).collect();
    let field =
        FieldChange { field: "compromised_keys".to_owned(), before: None, after: Some(list.join(" ")) };
    // What a login relies on are the certificates, which change as well.
    (!list.is_empty()).then_some(Change { field, is_relied_on: false })
}

struct Change {
    field: FieldChange,
    is_relied_on: bool,
}

/// The fields that differ, and whether a login relies on them.
fn changes(before: &Configuration, after: &Configuration) -> Vec<Change> {
    let flag = |value: bool| Some(value.to_string());
    let skew = |value: Option<Duration>| value.map(|skew| format!("{skew:?}"));
    let key = |value: &Option<String>| value.as_ref().map(|_| "a private key".to_owned());
    let tolerated = |value: Option<Duration>| value.unwrap_or(DEFAULT_CLOCK_SKEW);
    let is_stricter = tolerated(after.clock_skew) < tolerated(before.clock_skew);
    let rows = [
        ("idp_url", before.idp_url.clone(), after.idp_url.clone(), true),
        ("idp_entity_id", before.idp_entity_id.clone(), after.idp_entity_id.clone(), true),
        ("certificates", fingerprints(before), fingerprints(after), true),
        ("attributes", Some(described(&before.attributes)), Some(described(&after.attributes)), true),
        ("insecure_allow_sha1", flag(before.insecure_allow_sha1), flag(after.insecure_allow_sha1), true),
        (
            "enforce_certificate_dates",
            flag(before.enforce_certificate_dates),
            flag(after.enforce_certificate_dates),
            true,
        ),
        ("allow_idp_initiated", flag(before.allow_idp_initiated), flag(after.allow_idp_initiated), false),
        ("any_email_domain", flag(before.any_email_domain), flag(after.any_email_domain), true),
        ("clock_skew", skew(before.clock_skew), skew(after.clock_skew), is_stricter),
    ];
    let mut changes: Vec<_> = rows
        .into_iter()
        .filter(|(_, before, after, _)| before != after)
        .map(|(field, before, after, is_relied_on)| Change {
            field: FieldChange { field: field.to_owned(), before, after },
            is_relied_on,
        })
        .collect();
    // A key that takes another's place shows as the same text.
    if before.decryption_key != after.decryption_key {
        let field = FieldChange {
            field: "decryption_key".to_owned(),
            before: key(&before.decryption_key),
            after: key(&after.decryption_key),
        };
        changes.push(Change { field, is_relied_on: true });
    }
    changes
}

fn fingerprints(configuration: &Configuration) -> Option<String> {
    let parsed = configuration.certificates.iter().filter_map(|pem| Certificate::parse(pem.as_bytes()).ok());
    let list: Vec<_> = parsed.map(|certificate| certificate.fingerprint_sha256().to_string()).collect();
    (!list.is_empty()).then(|| list.join(" "))
}

fn described(map: &AttributeMap) -> String {
    let fields = [Field::Email, Field::FirstName, Field::LastName, Field::Groups];
    let of = |field| {
        let name = map.configured_name(field).unwrap_or("default names");
        let required = if map.requires(field) { " (required)" } else { "" };
        format!("{field}: {name}{required}")
    };
    let mut text = fields.map(of).join(", ");
    if map.takes_email_from_name_id() {
        text.push_str(", email from the NameID");
    }
    text
}

/// Whether members who could log in before a change can do so after it: every key that was pinned still is, or the one that
/// JumpCloud has signed the latest login with.
fn keeps_members_in(
    before: &ConnectionRecord,
    after: &ConnectionRecord,
    changes: &[Change],
    logins: &[CompletedLogin],
) -> bool {
    let others = changes.iter().any(|change| change.is_relied_on && change.field.field != "certificates");
    if others {
        return false;
    }
    let remaining = after.certificates();
    let remains = |certificate: &Certificate| {
        remaining.iter().any(|other| other.public_key_der() == certificate.public_key_der())
    };
    let pinned = before.certificates();
    if pinned.iter().all(remains) {
        return true;
    }
    let latest = logins.iter().max_by_key(|login| login.at());
    latest.is_some_and(|login| {
        let signed =
            |certificate: &&Certificate| certificate.fingerprint_sha256().to_string() == login.certificate();
        pinned.iter().find(signed).is_some_and(remains)
    })
}

/// Why a change was refused: every field that is wrong. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct EditError {
    pub(crate) problems: Vec<FieldError>,
}

impl EditError {
    /// The fields that are wrong; at least one.
    #[must_use]
    pub fn problems(&self) -> &[FieldError] {
        &self.problems
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The IdP URL, the IdP Entity ID, or the certificates as a whole.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate to be retired that is not pinned.
    #[error("no certificate with the fingerprint {fingerprint:?} is pinned")]
    UnknownCertificate {
        /// What was given.
        fingerprint: String,
    },
    /// The last certificate of a connection in use.
    #[error("without its last certificate, nobody could log in through the connection; disable it first")]
    LastCertificate,
    /// A tolerance that no clock needs.
    #[error("a tolerance of {found:?} for clocks is more than {limit:?}")]
    ClockSkew {
        /// The limit.
        limit: Duration,
        /// What was given.
        found: Duration,
    },
    /// A private key that cannot be read.
    #[error(transparent)]
    DecryptionKey(#[from] DecryptionKeyError),
    /// It could not be sealed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl FieldError {
    /// The name of the field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Connection(ConnectionError::IdpUrl { .. }) => "idp_url",
            Self::Connection(ConnectionError::IdpEntityId { .. }) => "idp_entity_id",
            Self::Connection(ConnectionError::KeyForBoth { .. })
            | Self::DecryptionKey(_)
            | Self::Settings(_) => "decryption_key",
            Self::ClockSkew { .. } => "clock_skew",
            _ => "certificates",
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Connection(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::UnknownCertificate { .. } => "config.unknown_certificate",
            Self::LastCertificate => "config.last_certificate",
            Self::ClockSkew { .. } => "config.clock_skew",
            Self::DecryptionKey(error) => error.code(),
            Self::Settings(error) => error.code(),
        }
    }

    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        crate::catalogue::hint(self.code())
    }
}
