//! Whether a genuine assertion is for us, from whom we asked, now, and for this login: the rules of the Web
//! Browser SSO profile (SAML profiles §4.1.4) and of the core, each with its section.

use std::time::{Duration, SystemTime};

use sso_types::clock::{CLOCK_ALLOWANCE, DEFAULT_CLOCK_SKEW, MAX_CLOCK_SKEW};

use crate::assertion::{
    Assertion, Attribute, AuthnStatement, Conditions, Identifier, Issuer, NameId, Subject,
    SubjectConfirmationData,
};
use crate::names::{BEARER, FORMAT_ENTITY, FORMAT_PERSISTENT};
use crate::rejection::Rejection;
use crate::response::{Envelope, Evidence, VerifiedResponse};
use crate::space::is_blank;

/// An assertion is made for the login at hand. One that was issued longer ago was kept by someone.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// Core §8.3.7: "Persistent name identifier values MUST NOT exceed a length of 256 characters."
const MAX_PERSISTENT_NAME: usize = 256;

/// What identifies an account in all, in bytes: a NameID with its format and qualifiers. It is above any
/// address or name in a directory, and the account's key fits into the index of a database (2.7 KB in
/// PostgreSQL).
const MAX_NAME_BYTES: usize = 1024;

/// Between whom a Response passes, by name, so that none of them stands where another belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties<'a> {
    /// The IdP Entity ID: who has to have issued it.
    pub idp_entity_id: &'a str,
    /// The SP Entity ID: whom it has to be for.
    pub sp_entity_id: &'a str,
    /// The ACS URL: where it has to have been sent.
    pub acs_url: &'a str,
}

/// What a Response has to say to be accepted: who it is from, whom it is for, where it was sent, what it
/// answers.
#[derive(Clone, Debug)]
pub struct Expected {
    idp_entity_id: String,
    sp_entity_id: String,
    acs_url: String,
    request: ExpectedRequest,
    clock_skew: Duration,
    /// `None` where any class of authentication will do.
    authn_contexts: Option<Vec<String>>,
}

/// Whether a Response answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ExpectedRequest {
    /// It has to answer the request with this ID.
    Answering(String),
    /// It must not claim to answer any: the login began at the identity provider.
    Unsolicited,
}

impl Expected {
    /// A Response between these that answers the AuthnRequest `request_id`. All are compared to the letter:
    /// entity IDs are opaque, and the URL is what JumpCloud was told.
    #[must_use]
    pub fn answering(request_id: &str, parties: Parties<'_>) -> Self {
        Self::new(ExpectedRequest::Answering(request_id.to_owned()), parties)
    }

    /// The same for a login that began at the identity provider, such as a click on JumpCloud's portal. It
    /// answers no request, so that nothing ties it to the browser that brings it (profiles §4.1.5): allow
    /// this only where wanted.
    #[must_use]
    pub fn unsolicited(parties: Parties<'_>) -> Self {
        Self::new(ExpectedRequest::Unsolicited, parties)
    }

    fn new(request: ExpectedRequest, parties: Parties<'_>) -> Self {
        Self {
            idp_entity_id: parties.idp_entity_id.to_owned(),
            sp_entity_id: parties.sp_entity_id.to_owned(),
            acs_url: parties.acs_url.to_owned(),
            request,
            clock_skew: DEFAULT_CLOCK_SKEW,
            authn_contexts: None,
        }
    }

    /// Requires that the user authenticated in one of these ways: each `AuthnStatement` has to have an
    /// `AuthnContextClassRef` that is one of `classes`, URIs that are compared exactly (core §2.7.2.2).
    /// Classes have no order, so that a floor is the list of all classes at or above it. An empty list
    /// accepts no assertion.
    ///
    /// [`AuthnRequest::requested_authn_contexts`](crate::AuthnRequest::requested_authn_contexts) asks the
    /// identity provider for them.
    #[must_use]
    pub fn require_authn_contexts(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.authn_contexts = Some(classes.into_iter().map(Into::into).collect());
        self
    }

    /// With another tolerance than 60 seconds for clocks that differ; more than 300 seconds is taken as 300.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew.min(MAX_CLOCK_SKEW);
        self
    }
}

