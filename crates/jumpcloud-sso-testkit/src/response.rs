//! Responses in JumpCloud's shape.

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use saml_encryption::{EncryptOptions, encrypt};
use saml_protocol::{MessageField, PostForm, format_instant};
use saml_signature::{SignOptions, SignatureAlgorithm, sign};
use saml_xml::XmlWriter;
use url::Url;

use crate::error::TestkitError;
use crate::idp::JumpCloud;
use crate::request::IncomingRequest;

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const FORMAT_ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified";

/// JumpCloud's default, with SAML 1.0 where one would expect 1.1.
const NAME_ID_FORMAT: &str = "urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified";

/// JumpCloud's assertions are valid from five minutes before to five minutes after they are issued.
const VALIDITY: Duration = Duration::from_secs(5 * 60);

impl JumpCloud {
    /// Begins a Response to the service `audience`, its *SP Entity ID*, at `acs_url`.
    #[must_use]
    pub fn response<'j>(&'j self, acs_url: &str, audience: &str, now: SystemTime) -> ResponseBuilder<'j> {
        ResponseBuilder::new(self, acs_url, audience, now)
    }

    /// What JumpCloud does when a browser comes to the *IDP URL* with the query of a redirect, once the user
    /// has logged in there: answers with a page that posts the Response to the service. `audience` is the
    /// configured *SP Entity ID*.
    ///
    /// # Errors
    /// [`TestkitError`] where the query holds no request.
    pub fn answer(
        &self,
        query: &str,
        audience: &str,
        user: &User,
        now: SystemTime,
    ) -> Result<PostForm, TestkitError> {
        let request = IncomingRequest::from_query(query)?;
        let xml = self
            .response(request.acs_url(), audience, now)
            .user(user)
            .in_response_to(request.id())
            .build()?;
        let destination = Url::parse(request.acs_url()).map_err(|_| TestkitError::Url)?;
        Ok(PostForm::new(&destination, MessageField::Response, &xml, request.relay_state())?)
    }
}

/// A user in JumpCloud's directory.
#[derive(Clone, Debug)]
pub struct User {
    email: String,
    first_name: String,
    last_name: String,
    groups: Option<Vec<String>>,
}

impl User {
    /// A user without groups.
    #[must_use]
    pub fn new(email: &str, first_name: &str, last_name: &str) -> Self {
        Self {
            email: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            groups: None,
        }
    }

    /// In these groups, which the application sends as `memberOf`.
    #[must_use]
    pub fn groups(mut self, groups: &[&str]) -> Self {
        self.groups = Some(groups.iter().map(|&group| group.to_owned()).collect());
        self
    }
}

/// JumpCloud's field *Sign*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing, which no setting of JumpCloud does.
    Nothing,
    /// The assertion: the default, and *Sign Assertion* of the older page.
    Assertion,
    /// The Response.
    Response,
    /// Both.
    Both,
}

/// How attributes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeStyle {
    /// Name and value only.
    Plain,
    /// With `NameFormat` and `xsi:type`, and `xs` in the `PrefixList` of the signature, as OpenSAML writes
    /// them.
    Typed,
    /// One `Attribute` for each value of the same name.
    Repeated,
}

/// A Response about to be made.
#[derive(Clone, Debug)]
pub struct ResponseBuilder<'j> {
    idp: &'j JumpCloud,
    acs_url: String,
    audience: String,
    now: SystemTime,
    in_response_to: Option<String>,
    name_id: String,
    name_id_format: String,
    attributes: Vec<(String, Vec<String>)>,
    style: AttributeStyle,
    sign: Sign,
    algorithm: Option<SignatureAlgorithm>,
    session_not_on_or_after: Option<SystemTime>,
    ids: Option<(String, String)>,
    encrypt: Option<(Vec<u8>, EncryptOptions)>,
}

impl<'j> ResponseBuilder<'j> {
    pub(crate) fn new(idp: &'j JumpCloud, acs_url: &str, audience: &str, now: SystemTime) -> Self {
        Self {
            idp,
            acs_url: acs_url.to_owned(),
            audience: audience.to_owned(),
            now,
            in_response_to: None,
            name_id: "bjensen@acme.test".to_owned(),
            name_id_format: NAME_ID_FORMAT.to_owned(),
            attributes: Vec::new(),
            style: AttributeStyle::Plain,
            sign: Sign::Assertion,
            algorithm: None,
            session_not_on_or_after: None,
            ids: None,
            encrypt: None,
        }
    }

