//! Signing: our own requests and metadata, and in tests the messages of an identity provider.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_xml::{Document, Element, Limits, ParseError, PrefixList, PrefixListError, WriteError, XmlWriter};
use thiserror::Error;

use crate::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::error::SignatureError;
use crate::identifiers::{DSIG, ENVELOPED, EXCLUSIVE};
use crate::signing_key::{SigningError, SigningKey};
use crate::survey::own_signature;

/// How to sign an element. The default suits the key: see [`SigningKey::default_algorithm`].
#[derive(Clone, Debug, Default)]
pub struct SignOptions<'o> {
    algorithm: Option<SignatureAlgorithm>,
    digest: Option<DigestAlgorithm>,
    certificate: Option<&'o Certificate>,
    inclusive_prefixes: &'o str,
}

impl<'o> SignOptions<'o> {
    /// With another algorithm than the key's default. One based on SHA-1 is refused when signing.
    #[must_use]
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// With another digest than SHA-256.
    #[must_use]
    pub fn digest(mut self, digest: DigestAlgorithm) -> Self {
        self.digest = Some(digest);
        self
    }

    /// With the certificate in `KeyInfo`, as most products send it and some want it.
    #[must_use]
    pub fn certificate(mut self, certificate: &'o Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// With a `PrefixList` for the canonicalization of the element, prefixes separated by spaces.
    #[must_use]
    pub fn inclusive_prefixes(mut self, prefixes: &'o str) -> Self {
        self.inclusive_prefixes = prefixes;
        self
    }
}

/// Signs the element of `xml` whose `ID` is `id` and gives the document with the signature in it: behind the
/// element's `Issuer`, or as its first child where it has none.
///
/// # Errors
/// [`SignError`]; where `xml` is ours, only a key that does not fit the algorithm.
pub fn sign(xml: &str, id: &str, key: &SigningKey, options: &SignOptions<'_>) -> Result<String, SignError> {
    let prefixes = PrefixList::parse(options.inclusive_prefixes)?;
    let digest_algorithm = options.digest.unwrap_or(DigestAlgorithm::Sha256);
    let algorithm = options.algorithm.unwrap_or_else(|| key.default_algorithm());
    if digest_algorithm.uses_sha1() {
        return Err(SignError::WeakDigest);
    }
    let (at, digest) = {
        let document = Document::parse(xml.as_bytes(), &Limits::default())?;
        let target = document.element_by_id(id).map_err(|_| SignError::Target { id: id.to_owned() })?;
        let mut canonical = Vec::new();
        target.canonicalize(&prefixes, &mut canonical).map_err(SignatureError::from)?;
        (place_of_signature(target)?, STANDARD.encode(digest_algorithm.digest(&canonical)))
    };
    let draft = Draft { id, algorithm, digest_algorithm, digest: &digest, options };
    let unsigned = insert(xml, at, &draft.write("")?);
    let value = key.sign(algorithm, &signed_info_of(&unsigned, id)?)?;
    Ok(insert(xml, at, &draft.write(&STANDARD.encode(value))?))
}

/// The canonical form of the `SignedInfo` of the element with this ID: what the key signs.
fn signed_info_of(xml: &str, id: &str) -> Result<Vec<u8>, SignError> {
    let document = Document::parse(xml.as_bytes(), &Limits::default())?;
    let missing = || SignError::Target { id: id.to_owned() };
    let target = document.element_by_id(id).map_err(|_| missing())?;
    let signature = own_signature(target)?.ok_or_else(missing)?;
    let signed_info = signature.child_elements().map_err(SignatureError::from)?.next().ok_or_else(missing)?;
    let mut canonical = Vec::new();
    signed_info.canonicalize(&PrefixList::default(), &mut canonical).map_err(SignatureError::from)?;
    Ok(canonical)
}

/// Where in the document the signature of `target` belongs, in bytes.
fn place_of_signature(target: Element<'_, '_>) -> Result<usize, SignError> {
    let mut children = target.child_elements().map_err(SignatureError::from)?;
    let empty = || SignError::Target { id: target.attribute("ID").unwrap_or_default().to_owned() };
    let first = children.next().ok_or_else(empty)?;
    let start = first.position().offset;
    Ok(if first.local_name() == "Issuer" { start + first.source().len() } else { start })
}

fn insert(xml: &str, at: usize, signature: &str) -> String {
    let (before, after) = xml.split_at_checked(at).unwrap_or((xml, ""));
    [before, signature, after].concat()
}

/// What a signature is made of before its value is known.
struct Draft<'s> {
    id: &'s str,
    algorithm: SignatureAlgorithm,
    digest_algorithm: DigestAlgorithm,
    digest: &'s str,
    options: &'s SignOptions<'s>,
}

impl Draft<'_> {
    fn write(&self, value: &str) -> Result<String, WriteError> {
        let mut xml = XmlWriter::new();
        xml.start("ds:Signature").attribute("xmlns:ds", DSIG);
        self.write_signed_info(&mut xml);
        xml.element("ds:SignatureValue", value);
        if let Some(certificate) = self.options.certificate {
            xml.start("ds:KeyInfo").start("ds:X509Data");
            xml.element("ds:X509Certificate", &STANDARD.encode(certificate.der())).end().end();
        }
        xml.end();
        xml.finish()
    }

    fn write_signed_info(&self, xml: &mut XmlWriter) {
        xml.start("ds:SignedInfo");
        xml.start("ds:CanonicalizationMethod").attribute("Algorithm", EXCLUSIVE).end();
        xml.start("ds:SignatureMethod").attribute("Algorithm", self.algorithm.uri()).end();
        xml.start("ds:Reference").attribute("URI", &format!("#{}", self.id));
        xml.start("ds:Transforms");
        xml.start("ds:Transform").attribute("Algorithm", ENVELOPED).end();
        xml.start("ds:Transform").attribute("Algorithm", EXCLUSIVE);
        if !self.options.inclusive_prefixes.is_empty() {
            xml.start("ec:InclusiveNamespaces").attribute("xmlns:ec", EXCLUSIVE);
            xml.attribute("PrefixList", self.options.inclusive_prefixes).end();
        }
        xml.end().end();
        xml.start("ds:DigestMethod").attribute("Algorithm", self.digest_algorithm.uri()).end();
        xml.element("ds:DigestValue", self.digest).end().end();
    }
}

/// Why a document could not be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The document is not well-formed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A value holds a character that XML cannot represent.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A prefix list that is none.
    #[error(transparent)]
    PrefixList(#[from] PrefixListError),
    /// There is no single element with that ID that holds elements.
    #[error("no single element with content has the ID {id:?}")]
    Target {
        /// The ID.
        id: String,
    },
    /// A digest by SHA-1.
    #[error("new signatures are not made with SHA-1")]
    WeakDigest,
    /// The key does not fit the algorithm.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The document already has a signature where the new one belongs, or is not of a shape that can be
    /// signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}
