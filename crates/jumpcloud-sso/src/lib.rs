//! JumpCloud single sign-on for any Rust backend.
//!
//! An organization's administrator sets up a custom SAML application in JumpCloud with the two values of
//! [`ServiceProvider`], and gives back three: IdP URL, IdP Entity ID and certificate. From these comes a [`Connection`].
//! From then on a login is two calls, and what they do is the whole of the Web Browser SSO profile:
//!
//! ```
//! use std::time::SystemTime;
//! use jumpcloud_sso::{
//!     Connection, Cookies, LoginError, LoginForm, LoginRequest, LoginStart, MemoryStore, Sessions, Settings, SingleSignOn,
//! };
//!
//! /// What a service sets up once.
//! struct Service {
//!     sso: SingleSignOn<MemoryStore>,
//!     sessions: Sessions<MemoryStore>,
//!     acme: Connection,
//! }
//!
//! fn set_up(certificate: &[u8]) -> Result<Service, Box<dyn std::error::Error>> {
//!     let settings = Settings::new("https://app.acme.test", &std::env::var("AUTH_SECRET")?)?;
//!     let acme = Connection::builder(&settings, "acme-jumpcloud", "acme")?
//!         .idp_url("https://sso.jumpcloud.com/saml2/acme")
//!         .idp_entity_id("https://app.acme.test")
//!         .certificate(certificate)
//!         .email_domains(["acme.test"])
//!         .build()?;
//!     let store = MemoryStore::default();
//!     let sessions = Sessions::new(&settings, store.clone())?;
//!     Ok(Service { sso: SingleSignOn::new(&settings, store)?, sessions, acme })
//! }
//!
//! impl Service {
//!     /// `GET /login`: redirect the browser to `start.redirect_url()` and set the cookie `start.set_cookie()`. With the
//!     /// crate `http` the request is `LoginRequest::new(headers.get_all(COOKIE)).return_to("/dashboard")`.
//!     fn login(&self, request: &LoginRequest) -> Result<LoginStart, LoginError> {
//!         self.sso.begin_login(&self.acme, request, SystemTime::now())
//!     }
//!
//!     /// `POST` to the ACS URL, with the fields of the form and the cookies: gives the session token.
//!     async fn acs(&self, form: LoginForm<'_>, cookies: &Cookies) -> Result<String, Box<dyn std::error::Error>> {
//!         let now = SystemTime::now();
//!         let login = self.sso.finish_login(&self.acme, form, cookies, now).await?;
//!         let user_id = login.account().to_string(); // find or create the user of this account in your database
//!         Ok(self.sessions.begin(login, &user_id, now).await?.token().to_owned())
//!     }
//! }
//! # let _ = set_up;
//! ```
//!
//! Where administrators set up single sign-on for their own organizations, [`Connections`] keeps what they give, and knows
//! the way from a draft to enforcement; [`Domains`], [`Sessions`], [`JustInTime`] and [`SetupGuide`] go with it. They need
//! stores: [`MemoryStore`], those of the crates `jumpcloud-sso-postgres` and `jumpcloud-sso-redis`, or one of your own.
//!
//! A refused login is a [`LoginError`]. It has two faces: one sentence with a reference for the browser, and a
//! [`Diagnosis`] for the log and the administrator, with a stable code, what was expected, what was found, and which
//! field of JumpCloud or of the service to change.
//!
//! What a login proves is a [`Login`]: the [`AccountKey`] that identifies the user for ever, and the [`UserProfile`] that
//! may change from login to login.

mod account;
mod begun;
mod bounds;
mod catalogue;
mod connection;
mod connections;
mod diagnosis;
mod domain;
mod edit;
mod enforcement;
mod entitlement;
mod event;
mod guide;
#[cfg(feature = "hickory")]
mod hickory;
mod login;
mod organization;
mod provisioning;
mod record;
mod refusal;
mod sessions;
mod settings;
mod store;
mod text_time;
mod traced;

pub use account::AccountKey;
pub use begun::LoginRequest;
pub use catalogue::{CATALOGUE, ErrorCode};
pub use connection::{Connection, ConnectionBuilder, ConnectionError, check_idp_url};
pub use connections::{Connections, Reminders};
pub use diagnosis::{Diagnosis, Stage, Warning};
pub use domain::{
    AbsentDomain, DomainChallenge, DomainError, DomainMove, DomainReport, Domains, LookupError, Release,
    TxtLookup,
};
pub use edit::{Edit, EditError, Effect, FieldError, Retirement};
pub use enforcement::{Access, Enforcement, SsoReason, SsoRequired};
pub use entitlement::{Entitlements, Feature, Unlimited};
pub use event::{Actor, Event, EventKind, FieldChange, UnenforcedBecause};
pub use guide::{PasteValue, SetupGuide, Step};
#[cfg(feature = "hickory")]
pub use hickory::HickoryLookup;
pub use login::{Login, LoginError, LoginForm, LoginStart, PostedForm, SingleSignOn};
pub use organization::{BreakGlass, CertificateStatus, EarlierSessions, Edited, Organization, Status};
pub use provisioning::{JustInTime, Provisioning, ProvisioningRefusal, RoleChanges, RoleMap, SameEmail};
pub use record::{CompletedLogin, ConnectionRecord, Missing, Phase};
pub use refusal::Refusal;
pub use sessions::{CodeRedirect, SessionRefusal, Sessions, Withdrawn};
pub use settings::{ServiceProvider, Settings, SettingsError, SiteUrl};
pub use store::{
    Claim, ClaimKey, ConnectionStore, Dispute, DomainClaim, DomainRelease, DomainStore, EndedDomain,
    HeldDomain, MemoryStore, OnceStore, Requires, RevocationKey, RevocationStore, Saved, StoreError,
};

pub use saml_attributes::{AttributeError, AttributeMap, AttributeWarning, Field, UserProfile};
pub use saml_protocol::{AcceptedAssertion, BindingError, MetadataError, NameId};
pub use saml_signature::{
    Certificate, CertificateError, CertificateWarning, Fingerprint, KeyKind, SecondOpinion, SeveralKeys,
    SignatureAlgorithm,
};
pub use sso_session::{
    AuthSecret, AuthSecretError, CodeChallenge, CookieError, Cookies, HandOverError, IssueError,
    IssuedSession, NewSession, SealError, SessionCookie, SessionError, SessionIssuer, SessionKey,
    SessionVerifier, VerifiedSession,
};

/// The crates that this one is made of, for what goes beyond a login: checking a single message, metadata, decryption.
pub mod parts {
    pub use {saml_attributes, saml_encryption, saml_protocol, saml_signature, saml_xml, sso_session};
}
