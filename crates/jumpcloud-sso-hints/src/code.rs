//! Every stable code, with what it means and what to change.

/// Makes the enum of all codes out of a table: variant, code, meaning, hint.
macro_rules! codes {
    ($($variant:ident = $code:literal, $meaning:expr, $hint:expr;)*) => {
        /// A stable code, `area.what`. Codes are never renamed and never get another meaning.
        ///
        /// ```
        /// use jumpcloud_sso_hints::Code;
        ///
        /// let code: Code = "replay.assertion".parse().unwrap();
        /// assert_eq!(code, Code::ReplayAssertion);
        /// assert_eq!(code.meaning(), "the assertion was used before");
        /// assert!("replay.nothing".parse::<Code>().is_err());
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(
                #[doc = concat!("`", $code, "`: ", $meaning, ".")]
                $variant,
            )*
        }

        impl Code {
            /// All codes of errors and warnings, by area. `docs/errors.md` is made of this.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the code as text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Returns what it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }

            /// Returns what to change, in JumpCloud or in the service.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self {
                    $(Self::$variant => $hint,)*
                }
            }
        }

        impl std::str::FromStr for Code {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text {
                    $($code => Ok(Self::$variant),)*
                    _ => Err(UnknownCode),
                }
            }
        }
    };
}

/// A text that is no code of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no code of this version")
    }
}

impl std::error::Error for UnknownCode {}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

const TAMPERED: &str = "An honest JumpCloud sends nothing like this: the message was tampered with. Keep it for an investigation.";
const FOREIGN: &str = "JumpCloud sends nothing like this. Something between JumpCloud and the service changed the message, or it was made by something else.";
const CERTIFICATE: &str =
    "Download the certificate of the application from JumpCloud (certificate.pem) and give the whole file.";
const MODERN: &str = "In JumpCloud, set \"Signature Algorithm\" to RSA-SHA256. Where an identity provider has the digest chosen apart, choose SHA-256 for it.";
const TOKEN: &str = "No token of this service looks like this. Log in again.";
const SECRET: &str =
    "Make one with `openssl rand -base64 32` or `jumpcloud-sso secret`, and set AUTH_SECRET to it.";
const METADATA: &str = "In JumpCloud, use \"Export Metadata\" of the application, and give the whole file.";

