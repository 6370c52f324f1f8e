//! Another implementation has to agree.

use std::sync::Mutex;

use jumpcloud_sso_testkit::data;
use saml_signature::{AlgorithmPolicy, Question, SecondOpinion, SecondOpinionError, SignedDocument};
use saml_xml::{Document, Limits};

use crate::{UNSIGNED, certificate, signed, trusted};

/// Another implementation with a fixed answer, which remembers what it was asked.
#[derive(Debug)]
struct Fixed {
    answer: Result<Vec<u8>, SecondOpinionError>,
    asked: Mutex<Vec<Asked>>,
}

/// Document, ID, fingerprint and whether SHA-1 is let pass.
type Asked = (Vec<u8>, String, String, bool);

impl SecondOpinion for Fixed {
    fn digested(&self, question: &Question<'_>) -> Result<Vec<u8>, SecondOpinionError> {
        self.asked.lock().unwrap().push((
            question.document.to_vec(),
            question.element_id.to_owned(),
            question.certificate.fingerprint_sha256().to_string(),
            question.allow_sha1,
        ));
        self.answer.clone()
    }
}

/// The code of the verdict, and how often the other one was asked.
fn verdict(xml: &str, answer: Result<Vec<u8>, SecondOpinionError>) -> (&'static str, usize) {
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let opinion = Fixed { answer, asked: Mutex::default() };
    let signatures = SignedDocument::survey(&document, &[document.root()]).unwrap().second_opinion(&opinion);
    let result = signatures.verify(document.root(), &trusted(), &AlgorithmPolicy::default());
    let code = result.map_or_else(|error| error.code(), |_| "accepted");
    let asked = opinion.asked.into_inner().unwrap();
    if let Some((seen, id, fingerprint, allow_sha1)) = asked.first() {
        assert_eq!((seen.as_slice(), id.as_str(), *allow_sha1), (xml.as_bytes(), "A1", false));
        assert_eq!(*fingerprint, certificate(data("rsa2048.crt.pem")).fingerprint_sha256().to_string());
    }
    (code, asked.len())
}

#[test]
fn both_have_to_agree_on_the_signature_and_on_the_bytes() {
    let signed = signed();
    // It is written in its canonical form.
    let bytes = UNSIGNED.as_bytes().to_vec();
    assert_eq!(verdict(&signed, Ok(bytes.clone())), ("accepted", 1));
    assert_eq!(verdict(&signed, Err(SecondOpinionError::new("no"))), ("signature.second_opinion", 1));
    for other in [Vec::new(), bytes[1..].to_vec(), [bytes.clone(), b" ".to_vec()].concat()] {
        assert_eq!(verdict(&signed, Ok(other)), ("signature.second_opinion", 1));
    }
    // What is not good by our own verdict is not asked about.
    let changed = signed.replace("bjensen", "admin");
    assert_eq!(verdict(&changed, Ok(bytes)), ("signature.digest_mismatch", 0));
}
