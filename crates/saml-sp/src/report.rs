//! What happened, as facts: what is told to the log, and what may be stored.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::time::SystemTime;

use saml_attributes::{AttributeError, UserProfile};
use saml_encryption::DecryptionKeyError;
use saml_protocol::{AcceptedAssertion, BindingError, Evidence, MetadataError, Rejection, ResponseError};
use saml_signature::{CertificateError, TrustedKeysError};
use serde::Serialize;
use sso_session::{ServiceError, SessionError};

use crate::connection_error::ConnectionError;
use crate::settings_error::SettingsError;

/// How far a login came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Before there was a message to look at.
    Request,
    /// Whether the message is genuine: decoding, structure, signatures.
    Signature,
    /// Whether the assertion is for us, valid, and the answer that was expected.
    Assertion,
    /// Whether the attributes make a profile.
    Profile,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Signature => "signature",
            Self::Assertion => "assertion",
            Self::Profile => "profile",
        })
    }
}

impl Stage {
    /// The stages in their order.
    pub const ALL: [Self; 4] = [Self::Request, Self::Signature, Self::Assertion, Self::Profile];
}

/// Whether the checks of a stage held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// All of them did.
    Passed,
    /// One did not, and the login ended there.
    Failed,
    /// They were not made.
    NotReached,
}

/// The checks of one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The stage.
    pub stage: Stage,
    /// Whether its checks held.
    pub outcome: Outcome,
}

/// What happened, what was expected and what was found: facts, without a word of advice. For the log and the
/// administrator, and to be kept: it holds values of the message, cut to a bounded length.
///
/// ```
/// use saml_sp::{Report, Stage};
/// use sso_session::SessionError;
///
/// let report = Report::from(&SessionError::Malformed);
/// assert_eq!((report.code, report.stage), ("session.malformed", Stage::Request));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How far the login came.
    pub stage: Stage,
    /// The stable code.
    pub code: &'static str,
    /// Which of several places it was that give this code.
    pub place: Option<&'static str>,
    /// What happened, in a sentence.
    pub message: String,
    /// What was expected, where two things were compared.
    pub expected: Option<String>,
    /// What was found instead.
    pub found: Option<String>,
    /// The stages of a login in their order, and whether their checks held.
    pub checks: [Check; 4],
}

impl Report {
    pub(crate) fn new(
        stage: Stage,
        code: &'static str,
        message: &impl ToString,
        expected: Option<String>,
        found: Option<String>,
    ) -> Self {
        let bounded = |text: String| bounded(printable(&text));
        let outcome = |it: Stage| match (it as u8).cmp(&(stage as u8)) {
            Ordering::Less => Outcome::Passed,
            Ordering::Equal => Outcome::Failed,
            Ordering::Greater => Outcome::NotReached,
        };
        Self {
            stage,
            code,
            place: None,
            message: bounded(message.to_string()),
            expected: expected.map(bounded),
            found: found.map(bounded),
            checks: Stage::ALL.map(|stage| Check { stage, outcome: outcome(stage) }),
        }
    }

    fn at(self, place: &'static str) -> Self {
        Self { place: Some(place), ..self }
    }
}

/// Text with its control characters, and those that turn its direction or that nobody sees, written as
/// escapes: whoever sent a message chose it, and it must not be able to write lines of a log or to move
/// the cursor of a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut printable, character| {
        if is_printable(character) {
            printable.push(character);
        } else {
            printable.extend(character.escape_default());
        }
        printable
    })
}

/// Whether [`printable`] leaves a character as it is. The others are control characters,
/// separators of lines and paragraphs, and what Unicode calls formatting or ignorable by default.
#[must_use]
pub fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{2028}' | '\u{2029}')
        && !saml_protocol::is_invisible(character)
}

/// The longest text of a report, in bytes, as a log line quotes it. With a hint, a whole one stays below 16
/// KiB.
const MAX_TEXT: usize = 4 * 1024;