/// An assertion that is genuine, for us, valid, and the answer that was expected. There is no other way to
/// one than [`VerifiedResponse::accept`].
///
/// What is left to the caller is that it is used once: see [`replay_key`](Self::replay_key).
#[derive(Clone, Debug)]
pub struct AcceptedAssertion {
    assertion: Assertion,
    name_id: NameId,
    evidence: Evidence,
    not_on_or_after: SystemTime,
    remember_until: SystemTime,
    authn: AuthnStatement,
    session_not_on_or_after: Option<SystemTime>,
}

impl VerifiedResponse {
    /// Holds the Response against what was expected, at the time `now`.
    ///
    /// # Errors
    /// [`Rejection`] with the first rule that is not met.
    pub fn accept(self, expected: &Expected, now: SystemTime) -> Result<AcceptedAssertion, Rejection> {
        let Self { envelope, evidence, assertion } = self;
        let clock = Clock { now, skew: expected.clock_skew };
        check_envelope(&envelope, evidence.was_encrypted(), expected)?;
        check_version(&assertion.version, "Assertion")?;
        check_issuer(&assertion.issuer, expected, "Assertion")?;
        let subject = assertion.subject.as_ref().ok_or(Rejection::NoSubject)?;
        let name_id = check_name_id(&subject.identifier, expected)?.clone();
        let confirmed_until = check_confirmations(subject, expected, &clock)?;
        let valid_until = check_conditions(assertion.conditions.as_ref(), expected, &clock)?;
        // After the validity, which says more about a message that is merely old.
        check_issue_instant(envelope.issue_instant, &clock, "Response")?;
        check_issue_instant(assertion.issue_instant, &clock, "Assertion")?;
        let authn = check_authn(&assertion.authn_statements, &clock)?.clone();
        check_authn_contexts(&assertion.authn_statements, expected)?;
        let session_ends =
            assertion.authn_statements.iter().filter_map(|it| it.session_not_on_or_after).min();
        Ok(AcceptedAssertion {
            name_id,
            evidence,
            not_on_or_after: confirmed_until.min(valid_until),
            remember_until: unacceptable_from(assertion.issue_instant, valid_until),
            authn,
            session_not_on_or_after: session_ends,
            assertion,
        })
    }
}

/// The time, and how far off it may be.
struct Clock {
    now: SystemTime,
    skew: Duration,
}

impl Clock {
    /// Whether `instant` is certainly still to come.
    fn is_before(&self, instant: SystemTime) -> bool {
        self.now.checked_add(self.skew).is_some_and(|latest| latest < instant)
    }

    /// Whether `instant` is certainly reached or past.
    fn has_reached(&self, instant: SystemTime) -> bool {
        // A sum beyond all time is never reached.
        instant.checked_add(self.skew).is_some_and(|latest| self.now >= latest)
    }
}

fn check_envelope(envelope: &Envelope, encrypts: bool, expected: &Expected) -> Result<(), Rejection> {
    check_version(&envelope.version, "Response")?;
    // Core §3.2.2.1. A failure may carry an assertion, but none to log in with.
    if !envelope.status.is_success() {
        return Err(Rejection::Status(envelope.status.clone()));
    }
    // Profiles §4.1.4.2 with erratum E26: the Issuer may be missing, but not from a signed Response, nor
    // where the assertion is encrypted.
    match &envelope.issuer {
        Some(issuer) => check_issuer(issuer, expected, "Response")?,
        None if envelope.signed || encrypts => return Err(Rejection::NoIssuer),
        None => {}
    }
    // Bindings §3.5.5.2: a signed Response names where it was sent to.
    match &envelope.destination {
        Some(destination) if !is(destination, &expected.acs_url) => {
            return Err(Rejection::Destination {
                expected: expected.acs_url.clone(),
                found: destination.clone(),
            });
        }
        None if envelope.signed => return Err(Rejection::NoDestination),
        _ => {}
    }
    check_in_response_to(envelope.in_response_to.as_deref(), expected, "Response")
}

/// Returns the instant from which the replay key may be forgotten: no login can accept the assertion any
/// longer, whichever of its confirmations it takes, however far a connection's clock skew is extended by
/// then, and on a machine whose clock is [`CLOCK_ALLOWANCE`] behind that of the store. Never more than
/// [`MAX_AGE`] and these two ahead: an identity provider that makes assertions for ever must not fill the
/// memory of what was used.
fn unacceptable_from(issue_instant: SystemTime, valid_until: SystemTime) -> SystemTime {
    let too_old = issue_instant.checked_add(MAX_AGE).unwrap_or(valid_until);
    let end = valid_until.min(too_old);
    end.checked_add(MAX_CLOCK_SKEW + CLOCK_ALLOWANCE).unwrap_or(end)
}

