//! The claims of a token as JSON: an object in which no name stands twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The names that this crate gives a meaning. A host's own claims have others.
pub(crate) const RESERVED: [&str; 23] = [
    "iss",
    "aud",
    "sub",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "session_start",
    "session_end",
    "org",
    "connection",
    "activation",
    "break_glass",
    "login",
    "idp_key",
    "email_domain",
    "amr",
    "auth_time",
    "email",
    "email_verified",
    "given_name",
    "family_name",
];

/// A JSON object in which no name stands twice. Parsers differ in which of two they take (RFC 8259 §4), so
/// that a token with two could say different things to different readers.
#[derive(Debug)]
pub(crate) struct UniqueObject(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = UniqueObject;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object in which no name stands twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueObject, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(UniqueObject(object))
    }
}
