//! All of the unsafe code: what the `xmlsec` crate has no function for, that is to restrict a context before
//! it verifies, to read what it has digested afterwards, to see a DOCTYPE, and to keep the libraries from
//! printing.
//!
//! Pointers come from one context and go no further than this function: the context, the node and the
//! document behind it live longer than every use below. libxmlsec1's contexts are for one thread; each call
//! makes its own.
#![allow(unsafe_code, reason = "the library is in C; each block says why it is sound")]

use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::Once;

use libxml::tree::{Document, Node};
use xmlsec::bindings;
use xmlsec::{XmlSecKey, XmlSecKeyFormat, XmlSecSignatureContext};

unsafe extern "C" {
    /// Of libxmlsec1's `errors.h`, which the `xmlsec` crate leaves out. It writes to an integer that belongs
    /// to the process, without a lock: two threads must not call it at once, nor one while another has the
    /// library report an error.
    fn xmlSecErrorsDefaultCallbackEnableOutput(enabled: c_int);
}

unsafe extern "C" {
    /// Of OpenSSL's `err.h` (manual page ERR_set_mark). It marks the latest error in the queue of the calling
    /// thread; where the queue is empty it marks nothing.
    fn ERR_set_mark() -> c_int;
    /// Of the same. It takes away the errors of the calling thread that came after the mark, and the mark;
    /// without a mark, all.
    fn ERR_pop_to_mark() -> c_int;
}

/// What a thread finds in OpenSSL's queue of errors before a question, and will find there after it: the
/// errors of a host that uses OpenSSL itself. One that looks there after an operation of its own, such as one
/// with TLS, must not take an error of ours for the outcome of that.
struct ErrorQueue {
    /// The queue is the thread's own, so that this has to be dropped where it was made.
    of_this_thread: PhantomData<*const ()>,
}

impl ErrorQueue {
    fn marked() -> Self {
        // SAFETY: the function takes nothing and works on the calling thread's own queue, which OpenSSL makes
        // where there is none yet. That it marks nothing in an empty queue is as well: then all errors that
        // are there later are ours.
        unsafe { ERR_set_mark() };
        Self { of_this_thread: PhantomData }
    }
}

impl Drop for ErrorQueue {
    fn drop(&mut self) {
        // SAFETY: as above; what is taken away came after the mark, which was set in this thread and by
        // nobody else since: libxmlsec1 only looks at the queue.
        unsafe { ERR_pop_to_mark() };
    }
}

/// Does `work` without anything that the libraries print or leave behind: who asks gets an error, and a
/// service's log is its own, as is OpenSSL's queue of errors.
///
/// libxmlsec1 is silent in the whole process from then on, as it has one switch; libxml2 is in this thread,
/// until `work` is done or has panicked. Then a handler that the host has set for this thread is there again.
pub(crate) fn silently<T>(work: impl FnOnce() -> T) -> T {
    static SILENT: Once = Once::new();

    // SAFETY: this is the one call, and every use that this crate makes of libxmlsec1 comes after it.
    SILENT.call_once(|| unsafe { xmlSecErrorsDefaultCallbackEnableOutput(0) });
    let _restored = (HostHandler::replaced(), ErrorQueue::marked());
    work()
}

/// The handler of libxml2's errors that a thread had, which it gets back when this is dropped.
struct HostHandler {
    handler: bindings::xmlStructuredErrorFunc,
    context: *mut c_void,
    /// The handler is the thread's own, so that this has to be dropped where it was made.
    of_this_thread: PhantomData<*const ()>,
}

impl HostHandler {
    /// Has the thread's errors ignored.
    fn replaced() -> Self {
        unsafe extern "C" fn ignore<E>(_: *mut c_void, _: E) {}

        // SAFETY: both functions give the address of a variable that lives as long as the thread, or as the
        // process where it is the main thread; it is initialised, and only this thread writes to it.
        let (handler, context) =
            unsafe { (*bindings::__xmlStructuredError(), *bindings::__xmlStructuredErrorContext()) };
        // SAFETY: the function takes whatever it is given and does nothing with it; the null pointer is what
        // it would be given.
        unsafe { bindings::xmlSetStructuredErrorFunc(ptr::null_mut(), Some(ignore)) };
        Self { handler, context, of_this_thread: PhantomData }
    }
}

impl Drop for HostHandler {
    fn drop(&mut self) {
        // SAFETY: handler and context were there together before, and nobody but the host can have made them
        // invalid since.
        unsafe { bindings::xmlSetStructuredErrorFunc(self.context, self.handler) };
    }
}

/// Whether a document has a DOCTYPE, with declarations in it or elsewhere.
pub(crate) fn has_doctype(document: &Document) -> bool {
    // SAFETY: the pointer is that of a live document, of which only a field is read.
    !unsafe { bindings::xmlGetIntSubset(document.doc_ptr().cast()) }.is_null()
}

