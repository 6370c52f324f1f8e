use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_encryption::{ContentAlgorithm, DecryptionKey, EncryptOptions, encrypt};
use jumpcloud_sso::parts::saml_signature::{SignOptions, SigningKey, sign};
use jumpcloud_sso_testkit::{JumpCloud, Sign, data, keys};
use serde_json::{Value, json};

use crate::{ACS, AT, IDP, SP, TempFile, code, idp, json, response, run, stdout};

fn verify_with(message: &[u8], certificate: &str, extra: &[&str]) -> Output {
    let certificate = TempFile::new("certificate.pem", certificate);
    let mut arguments = vec![
        "verify",
        "-",
        "--idp-certificate",
        certificate.path(),
        "--idp-entity-id",
        IDP,
        "--sp-entity-id",
        SP,
        "--acs-url",
        ACS,
        "--at",
        AT,
    ];
    arguments.extend(extra);
    run(&arguments, message)
}

fn verify(message: &[u8], extra: &[&str]) -> Output {
    verify_with(message, keys::OWN_CERTIFICATE, extra)
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_accepted_response_is_told_in_full() {
    let xml = response(&idp()).build().unwrap();
    let output = verify(xml.as_bytes(), &["--json"]);
    assert_eq!((code(&output), output.stderr.as_slice()), (0, &b""[..]));
    let mut answer = json(&output);
    let session_index = answer["session_index"].take();
    assert_eq!(session_index.as_str().unwrap().len(), 36);
    let expected = json!({
        "accepted": true, "stage": "profile", "signed": ["assertion"], "name_id": "BJensen@acme.test",
        "name_id_format": "urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified", "session_index": null,
        "assertion_id": "ASSERTION", "issuer": IDP, "not_on_or_after": "2027-01-15T08:05:00.000Z",
        "email": "bjensen@acme.test", "first_name": "Barbara", "last_name": "Jensen", "groups": ["b", "a"],
        "attributes": {"email": ["BJensen@acme.test"], "firstName": ["Barbara"], "lastName": ["Jensen"], "memberOf": ["b", "a"]},
        "warnings": [],
    });
    assert_eq!(answer, expected);
}

#[test]
fn a_refused_response_is_told_with_what_to_change() {
    let xml = response(&idp()).build().unwrap().replace("Barbara", "Mallory");
    let output = verify(xml.as_bytes(), &["--json"]);
    assert_eq!((code(&output), output.stderr.as_slice()), (1, &b""[..]));
    let answer = json(&output);
    let expected = ["accepted", "stage", "code", "message", "hint", "expected", "found", "warnings"];
    assert_eq!(names(&answer).len(), expected.len());
    assert!(expected.iter().all(|name| answer.get(name).is_some()), "{answer}");
    assert_eq!(answer["accepted"], false);
    assert_eq!(
        (&answer["stage"], &answer["code"]),
        (&json!("signature"), &json!("signature.digest_mismatch"))
    );
    assert_ne!(answer["expected"], answer["found"]);
}

#[test]
fn a_stage_is_the_last_and_its_fields_too() {
    let xml = response(&idp()).build().unwrap();
    let answer = |stage: &str| json(&verify(xml.as_bytes(), &["--json", "--stage", stage]));
    let mut signature = names(&answer("signature")).len();
    assert_eq!(signature, 4);
    assert_eq!(answer("signature")["stage"], "signature");
    signature += 6;
    assert_eq!(names(&answer("assertion")).len(), signature);
    assert_eq!(names(&answer("profile")).len(), signature + 5);
    // What a later stage would refuse does not matter then.
    let other = ["--json", "--sp-entity-id"];
    let xml = response(&idp()).build().unwrap().replace("status:Success", "status:Responder");
    assert_eq!(code(&verify(xml.as_bytes(), &[other[0], "--stage", "signature"])), 0);
    let output = verify(xml.as_bytes(), &[other[0], "--stage", "assertion"]);
    assert_eq!((code(&output), json(&output)["stage"].as_str().unwrap()), (1, "assertion"));
    let bare = idp()
        .response(ACS, SP, std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000))
        .build()
        .unwrap();
    assert_eq!(code(&verify(bare.as_bytes(), &["--json", "--stage", "assertion"])), 0);
    let output = verify(bare.as_bytes(), &["--json"]);
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "attribute.missing"));
    assert_eq!(json(&output)["stage"], "profile");
    let output = verify(bare.as_bytes(), &["--json", "--email-from-name-id", "--first-name-optional"]);
    assert_eq!((code(&output), json(&output)["groups"].clone()), (0, Value::Null));
}

