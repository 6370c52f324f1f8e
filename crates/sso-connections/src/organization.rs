//! What the administrators of one organization do with its connections: draft, configure, enable, enforce,
//! and back.

use std::future::Future;
use std::time::SystemTime;

use saml_protocol::RequestId;
use saml_signature::Certificate;
use saml_sp::{ConnectionError, MAX_BREAK_GLASS, ServiceProvider, Warning, check_text};
use sso_session::{Coded, Sessions, traced};
use sso_store::{Requires, Saved, Selection, StoreError};
use sso_types::text::is_white_space;

use crate::completed_login::CompletedLogin;
use crate::connections::Connections;
use crate::edit::{Edit, Effect, Plan, RevokedKey};
use crate::enforcement::{Access, Enforcement};
use crate::entitlement::Feature;
use crate::event::{Actor, Event, EventKind, UnenforcedBecause};
use crate::phase::{Missing, Phase};
use crate::reading::all_of;
use crate::record::{ConnectionRecord, Use};
use crate::refusal::{MAX_CONNECTIONS, Refusal};

/// One organization's connections, as [`Connections::of`] gives them. Those of others do not exist here:
/// their IDs are [`Refusal::Unknown`].
///
/// Whatever changes something returns what is missing, or why it was refused, and leaves everything as it was
/// then. It is kept together with its [`Event`] for the audit log or not at all.
#[derive(Debug)]
pub struct Organization<'c> {
    connections: &'c Connections,
    name: &'c str,
}

/// How members come in while a connection is enforced, if JumpCloud cannot let them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakGlass {
    /// These accounts, by the service's own names for them, may log in by other ways. Each time is an event.
    Accounts(Vec<String>),
    /// Nobody: should JumpCloud fail, or its certificate change unannounced, the last administrator is locked
    /// out too.
    NobodyEvenIfLockedOut,
}

/// What becomes of sessions that began before a connection was enforced. The machines of a service have to
/// agree about the time: a session from one whose clock is ahead counts as later by as much.
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
    /// The last login that succeeded to its very end at the present revision. Without it, it cannot be
    /// enforced.
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

impl CertificateStatus {
    /// Returns what an administrator should hear of the certificate at `now`: that it expires, or that it is
    /// a certificate authority's.
    #[must_use]
    pub fn warnings(&self, now: SystemTime) -> Vec<Warning> {
        let warnings = self.certificate.warnings(now).into_iter();
        warnings.map(|warning| Warning::new(warning.code(), &warning)).collect()
    }
}

/// By whom something is asked for, and when.
#[derive(Clone, Copy)]
struct Request<'r> {
    by: &'r Actor,
    now: SystemTime,
}

impl Connections {
    /// Returns the connections of one organization, for its administrators.
    #[must_use]
    pub fn of<'c>(&'c self, organization: &'c str) -> Organization<'c> {
        Organization { connections: self, name: organization }
    }
}

