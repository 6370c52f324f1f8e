//! A service with single sign-on. What an own service needs is in this file.

use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use jumpcloud_sso::{
    Connection, Cookies, Diagnose as _, Diagnosis, LoginError, LoginRequest, MemoryStore, PostedForm,
    Sessions, Settings, SingleSignOn,
};

struct Service {
    sso: SingleSignOn,
    acme: Connection,
    sessions: Sessions,
}

pub(crate) fn app(settings: &Settings, acme: Connection) -> Result<Router, Box<dyn Error>> {
    let store = MemoryStore::default();
    let sso = SingleSignOn::new(settings, store.clone())?;
    let sessions = Sessions::new(settings, store)?;
    Ok(Router::new()
        .route("/login", get(login))
        // The Login URL of the set-up guide, which JumpCloud's portal leads to.
        .route("/sso/saml2/acme-jumpcloud/login", get(login))
        .route("/sso/saml2/acme-jumpcloud/acs", post(acs))
        .route("/me", get(me))
        .with_state(Arc::new(Service { sso, acme, sessions })))
}

/// A login begins.
async fn login(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let request = LoginRequest::new(headers.get_all(COOKIE)).return_to("/dashboard");
    match service.sso.begin_login(&service.acme, &request, SystemTime::now()) {
        Ok(start) => {
            let headers = [(LOCATION, start.redirect_url().to_string()), (SET_COOKIE, start.set_cookie())];
            (StatusCode::SEE_OTHER, AppendHeaders(headers)).into_response()
        }
        Err(error) => refused(&error),
    }
}

/// A login ends: JumpCloud's form arrives at the ACS URL.
async fn acs(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match PostedForm::parse(&body) {
        Ok(form) => form,
        Err(error) => return failed(StatusCode::BAD_REQUEST, &Diagnosis::from(&error)),
    };
    let cookies = Cookies::new(headers.get_all(COOKIE));
    let now = SystemTime::now();
    match service.sso.finish_login(&service.acme, form.as_form(), &cookies, now).await {
        Ok(login) => {
            // A service finds or creates its user by the account here, never by the e-mail address alone.
            let user_id = login.account().to_string();
            // Beginning the session takes the login.
            let cleared = AppendHeaders(login.clear_cookie().map(|cookie| (SET_COOKIE, cookie)));
            match service.sessions.begin(login, &user_id, now).await {
                // In real life the token goes into a cookie, and the browser to `login.return_to()`.
                Ok(session) => {
                    ([(CACHE_CONTROL, "no-store")], cleared, session.token().to_owned()).into_response()
                }
                Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
            }
        }
        Err(error) => refused(&error),
    }
}

/// The browser gets a constant sentence, the log gets all there is to know.
fn refused(error: &LoginError) -> Response {
    println!("   log [{}] {}", error.reference(), error.diagnosis());
    (StatusCode::FORBIDDEN, error.to_string()).into_response()
}

/// The same for what is no login.
fn failed(status: StatusCode, what: &dyn Display) -> Response {
    static FAILURES: AtomicU64 = AtomicU64::new(1);
    let reference = FAILURES.fetch_add(1, Ordering::Relaxed);
    println!("   log [{reference}] {what}");
    (status, format!("This did not work. Reference: {reference}")).into_response()
}

/// Something that needs a session.
async fn me(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match service.sessions.verify("acme", bearer.unwrap_or_default(), SystemTime::now()).await {
        Ok(session) => {
            let name = session.given_name().or(session.email()).unwrap_or_default();
            format!("Hello {name} of {}!", session.organization()).into_response()
        }
        Err(error) => failed(StatusCode::UNAUTHORIZED, &error),
    }
}
