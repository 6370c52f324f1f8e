//! Whether somebody may come in by another way than single sign-on.

use std::time::SystemTime;

use sso_session::VerifiedSession;

use crate::record::{ConnectionRecord, Use};
use crate::settings::{ServiceProvider, Settings};

/// What an organization enforces, as of when it was asked for. Without an enforced connection it enforces nothing.
#[derive(Clone, Debug)]
pub struct Enforcement {
    organization: String,
    connections: Vec<EnforcedConnection>,
}

#[derive(Clone, Debug)]
struct EnforcedConnection {
    id: String,
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
    pub(crate) fn of(settings: &Settings, organization: &str, records: &[ConnectionRecord]) -> Self {
        let enforced = |record: &ConnectionRecord| {
            let Use::Enforced { since, ends_earlier_sessions } = record.use_of else { return None };
            let service = ServiceProvider::new(settings, record.id()).ok()?;
            Some(EnforcedConnection {
                id: record.id().to_owned(),
                login_url: service.login_url(),
                since,
                ends_earlier_sessions,
                break_glass: record.break_glass().to_vec(),
            })
        };
        let connections = records.iter().filter_map(enforced).collect();
        Self { organization: organization.to_owned(), connections }
    }

    /// Whether anything is enforced.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether a session of this service may be used in the organization. It has to be of one of the connections that
    /// are enforced: a login through another identity provider is none, whatever its kind.
    ///
    /// Cheap, so that it can be asked for every request.
    pub fn session(&self, session: &VerifiedSession) -> Access {
        if session.organization() != self.organization {
            return Access::OtherOrganization;
        }
        if self.is_break_glass(session.subject()) {
            return Access::BreakGlass;
        }
        let through = self.connections.iter().find(|connection| connection.id == session.connection());
        match (through, self.connections.first()) {
            (Some(connection), _) if connection.is_too_early(session) => {
                connection.required(SsoReason::Earlier)
            }
            (Some(_), _) | (None, None) => Access::Allowed,
            (None, Some(connection)) => connection.required(SsoReason::OtherConnection),
        }
    }

    /// Whether `user` may come in by a way that is none of ours.
    pub(crate) fn other_way(&self, user: &str) -> Access {
        match self.connections.first() {
            None => Access::Allowed,
            Some(_) if self.is_break_glass(user) => Access::BreakGlass,
            Some(connection) => connection.required(SsoReason::OtherWay),
        }
    }

    pub(crate) fn first_connection(&self) -> Option<&str> {
        self.connections.first().map(|connection| connection.id.as_str())
    }

    fn is_break_glass(&self, user: &str) -> bool {
        self.connections.iter().any(|connection| connection.break_glass.iter().any(|named| named == user))
    }
}

impl EnforcedConnection {
    fn is_too_early(&self, session: &VerifiedSession) -> bool {
        self.ends_earlier_sessions && session.issued_at() < self.since
    }

    fn required(&self, reason: SsoReason) -> Access {
        let (login_url, connection) = (self.login_url.clone(), self.id.clone());
        Access::SsoRequired(SsoRequired { reason, login_url, connection })
    }
}
