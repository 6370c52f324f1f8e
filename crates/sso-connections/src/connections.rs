//! Every organization's connections, as the service uses them: to log members in, and to remind of what
//! expires.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use saml_signature::Certificate;
use saml_sp::{Connection, Login, Settings, check_text, normalized_domain};
use sso_session::{
    EmailStanding, IssuedSession, SessionRefusal, Sessions, VerifiedSession, Withdrawn, traced,
};
use sso_store::{ConnectionRow, EventRow, Requires, Saved, Selection, StoreError, Stores};

use crate::completed_login::CompletedLogin;
use crate::entitlement::{Entitlements, Unlimited};
use crate::event::{Actor, Event, EventKind};
use crate::phase::{Missing, Phase};
use crate::reading::{PAGE, all_of};
use crate::record::ConnectionRecord;
use crate::refusal::Refusal;

/// When to remind of a certificate that expires, in days before: as JumpCloud's own mails do.
const REMINDERS: [u32; 4] = [60, 30, 7, 1];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a reminder is tried to be kept while an administrator changes the same connection.
const ATTEMPTS: usize = 3;

/// Every organization's connections. Cheap to clone.
///
/// What administrators do is in [`Organization`](crate::Organization), which [`of`](Self::of) gives for one
/// organization.
#[derive(Clone)]
pub struct Connections {
    settings: Settings,
    stores: Stores,
    entitlements: Arc<dyn Entitlements>,
    /// Prepared connections: certificates are parsed once, not for each login.
    prepared: Arc<Mutex<HashMap<String, Prepared>>>,
}

struct Prepared {
    version: u64,
    domains: Vec<String>,
    connection: Connection,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What [`Connections::expiry_reminders`] found.
#[derive(Debug, Default)]
#[must_use]
#[non_exhaustive]
pub struct Reminders {
    /// What to mail, each kept as an event already.
    pub due: Vec<Event>,
    /// The first failure of the store, if there was one. What it was about comes with the next call, unless
    /// the store had kept it before it failed: then it is in the audit log only.
    pub failure: Option<StoreError>,
}

impl Connections {
    /// Creates them over stores. Every organization may do everything.
    pub fn new(settings: &Settings, stores: impl Into<Stores>) -> Self {
        Self::with_entitlements(settings, stores, Unlimited)
    }

    /// Creates them over stores, asking what each organization may do.
    pub fn with_entitlements(
        settings: &Settings,
        stores: impl Into<Stores>,
        entitlements: impl Entitlements + 'static,
    ) -> Self {
        Self {
            settings: settings.clone(),
            stores: stores.into(),
            entitlements: Arc::new(entitlements),
            prepared: Arc::default(),
        }
    }

    /// The connection `id`, for a login. Certificates are parsed once for each version of it.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::Disabled`].
    pub async fn active(&self, id: &str) -> Result<Connection, Refusal> {
        let Some((row, domains)) = self.stores.connections.connection_with_domains(id).await? else {
            self.forget(id);
            return Err(Refusal::Unknown);
        };
        if let Some(connection) = self.prepared(&row, &domains) {
            return Ok(connection);
        }
        let record = ConnectionRecord::from_row(&row)?;
        if record.phase() < Phase::Active {
            self.forget(id);
            return Err(Refusal::Disabled);
        }
        let connection = record.build(&self.settings, &domains)?;
        if let Ok(mut prepared) = self.prepared.lock() {
            let version = record.version();
            prepared.insert(id.to_owned(), Prepared { version, domains, connection: connection.clone() });
        }
        Ok(connection)
    }

    /// What was prepared of a row. Only what is in use is prepared, and each version of a row is another one.
    fn prepared(&self, row: &ConnectionRow, domains: &[String]) -> Option<Connection> {
        let prepared = self.prepared.lock().ok()?;
        let found = prepared.get(&row.id)?;
        let is_current = found.version == row.version && found.domains == domains;
        is_current.then(|| found.connection.clone())
    }

