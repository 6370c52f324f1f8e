//! SAML 2.0 as a service needs it for single sign-on through a browser: messages, bindings, and the rules by
//! which a Response is accepted.
//!
//! The way of a login through this crate, each step taking what the one before has proven:
//!
//! 1. An [`AuthnRequest`] leaves by [`encode_redirect`] or as a [`PostForm`].
//! 2. The Response comes back in a form field; [`decode_post`] gives its bytes.
//! 3. [`ResponseVerifier::verify`] parses, checks the structure, verifies the signatures under pinned keys
//!    and reads the one signed assertion: a [`VerifiedResponse`]. It is genuine, but perhaps for somebody
//!    else. Between [`parse`](ResponseVerifier::parse) and [`verify_parsed`](ResponseVerifier::verify_parsed)
//!    a service can ask whether the browser began a login at all, before it computes any signature.
//! 4. [`VerifiedResponse::accept`] holds it against what was [`Expected`], now: an [`AcceptedAssertion`].
//!    Only this has accessors for what the assertion says.
//!
//! Time is an argument. Nothing here reads a clock, opens a connection or keeps state: that an assertion is
//! used only once is the caller's business, with [`AcceptedAssertion::replay_key`].
//!
//! The specifications: [core], [bindings], [profiles], [metadata].
//!
//! [core]: https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
//! [bindings]: https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf
//! [profiles]: https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf
//! [metadata]: https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf

mod accept;
mod assertion;
mod authn_request;
mod binding;
mod codes;
mod instant;
mod metadata;
mod names;
mod rejection;
mod response;
mod schema;
mod space;

pub use accept::{AcceptedAssertion, Expected, Parties};
pub use assertion::{Attribute, AttributeValue, NameId};
pub use authn_request::{AuthnRequest, AuthnRequestError, RequestId};
pub use binding::{BindingError, MessageField, PostForm, RedirectMessage, decode_post, encode_redirect};
pub use codes::CODES;
pub use instant::{format_instant, parse_instant};
pub use metadata::{IdpMetadata, MetadataError, SpMetadata};
pub use rejection::Rejection;
pub use response::{
    AssertionSchemaError, Evidence, ResponseError, ResponseVerifier, SignedParts, Status, UnverifiedResponse,
    VerifiedResponse,
};
pub use saml_xml::is_invisible;
pub use schema::SchemaError;
