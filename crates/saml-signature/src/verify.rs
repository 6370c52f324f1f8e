//! Structure, then the signature value over `SignedInfo`, then the digest, then values: never in another
//! order.

use aws_lc_rs::constant_time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_xml::Element;
use sso_types::text::excerpt;

use crate::algorithm::{AlgorithmPolicy, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::error::SignatureError;
use crate::keys::TrustedKeys;
use crate::second::{Question, SecondOpinionError};
use crate::structure::{Reference, SignatureStructure};
use crate::survey::SignedDocument;

/// An element that a pinned key signed. Only what is reached through it may be believed.
///
/// There is no way from here to anything outside of the element. Within it lies its `ds:Signature`, which is
/// not covered by itself: readers have to pass over it.
#[derive(Clone, Debug)]
pub struct SignedElement<'d, 'a> {
    element: Element<'d, 'a>,
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    uses_sha1: bool,
}

impl<'d, 'a> SignedElement<'d, 'a> {
    /// The element.
    #[must_use]
    pub fn element(&self) -> Element<'d, 'a> {
        self.element
    }

    /// The pinned certificate whose key made the signature. During a rotation it tells when the old one can
    /// go.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The algorithm of the signature.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Whether signature or digest rely on SHA-1, which only
    /// [`AlgorithmPolicy::insecure_allow_sha1`] lets through.
    #[must_use]
    pub fn uses_sha1(&self) -> bool {
        self.uses_sha1
    }

    /// The same proof for an element within this one: what a signature covers, it covers with all that is in
    /// it. `None` where `descendant` does not lie within.
    #[must_use]
    pub fn covering(&self, descendant: Element<'d, 'a>) -> Option<Self> {
        let is_within = self.element.descendants_and_self().any(|element| element == descendant);
        is_within.then(|| Self { element: descendant, ..self.clone() })
    }

    /// The same proof for `decrypted`, on the caller's word that it is the root of a document that was
    /// decrypted from ciphertext *within* this signed element, so that its signature covers it too.
    ///
    /// This is, beside [`SignedDocument::verify`], the only other way to a `SignedElement`, and nothing is
    /// checked on it: given another element, it makes what anyone wrote look signed. Search for calls of it
    /// when reviewing.
    #[must_use]
    pub fn dangerous_covering_decrypted<'e, 'b>(&self, decrypted: Element<'e, 'b>) -> SignedElement<'e, 'b> {
        SignedElement {
            element: decrypted,
            certificate: self.certificate.clone(),
            algorithm: self.algorithm,
            uses_sha1: self.uses_sha1,
        }
    }
}

impl<'d, 'a> SignedDocument<'d, 'a> {
    /// Verifies the signature that `parent` carries (XML Signature §3.2): one of `keys` made it, by
    /// algorithms that `policy` allows, over exactly `parent` as it stands in the document.
    ///
    /// # Errors
    /// [`SignatureError`] with the first thing that is wrong: with the structure, then with the signature
    /// value, then with the digest.
    pub fn verify(
        &self,
        parent: Element<'d, 'a>,
        keys: &TrustedKeys,
        policy: &AlgorithmPolicy,
    ) -> Result<SignedElement<'d, 'a>, SignatureError> {
        let signature = self
            .signature_of(parent)
            .ok_or_else(|| SignatureError::Missing { element: excerpt(parent.local_name()) })?;
        let SignatureStructure { signed_info, value } = SignatureStructure::read(signature, policy)?;
        check_target(parent, &signed_info.reference)?;

        let mut canonical = Vec::with_capacity(4096);
        signed_info.element.canonicalize(&signed_info.prefixes, &mut canonical)?;
        let certificate = keys.verify(signed_info.algorithm, &canonical, &value)?;

        canonical.clear();
        parent.canonicalize_without(signature, &signed_info.reference.prefixes, &mut canonical)?;
        check_digest(parent, &signed_info.reference, &canonical)?;
        if let Some(opinion) = self.other_implementation() {
            let question = Question::new(self.source(), signed_info.reference.target, certificate);
            if opinion.digested(&question.allow_sha1(policy.allows_sha1()))? != canonical {
                return Err(SecondOpinionError::new("it digested other bytes").into());
            }
        }

        Ok(SignedElement {
            element: parent,
            certificate: certificate.clone(),
            algorithm: signed_info.algorithm,
            uses_sha1: signed_info.algorithm.uses_sha1()
                || signed_info.reference.digest_algorithm.uses_sha1(),
        })
    }
}

/// The reference names the element that carries the signature (SAML core §5.4.2). That element is then taken
/// itself; nothing is looked up by the ID.
fn check_target(parent: Element<'_, '_>, reference: &Reference<'_>) -> Result<(), SignatureError> {
    let id = parent.attribute("ID").unwrap_or_default();
    if reference.target == id {
        Ok(())
    } else {
        Err(SignatureError::WrongTarget { expected: excerpt(id), found: excerpt(reference.target) })
    }
}

fn check_digest(
    parent: Element<'_, '_>,
    reference: &Reference<'_>,
    canonical: &[u8],
) -> Result<(), SignatureError> {
    let digest = reference.digest_algorithm.digest(canonical);
    constant_time::verify_slices_are_equal(digest.as_ref(), &reference.digest).map_err(|_| {
        SignatureError::DigestMismatch {
            element: excerpt(parent.local_name()),
            expected: STANDARD.encode(&reference.digest),
            found: STANDARD.encode(digest.as_ref()),
        }
    })
}

impl TrustedKeys {
    /// Verifies a signature over plain bytes, as the HTTP-Redirect binding has it (SAML bindings §3.4.4.1).
    /// Gives the certificate whose key made it.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`] for an algorithm that `policy` does not allow, [`SignatureError::Key`]
    /// where none of the keys made the signature.
    pub fn verify_bytes(
        &self,
        algorithm_uri: &str,
        message: &[u8],
        signature: &[u8],
        policy: &AlgorithmPolicy,
    ) -> Result<&Certificate, SignatureError> {
        let algorithm = policy.check_signature(algorithm_uri)?;
        Ok(self.verify(algorithm, message, signature)?)
    }
}
