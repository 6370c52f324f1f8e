//! The set-up guide.

use jumpcloud_sso::{ServiceProvider, SetupGuide};

use crate::settings;

fn guide() -> SetupGuide {
    SetupGuide::new(&ServiceProvider::new(&settings(), "acme-1").unwrap(), "Acme <App> & \"Co\"")
}

#[test]
fn it_holds_every_value_to_paste() {
    let guide = guide();
    let value = |field: &str| {
        let all = guide.steps().iter().flat_map(|step| &step.values);
        all.filter(|value| value.field == field).map(|value| value.value.clone()).next().unwrap()
    };
    assert_eq!(value("SP Entity ID"), "https://app.acme.test/sso/saml2/acme-1");
    assert_eq!(value("IdP Entity ID"), "https://app.acme.test/sso/saml2/acme-1");
    assert_eq!(value("ACS URLs (Default URL)"), "https://app.acme.test/sso/saml2/acme-1/acs");
    assert_eq!(value("Login URL"), "https://app.acme.test/sso/saml2/acme-1/login");
    assert_eq!(value("IDP URL"), "https://sso.jumpcloud.com/saml2/app-acme-test-acme-1");
    // The service provider's name is on the left.
    assert_eq!(value("firstName"), "firstname");
    assert_eq!(guide.steps().len(), 8);
}

#[test]
fn text_has_every_step_and_value() {
    let text = guide().to_text();
    for step in guide().steps() {
        assert!(text.contains(step.title) && text.contains(step.text));
        assert!(step.values.iter().all(|value| text.contains(&value.value)));
    }
    assert!(text.starts_with("1. Create the application in JumpCloud\n"));
}

#[test]
fn markdown_has_a_table_for_each_step_with_values() {
    let markdown = guide().to_markdown();
    assert_eq!(markdown.matches("|---|---|").count(), 5);
    assert!(markdown.contains("| ACS URLs (Default URL) | `https://app.acme.test/sso/saml2/acme-1/acs` |\n"));
    let hostile =
        SetupGuide::new(&ServiceProvider::new(&settings(), "acme-1").unwrap(), "a`|b").to_markdown();
    assert!(hostile.contains(r"| Display Label | `a'\|b` |"));
}

#[test]
fn html_is_escaped() {
    let html = guide().to_html();
    assert!(html.contains("<code>Acme &lt;App&gt; &amp; &quot;Co&quot;</code>"));
    assert_eq!(html.matches("<li>").count(), html.matches("</li>").count());
    assert_eq!(html.matches("<dl>").count(), html.matches("</dl>").count());
    assert!(!html.contains("<script"));
}
