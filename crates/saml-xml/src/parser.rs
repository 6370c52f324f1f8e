//! From tokens to the tree. quick-xml cuts the input into tokens; everything that makes them a document is
//! checked here.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;
use sso_types::text::short_excerpt as excerpt;

use crate::characters::{Census, census, is_blank, is_space};
use crate::document::{
    AttributeData, Document, ElementData, Index, NO_NAMESPACE, Name, NamespaceData, Node, NodeKind, index,
};
use crate::error::{ErrorKind, ParseError};
use crate::limits::Limits;
use crate::reference::{normalize_line_ends, resolve};
use crate::tag::{Located, QName, RawAttribute, TagReader};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
const BYTE_ORDER_MARK: char = '\u{FEFF}';
/// The tokenizer says what a token is, and we look at its bytes ourselves. Where the two do not go together,
/// there is no safe way to read on.
const ANOTHER_TOKEN: ErrorKind =
    ErrorKind::Syntax { what: "markup is not of the form that it was taken for" };

const OUTSIDE_OF_ROOT: ErrorKind = ErrorKind::Structure { what: "text stands outside of the root element" };

impl<'a> Document<'a> {
    /// Parses `input`, which is UTF-8 with or without a byte order mark.
    ///
    /// # Errors
    /// [`ParseError`] with the place of the first thing that is not well-formed, not allowed here, or beyond
    /// `limits`.
    pub fn parse(input: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        parse(input, limits)
    }
}

fn parse<'a>(input: &'a [u8], limits: &Limits) -> Result<Document<'a>, ParseError> {
    let error = |(offset, kind)| ParseError::new(kind, input, offset);
    // The field is public: whatever stands there, offsets must not overflow.
    let limit = limits.input_bytes.min(Limits::MAX_INPUT_BYTES);
    if input.len() > limit {
        return Err(error((0, ErrorKind::InputTooLarge { limit, found: input.len() })));
    }
    let text =
        std::str::from_utf8(input).map_err(|failure| error((failure.valid_up_to(), ErrorKind::NotUtf8)))?;
    let census = census(text).map_err(|(offset, character)| {
        error((offset, ErrorKind::Character { code_point: u32::from(character) }))
    })?;
    let mut builder = Builder::new(input, text, census, limits);
    builder.run().map_err(error)?;
    Ok(builder.document)
}

/// The state of parsing one document.
struct Builder<'a, 'l> {
    document: Document<'a>,
    /// The input without its byte order mark.
    text: &'a str,
    /// How many bytes of the input precede `text`.
    skipped: usize,
    census: Census,
    limits: &'l Limits,
    /// The elements that are open, the root first.
    open: Vec<Open<'a>>,
    /// The namespace declarations in scope, by their index; the innermost last.
    scope: Vec<Index>,
    /// Character data that was read but not yet made a node, since more may follow.
    pending: Option<(usize, Cow<'a, str>)>,
    /// Scratch space: the attributes of one tag.
    written: Vec<RawAttribute<'a>>,
    /// Whether anything but the byte order mark was read.
    started: bool,
}

struct Open<'a> {
    index: Index,
    name: &'a str,
    /// How many declarations were in scope outside.
    scope: usize,
    has_comment: bool,
    has_value: bool,
}

impl<'a, 'l> Builder<'a, 'l> {
    fn new(input: &'a [u8], whole: &'a str, census: Census, limits: &'l Limits) -> Self {
        let text = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
        // Measured on login responses: a node every 40 to 80 bytes, an attribute or declaration every 100 to
        // 150.
        let nodes = (text.len() / 48).min(limits.nodes);
        let mut namespaces = Vec::with_capacity(16);
        namespaces.push(NamespaceData { prefix: "xml", uri: Cow::Borrowed(XML_NAMESPACE) });
        Self {
            document: Document {
                input,
                nodes: Vec::with_capacity(nodes),
                attributes: Vec::with_capacity(nodes / 2),
                namespaces,
            },
            text,
            skipped: whole.len() - text.len(),
            census,
            limits,
            open: Vec::with_capacity(16),
            scope: vec![0],
            pending: None,
            written: Vec::with_capacity(16),
            started: false,
        }
    }

