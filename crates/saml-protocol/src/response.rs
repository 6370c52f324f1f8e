//! From the bytes of a Response to its one signed assertion.

use std::sync::Arc;
use std::time::SystemTime;

use saml_encryption::{Decryptor, EncryptionError};
use saml_signature::{
    AlgorithmPolicy, Certificate, SecondOpinion, SignatureError, SignedDocument, SignedElement, TrustedKeys,
};
use saml_xml::{Document, Element, Limits, ParseError};
use sso_types::text::excerpt;
use thiserror::Error;

use crate::assertion::{Assertion, Issuer};
use crate::names::{ASSERTION, DSIG, PROTOCOL, STATUS_SUCCESS};
use crate::schema::{
    SchemaError, Sequence, known_attributes, required_attribute, required_instant, unexpected,
};

/// What is needed to tell a genuine Response of one identity provider: its keys, and what they may be used
/// with.
///
/// Build it once for a connection, use it for every login.
#[derive(Clone, Debug)]
pub struct ResponseVerifier {
    keys: TrustedKeys,
    algorithms: AlgorithmPolicy,
    decryptor: Decryptor,
    second_opinion: Option<Arc<dyn SecondOpinion>>,
    requires_signed_response: bool,
    limits: Limits,
}

impl ResponseVerifier {
    /// Trusts these keys, with the default algorithms and limits.
    #[must_use]
    pub fn new(keys: TrustedKeys) -> Self {
        Self {
            keys,
            algorithms: AlgorithmPolicy::default(),
            decryptor: Decryptor::default(),
            second_opinion: None,
            requires_signed_response: false,
            limits: Limits::default(),
        }
    }

    /// With other algorithms than the default ones.
    #[must_use]
    pub fn algorithms(mut self, policy: AlgorithmPolicy) -> Self {
        self.algorithms = policy;
        self
    }

    /// Able to decrypt encrypted assertions. Without it they are refused.
    #[must_use]
    pub fn decryptor(mut self, decryptor: Decryptor) -> Self {
        self.decryptor = decryptor;
        self
    }

    /// Has another implementation agree to every signature that this one finds good.
    #[must_use]
    pub fn second_opinion(mut self, opinion: Arc<dyn SecondOpinion>) -> Self {
        self.second_opinion = Some(opinion);
        self
    }

    /// Refuses a Response that carries no signature of its own, even where its assertion is signed
    /// (`signature.response_missing`). By default either signature suffices (profiles §4.1.4.5).
    #[must_use]
    pub fn require_signed_response(mut self) -> Self {
        self.requires_signed_response = true;
        self
    }

    /// The keys that are trusted.
    #[must_use]
    pub fn keys(&self) -> &TrustedKeys {
        &self.keys
    }

    /// The pinned certificate whose private key is also one of the keys for decryption, if there is one.
    /// Whoever holds that key can sign as the identity provider, and a service has no business holding it;
    /// nor should one key serve two purposes (NIST SP 800-57 part 1, §5.2).
    #[must_use]
    pub fn key_for_both(&self) -> Option<&Certificate> {
        let decrypts = |certificate: &&Certificate| {
            self.decryptor.keys().iter().any(|key| key.public_key_der() == certificate.public_key_der())
        };
        self.keys.certificates().find(decrypts)
    }

