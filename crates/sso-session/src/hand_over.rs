//! Handing a session over to a front end on another origin.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

use crate::seal::{SealError, Sealer};
use crate::secret::{AuthSecret, Purpose};

/// The longest code. It travels in a URL, beside the front end's own address.
const MAX_CODE: usize = 4096;

/// A front end redeems its code at once.
const LIFETIME: Duration = Duration::from_secs(60);

const CHALLENGE_LEN: usize = 43;

/// What a front end sends when it begins a login: the hash of a secret that it keeps (RFC 7636 §4.2, `S256`).
/// Whoever steals the code on its way through the browser's address bar lacks that secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Takes the parameter `code_challenge` of the method `S256`: 43 characters of base64url.
    ///
    /// # Errors
    /// [`HandOverError::Challenge`].
    pub fn new(text: &str) -> Result<Self, HandOverError> {
        let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| HandOverError::Challenge)?;
        if decoded.len() == SHA256.output_len() {
            Ok(Self(text.to_owned()))
        } else {
            Err(HandOverError::Challenge)
        }
    }

    /// The challenge of a verifier, as a front end computes it.
    ///
    /// # Errors
    /// [`HandOverError::Verifier`] for one that is not 43 to 128 of the unreserved characters (RFC 7636
    /// §4.1).
    pub fn of_verifier(verifier: &str) -> Result<Self, HandOverError> {
        let is_unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(is_unreserved) {
            return Err(HandOverError::Verifier);
        }
        Ok(Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))))
    }

    /// The 43 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes and opens hand-over codes. A code is the session's token, sealed for sixty seconds to one challenge
/// and one address; what remains to whoever opens it is to see that this happens once.
#[derive(Debug)]
pub struct HandOver {
    sealer: Sealer,
}

/// A code that was opened, with the right verifier and at the right address.
pub struct OpenedCode {
    token: String,
    claim: String,
    expires_at: SystemTime,
}

impl HandOver {
    /// Under the key for this purpose.
    ///
    /// # Errors
    /// [`SealError`], where the library of cryptography fails.
    pub fn new(secret: &AuthSecret) -> Result<Self, SealError> {
        Ok(Self { sealer: Sealer::new(secret, Purpose::HandOverCode)? })
    }

    /// The code for the session `token`, to be redeemed from `redirect_uri` with the verifier of `challenge`.
    ///
    /// # Errors
    /// [`HandOverError::TooLong`] for a token that is too long to be handed over: see [`fits`](Self::fits).
    pub fn code(
        &self,
        token: &str,
        challenge: &CodeChallenge,
        redirect_uri: &str,
        now: SystemTime,
    ) -> Result<String, HandOverError> {
        if !Self::fits(token.len()) {
            return Err(HandOverError::TooLong { found: token.len() });
        }
        let payload = format!("{}{token}", challenge.as_str());
        Ok(self.sealer.seal(payload.as_bytes(), redirect_uri.as_bytes(), now + LIFETIME)?)
    }

    /// Whether a token of this length, in bytes, can be handed over. Nonce, expiry, challenge and tag are
    /// sealed with it, and base64 makes four characters of three bytes.
    #[must_use]
    pub fn fits(token_len: usize) -> bool {
        const OVERHEAD: usize = 12 + 8 + CHALLENGE_LEN + 16;
        token_len.saturating_add(OVERHEAD) <= MAX_CODE / 4 * 3
    }

    /// Opens a code. **It is not yet redeemed**: claim [`OpenedCode::claim_key`] before the token is given
    /// away. An expired code is opened too, so that it can be told whether it was redeemed before, but
    /// [gives no token](OpenedCode::into_token).
    ///
    /// # Errors
    /// [`HandOverError`].
    pub fn open(&self, code: &str, verifier: &str, redirect_uri: &str) -> Result<OpenedCode, HandOverError> {
        let challenge = CodeChallenge::of_verifier(verifier)?;
        // At the beginning of time nothing has expired.
        let opened = self.sealer.open(code, redirect_uri.as_bytes(), SystemTime::UNIX_EPOCH);
        let opened = opened.map_err(|_| HandOverError::Code)?;
        let (expected, token) =
            opened.payload().split_at_checked(CHALLENGE_LEN).ok_or(HandOverError::Code)?;
        verify_slices_are_equal(expected, challenge.as_str().as_bytes())
            .map_err(|_| HandOverError::VerifierMismatch)?;
        let token = String::from_utf8(token.to_vec()).map_err(|_| HandOverError::Code)?;
        // Strict base64 and an authenticated cipher: the same code has no other spelling.
        let claim = URL_SAFE_NO_PAD.encode(digest(&SHA256, code.as_bytes()));
        Ok(OpenedCode { token, claim, expires_at: opened.expires_at() })
    }
}

impl OpenedCode {
    /// What to claim, so that a code is redeemed once: the code's hash. Another code of the same session is
    /// another claim.
    #[must_use]
    pub fn claim_key(&self) -> &str {
        &self.claim
    }

    /// When the code expires, by the clock of the machine that made it. A claim has to be remembered until
    /// then, and for as much longer as clocks may differ.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// Returns the session token, to look at the session that it is of.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Gives the session token away, if the code has not expired at `now`.
    ///
    /// # Errors
    /// [`HandOverError::Expired`].
    pub fn into_token(self, now: SystemTime) -> Result<String, HandOverError> {
        if now < self.expires_at { Ok(self.token) } else { Err(HandOverError::Expired) }
    }
}

impl fmt::Debug for OpenedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedCode").field("token", &"redacted").finish_non_exhaustive()
    }
}

/// Why a session was not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// A challenge that is none.
    #[error("the code challenge is not the SHA-256 of a verifier in base64url")]
    Challenge,
    /// A verifier that is none.
    #[error("the code verifier is not 43 to 128 unreserved characters")]
    Verifier,
    /// Another verifier than the one that the login was begun with.
    #[error("the code verifier is not the one that the login was begun with")]
    VerifierMismatch,
    /// Not a code of ours, or for another address.
    #[error("the code is not one of ours, or was made for another redirect URI")]
    Code,
    /// Older than sixty seconds.
    #[error("the code has expired")]
    Expired,
    /// The session's token is too long for a code.
    #[error("the session token of {found} bytes is too long to be handed over by a code")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
    /// It could not be sealed.
    #[error("the code could not be sealed: {0}")]
    Sealing(#[from] SealError),
}

impl HandOverError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Challenge | Self::Verifier => "session.pkce",
            Self::VerifierMismatch => "session.pkce_mismatch",
            Self::Code => "session.code",
            Self::Expired => "session.code_expired",
            Self::TooLong { .. } => "limit.code",
            Self::Sealing(_) => "config.sealing_failed",
        }
    }
}
