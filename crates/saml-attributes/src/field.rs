//! The fields of a profile.

use std::fmt;

/// A field of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// The e-mail address.
    Email,
    /// The first, or given, name.
    FirstName,
    /// The last name, or surname.
    LastName,
    /// The names of the user's groups.
    Groups,
}

impl Field {
    /// The names that stand for the field unless one is configured: ours, then what other products send, the
    /// URIs of the WS-Federation claims and the object identifiers of X.500.
    pub(crate) fn default_names(self) -> &'static [&'static str] {
        match self {
            Self::Email => &[
                "email",
                "mail",
                "emailAddress",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/email",
                "urn:oid:0.9.2342.19200300.100.1.3",
            ],
            Self::FirstName => &[
                "firstName",
                "givenName",
                "first_name",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/firstName",
                "urn:oid:2.5.4.42",
            ],
            Self::LastName => &[
                "lastName",
                "surname",
                "sn",
                "last_name",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/lastName",
                "urn:oid:2.5.4.4",
            ],
            Self::Groups => &["groups", "memberOf", "http://schemas.xmlsoap.org/claims/Group"],
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "email",
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::Groups => "groups",
        })
    }
}
