//! The redirect that hands a session over.

use std::fmt;

use url::Url;

/// A redirect that takes an authorization code to a front end.
#[derive(Clone)]
pub struct CodeRedirect {
    url: Url,
    code: String,
}

impl CodeRedirect {
    /// Returns the header fields of the redirect, `Location` among them: no cache may keep the code, and the
    /// page that it leads to may not pass it on as a `Referer` (RFC 9700 §4.2.4).
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 3] {
        [("Location", self.url.as_str()), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")]
    }

    /// Creates the redirect that takes `code` to an address.
    pub(crate) fn new(mut url: Url, code: String) -> Self {
        url.query_pairs_mut().append_pair("code", &code);
        Self { url, code }
    }

    /// Where to redirect the browser to: the redirect URI with the parameter `code`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl fmt::Debug for CodeRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRedirect").field("code", &"redacted").finish_non_exhaustive()
    }
}
