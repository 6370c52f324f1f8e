//! The keys of claims and revocations: hashes, so that each has the same small size whatever it is made of.

use aws_lc_rs::digest::{Context, SHA256};
use sso_store::{ClaimKey, RevocationKey};

/// Bytes of SHA-256.
const LENGTH: usize = 32;

/// Returns the key of a claim: of `parts` within `scope`, the connection or the organization whose claim it
/// is. The same parts within another scope are another key.
///
/// SHA-256 covers the parts with their lengths, so that no two lists of parts give the same key.
///
/// ```
/// use sso_session::claim_key;
///
/// let key = claim_key("acme-jumpcloud", &["assertion", "_a1"]);
/// assert_eq!(key, claim_key("acme-jumpcloud", &["assertion", "_a1"]));
/// assert_ne!(key, claim_key("acme-jumpcloud", &["assertion_", "a1"]));
/// assert_ne!(key, claim_key("other-jumpcloud", &["assertion", "_a1"]));
/// ```
#[must_use]
pub fn claim_key(scope: &str, parts: &[&str]) -> ClaimKey {
    ClaimKey::from_hashes(hash("scope", &[scope], &[]), hash("claim", &[scope], parts))
}

/// Returns the key of a revocation: of `parts`, whoever revokes. `scope` says whose share of a store's memory
/// it takes.
///
/// ```
/// use sso_session::revocation_key;
///
/// let key = revocation_key(Some("acme"), &["user", "acme", "user-1"]);
/// assert_eq!(key, revocation_key(None, &["user", "acme", "user-1"]));
/// assert_ne!(key, revocation_key(None, &["user", "acme", "user-2"]));
/// ```
#[must_use]
pub fn revocation_key(scope: Option<&str>, parts: &[&str]) -> RevocationKey {
    let scope = scope.map_or([0; LENGTH], |scope| hash("scope", &[scope], &[]));
    RevocationKey::from_hashes(scope, hash("revocation", &[], parts))
}

/// Each part follows its length, which makes the parts readable from what is hashed: no two lists hash the
/// same bytes.
fn hash(kind: &str, first: &[&str], rest: &[&str]) -> [u8; LENGTH] {
    let mut context = Context::new(&SHA256);
    for part in [kind].iter().chain(first).chain(rest) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut hash = [0; LENGTH];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
