//! What a service is configured with, once for all organizations.

use std::fmt;
use std::sync::Arc;

use saml_encryption::{DecryptionKey, DecryptionPolicy, Decryptor};
use saml_signature::SecondOpinion;
use sso_session::{AuthSecret, Purpose, Sealer, Service, SessionIssuer, SessionVerifier};
use url::Url;
use zeroize::Zeroizing;

use crate::settings_error::SettingsError;
use crate::site::SiteUrl;

/// SITE_URL and AUTH_SECRET.
#[derive(Clone)]
pub struct Settings {
    site: SiteUrl,
    service: Service,
    cross_verifier: Option<Arc<dyn SecondOpinion>>,
}

impl Settings {
    /// `site_url` is the service's own address as browsers see it, with its scheme; `auth_secret` at least 32
    /// random bytes in base64, as `openssl rand -base64 32` gives them.
    ///
    /// # Errors
    /// [`SettingsError`], which names the setting and says what to do.
    pub fn new(site_url: &str, auth_secret: &str) -> Result<Self, SettingsError> {
        let site = SiteUrl::parse(site_url)?;
        let secret = AuthSecret::from_base64(auth_secret)?;
        let service = Service::new(site.as_str(), secret);
        Ok(Self { site, service, cross_verifier: None })
    }

    /// Still accepts what was made under a secret that AUTH_SECRET was before: sessions, until they expire;
    /// secrets at rest; domain challenges. What is made anew is made under the present one. At most seven.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn former_secret(mut self, auth_secret: &str) -> Result<Self, SettingsError> {
        self.service = self.service.former_secret(AuthSecret::from_base64(auth_secret)?);
        Ok(self)
    }

    /// Sets the second implementation of XML Signature that has to agree to every login through a connection
    /// with [`cross_verify`](crate::ConnectionBuilder::cross_verify), such as that of the crate
    /// `saml-signature-xmlsec`. Where a connection asks for one and none is given, its logins are
    /// refused.
    #[must_use]
    pub fn cross_verifier(mut self, verifier: Arc<dyn SecondOpinion>) -> Self {
        self.cross_verifier = Some(verifier);
        self
    }

    /// The same out of the environment variables `SITE_URL` and `AUTH_SECRET`.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn from_env() -> Result<Self, SettingsError> {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self::new(&variable("SITE_URL"), &variable("AUTH_SECRET"))
    }

    /// SITE_URL, without a slash at its end.
    #[must_use]
    pub fn site_url(&self) -> &str {
        self.site.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        self.site.url()
    }

    /// Returns SITE_URL as it was parsed.
    #[must_use]
    pub fn site(&self) -> &SiteUrl {
        &self.site
    }

    /// Returns the second implementation of XML Signature, if one was given.
    #[must_use]
    pub fn second_implementation(&self) -> Option<&Arc<dyn SecondOpinion>> {
        self.cross_verifier.as_ref()
    }

    /// Returns AUTH_SECRET.
    #[must_use]
    pub fn secret(&self) -> &AuthSecret {
        self.service.secret()
    }

    /// Issues sessions by HS256 under a key derived from AUTH_SECRET; issuer and audience are SITE_URL.
    #[must_use]
    pub fn session_issuer(&self) -> SessionIssuer {
        self.service.session_issuer()
    }

    /// Verifies those sessions, and those under former secrets.
    ///
    /// # Errors
    /// [`ServiceError::FormerSecrets`](sso_session::ServiceError) for more than seven former secrets, or one
    /// given twice.
    pub fn session_verifier(&self) -> Result<SessionVerifier, SettingsError> {
        Ok(self.service.session_verifier()?)
    }

    /// Returns the present secret, then the former ones.
    pub fn secrets(&self) -> impl Iterator<Item = &AuthSecret> {
        self.service.secrets()
    }

    /// Seals a private key, PEM, as a store may keep it. It can be opened for this connection only.
    ///
    /// # Errors
    /// [`SettingsError::Sealing`].
    pub fn seal_decryption_key(&self, pem: &str, connection: &str) -> Result<String, SettingsError> {
        let sealer = Sealer::new(self.secret(), Purpose::StoredSecret).map_err(|_| SettingsError::Sealing)?;
        sealer.seal_at_rest(pem.as_bytes(), connection.as_bytes()).map_err(|_| SettingsError::Sealing)
    }

    /// Seals a sealed private key under the present secret; `None` where it is under that already.
    ///
    /// # Errors
    /// [`SettingsError::SealedElsewhere`] where neither the present secret nor a former one opens it.
    pub fn reseal_decryption_key(
        &self,
        sealed: &str,
        connection: &str,
    ) -> Result<Option<String>, SettingsError> {
        if open_at_rest(self.secret(), sealed, connection).is_some() {
            return Ok(None);
        }
        self.seal_decryption_key(&self.opened(sealed, connection)?, connection).map(Some)
    }

    /// The private key that was sealed, by the present secret or a former one.
    fn opened(&self, sealed: &str, connection: &str) -> Result<Zeroizing<String>, SettingsError> {
        let pem = self.secrets().find_map(|secret| open_at_rest(secret, sealed, connection));
        let pem = pem.ok_or(SettingsError::SealedElsewhere)?;
        let pem = std::str::from_utf8(&pem).map_err(|_| SettingsError::SealedElsewhere)?;
        Ok(Zeroizing::new(pem.to_owned()))
    }

    /// Returns whether this key is what was sealed, in whatever form it was given.
    #[must_use]
    pub fn seals(&self, sealed: &str, key: &DecryptionKey, connection: &str) -> bool {
        let opened = self.opened(sealed, connection).ok().and_then(|pem| DecryptionKey::from_pem(&pem).ok());
        opened.is_some_and(|opened| opened.public_key_der() == key.public_key_der())
    }

    /// Opens sealed private keys, at least one, and returns what decrypts by them.
    ///
    /// # Errors
    /// [`SettingsError::SealedElsewhere`].
    pub fn open_decryption_keys(
        &self,
        sealed: &[String],
        connection: &str,
        policy: DecryptionPolicy,
    ) -> Result<Decryptor, SettingsError> {
        let open = |sealed: &String| {
            let pem = self.opened(sealed, connection)?;
            DecryptionKey::from_pem(&pem).map_err(|_| SettingsError::SealedElsewhere)
        };
        let keys = sealed.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        Decryptor::new(keys, policy).map_err(|_| SettingsError::SealedElsewhere)
    }
}

impl AsRef<Service> for Settings {
    fn as_ref(&self) -> &Service {
        &self.service
    }
}

impl AsRef<SiteUrl> for Settings {
    fn as_ref(&self) -> &SiteUrl {
        &self.site
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("site_url", &self.site_url())
            .field("secret", self.secret())
            .finish_non_exhaustive()
    }
}

fn open_at_rest(secret: &AuthSecret, sealed: &str, connection: &str) -> Option<Zeroizing<Vec<u8>>> {
    let sealer = Sealer::new(secret, Purpose::StoredSecret).ok()?;
    sealer.open_at_rest(sealed, connection.as_bytes()).ok()
}
