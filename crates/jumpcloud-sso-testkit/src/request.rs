use saml_protocol::{MessageField, RedirectMessage};
use saml_xml::{Document, Limits};

use crate::error::TestkitError;

/// An `AuthnRequest` as it arrives at the identity provider.
#[derive(Clone, Debug)]
pub struct IncomingRequest {
    id: String,
    issuer: String,
    acs_url: String,
    relay_state: Option<String>,
}

impl IncomingRequest {
    /// Takes the request out of the query of a redirect, without the `?`. JumpCloud asks for no signature.
    ///
    /// # Errors
    /// [`TestkitError`].
    pub fn from_query(query: &str) -> Result<Self, TestkitError> {
        let message = RedirectMessage::decode(query, MessageField::Request)?;
        let document = Document::parse(message.unsigned_message(), &Limits::default())?;
        let root = document.root();
        if !root.is("urn:oasis:names:tc:SAML:2.0:protocol", "AuthnRequest") {
            return Err(TestkitError::Request { what: "the message is another one" });
        }
        let attribute =
            |name: &str, what| root.attribute(name).map(str::to_owned).ok_or(TestkitError::Request { what });
        let issuer = root.child_elements().ok().and_then(|mut children| children.next());
        let issuer = issuer.and_then(|issuer| issuer.text().ok());
        Ok(Self {
            id: attribute("ID", "it has no ID")?,
            issuer: issuer.ok_or(TestkitError::Request { what: "it has no Issuer" })?.to_owned(),
            acs_url: attribute("AssertionConsumerServiceURL", "it has no AssertionConsumerServiceURL")?,
            relay_state: message.relay_state().map(str::to_owned),
        })
    }

    /// The ID that the Response has to answer.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The entity ID of the service that asks.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the Response goes.
    #[must_use]
    pub fn acs_url(&self) -> &str {
        &self.acs_url
    }

    /// What the service wants back with the Response.
    #[must_use]
    pub fn relay_state(&self) -> Option<&str> {
        self.relay_state.as_deref()
    }
}
