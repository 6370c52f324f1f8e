//! The vocabulary that attacks are written in.

use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_signature::{SignOptions, SigningKey, sign};
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
