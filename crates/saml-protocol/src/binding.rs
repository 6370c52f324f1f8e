//! Getting messages through a browser: HTTP-POST (SAML bindings §3.5) and HTTP-Redirect (§3.4).

use std::borrow::Cow;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use saml_signature::{
    AlgorithmPolicy, SignatureAlgorithm, SignatureError, SigningError, SigningKey, TrustedKeys,
};
use sso_types::text::{escape_html, excerpt};
use thiserror::Error;
use url::Url;
use url::form_urlencoded;

/// The largest decoded message: what the parser takes at most.
const MAX_MESSAGE: usize = 256 * 1024;

/// Base64 is a third larger than what it encodes, and may come in lines of 64 or 76 characters.
const MAX_ENCODED: usize = MAX_MESSAGE / 3 * 4 + MAX_MESSAGE / 16;

/// The largest message in a URL, inflated: requests have 1 KiB, and deflate packs up to a thousand to one.
const MAX_INFLATED: usize = 64 * 1024;

/// SAML bindings §3.4.3: RelayState has 80 bytes at most.
const MAX_RELAY_STATE: usize = 80;

/// Decodes the form field `SAMLResponse` or `SAMLRequest` of the HTTP-POST binding: strict base64 (RFC 4648
/// §4), with line breaks and other white space in between if need be.
///
/// # Errors
/// `limit.input` before anything is decoded, `binding.base64`.
pub fn decode_post(field: &str) -> Result<Vec<u8>, BindingError> {
    if field.len() > MAX_ENCODED {
        return Err(BindingError::TooLarge { limit: MAX_ENCODED, found: field.len() });
    }
    // White space is rare, so that the whole is tried first.
    let decoded = STANDARD.decode(field).or_else(|error| {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let compact: Vec<u8> = field.bytes().filter(|byte| !is_space(byte)).collect();
        if compact.len() < field.len() { STANDARD.decode(compact) } else { Err(error) }
    });
    match decoded {
        Ok(message) if message.is_empty() => Err(BindingError::Empty),
        Ok(message) if message.len() > MAX_MESSAGE => {
            Err(BindingError::TooLarge { limit: MAX_MESSAGE, found: message.len() })
        }
        Ok(message) => Ok(message),
        Err(_) if is_url_encoded(field) => Err(BindingError::UrlEncoded),
        Err(_) => Err(BindingError::Base64),
    }
}

/// Whether what is no base64 is a form as it goes over the wire, or a value out of one: base64 has neither
/// `%` nor names.
fn is_url_encoded(text: &str) -> bool {
    text.contains('%') || text.contains("SAMLResponse=") || text.contains("SAMLRequest=")
}

/// A message on its way to the other side by the HTTP-POST binding: a page with a form that submits itself.
#[derive(Clone, Debug)]
pub struct PostForm {
    html: String,
}

/// The one inline script of [`PostForm`]; [`PostForm::CONTENT_SECURITY_POLICY`] holds its SHA-256.
const SUBMIT_SCRIPT: &str = "document.forms[0].submit()";

impl PostForm {
    /// The value of the header `Content-Security-Policy` that this page needs, and that leaves no room for
    /// more. There is no `form-action`: browsers apply it to redirects behind the form too, which are the
    /// other side's business.
    pub const CONTENT_SECURITY_POLICY: &'static str = "default-src 'none'; \
         script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; base-uri 'none'; frame-ancestors 'none'";

    /// The form that posts `xml` to `destination`, in the field `SAMLRequest` or `SAMLResponse`.
    ///
    /// # Errors
    /// `binding.relay_state` for more than 80 bytes.
    pub fn new(
        destination: &Url,
        field: MessageField,
        xml: &str,
        relay_state: Option<&str>,
    ) -> Result<Self, BindingError> {
        let mut inputs = hidden_input(field.name(), &STANDARD.encode(xml));
        if let Some(relay_state) = relay_state {
            check_relay_state(relay_state)?;
            inputs.push_str(&hidden_input("RelayState", relay_state));
        }
        let action = escape_html(destination.as_str());
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signing in</title></head><body>\
             <form method=\"post\" action=\"{action}\">{inputs}\
             <noscript><button type=\"submit\">Continue</button></noscript></form>\
             <script>{SUBMIT_SCRIPT}</script></body></html>\n"
        );
        Ok(Self { html })
    }

    /// The page, UTF-8. It has to be sent with `Cache-Control: no-store` (bindings §3.5.5.1) and with
    /// [`CONTENT_SECURITY_POLICY`](Self::CONTENT_SECURITY_POLICY).
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }
}

/// The field or parameter that carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageField {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl MessageField {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

fn hidden_input(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape_html(value))
}

