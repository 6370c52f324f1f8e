use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::error::TestkitError;
use crate::idp::JumpCloud;
use crate::response::User;

/// As much of a browser as a login needs: it keeps cookies, follows a redirect to the stand-in, and posts the
/// form that it gets there.
///
/// Nothing goes over a network. Over HTTP, give it each field `Set-Cookie` and send what it returns.
///
/// ```
/// # use std::time::{Duration, UNIX_EPOCH};
/// # use jumpcloud_sso_testkit::{JumpCloud, TestBrowser, User};
/// # use saml_protocol::{MessageField, encode_redirect};
/// # use url::Url;
/// # let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// # let idp = JumpCloud::new("https://sso.jumpcloud.com/saml2/acme", "idp")?;
/// # let request = "<p:AuthnRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_r' \
/// #     AssertionConsumerServiceURL='https://app.acme.test/acs'><Issuer>sp</Issuer></p:AuthnRequest>";
/// # let redirect = encode_redirect(idp.sso_url(), MessageField::Request, request, Some("state"), None)?;
/// let mut browser = TestBrowser::new();
/// // The service has answered with a redirect and a cookie.
/// browser.set_cookie("login=sealed; Path=/; Secure; HttpOnly; Max-Age=600");
/// let user = User::new("bjensen@acme.test", "Barbara", "Jensen");
/// let post = browser.follow(&redirect, &idp, "sp", &user, now)?;
/// assert_eq!(post.relay_state.as_deref(), Some("state"));
/// assert_eq!(post.cookies.as_deref(), Some("login=sealed"));
/// // What the ACS URL gets is `post.body()`. The service deletes the cookie.
/// browser.set_cookie("login=; Path=/; Max-Age=0");
/// assert_eq!(browser.cookies(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TestBrowser {
    cookies: Vec<(String, String)>,
}

impl TestBrowser {
    /// Creates a browser without cookies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a field `Set-Cookie`: keeps its cookie in place of one of the same name, or deletes that one
    /// where `Max-Age` is zero or less. Other attributes are ignored.
    pub fn set_cookie(&mut self, field: &str) {
        let mut parts = field.split(';').map(|part| part.trim_matches([' ', '\t']));
        let Some((name, value)) = parts.next().and_then(|cookie| cookie.split_once('=')) else { return };
        self.cookies.retain(|(known, _)| known != name);
        let is_deleted = parts.filter_map(|attribute| attribute.split_once('=')).any(|(attribute, age)| {
            attribute.eq_ignore_ascii_case("Max-Age") && age.parse().is_ok_and(|age: i64| age <= 0)
        });
        if !is_deleted {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Returns the value of the header `Cookie`, or `None` if there are no cookies.
    #[must_use]
    pub fn cookies(&self) -> Option<String> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }

    /// Follows the redirect that begins a login to the stand-in, where `user` is logged in, and returns what
    /// the browser posts to the service. `audience` is the service's *SP Entity ID*.
    ///
    /// # Errors
    /// [`TestkitError`] if the redirect carries no request.
    pub fn follow(
        &self,
        redirect: &Url,
        idp: &JumpCloud,
        audience: &str,
        user: &User,
        now: SystemTime,
    ) -> Result<TestPost, TestkitError> {
        let page = idp.answer(redirect.query().unwrap_or_default(), audience, user, now)?;
        let form = TestForm::from_page(page.html())?;
        Ok(TestPost {
            saml_response: form.field("SAMLResponse").unwrap_or_default().to_owned(),
            relay_state: form.field("RelayState").map(str::to_owned),
            cookies: self.cookies(),
        })
    }
}

/// What a browser posts to the ACS URL. A test may change each part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPost {
    /// The field `SAMLResponse`, in base64.
    pub saml_response: String,
    /// The field `RelayState`.
    pub relay_state: Option<String>,
    /// The header `Cookie`.
    pub cookies: Option<String>,
}

impl TestPost {
    /// Creates the post of a Response that answers no request, by a browser that began no login.
    #[must_use]
    pub fn unsolicited(xml: &str) -> Self {
        Self { saml_response: STANDARD.encode(xml), relay_state: None, cookies: None }
    }

    /// Returns the Response, decoded from base64.
    ///
    /// # Errors
    /// [`TestkitError::Form`] if the field is not base64 of text.
    pub fn xml(&self) -> Result<String, TestkitError> {
        let decoded = STANDARD.decode(&self.saml_response).ok().and_then(|xml| String::from_utf8(xml).ok());
        decoded.ok_or(TestkitError::Form { what: "SAMLResponse is not base64 of text" })
    }

    /// Returns the body of the request, of the type `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = Serializer::new(String::new());
        body.append_pair("SAMLResponse", &self.saml_response);
        if let Some(relay_state) = &self.relay_state {
            body.append_pair("RelayState", relay_state);
        }
        body.finish()
    }
}

/// The form of a page that submits itself, such as the HTTP-POST binding has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestForm {
    action: String,
    fields: Vec<(String, String)>,
}

impl TestForm {
    /// Reads the first form of a page of HTML.
    ///
    /// # Errors
    /// [`TestkitError::Form`] if there is none with an action.
    pub fn from_page(html: &str) -> Result<Self, TestkitError> {
        let missing = TestkitError::Form { what: "the page has no form with an action" };
        let Some((_, form)) = html.split_once("<form ") else { return Err(missing) };
        let Some(action) = attribute(form, "action") else { return Err(missing) };
        let inputs = form.split("<input ").skip(1);
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
        Ok(Self { action, fields: fields.collect() })
    }

    /// Returns the address that the form is posted to.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the names and the values of the fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// The value of the first attribute of this name, in double quotes.
fn attribute(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