#[test]
fn base64_is_taken_as_it_came() {
    let encoded = STANDARD.encode(response(&idp()).build().unwrap());
    let lines = encoded.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n");
    assert_eq!(code(&verify(encoded.as_bytes(), &[])), 0);
    assert_eq!(code(&verify(lines.as_bytes(), &[])), 0);
    assert_eq!(code(&verify(format!("  \n{encoded}").as_bytes(), &[])), 0);
    assert_eq!(code(&verify(format!("\u{FEFF}{encoded}\n").as_bytes(), &[])), 0);
    let output = verify(encoded.trim_end_matches('=').replace('A', "-").as_bytes(), &["--json"]);
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "binding.base64"));
}

#[test]
fn a_form_that_was_not_decoded_is_called_by_its_name() {
    let encoded = STANDARD.encode(response(&idp()).build().unwrap());
    let escaped = encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for form in [format!("{encoded}%0D%0A"), format!("SAMLResponse={escaped}"), format!("%2B{escaped}")] {
        let answer = json(&verify(form.as_bytes(), &["--json"]));
        assert_eq!(answer["code"], "binding.base64");
        assert!(answer["message"].as_str().unwrap().contains("still encoded as in a URL"), "{answer}");
        assert!(answer["hint"].as_str().unwrap().contains("Decode"), "{answer}");
    }
    let answer = json(&verify(b"AA-_", &["--json"]));
    assert!(!answer["message"].as_str().unwrap().contains("URL"), "{answer}");
}

#[test]
fn a_request_has_to_be_named_to_be_answered() {
    let idp = idp();
    let answer = response(&idp).in_response_to("_r").build().unwrap();
    assert_eq!(code(&verify(answer.as_bytes(), &["--request-id", "_r"])), 0);
    for (xml, extra) in [(&answer, &["--json"][..]), (&answer, &["--json", "--request-id", "_s"])] {
        let output = verify(xml.as_bytes(), extra);
        assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "response.in_response_to"));
        let names_the_option = json(&output)["hint"].as_str().unwrap().contains("--request-id");
        assert_eq!(names_the_option, extra.len() == 1, "where it was not given");
    }
    let unsolicited = response(&idp).build().unwrap();
    assert_eq!(code(&verify(unsolicited.as_bytes(), &[])), 0);
    let output = verify(unsolicited.as_bytes(), &["--json", "--request-id", "_r"]);
    assert_eq!(code(&output), 1);
    assert!(!json(&output)["hint"].as_str().unwrap().contains("--request-id"));
}

#[test]
fn more_can_be_required() {
    let idp = idp();
    let xml = response(&idp).build().unwrap();
    let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    let (other, this) = (["--authn-context", "urn:mfa"], ["--authn-context", class]);
    for (arguments, refusal) in [
        (&["--require-signed-response"][..], Some("signature.response_missing")),
        (&other, Some("assertion.authn_context")),
        (&this, None),
        (&[&other[..], &this].concat(), None),
    ] {
        let output = verify(xml.as_bytes(), &[arguments, &["--json"]].concat());
        assert_eq!(json(&output)["code"].as_str(), refusal, "{arguments:?}");
        assert_eq!(code(&output), i32::from(refusal.is_some()));
    }
    let signed = response(&idp).sign(Sign::Response).build().unwrap();
    assert_eq!(code(&verify(signed.as_bytes(), &["--require-signed-response"])), 0);
}

#[test]
fn several_certificates_are_pinned() {
    let xml = response(&idp()).build().unwrap();
    let other = TempFile::new("other.pem", keys::OTHER_CERTIFICATE);
    assert_eq!(code(&verify(xml.as_bytes(), &["--idp-certificate", other.path()])), 0);
    let output = verify_with(xml.as_bytes(), keys::OTHER_CERTIFICATE, &["--json"]);
    assert_eq!(json(&output)["code"], "signature.untrusted_key");
    // Two files that name the same key are one key.
    let own = TempFile::new("own.pem", keys::OWN_CERTIFICATE);
    assert_eq!(code(&verify(xml.as_bytes(), &["--idp-certificate", own.path()])), 0);
    let bare: String = keys::OWN_CERTIFICATE.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(code(&verify_with(xml.as_bytes(), &bare, &[])), 0);
}

