//! Structure and algorithms first, then the key, then the content.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_CBC_IV_LEN, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_xml::Element;
use zeroize::{Zeroize as _, Zeroizing};

use crate::algorithm::{Cipher, ContentAlgorithm, DecryptionPolicy, KeyTransport};
use crate::error::EncryptionError;
use crate::key::{DecryptionKey, DecryptionKeyError};

const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XENC_11: &str = "http://www.w3.org/2009/xmlenc11#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const ELEMENT_TYPE: &str = "http://www.w3.org/2001/04/xmlenc#Element";
const ENCRYPTED_KEY_TYPE: &str = "http://www.w3.org/2001/04/xmlenc#EncryptedKey";

/// How many encrypted keys are tried. More than one is there where the message is for several recipients.
const MAX_ENCRYPTED_KEYS: usize = 4;

/// Decrypts what was encrypted to the service. Cheap to clone. The default has no key and says so when one is
/// needed.
#[derive(Clone, Default)]
pub struct Decryptor {
    keys: Arc<[DecryptionKey]>,
    policy: DecryptionPolicy,
}

impl Decryptor {
    /// How many keys may be configured: two are needed while one is being replaced.
    pub const MAX_KEYS: usize = 4;

    /// Decrypts with these keys, one to four.
    ///
    /// # Errors
    /// [`DecryptionKeyError::Count`].
    pub fn new(
        keys: impl IntoIterator<Item = DecryptionKey>,
        policy: DecryptionPolicy,
    ) -> Result<Self, DecryptionKeyError> {
        let keys: Arc<[DecryptionKey]> = keys.into_iter().collect();
        if (1..=Self::MAX_KEYS).contains(&keys.len()) {
            Ok(Self { keys, policy })
        } else {
            Err(DecryptionKeyError::Count)
        }
    }

    /// Decrypts nothing, but says of a message first whether `policy` would let it pass.
    #[must_use]
    pub fn without_keys(policy: DecryptionPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// The keys that this decrypts with.
    #[must_use]
    pub fn keys(&self) -> &[DecryptionKey] {
        &self.keys
    }

    /// Decrypts an `EncryptedAssertion`, or any element of the type `EncryptedElementType` (SAML core
    /// §2.2.4).
    ///
    /// # Errors
    /// [`EncryptionError`]. Structure and algorithms are checked before a key is used; from then on every
    /// failure is [`EncryptionError::Failed`]. That a wrong key, a changed key and changed content take
    /// slightly different times helps nobody: OAEP is checked in constant time by the library, and GCM has no
    /// padding to ask about. With AES-CBC it does help, which is why that has to be allowed.
    pub fn decrypt(&self, encrypted: Element<'_, '_>) -> Result<Plaintext, EncryptionError> {
        let message = Message::read(encrypted, self.policy)?;
        if self.keys.is_empty() {
            return Err(EncryptionError::NoKey);
        }
        for key in self.keys.iter() {
            for transported in &message.keys {
                let session_key = key.decrypt(transported.transport, &transported.ciphertext);
                let content = session_key
                    .and_then(|session_key| open(message.algorithm, &session_key, &message.content));
                if let Some(bytes) = content {
                    let authenticated = matches!(message.algorithm.cipher(), Cipher::Gcm(_));
                    return Ok(Plaintext { bytes, authenticated });
                }
            }
        }
        Err(EncryptionError::Failed)
    }
}

impl fmt::Debug for Decryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decryptor").field("keys", &self.keys).field("policy", &self.policy).finish()
    }
}

/// What was encrypted. Overwritten when dropped, and not shown.
pub struct Plaintext {
    bytes: Zeroizing<Vec<u8>>,
    authenticated: bool,
}

impl Plaintext {
    /// Whether the ciphertext was protected against changes on the way, as with GCM. Where not, even an error
    /// about the bytes must not reach whoever sent them, since it would say something about the padding.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.authenticated
    }
}

impl Deref for Plaintext {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes, redacted)", self.bytes.len())
    }
}

/// Decrypts content that begins with its initialization vector (XML Encryption §5.2).
fn open(algorithm: ContentAlgorithm, key: &[u8], content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if key.len() != algorithm.key_len() {
        return None;
    }
    match algorithm.cipher() {
        Cipher::Gcm(cipher) => {
            let (nonce, sealed) = content.split_at_checked(NONCE_LEN)?;
            let key = LessSafeKey::new(UnboundKey::new(cipher, key).ok()?);
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut buffer = Zeroizing::new(sealed.to_vec());
            let length = key.open_in_place(nonce, Aad::empty(), &mut buffer).ok()?.len();
            buffer.truncate(length);
            Some(buffer)
        }
        Cipher::Cbc(cipher) => {
            let (iv, blocks) = content.split_at_checked(AES_CBC_IV_LEN)?;
            let iv: [u8; AES_CBC_IV_LEN] = iv.try_into().ok()?;
            let key =
                PaddedBlockDecryptingKey::cbc_iso10126(UnboundCipherKey::new(cipher, key).ok()?).ok()?;
            let mut buffer = Zeroizing::new(blocks.to_vec());
            let length =
                key.decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
            if let Some(padding) = buffer.get_mut(length..) {
                padding.zeroize();
            }
            buffer.truncate(length);
            Some(buffer)
        }
    }
}

/// An encrypted element, taken apart.
struct Message {
    algorithm: ContentAlgorithm,
    content: Vec<u8>,
    keys: Vec<TransportedKey>,
}

struct TransportedKey {
    transport: KeyTransport,
    ciphertext: Vec<u8>,
}

