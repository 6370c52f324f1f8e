//! HTTP-POST and HTTP-Redirect.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso_testkit::keys;
use saml_protocol::{BindingError, MessageField, PostForm, RedirectMessage, decode_post, encode_redirect};
use saml_signature::{AlgorithmPolicy, Certificate, SigningKey, TrustedKeys};
use url::Url;

fn post_code(field: &str) -> &'static str {
    decode_post(field).map_or_else(|error| error.code(), |_| "accepted")
}

fn url() -> Url {
    Url::parse("https://sso.jumpcloud.com/saml2/acme").unwrap()
}

fn query(relay_state: Option<&str>, key: Option<&SigningKey>) -> String {
    encode_redirect(&url(), MessageField::Request, "<a/>", relay_state, key)
        .unwrap()
        .query()
        .unwrap()
        .to_owned()
}

fn redirect_code(query: &str) -> &'static str {
    RedirectMessage::decode(query, MessageField::Request).map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn form_fields_are_strict_base64_with_white_space() {
    assert_eq!(decode_post("PGEvPg==").unwrap(), b"<a/>");
    assert_eq!(decode_post(" PGE\r\nvPg\t==\n").unwrap(), b"<a/>");
    for (field, code) in [
        ("", "binding.empty"),
        (" \n", "binding.empty"),
        ("PGEvPg", "binding.base64"),
        ("PGEvPg=", "binding.base64"),
        ("PGEvPg===", "binding.base64"),
        ("PGEvPh==", "binding.base64"),
        ("PGEv_g==", "binding.base64"),
        ("PGEvPg==PGEvPg==", "binding.base64"),
        ("PGEvPg==\0", "binding.base64"),
        ("PGEv Pg==x", "binding.base64"),
        ("<a/>", "binding.base64"),
    ] {
        assert_eq!(post_code(field), code, "{field:?}");
    }
}

#[test]
fn the_size_of_a_form_field_is_bounded_before_it_is_decoded() {
    let at_limit = STANDARD.encode(vec![b'x'; 256 * 1024]);
    assert_eq!(post_code(&at_limit), "accepted");
    assert_eq!(post_code(&STANDARD.encode(vec![b'x'; 256 * 1024 + 1])), "limit.input");
    assert_eq!(post_code(&"*".repeat(10_000_000)), "limit.input");
    // Room for line breaks, and for no more.
    let spaced = |length: usize| format!("{at_limit}{}", " ".repeat(length - at_limit.len()));
    let longest = 256 * 1024 / 3 * 4 + 256 * 1024 / 16;
    assert_eq!(post_code(&spaced(longest)), "accepted");
    assert_eq!(post_code(&spaced(longest + 1)), "limit.input");
    let query = |length: usize| {
        let query = query(None, None);
        format!("{query}&other={}", "x".repeat(length - query.len() - "&other=".len()))
    };
    assert_eq!(redirect_code(&query(longest)), "accepted");
    assert_eq!(redirect_code(&query(longest + 1)), "limit.input");
}

#[test]
fn a_whole_form_in_place_of_its_field_is_told() {
    for form in ["SAMLResponse=PGEvPg==", "RelayState=x&SAMLRequest=PGEvPg==", "PGEvPg%3D%3D"] {
        assert!(matches!(decode_post(form), Err(BindingError::UrlEncoded)), "{form}");
    }
    assert!(matches!(decode_post("PGEvPg"), Err(BindingError::Base64)));
}

#[test]
fn forms_cannot_be_broken_out_of() {
    let evil = "\"><script>alert(1)</script>'&";
    let form = PostForm::new(&url(), MessageField::Response, "<a/>", Some(evil)).unwrap();
    assert_eq!(form.html().matches("<script>").count(), 1, "{}", form.html());
    assert!(form.html().contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;\""));
    assert!(form.html().contains("name=\"SAMLResponse\" value=\"PGEvPg==\""));
    let url = Url::parse("https://acme.test/?a=1&b=\"'<>").unwrap();
    let form = PostForm::new(&url, MessageField::Request, "<a/>", None).unwrap();
    assert!(form.html().contains("action=\"https://acme.test/?a=1&amp;b=%22%27%3C%3E\""), "{}", form.html());
    assert!(!form.html().contains("RelayState"));
}

#[test]
fn the_policy_of_the_page_allows_its_script_and_nothing_else() {
    let form = PostForm::new(&url(), MessageField::Response, "<a/>", None).unwrap();
    let (_, rest) = form.html().split_once("<script>").unwrap();
    let (script, _) = rest.split_once("</script>").unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    let hash = format!("script-src 'sha256-{}'", STANDARD.encode(digest));
    assert!(PostForm::CONTENT_SECURITY_POLICY.contains(&hash), "{hash}");
    assert!(PostForm::CONTENT_SECURITY_POLICY.starts_with("default-src 'none'"));
}

#[test]
fn relay_states_have_80_bytes_at_most() {
    assert!(PostForm::new(&url(), MessageField::Response, "<a/>", Some(&"x".repeat(80))).is_ok());
    let error = PostForm::new(&url(), MessageField::Response, "<a/>", Some(&"x".repeat(81))).unwrap_err();
    assert_eq!(error, BindingError::RelayState { limit: 80, found: 81 });
    assert!(encode_redirect(&url(), MessageField::Request, "<a/>", Some(&"x".repeat(81)), None).is_err());
    let long = query(None, None) + "&RelayState=" + &"x".repeat(81);
    assert_eq!(redirect_code(&long), "binding.relay_state");
}

