//! The one secret of a service, and the keys that are made of it.

use std::fmt;

use aws_lc_rs::hkdf::{self, HKDF_SHA256, Salt};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use thiserror::Error;
use zeroize::Zeroizing;

/// What `openssl rand -base64 32` gives.
const MIN_BYTES: usize = 32;

/// Of 32 random bytes about 30 differ from each other; fewer than 16 come up in less than one of 10^15 cases.
const MIN_DISTINCT: usize = 16;

/// Values that stand in published examples, so that everybody knows them.
const PUBLISHED: [&str; 3] = [
    "5lrMXKKWCVocS/uerPsl7V+TX/aaUaI7iDkgl3tSmLE=",
    "q2xqEJ9XhHjrIySHtDSRyF3xKzJqoKXYDSn7VmE4hHU=",
    "8vZ1k0hM2m8Xh3zJv7J9o6cC2rYw5pQeT4uFbN1xLsA=",
];

const SALT: &[u8] = b"jumpcloud-sso";

const LENIENT_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secret that a service keeps in `AUTH_SECRET`. It shows nothing of itself and is overwritten when
/// dropped.
#[derive(Clone)]
pub struct AuthSecret(Zeroizing<Vec<u8>>);

impl AuthSecret {
    /// Reads the secret as it stands in the environment: base64 of at least 32 random bytes, white space and
    /// line ends ignored.
    ///
    /// # Errors
    /// [`AuthSecretError`], for values too that are well known or cannot have been drawn at random.
    pub fn from_base64(text: &str) -> Result<Self, AuthSecretError> {
        let text: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
        if text.is_empty() {
            return Err(AuthSecretError::Missing);
        }
        let bytes =
            Zeroizing::new(LENIENT_PADDING.decode(text.as_bytes()).map_err(|_| AuthSecretError::Base64)?);
        if bytes.len() < MIN_BYTES {
            return Err(AuthSecretError::TooShort { found: bytes.len() });
        }
        let is_published =
            PUBLISHED.iter().any(|sample| sample.trim_end_matches('=') == text.trim_end_matches('='));
        if is_published {
            return Err(AuthSecretError::Published);
        }
        if is_patterned(&bytes) {
            return Err(AuthSecretError::NotRandom);
        }
        Ok(Self(bytes))
    }

    /// Draws a fresh secret.
    ///
    /// # Errors
    /// [`AuthSecretError::Random`] where the operating system gives no randomness.
    pub fn generate() -> Result<GeneratedSecret, AuthSecretError> {
        let mut bytes = Zeroizing::new([0; MIN_BYTES]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| AuthSecretError::Random)?;
        Ok(GeneratedSecret(Zeroizing::new(STANDARD.encode(bytes.as_slice()))))
    }

    /// A value that only who has the secret can compute, the same each time: 43 characters of base64url, the
    /// HMAC-SHA-256 of `message` under the key for `purpose`.
    #[must_use]
    pub fn tag(&self, purpose: Purpose, message: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.derive(purpose).as_slice());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, message))
    }

    /// The key for a purpose: HKDF with SHA-256 (RFC 5869), the purpose being the info.
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let secret = Salt::new(HKDF_SHA256, SALT).extract(&self.0);
        let info = [purpose.label().as_bytes()];
        // Both lengths are fixed: 32 bytes are one block of SHA-256, and expanding it cannot fail.
        let filled = secret.expand(&info, KeyLength).and_then(|output| output.fill(key.as_mut_slice()));
        if filled.is_err() {
            // Going on would mean a key of zeros, which everybody knows.
            std::process::abort();
        }
        key
    }
}

struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl fmt::Debug for AuthSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthSecret(redacted)")
    }
}

/// A fresh secret, as it goes into the environment.
pub struct GeneratedSecret(Zeroizing<String>);

impl GeneratedSecret {
    /// The base64 form, to be shown once to whoever configures the service.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for GeneratedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratedSecret(redacted)")
    }
}

/// What a derived key is for. What is sealed or signed for one purpose is worthless for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Session tokens by HS256.
    Session,
    /// The public name of the key for session tokens.
    SessionKeyId,
    /// The cookie that ties a login to the browser that began it.
    LoginCookie,
    /// The code by which a front end on another origin gets its session token.
    HandOverCode,
    /// Secrets in a store, such as a service's private key.
    StoredSecret,
    /// What an organization writes into its DNS to prove that a domain is its own.
    DomainChallenge,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Session => "v1 session HS256",
            Self::SessionKeyId => "v1 session key id",
            Self::LoginCookie => "v1 login cookie AES-256-GCM",
            Self::HandOverCode => "v1 hand-over code AES-256-GCM",
            Self::StoredSecret => "v1 stored secret AES-256-GCM",
            Self::DomainChallenge => "v1 domain challenge HMAC-SHA-256",
        }
    }
}

/// Whether bytes cannot have been drawn at random: few of them differ, they count up or down, or they are
/// text.
fn is_patterned(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(seen) = seen.get_mut(usize::from(byte)) {
            *seen = true;
        }
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(first, second)| second.wrapping_sub(*first));
    let first_step = steps.next();
    let is_sequence = steps.all(|step| Some(step) == first_step);
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    distinct < MIN_DISTINCT || is_sequence || is_text
}

/// Why a value is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthSecretError {
    /// Absent or empty.
    #[error("AUTH_SECRET is empty; make one with `openssl rand -base64 32` or `jumpcloud-sso secret`")]
    Missing,
    /// Not base64.
    #[error(
        "AUTH_SECRET is not base64 of the standard alphabet; make one with `openssl rand -base64 32` or \
         `jumpcloud-sso secret`"
    )]
    Base64,
    /// Less than 32 bytes.
    #[error(
        "AUTH_SECRET has {found} bytes, but needs at least 32; make one with `openssl rand -base64 32` or \
         `jumpcloud-sso secret`"
    )]
    TooShort {
        /// Its length in bytes once decoded.
        found: usize,
    },
    /// A value out of a published example.
    #[error(
        "AUTH_SECRET is a published sample value; make an own one with `openssl rand -base64 32` or `jumpcloud-sso secret`"
    )]
    Published,
    /// Text, a sequence or a repetition.
    #[error(
        "AUTH_SECRET was not drawn at random; make one with `openssl rand -base64 32` or `jumpcloud-sso secret`"
    )]
    NotRandom,
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    Random,
}

impl AuthSecretError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "config.auth_secret_missing",
            Self::Base64 => "config.auth_secret_base64",
            Self::TooShort { .. } => "config.auth_secret_short",
            Self::Published | Self::NotRandom => "config.auth_secret_weak",
            Self::Random => "config.random",
        }
    }
}
