use std::fmt;

use thiserror::Error;

use crate::field::Field;

/// Why there is no profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// A required field is missing.
    #[error("the {field} is missing: the identity provider sent {}", listed(.received))]
    Missing {
        /// The field.
        field: Field,
        /// The attribute's name.
        expected: String,
        /// The names of the attributes that came; at most 20.
        received: Vec<String>,
    },
    /// The attribute of a required field came, but without a value, as for a user who has none.
    #[error("the {field} is empty: the attribute {name:?} came without a value")]
    Empty {
        /// The field.
        field: Field,
        /// The attribute's name.
        name: String,
    },
    /// More than one value where there can be one only. Blank values and repetitions do not count.
    #[error("the {field} has {found} values in the attribute {name:?}, but can have one only")]
    Several {
        /// The field.
        field: Field,
        /// The attribute's name.
        name: String,
        /// How many values it has.
        found: usize,
    },
    /// Two attributes whose names differ in case only.
    #[error("the {field} could be the attribute {first:?} or {second:?}")]
    Ambiguous {
        /// The field.
        field: Field,
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
    },
    /// Elements in a value, so that there is no one text that it stands for.
    #[error("the {field} in the attribute {name:?} holds markup")]
    Markup {
        /// The field.
        field: Field,
        /// The attribute's name.
        name: String,
    },
    /// Not an e-mail address.
    #[error("{found:?} is no plausible e-mail address")]
    Email {
        /// What it is.
        found: String,
    },
    /// Too long.
    #[error("the {field} has more than {limit} characters")]
    TooLong {
        /// The field.
        field: Field,
        /// The limit in characters.
        limit: usize,
    },
    /// Control characters, or such that turn the direction of reading.
    #[error("the {field} holds control characters")]
    Characters {
        /// The field.
        field: Field,
    },
}

impl AttributeError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "attribute.missing",
            Self::Empty { .. } => "attribute.empty",
            Self::Several { .. } => "attribute.several_values",
            Self::Ambiguous { .. } => "attribute.ambiguous",
            Self::Markup { .. } => "attribute.markup",
            Self::Email { .. } => "attribute.email",
            Self::TooLong { .. } => "attribute.too_long",
            Self::Characters { .. } => "attribute.characters",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Missing { expected, .. } => Some(format!("the attribute {expected}")),
            Self::Empty { name, .. } => Some(format!("a value in the attribute {name}")),
            Self::Several { .. } => Some("one value".to_owned()),
            Self::Email { .. } => Some("an e-mail address".to_owned()),
            Self::TooLong { limit, .. } => Some(format!("at most {limit} characters")),
            Self::Ambiguous { .. } | Self::Markup { .. } | Self::Characters { .. } => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Missing { received, .. } => Some(listed(received)),
            Self::Empty { .. } => Some("no value".to_owned()),
            Self::Several { found, .. } => Some(format!("{found} values")),
            Self::Ambiguous { first, second, .. } => Some(format!("{first}, {second}")),
            Self::Markup { name, .. } => Some(name.clone()),
            Self::Email { found } => Some(found.clone()),
            Self::TooLong { .. } | Self::Characters { .. } => None,
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no attributes at all".to_owned() } else { names.join(", ") }
}

/// What worked, but should be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeWarning {
    /// An attribute's name differs in case from the one that was looked for.
    CaseDiffers {
        /// The name that was looked for.
        expected: String,
        /// The name that came.
        found: String,
    },
    /// There were no attributes at all.
    NoAttributes,
    /// Values that are no text, but markup or explicitly nothing, so that they are not among the attributes.
    ValuesLeftOut {
        /// The names of their attributes; at most 20.
        attributes: Vec<String>,
    },
}

impl AttributeWarning {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CaseDiffers { .. } => "attribute.case_differs",
            Self::NoAttributes => "attribute.none_received",
            Self::ValuesLeftOut { .. } => "attribute.values_left_out",
        }
    }
}

impl fmt::Display for AttributeWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaseDiffers { expected, found } => {
                write!(f, "the attribute {found:?} was taken for {expected:?}, from which it differs in case")
            }
            Self::NoAttributes => f.write_str("the identity provider sent no attributes"),
            Self::ValuesLeftOut { attributes } => {
                write!(f, "values that are no text were left out of the attributes {}", attributes.join(", "))
            }
        }
    }
}
