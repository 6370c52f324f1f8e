use saml_protocol::{AcceptedAssertion, Attribute, NameId};

use crate::error::AttributeError;
use crate::field::Field;
use crate::profile::{UserProfile, email_address, person_name};
use crate::received::Received;

/// Which attributes stand for which fields, and which fields are required. By default the e-mail address and
/// the first name are, the last name and groups are not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct AttributeMap {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    groups: Option<String>,
    first_name_required: bool,
    last_name_required: bool,
    email_from_name_id: bool,
}

impl Default for AttributeMap {
    fn default() -> Self {
        Self {
            email: None,
            first_name: None,
            last_name: None,
            groups: None,
            first_name_required: true,
            last_name_required: false,
            email_from_name_id: false,
        }
    }
}

impl AttributeMap {
    /// Takes the e-mail address from the attribute of this name, and from no other.
    #[must_use]
    pub fn email(mut self, name: &str) -> Self {
        self.email = Some(name.to_owned());
        self
    }

    /// Takes the first name from the attribute of this name, and from no other.
    #[must_use]
    pub fn first_name(mut self, name: &str) -> Self {
        self.first_name = Some(name.to_owned());
        self
    }

    /// Takes the last name from the attribute of this name, and from no other.
    #[must_use]
    pub fn last_name(mut self, name: &str) -> Self {
        self.last_name = Some(name.to_owned());
        self
    }

    /// Takes the groups from the attribute of this name, and from no other.
    #[must_use]
    pub fn groups(mut self, name: &str) -> Self {
        self.groups = Some(name.to_owned());
        self
    }

    /// Does without a first name.
    #[must_use]
    pub fn first_name_optional(mut self) -> Self {
        self.first_name_required = false;
        self
    }

    /// Asks for a last name.
    #[must_use]
    pub fn last_name_required(mut self) -> Self {
        self.last_name_required = true;
        self
    }

    /// Takes the e-mail address from the NameID where no attribute gives it. Only for a connection whose
    /// NameID is known to be one: to SAML it is an opaque name.
    #[must_use]
    pub fn email_from_name_id(mut self) -> Self {
        self.email_from_name_id = true;
        self
    }

    /// The one name that stands for the field; `None` where the default names do.
    #[must_use]
    pub fn configured_name(&self, field: Field) -> Option<&str> {
        let name = match field {
            Field::Email => &self.email,
            Field::FirstName => &self.first_name,
            Field::LastName => &self.last_name,
            Field::Groups => &self.groups,
        };
        name.as_deref()
    }

    /// Whether a login without the field is refused.
    #[must_use]
    pub fn requires(&self, field: Field) -> bool {
        match field {
            Field::Email => true,
            Field::FirstName => self.first_name_required,
            Field::LastName => self.last_name_required,
            Field::Groups => false,
        }
    }

    /// Whether the e-mail address is taken from the NameID.
    #[must_use]
    pub fn takes_email_from_name_id(&self) -> bool {
        self.email_from_name_id
    }

    /// The profile of the user whom the assertion is about.
    ///
    /// # Errors
    /// [`AttributeError`] where a required field is missing, or a value is not what the field needs.
    pub fn profile(&self, accepted: &AcceptedAssertion) -> Result<UserProfile, AttributeError> {
        self.profile_of(accepted.name_id(), accepted.attributes())
    }

    fn profile_of(&self, name_id: &NameId, attributes: &[Attribute]) -> Result<UserProfile, AttributeError> {
        let received = Received::of(attributes);
        let mut warnings = Vec::new();
        let mut single = |field: Field| {
            let found = received.find(field, &self.names(field), &mut warnings)?;
            found.map(|found| found.single(field)).transpose().map(Option::flatten)
        };
        let (email, first_name) = (single(Field::Email)?, single(Field::FirstName)?);
        let last_name = single(Field::LastName)?;
        let groups = received.find(Field::Groups, &self.names(Field::Groups), &mut warnings)?;
        let groups = groups.map(|found| found.texts(Field::Groups)).transpose();

        let email = match email {
            Some(email) => email_address(email)?,
            None if self.email_from_name_id => email_address(name_id.value())?,
            None => return Err(received.absent(Field::Email, &self.names(Field::Email))),
        };
        let name = |field: Field, text: Option<&str>| match text {
            Some(text) => person_name(field, text).map(Some),
            None if self.requires(field) => Err(received.absent(field, &self.names(field))),
            None => Ok(None),
        };
        let (first_name, last_name) =
            (name(Field::FirstName, first_name)?, name(Field::LastName, last_name)?);
        let groups = groups?.map(|groups| groups.into_iter().map(str::to_owned).collect());
        warnings.extend(received.warnings());
        Ok(UserProfile::new(email, first_name, last_name, groups, received.into_texts(), warnings))
    }

    /// The names that stand for the field.
    fn names(&self, field: Field) -> Vec<&str> {
        self.configured_name(field).map_or_else(|| field.default_names().to_vec(), |name| vec![name])
    }
}
