//! The one shape of a signature that is accepted: `SignedInfo` with one reference and two transforms,
//! `SignatureValue`, and a `KeyInfo` that nobody reads. Everything is checked before anything is computed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_xml::{ChildElements, Element, PrefixList};
use sso_types::text::excerpt;

use crate::algorithm::{AlgorithmError, AlgorithmPolicy, DigestAlgorithm, SignatureAlgorithm};
use crate::error::SignatureError;
use crate::identifiers::{DSIG, ENVELOPED, EXCLUSIVE};

/// What a signature says about itself.
pub(crate) struct SignatureStructure<'d, 'a> {
    pub(crate) signed_info: SignedInfo<'d, 'a>,
    pub(crate) value: Vec<u8>,
}

/// `SignedInfo`, the part of a signature that the key vouches for (XML Signature §4.4).
pub(crate) struct SignedInfo<'d, 'a> {
    pub(crate) element: Element<'d, 'a>,
    /// The prefix list of its own canonicalization.
    pub(crate) prefixes: PrefixList,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) reference: Reference<'d>,
}

/// The one `Reference` (XML Signature §4.4.3).
pub(crate) struct Reference<'d> {
    /// The ID that it names.
    pub(crate) target: &'d str,
    /// The prefix list of the canonicalization of what it names.
    pub(crate) prefixes: PrefixList,
    pub(crate) digest_algorithm: DigestAlgorithm,
    pub(crate) digest: Vec<u8>,
}

impl<'d, 'a> SignatureStructure<'d, 'a> {
    /// Reads a `ds:Signature`: exactly `SignedInfo`, `SignatureValue` and an optional `KeyInfo`, in that
    /// order (XML Signature §4.2).
    pub(crate) fn read(signature: Element<'d, 'a>, policy: &AlgorithmPolicy) -> Result<Self, SignatureError> {
        let mut children = signature.child_elements()?;
        let signed_info = next(&mut children, "SignedInfo", "it has no SignedInfo")?;
        let value = next(&mut children, "SignatureValue", "it has no SignatureValue behind the SignedInfo")?;
        let mut rest = children.next();
        if let Some(key_info) = rest.filter(|child| child.is(DSIG, "KeyInfo")) {
            check_key_info(key_info)?;
            rest = children.next();
        }
        match rest {
            Some(child) if child.is(DSIG, "Object") => return Err(SignatureError::Object),
            Some(_) => return Err(SignatureError::Malformed { what: "it holds more than it may" }),
            None => {}
        }
        let signed_info = SignedInfo::read(signed_info, policy)?;
        Ok(Self { signed_info, value: decode(value, "SignatureValue")? })
    }
}

impl<'d, 'a> SignedInfo<'d, 'a> {
    fn read(element: Element<'d, 'a>, policy: &AlgorithmPolicy) -> Result<Self, SignatureError> {
        let mut children = element.child_elements()?;
        let canonicalization =
            next(&mut children, "CanonicalizationMethod", "the SignedInfo has no CanonicalizationMethod")?;
        let method = next(&mut children, "SignatureMethod", "the SignedInfo has no SignatureMethod")?;
        let reference = only_reference(children)?;
        let prefixes = exclusive_canonicalization(canonicalization)?.ok_or_else(|| {
            SignatureError::Canonicalization {
                found: excerpt(algorithm_of(canonicalization).unwrap_or_default()),
            }
        })?;
        let algorithm = policy.check_signature(algorithm_of(method)?)?;
        without_parameters(method)?;
        Ok(Self { element, prefixes, algorithm, reference: Reference::read(reference, policy)? })
    }
}

impl<'d> Reference<'d> {
    fn read(reference: Element<'d, '_>, policy: &AlgorithmPolicy) -> Result<Self, SignatureError> {
        let uri = reference.attribute("URI");
        // An empty URI is the whole document, an absent one is the application's choice: SAML core §5.4.2
        // allows neither.
        let Some(target) = uri.and_then(|uri| uri.strip_prefix('#')).filter(|id| is_plain_id(id)) else {
            return Err(SignatureError::Uri { found: uri.map(excerpt) });
        };
        let mut children = reference.child_elements()?;
        let transforms = next(&mut children, "Transforms", "the Reference has no Transforms")?;
        let method = next(&mut children, "DigestMethod", "the Reference has no DigestMethod")?;
        let value = next(&mut children, "DigestValue", "the Reference has no DigestValue")?;
        if children.next().is_some() {
            return Err(SignatureError::Malformed { what: "the Reference holds more than it may" });
        }
        let prefixes = read_transforms(transforms)?;
        let digest_algorithm = policy.check_digest(algorithm_of(method)?)?;
        without_parameters(method)?;
        let digest = decode(value, "DigestValue")?;
        if digest.len() != digest_algorithm.output_len() {
            return Err(SignatureError::DigestLength {
                expected: digest_algorithm.output_len(),
                found: digest.len(),
            });
        }
        Ok(Self { target, prefixes, digest_algorithm, digest })
    }
}

