//! What administrators and other versions of the service store: T17, T18, D16.
#![allow(clippy::indexing_slicing, reason = "a member of a JSON value is read and written by its name")]

use jumpcloud_sso::parts::sso_store::{ConnectionRow, ConnectionStore as _, Requires, Saved};
use jumpcloud_sso::{
    Actor, AttributeMap, BreakGlass, ConnectionRecord, Connections, Edit, MemoryStore, Phase, Refusal,
    SiteUrl,
};
use serde_json::Value;

use crate::case::now;
use crate::tenants::complete;
use crate::world::{SITE, Scenario, settings, wait};

fn code<T>(result: Result<T, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

/// A connection that is in use.
async fn in_use() -> (MemoryStore, Connections, ConnectionRecord) {
    let store = MemoryStore::default();
    let connections = Connections::new(&settings(), store.clone());
    let own = connections.of("acme");
    let id = own.create(&Actor::System, now()).await.expect("a connection").id().to_owned();
    own.edit(&id, &complete(), &Actor::System, now()).await.expect("an edit");
    let record = own.enable(&id, &Actor::System, now()).await.expect("a connection in use");
    (store, connections, record)
}

/// What becomes of an edit of a connection in use.
fn edited(edit: &Edit) -> &'static str {
    wait(async {
        let (_, connections, record) = in_use().await;
        code(connections.of("acme").edit(record.id(), edit, &Actor::System, now()).await)
    })
}

fn idp_url(text: &str) -> &'static str {
    let site = SiteUrl::parse(SITE).expect("a URL");
    let checked = site.check_idp_url(text).map_or_else(|error| error.code(), |_| "accepted");
    let edited = edited(&Edit::new().idp_url(text));
    assert_eq!(edited, checked, "{text}");
    checked
}

fn break_glass(accounts: Vec<String>) -> &'static str {
    wait(async {
        let (_, connections, record) = in_use().await;
        let accounts = BreakGlass::Accounts(accounts);
        let own = connections.of("acme");
        code(own.set_break_glass(record.id(), &accounts, &Actor::System, now()).await)
    })
}

fn accounts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user-{number}")).collect()
}

/// An edit by an administrator whose ID has so many bytes.
fn by_actor(bytes: usize) -> &'static str {
    wait(async {
        let (_, connections, record) = in_use().await;
        let edit = Edit::new().idp_entity_id("other");
        let by = Actor::user(&"a".repeat(bytes));
        code(connections.of("acme").edit(record.id(), &edit, &by, now()).await)
    })
}

fn long_url(bytes: usize) -> String {
    let start = "https://sso.jumpcloud.com/";
    format!("{start}{}", "a".repeat(bytes - start.len()))
}

