//! A second implementation that has to agree.

use std::fmt;

use thiserror::Error;

use crate::certificate::Certificate;

/// Another implementation of XML Signature, asked about every signature that this one has found good. Where
/// the two do not agree, or where they digested different bytes, the signature is refused.
///
/// A mistake of one implementation is then not enough for an attacker: both would have to make the same one.
/// The crate `saml-signature-xmlsec` has one by libxmlsec1.
pub trait SecondOpinion: fmt::Debug + Send + Sync {
    /// Verifies a signature, and gives the bytes that its one reference was digested over.
    ///
    /// # Errors
    /// [`SecondOpinionError`] where the signature is not good, or where this cannot be told.
    fn digested(&self, question: &Question<'_>) -> Result<Vec<u8>, SecondOpinionError>;
}

/// What a second implementation is asked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question<'q> {
    /// The whole document, as it came.
    pub document: &'q [u8],
    /// The `ID` of the element that carries the signature, and has to be what it covers.
    pub element_id: &'q str,
    /// The pinned certificate whose key made the signature, by our own verdict.
    pub certificate: &'q Certificate,
    /// Whether SHA-1 is let pass.
    pub allow_sha1: bool,
}

impl<'q> Question<'q> {
    /// A question about the signature on the element `element_id`, which `certificate`'s key made. SHA-1 is
    /// not let pass.
    #[must_use]
    pub fn new(document: &'q [u8], element_id: &'q str, certificate: &'q Certificate) -> Self {
        Self { document, element_id, certificate, allow_sha1: false }
    }

    /// Lets SHA-1 pass or not.
    #[must_use]
    pub fn allow_sha1(mut self, allow: bool) -> Self {
        self.allow_sha1 = allow;
        self
    }
}

/// Why a second implementation does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the second implementation does not agree: {message}")]
pub struct SecondOpinionError {
    message: String,
}

impl SecondOpinionError {
    /// With what it has to say, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}
