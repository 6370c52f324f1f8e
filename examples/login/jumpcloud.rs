//! The stand-in JumpCloud behind HTTP. Everybody who comes by is Barbara, already logged in there.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jumpcloud_sso::parts::saml_protocol::PostForm;
use jumpcloud_sso_testkit::{JumpCloud, User};

pub(crate) fn app(idp: Arc<JumpCloud>, sp_entity_id: &str, user: User) -> Router {
    let sp_entity_id = sp_entity_id.to_owned();
    let sso = move |RawQuery(query): RawQuery| async move {
        match idp.answer(&query.unwrap_or_default(), &sp_entity_id, &user, SystemTime::now()) {
            Ok(form) => page(&form),
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        }
    };
    Router::new().route("/saml2/acme", get(sso))
}

fn page(form: &PostForm) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, PostForm::CONTENT_SECURITY_POLICY)];
    (headers, Html(form.html().to_owned())).into_response()
}
