use saml_encryption::EncryptError;
use saml_protocol::BindingError;
use saml_signature::{CertificateError, SignError, SigningError};
use saml_xml::{ParseError, WriteError};
use thiserror::Error;

/// Why the stand-in could not do what was asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TestkitError {
    /// Not a URL.
    #[error("this is no URL")]
    Url,
    /// Not an AuthnRequest.
    #[error("this is no AuthnRequest: {what}")]
    Request {
        /// What is wrong with it.
        what: &'static str,
    },
    /// Not a form that a browser could post.
    #[error("this is not the form of a login: {what}")]
    Form {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A time beyond what SAML can express, or no randomness.
    #[error("the time cannot be expressed, or there is no randomness")]
    Environment,
    /// A private key that cannot be read.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A value that XML cannot represent.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// XML that is not well-formed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A message that cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A message that cannot be encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// A query or form that is not of the binding.
    #[error(transparent)]
    Binding(#[from] BindingError),
}
