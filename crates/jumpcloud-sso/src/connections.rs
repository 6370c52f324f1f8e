//! The life of connections: drafted, configured, enabled, enforced, and back.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use saml_protocol::RequestId;
use saml_signature::Certificate;
use sso_session::IssuedSession;

use crate::connection::{Connection, ConnectionError};
use crate::domain::normalized_domain;
use crate::edit::{Edit, Effect, Plan};
use crate::enforcement::{Access, Enforcement};
use crate::entitlement::{Entitlements, Feature, Unlimited};
use crate::event::{Actor, Event, EventKind, UnenforcedBecause};
use crate::login::Login;
use crate::record::{CompletedLogin, ConnectionRecord, Missing, Phase, Use};
use crate::refusal::Refusal;
use crate::sessions::revocation_key_of_connection;
use crate::settings::{ServiceProvider, Settings};
use crate::store::{Claim, ConnectionStore, DomainStore, OnceStore, RevocationStore, Saved, StoreError};

/// More connections than this one organization has for a mistake only.
pub(crate) const MAX_CONNECTIONS: usize = 100;

/// How many connections are looked at in one go where all are.
const PAGE: usize = 100;

/// When to remind of a certificate that expires, in days before: as JumpCloud's own mails do.
const REMINDERS: [u32; 4] = [60, 30, 7, 1];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A login that was checked just before its connection was disabled issues its session just after.
const LOGIN_UNDER_WAY: Duration = Duration::from_secs(5);

/// No session outlives this, so that a revocation may be forgotten by then.
const LONGEST_SESSION: Duration = Duration::from_secs(91 * 24 * 60 * 60);

/// Every organization's connections. Cheap to clone.
///
/// Whatever changes something returns what is missing, or why it was refused, and leaves everything as it was then. It is
/// kept together with its [`Event`] for the audit log or not at all.
#[derive(Clone)]
pub struct Connections<S, E = Unlimited> {
    settings: Settings,
    store: S,
    entitlements: E,
    /// Prepared connections: certificates are parsed once, not for each login.
    prepared: Arc<Mutex<HashMap<String, Prepared>>>,
}

struct Prepared {
    version: u64,
    domains: Vec<String>,
    connection: Connection,
}

impl<S, E> fmt::Debug for Connections<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<S: ConnectionStore + DomainStore> Connections<S> {
    /// With a store that keeps them. Every organization may do everything.
    pub fn new(settings: &Settings, store: S) -> Self {
        Self::with_entitlements(settings, store, Unlimited)
    }
}

/// How members come in while a connection is enforced, if JumpCloud cannot let them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakGlass {
    /// These accounts, by the service's own names for them, may log in by other ways. Each time is an event.
    Accounts(Vec<String>),
    /// Nobody: should JumpCloud fail, or its certificate change unannounced, the last administrator is locked out too.
    NobodyEvenIfLockedOut,
}

/// What becomes of sessions that began before a connection was enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierSessions {
    /// They go on, if they are of the connection.
    GoOn,
    /// They have to begin anew.
    End,
}

/// What came of an [`Edit`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Edited {
    /// The connection from now on.
    pub record: ConnectionRecord,
    /// What the change did beyond itself.
    pub effects: Vec<Effect>,
}

/// What an administrator's page shows of a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The connection.
    pub record: ConnectionRecord,
    /// What to paste into JumpCloud.
    pub service_provider: ServiceProvider,
    /// What is missing before it can be enabled.
    pub missing: Vec<Missing>,
    /// The last login that succeeded to its very end at the present revision. Without it, it cannot be enforced.
    pub tested: Option<CompletedLogin>,
    /// The pinned certificates.
    pub certificates: Vec<CertificateStatus>,
}

/// A pinned certificate, and whether JumpCloud signs with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateStatus {
    /// The certificate.
    pub certificate: Certificate,
    /// The last login that it was seen with. One that others have followed since can be retired.
    pub last_login: Option<SystemTime>,
}

/// What is asked for, by whom, and when.
#[derive(Clone, Copy, Debug)]
struct Request<'r> {
    by: &'r Actor,
    now: SystemTime,
}

impl<S: ConnectionStore + DomainStore, E: Entitlements> Connections<S, E> {
    /// With a store that keeps them, asking what each organization may do.
    pub fn with_entitlements(settings: &Settings, store: S, entitlements: E) -> Self {
        Self { settings: settings.clone(), store, entitlements, prepared: Arc::default() }
    }

    // The life of a connection.