    fn run(&mut self) -> Result<(), Located> {
        let mut reader = Reader::from_str(self.text);
        // The checks of quick-xml are made here, on the raw text, with a position and an own error for each.
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = false;
        // quick-xml would take away another byte order mark, without counting it.
        if self.text.starts_with(BYTE_ORDER_MARK) {
            return Err((self.skipped, OUTSIDE_OF_ROOT));
        }
        let mut start = 0;
        loop {
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(self.text.len());
            let offset = start + self.skipped;
            let Ok(event) = event else {
                return Err((offset, unfinished(self.text.get(start..).unwrap_or_default())));
            };
            let raw = self.text.get(start..end).unwrap_or_default();
            if matches!(event, Event::Eof) {
                return self.finish(offset);
            }
            // The event tells the kind of the token, the raw text what it holds: nothing is trimmed or lost
            // on the way.
            self.token(&event, raw, offset)?;
            self.started = true;
            start = end;
        }
    }

    fn token(&mut self, event: &Event<'_>, raw: &'a str, offset: usize) -> Result<(), Located> {
        match event {
            Event::Start(_) => self.start_tag(raw, offset, false),
            Event::Empty(_) => self.start_tag(raw, offset, true),
            Event::End(_) => self.end_tag(raw, offset),
            Event::Text(_) => self.text(raw, offset),
            Event::CData(_) => self.cdata(raw, offset),
            Event::GeneralRef(_) => self.reference(raw, offset),
            Event::Comment(_) => self.comment(raw, offset),
            Event::Decl(_) if self.started => {
                Err((offset, ErrorKind::Declaration { what: "it is not at the start of the document" }))
            }
            Event::Decl(_) => declaration(raw, offset),
            Event::PI(_) => Err((offset, ErrorKind::ProcessingInstruction)),
            Event::DocType(_) => Err((offset, ErrorKind::Doctype)),
            Event::Eof => Ok(()),
        }
    }

    fn finish(&mut self, offset: usize) -> Result<(), Located> {
        if !self.open.is_empty() {
            return Err((offset, ErrorKind::Structure { what: "an element is not closed" }));
        }
        if self.document.nodes.is_empty() {
            return Err((offset, ErrorKind::Structure { what: "it has no root element" }));
        }
        Ok(())
    }

    fn start_tag(&mut self, raw: &'a str, offset: usize, is_empty: bool) -> Result<(), Located> {
        self.flush_text()?;
        if self.open.is_empty() && !self.document.nodes.is_empty() {
            return Err((offset, ErrorKind::Roots));
        }
        if self.open.len() >= self.limits.depth {
            return Err((offset, ErrorKind::TooDeep { limit: self.limits.depth }));
        }
        let inside =
            raw.strip_prefix('<').and_then(|rest| rest.strip_suffix(if is_empty { "/>" } else { ">" }));
        let inside = inside.ok_or((offset, ANOTHER_TOKEN))?;
        let mut tag = TagReader::new(inside, offset + 1);
        let name = tag.element_name()?;
        let scope = self.scope.len();
        let (attributes, namespaces) = self.attributes(&mut tag)?;
        let data = ElementData { name: self.resolve_element(name, offset)?, attributes, namespaces };
        let index = self.push_node(NodeKind::Element(data), offset)?;
        if is_empty {
            self.scope.truncate(scope);
            self.close(index, offset + raw.len());
        } else {
            self.open.push(Open { index, name: name.whole, scope, has_comment: false, has_value: false });
        }
        Ok(())
    }

    /// Reads the attributes of one tag: declarations into scope first, since they hold for the tag that they
    /// stand in, then the others into the document.
    fn attributes(&mut self, tag: &mut TagReader<'a>) -> Result<(Range<Index>, Range<Index>), Located> {
        let (first_attribute, first_namespace) =
            (self.document.attributes.len(), self.document.namespaces.len());
        let mut written = std::mem::take(&mut self.written);
        while let Some(attribute) = tag.attribute()? {
            if attribute.name.whole == "xmlns" {
                self.declare("", attribute, first_namespace)?;
            } else if attribute.name.prefix == "xmlns" {
                self.declare(attribute.name.local, attribute, first_namespace)?;
            } else if written.len() >= self.limits.attributes {
                return Err((
                    attribute.offset,
                    ErrorKind::TooManyAttributes { limit: self.limits.attributes },
                ));
            } else {
                written.push(attribute);
            }
        }
        for attribute in written.drain(..) {
            self.push_attribute(attribute, first_attribute)?;
        }
        self.written = written;
        Ok((
            index(first_attribute)..index(self.document.attributes.len()),
            index(first_namespace)..index(self.document.namespaces.len()),
        ))
    }

