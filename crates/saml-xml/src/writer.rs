//! Writing XML: our own messages and, for tests, those of an identity provider.

use thiserror::Error;

use crate::canonical::{escape_attribute, escape_text};
use crate::characters::is_char;

/// Writes one XML document, escaping all that callers put in.
///
/// Names are `&'static str`: they come from the program, so that no caller's value can become markup.
///
/// ```
/// let mut xml = saml_xml::XmlWriter::new();
/// xml.start("a").attribute("b", "x\"y").text("1 < 2").end();
/// assert_eq!(xml.finish()?, r#"<a b="x&quot;y">1 &lt; 2</a>"#);
/// # Ok::<(), saml_xml::WriteError>(())
/// ```
#[derive(Debug, Default)]
pub struct XmlWriter {
    output: Vec<u8>,
    open: Vec<&'static str>,
    /// Whether the start tag written last still lacks its `>`.
    in_tag: bool,
    forbidden: Option<char>,
    /// The first attribute that came too late.
    misplaced: Option<&'static str>,
}

impl XmlWriter {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an element. `name` is a qualified name; its prefix has to be declared with
    /// [`attribute`](Self::attribute)`("xmlns:…", …)`.
    pub fn start(&mut self, name: &'static str) -> &mut Self {
        self.close_tag();
        self.output.push(b'<');
        self.output.extend_from_slice(name.as_bytes());
        self.open.push(name);
        self.in_tag = true;
        self
    }

    /// Adds an attribute to the element begun last. It has to precede the element's content;
    /// [`finish`](Self::finish) fails where it does not.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        if self.in_tag {
            self.check(value);
            self.output.push(b' ');
            self.output.extend_from_slice(name.as_bytes());
            self.output.extend_from_slice(b"=\"");
            escape_attribute(value, &mut self.output);
            self.output.push(b'"');
        } else {
            self.misplaced = self.misplaced.or(Some(name));
        }
        self
    }

    /// [`attribute`](Self::attribute) where there is a value, nothing otherwise.
    pub fn optional_attribute(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.attribute(name, value);
        }
        self
    }

    /// Adds character data.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.close_tag();
        self.check(text);
        escape_text(text, &mut self.output);
        self
    }

    /// Ends the element begun last.
    pub fn end(&mut self) -> &mut Self {
        debug_assert!(!self.open.is_empty(), "no element is open");
        if let Some(name) = self.open.pop() {
            if std::mem::take(&mut self.in_tag) {
                self.output.extend_from_slice(b"/>");
            } else {
                self.output.extend_from_slice(b"</");
                self.output.extend_from_slice(name.as_bytes());
                self.output.push(b'>');
            }
        }
        self
    }

    /// An element with nothing but text in it.
    pub fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.start(name).text(text).end()
    }

    /// Ends what is still open and gives the document, without XML declaration.
    ///
    /// # Errors
    /// [`WriteError::Character`] where a value held a character that XML cannot represent, not even escaped;
    /// [`WriteError::Misplaced`] where an attribute came behind the content of its element.
    pub fn finish(mut self) -> Result<String, WriteError> {
        while !self.open.is_empty() {
            self.end();
        }
        if let Some(name) = self.misplaced {
            return Err(WriteError::Misplaced { name });
        }
        if let Some(character) = self.forbidden {
            return Err(WriteError::Character { code_point: u32::from(character) });
        }
        // Only whole strings were appended, so the bytes are UTF-8. If ever they were not, nothing would be
        // better than less.
        String::from_utf8(self.output).map_err(|_| WriteError::Encoding)
    }

    fn close_tag(&mut self) {
        if std::mem::take(&mut self.in_tag) {
            self.output.push(b'>');
        }
    }

    fn check(&mut self, value: &str) {
        if self.forbidden.is_none() {
            self.forbidden = value.chars().find(|&character| !is_char(character));
        }
    }
}

/// Why a document could not be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A character that has no place in XML 1.0 (§2.2).
    #[error("a value holds the character U+{code_point:04X}, which XML cannot represent")]
    Character {
        /// The character's code point.
        code_point: u32,
    },
    /// Bytes that are no UTF-8: a mistake of the writer itself.
    #[error("the document is not UTF-8")]
    Encoding,
    /// An attribute behind the content of its element: a mistake of whoever writes, which would be lost
    /// silently.
    #[error("the attribute {name} comes behind the content of its element")]
    Misplaced {
        /// Its name.
        name: &'static str,
    },
}

impl WriteError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Character { .. } => "xml.character",
            Self::Encoding => "xml.encoding",
            Self::Misplaced { .. } => "xml.syntax",
        }
    }
}
