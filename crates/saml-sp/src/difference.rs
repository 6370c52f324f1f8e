//! How two configurations differ.

use saml_attributes::{AttributeMap, Field};
use sso_types::clock::DEFAULT_CLOCK_SKEW;

use crate::checks::{REQUESTED, REQUIRED};
use crate::configuration::Configuration;

/// A field that differs between two configurations, as text for the audit log. A secret is named, never
/// shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The name of the field.
    pub field: &'static str,
    /// Its value before, where it had one.
    pub before: Option<String>,
    /// Its value after, where it has one.
    pub after: Option<String>,
    /// Whether a login relies on it, so that it has to be tested anew.
    pub is_relied_on: bool,
}

impl Difference {
    /// The field of the pinned certificates.
    pub const CERTIFICATES: &'static str = "certificates";

    /// The field of the private keys for decryption.
    pub const DECRYPTION_KEY: &'static str = "decryption_key";

    /// Creates a difference of a field that is kept beside the configuration.
    #[must_use]
    pub const fn new(
        field: &'static str,
        before: Option<String>,
        after: Option<String>,
        is_relied_on: bool,
    ) -> Self {
        Self { field, before, after, is_relied_on }
    }
}

/// The name of a field, its value, and whether a login relies on a change of it.
type Row = (&'static str, fn(&Configuration) -> Option<String>, bool);

impl Configuration {
    /// Returns the fields that differ in `after`.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let before = self;
        // Each field is named, so that the compiler asks for the row of a new one.
        let Self {
            idp_url: _,
            idp_entity_id: _,
            certificates: _,
            attributes: _,
            allow_idp_initiated: _,
            clock_skew: _,
            insecure_allow_sha1: _,
            insecure_allow_aes_cbc: _,
            enforce_certificate_dates: _,
            any_email_domain: _,
            decryption_keys: _,
            algorithms: _,
            cross_verify: _,
            require_signed_response: _,
            request_authn_contexts: _,
            require_authn_contexts: _,
            unknown: _,
        } = before;
        let tolerated = |it: &Self| it.clock_skew.unwrap_or(DEFAULT_CLOCK_SKEW);
        let is_stricter = tolerated(after) < tolerated(before);
        // What a setting that was switched off has required no login needs.
        let is_switched_on = |flag: fn(&Self) -> bool| !flag(before) && flag(after);
        let rows: [Row; 15] = [
            ("idp_url", |it| it.idp_url.clone(), true),
            ("idp_entity_id", |it| it.idp_entity_id.clone(), true),
            (Difference::CERTIFICATES, fingerprints, true),
            ("attributes", |it| Some(described(&it.attributes)), true),
            ("insecure_allow_sha1", |it| flag(it.insecure_allow_sha1), true),
            ("insecure_allow_aes_cbc", |it| flag(it.insecure_allow_aes_cbc), true),
            ("enforce_certificate_dates", |it| flag(it.enforce_certificate_dates), true),
            ("allow_idp_initiated", |it| flag(it.allow_idp_initiated), false),
            ("any_email_domain", |it| flag(it.any_email_domain), true),
            ("clock_skew", |it| it.clock_skew.map(|skew| format!("{skew:?}")), is_stricter),
            ("algorithms", |it| list(&it.algorithms), is_narrower(&before.algorithms, &after.algorithms)),
            ("cross_verify", |it| flag(it.cross_verify), is_switched_on(|it| it.cross_verify)),
            (
                "require_signed_response",
                |it| flag(it.require_signed_response),
                is_switched_on(|it| it.require_signed_response),
            ),
            (REQUESTED, |it| list(&it.request_authn_contexts), true),
            (
                REQUIRED,
                |it| list(&it.require_authn_contexts),
                is_narrower(&before.require_authn_contexts, &after.require_authn_contexts),
            ),
        ];
        let mut differences = Vec::new();
        for (field, value, is_relied_on) in rows {
            let (before, after) = (value(before), value(after));
            if before != after {
                differences.push(Difference { field, before, after, is_relied_on });
            }
        }
        // A key that takes another's place shows as the same text.
        if before.decryption_keys != after.decryption_keys {
            let (before, after) = (private_keys(before), private_keys(after));
            let field = Difference::DECRYPTION_KEY;
            differences.push(Difference { field, before, after, is_relied_on: true });
        }
        differences
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a field of a change may have no value")]
fn flag(value: bool) -> Option<String> {
    Some(value.to_string())
}

/// Whether less is accepted by a list of what is, where an empty one accepts everything.
fn is_narrower(before: &[String], after: &[String]) -> bool {
    !after.is_empty() && (before.is_empty() || before.iter().any(|it| !after.contains(it)))
}

fn list(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(" "))
}

/// A secret is named, never shown.
fn private_keys(configuration: &Configuration) -> Option<String> {
    match configuration.decryption_keys.len() {
        0 => None,
        1 => Some("a private key".to_owned()),
        count => Some(format!("{count} private keys")),
    }
}

fn fingerprints(configuration: &Configuration) -> Option<String> {
    let certificates = configuration.certificates();
    let list: Vec<_> = certificates.iter().map(|it| it.fingerprint_sha256().to_string()).collect();
    (!list.is_empty()).then(|| list.join(" "))
}

fn described(map: &AttributeMap) -> String {
    let fields = [Field::Email, Field::FirstName, Field::LastName, Field::Groups];
    let of = |field| {
        let name = map.configured_name(field).unwrap_or("default names");
        let required = if map.requires(field) { " (required)" } else { "" };
        format!("{field}: {name}{required}")
    };
    let mut text = fields.map(of).join(", ");
    if map.takes_email_from_name_id() {
        text.push_str(", email from the NameID");
    }
    text
}
