//! What each setting of a connection has to be.

use saml_attributes::{AttributeMap, Field};
use saml_encryption::Decryptor;
use saml_protocol::ResponseVerifier;
use saml_signature::{TrustedKeysError, check_public_key};
use sso_session::check_url;
use sso_types::text::{excerpt_of_input, is_white_space};
use url::Url;

use crate::bounds::{MAX_TEXT, MAX_URL, TooLong, check_text};
use crate::connection_error::ConnectionError;
use crate::site::SiteUrl;

/// Whether a text can be JumpCloud's *IDP URL*: where browsers are sent to log in. It has to be https, or
/// http on loopback, without credentials or a fragment, of at most 2,048 bytes, and neither an address of
/// JumpCloud's admin console nor that of the metadata. [`SiteUrl::check_idp_url`] asks also that it is not
/// one of the service's own.
///
/// # Errors
/// [`ConnectionError::IdpUrl`].
pub fn check_idp_url(text: &str) -> Result<Url, ConnectionError> {
    let wrong =
        |what: &'static str| ConnectionError::IdpUrl { found: excerpt_of_input(text), what: what.into() };
    if is_private_key(text) {
        return Err(wrong(PRIVATE_KEY));
    }
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    if text.len() > MAX_URL {
        let what = over_limit(text.len(), MAX_URL, "bytes").into();
        // Whatever it is, it may hold credentials.
        return Err(ConnectionError::IdpUrl { found: "(not shown)".to_owned(), what });
    }
    if text.starts_with(is_white_space) || text.ends_with(is_white_space) {
        return Err(wrong("it begins or ends with white space"));
    }
    // A URL parser takes tabs and line ends away, so that another address than the given one would be kept.
    if text.chars().any(|character| is_white_space(character) || character.is_control()) {
        return Err(wrong("it holds white space or control characters"));
    }
    let url = Url::parse(text).map_err(|_| wrong("it is no absolute URL"))?;
    let found = || excerpt_of_input(&without_credentials(&url));
    check_url(&url).map_err(|what| ConnectionError::IdpUrl { found: found(), what: what.into() })?;
    if url.host_str().is_some_and(|host| host.starts_with("console.")) {
        return Err(wrong("it is an address of the admin console, not the IDP URL of the application"));
    }
    if url.path().ends_with("metadata.xml") || url.path().ends_with("/metadata") {
        return Err(wrong("it is the address of the metadata, not the IDP URL"));
    }
    // A parser makes a text longer that holds what a URL has to escape.
    if url.as_str().len() > MAX_URL {
        return Err(wrong("it is too long once its characters are escaped"));
    }
    Ok(url)
}

impl SiteUrl {
    /// Checks whether a text can be the *IDP URL* of a connection of this service: as
    /// [`check_idp_url`](crate::check_idp_url) does, and that it is not a URL of the service itself (its
    /// login, ACS or metadata URL, or an SP Entity ID), by which browsers would be sent in a circle.
    ///
    /// # Errors
    /// [`ConnectionError::IdpUrl`].
    pub fn check_idp_url(&self, text: &str) -> Result<Url, ConnectionError> {
        let url = check_idp_url(text)?;
        if self.is_own(&url) {
            let what = "it is a URL of this service, not of the identity provider".into();
            return Err(ConnectionError::IdpUrl { found: excerpt_of_input(text), what });
        }
        Ok(url)
    }
}

fn over_limit(found: usize, limit: usize, unit: &str) -> String {
    format!("it has {found} {unit}, more than the limit of {limit}")
}

pub(crate) fn check_organization(name: &str) -> Result<(), ConnectionError> {
    check_text("organization's name", name)
        .map_err(|TooLong { limit, found, .. }| ConnectionError::Organization { limit, found })
}

pub(crate) fn check_attribute_names(map: &AttributeMap) -> Result<(), ConnectionError> {
    for field in [Field::Email, Field::FirstName, Field::LastName, Field::Groups] {
        check_text("attribute name", map.configured_name(field).unwrap_or_default())
            .map_err(|TooLong { limit, found, .. }| ConnectionError::AttributeName { field, limit, found })?;
    }
    Ok(())
}

/// The fields of authentication contexts, by their names.
pub(crate) const REQUESTED: &str = "request_authn_contexts";
pub(crate) const REQUIRED: &str = "require_authn_contexts";

/// More ways to authenticate than any identity provider tells apart.
const MAX_AUTHN_CONTEXTS: usize = 16;

/// Checks the URIs of authentication context classes (core §2.7.2.2).
pub(crate) fn check_authn_contexts(field: &'static str, classes: &[String]) -> Result<(), ConnectionError> {
    let wrong =
        |class: &str, what| ConnectionError::AuthnContext { field, found: excerpt_of_input(class), what };
    if classes.len() > MAX_AUTHN_CONTEXTS {
        let what = format!("there are {}, more than the limit of {MAX_AUTHN_CONTEXTS}", classes.len());
        return Err(wrong("", what.into()));
    }
    for class in classes {
        let is_plain = !class.chars().any(|it| is_white_space(it) || it.is_control());
        if class.len() > MAX_TEXT {
            return Err(wrong(class, over_limit(class.len(), MAX_TEXT, "bytes").into()));
        }
        if !is_plain || Url::parse(class).is_err() {
            return Err(wrong(class, "it is not an absolute URI".into()));
        }
    }
    Ok(())
}

/// Checks that the private keys for decryption are no secret that anybody can compute.
pub(crate) fn check_decryption_keys(decryptor: &Decryptor) -> Result<(), ConnectionError> {
    for key in decryptor.keys() {
        let reason = match check_public_key(key.public_key_der()) {
            Ok(_) => continue,
            Err(TrustedKeysError::Weak { reason, .. }) => reason,
            Err(_) => "the public key is not in the standard encoding of its kind",
        };
        return Err(ConnectionError::WeakDecryptionKey { reason });
    }
    Ok(())
}

/// Whether what signs and what decrypts are different keys.
pub(crate) fn check_keys_are_apart(verifier: &ResponseVerifier) -> Result<(), ConnectionError> {
    verifier.key_for_both().map_or(Ok(()), |certificate| {
        Err(ConnectionError::KeyForBoth { fingerprint: certificate.fingerprint_sha256().to_string() })
    })
}

const PRIVATE_KEY: &str =
    "it is a private key; keep it secret, and replace it if it was sent anywhere it does not belong";

fn is_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY")
}

/// For an error message, which may go to a log.
fn without_credentials(url: &Url) -> String {
    let mut shown = url.clone();
    // Neither can fail for a URL that has them.
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    shown.into()
}

pub(crate) fn check_entity_id(text: &str) -> Result<(), ConnectionError> {
    let wrong = |what: &'static str| ConnectionError::IdpEntityId {
        found: excerpt_of_input(text),
        what: what.into(),
    };
    if is_private_key(text) {
        Err(wrong(PRIVATE_KEY))
    } else if text.chars().all(is_white_space) {
        Err(wrong("it is empty"))
    } else if text.starts_with(is_white_space) || text.ends_with(is_white_space) {
        Err(wrong("it begins or ends with white space"))
    } else if text.chars().any(char::is_control) {
        Err(wrong("it holds control characters"))
    } else if text.chars().count() > MAX_TEXT {
        // SAML core §8.3.6.
        let what = over_limit(text.chars().count(), MAX_TEXT, "characters").into();
        Err(ConnectionError::IdpEntityId { found: excerpt_of_input(text), what })
    } else {
        Ok(())
    }
}
