//! Small things that a browser carries for the service, unable to read or change them.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::{AuthSecret, Purpose};

/// Browsers keep cookies of up to 4 KiB.
const MAX_SEALED: usize = 4096;

const EXPIRY_LEN: usize = 8;

/// Seals with AES-256-GCM under a key for one purpose.
///
/// Nonces are 96 random bits. By the bound of NIST SP 800-38D §8.3 one key is good for 2^32 seals: with a
/// hundred logins a second, for more than a year; a new AUTH_SECRET begins anew.
pub struct Sealer {
    key: RandomizedNonceKey,
}

impl Sealer {
    /// The sealer for a purpose.
    ///
    /// # Errors
    /// [`SealError::Failed`] where the library refuses the key, which it has no reason to.
    pub fn new(secret: &AuthSecret, purpose: Purpose) -> Result<Self, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, secret.derive(purpose).as_slice());
        Ok(Self { key: key.map_err(|_| SealError::Failed)? })
    }

    /// Seals `payload` until `expires`, in whole seconds. It can be opened in the same `context` only, which
    /// is not sealed in.
    ///
    /// # Errors
    /// [`SealError::TooLong`] where the result has more than 4096 characters.
    pub fn seal(&self, payload: &[u8], context: &[u8], expires: SystemTime) -> Result<String, SealError> {
        let expires = expires.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| SealError::Expired)?;
        let text = self.seal_bytes([&expires.as_secs().to_be_bytes(), payload].concat(), context)?;
        if text.len() > MAX_SEALED { Err(SealError::TooLong) } else { Ok(text) }
    }

    /// What was sealed in this context, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, sealed: &str, context: &[u8], now: SystemTime) -> Result<Opened, SealError> {
        if sealed.len() > MAX_SEALED {
            return Err(SealError::TooLong);
        }
        let opened = self.open_bytes(sealed, context)?;
        let (expires, payload) = opened.split_first_chunk::<EXPIRY_LEN>().ok_or(SealError::Forged)?;
        let expires = Duration::from_secs(u64::from_be_bytes(*expires));
        match SystemTime::UNIX_EPOCH.checked_add(expires) {
            Some(expires_at) if now < expires_at => Ok(Opened { payload: payload.to_vec(), expires_at }),
            _ => Err(SealError::Expired),
        }
    }

    /// Seals what is kept in a store rather than carried by a browser: without an end, and of any length.
    ///
    /// # Errors
    /// [`SealError::Failed`].
    pub fn seal_at_rest(&self, secret: &[u8], context: &[u8]) -> Result<String, SealError> {
        self.seal_bytes(secret.to_vec(), context)
    }

    /// What [`seal_at_rest`](Self::seal_at_rest) sealed in this context; overwritten when dropped.
    ///
    /// # Errors
    /// [`SealError::Forged`].
    pub fn open_at_rest(&self, sealed: &str, context: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.open_bytes(sealed, context)
    }

    fn seal_bytes(&self, mut buffer: Vec<u8>, context: &[u8]) -> Result<String, SealError> {
        let sealed = self.key.seal_in_place_append_tag(Aad::from(context), &mut buffer);
        let nonce = sealed.map_err(|_| SealError::Failed)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &buffer].concat()))
    }

    fn open_bytes(&self, sealed: &str, context: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::Forged)?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN).ok_or(SealError::Forged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Forged)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let opened = self.key.open_in_place(nonce, Aad::from(context), &mut buffer);
        let length = opened.map_err(|_| SealError::Forged)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

/// What was sealed, opened again.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    payload: Vec<u8>,
    expires_at: SystemTime,
}

impl Opened {
    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// When it expires. Whoever has to see that it is used once has to remember that until then.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(redacted)")
    }
}

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// Not sealed by us, for this purpose and in this context, or changed since.
    #[error("the sealed value is not one of ours")]
    Forged,
    /// Its time is over.
    #[error("the sealed value has expired")]
    Expired,
    /// Longer than a cookie may be.
    #[error("the sealed value has more than {MAX_SEALED} characters")]
    TooLong,
    /// The library failed.
    #[error("sealing failed")]
    Failed,
}
