//! Who somebody is in the service, and what they may do there: the host's decision, with safe defaults.

use std::collections::{BTreeMap, BTreeSet};

use saml_sp::Login;

/// What to do with the first login of an account that the service does not know yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Provisioning {
    /// Create a user, and keep the account key with them.
    Create {
        /// Whether the e-mail address becomes the user's: one that the service finds them by, and that
        /// nobody else can have. An unverified address never does: the user is known by the account
        /// key alone. Show it, and let as many others as like have the same.
        claims_email: bool,
    },
    /// Keep the account key with this user, who exists.
    Link {
        /// The service's own name for the user.
        user: String,
    },
    /// Let nobody in.
    Refuse(ProvisioningRefusal),
}

/// Why somebody without a user is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProvisioningRefusal {
    /// Users are not created at their first login.
    NoUser,
    /// A user has the same verified e-mail address already, and may not be taken over by it.
    EmailInUse,
    /// The user with that verified e-mail address was deactivated, which no login undoes.
    Deactivated,
}

impl ProvisioningRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoUser => "config.no_user",
            Self::EmailInUse => "config.email_in_use",
            Self::Deactivated => "config.user_deactivated",
        }
    }
}

/// A user of the service who has the e-mail address of somebody who logs in for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own to the host's table of users"
)]
pub struct SameEmail {
    /// The service's own name for the user.
    pub user: String,
    /// Whether the user has proved that the address is theirs: to the service itself, or by a login whose
    /// address was verified ([`Login::verified_email`](saml_sp::Login::verified_email)) in a domain that
    /// is still the organization's. Whoever has merely typed or asserted an address blocks nobody.
    pub email_is_verified: bool,
    /// Whether the user is a member of the organization that the login is of.
    pub is_member: bool,
    /// Whether the user has an account key of any connection.
    pub has_account: bool,
    /// Whether the user was deactivated, here or by SCIM.
    pub is_deactivated: bool,
}

/// How users come to be at their first login ("just in time"). By default they are created, and nobody is
/// ever linked to a user who exists because of an e-mail address: it may have changed hands, or be asserted
/// by whoever likes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JustInTime {
    creates: bool,
    links_members: bool,
}

impl Default for JustInTime {
    fn default() -> Self {
        Self { creates: true, links_members: false }
    }
}

impl JustInTime {
    /// Creates no users: they are invited, or come by SCIM.
    #[must_use]
    pub fn without_creating(mut self) -> Self {
        self.creates = false;
        self
    }

    /// Links the first login to the member of the organization who has its e-mail address, if the address's
    /// domain is verified, the member has proved the address to be theirs and has no account of any
    /// connection yet: for an organization that had members before it had single sign-on.
    #[must_use]
    pub fn link_members_by_verified_email(mut self) -> Self {
        self.links_members = true;
        self
    }

    /// Decides about the first login of an account. `same_email` is the user who has its e-mail address, if
    /// any; of several, the one who has proved it.
    ///
    /// An address is an argument only where both sides have proved it. An unverified one, of the login or of
    /// the user, neither blocks nor links: any organization's identity provider can assert any address.
    pub fn decide(self, login: &Login, same_email: Option<&SameEmail>) -> Provisioning {
        let claims_email = login.email_is_verified();
        match same_email.filter(|user| claims_email && user.email_is_verified) {
            Some(user) if user.is_deactivated => Provisioning::Refuse(ProvisioningRefusal::Deactivated),
            Some(user) if self.links_members && user.is_member && !user.has_account => {
                Provisioning::Link { user: user.user.clone() }
            }
            Some(_) => Provisioning::Refuse(ProvisioningRefusal::EmailInUse),
            None if self.creates => Provisioning::Create { claims_email },
            None => Provisioning::Refuse(ProvisioningRefusal::NoUser),
        }
    }
}

/// Which groups of JumpCloud give which roles of the service: an explicit list, so that nobody becomes an
/// administrator by naming a group well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMap {
    roles: BTreeMap<String, BTreeSet<String>>,
}

/// What to change of a user's roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleChanges {
    /// Roles to give, ordered.
    pub add: Vec<String>,
    /// Roles to take, ordered.
    pub remove: Vec<String>,
}

impl RoleMap {
    /// Members of `group`, compared to the letter, have `role`.
    #[must_use]
    pub fn grant(mut self, group: &str, role: &str) -> Self {
        self.roles.entry(group.to_owned()).or_default().insert(role.to_owned());
        self
    }

    /// What to change of the roles that a user has at present. Roles that no group gives are left alone: they
    /// were given by hand. Where `groups` is `None`, JumpCloud sent no groups at all, and nothing is
    /// changed; where it is empty, the user has none.
    #[must_use]
    pub fn changes<'r>(
        &self,
        groups: Option<&[String]>,
        present: impl IntoIterator<Item = &'r str>,
    ) -> RoleChanges {
        let Some(groups) = groups else { return RoleChanges::default() };
        let present: BTreeSet<_> = present.into_iter().collect();
        let due: BTreeSet<_> =
            groups.iter().filter_map(|group| self.roles.get(group)).flatten().map(String::as_str).collect();
        let managed: BTreeSet<_> = self.roles.values().flatten().map(String::as_str).collect();
        let owned = |roles: Vec<&str>| roles.into_iter().map(str::to_owned).collect();
        RoleChanges {
            add: owned(due.difference(&present).copied().collect()),
            remove: owned(
                present
                    .iter()
                    .filter(|role| managed.contains(*role) && !due.contains(*role))
                    .copied()
                    .collect(),
            ),
        }
    }
}