/// Core §3.2.2 and §2.3.3: the version is 2.0.
fn check_version(version: &str, element: &'static str) -> Result<(), Rejection> {
    if version == "2.0" { Ok(()) } else { Err(Rejection::Version { element, found: version.to_owned() }) }
}

/// Profiles §4.1.4.2: the entity ID of the identity provider, of the format "entity" if any.
fn check_issuer(issuer: &Issuer, expected: &Expected, element: &'static str) -> Result<(), Rejection> {
    if issuer.format.as_deref().is_some_and(|format| format != FORMAT_ENTITY) {
        let found = issuer.format.clone().unwrap_or_default();
        return Err(Rejection::IssuerFormat { element, found });
    }
    if is(&issuer.value, &expected.idp_entity_id) {
        Ok(())
    } else {
        Err(Rejection::Issuer {
            element,
            expected: expected.idp_entity_id.clone(),
            found: issuer.value.clone(),
        })
    }
}

/// Whether a message names what was expected, to the letter.
///
/// White space around it counts. It is typed into a form on both sides, where a space too many is to be seen
/// and removed rather than guessed away: the error shows both. A NameID is not compared with anything typed,
/// and who lays out their XML means nothing by the space around it, so that it does not count there.
///
/// Nothing at all names nobody, even where, by a mistake in a configuration, nothing is expected.
fn is(found: &str, expected: &str) -> bool {
    !found.is_empty() && found == expected
}

/// Core §2.3.3, §3.2.2: the instant of issue is neither in the future nor long past.
fn check_issue_instant(instant: SystemTime, clock: &Clock, element: &'static str) -> Result<(), Rejection> {
    let is_old = instant.checked_add(MAX_AGE).is_some_and(|oldest| clock.has_reached(oldest));
    if clock.is_before(instant) || is_old {
        return Err(Rejection::IssueInstant { element, found: instant, now: clock.now });
    }
    Ok(())
}

/// Profiles §4.1.4.2 and §4.1.5: the ID of the request that is answered, or none at all.
fn check_in_response_to(
    found: Option<&str>,
    expected: &Expected,
    element: &'static str,
) -> Result<(), Rejection> {
    match (&expected.request, found) {
        (ExpectedRequest::Answering(request), Some(found)) if is(found, request) => Ok(()),
        (ExpectedRequest::Unsolicited, None) => Ok(()),
        (ExpectedRequest::Answering(request), found) => Err(Rejection::InResponseTo {
            element,
            expected: Some(request.clone()),
            found: found.map(str::to_owned),
        }),
        (ExpectedRequest::Unsolicited, found) => {
            Err(Rejection::InResponseTo { element, expected: None, found: found.map(str::to_owned) })
        }
    }
}

/// Profiles §4.1.4.2: there is a subject, and it has a name. Core §2.2.2: what is qualified by the name of a
/// service means something to that service, whatever its format. The other qualifier is the identity
/// provider's business, and a part of what identifies the account.
fn check_name_id<'s>(identifier: &'s Identifier, expected: &Expected) -> Result<&'s NameId, Rejection> {
    let name_id = match identifier {
        Identifier::NameId(name_id) => name_id,
        Identifier::None => return Err(Rejection::NoNameId),
        Identifier::Other(kind) => return Err(Rejection::NameIdKind { found: kind.clone() }),
    };
    if is_blank(name_id.value()) {
        return Err(Rejection::EmptyNameId);
    }
    let length = name_id.value().chars().count();
    if name_id.format() == Some(FORMAT_PERSISTENT) && length > MAX_PERSISTENT_NAME {
        return Err(Rejection::NameIdLength { limit: MAX_PERSISTENT_NAME, found: length });
    }
    let parts = [name_id.format(), name_id.name_qualifier(), name_id.sp_name_qualifier()];
    let size = parts.into_iter().flatten().map(str::len).fold(name_id.value().len(), usize::saturating_add);
    if size > MAX_NAME_BYTES {
        return Err(Rejection::NameIdSize { limit: MAX_NAME_BYTES, found: size });
    }
    // Nobody sees these, so that two names could look the same.
    if name_id.value().chars().any(|it| it.is_control() || saml_xml::is_invisible(it)) {
        return Err(Rejection::NameIdCharacters);
    }
    match name_id.sp_name_qualifier() {
        Some(qualifier) if !is(qualifier, &expected.sp_entity_id) => Err(Rejection::NameIdQualifier {
            expected: expected.sp_entity_id.clone(),
            found: qualifier.to_owned(),
        }),
        _ => Ok(name_id),
    }
}

