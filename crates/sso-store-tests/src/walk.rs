use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::format_instant;
use jumpcloud_sso::{
    Access, Actor, BreakGlass, Certificate, Connections, Domains, EarlierSessions, Edit, Effect, Event,
    Hint as _, IssuedSession, LookupError, Missing, Organization, Phase, Refusal, Retirement, SetupGuide,
    SsoReason, Stores, TxtLookup,
};
use jumpcloud_sso_testkit::{JumpCloud, User, keys};

use crate::page::{LoginPage, settings};
use crate::support::{now, unique};

const ADMIN: &str = "admin-1";
const USER: &str = "user-1";

/// The whole life of a connection over a store, as the set-up guide has it: an empty organization, a draft,
/// pasted values, a verified domain, enabled, a test login through the stand-in JumpCloud, enforced, a
/// password refused, the certificate replaced while members log in, enforced no longer, disabled, and a login
/// refused. The event of each step is there.
pub async fn walk(store: &Stores) {
    // On the heap: it is a long way.
    Box::pin(async {
        let mut walk = Walk::new(store);
        let id = walk.draft().await;
        walk.paste(&id).await;
        walk.refuse_to_enforce(&id).await;
        walk.verify_domain(&id).await;
        walk.enable(&id).await;
        walk.test_and_enforce(&id).await;
        walk.refuse_other_ways(&id).await;
        walk.rotate_the_certificate(&id).await;
        walk.unenforce(&id).await;
        walk.disable(&id).await;
        walk.delete(&id).await;
    })
    .await;
}

struct Walk {
    page: LoginPage,
    domains: Domains,
    organization: String,
    domain: String,
    admin: Actor,
    now: SystemTime,
    /// The connection, once it is there.
    id: String,
    /// The number of the last event that was looked at.
    seen: u64,
}

impl Walk {
    fn new(store: &Stores) -> Self {
        Self {
            page: LoginPage::new(store),
            domains: Domains::new(&settings(), store.clone()),
            organization: unique("acme"),
            domain: format!("{}.test", unique("acme")),
            admin: Actor::user(ADMIN),
            now: now(),
            id: String::new(),
            seen: 0,
        }
    }

    fn connections(&self) -> &Connections {
        &self.page.connections
    }

