//! A whole login, from the posted form field to the session token, beside the cryptography that it cannot do without:
//! base64, SHA-256 over the canonical bytes, one RSA verification by a key parsed once, one HMAC.
//!
//! `cargo bench -p jumpcloud-sso-benches` prints both, and the ratio for each key.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measuring")]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::Criterion;
use jumpcloud_sso::parts::saml_protocol::{Expected, ResponseVerifier, decode_post};
use jumpcloud_sso::parts::saml_signature::{SigningKey, TrustedKeys};
use jumpcloud_sso::parts::saml_xml::{Document, Limits, PrefixList};
use jumpcloud_sso::{AttributeMap, AuthSecret, Certificate, NewSession, SessionIssuer, SessionKey};
use jumpcloud_sso_testkit::{JumpCloud, Sign, User, keys};

const ACS: &str = "https://app.acme.test/sso/saml2/acme/acs";
const SP: &str = "https://app.acme.test/sso/saml2/acme";

/// Everything a login needs, prepared as a service has it when the form arrives.
struct Login {
    field: String,
    xml: Vec<u8>,
    now: SystemTime,
    verifier: ResponseVerifier,
    expected: Expected,
    attributes: AttributeMap,
    issuer: SessionIssuer,
    floor: Floor,
}

/// The cryptography alone, on inputs of the same sizes.
struct Floor {
    key: ParsedPublicKey,
    signed_info: Vec<u8>,
    signature: Vec<u8>,
    assertion: Vec<u8>,
    hmac: hmac::Key,
}

impl Login {
    fn new(key: &str, certificate: &str) -> Self {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let idp = JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", SP, key, certificate).unwrap();
        let user = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["Engineering", "Everybody"]);
        let response =
            idp.response(ACS, SP, now).user(&user).in_response_to("_request").sign(Sign::Assertion);
        let xml = response.build().unwrap().into_bytes();
        let certificate = Certificate::parse(certificate.as_bytes()).unwrap();
        let secret = AuthSecret::from_base64("q2xqEJ9XhHjrIySHtDSRyF3xKzJqoKXYDSn7VmE4hHU=").unwrap();
        Self {
            field: STANDARD.encode(&xml),
            floor: Floor::new(&xml, key, &certificate),
            xml,
            now,
            verifier: ResponseVerifier::new(TrustedKeys::new([certificate]).unwrap()),
            expected: Expected::answering("_request", SP, SP, ACS),
            attributes: AttributeMap::default(),
            issuer: SessionIssuer::new(
                SessionKey::from_auth_secret(&secret),
                "https://app.acme.test",
                "https://app.acme.test",
            ),
        }
    }

    fn whole(&self) -> String {
        let xml = decode_post(black_box(&self.field)).unwrap();
        let accepted = self.verifier.verify(&xml).unwrap().accept(&self.expected, self.now).unwrap();
        let profile = self.attributes.profile(&accepted).unwrap();
        let session = NewSession::new("user-1", "acme", "connection-1")
            .authenticated_at(accepted.authn_instant())
            .email(profile.email())
            .given_name(profile.first_name().unwrap());
        self.issuer.issue(&session, self.now).unwrap().token().to_owned()
    }

    fn floor(&self) -> usize {
        let decoded = STANDARD.decode(black_box(&self.field)).unwrap();
        let digest = digest::digest(&digest::SHA256, black_box(&self.floor.assertion));
        self.floor.key.verify_sig(&self.floor.signed_info, &self.floor.signature).unwrap();
        // A session token has about 600 bytes.
        let tag = hmac::sign(&self.floor.hmac, decoded.get(..600).unwrap());
        black_box(decoded.len() + digest.as_ref().len() + tag.as_ref().len())
    }
}

impl Floor {
    fn new(xml: &[u8], key: &str, certificate: &Certificate) -> Self {
        let document = Document::parse(xml, &Limits::default()).unwrap();
        let canonical = |name: &str| {
            let element = document.elements().find(|element| element.local_name() == name).unwrap();
            let mut bytes = Vec::new();
            element.canonicalize(&PrefixList::default(), &mut bytes).unwrap();
            bytes
        };
        let signed_info = canonical("SignedInfo");
        let key = SigningKey::from_pem(key).unwrap();
        Self {
            key: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, certificate.public_key_der()).unwrap(),
            signature: key.sign(key.default_algorithm(), &signed_info).unwrap(),
            // With the signature still in it, which is a little more than what is digested.
            assertion: canonical("Assertion"),
            signed_info,
            hmac: hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]),
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, key, certificate) in [
        ("RSA-4096 (JumpCloud's own)", keys::JUMPCLOUD_KEY, keys::JUMPCLOUD_CERTIFICATE),
        ("RSA-2048 (uploaded)", keys::OWN_KEY, keys::OWN_CERTIFICATE),
    ] {
        let login = Login::new(key, certificate);
        let mut group = criterion.benchmark_group(name);
        group.bench_function("floor", |bench| bench.iter(|| login.floor()));
        group.bench_function("whole login", |bench| bench.iter(|| login.whole()));
        group.bench_function("of it: parse", |bench| {
            bench.iter(|| {
                Document::parse(black_box(&login.xml), &Limits::default()).unwrap().elements().count()
            });
        });
        group.bench_function("of it: verify", |bench| {
            bench.iter(|| login.verifier.verify(&login.xml).unwrap());
        });
        group.finish();
        println!("{name}: a whole login takes {:.2} times the floor\n", ratio(&login));
    }
    criterion.final_summary();
}

/// How many times the floor a whole login takes: the median of pairs measured in turn, so that both meet the same machine.
fn ratio(login: &Login) -> f64 {
    let time = |work: &dyn Fn()| {
        let start = Instant::now();
        (0..100).for_each(|_| work());
        start.elapsed().as_secs_f64()
    };
    let pair = || {
        let floor = time(&|| {
            black_box(login.floor());
        });
        let whole = time(&|| drop(black_box(login.whole())));
        whole / floor
    };
    let mut ratios: Vec<f64> = (0..51).map(|_| pair()).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(25).copied().unwrap_or(f64::NAN)
}
