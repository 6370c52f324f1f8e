//! What happened to an organization's single sign-on, for its audit log.

use std::fmt;
use std::time::SystemTime;

use saml_sp::{Difference, TooLong, check_text};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sso_store::{EventRow, StoreError};

use crate::phase::Phase;
use crate::text_time;

/// One line of the audit log: who did what, when, and what was before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    #[serde(with = "text_time")]
    at: SystemTime,
    actor: Actor,
    organization: String,
    connection: Option<String>,
    #[serde(flatten)]
    kind: EventKind,
}

impl Event {
    /// What happened to `organization`, or to one of its connections.
    #[must_use]
    pub fn new(
        by: &Actor,
        at: SystemTime,
        organization: &str,
        connection: Option<&str>,
        kind: EventKind,
    ) -> Self {
        let (organization, connection) = (organization.to_owned(), connection.map(str::to_owned));
        Self { at, actor: by.clone(), organization, connection, kind }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// Who did it.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The organization that it happened to.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The connection that it happened to.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }

    /// The stable name of what happened, such as `connection.enforced`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Checks the length of what others chose: IDs of users and organizations, the name of a way to log in.
    pub(crate) fn check(&self) -> Result<(), TooLong> {
        if let Actor::User(id) = &self.actor {
            check_text("actor's ID", id)?;
        }
        check_text("organization's name", &self.organization)?;
        match &self.kind {
            EventKind::Tested { user, .. } => check_text("user's ID", user),
            EventKind::BreakGlassUsed { user, method } => {
                check_text("user's ID", user)?;
                check_text("name of the login method", method)
            }
            _ => Ok(()),
        }
    }

    /// Tells it to whoever listens to `tracing`, once it is kept.
    pub(crate) fn trace(&self) {
        tracing::info!(
            event = self.name(),
            organization = self.organization,
            connection = self.connection,
            actor = %self.actor,
            "single sign-on changed"
        );
    }

    /// The row that a store keeps.
    pub(crate) fn to_row(&self) -> Result<EventRow, StoreError> {
        Ok(EventRow { organization: self.organization.clone(), at: self.at, json: self.to_json()? })
    }

    /// The event of a row.
    pub(crate) fn from_row(row: &EventRow) -> Result<Self, StoreError> {
        Self::from_json(&row.json)
    }

    /// The event as a JSON object.
    ///
    /// # Errors
    /// [`StoreError`] for a time beyond the year 9999.
    pub fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::new("an event cannot be written").because(error))
    }

    /// The event of a JSON object that [`to_json`](Self::to_json) gave.
    ///
    /// # Errors
    /// [`StoreError`] for anything else.
    pub fn from_json(json: &str) -> Result<Self, StoreError> {
        let Members(members) = serde_json::from_str(json).map_err(unreadable)?;
        serde_json::from_value(Value::Object(members)).map_err(unreadable)
    }
}

fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::new(format!("an event is unreadable: {error}")).because(error)
}

/// The members of an event. A certificate's expiry was once a second member `at`.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let name = if name == "at" && members.contains_key("at") {
                        "expires_at".to_owned()
                    } else {
                        name
                    };
                    if members.insert(name.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("{name:?} stands there twice")));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Read)
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// A user, by the service's own name for them.
    User(String),
    /// The service itself.
    System,
}

