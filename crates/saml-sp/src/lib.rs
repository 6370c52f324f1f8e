//! A SAML 2.0 service provider: one login through one connection, at any identity provider.
//!
//! [`Settings`] are what a service is configured with once. A [`Connection`] is what an organization's
//! administrator gives: where logins begin, who answers, and by which keys. [`SingleSignOn`] begins a login
//! and finishes it; what comes of it is a [`Login`], or a [`LoginError`] with a [`Report`] of what happened.

mod account;
mod begun;
mod bounds;
mod builder;
mod change;
mod checks;
mod codes;
mod configuration;
mod connection;
mod connection_error;
mod difference;
mod domain_name;
mod failure;
mod field_error;
mod form;
mod known_key;
mod login;
mod report;
mod setting_methods;
mod settings;
mod settings_error;
mod site;
mod sso;
mod start;

pub use account::AccountKey;
pub use begun::LoginRequest;
pub use bounds::{MAX_BREAK_GLASS, MAX_TEXT, MAX_URL, TooLong, check_text};
pub use builder::ConnectionBuilder;
pub use change::{Change, Retirement, Surroundings};
pub use checks::check_idp_url;
pub use codes::CODES;
pub use configuration::Configuration;
pub use connection::{Connection, Identity};
pub use connection_error::ConnectionError;
pub use difference::Difference;
pub use domain_name::normalized_domain;
pub use failure::LoginError;
pub use field_error::FieldError;
pub use form::{LoginForm, PostedForm};
pub use known_key::KnownKey;
pub use login::Login;
pub use report::{Check, Outcome, Report, Stage, Warning, is_printable, printable};
pub use settings::Settings;
pub use settings_error::SettingsError;
pub use site::{ServiceProvider, SiteUrl};
pub use sso::SingleSignOn;
pub use start::LoginStart;

#[doc(hidden)]
pub use {saml_attributes::AttributeMap, saml_signature::SignatureAlgorithm};