    /// Parses a Response and reads what it says around its assertion. No signature is verified and nothing is
    /// decrypted: [`verify_parsed`](Self::verify_parsed) goes on from here. `xml` is the decoded message.
    ///
    /// # Errors
    /// [`ResponseError`], where the message is not a well-formed Response with exactly one assertion.
    pub fn parse<'x>(&self, xml: &'x [u8]) -> Result<UnverifiedResponse<'x>, ResponseError> {
        let document = Document::parse(xml, &self.limits)?;
        let envelope = Envelope::read(document.root())?;
        Ok(UnverifiedResponse { document, envelope })
    }

    /// Verifies the signatures of a parsed Response and reads its assertion.
    ///
    /// # Errors
    /// [`ResponseError`]; nothing of the message is available then.
    pub fn verify_parsed(&self, response: UnverifiedResponse<'_>) -> Result<VerifiedResponse, ResponseError> {
        self.process(response, |envelope, evidence, signed| {
            Ok(VerifiedResponse {
                envelope,
                evidence,
                assertion: Assertion::read(signed).map_err(AssertionSchemaError)?,
            })
        })
    }

    /// Parses a Response, verifies its signatures and reads its assertion: [`parse`](Self::parse) followed by
    /// [`verify_parsed`](Self::verify_parsed). `xml` is the decoded message.
    ///
    /// # Errors
    /// [`ResponseError`]; nothing of the message is available then.
    pub fn verify(&self, xml: &[u8]) -> Result<VerifiedResponse, ResponseError> {
        self.verify_parsed(self.parse(xml)?)
    }

    /// Verifies the signatures only, to tell a problem of keys from one of contents.
    ///
    /// # Errors
    /// [`ResponseError`], but for those about what the assertion says.
    pub fn verify_signatures(&self, xml: &[u8]) -> Result<Evidence, ResponseError> {
        self.process(self.parse(xml)?, |_, evidence, _| Ok(evidence))
    }

    /// Structure first, then signatures, then `read` with what they cover.
    fn process<T>(
        &self,
        response: UnverifiedResponse<'_>,
        read: impl FnOnce(Envelope, Evidence, &SignedElement<'_, '_>) -> Result<T, ResponseError>,
    ) -> Result<T, ResponseError> {
        let UnverifiedResponse { document, mut envelope } = response;
        let root = document.root();
        match Carried::by(root)? {
            Carried::Plain(assertion) => {
                let signatures = self.survey(&document, &[root, assertion])?;
                let is_signed = signatures.has_signature(assertion);
                if is_signed && self.lacks_signature(&signatures, root) {
                    return Err(ResponseError::ResponseUnsigned {
                        found: "a signature of the Assertion only",
                    });
                }
                let response = self.verify_if_signed(&signatures, root)?;
                let own = self.verify_if_signed(&signatures, assertion)?;
                envelope.signed = response.is_some();
                let evidence = Evidence::of(response.as_ref(), own.as_ref(), false).ok_or_else(unsigned)?;
                // The signature of a Response covers the assertion within it.
                let signed = own.or_else(|| response.and_then(|response| response.covering(assertion)));
                read(envelope, evidence, &signed.ok_or_else(unsigned)?)
            }
            Carried::Encrypted(encrypted) => {
                let signatures = self.survey(&document, &[root])?;
                // Before anything is decrypted: whether the assertion within is signed changes nothing.
                if self.lacks_signature(&signatures, root) {
                    return Err(ResponseError::ResponseUnsigned { found: "an unsigned Response" });
                }
                let response = self.verify_if_signed(&signatures, root)?;
                envelope.signed = response.is_some();
                let plaintext = self.decryptor.decrypt(encrypted)?;
                // What no signature and no authentication tag protects may be an attacker's probe of the
                // padding: every error about it has to look like that of the decryption itself.
                let is_probe = response.is_none() && !plaintext.is_authenticated();
                let hide = |error| if is_probe { EncryptionError::Failed.into() } else { error };
                let document = Document::parse(&plaintext, &self.limits)
                    .map_err(|error| hide(ResponseError::DecryptedXml(error)))?;
                let (assertion, own) = self.decrypted(&document).map_err(hide)?;
                let evidence = Evidence::of(response.as_ref(), own.as_ref(), true);
                let evidence = evidence.ok_or_else(|| hide(unsigned().into()))?;
                let signed =
                    own.or_else(|| response.map(|response| response.dangerous_covering_decrypted(assertion)));
                read(envelope, evidence, &signed.ok_or_else(unsigned)?)
            }
        }
    }

    /// Whether the Response has to carry a signature, and carries none.
    fn lacks_signature<'d, 'a>(
        &self,
        signatures: &SignedDocument<'d, 'a>,
        response: Element<'d, 'a>,
    ) -> bool {
        self.requires_signed_response && !signatures.has_signature(response)
    }

    fn survey<'d, 'a>(
        &'d self,
        document: &'d Document<'a>,
        signable: &[Element<'d, 'a>],
    ) -> Result<SignedDocument<'d, 'a>, SignatureError> {
        let signatures = SignedDocument::survey(document, signable)?;
        Ok(match &self.second_opinion {
            Some(opinion) => signatures.second_opinion(opinion.as_ref()),
            None => signatures,
        })
    }

    /// The one assertion of a decrypted document, with its signature if it has one.
    fn decrypted<'d, 'a>(
        &'d self,
        document: &'d Document<'a>,
    ) -> Result<(Element<'d, 'a>, Option<SignedElement<'d, 'a>>), ResponseError> {
        let assertion = decrypted_assertion(document)?;
        let signatures = self.survey(document, &[assertion])?;
        Ok((assertion, self.verify_if_signed(&signatures, assertion)?))
    }

    /// A signature that is there has to hold, even where another one would do.
    fn verify_if_signed<'d, 'a>(
        &self,
        signatures: &SignedDocument<'d, 'a>,
        element: Element<'d, 'a>,
    ) -> Result<Option<SignedElement<'d, 'a>>, SignatureError> {
        if signatures.has_signature(element) {
            signatures.verify(element, &self.keys, &self.algorithms).map(Some)
        } else {
            Ok(None)
        }
    }
}

