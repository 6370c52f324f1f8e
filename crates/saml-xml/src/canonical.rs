//! Exclusive XML Canonicalization 1.0 without comments (<https://www.w3.org/TR/xml-exc-c14n/>).

use sso_types::text::short_excerpt as excerpt;
use thiserror::Error;

use crate::characters::is_nc_name;
use crate::document::{AttributeData, Document, Element, ElementData, Index, Name, NodeKind};

/// How many bytes a canonical form may have. Exclusive canonicalization repeats a declaration in every
/// element that needs it, so that the form can be larger than the document by far; four times the largest
/// document is beyond any honest one.
const MAX_BYTES: usize = 1024 * 1024;

/// How many prefixes a `PrefixList` may name. Identity providers name one or two.
const MAX_PREFIXES: usize = 32;

/// The `PrefixList` of `InclusiveNamespaces`: prefixes whose declarations are kept even where no name uses
/// them (Exclusive C14N §3). The default is the empty list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrefixList {
    /// The default namespace, `#default`, is the empty prefix.
    prefixes: Vec<String>,
}

impl PrefixList {
    /// Parses prefixes separated by white space; `#default` stands for the default namespace.
    ///
    /// # Errors
    /// [`PrefixListError`] where one is no prefix or named twice, or where there are more than 32.
    pub fn parse(list: &str) -> Result<Self, PrefixListError> {
        let mut prefixes = Vec::new();
        for token in list.split([' ', '\t', '\n', '\r']).filter(|token| !token.is_empty()) {
            let prefix = if token == "#default" { "" } else { token };
            if !prefix.is_empty() && !is_nc_name(prefix) {
                return Err(PrefixListError::Name { prefix: excerpt(token) });
            }
            if prefixes.iter().any(|other| other == prefix) {
                return Err(PrefixListError::Duplicate { prefix: excerpt(token) });
            }
            if prefixes.len() >= MAX_PREFIXES {
                return Err(PrefixListError::TooMany { limit: MAX_PREFIXES });
            }
            prefixes.push(prefix.to_owned());
        }
        Ok(Self { prefixes })
    }
}

/// Why a `PrefixList` was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrefixListError {
    /// Not a prefix.
    #[error("{prefix:?} in the PrefixList is no namespace prefix")]
    Name {
        /// What stands there instead.
        prefix: String,
    },
    /// Named twice.
    #[error("{prefix:?} stands twice in the PrefixList")]
    Duplicate {
        /// The prefix.
        prefix: String,
    },
    /// Too many.
    #[error("the PrefixList names more prefixes than the limit of {limit}")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

impl PrefixListError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "algorithm.prefix_list"
    }
}

/// Why there is no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CanonicalizeError {
    /// It would be larger than 1 MiB.
    #[error("the canonical form has more than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The tree is not what the parser makes. There is no way to this by any input; what is there would be
    /// cut short.
    #[error("the tree of the document is incomplete")]
    Incomplete,
}

impl CanonicalizeError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "limit.canonical_form",
            Self::Incomplete => "xml.structure",
        }
    }
}

impl<'d, 'a> Element<'d, 'a> {
    /// Appends the exclusive canonical form of this element to `output`: UTF-8, without comments.
    ///
    /// # Errors
    /// [`CanonicalizeError`] where it is too large; `output` then holds a part of it, which is good for
    /// nothing.
    pub fn canonicalize(&self, prefixes: &PrefixList, output: &mut Vec<u8>) -> Result<(), CanonicalizeError> {
        canonicalize(*self, None, prefixes, output)
    }

    /// The same without `omitted`, an element within this one: the enveloped-signature transform
    /// (XML Signature §6.6.4) and the canonicalization in one go.
    ///
    /// # Errors
    /// As for [`canonicalize`](Self::canonicalize).
    pub fn canonicalize_without(
        &self,
        omitted: Element<'d, 'a>,
        prefixes: &PrefixList,
        output: &mut Vec<u8>,
    ) -> Result<(), CanonicalizeError> {
        canonicalize(*self, Some(omitted.index), prefixes, output)
    }
}

fn canonicalize<'d>(
    apex: Element<'d, '_>,
    omitted: Option<Index>,
    prefixes: &PrefixList,
    output: &mut Vec<u8>,
) -> Result<(), CanonicalizeError> {
    let document = apex.document;
    let end = document.node(apex.index).map_or(apex.index, |node| node.end);
    let limit = output.len() + MAX_BYTES;
    let mut writer = Writer { document, output, rendered: Vec::new(), needed: Vec::new(), order: Vec::new() };
    let mut open: Vec<Open<'d>> = Vec::new();
    let mut index = apex.index;
    while index < end {
        while let Some(done) = open.pop_if(|open| open.end <= index) {
            writer.end(&done);
        }
        let node = document.node(index).ok_or(CanonicalizeError::Incomplete)?;
        if Some(index) == omitted {
            index = node.end;
            continue;
        }
        match &node.kind {
            NodeKind::Element(data) => {
                let rendered = writer.rendered.len();
                if index == apex.index {
                    writer.need_in_scope(index, prefixes);
                } else {
                    writer.need_declared(data, prefixes);
                }
                writer.start(data);
                open.push(Open { end: node.end, name: data.name, rendered });
            }
            NodeKind::Text(text) => escape_text(text, writer.output),
        }
        if writer.output.len() > limit {
            return Err(CanonicalizeError::TooLarge { limit: MAX_BYTES });
        }
        index += 1;
    }
    while let Some(done) = open.pop() {
        writer.end(&done);
    }
    // The end tags too: the loop above has looked at what stands before them.
    if writer.output.len() > limit {
        return Err(CanonicalizeError::TooLarge { limit: MAX_BYTES });
    }
    Ok(())
}

