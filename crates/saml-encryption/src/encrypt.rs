//! Encryption, as an identity provider does it. A service has no use for it but in tests.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_CBC_IV_LEN, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_xml::XmlWriter;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::algorithm::{Cipher, ContentAlgorithm, KeyTransport, MGF1_SHA256, SHA1, SHA256};

/// How to encrypt an assertion.
#[derive(Clone, Copy, Debug)]
pub struct EncryptOptions {
    content: ContentAlgorithm,
    transport: KeyTransport,
    key_beside: bool,
}

impl Default for EncryptOptions {
    /// AES-256-GCM under RSA-OAEP with SHA-1, the encrypted key within the encrypted data.
    fn default() -> Self {
        Self { content: ContentAlgorithm::Aes256Gcm, transport: KeyTransport::RsaOaepSha1, key_beside: false }
    }
}

impl EncryptOptions {
    /// With another algorithm for the content.
    #[must_use]
    pub fn content(mut self, algorithm: ContentAlgorithm) -> Self {
        self.content = algorithm;
        self
    }

    /// With another algorithm for the key.
    #[must_use]
    pub fn transport(mut self, transport: KeyTransport) -> Self {
        self.transport = transport;
        self
    }

    /// With the encrypted key beside the encrypted data, as Shibboleth does it.
    #[must_use]
    pub fn key_beside(mut self) -> Self {
        self.key_beside = true;
        self
    }
}

/// Encrypts an assertion, a whole element, to the key of a `SubjectPublicKeyInfo` and gives the
/// `EncryptedAssertion`.
///
/// # Errors
/// [`EncryptError`] where the key is no RSA key of at least 2048 bits, or the library fails.
pub fn encrypt(
    assertion: &str,
    public_key_der: &[u8],
    options: &EncryptOptions,
) -> Result<String, EncryptError> {
    let mut session_key = Zeroizing::new(vec![0; options.content.key_len()]);
    rand::fill(&mut session_key).map_err(|_| EncryptError::Failed)?;
    let content = seal(options.content, &session_key, assertion.as_bytes()).ok_or(EncryptError::Failed)?;
    let recipient = PublicEncryptingKey::from_der(public_key_der)
        .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(Into::into))
        .map_err(|_| EncryptError::Key)?;
    let mut buffer = vec![0; recipient.ciphertext_size()];
    let transported = recipient
        .encrypt(options.transport.oaep(), &session_key, &mut buffer, None)
        .map_err(|_| EncryptError::Failed)?;
    write(*options, &content, transported).ok_or(EncryptError::Failed)
}

fn seal(algorithm: ContentAlgorithm, key: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    match algorithm.cipher() {
        Cipher::Gcm(cipher) => {
            let mut nonce = [0; NONCE_LEN];
            rand::fill(&mut nonce).ok()?;
            let key = LessSafeKey::new(UnboundKey::new(cipher, key).ok()?);
            let mut sealed = plaintext.to_vec();
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
                .ok()?;
            Some([nonce.as_slice(), &sealed].concat())
        }
        Cipher::Cbc(cipher) => {
            let mut iv = [0; AES_CBC_IV_LEN];
            rand::fill(&mut iv).ok()?;
            // PKCS #7 padding is one that XML Encryption §5.2 allows.
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, key).ok()?).ok()?;
            let mut sealed = plaintext.to_vec();
            key.less_safe_encrypt(&mut sealed, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
            Some([iv.as_slice(), &sealed].concat())
        }
    }
}

fn write(options: EncryptOptions, content: &[u8], transported: &[u8]) -> Option<String> {
    let mut xml = XmlWriter::new();
    xml.start("saml2:EncryptedAssertion").attribute("xmlns:saml2", "urn:oasis:names:tc:SAML:2.0:assertion");
    xml.start("xenc:EncryptedData").attribute("xmlns:xenc", "http://www.w3.org/2001/04/xmlenc#");
    xml.attribute("Type", "http://www.w3.org/2001/04/xmlenc#Element");
    xml.start("xenc:EncryptionMethod").attribute("Algorithm", options.content.uri()).end();
    xml.start("ds:KeyInfo").attribute("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#");
    if options.key_beside {
        xml.start("ds:RetrievalMethod").attribute("Type", "http://www.w3.org/2001/04/xmlenc#EncryptedKey");
        xml.attribute("URI", "#encrypted-key").end();
    } else {
        write_key(&mut xml, options.transport, transported);
    }
    xml.end().start("xenc:CipherData").element("xenc:CipherValue", &STANDARD.encode(content)).end().end();
    if options.key_beside {
        write_key(&mut xml, options.transport, transported);
    }
    xml.finish().ok()
}

fn write_key(xml: &mut XmlWriter, transport: KeyTransport, transported: &[u8]) {
    xml.start("xenc:EncryptedKey").attribute("xmlns:xenc", "http://www.w3.org/2001/04/xmlenc#");
    xml.attribute("Id", "encrypted-key");
    xml.start("xenc:EncryptionMethod").attribute("Algorithm", transport.uri());
    let digest = if transport == KeyTransport::RsaOaepSha1 { SHA1 } else { SHA256 };
    xml.start("ds:DigestMethod").attribute("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#");
    xml.attribute("Algorithm", digest).end();
    if transport == KeyTransport::RsaOaepSha256 {
        xml.start("xenc11:MGF").attribute("xmlns:xenc11", "http://www.w3.org/2009/xmlenc11#");
        xml.attribute("Algorithm", MGF1_SHA256).end();
    }
    xml.end();
    xml.start("xenc:CipherData").element("xenc:CipherValue", &STANDARD.encode(transported)).end().end();
}

/// Why something was not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// Not a suitable public key.
    #[error("this is no RSA public key of 2048 to 8192 bits")]
    Key,
    /// The library failed.
    #[error("encryption failed")]
    Failed,
}
