use sso_types::text::excerpt;
use std::fmt;

use crate::error::{AttributeError, AttributeWarning};
use crate::field::Field;
use crate::received::XML_WHITE_SPACE;

/// RFC 5321 §4.5.3.1.1 and §4.5.3.1.3, less the angle brackets.
const MAX_LOCAL_PART: usize = 64;
const MAX_ADDRESS: usize = 254;

/// RFC 1035 §2.3.4.
const MAX_LABEL: usize = 63;

/// Longer than any name, shorter than what breaks a page.
const MAX_NAME: usize = 256;

/// Who a user is, as their identity provider says. What may be believed of it is for the service to decide;
/// an e-mail address only within domains that the organization has proven to own.
#[derive(Clone, PartialEq, Eq)]
pub struct UserProfile {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    groups: Option<Vec<String>>,
    attributes: Vec<(String, Vec<String>)>,
    warnings: Vec<AttributeWarning>,
}

impl UserProfile {
    pub(crate) fn new(
        email: String,
        first_name: Option<String>,
        last_name: Option<String>,
        groups: Option<Vec<String>>,
        attributes: Vec<(String, Vec<String>)>,
        warnings: Vec<AttributeWarning>,
    ) -> Self {
        Self { email, first_name, last_name, groups, attributes, warnings }
    }

    /// The e-mail address, in lower case.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// What stands behind the `@` of the e-mail address, in lower case.
    #[must_use]
    pub fn email_domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The first name, without white space around it.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.first_name.as_deref()
    }

    /// The last name, without white space around it.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.last_name.as_deref()
    }

    /// The user's groups. `None` where nothing was said about groups, which is not the same as being in none:
    /// never remove anyone from a group because of `None`.
    #[must_use]
    pub fn groups(&self) -> Option<&[String]> {
        self.groups.as_deref()
    }

    /// All attributes with their values in document order, those of the same name merged. Values that are no
    /// text are not among them, of which a [warning](Self::warnings) tells.
    #[must_use]
    pub fn attributes(&self) -> &[(String, Vec<String>)] {
        &self.attributes
    }

    /// What worked, but should be put right.
    #[must_use]
    pub fn warnings(&self) -> &[AttributeWarning] {
        &self.warnings
    }
}

impl fmt::Debug for UserProfile {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserProfile").field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

/// An e-mail address that is plausible, in lower case.
///
/// Letters and digits are those of ASCII: characters that look alike, that are invisible or that turn the
/// direction of reading would let one address pass for another.
pub(crate) fn email_address(text: &str) -> Result<String, AttributeError> {
    let address = text.trim_matches(XML_WHITE_SPACE);
    let malformed = || AttributeError::Email { found: excerpt(text) };
    let (local, domain) = address.rsplit_once('@').ok_or_else(malformed)?;
    let is_plausible = address.len() <= MAX_ADDRESS
        && (1..=MAX_LOCAL_PART).contains(&local.len())
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_domain(domain);
    if is_plausible { Ok(address.to_ascii_lowercase()) } else { Err(malformed()) }
}

/// RFC 1123 §2.1. A single label is a machine of the local network, and one of digits at the end an IP
/// address.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(is_label)
        && domain.rsplit_once('.').is_some_and(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// RFC 1123 §2.1.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A name of a person, whatever the script, without white space around it.
#[expect(clippy::disallowed_methods, reason = "a name is shown to people, and compared with nothing")]
pub(crate) fn person_name(field: Field, text: &str) -> Result<String, AttributeError> {
    let name = text.trim();
    if name.chars().count() > MAX_NAME {
        return Err(AttributeError::TooLong { field, limit: MAX_NAME });
    }
    if name.chars().any(|character| character.is_control() || turns_direction(character)) {
        return Err(AttributeError::Characters { field });
    }
    Ok(name.to_owned())
}

/// The embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9 §2).
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
