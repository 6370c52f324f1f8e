//! The inside of a start tag: its name and its attributes (XML 1.0 §3.1, Namespaces in XML 1.0 §4).

use sso_types::text::short_excerpt as excerpt;
use std::borrow::Cow;

use crate::characters::{is_nc_name, is_space};
use crate::error::ErrorKind;
use crate::reference::normalize_attribute;

/// An error and the offset in the input where it is.
pub(crate) type Located = (usize, ErrorKind);

/// A qualified name as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QName<'a> {
    /// The whole of it.
    pub(crate) whole: &'a str,
    /// What stands before the colon; empty without one.
    pub(crate) prefix: &'a str,
    /// What stands behind the colon.
    pub(crate) local: &'a str,
}

impl<'a> QName<'a> {
    /// Takes a name apart and holds both parts against the grammar.
    pub(crate) fn parse(whole: &'a str) -> Result<Self, ErrorKind> {
        let (prefix, local) = whole.split_once(':').unwrap_or(("", whole));
        let prefix_is_wrong = whole.len() != local.len() && !is_nc_name(prefix);
        if prefix_is_wrong || !is_nc_name(local) {
            return Err(ErrorKind::Name { name: excerpt(whole) });
        }
        Ok(Self { whole, prefix, local })
    }
}

/// An attribute as written, with its normalised value.
#[derive(Debug)]
pub(crate) struct RawAttribute<'a> {
    pub(crate) name: QName<'a>,
    pub(crate) value: Cow<'a, str>,
    /// Where its name begins.
    pub(crate) offset: usize,
}

/// Reads the inside of a start tag from the left to the right.
pub(crate) struct TagReader<'a> {
    rest: &'a str,
    /// The offset in the input of the end of `rest`.
    end: usize,
}

impl<'a> TagReader<'a> {
    /// Reads what stands between `<` and `>` or `/>`; `offset` is where that begins.
    pub(crate) fn new(inside: &'a str, offset: usize) -> Self {
        Self { rest: inside, end: offset + inside.len() }
    }

    fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// The element's name.
    pub(crate) fn element_name(&mut self) -> Result<QName<'a>, Located> {
        let offset = self.offset();
        let name = self.take_until(is_space);
        QName::parse(name).map_err(|kind| (offset, kind))
    }

    /// The next attribute, or `None` at the end of the tag.
    pub(crate) fn attribute(&mut self) -> Result<Option<RawAttribute<'a>>, Located> {
        let had_space = self.skip_space();
        let offset = self.offset();
        if self.rest.is_empty() {
            return Ok(None);
        }
        if !had_space {
            return Err((offset, ErrorKind::Syntax { what: "white space is missing before an attribute" }));
        }
        let written = self.take_until(|byte| is_space(byte) || byte == b'=');
        let name = QName::parse(written).map_err(|kind| (offset, kind))?;
        self.skip_space();
        self.take('=', "an attribute has no value")?;
        self.skip_space();
        let value = self.quoted()?;
        Ok(Some(RawAttribute { name, value, offset }))
    }

    /// `AttValue` (XML 1.0 §2.3).
    fn quoted(&mut self) -> Result<Cow<'a, str>, Located> {
        let quote = if self.rest.starts_with('\'') { '\'' } else { '"' };
        self.take(quote, "an attribute value is not quoted")?;
        let offset = self.offset();
        let quote = quote as u8;
        let mut plain = true;
        let raw = self.take_until(|byte| {
            plain &= !matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r');
            byte == quote
        });
        self.take(char::from(quote), "an attribute value is not closed")?;
        if plain {
            return Ok(Cow::Borrowed(raw));
        }
        if let Some(at) = raw.find('<') {
            return Err((offset + at, ErrorKind::Syntax { what: "an attribute value holds '<'" }));
        }
        normalize_attribute(raw).map(Cow::Owned).map_err(|(at, kind)| (offset + at, kind))
    }

    fn take_until(&mut self, ends: impl FnMut(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn take(&mut self, expected: char, what: &'static str) -> Result<(), Located> {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err((self.offset(), ErrorKind::Syntax { what })),
        }
    }

    /// Skips white space; says whether there was any.
    fn skip_space(&mut self) -> bool {
        let length = self.rest.len();
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.len() < length
    }
}
