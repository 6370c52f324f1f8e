//! Cookies: how a session token gets into a browser and back.

use std::fmt;
use std::time::SystemTime;

use thiserror::Error;

use crate::issue::IssuedSession;

/// The longest name that [`SessionCookie::named`] gives a cookie, beside its prefix. With the longest token
/// it stays below the 4,096 bytes of name and value from which on browsers drop a cookie (RFC 6265bis §5.6).
const MAX_NAME: usize = 64;

/// The cookies of a request: the values of all its `Cookie` header fields, as bytes.
///
/// A request has several such fields where HTTP/2 or HTTP/3 split them (RFC 9113 §8.2.3). They are never
/// decoded: a cookie whose name begins with a Unicode space, which any subdomain can set, is not a cookie
/// with the name behind that space.
///
/// ```
/// use sso_session::Cookies;
///
/// // With the crate `http`: `Cookies::new(headers.get_all(COOKIE))`.
/// let cookies = Cookies::new(["theme=dark; a=1", "b=2"]);
/// assert_eq!(cookies.value("a")?, Some("1"));
/// assert_eq!(cookies.value("c")?, None);
/// assert!(Cookies::new(["a=1", "a=2"]).value("a").is_err());
/// # Ok::<(), sso_session::CookieError>(())
/// ```
#[derive(Clone, Default)]
pub struct Cookies {
    fields: Vec<Vec<u8>>,
}

impl Cookies {
    /// Takes the values of all `Cookie` header fields of a request, in their order.
    pub fn new<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self { fields: fields.into_iter().map(|field| field.as_ref().to_vec()).collect() }
    }

    /// Returns the value of the cookie with exactly this name. A value that is not UTF-8 was not set by this
    /// service, and counts as absent.
    ///
    /// # Errors
    /// [`CookieError::Duplicate`] if there are two cookies with this name. A browser sends a `__Host-` cookie
    /// once; a second one was planted, and nobody can tell which.
    pub fn value(&self, name: &str) -> Result<Option<&str>, CookieError> {
        let mut values = self.fields.iter().flat_map(|field| pairs(field)).filter_map(|pair| {
            let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            Some(std::str::from_utf8(value).ok())
        });
        let value = values.next().flatten();
        if values.next().is_some() {
            return Err(CookieError::Duplicate { name: name.to_owned() });
        }
        Ok(value)
    }
}

/// The pairs of a field, without the white space of HTTP around them: SP and HTAB (RFC 9110 §5.6.3), and no
/// other.
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_white_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    field.split(|byte| *byte == b';').map(move |pair| {
        let start = pair.iter().position(|byte| !is_white_space(byte)).unwrap_or(pair.len());
        let end = pair.iter().rposition(|byte| !is_white_space(byte)).map_or(start, |last| last + 1);
        pair.get(start..end).unwrap_or_default()
    })
}

impl fmt::Debug for Cookies {
    /// Writes no names and no values: they are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}

/// Why a cookie cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CookieError {
    /// Two cookies have the same name.
    #[error("the request has two cookies named {name}")]
    Duplicate {
        /// The name.
        name: String,
    },
}

impl CookieError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "session.duplicate_cookie",
        }
    }
}

/// The cookie that keeps a session token in a browser: one that scripts cannot read, that travels by TLS
/// alone, that no subdomain can plant (the prefix `__Host-`, RFC 6265bis §4.1.3.2) and that other sites'
/// requests do not carry.
///
/// `SameSite=Lax` rather than `Strict`: the browser is sent here from JumpCloud when the login ends.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    name: String,
}

impl Default for SessionCookie {
    /// `__Host-session`.
    fn default() -> Self {
        Self::named("session")
    }
}

impl SessionCookie {
    /// With the name `__Host-` and `name`, of which only letters, digits, `-` and `_` are kept, at most 64.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let is_plain = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        Self { name: format!("__Host-{}", name.chars().filter(is_plain).take(MAX_NAME).collect::<String>()) }
    }

    /// Returns the header `Set-Cookie` that begins the session in the browser. The cookie goes when the token
    /// expires.
    #[must_use]
    pub fn set(&self, session: &IssuedSession, now: SystemTime) -> String {
        let age = session.expires_at().duration_since(now).map_or(0, |left| left.as_secs());
        let (name, token) = (&self.name, session.token());
        format!("{name}={token}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax")
    }

    /// Returns the header `Set-Cookie` that ends it there.
    #[must_use]
    pub fn clear(&self) -> String {
        format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax", self.name)
    }

    /// Returns the token that a request carries.
    ///
    /// # Errors
    /// [`CookieError::Duplicate`] if it carries two.
    pub fn read<'c>(&self, cookies: &'c Cookies) -> Result<Option<&'c str>, CookieError> {
        cookies.value(&self.name)
    }
}