#[test]
fn a_file_with_a_chain_names_no_key() {
    let (leaf, root) = (data("chain-leaf.crt.pem"), data("chain-root.crt.pem"));
    let idp =
        JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, data("chain-leaf.key.pem"), leaf)
            .unwrap();
    let xml = response(&idp).build().unwrap();
    assert_eq!(code(&verify_with(xml.as_bytes(), leaf, &[])), 0);
    let output = verify_with(
        xml.as_bytes(),
        &format!("{leaf}{}{root}", data("chain-intermediate.crt.pem")),
        &["--json"],
    );
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
    let text = String::from_utf8(output.stderr).unwrap();
    let fingerprint = Certificate::parse(leaf.as_bytes()).unwrap().fingerprint_sha256().to_string();
    assert!(text.contains("key.several") && text.contains("Acme intermediate"), "{text}");
    assert!(text.contains(&format!("{fingerprint} issued no other")), "{text}");
}

#[test]
fn an_authoritys_key_is_not_trusted_silently() {
    let root = data("chain-root.crt.pem");
    let idp =
        JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, data("chain-root.key.pem"), root)
            .unwrap();
    let output = verify_with(response(&idp).build().unwrap().as_bytes(), root, &["--json"]);
    assert_eq!(code(&output), 0);
    assert_eq!(json(&output)["warnings"][0]["code"], "certificate.authority");
    let beside = TempFile::new("root.pem", root);
    let xml = response(&crate::idp()).build().unwrap();
    let output = verify(xml.as_bytes(), &["--json", "--idp-certificate", beside.path()]);
    assert_eq!(json(&output)["warnings"][0]["code"], "certificate.authority");
    let facts = json(&run(&["certificate", "-", "--at", AT, "--json"], root.as_bytes()));
    assert_eq!(facts["warnings"][0]["code"], "certificate.authority");
    let metadata = idp.metadata(true).unwrap();
    let imported = json(&run(&["metadata", "import", "-", "--at", AT, "--json"], metadata.as_bytes()));
    assert_eq!(imported["warnings"][0]["code"], "certificate.authority");
}

#[test]
fn attributes_are_named() {
    let xml = response(&idp()).attribute("nick", &["Babs"]).build().unwrap();
    let output = verify(
        xml.as_bytes(),
        &["--json", "--attribute", "first_name=nick", "--attribute", "groups=memberOf"],
    );
    assert_eq!(json(&output)["first_name"], "Babs");
    let output = verify(xml.as_bytes(), &["--json", "--attribute", "email=missing"]);
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "attribute.missing"));
    assert_eq!(json(&output)["found"], "email, firstName, lastName, memberOf, nick");
}

#[test]
fn clocks_and_their_skew_are_given() {
    let xml = response(&idp()).build().unwrap();
    let at = |instant: &str, skew: &str| code(&verify_at(xml.as_bytes(), instant, skew));
    assert_eq!(at("2027-01-15T08:05:59.999Z", "60"), 0);
    assert_eq!(at("2027-01-15T08:06:00Z", "60"), 1);
    assert_eq!(at("2027-01-15T09:06:00+01:00", "61"), 0);
    assert_eq!(at("2027-01-15T08:05:00Z", "0"), 1);
    for same in ["2027-01-15t08:00:00z", "2027-01-15 08:00:00Z", "2027-01-15 09:00:00.5+01:00"] {
        assert_eq!(at(same, "60"), 0, "{same}");
    }
    for other in [
        "yesterday",
        "2027-01-15",
        "2027-01-15_08:00:00Z",
        "2027-01-15T08:00:00",
        "2027-01-15T08:00:00 Z",
        "2027-01-15  08:00:00Z",
        "2027-01-15T08:00Z",
        "2027-01-15T08:00:00+0100",
        "2027-02-30T08:00:00Z",
        " 2027-01-15T08:00:00Z",
        "2027-01-15T08:00:00Z\n",
        "1800000000",
    ] {
        assert_eq!(at(other, "60"), 2, "{other}");
    }
    assert_eq!(at(AT, "301"), 2);
    assert_eq!(at(AT, "-1"), 2);
}