    /// Puts a namespace declaration in scope (Namespaces in XML 1.0 §2, §3, §6.3).
    fn declare(&mut self, prefix: &'a str, attribute: RawAttribute<'a>, first: usize) -> Result<(), Located> {
        let RawAttribute { name, value: uri, offset } = attribute;
        let declared = self.document.namespaces.get(first..).unwrap_or_default();
        if declared.iter().any(|other| other.prefix == prefix) {
            return Err((offset, ErrorKind::DuplicateAttribute { name: excerpt(name.whole) }));
        }
        if declared.len() >= self.limits.namespaces {
            return Err((offset, ErrorKind::TooManyNamespaces { limit: self.limits.namespaces }));
        }
        // One of those in scope is the implicit declaration of `xml`.
        if self.scope.len() > self.limits.namespaces_in_scope {
            return Err((offset, ErrorKind::TooManyNamespaces { limit: self.limits.namespaces_in_scope }));
        }
        check_declaration(prefix, &uri).map_err(|kind| (offset, kind))?;
        self.scope.push(index(self.document.namespaces.len()));
        self.document.namespaces.push(NamespaceData { prefix, uri });
        Ok(())
    }

    /// Adds an attribute of the element whose attributes begin at `first`, unless it has one of that expanded
    /// name already (Namespaces in XML 1.0 §6.3).
    fn push_attribute(&mut self, attribute: RawAttribute<'a>, first: usize) -> Result<(), Located> {
        let RawAttribute { name: QName { whole, prefix, local }, value, offset } = attribute;
        // An unprefixed attribute is in no namespace, whatever the default namespace is.
        let namespace = if prefix.is_empty() { NO_NAMESPACE } else { self.lookup(prefix, offset)? };
        let uri = self.document.uri(namespace);
        let others = self.document.attributes.get(first..).unwrap_or_default();
        if others
            .iter()
            .any(|other| other.name.local == local && self.document.uri(other.name.namespace) == uri)
        {
            return Err((offset, ErrorKind::DuplicateAttribute { name: excerpt(whole) }));
        }
        self.document.attributes.push(AttributeData { name: Name { prefix, local, namespace }, value });
        Ok(())
    }

