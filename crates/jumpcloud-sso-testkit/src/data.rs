macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../data/", $name)))),*]
    };
}

/// Each file with its content.
const FILES: &[(&str, &str)] = files![
    "chain-intermediate.crt.pem",
    "chain-leaf.crt.pem",
    "chain-leaf.key.pem",
    "chain-root.crt.pem",
    "chain-root.key.pem",
    "cloned-rsa4096.crt.pem",
    "cloned-rsa4096.key.pem",
    "ec-p256-compressed.crt.pem",
    "ec-p256-hybrid.crt.pem",
    "ec-p256-sec1.key.pem",
    "ec-p256.crt.pem",
    "ec-p256.key.pem",
    "ec-p384-compressed.crt.pem",
    "ec-p384-hybrid.crt.pem",
    "ec-p384.crt.pem",
    "ec-p384.key.pem",
    "ec-p521.crt.pem",
    "ec-p521.key.pem",
    "ed25519-null.crt.pem",
    "ed25519.crt.pem",
    "ed25519.key.pem",
    "jumpcloud-rsa4096-empty-extensions.crt.pem",
    "jumpcloud-rsa4096-expired.crt.pem",
    "jumpcloud-rsa4096.crt.pem",
    "jumpcloud-rsa4096.key.pem",
    "other-rsa2048.crt.pem",
    "other-rsa2048.key.pem",
    "request.csr.pem",
    "response-sha1-digest.xml",
    "response-sha1-signature.xml",
    "rsa1024.crt.pem",
    "rsa1024.key.pem",
    "rsa2047.crt.pem",
    "rsa2047.key.pem",
    "rsa2048-close-factors.crt.pem",
    "rsa2048-close-factors.key.pem",
    "rsa2048-exponent-1.crt.pem",
    "rsa2048-no-null.crt.pem",
    "rsa2048-pkcs1.key.pem",
    "rsa2048.crt.pem",
    "rsa2048.key.pem",
    "rsa8192.crt.pem",
    "rsa8200.crt.pem",
    "rsa8200.key.pem",
    "sp-rsa2048.crt.pem",
    "sp-rsa2048.key.pem",
    "sp-rsa8192.key.pem",
];

/// Returns the content of a file of `data/`: keys and certificates of any kind, also of those that are
/// refused. Its `README.md` tells of each. What a stand-in needs has a constant in [`keys`](crate::keys).
///
/// ```
/// const KEY: &str = jumpcloud_sso_testkit::data("ed25519.key.pem");
/// assert!(KEY.starts_with("-----BEGIN PRIVATE KEY-----"));
/// ```
///
/// # Panics
/// If there is no file of this name; in a constant, this is an error of the compiler.
#[must_use]
#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "iterators are not const, and only tests call this"
)]
pub const fn data(name: &str) -> &'static str {
    let mut index = 0;
    while index < FILES.len() {
        if is_same(FILES[index].0.as_bytes(), name.as_bytes()) {
            return FILES[index].1;
        }
        index += 1;
    }
    panic!("there is no such file")
}

#[expect(clippy::indexing_slicing, reason = "iterators are not const")]
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}
