use saml_xml::{CanonicalizeError, ContentError, Position, PrefixListError};
use thiserror::Error;

use crate::algorithm::AlgorithmError;
use crate::identifiers::{ENVELOPED, EXCLUSIVE};
use crate::keys::KeyError;
use crate::second::SecondOpinionError;

/// Why a signature was refused. Nothing of the signed content is available then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no signature on the element that needs one.
    #[error("the {element} is not signed")]
    Missing {
        /// The local name of the element.
        element: String,
    },
    /// A signature that lacks something, or has something twice or out of order (XML Signature §4).
    #[error("the signature is malformed: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// More than one signature on one element.
    #[error("an element carries more than one signature")]
    Count,
    /// A signature in a place where SAML has none.
    #[error("a signature stands elsewhere than right behind the Issuer of a Response or an Assertion")]
    Position,
    /// A `ds:Object`: content that hides within the signature, which is no part of what is signed.
    #[error("the signature holds an Object")]
    Object,
    /// A `KeyInfo` that points elsewhere. Keys are pinned; what a `KeyInfo` holds is never read.
    #[error("the signature's KeyInfo holds a {element}, a reference to be fetched")]
    KeyInfo {
        /// The local name of the element.
        element: String,
    },
    /// Another number of references than one.
    #[error("the signature has {found} references, but exactly one is allowed")]
    ReferenceCount {
        /// How many there are.
        found: usize,
    },
    /// A reference that is not of the form `#ID`.
    #[error("the signature refers to {found:?}, but only a reference of the form \"#ID\" is allowed")]
    Uri {
        /// The URI; `None` where the attribute is absent.
        found: Option<String>,
    },
    /// A reference to another element than the one that carries the signature.
    #[error("the signature refers to {found:?}, not to the element {expected:?} that carries it")]
    WrongTarget {
        /// The ID of the element that carries the signature.
        expected: String,
        /// What the reference names.
        found: String,
    },
    /// Another canonicalization than exclusive canonicalization without comments.
    #[error("the canonicalization {found:?} is not allowed")]
    Canonicalization {
        /// Its URI.
        found: String,
    },
    /// Other transforms than enveloped-signature and exclusive canonicalization, in that order.
    #[error("the transforms {found} are not allowed")]
    Transforms {
        /// Their URIs.
        found: String,
    },
    /// A `PrefixList` that is not allowed.
    #[error(transparent)]
    PrefixList(#[from] PrefixListError),
    /// An algorithm that is not allowed.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// A value that is not strict base64 (RFC 4648 §4; white space may stand between).
    #[error("the {what} is not valid base64")]
    Base64 {
        /// Which value it is.
        what: &'static str,
    },
    /// A digest of another length than its algorithm gives.
    #[error("the digest has {found} bytes, but its algorithm gives {expected}")]
    DigestLength {
        /// The length in bytes that the algorithm gives.
        expected: usize,
        /// The length in bytes of the value.
        found: usize,
    },
    /// The content is not what was signed.
    #[error("the content of the {element} was changed after it was signed")]
    DigestMismatch {
        /// The local name of the signed element.
        element: String,
        /// The digest that was signed, in base64.
        expected: String,
        /// The digest of what is there, in base64.
        found: String,
    },
    /// None of the pinned keys made the signature.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A second implementation does not agree.
    #[error(transparent)]
    SecondOpinion(#[from] SecondOpinionError),
    /// The canonical form is too large.
    #[error(transparent)]
    Canonicalize(#[from] CanonicalizeError),
    /// Text among elements or elements within a value.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Two elements with the same ID.
    #[error("the ID {id:?} of the element at {position} occurs before in the document")]
    DuplicateId {
        /// The ID.
        id: String,
        /// Where the second element with it begins.
        position: Position,
    },
    /// An attribute that could be mistaken for the ID.
    #[error("the attribute {attribute:?} of the element at {position} could be mistaken for its ID")]
    IdAttribute {
        /// The local name of the attribute.
        attribute: String,
        /// Where the element begins.
        position: Position,
    },
    /// An ID with characters that are not allowed, or too long.
    #[error("the ID {id:?} of the element at {position} is not 1 to 256 letters, digits, '_', '-' or '.'")]
    IdSyntax {
        /// The ID.
        id: String,
        /// Where its element begins.
        position: Position,
    },
}

impl SignatureError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "signature.missing",
            Self::Malformed { .. } => "signature.malformed",
            Self::Count => "signature.count",
            Self::Position => "signature.position",
            Self::Object => "signature.object",
            Self::KeyInfo { .. } => "signature.key_info",
            Self::ReferenceCount { .. } => "signature.reference_count",
            Self::Uri { .. } => "signature.uri",
            Self::WrongTarget { .. } => "signature.wrong_target",
            Self::Canonicalization { .. } => "algorithm.canonicalization",
            Self::Transforms { .. } => "algorithm.transform",
            Self::PrefixList(error) => error.code(),
            Self::Algorithm(error) => error.code(),
            Self::Base64 { .. } => "signature.base64",
            Self::DigestLength { .. } => "signature.digest_length",
            Self::DigestMismatch { .. } => "signature.digest_mismatch",
            Self::Key(error) => error.code(),
            Self::SecondOpinion(_) => "signature.second_opinion",
            Self::Canonicalize(error) => error.code(),
            Self::Content(error) => error.code(),
            Self::DuplicateId { .. } => "xml.duplicate_id",
            Self::IdAttribute { .. } => "xml.id_attribute",
            Self::IdSyntax { .. } => "xml.id_syntax",
        }
    }

    /// What was expected, where two things were compared.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Missing { element } => Some(format!("a signature on the {element}")),
            Self::ReferenceCount { .. } => Some("1".to_owned()),
            Self::Uri { .. } => Some("#ID".to_owned()),
            Self::WrongTarget { expected, .. } | Self::DigestMismatch { expected, .. } => {
                Some(expected.clone())
            }
            Self::Canonicalization { .. } => Some(EXCLUSIVE.to_owned()),
            Self::Transforms { .. } => Some(format!("{ENVELOPED}, {EXCLUSIVE}")),
            Self::DigestLength { expected, .. } => Some(format!("{expected} bytes")),
            Self::Algorithm(error) => error.expected(),
            Self::Key(error) => error.expected(),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::ReferenceCount { found } => Some(found.to_string()),
            Self::Uri { found } => found.clone(),
            Self::WrongTarget { found, .. }
            | Self::DigestMismatch { found, .. }
            | Self::Canonicalization { found }
            | Self::Transforms { found } => Some(found.clone()),
            Self::DigestLength { found, .. } => Some(format!("{found} bytes")),
            Self::DuplicateId { id, .. } | Self::IdSyntax { id, .. } => Some(id.clone()),
            Self::IdAttribute { attribute, .. } => Some(attribute.clone()),
            Self::KeyInfo { element } => Some(element.clone()),
            Self::Algorithm(error) => error.found(),
            Self::Key(error) => error.found(),
            _ => None,
        }
    }
}
