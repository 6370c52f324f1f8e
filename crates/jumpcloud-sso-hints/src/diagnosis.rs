//! What happened, told to those who can change it.

use std::fmt;

use saml_attributes::AttributeError;
use saml_encryption::DecryptionKeyError;
use saml_protocol::{BindingError, MetadataError, Rejection, ResponseError};
use saml_signature::{CertificateError, TrustedKeysError};
use saml_sp::{ConnectionError, LoginError, Report, SettingsError, Stage, is_printable, printable};
use sso_session::{ServiceError, SessionError};

use crate::code::hint_of;

/// What happened, what was expected, what was found, and what to change. For the log and the administrator:
/// it holds values of the message, cut to a bounded length. The [`Display`](fmt::Display) form is a single
/// line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// How far the login came.
    pub stage: Stage,
    /// The stable code, one of [`Code`](crate::Code).
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
    /// Returns text with its control characters, and those that turn its direction or that nobody sees,
    /// written as escapes: whoever sent a message chose it, and it must not be able to write lines of a
    /// log or to move the cursor of a terminal.
    #[must_use]
    pub fn printable(text: &str) -> String {
        printable(text)
    }

    /// Returns whether [`printable`](Self::printable) leaves a character as it is. The others are control
    /// characters, separators of lines and paragraphs, and what Unicode calls formatting or ignorable by
    /// default.
    #[must_use]
    pub fn is_printable(character: char) -> bool {
        is_printable(character)
    }
}

/// What to change, where one of several places that give a code has a hint of its own.
fn hint_at(report: &Report) -> &'static str {
    match report.place {
        Some("url_encoded") => {
            "Decode the form first (%2B is +, %2F is /, %3D is =), and give the value of the field SAMLResponse alone; or copy it from where the browser shows the form decoded."
        }
        Some("decrypted") => {
            "Have the identity provider encrypt an assertion that declares all of its namespaces itself: those that the Response around it declares do not reach into what is encrypted. JumpCloud encrypts nothing."
        }
        Some("no_issuer") => {
            "Have the identity provider name itself in an Issuer of each Response that it signs or whose \
                 assertion it encrypts, as JumpCloud does."
        }
        Some("name_id_qualifier") => {
            "Have the identity provider set the SPNameQualifier of the NameID to the SP Entity ID, or leave it \
                 out, as JumpCloud does."
        }
        Some("issuer_format") => {
            "Have the identity provider give its Issuer as an entity ID: with the Format that was expected, as JumpCloud does, or with none."
        }
        _ => hint_of(report.code),
    }
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

impl From<&Report> for Diagnosis {
    fn from(report: &Report) -> Self {
        Self {
            stage: report.stage,
            code: report.code,
            message: report.message.clone(),
            expected: report.expected.clone(),
            found: report.found.clone(),
            hint: hint_at(report),
        }
    }
}

/// Diagnoses an error by its report.
macro_rules! diagnoses {
    ($($error:ty),* $(,)?) => {
        $(
            impl From<&$error> for Diagnosis {
                fn from(error: &$error) -> Self {
                    Self::from(&Report::from(error))
                }
            }
        )*
    };
}

diagnoses! {
    AttributeError,
    BindingError,
    CertificateError,
    ConnectionError,
    DecryptionKeyError,
    MetadataError,
    Rejection,
    ResponseError,
    ServiceError,
    SessionError,
    SettingsError,
    TrustedKeysError,
}

/// An error that can be diagnosed.
pub trait Diagnose {
    /// Returns what happened and what to change. For the log and the administrator; it holds values of the
    /// message.
    fn diagnosis(&self) -> Diagnosis;
}

impl Diagnose for LoginError {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::from(&self.report())
    }
}
