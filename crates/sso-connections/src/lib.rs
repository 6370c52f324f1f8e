//! Organizations' single sign-on connections: from a draft that an administrator fills in, to one that
//! members have to log in through.
//!
//! [`Connections`] gives the service the connection of a login and completes it; [`Organization`] is what
//! administrators do. [`Domains`] are the e-mail domains that organizations have proved to be their own,
//! [`JustInTime`] decides who a user is at the first login. Everything is kept in
//! [`Stores`](sso_store::Stores), each change with its [`Event`].

mod codes;
mod completed_login;
mod connections;
mod domain;
mod edit;
mod enforcement;
mod entitlement;
mod event;
#[cfg(feature = "hickory")]
mod hickory;
mod organization;
mod phase;
mod provisioning;
mod reading;
mod record;
mod refusal;
mod text_time;

pub use codes::CODES;
pub use completed_login::CompletedLogin;
pub use connections::{Connections, Reminders};
pub use domain::{
    AbsentDomain, DomainChallenge, DomainError, DomainMove, DomainReport, Domains, LookupError, TxtLookup,
};
pub use edit::{Edit, EditError, Effect};
pub use enforcement::{Access, Enforcement, SsoReason, SsoRequired};
pub use entitlement::{Entitlements, Feature, Unlimited};
pub use event::{Actor, Event, EventKind, FieldChange, UnenforcedBecause};
#[cfg(feature = "hickory")]
pub use hickory::HickoryLookup;
pub use organization::{BreakGlass, CertificateStatus, EarlierSessions, Edited, Organization, Status};
pub use phase::{Missing, Phase};
pub use provisioning::{JustInTime, Provisioning, ProvisioningRefusal, RoleChanges, RoleMap, SameEmail};
pub use record::ConnectionRecord;
pub use refusal::Refusal;