fn unsigned() -> SignatureError {
    SignatureError::Missing { element: "Response or Assertion".to_owned() }
}

/// The one assertion of a decrypted document, which is its root.
fn decrypted_assertion<'d, 'a>(document: &'d Document<'a>) -> Result<Element<'d, 'a>, ResponseError> {
    let root = document.root();
    if !root.is(ASSERTION, "Assertion") {
        return Err(ResponseError::Decrypted { found: excerpt(root.local_name()) });
    }
    match count_assertions(root) {
        1 => Ok(root),
        found => Err(ResponseError::AssertionCount { found }),
    }
}

/// Assertions anywhere below `root`. One that hides in an extension, an advice or an object is one too many.
fn count_assertions(root: Element<'_, '_>) -> usize {
    let is_assertion = |element: &Element<'_, '_>| {
        element.is(ASSERTION, "Assertion") || element.is(ASSERTION, "EncryptedAssertion")
    };
    root.descendants_and_self().filter(is_assertion).count()
}

/// A parsed Response, none of whose signatures has been verified: anybody can have written it.
///
/// It exists so that cheap questions come before expensive ones: by what it claims to answer, a service finds
/// out whether this browser began a login at all. Nothing else can be read from it.
pub struct UnverifiedResponse<'x> {
    document: Document<'x>,
    envelope: Envelope,
}

impl UnverifiedResponse<'_> {
    /// Returns the `InResponseTo` of the Response, which nothing vouches for. It may select the cookie or the
    /// record of a login to compare the message with, and nothing more: whether the message answers that
    /// request, [`VerifiedResponse::accept`] decides, by the signed assertion.
    #[must_use]
    pub fn in_response_to(&self) -> Option<&str> {
        self.envelope.in_response_to.as_deref()
    }
}

impl std::fmt::Debug for UnverifiedResponse<'_> {
    /// Sizes only: nothing of an unverified message has a place in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedResponse").field("document", &self.document).finish_non_exhaustive()
    }
}

/// A Response whose signatures hold, with its assertion. Whether it is for us, [`accept`](Self::accept) says.
#[derive(Clone, Debug)]
pub struct VerifiedResponse {
    pub(crate) envelope: Envelope,
    pub(crate) evidence: Evidence,
    pub(crate) assertion: Assertion,
}

impl VerifiedResponse {
    /// What was signed, and by whom.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The ID of the request that it says it answers, to look up what was expected of the answer. Nothing is
    /// proven by it: only [`accept`](Self::accept) holds it against that.
    #[must_use]
    pub fn in_response_to(&self) -> Option<&str> {
        self.envelope.in_response_to.as_deref()
    }
}

/// What was signed, and by whom.
#[derive(Clone, Debug)]
pub struct Evidence {
    signed: SignedParts,
    was_encrypted: bool,
    certificate: Certificate,
    uses_sha1: bool,
}

/// Which elements carried a signature of their own. All of them hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedParts {
    /// The Response, and with it the assertion in it.
    Response,
    /// The assertion only. What the Response says beyond it is nobody's word.
    Assertion,
    /// Both.
    Both,
}

impl Evidence {
    /// `None` where nothing is signed.
    fn of(
        response: Option<&SignedElement<'_, '_>>,
        assertion: Option<&SignedElement<'_, '_>>,
        was_encrypted: bool,
    ) -> Option<Self> {
        let signed = match (response, assertion) {
            (None, None) => return None,
            (Some(_), None) => SignedParts::Response,
            (None, Some(_)) => SignedParts::Assertion,
            (Some(_), Some(_)) => SignedParts::Both,
        };
        Some(Self {
            signed,
            was_encrypted,
            certificate: assertion.or(response)?.certificate().clone(),
            uses_sha1: response.into_iter().chain(assertion).any(SignedElement::uses_sha1),
        })
    }