fn verify_at(message: &[u8], at: &str, skew: &str) -> Output {
    let certificate = TempFile::new("certificate.pem", keys::OWN_CERTIFICATE);
    let arguments = [
        "verify",
        "-",
        "--idp-certificate",
        certificate.path(),
        "--idp-entity-id",
        IDP,
        "--sp-entity-id",
        SP,
        "--acs-url",
        ACS,
        "--at",
        at,
        "--clock-skew",
        skew,
    ];
    run(&arguments, message)
}

#[test]
fn what_is_insecure_warns() {
    let xml = response(&idp()).build().unwrap();
    let output = verify(xml.as_bytes(), &["--json", "--allow-sha1", "--allow-aes-cbc"]);
    let codes: Vec<_> = json(&output)["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes, ["algorithm.sha1_allowed", "encryption.cbc_allowed"]);
    let output = verify(b"<a/>", &["--json", "--allow-sha1"]);
    assert_eq!(json(&output)["warnings"][0]["code"], "algorithm.sha1_allowed");
    let (key, old) = (keys::JUMPCLOUD_KEY, keys::JUMPCLOUD_CERTIFICATE_EXPIRED);
    let idp = JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, key, old).unwrap();
    let output = verify_with(response(&idp).build().unwrap().as_bytes(), old, &["--json"]);
    assert_eq!(json(&output)["warnings"][0]["code"], "certificate.expired");
}

#[test]
fn encrypted_assertions_need_a_key() {
    let public = DecryptionKey::from_pem(keys::SERVICE_KEY).unwrap().public_key_der().to_vec();
    let key = TempFile::new("key.pem", keys::SERVICE_KEY);
    let weak = TempFile::new("weak.pem", data("rsa1024.key.pem"));
    let with = |options: EncryptOptions, extra: &[&str]| {
        let xml = response(&idp()).sign(Sign::Both).encrypt(&public, options).build().unwrap();
        let output = verify(xml.as_bytes(), &[&["--json"], extra].concat());
        let answer = json(&output);
        (code(&output), answer["code"].as_str().map_or_else(|| answer["signed"].to_string(), str::to_owned))
    };
    let (gcm, cbc) =
        (EncryptOptions::default(), EncryptOptions::default().content(ContentAlgorithm::Aes128Cbc));
    assert_eq!(with(gcm, &["--decryption-key", key.path()]), (0, "[\"response\",\"assertion\"]".to_owned()));
    assert_eq!(with(gcm, &[]), (1, "encryption.no_key".to_owned()));
    assert_eq!(with(gcm, &["--decryption-key", weak.path()]), (1, "encryption.weak_key".to_owned()));
    assert_eq!(with(cbc, &["--decryption-key", key.path()]), (1, "encryption.cbc_refused".to_owned()));
    assert_eq!(with(cbc, &["--decryption-key", weak.path()]), (1, "encryption.cbc_refused".to_owned()));
    assert_eq!(with(cbc, &["--decryption-key", key.path(), "--allow-aes-cbc"]).0, 0);
}

#[test]
fn four_decryption_keys_are_tried_and_five_are_wrong_use() {
    let key = TempFile::new("key.pem", keys::SERVICE_KEY);
    let weak = TempFile::new("weak.pem", data("rsa1024.key.pem"));
    // Whether or not there is anything to decrypt.
    let xml = response(&idp()).build().unwrap();
    let with = |keys: &[&TempFile]| {
        let options: Vec<_> = keys.iter().flat_map(|key| ["--decryption-key", key.path()]).collect();
        verify(xml.as_bytes(), &options)
    };
    assert_eq!(code(&with(&[&key, &key, &key, &weak])), 0);
    for five in [[&key; 5], [&key, &key, &key, &key, &weak]] {
        let output = with(&five);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        assert!(String::from_utf8(output.stderr).unwrap().contains("config.decryption_keys"));
    }
}

