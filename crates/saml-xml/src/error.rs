use std::fmt;

use thiserror::Error;

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes from the start of the input.
    pub offset: usize,
    /// The line, the first being 1.
    pub line: usize,
    /// The column in characters, the first being 1.
    pub column: usize,
}

impl Position {
    /// The position of byte `offset` of `input`, which need not be UTF-8 behind that byte.
    pub(crate) fn in_input(input: &[u8], offset: usize) -> Self {
        let before = input.get(..offset).unwrap_or(input);
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let is_character_start = |byte: &&u8| **byte & 0xC0 != 0x80;
        Self {
            offset,
            line: before.split(|&byte| byte == b'\n').count(),
            column: before.iter().skip(line_start).filter(is_character_start).count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a document was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} at {position}")]
pub struct ParseError {
    kind: ErrorKind,
    position: Position,
}

impl ParseError {
    pub(crate) fn new(kind: ErrorKind, input: &[u8], offset: usize) -> Self {
        Self { kind, position: Position::in_input(input, offset) }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The stable code, `xml.…` or `limit.…`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What the document should have held, where that can be said in a few words.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        self.kind.expected()
    }

    /// What it held instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        self.kind.found()
    }
}

/// What makes a document unacceptable. The text that an error carries is cut to 80 characters.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Larger than [`Limits::input_bytes`](crate::Limits::input_bytes).
    #[error("the document has {found} bytes, more than the limit of {limit}")]
    InputTooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// Deeper than [`Limits::depth`](crate::Limits::depth).
    #[error("elements are nested deeper than the limit of {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More than [`Limits::nodes`](crate::Limits::nodes).
    #[error("the document has more elements and texts than the limit of {limit}")]
    TooManyNodes {
        /// The limit.
        limit: usize,
    },
    /// More than [`Limits::attributes`](crate::Limits::attributes).
    #[error("an element has more attributes than the limit of {limit}")]
    TooManyAttributes {
        /// The limit.
        limit: usize,
    },
    /// More than [`Limits::namespaces`](crate::Limits::namespaces) on one element, or more than
    /// [`Limits::namespaces_in_scope`](crate::Limits::namespaces_in_scope).
    #[error("there are more namespace declarations than the limit of {limit}")]
    TooManyNamespaces {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8 (XML 1.0 §4.3.3).
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// The XML declaration names another encoding than UTF-8.
    #[error("the document declares the encoding {name:?}, but only UTF-8 is accepted")]
    DeclaredEncoding {
        /// The encoding's name as declared.
        name: String,
    },
    /// The XML declaration is malformed, misplaced, or not of version 1.0 (XML 1.0 §2.8).
    #[error("the XML declaration is wrong: {what}")]
    Declaration {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A DOCTYPE, anywhere.
    #[error("the document has a DOCTYPE, which SAML forbids")]
    Doctype,
    /// A processing instruction, anywhere.
    #[error("the document has a processing instruction")]
    ProcessingInstruction,
    /// A reference to an entity other than `amp`, `lt`, `gt`, `quot`, `apos`, or an ampersand that begins no
    /// reference.
    #[error("{reference:?} is no reference to one of XML's five entities")]
    Entity {
        /// The reference as it stands.
        reference: String,
    },
    /// A character reference that is malformed or names no character of XML (XML 1.0 §4.1).
    #[error("{reference:?} is no reference to a character that XML allows")]
    CharacterReference {
        /// The reference as it stands.
        reference: String,
    },
    /// A character that XML does not allow (XML 1.0 §2.2).
    #[error("the document has the character U+{code_point:04X}, which XML does not allow")]
    Character {
        /// The character's code point.
        code_point: u32,
    },
    /// A malformed comment (XML 1.0 §2.5).
    #[error("a comment is malformed")]
    Comment,
    /// A comment beside character data. Its place is between elements: a comment within a value is how
    /// `user@acme.test<!---->.evil.test` once became two different values.
    #[error("a comment stands within a text value")]
    CommentInValue,
    /// Not a name, or not one without colon where Namespaces in XML asks for that.
    #[error("{name:?} is not a valid name")]
    Name {
        /// The name as it stands.
        name: String,
    },
    /// A violation of the grammar within markup or character data.
    #[error("the markup is malformed: {what}")]
    Syntax {
        /// What is wrong.
        what: &'static str,
    },
    /// The document is not exactly one element: it is empty, cut off, its tags do not match, or text lies
    /// outside.
    #[error("the document is not well-formed: {what}")]
    Structure {
        /// What is wrong.
        what: &'static str,
    },
    /// A second root element.
    #[error("the document has more than one root element")]
    Roots,
    /// The same attribute twice on an element, be it by name or by namespace and local name.
    #[error("the attribute {name:?} occurs twice on one element")]
    DuplicateAttribute {
        /// The attribute's name as written.
        name: String,
    },
    /// A prefix that no namespace declaration in scope binds.
    #[error("the prefix {prefix:?} is bound to no namespace")]
    UnboundPrefix {
        /// The prefix.
        prefix: String,
    },
    /// A namespace declaration that Namespaces in XML 1.0 forbids.
    #[error("a namespace declaration is wrong: {what}")]
    Namespace {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A namespace name that is not an absolute URI of the characters of RFC 3986. Canonicalization is not
    /// defined for relative ones (C14N 1.0 §1.3), and libraries that fail on them have taken the empty output
    /// for the canonical form.
    #[error("the namespace name {uri:?} is not an absolute URI")]
    NamespaceUri {
        /// The namespace name.
        uri: String,
    },
}

impl ErrorKind {
    /// The stable code, `xml.…` or `limit.…`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InputTooLarge { .. } => "limit.input",
            Self::TooDeep { .. } => "limit.depth",
            Self::TooManyNodes { .. } => "limit.nodes",
            Self::TooManyAttributes { .. } => "limit.attributes",
            Self::TooManyNamespaces { .. } => "limit.namespaces",
            Self::NotUtf8 | Self::DeclaredEncoding { .. } => "xml.encoding",
            Self::Declaration { .. } => "xml.declaration",
            Self::Doctype => "xml.doctype",
            Self::ProcessingInstruction => "xml.processing_instruction",
            Self::Entity { .. } => "xml.entity",
            Self::CharacterReference { .. } => "xml.character_reference",
            Self::Character { .. } => "xml.character",
            Self::Comment => "xml.comment",
            Self::CommentInValue => "xml.comment_in_value",
            Self::Name { .. } => "xml.name",
            Self::Syntax { .. } => "xml.syntax",
            Self::Structure { .. } => "xml.structure",
            Self::Roots => "xml.roots",
            Self::DuplicateAttribute { .. } => "xml.duplicate_attribute",
            Self::UnboundPrefix { .. } => "xml.unbound_prefix",
            Self::Namespace { .. } => "xml.namespace",
            Self::NamespaceUri { .. } => "xml.namespace_uri",
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::InputTooLarge { limit, .. } => Some(format!("at most {limit} bytes")),
            Self::TooDeep { limit } => Some(format!("at most {limit} levels")),
            Self::TooManyNodes { limit } => Some(format!("at most {limit} elements and texts")),
            Self::TooManyAttributes { limit } => Some(format!("at most {limit} attributes")),
            Self::TooManyNamespaces { limit } => Some(format!("at most {limit} declarations")),
            Self::NotUtf8 | Self::DeclaredEncoding { .. } => Some("UTF-8".to_owned()),
            Self::NamespaceUri { .. } => {
                Some("an absolute URI (RFC 3986), without & and brackets".to_owned())
            }
            Self::Entity { .. } => Some("&amp; &lt; &gt; &quot; &apos; or a character reference".to_owned()),
            _ => None,
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::InputTooLarge { found, .. } => Some(format!("{found} bytes")),
            Self::DeclaredEncoding { name: text }
            | Self::Entity { reference: text }
            | Self::CharacterReference { reference: text }
            | Self::Name { name: text }
            | Self::DuplicateAttribute { name: text }
            | Self::UnboundPrefix { prefix: text }
            | Self::NamespaceUri { uri: text } => Some(text.clone()),
            Self::Character { code_point } => Some(format!("U+{code_point:04X}")),
            Self::Declaration { what }
            | Self::Syntax { what }
            | Self::Structure { what }
            | Self::Namespace { what } => Some((*what).to_owned()),
            _ => None,
        }
    }
}
