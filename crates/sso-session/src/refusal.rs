//! Why there is no session.

use sso_store::StoreError;
use thiserror::Error;

use crate::hand_over::HandOverError;
use crate::issue::IssueError;
use crate::traced::Coded;
use crate::verify::SessionError;

/// Why there is no session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionRefusal {
    /// The token was refused.
    #[error(transparent)]
    Token(#[from] SessionError),
    /// The session, its user, its connection or its organization was revoked.
    #[error("the session was revoked")]
    Revoked,
    /// The login or the session is of a stored connection.
    #[error(
        "the connection is stored; complete its logins by Connections::complete_login, and refresh its sessions by \
         Connections::refresh"
    )]
    StoredConnection,
    /// The login was accepted more than five minutes ago.
    #[error("the login was accepted more than five minutes ago")]
    LoginExpired,
    /// The login has turned into a session already.
    #[error("the login has turned into a session already")]
    LoginUsed,
    /// What the session rests on was withdrawn.
    #[error("the session has lost what it rests on: {0}")]
    Withdrawn(Withdrawn),
    /// The token was refreshed before; the session is revoked now.
    #[error("the token was refreshed before; its session is revoked, since somebody has a copy of it")]
    Refreshed,
    /// The code was redeemed before; the session is revoked now.
    #[error("the code was redeemed before; its session is revoked, since somebody has a copy of it")]
    Redeemed,
    /// A session is not handed over to an address that was not listed.
    #[error("the redirect URI {found:?} is not one of those that were listed")]
    RedirectUri {
        /// The address.
        found: String,
    },
    /// The code was refused.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    /// No token could be issued; at the end of a session, [`IssueError::Over`].
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The store could not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a session through a stored connection has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Withdrawn {
    /// The connection was disabled or deleted.
    #[error("the connection was disabled")]
    Connection,
    /// The key of the identity provider was withdrawn as compromised.
    #[error("the key of the identity provider was withdrawn")]
    IdpKey,
    /// The organization has lost the domain of the e-mail address.
    #[error("the domain of the e-mail address is no longer the organization's")]
    EmailDomain,
}

impl SessionRefusal {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::Revoked => "session.revoked",
            Self::StoredConnection => "config.stored_connection",
            Self::LoginExpired => "session.login_expired",
            Self::LoginUsed => "session.login_used",
            Self::Withdrawn(_) => "session.withdrawn",
            Self::Refreshed => "session.refreshed",
            Self::Redeemed => "session.code_used",
            Self::RedirectUri { .. } => "session.redirect_uri",
            Self::HandOver(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl Coded for SessionRefusal {
    fn code(&self) -> &'static str {
        self.code()
    }
}