/// The address that carries `xml` to `destination` by the HTTP-Redirect binding: deflated, in base64, in the
/// query. With a `key`, the query is signed (bindings §3.4.4.1).
///
/// # Errors
/// `binding.relay_state` for more than 80 bytes, `config.signing_failed`.
pub fn encode_redirect(
    destination: &Url,
    field: MessageField,
    xml: &str,
    relay_state: Option<&str>,
    key: Option<&SigningKey>,
) -> Result<Url, BindingError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(field.name(), &STANDARD.encode(deflate(xml.as_bytes())?));
    if let Some(relay_state) = relay_state {
        check_relay_state(relay_state)?;
        query.append_pair("RelayState", relay_state);
    }
    if let Some(key) = key {
        let algorithm: SignatureAlgorithm = key.default_algorithm();
        query.append_pair("SigAlg", algorithm.uri());
        let signed = query.finish();
        let signature = key.sign(algorithm, signed.as_bytes()).map_err(BindingError::Signing)?;
        query = form_urlencoded::Serializer::new(signed);
        query.append_pair("Signature", &STANDARD.encode(signature));
    }
    let mut url = destination.clone();
    let query = query.finish();
    // An SSO URL may have a query of its own (bindings §3.4.3).
    let whole = url
        .query()
        .filter(|own| !own.is_empty())
        .map_or_else(|| query.clone(), |own| format!("{own}&{query}"));
    url.set_query(Some(&whole));
    Ok(url)
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, BindingError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|_| BindingError::Deflate)
}

fn check_relay_state(relay_state: &str) -> Result<(), BindingError> {
    if relay_state.len() > MAX_RELAY_STATE {
        return Err(BindingError::RelayState { limit: MAX_RELAY_STATE, found: relay_state.len() });
    }
    Ok(())
}

/// A message that came by the HTTP-Redirect binding.
#[derive(Clone, Debug)]
pub struct RedirectMessage {
    message: Vec<u8>,
    relay_state: Option<String>,
    /// The octets that a signature would cover, as they stand in the query.
    signed: String,
    signature: Option<(String, Vec<u8>)>,
}

impl RedirectMessage {
    /// Takes a raw query apart, without the `?`: as it stood in the request, since a signature is over its
    /// octets and not over what they decode to.
    ///
    /// # Errors
    /// `binding.duplicate` where a parameter stands twice or under two spellings, or both a request and a
    /// response are there; `binding.missing`, `binding.base64`, `binding.deflate`, `limit.inflate`,
    /// `binding.relay_state`.
    pub fn decode(query: &str, field: MessageField) -> Result<Self, BindingError> {
        if query.len() > MAX_ENCODED {
            return Err(BindingError::TooLarge { limit: MAX_ENCODED, found: query.len() });
        }
        let parameters = Parameters::parse(query)?;
        let other = match field {
            MessageField::Request => MessageField::Response,
            MessageField::Response => MessageField::Request,
        };
        if parameters.get(other.name()).is_some() {
            return Err(BindingError::Duplicate { parameter: other.name().to_owned() });
        }
        if let Some(encoding) = parameters.get("SAMLEncoding")
            && encoding.value != "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
        {
            return Err(BindingError::Encoding { found: excerpt(&encoding.value) });
        }
        let message =
            parameters.get(field.name()).ok_or(BindingError::Missing { parameter: field.name() })?;
        let relay_state = parameters.get("RelayState");
        if let Some(relay_state) = relay_state {
            check_relay_state(&relay_state.value)?;
        }
        let algorithm = parameters.get("SigAlg");
        let signature = match (algorithm, parameters.get("Signature")) {
            (None, None) => None,
            (Some(algorithm), Some(signature)) => {
                let value = STANDARD.decode(&*signature.value).map_err(|_| BindingError::Base64)?;
                Some((algorithm.value.to_string(), value))
            }
            (None, Some(_)) => return Err(BindingError::Missing { parameter: "SigAlg" }),
            (Some(_), None) => return Err(BindingError::Missing { parameter: "Signature" }),
        };
        // Bindings §3.4.4.1: these parameters in this order, whatever their order in the query.
        let signed = [Some(message), relay_state, algorithm];
        let signed =
            signed.into_iter().flatten().map(|parameter| parameter.raw).collect::<Vec<_>>().join("&");
        Ok(Self {
            message: inflate(&STANDARD.decode(&*message.value).map_err(|_| BindingError::Base64)?)?,
            relay_state: relay_state.map(|relay_state| relay_state.value.to_string()),
            signed,
            signature,
        })
    }

    /// The message, whether or not the query carries a signature. Anyone can have made it.
    #[must_use]
    pub fn unsigned_message(&self) -> &[u8] {
        &self.message
    }

    /// The message, if one of `keys` signed the query.
    ///
    /// # Errors
    /// [`BindingError::Missing`] where there is no signature, [`BindingError::Signature`] where it does not
    /// hold.
    pub fn verify(&self, keys: &TrustedKeys, policy: &AlgorithmPolicy) -> Result<&[u8], BindingError> {
        let (algorithm, signature) =
            self.signature.as_ref().ok_or(BindingError::Missing { parameter: "Signature" })?;
        keys.verify_bytes(algorithm, self.signed.as_bytes(), signature, policy)
            .map_err(BindingError::Signature)?;
        Ok(&self.message)
    }

    /// `RelayState`, to be handed back with the answer.
    #[must_use]
    pub fn relay_state(&self) -> Option<&str> {
        self.relay_state.as_deref()
    }
}