/// Verifies `signature` with the key of a certificate in PEM, and gives the bytes that its one reference was
/// digested over. That reference has to be to the element with the ID `id`, by exactly that ID.
pub(crate) fn verify(
    signature: &Node,
    id: &str,
    certificate: &str,
    allow_sha1: bool,
) -> Result<Vec<u8>, String> {
    let key = XmlSecKey::from_memory(certificate.as_bytes(), XmlSecKeyFormat::CertPem, None)
        .map_err(|error| format!("the certificate does not load: {error}"))?;
    let mut context = XmlSecSignatureContext::new();
    context.insert_key(key);
    restrict(&context, allow_sha1)?;
    match context.verify_node(signature) {
        Ok(true) => digested(&context, id),
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
    // SAFETY: these functions take nothing, and return the address of a static description. The library is
    // initialised, since a context exists.
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
fn digested(context: &XmlSecSignatureContext, id: &str) -> Result<Vec<u8>, String> {
    // SAFETY: the context is live; the list of references is a part of it, and was filled by the
    // verification.
    let references = unsafe { &raw mut (*context.as_ptr()).signedInfoReferences };
    // SAFETY: the list is live as long as the context is.
    let count = unsafe { bindings::xmlSecPtrListGetSize(references) };
    if count != 1 {
        return Err(format!("the signature has {count} references"));
    }
    // SAFETY: there is an item at 0, and the items of this list are contexts of references, which own their
    // buffers and strings.
    let (reference, uri) = unsafe {
        let reference: bindings::xmlSecDSigReferenceCtxPtr =
            bindings::xmlSecPtrListGetItem(references, 0).cast();
        (reference, (*reference).uri)
    };
    // The library also follows `#xpointer(…)`, which may select anything. What it has followed is asked, not
    // what stands in the document: it takes an attribute of any namespace for the URI. SAFETY: where it is
    // not null, it is a string of C that is a part of the live context.
    let uri = (!uri.is_null()).then(|| unsafe { CStr::from_ptr(uri.cast()) }.to_bytes());
    if uri.and_then(|uri| uri.strip_prefix(b"#")) != Some(id.as_bytes()) {
        return Err("the signature refers to something else than its element by the ID".to_owned());
    }
    // SAFETY: the reference is live as long as the context is.
    let buffer = unsafe { bindings::xmlSecDSigReferenceCtxGetPreDigestBuffer(reference) };
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use std::ffi::{c_char, c_ulong};

    use jumpcloud_sso_testkit::keys;
    use saml_signature::{Certificate, Question, SecondOpinion as _, SignOptions, SigningKey, sign};

    use super::*;
    use crate::XmlSec;

    unsafe extern "C" {
        fn ERR_new();
        fn ERR_set_error(library: c_int, reason: c_int, format: *const c_char, ...);
        fn ERR_get_error() -> c_ulong;
    }

    /// All errors of this thread, the oldest first; none is left.
    fn errors() -> Vec<c_ulong> {
        // SAFETY: the function takes nothing, and takes an error of this thread away.
        std::iter::from_fn(|| Some(unsafe { ERR_get_error() }).filter(|error| *error != 0)).collect()
    }

    /// An error as the host's own use of OpenSSL leaves one.
    fn hosts_error(reason: c_int) {
        // SAFETY: there is no format, so that no arguments are read. 128 is the first library that belongs to
        // a user.
        unsafe {
            ERR_new();
            ERR_set_error(128, reason, ptr::null());
        }
    }

    #[test]
    fn errors_of_the_host_are_the_only_ones_in_the_queue() {
        let key = SigningKey::from_pem(keys::OWN_KEY).unwrap();
        let signed = sign(r#"<a ID="x"><b>value</b></a>"#, "x", &key, &SignOptions::default()).unwrap();
        let own = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
        let other = Certificate::parse(keys::OTHER_CERTIFICATE.as_bytes()).unwrap();
        let good = Question::new(signed.as_bytes(), "x", &own);
        let bad = Question::new(signed.as_bytes(), "x", &other);
        // Without the mark, a signature that is not good leaves what OpenSSL says of it.
        assert!(XmlSec.digested(&good).is_ok() && errors().is_empty());
        assert!(crate::digested(&bad).is_err() && !errors().is_empty());
        for question in [&bad, &good, &bad] {
            let _ = XmlSec.digested(question);
            assert_eq!(errors(), []);
        }
        hosts_error(1);
        hosts_error(2);
        let hosts = errors();
        assert_eq!(hosts.len(), 2);
        hosts_error(1);
        hosts_error(2);
        for question in [&bad, &good, &bad] {
            let _ = XmlSec.digested(question);
        }
        let panicked = std::panic::catch_unwind(|| {
            silently(|| {
                hosts_error(3);
                std::panic::resume_unwind(Box::new(()))
            });
        });
        assert!(panicked.is_err());
        assert_eq!(errors(), hosts);
    }

    unsafe extern "C" fn count<E>(context: *mut c_void, _: E) {
        // SAFETY: the test below sets a counter as the context, which outlives its use, and uses it in one
        // thread.
        unsafe { *context.cast::<u32>() += 1 }
    }

    fn parse_what_is_wrong() {
        assert!(crate::parse(b"<a><b></a>").is_err());
    }

    #[test]
    fn a_handler_of_the_host_is_there_again() {
        let mut errors = 0_u32;
        // SAFETY: the counter lives until the handler is taken away at the end of this test.
        unsafe { bindings::xmlSetStructuredErrorFunc((&raw mut errors).cast(), Some(count)) };
        // SAFETY: the address is that of the live counter, which only this thread writes to.
        let seen =
            || unsafe { ptr::read_volatile(*bindings::__xmlStructuredErrorContext().cast::<*const u32>()) };

        parse_what_is_wrong();
        let before = seen();
        assert!(before > 0);
        silently(parse_what_is_wrong);
        assert_eq!(seen(), before, "the host was told of what is ours");
        let panicked = std::panic::catch_unwind(|| silently(|| std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err());
        assert_eq!(seen(), before);
        parse_what_is_wrong();
        assert!(seen() > before, "the handler is gone");
        // SAFETY: none is what a thread begins with.
        unsafe { bindings::xmlSetStructuredErrorFunc(ptr::null_mut(), None) };
    }
}