    /// Which elements carried a signature.
    #[must_use]
    pub fn signed(&self) -> SignedParts {
        self.signed
    }

    /// Whether the assertion was encrypted.
    #[must_use]
    pub fn was_encrypted(&self) -> bool {
        self.was_encrypted
    }

    /// The pinned certificate whose key signed; where two did, the one of the assertion.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether a signature relies on SHA-1.
    #[must_use]
    pub fn uses_sha1(&self) -> bool {
        self.uses_sha1
    }
}

/// What the Response says around its assertion (core §3.2.2). Where it is not signed, anyone can have written
/// this: it can make a login fail, never succeed.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) version: String,
    pub(crate) issue_instant: SystemTime,
    pub(crate) in_response_to: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) status: Status,
    pub(crate) signed: bool,
}

/// The one assertion that a Response carries.
enum Carried<'d, 'a> {
    Plain(Element<'d, 'a>),
    Encrypted(Element<'d, 'a>),
}

impl Envelope {
    fn read(root: Element<'_, '_>) -> Result<Self, ResponseError> {
        if !root.is(PROTOCOL, "Response") {
            return Err(ResponseError::Root { found: excerpt(root.local_name()) });
        }
        let known = ["ID", "Version", "IssueInstant", "Destination", "InResponseTo", "Consent"];
        known_attributes(root, &known)?;
        let mut children = Sequence::of(root)?;
        let issuer = children.optional(ASSERTION, "Issuer").map(Issuer::read).transpose()?;
        let _ = children.optional(DSIG, "Signature");
        let _ = children.optional(PROTOCOL, "Extensions");
        let status = Status::read(children.required(PROTOCOL, "Status")?)?;
        check_carried(root, children, &status)?;
        Ok(Self {
            version: required_attribute(root, "Version")?.to_owned(),
            issue_instant: required_instant(root, "IssueInstant")?,
            in_response_to: root.attribute("InResponseTo").map(str::to_owned),
            destination: root.attribute("Destination").map(str::to_owned),
            issuer,
            status,
            signed: false,
        })
    }
}

impl<'d, 'a> Carried<'d, 'a> {
    fn of(child: Element<'d, 'a>) -> Option<Self> {
        if child.is(ASSERTION, "Assertion") {
            Some(Self::Plain(child))
        } else if child.is(ASSERTION, "EncryptedAssertion") {
            Some(Self::Encrypted(child))
        } else {
            None
        }
    }

    /// The assertion of a Response that [`check_carried`] let pass.
    fn by(root: Element<'d, 'a>) -> Result<Self, ResponseError> {
        let mut children = root.child_elements().map_err(SchemaError::from)?;
        children.find_map(Self::of).ok_or(ResponseError::AssertionCount { found: 0 })
    }
}

/// That there is one assertion among the children of a Response, which is also the only one in the whole
/// document.
fn check_carried<'d, 'a>(
    root: Element<'d, 'a>,
    mut children: Sequence<'d, 'a>,
    status: &Status,
) -> Result<(), ResponseError> {
    let mut is_among_children = false;
    while let Some(child) = children.next() {
        Carried::of(child).ok_or_else(|| unexpected(root, child))?;
        is_among_children = true;
    }
    match (is_among_children, count_assertions(root)) {
        (true, 1) => Ok(()),
        // The identity provider says why there is nothing to sign. It may be lying, but only into a refusal.
        (false, 0) if !status.is_success() => Err(ResponseError::Status(status.clone())),
        (_, found) => Err(ResponseError::AssertionCount { found }),
    }
}

/// `Status` (core §3.2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    code: String,
    second_code: Option<String>,
    message: Option<String>,
}

