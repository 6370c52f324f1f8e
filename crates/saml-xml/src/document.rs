//! The tree: nodes in document order in one vector, so that a subtree is a range and nothing needs recursion.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use sso_types::text::short_excerpt as excerpt;
use thiserror::Error;

use crate::characters::is_blank;
use crate::error::Position;

/// An index into one of the vectors of a [`Document`]. 32 bits suffice, since input sizes do (see `Limits`).
pub(crate) type Index = u32;

/// The namespace "none": an unprefixed name without a default namespace in scope.
pub(crate) const NO_NAMESPACE: Index = Index::MAX;

/// Sizes are bounded by those of the input, and inputs by [`Limits::input_bytes`] to less than 32 bits.
pub(crate) fn index(value: usize) -> Index {
    Index::try_from(value).unwrap_or(Index::MAX)
}

/// A well-formed XML document that borrows from the bytes it was parsed from.
pub struct Document<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) attributes: Vec<AttributeData<'a>>,
    /// All namespace declarations in document order, behind the implicit one of the prefix `xml`.
    pub(crate) namespaces: Vec<NamespaceData<'a>>,
}

pub(crate) struct Node<'a> {
    pub(crate) parent: Index,
    /// The index behind this node's last descendant.
    pub(crate) end: Index,
    /// Where the node begins in the input.
    pub(crate) offset: Index,
    /// Where an element ends in the input; unused for text.
    pub(crate) source_end: Index,
    pub(crate) kind: NodeKind<'a>,
}

pub(crate) enum NodeKind<'a> {
    Element(ElementData<'a>),
    Text(Cow<'a, str>),
}

pub(crate) struct ElementData<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) attributes: Range<Index>,
    pub(crate) namespaces: Range<Index>,
}

/// A name, its prefix resolved to the declaration that binds it.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
    /// The binding declaration in [`Document::namespaces`], or [`NO_NAMESPACE`].
    pub(crate) namespace: Index,
}

pub(crate) struct AttributeData<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) value: Cow<'a, str>,
}

pub(crate) struct NamespaceData<'a> {
    /// The prefix; empty for the default namespace.
    pub(crate) prefix: &'a str,
    /// The namespace name; empty where the default namespace is undeclared.
    pub(crate) uri: Cow<'a, str>,
}

impl<'a> Document<'a> {
    /// The bytes that were parsed.
    #[must_use]
    pub fn source(&self) -> &'a [u8] {
        self.input
    }

    /// The one element that holds all others.
    #[must_use]
    pub fn root(&self) -> Element<'_, 'a> {
        Element { document: self, index: 0 }
    }

    /// All elements in document order, the root first.
    #[must_use]
    pub fn elements(&self) -> Elements<'_, 'a> {
        Elements { document: self, next: 0, end: index(self.nodes.len()) }
    }

    /// The element whose attribute `ID`, in no namespace, is `id`.
    ///
    /// # Errors
    /// [`IdError`] where no element or more than one has it.
    pub fn element_by_id(&self, id: &str) -> Result<Element<'_, 'a>, IdError> {
        let mut found = self.elements().filter(|element| element.attribute("ID") == Some(id));
        match (found.next(), found.next()) {
            (Some(element), None) => Ok(element),
            (None, _) => Err(IdError::Missing { id: excerpt(id) }),
            (Some(_), Some(second)) => {
                Err(IdError::Duplicate { id: excerpt(id), position: second.position() })
            }
        }
    }

    pub(crate) fn node(&self, index: Index) -> Option<&Node<'a>> {
        self.nodes.get(index as usize)
    }

    pub(crate) fn element_data(&self, index: Index) -> Option<&ElementData<'a>> {
        match self.node(index)?.kind {
            NodeKind::Element(ref data) => Some(data),
            NodeKind::Text(_) => None,
        }
    }

    pub(crate) fn attributes_in(&self, range: &Range<Index>) -> &[AttributeData<'a>] {
        self.attributes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub(crate) fn namespaces_in(&self, range: &Range<Index>) -> &[NamespaceData<'a>] {
        self.namespaces.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The namespace name behind an index; empty for none.
    pub(crate) fn uri(&self, namespace: Index) -> &str {
        self.namespaces.get(namespace as usize).map_or("", |data| &data.uri)
    }
}

impl fmt::Debug for Document<'_> {
    /// Sizes only: a login response is personal data and has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.input.len())
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

/// Why [`Document::element_by_id`] found no single element.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdError {
    /// No element has the ID.
    #[error("no element has the ID {id:?}")]
    Missing {
        /// The ID.
        id: String,
    },
    /// More than one element has the ID.
    #[error("more than one element has the ID {id:?}, the second at {position}")]
    Duplicate {
        /// The ID.
        id: String,
        /// Where the second one is.
        position: Position,
    },
}