    /// About this user: e-mail address as NameID, and the attributes of the guide: `email`, `firstName`,
    /// `lastName`.
    #[must_use]
    pub fn user(mut self, user: &User) -> Self {
        self.name_id.clone_from(&user.email);
        for (name, value) in
            [("email", &user.email), ("firstName", &user.first_name), ("lastName", &user.last_name)]
        {
            self = self.attribute(name, &[value]);
        }
        if let Some(groups) = &user.groups {
            self.attributes.push(("memberOf".to_owned(), groups.clone()));
        }
        self
    }

    /// With this attribute. Without any there is no `AttributeStatement`.
    #[must_use]
    pub fn attribute(mut self, name: &str, values: &[&str]) -> Self {
        self.attributes.push((name.to_owned(), values.iter().map(|&value| value.to_owned()).collect()));
        self
    }

    /// With attributes in another style.
    #[must_use]
    pub fn style(mut self, style: AttributeStyle) -> Self {
        self.style = style;
        self
    }

    /// About the subject of this name.
    #[must_use]
    pub fn name_id(mut self, value: &str, format: &str) -> Self {
        value.clone_into(&mut self.name_id);
        format.clone_into(&mut self.name_id_format);
        self
    }

    /// In answer to this request. Without it the login began at JumpCloud.
    #[must_use]
    pub fn in_response_to(mut self, request_id: &str) -> Self {
        self.in_response_to = Some(request_id.to_owned());
        self
    }

    /// With another choice of what is signed.
    #[must_use]
    pub fn sign(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }

    /// With another algorithm than the default one of the key.
    #[must_use]
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// With an end of the session, which JumpCloud never gives.
    #[must_use]
    pub fn session_not_on_or_after(mut self, end: SystemTime) -> Self {
        self.session_not_on_or_after = Some(end);
        self
    }

    /// With these IDs of the Response and of the assertion, instead of random ones.
    #[must_use]
    pub fn ids(mut self, response: &str, assertion: &str) -> Self {
        self.ids = Some((response.to_owned(), assertion.to_owned()));
        self
    }

    /// With the assertion encrypted to the key of a `SubjectPublicKeyInfo`, which JumpCloud never does.
    #[must_use]
    pub fn encrypt(mut self, public_key_der: &[u8], options: EncryptOptions) -> Self {
        self.encrypt = Some((public_key_der.to_vec(), options));
        self
    }

    /// The Response as JumpCloud would send it, before base64.
    ///
    /// # Errors
    /// [`TestkitError`].
    pub fn build(&self) -> Result<String, TestkitError> {
        let ids = self.ids.clone();
        let (response_id, assertion_id) =
            ids.map_or_else(|| Ok((random_id()?, random_id()?)), Ok::<_, TestkitError>)?;
        let mut assertion = self.assertion(&assertion_id)?;
        if matches!(self.sign, Sign::Assertion | Sign::Both) {
            assertion = self.sign_element(&assertion, &assertion_id)?;
        }
        if let Some((public_key, options)) = &self.encrypt {
            assertion = encrypt(&assertion, public_key, options)?;
        }
        let mut response = self.envelope(&response_id)?.replace(PLACE_OF_ASSERTION, &assertion);
        if matches!(self.sign, Sign::Response | Sign::Both) {
            response = self.sign_element(&response, &response_id)?;
        }
        Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{response}"))
    }

    fn sign_element(&self, xml: &str, id: &str) -> Result<String, TestkitError> {
        let mut options = SignOptions::default().certificate(self.idp.certificate());
        if let Some(algorithm) = self.algorithm {
            options = options.algorithm(algorithm);
        }
        if self.style == AttributeStyle::Typed && !self.attributes.is_empty() {
            options = options.inclusive_prefixes("xs");
        }
        Ok(sign(xml, id, self.idp.key(), &options)?)
    }

    fn instant(instant: SystemTime) -> Result<String, TestkitError> {
        format_instant(instant).ok_or(TestkitError::Environment)
    }

    fn envelope(&self, id: &str) -> Result<String, TestkitError> {
        let mut xml = XmlWriter::new();
        xml.start("saml2p:Response").attribute("xmlns:saml2p", PROTOCOL);
        xml.attribute("Consent", "urn:oasis:names:tc:SAML:2.0:consent:unspecified");
        xml.attribute("Destination", &self.acs_url).attribute("ID", id);
        xml.optional_attribute("InResponseTo", self.in_response_to.as_deref());
        xml.attribute("IssueInstant", &Self::instant(self.now)?).attribute("Version", "2.0");
        xml.start("saml2:Issuer").attribute("xmlns:saml2", ASSERTION).attribute("Format", FORMAT_ENTITY);
        xml.text(self.idp.entity_id()).end();
        xml.start("saml2p:Status").start("saml2p:StatusCode");
        xml.attribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Success").end().end();
        xml.start("assertion-goes-here").end();
        Ok(xml.finish()?)
    }

