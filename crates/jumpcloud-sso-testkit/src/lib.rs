//! A stand-in JumpCloud for tests and development.
//!
//! [`JumpCloud`] is an identity provider with JumpCloud's metadata and certificate; what it answers has the
//! shape of JumpCloud's Responses to the letter: prefixes, order, attributes, identifiers, times.
//! [`ResponseBuilder`] varies what an administrator can vary: what is signed, which attributes are sent, how
//! the user is named.
//!
//! The keys are part of this crate and known to everybody. **Never trust them outside of tests.**
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! use jumpcloud_sso_testkit::{JumpCloud, Sign, User};
//!
//! let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! let jumpcloud = JumpCloud::new("https://sso.jumpcloud.com/saml2/acme", "https://app.acme.test")?;
//! let xml = jumpcloud
//!     .response("https://app.acme.test/acs", "https://app.acme.test", now)
//!     .user(&User::new("bjensen@acme.test", "Barbara", "Jensen"))
//!     .in_response_to("_request")
//!     .sign(Sign::Assertion)
//!     .build()?;
//! assert!(xml.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?><saml2p:Response"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod browser;
mod data;
mod error;
mod idp;
pub mod keys;
mod nodes;
mod request;
mod response;
mod secret;

pub use browser::{TestBrowser, TestForm, TestPost};
pub use data::data;
pub use error::TestkitError;
pub use idp::JumpCloud;
pub use nodes::xml_nodes;
pub use request::IncomingRequest;
pub use response::{AttributeStyle, ResponseBuilder, Sign, User};
pub use secret::auth_secret;
