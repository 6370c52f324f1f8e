//! What a case is, and what the library says of one.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor};
use jumpcloud_sso::parts::saml_protocol::{Expected, Parties, ResponseVerifier, decode_post};
use jumpcloud_sso::parts::saml_signature::{AlgorithmPolicy, SignatureAlgorithm, TrustedKeys};
use jumpcloud_sso::{AttributeMap, Certificate};
use jumpcloud_sso_testkit::keys;

/// The IdP Entity ID of every case.
pub(crate) const IDP: &str = "IdP Entity ID";
/// The SP Entity ID of every case.
pub(crate) const SP: &str = "https://app.acme.test/sso/saml2/acme";
/// The ACS URL of every case.
pub(crate) const ACS: &str = "https://app.acme.test/sso/saml2/acme/acs";
/// Those of every case.
const PARTIES: Parties<'_> = Parties { idp_entity_id: IDP, sp_entity_id: SP, acs_url: ACS };
/// The request that is answered.
pub(crate) const REQUEST: &str = "_request";

/// 2027-01-15T08:00:00Z.
#[must_use]
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A message, with the settings of the service that receives it and the verdict that it has to get.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Document {
    /// The class, by its identifier in [`CLASSES`](crate::CLASSES).
    pub id: &'static str,
    /// Unique among all cases.
    pub name: String,
    /// What was done to it.
    pub what: String,
    /// What the service receives.
    pub message: Message,
    /// What it is configured with.
    pub setup: Setup,
    /// What it has to say.
    pub verdict: Verdict,
    /// Of a refused case, the accepted one that differs in the attacked point only.
    pub twin: &'static str,
}

/// What a service receives.
#[derive(Clone, Debug)]
pub enum Message {
    /// A Response, before base64.
    Xml(Vec<u8>),
    /// The form field, as it comes.
    Field(String),
}

/// What a service is configured with, beyond the settings that all cases have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setup {
    /// The pinned certificates, PEM.
    pub certificates: Vec<String>,
    /// The request that has to be answered; `None` where the login began at the identity provider.
    pub request_id: Option<&'static str>,
    /// The clock.
    pub now: SystemTime,
    /// The tolerance for clocks that differ.
    pub clock_skew: Duration,
    /// Whether the service has a key for decryption.
    pub decrypts: bool,
    /// The signature algorithms that were agreed on; `None` for all that are allowed anyway.
    pub algorithms: Option<Vec<SignatureAlgorithm>>,
    /// Whether the Response has to be signed itself.
    pub requires_signed_response: bool,
    /// The ways of authentication that are accepted; `None` for any.
    pub authn_contexts: Option<Vec<&'static str>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            certificates: vec![keys::OWN_CERTIFICATE.to_owned()],
            request_id: Some(REQUEST),
            now: now(),
            clock_skew: Duration::from_secs(60),
            decrypts: false,
            algorithms: None,
            requires_signed_response: false,
            authn_contexts: None,
        }
    }
}

/// What a case has to come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Refused, with exactly this code.
    Refused(&'static str),
    /// Accepted, with exactly this NameID.
    Accepted(String),
}

/// Where cases are collected.
#[derive(Debug, Default)]
pub struct Suite {
    documents: Vec<Document>,
    twin: &'static str,
    setup: Setup,
}

impl Suite {
    /// What follows is refused; its twin is the accepted case of this name.
    pub(crate) fn twin(&mut self, name: &'static str) {
        self.twin = name;
    }

    /// What follows is received with these settings.
    pub(crate) fn setup(&mut self, setup: Setup) {
        self.setup = setup;
    }

    /// What follows is received with the usual settings.
    pub(crate) fn usual_setup(&mut self) {
        self.setup = Setup::default();
    }

    pub(crate) fn refused(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        xml: impl Into<Vec<u8>>,
        code: &'static str,
    ) {
        self.add(id, what.into(), Message::Xml(xml.into()), Verdict::Refused(code));
    }

    /// Accepted, as the user who is in every case.
    pub(crate) fn accepted(&mut self, id: &'static str, what: impl Into<String>, xml: impl Into<Vec<u8>>) {
        self.accepted_as(id, what, xml, "bjensen@acme.test");
    }

    pub(crate) fn accepted_as(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        xml: impl Into<Vec<u8>>,
        name_id: &str,
    ) {
        self.add(id, what.into(), Message::Xml(xml.into()), Verdict::Accepted(name_id.to_owned()));
    }

    pub(crate) fn field(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        field: String,
        verdict: Verdict,
    ) {
        self.add(id, what.into(), Message::Field(field), verdict);
    }

    fn add(&mut self, id: &'static str, what: String, message: Message, verdict: Verdict) {
        let name = format!("{id}-{}", slug(&what));
        let (setup, twin) = (self.setup.clone(), self.twin);
        self.documents.push(Document { id, name, what, message, setup, verdict, twin });
    }

    pub(crate) fn into_documents(self) -> Vec<Document> {
        self.documents
    }
}

/// A part of a file's name.
fn slug(what: &str) -> String {
    let mut slug = String::with_capacity(what.len());
    for character in what.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

/// What the library says of a case.
#[must_use]
pub fn verdict(document: &Document) -> Verdict {
    verdict_by(document, |verifier| verifier)
}

/// What it says with a verifier that was made otherwise, such as one that asks for a second opinion.
#[must_use]
pub fn verdict_by(
    document: &Document,
    configure: impl FnOnce(ResponseVerifier) -> ResponseVerifier,
) -> Verdict {
    match accepted_name(document, configure) {
        Ok(name_id) => Verdict::Accepted(name_id),
        Err(code) => Verdict::Refused(code),
    }
}

fn accepted_name(
    document: &Document,
    configure: impl FnOnce(ResponseVerifier) -> ResponseVerifier,
) -> Result<String, &'static str> {
    let Setup { certificates, request_id, now, clock_skew, decrypts, algorithms, .. } = &document.setup;
    let xml = match &document.message {
        Message::Xml(xml) => xml.clone(),
        Message::Field(field) => decode_post(field).map_err(|error| error.code())?,
    };
    let certificates: Result<Vec<_>, _> =
        certificates.iter().map(|pem| Certificate::parse(pem.as_bytes())).collect();
    let keys = TrustedKeys::new(certificates.map_err(|error| error.code())?).map_err(|error| error.code())?;
    let policy = AlgorithmPolicy::default();
    let policy = algorithms.as_ref().map_or(policy.clone(), |algorithms| policy.only(algorithms));
    let mut verifier = ResponseVerifier::new(keys).algorithms(policy);
    if *decrypts {
        let key = DecryptionKey::from_pem(keys::SERVICE_KEY).expect("a key");
        verifier = verifier.decryptor(Decryptor::new([key], DecryptionPolicy::default()).expect("a key"));
    }
    if document.setup.requires_signed_response {
        verifier = verifier.require_signed_response();
    }
    let verified = configure(verifier).verify(&xml).map_err(|error| error.code())?;
    let expected = match request_id {
        Some(request_id) => Expected::answering(request_id, PARTIES),
        None => Expected::unsolicited(PARTIES),
    };
    let expected = match &document.setup.authn_contexts {
        Some(classes) => expected.require_authn_contexts(classes.iter().copied()),
        None => expected,
    };
    let accepted = verified.accept(&expected.clock_skew(*clock_skew), *now).map_err(|error| error.code())?;
    AttributeMap::default().profile(&accepted).map_err(|error| error.code())?;
    Ok(accepted.name_id().value().to_owned())
}
