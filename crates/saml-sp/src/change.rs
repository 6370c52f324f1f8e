//! Changing what is set of a connection.

use sso_types::text::excerpt_of_input;
use std::time::Duration;

use saml_attributes::AttributeMap;
use saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor};
use saml_protocol::ResponseVerifier;
use saml_signature::{Certificate, SignatureAlgorithm, TrustedKeys};
use sso_types::clock::MAX_CLOCK_SKEW;

use crate::checks::{
    REQUESTED, REQUIRED, check_attribute_names, check_authn_contexts, check_decryption_keys, check_entity_id,
    check_keys_are_apart,
};
use crate::configuration::Configuration;
use crate::connection_error::ConnectionError;
use crate::field_error::FieldError;
use crate::known_key::KnownKey;
use crate::settings::Settings;

/// How many decryption keys a connection has: two while one replaces the other.
const MAX_DECRYPTION_KEYS: usize = 2;

/// Why a certificate is retired, which decides what happens to the sessions that its key began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// The identity provider signs with another key now. Sessions go on, and the key can be pinned again.
    Rotated,
    /// Somebody else may hold the private key. Every session that the key began is revoked, and no
    /// certificate of this key can be pinned again by any connection of the organization, as long as this
    /// one is not deleted.
    ///
    /// This holds for the key, in whatever certificate: a renewed certificate of the same key is retired too.
    /// A certificate that is no longer pinned can be retired so as well, and doing it again revokes the
    /// sessions again.
    Compromised,
}

/// A change of one setting. There is one for each field of a [`Configuration`], and it is the only way to set
/// it.
#[derive(Clone)]
#[non_exhaustive]
pub enum Change {
    /// Sets the IdP URL.
    IdpUrl(String),
    /// Sets the IdP Entity ID.
    IdpEntityId(String),
    /// Pins the key of a certificate, PEM or DER.
    AddCertificate(Vec<u8>),
    /// Stops trusting a certificate.
    RetireCertificate {
        /// Its SHA-256 fingerprint, with colons or without, in either case.
        fingerprint: String,
        /// Why.
        reason: Retirement,
    },
    /// Sets the attribute map.
    Attributes(AttributeMap),
    /// Accepts logins that begin at the identity provider, or no longer.
    AllowIdpInitiated(bool),
    /// Sets the tolerance for clocks that differ.
    ClockSkew(Duration),
    /// Accepts signatures that rely on SHA-1, or no longer.
    InsecureAllowSha1(bool),
    /// Decrypts by AES-CBC, or no longer.
    InsecureAllowAesCbc(bool),
    /// Refuses logins by a certificate that is not valid at the time, or no longer.
    EnforceCertificateDates(bool),
    /// Accepts e-mail addresses of any domain, as unverified ones, or no longer.
    AcceptAnyEmailDomain(bool),
    /// Accepts signatures by these algorithms only, or by all that are secure where there are none.
    Algorithms(Vec<SignatureAlgorithm>),
    /// Has the second implementation of the settings agree to every login, or no longer.
    CrossVerify(bool),
    /// Refuses a Response that carries no signature of its own, or no longer.
    RequireSignedResponse(bool),
    /// Asks for these ways of authentication, or for none in particular.
    RequestAuthnContexts(Vec<String>),
    /// Refuses logins by other ways of authentication than these, or by none.
    RequireAuthnContexts(Vec<String>),
    /// Adds a private key for decryption, PEM, as the newest.
    AddDecryptionKey(String),
    /// Forgets the private keys other than the newest.
    RemoveFormerDecryptionKeys,
    /// Forgets all private keys.
    RemoveDecryptionKeys,
}

/// What a change depends on beside the configuration.
#[derive(Clone, Copy)]
pub struct Surroundings<'s> {
    /// The settings of the service.
    pub settings: &'s Settings,
    /// The ID of the connection.
    pub connection: &'s str,
    /// The certificates that are pinned, then those that were.
    pub known_keys: &'s [KnownKey],
    /// Whether the key of a certificate must not be pinned again.
    pub is_compromised: &'s dyn Fn(&Certificate) -> bool,
    /// Whether members can log in, so that a certificate has to be left.
    pub is_in_use: bool,
}

impl std::fmt::Debug for Change {
    /// Without what was pasted: whatever belongs there, it may be a private key by mistake.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({})", self.field())
    }
}