/// The parameters of a query that SAML knows, each once.
struct Parameters<'q>(Vec<Parameter<'q>>);

struct Parameter<'q> {
    name: Cow<'q, str>,
    value: Cow<'q, str>,
    /// `name=value` as it stands in the query.
    raw: &'q str,
}

const KNOWN_PARAMETERS: [&str; 6] =
    ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"];

impl<'q> Parameters<'q> {
    fn parse(query: &'q str) -> Result<Self, BindingError> {
        let mut parameters: Vec<Parameter<'q>> = Vec::new();
        for raw in query.split('&').filter(|raw| !raw.is_empty()) {
            let Some((name, value)) = form_urlencoded::parse(raw.as_bytes()).next() else { continue };
            // What another parser might read as the same name has no place beside it: ` SAMLResponse`,
            // `SAMLResponse[]`.
            let bare = name.trim_matches(|character: char| !character.is_ascii_alphanumeric());
            let Some(known) = KNOWN_PARAMETERS.iter().find(|known| bare.eq_ignore_ascii_case(known)) else {
                continue;
            };
            let is_plain = name == **known && raw.starts_with(known);
            if !is_plain || parameters.iter().any(|other| other.name == name) {
                return Err(BindingError::Duplicate { parameter: excerpt(&name) });
            }
            parameters.push(Parameter { name, value, raw });
        }
        Ok(Self(parameters))
    }

    fn get(&self, name: &str) -> Option<&Parameter<'q>> {
        self.0.iter().find(|parameter| parameter.name == name)
    }
}

/// Inflates raw deflate data (RFC 1951), as far as the limit and to its very end.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, BindingError> {
    let mut decoder = DeflateDecoder::new(bytes);
    let mut message = Vec::new();
    let limit = MAX_INFLATED as u64 + 1;
    decoder.by_ref().take(limit).read_to_end(&mut message).map_err(|_| BindingError::Deflate)?;
    if message.len() > MAX_INFLATED {
        return Err(BindingError::Inflated { limit: MAX_INFLATED });
    }
    if decoder.total_in() != bytes.len() as u64 {
        return Err(BindingError::Deflate);
    }
    if message.is_empty() { Err(BindingError::Empty) } else { Ok(message) }
}

/// Why a message could not be taken out of a request, or put into one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BindingError {
    /// Larger than any message.
    #[error("the message has at least {found} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes, as far as it was read.
        found: usize,
    },
    /// Inflates to more than any message.
    #[error("the message inflates to more than the limit of {limit} bytes")]
    Inflated {
        /// The limit in bytes.
        limit: usize,
    },
    /// Nothing.
    #[error("the message is empty")]
    Empty,
    /// Not strict base64.
    #[error("the message is not valid base64")]
    Base64,
    /// A form, or a value of one, that was not decoded.
    #[error("the message is still encoded as in a URL or a form, not valid base64")]
    UrlEncoded,
    /// Not raw deflate data, or something behind it.
    #[error("the message is not deflated as it has to be")]
    Deflate,
    /// Another encoding than deflate.
    #[error("the message is encoded by {found:?}, which is not known")]
    Encoding {
        /// The encoding's URI.
        found: String,
    },
    /// A parameter is missing.
    #[error("the parameter {parameter} is missing")]
    Missing {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter stands twice, is spelled so that another parser could take it for one, or contradicts
    /// another.
    #[error("the parameter {parameter:?} is ambiguous")]
    Duplicate {
        /// Its name.
        parameter: String,
    },
    /// A RelayState that is too long.
    #[error("the RelayState has {found} bytes, more than the limit of {limit}")]
    RelayState {
        /// The limit in bytes.
        limit: usize,
        /// The length in bytes.
        found: usize,
    },
    /// The signature over the query does not hold.
    #[error(transparent)]
    Signature(SignatureError),
    /// The query could not be signed.
    #[error(transparent)]
    Signing(SigningError),
}

impl BindingError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "limit.input",
            Self::Inflated { .. } => "limit.inflate",
            Self::Empty => "binding.empty",
            Self::Base64 | Self::UrlEncoded => "binding.base64",
            Self::Deflate => "binding.deflate",
            Self::Encoding { .. } => "binding.encoding",
            Self::Missing { .. } => "binding.missing",
            Self::Duplicate { .. } => "binding.duplicate",
            Self::RelayState { .. } => "binding.relay_state",
            Self::Signature(error) => error.code(),
            Self::Signing(error) => error.code(),
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::TooLarge { limit, .. } | Self::Inflated { limit } | Self::RelayState { limit, .. } => {
                Some(format!("at most {limit} bytes"))
            }
            Self::Missing { parameter } => Some((*parameter).to_owned()),
            Self::Signature(error) => error.expected(),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::TooLarge { found, .. } => Some(format!("at least {found} bytes")),
            Self::RelayState { found, .. } => Some(format!("{found} bytes")),
            Self::Encoding { found } | Self::Duplicate { parameter: found } => Some(found.clone()),
            Self::Signature(error) => error.found(),
            _ => None,
        }
    }
}