    fn resolve_element(&self, name: QName<'a>, offset: usize) -> Result<Name<'a>, Located> {
        let QName { prefix, local, .. } = name;
        let namespace = if prefix.is_empty() {
            // `xmlns=""` undeclares the default namespace.
            self.binding("").filter(|&found| !self.document.uri(found).is_empty()).unwrap_or(NO_NAMESPACE)
        } else {
            self.lookup(prefix, offset)?
        };
        Ok(Name { prefix, local, namespace })
    }

    fn lookup(&self, prefix: &str, offset: usize) -> Result<Index, Located> {
        self.binding(prefix).ok_or_else(|| (offset, ErrorKind::UnboundPrefix { prefix: excerpt(prefix) }))
    }

    /// The innermost declaration in scope for a prefix.
    fn binding(&self, prefix: &str) -> Option<Index> {
        let binds = |declaration: &&Index| {
            self.document.namespaces.get(**declaration as usize).is_some_and(|data| data.prefix == prefix)
        };
        self.scope.iter().rev().find(binds).copied()
    }

    fn end_tag(&mut self, raw: &'a str, offset: usize) -> Result<(), Located> {
        self.flush_text()?;
        let name = raw.strip_prefix("</").and_then(|rest| rest.strip_suffix('>'));
        let name = name.ok_or((offset, ANOTHER_TOKEN))?;
        let name = name.trim_end_matches([' ', '\t', '\n', '\r']);
        let Some(open) = self.open.pop() else {
            return Err((offset, ErrorKind::Structure { what: "an end tag has no start tag" }));
        };
        if open.name != name {
            return Err((offset, ErrorKind::Structure { what: "an end tag does not match its start tag" }));
        }
        self.scope.truncate(open.scope);
        self.close(open.index, offset + raw.len());
        Ok(())
    }

    fn text(&mut self, raw: &'a str, offset: usize) -> Result<(), Located> {
        if self.census.closing_bracket
            && let Some(at) = raw.find("]]>")
        {
            return Err((offset + at, ErrorKind::Syntax { what: "character data holds ']]>'" }));
        }
        if self.open.is_empty() {
            // XML 1.0 §2.8: white space may surround the root element.
            let other = raw.bytes().position(|byte| !is_space(byte));
            return other.map_or(Ok(()), |at| Err((offset + at, OUTSIDE_OF_ROOT)));
        }
        if !is_blank(raw) {
            self.mark_value(offset)?;
        }
        let text = self.normalize(raw);
        self.append(text, offset);
        Ok(())
    }

    fn cdata(&mut self, raw: &'a str, offset: usize) -> Result<(), Located> {
        if self.open.is_empty() {
            return Err((
                offset,
                ErrorKind::Structure { what: "a CDATA section stands outside of the root element" },
            ));
        }
        self.mark_value(offset)?;
        let inside = raw.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"));
        let inside = inside.ok_or((offset, ANOTHER_TOKEN))?;
        let text = self.normalize(inside);
        self.append(text, offset);
        Ok(())
    }

    fn reference(&mut self, raw: &'a str, offset: usize) -> Result<(), Located> {
        if self.open.is_empty() {
            return Err((
                offset,
                ErrorKind::Structure { what: "a reference stands outside of the root element" },
            ));
        }
        self.mark_value(offset)?;
        let character = resolve(raw).map_err(|kind| (offset, kind))?;
        self.append(Cow::Owned(character.to_string()), offset);
        Ok(())
    }

    /// A comment leaves no trace in the tree: the canonical form that signatures are made of has none either.
    fn comment(&mut self, raw: &'a str, offset: usize) -> Result<(), Located> {
        let inside = raw.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        // XML 1.0 §2.5: no `--` inside, and no `-` right before the closing `-->`.
        if inside.is_none_or(|inside| inside.contains("--") || inside.ends_with('-')) {
            return Err((offset, ErrorKind::Comment));
        }
        match self.open.last_mut() {
            Some(open) if open.has_value => Err((offset, ErrorKind::CommentInValue)),
            Some(open) => {
                open.has_comment = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes that the innermost element holds character data other than plain white space.
    fn mark_value(&mut self, offset: usize) -> Result<(), Located> {
        match self.open.last_mut() {
            Some(open) if open.has_comment => Err((offset, ErrorKind::CommentInValue)),
            Some(open) => {
                open.has_value = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn normalize(&self, text: &'a str) -> Cow<'a, str> {
        if self.census.carriage_return { normalize_line_ends(text) } else { Cow::Borrowed(text) }
    }

    /// Joins adjacent runs of character data, so that a value is one string however it was written.
    fn append(&mut self, text: Cow<'a, str>, offset: usize) {
        match &mut self.pending {
            Some((_, before)) => before.to_mut().push_str(&text),
            None => self.pending = Some((offset, text)),
        }
    }

    fn flush_text(&mut self) -> Result<(), Located> {
        match self.pending.take() {
            Some((offset, text)) if !text.is_empty() => {
                self.push_node(NodeKind::Text(text), offset).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn push_node(&mut self, kind: NodeKind<'a>, offset: usize) -> Result<Index, Located> {
        let at = self.document.nodes.len();
        if at >= self.limits.nodes {
            return Err((offset, ErrorKind::TooManyNodes { limit: self.limits.nodes }));
        }
        let parent = self.open.last().map_or(0, |open| open.index);
        self.document.nodes.push(Node {
            parent,
            end: index(at + 1),
            offset: index(offset),
            source_end: 0,
            kind,
        });
        Ok(index(at))
    }

    /// Notes where the subtree of an element ends, now that all of it was read.
    fn close(&mut self, element: Index, source_end: usize) {
        let end = index(self.document.nodes.len());
        if let Some(node) = self.document.nodes.get_mut(element as usize) {
            node.end = end;
            node.source_end = index(source_end);
        }
    }
}

/// What a namespace declaration may say (Namespaces in XML 1.0 §2.2, §3, §5).
fn check_declaration(prefix: &str, uri: &str) -> Result<(), ErrorKind> {
    let is_xml = uri == XML_NAMESPACE;
    match prefix {
        "xmlns" => Err(ErrorKind::Namespace { what: "the prefix xmlns cannot be declared" }),
        "xml" if is_xml => Ok(()),
        "xml" => Err(ErrorKind::Namespace { what: "the prefix xml is bound to another namespace" }),
        _ if is_xml => Err(ErrorKind::Namespace { what: "the namespace of xml is bound to another prefix" }),
        _ if uri == XMLNS_NAMESPACE => {
            Err(ErrorKind::Namespace { what: "the namespace of xmlns is bound to a prefix" })
        }
        "" if uri.is_empty() => Ok(()),
        _ if uri.is_empty() => Err(ErrorKind::Namespace { what: "a prefix is undeclared" }),
        _ if !is_absolute_uri(uri) => Err(ErrorKind::NamespaceUri { uri: excerpt(uri) }),
        _ => Ok(()),
    }
}

/// Whether `uri` is an absolute URI reference, by the grammar of RFC 3986: what Namespaces in XML 1.0 §2.2
/// calls a namespace name. A library that cannot parse one cannot canonicalize the document either, and its
/// empty output has been taken for the canonical form. So the little that the grammar allows and libxml2 does
/// not take is left out too: an ampersand, an address in brackets, a port that is empty or has more than five
/// digits.
fn is_absolute_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let (before_fragment, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let authority =
        before_fragment.strip_prefix("//").map(|rest| rest.split(['/', '?']).next().unwrap_or(rest));
    is_scheme
        && !rest.is_empty()
        && authority.is_none_or(is_authority)
        && [before_fragment, fragment].into_iter().all(|part| part.bytes().all(is_uri_byte))
        && escapes_are_well_formed(rest)
}

/// `[userinfo "@"] host [":" port]` (RFC 3986 §3.2), whose characters are checked elsewhere.
fn is_authority(authority: &str) -> bool {
    let host_and_port = authority.split_once('@').map_or(authority, |(_, behind)| behind);
    match host_and_port.split_once(':') {
        None => !host_and_port.contains('@'),
        Some((host, port)) => {
            !host.contains('@')
                && (1..=5).contains(&port.len())
                && port.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

/// What may be in a path, a query or a fragment: `pchar`, "/" and "?" (RFC 3986 §3.3 to §3.5), without "&".
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;=:@/?%".contains(&byte)
}

/// Whether every "%" begins two hexadecimal digits (RFC 3986 §2.1).
fn escapes_are_well_formed(text: &str) -> bool {
    let is_escape = |behind: &str| {
        behind.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.split('%').skip(1).all(is_escape)
}

/// The XML declaration (XML 1.0 §2.8): version 1.0, then encoding, then standalone, the latter two optional.
fn declaration(raw: &str, offset: usize) -> Result<(), Located> {
    let wrong = |what| (offset, ErrorKind::Declaration { what });
    let inside = raw.strip_prefix("<?").and_then(|rest| rest.strip_suffix("?>")).unwrap_or_default();
    // Its values are literals, unlike those of attributes.
    if inside.contains('&') {
        return Err(wrong("it holds a reference"));
    }
    let mut tag = TagReader::new(inside, offset + 2);
    tag.element_name()?;
    let malformed = |_| wrong("it is malformed");
    let version = tag.attribute().map_err(malformed)?;
    if version.is_none_or(|version| version.name.whole != "version" || version.value != "1.0") {
        return Err(wrong("the version is not 1.0"));
    }
    let mut next = tag.attribute().map_err(malformed)?;
    if let Some(encoding) = next.take_if(|attribute| attribute.name.whole == "encoding") {
        if !encoding.value.eq_ignore_ascii_case("UTF-8") {
            return Err((encoding.offset, ErrorKind::DeclaredEncoding { name: excerpt(&encoding.value) }));
        }
        next = tag.attribute().map_err(malformed)?;
    }
    if let Some(standalone) = next {
        if standalone.name.whole != "standalone" || !matches!(&*standalone.value, "yes" | "no") {
            return Err(wrong("it holds something else than version, encoding and standalone"));
        }
        if tag.attribute().map_err(malformed)?.is_some() {
            return Err(wrong("it holds something else than version, encoding and standalone"));
        }
    }
    Ok(())
}

/// What is wrong with markup or a reference that quick-xml could not find the end of.
fn unfinished(rest: &str) -> ErrorKind {
    let starts_with_doctype =
        rest.as_bytes().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!DOCTYPE"));
    if starts_with_doctype {
        ErrorKind::Doctype
    } else if rest.starts_with("<!--") {
        ErrorKind::Comment
    } else if rest.starts_with("<?") {
        ErrorKind::ProcessingInstruction
    } else if rest.starts_with("<!") {
        ErrorKind::Syntax { what: "'<!' begins neither a comment nor a CDATA section" }
    } else if rest.starts_with('<') {
        ErrorKind::Syntax { what: "a tag is not closed" }
    } else {
        // Text ends where a reference begins; the one that has no end is next.
        let reference = rest.find('&').map_or(rest, |at| rest.split_at(at).1);
        ErrorKind::Entity { reference: excerpt(reference) }
    }
}
