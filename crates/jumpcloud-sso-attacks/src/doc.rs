//! The vocabulary that attacks are written in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_signature::{
    DigestAlgorithm, SignOptions, SignatureAlgorithm, SigningKey, sign,
};
use jumpcloud_sso::parts::saml_xml::{Document, Element, Limits, PrefixList};
use jumpcloud_sso_testkit::{JumpCloud, ResponseBuilder, Sign, User, keys};

use crate::case::{ACS, IDP, REQUEST, SP, Suite, now};

/// The ID of the Response in every case.
pub(crate) const RESPONSE: &str = "RESPONSE";
/// The ID of its assertion.
pub(crate) const ASSERTION: &str = "ASSERTION";

/// A Response that is being changed. Every change has to change something, in exactly one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc(String);

impl Doc {
    /// As the stand-in JumpCloud sends it, the same each time.
    #[must_use]
    pub fn signed(what: Sign) -> Self {
        Self::unsigned().sign(what)
    }

    /// The same before anything is signed.
    #[must_use]
    pub fn unsigned() -> Self {
        let drawn = Self::of(&response(&idp()).sign(Sign::Nothing));
        let index = drawn.part("SessionIndex=\"", "\">");
        drawn.replace(&index, "SessionIndex=\"5f0c9a1e-7b1d-4c55-a0de-2f9f5b1c3a77\">")
    }