impl Organization<'_> {
    /// Drafts a connection, as soon as an administrator opens the page: its ACS URL and SP Entity ID can be
    /// copied then.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn create(&self, by: &Actor, now: SystemTime) -> Result<ConnectionRecord, Refusal> {
        self.traced("create", None, async {
            self.entitled(Feature::Configure).await?;
            // Two at once may get past this; the limit is against mistakes.
            if self.list().await?.len() >= MAX_CONNECTIONS {
                return Err(Refusal::TooMany);
            }
            let id = new_id()?;
            let record = ConnectionRecord::draft(&id, self.name, now);
            let event = self.event(Request { by, now }, &id, EventKind::Created);
            self.connections.save(&record, None, Requires::Nothing, &[event]).await?;
            Ok(record)
        })
        .await
    }

    /// What an [`Edit`] would do beyond itself. Nothing is changed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn preview(&self, id: &str, edit: &Edit) -> Result<Vec<Effect>, Refusal> {
        self.traced("preview", Some(id), async {
            let record = self.record(id).await?;
            Ok(self.plan(&record, edit).await?.effects)
        })
        .await
    }

    /// Changes a connection's configuration, all of it or nothing.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Edit`] names each field that is wrong, [`Refusal::EndsEnforcement`] is the
    /// answer to a change after which nobody could say whether members can still log in, unless the edit
    /// accepts that.
    pub async fn edit(&self, id: &str, edit: &Edit, by: &Actor, now: SystemTime) -> Result<Edited, Refusal> {
        let work = async {
            let (record, plan) = self.planned(id, edit).await?;
            if !plan.revoked_keys.is_empty() {
                return Err(Refusal::RevokesSessions);
            }
            self.apply(record, plan, Request { by, now }).await
        };
        self.traced("edit", Some(id), work).await
    }

    /// Changes a connection's configuration as [`edit`](Self::edit) does, and revokes every session that a
    /// key which is retired as [`Retirement::Compromised`](saml_sp::Retirement::Compromised) has begun:
    /// through this connection, and through others of the organization that have retired the key before.
    /// A connection that still pins it is named by [`Effect::StillPinnedBy`] and is left as it is.
    ///
    /// The sessions are revoked first. Should the change fail then, they stay revoked, and so is whatever
    /// that key begins: make the change again.
    ///
    /// # Errors
    /// As for [`edit`](Self::edit), and [`Refusal::Store`] where revoking fails; nothing was changed then.
    pub async fn edit_and_revoke(
        &self,
        id: &str,
        edit: &Edit,
        sessions: &Sessions,
        by: &Actor,
        now: SystemTime,
    ) -> Result<Edited, Refusal> {
        let work = async {
            let (record, plan) = self.planned(id, edit).await?;
            for RevokedKey { connection, name } in &plan.revoked_keys {
                sessions.revoke_idp_key(connection, name, now).await?;
            }
            self.apply(record, plan, Request { by, now }).await
        };
        self.traced("edit", Some(id), work).await
    }

    /// What an edit comes to, if it may be made.
    async fn planned(&self, id: &str, edit: &Edit) -> Result<(ConnectionRecord, Plan), Refusal> {
        let record = self.record(id).await?;
        // Trusting less is for everybody.
        if !edit.only_withdraws() {
            self.entitled(Feature::Configure).await?;
        }
        let plan = self.plan(&record, edit).await?;
        if plan.effects.contains(&Effect::EndsEnforcement) && !edit.accepts_end_of_enforcement() {
            return Err(Refusal::EndsEnforcement);
        }
        Ok((record, plan))
    }

    async fn apply(
        &self,
        record: ConnectionRecord,
        plan: Plan,
        request: Request<'_>,
    ) -> Result<Edited, Refusal> {
        let Plan { record: mut next, changes, effects, only_withdraws, .. } = plan;
        if changes.is_empty() {
            return Ok(Edited { record, effects });
        }
        let id = record.id();
        let ends_enforcement = effects.contains(&Effect::EndsEnforcement);
        let kind = EventKind::Configured {
            revision: next.revision(),
            changes,
            before: record.phase(),
            after: next.phase(),
        };
        let mut events = vec![self.event(request, id, kind)];
        if ends_enforcement {
            let kind = EventKind::Unenforced { because: UnenforcedBecause::Changed, after: next.phase() };
            events.push(self.event(request, id, kind));
        }
        if only_withdraws {
            self.connections.replace(&record, &mut next, &events).await?;
        } else {
            self.connections.replace_whole(&record, &mut next, &events).await?;
        }
        Ok(Edited { record: next, effects })
    }

    /// A connection in use has to be whole after a change as it was before. What takes trust away, such as a
    /// stolen key, is not kept from being done by what was missing already.
    async fn plan(&self, record: &ConnectionRecord, edit: &Edit) -> Result<Plan, Refusal> {
        let logins = self.connections.logins(record.id()).await?;
        let others = self.others(record).await?;
        let plan = edit.apply(record, &others, &logins, self.connections.settings())?;
        if plan.record.phase() >= Phase::Active && !plan.changes.is_empty() && !plan.only_withdraws {
            self.check_whole(&plan.record).await?;
        }
        Ok(plan)
    }

    /// Lets members log in through a connection.
    ///
    /// # Errors
    /// [`Refusal::Incomplete`] says what is missing; [`Refusal::NotRevoked`] where it was disabled, but its
    /// sessions could not be revoked; [`Refusal::Configuration`] where it pins a key that a connection of
    /// the organization has retired as compromised.
    pub async fn enable(&self, id: &str, by: &Actor, now: SystemTime) -> Result<ConnectionRecord, Refusal> {
        self.traced("enable", Some(id), async {
            let before = self.record(id).await?;
            if before.phase() >= Phase::Active {
                return Ok(before);
            }
            self.entitled(Feature::Enable).await?;
            check_revoked(&before)?;
            self.check_whole(&before).await?;
            self.check_keys(&before).await?;
            let mut record = before.clone();
            record.use_of = Use::Active;
            record.activation += 1;
            let event = self.event(Request { by, now }, id, EventKind::Enabled { before: before.phase() });
            self.connections.replace_whole(&before, &mut record, &[event]).await?;
            Ok(record)
        })
        .await
    }

    /// Has members log in through a connection and by no other way.
    ///
    /// # Errors
    /// [`Refusal::Phase`] before it is enabled, and when it is enforced already in another way than asked
    /// for; [`Refusal::NotTested`] before a login has succeeded to its very end at the present revision.
    pub async fn enforce(
        &self,
        id: &str,
        break_glass: &BreakGlass,
        earlier_sessions: EarlierSessions,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        let work = self.enforce_now(id, break_glass, earlier_sessions, Request { by, now });
        self.traced("enforce", Some(id), work).await
    }

    async fn enforce_now(
        &self,
        id: &str,
        break_glass: &BreakGlass,
        earlier_sessions: EarlierSessions,
        request: Request<'_>,
    ) -> Result<ConnectionRecord, Refusal> {
        let before = self.record(id).await?;
        let ends_earlier_sessions = earlier_sessions == EarlierSessions::End;
        if before.phase() < Phase::Active {
            return Err(Refusal::Phase { needed: Phase::Active, found: before.phase() });
        }
        let accounts = break_glass.accounts()?;
        if let Use::Enforced { ends_earlier_sessions: present, .. } = before.use_of {
            return if (present, before.break_glass()) == (ends_earlier_sessions, &accounts) {
                Ok(before)
            } else {
                Err(Refusal::Phase { needed: Phase::Active, found: Phase::Enforced })
            };
        }
        self.entitled(Feature::Enforce).await?;
        self.check_whole(&before).await?;
        self.check_keys(&before).await?;
        let (domains, logins) = (self.domains().await?, self.connections.logins(id).await?);
        let test = last_test(&before, &domains, &logins);
        let test = test.ok_or(Refusal::NotTested { revision: before.revision() })?;
        let mut record = before.clone();
        record.break_glass = accounts;
        record.use_of = Use::Enforced { since: request.now, ends_earlier_sessions };
        let kind = EventKind::Enforced {
            before: before.phase(),
            revision: record.revision(),
            tested_by: test.user().to_owned(),
            ends_earlier_sessions,
            break_glass: record.break_glass.clone(),
        };
        let mut events = vec![self.event(request, id, kind)];
        events.extend(self.break_glass_event(&before, &record, request));
        self.connections.replace_whole(&before, &mut record, &events).await?;
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
        self.traced("set_break_glass", Some(id), async {
            let before = self.record(id).await?;
            let mut record = before.clone();
            record.break_glass = break_glass.accounts()?;
            if let Some(event) = self.break_glass_event(&before, &record, Request { by, now }) {
                self.connections.replace(&before, &mut record, &[event]).await?;
            }
            Ok(record)
        })
        .await
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
        self.traced("unenforce", Some(id), async {
            let before = self.record(id).await?;
            if before.phase() < Phase::Enforced {
                return Ok(before);
            }
            let mut record = before.clone();
            record.use_of = Use::Active;
            let kind = EventKind::Unenforced { because: UnenforcedBecause::Asked, after: record.phase() };
            let event = self.event(Request { by, now }, id, kind);
            self.connections.replace(&before, &mut record, &[event]).await?;
            Ok(record)
        })
        .await
    }

    /// Lets nobody log in through a connection any longer, and revokes its sessions. If it was enforced,
    /// members can log in by other ways again.
    ///
    /// # Errors
    /// [`Refusal`]. Should revoking fail, the connection is disabled all the same, and doing it again
    /// revokes. Until then it can be neither enabled nor deleted.
    pub async fn disable(
        &self,
        id: &str,
        sessions: &Sessions,
        by: &Actor,
        now: SystemTime,
    ) -> Result<ConnectionRecord, Refusal> {
        self.traced("disable", Some(id), async {
            let before = self.disable_now(id, Request { by, now }).await?;
            if check_revoked(&before).is_ok() {
                return Ok(before);
            }
            // From here on no login is completed. Those that were completed before have sessions of this
            // activation, and all of these end, whenever and on whatever machine they began.
            sessions.revoke_activation(id, before.activation(), now).await?;
            let mut record = before.clone();
            record.revoked = record.activation;
            self.connections.replace(&before, &mut record, &[]).await?;
            Ok(record)
        })
        .await
    }

    async fn disable_now(&self, id: &str, request: Request<'_>) -> Result<ConnectionRecord, Refusal> {
        let before = self.record(id).await?;
        if before.phase() < Phase::Active {
            return Ok(before);
        }
        let mut record = before.clone();
        record.use_of = Use::Disabled;
        let mut events = vec![self.event(request, id, EventKind::Disabled { before: before.phase() })];
        if before.phase() == Phase::Enforced {
            let kind = EventKind::Unenforced { because: UnenforcedBecause::Disabled, after: record.phase() };
            events.push(self.event(request, id, kind));
        }
        self.connections.replace(&before, &mut record, &events).await?;
        Ok(record)
    }

    /// Deletes a connection that is disabled. Its ID is never used again.
    ///
    /// # Errors
    /// [`Refusal::Phase`] while it is in use, [`Refusal::NotRevoked`] while sessions of it may be good.
    pub async fn delete(&self, id: &str, by: &Actor, now: SystemTime) -> Result<(), Refusal> {
        self.traced("delete", Some(id), async {
            let record = self.record(id).await?;
            if record.phase() >= Phase::Active {
                return Err(Refusal::Phase { needed: Phase::Configured, found: record.phase() });
            }
            check_revoked(&record)?;
            let event = self.event(Request { by, now }, id, EventKind::Deleted { before: record.phase() });
            let events = [event.to_row()?];
            match self.connections.stores().connections.delete(id, record.version(), &events).await? {
                Saved::Saved => event.trace(),
                Saved::Conflict | Saved::NoDomain => return Err(Refusal::Conflict),
            }
            self.connections.forget(id);
            Ok(())
        })
        .await
    }

    /// Seals the stored private keys under the present AUTH_SECRET, where they were sealed under a former
    /// one, so that the former one can go. Does nothing where there is none, or where it is sealed
    /// already.
    ///
    /// # Errors
    /// [`Refusal::Configuration`] where neither the present secret nor a former one opens it.
    pub async fn reseal(&self, id: &str, by: &Actor, now: SystemTime) -> Result<ConnectionRecord, Refusal> {
        self.traced("reseal", Some(id), async {
            let before = self.record(id).await?;
            let settings = self.connections.settings();
            let resealed = before.configuration.resealed(settings, id).map_err(ConnectionError::from)?;
            let Some(resealed) = resealed else { return Ok(before) };
            let mut record = before.clone();
            record.configuration = Box::new(resealed);
            let event = self.event(Request { by, now }, id, EventKind::Resealed);
            self.connections.replace(&before, &mut record, &[event]).await?;
            Ok(record)
        })
        .await
    }

    // What there is to ask.

    /// The connection `id`, whatever its phase.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn record(&self, id: &str) -> Result<ConnectionRecord, Refusal> {
        let record = self.connections.record(id).await?;
        if record.organization() == self.name { Ok(record) } else { Err(Refusal::Unknown) }
    }

    /// What an administrator's page shows of the connection `id`.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn status(&self, id: &str) -> Result<Status, Refusal> {
        let record = self.record(id).await?;
        let logins = self.connections.logins(id).await?;
        let domains = self.domains().await?;
        let missing = missing(&record, &domains);
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
        let service_provider =
            ServiceProvider::new(self.connections.settings(), id).map_err(ConnectionError::from)?;
        let tested = last_test(&record, &domains, &logins).cloned();
        Ok(Status { record, service_provider, missing, tested, certificates })
    }

    /// All connections of the organization, whatever their phase.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<ConnectionRecord>, StoreError> {
        self.select(Selection::All).await
    }

    /// The events of the organization with a number above `after`, in their order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(&self, after: u64, limit: usize) -> Result<Vec<(u64, Event)>, StoreError> {
        let events = self.connections.stores().events.events(self.name, after, limit).await?;
        events.iter().map(|(number, row)| Ok((*number, Event::from_row(row)?))).collect()
    }

    /// What the organization enforces. Ask it about sessions; for other ways in there is
    /// [`other_way_in`](Self::other_way_in).
    ///
    /// # Errors
    /// [`StoreError`]; nobody should be let in then.
    pub async fn enforcement(&self) -> Result<Enforcement, StoreError> {
        let records = self.select(Selection::Enforced).await?;
        Enforcement::of(self.connections.settings(), self.name, &records)
            .map_err(|error| StoreError::new("a connection is kept under an ID that is none").because(error))
    }

    /// Whether `user` may come in by another way than single sign-on, be it a password, OAuth or an API key:
    /// `method` is the host's name for it. Ask after the password or the key was found right: the answer
    /// tells whether an account is one for emergencies, and counts as its use. That somebody breaks the
    /// glass is kept as an event before they are told; begin their session by
    /// [`NewSession::break_glass`](sso_session::NewSession::break_glass).
    ///
    /// # Errors
    /// [`StoreError`]; nobody should be let in then.
    pub async fn other_way_in(
        &self,
        user: &str,
        method: &str,
        now: SystemTime,
    ) -> Result<Access, StoreError> {
        self.traced("other_way_in", None, async {
            let enforcement = self.enforcement().await?;
            let access = enforcement.other_way(user);
            if access == Access::BreakGlass {
                let kind = EventKind::BreakGlassUsed { user: user.to_owned(), method: method.to_owned() };
                let connection = enforcement.naming(user);
                let event = Event::new(&Actor::user(user), now, self.name, connection, kind);
                self.connections.append(&event).await?;
            }
            Ok(access)
        })
        .await
    }

    fn traced<T, R: Coded>(
        &self,
        operation: &'static str,
        connection: Option<&str>,
        work: impl Future<Output = Result<T, R>>,
    ) -> impl Future<Output = Result<T, R>> {
        traced(operation, self.name, connection, work)
    }

    fn event(&self, request: Request<'_>, id: &str, kind: EventKind) -> Event {
        Event::new(request.by, request.now, self.name, Some(id), kind)
    }

    fn break_glass_event(
        &self,
        before: &ConnectionRecord,
        after: &ConnectionRecord,
        request: Request<'_>,
    ) -> Option<Event> {
        let kind = EventKind::BreakGlassChanged {
            before: before.break_glass().to_vec(),
            after: after.break_glass().to_vec(),
        };
        (before.break_glass() != after.break_glass()).then(|| self.event(request, after.id(), kind))
    }

    async fn entitled(&self, feature: Feature) -> Result<(), Refusal> {
        if self.connections.entitlements().allows(self.name, feature).await? {
            Ok(())
        } else {
            Err(Refusal::NotEntitled { feature })
        }
    }

    async fn select(&self, selection: Selection) -> Result<Vec<ConnectionRecord>, StoreError> {
        all_of(&*self.connections.stores().connections, self.name, selection).await
    }

    async fn domains(&self) -> Result<Vec<String>, StoreError> {
        self.connections.stores().domains.domains(self.name).await
    }

    /// That logins can go through it: nothing is missing, and what was checked field by field fits together.
    async fn check_whole(&self, record: &ConnectionRecord) -> Result<(), Refusal> {
        let domains = self.domains().await?;
        let missing = missing(record, &domains);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete { missing });
        }
        record.build(self.connections.settings(), &domains)?;
        Ok(())
    }

    /// Checks that no pinned key was retired as compromised by another connection of the organization. An
    /// edit checks only the keys that it adds, so that a connection in use can go over to another key.
    async fn check_keys(&self, record: &ConnectionRecord) -> Result<(), Refusal> {
        let others = self.others(record).await?;
        let is_compromised =
            |certificate: &&Certificate| others.iter().any(|other| other.is_compromised(certificate));
        match record.certificates().iter().find(is_compromised) {
            Some(certificate) => {
                let fingerprint = certificate.fingerprint_sha256().to_string();
                Err(ConnectionError::KeyCompromised { fingerprint }.into())
            }
            None => Ok(()),
        }
    }

    /// Returns the organization's connections other than this one.
    async fn others(&self, record: &ConnectionRecord) -> Result<Vec<ConnectionRecord>, StoreError> {
        let mut records = self.list().await?;
        records.retain(|other| other.id() != record.id());
        Ok(records)
    }
}

