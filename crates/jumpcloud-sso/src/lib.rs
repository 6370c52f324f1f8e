//! JumpCloud single sign-on for any Rust backend.
//!
//! An organization's administrator sets up a custom SAML application in JumpCloud with the two values of
//! [`ServiceProvider`], and gives back three: IdP URL, IdP Entity ID and certificate. From these comes a
//! [`Connection`]. From then on a login is two calls, and what they do is the whole of the Web Browser SSO
//! profile:
//!
//! ```
//! use std::time::SystemTime;
//! use jumpcloud_sso::{
//!     Connection, Cookies, LoginError, LoginForm, LoginRequest, LoginStart, MemoryStore, Sessions, Settings,
//!     SingleSignOn, Stores,
//! };
//!
//! /// What a service sets up once.
//! struct Service {
//!     sso: SingleSignOn,
//!     sessions: Sessions,
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
//!     let stores = Stores::from(MemoryStore::default());
//!     let sessions = Sessions::new(&settings, &stores)?;
//!     Ok(Service { sso: SingleSignOn::new(&settings, &stores)?, sessions, acme })
//! }
//!
//! impl Service {
//!     /// `GET /login`: redirect to `start.redirect_url()`, set `start.set_cookie()`. With the crate `http`:
//!     /// `LoginRequest::new(headers.get_all(COOKIE)).return_to("/dashboard")`.
//!     fn login(&self, request: &LoginRequest) -> Result<LoginStart, LoginError> {
//!         self.sso.begin_login(&self.acme, request, SystemTime::now())
//!     }
//!
//!     /// `POST` to the ACS URL, with the fields of the form and the cookies: gives the session token.
//!     async fn acs(
//!         &self,
//!         form: LoginForm<'_>,
//!         cookies: &Cookies,
//!     ) -> Result<String, Box<dyn std::error::Error>> {
//!         let now = SystemTime::now();
//!         let login = self.sso.finish_login(&self.acme, form, cookies, now).await?;
//!         // Find or create the user of this account in your database.
//!         let user_id = login.account().to_string();
//!         Ok(self.sessions.begin(login, &user_id, now).await?.token().to_owned())
//!     }
//! }
//! # let _ = set_up;
//! ```
//!
//! Where administrators set up single sign-on for their own organizations, [`Connections`] keeps what they
//! give, and knows the way from a draft to enforcement; [`Domains`], [`Sessions`], [`JustInTime`] and
//! [`SetupGuide`] go with it. They need stores: [`MemoryStore`], those of the crates `jumpcloud-sso-postgres`
//! and `jumpcloud-sso-redis`, or one of your own.
//!
//! A refused login is a [`LoginError`]. It has two faces: one sentence with a reference for the browser, and
//! a [`Diagnosis`] for the log and the administrator ([`Diagnose`]), with a stable code, what was expected,
//! what was found, and which field of JumpCloud or of the service to change.
//!
//! What a login proves is a [`Login`]: the [`AccountKey`] that identifies the user for ever, and the
//! [`UserProfile`] that may change from login to login.

mod guide;

pub use guide::{PasteValue, SetupGuide, Step};

pub use jumpcloud_sso_hints::{Code, Diagnose, Diagnosis, Hint};
pub use saml_attributes::{AttributeError, AttributeMap, AttributeWarning, Field, UserProfile};
pub use saml_protocol::{AcceptedAssertion, BindingError, MetadataError, NameId};
pub use saml_signature::{
    Certificate, CertificateError, CertificateWarning, Fingerprint, KeyKind, SecondOpinion, SeveralKeys,
    SignatureAlgorithm,
};
pub use saml_sp::{
    AccountKey, Change, Configuration, Connection, ConnectionBuilder, ConnectionError, FieldError, Login,
    LoginError, LoginForm, LoginRequest, LoginStart, PostedForm, Report, Retirement, ServiceProvider,
    Settings, SettingsError, SingleSignOn, SiteUrl, Stage, Warning, check_idp_url,
};
#[cfg(feature = "hickory")]
pub use sso_connections::HickoryLookup;
pub use sso_connections::{
    AbsentDomain, Access, Actor, BreakGlass, CertificateStatus, CompletedLogin, ConnectionRecord,
    Connections, DomainChallenge, DomainError, DomainMove, DomainReport, Domains, EarlierSessions, Edit,
    EditError, Edited, Effect, Enforcement, Entitlements, Event, EventKind, Feature, FieldChange, JustInTime,
    LookupError, Missing, Organization, Phase, Provisioning, ProvisioningRefusal, Refusal, Reminders,
    RoleChanges, RoleMap, SameEmail, SsoReason, SsoRequired, Status, TxtLookup, UnenforcedBecause, Unlimited,
};
pub use sso_session::{
    AcceptedLogin, AuthSecret, AuthSecretError, CodeChallenge, CodeRedirect, CookieError, Cookies,
    HandOverError, IdpKey, IssueError, IssuedSession, NewSession, SealError, ServiceError, SessionCookie,
    SessionError, SessionIssuer, SessionKey, SessionRefusal, SessionVerifier, Sessions, VerifiedSession,
    Withdrawn,
};
pub use sso_store::{Dispute, EndedDomain, HeldDomain, MemoryStore, Release, Store, StoreError, Stores};

/// The crates that this one is made of, for what goes beyond a login: checking a single message, metadata,
/// decryption, or a store of one's own.
pub mod parts {
    pub use {
        jumpcloud_sso_hints, saml_attributes, saml_encryption, saml_protocol, saml_signature, saml_sp,
        saml_xml, sso_connections, sso_session, sso_store,
    };
}
