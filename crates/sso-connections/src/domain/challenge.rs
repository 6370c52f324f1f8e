//! What proves that a domain is an organization's.

/// What an administrator writes into the DNS of a domain: one record of the type TXT.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainChallenge {
    /// The domain, normalised.
    pub domain: String,
    /// The name of the record.
    pub record_name: String,
    /// Its text.
    pub record_text: String,
}

/// Both parts with the length of the first, so that no two pairs are spelled alike.
pub(super) fn message(organization: &str, domain: &str) -> Vec<u8> {
    format!("{}:{organization}:{domain}", organization.len()).into_bytes()
}

pub(super) fn record_name(domain: &str) -> String {
    format!("_sso-challenge.{domain}")
}

pub(super) fn record_text(tag: &str) -> String {
    format!("sso-domain-verification={tag}")
}
