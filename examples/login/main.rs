//! A whole login over HTTP: a service, a stand-in JumpCloud and a browser, each as in real life, all on
//! loopback.
//!
//! The service is in `service.rs`; that is the part to look at. Run it with `cargo run --example login`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod browser;
mod jumpcloud;
mod service;

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso::{AuthSecret, Connection, ServiceProvider, Settings};
use jumpcloud_sso_testkit::{JumpCloud, TestForm, User};
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::browser::Browser;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Both sides take a free port on loopback, so that nothing needs to be configured.
    let service_listener = TcpListener::bind("127.0.0.1:0").await?;
    let jumpcloud_listener = TcpListener::bind("127.0.0.1:0").await?;
    let site_url = format!("http://localhost:{}", service_listener.local_addr()?.port());
    let idp_url = format!("http://localhost:{}/saml2/acme", jumpcloud_listener.local_addr()?.port());

    println!("1. The service starts with SITE_URL and AUTH_SECRET.");
    let settings = Settings::new(&site_url, AuthSecret::generate()?.expose())?;
    println!("   SITE_URL          {site_url}");

    println!("2. Acme's administrator pastes two values into JumpCloud …");
    let pasted = ServiceProvider::new(&settings, "acme-jumpcloud")?;
    println!("   SP Entity ID      {}", pasted.entity_id());
    println!("   ACS URL           {}", pasted.acs_url());
    let idp = Arc::new(JumpCloud::new(&idp_url, pasted.entity_id())?);

    println!("   … and gives back three.");
    let connection = Connection::builder(&settings, "acme-jumpcloud", "acme")?
        .idp_url(idp.sso_url().as_str())
        .idp_entity_id(idp.entity_id())
        .certificate(idp.certificate_pem().as_bytes())
        .email_domains(["acme.test"])
        .build()?;
    println!("   IDP URL           {}", connection.idp_url());
    println!("   IdP Entity ID     {}", connection.idp_entity_id());
    for certificate in connection.certificates() {
        println!("   Certificate       {} ({})", certificate.subject(), certificate.key());
    }

    let barbara = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["Engineering", "Everybody"]);
    let app = jumpcloud::app(idp, pasted.entity_id(), barbara);
    tokio::spawn(axum::serve(jumpcloud_listener, app).into_future());
    tokio::spawn(axum::serve(service_listener, service::app(&settings, connection)?).into_future());

    tokio::task::spawn_blocking(move || log_in(&site_url).map_err(|error| error.to_string())).await??;
    Ok(())
}

/// What Barbara's browser does.
fn log_in(site_url: &str) -> Result<(), Box<dyn Error>> {
    let mut browser = Browser::default();
    println!("3. Barbara opens {site_url}/login, and the service sends her to JumpCloud.");
    let redirect = browser.get(&format!("{site_url}/login"))?;
    let idp_url = redirect.location.ok_or("the service did not redirect")?;
    println!("   redirected to     {}…", idp_url.chars().take(80).collect::<String>());

    println!("4. She logs in at JumpCloud, which hands her browser a form with the signed Response.");
    let page = browser.get(&idp_url)?;
    let form = TestForm::from_page(&page.body)?;
    println!(
        "   form for          {} ({} bytes of SAMLResponse)",
        form.action(),
        form.field("SAMLResponse").map_or(0, str::len)
    );

    println!("5. The browser posts the form to the service, which verifies it and issues a session.");
    // The service deletes the cookie of the login; whoever replays the form would have kept it.
    let mut replaying = browser.clone();
    let answer = browser.post(&form)?;
    if answer.status != 200 {
        return Err(format!("the login was refused: {}", answer.body).into());
    }
    println!("   accepted          {} bytes of session token", answer.body.len());

    println!("6. The same form posted once more is refused.");
    let again = replaying.post(&form)?;
    println!("   status {}: {}", again.status, again.body);
    if again.status == 200 {
        return Err("a replayed login was accepted".into());
    }

    println!("7. With the token, the service knows her.");
    let me = browser.get_with_token(&format!("{site_url}/me"), &answer.body)?;
    if me.status != 200 {
        return Err(format!("the session was refused: {}", me.body).into());
    }
    println!("   {}", me.body);
    println!("\nsession token\n  {}\n\nits claims\n{}", answer.body, claims(&answer.body)?);
    Ok(())
}

/// All claims of a token, to be shown: only who verifies a token may believe them.
fn claims(token: &str) -> Result<String, Box<dyn Error>> {
    let payload = token.split('.').nth(1).ok_or("this is no token")?;
    let claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    let mut lines = String::new();
    for (name, value) in &claims {
        writeln!(lines, "  {name:<15} {value}")?;
    }
    Ok(lines)
}