    pub(crate) fn of(response: &ResponseBuilder<'_>) -> Self {
        Self(response.build().expect("a Response"))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Puts `to` in the place of `from`.
    #[track_caller]
    pub(crate) fn replace(&self, from: &str, to: &str) -> Self {
        assert_eq!(self.0.matches(from).count(), 1, "{from:?} in {}", self.0);
        assert_ne!(from, to, "nothing is changed");
        Self(self.0.replacen(from, to, 1))
    }

    #[track_caller]
    pub(crate) fn before(&self, marker: &str, inserted: &str) -> Self {
        self.replace(marker, &format!("{inserted}{marker}"))
    }

    #[track_caller]
    pub(crate) fn after(&self, marker: &str, inserted: &str) -> Self {
        self.replace(marker, &format!("{marker}{inserted}"))
    }

    #[track_caller]
    pub(crate) fn without(&self, part: &str) -> Self {
        self.replace(part, "")
    }

    #[track_caller]
    pub(crate) fn twice(&self, part: &str) -> Self {
        self.replace(part, &part.repeat(2))
    }

    /// From the first `from` to the next `to`, both included.
    #[track_caller]
    pub(crate) fn part(&self, from: &str, to: &str) -> String {
        let start = self.0.find(from).unwrap_or_else(|| panic!("no {from:?} in {}", self.0));
        let rest = self.0.get(start..).expect("a place in the text");
        let end = rest.find(to).unwrap_or_else(|| panic!("no {to:?} behind {from:?}")) + to.len();
        rest.get(..end).expect("a part").to_owned()
    }

    /// The assertion, with its signature if it has one.
    pub(crate) fn assertion(&self) -> String {
        self.part("<saml2:Assertion ", "</saml2:Assertion>")
    }

    /// The signature of the assertion, or of the Response where that is the signed one.
    pub(crate) fn signature(&self) -> String {
        self.part("<ds:Signature ", "</ds:Signature>")
    }

    /// Without the XML declaration.
    pub(crate) fn root(&self) -> String {
        self.0.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").to_owned()
    }

    /// Signs again what was changed, by the pinned key: nothing but the change can be what refuses it.
    #[track_caller]
    pub(crate) fn sign(&self, what: Sign) -> Self {
        let signed = match what {
            Sign::Nothing => self.0.clone(),
            Sign::Assertion => sign_element(&self.0, ASSERTION),
            Sign::Response => sign_element(&self.0, RESPONSE),
            Sign::Both => sign_element(&sign_element(&self.0, ASSERTION), RESPONSE),
        };
        Self(signed)
    }

    /// Signs the assertion again.
    #[track_caller]
    pub(crate) fn resigned(&self) -> Self {
        self.sign(Sign::Assertion)
    }

    /// Signs the first `SignedInfo` again as it stands, whatever was made of it: the pinned key really has
    /// signed it so, and nothing but the rule can be what refuses it. The algorithm is the one that it
    /// names, where the key has that one, and RSA with SHA-256 where not.
    #[track_caller]
    pub(crate) fn signed_as_it_stands(&self) -> Self {
        let (uri, message) = self.signed_info();
        let key = SigningKey::from_pem(keys::OWN_KEY).expect("a key");
        let named = match SignatureAlgorithm::from_uri(&uri) {
            None if uri.ends_with("#rsa-pss") => Some(SignatureAlgorithm::RsaPssSha256),
            named => named,
        };
        let signed = named.and_then(|algorithm| key.sign(algorithm, &message).ok());
        let value =
            signed.unwrap_or_else(|| key.sign(SignatureAlgorithm::RsaSha256, &message).expect("signed"));
        self.with_value("SignatureValue", &value)
    }

    /// The same with a value that somebody else makes of the canonical form of `SignedInfo`.
    #[track_caller]
    pub(crate) fn signed_by(&self, value: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let (_, message) = self.signed_info();
        self.with_value("SignatureValue", &value(&message))
    }

    /// Digests the element of this ID as the reference of the first signature says, and signs that as it
    /// stands.
    #[track_caller]
    pub(crate) fn signed_over(&self, id: &str) -> Self {
        self.digested(id, |canonical| canonical).signed_as_it_stands()
    }

    /// Puts `node` in the place of `marker`, which is a text of the assertion, and signs it: over `canonical`
    /// where the node was. So whoever renders the node like this finds the signature good.
    #[track_caller]
    pub(crate) fn signed_with_node(&self, marker: &str, node: &str, canonical: &str) -> Self {
        let digested = self.resigned().digested(ASSERTION, |form| {
            let form = String::from_utf8(form).expect("text");
            assert_eq!(form.matches(marker).count(), 1, "{marker:?} in {form}");
            form.replace(marker, canonical).into_bytes()
        });
        digested.signed_as_it_stands().replace(marker, node)
    }

    /// The digest, in base64, that fits the element of this ID as it stands: what an attacker writes who has
    /// changed it.
    #[track_caller]
    pub(crate) fn digest(&self, id: &str) -> String {
        STANDARD.encode(self.digest_after(id, |canonical| canonical))
    }

    /// Digests the element of this ID without the first signature, after a change to its canonical form.
    #[track_caller]
    fn digested(&self, id: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.with_value("DigestValue", &self.digest_after(id, change))
    }

    #[track_caller]
    fn digest_after(&self, id: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        let document = Document::parse(self.0.as_bytes(), &Limits::default()).expect("XML");
        let signature = first(&document, "Signature");
        let target = document.element_by_id(id).expect("an element of this ID");
        // Without another method, nodes become bytes by the inclusive form.
        let (form, list) = first(&document, "Transforms")
            .child_elements()
            .expect("elements")
            .last()
            .filter(|transform| !algorithm(*transform).ends_with("#enveloped-signature"))
            .map_or((String::new(), None), |transform| {
                let list = transform.child_elements().ok().and_then(|mut it| it.next());
                (algorithm(transform), list.and_then(|it| it.attribute("PrefixList").map(str::to_owned)))
            });
        let mut canonical = Vec::new();
        let prefixes =
            list.map_or_else(|| prefixes(&form), |list| PrefixList::parse(&list).expect("prefixes"));
        target.canonicalize_without(signature, &prefixes, &mut canonical).expect("a form");
        let method = DigestAlgorithm::from_uri(&algorithm(first(&document, "DigestMethod")));
        method.unwrap_or(DigestAlgorithm::Sha256).digest(&change(canonical)).as_ref().to_vec()
    }

    /// The algorithm that the first `SignedInfo` names, and its canonical form.
    #[track_caller]
    fn signed_info(&self) -> (String, Vec<u8>) {
        let document = Document::parse(self.0.as_bytes(), &Limits::default()).expect("XML");
        let signed_info = first(&document, "SignedInfo");
        let within = |name| signed_info.descendants_and_self().find(|it| it.local_name() == name);
        let form = within("CanonicalizationMethod").map(algorithm).unwrap_or_default();
        let mut canonical = Vec::new();
        signed_info.canonicalize(&prefixes(&form), &mut canonical).expect("a form");
        (within("SignatureMethod").map(algorithm).unwrap_or_default(), canonical)
    }

    /// With another value in the first element of this name.
    #[track_caller]
    pub(crate) fn with_value(&self, element: &str, value: &[u8]) -> Self {
        let (start, end) = (format!("<ds:{element}>"), format!("</ds:{element}>"));
        let old = self.part(&start, &end);
        Self(self.0.replacen(&old, &format!("{start}{}{end}", STANDARD.encode(value)), 1))
    }

    /// The bytes of the first `SignatureValue`.
    #[track_caller]
    pub(crate) fn value(&self) -> Vec<u8> {
        let value = self.part("<ds:SignatureValue>", "</ds:SignatureValue>");
        let value = value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>");
        STANDARD.decode(value).expect("base64")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    /// With bytes that are no text in the place of `marker`.
    #[track_caller]
    pub(crate) fn with_bytes(&self, marker: &str, bytes: &[u8]) -> Vec<u8> {
        let (head, tail) = self.0.split_once(marker).unwrap_or_else(|| panic!("no {marker:?}"));
        [head.as_bytes(), bytes, tail.as_bytes()].concat()
    }
}

impl From<Doc> for Vec<u8> {
    fn from(doc: Doc) -> Self {
        doc.0.into_bytes()
    }
}

/// The first element of this name.
#[track_caller]
fn first<'d, 'a>(document: &'d Document<'a>, name: &str) -> Element<'d, 'a> {
    document.elements().find(|it| it.local_name() == name).unwrap_or_else(|| panic!("no {name}"))
}

fn algorithm(element: Element<'_, '_>) -> String {
    element.attribute("Algorithm").unwrap_or_default().to_owned()
}

/// The prefixes that a canonical form renders although nothing uses them: in the inclusive ones, all that are
/// in scope.
fn prefixes(form: &str) -> PrefixList {
    let is_inclusive = form.is_empty() || form.contains("REC-xml-c14n") || form.contains("xml-c14n11");
    PrefixList::parse(if is_inclusive { "saml2p saml2 ds" } else { "" }).expect("prefixes")
}

#[track_caller]
fn sign_element(xml: &str, id: &str) -> String {
    sign_with(xml, id, keys::OWN_KEY, keys::OWN_CERTIFICATE)
}

/// Signs an element by any key, with its certificate in KeyInfo.
#[track_caller]
pub(crate) fn sign_with(xml: &str, id: &str, key: &str, certificate: &str) -> String {
    let certificate = Certificate::parse(certificate.as_bytes()).expect("a certificate");
    let key = SigningKey::from_pem(key).expect("a key");
    let options = SignOptions::default().certificate(&certificate);
    sign(xml, id, &key, &options).unwrap_or_else(|error| panic!("{error}: {xml}"))
}

/// The stand-in JumpCloud.
pub(crate) fn idp() -> JumpCloud {
    let url = "https://sso.jumpcloud.com/saml2/acme";
    JumpCloud::with_key(url, IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE).expect("an identity provider")
}

/// The Response that every case is made of.
pub(crate) fn response(idp: &JumpCloud) -> ResponseBuilder<'_> {
    idp.response(ACS, SP, now()).user(&user()).in_response_to(REQUEST).ids(RESPONSE, ASSERTION)
}

pub(crate) fn user() -> User {
    User::new("bjensen@acme.test", "Barbara", "Jensen")
}

/// An assertion about somebody else, made by an attacker: not signed.
pub(crate) fn evil_assertion(id: &str) -> String {
    let assertion = Doc::unsigned().assertion().replace("bjensen@acme.test", "admin@acme.test");
    assertion.replace("ID=\"ASSERTION\"", &format!("ID=\"{id}\""))
}

/// What is accepted: the twins of what is not.
pub(crate) fn twins(suite: &mut Suite) {
    let _ = suite;
    suite.accepted("G01", "signed assertion", Doc::signed(Sign::Assertion));
    suite.accepted("G01", "signed response", Doc::signed(Sign::Response));
    suite.accepted("G01", "both signed", Doc::signed(Sign::Both));
    suite.accepted("G01", "signed again without a change", Doc::unsigned().resigned());
}
