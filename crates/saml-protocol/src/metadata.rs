//! Metadata: what each side tells the other about itself (SAML metadata §2).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_signature::{Certificate, CertificateError, SeveralKeys, TrustedKeys};
use saml_xml::{Document, Element, Limits, ParseError, WriteError, XmlWriter};
use sso_types::clock::DEFAULT_CLOCK_SKEW;
use sso_types::text::excerpt;
use thiserror::Error;
use url::Url;

use crate::names::{BINDING_POST, BINDING_REDIRECT, DSIG, METADATA, PROTOCOL};
use crate::schema::{SchemaError, is_true, optional_instant, required_attribute};
use crate::space::{WHITE_SPACE, is_blank, is_space};

/// Until when whoever fetches our metadata may keep a copy, as an `xs:duration`: a day.
const CACHE_DURATION: &str = "P1D";

/// What an identity provider's metadata says: the values that an administrator would otherwise copy one by
/// one.
///
/// JumpCloud's metadata is not signed, so that it is worth as much as the way it came. Nothing in it can
/// weaken a connection: what it says beyond these values is not read.
#[derive(Clone, Debug)]
pub struct IdpMetadata {
    entity_id: String,
    sso_url: Url,
    certificates: Vec<Certificate>,
    valid_until: Option<SystemTime>,
    wants_signed_requests: bool,
}

impl IdpMetadata {
    /// Reads an `EntityDescriptor` with one `IDPSSODescriptor` for SAML 2.0, at the time `now`. Its validity
    /// (`validUntil`) may have ended up to 60 seconds before that, for clocks that differ.
    ///
    /// Taken are the certificates of the keys for signing, that is of each `KeyDescriptor` without `use` or
    /// with `use="signing"`. A `KeyDescriptor` names one key (metadata §2.4.1.1): its certificates are all of
    /// that key, and a chain up to an authority is refused, since the authority's key would be pinned like
    /// the identity provider's. One that has no certificate is passed over. The address is that for
    /// HTTP-Redirect or, where none is declared, that for HTTP-POST: JumpCloud answers both at the same one
    /// and declares only the latter by default.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn parse(xml: &[u8], now: SystemTime) -> Result<Self, MetadataError> {
        let document = Document::parse(xml, &Limits::default())?;
        let root = document.root();
        if !root.is(METADATA, "EntityDescriptor") {
            return Err(MetadataError::Root { found: excerpt(root.local_name()) });
        }
        let idp = idp_descriptor(root)?;
        let instants = [optional_instant(root, "validUntil")?, optional_instant(idp, "validUntil")?];
        let valid_until = instants.into_iter().flatten().min();
        let is_over =
            |end: &SystemTime| end.checked_add(DEFAULT_CLOCK_SKEW).is_some_and(|latest| latest <= now);
        if let Some(end) = valid_until.filter(is_over) {
            return Err(MetadataError::Expired { valid_until: end });
        }
        let certificates = signing_certificates(idp)?;
        if certificates.is_empty() {
            return Err(MetadataError::NoCertificate);
        }
        if certificates.len() > TrustedKeys::MAX_KEYS {
            let (limit, found) = (TrustedKeys::MAX_KEYS, certificates.len());
            return Err(MetadataError::TooManyKeys { limit, found });
        }
        let entity_id = required_attribute(root, "entityID")?;
        if is_blank(entity_id) {
            return Err(MetadataError::NoEntityId);
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sso_url: sso_url(idp)?,
            certificates,
            valid_until,
            wants_signed_requests: idp.attribute("WantAuthnRequestsSigned").is_some_and(is_true),
        })
    }

    /// The entity ID, to the letter.
    #[must_use]
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// Where to send a user to log in.
    #[must_use]
    pub fn sso_url(&self) -> &Url {
        &self.sso_url
    }

    /// The certificates of the signing keys, those of the same key once, in document order.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Until when this may be relied on, where it says so.
    #[must_use]
    pub fn valid_until(&self) -> Option<SystemTime> {
        self.valid_until
    }

    /// Whether the identity provider asks for signed requests (`WantAuthnRequestsSigned`, metadata §2.4.3),
    /// and so may refuse logins of a service that does not sign them. JumpCloud does not ask.
    #[must_use]
    pub fn wants_signed_requests(&self) -> bool {
        self.wants_signed_requests
    }
}

