//! Asking the identity provider to log somebody in (SAML core §3.4.1, profiles §4.1.4.1).

use std::fmt;
use std::time::SystemTime;

use saml_signature::{SignError, SignOptions, SigningKey, sign};
use saml_xml::{WriteError, XmlWriter};
use thiserror::Error;

use crate::instant::format_instant;
use crate::names::{ASSERTION, BINDING_POST, PROTOCOL};

/// An `AuthnRequest`: "log somebody in and post the result to this address".
///
/// By default it asks for no particular kind of name or authentication: the identity provider sends what it
/// is configured to send.
#[derive(Clone, Debug)]
pub struct AuthnRequest<'r> {
    id: &'r RequestId,
    destination: &'r str,
    issuer: &'r str,
    acs_url: &'r str,
    issue_instant: SystemTime,
    force_authn: bool,
    name_id_format: Option<&'r str>,
    authn_contexts: Vec<&'r str>,
}

impl<'r> AuthnRequest<'r> {
    /// A request with the ID `id` to the identity provider's `destination`, its SSO URL, from `sp_entity_id`;
    /// the answer goes to `acs_url`.
    #[must_use]
    pub fn new(
        id: &'r RequestId,
        destination: &'r str,
        sp_entity_id: &'r str,
        acs_url: &'r str,
        issue_instant: SystemTime,
    ) -> Self {
        Self {
            id,
            destination,
            issuer: sp_entity_id,
            acs_url,
            issue_instant,
            force_authn: false,
            name_id_format: None,
            authn_contexts: Vec::new(),
        }
    }

    /// Asks the identity provider to have the user prove who they are anew, even with a session there.
    #[must_use]
    pub fn force_authn(mut self) -> Self {
        self.force_authn = true;
        self
    }

    /// Asks for a kind of name. Without it the identity provider sends what it is configured to.
    #[must_use]
    pub fn name_id_format(mut self, format: &'r str) -> Self {
        self.name_id_format = Some(format);
        self
    }

    /// Asks the identity provider to authenticate the user in one of these ways, exactly: URIs of classes, in
    /// the order of preference (core §3.3.2.2.1). Without any, it decides. The answer is checked by
    /// [`Expected::require_authn_contexts`](crate::Expected::require_authn_contexts).
    #[must_use]
    pub fn requested_authn_contexts(mut self, classes: impl IntoIterator<Item = &'r str>) -> Self {
        self.authn_contexts = classes.into_iter().collect();
        self
    }

    /// The message.
    ///
    /// # Errors
    /// [`AuthnRequestError`] where a value cannot be represented.
    pub fn to_xml(&self) -> Result<String, AuthnRequestError> {
        let issue_instant = format_instant(self.issue_instant).ok_or(AuthnRequestError::Instant)?;
        let mut xml = XmlWriter::new();
        xml.start("samlp:AuthnRequest").attribute("xmlns:samlp", PROTOCOL);
        xml.attribute("AssertionConsumerServiceURL", self.acs_url).attribute("Destination", self.destination);
        xml.optional_attribute("ForceAuthn", self.force_authn.then_some("true"))
            .attribute("ID", self.id.as_str());
        xml.attribute("IssueInstant", &issue_instant).attribute("ProtocolBinding", BINDING_POST);
        xml.attribute("Version", "2.0");
        xml.start("saml:Issuer").attribute("xmlns:saml", ASSERTION).text(self.issuer).end();
        if let Some(format) = self.name_id_format {
            xml.start("samlp:NameIDPolicy")
                .attribute("AllowCreate", "true")
                .attribute("Format", format)
                .end();
        }
        if !self.authn_contexts.is_empty() {
            xml.start("samlp:RequestedAuthnContext").attribute("Comparison", "exact");
            for class in &self.authn_contexts {
                xml.start("saml:AuthnContextClassRef").attribute("xmlns:saml", ASSERTION).text(class).end();
            }
            xml.end();
        }
        Ok(xml.finish()?)
    }

    /// The message with a signature in it, for the HTTP-POST binding. JumpCloud asks for none.
    ///
    /// # Errors
    /// [`AuthnRequestError`].
    pub fn to_signed_xml(
        &self,
        key: &SigningKey,
        options: &SignOptions<'_>,
    ) -> Result<String, AuthnRequestError> {
        Ok(sign(&self.to_xml()?, self.id.as_str(), key, options)?)
    }
}

/// The ID of a request: 160 random bits, so that nobody can guess it (core §1.3.4 asks for 128 to 160).
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A fresh ID from the operating system's randomness.
    ///
    /// # Errors
    /// [`AuthnRequestError::Random`] where that fails.
    pub fn generate() -> Result<Self, AuthnRequestError> {
        let mut random = [0_u8; 20];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| AuthnRequestError::Random)?;
        // An xs:ID must not begin with a digit.
        Ok(Self(random.iter().fold(String::from("_"), |id, byte| format!("{id}{byte:02x}"))))
    }

    /// An ID that was handed out before, as it came back out of a store or a sealed cookie. `None` where it
    /// could be none of ours.
    #[must_use]
    pub fn from_stored(id: &str) -> Option<Self> {
        let is_ours =
            id.len() == 41 && id.starts_with('_') && id.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| Self(id.to_owned()))
    }

    /// The ID as it stands in the message.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

/// Why there is no request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthnRequestError {
    /// The clock is outside of the years 0 to 9999.
    #[error("the clock is out of range")]
    Instant,
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    Random,
    /// A value holds a character that XML cannot represent.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The request could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl AuthnRequestError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Instant => "config.clock",
            Self::Random => "config.random",
            Self::Write(error) => error.code(),
            Self::Sign(_) => "config.signing_failed",
        }
    }
}