impl Change {
    /// Returns the name of the field that is changed.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::IdpUrl(_) => "idp_url",
            Self::IdpEntityId(_) => "idp_entity_id",
            Self::AddCertificate(_) | Self::RetireCertificate { .. } => "certificates",
            Self::Attributes(_) => "attributes",
            Self::AllowIdpInitiated(_) => "allow_idp_initiated",
            Self::ClockSkew(_) => "clock_skew",
            Self::InsecureAllowSha1(_) => "insecure_allow_sha1",
            Self::InsecureAllowAesCbc(_) => "insecure_allow_aes_cbc",
            Self::EnforceCertificateDates(_) => "enforce_certificate_dates",
            Self::AcceptAnyEmailDomain(_) => "any_email_domain",
            Self::Algorithms(_) => "algorithms",
            Self::CrossVerify(_) => "cross_verify",
            Self::RequireSignedResponse(_) => "require_signed_response",
            Self::RequestAuthnContexts(_) => REQUESTED,
            Self::RequireAuthnContexts(_) => REQUIRED,
            Self::AddDecryptionKey(_) | Self::RemoveFormerDecryptionKeys | Self::RemoveDecryptionKeys => {
                "decryption_key"
            }
        }
    }

    /// Returns whether the change does nothing but trust less than before.
    #[must_use]
    pub fn only_withdraws(&self) -> bool {
        match self {
            Self::RetireCertificate { .. }
            | Self::AllowIdpInitiated(false)
            | Self::InsecureAllowSha1(false)
            | Self::InsecureAllowAesCbc(false)
            | Self::AcceptAnyEmailDomain(false)
            | Self::RemoveFormerDecryptionKeys
            | Self::RemoveDecryptionKeys => true,
            Self::IdpUrl(_)
            | Self::IdpEntityId(_)
            | Self::AddCertificate(_)
            | Self::Attributes(_)
            | Self::AllowIdpInitiated(true)
            | Self::ClockSkew(_)
            | Self::InsecureAllowSha1(true)
            | Self::InsecureAllowAesCbc(true)
            | Self::EnforceCertificateDates(_)
            | Self::AcceptAnyEmailDomain(true)
            | Self::Algorithms(_)
            | Self::CrossVerify(_)
            | Self::RequireSignedResponse(_)
            | Self::RequestAuthnContexts(_)
            | Self::RequireAuthnContexts(_)
            | Self::AddDecryptionKey(_) => false,
        }
    }

    /// Returns whether the change takes the place of a former one in the same list. Certificates and keys add
    /// up.
    fn replaces(&self, former: &Self) -> bool {
        match self {
            Self::AddCertificate(_) | Self::RetireCertificate { .. } | Self::AddDecryptionKey(_) => false,
            _ => self.field() == former.field(),
        }
    }

    /// Adds the change to a list, in place of those that it replaces: of two values of one field the last one
    /// counts.
    pub fn add_to(self, changes: &mut Vec<Self>) {
        changes.retain(|former| !self.replaces(former));
        changes.push(self);
    }

    /// When it is made among others: what is retired is what was pinned before, and not what takes its place.
    /// What is wrong is told in the order of a form.
    fn rank(&self) -> u8 {
        match self {
            Self::IdpUrl(_) => 0,
            Self::IdpEntityId(_) => 1,
            Self::RetireCertificate { .. } => 2,
            Self::AddCertificate(_) => 3,
            Self::AddDecryptionKey(_) | Self::RemoveFormerDecryptionKeys | Self::RemoveDecryptionKeys => 4,
            _ => 5,
        }
    }

    fn adds_a_key(&self) -> bool {
        matches!(self, Self::AddCertificate(_) | Self::AddDecryptionKey(_))
    }
}

impl Configuration {
    /// Returns the configuration after some changes, and every field that is wrong with them. Where one is,
    /// the changed configuration is of no use.
    #[must_use]
    pub fn changed(&self, changes: &[Change], surroundings: &Surroundings<'_>) -> (Self, Vec<FieldError>) {
        let (mut next, mut problems) = (self.clone(), Vec::new());
        let mut ordered: Vec<_> = changes.iter().collect();
        ordered.sort_by_key(|change| change.rank());
        let mut certificates = self.certificates();
        for change in ordered {
            problems.extend(next.change(change, &mut certificates, surroundings).err());
        }
        if certificates.is_empty() && surroundings.is_in_use {
            problems.push(FieldError::LastCertificate);
        }
        if !certificates.is_empty()
            && let Err(error) = TrustedKeys::new(certificates.clone())
        {
            problems.push(ConnectionError::from(error).into());
        }
        next.certificates = certificates.iter().map(Certificate::to_pem).collect();
        // What was there before is no reason to refuse a change that only takes away.
        if changes.iter().any(Change::adds_a_key) {
            problems.extend(next.key_for_both(surroundings).map(FieldError::from));
        }
        (next, problems)
    }

