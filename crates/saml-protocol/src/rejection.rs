use std::time::SystemTime;

use sso_types::text::excerpt;
use thiserror::Error;

use crate::instant::format_instant;
use crate::names::{FORMAT_ENTITY, STATUS_SUCCESS};
use crate::response::Status;

/// Which rule of the Web Browser SSO profile a genuine Response does not meet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Another version than 2.0.
    #[error("the {element} is of SAML version {found:?}")]
    Version {
        /// The element.
        element: &'static str,
        /// Its version.
        found: String,
    },
    /// Not a success.
    #[error("the identity provider refused: {0}")]
    Status(Status),
    /// A Response without Issuer that is signed, or whose assertion is encrypted.
    #[error("the Response has no Issuer, which a signature or an encrypted assertion requires")]
    NoIssuer,
    /// Another identity provider.
    #[error("the Issuer of the {element} is another identity provider")]
    Issuer {
        /// The element.
        element: &'static str,
        /// The configured IdP Entity ID.
        expected: String,
        /// The Issuer.
        found: String,
    },
    /// An Issuer that is no entity ID.
    #[error("the Issuer of the {element} is of the format {found:?}")]
    IssuerFormat {
        /// The element.
        element: &'static str,
        /// The format.
        found: String,
    },
    /// A signed Response that does not name its destination.
    #[error("the signed Response has no Destination")]
    NoDestination,
    /// Sent to another address.
    #[error("the Response was sent to another address")]
    Destination {
        /// Our ACS URL.
        expected: String,
        /// The Destination.
        found: String,
    },
    /// It answers another request, none where it should, or one where it should not.
    #[error("the {element} does not answer the expected request")]
    InResponseTo {
        /// The element.
        element: &'static str,
        /// The ID of the request, `None` for a login that began at the identity provider.
        expected: Option<String>,
        /// The ID that it names.
        found: Option<String>,
    },
    /// Issued in the future, or more than an hour ago.
    #[error("the {element} was issued in the future or too long ago")]
    IssueInstant {
        /// The element.
        element: &'static str,
        /// When it says that it was issued.
        found: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// No subject.
    #[error("the assertion has no Subject")]
    NoSubject,
    /// A subject without identifier.
    #[error("the subject has no NameID")]
    NoNameId,
    /// A subject with another identifier than a `NameID`.
    #[error("the subject is identified by a {found}, not by a NameID")]
    NameIdKind {
        /// What identifies it.
        found: String,
    },
    /// An identifier that is empty or blank.
    #[error("the NameID is empty")]
    EmptyNameId,
    /// A persistent identifier that is longer than the specification allows (core §8.3.7).
    #[error("the NameID is too long")]
    NameIdLength {
        /// The limit, in characters.
        limit: usize,
        /// The length.
        found: usize,
    },
    /// An identifier that is too long together with its format and qualifiers.
    #[error("the NameID is too long, with its Format and qualifiers")]
    NameIdSize {
        /// The limit, in bytes.
        limit: usize,
        /// The size.
        found: usize,
    },
    /// An identifier with control characters, or with others that are not seen.
    #[error("the NameID holds control characters or invisible ones")]
    NameIdCharacters,
    /// An identifier that was made for another service.
    #[error("the NameID is for another service (SPNameQualifier)")]
    NameIdQualifier {
        /// Our entity ID.
        expected: String,
        /// The qualifier.
        found: String,
    },
    /// No confirmation of the subject that holds for the holder of the message.
    #[error("the subject is not confirmed: {what}")]
    Confirmation {
        /// What is wrong.
        what: &'static str,
    },
    /// Made for another address.
    #[error("the assertion was made for another address")]
    Recipient {
        /// Our ACS URL.
        expected: String,
        /// The Recipient.
        found: Option<String>,
    },
    /// Conditions without an end.
    #[error("the assertion has no end of validity: its Conditions have no NotOnOrAfter")]
    NoEnd,
    /// Conditions that are never met.
    #[error("the assertion's validity ends before it begins")]
    Window {
        /// The beginning.
        not_before: SystemTime,
        /// The end.
        not_on_or_after: SystemTime,
    },
    /// Not valid yet.
    #[error("the assertion is not valid yet")]
    NotYetValid {
        /// The beginning of its validity.
        not_before: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// No longer valid.
    #[error("the assertion has expired, says its {what}")]
    Expired {
        /// The element that says so.
        what: &'static str,
        /// The end of its validity.
        not_on_or_after: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// For whom it is, is not said.
    #[error("the assertion does not say which service it is for")]
    NoAudience {
        /// Our entity ID.
        expected: String,
    },
    /// For another service.
    #[error("the assertion is for another service")]
    Audience {
        /// Our entity ID.
        expected: String,
        /// The audiences.
        found: Vec<String>,
    },
    /// A condition that is not known here, so that nobody can say whether it is met.
    #[error("the assertion has the unknown condition {found}")]
    Condition {
        /// The local name of the condition.
        found: String,
    },
    /// No statement that the subject was authenticated.
    #[error("the assertion does not say that the user was authenticated: it has no AuthnStatement")]
    NoAuthnStatement,
    /// Authenticated in another way than required.
    #[error("the user did not authenticate in a required way (AuthnContextClassRef)")]
    AuthnContext {
        /// The classes that are accepted.
        expected: Vec<String>,
        /// The class that the assertion names.
        found: Option<String>,
    },
    /// An authentication in the future.
    #[error("the user was authenticated in the future")]
    AuthnInstant {
        /// When it says that the user was authenticated.
        found: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
    /// The session at the identity provider is over.
    #[error("the session at the identity provider has ended")]
    SessionExpired {
        /// The end of the session.
        not_on_or_after: SystemTime,
        /// The time of the check.
        now: SystemTime,
    },
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version { element: "Response", .. } => "response.version",
            Self::Version { .. } => "assertion.version",
            Self::Status(_) => "response.status",
            Self::NoIssuer
            | Self::Issuer { element: "Response", .. }
            | Self::IssuerFormat { element: "Response", .. } => "response.issuer",
            Self::Issuer { .. } | Self::IssuerFormat { .. } => "assertion.issuer",
            Self::NoDestination | Self::Destination { .. } => "response.destination",
            Self::InResponseTo { element: "Response", .. } => "response.in_response_to",
            Self::InResponseTo { .. } => "assertion.in_response_to",
            Self::IssueInstant { element: "Response", .. } => "response.issue_instant",
            Self::IssueInstant { .. } => "assertion.issue_instant",
            Self::NoSubject => "assertion.subject_missing",
            Self::NoNameId
            | Self::NameIdKind { .. }
            | Self::EmptyNameId
            | Self::NameIdLength { .. }
            | Self::NameIdSize { .. }
            | Self::NameIdCharacters
            | Self::NameIdQualifier { .. } => "assertion.name_id",
            Self::Confirmation { .. } => "assertion.confirmation",
            Self::Recipient { .. } => "assertion.recipient",
            Self::NoEnd | Self::Window { .. } => "assertion.validity",
            Self::NotYetValid { .. } => "assertion.not_yet_valid",
            Self::Expired { .. } => "assertion.expired",
            Self::NoAudience { .. } => "assertion.audience_missing",
            Self::Audience { .. } => "assertion.audience",
            Self::Condition { .. } => "assertion.condition",
            Self::NoAuthnStatement => "assertion.authn_statement_missing",
            Self::AuthnContext { .. } => "assertion.authn_context",
            Self::AuthnInstant { .. } => "assertion.authn_instant",
            Self::SessionExpired { .. } => "assertion.session_expired",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Version { .. } => Some("2.0".to_owned()),
            Self::Status(_) => Some(STATUS_SUCCESS.to_owned()),
            Self::Issuer { expected, .. }
            | Self::Destination { expected, .. }
            | Self::Recipient { expected, .. }
            | Self::NameIdQualifier { expected, .. }
            | Self::NoAudience { expected }
            | Self::Audience { expected, .. } => Some(excerpt(expected)),
            Self::AuthnContext { expected, .. } => Some(excerpt(&expected.join(", "))),
            Self::NameIdLength { limit, .. } => Some(format!("at most {limit} characters")),
            Self::NameIdSize { limit, .. } => Some(format!("at most {limit} bytes")),
            Self::IssuerFormat { .. } => Some(FORMAT_ENTITY.to_owned()),
            Self::InResponseTo { expected, .. } => {
                Some(expected.as_deref().map_or_else(|| "no InResponseTo".to_owned(), excerpt))
            }
            Self::IssueInstant { now, .. } | Self::AuthnInstant { now, .. } => time("shortly before", *now),
            Self::NotYetValid { now, .. } => time("valid from no later than", *now),
            Self::Expired { now, .. } | Self::SessionExpired { now, .. } => time("valid until after", *now),
            Self::Window { not_before, .. } => time("an end after", *not_before),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Version { found, .. }
            | Self::Issuer { found, .. }
            | Self::IssuerFormat { found, .. }
            | Self::Destination { found, .. }
            | Self::NameIdKind { found }
            | Self::NameIdQualifier { found, .. }
            | Self::Condition { found } => Some(excerpt(found)),
            Self::Recipient { found, .. } => {
                Some(found.as_deref().map_or_else(|| "no Recipient".to_owned(), excerpt))
            }
            Self::InResponseTo { found, .. } => {
                Some(found.as_deref().map_or_else(|| "no InResponseTo".to_owned(), excerpt))
            }
            Self::AuthnContext { found, .. } => {
                Some(found.as_deref().map_or_else(|| "no AuthnContextClassRef".to_owned(), excerpt))
            }
            Self::Audience { found, .. } => Some(excerpt(&found.join(", "))),
            Self::Status(status) => Some(status.to_string()),
            Self::NameIdLength { found, .. } => Some(format!("{found} characters")),
            Self::NameIdSize { found, .. } => Some(format!("{found} bytes")),
            Self::IssueInstant { found, .. } | Self::AuthnInstant { found, .. } => format_instant(*found),
            Self::NotYetValid { not_before, .. } => time("valid from", *not_before),
            Self::Expired { not_on_or_after, .. }
            | Self::SessionExpired { not_on_or_after, .. }
            | Self::Window { not_on_or_after, .. } => time("valid until", *not_on_or_after),
            _ => None,
        }
    }
}

fn time(what: &str, instant: SystemTime) -> Option<String> {
    format_instant(instant).map(|instant| format!("{what} {instant}"))
}