/// Profiles §4.1.4.2: at least one bearer confirmation holds; gives the instant from which it no longer does.
fn check_confirmations(
    subject: &Subject,
    expected: &Expected,
    clock: &Clock,
) -> Result<SystemTime, Rejection> {
    let mut first_failure = None;
    for confirmation in subject.confirmations.iter().filter(|confirmation| confirmation.method == BEARER) {
        let checked = match &confirmation.data {
            // Core §2.4.1.1: it would be another who presents the assertion than the one whom it is about.
            _ if !names_nobody_else(&confirmation.identifier, &subject.identifier) => {
                Err(Rejection::Confirmation { what: "a bearer confirmation names somebody of its own" })
            }
            Some(data) => check_bearer(data, expected, clock),
            None => Err(Rejection::Confirmation {
                what: "the bearer confirmation has no SubjectConfirmationData",
            }),
        };
        match checked {
            Ok(until) => return Ok(until),
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    Err(first_failure.unwrap_or(Rejection::Confirmation { what: "there is no bearer confirmation" }))
}

/// Whether a confirmation has no identifier, or the very same NameID as the subject.
fn names_nobody_else(confirmation: &Identifier, subject: &Identifier) -> bool {
    match (confirmation, subject) {
        (Identifier::None, _) => true,
        (Identifier::NameId(named), Identifier::NameId(subject)) => named == subject,
        _ => false,
    }
}

/// Profiles §4.1.4.2, the items on bearer confirmations, and §4.1.4.3.
fn check_bearer(
    data: &SubjectConfirmationData,
    expected: &Expected,
    clock: &Clock,
) -> Result<SystemTime, Rejection> {
    match &data.recipient {
        Some(recipient) if is(recipient, &expected.acs_url) => {}
        found => {
            return Err(Rejection::Recipient { expected: expected.acs_url.clone(), found: found.clone() });
        }
    }
    if data.not_before.is_some() {
        return Err(Rejection::Confirmation { what: "the bearer confirmation has a NotBefore" });
    }
    let until = data
        .not_on_or_after
        .ok_or(Rejection::Confirmation { what: "the bearer confirmation has no NotOnOrAfter" })?;
    if clock.has_reached(until) {
        return Err(Rejection::Expired {
            what: "SubjectConfirmationData",
            not_on_or_after: until,
            now: clock.now,
        });
    }
    check_in_response_to(data.in_response_to.as_deref(), expected, "SubjectConfirmationData")?;
    Ok(until)
}

/// Core §2.5.1; gives the instant from which the conditions no longer hold.
fn check_conditions(
    conditions: Option<&Conditions>,
    expected: &Expected,
    clock: &Clock,
) -> Result<SystemTime, Rejection> {
    let none = Conditions::default();
    let conditions = conditions.unwrap_or(&none);
    // Core §2.5.1: a condition that is not understood makes the assertion's validity undetermined.
    if let Some(unknown) = conditions.unknown.first() {
        return Err(Rejection::Condition { found: unknown.clone() });
    }
    check_audience(conditions, expected)?;
    // Core §2.5.1.2. An assertion without an end would be one for ever.
    let until = conditions.not_on_or_after.ok_or(Rejection::NoEnd)?;
    if let Some(from) = conditions.not_before {
        if from >= until {
            return Err(Rejection::Window { not_before: from, not_on_or_after: until });
        }
        if clock.is_before(from) {
            return Err(Rejection::NotYetValid { not_before: from, now: clock.now });
        }
    }
    if clock.has_reached(until) {
        return Err(Rejection::Expired { what: "Conditions", not_on_or_after: until, now: clock.now });
    }
    Ok(until)
}

/// Profiles §4.1.4.2: there is an audience restriction. Core §2.5.1.4: every restriction names us among its
/// audiences.
fn check_audience(conditions: &Conditions, expected: &Expected) -> Result<(), Rejection> {
    if conditions.audience_restrictions.is_empty() {
        return Err(Rejection::NoAudience { expected: expected.sp_entity_id.clone() });
    }
    for audiences in &conditions.audience_restrictions {
        if !audiences.iter().any(|audience| is(audience, &expected.sp_entity_id)) {
            return Err(Rejection::Audience {
                expected: expected.sp_entity_id.clone(),
                found: audiences.clone(),
            });
        }
    }
    Ok(())
}

/// Profiles §4.1.4.2: there is a statement of authentication. Core §2.7.2: its session is not over.
fn check_authn<'s>(statements: &'s [AuthnStatement], clock: &Clock) -> Result<&'s AuthnStatement, Rejection> {
    for statement in statements {
        if clock.is_before(statement.authn_instant) {
            return Err(Rejection::AuthnInstant { found: statement.authn_instant, now: clock.now });
        }
        if let Some(end) = statement.session_not_on_or_after
            && clock.has_reached(end)
        {
            return Err(Rejection::SessionExpired { not_on_or_after: end, now: clock.now });
        }
    }
    statements.first().ok_or(Rejection::NoAuthnStatement)
}