    /// Makes one change. `certificates` are those that are pinned.
    fn change(
        &mut self,
        change: &Change,
        certificates: &mut Vec<Certificate>,
        surroundings: &Surroundings<'_>,
    ) -> Result<(), FieldError> {
        let Surroundings { settings, connection, .. } = *surroundings;
        match change {
            Change::IdpUrl(url) => self.idp_url = Some(settings.site().check_idp_url(url)?.to_string()),
            Change::IdpEntityId(entity_id) => {
                check_entity_id(entity_id)?;
                self.idp_entity_id = Some(entity_id.clone());
            }
            Change::AddCertificate(input) => pin(certificates, input, surroundings)?,
            Change::RetireCertificate { fingerprint, reason } => {
                retire(certificates, fingerprint, *reason, surroundings)?;
            }
            Change::Attributes(map) => {
                check_attribute_names(map)?;
                self.attributes = map.clone();
            }
            Change::ClockSkew(skew) if *skew > MAX_CLOCK_SKEW => {
                return Err(FieldError::ClockSkew { limit: MAX_CLOCK_SKEW, found: *skew });
            }
            Change::ClockSkew(skew) => self.clock_skew = Some(*skew),
            Change::Algorithms(algorithms) => {
                let mut names: Vec<_> = algorithms.iter().map(|it| it.name().to_owned()).collect();
                names.sort();
                names.dedup();
                self.algorithms = names;
            }
            Change::CrossVerify(true) if settings.second_implementation().is_none() => {
                return Err(ConnectionError::CrossVerifier.into());
            }
            Change::CrossVerify(verify) => self.cross_verify = *verify,
            Change::RequestAuthnContexts(classes) => {
                check_authn_contexts(REQUESTED, classes)?;
                self.request_authn_contexts.clone_from(classes);
            }
            Change::RequireAuthnContexts(classes) => {
                check_authn_contexts(REQUIRED, classes)?;
                self.require_authn_contexts.clone_from(classes);
            }
            Change::AddDecryptionKey(pem) => self.add_decryption_key(pem, settings, connection)?,
            Change::RemoveFormerDecryptionKeys => self.decryption_keys.truncate(1),
            Change::RemoveDecryptionKeys => self.decryption_keys.clear(),
            Change::AllowIdpInitiated(allow) => self.allow_idp_initiated = *allow,
            Change::InsecureAllowSha1(allow) => self.insecure_allow_sha1 = *allow,
            Change::InsecureAllowAesCbc(allow) => self.insecure_allow_aes_cbc = *allow,
            Change::EnforceCertificateDates(enforce) => self.enforce_certificate_dates = *enforce,
            Change::AcceptAnyEmailDomain(accept) => self.any_email_domain = *accept,
            Change::RequireSignedResponse(require) => self.require_signed_response = *require,
        }
        Ok(())
    }

    fn add_decryption_key(
        &mut self,
        pem: &str,
        settings: &Settings,
        connection: &str,
    ) -> Result<(), FieldError> {
        let key = DecryptionKey::from_pem(pem)?;
        // The same key once more is no change, though it would be sealed into another text.
        let (same, others): (Vec<_>, Vec<_>) =
            self.decryption_keys.drain(..).partition(|sealed| settings.seals(sealed, &key, connection));
        check_decryption_keys(&Decryptor::new([key], DecryptionPolicy::default())?)?;
        let newest = match same.into_iter().next() {
            Some(sealed) => sealed,
            None => settings.seal_decryption_key(pem, connection)?,
        };
        self.decryption_keys = std::iter::once(newest).chain(others).take(MAX_DECRYPTION_KEYS).collect();
        Ok(())
    }

    /// Whether a key that is pinned is also the one for decryption. What cannot be read has been said
    /// elsewhere.
    fn key_for_both(&self, surroundings: &Surroundings<'_>) -> Option<ConnectionError> {
        let Surroundings { settings, connection, .. } = *surroundings;
        let decryptor = self.decryptor(settings, connection).ok()?;
        let verifier =
            ResponseVerifier::new(TrustedKeys::new(self.certificates()).ok()?).decryptor(decryptor);
        check_keys_are_apart(&verifier).err()
    }
}

fn pin(
    certificates: &mut Vec<Certificate>,
    input: &[u8],
    surroundings: &Surroundings<'_>,
) -> Result<(), FieldError> {
    let added = Certificate::parse(input)?;
    if (surroundings.is_compromised)(&added) {
        let fingerprint = added.fingerprint_sha256().to_string();
        return Err(ConnectionError::KeyCompromised { fingerprint }.into());
    }
    let is_same_key = |other: &&mut Certificate| other.public_key_der() == added.public_key_der();
    match certificates.iter_mut().find(is_same_key) {
        // An older one, such as out of an old file, does not take the place of a newer one.
        Some(former) if added.not_after() >= former.not_after() => *former = added,
        Some(_) => {}
        None => certificates.push(added),
    }
    Ok(())
}

fn retire(
    certificates: &mut Vec<Certificate>,
    fingerprint: &str,
    reason: Retirement,
    surroundings: &Surroundings<'_>,
) -> Result<(), FieldError> {
    let meant = surroundings.known_keys.iter().find(|known| known.has_fingerprint(fingerprint));
    let meant =
        meant.ok_or_else(|| FieldError::UnknownCertificate { fingerprint: excerpt_of_input(fingerprint) })?;
    certificates.retain(|certificate| {
        let pinned = KnownKey::from(certificate);
        match reason {
            Retirement::Rotated => pinned.certificate != meant.certificate,
            // Whoever holds the key holds it in a renewed certificate, too.
            Retirement::Compromised => pinned.key != meant.key,
        }
    });
    Ok(())
}
