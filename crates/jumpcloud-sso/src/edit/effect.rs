//! What a change of the configuration comes to.

use saml_signature::Certificate;

use crate::event::FieldChange;
use crate::record::ConnectionRecord;

/// What a change comes to, before it is made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) record: ConnectionRecord,
    pub(crate) changes: Vec<FieldChange>,
    pub(crate) effects: Vec<Effect>,
    /// The certificates whose keys were reported as compromised by this change: sessions that these keys
    /// began end.
    #[allow(dead_code, reason = "read where sessions are revoked")]
    pub(crate) compromised: Vec<Certificate>,
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
