//! The keys that stores remember: hashes, so that each has the same small size whatever it is made of.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of SHA-256.
const LENGTH: usize = 32;

/// The key of a claim: what is used up, and the scope that it counts for.
///
/// Both are SHA-256 over parts with their lengths, so that no two lists of parts give the same key, and a key
/// has 32 bytes whatever an identity provider puts into it. [`Display`](fmt::Display) shows it as 43
/// characters of URL-safe base64.
///
/// ```
/// use jumpcloud_sso::ClaimKey;
///
/// let key = ClaimKey::new("acme-jumpcloud", &["assertion", "_a1"]);
/// assert_eq!(key, ClaimKey::new("acme-jumpcloud", &["assertion", "_a1"]));
/// assert_ne!(key, ClaimKey::new("acme-jumpcloud", &["assertion_", "a1"]));
/// assert_ne!(key, ClaimKey::new("other-jumpcloud", &["assertion", "_a1"]));
/// assert_eq!(key.to_string().len(), 43);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    scope: Hash,
    key: Hash,
}

/// The key of a revocation: a session, or what sessions have in common.
///
/// SHA-256 over parts with their lengths, as for [`ClaimKey`].
#[derive(Clone, Copy)]
pub struct RevocationKey {
    scope: Hash,
    key: Hash,
}

impl PartialEq for RevocationKey {
    /// Two keys of the same parts are equal, whoever revokes.
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for RevocationKey {}

impl ClaimKey {
    /// Returns the key of `parts` within `scope`, the connection or the organization whose claim it is. The
    /// same parts within another scope are another key.
    #[must_use]
    pub fn new(scope: &str, parts: &[&str]) -> Self {
        Self { scope: Hash::of("scope", &[scope], &[]), key: Hash::of("claim", &[scope], parts) }
    }

    /// Returns the hash of what is claimed within its scope. Two keys are equal if and only if these bytes
    /// are.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.key.0
    }

    /// Returns the hash of the scope, by which a store can see to it that none uses up what others need.
    #[must_use]
    pub fn scope(&self) -> &[u8; LENGTH] {
        &self.scope.0
    }
}

impl RevocationKey {
    /// Returns the key of `parts`.
    #[must_use]
    pub fn new(parts: &[&str]) -> Self {
        Self { scope: Hash([0; LENGTH]), key: Hash::of("revocation", &[], parts) }
    }

    /// Returns the key as one that `scope` revokes, the organization. Unlike that of a claim, the scope is not a part of the
    /// key: it only says whose share of a store's memory a revocation takes.
    #[must_use]
    pub fn within(self, scope: &str) -> Self {
        Self { scope: Hash::of("scope", &[scope], &[]), ..self }
    }

    /// Returns the hash of what is revoked. Two keys are equal if and only if these bytes are.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.key.0
    }

    /// Returns the hash of the scope, by which a store can see to it that none uses up what others need.
    #[must_use]
    pub fn scope(&self) -> &[u8; LENGTH] {
        &self.scope.0
    }
}

impl fmt::Display for ClaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl fmt::Debug for ClaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimKey({self})")
    }
}

impl fmt::Display for RevocationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl fmt::Debug for RevocationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationKey({self})")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Hash([u8; LENGTH]);

impl Hash {
    /// Each part follows its length, which makes the parts readable from what is hashed: no two lists hash
    /// the same bytes.
    fn of(kind: &str, first: &[&str], rest: &[&str]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [kind].iter().chain(first).chain(rest) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut hash = [0; LENGTH];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}