impl Actor {
    /// The user of this name.
    #[must_use]
    pub fn user(id: &str) -> Self {
        Self::User(id.to_owned())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// A connection was created, empty.
    #[serde(rename = "connection.created")]
    Created,
    /// Its configuration was changed.
    #[serde(rename = "connection.configured")]
    Configured {
        /// The revision of the configuration from then on.
        revision: u64,
        /// Each field that changed.
        changes: Vec<FieldChange>,
        /// The phase before.
        before: Phase,
        /// The phase from then on.
        after: Phase,
    },
    /// Logins through it became possible.
    #[serde(rename = "connection.enabled")]
    Enabled {
        /// The phase before.
        before: Phase,
    },
    /// Members have to log in through it.
    #[serde(rename = "connection.enforced")]
    Enforced {
        /// The phase before.
        before: Phase,
        /// The revision of the configuration that was tested.
        revision: u64,
        /// The user whose login was the test.
        tested_by: String,
        /// Whether sessions that began before have to begin anew.
        ends_earlier_sessions: bool,
        /// The accounts that may come in by other ways; perhaps none.
        break_glass: Vec<String>,
    },
    /// Members may log in by other ways again.
    #[serde(rename = "connection.unenforced")]
    Unenforced {
        /// Why.
        because: UnenforcedBecause,
        /// The phase from then on.
        after: Phase,
    },
    /// Logins through it are no longer possible; its sessions are revoked next.
    #[serde(rename = "connection.disabled")]
    Disabled {
        /// The phase before.
        before: Phase,
    },
    /// It was deleted.
    #[serde(rename = "connection.deleted")]
    Deleted {
        /// The phase before.
        before: Phase,
    },
    /// A stored private key was sealed anew.
    #[serde(rename = "connection.resealed")]
    Resealed,
    /// Who may log in by other ways in an emergency was changed.
    #[serde(rename = "connection.break_glass_changed")]
    BreakGlassChanged {
        /// The accounts before.
        before: Vec<String>,
        /// The accounts from then on.
        after: Vec<String>,
    },
    /// A login through it succeeded to its very end, the first one at this revision or by this certificate.
    #[serde(rename = "connection.tested")]
    Tested {
        /// The user.
        user: String,
        /// The revision of the configuration.
        revision: u64,
        /// The fingerprint of the certificate whose key signed.
        certificate: String,
    },
    /// A named account logged in by another way while single sign-on is enforced.
    #[serde(rename = "connection.break_glass_used")]
    BreakGlassUsed {
        /// The account.
        user: String,
        /// The way, as the host calls it.
        method: String,
    },
    /// A certificate expires.
    #[serde(rename = "connection.certificate_expires")]
    CertificateExpires {
        /// Its fingerprint.
        certificate: String,
        /// When.
        #[serde(with = "text_time")]
        expires_at: SystemTime,
        /// The days left at most: 60, 30, 7, 1, or 0 where it has expired.
        days: u32,
    },
    /// An organization proved that a domain is its own.
    #[serde(rename = "domain.verified")]
    DomainVerified {
        /// The domain.
        domain: String,
    },
    /// A domain no longer belongs to an organization.
    #[serde(rename = "domain.released")]
    DomainReleased {
        /// The domain.
        domain: String,
        /// Whether connections in use relied on it, so that members were locked out.
        while_in_use: bool,
    },
    /// Another organization proved that a domain is its own, and this one's proof was not there. Without it,
    /// the domain moves to the other organization.
    #[serde(rename = "domain.disputed")]
    DomainDisputed {
        /// The domain.
        domain: String,
        /// When it moves at the earliest.
        #[serde(with = "text_time")]
        not_before: SystemTime,
    },
    /// A dispute about a domain ended, and the domain stays with this organization.
    #[serde(rename = "domain.dispute_ended")]
    DomainDisputeEnded {
        /// The domain.
        domain: String,
    },
    /// A domain moved to another organization, which had proved for a day that it is its own while this one
    /// had not.
    #[serde(rename = "domain.moved")]
    DomainMoved {
        /// The domain.
        domain: String,
        /// Whether connections in use relied on the organization's domains, so that members were locked out.
        /// Former versions did not say, which reads as `false`.
        #[serde(default)]
        while_in_use: bool,
    },
    /// Something that a later version of this crate has written.
    #[serde(other)]
    Unknown,
}

impl EventKind {
    /// The stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "connection.created",
            Self::Configured { .. } => "connection.configured",
            Self::Enabled { .. } => "connection.enabled",
            Self::Enforced { .. } => "connection.enforced",
            Self::Unenforced { .. } => "connection.unenforced",
            Self::Disabled { .. } => "connection.disabled",
            Self::Deleted { .. } => "connection.deleted",
            Self::Resealed => "connection.resealed",
            Self::BreakGlassChanged { .. } => "connection.break_glass_changed",
            Self::Tested { .. } => "connection.tested",
            Self::BreakGlassUsed { .. } => "connection.break_glass_used",
            Self::CertificateExpires { .. } => "connection.certificate_expires",
            Self::DomainVerified { .. } => "domain.verified",
            Self::DomainReleased { .. } => "domain.released",
            Self::DomainDisputed { .. } => "domain.disputed",
            Self::DomainDisputeEnded { .. } => "domain.dispute_ended",
            Self::DomainMoved { .. } => "domain.moved",
            Self::Unknown => "unknown",
        }
    }
}

/// Why single sign-on is no longer enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnenforcedBecause {
    /// Somebody asked for it.
    Asked,
    /// The configuration was changed in a way that has to be tested anew, and whoever did it accepted this.
    Changed,
    /// The connection was disabled.
    Disabled,
}

/// A field before and after. Secrets are named, never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

impl From<Difference> for FieldChange {
    fn from(Difference { field, before, after, .. }: Difference) -> Self {
        Self { field: field.to_owned(), before, after }
    }
}
