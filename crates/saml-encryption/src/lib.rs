//! Decryption of encrypted SAML assertions (SAML core §2.3.4) by [XML Encryption].
//!
//! A [`Decryptor`] holds the service's private keys. What it decrypts is confidential, not authentic: anyone
//! can encrypt to a public key. The [`Plaintext`] is therefore bytes and nothing more; whoever reads it has
//! to ask for a signature.
//!
//! Accepted are AES-GCM under a key that RSA-OAEP transports. AES-CBC, whose errors have been used to decrypt
//! messages byte by byte (Jager and Somorovsky, "How to break XML encryption", 2011), needs
//! [`insecure_allow_aes_cbc`](DecryptionPolicy::insecure_allow_aes_cbc). RSA PKCS #1 v1.5 and Triple DES are
//! never accepted. Whatever fails once a private key was used fails with one and the same
//! [`EncryptionError::Failed`].
//!
//! ```
//! use saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor, EncryptOptions, encrypt};
//! use saml_xml::{Document, Limits};
//!
//! # const KEY: &str = jumpcloud_sso_testkit::keys::SERVICE_KEY;
//! let key = DecryptionKey::from_pem(KEY)?;
//! let encrypted = encrypt("<a/>", key.public_key_der(), &EncryptOptions::default())?;
//!
//! let decryptor = Decryptor::new([key], DecryptionPolicy::default())?;
//! let document = Document::parse(encrypted.as_bytes(), &Limits::default())?;
//! assert_eq!(&*decryptor.decrypt(document.root())?, b"<a/>");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [XML Encryption]: https://www.w3.org/TR/xmlenc-core1/

mod algorithm;
mod codes;
mod decrypt;
mod encrypt;
mod error;
mod key;

pub use algorithm::{ContentAlgorithm, DecryptionPolicy, KeyTransport};
pub use codes::CODES;
pub use decrypt::{Decryptor, Plaintext};
pub use encrypt::{EncryptError, EncryptOptions, encrypt};
pub use error::EncryptionError;
pub use key::{DecryptionKey, DecryptionKeyError};