#[test]
fn redirects_keep_the_query_of_the_destination() {
    let destination = Url::parse("https://acme.test/sso?tenant=1").unwrap();
    let url = encode_redirect(&destination, MessageField::Request, "<a/>", None, None).unwrap();
    assert!(url.as_str().starts_with("https://acme.test/sso?tenant=1&SAMLRequest="), "{url}");
}

#[test]
fn redirects_are_read_back() {
    let query = query(Some("état & more"), None);
    let message = RedirectMessage::decode(&query, MessageField::Request).unwrap();
    assert_eq!(message.unsigned_message(), b"<a/>");
    assert_eq!(message.relay_state(), Some("état & more"));
}

#[test]
fn signatures_of_redirects_are_over_the_octets() {
    let key = SigningKey::from_pem(keys::SERVICE_KEY).unwrap();
    let certificate = |pem: &str| TrustedKeys::new([Certificate::parse(pem.as_bytes()).unwrap()]).unwrap();
    let (own, other) = (certificate(keys::SERVICE_CERTIFICATE), certificate(keys::OTHER_CERTIFICATE));
    let query = query(Some("a b"), Some(&key));
    let verify = |query: &str, keys: &TrustedKeys| {
        let message = RedirectMessage::decode(query, MessageField::Request).unwrap();
        message.verify(keys, &AlgorithmPolicy::default()).map(<[u8]>::to_vec).map_err(|error| error.code())
    };
    assert_eq!(verify(&query, &own).unwrap(), b"<a/>");
    assert_eq!(verify(&query, &other).unwrap_err(), "signature.untrusted_key");
    // The same value in other octets was not signed.
    assert_eq!(verify(&query.replace("a+b", "a%20b"), &own).unwrap_err(), "signature.untrusted_key");
    assert_eq!(verify(&query.replace("%2F", "%2f"), &own).is_ok(), !query.contains("%2F"));
    assert_eq!(verify(&query.replace("RelayState=a+b&", ""), &own).unwrap_err(), "signature.untrusted_key");
    // The order of the parameters in the query does not matter: it is fixed for the signature.
    let mut parts: Vec<_> = query.split('&').collect();
    parts.reverse();
    assert!(verify(&parts.join("&"), &own).is_ok());
    let unsigned = self::query(None, None);
    assert_eq!(verify(&unsigned, &own).unwrap_err(), "binding.missing");
}

#[test]
fn signature_and_algorithm_come_together() {
    let key = SigningKey::from_pem(keys::SERVICE_KEY).unwrap();
    let query = query(None, Some(&key));
    let without =
        |name: &str| query.split('&').filter(|part| !part.starts_with(name)).collect::<Vec<_>>().join("&");
    assert_eq!(redirect_code(&without("SigAlg")), "binding.missing");
    assert_eq!(redirect_code(&without("Signature=")), "binding.missing");
    assert_eq!(redirect_code(&query), "accepted");
}

#[test]
fn ambiguous_parameters_are_refused() {
    let query = query(Some("x"), None);
    for extra in [
        "RelayState=y",
        "SAMLRequest=x",
        "SAMLResponse=x",
        "%53AMLRequest=x",
        "SAMLRequest[]=x",
        "+SAMLRequest=x",
        "SAMLRequest%00=x",
        "samlrequest=x",
        "Relay%53tate=x",
    ] {
        assert_eq!(redirect_code(&format!("{query}&{extra}")), "binding.duplicate", "{extra}");
        assert_eq!(redirect_code(&format!("{extra}&{query}")), "binding.duplicate", "{extra}");
    }
    assert_eq!(redirect_code(&format!("other=1&{query}&other=2")), "accepted");
    assert_eq!(redirect_code(&query.replace("SAMLRequest", "SAML%52equest")), "binding.duplicate");
}

#[test]
fn messages_are_deflated_to_their_end() {
    let with = |bytes: &[u8]| format!("SAMLRequest={}", form_encode(&STANDARD.encode(bytes)));
    let deflated = deflate(b"<a/>");
    assert_eq!(redirect_code(&with(&deflated)), "accepted");
    assert_eq!(redirect_code(&with(&[deflated.as_slice(), b"more"].concat())), "binding.deflate");
    assert_eq!(redirect_code(&with(&deflated[..deflated.len() - 1])), "binding.deflate");
    assert_eq!(redirect_code(&with(b"<a/>")), "binding.deflate");
    assert_eq!(redirect_code(&with(&deflate(b""))), "binding.empty");
    assert_eq!(redirect_code("SAMLRequest=*"), "binding.base64");
    assert_eq!(redirect_code(""), "binding.missing");
    assert_eq!(redirect_code(&format!("{}&SAMLEncoding=x", with(&deflated))), "binding.encoding");
}

#[test]
fn inflating_is_bounded() {
    let with =
        |bytes: usize| format!("SAMLRequest={}", form_encode(&STANDARD.encode(deflate(&vec![b' '; bytes]))));
    assert_eq!(redirect_code(&with(64 * 1024)), "accepted");
    assert_eq!(redirect_code(&with(64 * 1024 + 1)), "limit.inflate");
    assert_eq!(redirect_code(&with(50_000_000)), "limit.inflate");
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn form_encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
