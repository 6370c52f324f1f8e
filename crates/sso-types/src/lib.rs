//! Small types and functions that the crates of [`jumpcloud-sso`] share.
//!
//! - [`text`]: excerpts for error messages, white space and HTML;
//! - [`clock`]: by how much clocks may differ;
//! - [`pem`]: the blocks of a PEM file.
//!
//! The crate depends on nothing.
//!
//! [`jumpcloud-sso`]: https://docs.rs/jumpcloud-sso

pub mod clock;
pub mod pem;
pub mod text;
