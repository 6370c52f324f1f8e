//! The assertion as its issuer wrote it (SAML core §2.3). It is authentic, but nobody asked yet whether it is
//! for us.

use std::fmt;
use std::time::SystemTime;

use saml_signature::SignedElement;
use saml_xml::Element;
use sso_types::text::excerpt;

use crate::names::{ASSERTION, DSIG, XSI};
use crate::schema::{
    SchemaError, Sequence, is_true, known_attributes, optional_instant, required_attribute, required_instant,
    unexpected,
};
use crate::space::WHITE_SPACE;

/// An assertion that a pinned key signed. Made of a [`SignedElement`] only.
#[derive(Clone)]
pub(crate) struct Assertion {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) issue_instant: SystemTime,
    pub(crate) issuer: Issuer,
    pub(crate) subject: Option<Subject>,
    pub(crate) conditions: Option<Conditions>,
    pub(crate) authn_statements: Vec<AuthnStatement>,
    pub(crate) attributes: Vec<Attribute>,
}

impl Assertion {
    /// Reads the assertion out of its signed element, in the sequence of the schema. The signature within it,
    /// which does not cover itself, is passed over as a whole.
    ///
    /// # Errors
    /// [`SchemaError`] where it departs from the schema in any way that could matter.
    pub(crate) fn read(signed: &SignedElement<'_, '_>) -> Result<Self, SchemaError> {
        let element = signed.element();
        known_attributes(element, &["ID", "IssueInstant", "Version"])?;
        let mut children = Sequence::of(element)?;
        let issuer = Issuer::read(children.required(ASSERTION, "Issuer")?)?;
        let _ = children.optional(DSIG, "Signature");
        let subject = children.optional(ASSERTION, "Subject").map(Subject::read).transpose()?;
        let conditions = children.optional(ASSERTION, "Conditions").map(Conditions::read).transpose()?;
        // Advice is what may be ignored (core §2.6.1); assertions within it were refused before.
        let _ = children.optional(ASSERTION, "Advice");
        let mut assertion = Self {
            id: required_attribute(element, "ID")?.to_owned(),
            version: required_attribute(element, "Version")?.to_owned(),
            issue_instant: required_instant(element, "IssueInstant")?,
            issuer,
            subject,
            conditions,
            authn_statements: Vec::new(),
            attributes: Vec::new(),
        };
        while let Some(statement) = children.next() {
            assertion.read_statement(element, statement)?;
        }
        Ok(assertion)
    }

    fn read_statement(
        &mut self,
        parent: Element<'_, '_>,
        statement: Element<'_, '_>,
    ) -> Result<(), SchemaError> {
        if statement.is(ASSERTION, "AuthnStatement") {
            self.authn_statements.push(AuthnStatement::read(statement)?);
        } else if statement.is(ASSERTION, "AttributeStatement") {
            read_attributes(statement, &mut self.attributes)?;
        } else if !statement.is(ASSERTION, "AuthzDecisionStatement") {
            return Err(unexpected(parent, statement));
        }
        Ok(())
    }
}

impl fmt::Debug for Assertion {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("id", &self.id)
            .field("issuer", &self.issuer.value)
            .finish_non_exhaustive()
    }
}

/// `Issuer`, an entity ID (core §2.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) value: String,
    pub(crate) format: Option<String>,
}

impl Issuer {
    pub(crate) fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &["Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"])?;
        Ok(Self { value: element.text()?.to_owned(), format: element.attribute("Format").map(str::to_owned) })
    }
}

/// `Subject` (core §2.4.1).
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) identifier: Identifier,
    pub(crate) confirmations: Vec<SubjectConfirmation>,
}

/// What identifies a subject, or who confirms it.
#[derive(Clone)]
pub(crate) enum Identifier {
    None,
    NameId(NameId),
    /// `BaseID` or `EncryptedID`, by that name.
    Other(String),
}

impl Identifier {
    fn read(children: &mut Sequence<'_, '_>) -> Result<Self, SchemaError> {
        if let Some(name_id) = children.optional(ASSERTION, "NameID") {
            return Ok(Self::NameId(NameId::read(name_id)?));
        }
        let other =
            children.optional(ASSERTION, "BaseID").or_else(|| children.optional(ASSERTION, "EncryptedID"));
        Ok(other.map_or(Self::None, |other| Self::Other(excerpt(other.local_name()))))
    }
}

