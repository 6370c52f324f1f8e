use jumpcloud_sso::{Connection, ServiceProvider, Settings};
use jumpcloud_sso_testkit::keys;

use crate::{SECRET, builder, settings};

fn settings_code(site_url: &str, secret: &str) -> &'static str {
    Settings::new(site_url, secret).map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn the_site_url_is_an_absolute_address() {
    for good in [
        "https://app.acme.test",
        "https://app.acme.test/",
        " https://app.acme.test:8443/base ",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:3000",
    ] {
        assert_eq!(settings_code(good, &SECRET), "accepted", "{good}");
    }
    for bad in [
        "",
        " ",
        "app.acme.test",
        "/base",
        "http://app.acme.test",
        "http://localhost.acme.test",
        "ftp://app.acme.test",
        "javascript:alert(1)",
        "https://user:password@app.acme.test",
        "https://app.acme.test/?a=b",
        "https://app.acme.test/#a",
        "https://",
    ] {
        assert_eq!(settings_code(bad, &SECRET), "config.site_url", "{bad}");
    }
    assert_eq!(
        Settings::new("https://app.acme.test/base/", &SECRET).unwrap().site_url(),
        "https://app.acme.test/base"
    );
}

#[test]
fn the_secret_is_checked_at_the_start() {
    assert_eq!(settings_code("https://app.acme.test", ""), "config.auth_secret_missing");
    assert_eq!(settings_code("https://app.acme.test", "c2hvcnQ="), "config.auth_secret_short");
    assert!(!format!("{:?}", settings()).contains(SECRET.as_str()));
}

#[test]
fn the_values_to_paste_are_the_connections_own() {
    let first = ServiceProvider::new(&settings(), "acme-1").unwrap();
    assert_eq!(first.entity_id(), "https://app.acme.test/sso/saml2/acme-1");
    assert_eq!(first.acs_url(), "https://app.acme.test/sso/saml2/acme-1/acs");
    for bad in ["", "a/b", "a b", "é", "a?b", &"a".repeat(65)] {
        assert_eq!(
            ServiceProvider::new(&settings(), bad).unwrap_err().code(),
            "config.connection_id",
            "{bad}"
        );
    }
    assert!(ServiceProvider::new(&settings(), &"a".repeat(64)).is_ok());
}

fn code(
    change: impl FnOnce(jumpcloud_sso::ConnectionBuilder) -> jumpcloud_sso::ConnectionBuilder,
) -> &'static str {
    change(builder("acme-1", "acme")).build().map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn each_field_has_its_own_error() {
    assert_eq!(code(|it| it), "accepted");
    for url in [
        "",
        "sso.jumpcloud.com/saml2/acme",
        "http://sso.jumpcloud.com/saml2/acme",
        " https://sso.jumpcloud.com/saml2/acme",
        "https://sso.jumpcloud.com/saml2/acme#x",
        "https://a:b@sso.jumpcloud.com/saml2/acme",
        "https://console.jumpcloud.com/#/sso",
        "https://console.eu.jumpcloud.com/sso",
        "https://sso.jumpcloud.com/saml2/acme/metadata.xml",
        "javascript:alert(1)",
    ] {
        assert_eq!(code(|it| it.idp_url(url)), "config.idp_url", "{url}");
    }
    for entity_id in ["", "  ", "JumpCloud ", "\tJumpCloud", &"x".repeat(1025)] {
        assert_eq!(code(|it| it.idp_entity_id(entity_id)), "config.idp_entity_id", "{entity_id}");
    }
    assert_eq!(code(|it| it.idp_entity_id("any text, with spaces: é")), "accepted");
    assert_eq!(code(|it| it.certificate(b"x")), "certificate.base64");
    assert_eq!(code(|it| it.certificate(keys::OWN_KEY.as_bytes())), "certificate.private_key");
    assert_eq!(code(|it| it.certificate(keys::OWN_CERTIFICATE.as_bytes())), "config.duplicate_certificate");
    assert_eq!(code(|it| it.certificate(keys::OTHER_CERTIFICATE.as_bytes())), "accepted");
    assert_eq!(code(|it| it.decryption_key(keys::OWN_KEY)), "config.key_for_both");
    assert_eq!(code(|it| it.decryption_key(keys::SERVICE_KEY)), "accepted");
    let none = Connection::builder(&settings(), "acme-1", "acme")
        .unwrap()
        .idp_url(crate::IDP_URL)
        .idp_entity_id("x")
        .email_domains(["acme.test"]);
    assert_eq!(none.build().unwrap_err().code(), "config.no_certificate");
}

#[test]
fn former_secrets_verify_until_they_are_dropped() {
    use jumpcloud_sso::NewSession;
    let former = crate::FORMER_SECRET.as_str();
    let old = Settings::new("https://app.acme.test", former).unwrap();
    let token = old.session_issuer().issue(&NewSession::new("u", "acme", "c"), crate::now()).unwrap();
    let both = settings().former_secret(former).unwrap();
    assert!(both.session_verifier().unwrap().verify_for("acme", token.token(), crate::now()).is_ok());
    let twice = both.former_secret(former).unwrap();
    assert_eq!(twice.session_verifier().unwrap_err().code(), "config.session_keys");
    assert_eq!(settings().former_secret("short").unwrap_err().code(), "config.auth_secret_base64");
    let error =
        settings().session_verifier().unwrap().verify_for("acme", token.token(), crate::now()).unwrap_err();
    assert_eq!(error.code(), "session.unknown_key");
}
