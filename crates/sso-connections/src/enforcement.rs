//! Whether somebody may come in by another way than single sign-on.

use std::time::SystemTime;

use saml_sp::{ServiceProvider, Settings, SettingsError};
use sso_session::{VerifiedSession, whole_seconds};

use crate::record::{ConnectionRecord, Use};

/// What an organization enforces, as of when it was asked for. Without an enforced connection it enforces
/// nothing.
#[derive(Clone, Debug)]
pub struct Enforcement {
    organization: String,
    connections: Vec<EnforcedConnection>,
}

#[derive(Clone, Debug)]
struct EnforcedConnection {
    id: String,
    activation: u64,
    login_url: String,
    since: SystemTime,
    ends_earlier_sessions: bool,
    break_glass: Vec<String>,
}

/// Whether somebody may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Access {
    /// They may.
    Allowed,
    /// They may, as one of the accounts that were named for emergencies.
    BreakGlass,
    /// They may not: the session is of another organization.
    OtherOrganization,
    /// They have to log in through the organization's connection.
    SsoRequired(SsoRequired),
}

/// Why, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SsoRequired {
    /// Why.
    pub reason: SsoReason,
    /// Where a login begins: the connection's [`ServiceProvider::login_url`].
    pub login_url: String,
    /// The connection.
    pub connection: String,
}

/// Why a login through the connection is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SsoReason {
    /// It is another way in.
    OtherWay,
    /// It is a session of another connection: another identity provider, perhaps another organization's.
    OtherConnection,
    /// It is a session from before single sign-on was enforced.
    Earlier,
}

impl Enforcement {
    pub(crate) fn of(
        settings: &Settings,
        organization: &str,
        records: &[ConnectionRecord],
    ) -> Result<Self, SettingsError> {
        let mut connections = Vec::new();
        for record in records {
            let Use::Enforced { since, ends_earlier_sessions } = record.use_of else { continue };
            connections.push(EnforcedConnection {
                id: record.id().to_owned(),
                activation: record.activation(),
                login_url: ServiceProvider::new(settings, record.id())?.login_url(),
                since: whole_seconds(since),
                ends_earlier_sessions,
                break_glass: record.break_glass().to_vec(),
            });
        }
        Ok(Self { organization: organization.to_owned(), connections })
    }

    /// Whether anything is enforced.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether a session of this service may be used in the organization. It has to be of one of the
    /// connections that are enforced: a login through another identity provider is none, whatever its
    /// kind. An account for emergencies gets in by a session that was begun as such
    /// ([`NewSession::break_glass`](sso_session::NewSession::break_glass)) while the connection is
    /// enforced.
    ///
    /// Cheap, so that it can be asked for every request.
    pub fn session(&self, session: &VerifiedSession) -> Access {
        if session.organization() != self.organization {
            return Access::OtherOrganization;
        }
        let Some(first) = self.connections.first() else { return Access::Allowed };
        let through = self.connections.iter().find(|connection| connection.is_of(session));
        match through {
            Some(connection) if connection.is_too_early(session) => connection.required(SsoReason::Earlier),
            Some(_) => Access::Allowed,
            None if self.is_break_glass_session(session) => Access::BreakGlass,
            None => first.required(SsoReason::OtherConnection),
        }
    }

    /// Whether `user` may come in by a way that is none of ours.
    pub(crate) fn other_way(&self, user: &str) -> Access {
        match self.connections.first() {
            None => Access::Allowed,
            Some(_) if self.naming(user).is_some() => Access::BreakGlass,
            Some(connection) => connection.required(SsoReason::OtherWay),
        }
    }

    /// The connection that names `user` for emergencies.
    pub(crate) fn naming(&self, user: &str) -> Option<&str> {
        self.connections.iter().find(|connection| connection.names(user)).map(|it| it.id.as_str())
    }

    /// One from before was begun by whatever way there was then, and has left no event.
    fn is_break_glass_session(&self, session: &VerifiedSession) -> bool {
        let is_named = |connection: &EnforcedConnection| {
            connection.names(session.subject()) && session.began_at() >= connection.since
        };
        session.is_break_glass() && self.connections.iter().any(is_named)
    }
}

impl EnforcedConnection {
    /// Whether a login through this connection has begun the session, since the connection was enabled. One
    /// that merely names it knows no activation.
    fn is_of(&self, session: &VerifiedSession) -> bool {
        self.id == session.connection() && session.activation() == Some(self.activation)
    }

    fn is_too_early(&self, session: &VerifiedSession) -> bool {
        self.ends_earlier_sessions && session.began_at() < self.since
    }

    fn names(&self, user: &str) -> bool {
        self.break_glass.iter().any(|named| named == user)
    }

    fn required(&self, reason: SsoReason) -> Access {
        let (login_url, connection) = (self.login_url.clone(), self.id.clone());
        Access::SsoRequired(SsoRequired { reason, login_url, connection })
    }
}