impl Subject {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &[])?;
        let mut children = Sequence::of(element)?;
        let identifier = Identifier::read(&mut children)?;
        let mut confirmations = Vec::with_capacity(1);
        while let Some(confirmation) = children.optional(ASSERTION, "SubjectConfirmation") {
            confirmations.push(SubjectConfirmation::read(confirmation)?);
        }
        children.finish()?;
        Ok(Self { identifier, confirmations })
    }
}

/// `NameID`: who the subject is to this identity provider (core §2.2.3).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NameId {
    value: String,
    format: Option<String>,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
}

impl NameId {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &["Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"])?;
        let attribute = |name| element.attribute(name).map(str::to_owned);
        Ok(Self {
            // White space around it is how some products lay out their XML. In an Issuer and in an Audience
            // it counts: those are compared with what an administrator typed.
            value: element.text()?.trim_matches(WHITE_SPACE).to_owned(),
            format: attribute("Format"),
            name_qualifier: attribute("NameQualifier"),
            sp_name_qualifier: attribute("SPNameQualifier"),
        })
    }

    /// The identifier, to the letter but for white space around it.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The URI of the format, where one is given. JumpCloud's default is
    /// `urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified`.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// The namespace of the identifier on the identity provider's side, where one is given.
    #[must_use]
    pub fn name_qualifier(&self) -> Option<&str> {
        self.name_qualifier.as_deref()
    }

    /// The namespace of the identifier on the service's side, where one is given.
    #[must_use]
    pub fn sp_name_qualifier(&self) -> Option<&str> {
        self.sp_name_qualifier.as_deref()
    }
}

impl fmt::Debug for NameId {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameId").field("format", &self.format).finish_non_exhaustive()
    }
}

/// `SubjectConfirmation` (core §2.4.1.1).
#[derive(Clone)]
pub(crate) struct SubjectConfirmation {
    pub(crate) method: String,
    pub(crate) identifier: Identifier,
    pub(crate) data: Option<SubjectConfirmationData>,
}

impl SubjectConfirmation {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &["Method"])?;
        let method = required_attribute(element, "Method")?.to_owned();
        let mut children = Sequence::of(element)?;
        let identifier = Identifier::read(&mut children)?;
        let data = children.optional(ASSERTION, "SubjectConfirmationData");
        let data = data.map(SubjectConfirmationData::read).transpose()?;
        children.finish()?;
        Ok(Self { method, identifier, data })
    }
}

/// `SubjectConfirmationData` (core §2.4.1.2).
#[derive(Clone)]
pub(crate) struct SubjectConfirmationData {
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) not_on_or_after: Option<SystemTime>,
    pub(crate) recipient: Option<String>,
    pub(crate) in_response_to: Option<String>,
}

impl SubjectConfirmationData {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        // The schema lets it hold anything; nothing but these attributes is looked at.
        Ok(Self {
            not_before: optional_instant(element, "NotBefore")?,
            not_on_or_after: optional_instant(element, "NotOnOrAfter")?,
            recipient: element.attribute("Recipient").map(str::to_owned),
            in_response_to: element.attribute("InResponseTo").map(str::to_owned),
        })
    }
}

/// `Conditions` (core §2.5.1).
#[derive(Clone, Default)]
pub(crate) struct Conditions {
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) not_on_or_after: Option<SystemTime>,
    /// Each restriction with its audiences; all restrictions have to be met, each by one audience.
    pub(crate) audience_restrictions: Vec<Vec<String>>,
    pub(crate) one_time_use: bool,
    /// The local names of conditions that are not known here.
    pub(crate) unknown: Vec<String>,
}

impl Conditions {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &["NotBefore", "NotOnOrAfter"])?;
        let mut conditions = Self {
            not_before: optional_instant(element, "NotBefore")?,
            not_on_or_after: optional_instant(element, "NotOnOrAfter")?,
            ..Self::default()
        };
        let mut proxy_restriction = false;
        for condition in element.child_elements()? {
            if condition.is(ASSERTION, "AudienceRestriction") {
                conditions.audience_restrictions.push(read_audiences(condition)?);
            } else if condition.is(ASSERTION, "OneTimeUse") {
                // Core §2.5.1.5 and §2.5.1.6: at most one of each.
                if std::mem::replace(&mut conditions.one_time_use, true) {
                    return Err(unexpected(element, condition));
                }
            } else if condition.is(ASSERTION, "ProxyRestriction") {
                // It restricts who may issue further assertions on the ground of this one, which nobody does
                // here.
                if std::mem::replace(&mut proxy_restriction, true) {
                    return Err(unexpected(element, condition));
                }
            } else {
                conditions.unknown.push(excerpt(condition.local_name()));
            }
        }
        Ok(conditions)
    }
}

