//! All of the unsafe code: what the `xmlsec` crate has no function for, that is to restrict a context before it verifies,
//! and to read what it has digested afterwards.
//!
//! Pointers come from one context and go no further than this function: the context, the node and the document behind it
//! live longer than every use below. libxmlsec1's contexts are for one thread; each call makes its own.
#![allow(unsafe_code, reason = "the library is in C; each block says why it is sound")]

use libxml::tree::Node;
use xmlsec::bindings;
use xmlsec::{XmlSecKey, XmlSecKeyFormat, XmlSecSignatureContext};

/// Verifies `signature` with the key of a certificate in PEM, and gives the bytes that its one reference was digested over.
pub(crate) fn verify(signature: &Node, certificate: &str, allow_sha1: bool) -> Result<Vec<u8>, String> {
    let key = XmlSecKey::from_memory(certificate.as_bytes(), XmlSecKeyFormat::CertPem, None)
        .map_err(|error| format!("the certificate does not load: {error}"))?;
    let mut context = XmlSecSignatureContext::new();
    context.insert_key(key);
    restrict(&context, allow_sha1)?;
    match context.verify_node(signature) {
        Ok(true) => digested(&context),
        Ok(false) => Err("the signature is not good".to_owned()),
        Err(error) => Err(format!("the signature cannot be verified: {error}")),
    }
}

/// Only same-document references, only the transforms and algorithms that `saml-signature` allows.
fn restrict(context: &XmlSecSignatureContext, allow_sha1: bool) -> Result<(), String> {
    // SAFETY: the pointer is that of a live context, to which nobody else has one: contexts are not shared.
    let context = unsafe { context.as_ptr() };
    // SAFETY: as above; both fields are plain integers.
    unsafe {
        (*context).flags |= bindings::XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
        (*context).enabledReferenceUris = bindings::xmlSecTransformUriTypeSameDocument;
    }
    for transform in transforms(allow_sha1) {
        // SAFETY: the context is live, and the transform a static description that the library itself gave.
        let enabled = unsafe {
            bindings::xmlSecDSigCtxEnableReferenceTransform(context, transform) == 0
                && bindings::xmlSecDSigCtxEnableSignatureTransform(context, transform) == 0
        };
        if !enabled {
            return Err("the library refuses to be restricted".to_owned());
        }
    }
    Ok(())
}

/// What may be used. A reference's transforms and a signature's methods are of one kind to the library.
fn transforms(allow_sha1: bool) -> Vec<bindings::xmlSecTransformId> {
    // SAFETY: these functions take nothing, and return the address of a static description. The library is initialised,
    // since a context exists.
    let (mut transforms, weak) = unsafe {
        (
            vec![
                bindings::xmlSecTransformEnvelopedGetKlass(),
                bindings::xmlSecTransformExclC14NGetKlass(),
                bindings::xmlSecOpenSSLTransformSha256GetKlass(),
                bindings::xmlSecOpenSSLTransformSha384GetKlass(),
                bindings::xmlSecOpenSSLTransformSha512GetKlass(),
                bindings::xmlSecOpenSSLTransformRsaSha256GetKlass(),
                bindings::xmlSecOpenSSLTransformRsaSha384GetKlass(),
                bindings::xmlSecOpenSSLTransformRsaSha512GetKlass(),
                bindings::xmlSecOpenSSLTransformEcdsaSha256GetKlass(),
                bindings::xmlSecOpenSSLTransformEcdsaSha384GetKlass(),
            ],
            [
                bindings::xmlSecOpenSSLTransformSha1GetKlass(),
                bindings::xmlSecOpenSSLTransformRsaSha1GetKlass(),
            ],
        )
    };
    if allow_sha1 {
        transforms.extend(weak);
    }
    transforms
}

/// What the one reference was digested over, after the context has verified it.
fn digested(context: &XmlSecSignatureContext) -> Result<Vec<u8>, String> {
    // SAFETY: the context is live; the list of references is a part of it, and was filled by the verification.
    let references = unsafe { &raw mut (*context.as_ptr()).signedInfoReferences };
    // SAFETY: the list is live as long as the context is.
    let count = unsafe { bindings::xmlSecPtrListGetSize(references) };
    if count != 1 {
        return Err(format!("the signature has {count} references"));
    }
    // SAFETY: there is an item at 0, and the items of this list are contexts of references, which own their buffers.
    let buffer = unsafe {
        let reference = bindings::xmlSecPtrListGetItem(references, 0).cast();
        bindings::xmlSecDSigReferenceCtxGetPreDigestBuffer(reference)
    };
    if buffer.is_null() {
        return Err("the library kept nothing of what it digested".to_owned());
    }
    // SAFETY: the buffer is live as long as the context is. Where it is empty its data may be null.
    let (data, size) =
        unsafe { (bindings::xmlSecBufferGetData(buffer), bindings::xmlSecBufferGetSize(buffer)) };
    let size = usize::try_from(size).map_err(|_| "the library digested too much".to_owned())?;
    if data.is_null() || size == 0 {
        return Err("the library digested nothing".to_owned());
    }
    // SAFETY: the library says that `size` bytes are there, and nothing writes to them while they are copied.
    Ok(unsafe { std::slice::from_raw_parts(data, size) }.to_vec())
}