    /// Drops what was prepared of a connection that is not in use: keys need not lie around.
    pub(crate) fn forget(&self, id: &str) {
        if let Ok(mut prepared) = self.prepared.lock() {
            prepared.remove(id);
        }
    }

    /// Where a user of this e-mail address logs in: the connection of the organization that the address's
    /// domain belongs to. `None` where there is none in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn for_email(&self, email: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let Some(domain) = email.rsplit_once('@').and_then(|(_, domain)| normalized_domain(domain)) else {
            return Ok(None);
        };
        match self.stores.domains.held_domain(&domain).await? {
            Some(held) => self.for_organization(&held.organization).await,
            None => Ok(None),
        }
    }

    /// Where members of an organization log in: its enforced connection, or else an active one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn for_organization(&self, organization: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let records = all_of(&*self.stores.connections, organization, Selection::All).await?;
        let in_use = records.into_iter().filter(|record| record.phase() >= Phase::Active);
        // Of several, the first: the one that whoever has to log in is sent to.
        Ok(in_use.rev().max_by_key(ConnectionRecord::phase))
    }

    /// Completes a login: issues its session, and records that a login has succeeded to its very end.
    /// `user_id` is the service's own name for the user. There is no other way from a login through a
    /// stored connection to a session, and one login gives one session, within five minutes. What was
    /// revoked since it was accepted stays revoked, as far as the clocks of the service's machines agree.
    /// Where this fails, the user begins the login anew.
    ///
    /// # Errors
    /// [`Refusal::Disabled`] if the connection was disabled while the user was logging in,
    /// [`Refusal::Retired`] if the certificate of the login was retired; [`Refusal::Session`] if it was
    /// completed before, is too old, or if its user, key or domain was revoked since.
    pub async fn complete_login(
        &self,
        login: Login,
        user_id: &str,
        sessions: &Sessions,
        now: SystemTime,
    ) -> Result<IssuedSession, Refusal> {
        let work = self.complete_inner(&login, user_id, sessions, now);
        traced("complete_login", login.organization(), Some(login.account().connection()), work).await
    }

    async fn complete_inner(
        &self,
        login: &Login,
        user_id: &str,
        sessions: &Sessions,
        now: SystemTime,
    ) -> Result<IssuedSession, Refusal> {
        // Before anything is used up.
        check_text("user's ID", user_id)?;
        let (organization, connection) = (login.organization(), login.account().connection());
        let record = self.record(connection).await?;
        // Disabled and enabled again is another activation, whose sessions this one is none of.
        if record.phase() < Phase::Active || login.activation() != Some(record.activation()) {
            return Err(Refusal::Disabled);
        }
        let signed = login.assertion().evidence().certificate().public_key_der();
        if !record.certificates().iter().any(|pinned| pinned.public_key_der() == signed) {
            return Err(Refusal::Retired);
        }
        // The connection that the login was checked by may be from before the domain was lost.
        if let Some(verified) = login.verified_domain() {
            let domains = self.stores.domains.domains(organization).await?;
            if !domains.iter().any(|domain| domain == verified) {
                return Err(SessionRefusal::Withdrawn(Withdrawn::EmailDomain).into());
            }
        }
        // It is used up by this: whoever comes second records nothing.
        let session = sessions.begin_checked(&login.accepted(), user_id, now).await?;
        let formers = self.logins(connection).await?;
        let completed = CompletedLogin::of(login, user_id, &formers, now);
        let kind = EventKind::Tested {
            user: user_id.to_owned(),
            revision: completed.revision(),
            certificate: completed.certificate().to_owned(),
        };
        let event = Event::new(&Actor::user(user_id), now, organization, Some(connection), kind);
        if self.stores.logins.record_login(&completed.to_row()?, &[event.to_row()?]).await? {
            event.trace();
        }
        Ok(session)
    }

    /// Continues a session of `organization` with a new token, as [`Sessions::refresh`] does, if what it
    /// rests on still holds: its connection is in use, the key that vouched for the user was not
    /// withdrawn, and the organization still owns the domain of a verified e-mail address. Where the
    /// connection accepts addresses of any domain, an address that is no longer verified goes on as an
    /// unverified one.
    ///
    /// # Errors
    /// [`SessionRefusal`]; [`SessionRefusal::Withdrawn`].
    pub async fn refresh(
        &self,
        sessions: &Sessions,
        organization: &str,
        token: &str,
        now: SystemTime,
    ) -> Result<IssuedSession, SessionRefusal> {
        let work = async {
            let session = sessions.verify(organization, token, now).await?;
            let keeps_email = self.evaluate(&session).await?;
            sessions.refresh_checked(&session, keeps_email, now).await
        };
        traced("refresh", organization, None, work).await
    }

    /// What a session is worth today, and whether its e-mail address is still what it was.
    async fn evaluate(&self, session: &VerifiedSession) -> Result<EmailStanding, SessionRefusal> {
        let withdrawn = |what| Err(SessionRefusal::Withdrawn(what));
        let record = self.find(session.connection()).await?;
        let record = match (record, session.activation()) {
            // A connection in the program, or another way in.
            (None, None) => return Ok(EmailStanding::Unchanged),
            // Nothing but a login through it begins a session of a stored connection, and that one knows its
            // activation.
            (None, Some(_)) | (Some(_), None) => return withdrawn(Withdrawn::Connection),
            (Some(record), Some(activation)) => {
                let is_of_it = record.organization() == session.organization()
                    && record.phase() >= Phase::Active
                    && record.activation() == activation;
                if !is_of_it {
                    return withdrawn(Withdrawn::Connection);
                }
                record
            }
        };
        if session.idp_key().is_none_or(|idp_key| record.has_compromised(idp_key)) {
            return withdrawn(Withdrawn::IdpKey);
        }
        if session.email_is_verified() {
            let domains = self.stores.domains.domains(session.organization()).await?;
            let rests_on = session.email_domain();
            if rests_on.is_some_and(|rests_on| domains.iter().any(|domain| domain == rests_on)) {
                return Ok(EmailStanding::Unchanged);
            }
        }
        if record.accepts_any_email_domain() {
            Ok(EmailStanding::Unverified)
        } else {
            withdrawn(Withdrawn::EmailDomain)
        }
    }

    /// Reminders of certificates that expire within 60, 30, 7 or 1 days or have expired, for the host to
    /// mail; to be called once a day or so. Each is given once, on however many machines it is asked for,
    /// and is in the audit log by then: a host that must not lose a mail to a crash takes them from
    /// there, by [`Organization::events`](crate::Organization::events).
    pub async fn expiry_reminders(&self, now: SystemTime) -> Reminders {
        let mut reminders = Reminders::default();
        let mut after = String::new();
        loop {
            let page = match self.stores.connections.connections(None, Selection::All, &after, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    reminders.failure.get_or_insert(error);
                    return reminders;
                }
            };
            for row in &page {
                let reminded = match ConnectionRecord::from_row(row) {
                    Ok(record) => self.remind(record, now).await,
                    Err(error) => Err(error),
                };
                match reminded {
                    Ok(events) => reminders.due.extend(events),
                    Err(error) => drop(reminders.failure.get_or_insert(error)),
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE => last.id.clone_into(&mut after),
                _ => return reminders,
            }
        }
    }

    /// That somebody was reminded is kept with the connection, together with the events: of two that do so at
    /// once, one is told that the other was faster.
    async fn remind(&self, mut record: ConnectionRecord, now: SystemTime) -> Result<Vec<Event>, StoreError> {
        for _ in 0..ATTEMPTS {
            let due = due_reminders(&record, now);
            if due.is_empty() {
                return Ok(Vec::new());
            }
            let (id, organization) = (record.id().to_owned(), record.organization().to_owned());
            let event =
                |kind: &EventKind| Event::new(&Actor::System, now, &organization, Some(&id), kind.clone());
            let events: Vec<_> = due.iter().map(|(_, _, kind)| event(kind)).collect();
            let before = record.version();
            record.version = before + 1;
            record.reminded.extend(due.into_iter().map(|(fingerprint, days, _)| (fingerprint, days)));
            let (row, rows) = (record.to_row()?, rows(&events)?);
            match self.stores.connections.save(&row, Some(before), Requires::Nothing, &rows).await? {
                Saved::Saved => {
                    events.iter().for_each(Event::trace);
                    return Ok(events);
                }
                Saved::Conflict => match self.find(&id).await? {
                    Some(present) => record = present,
                    None => return Ok(Vec::new()),
                },
                // Nothing was required.
                Saved::NoDomain => return Ok(Vec::new()),
            }
        }
        Ok(Vec::new())
    }

    // What organizations are made of.

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(crate) fn entitlements(&self) -> &dyn Entitlements {
        &*self.entitlements
    }

    async fn find(&self, id: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let row = self.stores.connections.connection(id).await?;
        row.as_ref().map(ConnectionRecord::from_row).transpose()
    }

    pub(crate) async fn record(&self, id: &str) -> Result<ConnectionRecord, Refusal> {
        self.find(id).await?.ok_or(Refusal::Unknown)
    }

    pub(crate) async fn logins(&self, id: &str) -> Result<Vec<CompletedLogin>, StoreError> {
        self.stores.logins.logins(id).await?.iter().map(|json| CompletedLogin::from_json(json)).collect()
    }

    pub(crate) async fn replace(
        &self,
        before: &ConnectionRecord,
        record: &mut ConnectionRecord,
        events: &[Event],
    ) -> Result<(), Refusal> {
        record.version = before.version() + 1;
        self.save(record, Some(before.version()), Requires::Nothing, events).await
    }

    /// Replaces a record by one that logins can go through, if by the time that it is written the
    /// organization has a domain still where the record relies on one.
    pub(crate) async fn replace_whole(
        &self,
        before: &ConnectionRecord,
        record: &mut ConnectionRecord,
        events: &[Event],
    ) -> Result<(), Refusal> {
        record.version = before.version() + 1;
        let requires = if record.relies_on_domains() { Requires::Domain } else { Requires::Nothing };
        self.save(record, Some(before.version()), requires, events).await
    }

    pub(crate) async fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> Result<(), Refusal> {
        events.iter().try_for_each(Event::check)?;
        match self.stores.connections.save(&record.to_row()?, expected, requires, &rows(events)?).await? {
            Saved::Saved => events.iter().for_each(Event::trace),
            Saved::Conflict => return Err(Refusal::Conflict),
            Saved::NoDomain => return Err(Refusal::Incomplete { missing: vec![Missing::EmailDomain] }),
        }
        Ok(())
    }

    pub(crate) async fn append(&self, event: &Event) -> Result<(), StoreError> {
        event.check()?;
        self.stores.events.append(&[event.to_row()?]).await?;
        event.trace();
        Ok(())
    }
}

fn rows(events: &[Event]) -> Result<Vec<EventRow>, StoreError> {
    events.iter().map(Event::to_row).collect()
}

/// The reminders that are due and were not given yet: fingerprint, days, and what to tell.
fn due_reminders(record: &ConnectionRecord, now: SystemTime) -> Vec<(String, u32, EventKind)> {
    if record.phase() < Phase::Active {
        return Vec::new();
    }
    let due = |certificate: Certificate| {
        let days = reminder_due(&certificate, now)?;
        let fingerprint = certificate.fingerprint_sha256().to_string();
        let is_new = record.reminded.get(&fingerprint).is_none_or(|last| days < *last);
        let kind = EventKind::CertificateExpires {
            certificate: fingerprint.clone(),
            expires_at: certificate.not_after(),
            days,
        };
        is_new.then_some((fingerprint, days, kind))
    };
    record.certificates().into_iter().filter_map(due).collect()
}

/// The most urgent reminder that is due.
fn reminder_due(certificate: &Certificate, now: SystemTime) -> Option<u32> {
    let Ok(left) = certificate.not_after().duration_since(now) else { return Some(0) };
    REMINDERS.into_iter().filter(|days| left <= DAY * *days).min()
}
