//! Times in what is stored, as people and other programs can read them: `2027-01-15T08:00:00.000Z`.

use std::time::SystemTime;

use saml_protocol::{format_instant, parse_instant};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};

pub(crate) fn serialize<S: Serializer>(instant: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let text =
        format_instant(*instant).ok_or_else(|| S::Error::custom("a time that has no calendar date"))?;
    serializer.serialize_str(&text)
}

/// The time as an error shows it.
pub(crate) fn shown(instant: SystemTime) -> String {
    format_instant(instant).unwrap_or_else(|| "a time that has no calendar date".to_owned())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_instant(&text).ok_or_else(|| D::Error::custom("not a time"))
}