/// Another version writes the record, as `change` makes it; this one edits the connection, after which what
/// the other version wrote has to be `still_there`.
fn rewritten(change: impl FnOnce(&mut Value), still_there: impl FnOnce(&Value) -> bool) -> &'static str {
    wait(async {
        let (store, connections, record) = in_use().await;
        let mut json: Value = serde_json::from_str(&record.to_json().expect("JSON")).expect("JSON");
        change(&mut json);
        json["version"] = (record.version() + 1).into();
        let written = match ConnectionRecord::from_json(&json.to_string()) {
            Ok(written) => written,
            Err(error) => return error.code(),
        };
        let row = ConnectionRow {
            id: written.id().to_owned(),
            organization: written.organization().to_owned(),
            version: written.version(),
            is_enforced: written.phase() == Phase::Enforced,
            relies_on_domains: written.relies_on_domains(),
            json: json.to_string(),
        };
        let saved = store.save(&row, Some(record.version()), Requires::Nothing, &[]).await;
        assert_eq!(saved.expect("a store"), Saved::Saved);
        let own = connections.of("acme");
        let edit = Edit::new().idp_entity_id("other");
        if let Err(refusal) = own.edit(record.id(), &edit, &Actor::System, now()).await {
            return refusal.code();
        }
        let record = own.record(record.id()).await.expect("a connection");
        let json: Value = serde_json::from_str(&record.to_json().expect("JSON")).expect("JSON");
        if still_there(&json) { "accepted" } else { "dropped" }
    })
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "T17",
        what: "a record from before formats had numbers",
        expected: "accepted",
        twin: "",
        run: || rewritten(|json| drop(json.as_object_mut().expect("an object").remove("format")), |_| true),
    },
    Scenario {
        id: "T17",
        what: "a record in the format of a later version",
        expected: "config.store",
        twin: "a record from before formats had numbers",
        run: || rewritten(|json| json["format"] = 2.into(), |_| true),
    },
    Scenario {
        id: "T17",
        what: "a record of a later version, rewritten: its stricter settings are kept",
        expected: "accepted",
        twin: "",
        run: || {
            rewritten(
                |json| {
                    json["quarantined_until"] = "2027-02-01T00:00:00Z".into();
                    json["configuration"]["require_passkey"] = true.into();
                },
                |json| {
                    json["quarantined_until"] == "2027-02-01T00:00:00Z"
                        && json["configuration"]["require_passkey"] == true
                },
            )
        },
    },
    Scenario {
        id: "T17",
        what: "a stored algorithm that is known",
        expected: "accepted",
        twin: "",
        run: || rewritten(|json| json["configuration"]["algorithms"] = vec!["rsa-sha256"].into(), |_| true),
    },
    Scenario {
        id: "T17",
        what: "a stored algorithm of a later version",
        expected: "config.algorithm",
        twin: "a stored algorithm that is known",
        run: || rewritten(|json| json["configuration"]["algorithms"] = vec!["ml-dsa-65"].into(), |_| true),
    },
    Scenario {
        id: "T18",
        what: "an IdP URL with a path like the service's at another host",
        expected: "accepted",
        twin: "",
        run: || idp_url("https://sso.jumpcloud.com/sso/saml2/acme"),
    },
    Scenario {
        id: "T18",
        what: "an IdP URL that is the service's login",
        expected: "config.idp_url",
        twin: "an IdP URL with a path like the service's at another host",
        run: || idp_url("https://app.acme.test/sso/saml2/acme/login"),
    },
    Scenario {
        id: "T18",
        what: "an IdP URL that is the service's ACS URL",
        expected: "config.idp_url",
        twin: "an IdP URL with a path like the service's at another host",
        run: || idp_url("https://app.acme.test/sso/saml2/other/acs"),
    },
    Scenario {
        id: "T18",
        what: "an IdP URL that is the SP Entity ID",
        expected: "config.idp_url",
        twin: "an IdP URL with a path like the service's at another host",
        run: || idp_url("https://app.acme.test/sso/saml2/acme"),
    },
    Scenario {
        id: "T18",
        what: "an IdP URL that is the service's login, in another spelling",
        expected: "config.idp_url",
        twin: "an IdP URL with a path like the service's at another host",
        run: || idp_url("https://APP.acme.test.:443/x/%2e%2e//%73so/SAML2/acme/login?a=b"),
    },
    Scenario {
        id: "D16",
        what: "an IdP URL of 2048 bytes",
        expected: "accepted",
        twin: "",
        run: || idp_url(&long_url(2048)),
    },
    Scenario {
        id: "D16",
        what: "an IdP URL of 2049 bytes",
        expected: "config.idp_url",
        twin: "an IdP URL of 2048 bytes",
        run: || idp_url(&long_url(2049)),
    },
    Scenario {
        id: "D16",
        what: "an IdP URL of ten million bytes",
        expected: "config.idp_url",
        twin: "an IdP URL of 2048 bytes",
        run: || idp_url(&long_url(10_000_000)),
    },
    Scenario {
        id: "D16",
        what: "an IdP Entity ID of 1024 characters",
        expected: "accepted",
        twin: "",
        run: || edited(&Edit::new().idp_entity_id(&"a".repeat(1024))),
    },
    Scenario {
        id: "D16",
        what: "an IdP Entity ID of 1025 characters",
        expected: "config.idp_entity_id",
        twin: "an IdP Entity ID of 1024 characters",
        run: || edited(&Edit::new().idp_entity_id(&"a".repeat(1025))),
    },
    Scenario {
        id: "D16",
        what: "an attribute name of 1024 bytes",
        expected: "accepted",
        twin: "",
        run: || edited(&Edit::new().attributes(AttributeMap::default().email(&"a".repeat(1024)))),
    },
    Scenario {
        id: "D16",
        what: "an attribute name of 1025 bytes",
        expected: "config.attribute_name",
        twin: "an attribute name of 1024 bytes",
        run: || edited(&Edit::new().attributes(AttributeMap::default().email(&"a".repeat(1025)))),
    },
    Scenario {
        id: "D16",
        what: "sixteen ways of authentication",
        expected: "accepted",
        twin: "",
        run: || edited(&Edit::new().require_authn_contexts(vec!["urn:acme:a"; 16])),
    },
    Scenario {
        id: "D16",
        what: "seventeen ways of authentication",
        expected: "config.authn_context",
        twin: "sixteen ways of authentication",
        run: || edited(&Edit::new().require_authn_contexts(vec!["urn:acme:a"; 17])),
    },
    Scenario {
        id: "D16",
        what: "32 break-glass accounts",
        expected: "accepted",
        twin: "",
        run: || break_glass(accounts(32)),
    },
    Scenario {
        id: "D16",
        what: "33 break-glass accounts",
        expected: "limit.break_glass",
        twin: "32 break-glass accounts",
        run: || break_glass(accounts(33)),
    },
    Scenario {
        id: "D16",
        what: "a break-glass account of ten million bytes",
        expected: "limit.text",
        twin: "32 break-glass accounts",
        run: || break_glass(vec!["a".repeat(10_000_000)]),
    },
    Scenario {
        id: "D16",
        what: "an administrator whose ID has 1024 bytes",
        expected: "accepted",
        twin: "",
        run: || by_actor(1024),
    },
    Scenario {
        id: "D16",
        what: "an administrator whose ID has 1025 bytes",
        expected: "limit.text",
        twin: "an administrator whose ID has 1024 bytes",
        run: || by_actor(1025),
    },
];
