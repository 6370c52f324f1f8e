//! The keys of session tokens. Each goes with one algorithm.

use std::fmt;
use std::sync::{Arc, Once};

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sso_types::pem;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::{AuthSecret, Purpose};

/// A key that signs and verifies session tokens. Cheap to clone; shows nothing of itself but its name.
#[derive(Clone)]
pub struct SessionKey(Arc<Inner>);

struct Inner {
    id: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The public half as a JSON Web Key, of keys that have one.
    jwk: Option<String>,
}

impl SessionKey {
    /// HS256 under a key that is derived from the secret: for a service that verifies its own tokens.
    #[must_use]
    pub fn from_auth_secret(secret: &AuthSecret) -> Self {
        install_provider();
        let key = secret.derive(Purpose::Session);
        let id = secret.derive(Purpose::SessionKeyId);
        Self(Arc::new(Inner {
            // Derived apart from the key, it gives nothing of it away; 96 bits are enough for a name.
            id: URL_SAFE_NO_PAD.encode(id.first_chunk::<12>().unwrap_or(&[0; 12])),
            algorithm: Algorithm::HS256,
            encoding: EncodingKey::from_secret(key.as_slice()),
            decoding: DecodingKey::from_secret(key.as_slice()),
            jwk: None,
        }))
    }

    /// EdDSA or ES256 under a private key of Ed25519 or P-256 in PEM (PKCS #8): for services beside this one
    /// that verify tokens with the public half, see
    /// [`SessionVerifier::jwks_json`](crate::SessionVerifier::jwks_json).
    ///
    /// # Errors
    /// [`SessionKeyError`].
    pub fn from_private_key_pem(pem: &str) -> Result<Self, SessionKeyError> {
        install_provider();
        let der = pkcs8_of(pem).ok_or(SessionKeyError::Pem)?;
        Self::ed25519(&der).or_else(|| Self::p256(&der)).ok_or(SessionKeyError::Kind)
    }

    fn ed25519(der: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let members = format!(r#""crv":"Ed25519","kty":"OKP","x":"{x}""#);
        let decoding = DecodingKey::from_ed_components(&x).ok()?;
        Some(Self::asymmetric(Algorithm::EdDSA, "EdDSA", &members, EncodingKey::from_ed_der(der), decoding))
    }

    fn p256(der: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
        let point = pair.public_key().as_ref().strip_prefix(&[4])?;
        let (x, y) = point.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let members = format!(r#""crv":"P-256","kty":"EC","x":"{x}","y":"{y}""#);
        let decoding = DecodingKey::from_ec_components(&x, &y).ok()?;
        Some(Self::asymmetric(Algorithm::ES256, "ES256", &members, EncodingKey::from_ec_der(der), decoding))
    }

    /// `members` are the required members of the JSON Web Key in lexicographic order. Its thumbprint names
    /// the key (RFC 7638 §3).
    fn asymmetric(
        algorithm: Algorithm,
        name: &str,
        members: &str,
        encoding: EncodingKey,
        decoding: DecodingKey,
    ) -> Self {
        let thumbprint = digest::digest(&digest::SHA256, format!("{{{members}}}").as_bytes());
        let id = URL_SAFE_NO_PAD.encode(thumbprint.as_ref());
        let jwk = format!(r#"{{{members},"alg":"{name}","kid":"{id}","use":"sig"}}"#);
        Self(Arc::new(Inner { id, algorithm, encoding, decoding, jwk: Some(jwk) }))
    }

    /// The name of the key: the `kid` of its tokens.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// As a token's header spells it (RFC 7518 §3.1, RFC 8037 §3.1).
    pub(crate) fn algorithm_name(&self) -> &'static str {
        match self.0.algorithm {
            Algorithm::HS256 => "HS256",
            Algorithm::EdDSA => "EdDSA",
            Algorithm::ES256 => "ES256",
            // No key is made for another one.
            _ => "",
        }
    }

    pub(crate) fn encoding(&self) -> &EncodingKey {
        &self.0.encoding
    }

    pub(crate) fn decoding(&self) -> &DecodingKey {
        &self.0.decoding
    }

    pub(crate) fn jwk(&self) -> Option<&str> {
        self.0.jwk.as_deref()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({:?}, {}, redacted)", self.0.algorithm, self.0.id)
    }
}

/// Sees to it that `jsonwebtoken` has cryptography, whatever features the host's build gives it.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the host installed one before, which is just as good.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

/// The content of the one PKCS #8 block of a PEM text.
fn pkcs8_of(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let content = pem::content(pem, "PRIVATE KEY")?;
    let compact: Zeroizing<String> = Zeroizing::new(pem::base64(content).collect());
    STANDARD.decode(compact.as_bytes()).ok().map(Zeroizing::new)
}

/// Why a key was refused. It never carries anything of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionKeyError {
    /// Not an unencrypted PKCS #8 key in PEM.
    #[error("this is no unencrypted private key in PEM (PKCS #8)")]
    Pem,
    /// Of another kind than Ed25519 or P-256.
    #[error("session keys are of Ed25519 or P-256")]
    Kind,
}

impl SessionKeyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "config.session_key"
    }
}
