use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso::{NewSession, Settings};
use jumpcloud_sso_testkit::{auth_secret, data, keys};

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

/// What a terminal would obey, and what nobody would see.
const HOSTILE: &str = "a\u{1b}]0;x\u{7}\u{1b}[31m\u{7f}\u{9b}1m\u{202e}\u{200b}\u{ad}\u{e0041}";

fn is_printable(output: &std::process::Output) -> bool {
    let text =
        [output.stdout.clone(), output.stderr.clone()].map(|it| String::from_utf8(it).unwrap()).concat();
    text.chars().all(|it| it == '\n' || jumpcloud_sso::Diagnosis::is_printable(it))
}

#[test]
fn nothing_that_is_printed_moves_the_cursor() {
    let attributes = format!("--attribute=email={HOSTILE}");
    let idp = crate::idp();
    let message = crate::response(&idp).build().unwrap();
    let message = TempFile::new("message.xml", message.as_bytes());
    let pem = TempFile::new("idp.pem", keys::OWN_CERTIFICATE);
    let named = TempFile::new(HOSTILE, "no certificate");
    let verify = ["verify", message.path(), "--idp-entity-id", HOSTILE, "--sp-entity-id", HOSTILE];
    let verify = [&verify[..], &["--acs-url", HOSTILE, "--at", AT, &attributes]].concat();
    let pinned = [&verify[..], &["--idp-certificate", pem.path()]].concat();
    let metadata = idp.metadata(false).unwrap().replace("IdP Entity ID", "a\u{9b}1m\u{202e}b");
    let metadata = TempFile::new("metadata.xml", metadata.as_bytes());
    let setup = ["setup", "--site-url", "https://app.acme.test", "--connection", "acme", "--name", HOSTILE];
    for arguments in [
        pinned.clone(),
        [&pinned[..], &["--json"]].concat(),
        // A path, in what an error of the system and one of the library says.
        [&verify[..], &["--idp-certificate", named.path()]].concat(),
        [&verify[..], &["--idp-certificate", HOSTILE]].concat(),
        vec!["certificate", HOSTILE],
        vec!["canonicalize", HOSTILE],
        vec!["metadata", "import", HOSTILE],
        vec!["metadata", "import", metadata.path()],
        vec!["metadata", "import", metadata.path(), "--json"],
        vec!["session", "verify", HOSTILE],
        // What is wrong with an argument repeats it.
        vec![HOSTILE],
        vec!["verify", "--at", HOSTILE],
        vec!["setup", "--site-url", HOSTILE, "--connection", HOSTILE],
        setup.to_vec(),
        [&setup[..], &["--json"]].concat(),
        [&setup[..], &["--format", "markdown"]].concat(),
        [&setup[..], &["--format", "html"]].concat(),
    ] {
        let output = run_with(&arguments, b"", &environment());
        assert!(is_printable(&output), "{arguments:?}: {output:?}");
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{arguments:?}");
    }
    // Escaped for the eye, the values of JSON are what they were.
    let object = json(&run(&[&setup[..], &["--json"]].concat(), b""));
    assert_eq!(object["steps"][0]["values"][0]["value"], HOSTILE);
    let shown = stdout(&run(&setup, b""));
    assert!(
        shown.contains(r"a\u{1b}]0;x\u{7}\u{1b}[31m\u{7f}\u{9b}1m\u{202e}\u{200b}\u{ad}\u{e0041}"),
        "{shown}"
    );
}

#[test]
fn a_file_is_a_file() {
    let pipe = TempFile::new("pipe", "");
    std::fs::remove_file(pipe.path()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(pipe.path()).status().unwrap().success());
    let pem = TempFile::new("is-a-file.pem", keys::OWN_CERTIFICATE);
    let folder = env!("CARGO_TARGET_TMPDIR");
    for (path, what) in [
        (pipe.path(), "this is a pipe or a device, not a file"),
        ("/dev/zero", "this is a pipe or a device, not a file"),
        ("/dev/tty", "this is a pipe or a device, not a file"),
        (folder, "this is a folder"),
    ] {
        let verify = ["--idp-entity-id", "a", "--sp-entity-id", "b", "--acs-url", "c"];
        for arguments in [
            vec!["certificate", path],
            vec!["canonicalize", path],
            vec!["metadata", "import", path],
            [&["verify", path, "--idp-certificate", pem.path()], &verify[..]].concat(),
            [&["verify", pem.path(), "--idp-certificate", path], &verify[..]].concat(),
            [&["verify", pem.path(), "--idp-certificate", pem.path(), "--decryption-key", path], &verify[..]]
                .concat(),
        ] {
            let output = run(&arguments, b"");
            let text = String::from_utf8(output.stderr.clone()).unwrap();
            assert_eq!((code(&output), output.stdout.len()), (2, 0), "{arguments:?}");
            assert!(text.contains(what) && text.contains("(config.file)"), "{arguments:?}: {text}");
        }
    }
    // A link to a file is one, and standard input is asked for by a name of its own.
    let link = TempFile::new("link.pem", "");
    std::fs::remove_file(link.path()).unwrap();
    std::os::unix::fs::symlink(pem.path(), link.path()).unwrap();
    assert_eq!(code(&run(&["certificate", link.path()], b"")), 0);
    assert_eq!(code(&run(&["certificate", "-"], keys::OWN_CERTIFICATE.as_bytes())), 0);
}

#[test]
fn a_line_break_in_a_name_begins_no_line() {
    let forged = "x\n\u{2713} signature  all is well\r\naccepted.pem";
    let options = ["--idp-entity-id", "a", "--sp-entity-id", "b", "--acs-url", "c", "--idp-certificate", "d"];
    for arguments in [
        vec!["certificate", forged],
        vec!["metadata", "import", forged],
        vec!["setup", "--site-url", forged, "--connection", "acme"],
        vec!["certificate", "--at", forged, "-"],
        vec![forged],
        [&["verify", forged][..], &options].concat(),
    ] {
        let output = run(&arguments, b"");
        let text = String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap();
        assert_ne!(code(&output), 0, "{arguments:?}");
        let begins = |line: &str| line.starts_with('\u{2713}') || line.starts_with("accepted");
        assert!(!text.lines().any(begins) && !text.contains('\r'), "{arguments:?}: {text:?}");
        assert!(text.contains("all is well"), "{arguments:?}: {text}");
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
    let weak = data("rsa1024.crt.pem");
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
