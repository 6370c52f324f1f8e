//! A valid Response with some bytes replaced: it is refused, or says the very same.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::{Expected, ResponseVerifier};
use jumpcloud_sso::parts::saml_signature::{Certificate, TrustedKeys};
use jumpcloud_sso_testkit::{JumpCloud, Sign, User, keys};
use libfuzzer_sys::fuzz_target;

const URL: &str = "https://app.acme.test";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

static RESPONSE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let idp = JumpCloud::with_key(URL, URL, keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap();
    let user = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["a", "b"]);
    idp.response(URL, URL, now()).user(&user).ids("R", "A").sign(Sign::Both).build().unwrap().into_bytes()
});

static VERIFIER: LazyLock<ResponseVerifier> = LazyLock::new(|| {
    let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
    ResponseVerifier::new(TrustedKeys::new([certificate]).unwrap())
});

/// The input is a list of edits: where, how many bytes to take away, what to put there.
fuzz_target!(|edits: Vec<(u16, u8, Vec<u8>)>| {
    let mut xml = RESPONSE.clone();
    for (at, length, bytes) in edits {
        let start = usize::from(at).min(xml.len());
        let end = (start + usize::from(length)).min(xml.len());
        xml.splice(start..end, bytes);
    }
    let Ok(verified) = VERIFIER.verify(&xml) else { return };
    if let Ok(accepted) = verified.accept(&Expected::unsolicited(URL, URL, URL), now()) {
        assert_eq!((accepted.id(), accepted.name_id().value()), ("A", "bjensen@acme.test"));
        let values = accepted.attributes().iter().flat_map(|attribute| attribute.values());
        let values: Vec<_> = values.filter_map(|value| value.as_text()).collect();
        assert_eq!(values, ["bjensen@acme.test", "Barbara", "Jensen", "a", "b"]);
    }
});
