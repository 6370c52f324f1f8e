use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso::{NewSession, Settings};
use jumpcloud_sso_testkit::{auth_secret, keys};

use crate::{AT, TempFile, code, json, run, run_on_full_disk, run_with, stdout};

#[test]
fn canonicalize_prints_the_form_and_nothing_else() {
    let xml = b"<r xmlns:a='urn:a' xmlns:b='urn:b'><!-- c --><a:s ID='x' z='2' y='1'/></r>\n";
    let output = run(&["canonicalize", "-"], xml);
    assert_eq!(
        (code(&output), stdout(&output).as_str()),
        (0, "<r><a:s xmlns:a=\"urn:a\" ID=\"x\" y=\"1\" z=\"2\"></a:s></r>")
    );
    let output = run(&["canonicalize", "-", "--id", "x", "--inclusive-prefixes", "b #default"], xml);
    assert_eq!(stdout(&output), "<a:s xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" ID=\"x\" y=\"1\" z=\"2\"></a:s>");
    let file = TempFile::new("a.xml", xml);
    assert_eq!(code(&run(&["canonicalize", file.path()], b"")), 0);
}

#[test]
fn canonicalize_refuses_with_1_and_a_word() {
    for (arguments, input) in [
        (&["canonicalize", "-"][..], &b"<a><b></a>"[..]),
        (&["canonicalize", "-"], b""),
        (&["canonicalize", "-"], b"<!DOCTYPE a><a/>"),
        (&["canonicalize", "-", "--id", "y"], b"<a ID='x'/>"),
        (&["canonicalize", "-", "--id", "x"], b"<a ID='x'><b ID='x'/></a>"),
    ] {
        let output = run(arguments, input);
        assert_eq!((code(&output), stdout(&output).as_str()), (1, ""), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    assert_eq!(code(&run(&["canonicalize", "-", "--inclusive-prefixes", "1"], b"<a/>")), 2);
    assert_eq!(code(&run(&["canonicalize", "/does/not/exist"], b"")), 2);
}

#[test]
fn canonicalize_tells_what_is_too_large() {
    let output = run(&["canonicalize", "-"], " ".repeat(2_000_000).as_bytes());
    assert_eq!(code(&output), 1);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("at least 1048576 bytes") && text.contains("limit.input"), "{text}");
}

#[test]
fn what_cannot_be_written_is_no_success() {
    let document = TempFile::new("full.xml", "<a/>");
    let certificate = TempFile::new("full.pem", keys::OWN_CERTIFICATE);
    let pem = certificate.path();
    let verify = ["verify", document.path(), "--idp-certificate", pem, "--idp-entity-id", "a"];
    let verify = [&verify[..], &["--sp-entity-id", "b", "--acs-url", "c"]].concat();
    let session = ["session", "verify", "a.b.c"];
    for arguments in [
        &["canonicalize", document.path()][..],
        &["certificate", pem],
        &["certificate", pem, "--json"],
        &["setup", "--site-url", "https://app.acme.test", "--connection", "acme"],
        &["metadata", "export", "--site-url", "https://app.acme.test", "--connection", "acme"],
        &["metadata", "import", document.path(), "--json"],
        &["secret"],
        &["--help"],
        &session,
        &verify,
        &[&verify[..], &["--json"]].concat(),
    ] {
        let output = run_on_full_disk(arguments, &environment());
        assert_eq!(code(&output), 2, "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("config.output"), "{arguments:?}: {text}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let document = TempFile::new("pipe.xml", "<a/>");
    for arguments in [&["canonicalize", document.path()][..], &["secret"], &["--help"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_jumpcloud-sso"))
            .args(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn certificate_shows_the_facts() {
    let output = run(&["certificate", "-", "--at", AT, "--json"], keys::JUMPCLOUD_CERTIFICATE.as_bytes());
    let facts = json(&output);
    assert_eq!(code(&output), 0);
    assert_eq!(facts["key"], "RSA 4096 bits");
    assert_eq!(facts["not_after"], "2031-01-01T00:00:00.000Z");
    assert_eq!(facts["days_left"], 1446);
    assert_eq!(facts["warnings"].as_array().unwrap().len(), 0);
    let output = run(&["certificate", "-", "--at", AT], keys::JUMPCLOUD_CERTIFICATE_EXPIRED.as_bytes());
    let text = stdout(&output);
    assert!(text.contains("CN=JumpCloudSAMLUser") && text.contains("(certificate.expired)"), "{text}");
    let weak = include_str!("../../../jumpcloud-sso-testkit/data/rsa1024.crt.pem");
    let facts = json(&run(&["certificate", "-", "--at", AT, "--json"], weak.as_bytes()));
    assert_eq!(facts["warnings"][0]["code"], "certificate.weak_key");
}

#[test]
fn certificate_names_what_is_none() {
    let output = run(&["certificate", "-"], keys::OWN_KEY.as_bytes());
    assert_eq!(code(&output), 1);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("certificate.private_key") && !text.contains("MII"), "{text}");
    assert_eq!(code(&run(&["certificate", "/does/not/exist"], b"")), 2);
}

#[test]
fn secrets_are_fresh_and_usable() {
    let (first, second) = (stdout(&run(&["secret"], b"")), stdout(&run(&["secret"], b"")));
    assert_ne!(first, second);
    assert!(Settings::new("https://app.acme.test", &first).is_ok());
}

static SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("cli"));

fn environment() -> [(&'static str, &'static str); 2] {
    [("SITE_URL", "https://app.acme.test"), ("AUTH_SECRET", &SECRET)]
}

#[test]
fn session_verify_shows_the_claims_or_why_not() {
    let settings = Settings::new("https://app.acme.test", &SECRET).unwrap();
    let session =
        NewSession::new("user-1", "acme", "c").email("bjensen@acme.test").claim("role", "admin").unwrap();
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
    let issued = settings.session_issuer().issue(&session, now).unwrap();
    let verify = |extra: &[&str], input: &str| {
        let arguments = [&["session", "verify"], extra, &["--at", AT, "--json"]].concat();
        run_with(&arguments, input.as_bytes(), &environment())
    };
    let output = verify(&[issued.token()], "");
    let claims = json(&output);
    assert_eq!(
        (code(&output), claims["sub"].as_str(), claims["claims"]["role"].as_str()),
        (0, Some("user-1"), Some("admin"))
    );
    assert_eq!(claims["expires_at"], "2027-01-15T16:00:00.000Z");
    // Every claim of the token under its own name.
    let payload = issued.token().split('.').nth(1).unwrap();
    let payload: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    for name in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "session_end", "org", "connection"] {
        assert!(payload.get(name).is_some(), "{name}");
    }
    for (name, value) in payload.as_object().unwrap() {
        let shown = if name == "role" { &claims["claims"] } else { &claims };
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(code(&verify(&["-", "--organization", "acme"], &format!("{}\n", issued.token()))), 0);
    let output = verify(&[issued.token(), "--organization", "other"], "");
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "session.organization"));
    assert_eq!(code(&verify(&["a.b.c"], "")), 1);
    let human = run_with(&["session", "verify", issued.token(), "--at", AT], b"", &environment());
    let text = stdout(&human);
    for line in [
        "  email              bjensen@acme.test\n",
        "  iat                1800000000\n",
        "  role               admin\n",
        "  expires at         2027-01-15T16:00:00.000Z\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn session_verify_needs_its_settings() {
    let output = run(&["session", "verify", "a.b.c"], b"");
    assert_eq!(code(&output), 2);
    assert!(String::from_utf8(output.stderr).unwrap().contains("SITE_URL is empty"));
}

#[test]
fn help_tells_the_exit_codes() {
    let output = run(&["--help"], b"");
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("Exit codes: 0 accepted, 1 rejected, 2 wrong use."));
    assert_eq!(code(&run(&["--version"], b"")), 0);
}
