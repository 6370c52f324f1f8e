//! Which fields a change is about, and whether members can still log in after it.

use saml_attributes::{AttributeMap, Field};
use saml_signature::Certificate;
use sso_types::clock::DEFAULT_CLOCK_SKEW;

use crate::connection::{REQUESTED, REQUIRED};
use crate::event::FieldChange;
use crate::record::{CompletedLogin, Configuration, ConnectionRecord, KnownKey};

pub(super) struct Change {
    pub(super) field: FieldChange,
    /// Whether a login relies on it, so that it has to be tested anew.
    pub(super) is_relied_on: bool,
}

/// The name of a field, its value, and whether a login relies on a change of it.
type Row = (&'static str, fn(&Configuration) -> Option<String>, bool);

/// The fields that differ, and whether a login relies on them.
pub(super) fn changes(before: &Configuration, after: &Configuration) -> Vec<Change> {
    let tolerated = |it: &Configuration| it.clock_skew.unwrap_or(DEFAULT_CLOCK_SKEW);
    let is_stricter = tolerated(after) < tolerated(before);
    // What a setting that was switched off has required no login needs.
    let is_switched_on = |flag: fn(&Configuration) -> bool| !flag(before) && flag(after);
    let rows: [Row; 14] = [
        ("idp_url", |it| it.idp_url.clone(), true),
        ("idp_entity_id", |it| it.idp_entity_id.clone(), true),
        ("certificates", fingerprints, true),
        ("attributes", |it| Some(described(&it.attributes)), true),
        ("insecure_allow_sha1", |it| flag(it.insecure_allow_sha1), true),
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
    let mut changes = Vec::new();
    for (field, value, is_relied_on) in rows {
        let (before, after) = (value(before), value(after));
        if before != after {
            let field = FieldChange { field: field.to_owned(), before, after };
            changes.push(Change { field, is_relied_on });
        }
    }
    // A key that takes another's place shows as the same text.
    if before.decryption_keys != after.decryption_keys {
        let (before, after) = (private_keys(before), private_keys(after));
        let field = FieldChange { field: DECRYPTION_KEY.to_owned(), before, after };
        changes.push(Change { field, is_relied_on: true });
    }
    changes
}

const DECRYPTION_KEY: &str = "decryption_key";

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
    let parsed = configuration.certificates.iter().filter_map(|pem| Certificate::parse(pem.as_bytes()).ok());
    let list: Vec<_> = parsed.map(|certificate| certificate.fingerprint_sha256().to_string()).collect();
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

/// The change that an event names, with the certificates of the keys that `before` did not know to be
/// compromised.
pub(super) fn compromised_keys(before: &ConnectionRecord, compromised: &[KnownKey]) -> Option<Change> {
    let newly = compromised.iter().filter(|known| !before.compromised.contains(&known.key));
    let list: Vec<_> = newly.map(|known| known.certificate.as_str()).collect();
    let field =
        FieldChange { field: "compromised_keys".to_owned(), before: None, after: Some(list.join(" ")) };
    // What a login relies on are the certificates, which change as well.
    (!list.is_empty()).then_some(Change { field, is_relied_on: false })
}

/// Whether members who could log in before a change can do so after it: every key that was pinned still is,
/// or the one that JumpCloud has signed the latest login with; and every key that decrypted still does.
pub(super) fn keeps_members_in(
    before: &ConnectionRecord,
    after: &ConnectionRecord,
    changes: &[Change],
    logins: &[CompletedLogin],
) -> bool {
    let keys = |record: &ConnectionRecord| record.configuration.decryption_keys.clone();
    let keeps_decrypting = keys(before).iter().all(|key| keys(after).contains(key));
    let others = changes.iter().filter(|change| change.is_relied_on).any(|change| {
        let is_addition = change.field.field == DECRYPTION_KEY && keeps_decrypting;
        change.field.field != "certificates" && !is_addition
    });
    if others {
        return false;
    }
    let remaining = after.certificates();
    let remains = |certificate: &Certificate| {
        remaining.iter().any(|other| other.public_key_der() == certificate.public_key_der())
    };
    let pinned = before.certificates();
    if pinned.iter().all(remains) {
        return true;
    }
    let latest = logins.iter().max_by_key(|login| login.at());
    latest.is_some_and(|login| {
        let signed =
            |certificate: &&Certificate| certificate.fingerprint_sha256().to_string() == login.certificate();
        pinned.iter().find(signed).is_some_and(remains)
    })
}
