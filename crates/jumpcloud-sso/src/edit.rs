//! Changing a connection's configuration.

mod changes;
mod effect;
mod error;

use std::fmt;
use std::time::{Duration, SystemTime};

use saml_attributes::AttributeMap;
use saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor};
use saml_protocol::{IdpMetadata, MetadataError, ResponseVerifier};
use saml_signature::{Certificate, SignatureAlgorithm, TrustedKeys};
use sso_types::clock::MAX_CLOCK_SKEW;

use crate::connection::{
    ConnectionError, REQUESTED, REQUIRED, check_attribute_names, check_authn_contexts, check_decryption_keys,
    check_entity_id, check_keys_are_apart,
};
use crate::record::{CompletedLogin, Configuration, ConnectionRecord, KnownKey, MAX_COMPROMISED, Use};
use crate::settings::{Settings, excerpt};
use changes::{changes, compromised_keys, keeps_members_in};
use effect::{pinned_keys, revoked_keys, still_pinned};

pub use effect::Effect;
pub(crate) use effect::{Plan, RevokedKey};
pub use error::{EditError, FieldError};

/// What an administrator wants to change, all at once or field by field. Nothing is checked before it is
/// applied, and nothing is applied unless all of it is right.
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
    algorithms: Option<Vec<String>>,
    cross_verify: Option<bool>,
    require_signed_response: Option<bool>,
    request_authn_contexts: Option<Vec<String>>,
    require_authn_contexts: Option<Vec<String>>,
    decryption_key: KeyEdit,
    accepts_end_of_enforcement: bool,
}

/// Why a certificate is retired, which decides what happens to the sessions that its key began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// The identity provider signs with another key now. Sessions go on, and the key can be pinned again.
    Rotated,
    /// Somebody else may hold the private key. Every session that the key began is revoked, and no
    /// certificate of this key can be pinned again by any connection of the organization, as long as this one is not deleted.
    ///
    /// This holds for the key, in whatever certificate: a renewed certificate of the same key is retired too.
    /// A certificate that is no longer pinned can be retired so as well
    /// ([`retired_certificates`](crate::ConnectionRecord::retired_certificates)), and doing it again revokes
    /// the sessions again.
    Compromised,
}

#[derive(Clone, Default)]
enum KeyEdit {
    #[default]
    Keep,
    /// PEM.
    Add(String),
    KeepNewest,
    Remove,
}