impl IdError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "xml.id_missing",
            Self::Duplicate { .. } => "xml.duplicate_id",
        }
    }
}

/// An element of a [`Document`]. It leads to its descendants only: who holds an element cannot reach what is
/// around it.
#[derive(Clone, Copy)]
pub struct Element<'d, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) index: Index,
}

impl<'d, 'a> Element<'d, 'a> {
    fn data(&self) -> Option<&'d ElementData<'a>> {
        self.document.element_data(self.index)
    }

    /// Whether the element has this namespace name and this local name.
    #[must_use]
    pub fn is(&self, namespace: &str, local_name: &str) -> bool {
        self.local_name() == local_name && self.namespace() == namespace
    }

    /// The local part of the element's name.
    #[must_use]
    pub fn local_name(&self) -> &'d str {
        self.data().map_or("", |data| data.name.local)
    }

    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(&self) -> &'d str {
        self.data().map_or("", |data| self.document.uri(data.name.namespace))
    }

    /// The prefix as written; empty for none. It carries no meaning: compare namespaces, not prefixes.
    #[must_use]
    pub fn prefix(&self) -> &'d str {
        self.data().map_or("", |data| data.name.prefix)
    }

    /// The value of the attribute of that name in no namespace.
    #[must_use]
    pub fn attribute(&self, local_name: &str) -> Option<&'d str> {
        self.attributes().find(|attribute| attribute.is("", local_name)).map(|attribute| attribute.value())
    }

    /// The attributes in the order in which they were written; namespace declarations are none.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'d, 'a> {
        let inner =
            self.data().map_or([].iter(), |data| self.document.attributes_in(&data.attributes).iter());
        Attributes { document: self.document, inner }
    }

    /// The child elements, for an element that holds nothing else but white space.
    ///
    /// # Errors
    /// [`ContentError::UnexpectedText`] where there is other character data between them.
    pub fn child_elements(&self) -> Result<ChildElements<'d, 'a>, ContentError> {
        for node in Children::of(*self) {
            if let NodeKind::Text(text) = &node.1.kind
                && !is_blank(text)
            {
                return Err(ContentError::UnexpectedText {
                    element: self.label(),
                    position: self.position(),
                });
            }
        }
        Ok(ChildElements { document: self.document, inner: Children::of(*self) })
    }

    /// The character data of an element that has no child element; empty where it has no content at all.
    ///
    /// # Errors
    /// [`ContentError::UnexpectedElement`] where there is a child element.
    pub fn text(&self) -> Result<&'d str, ContentError> {
        self.as_text().ok_or_else(|| ContentError::UnexpectedElement {
            element: self.label(),
            position: self.position(),
        })
    }

    /// The same where child elements are no error. A position has to be counted from the beginning of the
    /// document; who asks about many elements pays for that once for each.
    #[must_use]
    pub fn as_text(&self) -> Option<&'d str> {
        let mut text = "";
        for (_, node) in Children::of(*self) {
            match &node.kind {
                // Adjacent runs of text were joined by the parser, so that there is one at most.
                NodeKind::Text(value) => text = value,
                NodeKind::Element(_) => return None,
            }
        }
        Some(text)
    }

    /// This element and all elements below it, in document order.
    #[must_use]
    pub fn descendants_and_self(&self) -> Elements<'d, 'a> {
        let end = self.document.node(self.index).map_or(self.index, |node| node.end);
        Elements { document: self.document, next: self.index, end }
    }

    /// The bytes that the element was written as, from `<` to `>`. Not what a signature vouches for: that is
    /// the canonical form.
    #[must_use]
    pub fn source(&self) -> &'a [u8] {
        let range = self.document.node(self.index).map(|node| node.offset as usize..node.source_end as usize);
        range.and_then(|range| self.document.input.get(range)).unwrap_or_default()
    }

    /// Where the element begins.
    #[must_use]
    pub fn position(&self) -> Position {
        let offset = self.document.node(self.index).map_or(0, |node| node.offset);
        Position::in_input(self.document.input, offset as usize)
    }

    /// The element's name for an error message.
    fn label(&self) -> String {
        excerpt(self.local_name())
    }
}

