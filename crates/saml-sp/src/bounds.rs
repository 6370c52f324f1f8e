//! How long what is stored may be. A store keeps what it is given, and a database has limits of its own that
//! nobody should meet in the middle of a login.

use thiserror::Error;

use sso_store::StoreError;

/// How long a URL may be, in bytes: what browsers and proxies are sure to pass on.
pub const MAX_URL: usize = 2048;

/// How long any other text may be: in characters for an entity ID (SAML core §8.3.6), else in bytes.
pub const MAX_TEXT: usize = 1024;

/// How many accounts a connection may name for emergencies. Who needs more should not enforce single sign-on.
pub const MAX_BREAK_GLASS: usize = 32;

/// A text is too long to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the {what} has {found} bytes, more than the limit of {limit}")]
pub struct TooLong {
    /// What it is.
    pub what: &'static str,
    /// The limit in bytes.
    pub limit: usize,
    /// The size in bytes.
    pub found: usize,
}

impl From<TooLong> for StoreError {
    fn from(too_long: TooLong) -> Self {
        Self::new(too_long.to_string()).because(too_long)
    }
}

/// Checks a text against the limit for all that has none of its own. `what` names it in the error.
///
/// # Errors
/// [`TooLong`].
pub fn check_text(what: &'static str, text: &str) -> Result<(), TooLong> {
    let (limit, found) = (MAX_TEXT, text.len());
    if found > limit { Err(TooLong { what, limit, found }) } else { Ok(()) }
}
