//! How far a connection has come.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// It exists, so that its ACS URL and SP Entity ID can be pasted into JumpCloud; something is missing
    /// yet.
    Draft,
    /// Everything is there that logins need.
    Configured,
    /// Members can log in through it.
    Active,
    /// Members have to log in through it.
    Enforced,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Configured => "configured",
            Self::Active => "active",
            Self::Enforced => "enforced",
        })
    }
}

/// What a connection lacks before it can be enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The IdP URL.
    IdpUrl,
    /// The IdP Entity ID.
    IdpEntityId,
    /// A certificate.
    Certificate,
    /// A verified e-mail domain of the organization.
    EmailDomain,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdpUrl => "the IdP URL",
            Self::IdpEntityId => "the IdP Entity ID",
            Self::Certificate => "the certificate",
            Self::EmailDomain => "a verified e-mail domain",
        })
    }
}