#[test]
fn one_key_for_signing_and_decrypting_warns() {
    let both = TempFile::new("both.pem", keys::OWN_KEY);
    let own = TempFile::new("own.pem", keys::SERVICE_KEY);
    let xml = response(&idp()).build().unwrap();
    let with = |key: &TempFile| {
        json(&verify(xml.as_bytes(), &["--json", "--decryption-key", key.path()]))["warnings"].clone()
    };
    let warnings = with(&both);
    assert_eq!(warnings[0]["code"], "config.key_for_both");
    assert!(warnings[0]["message"].as_str().unwrap().contains("the identity provider alone"), "{warnings}");
    assert_eq!(with(&own), serde_json::json!([]));
}

#[test]
fn sha1_warns_where_it_was_used() {
    let xml = data("response-sha1-digest.xml");
    let certificate = TempFile::new("certificate.pem", keys::OWN_CERTIFICATE);
    let with = |extra: &[&str]| {
        let arguments = ["verify", "-", "--idp-certificate", certificate.path(), "--idp-entity-id", "idp"];
        let expected =
            ["--sp-entity-id", "sp", "--acs-url", "https://app.acme.test/acs", "--request-id", "_r"];
        json(&run(&[&arguments, &expected, extra, &["--at", AT, "--json"]].concat(), xml.as_bytes()))
    };
    let refused = with(&[]);
    assert_eq!(refused["code"], "algorithm.sha1_refused");
    assert_eq!(refused["expected"], "SHA-256 or another current algorithm");
    let accepted = with(&["--allow-sha1"]);
    assert_eq!(accepted["accepted"], true);
    let codes = accepted["warnings"].as_array().unwrap().iter().map(|it| &it["code"]);
    assert!(codes.eq(["algorithm.sha1_allowed", "algorithm.sha1_used"]));
}

#[test]
fn hints_are_about_what_is_wrong() {
    let xml = response(&idp()).build().unwrap();
    let format = "nameid-format:entity";
    assert_eq!(xml.matches(format).count(), 2);
    let other = xml.replacen(format, "nameid-format:persistent", 1);
    let answer = json(&verify(other.as_bytes(), &["--json"]));
    assert_eq!(answer["code"], "response.issuer");
    assert!(answer["hint"].as_str().unwrap().contains("Format"), "{answer}");
    let other = xml.replacen(IDP, "other", 1);
    let answer = json(&verify(other.as_bytes(), &["--json"]));
    assert!(answer["hint"].as_str().unwrap().contains("IdP Entity ID"), "{answer}");

    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:Issuer xmlns").unwrap();
    let end = start + unsigned[start..].find("</saml2:Issuer>").unwrap() + "</saml2:Issuer>".len();
    let key = SigningKey::from_pem(keys::OWN_KEY).unwrap();
    let nameless = unsigned.replacen(&unsigned[start..end], "", 1);
    let signed = sign(&nameless, "RESPONSE", &key, &SignOptions::default()).unwrap();
    let answer = json(&verify(signed.as_bytes(), &["--json"]));
    assert_eq!(answer["code"], "response.issuer");
    assert!(answer["hint"].as_str().unwrap().contains("name itself in an Issuer"), "{answer}");
}

#[test]
fn what_is_encrypted_declares_its_namespaces_itself() {
    let xml = response(&idp()).build().unwrap();
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:Assertion").unwrap();
    let end = unsigned.find("</saml2:Assertion>").unwrap() + "</saml2:Assertion>".len();
    let declared = " xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\"";
    let bare = unsigned[start..end].replace(declared, "");
    let public = DecryptionKey::from_pem(keys::SERVICE_KEY).unwrap().public_key_der().to_vec();
    let encrypted = encrypt(&bare, &public, &EncryptOptions::default()).unwrap();
    let key = TempFile::new("key.pem", keys::SERVICE_KEY);
    let message = unsigned.replace(&unsigned[start..end], &encrypted);
    let answer = json(&verify(message.as_bytes(), &["--json", "--decryption-key", key.path()]));
    assert_eq!(answer["code"], "xml.unbound_prefix");
    assert!(answer["hint"].as_str().unwrap().contains("encrypt an assertion that declares"), "{answer}");
    let outside = xml.replace(&xml[xml.find(" xmlns:saml2=").unwrap()..][..declared.len()], "");
    let answer = json(&verify(outside.as_bytes(), &["--json"]));
    assert_eq!(answer["code"], "xml.unbound_prefix");
    assert!(!answer["hint"].as_str().unwrap().contains("encrypt"), "{answer}");
}

