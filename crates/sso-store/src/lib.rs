//! What a service with single sign-on has to remember, as small traits over plain rows.
//!
//! A store knows no SAML and no cryptography. It keeps rows whose JSON it never reads, and keys that are
//! hashes already; what it has to know of a row to select it stands beside the JSON in fields of its own.
//! What it has to hold is how rows change: atomically, together with their events, and by one caller at a
//! time.
//!
//! | trait | keeps |
//! |---|---|
//! | [`ClaimStore`] | what was used once and must not be used again |
//! | [`SessionStore`] | which sessions were revoked |
//! | [`ConnectionStore`] | organizations' connections |
//! | [`LoginStore`] | logins and attempts to log in |
//! | [`DomainStore`] | which e-mail domain belongs to which organization |
//! | [`EventStore`] | the audit log |
//! | [`Maintenance`] | nothing: it removes what is old, and tells whether the store is well |
//!
//! A service holds [`Stores`], one trait object for each. [`MemoryStore`] implements all of them, as do the
//! crates for real engines.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use sso_store::{Claim, ClaimKey, Claimed, MemoryStore, Stores};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let stores = Stores::from(MemoryStore::default());
//! let now = SystemTime::now();
//! let claim = Claim { key: ClaimKey::from_hashes([1; 32], [2; 32]), until: now + Duration::from_secs(600) };
//! assert_eq!(stores.claims.claim(&[claim], now).await?, Claimed::Now);
//! assert_eq!(stores.claims.claim(&[claim], now).await?, Claimed::Before(claim.key));
//! # Ok::<(), sso_store::StoreError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod claim;
mod connection;
mod domain;
mod error;
mod event;
mod login;
mod maintenance;
mod memory;
mod session;
mod stores;
mod throttle;

pub use attempt::{ATTEMPTS_KEPT, AttemptRow, Ring};
pub use claim::{Claim, ClaimKey, ClaimStore, Claimed, MAX_CLAIMS};
pub use connection::{ConnectionRow, ConnectionStore, Created, Requires, Saved, Selection};
pub use domain::{Dispute, DomainClaim, DomainRelease, DomainStore, EndedDomain, HeldDomain, Release};
pub use error::StoreError;
pub use event::{EventRow, EventStore};
pub use login::{LoginRow, LoginStore, UserLogin};
pub use maintenance::{Maintenance, Pruned};
pub use memory::MemoryStore;
pub use session::{
    Authorization, CHANGES_KEPT, Change, ChangeKind, Changes, Revocation, RevocationKey, SessionStore,
};
pub use stores::{Store, Stores};
pub use throttle::AttemptThrottle;

/// The stable codes of this crate's errors.
pub const CODES: &[&str] = &[StoreError::CODE];
