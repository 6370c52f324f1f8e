use jumpcloud_sso_testkit::{JumpCloud, data, keys};

use crate::{ACS, AT, SP, TempFile, code, idp, json, run, run_with, stdout};

const SITE: &[&str] = &["--site-url", "https://app.acme.test/", "--connection", "acme"];

fn with<'a>(command: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    [command, SITE, rest].concat()
}

#[test]
fn setup_shows_the_values_to_paste() {
    let output = run(&with(&["setup"], &["--name", "Acme"]), b"");
    let text = stdout(&output);
    assert_eq!(code(&output), 0);
    assert!(
        text.contains(SP) && text.contains(ACS) && text.contains("firstName") && text.contains("Acme"),
        "{text}"
    );
    let object = json(&run(&with(&["setup"], &["--json"]), b""));
    assert_eq!((object["sp_entity_id"].as_str(), object["acs_url"].as_str()), (Some(SP), Some(ACS)));
    assert_eq!(object["steps"].as_array().unwrap().len(), 8);
    assert_eq!(object["steps"][2]["values"][1]["field"], "firstName");
    let markdown = stdout(&run(&with(&["setup"], &["--format", "markdown"]), b""));
    assert!(markdown.starts_with("## 1. Create the application"), "{markdown}");
    assert!(stdout(&run(&with(&["setup"], &["--format", "html"]), b"")).starts_with("<ol>\n<li>"));
}

#[test]
fn setup_takes_the_site_from_the_environment() {
    let output = run_with(&["setup", "--connection", "acme"], b"", &[("SITE_URL", "https://app.acme.test")]);
    assert!(stdout(&output).contains(ACS));
    assert_eq!(code(&run(&["setup", "--connection", "acme"], b"")), 2);
}

#[test]
fn setup_refuses_what_cannot_be_pasted() {
    for (site, connection, expected) in [
        ("http://app.acme.test", "acme", "config.site_url"),
        ("app.acme.test", "acme", "config.site_url"),
        ("https://app.acme.test", "a/b", "config.connection_id"),
        ("https://app.acme.test", "", "config.connection_id"),
    ] {
        let output = run(&["setup", "--site-url", site, "--connection", connection], b"");
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{site} {connection}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(expected));
    }
}

#[test]
fn metadata_is_imported() {
    let xml = idp().metadata(false).unwrap();
    let object = json(&run(&["metadata", "import", "-", "--json", "--at", AT], xml.as_bytes()));
    assert_eq!(object["accepted"], true);
    assert_eq!(object["idp_url"], "https://sso.jumpcloud.com/saml2/acme");
    assert_eq!(object["idp_entity_id"], "IdP Entity ID");
    let certificates = object["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1);
    let pem = certificates[0]["pem"].as_str().unwrap();
    assert!(pem.lines().eq(keys::OWN_CERTIFICATE.lines()), "{pem}");
    assert_eq!(object["warnings"].as_array().unwrap().len(), 0);
    let file = TempFile::new("metadata.xml", &xml);
    let text = stdout(&run(&["metadata", "import", file.path(), "--at", AT], b""));
    assert!(text.contains("IdP URL        https://sso.jumpcloud.com/saml2/acme\n"), "{text}");
    assert!(text.contains("-----BEGIN CERTIFICATE-----"), "{text}");
    // An expired certificate is told, not hidden.
    let expired = JumpCloud::with_key(
        "https://sso.jumpcloud.com/saml2/acme",
        "acme",
        keys::JUMPCLOUD_KEY,
        keys::JUMPCLOUD_CERTIFICATE_EXPIRED,
    );
    let xml = expired.unwrap().metadata(true).unwrap();
    let object = json(&run(&["metadata", "import", "-", "--json", "--at", AT], xml.as_bytes()));
    assert_eq!(object["warnings"][0]["code"], "certificate.expired");
}

#[test]
fn metadata_that_cannot_be_used_is_refused() {
    let xml = idp().metadata(true).unwrap();
    for (xml, expected) in [
        (xml.replace("https://sso", "http://sso"), "config.idp_url"),
        (
            xml.replace("entityID=", "validUntil=\"2020-01-01T00:00:00Z\" entityID="),
            "config.metadata_expired",
        ),
        ("<html></html>".to_owned(), "config.metadata_root"),
        ("<!DOCTYPE html><html></html>".to_owned(), "xml.doctype"),
        (String::new(), "xml.structure"),
        (xml.replace("use=\"signing\"", "use=\"encryption\""), "config.metadata_certificate"),
    ] {
        let output = run(&["metadata", "import", "-", "--json", "--at", AT], xml.as_bytes());
        let object = json(&output);
        assert_eq!(code(&output), 1);
        assert_eq!((object["accepted"].as_bool(), object["code"].as_str()), (Some(false), Some(expected)));
        assert!(!object["hint"].as_str().unwrap().is_empty());
    }
    assert_eq!(code(&run(&["metadata", "import", "/does/not/exist", "--json"], b"")), 2);
}

#[test]
fn metadata_with_more_keys_than_can_be_pinned_is_refused() {
    let xml = idp().metadata(true).unwrap();
    let (start, end) = (xml.find("<md:KeyDescriptor").unwrap(), xml.find("</md:KeyDescriptor>").unwrap());
    let own = &xml[start..end + "</md:KeyDescriptor>".len()];
    let bare = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let others = [
        keys::OTHER_CERTIFICATE,
        keys::SERVICE_CERTIFICATE,
        keys::JUMPCLOUD_CERTIFICATE,
        data("ec-p256.crt.pem"),
    ];
    let with = |count: usize| {
        let more: String =
            others[..count].iter().map(|pem| own.replace(&bare(keys::OWN_CERTIFICATE), &bare(pem))).collect();
        let xml = xml.replace(own, &format!("{own}{more}"));
        json(&run(&["metadata", "import", "-", "--json", "--at", AT], xml.as_bytes()))
    };
    assert_eq!(with(3)["certificates"].as_array().unwrap().len(), 4);
    let refused = with(4);
    assert_eq!(refused["code"], "limit.certificates");
    assert_eq!(refused["message"], "the metadata has 5 keys for signing, but a connection pins at most 4");
}

#[test]
fn metadata_is_exported() {
    let output = run(&with(&["metadata", "export"], &[]), b"");
    let xml = stdout(&output);
    assert_eq!(code(&output), 0);
    assert!(
        xml.contains(&format!("entityID=\"{SP}\"")) && xml.contains(&format!("Location=\"{ACS}\"")),
        "{xml}"
    );
    assert!(!xml.contains("X509Certificate"));
    let certificate = TempFile::new("sp.pem", keys::SERVICE_CERTIFICATE);
    let xml =
        stdout(&run(&with(&["metadata", "export"], &["--encryption-certificate", certificate.path()]), b""));
    assert!(xml.contains("use=\"encryption\""), "{xml}");
    let wrong = TempFile::new("key.pem", keys::SERVICE_KEY);
    assert_eq!(
        code(&run(&with(&["metadata", "export"], &["--encryption-certificate", wrong.path()]), b"")),
        2
    );
}