fn idp_descriptor<'d, 'a>(root: Element<'d, 'a>) -> Result<Element<'d, 'a>, MetadataError> {
    let supports_saml_2 = |element: &Element<'_, '_>| {
        element
            .attribute("protocolSupportEnumeration")
            .is_some_and(|list| list.split(WHITE_SPACE).any(|it| it == PROTOCOL))
    };
    let children = root.child_elements().map_err(SchemaError::from)?;
    let mut found = children.filter(|child| child.is(METADATA, "IDPSSODescriptor") && supports_saml_2(child));
    match (found.next(), found.next()) {
        (Some(idp), None) => Ok(idp),
        (None, _) => Err(MetadataError::NotAnIdp),
        (Some(_), Some(_)) => Err(MetadataError::SeveralIdps),
    }
}

fn signing_certificates(idp: Element<'_, '_>) -> Result<Vec<Certificate>, MetadataError> {
    let mut certificates: Vec<Certificate> = Vec::new();
    for key in
        idp.child_elements().map_err(SchemaError::from)?.filter(|child| child.is(METADATA, "KeyDescriptor"))
    {
        match key.attribute("use") {
            None | Some("signing") => {}
            Some("encryption") => continue,
            Some(other) => return Err(MetadataError::KeyUse { found: excerpt(other) }),
        }
        let Some(certificate) = certificate_of(key)? else { continue };
        if !certificates.iter().any(|other| other.public_key_der() == certificate.public_key_der()) {
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

/// The certificate of the one key that a `KeyDescriptor` names. All that is in a `KeyInfo` is about one key,
/// and so are the certificates of an `X509Data`, but for those of the chain that leads to it (XML Signature
/// 1.1 §4.5, §4.5.4). Nothing tells for sure which is which, and nobody is to guess whose key is pinned.
fn certificate_of(descriptor: Element<'_, '_>) -> Result<Option<Certificate>, MetadataError> {
    let mut file = String::new();
    for element in descriptor.descendants_and_self().filter(|it| it.is(DSIG, "X509Certificate")) {
        let text = element.text().map_err(SchemaError::from)?;
        file.push_str(&Certificate::parse(text.as_bytes())?.to_pem());
    }
    if file.is_empty() {
        return Ok(None);
    }
    Ok(Some(Certificate::parse(file.as_bytes())?))
}

fn sso_url(idp: Element<'_, '_>) -> Result<Url, MetadataError> {
    let services = || {
        let children = idp.child_elements().into_iter().flatten();
        children.filter(|child| child.is(METADATA, "SingleSignOnService"))
    };
    let with = |binding| services().find(|service| service.attribute("Binding") == Some(binding));
    let service = with(BINDING_REDIRECT).or_else(|| with(BINDING_POST)).ok_or(MetadataError::NoSsoUrl)?;
    let location = required_attribute(service, "Location")?;
    // A URL parser would take it away, so that another address than the one that was given would be kept.
    if location.contains(is_space) {
        return Err(MetadataError::SsoUrl { found: excerpt(location) });
    }
    Url::parse(location).map_err(|_| MetadataError::SsoUrl { found: excerpt(location) })
}

/// Why metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not well-formed, or beyond a limit.
    #[error(transparent)]
    Xml(#[from] ParseError),
    /// Another document than metadata of one entity.
    #[error("this is a {found}, not metadata (EntityDescriptor)")]
    Root {
        /// The local name of its root element.
        found: String,
    },
    /// It departs from the schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Metadata of something else than an identity provider for SAML 2.0.
    #[error("the metadata describes no identity provider for SAML 2.0")]
    NotAnIdp,
    /// Metadata of more than one identity provider.
    #[error("the metadata describes more than one identity provider")]
    SeveralIdps,
    /// No longer valid.
    #[error("the metadata has expired")]
    Expired {
        /// The end of its validity.
        valid_until: SystemTime,
    },
    /// An empty entity ID.
    #[error("the entity ID is empty")]
    NoEntityId,
    /// No address to log in at.
    #[error("the metadata has no SingleSignOnService for HTTP-Redirect or HTTP-POST")]
    NoSsoUrl,
    /// An address that is none.
    #[error("the Location {found:?} is no URL")]
    SsoUrl {
        /// What stands there instead.
        found: String,
    },
    /// No key for signing.
    #[error("the metadata has no certificate for signing")]
    NoCertificate,
    /// A key for something that the specification does not know.
    #[error("a key is for {found:?}, not for signing or encryption")]
    KeyUse {
        /// What it is for.
        found: String,
    },
    /// More keys than a connection may pin.
    #[error("the metadata has {found} keys for signing, but a connection pins at most {limit}")]
    TooManyKeys {
        /// How many keys may be pinned.
        limit: usize,
        /// How many different keys there are.
        found: usize,
    },
    /// A `KeyDescriptor` with certificates of more than one key, such as a chain.
    #[error("a KeyDescriptor holds certificates of more than one key, but it names one key: {0}")]
    SeveralKeys(SeveralKeys),
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(CertificateError),
}

impl From<CertificateError> for MetadataError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::SeveralKeys(keys) => Self::SeveralKeys(keys),
            other => Self::Certificate(other),
        }
    }
}

