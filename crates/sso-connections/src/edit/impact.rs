//! Whether members can still log in after a change.

use saml_signature::Certificate;
use saml_sp::{Difference, KnownKey};

use crate::completed_login::CompletedLogin;
use crate::record::ConnectionRecord;

/// The change that an event names, with the certificates of the keys that `before` did not know to be
/// compromised.
pub(super) fn compromised_keys(before: &ConnectionRecord, compromised: &[KnownKey]) -> Option<Difference> {
    let newly = compromised.iter().filter(|known| !before.compromised.contains(&known.key));
    let list: Vec<_> = newly.map(|known| known.certificate.as_str()).collect();
    // What a login relies on are the certificates, which change as well.
    (!list.is_empty()).then(|| Difference::new("compromised_keys", None, Some(list.join(" ")), false))
}

/// Whether members who could log in before a change can do so after it: every key that was pinned still is,
/// or the one that JumpCloud has signed the latest login with; and every key that decrypted still does.
pub(super) fn keeps_members_in(
    before: &ConnectionRecord,
    after: &ConnectionRecord,
    changes: &[Difference],
    logins: &[CompletedLogin],
) -> bool {
    let keys = |record: &ConnectionRecord| record.configuration.sealed_decryption_keys().to_vec();
    let keeps_decrypting = keys(before).iter().all(|key| keys(after).contains(key));
    let others = changes.iter().filter(|change| change.is_relied_on).any(|change| {
        let is_addition = change.field == Difference::DECRYPTION_KEY && keeps_decrypting;
        change.field != Difference::CERTIFICATES && !is_addition
    });
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