/// A list of domains or of namespaces in scope may be long, and a log line must not be.
fn bounded(mut text: String) -> String {
    let mut quoted = 0;
    let beyond = text.char_indices().find(|(_, character)| {
        quoted += character.escape_debug().map(char::len_utf8).sum::<usize>();
        quoted > MAX_TEXT
    });
    if let Some((end, _)) = beyond {
        let length = text.len();
        text.truncate(end);
        // Writing to a string does not fail.
        let _ = write!(text, "… ({length} bytes in all)");
    }
    text
}

impl From<&BindingError> for Report {
    fn from(error: &BindingError) -> Self {
        let report = Self::new(Stage::Signature, error.code(), error, error.expected(), error.found());
        match error {
            BindingError::UrlEncoded => report.at("url_encoded"),
            _ => report,
        }
    }
}

impl From<&ResponseError> for Report {
    fn from(error: &ResponseError) -> Self {
        let stage = match error {
            ResponseError::Assertion(_) => Stage::Assertion,
            _ => Stage::Signature,
        };
        let report = Self::new(stage, error.code(), error, error.expected(), error.found());
        match error {
            ResponseError::DecryptedXml(error) if error.code() == "xml.unbound_prefix" => {
                report.at("decrypted")
            }
            _ => report,
        }
    }
}

impl From<&Rejection> for Report {
    fn from(error: &Rejection) -> Self {
        let report = Self::new(Stage::Assertion, error.code(), error, error.expected(), error.found());
        match error {
            Rejection::NoIssuer => report.at("no_issuer"),
            Rejection::NameIdQualifier { .. } => report.at("name_id_qualifier"),
            Rejection::IssuerFormat { .. } => report.at("issuer_format"),
            _ => report,
        }
    }
}

impl From<&AttributeError> for Report {
    fn from(error: &AttributeError) -> Self {
        Self::new(Stage::Profile, error.code(), error, error.expected(), error.found())
    }
}

impl From<&TrustedKeysError> for Report {
    fn from(error: &TrustedKeysError) -> Self {
        Self::new(Stage::Signature, error.code(), error, error.expected(), error.found())
    }
}

impl From<&DecryptionKeyError> for Report {
    fn from(error: &DecryptionKeyError) -> Self {
        Self::new(Stage::Signature, error.code(), error, None, None)
    }
}

impl From<&CertificateError> for Report {
    fn from(error: &CertificateError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

impl From<&MetadataError> for Report {
    fn from(error: &MetadataError) -> Self {
        Self::new(Stage::Request, error.code(), error, error.expected(), error.found())
    }
}

impl From<&SessionError> for Report {
    fn from(error: &SessionError) -> Self {
        Self::new(Stage::Request, error.code(), error, error.expected(), error.found())
    }
}

impl From<&SettingsError> for Report {
    fn from(error: &SettingsError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

impl From<&ConnectionError> for Report {
    fn from(error: &ConnectionError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

impl From<&ServiceError> for Report {
    fn from(error: &ServiceError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

/// What worked, but should be put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// The stable code.
    pub code: &'static str,
    /// What it is about, in a sentence.
    pub message: String,
}

impl Warning {
    /// Creates a warning.
    #[must_use]
    pub fn new(code: &'static str, message: &impl ToString) -> Self {
        Self { code, message: bounded(printable(&message.to_string())) }
    }

    /// What is worth telling of how a message was signed, at the time `now`.
    #[must_use]
    pub fn of_evidence(evidence: &Evidence, now: SystemTime) -> Vec<Self> {
        let certificate = evidence.certificate().warnings(now);
        let certificate = certificate.into_iter().map(|warning| Self::new(warning.code(), &warning));
        let sha1 = evidence.uses_sha1().then(|| {
            Self::new("algorithm.sha1_used", &"the signature relies on SHA-1, which is no longer secure")
        });
        certificate.chain(sha1).collect()
    }

    pub(crate) fn of_login(
        accepted: &AcceptedAssertion,
        profile: &UserProfile,
        now: SystemTime,
    ) -> Vec<Self> {
        let mut warnings = Self::of_evidence(accepted.evidence(), now);
        warnings.extend(profile.warnings().iter().map(|warning| Self::new(warning.code(), warning)));
        warnings
    }
}