    /// Drafts a connection, as soon as an administrator opens the page: its ACS URL and SP Entity ID can be copied then.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn create(
        &self,
        organization: &str,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        self.entitled(organization, Feature::Configure).await?;
        if self.of_organization(organization).await?.len() >= MAX_CONNECTIONS {
            return Err(Refusal::TooMany);
        }
        // 128 random bits, so that the URLs cannot be guessed from another organization's.
        let id: String = RequestId::generate()
            .map_err(|_| Refusal::Random)?
            .as_str()
            .trim_start_matches('_')
            .chars()
            .take(32)
            .collect();
        let record = ConnectionRecord::draft(&id, organization, now);
        let event = Event::new(by, now, organization, Some(&id), EventKind::Created);
        self.save(&record, None, &[event]).await?;
        Ok(record)
    }

    /// What an [`Edit`] would do beyond itself. Nothing is changed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn preview(&self, id: &str, edit: &Edit) -> Result<Vec<Effect>, Refusal> {
        let record = self.record(id).await?;
        Ok(self.plan(&record, edit).await?.effects)
    }

    /// Changes a connection's configuration, all of it or nothing.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Edit`] names each field that is wrong, [`Refusal::EndsEnforcement`] is the answer to a
    /// change after which nobody could say whether members can still log in, unless the edit accepts that.
    pub async fn edit(&self, id: &str, edit: &Edit, by: &Actor, now: SystemTime) -> Result<Edited, Refusal> {
        let record = self.record(id).await?;
        self.entitled(record.organization(), Feature::Configure).await?;
        let Plan { record: mut next, changes, effects } = self.plan(&record, edit).await?;
        if changes.is_empty() {
            return Ok(Edited { record, effects });
        }
        let ends_enforcement = effects.contains(&Effect::EndsEnforcement);
        if ends_enforcement && !edit.accepts_end_of_enforcement() {
            return Err(Refusal::EndsEnforcement);
        }
        let kind = EventKind::Configured {
            revision: next.revision(),
            changes,
            before: record.phase(),
            after: next.phase(),
        };
        let mut events = vec![Event::new(by, now, record.organization(), Some(id), kind)];
        if ends_enforcement {
            let kind = EventKind::Unenforced { because: UnenforcedBecause::Changed };
            events.push(Event::new(by, now, record.organization(), Some(id), kind));
        }
        self.replace(&record, &mut next, &events).await?;
        Ok(Edited { record: next, effects })
    }

    async fn plan(&self, record: &ConnectionRecord, edit: &Edit) -> Result<Plan, Refusal> {
        let logins = self.store.logins(record.id()).await?;
        Ok(edit.apply(record, &logins, &self.settings)?)
    }

    /// Lets members log in through a connection.
    ///
    /// # Errors
    /// [`Refusal::Incomplete`] says what is missing.
    pub async fn enable(&self, id: &str, by: &Actor, now: SystemTime) -> Result<ConnectionRecord, Refusal> {
        let record = self.record(id).await?;
        if record.phase() >= Phase::Active {
            return Ok(record);
        }
        self.entitled(record.organization(), Feature::Enable).await?;
        let domains = self.store.domains(record.organization()).await?;
        let missing = missing(&record, &domains);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete { missing });
        }
        // What was checked field by field is now checked as a whole.
        record.build(&self.settings, &domains)?;
        self.changed(record, Use::Active, EventKind::Enabled, Request { by, now }).await
    }

    /// Has members log in through a connection and by no other way.
    ///
    /// # Errors
    /// [`Refusal::Phase`] before it is enabled, [`Refusal::NotTested`] before a login has succeeded to its very end at
    /// the present revision.
    pub async fn enforce(
        &self,
        id: &str,
        break_glass: &BreakGlass,
        earlier_sessions: EarlierSessions,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        let mut record = self.record(id).await?;
        match record.phase() {
            Phase::Active => {}
            Phase::Enforced => return Ok(record),
            found => return Err(Refusal::Phase { needed: Phase::Active, found }),
        }
        self.entitled(record.organization(), Feature::Enforce).await?;
        let Some(test) = self.test_of(&record).await? else {
            return Err(Refusal::NotTested { revision: record.revision() });
        };
        let before = record.clone();
        record.break_glass = break_glass.accounts()?;
        let ends_earlier_sessions = earlier_sessions == EarlierSessions::End;
        record.use_of = Use::Enforced { since: now, ends_earlier_sessions };
        let kind = EventKind::Enforced {
            revision: record.revision(),
            tested_by: test.user().to_owned(),
            ends_earlier_sessions,
        };
        let mut events = vec![Event::new(by, now, record.organization(), Some(id), kind)];
        events.extend(break_glass_event(&before, &record, Request { by, now }));
        self.replace(&before, &mut record, &events).await?;
        Ok(record)
    }

    /// Changes who may log in by other ways while the connection is enforced.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn set_break_glass(
        &self,
        id: &str,
        break_glass: &BreakGlass,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        let before = self.record(id).await?;
        let mut record = before.clone();
        record.break_glass = break_glass.accounts()?;
        if let Some(event) = break_glass_event(&before, &record, Request { by, now }) {
            self.replace(&before, &mut record, &[event]).await?;
        }
        Ok(record)
    }

    /// Lets members log in by other ways again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn unenforce(
        &self,
        id: &str,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        let record = self.record(id).await?;
        if record.phase() < Phase::Enforced {
            return Ok(record);
        }
        let kind = EventKind::Unenforced { because: UnenforcedBecause::Asked };
        self.changed(record, Use::Active, kind, Request { by, now }).await
    }

    /// Lets nobody log in through a connection any longer, and revokes its sessions. If it was enforced, members can log
    /// in by other ways again.
    ///
    /// # Errors
    /// [`Refusal`]. The sessions are revoked first: should keeping the change fail, they are gone, but nobody is in who
    /// should not be.
    pub async fn disable(
        &self,
        id: &str,
        revocations: &impl RevocationStore,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        let before = self.record(id).await?;
        if before.phase() < Phase::Active {
            return Ok(before);
        }
        let (key, instant) = (revocation_key_of_connection(id), now + LOGIN_UNDER_WAY);
        revocations.revoke(&key, instant, now + LONGEST_SESSION, now).await?;
        let mut record = before.clone();
        record.use_of = Use::Disabled;
        let organization = record.organization().to_owned();
        let kind = EventKind::Disabled { before: before.phase() };
        let mut events = vec![Event::new(by, now, &organization, Some(id), kind)];
        if before.phase() == Phase::Enforced {
            let kind = EventKind::Unenforced { because: UnenforcedBecause::Disabled };
            events.push(Event::new(by, now, &organization, Some(id), kind));
        }
        self.replace(&before, &mut record, &events).await?;
        Ok(record)
    }

    /// Deletes a connection that is disabled. Its ID is never used again.
    ///
    /// # Errors
    /// [`Refusal::Phase`] while it is in use.
    pub async fn delete(&self, id: &str, by: &Actor, now: SystemTime) -> Result<(), Refusal> {
        let record = self.record(id).await?;
        if record.phase() >= Phase::Active {
            return Err(Refusal::Phase { needed: Phase::Configured, found: record.phase() });
        }
        let event = Event::new(by, now, record.organization(), Some(id), EventKind::Deleted);
        match self.store.delete(id, record.version(), std::slice::from_ref(&event)).await? {
            Saved::Saved => event.trace(),
            Saved::Conflict => return Err(Refusal::Conflict),
        }
        Ok(())
    }

    // Logins.

    /// The connection `id`, for a login. Certificates are parsed once for each version of it.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::Disabled`].
    pub async fn active(&self, id: &str) -> Result<Connection, Refusal> {
        let record = self.record(id).await?;
        if record.phase() < Phase::Active {
            return Err(Refusal::Disabled);
        }
        let domains = self.store.domains(record.organization()).await?;
        if let Some(connection) = self.prepared(&record, &domains) {
            return Ok(connection);
        }
        let connection = record.build(&self.settings, &domains)?;
        if let Ok(mut prepared) = self.prepared.lock() {
            let version = record.version();
            prepared.insert(id.to_owned(), Prepared { version, domains, connection: connection.clone() });
        }
        Ok(connection)
    }

    fn prepared(&self, record: &ConnectionRecord, domains: &[String]) -> Option<Connection> {
        let prepared = self.prepared.lock().ok()?;
        let found = prepared.get(record.id())?;
        let is_current = found.version == record.version() && found.domains == domains;
        is_current.then(|| found.connection.clone())
    }

    /// Where a user of this e-mail address logs in: the connection of the organization that the address's domain belongs
    /// to. `None` where there is none in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn for_email(&self, email: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let Some(domain) = email.rsplit_once('@').and_then(|(_, domain)| normalized_domain(domain)) else {
            return Ok(None);
        };
        match self.store.domain_owner(&domain).await? {
            Some(organization) => self.for_organization(&organization).await,
            None => Ok(None),
        }
    }

    /// Where members of an organization log in: its enforced connection, or else an active one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn for_organization(&self, organization: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let records = self.of_organization(organization).await?;
        let in_use = records.into_iter().filter(|record| record.phase() >= Phase::Active);
        Ok(in_use.max_by_key(ConnectionRecord::phase))
    }

    /// Records that a login has succeeded to its very end: the service has issued `session` for it, and gives it away
    /// next. Without this a connection counts as untested, and a certificate as unused.
    ///
    /// # Errors
    /// [`Refusal::Disabled`] if the connection was disabled while the user was logging in: the session must not be given
    /// away then.
    pub async fn complete_login(
        &self,
        login: &Login,
        user: &str,
        session: &IssuedSession,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let connection = login.account().connection();
        if self.record(connection).await?.phase() < Phase::Active {
            return Err(Refusal::Disabled);
        }
        tracing::debug!(connection, session = session.session_id(), "a login is complete");
        let certificate = login.assertion().evidence().certificate();
        let completed = CompletedLogin::new(connection, login.revision(), certificate, user, now);
        let kind = EventKind::Tested {
            user: user.to_owned(),
            revision: completed.revision(),
            certificate: completed.certificate().to_owned(),
        };
        let event = Event::new(&Actor::user(user), now, login.organization(), Some(connection), kind);
        if self.store.record_login(&completed, std::slice::from_ref(&event)).await? {
            event.trace();
        }
        Ok(())
    }

    // What else there is to ask.

    /// What an organization enforces. Ask it about sessions; for other ways in there is
    /// [`other_way_in`](Self::other_way_in).
    ///
    /// # Errors
    /// [`StoreError`]; nobody should be let in then.
    pub async fn enforcement(&self, organization: &str) -> Result<Enforcement, StoreError> {
        let records = self.of_organization(organization).await?;
        Ok(Enforcement::of(&self.settings, organization, &records))
    }

    /// Whether `user` may come into `organization` by another way than single sign-on, be it a password, OAuth or an API
    /// key: `method` is the host's name for it. That somebody breaks the glass is kept as an event before they are told.
    ///
    /// # Errors
    /// [`StoreError`]; nobody should be let in then.
    pub async fn other_way_in(
        &self,
        organization: &str,
        user: &str,
        method: &str,
        now: SystemTime,
    ) -> Result<Access, StoreError> {
        let enforcement = self.enforcement(organization).await?;
        let access = enforcement.other_way(user);
        if access == Access::BreakGlass {
            let kind = EventKind::BreakGlassUsed { user: user.to_owned(), method: method.to_owned() };
            let connection = enforcement.first_connection();
            self.append(Event::new(&Actor::user(user), now, organization, connection, kind)).await?;
        }
        Ok(access)
    }

    /// The connection `id`, whatever its phase.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn record(&self, id: &str) -> Result<ConnectionRecord, Refusal> {
        self.store.connection(id).await?.ok_or(Refusal::Unknown)
    }

    /// What an administrator's page shows of the connection `id`.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn status(&self, id: &str) -> Result<Status, Refusal> {
        let record = self.record(id).await?;
        let logins = self.store.logins(id).await?;
        let missing = missing(&record, &self.store.domains(record.organization()).await?);
        let last_login = |certificate: &Certificate| {
            let fingerprint = certificate.fingerprint_sha256().to_string();
            let seen = logins.iter().filter(|login| login.certificate() == fingerprint);
            seen.map(CompletedLogin::at).max()
        };
        let certificates = record
            .certificates()
            .into_iter()
            .map(|certificate| CertificateStatus { last_login: last_login(&certificate), certificate })
            .collect();
        let service_provider = ServiceProvider::new(&self.settings, id).map_err(ConnectionError::from)?;
        let tested = self.test_of(&record).await?;
        Ok(Status { record, service_provider, missing, tested, certificates })
    }

    /// The connections of an organization, whatever their phase.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_organization(&self, organization: &str) -> Result<Vec<ConnectionRecord>, StoreError> {
        self.store.connections(Some(organization), "", MAX_CONNECTIONS).await
    }

    /// The events of an organization with a number above `after`, in their order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        self.store.events(organization, after, limit).await
    }

    /// Reminders of certificates that expire within 60, 30, 7 or 1 days or have expired, for the host to mail; to be
    /// called once a day or so. Each is given once, on however many machines it is asked for, and kept as an event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expiry_reminders(
        &self,
        once: &impl OnceStore,
        now: SystemTime,
    ) -> Result<Vec<Event>, StoreError> {
        let mut reminders = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.store.connections(None, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(reminders) };
            last.id().clone_into(&mut after);
            for record in page.iter().filter(|record| record.phase() >= Phase::Active) {
                for certificate in record.certificates() {
                    reminders.extend(self.reminder(record, &certificate, once, now).await?);
                }
            }
        }
    }

    async fn reminder(
        &self,
        record: &ConnectionRecord,
        certificate: &Certificate,
        once: &impl OnceStore,
        now: SystemTime,
    ) -> Result<Option<Event>, StoreError> {
        let Some(days) = reminder_due(certificate, now) else { return Ok(None) };
        let (id, fingerprint) = (record.id(), certificate.fingerprint_sha256().to_string());
        let until = certificate.not_after().max(now) + 365 * DAY;
        if once.claim(&format!("{id}:reminder:{fingerprint}:{days}"), until, now).await?
            == Claim::AlreadyClaimed
        {
            return Ok(None);
        }
        let kind =
            EventKind::CertificateExpires { certificate: fingerprint, at: certificate.not_after(), days };
        let event = Event::new(&Actor::System, now, record.organization(), Some(id), kind);
        self.append(event.clone()).await?;
        Ok(Some(event))
    }

    // Keeping.

    async fn entitled(&self, organization: &str, feature: Feature) -> Result<(), Refusal> {
        if self.entitlements.allows(organization, feature).await? {
            Ok(())
        } else {
            Err(Refusal::NotEntitled { feature })
        }
    }

    /// The login that tested the present revision, by a certificate that is still pinned.
    async fn test_of(&self, record: &ConnectionRecord) -> Result<Option<CompletedLogin>, StoreError> {
        let logins = self.store.logins(record.id()).await?;
        let present = logins.into_iter().filter(|login| login.revision() == record.revision());
        Ok(present.max_by_key(CompletedLogin::at))
    }

    async fn changed(
        &self,
        before: ConnectionRecord,
        use_of: Use,
        kind: EventKind,
        request: Request<'_>,
    ) -> Result<ConnectionRecord, Refusal> {
        let mut record = ConnectionRecord { use_of, ..before.clone() };
        let Request { by, now } = request;
        let event = Event::new(by, now, before.organization(), Some(before.id()), kind);
        self.replace(&before, &mut record, &[event]).await?;
        Ok(record)
    }

    async fn replace(
        &self,
        before: &ConnectionRecord,
        record: &mut ConnectionRecord,
        events: &[Event],
    ) -> Result<(), Refusal> {
        record.version = before.version() + 1;
        self.save(record, Some(before.version()), events).await
    }

    async fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        events: &[Event],
    ) -> Result<(), Refusal> {
        match self.store.save(record, expected, events).await? {
            Saved::Saved => events.iter().for_each(Event::trace),
            Saved::Conflict => return Err(Refusal::Conflict),
        }
        Ok(())
    }

    async fn append(&self, event: Event) -> Result<(), StoreError> {
        self.store.append(std::slice::from_ref(&event)).await?;
        event.trace();
        Ok(())
    }
}