/// How many decryption keys a connection has: two while one replaces the other.
const MAX_DECRYPTION_KEYS: usize = 2;

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
    /// ([`CertificateError::SeveralKeys`](crate::CertificateError::SeveralKeys)); to pin two, add two files.
    /// A certificate of a key that is pinned already replaces the former one, if it expires no earlier: this
    /// is a renewal.
    #[must_use]
    pub fn add_certificate(mut self, certificate: &[u8]) -> Self {
        self.added.push(certificate.to_vec());
        self
    }

    /// Stops trusting the certificate with this SHA-256 fingerprint, which may be written with colons or
    /// without, in either case. One that was pinned before is known still: retiring it as
    /// [`Retirement::Rotated`] changes nothing, as [`Retirement::Compromised`] it revokes what its key began.
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

    /// Accepts e-mail addresses of any domain, as unverified ones, or no longer. The service must then never
    /// take an address for proof of who somebody is.
    #[must_use]
    pub fn accept_any_email_domain(mut self, accept: bool) -> Self {
        self.any_email_domain = Some(accept);
        self
    }

    /// Accepts signatures by these algorithms only, or by all that are secure where there are none: see
    /// [`AlgorithmPolicy::only`](saml_signature::AlgorithmPolicy::only).
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = SignatureAlgorithm>) -> Self {
        let mut names: Vec<_> = algorithms.into_iter().map(|it| it.name().to_owned()).collect();
        names.sort();
        names.dedup();
        self.algorithms = Some(names);
        self
    }

    /// Has the second implementation of [`Settings::cross_verifier`] agree to every login, or no longer.
    /// Refused where the settings have none.
    #[must_use]
    pub fn cross_verify(mut self, verify: bool) -> Self {
        self.cross_verify = Some(verify);
        self
    }

    /// Refuses logins by a Response that carries no signature of its own, or no longer: see
    /// [`ConnectionBuilder::require_signed_response`](crate::ConnectionBuilder::require_signed_response).
    #[must_use]
    pub fn require_signed_response(mut self, require: bool) -> Self {
        self.require_signed_response = Some(require);
        self
    }

    /// Asks the identity provider for these ways of authentication, or for none in particular: see
    /// [`ConnectionBuilder::request_authn_contexts`](crate::ConnectionBuilder::request_authn_contexts).
    #[must_use]
    pub fn request_authn_contexts(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.request_authn_contexts = Some(classes.into_iter().map(Into::into).collect());
        self
    }

    /// Refuses logins by other ways of authentication than these, or by none: see
    /// [`ConnectionBuilder::require_authn_contexts`](crate::ConnectionBuilder::require_authn_contexts).
    #[must_use]
    pub fn require_authn_contexts(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.require_authn_contexts = Some(classes.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a private key for encrypted assertions, PEM. It is sealed before it is stored. JumpCloud sends
    /// none.
    ///
    /// The key that was the newest before goes on decrypting, so that the identity provider can be given the
    /// new one meanwhile; one that is older still is forgotten.
    #[must_use]
    pub fn decryption_key(mut self, pem: &str) -> Self {
        self.decryption_key = KeyEdit::Add(pem.to_owned());
        self
    }

    /// Forgets the private keys other than the newest, once the identity provider encrypts to that one.
    #[must_use]
    pub fn remove_former_decryption_key(mut self) -> Self {
        self.decryption_key = KeyEdit::KeepNewest;
        self
    }

    /// Forgets all private keys.
    #[must_use]
    pub fn remove_decryption_key(mut self) -> Self {
        self.decryption_key = KeyEdit::Remove;
        self
    }

    /// Takes IdP URL, IdP Entity ID and certificates out of JumpCloud's metadata (*Export Metadata*).
    /// Certificates are added to those that are pinned; nothing else is taken, so that an import can weaken
    /// nothing.
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

    /// Returns whether it does nothing but trust less than before. Each field is named, so that the compiler asks
    /// about a new one.
    pub(crate) fn only_withdraws(&self) -> bool {
        let Self {
            idp_url,
            idp_entity_id,
            added,
            retired: _,
            attributes,
            allow_idp_initiated,
            clock_skew,
            insecure_allow_sha1,
            enforce_certificate_dates,
            any_email_domain,
            algorithms,
            cross_verify,
            require_signed_response,
            request_authn_contexts,
            require_authn_contexts,
            decryption_key,
            accepts_end_of_enforcement: _,
        } = self;
        let sets = idp_url.is_some()
            || idp_entity_id.is_some()
            || !added.is_empty()
            || attributes.is_some()
            || clock_skew.is_some()
            || enforce_certificate_dates.is_some()
            || algorithms.is_some()
            || cross_verify.is_some()
            || require_signed_response.is_some()
            || request_authn_contexts.is_some()
            || require_authn_contexts.is_some()
            || matches!(decryption_key, KeyEdit::Add(_));
        let allows = [*allow_idp_initiated, *insecure_allow_sha1, *any_email_domain];
        !sets && !allows.contains(&Some(true))
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
        next.configuration = self.configured(&next, others, settings, &mut problems);
        if !problems.is_empty() {
            return Err(EditError { problems });
        }
        next.remember_retired(&record.certificates());
        let mut changes = changes(&record.configuration, &next.configuration);
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
        let changes = changes.into_iter().map(|change| change.field).collect();
        let revoked_keys = revoked_keys(record, others, &compromised);
        let only_withdraws = self.only_withdraws() && record.relies_on_domains() == next.relies_on_domains();
        Ok(Plan { record: next, changes, effects, revoked_keys, only_withdraws })
    }

    /// Returns the certificates, pinned or once pinned, that are retired because their key is compromised.
    fn compromised(&self, record: &ConnectionRecord) -> Vec<KnownKey> {
        let mut known = record.known_keys();
        known.retain(|known| {
            self.retired.iter().any(|(fingerprint, reason)| {
                *reason == Retirement::Compromised && is_fingerprint(fingerprint, &known.certificate)
            })
        });
        known
    }

    fn configured(
        &self,
        record: &ConnectionRecord,
        others: &[ConnectionRecord],
        settings: &Settings,
        problems: &mut Vec<FieldError>,
    ) -> Box<Configuration> {
        let mut configuration = record.configuration.clone();
        if let Some(url) = &self.idp_url {
            match settings.site().check_idp_url(url) {
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
        self.certificates(record, others, &mut configuration, problems);
        match self.decryption_keys(record, settings) {
            Ok(keys) => configuration.decryption_keys = keys,
            Err(error) => problems.push(error),
        }
        // What was there before is no reason to refuse a change that only takes away.
        if !self.added.is_empty() || matches!(self.decryption_key, KeyEdit::Add(_)) {
            problems.extend(key_for_both(&configuration, record, settings).map(FieldError::from));
        }
        if let Some(map) = &self.attributes {
            configuration.attributes = map.clone();
            problems.extend(check_attribute_names(map).err().map(FieldError::from));
        }
        if let Some(skew) = self.clock_skew {
            configuration.clock_skew = Some(skew);
            if skew > MAX_CLOCK_SKEW {
                problems.push(FieldError::ClockSkew { limit: MAX_CLOCK_SKEW, found: skew });
            }
        }
        if let Some(names) = &self.algorithms {
            configuration.algorithms.clone_from(names);
        }
        if self.cross_verify == Some(true) && settings.second_implementation().is_none() {
            problems.push(ConnectionError::CrossVerifier.into());
        }
        let contexts = [
            (REQUESTED, &mut configuration.request_authn_contexts, &self.request_authn_contexts),
            (REQUIRED, &mut configuration.require_authn_contexts, &self.require_authn_contexts),
        ];
        for (field, present, wanted) in contexts {
            let Some(classes) = wanted else { continue };
            match check_authn_contexts(field, classes) {
                Ok(()) => present.clone_from(classes),
                Err(error) => problems.push(error.into()),
            }
        }
        let flags = [
            (&mut configuration.allow_idp_initiated, self.allow_idp_initiated),
            (&mut configuration.insecure_allow_sha1, self.insecure_allow_sha1),
            (&mut configuration.enforce_certificate_dates, self.enforce_certificate_dates),
            (&mut configuration.any_email_domain, self.any_email_domain),
            (&mut configuration.cross_verify, self.cross_verify),
            (&mut configuration.require_signed_response, self.require_signed_response),
        ];
        for (flag, wanted) in flags {
            *flag = wanted.unwrap_or(*flag);
        }
        configuration
    }

    /// The private keys after the change, sealed, the newest first.
    fn decryption_keys(
        &self,
        record: &ConnectionRecord,
        settings: &Settings,
    ) -> Result<Vec<String>, FieldError> {
        let present = record.configuration.decryption_keys.clone();
        let pem = match &self.decryption_key {
            KeyEdit::Keep => return Ok(present),
            KeyEdit::KeepNewest => return Ok(present.into_iter().take(1).collect()),
            KeyEdit::Remove => return Ok(Vec::new()),
            KeyEdit::Add(pem) => pem,
        };
        let key = DecryptionKey::from_pem(pem)?;
        // The same key once more is no change, though it would be sealed into another text.
        let (same, others): (Vec<_>, Vec<_>) =
            present.into_iter().partition(|sealed| settings.seals(sealed, &key, record.id()));
        check_decryption_keys(&Decryptor::new([key], DecryptionPolicy::default())?)?;
        let newest = match same.into_iter().next() {
            Some(sealed) => sealed,
            None => settings.seal_decryption_key(pem, record.id())?,
        };
        Ok(std::iter::once(newest).chain(others).take(MAX_DECRYPTION_KEYS).collect())
    }

    fn certificates(
        &self,
        record: &ConnectionRecord,
        others: &[ConnectionRecord],
        configuration: &mut Configuration,
        problems: &mut Vec<FieldError>,
    ) {
        let mut certificates = record.certificates();
        // First, so that what is retired is what was pinned before, and not what takes its place.
        let known_keys = record.known_keys();
        for (fingerprint, reason) in &self.retired {
            let Some(meant) = known_keys.iter().find(|it| is_fingerprint(fingerprint, &it.certificate))
            else {
                problems.push(FieldError::UnknownCertificate { fingerprint: excerpt(fingerprint) });
                continue;
            };
            certificates.retain(|certificate| {
                let pinned = KnownKey::from(certificate);
                match reason {
                    Retirement::Rotated => pinned.certificate != meant.certificate,
                    // Whoever holds the key holds it in a renewed certificate, too.
                    Retirement::Compromised => pinned.key != meant.key,
                }
            });
        }
        let is_compromised = |certificate: &Certificate| {
            record.is_compromised(certificate) || others.iter().any(|other| other.is_compromised(certificate))
        };
        for input in &self.added {
            match Certificate::parse(input) {
                Ok(added) if is_compromised(&added) => {
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
fn is_fingerprint(text: &str, fingerprint: &str) -> bool {
    let digits = |text: &str| -> String {
        text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
    };
    digits(text) == digits(fingerprint)
}

/// Whether a key that is pinned is also the one for decryption. What cannot be read has been said elsewhere.
fn key_for_both(
    configuration: &Configuration,
    record: &ConnectionRecord,
    settings: &Settings,
) -> Option<ConnectionError> {
    let decryptor = settings.open_decryption_keys(&configuration.decryption_keys, record.id()).ok()?;
    let pinned = configuration.certificates.iter().filter_map(|pem| Certificate::parse(pem.as_bytes()).ok());
    let verifier = ResponseVerifier::new(TrustedKeys::new(pinned).ok()?).decryptor(decryptor);
    check_keys_are_apart(&verifier).err()
}