/// What is left of the children of `SignedInfo` has to be one reference. With two, one could cover the signed
/// original and the other what is read.
fn only_reference<'d, 'a>(children: ChildElements<'d, 'a>) -> Result<Element<'d, 'a>, SignatureError> {
    let mut first = None;
    let mut found = 0;
    for child in children {
        if !child.is(DSIG, "Reference") {
            return Err(SignatureError::Malformed { what: "the SignedInfo holds more than it may" });
        }
        first = first.or(Some(child));
        found += 1;
    }
    match first {
        Some(reference) if found == 1 => Ok(reference),
        _ => Err(SignatureError::ReferenceCount { found }),
    }
}

/// Exactly enveloped-signature, then exclusive canonicalization (SAML core §5.4.4). Without the latter the
/// default would be inclusive canonicalization, whose output ancestors can change.
fn read_transforms(transforms: Element<'_, '_>) -> Result<PrefixList, SignatureError> {
    let children = transforms.child_elements()?;
    if children.clone().any(|child| !child.is(DSIG, "Transform")) {
        return Err(SignatureError::Malformed { what: "the Transforms hold something else than Transform" });
    }
    let refused = || {
        let found: Vec<_> = children
            .clone()
            .take(4)
            .map(|child| format!("{:?}", excerpt(child.attribute("Algorithm").unwrap_or_default())))
            .collect();
        SignatureError::Transforms { found: found.join(", ") }
    };
    let mut each = children.clone();
    let (Some(enveloped), Some(exclusive), None) = (each.next(), each.next(), each.next()) else {
        return Err(refused());
    };
    if algorithm_of(enveloped)? != ENVELOPED {
        return Err(refused());
    }
    let prefixes = exclusive_canonicalization(exclusive)?.ok_or_else(refused)?;
    without_parameters(enveloped)?;
    Ok(prefixes)
}

/// The prefix list of an exclusive canonicalization without comments, `None` where it is another algorithm.
fn exclusive_canonicalization(method: Element<'_, '_>) -> Result<Option<PrefixList>, SignatureError> {
    if algorithm_of(method)? != EXCLUSIVE {
        return Ok(None);
    }
    let mut children = method.child_elements()?;
    let prefixes = match children.next() {
        None => PrefixList::default(),
        Some(list) if list.is(EXCLUSIVE, "InclusiveNamespaces") => {
            let prefixes = list.attribute("PrefixList");
            let malformed = SignatureError::Malformed { what: "InclusiveNamespaces has no PrefixList" };
            PrefixList::parse(prefixes.ok_or(malformed)?)?
        }
        Some(_) => {
            return Err(SignatureError::Malformed { what: "the canonicalization has unknown parameters" });
        }
    };
    if children.next().is_some() {
        return Err(SignatureError::Malformed { what: "the canonicalization has more than one parameter" });
    }
    Ok(Some(prefixes))
}

/// The children of a `KeyInfo` are not read, but those that would make another verifier fetch something have
/// no place.
fn check_key_info(key_info: Element<'_, '_>) -> Result<(), SignatureError> {
    for element in key_info.descendants_and_self() {
        if matches!(element.local_name(), "RetrievalMethod" | "KeyInfoReference") {
            return Err(SignatureError::KeyInfo { element: element.local_name().to_owned() });
        }
    }
    Ok(())
}

fn next<'d, 'a>(
    children: &mut ChildElements<'d, 'a>,
    name: &str,
    missing: &'static str,
) -> Result<Element<'d, 'a>, SignatureError> {
    children.next().filter(|child| child.is(DSIG, name)).ok_or(SignatureError::Malformed { what: missing })
}

fn algorithm_of<'d>(element: Element<'d, '_>) -> Result<&'d str, SignatureError> {
    element.attribute("Algorithm").ok_or(SignatureError::Malformed { what: "an Algorithm is missing" })
}

/// No parameter that could change an algorithm: HMACOutputLength, RSAPSSParams, XPath …
fn without_parameters(method: Element<'_, '_>) -> Result<(), SignatureError> {
    match method.child_elements()?.next() {
        None => Ok(()),
        Some(parameter) => Err(AlgorithmError::Parameters { found: excerpt(parameter.local_name()) }.into()),
    }
}

/// An ID as [`crate::SignedDocument::survey`] lets it through: no XPointer, no percent-encoding.
fn is_plain_id(id: &str) -> bool {
    !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Strict base64: padding as it has to be, no stray bits. XML Schema allows white space in between (§3.2.16).
fn decode(element: Element<'_, '_>, what: &'static str) -> Result<Vec<u8>, SignatureError> {
    let text = element.text()?;
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let decoded = if text.bytes().any(is_space) {
        STANDARD.decode(text.bytes().filter(|&byte| !is_space(byte)).collect::<Vec<u8>>())
    } else {
        STANDARD.decode(text)
    };
    decoded.ok().filter(|bytes| !bytes.is_empty()).ok_or(SignatureError::Base64 { what })
}