impl MetadataError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xml(error) => error.code(),
            Self::Root { .. } => "config.metadata_root",
            Self::Schema(_) => "config.metadata_schema",
            Self::NotAnIdp | Self::SeveralIdps => "config.metadata_role",
            Self::Expired { .. } => "config.metadata_expired",
            Self::NoEntityId => "config.metadata_entity_id",
            Self::NoSsoUrl | Self::SsoUrl { .. } => "config.metadata_sso_url",
            Self::NoCertificate | Self::KeyUse { .. } => "config.metadata_certificate",
            Self::TooManyKeys { .. } => "limit.certificates",
            Self::SeveralKeys(_) => "key.several",
            Self::Certificate(error) => error.code(),
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Xml(error) => error.expected(),
            Self::Schema(error) => error.expected(),
            Self::TooManyKeys { limit, .. } => Some(format!("at most {limit} keys")),
            Self::SeveralKeys(_) => Some("certificates of one key".to_owned()),
            _ => None,
        }
    }

    /// What was found.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Xml(error) => error.found(),
            Self::Schema(error) => error.found(),
            Self::Root { found } | Self::SsoUrl { found } | Self::KeyUse { found } => Some(found.clone()),
            Self::TooManyKeys { found, .. } => Some(format!("{found} keys")),
            Self::SeveralKeys(keys) => Some(format!("{} certificates", keys.certificates().len())),
            _ => None,
        }
    }
}

/// What a service's metadata says, for identity providers that import it.
#[derive(Clone, Debug)]
pub struct SpMetadata<'m> {
    entity_id: &'m str,
    acs_url: &'m str,
    signing: Option<&'m Certificate>,
    encryption: Option<&'m Certificate>,
}

impl<'m> SpMetadata<'m> {
    /// A service with this entity ID that takes Responses at this address, by HTTP-POST.
    #[must_use]
    pub fn new(entity_id: &'m str, acs_url: &'m str) -> Self {
        Self { entity_id, acs_url, signing: None, encryption: None }
    }

    /// Signs its requests with the key of this certificate.
    #[must_use]
    pub fn signing_certificate(mut self, certificate: &'m Certificate) -> Self {
        self.signing = Some(certificate);
        self
    }

    /// Can decrypt what is encrypted to the key of this certificate.
    #[must_use]
    pub fn encryption_certificate(mut self, certificate: &'m Certificate) -> Self {
        self.encryption = Some(certificate);
        self
    }

    /// The `EntityDescriptor`. It has a `cacheDuration` of a day, as it needs that or an end of its validity
    /// (metadata §2.3.2): nothing in it expires by itself, and an identity provider that imported a file once
    /// would otherwise stop accepting it.
    ///
    /// # Errors
    /// [`WriteError`] where a value cannot be represented.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        let mut xml = XmlWriter::new();
        xml.start("md:EntityDescriptor")
            .attribute("xmlns:md", METADATA)
            .attribute("cacheDuration", CACHE_DURATION)
            .attribute("entityID", self.entity_id);
        let signs = if self.signing.is_some() { "true" } else { "false" };
        xml.start("md:SPSSODescriptor").attribute("AuthnRequestsSigned", signs);
        xml.attribute("WantAssertionsSigned", "true").attribute("protocolSupportEnumeration", PROTOCOL);
        write_key(&mut xml, "signing", self.signing);
        write_key(&mut xml, "encryption", self.encryption);
        xml.start("md:AssertionConsumerService").attribute("Binding", BINDING_POST);
        xml.attribute("Location", self.acs_url).attribute("index", "0").attribute("isDefault", "true");
        xml.finish()
    }
}

fn write_key(xml: &mut XmlWriter, purpose: &str, certificate: Option<&Certificate>) {
    let Some(certificate) = certificate else { return };
    xml.start("md:KeyDescriptor").attribute("use", purpose);
    xml.start("ds:KeyInfo").attribute("xmlns:ds", DSIG).start("ds:X509Data");
    xml.element("ds:X509Certificate", &STANDARD.encode(certificate.der())).end().end().end();
}
