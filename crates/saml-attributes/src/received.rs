//! The attributes as they came, those of the same name merged: JumpCloud repeats an attribute where others
//! repeat its value, and both mean the same.

use std::collections::{HashMap, HashSet};

use saml_protocol::{Attribute, AttributeValue};
use sso_types::text::excerpt;

use crate::error::{AttributeError, AttributeWarning};
use crate::field::Field;

/// Among so few, a scan is faster than a map. Among more it would make work grow with their square.
const SCANNED: usize = 8;

/// How many names a message lists at most.
const LISTED: usize = 20;

/// All attributes, each name once, in the order in which the names first came.
pub(crate) struct Received<'a>(Vec<Merged<'a>>);

/// The values of one name.
pub(crate) struct Merged<'a> {
    name: &'a str,
    /// Those of the attribute that came first, which most often is the only one of its name.
    first: &'a [AttributeValue],
    others: Vec<&'a AttributeValue>,
}

impl<'a> Received<'a> {
    pub(crate) fn of(attributes: &'a [Attribute]) -> Self {
        let mut merged: Vec<Merged<'a>> = Vec::with_capacity(attributes.len());
        let mut places =
            HashMap::with_capacity(if attributes.len() > SCANNED { attributes.len() } else { 0 });
        for attribute in attributes {
            let (name, next) = (attribute.name(), merged.len());
            let place = if attributes.len() <= SCANNED {
                merged.iter().position(|other| other.name == name).unwrap_or(next)
            } else {
                *places.entry(name).or_insert(next)
            };
            match merged.get_mut(place) {
                Some(other) => other.others.extend(attribute.values()),
                None => merged.push(Merged { name, first: attribute.values(), others: Vec::new() }),
            }
        }
        Self(merged)
    }

    /// The attribute of the first of `names` that came with a value, or else of the first that came without
    /// one. Exact names go before those that differ in case only.
    pub(crate) fn find(
        &self,
        field: Field,
        names: &[&str],
        warnings: &mut Vec<AttributeWarning>,
    ) -> Result<Option<&Merged<'a>>, AttributeError> {
        let mut exact = names.iter().filter_map(|name| self.0.iter().find(|merged| merged.name == *name));
        if let Some(found) = exact.clone().find(|merged| merged.has_value()) {
            return Ok(Some(found));
        }
        let mut empty = exact.next();
        for name in names {
            let mut similar = self.0.iter().filter(|merged| merged.differs_in_case_from(name));
            let Some(found) = similar.next() else { continue };
            if let Some(other) = similar.next() {
                return Err(AttributeError::Ambiguous {
                    field,
                    first: excerpt(found.name),
                    second: excerpt(other.name),
                });
            }
            if found.has_value() {
                warnings.push(AttributeWarning::CaseDiffers {
                    expected: (*name).to_owned(),
                    found: excerpt(found.name),
                });
                return Ok(Some(found));
            }
            empty = empty.or(Some(found));
        }
        Ok(empty)
    }

    /// Why there is nothing for a field that these names stand for: it did not come, or it came without a
    /// value.
    pub(crate) fn absent(&self, field: Field, names: &[&str]) -> AttributeError {
        let came =
            names.iter().find_map(|name| self.0.iter().find(|merged| merged.name.eq_ignore_ascii_case(name)));
        match came {
            Some(empty) => AttributeError::Empty { field, name: excerpt(empty.name) },
            None => AttributeError::Missing {
                field,
                expected: names.first().copied().unwrap_or_default().to_owned(),
                received: self.0.iter().take(LISTED).map(|merged| excerpt(merged.name)).collect(),
            },
        }
    }

    /// What is worth telling of the attributes as a whole.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = AttributeWarning> {
        let names = self.0.iter().filter(|merged| merged.values().any(|it| it.as_text().is_none()));
        let left_out: Vec<_> = names.take(LISTED).map(|merged| excerpt(merged.name)).collect();
        let left_out =
            (!left_out.is_empty()).then_some(AttributeWarning::ValuesLeftOut { attributes: left_out });
        self.0.is_empty().then_some(AttributeWarning::NoAttributes).into_iter().chain(left_out)
    }

    /// All values that are texts, by name.
    pub(crate) fn into_texts(self) -> Vec<(String, Vec<String>)> {
        let texts =
            |merged: &Merged<'_>| merged.values().filter_map(|it| it.as_text()).map(str::to_owned).collect();
        self.0.iter().map(|merged| (merged.name.to_owned(), texts(merged))).collect()
    }
}

/// XML 1.0 §2.3.
pub(crate) const XML_WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether nobody could see anything in a value. Nothing is taken away by asking, so that Unicode's white
/// space counts too.
#[expect(clippy::disallowed_methods, reason = "a value is passed over as a whole, and none is cut")]
fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

impl<'a> Merged<'a> {
    fn values(&self) -> impl Iterator<Item = &'a AttributeValue> {
        self.first.iter().chain(self.others.iter().copied())
    }

    /// Whether there is anything in it. JumpCloud sends an empty value for a user without one.
    fn has_value(&self) -> bool {
        self.values().any(|value| match value {
            AttributeValue::Text(text) => !is_blank(text),
            AttributeValue::Nil => false,
            // Markup is no text, but not nothing either.
            _ => true,
        })
    }

    fn differs_in_case_from(&self, name: &str) -> bool {
        self.name != name && self.name.eq_ignore_ascii_case(name)
    }

    /// The one value without white space around it, however often it stands there; `None` where there is
    /// none.
    pub(crate) fn single(&self, field: Field) -> Result<Option<&'a str>, AttributeError> {
        let texts = self.distinct(field, |text| text.trim_matches(XML_WHITE_SPACE))?;
        if texts.len() > 1 {
            return Err(AttributeError::Several { field, name: excerpt(self.name), found: texts.len() });
        }
        Ok(texts.first().copied())
    }

    /// All values exactly as received, blank ones and repetitions left out. Roles are given by them: `Admins`
    /// with a space behind it is another group.
    pub(crate) fn texts(&self, field: Field) -> Result<Vec<&'a str>, AttributeError> {
        self.distinct(field, |text| text)
    }

    fn distinct(&self, field: Field, of: fn(&str) -> &str) -> Result<Vec<&'a str>, AttributeError> {
        let count = self.first.len() + self.others.len();
        let mut texts = Vec::with_capacity(count);
        let mut seen = HashSet::new();
        for value in self.values() {
            let text = of(self.text(value, field)?.unwrap_or_default());
            let is_new = if count <= SCANNED { !texts.contains(&text) } else { seen.insert(text) };
            if is_new && !is_blank(text) {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    fn text(&self, value: &'a AttributeValue, field: Field) -> Result<Option<&'a str>, AttributeError> {
        match value {
            AttributeValue::Text(text) => Ok(Some(text)),
            AttributeValue::Nil => Ok(None),
            _ => Err(AttributeError::Markup { field, name: excerpt(self.name) }),
        }
    }
}