#[test]
fn nothing_is_expected_to_be_empty() {
    let xml = response(&idp()).build().unwrap();
    let certificate = TempFile::new("certificate.pem", keys::OWN_CERTIFICATE);
    let options =
        [("--idp-entity-id", IDP), ("--sp-entity-id", SP), ("--acs-url", ACS), ("--request-id", "_r")];
    for (empty, _) in options {
        let mut arguments = vec!["verify", "-", "--idp-certificate", certificate.path(), "--at", AT];
        for (option, value) in options {
            arguments.extend([option, if option == empty { "" } else { value }]);
        }
        let output = run(&arguments, xml.as_bytes());
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{empty}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(empty));
    }
}

#[test]
fn a_field_is_given_one_attribute() {
    let xml = response(&idp()).build().unwrap();
    let with =
        |first: &str, second: &str| verify(xml.as_bytes(), &["--attribute", first, "--attribute", second]);
    assert_eq!(code(&with("email=email", "first_name=firstName")), 0);
    for second in ["email=mail", "email=email"] {
        let output = with("email=email", second);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{second}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("--attribute"));
    }
}

#[test]
fn attributes_that_are_no_text_are_told() {
    let xml = response(&idp()).attribute("empty", &[""]).sign(Sign::Nothing).build().unwrap();
    let markup = xml.replace("<saml2:AttributeValue>b<", "<saml2:AttributeValue><x/><");
    let key = SigningKey::from_pem(keys::OWN_KEY).unwrap();
    let warnings = |xml: &str| {
        let options = SignOptions::default();
        let signed = sign(xml, "ASSERTION", &key, &options).unwrap();
        json(&verify(signed.as_bytes(), &["--json", "--attribute", "groups=other"]))["warnings"].clone()
    };
    assert_eq!(warnings(&xml), json!([]));
    let told = warnings(&markup);
    assert_eq!(told[0]["code"], "attribute.values_left_out");
    assert!(told[0]["message"].as_str().unwrap().ends_with("memberOf"), "{told}");
}

#[test]
fn what_is_too_large_is_told_so_before_anything_else() {
    let xml = response(&idp()).build().unwrap();
    let spaces = " ".repeat(20_000_000);
    for (name, input) in [
        ("spaces", spaces.clone()),
        ("spaces before", format!("{spaces}<a/>")),
        ("spaces behind", format!("{xml}{spaces}")),
        ("base64", "A".repeat(20_000_000)),
        ("no XML", "<".repeat(20_000_000)),
    ] {
        let answer = json(&verify(input.as_bytes(), &["--json"]));
        assert_eq!(
            (&answer["code"], &answer["found"]),
            (&json!("limit.input"), &json!("at least 1048576 bytes")),
            "{name}"
        );
        assert!(answer["message"].as_str().unwrap().contains("at least 1048576 bytes"), "{name}: {answer}");
    }
    // What was read as a whole is told to the byte.
    let answer = json(&verify(format!("{xml}{}", " ".repeat(300_000)).as_bytes(), &["--json"]));
    assert_eq!(answer["found"], format!("{} bytes", xml.len() + 300_000));
    assert_eq!(json(&verify(" ".repeat(1000).as_bytes(), &["--json"]))["code"], "binding.empty");
}

