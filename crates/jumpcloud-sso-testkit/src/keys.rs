//! The keys and certificates of the stand-in, PEM. All of them are public.

/// The private key of [`JUMPCLOUD_CERTIFICATE`].
pub const JUMPCLOUD_KEY: &str = include_str!("../data/jumpcloud-rsa4096.key.pem");
/// In the shape of JumpCloud's certificates since 2023: RSA-4096, X.509 v3 without extensions.
pub const JUMPCLOUD_CERTIFICATE: &str = include_str!("../data/jumpcloud-rsa4096.crt.pem");
/// The same key in the shape of JumpCloud's certificates until 2022: an empty sequence of extensions.
pub const JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS: &str =
    include_str!("../data/jumpcloud-rsa4096-empty-extensions.crt.pem");
/// The same key in a certificate that expired in 2025.
pub const JUMPCLOUD_CERTIFICATE_EXPIRED: &str = include_str!("../data/jumpcloud-rsa4096-expired.crt.pem");
/// The private key of [`OWN_CERTIFICATE`].
pub const OWN_KEY: &str = include_str!("../data/rsa2048.key.pem");
/// What an administrator uploads who makes the pair as JumpCloud's guide says: RSA-2048.
pub const OWN_CERTIFICATE: &str = include_str!("../data/rsa2048.crt.pem");
/// The private key of [`OTHER_CERTIFICATE`].
pub const OTHER_KEY: &str = include_str!("../data/other-rsa2048.key.pem");
/// Another organization's identity provider.
pub const OTHER_CERTIFICATE: &str = include_str!("../data/other-rsa2048.crt.pem");
/// The private key of a service, for decryption and for signing requests.
pub const SERVICE_KEY: &str = include_str!("../data/sp-rsa2048.key.pem");
/// The certificate of a service.
pub const SERVICE_CERTIFICATE: &str = include_str!("../data/sp-rsa2048.crt.pem");