impl PartialEq for Element<'_, '_> {
    /// The very same element of the very same document.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::from_ref(self.document).addr() == std::ptr::from_ref(other.document).addr()
            && self.index == other.index
    }
}

impl Eq for Element<'_, '_> {}

impl fmt::Debug for Element<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({} at {})", self.local_name(), self.position())
    }
}

/// Why the content of an element is not of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Character data where only elements belong.
    #[error("the element {element} at {position} holds text where only elements belong")]
    UnexpectedText {
        /// The local name of the element that holds it.
        element: String,
        /// Where that element begins.
        position: Position,
    },
    /// An element where only character data belongs.
    #[error("the element {element} at {position} holds elements where only text belongs")]
    UnexpectedElement {
        /// The local name of the element that holds it.
        element: String,
        /// Where that element begins.
        position: Position,
    },
}

impl ContentError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "xml.content"
    }
}

/// An attribute of an [`Element`].
#[derive(Clone, Copy)]
pub struct Attribute<'d, 'a> {
    document: &'d Document<'a>,
    data: &'d AttributeData<'a>,
}

impl<'d> Attribute<'d, '_> {
    /// Whether the attribute has this namespace name (empty for none) and this local name.
    #[must_use]
    pub fn is(&self, namespace: &str, local_name: &str) -> bool {
        self.data.name.local == local_name && self.namespace() == namespace
    }

    /// The local part of the attribute's name.
    #[must_use]
    pub fn local_name(&self) -> &'d str {
        self.data.name.local
    }

    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(&self) -> &'d str {
        self.document.uri(self.data.name.namespace)
    }

    /// The normalised value (XML 1.0 §3.3.3).
    #[must_use]
    pub fn value(&self) -> &'d str {
        &self.data.value
    }
}

/// The attributes of an element; see [`Element::attributes`].
pub struct Attributes<'d, 'a> {
    document: &'d Document<'a>,
    inner: std::slice::Iter<'d, AttributeData<'a>>,
}

impl<'d, 'a> Iterator for Attributes<'d, 'a> {
    type Item = Attribute<'d, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next().map(|data| Attribute { document: self.document, data })
    }
}

/// The child elements of an element; see [`Element::child_elements`].
#[derive(Clone)]
pub struct ChildElements<'d, 'a> {
    document: &'d Document<'a>,
    inner: Children<'d, 'a>,
}

impl<'d, 'a> Iterator for ChildElements<'d, 'a> {
    type Item = Element<'d, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (index, _) = self.inner.find(|(_, node)| matches!(node.kind, NodeKind::Element(_)))?;
        Some(Element { document: self.document, index })
    }
}

/// Elements in document order; see [`Document::elements`].
pub struct Elements<'d, 'a> {
    document: &'d Document<'a>,
    next: Index,
    end: Index,
}

impl<'d, 'a> Iterator for Elements<'d, 'a> {
    type Item = Element<'d, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.end {
            let index = self.next;
            self.next += 1;
            if self.document.element_data(index).is_some() {
                return Some(Element { document: self.document, index });
            }
        }
        None
    }
}

/// The child nodes of an element.
#[derive(Clone)]
struct Children<'d, 'a> {
    document: &'d Document<'a>,
    next: Index,
    end: Index,
}

impl<'d, 'a> Children<'d, 'a> {
    fn of(element: Element<'d, 'a>) -> Self {
        let end = element.document.node(element.index).map_or(0, |node| node.end);
        Self { document: element.document, next: element.index + 1, end }
    }
}

impl<'d, 'a> Iterator for Children<'d, 'a> {
    type Item = (Index, &'d Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let node = self.document.node(index)?;
        self.next = node.end;
        Some((index, node))
    }
}