/// An element whose start tag was written.
struct Open<'d> {
    /// The index behind its last descendant.
    end: Index,
    name: Name<'d>,
    /// How many declarations were rendered outside of it.
    rendered: usize,
}

struct Writer<'d, 'a, 'o> {
    document: &'d Document<'a>,
    output: &'o mut Vec<u8>,
    /// The declarations that the open elements of the output carry, as prefix and namespace name.
    rendered: Vec<(&'d str, &'d str)>,
    /// Scratch space: the declarations that the next start tag needs.
    needed: Vec<(&'d str, &'d str)>,
    /// Scratch space: the attributes of the next start tag in canonical order.
    order: Vec<&'d AttributeData<'a>>,
}

impl<'d, 'a> Writer<'d, 'a, '_> {
    /// Exclusive C14N §3: a declaration is rendered where its prefix is visibly utilized and the output's
    /// ancestors do not say the same already.
    fn need(&mut self, prefix: &'d str, uri: &'d str) {
        if prefix == "xml" || self.needed.iter().any(|(other, _)| *other == prefix) {
            return;
        }
        let before = self.rendered.iter().rev().find(|(other, _)| *other == prefix).map(|(_, uri)| *uri);
        // Without any declaration, the default namespace is none.
        if before.or(prefix.is_empty().then_some("")) != Some(uri) {
            self.needed.push((prefix, uri));
        }
    }

    /// At the apex, the prefixes of the list count with what is in scope there, ancestors included.
    fn need_in_scope(&mut self, apex: Index, prefixes: &PrefixList) {
        for prefix in &prefixes.prefixes {
            let mut element = apex;
            while let Some(data) = self.document.element_data(element) {
                let declared = self.document.namespaces_in(&data.namespaces);
                if let Some(found) = declared.iter().find(|declared| declared.prefix == prefix) {
                    self.need(found.prefix, &found.uri);
                    break;
                }
                if element == 0 {
                    break;
                }
                element = self.document.node(element).map_or(0, |node| node.parent);
            }
        }
    }

    /// Below the apex, they count where an element declares them anew.
    fn need_declared(&mut self, data: &'d ElementData<'a>, prefixes: &PrefixList) {
        if prefixes.prefixes.is_empty() {
            return;
        }
        for declared in self.document.namespaces_in(&data.namespaces) {
            if prefixes.prefixes.iter().any(|prefix| prefix == declared.prefix) {
                self.need(declared.prefix, &declared.uri);
            }
        }
    }

    /// Writes a start tag with the declarations and attributes that belong there, in canonical order
    /// (C14N 1.0 §2.2, §2.3): declarations by prefix, attributes by namespace name and local name.
    fn start(&mut self, data: &'d ElementData<'a>) {
        let attributes = self.document.attributes_in(&data.attributes);
        self.need(data.name.prefix, self.document.uri(data.name.namespace));
        for attribute in attributes.iter().filter(|attribute| !attribute.name.prefix.is_empty()) {
            self.need(attribute.name.prefix, self.document.uri(attribute.name.namespace));
        }
        self.output.push(b'<');
        self.name(data.name);
        self.needed.sort_unstable_by_key(|(prefix, _)| *prefix);
        for (prefix, uri) in &self.needed {
            self.output.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
            self.output.extend_from_slice(prefix.as_bytes());
            self.output.extend_from_slice(b"=\"");
            escape_attribute(uri, self.output);
            self.output.push(b'"');
        }
        self.rendered.append(&mut self.needed);
        self.attributes(attributes);
        self.output.push(b'>');
    }

    fn attributes(&mut self, attributes: &'d [AttributeData<'a>]) {
        let mut order = std::mem::take(&mut self.order);
        order.extend(attributes);
        let document = self.document;
        order
            .sort_unstable_by_key(|attribute| (document.uri(attribute.name.namespace), attribute.name.local));
        for attribute in order.drain(..) {
            self.output.push(b' ');
            self.name(attribute.name);
            self.output.extend_from_slice(b"=\"");
            escape_attribute(&attribute.value, self.output);
            self.output.push(b'"');
        }
        self.order = order;
    }

    fn end(&mut self, open: &Open<'_>) {
        self.output.extend_from_slice(b"</");
        self.name(open.name);
        self.output.push(b'>');
        self.rendered.truncate(open.rendered);
    }

    fn name(&mut self, name: Name<'_>) {
        if !name.prefix.is_empty() {
            self.output.extend_from_slice(name.prefix.as_bytes());
            self.output.push(b':');
        }
        self.output.extend_from_slice(name.local.as_bytes());
    }
}

/// Character data in canonical form (C14N 1.0 §2.3, text nodes).
pub(crate) fn escape_text(text: &str, output: &mut Vec<u8>) {
    escape(text, output, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
}

/// An attribute value in canonical form (C14N 1.0 §2.3, attribute nodes).
pub(crate) fn escape_attribute(value: &str, output: &mut Vec<u8>) {
    escape(value, output, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
}

fn escape(text: &str, output: &mut Vec<u8>, replacement: impl Fn(u8) -> Option<&'static [u8]>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| replacement(byte).is_some()) {
        let (plain, from) = rest.split_at(at);
        output.extend_from_slice(plain);
        let Some((&special, behind)) = from.split_first() else { break };
        output.extend_from_slice(replacement(special).unwrap_or_default());
        rest = behind;
    }
    output.extend_from_slice(rest);
}
