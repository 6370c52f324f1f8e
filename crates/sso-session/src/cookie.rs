//! The cookie that holds a session token.

use std::time::SystemTime;

use crate::issue::IssuedSession;

/// How a session token gets into a browser and back: a cookie that scripts cannot read, that travels by TLS alone, that
/// no subdomain can plant (the prefix `__Host-`, RFC 6265bis §4.1.3.2) and that other sites' requests do not carry.
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
    /// With the name `__Host-` and `name`, of which only letters, digits, `-` and `_` are kept.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let is_plain = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        Self { name: format!("__Host-{}", name.chars().filter(is_plain).collect::<String>()) }
    }

    /// The header `Set-Cookie` that begins the session in the browser. The cookie goes when the token expires.
    #[must_use]
    pub fn set(&self, session: &IssuedSession, now: SystemTime) -> String {
        let age = session.expires_at().duration_since(now).map_or(0, |left| left.as_secs());
        let (name, token) = (&self.name, session.token());
        format!("{name}={token}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax")
    }

    /// The header `Set-Cookie` that ends it there.
    #[must_use]
    pub fn clear(&self) -> String {
        format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax", self.name)
    }

    /// The token in a request's header `Cookie`.
    #[must_use]
    pub fn read<'h>(&self, header: &'h str) -> Option<&'h str> {
        cookie_value(header, &self.name)
    }
}

/// The value of a cookie in the header `Cookie` (RFC 6265 §4.2.1).
#[must_use]
pub fn cookie_value<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
