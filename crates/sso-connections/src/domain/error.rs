//! Why a domain is not an organization's.

use sso_types::text::excerpt_of_input;
use std::time::SystemTime;

use saml_sp::TooLong;
use sso_session::Coded;
use sso_store::StoreError;
use thiserror::Error;

use super::challenge::DomainChallenge;
use super::lookup::LookupError;
use crate::text_time::shown;

/// Why a domain is not an organization's.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DomainError {
    /// Not a domain name.
    #[error("{found:?} is not an e-mail domain; give it without @, such as acme.test")]
    Name {
        /// What was given.
        found: String,
    },
    /// The record is not there.
    #[error("no TXT record of {} says {:?}", challenge.record_name, challenge.record_text)]
    NotFound {
        /// What should be there.
        challenge: DomainChallenge,
        /// What is there.
        found: Vec<String>,
    },
    /// It belongs to another organization.
    #[error("the domain {domain} belongs to another organization")]
    Taken {
        /// The domain.
        domain: String,
    },
    /// It belongs to another organization, whose record is absent: it moves if it still is a day later.
    #[error(
        "the domain {domain} belongs to another organization, whose TXT record is absent since {}; verify \
         again at {} or later to move it",
        shown(*since),
        shown(*not_before)
    )]
    Disputed {
        /// The domain.
        domain: String,
        /// When this organization's record was seen first, and the other's was not.
        since: SystemTime,
        /// When it moves at the earliest.
        not_before: SystemTime,
    },
    /// Members log in with addresses of it.
    #[error("members log in through the connection {connection} with addresses of {domain}")]
    InUse {
        /// The domain.
        domain: String,
        /// The connection.
        connection: String,
    },
    /// It does not belong to this organization.
    #[error("the domain {domain} does not belong to the organization")]
    NotOwned {
        /// The domain.
        domain: String,
    },
    /// A text is too long to be stored, such as the ID of a user.
    #[error("the {what} has {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// The DNS gave no answer.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TooLong> for DomainError {
    fn from(TooLong { what, limit, found }: TooLong) -> Self {
        Self::TooLong { what, limit, found }
    }
}

impl DomainError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "config.email_domain",
            Self::NotFound { .. } => "config.domain_not_verified",
            Self::Taken { .. } => "config.domain_taken",
            Self::Disputed { .. } => "config.domain_disputed",
            Self::InUse { .. } => "config.domain_in_use",
            Self::NotOwned { .. } => "config.domain_not_owned",
            Self::TooLong { .. } => "limit.text",
            Self::Lookup(_) => "config.dns",
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for DomainError {
    fn code(&self) -> &'static str {
        self.code()
    }
}

/// The one spelling of a domain.
pub(super) fn normalized(domain: &str) -> Result<String, DomainError> {
    saml_sp::normalized_domain(domain).ok_or_else(|| DomainError::Name { found: excerpt_of_input(domain) })
}
