//! What happened, told to those who can change it.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use saml_attributes::{AttributeError, UserProfile};
use saml_encryption::DecryptionKeyError;
use saml_protocol::{AcceptedAssertion, BindingError, Evidence, MetadataError, Rejection, ResponseError};
use saml_signature::{CertificateError, TrustedKeysError};
use sso_session::SessionError;

use crate::catalogue::hint;
use crate::connection::ConnectionError;
use crate::login::LoginFailure;
use crate::settings::SettingsError;

/// How far a login came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What happened, what was expected, what was found, and what to change. For the log and the administrator:
/// it holds values of the message, cut to a bounded length. The [`Display`](fmt::Display) form is a single
/// line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// How far the login came.
    pub stage: Stage,
    /// The stable code, out of the [`CATALOGUE`](crate::CATALOGUE).
    pub code: &'static str,
    /// What happened, in a sentence.
    pub message: String,
    /// What was expected, where two things were compared.
    pub expected: Option<String>,
    /// What was found instead.
    pub found: Option<String>,
    /// What to change, in JumpCloud or in the service.
    pub hint: &'static str,
}

impl Diagnosis {
    fn new(
        stage: Stage,
        code: &'static str,
        message: &impl ToString,
        expected: Option<String>,
        found: Option<String>,
    ) -> Self {
        let bounded = |text: String| bounded(Self::printable(&text));
        Self {
            stage,
            code,
            message: bounded(message.to_string()),
            expected: expected.map(bounded),
            found: found.map(bounded),
            hint: hint(code),
        }
    }

    /// With a hint that says more than the one of the code.
    fn hinting(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// Text with its control characters, and those that turn its direction or that nobody sees, written as
    /// escapes: whoever sent a message chose it, and it must not be able to write lines of a log or to move
    /// the cursor of a terminal.
    #[must_use]
    pub fn printable(text: &str) -> String {
        text.chars().fold(String::with_capacity(text.len()), |mut printable, character| {
            if Self::is_printable(character) {
                printable.push(character);
            } else {
                printable.extend(character.escape_default());
            }
            printable
        })
    }

    /// Whether [`printable`](Self::printable) leaves a character as it is. The others are control characters,
    /// separators of lines and paragraphs, and what Unicode calls formatting or ignorable by default.
    #[must_use]
    pub fn is_printable(character: char) -> bool {
        !character.is_control()
            && !matches!(character, '\u{2028}' | '\u{2029}')
            && !saml_protocol::is_invisible(character)
    }

    pub(crate) fn of_login(failure: &LoginFailure) -> Self {
        match failure {
            LoginFailure::Binding(error) => error.into(),
            LoginFailure::Response(error) => error.into(),
            LoginFailure::Rejected(error) => error.into(),
            LoginFailure::Attributes(error) => error.into(),
            LoginFailure::ReturnTo { found } => Self::new(
                Stage::Request,
                failure.code(),
                failure,
                Some("a path such as /dashboard".to_owned()),
                Some(found.clone()),
            ),
            LoginFailure::EmailDomain { expected, found } => Self::new(
                Stage::Profile,
                failure.code(),
                failure,
                Some(expected.clone()),
                Some(found.clone()),
            ),
            LoginFailure::Session(_) | LoginFailure::HandOver(_) => {
                Self::new(Stage::Profile, failure.code(), failure, None, None)
            }
            LoginFailure::CertificateDates(_) => {
                Self::new(Stage::Signature, failure.code(), failure, None, None)
            }
            LoginFailure::State
            | LoginFailure::Cookie(_)
            | LoginFailure::Request(_)
            | LoginFailure::Seal(_) => Self::new(Stage::Request, failure.code(), failure, None, None),
            LoginFailure::IdpInitiated
            | LoginFailure::TransientNameId
            | LoginFailure::ReplayedAssertion
            | LoginFailure::ReplayedRequest
            | LoginFailure::Store(_) => Self::new(Stage::Assertion, failure.code(), failure, None, None),
        }
    }
}

/// The longest text of a diagnosis, in bytes, as a log line quotes it. With its hint, a whole one stays below 16 KiB.
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

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.stage, self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "; expected: {expected:?}")?;
        }
        if let Some(found) = &self.found {
            write!(f, "; found: {found:?}")?;
        }
        write!(f, "; {}", self.hint)
    }
}