codes! {
    XmlEncoding = "xml.encoding", "the message is not UTF-8",
        "The message was damaged or made by a program that is no identity provider. Have the login tried again; if it stays so, capture the form field SAMLResponse and compare it with what JumpCloud sends.";
    XmlDeclaration = "xml.declaration", "the XML declaration is wrong", FOREIGN;
    XmlDoctype = "xml.doctype", "the message has a DOCTYPE", TAMPERED;
    XmlProcessingInstruction = "xml.processing_instruction", "the message has a processing instruction", TAMPERED;
    XmlEntity = "xml.entity", "the message refers to an entity that XML does not predefine", TAMPERED;
    XmlCharacterReference = "xml.character_reference", "the message refers to a character that XML does not allow", FOREIGN;
    XmlCharacter = "xml.character", "the message holds a character that XML does not allow", FOREIGN;
    XmlComment = "xml.comment", "a comment is malformed", TAMPERED;
    XmlCommentInValue = "xml.comment_in_value", "a comment stands within a value", TAMPERED;
    XmlName = "xml.name", "a name is not valid in XML", FOREIGN;
    XmlSyntax = "xml.syntax", "the markup is malformed", FOREIGN;
    XmlStructure = "xml.structure", "the message is not well-formed, or cut off",
        "What was given was cut off or is not XML. For a login, copy the whole of the form field SAMLResponse; for metadata, give the file that JumpCloud exports; a certificate (BEGIN CERTIFICATE) is neither.";
    XmlRoots = "xml.roots", "the message has more than one root element", TAMPERED;
    XmlDuplicateAttribute = "xml.duplicate_attribute", "an attribute stands twice on one element", TAMPERED;
    XmlUnboundPrefix = "xml.unbound_prefix", "a prefix is bound to no namespace", FOREIGN;
    XmlNamespace = "xml.namespace", "a namespace declaration is wrong", FOREIGN;
    XmlNamespaceUri = "xml.namespace_uri", "a namespace name is no absolute URI", TAMPERED;
    XmlContent = "xml.content", "text stands among elements, or elements within a value", FOREIGN;
    XmlDuplicateId = "xml.duplicate_id", "two elements have the same ID", TAMPERED;
    XmlIdAttribute = "xml.id_attribute", "an attribute could be mistaken for the ID", TAMPERED;
    XmlIdSyntax = "xml.id_syntax", "an ID has characters that are not allowed", TAMPERED;
    XmlIdMissing = "xml.id_missing", "no element has the ID that was asked for",
        "Give the ID of an element of this document.";
    BindingBase64 = "binding.base64", "the form field is not strict base64",
        "Give the form field SAMLResponse as it came, or the XML itself. If it came so, something between JumpCloud and the service changed it.";
    BindingEmpty = "binding.empty", "the form field is empty",
        "JumpCloud sent nothing. In JumpCloud, check that the user's group is bound to the application (SSO Applications, User Groups).";
    BindingDeflate = "binding.deflate", "the message is not deflated as HTTP-Redirect asks",
        "JumpCloud posts its answer; only requests come by redirect. Check that the ACS URL is called by POST.";
    BindingEncoding = "binding.encoding", "the message has an encoding that is not known",
        "Only deflate is known for HTTP-Redirect.";
    BindingMissing = "binding.missing", "a parameter is missing",
        "The address was called without a message. Begin the login at the service, not at the ACS URL.";
    BindingDuplicate = "binding.duplicate", "a parameter is ambiguous", TAMPERED;
    BindingRelayState = "binding.relay_state", "the RelayState is longer than SAML allows",
        "In JumpCloud, shorten the field \"Default RelayState\" to at most 80 bytes.";
    BindingState = "binding.state", "the login was not begun in this browser, or too long ago",
        "Have the user begin the login anew at the service, in the same browser, and finish it within ten minutes. A browser keeps at most eight logins under way; one more takes the place of another. If it happens to everybody, the browser does not send the login cookie: check that SITE_URL is https and is the address that browsers use.";
    BindingDuplicateCookie = "binding.duplicate_cookie", "the request has two login cookies of the same name",
        "Delete the site's cookies in the browser, and begin the login anew. If it happens again, check what sets cookies on the domains of the service.";
    BindingReturnTo = "binding.return_to", "the path to return to leads elsewhere",
        "Pass a path of the service that begins with a single slash.";
    SignatureMissing = "signature.missing", "neither the Response nor the assertion is signed",
        "In JumpCloud, tick \"Sign Assertion\" (or set \"Sign\" to Assertion, Response or both) and save the application.";
    SignatureResponseMissing = "signature.response_missing", "the Response is not signed, and the connection requires its signature",
        "In JumpCloud, set \"Sign\" to Response, or to both Assertion and Response, and save the application.";
    SignatureMalformed = "signature.malformed", "a signature is not of the form that SAML asks for", TAMPERED;
    SignatureCount = "signature.count", "an element carries more than one signature", TAMPERED;
    SignaturePosition = "signature.position", "a signature stands where SAML has none", TAMPERED;
    SignatureObject = "signature.object", "a signature holds content of its own", TAMPERED;
    SignatureKeyInfo = "signature.key_info", "a signature refers to a key elsewhere", TAMPERED;
    SignatureReferenceCount = "signature.reference_count", "a signature covers another number of elements than one", TAMPERED;
    SignatureUri = "signature.uri", "a signature refers to something else than an element by its ID", TAMPERED;
    SignatureWrongTarget = "signature.wrong_target", "a signature covers another element than the one that carries it",
        TAMPERED;
    SignatureBase64 = "signature.base64", "a value of a signature is not strict base64", FOREIGN;
    SignatureDigestLength = "signature.digest_length", "a digest has the wrong length", FOREIGN;
    SignatureDigestMismatch = "signature.digest_mismatch", "the content was changed after it was signed",
        "The message was changed on its way, by a proxy that rewrites forms, by copying, or on purpose. Have the login tried again; if it stays so, look for what rewrites the form field SAMLResponse.";
    SignatureUntrustedKey = "signature.untrusted_key", "the pinned certificate's key did not make the signature",
        "JumpCloud most likely signs with another certificate than the service has, as after \"Regenerate certificate\". In JumpCloud, download the certificate of the application anew (SSO tab, IDP Certificate Valid, Download certificate) and add it to the connection. If the fingerprints are equal, the message was changed.";
    SignatureSecondOpinion = "signature.second_opinion", "a second implementation of XML Signature does not agree that the signature is good",
        "One of the two implementations is wrong, or the message was made to make them differ. Keep the message and report it; nobody was let in.";
    CertificateEmpty = "certificate.empty", "the certificate is empty",
        "Paste the certificate that JumpCloud offers for download (certificate.pem).";
    CertificatePrivateKey = "certificate.private_key", "a private key was given instead of a certificate",
        "Download the certificate of the application from JumpCloud (certificate.pem) and give the whole file. The private key belongs nowhere but into JumpCloud; if it was sent anywhere, replace it.";
    CertificateRequest = "certificate.request", "a certificate request was given instead of a certificate", CERTIFICATE;
    CertificatePublicKey = "certificate.public_key", "a bare public key was given instead of a certificate", CERTIFICATE;
    CertificateLabel = "certificate.label", "a PEM block of another kind was given", CERTIFICATE;
    CertificateXml = "certificate.xml", "XML was given instead of a certificate",
        "This looks like the metadata file. Import it as metadata, or paste the certificate (certificate.pem).";
    CertificateHtml = "certificate.html", "a web page was given instead of a certificate",
        "The download led to a page, most likely because of a login. Sign in to JumpCloud's console and download the certificate there.";
    CertificateCutOff = "certificate.cut_off", "the certificate is cut off",
        "Paste the whole file, from the line BEGIN CERTIFICATE to the line END CERTIFICATE.";
    CertificateBase64 = "certificate.base64", "the certificate is neither PEM nor base64", CERTIFICATE;
    CertificateMalformed = "certificate.malformed", "what was given is no X.509 certificate", CERTIFICATE;
    CertificateTrailingData = "certificate.trailing_data", "something follows the certificate", CERTIFICATE;
    CertificateWeakKey = "certificate.weak_key", "the certificate's key is too weak, or of a kind that is not supported",
        "In JumpCloud, have the certificate regenerated, or upload an own pair with RSA of at least 2048 bits.";
    CertificateKeyEncoding = "certificate.key_encoding", "the certificate's key is in another encoding than the standard one of its kind",
        "In JumpCloud, have the IdP certificate regenerated, or upload one that `openssl req -x509` made with its defaults: RSA with the parameters NULL, an uncompressed point on a named curve. Do not convert the certificate that was refused.";
    CertificateExpired = "certificate.expired", "the certificate has expired",
        "It still verifies, since the key is pinned. In JumpCloud, regenerate the certificate, and add the new one to the connection.";
    CertificateExpiresSoon = "certificate.expires_soon", "the certificate expires soon",
        "In JumpCloud, regenerate the certificate in time, and add the new one to the connection before the old one is gone.";
    CertificateNotYetValid = "certificate.not_yet_valid", "the certificate is not valid yet",
        "Check the clock of the service, and which certificate was given.";
    CertificateAuthority = "certificate.authority", "the certificate is a certificate authority's",
        "In JumpCloud, download the certificate of the application (certificate.pem) and compare its \
         fingerprint with this one. Self-signed certificates of identity providers often say that they are \
         an authority's. If it is the authority that issued the identity provider's certificate, retire it: \
         whoever holds its key can log in as anybody.";
    KeySeveral = "key.several", "one file, or one KeyDescriptor of metadata, holds certificates of more than one key",
        "Give the identity provider's own certificate alone (JumpCloud's certificate.pem), without the \
         chain that issued it; where metadata holds the chain, give that certificate instead of the metadata. To \
         pin a second key, add its certificate as a file of its own.";
    AlgorithmSha1Refused = "algorithm.sha1_refused", "SHA-1 is not allowed", MODERN;
    AlgorithmHmacRefused = "algorithm.hmac_refused", "a symmetric algorithm stands where a signature belongs", TAMPERED;
    AlgorithmWeak = "algorithm.weak", "an algorithm is broken or obsolete", MODERN;
    AlgorithmUnknown = "algorithm.unknown", "an algorithm is not known", MODERN;
    AlgorithmNotAllowed = "algorithm.not_allowed", "an algorithm is not among those agreed on",
        "In JumpCloud, set \"Signature Algorithm\" to the one that the connection allows.";
    AlgorithmParameters = "algorithm.parameters", "an algorithm has parameters that are not allowed", TAMPERED;
    AlgorithmKeyMismatch = "algorithm.key_mismatch", "an algorithm does not go with the key",
        "The certificate is of another kind than what signs. Download the certificate of this very application from JumpCloud.";
    AlgorithmCanonicalization = "algorithm.canonicalization", "another canonicalization than the exclusive one without comments",
        TAMPERED;
    AlgorithmTransform = "algorithm.transform", "other transforms than the two that SAML asks for", TAMPERED;
    AlgorithmPrefixList = "algorithm.prefix_list", "a list of namespace prefixes is not allowed", TAMPERED;
    AlgorithmSha1Allowed = "algorithm.sha1_allowed", "SHA-1 is allowed",
        "Whoever can find a collision may forge logins. In JumpCloud, set \"Signature Algorithm\" to RSA-SHA256, and forbid SHA-1 again.";
    AlgorithmSha1Used = "algorithm.sha1_used", "a signature relies on SHA-1",
        "In JumpCloud, set \"Signature Algorithm\" to RSA-SHA256, and forbid SHA-1 for the connection again.";
    EncryptionMalformed = "encryption.malformed", "the encrypted assertion is malformed", FOREIGN;
    EncryptionCbcRefused = "encryption.cbc_refused", "AES-CBC is not allowed",
        "Have the identity provider encrypt with AES-GCM. JumpCloud encrypts nothing.";
    EncryptionCbcAllowed = "encryption.cbc_allowed", "AES-CBC is allowed",
        "Have the identity provider encrypt with AES-GCM, and forbid AES-CBC again.";
    EncryptionRsa15Refused = "encryption.rsa_1_5_refused", "RSA PKCS #1 v1.5 is never allowed for encryption",
        "Have the identity provider use RSA-OAEP for key transport.";
    EncryptionAlgorithm = "encryption.algorithm", "the encryption algorithm is not allowed",
        "Have the identity provider encrypt with AES-GCM under RSA-OAEP.";
    EncryptionOaepParameters = "encryption.oaep_parameters", "the parameters of RSA-OAEP are not supported",
        "Have the identity provider use RSA-OAEP with the same hash for the digest and for MGF1, SHA-1 or SHA-256.";
    EncryptionKeyReference = "encryption.key_reference", "the encrypted data refers to a key elsewhere", TAMPERED;
    EncryptionNoKey = "encryption.no_key", "the assertion is encrypted, but there is no key to decrypt it with",
        "Configure the private key of the certificate that the identity provider encrypts to, or have encryption switched off. JumpCloud encrypts nothing.";
    EncryptionWeakKey = "encryption.weak_key", "the decryption key is too small",
        "Make a new RSA key of at least 2048 bits, and give its certificate to the identity provider.";
    EncryptionFailed = "encryption.failed", "the assertion could not be decrypted",
        "The identity provider encrypts to another certificate than the one of the configured key. Give it the current one.";
    EncryptionContent = "encryption.content", "what was encrypted is no assertion", TAMPERED;
    ResponseRoot = "response.root", "the message is no Response",
        "The ACS URL was sent another message. In JumpCloud, check that the field \"ACS URLs\" belongs to this service, and that no logout address points there.";
    ResponseSchema = "response.schema", "the Response departs from its schema", FOREIGN;
    ResponseTimeSyntax = "response.time_syntax", "an instant of the Response is malformed", FOREIGN;
    ResponseAssertionCount = "response.assertion_count", "the Response has another number of assertions than one", TAMPERED;
    ResponseStatus = "response.status", "the identity provider refused the login",
        "JumpCloud did not log the user in; its status says why. Check in JumpCloud that the application is active and that the user's group is bound to it.";
    ResponseVersion = "response.version", "the Response is not of SAML 2.0", "Use a SAML 2.0 application in JumpCloud.";
    ResponseIssuer = "response.issuer", "the Response is from another identity provider",
        "Copy JumpCloud's field \"IdP Entity ID\" into the connection, to the letter: case, slashes and spaces count.";
    ResponseDestination = "response.destination", "the Response was sent to another address",
        "In JumpCloud, set the field \"ACS URLs\" to the ACS URL of this connection, to the letter.";
    ResponseInResponseTo = "response.in_response_to", "the Response does not answer the expected request",
        "Have the user begin the login anew at the service. An old tab, the back button or a second login in parallel leads here too.";
    ResponseIssueInstant = "response.issue_instant", "the Response was issued in the future or too long ago",
        "Check the clock of the service; otherwise an old message was sent again. To look at a message that was kept, check it at its own time (--at).";
    ResponseUnsolicited = "response.unsolicited", "the login began at JumpCloud, which is not allowed",
        "In JumpCloud, set the field \"Login URL\" to the address where logins begin at the service, so that the portal begins there too; or allow logins that begin at JumpCloud for this connection.";
    AssertionSchema = "assertion.schema", "the assertion departs from its schema", FOREIGN;
    AssertionTimeSyntax = "assertion.time_syntax", "an instant of the assertion is malformed", FOREIGN;
    AssertionVersion = "assertion.version", "the assertion is not of SAML 2.0",
        "Use a SAML 2.0 application in JumpCloud.";
    AssertionIssuer = "assertion.issuer", "the assertion is from another identity provider",
        "Copy JumpCloud's field \"IdP Entity ID\" into the connection, to the letter: case, slashes and spaces count.";
    AssertionIssueInstant = "assertion.issue_instant", "the assertion was issued in the future or too long ago",
        "Check the clock of the service; otherwise an old message was sent again. To look at a message that was kept, check it at its own time (--at).";
    AssertionSubjectMissing = "assertion.subject_missing", "the assertion is about nobody",
        "In JumpCloud, check the field \"SAMLSubject NameID\".";
    AssertionNameId = "assertion.name_id", "the user's NameID is missing or cannot be used",
        "In JumpCloud, set the field \"SAMLSubject NameID\" to a value that every user has, such as email.";
    AssertionConfirmation = "assertion.confirmation", "the subject is not confirmed as the profile asks", FOREIGN;
    AssertionRecipient = "assertion.recipient", "the assertion was made for another address",
        "In JumpCloud, set the field \"ACS URLs\" to the ACS URL of this connection, to the letter.";
    AssertionInResponseTo = "assertion.in_response_to", "the assertion does not answer the expected request",
        "Have the user begin the login anew at the service. An old tab, the back button or a second login in parallel leads here too.";
    AssertionValidity = "assertion.validity", "the assertion's time of validity has no end, or ends before it begins",
        FOREIGN;
    AssertionNotYetValid = "assertion.not_yet_valid", "the assertion is not valid yet",
        "Check the clock of the service, which is behind that of JumpCloud.";
    AssertionExpired = "assertion.expired", "the assertion is no longer valid",
        "Have the user log in again. If it happens to everybody, the clock of the service is ahead of that of JumpCloud.";
    AssertionAudienceMissing = "assertion.audience_missing", "the assertion does not say which service it is for",
        "In JumpCloud, fill in the field \"SP Entity ID\" with the SP Entity ID of this connection.";
    AssertionAudience = "assertion.audience", "the assertion is for another service",
        "In JumpCloud, set the field \"SP Entity ID\" to the SP Entity ID of this connection, to the letter: a slash at the end counts.";
    AssertionCondition = "assertion.condition", "the assertion has a condition that is not known", FOREIGN;
    AssertionAuthnStatementMissing = "assertion.authn_statement_missing", "the assertion does not say that the user was authenticated",
        "Have the identity provider include an AuthnStatement; in Keycloak, switch on \"Include AuthnStatement\".";
    AssertionAuthnContext = "assertion.authn_context", "the user did not authenticate in a way that the connection requires",
        "Have the user log in by one of the required methods, such as MFA, and check that the identity provider names \
         it as AuthnContextClassRef. JumpCloud names PasswordProtectedTransport: there, require MFA by a conditional \
         access policy instead.";
    AssertionAuthnInstant = "assertion.authn_instant", "the user was authenticated in the future",
        "Check the clock of the service, which is behind that of JumpCloud.";
    AssertionSessionExpired = "assertion.session_expired", "the session at the identity provider has ended",
        "Have the user log in again.";
    AssertionNameIdTransient = "assertion.name_id_transient", "the NameID is another one at each login",
        "In JumpCloud, set the field \"SAMLSubject NameID Format\" to unspecified, emailAddress or persistent.";
    AttributeMissing = "attribute.missing", "a required attribute is missing",
        "In JumpCloud, add it in the table of user attributes of the application. The name on the left, \"Service Provider Attribute Name\", is the one that the service looks for; the one on the right is JumpCloud's.";
    AttributeEmpty = "attribute.empty", "a required attribute came without a value",
        "In JumpCloud, fill in this field for the user, or map the attribute to another field that every user has.";
    AttributeSeveralValues = "attribute.several_values", "an attribute has several values where one is expected",
        "In JumpCloud, map it to a user attribute with a single value.";
    AttributeAmbiguous = "attribute.ambiguous", "two attributes differ in case only",
        "In JumpCloud, remove one of the two from the table of user attributes.";
    AttributeMarkup = "attribute.markup", "an attribute holds markup", "In JumpCloud, map it to a plain text attribute.";
    AttributeEmail = "attribute.email", "the e-mail address is not plausible",
        "In JumpCloud, map email to the user's e-mail address, and correct it for this user.";
    AttributeEmailDomain = "attribute.email_domain", "the e-mail address is of a domain that is none of the organization's own",
        "If the domain is the organization's, verify it (add its TXT record to the DNS) and log in again. If it is not, correct the user's e-mail address in JumpCloud.";
    AttributeTooLong = "attribute.too_long", "an attribute is too long", "In JumpCloud, shorten the value for this user.";
    AttributeCharacters = "attribute.characters", "an attribute holds characters that do not belong there",
        "In JumpCloud, correct the value for this user.";
    AttributeCaseDiffers = "attribute.case_differs", "an attribute's name differs in case from the one that is looked for",
        "In JumpCloud, correct the case of the \"Service Provider Attribute Name\".";
    AttributeNoneReceived = "attribute.none_received", "there were no attributes at all",
        "In JumpCloud, add email, firstName and lastName to the table of user attributes of the application.";
    AttributeValuesLeftOut = "attribute.values_left_out", "attributes have values that are no text",
        "If the service needs them, map them to plain text attributes in JumpCloud, and correct what is empty for this user.";
    SessionMalformed = "session.malformed", "the token is malformed", "The token was cut off or changed. Log in again.";
    SessionHeader = "session.header", "the token's header holds more than it may", TOKEN;
    SessionType = "session.type", "the token is of another type",
        "Give a session token, not another one of the service.";
    SessionUnknownKey = "session.unknown_key", "the token is by a key that is not known",
        "AUTH_SECRET was replaced since. Log in again, or give the former secret to the verifier.";
    SessionAlgorithm = "session.algorithm", "the token is by another algorithm than its key's", TOKEN;
    SessionSignature = "session.signature", "the token's signature does not hold",
        "The token was changed, or is of another service. Log in again.";
    SessionClaim = "session.claim", "a claim of the host's own cannot be used",
        "Choose another name, or a value that is JSON.";
    SessionClaimMissing = "session.claim_missing", "a claim is missing", TOKEN;
    SessionClaimType = "session.claim_type", "a claim is of the wrong type", TOKEN;
    SessionIssuer = "session.issuer", "the token is by another issuer",
        "Check that SITE_URL is the same for whoever issues and whoever verifies.";
    SessionAudience = "session.audience", "the token is for another audience",
        "Check that SITE_URL is the same for whoever issues and whoever verifies.";
    SessionNotYetValid = "session.not_yet_valid", "the token is not valid yet", "Check the clock.";
    SessionExpired = "session.expired", "the session has ended", "Log in again.";
    SessionOrganization = "session.organization", "the session is of another organization", "Log in to this organization.";
    SessionOver = "session.over", "the session would be over before it begins",
        "The identity provider ends its sessions at once. Have its session lifetime checked.";
    SessionRevoked = "session.revoked", "the session was revoked", "Log in again.";
    SessionSubject = "session.subject", "the user's ID is empty or too long",
        "Issue the session for the service's own ID of the user, of 1 to 1,024 bytes.";
    SessionWithdrawn = "session.withdrawn", "what the session rests on was withdrawn: its connection, its key or its e-mail domain",
        "Log in again. If that fails too, have an administrator check the connection and the organization's domains.";
    SessionLoginExpired = "session.login_expired", "a login waited for more than five minutes for its session",
        "Complete a login in the request that finishes it. If a page stands in between, such as a form for a first login, begin the login anew after it.";
    SessionLoginUsed = "session.login_used", "a login has turned into a session already",
        "Complete each login once. Have the user begin the login anew.";
    SessionDuplicateCookie = "session.duplicate_cookie", "the request has two session cookies of the same name",
        "Delete the site's cookies in the browser, and log in again. If it happens again, check what sets cookies on the domains of the service.";
    SessionRefreshed = "session.refreshed", "the token was refreshed before",
        "Somebody presented a token that was replaced already, so that its session was ended. Log in again; if it happens often, see that the front end refreshes once at a time.";
    SessionPkce = "session.pkce", "the code challenge or the code verifier has the wrong form",
        "Send the SHA-256 of a verifier of 43 to 128 characters, in base64url without padding (RFC 7636, S256).";
    SessionPkceMismatch = "session.pkce_mismatch", "the code verifier is not that of the code challenge",
        "Redeem the code in the front end that began the login. If it was, somebody may have tried to use a stolen code.";
    SessionCode = "session.code", "the hand-over code is not one of ours, or for another redirect URI",
        "Send the code as it came, with the redirect URI that it came to.";
    SessionCodeExpired = "session.code_expired", "the hand-over code has expired",
        "Redeem a code at once: it is good for sixty seconds. Begin the login anew.";
    SessionCodeUsed = "session.code_used", "the hand-over code was redeemed before, and its session is revoked now",
        "Begin the login anew. If the front end redeemed it once only, somebody else has the code.";
    SessionRedirectUri = "session.redirect_uri", "a session is to be handed over to an address that was not listed",
        "Have the front end use one of the addresses given to Sessions::redirect_uris, to the letter, or add this one.";
    ConfigRedirectUri = "config.redirect_uri", "an address that sessions are handed over to cannot be used",
        "Give an absolute https URL, or http on loopback, without credentials and fragment.";
    ConfigSiteUrl = "config.site_url", "SITE_URL is missing or cannot be used",
        "Set SITE_URL to the service's address as browsers see it, such as https://app.acme.test.";
    ConfigAuthSecretMissing = "config.auth_secret_missing", "AUTH_SECRET is missing", SECRET;
    ConfigAuthSecretBase64 = "config.auth_secret_base64", "AUTH_SECRET is not base64", SECRET;
    ConfigAuthSecretShort = "config.auth_secret_short", "AUTH_SECRET is too short", SECRET;
    ConfigAuthSecretWeak = "config.auth_secret_weak", "AUTH_SECRET is well known or not random", SECRET;
    ConfigConnectionId = "config.connection_id", "the ID of a connection cannot be part of a URL",
        "Use letters, digits, '-' and '_'.";
    ConfigIdpUrl = "config.idp_url", "the IdP URL cannot be used",
        "Copy JumpCloud's field \"IDP URL\" of the application, such as https://sso.jumpcloud.com/saml2/acme.";
    ConfigIdpEntityId = "config.idp_entity_id", "the IdP Entity ID cannot be used",
        "Copy JumpCloud's field \"IdP Entity ID\" of the application, to the letter.";
    ConfigChange = "config.change", "a change that a connection in a program cannot make", "Retire certificates of stored connections only; a connection in a program pins what it names.";
    ConfigNoCertificate = "config.no_certificate", "there is no certificate",
        "Download the certificate of the application from JumpCloud (certificate.pem) and add it to the connection.";
    ConfigDuplicateCertificate = "config.duplicate_certificate", "two certificates have the same key", "Remove one of them.";
    ConfigDecryptionKey = "config.decryption_key", "the decryption key cannot be read",
        "Give an unencrypted RSA private key in PEM (PKCS #8).";
    ConfigDecryptionKeys = "config.decryption_keys", "there is none, or there are too many decryption keys",
        "Give one to four.";
    ConfigKeyForBoth = "config.key_for_both", "one key pair both signs at the identity provider and decrypts at the service",
        "Make a key pair of the service's own for decryption. The identity provider's private key belongs nowhere else; if it \
         was sent here, replace its certificate in JumpCloud.";
    ConfigOrganization = "config.organization", "the organization's name is too long",
        "Shorten the name or ID by which the service calls the organization to 1,024 bytes.";
    ConfigAttributeName = "config.attribute_name", "the name of an attribute is too long",
        "Shorten the attribute name to 1,024 bytes, in the connection and in JumpCloud's field \"Service \
         Provider Attribute Name\".";
    ConfigAuthnContext = "config.authn_context", "an authentication context class cannot be used",
        "Give the URIs of at most 16 classes in request_authn_contexts and require_authn_contexts, such as \
         urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport.";
    ConfigAlgorithm = "config.algorithm", "a stored signature algorithm is not known",
        "Upgrade this process to the version that stored the connection, or set the algorithms of the \
         connection anew.";
    ConfigCrossVerifier = "config.cross_verifier", "the connection asks for a second implementation of XML Signature, and there is none",
        "Give one by Settings::cross_verifier in every process, or switch cross_verify off for the \
         connection.";
    ConfigKeyCompromised = "config.key_compromised", "a key was retired as compromised, by this or another connection of the organization, and cannot be \
         pinned again",
        "In JumpCloud, generate a new key for the application, add its certificate (certificate.pem) to the \
         connection, and retire the certificate of the compromised key where it is pinned.";
    ConfigPrivateKey = "config.private_key", "a private key cannot be read",
        "Give an unencrypted private key in PEM (PKCS #8).";
    ConfigSessionKey = "config.session_key", "a session key cannot be read",
        "Give an unencrypted private key of Ed25519 or P-256 in PEM (PKCS #8).";
    ConfigSessionKeys = "config.session_keys", "there is no session key, or there are too many or the same twice",
        "Give one to eight different ones.";
    ConfigSigningFailed = "config.signing_failed", "signing failed", "Check the key.";
    ConfigSealingFailed = "config.sealing_failed", "sealing failed", "Shorten the path to return to.";
    ConfigRandom = "config.random", "the operating system gives no randomness", "Check the machine.";
    ConfigClockSkew = "config.clock_skew", "the tolerance for clocks is too large",
        "Give at most 300 seconds, and set the clocks.";
    ConfigNotRevoked = "config.not_revoked", "the connection was disabled, but its sessions could not be revoked",
        "Disable the connection again, when the store of revocations is back.";
    ConfigCertificateRetired = "config.certificate_retired", "the certificate that a login was signed by was retired while it was under way",
        "Log in again. If JumpCloud still signs with the retired certificate, it was retired too early: pin it again.";
    ConfigUserDeactivated = "config.user_deactivated", "the user with that e-mail address was deactivated",
        "Activate the user in the service first, if they are to come back.";
    ConfigStoredConnection = "config.stored_connection", "a login or a session of a stored connection was handled as one of a connection in the program",
        "Complete the login by Connections::complete_login, and refresh the session by Connections::refresh.";
    ConfigRevokesSessions = "config.revokes_sessions", "the change revokes sessions",
        "Make it by Organization::edit_and_revoke, which takes the sessions that are to be revoked.";
    ConfigClock = "config.clock", "the clock is out of range", "Set the clock.";
    ConfigFile = "config.file", "a file cannot be read",
        "Check its name and its permissions, and that it is a file: not a folder, a pipe or a device.";
    ConfigOutput = "config.output", "the output could not be written", "Check that the disk is not full.";
    ConfigMetadataRoot = "config.metadata_root", "the document is no metadata",
        "In JumpCloud, use \"Export Metadata\" of the application; the IDP URL itself leads to a login page.";
    ConfigMetadataSchema = "config.metadata_schema", "the metadata departs from its schema", METADATA;
    ConfigMetadataRole = "config.metadata_role", "the metadata describes no identity provider, or several", METADATA;
    ConfigMetadataExpired = "config.metadata_expired", "the metadata has expired", METADATA;
    ConfigMetadataEntityId = "config.metadata_entity_id", "the metadata has no entity ID",
        "In JumpCloud, fill in the field \"IdP Entity ID\", and export the metadata again.";
    ConfigMetadataSsoUrl = "config.metadata_sso_url", "the metadata has no usable address to log in at", METADATA;
    ConfigMetadataCertificate = "config.metadata_certificate", "the metadata has no usable certificate for signing", METADATA;
    ConfigEmailDomain = "config.email_domain", "the e-mail domain is missing, or is none",
        "Give the organization's verified domains, each without @, such as acme.test; or accept addresses of any domain as unverified ones.";
    ConfigDomainNotVerified = "config.domain_not_verified", "the TXT record of the domain is not there",
        "Add the TXT record to the DNS of the domain, wait until it is published (up to the time to live of its zone), and verify again.";
    ConfigDomainTaken = "config.domain_taken", "the domain belongs to another organization",
        "Have the other organization release the domain or remove its TXT record, and verify again. A domain \
         belongs to one organization.";
    ConfigDomainDisputed = "config.domain_disputed", "the domain belongs to another organization, whose TXT record is absent",
        "Leave the TXT record in place, and verify again at the time that the error names. The domain moves \
         then, unless the other organization's record is back.";
    ConfigDomainInUse = "config.domain_in_use", "members log in with addresses of the domain",
        "Disable the connection first, or have it accept any e-mail domain. If the domain belongs to somebody else now, accept that these members are locked out.";
    ConfigDomainNotOwned = "config.domain_not_owned", "the domain is not the organization's",
        "Check its spelling in the list of the organization's domains.";
    ConfigDns = "config.dns", "the DNS gave no answer",
        "Try again later; if it stays so, check the name servers of the service.";
    ConfigSealedElsewhere = "config.sealed_elsewhere", "a stored private key was sealed under another AUTH_SECRET",
        "Give the former AUTH_SECRET as a former secret, or set the private key of the connection anew.";
    ConfigStore = "config.store", "the store failed", "Nothing was changed, and nobody was let in. Check the store.";
    ConfigUnknownConnection = "config.unknown_connection", "there is no such connection",
        "Check the ID in the address. JumpCloud's field \"ACS URLs\" has to hold the ACS URL of a connection that exists.";
    ConfigDisabled = "config.disabled", "the connection is disabled", "Have an administrator enable it.";
    ConfigIncomplete = "config.incomplete", "something is missing before the connection can be enabled",
        "Give what is missing: IdP URL, IdP Entity ID and certificate come from JumpCloud, an e-mail domain is verified in the DNS.";
    ConfigPhase = "config.phase", "the connection is in another phase than this needs",
        "Enable it before it is enforced; disable it before it is deleted. To enforce it in another way, unenforce it first; to change the accounts for emergencies alone, set those.";
    ConfigNotTested = "config.not_tested", "no login has succeeded at the present configuration",
        "Log in once through the connection, to the very end, and enforce it then.";
    ConfigNoBreakGlass = "config.no_break_glass", "no account could log in if JumpCloud cannot be reached",
        "Name at least one account that may log in by another way, or say explicitly that there shall be none.";
    ConfigEndsEnforcement = "config.ends_enforcement", "the change would end enforcement",
        "Nobody can say whether members could still log in after it. Accept that enforcement ends, make the change, test it by a login, and enforce it again. A certificate is replaced without this: add the new one, wait until a login was seen with it, and retire the old one. If its key was stolen, do not wait: accept that enforcement ends.";
    ConfigNotEntitled = "config.not_entitled", "the organization's plan does not allow this", "Change the plan.";
    ConfigConflict = "config.conflict", "somebody else has changed the connection in the meantime",
        "Look at it again, and repeat the change if it is still wanted.";
    ConfigTooManyConnections = "config.too_many_connections", "the organization has too many connections",
        "Delete those that are not used.";
    ConfigUnknownCertificate = "config.unknown_certificate", "no certificate with this fingerprint is or was pinned",
        "Copy the SHA-256 fingerprint out of the list of the connection's certificates, or of those that it \
         has retired (the latest hundred are remembered).";
    ConfigLastCertificate = "config.last_certificate", "the last certificate of a connection in use cannot be retired",
        "Add the new certificate in the same change or before it, or disable the connection.";
    ConfigNoUser = "config.no_user", "users are not created at their first login",
        "Have an administrator invite the user.";
    ConfigEmailInUse = "config.email_in_use", "another user has the e-mail address already",
        "Have an administrator link the account to that user, or change the address of one of them.";
    LimitInput = "limit.input", "the message is too large",
        "JumpCloud's messages have about 10 KiB. If many groups make it large, send fewer of them.";
    LimitCompromisedKeys = "limit.compromised_keys", "more keys were retired as compromised than a connection remembers",
        "Disable the connection, which ends all of its sessions, and set up another one.";
    LimitDepth = "limit.depth", "elements are nested too deep", TAMPERED;
    LimitNodes = "limit.nodes", "the message has too many elements",
        "If many groups make it large, send fewer of them.";
    LimitAttributes = "limit.attributes", "an element has too many XML attributes", TAMPERED;
    LimitNamespaces = "limit.namespaces", "there are too many namespace declarations", TAMPERED;
    LimitCanonicalForm = "limit.canonical_form", "the canonical form is too large", TAMPERED;
    LimitInflate = "limit.inflate", "the message inflates to too much", TAMPERED;
    LimitCertificate = "limit.certificate", "the certificate is too large", CERTIFICATE;
    LimitCertificates = "limit.certificates", "there are too many certificates",
        "Remove those that JumpCloud no longer uses.";
    LimitEncryptedKeys = "limit.encrypted_keys", "there are too many encrypted keys",
        "Have the identity provider encrypt for this service only.";
    LimitBreakGlass = "limit.break_glass", "too many break-glass accounts are named",
        "Name at most 32 accounts that may log in by another way while single sign-on is enforced.";
    LimitText = "limit.text", "a text is too long to be stored",
        "Shorten the ID or name that the error tells to 1,024 bytes.";
    LimitToken = "limit.token", "the token is too long for a cookie",
        "Put less into the session's own claims, and use short user IDs. At a login, have shorter names sent: in JumpCloud, shorten the user's first and last name. A token that a client brought was not issued by this service.";
    LimitCode = "limit.code", "the session token is too long to be handed over by a code",
        "Put less into the session's own claims, and use short user IDs. At a login, have shorter names sent: in JumpCloud, shorten the user's first and last name.";
    ReplayAssertion = "replay.assertion", "the assertion was used before",
        "A form was sent twice, as by reloading a page, or a message was replayed. Have the user begin the login anew.";
    ReplayRequest = "replay.request", "the login was finished before",
        "A login was answered twice. Have the user begin the login anew.";
    ReplayStore = "replay.store", "the store that remembers used assertions failed",
        "Logins are refused while it is down. Check the store.";
}

/// What to change where this code came up.
pub(crate) fn hint_of(code: &str) -> &'static str {
    code.parse::<Code>().map_or("", Code::hint)
}