/// Returns the last login that tested the present revision since the connection was enabled, by the way that
/// members are going to be sent, with an address in a domain that the organization still has.
fn last_test<'l>(
    record: &ConnectionRecord,
    domains: &[String],
    logins: &'l [CompletedLogin],
) -> Option<&'l CompletedLogin> {
    let is_test = |login: &&CompletedLogin| {
        let is_believed =
            record.accepts_any_email_domain() || domains.iter().any(|domain| domain == login.email_domain());
        login.revision() == record.revision()
            && login.activation() == record.activation()
            && login.began_at_service()
            && is_believed
    };
    logins.iter().filter(is_test).max_by_key(|login| login.at())
}

fn missing(record: &ConnectionRecord, domains: &[String]) -> Vec<Missing> {
    let mut missing = record.missing();
    if domains.is_empty() && !record.accepts_any_email_domain() {
        missing.push(Missing::EmailDomain);
    }
    missing
}

/// That no session from before is left that a failure has kept from being revoked.
fn check_revoked(record: &ConnectionRecord) -> Result<(), Refusal> {
    if record.revoked == record.activation() { Ok(()) } else { Err(Refusal::NotRevoked) }
}

/// 128 random bits, so that an organization's URLs cannot be guessed from another's.
fn new_id() -> Result<String, Refusal> {
    let random = RequestId::generate().map_err(|_| Refusal::Random)?;
    Ok(random.as_str().trim_start_matches('_').chars().take(32).collect())
}

impl BreakGlass {
    fn accounts(&self) -> Result<Vec<String>, Refusal> {
        match self {
            Self::NobodyEvenIfLockedOut => Ok(Vec::new()),
            Self::Accounts(accounts)
                if accounts.iter().all(|account| account.chars().all(is_white_space)) =>
            {
                Err(Refusal::NoBreakGlass)
            }
            Self::Accounts(accounts) => {
                let mut accounts = accounts.clone();
                accounts.retain(|account| !account.chars().all(is_white_space));
                accounts.sort();
                accounts.dedup();
                if accounts.len() > MAX_BREAK_GLASS {
                    return Err(Refusal::TooManyBreakGlass { limit: MAX_BREAK_GLASS, found: accounts.len() });
                }
                accounts.iter().try_for_each(|account| check_text("break-glass account", account))?;
                Ok(accounts)
            }
        }
    }
}
