//! The attributes as they came, those of the same name merged: JumpCloud repeats an attribute where others repeat its
//! value, and both mean the same.

use saml_protocol::{Attribute, AttributeValue};

use crate::error::{AttributeError, AttributeWarning, excerpt};
use crate::map::Field;

/// All attributes, each name once, in the order in which the names first came.
pub(crate) struct Received<'a>(Vec<Merged<'a>>);

/// The values of one name.
pub(crate) struct Merged<'a> {
    name: &'a str,
    values: Vec<&'a AttributeValue>,
}

impl<'a> Received<'a> {
    pub(crate) fn of(attributes: &'a [Attribute]) -> Self {
        let mut merged: Vec<Merged<'a>> = Vec::with_capacity(attributes.len());
        for attribute in attributes {
            match merged.iter_mut().find(|other| other.name == attribute.name()) {
                Some(other) => other.values.extend(attribute.values()),
                None => merged
                    .push(Merged { name: attribute.name(), values: attribute.values().iter().collect() }),
            }
        }
        Self(merged)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, for an error message: at most 20.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().take(20).map(|merged| excerpt(merged.name)).collect()
    }

    /// The attribute of the first of `names` that came. Exact names go before those that differ in case only.
    pub(crate) fn find(
        &self,
        field: Field,
        names: &[&str],
        warnings: &mut Vec<AttributeWarning>,
    ) -> Result<Option<&Merged<'a>>, AttributeError> {
        if let Some(exact) = names.iter().find_map(|name| self.0.iter().find(|merged| merged.name == *name)) {
            return Ok(Some(exact));
        }
        for name in names {
            let mut similar = self.0.iter().filter(|merged| merged.name.eq_ignore_ascii_case(name));
            let Some(found) = similar.next() else { continue };
            if let Some(other) = similar.next() {
                return Err(AttributeError::Ambiguous {
                    field,
                    first: excerpt(found.name),
                    second: excerpt(other.name),
                });
            }
            warnings.push(AttributeWarning::CaseDiffers {
                expected: (*name).to_owned(),
                found: excerpt(found.name),
            });
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// All values that are texts, by name.
    pub(crate) fn into_texts(self) -> Vec<(String, Vec<String>)> {
        let texts = |merged: &Merged<'_>| {
            merged.values.iter().filter_map(|it| it.as_text()).map(str::to_owned).collect()
        };
        self.0.iter().map(|merged| (merged.name.to_owned(), texts(merged))).collect()
    }
}

impl<'a> Merged<'a> {
    /// The one value; `None` where it is empty or blank, which JumpCloud sends for a user without that value.
    pub(crate) fn single(&self, field: Field) -> Result<Option<&'a str>, AttributeError> {
        let mut found = None;
        for value in &self.values {
            let text = self.text(value, field)?;
            if found.is_some() {
                return Err(AttributeError::Several {
                    field,
                    name: excerpt(self.name),
                    found: self.values.len(),
                });
            }
            found = Some(text.unwrap_or_default());
        }
        Ok(found.filter(|text| !text.trim().is_empty()))
    }

    /// All values, blank ones and repetitions left out.
    pub(crate) fn texts(&self, field: Field) -> Result<Vec<String>, AttributeError> {
        let mut texts: Vec<String> = Vec::with_capacity(self.values.len());
        let mut seen = std::collections::HashSet::with_capacity(self.values.len());
        for value in &self.values {
            let text = self.text(value, field)?.unwrap_or_default().trim();
            if !text.is_empty() && seen.insert(text) {
                texts.push(text.to_owned());
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