    fn assertion(&self, id: &str) -> Result<String, TestkitError> {
        let now = Self::instant(self.now)?;
        let (not_before, not_on_or_after) =
            (Self::instant(self.now - VALIDITY)?, Self::instant(self.now + VALIDITY)?);
        let mut xml = XmlWriter::new();
        xml.start("saml2:Assertion").attribute("xmlns:saml2", ASSERTION).attribute("ID", id);
        xml.attribute("IssueInstant", &now).attribute("Version", "2.0");
        xml.start("saml2:Issuer").attribute("Format", FORMAT_ENTITY).text(self.idp.entity_id()).end();
        xml.start("saml2:Subject");
        xml.start("saml2:NameID").attribute("Format", &self.name_id_format).text(&self.name_id).end();
        xml.start("saml2:SubjectConfirmation").attribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer");
        xml.start("saml2:SubjectConfirmationData");
        xml.optional_attribute("InResponseTo", self.in_response_to.as_deref());
        xml.attribute("NotOnOrAfter", &not_on_or_after)
            .attribute("Recipient", &self.acs_url)
            .end()
            .end()
            .end();
        xml.start("saml2:Conditions").attribute("NotBefore", &not_before);
        xml.attribute("NotOnOrAfter", &not_on_or_after);
        xml.start("saml2:AudienceRestriction").element("saml2:Audience", &self.audience).end().end();
        xml.start("saml2:AuthnStatement")
            .attribute("AuthnInstant", &now)
            .attribute("SessionIndex", &session_index()?);
        if let Some(end) = self.session_not_on_or_after {
            xml.attribute("SessionNotOnOrAfter", &Self::instant(end)?);
        }
        let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
        xml.start("saml2:AuthnContext").element("saml2:AuthnContextClassRef", class).end().end();
        self.write_attributes(&mut xml);
        Ok(xml.finish()?)
    }

    fn write_attributes(&self, xml: &mut XmlWriter) {
        if self.attributes.is_empty() {
            return;
        }
        xml.start("saml2:AttributeStatement");
        for (name, values) in &self.attributes {
            if self.style == AttributeStyle::Repeated {
                for value in values {
                    self.write_attribute(xml, name, std::slice::from_ref(value));
                }
            } else {
                self.write_attribute(xml, name, values);
            }
        }
        xml.end();
    }

    fn write_attribute(&self, xml: &mut XmlWriter, name: &str, values: &[String]) {
        let typed = self.style == AttributeStyle::Typed;
        xml.start("saml2:Attribute").attribute("Name", name);
        xml.optional_attribute("NameFormat", typed.then_some(UNSPECIFIED));
        for value in values {
            xml.start("saml2:AttributeValue");
            if typed {
                xml.attribute("xmlns:xs", "http://www.w3.org/2001/XMLSchema");
                xml.attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
                xml.attribute("xsi:type", "xs:string");
            }
            xml.text(value).end();
        }
        xml.end();
    }
}

/// What [`ResponseBuilder::envelope`] leaves for the assertion, which is signed by itself before it goes
/// there.
const PLACE_OF_ASSERTION: &str = "<assertion-goes-here/>";

/// 40 characters out of `A-Z0-9`, as JumpCloud's IDs are.
fn random_id() -> Result<String, TestkitError> {
    const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let characters =
        random_bytes::<40>()?.map(|byte| ALPHABET.iter().cycle().nth(usize::from(byte)).copied());
    Ok(characters.into_iter().flatten().map(char::from).collect())
}

/// A UUID of version 4 (RFC 9562 §5.4), as JumpCloud's session indexes are.
fn session_index() -> Result<String, TestkitError> {
    let hexadecimal =
        random_bytes::<16>()?.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let part = |range: std::ops::Range<usize>| hexadecimal.get(range).unwrap_or_default();
    Ok(format!("{}-{}-4{}-a{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32)))
}

fn random_bytes<const N: usize>() -> Result<[u8; N], TestkitError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| TestkitError::Environment)?;
    Ok(bytes)
}
