//! A strict XML tree and its exclusive canonical form, made for SAML.
//!
//! An XML signature vouches for a *document*, not for bytes: whoever verifies and whoever reads have to agree
//! on what the bytes say. Most published attacks on SAML live off two parsers that do not, or off one that is
//! lenient. This crate is therefore one parser with one tree, from which both the canonical bytes and the
//! values are taken, and it refuses everything that has no place in a SAML message:
//!
//! - the input is UTF-8, whatever it declares itself to be;
//! - it is well-formed in the full sense of [XML 1.0] and [Namespaces in XML 1.0];
//! - it has no DOCTYPE, no processing instruction and no entity other than the five that XML predefines;
//! - comments stand between elements only, never beside character data, and leave no trace in the tree;
//! - it stays inside of [`Limits`]: work and memory are bounded before they are spent.
//!
//! Parsing, canonicalization and dropping a tree do not recurse. The tree borrows from the input.
//!
//! ```
//! use saml_xml::{Document, Limits, PrefixList};
//!
//! let input = b"<a:r xmlns:a='urn:a' b='2' a='1'><!-- c --><a:s/></a:r>";
//! let document = Document::parse(input, &Limits::default())?;
//! let root = document.root();
//! assert!(root.is("urn:a", "r"));
//! assert_eq!(root.attribute("b"), Some("2"));
//!
//! let mut canonical = Vec::new();
//! root.canonicalize(&PrefixList::default(), &mut canonical)?;
//! assert_eq!(canonical, br#"<a:r xmlns:a="urn:a" a="1" b="2"><a:s></a:s></a:r>"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate knows no SAML and no cryptography.
//!
//! [XML 1.0]: https://www.w3.org/TR/xml/
//! [Namespaces in XML 1.0]: https://www.w3.org/TR/xml-names/

mod canonical;
mod characters;
mod codes;
mod document;
mod error;
mod invisible;
mod limits;
mod parser;
mod reference;
mod tag;
mod writer;

pub use canonical::{CanonicalizeError, PrefixList, PrefixListError};
pub use codes::CODES;
pub use document::{
    Attribute, Attributes, ChildElements, ContentError, Document, Element, Elements, IdError,
};
pub use error::{ErrorKind, ParseError, Position};
pub use invisible::is_invisible;
pub use limits::Limits;
pub use writer::{WriteError, XmlWriter};
