//! What identifies a user.

use std::fmt;

use saml_protocol::NameId;

/// What identifies a user for ever: the connection, and the name that its identity provider knows them by.
///
/// Never look a user up by e-mail address alone: addresses change hands, and another organization's identity
/// provider can assert whatever it likes. [`Display`](fmt::Display) gives a string that is different for
/// different accounts, to be stored with a unique index.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccountKey {
    connection: String,
    name_id: NameId,
}

impl AccountKey {
    pub(crate) fn new(connection: &str, name_id: &NameId) -> Self {
        Self { connection: connection.to_owned(), name_id: name_id.clone() }
    }

    /// The ID of the connection.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// The name, with its format and qualifiers.
    #[must_use]
    pub fn name_id(&self) -> &NameId {
        &self.name_id
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name_id;
        let parts = [name.format(), name.name_qualifier(), name.sp_name_qualifier(), Some(name.value())];
        f.write_str(&self.connection)?;
        // Each part with its length, so that no two accounts can be spelled alike.
        parts.iter().try_for_each(|part| match part {
            Some(part) => write!(f, ":{}:{part}", part.len()),
            None => f.write_str(":-"),
        })
    }
}

impl fmt::Debug for AccountKey {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKey").field("connection", &self.connection).finish_non_exhaustive()
    }
}
