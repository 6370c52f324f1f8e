//! Both implementations are asked about each signature of a document, neither of them because of what the
//! other says.

use saml_protocol::ResponseVerifier;
use saml_signature::{
    AlgorithmPolicy, Certificate, Question, SecondOpinion as _, SignedDocument, TrustedKeys,
};
use saml_signature_xmlsec::XmlSec;
use saml_xml::{Document, Element, Limits};

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The rules by which a signature is refused here that libxmlsec1 finds good, as codes or beginnings of
/// codes. None of them says that the cryptography does not hold.
const STRICTER: [&str; 12] = [
    "xml.",
    "limit.",
    "algorithm.",
    // A key that is too short, and what else is wrong with the service's own configuration.
    "certificate.",
    "config.",
    "signature.count",
    "signature.key_info",
    "signature.malformed",
    "signature.object",
    "signature.position",
    "signature.reference_count",
    "signature.uri",
];

/// What a whole Response is refused for beyond that, though each of its signatures is good.
const STRICTER_ON_RESPONSES: [&str; 3] = ["response.", "encryption.", "signature.missing"];

/// What both say of the signature on one element.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) id: String,
    /// The code where it is refused.
    pub(crate) ours: Result<(), &'static str>,
    /// What it says where it does not agree.
    pub(crate) theirs: Result<(), String>,
}

/// What both say of a document: of each signature that an element with an ID carries, wherever that element
/// is.
#[derive(Debug)]
pub(crate) struct Opinions {
    pub(crate) signatures: Vec<Signature>,
    /// What the verifier of Responses says of all of the signatures.
    whole: Result<(), &'static str>,
}

/// Asks both; `None` for a document that we do not parse, so that there is no element to ask about.
pub(crate) fn ask(xml: &[u8], certificates: &[Certificate], policy: &AlgorithmPolicy) -> Option<Opinions> {
    let document = Document::parse(xml, &Limits::default()).ok()?;
    let carriers: Vec<_> = document.elements().filter(|it| carries_signature(*it)).collect();
    let keys = TrustedKeys::new(certificates.iter().cloned()).map_err(|error| error.code());
    let signatures = carriers.iter().map(|carrier| {
        // Where there is no ID, libxmlsec1 finds no element by the empty one.
        let id = carrier.attribute("ID").unwrap_or_default();
        let ours = keys.clone().and_then(|keys| {
            let surveyed = SignedDocument::survey(&document, &carriers).map_err(|error| error.code())?;
            surveyed.verify(*carrier, &keys, policy).map(drop).map_err(|error| error.code())
        });
        Signature { id: id.to_owned(), ours, theirs: theirs(xml, id, certificates, policy) }
    });
    let signatures = signatures.collect();
    let whole = keys.and_then(|keys| {
        let verifier = ResponseVerifier::new(keys).algorithms(policy.clone());
        verifier.verify_signatures(xml).map(drop).map_err(|error| error.code())
    });
    Some(Opinions { signatures, whole })
}

fn carries_signature(element: Element<'_, '_>) -> bool {
    element.child_elements().is_ok_and(|mut children| children.any(|child| child.is(DSIG, "Signature")))
}

/// Whether libxmlsec1 finds the signature on an element good, by any of the pinned keys.
fn theirs(
    xml: &[u8],
    id: &str,
    certificates: &[Certificate],
    policy: &AlgorithmPolicy,
) -> Result<(), String> {
    let sha1 = policy.check_digest("http://www.w3.org/2000/09/xmldsig#sha1").is_ok();
    let mut verdict = Err("there is no key".to_owned());
    for certificate in certificates {
        let question = Question::new(xml, id, certificate).allow_sha1(sha1);
        verdict = XmlSec.digested(&question).map(drop).map_err(|error| error.to_string());
        if verdict.is_ok() {
            break;
        }
    }
    verdict
}

impl Opinions {
    /// Where the two disagree, but for rules by which we are stricter on purpose.
    pub(crate) fn disagreement(&self) -> Option<String> {
        let of_one = self.signatures.iter().find_map(Signature::disagreement);
        of_one.or_else(|| {
            let Err(code) = self.whole else { return None };
            let good = !self.signatures.is_empty() && self.signatures.iter().all(|it| it.theirs.is_ok());
            let known = is_any(code, &STRICTER) || is_any(code, &STRICTER_ON_RESPONSES);
            (good && !known)
                .then(|| format!("{code} for the Response, whose signatures libxmlsec1 finds good"))
        })
    }
}

impl Signature {
    fn disagreement(&self) -> Option<String> {
        match (self.ours, &self.theirs) {
            (Ok(()), Err(error)) => Some(format!("{:?}: good, but not to libxmlsec1: {error}", self.id)),
            (Err(code), Ok(())) if !is_any(code, &STRICTER) => {
                Some(format!("{:?}: {code}, but good to libxmlsec1", self.id))
            }
            _ => None,
        }
    }
}

fn is_any(code: &str, rules: &[&str]) -> bool {
    rules.iter().any(|rule| if rule.ends_with('.') { code.starts_with(rule) } else { code == *rule })
}

/// How much there was to compare.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) unparsed: usize,
    pub(crate) asked: usize,
    pub(crate) ours: usize,
    pub(crate) theirs: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, opinions: Option<&Opinions>) {
        let Some(opinions) = opinions else {
            self.unparsed += 1;
            return;
        };
        self.asked += opinions.signatures.len();
        self.ours += opinions.signatures.iter().filter(|it| it.ours.is_ok()).count();
        self.theirs += opinions.signatures.iter().filter(|it| it.theirs.is_ok()).count();
    }
}
