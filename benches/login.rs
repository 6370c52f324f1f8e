//! A whole login, from the form that reaches the ACS URL to the session token, as a service has it: the
//! facade's `finish_login` with the browser's cookie and the claims in a store, the account, the session.
//! Beside it the cryptography that it cannot do without: base64, SHA-256 over the canonical bytes, one RSA
//! verification by a key parsed once, one HMAC.
//!
//! `cargo bench -p jumpcloud-sso-benches` prints both, and the ratio for each key.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measuring")]

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::Criterion;
use jumpcloud_sso::parts::saml_protocol::ResponseVerifier;
use jumpcloud_sso::parts::saml_signature::{SigningKey, TrustedKeys};
use jumpcloud_sso::parts::saml_xml::{Document, Limits, PrefixList};
use jumpcloud_sso::parts::sso_store::{Claim, ClaimKey, ClaimStore, Claimed};
use jumpcloud_sso::{
    Certificate, Connection, Cookies, LoginForm, LoginRequest, MemoryStore, ServiceProvider, Sessions,
    Settings, SingleSignOn, StoreError, Stores,
};
use jumpcloud_sso_testkit::{JumpCloud, TestBrowser, User, auth_secret, keys};

/// Everything a login needs, prepared as a service has it when the form arrives.
struct Login {
    field: String,
    relay_state: String,
    cookies: Cookies,
    xml: Vec<u8>,
    now: SystemTime,
    sso: SingleSignOn,
    connection: Connection,
    sessions: Sessions,
    verifier: ResponseVerifier,
    floor: Floor,
}

/// Remembers what was used, each time under another name: here the same login is finished over and over.
#[derive(Default)]
struct AnyNumber {
    store: MemoryStore,
    claims: AtomicU64,
}

#[async_trait]
impl ClaimStore for AnyNumber {
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        let number = self.claims.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let renamed = |claim: &Claim| {
            let mut key = *claim.key.as_bytes();
            key.iter_mut().zip(number).for_each(|(byte, other)| *byte ^= other);
            Claim { key: ClaimKey::from_hashes(*claim.key.scope(), key), until: claim.until }
        };
        let renamed: Vec<_> = claims.iter().map(renamed).collect();
        self.store.claim(&renamed, now).await
    }
}

impl From<AnyNumber> for Stores {
    fn from(store: AnyNumber) -> Self {
        Self { claims: Arc::new(store), ..MemoryStore::default().into() }
    }
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
    fn new(key: &str, certificate_pem: &str) -> Self {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let settings = Settings::new("https://app.acme.test", &auth_secret("bench")).unwrap();
        let service = ServiceProvider::new(&settings, "acme").unwrap();
        let (sp, url) = (service.entity_id(), "https://sso.jumpcloud.com/saml2/acme");
        let builder = Connection::builder(&settings, "acme", "acme").unwrap();
        let builder = builder.idp_url(url).idp_entity_id(sp).certificate(certificate_pem.as_bytes());
        let connection = builder.email_domains(["acme.test"]).build().unwrap();

        let sso = SingleSignOn::new(&settings, AnyNumber::default()).unwrap();
        let begun =
            sso.begin_login(&connection, &LoginRequest::default().return_to("/dashboard"), now).unwrap();
        let mut browser = TestBrowser::new();
        browser.set_cookie(&begun.set_cookie());
        let idp = JumpCloud::with_key(url, sp, key, certificate_pem).unwrap();
        let user = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["Engineering", "Everybody"]);
        let post = browser.follow(begun.redirect_url(), &idp, sp, &user, now).unwrap();
        let xml = post.xml().unwrap().into_bytes();
        let certificate = Certificate::parse(certificate_pem.as_bytes()).unwrap();
        Self {
            field: post.saml_response,
            relay_state: post.relay_state.unwrap(),
            cookies: Cookies::new(post.cookies),
            floor: Floor::new(&xml, key, &certificate),
            xml,
            now,
            sso,
            connection,
            sessions: Sessions::new(&settings, AnyNumber::default()).unwrap(),
            verifier: ResponseVerifier::new(TrustedKeys::new([certificate]).unwrap()),
        }
    }

    fn whole(&self) -> String {
        let form = LoginForm { saml_response: black_box(&self.field), relay_state: Some(&self.relay_state) };
        let whole = async {
            let login = self.sso.finish_login(&self.connection, form, &self.cookies, self.now).await.unwrap();
            let user_id = login.account().to_string();
            self.sessions.begin(login, &user_id, self.now).await.unwrap().token().to_owned()
        };
        // A store in memory has nothing to wait for.
        match pin!(whole).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(token) => token,
            Poll::Pending => String::new(),
        }
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

/// How many times the floor a whole login takes: the median of pairs measured in turn, so that both meet the
/// same machine.
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
