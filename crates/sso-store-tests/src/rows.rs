//! Rows to be kept.

use std::time::{Duration, SystemTime};

use sso_store::{ConnectionRow, EventRow, LoginRow};

use crate::support::now;

/// A connection that holds some of everything.
pub(crate) fn row(id: &str, organization: &str, version: u64) -> ConnectionRow {
    ConnectionRow {
        id: id.to_owned(),
        organization: organization.to_owned(),
        version,
        is_enforced: false,
        relies_on_domains: false,
        json: format!(r#"{{"version":{version},"text":" IdP 'Entity' \\ ID \u0000 ö 日本"}}"#),
    }
}

/// One that is in use, and refuses addresses of other domains than the organization's own.
pub(crate) fn relying(id: &str, organization: &str, version: u64) -> ConnectionRow {
    ConnectionRow { relies_on_domains: true, ..row(id, organization, version) }
}

/// One that members have to log in through.
pub(crate) fn enforced(id: &str, organization: &str, version: u64) -> ConnectionRow {
    ConnectionRow { is_enforced: true, ..relying(id, organization, version) }
}

/// An event, by what has happened.
pub(crate) fn event(organization: &str, what: &str) -> EventRow {
    EventRow { organization: organization.to_owned(), at: now(), json: format!(r#"{{"event":"{what}"}}"#) }
}

/// A login.
pub(crate) fn login(connection: &str, revision: u64, certificate: &str, user: &str) -> LoginRow {
    LoginRow {
        connection: connection.to_owned(),
        revision,
        certificate: certificate.to_owned(),
        user: user.to_owned(),
        // 2027-01-15T08:00:00Z.
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        json: format!(r#"{{"by":"{}","kind":"{revision} {certificate}"}}"#, user.escape_default()),
    }
}

/// What has happened.
pub(crate) fn what(event: &EventRow) -> &str {
    event.json.strip_prefix(r#"{"event":""#).and_then(|rest| rest.strip_suffix(r#""}"#)).unwrap()
}

/// What has happened to an organization.
pub(crate) async fn names(store: &sso_store::Stores, organization: &str) -> Vec<String> {
    let events = store.events.events(organization, 0, 100).await.unwrap();
    events.iter().map(|(_, event)| what(event).to_owned()).collect()
}
