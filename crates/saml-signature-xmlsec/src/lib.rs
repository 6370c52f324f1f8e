//! A second opinion on XML signatures by libxmlsec1, the reference implementation in C.
//!
//! `saml-signature` asks it about every signature that it has found good itself: libxmlsec1 has to verify the
//! same signature with the same pinned key, and the bytes that it digested have to be the same. A mistake in
//! one of the two parsers, canonicalizers or cryptographic libraries is then not enough to get in.
//!
//! ```
//! use std::sync::Arc;
//! use saml_protocol::ResponseVerifier;
//! use saml_signature::TrustedKeys;
//! use saml_signature_xmlsec::XmlSec;
//!
//! fn verifier(keys: TrustedKeys) -> ResponseVerifier {
//!     ResponseVerifier::new(keys).second_opinion(Arc::new(XmlSec::default()))
//! }
//! # let _ = verifier;
//! ```
//!
//! libxmlsec1's defaults are not for hostile input. Here it may follow a reference to the signed element by
//! its ID only, transform by enveloped-signature and exclusive canonicalization only, and use the algorithms
//! that `saml-signature` allows; its parser does not recover from errors, takes no DOCTYPE and loads nothing
//! from elsewhere; `KeyInfo` is not consulted, since the key is given.
//!
//! Nothing is printed, as the libraries would do by themselves. libxmlsec1 has one switch for that, without a
//! lock: its output is turned off once, with the first question, for the whole process. A host that uses
//! libxmlsec1 in other threads itself should ask the first question before they begin. libxml2's errors are
//! ignored during a question, in its thread; a handler that the host has set for that thread is there again
//! afterwards.
//!
//! OpenSSL's queue of errors is left as it was found: what a host that uses OpenSSL itself looks for there is
//! still there, and nothing is added.
//!
//! What it does not know, it does not agree to: version 1.2 has neither RSA-PSS nor Ed25519.
//!
//! # Building
//! `apt-get install libxmlsec1-dev libclang-dev pkg-config`, or the like.

#[cfg(feature = "differential")]
pub mod differential;
mod dsig;

use libxml::parser::{Parser, ParserOptions};
use libxml::tree::{Document, Node};
use saml_signature::{Question, SecondOpinion, SecondOpinionError};
use xmlsec::XmlSecDocumentExt as _;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// libxmlsec1.
#[derive(Clone, Copy, Debug, Default)]
pub struct XmlSec;

impl SecondOpinion for XmlSec {
    fn digested(&self, question: &Question<'_>) -> Result<Vec<u8>, SecondOpinionError> {
        dsig::silently(|| digested(question))
    }
}

fn digested(question: &Question<'_>) -> Result<Vec<u8>, SecondOpinionError> {
    let document = parse(question.document)?;
    // Every ID of the document, so that one that occurs twice is an error here too.
    document
        .specify_idattr("//*[@ID]", "ID", None)
        .map_err(|error| SecondOpinionError::new(error.to_string()))?;
    let id = question.element_id;
    let signature = signature_of(&document, id)?;
    dsig::verify(&signature, id, &question.certificate.to_pem(), question.allow_sha1)
        .map_err(SecondOpinionError::new)
}

/// Parses without recovering from errors and without a way to the network or the file system. A DOCTYPE could
/// declare entities, IDs and defaults of attributes: what has one is refused.
fn parse(bytes: &[u8]) -> Result<Document, SecondOpinionError> {
    let options =
        ParserOptions { recover: false, no_net: true, no_def_dtd: true, ..ParserOptions::default() };
    let document = Parser::default()
        .parse_string_with_options(bytes, options)
        .map_err(|error| SecondOpinionError::new(format!("the document does not parse: {error:?}")))?;
    if dsig::has_doctype(&document) {
        return Err(SecondOpinionError::new("the document has a DOCTYPE"));
    }
    Ok(document)
}

/// The one signature that is a child of the one element with this ID.
fn signature_of(document: &Document, id: &str) -> Result<Node, SecondOpinionError> {
    let root = document.get_root_element().ok_or_else(|| SecondOpinionError::new("there is no root"))?;
    let mut pending = vec![root];
    let mut carriers = Vec::new();
    while let Some(element) = pending.pop() {
        if element.get_property_no_ns("ID").as_deref() == Some(id) {
            carriers.push(element.clone());
        }
        pending.extend(element.get_child_elements());
    }
    let carrier = only(carriers).ok_or_else(|| SecondOpinionError::new("the ID names no single element"))?;
    let is_signature = |node: &Node| {
        node.get_name() == "Signature" && node.get_namespace().is_some_and(|it| it.get_href() == DSIG)
    };
    let signatures = carrier.get_child_elements().into_iter().filter(is_signature).collect();
    only(signatures).ok_or_else(|| SecondOpinionError::new("the element carries no single signature"))
}

fn only(mut nodes: Vec<Node>) -> Option<Node> {
    nodes.pop().filter(|_| nodes.is_empty())
}