impl Status {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        let mut children = Sequence::of(element)?;
        let code = children.required(PROTOCOL, "StatusCode")?;
        let message = children.optional(PROTOCOL, "StatusMessage");
        let _ = children.optional(PROTOCOL, "StatusDetail");
        children.finish()?;
        let mut second = Sequence::of(code)?;
        let second_code = second.optional(PROTOCOL, "StatusCode");
        second.finish()?;
        Ok(Self {
            code: excerpt(required_attribute(code, "Value")?),
            second_code: second_code.map(|code| required_attribute(code, "Value")).transpose()?.map(excerpt),
            message: message.map(|message| message.text()).transpose()?.map(excerpt),
        })
    }

    /// Whether it says success, and nothing that would qualify it.
    pub(crate) fn is_success(&self) -> bool {
        self.code == STATUS_SUCCESS && self.second_code.is_none()
    }

    /// The URI of the top-level code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The URI of the second-level code, which says more.
    #[must_use]
    pub fn second_code(&self) -> Option<&str> {
        self.second_code.as_deref()
    }

    /// What the identity provider says to people.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        if let Some(second) = &self.second_code {
            write!(f, ", {second}")?;
        }
        self.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message:?}"))
    }
}

/// How an assertion departs from its schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct AssertionSchemaError(SchemaError);

impl AssertionSchemaError {
    /// What departs.
    #[must_use]
    pub fn schema(&self) -> &SchemaError {
        &self.0
    }
}

/// Why a Response is not genuine, or not a Response at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// Not well-formed, or beyond a limit.
    #[error(transparent)]
    Xml(#[from] ParseError),
    /// Another message than a Response.
    #[error("the message is a {found}, not a Response")]
    Root {
        /// The local name of its root element.
        found: String,
    },
    /// The Response departs from its schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Another number of assertions than one.
    #[error("the Response has {found} assertions, but exactly one is allowed")]
    AssertionCount {
        /// How many there are, in the whole document.
        found: usize,
    },
    /// No assertion, but a status that says why.
    #[error("the identity provider refused: {0}")]
    Status(Status),
    /// The Response has no signature of its own, and the verifier requires one.
    #[error("the Response is not signed, and this connection requires its signature")]
    ResponseUnsigned {
        /// What is there instead.
        found: &'static str,
    },
    /// A signature is missing or does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Decryption failed or was refused.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// What was encrypted is not well-formed, or beyond a limit. Positions are those within it.
    #[error("in what was encrypted: {0}")]
    DecryptedXml(ParseError),
    /// What was encrypted is no assertion.
    #[error("what was encrypted is a {found}, not an Assertion")]
    Decrypted {
        /// The local name of its root element.
        found: String,
    },
    /// The assertion departs from its schema.
    #[error(transparent)]
    Assertion(#[from] AssertionSchemaError),
}

impl ResponseError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xml(error) | Self::DecryptedXml(error) => error.code(),
            Self::Root { .. } => "response.root",
            Self::Schema(error) if error.is_time() => "response.time_syntax",
            Self::Schema(_) => "response.schema",
            Self::AssertionCount { .. } => "response.assertion_count",
            Self::Status(_) => "response.status",
            Self::ResponseUnsigned { .. } => "signature.response_missing",
            Self::Signature(error) => error.code(),
            Self::Encryption(error) => error.code(),
            Self::Decrypted { .. } => "encryption.content",
            Self::Assertion(error) if error.schema().is_time() => "assertion.time_syntax",
            Self::Assertion(_) => "assertion.schema",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Xml(error) | Self::DecryptedXml(error) => error.expected(),
            Self::Root { .. } => Some("Response".to_owned()),
            Self::Schema(error) | Self::Assertion(AssertionSchemaError(error)) => error.expected(),
            Self::AssertionCount { .. } => Some("1".to_owned()),
            Self::Status(_) => Some(STATUS_SUCCESS.to_owned()),
            Self::ResponseUnsigned { .. } => Some("a signature of the Response".to_owned()),
            Self::Signature(error) => error.expected(),
            Self::Decrypted { .. } => Some("Assertion".to_owned()),
            Self::Encryption(error) => error.expected(),
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Xml(error) | Self::DecryptedXml(error) => error.found(),
            Self::Root { found } | Self::Decrypted { found } => Some(found.clone()),
            Self::Schema(error) | Self::Assertion(AssertionSchemaError(error)) => error.found(),
            Self::AssertionCount { found } => Some(found.to_string()),
            Self::Status(status) => Some(status.to_string()),
            Self::ResponseUnsigned { found } => Some((*found).to_owned()),
            Self::Signature(error) => error.found(),
            Self::Encryption(error) => error.found(),
        }
    }
}