#[test]
fn a_weak_certificate_is_a_refusal_and_an_unreadable_one_wrong_use() {
    let xml = response(&idp()).build().unwrap();
    let weak = data("rsa1024.crt.pem");
    let output = verify_with(xml.as_bytes(), weak, &["--json"]);
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "certificate.weak_key"));
    let encoded = data("rsa2048-no-null.crt.pem");
    let output = verify_with(xml.as_bytes(), encoded, &["--json"]);
    assert_eq!((code(&output), json(&output)["code"].as_str().unwrap()), (1, "certificate.key_encoding"));
    for unreadable in ["", "text", keys::OWN_KEY] {
        let output = verify_with(xml.as_bytes(), unreadable, &["--json"]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn wrong_use_is_2() {
    let certificate = TempFile::new("certificate.pem", keys::OWN_CERTIFICATE);
    let file = certificate.path();
    for arguments in [
        &[][..],
        &["verify"],
        &["verify", "-"],
        &["other"],
        &["verify", "-", "--idp-certificate", file, "--idp-entity-id", IDP, "--sp-entity-id", SP],
        &[
            "verify",
            "/does/not/exist",
            "--idp-certificate",
            file,
            "--idp-entity-id",
            IDP,
            "--sp-entity-id",
            SP,
            "--acs-url",
            ACS,
        ],
        &[
            "verify",
            "-",
            "--idp-certificate",
            "/does/not/exist",
            "--idp-entity-id",
            IDP,
            "--sp-entity-id",
            SP,
            "--acs-url",
            ACS,
        ],
        &[
            "verify",
            "-",
            "--idp-certificate",
            file,
            "--idp-entity-id",
            IDP,
            "--sp-entity-id",
            SP,
            "--acs-url",
            ACS,
            "--stage",
            "x",
        ],
        &[
            "verify",
            "-",
            "--idp-certificate",
            file,
            "--idp-entity-id",
            IDP,
            "--sp-entity-id",
            SP,
            "--acs-url",
            ACS,
            "--attribute",
            "x=y",
        ],
        &[
            "verify",
            "-",
            "--idp-certificate",
            file,
            "--idp-entity-id",
            IDP,
            "--sp-entity-id",
            SP,
            "--acs-url",
            ACS,
            "--decryption-key",
            file,
        ],
    ] {
        let output = run(arguments, b"");
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn hostile_input_is_refused_and_nothing_else() {
    let nested = "<a>".repeat(2_000_000);
    let flood =
        format!("<a {}/>", (0..400_000).fold(String::new(), |text, n| text + "a" + &n.to_string() + "='' "));
    let laughs = format!("<!DOCTYPE a [{}]><a>&b;</a>", "<!ENTITY b '&c;&c;'>".repeat(1000));
    let (spaces, letters) = (vec![b' '; 20_000_000], vec![b'A'; 20_000_000]);
    for (name, input) in [
        ("nothing", &b""[..]),
        ("a NUL", b"\0"),
        ("no UTF-8", b"\xFF\xFE<\0a\0/\0>\0"),
        ("nested", nested.as_bytes()),
        ("attributes", flood.as_bytes()),
        ("entities", laughs.as_bytes()),
        ("20 MB of base64", &letters),
        ("20 MB of space", &spaces),
        ("an unfinished tag", b"<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol'"),
    ] {
        let output = verify(input, &["--json"]);
        assert_eq!(code(&output), 1, "{name}");
        assert_eq!(json(&output)["accepted"], false, "{name}");
    }
}

#[test]
fn people_are_told_stage_by_stage() {
    let idp = idp();
    let text = stdout(&verify(response(&idp).build().unwrap().as_bytes(), &[]));
    assert_eq!(text.matches('✓').count(), 3, "{text}");
    assert!(text.contains("accepted (stage profile)"), "{text}");
    let certificate = TempFile::new("certificate.pem", keys::OWN_CERTIFICATE);
    let arguments = [
        "verify",
        "-",
        "--idp-certificate",
        certificate.path(),
        "--idp-entity-id",
        IDP,
        "--sp-entity-id",
        "https://other.test",
        "--acs-url",
        ACS,
        "--at",
        AT,
    ];
    let text = stdout(&run(&arguments, response(&idp).build().unwrap().as_bytes()));
    assert!(text.contains("✓ signature") && text.contains("✗ assertion"), "{text}");
    for part in [
        "(assertion.audience)",
        "expected  https://other.test",
        &format!("found     {SP}"),
        "change    In JumpCloud, set the field \"SP Entity ID\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn a_terminal_is_not_obeyed_by_messages() {
    let xml = response(&idp()).build().unwrap().replace("status:Success", "status:&#x9;&#x85;x");
    let text = stdout(&verify(xml.as_bytes(), &[]));
    assert!(text.contains("\\t\\u{85}x") && !text.contains('\t') && !text.contains('\u{85}'), "{text}");
}
