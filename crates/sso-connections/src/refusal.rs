//! Why a connection was not changed.

use saml_sp::{ConnectionError, TooLong};
use sso_session::{Coded, SessionRefusal};
use sso_store::StoreError;
use thiserror::Error;

use crate::edit::EditError;
use crate::entitlement::Feature;
use crate::phase::{Missing, Phase};

/// More connections than this one organization has for a mistake only.
pub(crate) const MAX_CONNECTIONS: usize = 100;

/// Why something was refused. Nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such connection.
    #[error("there is no such connection")]
    Unknown,
    /// Nobody can log in through it.
    #[error("the connection is disabled")]
    Disabled,
    /// Something is missing before it can be enabled.
    #[error("the connection lacks {}", list(missing))]
    Incomplete {
        /// What is missing; at least one thing.
        missing: Vec<Missing>,
    },
    /// It has to be brought further, or back, first.
    #[error("the connection is {found}, and has to be {needed}")]
    Phase {
        /// What it has to be.
        needed: Phase,
        /// What it is.
        found: Phase,
    },
    /// Nobody has logged in since the configuration was changed.
    #[error("no login has succeeded since the configuration was last changed (revision {revision})")]
    NotTested {
        /// The present revision.
        revision: u64,
    },
    /// No account for emergencies is named, and nobody said that there shall be none.
    #[error("no account is named that could log in by another way")]
    NoBreakGlass,
    /// The change would end enforcement, which was not accepted.
    #[error("the change ends enforcement until the connection is tested anew")]
    EndsEnforcement,
    /// The change revokes sessions, which [`edit`](crate::Organization::edit) cannot.
    #[error("the change retires a key as compromised, which revokes sessions; make it by edit_and_revoke")]
    RevokesSessions,
    /// The organization may not.
    #[error("the organization's plan does not allow this")]
    NotEntitled {
        /// What it may not.
        feature: Feature,
    },
    /// Fields that are wrong.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The configuration as a whole is wrong.
    #[error(transparent)]
    Configuration(#[from] ConnectionError),
    /// It was disabled, but its sessions could not be revoked.
    #[error("the connection was disabled, but its sessions could not be revoked; disable it again first")]
    NotRevoked,
    /// The certificate of the login was retired while the user was logging in.
    #[error("the certificate that the login was signed by has been retired")]
    Retired,
    /// The login gives no session.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// Somebody else has changed the connection in the meantime.
    #[error("somebody else has changed the connection in the meantime")]
    Conflict,
    /// The organization has too many connections.
    #[error("the organization has {MAX_CONNECTIONS} connections already")]
    TooMany,
    /// Too many accounts are named for emergencies.
    #[error("{found} break-glass accounts are named, more than the limit of {limit}")]
    TooManyBreakGlass {
        /// The limit.
        limit: usize,
        /// How many were named.
        found: usize,
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
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    Random,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TooLong> for Refusal {
    fn from(TooLong { what, limit, found }: TooLong) -> Self {
        Self::TooLong { what, limit, found }
    }
}

fn list(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// The stable code. Of several wrong fields, that of the first.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "config.unknown_connection",
            Self::Disabled => "config.disabled",
            Self::Incomplete { .. } => "config.incomplete",
            Self::Phase { .. } => "config.phase",
            Self::NotTested { .. } => "config.not_tested",
            Self::NoBreakGlass => "config.no_break_glass",
            Self::EndsEnforcement => "config.ends_enforcement",
            Self::RevokesSessions => "config.revokes_sessions",
            Self::NotEntitled { .. } => "config.not_entitled",
            Self::Edit(error) => {
                error.problems().first().map_or("config.incomplete", |problem| problem.code())
            }
            Self::Configuration(error) => error.code(),
            Self::NotRevoked => "config.not_revoked",
            Self::Retired => "config.certificate_retired",
            Self::Session(error) => error.code(),
            Self::Conflict => "config.conflict",
            Self::TooMany => "config.too_many_connections",
            Self::TooManyBreakGlass { .. } => "limit.break_glass",
            Self::TooLong { .. } => "limit.text",
            Self::Random => "config.random",
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for Refusal {
    fn code(&self) -> &'static str {
        self.code()
    }
}
