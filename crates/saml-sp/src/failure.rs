//! Why a login failed.

use std::fmt;

use saml_attributes::AttributeError;
use saml_protocol::{AuthnRequestError, BindingError, Rejection, RequestId, ResponseError};
use saml_signature::CertificateWarning;
use sso_session::{CookieError, HandOverError, IssueError, SealError};
use sso_store::StoreError;
use thiserror::Error;

use crate::begun::handle_of;
use crate::connection::Connection;
use crate::report::{Report, Stage};

/// A login that failed.
///
/// Its [`Display`](fmt::Display) is for the browser: always the same sentence, with a reference to find the
/// [`report`](Self::report) by in the log.
pub struct LoginError {
    failure: Box<LoginFailure>,
    reference: String,
}

impl fmt::Debug for LoginError {
    /// Writes no values of the message: those are in the [`report`](Self::report).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginError")
            .field("code", &self.code())
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

impl LoginError {
    pub(crate) fn of(failure: LoginFailure, connection: &Connection) -> Self {
        // Without randomness there is no request ID either; the reference is then the least of the problems.
        let reference = RequestId::generate().map_or_else(|_| "none".to_owned(), |id| handle_of(&id));
        let error = Self { failure: Box::new(failure), reference };
        let (organization, connection) = (connection.organization(), connection.id());
        // Without the values of the message: an attacker chooses those, and a user's are personal.
        tracing::warn!(
            organization,
            connection,
            code = error.code(),
            reference = error.reference,
            "a login was refused"
        );
        error
    }

    /// What ties the sentence in the browser to the line in the log.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Returns what happened. For the log and the administrator; it holds values of the message.
    #[must_use]
    pub fn report(&self) -> Report {
        self.failure.report()
    }

    /// Returns the stable code, as in the report.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.failure.code()
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signing in failed; the reference for your administrator is {}", self.reference)
    }
}

impl std::error::Error for LoginError {}

/// Why a login failed.
#[derive(Debug, Error)]
pub(crate) enum LoginFailure {
    #[error("the path to return to, {found:?}, does not lead to this service")]
    ReturnTo { found: String },
    #[error("the login was not begun in this browser, or more than ten minutes ago")]
    State,
    #[error(transparent)]
    Cookie(#[from] CookieError),
    #[error("the login began at JumpCloud, which this connection does not allow")]
    IdpInitiated,
    #[error("the assertion was used before")]
    ReplayedAssertion,
    #[error("the login was finished before")]
    ReplayedRequest,
    #[error("the e-mail address is of the domain {found:?}, which is none of the organization's own")]
    EmailDomain { expected: String, found: String },
    #[error("the NameID is transient, so that the user would be another one at each login")]
    TransientNameId,
    #[error("the connection wants valid certificates only: {0}")]
    CertificateDates(CertificateWarning),
    #[error(transparent)]
    Request(#[from] AuthnRequestError),
    #[error(transparent)]
    Binding(#[from] BindingError),
    #[error(transparent)]
    Response(#[from] ResponseError),
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    #[error(transparent)]
    Session(#[from] IssueError),
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    #[error("the login could not be sealed: {0}")]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoginFailure {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ReturnTo { .. } => "binding.return_to",
            Self::State => "binding.state",
            Self::Cookie(_) => "binding.duplicate_cookie",
            Self::IdpInitiated => "response.unsolicited",
            Self::ReplayedAssertion => "replay.assertion",
            Self::ReplayedRequest => "replay.request",
            Self::EmailDomain { .. } => "attribute.email_domain",
            Self::TransientNameId => "assertion.name_id_transient",
            Self::CertificateDates(warning) => warning.code(),
            Self::Request(error) => error.code(),
            Self::Binding(error) => error.code(),
            Self::Response(error) => error.code(),
            Self::Rejected(error) => error.code(),
            Self::Attributes(error) => error.code(),
            Self::Session(error) => error.code(),
            Self::HandOver(error) => error.code(),
            Self::Seal(_) => "config.sealing_failed",
            Self::Store(_) => "replay.store",
        }
    }

    fn report(&self) -> Report {
        let report = |stage| Report::new(stage, self.code(), self, None, None);
        match self {
            Self::Binding(error) => error.into(),
            Self::Response(error) => error.into(),
            Self::Rejected(error) => error.into(),
            Self::Attributes(error) => error.into(),
            Self::ReturnTo { found } => Report::new(
                Stage::Request,
                self.code(),
                self,
                Some("a path such as /dashboard".to_owned()),
                Some(found.clone()),
            ),
            Self::EmailDomain { expected, found } => {
                Report::new(Stage::Profile, self.code(), self, Some(expected.clone()), Some(found.clone()))
            }
            Self::Session(_) | Self::HandOver(_) => report(Stage::Profile),
            Self::CertificateDates(_) => report(Stage::Signature),
            Self::State | Self::Cookie(_) | Self::Request(_) | Self::Seal(_) => report(Stage::Request),
            Self::IdpInitiated
            | Self::TransientNameId
            | Self::ReplayedAssertion
            | Self::ReplayedRequest
            | Self::Store(_) => report(Stage::Assertion),
        }
    }
}
