//! XML signatures under pinned X.509 certificates, as strict as SAML needs them.
//!
//! A service that takes part in single sign-on believes what one key vouches for, and nothing else. This
//! crate leads from a parsed document to that: [`SignedDocument::survey`] looks at the document as a whole,
//! its [`verify`](SignedDocument::verify) at one element with its signature, and what comes out,
//! [`SignedElement`], is the proof. From it only the signed element itself can be reached. There is one other
//! way to it, for what was decrypted out of a signed element, and its name says that whoever takes it vouches
//! for that: [`dangerous_covering_decrypted`](SignedElement::dangerous_covering_decrypted).
//!
//! What is accepted is one profile of [XML Signature] (SAML core §5.4): an enveloped signature with exactly
//! one reference, to the element that carries it; the transforms enveloped-signature and exclusive
//! canonicalization without comments; algorithms out of a closed list ([`AlgorithmPolicy`]). What the
//! signature says about its key is never read: the keys are those that were pinned before ([`TrustedKeys`]).
//!
//! ```
//! use saml_signature::{
//!     AlgorithmPolicy, Certificate, SignOptions, SignedDocument, SigningKey, TrustedKeys, sign,
//! };
//! use saml_xml::{Document, Limits};
//!
//! # const KEY: &str = jumpcloud_sso_testkit::keys::OWN_KEY;
//! # const CERTIFICATE: &[u8] = jumpcloud_sso_testkit::keys::OWN_CERTIFICATE.as_bytes();
//! let key = SigningKey::from_pem(KEY)?;
//! let signed = sign("<a ID='x'><b>value</b></a>", "x", &key, &SignOptions::default())?;
//!
//! let keys = TrustedKeys::new([Certificate::parse(CERTIFICATE)?])?;
//! let document = Document::parse(signed.as_bytes(), &Limits::default())?;
//! let signatures = SignedDocument::survey(&document, &[document.root()])?;
//! let proven = signatures.verify(document.root(), &keys, &AlgorithmPolicy::default())?;
//! assert_eq!(proven.element().attribute("ID"), Some("x"));
//!
//! let changed = signed.replace("value", "other");
//! let document = Document::parse(changed.as_bytes(), &Limits::default())?;
//! let signatures = SignedDocument::survey(&document, &[document.root()])?;
//! let error = signatures.verify(document.root(), &keys, &AlgorithmPolicy::default()).unwrap_err();
//! assert_eq!(error.code(), "signature.digest_mismatch");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The cryptography is that of [aws-lc-rs](aws_lc_rs), ASN.1 that of [x509-parser](x509_parser).
//!
//! [XML Signature]: https://www.w3.org/TR/xmldsig-core1/

mod algorithm;
mod certificate;
mod codes;
mod error;
mod identifiers;
mod key_kind;
mod keys;
mod name;
mod pem;
mod second;
mod sign;
mod signing_key;
mod structure;
mod survey;
mod verify;
mod weakness;

pub use algorithm::{AlgorithmError, AlgorithmPolicy, Digest, DigestAlgorithm, SignatureAlgorithm};
pub use certificate::{Certificate, CertificateError, CertificateWarning, Fingerprint, SeveralKeys};
pub use codes::CODES;
pub use error::SignatureError;
pub use key_kind::KeyKind;
pub use keys::{KeyError, TrustedKeys, TrustedKeysError, check_public_key};
pub use second::{Question, SecondOpinion, SecondOpinionError};
pub use sign::{SignError, SignOptions, sign};
pub use signing_key::{SigningError, SigningKey};
pub use survey::SignedDocument;
pub use verify::SignedElement;
