//! What must hold for the whole document before any of its signatures means something: IDs that name one
//! element each, and signatures in the places where SAML puts them.

use saml_xml::{Document, Element};
use sso_types::text::excerpt;

use crate::error::SignatureError;
use crate::identifiers::DSIG;
use crate::second::SecondOpinion;

const DSIG_11: &str = "http://www.w3.org/2009/xmldsig11#";
const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XENC_11: &str = "http://www.w3.org/2009/xmlenc11#";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// IDs are made by the sender. JumpCloud's have 40 characters, other products' up to about 80.
const MAX_ID_LENGTH: usize = 256;

/// A document whose IDs and signatures are where they may be, and nowhere else.
///
/// Signature wrapping (Somorovsky et al., "On Breaking SAML", 2012) always needs one of three things: an ID
/// that names two elements, a signature in a place where the schema has none, or a search that finds another
/// element than the signed one. The first two are refused here; the third does not exist, since
/// [`verify`](Self::verify) starts from the element and looks only at its own children.
pub struct SignedDocument<'d, 'a> {
    document: &'d Document<'a>,
    /// Elements with a signature among their children, and that signature.
    signatures: Vec<(Element<'d, 'a>, Element<'d, 'a>)>,
    second_opinion: Option<&'d dyn SecondOpinion>,
}

impl<'d, 'a> SignedDocument<'d, 'a> {
    /// Looks through the whole document once. `signable` are the elements that may carry a signature; in SAML
    /// these are the root and the assertion.
    ///
    /// # Errors
    /// - `xml.duplicate_id`, `xml.id_syntax`: two elements with the same ID, or an ID outside of
    ///   `[A-Za-z0-9_.-]{1,256}`. No NCName is asked for: JumpCloud's IDs may begin with a digit.
    /// - `xml.id_attribute`: an attribute that another implementation might take for the ID, such as
    ///   `xml:id`.
    /// - `signature.position`: a signature elsewhere than as the first child of a `signable` element, or the
    ///   one right behind its `Issuer` (the sequence that the schema of SAML asks for).
    /// - `signature.count`: two signatures on one element.
    pub fn survey(document: &'d Document<'a>, signable: &[Element<'d, 'a>]) -> Result<Self, SignatureError> {
        check_ids(document)?;
        let mut signatures = Vec::with_capacity(2);
        for &parent in signable {
            if let Some(signature) = own_signature(parent)? {
                signatures.push((parent, signature));
            }
        }
        let in_place = |found: Element<'_, '_>| signatures.iter().any(|(_, signature)| *signature == found);
        if document.elements().any(|element| element.is(DSIG, "Signature") && !in_place(element)) {
            return Err(SignatureError::Position);
        }
        Ok(Self { document, signatures, second_opinion: None })
    }

    /// Has another implementation agree to every signature that verifies.
    #[must_use]
    pub fn second_opinion(mut self, opinion: &'d dyn SecondOpinion) -> Self {
        self.second_opinion = Some(opinion);
        self
    }

    pub(crate) fn source(&self) -> &'a [u8] {
        self.document.source()
    }

    pub(crate) fn other_implementation(&self) -> Option<&'d dyn SecondOpinion> {
        self.second_opinion
    }

    /// The signature of `parent`, if it has one. Whether it is worth anything, only [`verify`](Self::verify)
    /// says.
    pub(crate) fn signature_of(&self, parent: Element<'d, 'a>) -> Option<Element<'d, 'a>> {
        self.signatures.iter().find(|(signed, _)| *signed == parent).map(|(_, signature)| *signature)
    }

    /// Whether `parent` carries a signature, be it valid or not.
    #[must_use]
    pub fn has_signature(&self, parent: Element<'d, 'a>) -> bool {
        self.signature_of(parent).is_some()
    }
}

/// The one signature among the children of `parent`, in its one place.
pub(crate) fn own_signature<'d, 'a>(
    parent: Element<'d, 'a>,
) -> Result<Option<Element<'d, 'a>>, SignatureError> {
    let children = parent.child_elements()?;
    let mut found = children.clone().enumerate().filter(|(_, child)| child.is(DSIG, "Signature"));
    let Some((index, signature)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(SignatureError::Count);
    }
    let in_place = match index {
        0 => true,
        1 => children.clone().next().is_some_and(|first| first.is(SAML, "Issuer")),
        _ => false,
    };
    if in_place { Ok(Some(signature)) } else { Err(SignatureError::Position) }
}

fn check_ids(document: &Document<'_>) -> Result<(), SignatureError> {
    let mut ids = Vec::with_capacity(4);
    for element in document.elements() {
        if let Some(id) = id_of(element)? {
            ids.push((id, element));
        }
    }
    // Stable, so that of two alike the later one in the document comes behind.
    ids.sort_by_key(|(id, _)| *id);
    for (first, second) in ids.iter().zip(ids.iter().skip(1)) {
        let ((id, _), (other, element)) = (first, second);
        if id == other {
            return Err(SignatureError::DuplicateId { id: excerpt(id), position: element.position() });
        }
    }
    Ok(())
}

/// The element's ID. The schemas of SAML call the attribute `ID`, those of XML Signature and XML Encryption
/// `Id`.
fn id_of<'d>(element: Element<'d, '_>) -> Result<Option<&'d str>, SignatureError> {
    let mut id = None;
    for attribute in
        element.attributes().filter(|attribute| attribute.local_name().eq_ignore_ascii_case("id"))
    {
        let expected = match element.namespace() {
            DSIG | DSIG_11 | XENC | XENC_11 => "Id",
            _ => "ID",
        };
        if !attribute.is("", expected) {
            return Err(SignatureError::IdAttribute {
                attribute: excerpt(attribute.local_name()),
                position: element.position(),
            });
        }
        if !is_id(attribute.value()) {
            let id = excerpt(attribute.value());
            return Err(SignatureError::IdSyntax { id, position: element.position() });
        }
        id = Some(attribute.value());
    }
    Ok(id)
}

/// Whether `id` is safe to compare and to log wherever it goes.
fn is_id(id: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
