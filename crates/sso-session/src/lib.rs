//! Sessions of a single sign-on as JSON Web Tokens, under keys that are derived from one secret.
//!
//! - [`AuthSecret`] is what a service has in its environment as `AUTH_SECRET`. It is never used itself: each
//!   purpose gets a key of its own.
//! - [`SessionIssuer`] makes a token of a [`NewSession`], [`SessionVerifier`] makes a [`VerifiedSession`] of
//!   a token.
//! - [`SessionCookie`] keeps a token in a browser, [`HandOver`] gives it to a front end on another origin.
//! - [`Sealer`] encrypts small things that a browser carries for the service, such as what a login began
//!   with.
//!
//! The rules are those of RFC 8725, "JSON Web Token best current practices": the algorithm belongs to the key
//! and is never taken from the token (§3.1), issuer and audience are required (§3.8, §3.9), the type is
//! explicit (§3.11), and what a token could say about where to find a key is refused (§3.10).
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! use sso_session::{AuthSecret, NewSession, SessionIssuer, SessionKey, SessionVerifier};
//!
//! // Once, by `jumpcloud-sso secret`; then it is in the environment.
//! let generated = AuthSecret::generate()?;
//! let secret = AuthSecret::from_base64(generated.expose())?;
//! let key = SessionKey::from_auth_secret(&secret);
//! let issuer = SessionIssuer::new(key.clone(), "https://app.acme.test", "https://app.acme.test");
//! let verifier = SessionVerifier::new([key], "https://app.acme.test", "https://app.acme.test")?;
//!
//! let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! let session = NewSession::new("user-1", "acme", "connection-1").email("bjensen@acme.test");
//! let issued = issuer.issue(&session, now)?;
//!
//! let verified = verifier.verify_for("acme", issued.token(), now)?;
//! assert_eq!(verified.subject(), "user-1");
//! assert_eq!(verifier.verify_for("other", issued.token(), now).unwrap_err().code(), "session.organization");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The cryptography behind the tokens
//! Tokens are made by the crate `jsonwebtoken`, which takes one provider of cryptography for the whole
//! process. Where a host's build enables both of its providers, it would panic on first use unless one was
//! installed. This crate therefore installs the one of aws-lc-rs when its first [`SessionKey`] is made, if
//! none is installed by then. A host that wants another one installs it at the start of `main`, before it
//! touches this crate; that works too.

mod claims;
mod codes;
mod cookie;
mod hand_over;
mod issue;
mod key;
mod keys;
mod login;
mod redirect;
mod refusal;
mod seal;
mod secret;
mod service;
mod sessions;
mod traced;
mod url;
mod verified;
mod verify;

pub use codes::CODES;
pub use cookie::{CookieError, Cookies, SessionCookie};
pub use hand_over::{CodeChallenge, HandOver, HandOverError, OpenedCode};
pub use issue::{IssueError, IssuedSession, NewSession, SessionIssuer};
pub use key::{SessionKey, SessionKeyError};
pub use keys::{claim_key, revocation_key};
pub use login::{AcceptedLogin, IdpKey};
pub use redirect::CodeRedirect;
pub use refusal::{SessionRefusal, Withdrawn};
pub use seal::{Opened, SealError, Sealer};
pub use secret::{AuthSecret, AuthSecretError, GeneratedSecret, Purpose};
pub use service::{Service, ServiceError};
pub use sessions::{EmailStanding, Sessions, whole_seconds};
pub use traced::{Coded, traced};
pub use url::{check_url, is_loopback};
pub use verified::VerifiedSession;
pub use verify::{SessionError, SessionVerifier, SessionVerifierError};
