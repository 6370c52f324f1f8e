//! Both implementations are asked about each signature of a document, neither of them because of what the
//! other says.

use saml_protocol::ResponseVerifier;
use saml_signature::{
    AlgorithmPolicy, Certificate, Question, SecondOpinion as _, SignedDocument, TrustedKeys,
};
use saml_xml::{Document, Element, Limits};

use crate::XmlSec;

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

/// The verdicts of both on the signature of one element.
#[derive(Debug)]
pub struct Signature {
    /// The ID of the element.
    pub id: String,
    /// What this implementation says: the code of a refusal.
    pub ours: Result<(), &'static str>,
    /// What libxmlsec1 says where it does not agree.
    pub theirs: Result<(), String>,
}

/// The verdicts of both on a document: on each signature that an element with an ID carries, wherever that
/// element is.
#[derive(Debug)]
pub struct Opinions {
    /// Each signature, in document order.
    pub signatures: Vec<Signature>,
    /// What the verifier of Responses says of all of the signatures.
    whole: Result<(), &'static str>,
}

/// Asks both implementations. Returns `None` for a document that does not parse here, so that there is no
/// element to ask about.
#[must_use]
pub fn ask(xml: &[u8], certificates: &[Certificate], policy: &AlgorithmPolicy) -> Option<Opinions> {
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
    /// Returns where the two disagree, but for rules by which we are stricter on purpose.
    #[must_use]
    pub fn disagreement(&self) -> Option<String> {
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

/// Counts of what was compared.
#[derive(Debug, Default)]
pub struct Tally {
    /// Documents that do not parse.
    pub unparsed: usize,
    /// Signatures that both were asked about.
    pub asked: usize,
    /// Those that are good here.
    pub ours: usize,
    /// Those that are good to libxmlsec1.
    pub theirs: usize,
}

impl Tally {
    /// Counts what both said of one document.
    pub fn add(&mut self, opinions: Option<&Opinions>) {
        let Some(opinions) = opinions else {
            self.unparsed += 1;
            return;
        };
        self.asked += opinions.signatures.len();
        self.ours += opinions.signatures.iter().filter(|it| it.ours.is_ok()).count();
        self.theirs += opinions.signatures.iter().filter(|it| it.theirs.is_ok()).count();
    }
}
