use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_signature::{Certificate, SigningKey};
use saml_xml::XmlWriter;
use url::Url;

use crate::error::TestkitError;
use crate::keys;

/// An identity provider that behaves like one application in JumpCloud.
#[derive(Debug)]
pub struct JumpCloud {
    sso_url: Url,
    entity_id: String,
    key: SigningKey,
    certificate: Certificate,
}

impl JumpCloud {
    /// An application with this *IDP URL* and this *IdP Entity ID*, and a key of RSA-4096 like JumpCloud's
    /// own.
    ///
    /// # Errors
    /// [`TestkitError::Url`] where the former is no URL.
    pub fn new(sso_url: &str, entity_id: &str) -> Result<Self, TestkitError> {
        Self::with_key(sso_url, entity_id, keys::JUMPCLOUD_KEY, keys::JUMPCLOUD_CERTIFICATE)
    }

    /// The same with another key and its certificate, both PEM.
    ///
    /// # Errors
    /// [`TestkitError`].
    pub fn with_key(
        sso_url: &str,
        entity_id: &str,
        key: &str,
        certificate: &str,
    ) -> Result<Self, TestkitError> {
        Ok(Self {
            sso_url: Url::parse(sso_url).map_err(|_| TestkitError::Url)?,
            entity_id: entity_id.to_owned(),
            key: SigningKey::from_pem(key)?,
            certificate: Certificate::parse(certificate.as_bytes())?,
        })
    }

    /// The *IDP URL*.
    #[must_use]
    pub fn sso_url(&self) -> &Url {
        &self.sso_url
    }

    /// The *IdP Entity ID*.
    #[must_use]
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// The certificate that an administrator downloads, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate.to_pem()
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The metadata that an administrator exports. `declare_redirect` is JumpCloud's *Declare Redirect
    /// Endpoint*.
    ///
    /// # Errors
    /// [`TestkitError::Write`] where a value cannot be represented.
    pub fn metadata(&self, declare_redirect: bool) -> Result<String, TestkitError> {
        let mut xml = XmlWriter::new();
        xml.start("md:EntityDescriptor").attribute("xmlns:md", "urn:oasis:names:tc:SAML:2.0:metadata");
        xml.attribute("entityID", &self.entity_id);
        xml.start("md:IDPSSODescriptor").attribute("WantAuthnRequestsSigned", "false");
        xml.attribute("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol");
        xml.start("md:KeyDescriptor").attribute("use", "signing");
        xml.start("ds:KeyInfo")
            .attribute("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#")
            .start("ds:X509Data");
        xml.element("ds:X509Certificate", &STANDARD.encode(self.certificate.der())).end().end().end();
        xml.element("md:NameIDFormat", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified");
        let bindings = [
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        ];
        for binding in bindings.iter().take(if declare_redirect { 2 } else { 1 }) {
            xml.start("md:SingleSignOnService").attribute("Binding", binding);
            xml.attribute("Location", self.sso_url.as_str()).end();
        }
        Ok(xml.finish()?)
    }
}
