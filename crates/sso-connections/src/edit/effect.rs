//! What a change of the configuration comes to.

use saml_signature::Certificate;
use saml_sp::KnownKey;
use sso_session::IdpKey;

use crate::event::FieldChange;
use crate::record::ConnectionRecord;

/// What a change comes to, before it is made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) record: ConnectionRecord,
    pub(crate) changes: Vec<FieldChange>,
    pub(crate) effects: Vec<Effect>,
    /// The keys whose sessions end, since this change reports them as compromised.
    pub(crate) revoked_keys: Vec<RevokedKey>,
    /// Whether this does nothing but trust less, and needs nothing that was not needed before.
    pub(crate) only_withdraws: bool,
}

/// A key of an identity provider whose sessions through a connection end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevokedKey {
    pub(crate) connection: String,
    /// Its name in sessions and revocations.
    pub(crate) name: IdpKey,
}

/// A consequence of a change of the configuration, beyond the changed fields themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// A login has to succeed anew before the connection can be enforced.
    NeedsTestLogin,
    /// Enforcement ends, since nobody can say whether members could still log in. Happens only if it is
    /// accepted.
    EndsEnforcement,
    /// Logins that begin at JumpCloud, by a click in its portal, are refused from then on.
    RefusesIdpInitiated,
    /// Whoever holds the private key of this certificate can log in as anybody of the organization from then
    /// on.
    PinsKey {
        /// The SHA-256 fingerprint of the certificate.
        certificate: String,
        /// Its subject.
        subject: String,
        /// Whether it is the certificate of a certificate authority (basicConstraints, RFC 5280 §4.2.1.9).
        /// One that is self-signed often says so; one that issued the identity provider's certificate should
        /// not be pinned.
        is_authority: bool,
    },
    /// Every session that the key of this certificate began is revoked.
    RevokesSessions {
        /// The SHA-256 fingerprint of the certificate.
        certificate: String,
    },
    /// Another connection of the organization trusts the compromised key still: whoever holds it can log in
    /// there. Retire the certificate as compromised there, too.
    StillPinnedBy {
        /// The ID of the other connection.
        connection: String,
        /// The SHA-256 fingerprint of the certificate that it pins.
        certificate: String,
    },
}

/// The effects of pinning the keys that `after` trusts and `before` does not. A renewed certificate of a key
/// that is pinned already adds none.
pub(super) fn pinned_keys(before: &ConnectionRecord, after: &ConnectionRecord) -> Vec<Effect> {
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

/// The certificates that `others` pin of keys that are compromised.
pub(super) fn still_pinned(others: &[ConnectionRecord], compromised: &[KnownKey]) -> Vec<Effect> {
    let pinned_by = |other: &ConnectionRecord| {
        let mut pinned: Vec<_> = other.certificates().iter().map(KnownKey::from).collect();
        pinned.retain(|pinned| compromised.iter().any(|known| known.key == pinned.key));
        let connection = other.id().to_owned();
        let effect = move |KnownKey { certificate, .. }| {
            let connection = connection.clone();
            Effect::StillPinnedBy { connection, certificate }
        };
        pinned.into_iter().map(effect)
    };
    others.iter().flat_map(pinned_by).collect()
}

/// The sessions to revoke: those of the connection itself, and those of others that have retired the key
/// before. One that still pins it would refuse the logins of all its members: [`Effect::StillPinnedBy`] names
/// it instead.
pub(super) fn revoked_keys(
    record: &ConnectionRecord,
    others: &[ConnectionRecord],
    compromised: &[KnownKey],
) -> Vec<RevokedKey> {
    let mut revoked = Vec::new();
    for known in compromised {
        let has = |keys: &[KnownKey]| keys.iter().any(|it| it.key == known.key);
        let has_retired = |other: &&ConnectionRecord| {
            let pinned: Vec<_> = other.certificates().iter().map(KnownKey::from).collect();
            has(&other.retired) && !has(&pinned)
        };
        for connection in std::iter::once(record).chain(others.iter().filter(has_retired)) {
            revoked.push(RevokedKey { connection: connection.id().to_owned(), name: known.name() });
        }
    }
    revoked
}