    fn own(&self) -> Organization<'_> {
        self.page.connections.of(&self.organization)
    }

    /// Time passes between steps.
    fn next(&mut self) -> SystemTime {
        self.now += Duration::from_secs(2);
        self.now
    }

    /// The events since this was last asked for are these, to the letter: who, when, of what, and what was
    /// before and after.
    async fn expect_events(&mut self, actor: &str, kinds: &[String]) {
        let events = self.own().events(self.seen, 100).await.unwrap();
        let found: Vec<_> = events.iter().map(|(_, event)| event.to_json().unwrap()).collect();
        let at = format_instant(self.now).unwrap();
        let expected = kinds.iter().map(|kind| {
            let connection =
                if kind.contains("\"domain.") { "null".to_owned() } else { format!("\"{}\"", self.id) };
            format!(
                r#"{{"at":"{at}","actor":{{"user":"{actor}"}},"organization":"{}","connection":{connection},"event":{kind}}}"#,
                self.organization
            )
        });
        assert_eq!(found, expected.collect::<Vec<_>>());
        self.seen = events.last().map_or(self.seen, |(number, _)| *number);
    }

    async fn phase(&self, id: &str) -> Phase {
        self.own().record(id).await.unwrap().phase()
    }

    async fn draft(&mut self) -> String {
        assert!(self.own().list().await.unwrap().is_empty());
        let (admin, now) = (self.admin.clone(), self.next());
        let record = self.own().create(&admin, now).await.unwrap();
        assert_eq!(record.phase(), Phase::Draft);
        let status = self.own().status(record.id()).await.unwrap();
        assert_eq!(
            status.missing,
            [Missing::IdpUrl, Missing::IdpEntityId, Missing::Certificate, Missing::EmailDomain]
        );
        // The values to paste exist from the very first moment.
        let acs_url = format!("https://app.acme.test/sso/saml2/{}/acs", record.id());
        assert_eq!(status.service_provider.acs_url(), acs_url);
        assert!(SetupGuide::new(&status.service_provider, "Acme").to_text().contains(&acs_url));
        record.id().clone_into(&mut self.id);
        self.expect_events(ADMIN, &[r#""connection.created""#.to_owned()]).await;
        record.id().to_owned()
    }

    async fn paste(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        let wrong = Edit::new()
            .idp_url("http://sso.jumpcloud.com/saml2/acme")
            .idp_entity_id(" acme")
            .add_certificate(keys::OWN_KEY.as_bytes());
        let before = self.own().record(id).await.unwrap();
        match self.own().edit(id, &wrong, &admin, now).await.unwrap_err() {
            Refusal::Edit(error) => {
                let problems: Vec<_> = error.problems().iter().map(|it| (it.field(), it.code())).collect();
                assert_eq!(
                    problems,
                    [
                        ("idp_url", "config.idp_url"),
                        ("idp_entity_id", "config.idp_entity_id"),
                        ("certificates", "certificate.private_key")
                    ]
                );
            }
            other => panic!("{other}"),
        }
        assert_eq!(self.own().record(id).await.unwrap(), before);

        let idp = self.jumpcloud(keys::OWN_KEY, keys::OWN_CERTIFICATE);
        let edit = Edit::new()
            .idp_url(idp.sso_url().as_str())
            .idp_entity_id(idp.entity_id())
            .add_certificate(idp.certificate_pem().as_bytes());
        let edited = self.own().edit(id, &edit, &admin, now).await.unwrap();
        assert_eq!(edited.record.phase(), Phase::Configured);
        assert_eq!(edited.record.revision(), before.revision() + 1);
        let changes = [
            changed("idp_url", None, Some(idp.sso_url().as_str())),
            changed("idp_entity_id", None, Some(idp.entity_id())),
            changed("certificates", None, Some(&fingerprint(&idp.certificate_pem()))),
        ];
        self.expect_events(ADMIN, &[configured(2, &changes, "draft", "configured")]).await;
    }

    fn jumpcloud(&self, key: &str, certificate: &str) -> JumpCloud {
        let url = format!("https://sso.jumpcloud.com/saml2/{}", self.organization);
        JumpCloud::with_key(&url, &self.organization, key, certificate).unwrap()
    }

    async fn refuse_to_enforce(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        let nobody = BreakGlass::NobodyEvenIfLockedOut;
        let refusal = self.own().enforce(id, &nobody, EarlierSessions::End, &admin, now).await.unwrap_err();
        assert_eq!(refusal.code(), "config.phase");
        assert_eq!(refusal.to_string(), "the connection is configured, and has to be active");
        assert!(!refusal.hint().is_empty());
        match self.own().enable(id, &admin, now).await.unwrap_err() {
            Refusal::Incomplete { missing } => assert_eq!(missing, [Missing::EmailDomain]),
            other => panic!("{other}"),
        }
        assert_eq!(self.phase(id).await, Phase::Configured);
        self.expect_events(ADMIN, &[]).await;
    }

    async fn verify_domain(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        let challenge = self.domains.challenge(&self.organization, &self.domain).unwrap();
        let mut dns = Dns::default();
        let verify = async |dns: &Dns| {
            self.domains.verify(&self.organization, &self.domain, dns, &self.page.sessions, &admin, now).await
        };
        assert_eq!(verify(&dns).await.unwrap_err().code(), "config.domain_not_verified");
        dns.0.insert(challenge.record_name, vec!["v=spf1 -all".to_owned(), challenge.record_text]);
        verify(&dns).await.unwrap();
        assert!(self.own().status(id).await.unwrap().missing.is_empty());
        let verified = format!(r#""domain.verified","domain":"{}""#, self.domain);
        self.expect_events(ADMIN, &[verified]).await;
    }

    async fn enable(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        // Nobody logs in before, not even with JumpCloud's blessing.
        assert_eq!(self.connections().active(id).await.unwrap_err().code(), "config.disabled");
        assert!(self.connections().for_organization(&self.organization).await.unwrap().is_none());
        self.own().enable(id, &admin, now).await.unwrap();
        assert_eq!(self.phase(id).await, Phase::Active);
        self.expect_events(ADMIN, &[r#""connection.enabled","before":"configured""#.to_owned()]).await;
        let address = format!("bjensen@{}", self.domain.to_uppercase());
        let home = self.connections().for_email(&address).await.unwrap();
        assert_eq!(home.map(|record| record.id().to_owned()).as_deref(), Some(id));
        assert!(self.connections().for_email("bjensen@elsewhere.test").await.unwrap().is_none());

        let refusal = self
            .own()
            .enforce(id, &BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::End, &admin, now)
            .await
            .unwrap_err();
        assert_eq!(refusal.code(), "config.not_tested");
        self.expect_events(ADMIN, &[]).await;
    }

    fn barbara(&self) -> User {
        User::new(&format!("bjensen@{}", self.domain), "Barbara", "Jensen")
    }

    /// A login as a whole, to the session.
    async fn log_in(&mut self, id: &str, key: &str, certificate: &str) -> IssuedSession {
        let now = self.next();
        let connection = self.connections().active(id).await.unwrap();
        let idp = self.jumpcloud(key, certificate);
        let answer = self.page.answer(&connection, &idp, &self.barbara(), now);
        let login = self.page.finish(&connection, &answer, now).await.unwrap();
        assert!(login.email_is_verified());
        assert_eq!(login.return_to(), Some("/home"));
        let again = self.page.finish(&connection, &answer, now).await.unwrap_err();
        assert_eq!(again.code(), "replay.assertion");
        self.connections().complete_login(login, "user-1", &self.page.sessions, now).await.unwrap()
    }

    async fn test_and_enforce(&mut self, id: &str) {
        self.log_in(id, keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        self.expect_events(USER, &[tested(2, keys::OWN_CERTIFICATE)]).await;
        // Another login of the same kind is none that tests anything anew.
        self.log_in(id, keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        self.expect_events(USER, &[]).await;

        let (admin, now) = (self.admin.clone(), self.next());
        let enforce = async |break_glass: BreakGlass| {
            self.own().enforce(id, &break_glass, EarlierSessions::End, &admin, now).await
        };
        let refusal = enforce(BreakGlass::Accounts(Vec::new())).await.unwrap_err();
        assert_eq!(refusal.code(), "config.no_break_glass");
        enforce(BreakGlass::Accounts(vec!["admin-1".to_owned()])).await.unwrap();
        assert_eq!(self.phase(id).await, Phase::Enforced);
        let enforced = r#""connection.enforced","before":"active","revision":2,"tested_by":"user-1","ends_earlier_sessions":true,"break_glass":["admin-1"]"#;
        let named = r#""connection.break_glass_changed","before":[],"after":["admin-1"]"#;
        self.expect_events(ADMIN, &[enforced.to_owned(), named.to_owned()]).await;
    }

    async fn refuse_other_ways(&mut self, id: &str) {
        let now = self.next();
        let other_way = async |user: &str| self.own().other_way_in(user, "password", now).await.unwrap();
        match other_way("user-1").await {
            Access::SsoRequired(required) => {
                assert_eq!(required.reason, SsoReason::OtherWay);
                assert_eq!(required.connection, id);
                assert_eq!(required.login_url, format!("https://app.acme.test/sso/saml2/{id}/login"));
            }
            other => panic!("{other:?}"),
        }
        self.expect_events(ADMIN, &[]).await;
        assert_eq!(self.own().other_way_in("admin-1", "password", now).await.unwrap(), Access::BreakGlass);
        let used = r#""connection.break_glass_used","user":"admin-1","method":"password""#;
        self.expect_events(ADMIN, &[used.to_owned()]).await;
        // Another organization is not concerned.
        let elsewhere = self.connections().of("elsewhere").other_way_in("user-1", "password", now).await;
        assert_eq!(elsewhere.unwrap(), Access::Allowed);
    }

    async fn rotate_the_certificate(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        let add = Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes());
        let effects = self.own().preview(id, &add).await.unwrap();
        let [Effect::NeedsTestLogin, Effect::PinsKey { certificate, .. }] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        assert_eq!(*certificate, fingerprint(keys::OTHER_CERTIFICATE));
        self.own().edit(id, &add, &admin, now).await.unwrap();
        assert_eq!(self.phase(id).await, Phase::Enforced);
        let (own, other) = (fingerprint(keys::OWN_CERTIFICATE), fingerprint(keys::OTHER_CERTIFICATE));
        let both = format!("{own} {other}");
        let added = [changed("certificates", Some(&own), Some(&both))];
        self.expect_events(ADMIN, &[configured(3, &added, "enforced", "enforced")]).await;

        // Both are good; which one signed is seen.
        self.log_in(id, keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        self.expect_events(USER, &[tested(3, keys::OWN_CERTIFICATE)]).await;
        let status = self.own().status(id).await.unwrap();
        let [old, new] = status.certificates.as_slice() else { panic!("{status:?}") };
        assert_eq!((old.last_login, new.last_login), (Some(self.now), None));
        let old = old.certificate.fingerprint_sha256().to_string();

        // Retiring the old one before the new one was seen would lock everybody out.
        let retire = Edit::new().retire_certificate(&old, Retirement::Rotated);
        let (admin, now) = (self.admin.clone(), self.next());
        let refusal = self.own().edit(id, &retire, &admin, now).await.unwrap_err();
        assert_eq!(refusal.code(), "config.ends_enforcement");
        self.expect_events(ADMIN, &[]).await;

        let session = self.log_in(id, keys::OTHER_KEY, keys::OTHER_CERTIFICATE).await;
        self.expect_events(USER, &[tested(3, keys::OTHER_CERTIFICATE)]).await;
        let (admin, now) = (self.admin.clone(), self.next());
        let edited = self.own().edit(id, &retire, &admin, now).await.unwrap();
        assert_eq!(edited.record.phase(), Phase::Enforced);
        assert_eq!(edited.effects, [Effect::NeedsTestLogin]);
        let retired = [changed("certificates", Some(&both), Some(&other))];
        self.expect_events(ADMIN, &[configured(4, &retired, "enforced", "enforced")]).await;

        let connection = self.connections().active(id).await.unwrap();
        let retired = self.jumpcloud(keys::OWN_KEY, keys::OWN_CERTIFICATE);
        let answer = self.page.answer(&connection, &retired, &self.barbara(), now);
        let error = self.page.finish(&connection, &answer, now).await.unwrap_err();
        assert_eq!(error.code(), "signature.untrusted_key");
        self.session_is_good(&session).await;
    }

    async fn session_is_good(&self, session: &IssuedSession) {
        let verified =
            self.page.sessions.verify(&self.organization, session.token(), self.now).await.unwrap();
        let enforcement = self.own().enforcement().await.unwrap();
        assert_eq!(enforcement.session(&verified), Access::Allowed);
    }

    async fn unenforce(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        self.own().unenforce(id, &admin, now).await.unwrap();
        assert_eq!(self.phase(id).await, Phase::Active);
        self.expect_events(
            ADMIN,
            &[r#""connection.unenforced","because":"asked","after":"active""#.to_owned()],
        )
        .await;
        let access = self.own().other_way_in("user-1", "password", now).await.unwrap();
        assert_eq!(access, Access::Allowed);
    }

    async fn disable(&mut self, id: &str) {
        let session = self.log_in(id, keys::OTHER_KEY, keys::OTHER_CERTIFICATE).await;
        self.expect_events(USER, &[tested(4, keys::OTHER_CERTIFICATE)]).await;
        self.session_is_good(&session).await;
        // A login that has come half-way when the connection is disabled.
        let connection = self.connections().active(id).await.unwrap();
        let idp = self.jumpcloud(keys::OTHER_KEY, keys::OTHER_CERTIFICATE);
        let answer = self.page.answer(&connection, &idp, &self.barbara(), self.now);
        let half_way = self.page.finish(&connection, &answer, self.now).await.unwrap();

        let (admin, now) = (self.admin.clone(), self.next());
        self.own().disable(id, &self.page.sessions, &admin, now).await.unwrap();
        assert_eq!(self.phase(id).await, Phase::Configured);
        self.expect_events(ADMIN, &[r#""connection.disabled","before":"active""#.to_owned()]).await;

        assert_eq!(self.connections().active(id).await.unwrap_err().code(), "config.disabled");
        let refused = self.page.sessions.verify(&self.organization, session.token(), now).await.unwrap_err();
        assert_eq!(refused.code(), "session.revoked");
        let late = self.connections().complete_login(half_way, "user-1", &self.page.sessions, now).await;
        assert_eq!(late.unwrap_err().code(), "config.disabled");
    }

    async fn delete(&mut self, id: &str) {
        let (admin, now) = (self.admin.clone(), self.next());
        self.own().delete(id, &admin, now).await.unwrap();
        assert!(matches!(self.own().record(id).await, Err(Refusal::Unknown)));
        self.expect_events(ADMIN, &[r#""connection.deleted","before":"configured""#.to_owned()]).await;
        let events: Vec<(u64, Event)> = self.own().events(0, 100).await.unwrap();
        // What was written is what is read, to the letter.
        for (_, event) in &events {
            assert_eq!(Event::from_json(&event.to_json().unwrap()).unwrap(), *event);
        }
    }
}

fn fingerprint(certificate: &str) -> String {
    Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
}

/// The event of a login that was the first of its kind.
fn tested(revision: u64, certificate: &str) -> String {
    let certificate = fingerprint(certificate);
    format!(r#""connection.tested","user":"user-1","revision":{revision},"certificate":"{certificate}""#)
}

/// The event of a change of the configuration.
fn configured(revision: u64, changes: &[String], before: &str, after: &str) -> String {
    let changes = changes.join(",");
    format!(
        r#""connection.configured","revision":{revision},"changes":[{changes}],"before":"{before}","after":"{after}""#
    )
}

fn changed(field: &str, before: Option<&str>, after: Option<&str>) -> String {
    let text = |value: Option<&str>| value.map_or_else(|| "null".to_owned(), |value| format!("\"{value}\""));
    format!(r#"{{"field":"{field}","before":{},"after":{}}}"#, text(before), text(after))
}

/// What the world's name servers say.
#[derive(Default)]
struct Dns(HashMap<String, Vec<String>>);

impl TxtLookup for Dns {
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        Ok(self.0.get(name).cloned().unwrap_or_default())
    }
}
