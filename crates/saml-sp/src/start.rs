//! A login that has begun.

use std::fmt;

use url::Url;

use crate::begun::LOGIN_LIFETIME;

/// A login that has begun.
#[derive(Clone)]
pub struct LoginStart {
    redirect_url: Url,
    cookie_name: String,
    cookie_value: String,
}

impl LoginStart {
    pub(crate) fn new(redirect_url: Url, cookie_name: String, cookie_value: String) -> Self {
        Self { redirect_url, cookie_name, cookie_value }
    }

    /// Where to redirect the browser to, by a status such as 303.
    #[must_use]
    pub fn redirect_url(&self) -> &Url {
        &self.redirect_url
    }

    /// The header `Set-Cookie` to send with the redirect. `SameSite=None`, since the answer comes as a form
    /// that JumpCloud's page posts: with `Lax` the browser would leave the cookie out.
    #[must_use]
    pub fn set_cookie(&self) -> String {
        let Self { cookie_name, cookie_value, .. } = self;
        let age = LOGIN_LIFETIME.as_secs();
        format!("{cookie_name}={cookie_value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=None")
    }
}

impl fmt::Debug for LoginStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginStart").field("cookie", &"redacted").finish_non_exhaustive()
    }
}