/// Core §2.7.2.2: how the user authenticated. Each statement counts, as it does for the end of the session.
fn check_authn_contexts(statements: &[AuthnStatement], expected: &Expected) -> Result<(), Rejection> {
    let Some(classes) = &expected.authn_contexts else { return Ok(()) };
    let is_among = |found: &str| classes.iter().any(|class| is(found, class));
    match statements.iter().find(|it| !it.context_class.as_deref().is_some_and(is_among)) {
        None => Ok(()),
        Some(statement) => {
            Err(Rejection::AuthnContext { expected: classes.clone(), found: statement.context_class.clone() })
        }
    }
}

impl AcceptedAssertion {
    /// Who the subject is to the identity provider.
    #[must_use]
    pub fn name_id(&self) -> &NameId {
        &self.name_id
    }

    /// The ID of the assertion.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.assertion.id
    }

    /// The entity ID of the identity provider.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.assertion.issuer.value
    }

    /// The attributes in document order, those of the same name not merged.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.assertion.attributes
    }

    /// What was signed, and by whom.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// When the subject proved who they are to the identity provider.
    #[must_use]
    pub fn authn_instant(&self) -> SystemTime {
        self.authn.authn_instant
    }

    /// How they did, as the URI of a class of the specification "authentication context"; JumpCloud says
    /// `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport`.
    #[must_use]
    pub fn authn_context_class(&self) -> Option<&str> {
        self.authn.context_class.as_deref()
    }

    /// The identity provider's name for its session.
    #[must_use]
    pub fn session_index(&self) -> Option<&str> {
        self.authn.session_index.as_deref()
    }

    /// When a session that is based on this login has to end, where the identity provider says so. JumpCloud
    /// does not.
    #[must_use]
    pub fn session_not_on_or_after(&self) -> Option<SystemTime> {
        self.session_not_on_or_after
    }

    /// The instant from which the assertion is no longer valid: the earlier one of its conditions and its
    /// confirmation.
    #[must_use]
    pub fn not_on_or_after(&self) -> SystemTime {
        self.not_on_or_after
    }

    /// Whether the identity provider asks that it be used once only (core §2.5.1.5). It has to be in any
    /// case.
    #[must_use]
    pub fn one_time_use(&self) -> bool {
        self.assertion.conditions.as_ref().is_some_and(|conditions| conditions.one_time_use)
    }

    /// What has to be unique among all logins: whoever presents a second assertion with this key replays the
    /// first (profiles §4.1.4.5). It is made of issuer and assertion ID, so that a new Response around it
    /// changes nothing.
    #[must_use]
    pub fn replay_key(&self) -> String {
        // The length keeps the two apart: an issuer is free text.
        let issuer = self.issuer();
        format!("assertion:{}:{issuer}:{}", issuer.len(), self.id())
    }

    /// The instant from which that key may be forgotten: that from which no setting of a verifier could
    /// accept the assertion, with the largest clock skew of 300 seconds, and 300 seconds more for machines
    /// whose clocks differ.
    #[must_use]
    pub fn remember_until(&self) -> SystemTime {
        self.remember_until
    }
}