fn read_audiences(restriction: Element<'_, '_>) -> Result<Vec<String>, SchemaError> {
    let mut children = Sequence::of(restriction)?;
    let mut audiences = vec![children.required(ASSERTION, "Audience")?.text()?.to_owned()];
    while let Some(audience) = children.optional(ASSERTION, "Audience") {
        audiences.push(audience.text()?.to_owned());
    }
    children.finish()?;
    Ok(audiences)
}

/// `AuthnStatement`: when and how the subject proved who they are (core §2.7.2).
#[derive(Clone, Debug)]
pub(crate) struct AuthnStatement {
    pub(crate) authn_instant: SystemTime,
    pub(crate) session_index: Option<String>,
    pub(crate) session_not_on_or_after: Option<SystemTime>,
    pub(crate) context_class: Option<String>,
}

impl AuthnStatement {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        known_attributes(element, &["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"])?;
        let mut children = Sequence::of(element)?;
        let _ = children.optional(ASSERTION, "SubjectLocality");
        let context = children.required(ASSERTION, "AuthnContext")?;
        children.finish()?;
        let mut context = Sequence::of(context)?;
        let class = context.optional(ASSERTION, "AuthnContextClassRef");
        Ok(Self {
            authn_instant: required_instant(element, "AuthnInstant")?,
            session_index: element.attribute("SessionIndex").map(str::to_owned),
            session_not_on_or_after: optional_instant(element, "SessionNotOnOrAfter")?,
            context_class: class.map(|class| class.text().map(str::to_owned)).transpose()?,
        })
    }
}

/// An attribute of the subject (core §2.7.3.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    name: String,
    friendly_name: Option<String>,
    values: Vec<AttributeValue>,
}

impl Attribute {
    fn read(element: Element<'_, '_>) -> Result<Self, SchemaError> {
        let mut children = Sequence::of(element)?;
        let mut values = Vec::with_capacity(1);
        while let Some(value) = children.optional(ASSERTION, "AttributeValue") {
            values.push(AttributeValue::read(value));
        }
        children.finish()?;
        Ok(Self {
            name: required_attribute(element, "Name")?.to_owned(),
            friendly_name: element.attribute("FriendlyName").map(str::to_owned),
            values,
        })
    }

    /// The name, to the letter. It is what attributes are looked up by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A name for people. It means nothing: two attributes may share it.
    #[must_use]
    pub fn friendly_name(&self) -> Option<&str> {
        self.friendly_name.as_deref()
    }

    /// The values in document order.
    #[must_use]
    pub fn values(&self) -> &[AttributeValue] {
        &self.values
    }
}

impl fmt::Debug for Attribute {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute")
            .field("name", &self.name)
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// A value of an [`Attribute`] (core §2.7.3.1.1). Its `xsi:type` decides nothing.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// Text, to the letter.
    Text(String),
    /// Explicitly no value, by `xsi:nil`.
    Nil,
    /// Elements, or text among elements. There is no one text that it stands for.
    Markup,
}

impl AttributeValue {
    fn read(element: Element<'_, '_>) -> Self {
        if element.attributes().any(|attribute| attribute.is(XSI, "nil") && is_true(attribute.value())) {
            return Self::Nil;
        }
        element.as_text().map_or(Self::Markup, |text| Self::Text(text.to_owned()))
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nil | Self::Markup => None,
        }
    }
}

impl fmt::Debug for AttributeValue {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Nil => "Nil",
            Self::Markup => "Markup",
        })
    }
}

fn read_attributes(statement: Element<'_, '_>, attributes: &mut Vec<Attribute>) -> Result<(), SchemaError> {
    let mut children = Sequence::of(statement)?;
    while let Some(attribute) = children.optional(ASSERTION, "Attribute") {
        attributes.push(Attribute::read(attribute)?);
    }
    children.finish()
}
