//! A stand-in JumpCloud for tests and development.
//!
//! [`JumpCloud`] is an identity provider with JumpCloud's metadata and certificate; what it answers has the shape of
//! JumpCloud's Responses to the letter: prefixes, order, attributes, identifiers, times. [`ResponseBuilder`] varies what
//! an administrator can vary: what is signed, which attributes are sent, how the user is named.
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

mod idp;
mod request;
mod response;
mod secret;

/// The keys and certificates of the stand-in, PEM. All of them are public.
pub mod keys {
    /// The private key of [`JUMPCLOUD_CERTIFICATE`].
    pub const JUMPCLOUD_KEY: &str = include_str!("../data/jumpcloud-rsa4096.key.pem");
    /// In the shape of JumpCloud's certificates since 2023: RSA-4096, X.509 v3 without extensions.
    pub const JUMPCLOUD_CERTIFICATE: &str = include_str!("../data/jumpcloud-rsa4096.crt.pem");
    /// The same key in the shape of JumpCloud's certificates until 2022: an empty sequence of extensions.
    pub const JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS: &str =
        include_str!("../data/jumpcloud-rsa4096-empty-extensions.crt.pem");
    /// The same key in a certificate that expired in 2025.
    pub const JUMPCLOUD_CERTIFICATE_EXPIRED: &str = include_str!("../data/jumpcloud-rsa4096-expired.crt.pem");
    /// The private key of [`OWN_CERTIFICATE`].
    pub const OWN_KEY: &str = include_str!("../data/rsa2048.key.pem");
    /// What an administrator uploads who makes the pair as JumpCloud's guide says: RSA-2048.
    pub const OWN_CERTIFICATE: &str = include_str!("../data/rsa2048.crt.pem");
    /// The private key of [`OTHER_CERTIFICATE`].
    pub const OTHER_KEY: &str = include_str!("../data/other-rsa2048.key.pem");
    /// Another organization's identity provider.
    pub const OTHER_CERTIFICATE: &str = include_str!("../data/other-rsa2048.crt.pem");
    /// The private key of a service, for decryption and for signing requests.
    pub const SERVICE_KEY: &str = include_str!("../data/sp-rsa2048.key.pem");
    /// The certificate of a service.
    pub const SERVICE_CERTIFICATE: &str = include_str!("../data/sp-rsa2048.crt.pem");
}

pub use idp::{JumpCloud, TestkitError};
pub use request::IncomingRequest;
pub use response::{AttributeStyle, ResponseBuilder, Sign, User};
pub use secret::auth_secret;
