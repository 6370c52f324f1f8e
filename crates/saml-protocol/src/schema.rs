//! Reading elements as the schemas of SAML lay them out: in sequence, with known attributes, and nothing
//! else.

use std::iter::Peekable;
use std::time::SystemTime;

use saml_xml::{ChildElements, ContentError, Element, Position};
use sso_types::text::excerpt;
use thiserror::Error;

use crate::instant::parse_instant;
use crate::space::WHITE_SPACE;

/// Whether an `xs:boolean` is true (XML Schema part 2 §3.2.2).
pub(crate) fn is_true(value: &str) -> bool {
    matches!(value.trim_matches(WHITE_SPACE), "true" | "1")
}

/// How an element departs from its schema.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A child element is missing, or stands behind one that it has to precede.
    #[error("the {parent} at {position} has no {child} where one belongs")]
    MissingElement {
        /// The local name of the element that lacks it.
        parent: String,
        /// The local name of what is missing.
        child: &'static str,
        /// Where the parent begins.
        position: Position,
    },
    /// A child element that has no place there.
    #[error("the {parent} has a {child} at {position}, where none belongs")]
    UnexpectedElement {
        /// The local name of the element that holds it.
        parent: String,
        /// The local name of what has no place.
        child: String,
        /// Where it begins.
        position: Position,
    },
    /// An attribute is missing.
    #[error("the {element} at {position} has no attribute {attribute}")]
    MissingAttribute {
        /// The local name of the element.
        element: String,
        /// The name of the attribute.
        attribute: &'static str,
        /// Where the element begins.
        position: Position,
    },
    /// An attribute that the schema does not know.
    #[error("the {element} at {position} has the unknown attribute {attribute:?}")]
    UnexpectedAttribute {
        /// The local name of the element.
        element: String,
        /// The name of the attribute.
        attribute: String,
        /// Where the element begins.
        position: Position,
    },
    /// Not an instant with a zone.
    #[error("the attribute {attribute} of the {element} is no instant: {found:?}")]
    Time {
        /// The local name of the element.
        element: String,
        /// The name of the attribute.
        attribute: &'static str,
        /// Its value.
        found: String,
    },
    /// Text among elements or elements within a value.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl SchemaError {
    /// The last part of the code: `schema` or, for instants, `time_syntax`.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Self::Time { .. })
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::MissingElement { child, .. } => Some((*child).to_owned()),
            Self::MissingAttribute { attribute, .. } => Some((*attribute).to_owned()),
            Self::Time { .. } => Some("an instant in UTC such as 2026-11-23T17:00:00Z".to_owned()),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::UnexpectedElement { child: found, .. }
            | Self::UnexpectedAttribute { attribute: found, .. }
            | Self::Time { found, .. } => Some(found.clone()),
            _ => None,
        }
    }
}

/// The children of an element, taken in the order of its schema.
pub(crate) struct Sequence<'d, 'a> {
    parent: Element<'d, 'a>,
    children: Peekable<ChildElements<'d, 'a>>,
}

impl<'d, 'a> Sequence<'d, 'a> {
    pub(crate) fn of(parent: Element<'d, 'a>) -> Result<Self, SchemaError> {
        Ok(Self { parent, children: parent.child_elements()?.peekable() })
    }

    /// The next child, if it has this name.
    pub(crate) fn optional(&mut self, namespace: &str, name: &str) -> Option<Element<'d, 'a>> {
        self.children.next_if(|child| child.is(namespace, name))
    }

    /// The next child, which has to have this name.
    pub(crate) fn required(
        &mut self,
        namespace: &str,
        name: &'static str,
    ) -> Result<Element<'d, 'a>, SchemaError> {
        self.optional(namespace, name).ok_or_else(|| SchemaError::MissingElement {
            parent: excerpt(self.parent.local_name()),
            child: name,
            position: self.parent.position(),
        })
    }

    /// The next child, whatever it is.
    pub(crate) fn next(&mut self) -> Option<Element<'d, 'a>> {
        self.children.next()
    }

    /// That there is no further child.
    pub(crate) fn finish(mut self) -> Result<(), SchemaError> {
        self.children.next().map_or(Ok(()), |child| Err(unexpected(self.parent, child)))
    }
}

pub(crate) fn unexpected(parent: Element<'_, '_>, child: Element<'_, '_>) -> SchemaError {
    SchemaError::UnexpectedElement {
        parent: excerpt(parent.local_name()),
        child: excerpt(child.local_name()),
        position: child.position(),
    }
}

/// That the element has none but these attributes, as far as it has any in no namespace.
pub(crate) fn known_attributes(element: Element<'_, '_>, known: &[&str]) -> Result<(), SchemaError> {
    let unknown = element
        .attributes()
        .find(|attribute| attribute.namespace().is_empty() && !known.contains(&attribute.local_name()));
    match unknown {
        None => Ok(()),
        Some(attribute) => Err(SchemaError::UnexpectedAttribute {
            element: excerpt(element.local_name()),
            attribute: excerpt(attribute.local_name()),
            position: element.position(),
        }),
    }
}

pub(crate) fn required_attribute<'d>(
    element: Element<'d, '_>,
    name: &'static str,
) -> Result<&'d str, SchemaError> {
    element.attribute(name).ok_or_else(|| SchemaError::MissingAttribute {
        element: excerpt(element.local_name()),
        attribute: name,
        position: element.position(),
    })
}

pub(crate) fn optional_instant(
    element: Element<'_, '_>,
    name: &'static str,
) -> Result<Option<SystemTime>, SchemaError> {
    element.attribute(name).map(|value| instant(element, name, value)).transpose()
}

pub(crate) fn required_instant(
    element: Element<'_, '_>,
    name: &'static str,
) -> Result<SystemTime, SchemaError> {
    instant(element, name, required_attribute(element, name)?)
}

fn instant(element: Element<'_, '_>, name: &'static str, value: &str) -> Result<SystemTime, SchemaError> {
    parse_instant(value).ok_or_else(|| SchemaError::Time {
        element: excerpt(element.local_name()),
        attribute: name,
        found: excerpt(value),
    })
}