impl BreakGlass {
    fn accounts(&self) -> Result<Vec<String>, Refusal> {
        match self {
            Self::NobodyEvenIfLockedOut => Ok(Vec::new()),
            Self::Accounts(accounts) if accounts.iter().all(|account| account.trim().is_empty()) => {
                Err(Refusal::NoBreakGlass)
            }
            Self::Accounts(accounts) => {
                let mut accounts = accounts.clone();
                accounts.retain(|account| !account.trim().is_empty());
                accounts.sort();
                accounts.dedup();
                Ok(accounts)
            }
        }
    }
}

fn break_glass_event(
    before: &ConnectionRecord,
    after: &ConnectionRecord,
    request: Request<'_>,
) -> Option<Event> {
    let kind = EventKind::BreakGlassChanged {
        before: before.break_glass().to_vec(),
        after: after.break_glass().to_vec(),
    };
    let Request { by, now } = request;
    (before.break_glass() != after.break_glass())
        .then(|| Event::new(by, now, after.organization(), Some(after.id()), kind))
}

fn missing(record: &ConnectionRecord, domains: &[String]) -> Vec<Missing> {
    let mut missing = record.missing();
    if domains.is_empty() && !record.accepts_any_email_domain() {
        missing.push(Missing::EmailDomain);
    }
    missing
}

/// The most urgent reminder that is due.
fn reminder_due(certificate: &Certificate, now: SystemTime) -> Option<u32> {
    let Ok(left) = certificate.not_after().duration_since(now) else { return Some(0) };
    REMINDERS.into_iter().filter(|days| left <= DAY * *days).min()
}