impl From<&BindingError> for Diagnosis {
    fn from(error: &BindingError) -> Self {
        let diagnosis = Self::new(Stage::Signature, error.code(), error, error.expected(), error.found());
        match error {
            BindingError::UrlEncoded => diagnosis.hinting(
                "Decode the form first (%2B is +, %2F is /, %3D is =), and give the value of the field SAMLResponse alone; or copy it from where the browser shows the form decoded.",
            ),
            _ => diagnosis,
        }
    }
}

impl From<&ResponseError> for Diagnosis {
    fn from(error: &ResponseError) -> Self {
        let stage = match error {
            ResponseError::Assertion(_) => Stage::Assertion,
            _ => Stage::Signature,
        };
        let diagnosis = Self::new(stage, error.code(), error, error.expected(), error.found());
        match error {
            ResponseError::DecryptedXml(error) if error.code() == "xml.unbound_prefix" => diagnosis.hinting(
                "Have the identity provider encrypt an assertion that declares all of its namespaces itself: those that the Response around it declares do not reach into what is encrypted. JumpCloud encrypts nothing.",
            ),
            _ => diagnosis,
        }
    }
}

impl From<&Rejection> for Diagnosis {
    fn from(error: &Rejection) -> Self {
        let diagnosis = Self::new(Stage::Assertion, error.code(), error, error.expected(), error.found());
        match error {
            Rejection::NoIssuer => diagnosis.hinting(
                "Have the identity provider name itself in an Issuer of each Response that it signs or whose \
                 assertion it encrypts, as JumpCloud does.",
            ),
            Rejection::NameIdQualifier { .. } => diagnosis.hinting(
                "Have the identity provider set the SPNameQualifier of the NameID to the SP Entity ID, or leave it \
                 out, as JumpCloud does.",
            ),
            Rejection::IssuerFormat { .. } => diagnosis.hinting(
                "Have the identity provider give its Issuer as an entity ID: with the Format that was expected, as JumpCloud does, or with none.",
            ),
            _ => diagnosis,
        }
    }
}

impl From<&AttributeError> for Diagnosis {
    fn from(error: &AttributeError) -> Self {
        Self::new(Stage::Profile, error.code(), error, error.expected(), error.found())
    }
}

impl From<&TrustedKeysError> for Diagnosis {
    fn from(error: &TrustedKeysError) -> Self {
        Self::new(Stage::Signature, error.code(), error, error.expected(), error.found())
    }
}

impl From<&DecryptionKeyError> for Diagnosis {
    fn from(error: &DecryptionKeyError) -> Self {
        Self::new(Stage::Signature, error.code(), error, None, None)
    }
}

impl From<&CertificateError> for Diagnosis {
    fn from(error: &CertificateError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

impl From<&MetadataError> for Diagnosis {
    fn from(error: &MetadataError) -> Self {
        Self::new(Stage::Request, error.code(), error, error.expected(), error.found())
    }
}

impl From<&SessionError> for Diagnosis {
    fn from(error: &SessionError) -> Self {
        Self::new(Stage::Request, error.code(), error, error.expected(), error.found())
    }
}

impl From<&SettingsError> for Diagnosis {
    fn from(error: &SettingsError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

impl From<&ConnectionError> for Diagnosis {
    fn from(error: &ConnectionError) -> Self {
        Self::new(Stage::Request, error.code(), error, None, None)
    }
}

/// What worked, but should be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The stable code, out of the [`CATALOGUE`](crate::CATALOGUE).
    pub code: &'static str,
    /// What it is about, in a sentence.
    pub message: String,
    /// What to change.
    pub hint: &'static str,
}

impl Warning {
    /// A warning of the catalogue.
    #[must_use]
    pub fn new(code: &'static str, message: &impl ToString) -> Self {
        Self { code, message: bounded(Diagnosis::printable(&message.to_string())), hint: hint(code) }
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
