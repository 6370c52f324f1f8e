//! The form that is posted to the ACS URL.

use std::fmt;

use saml_protocol::BindingError;

/// The form that JumpCloud has a browser post to the ACS URL.
#[derive(Clone, Copy)]
pub struct LoginForm<'f> {
    /// The field `SAMLResponse`.
    pub saml_response: &'f str,
    /// The field `RelayState`, if there is one.
    pub relay_state: Option<&'f str>,
}

impl fmt::Debug for LoginForm<'_> {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginForm").field("saml_response", &self.saml_response.len()).finish_non_exhaustive()
    }
}

/// The form of a request to the ACS URL, read from its body.
#[derive(Clone)]
pub struct PostedForm {
    saml_response: String,
    relay_state: Option<String>,
}

impl PostedForm {
    /// Reads a body of the type `application/x-www-form-urlencoded`. Of the two fields neither may be there
    /// twice: a proxy and a service could each take another one.
    ///
    /// # Errors
    /// [`BindingError::Missing`], [`BindingError::Duplicate`].
    pub fn parse(body: &[u8]) -> Result<Self, BindingError> {
        let (mut saml_response, mut relay_state) = (None, None);
        for (name, value) in url::form_urlencoded::parse(body) {
            let field = match &*name {
                "SAMLResponse" => &mut saml_response,
                "RelayState" => &mut relay_state,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(BindingError::Duplicate { parameter: name.into_owned() });
            }
        }
        let saml_response = saml_response.ok_or(BindingError::Missing { parameter: "SAMLResponse" })?;
        Ok(Self { saml_response, relay_state })
    }

    /// What [`SingleSignOn::finish_login`](crate::SingleSignOn::finish_login) takes.
    #[must_use]
    pub fn as_form(&self) -> LoginForm<'_> {
        LoginForm { saml_response: &self.saml_response, relay_state: self.relay_state.as_deref() }
    }
}

impl fmt::Debug for PostedForm {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_form().fmt(f)
    }
}
