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
}

fn named(display_name: &str) -> SetupGuide {
    SetupGuide::new(&ServiceProvider::new(&settings(), "acme-1").unwrap(), display_name)
}

#[test]
fn a_name_is_never_markup_in_markdown() {
    for (name, cell) in [
        ("Acme", "`Acme`"),
        ("Acme <b>&amp;</b> [x](https://evil.test) *x*", "`Acme <b>&amp;</b> [x](https://evil.test) *x*`"),
        ("a`|b", "<code>a&#96;&#124;b</code>"),
        ("a\\|b", "<code>a&#92;&#124;b</code>"),
        ("`<b>", "<code>&#96;&#60;b&#62;</code>"),
        ("a\n\n# b", "<code>a&#92;n&#92;n&#35;&#32;b</code>"),
        ("a\r|", "<code>a&#92;r&#124;</code>"),
        ("a\u{2028}b", "<code>a&#92;u&#123;2028&#125;b</code>"),
        ("a\u{202e}b\u{ad}", "<code>a&#92;u&#123;202e&#125;b&#92;u&#123;ad&#125;</code>"),
        (" a", "<code>&#32;a</code>"),
        ("", "<code></code>"),
    ] {
        let markdown = named(name).to_markdown();
        assert!(markdown.contains(&format!("| Display Label | {cell} |\n")), "{name:?}: {markdown}");
        assert_eq!(markdown.lines().count(), named("Acme").to_markdown().lines().count(), "{name:?}");
    }
}

#[test]
fn a_name_is_one_line_without_control_characters() {
    let hostile = named("a\n2. b\u{1b}[31m\u{9b}0m\u{7f}\u{202e}\u{200b}");
    let shown = r"a\n2. b\u{1b}[31m\u{9b}0m\u{7f}\u{202e}\u{200b}";
    for text in [hostile.to_text(), hostile.to_html()] {
        assert!(text.contains(shown), "{text}");
        assert!(text.chars().all(|it| it == '\n' || jumpcloud_sso::Diagnosis::is_printable(it)), "{text}");
    }
    assert_eq!(hostile.to_text().lines().count(), named("Acme").to_text().lines().count());
    // The value itself is as it was given, for a host that shows it in its own way.
    assert_eq!(hostile.steps()[0].values[0].value, "a\n2. b\u{1b}[31m\u{9b}0m\u{7f}\u{202e}\u{200b}");
}

#[test]
fn html_is_escaped() {
    let html = guide().to_html();
    assert!(html.contains("<code>Acme &lt;App&gt; &amp; &quot;Co&quot;</code>"));
    assert_eq!(html.matches("<li>").count(), html.matches("</li>").count());
    assert_eq!(html.matches("<dl>").count(), html.matches("</dl>").count());
    assert!(!html.contains("<script"));
}