impl Message {
    /// SAML core §2.2.4: one `EncryptedData`, then `EncryptedKey`s, unless they lie within the data's
    /// `KeyInfo`.
    fn read(encrypted: Element<'_, '_>, policy: DecryptionPolicy) -> Result<Self, EncryptionError> {
        let mut children = encrypted.child_elements()?;
        let data = children
            .next()
            .filter(|child| child.is(XENC, "EncryptedData"))
            .ok_or(EncryptionError::Malformed { what: "it has no EncryptedData" })?;
        let beside: Vec<_> = children.collect();
        if beside.iter().any(|child| !child.is(XENC, "EncryptedKey")) {
            return Err(EncryptionError::Malformed {
                what: "it holds more than EncryptedData and EncryptedKey",
            });
        }
        if data.attribute("Type").is_some_and(|kind| kind != ELEMENT_TYPE) {
            return Err(EncryptionError::Malformed { what: "it is of another type than an element" });
        }
        let (method, key_info, cipher) = parts(data)?;
        let algorithm = policy.check_content(algorithm_of(method)?)?;
        let mut encrypted_keys = key_info.map_or(Ok(Vec::new()), |info| keys_within(info, &beside))?;
        encrypted_keys.extend(beside);
        if encrypted_keys.len() > MAX_ENCRYPTED_KEYS {
            return Err(EncryptionError::TooManyKeys {
                limit: MAX_ENCRYPTED_KEYS,
                found: encrypted_keys.len(),
            });
        }
        let keys: Vec<_> = encrypted_keys.into_iter().map(TransportedKey::read).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(EncryptionError::Malformed { what: "it has no EncryptedKey" });
        }
        Ok(Self { algorithm, content: cipher_value(cipher)?, keys })
    }
}

impl TransportedKey {
    fn read(encrypted_key: Element<'_, '_>) -> Result<Self, EncryptionError> {
        let (method, _, cipher) = parts(encrypted_key)?;
        let (mut digest, mut mask) = (None, None);
        for parameter in method.child_elements()? {
            if parameter.is(DSIG, "DigestMethod") && digest.is_none() {
                digest = Some(algorithm_of(parameter)?);
            } else if parameter.is(XENC_11, "MGF") && mask.is_none() {
                mask = Some(algorithm_of(parameter)?);
            } else if parameter.is(XENC, "OAEPparams")
                && parameter.text()?.trim_matches([' ', '\t', '\n', '\r']).is_empty()
            {
                // An empty label is none.
            } else {
                return Err(EncryptionError::OaepParameters {
                    what: "a label, or parameters that are not known",
                });
            }
        }
        let transport = KeyTransport::of(algorithm_of(method)?, digest, mask)?;
        Ok(Self { transport, ciphertext: cipher_value(cipher)? })
    }
}

/// `EncryptionMethod`, `KeyInfo` and `CipherData` of an `EncryptedType` (XML Encryption §3.1).
#[allow(clippy::type_complexity, reason = "three elements, of which one is optional")]
fn parts<'d, 'a>(
    element: Element<'d, 'a>,
) -> Result<(Element<'d, 'a>, Option<Element<'d, 'a>>, Element<'d, 'a>), EncryptionError> {
    let mut children = element.child_elements()?.peekable();
    let method = children
        .next_if(|child| child.is(XENC, "EncryptionMethod"))
        .ok_or(EncryptionError::Malformed { what: "an EncryptionMethod is missing" })?;
    let key_info = children.next_if(|child| child.is(DSIG, "KeyInfo"));
    let cipher = children
        .next_if(|child| child.is(XENC, "CipherData"))
        .ok_or(EncryptionError::Malformed { what: "a CipherData is missing" })?;
    // What may follow, EncryptionProperties or the names of keys, says nothing that is needed.
    Ok((method, key_info, cipher))
}

/// The encrypted keys within a `KeyInfo`. A `RetrievalMethod` may do nothing but name one that lies right
/// beside.
fn keys_within<'d, 'a>(
    key_info: Element<'d, 'a>,
    beside: &[Element<'d, 'a>],
) -> Result<Vec<Element<'d, 'a>>, EncryptionError> {
    let mut keys = Vec::new();
    for child in key_info.child_elements()? {
        if child.is(XENC, "EncryptedKey") {
            keys.push(child);
        } else if child.local_name() == "RetrievalMethod" || child.local_name() == "KeyInfoReference" {
            let target = child.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
            let is_beside = target.is_some_and(|id| beside.iter().any(|key| key.attribute("Id") == Some(id)));
            let is_plain = child.child_elements()?.next().is_none();
            if child.attribute("Type") != Some(ENCRYPTED_KEY_TYPE) || !is_beside || !is_plain {
                return Err(EncryptionError::KeyReference);
            }
        }
    }
    Ok(keys)
}

fn algorithm_of<'d>(element: Element<'d, '_>) -> Result<&'d str, EncryptionError> {
    element.attribute("Algorithm").ok_or(EncryptionError::Malformed { what: "an Algorithm is missing" })
}

/// The one `CipherValue` in a `CipherData`; nothing is ever fetched by a `CipherReference`.
fn cipher_value(cipher: Element<'_, '_>) -> Result<Vec<u8>, EncryptionError> {
    let mut children = cipher.child_elements()?;
    let (Some(value), None) =
        (children.next().filter(|child| child.is(XENC, "CipherValue")), children.next())
    else {
        return Err(EncryptionError::Malformed {
            what: "a CipherData holds something else than one CipherValue",
        });
    };
    let compact: Vec<u8> =
        value.text()?.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).collect();
    STANDARD
        .decode(compact)
        .map_err(|_| EncryptionError::Malformed { what: "a CipherValue is not valid base64" })
}
