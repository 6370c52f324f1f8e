//! Every stable code, with what it means and what to change.

/// A stable code. `AREA.WHAT`; codes are never renamed and never get another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to change, in JumpCloud or in the service.
    pub hint: &'static str,
}

const fn entry(code: &'static str, meaning: &'static str, hint: &'static str) -> ErrorCode {
    ErrorCode { code, meaning, hint }
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

/// All codes of errors and warnings, by area. `docs/errors.md` is made of this.
pub const CATALOGUE: &[ErrorCode] = &[
    entry(
        "xml.encoding",
        "the message is not UTF-8",
        "The message was damaged or made by a program that is no identity provider. Have the login tried again; if it stays so, capture the form field SAMLResponse and compare it with what JumpCloud sends.",
    ),
    entry("xml.declaration", "the XML declaration is wrong", FOREIGN),
    entry("xml.doctype", "the message has a DOCTYPE", TAMPERED),
    entry("xml.processing_instruction", "the message has a processing instruction", TAMPERED),
    entry("xml.entity", "the message refers to an entity that XML does not predefine", TAMPERED),
    entry("xml.character_reference", "the message refers to a character that XML does not allow", FOREIGN),
    entry("xml.character", "the message holds a character that XML does not allow", FOREIGN),
    entry("xml.comment", "a comment is malformed", TAMPERED),
    entry("xml.comment_in_value", "a comment stands within a value", TAMPERED),
    entry("xml.name", "a name is not valid in XML", FOREIGN),
    entry("xml.syntax", "the markup is malformed", FOREIGN),
    entry(
        "xml.structure",
        "the message is not well-formed, or cut off",
        "What was given was cut off or is not XML. For a login, copy the whole of the form field SAMLResponse; for metadata, give the file that JumpCloud exports; a certificate (BEGIN CERTIFICATE) is neither.",
    ),
    entry("xml.roots", "the message has more than one root element", TAMPERED),
    entry("xml.duplicate_attribute", "an attribute stands twice on one element", TAMPERED),
    entry("xml.unbound_prefix", "a prefix is bound to no namespace", FOREIGN),
    entry("xml.namespace", "a namespace declaration is wrong", FOREIGN),
    entry("xml.namespace_uri", "a namespace name is no absolute URI", TAMPERED),
    entry("xml.content", "text stands among elements, or elements within a value", FOREIGN),
    entry("xml.duplicate_id", "two elements have the same ID", TAMPERED),
    entry("xml.id_attribute", "an attribute could be mistaken for the ID", TAMPERED),
    entry("xml.id_syntax", "an ID has characters that are not allowed", TAMPERED),
    entry(
        "xml.id_missing",
        "no element has the ID that was asked for",
        "Give the ID of an element of this document.",
    ),
    entry(
        "binding.base64",
        "the form field is not strict base64",
        "Give the form field SAMLResponse as it came, or the XML itself. If it came so, something between JumpCloud and the service changed it.",
    ),
    entry(
        "binding.empty",
        "the form field is empty",
        "JumpCloud sent nothing. In JumpCloud, check that the user's group is bound to the application (SSO Applications, User Groups).",
    ),
    entry(
        "binding.deflate",
        "the message is not deflated as HTTP-Redirect asks",
        "JumpCloud posts its answer; only requests come by redirect. Check that the ACS URL is called by POST.",
    ),
    entry(
        "binding.encoding",
        "the message has an encoding that is not known",
        "Only deflate is known for HTTP-Redirect.",
    ),
    entry(
        "binding.missing",
        "a parameter is missing",
        "The address was called without a message. Begin the login at the service, not at the ACS URL.",
    ),
    entry("binding.duplicate", "a parameter is ambiguous", TAMPERED),
    entry(
        "binding.relay_state",
        "the RelayState is longer than SAML allows",
        "In JumpCloud, shorten the field \"Default RelayState\" to at most 80 bytes.",
    ),
    entry(
        "binding.state",
        "the login was not begun in this browser, or too long ago",
        "Have the user begin the login anew at the service, in the same browser, and finish it within ten minutes. A browser keeps at most eight logins under way; one more takes the place of another. If it happens to everybody, the browser does not send the login cookie: check that SITE_URL is https and is the address that browsers use.",
    ),
    entry(
        "binding.duplicate_cookie",
        "the request has two login cookies of the same name",
        "Delete the site's cookies in the browser, and begin the login anew. If it happens again, check what sets cookies on the domains of the service.",
    ),
    entry(
        "binding.return_to",
        "the path to return to leads elsewhere",
        "Pass a path of the service that begins with a single slash.",
    ),
    entry(
        "signature.missing",
        "neither the Response nor the assertion is signed",
        "In JumpCloud, tick \"Sign Assertion\" (or set \"Sign\" to Assertion, Response or both) and save the application.",
    ),
    entry(
        "signature.response_missing",
        "the Response is not signed, and the connection requires its signature",
        "In JumpCloud, set \"Sign\" to Response, or to both Assertion and Response, and save the application.",
    ),
    entry("signature.malformed", "a signature is not of the form that SAML asks for", TAMPERED),
    entry("signature.count", "an element carries more than one signature", TAMPERED),
    entry("signature.position", "a signature stands where SAML has none", TAMPERED),
    entry("signature.object", "a signature holds content of its own", TAMPERED),
    entry("signature.key_info", "a signature refers to a key elsewhere", TAMPERED),
    entry("signature.reference_count", "a signature covers another number of elements than one", TAMPERED),
    entry("signature.uri", "a signature refers to something else than an element by its ID", TAMPERED),
    entry(
        "signature.wrong_target",
        "a signature covers another element than the one that carries it",
        TAMPERED,
    ),
    entry("signature.base64", "a value of a signature is not strict base64", FOREIGN),
    entry("signature.digest_length", "a digest has the wrong length", FOREIGN),
    entry(
        "signature.digest_mismatch",
        "the content was changed after it was signed",
        "The message was changed on its way, by a proxy that rewrites forms, by copying, or on purpose. Have the login tried again; if it stays so, look for what rewrites the form field SAMLResponse.",
    ),
    entry(
        "signature.untrusted_key",
        "the pinned certificate's key did not make the signature",
        "JumpCloud most likely signs with another certificate than the service has, as after \"Regenerate certificate\". In JumpCloud, download the certificate of the application anew (SSO tab, IDP Certificate Valid, Download certificate) and add it to the connection. If the fingerprints are equal, the message was changed.",
    ),
    entry(
        "signature.second_opinion",
        "a second implementation of XML Signature does not agree that the signature is good",
        "One of the two implementations is wrong, or the message was made to make them differ. Keep the message and report it; nobody was let in.",
    ),
    entry(
        "certificate.empty",
        "the certificate is empty",
        "Paste the certificate that JumpCloud offers for download (certificate.pem).",
    ),
    entry(
        "certificate.private_key",
        "a private key was given instead of a certificate",
        "Download the certificate of the application from JumpCloud (certificate.pem) and give the whole file. The private key belongs nowhere but into JumpCloud; if it was sent anywhere, replace it.",
    ),
    entry("certificate.request", "a certificate request was given instead of a certificate", CERTIFICATE),
    entry("certificate.public_key", "a bare public key was given instead of a certificate", CERTIFICATE),
    entry("certificate.label", "a PEM block of another kind was given", CERTIFICATE),
    entry(
        "certificate.xml",
        "XML was given instead of a certificate",
        "This looks like the metadata file. Import it as metadata, or paste the certificate (certificate.pem).",
    ),
    entry(
        "certificate.html",
        "a web page was given instead of a certificate",
        "The download led to a page, most likely because of a login. Sign in to JumpCloud's console and download the certificate there.",
    ),
    entry(
        "certificate.cut_off",
        "the certificate is cut off",
        "Paste the whole file, from the line BEGIN CERTIFICATE to the line END CERTIFICATE.",
    ),
    entry("certificate.base64", "the certificate is neither PEM nor base64", CERTIFICATE),
    entry("certificate.malformed", "what was given is no X.509 certificate", CERTIFICATE),
    entry("certificate.trailing_data", "something follows the certificate", CERTIFICATE),
    entry(
        "certificate.weak_key",
        "the certificate's key is too weak, or of a kind that is not supported",
        "In JumpCloud, have the certificate regenerated, or upload an own pair with RSA of at least 2048 bits.",
    ),
    entry(
        "certificate.key_encoding",
        "the certificate's key is in another encoding than the standard one of its kind",
        "In JumpCloud, have the IdP certificate regenerated, or upload one that `openssl req -x509` made with its defaults: RSA with the parameters NULL, an uncompressed point on a named curve. Do not convert the certificate that was refused.",
    ),
    entry(
        "certificate.expired",
        "the certificate has expired",
        "It still verifies, since the key is pinned. In JumpCloud, regenerate the certificate, and add the new one to the connection.",
    ),
    entry(
        "certificate.expires_soon",
        "the certificate expires soon",
        "In JumpCloud, regenerate the certificate in time, and add the new one to the connection before the old one is gone.",
    ),
    entry(
        "certificate.not_yet_valid",
        "the certificate is not valid yet",
        "Check the clock of the service, and which certificate was given.",
    ),
    entry(
        "certificate.authority",
        "the certificate is a certificate authority's",
        "In JumpCloud, download the certificate of the application (certificate.pem) and compare its \
         fingerprint with this one. Self-signed certificates of identity providers often say that they are \
         an authority's. If it is the authority that issued the identity provider's certificate, retire it: \
         whoever holds its key can log in as anybody.",
    ),
    entry(
        "key.several",
        "one file, or one KeyDescriptor of metadata, holds certificates of more than one key",
        "Give the identity provider's own certificate alone (JumpCloud's certificate.pem), without the \
         chain that issued it; where metadata holds the chain, give that certificate instead of the metadata. To \
         pin a second key, add its certificate as a file of its own.",
    ),
    entry("algorithm.sha1_refused", "SHA-1 is not allowed", MODERN),
    entry("algorithm.hmac_refused", "a symmetric algorithm stands where a signature belongs", TAMPERED),
    entry("algorithm.weak", "an algorithm is broken or obsolete", MODERN),
    entry("algorithm.unknown", "an algorithm is not known", MODERN),
    entry(
        "algorithm.not_allowed",
        "an algorithm is not among those agreed on",
        "In JumpCloud, set \"Signature Algorithm\" to the one that the connection allows.",
    ),
    entry("algorithm.parameters", "an algorithm has parameters that are not allowed", TAMPERED),
    entry(
        "algorithm.key_mismatch",
        "an algorithm does not go with the key",
        "The certificate is of another kind than what signs. Download the certificate of this very application from JumpCloud.",
    ),
    entry(
        "algorithm.canonicalization",
        "another canonicalization than the exclusive one without comments",
        TAMPERED,
    ),
    entry("algorithm.transform", "other transforms than the two that SAML asks for", TAMPERED),
    entry("algorithm.prefix_list", "a list of namespace prefixes is not allowed", TAMPERED),
    entry(
        "algorithm.sha1_allowed",
        "SHA-1 is allowed",
        "Whoever can find a collision may forge logins. In JumpCloud, set \"Signature Algorithm\" to RSA-SHA256, and forbid SHA-1 again.",
    ),
    entry(
        "algorithm.sha1_used",
        "a signature relies on SHA-1",
        "In JumpCloud, set \"Signature Algorithm\" to RSA-SHA256, and forbid SHA-1 for the connection again.",
    ),
    entry("encryption.malformed", "the encrypted assertion is malformed", FOREIGN),
    entry(
        "encryption.cbc_refused",
        "AES-CBC is not allowed",
        "Have the identity provider encrypt with AES-GCM. JumpCloud encrypts nothing.",
    ),
    entry(
        "encryption.cbc_allowed",
        "AES-CBC is allowed",
        "Have the identity provider encrypt with AES-GCM, and forbid AES-CBC again.",
    ),
    entry(
        "encryption.rsa_1_5_refused",
        "RSA PKCS #1 v1.5 is never allowed for encryption",
        "Have the identity provider use RSA-OAEP for key transport.",
    ),
    entry(
        "encryption.algorithm",
        "the encryption algorithm is not allowed",
        "Have the identity provider encrypt with AES-GCM under RSA-OAEP.",
    ),
    entry(
        "encryption.oaep_parameters",
        "the parameters of RSA-OAEP are not supported",
        "Have the identity provider use RSA-OAEP with the same hash for the digest and for MGF1, SHA-1 or SHA-256.",
    ),
    entry("encryption.key_reference", "the encrypted data refers to a key elsewhere", TAMPERED),
    entry(
        "encryption.no_key",
        "the assertion is encrypted, but there is no key to decrypt it with",
        "Configure the private key of the certificate that the identity provider encrypts to, or have encryption switched off. JumpCloud encrypts nothing.",
    ),
    entry(
        "encryption.weak_key",
        "the decryption key is too small",
        "Make a new RSA key of at least 2048 bits, and give its certificate to the identity provider.",
    ),
    entry(
        "encryption.failed",
        "the assertion could not be decrypted",
        "The identity provider encrypts to another certificate than the one of the configured key. Give it the current one.",
    ),
    entry("encryption.content", "what was encrypted is no assertion", TAMPERED),
    entry(
        "response.root",
        "the message is no Response",
        "The ACS URL was sent another message. In JumpCloud, check that the field \"ACS URLs\" belongs to this service, and that no logout address points there.",
    ),
    entry("response.schema", "the Response departs from its schema", FOREIGN),
    entry("response.time_syntax", "an instant of the Response is malformed", FOREIGN),
    entry("response.assertion_count", "the Response has another number of assertions than one", TAMPERED),
    entry(
        "response.status",
        "the identity provider refused the login",
        "JumpCloud did not log the user in; its status says why. Check in JumpCloud that the application is active and that the user's group is bound to it.",
    ),
    entry("response.version", "the Response is not of SAML 2.0", "Use a SAML 2.0 application in JumpCloud."),
    entry(
        "response.issuer",
        "the Response is from another identity provider",
        "Copy JumpCloud's field \"IdP Entity ID\" into the connection, to the letter: case, slashes and spaces count.",
    ),
    entry(
        "response.destination",
        "the Response was sent to another address",
        "In JumpCloud, set the field \"ACS URLs\" to the ACS URL of this connection, to the letter.",
    ),
    entry(
        "response.in_response_to",
        "the Response does not answer the expected request",
        "Have the user begin the login anew at the service. An old tab, the back button or a second login in parallel leads here too.",
    ),
    entry(
        "response.issue_instant",
        "the Response was issued in the future or too long ago",
        "Check the clock of the service; otherwise an old message was sent again. To look at a message that was kept, check it at its own time (--at).",
    ),
    entry(
        "response.unsolicited",
        "the login began at JumpCloud, which is not allowed",
        "In JumpCloud, set the field \"Login URL\" to the address where logins begin at the service, so that the portal begins there too; or allow logins that begin at JumpCloud for this connection.",
    ),
    entry("assertion.schema", "the assertion departs from its schema", FOREIGN),
    entry("assertion.time_syntax", "an instant of the assertion is malformed", FOREIGN),
    entry(
        "assertion.version",
        "the assertion is not of SAML 2.0",
        "Use a SAML 2.0 application in JumpCloud.",
    ),
    entry(
        "assertion.issuer",
        "the assertion is from another identity provider",
        "Copy JumpCloud's field \"IdP Entity ID\" into the connection, to the letter: case, slashes and spaces count.",
    ),
    entry(
        "assertion.issue_instant",
        "the assertion was issued in the future or too long ago",
        "Check the clock of the service; otherwise an old message was sent again. To look at a message that was kept, check it at its own time (--at).",
    ),
    entry(
        "assertion.subject_missing",
        "the assertion is about nobody",
        "In JumpCloud, check the field \"SAMLSubject NameID\".",
    ),
    entry(
        "assertion.name_id",
        "the user's NameID is missing or cannot be used",
        "In JumpCloud, set the field \"SAMLSubject NameID\" to a value that every user has, such as email.",
    ),
    entry("assertion.confirmation", "the subject is not confirmed as the profile asks", FOREIGN),
    entry(
        "assertion.recipient",
        "the assertion was made for another address",
        "In JumpCloud, set the field \"ACS URLs\" to the ACS URL of this connection, to the letter.",
    ),
    entry(
        "assertion.in_response_to",
        "the assertion does not answer the expected request",
        "Have the user begin the login anew at the service. An old tab, the back button or a second login in parallel leads here too.",
    ),
    entry(
        "assertion.validity",
        "the assertion's time of validity has no end, or ends before it begins",
        FOREIGN,
    ),
    entry(
        "assertion.not_yet_valid",
        "the assertion is not valid yet",
        "Check the clock of the service, which is behind that of JumpCloud.",
    ),
    entry(
        "assertion.expired",
        "the assertion is no longer valid",
        "Have the user log in again. If it happens to everybody, the clock of the service is ahead of that of JumpCloud.",
    ),
    entry(
        "assertion.audience_missing",
        "the assertion does not say which service it is for",
        "In JumpCloud, fill in the field \"SP Entity ID\" with the SP Entity ID of this connection.",
    ),
    entry(
        "assertion.audience",
        "the assertion is for another service",
        "In JumpCloud, set the field \"SP Entity ID\" to the SP Entity ID of this connection, to the letter: a slash at the end counts.",
    ),
    entry("assertion.condition", "the assertion has a condition that is not known", FOREIGN),
    entry(
        "assertion.authn_statement_missing",
        "the assertion does not say that the user was authenticated",
        "Have the identity provider include an AuthnStatement; in Keycloak, switch on \"Include AuthnStatement\".",
    ),
    entry(
        "assertion.authn_context",
        "the user did not authenticate in a way that the connection requires",
        "Have the user log in by one of the required methods, such as MFA, and check that the identity provider names \
         it as AuthnContextClassRef. JumpCloud names PasswordProtectedTransport: there, require MFA by a conditional \
         access policy instead.",
    ),
    entry(
        "assertion.authn_instant",
        "the user was authenticated in the future",
        "Check the clock of the service, which is behind that of JumpCloud.",
    ),
    entry(
        "assertion.session_expired",
        "the session at the identity provider has ended",
        "Have the user log in again.",
    ),
    entry(
        "assertion.name_id_transient",
        "the NameID is another one at each login",
        "In JumpCloud, set the field \"SAMLSubject NameID Format\" to unspecified, emailAddress or persistent.",
    ),
    entry(
        "attribute.missing",
        "a required attribute is missing",
        "In JumpCloud, add it in the table of user attributes of the application. The name on the left, \"Service Provider Attribute Name\", is the one that the service looks for; the one on the right is JumpCloud's.",
    ),
    entry(
        "attribute.empty",
        "a required attribute came without a value",
        "In JumpCloud, fill in this field for the user, or map the attribute to another field that every user has.",
    ),
    entry(
        "attribute.several_values",
        "an attribute has several values where one is expected",
        "In JumpCloud, map it to a user attribute with a single value.",
    ),
    entry(
        "attribute.ambiguous",
        "two attributes differ in case only",
        "In JumpCloud, remove one of the two from the table of user attributes.",
    ),
    entry("attribute.markup", "an attribute holds markup", "In JumpCloud, map it to a plain text attribute."),
    entry(
        "attribute.email",
        "the e-mail address is not plausible",
        "In JumpCloud, map email to the user's e-mail address, and correct it for this user.",
    ),
    entry(
        "attribute.email_domain",
        "the e-mail address is of a domain that is none of the organization's own",
        "If the domain is the organization's, verify it (add its TXT record to the DNS) and log in again. If it is not, correct the user's e-mail address in JumpCloud.",
    ),
    entry("attribute.too_long", "an attribute is too long", "In JumpCloud, shorten the value for this user."),
    entry(
        "attribute.characters",
        "an attribute holds characters that do not belong there",
        "In JumpCloud, correct the value for this user.",
    ),
    entry(
        "attribute.case_differs",
        "an attribute's name differs in case from the one that is looked for",
        "In JumpCloud, correct the case of the \"Service Provider Attribute Name\".",
    ),
    entry(
        "attribute.none_received",
        "there were no attributes at all",
        "In JumpCloud, add email, firstName and lastName to the table of user attributes of the application.",
    ),
    entry(
        "attribute.values_left_out",
        "attributes have values that are no text",
        "If the service needs them, map them to plain text attributes in JumpCloud, and correct what is empty for this user.",
    ),
    entry("session.malformed", "the token is malformed", "The token was cut off or changed. Log in again."),
    entry("session.header", "the token's header holds more than it may", TOKEN),
    entry(
        "session.type",
        "the token is of another type",
        "Give a session token, not another one of the service.",
    ),
    entry(
        "session.unknown_key",
        "the token is by a key that is not known",
        "AUTH_SECRET was replaced since. Log in again, or give the former secret to the verifier.",
    ),
    entry("session.algorithm", "the token is by another algorithm than its key's", TOKEN),
    entry(
        "session.signature",
        "the token's signature does not hold",
        "The token was changed, or is of another service. Log in again.",
    ),
    entry(
        "session.claim",
        "a claim of the host's own cannot be used",
        "Choose another name, or a value that is JSON.",
    ),
    entry("session.claim_missing", "a claim is missing", TOKEN),
    entry("session.claim_type", "a claim is of the wrong type", TOKEN),
    entry(
        "session.issuer",
        "the token is by another issuer",
        "Check that SITE_URL is the same for whoever issues and whoever verifies.",
    ),
    entry(
        "session.audience",
        "the token is for another audience",
        "Check that SITE_URL is the same for whoever issues and whoever verifies.",
    ),
    entry("session.not_yet_valid", "the token is not valid yet", "Check the clock."),
    entry("session.expired", "the session has ended", "Log in again."),
    entry("session.organization", "the session is of another organization", "Log in to this organization."),
    entry(
        "session.over",
        "the session would be over before it begins",
        "The identity provider ends its sessions at once. Have its session lifetime checked.",
    ),
    entry("session.revoked", "the session was revoked", "Log in again."),
    entry(
        "session.subject",
        "the user's ID is empty or too long",
        "Issue the session for the service's own ID of the user, of 1 to 1,024 bytes.",
    ),
    entry(
        "session.withdrawn",
        "what the session rests on was withdrawn: its connection, its key or its e-mail domain",
        "Log in again. If that fails too, have an administrator check the connection and the organization's domains.",
    ),
    entry(
        "session.login_expired",
        "a login waited for more than five minutes for its session",
        "Complete a login in the request that finishes it. If a page stands in between, such as a form for a first login, begin the login anew after it.",
    ),
    entry(
        "session.login_used",
        "a login has turned into a session already",
        "Complete each login once. Have the user begin the login anew.",
    ),
    entry(
        "session.duplicate_cookie",
        "the request has two session cookies of the same name",
        "Delete the site's cookies in the browser, and log in again. If it happens again, check what sets cookies on the domains of the service.",
    ),
    entry(
        "session.refreshed",
        "the token was refreshed before",
        "Somebody presented a token that was replaced already, so that its session was ended. Log in again; if it happens often, see that the front end refreshes once at a time.",
    ),
    entry(
        "session.pkce",
        "the code challenge or the code verifier has the wrong form",
        "Send the SHA-256 of a verifier of 43 to 128 characters, in base64url without padding (RFC 7636, S256).",
    ),
    entry(
        "session.pkce_mismatch",
        "the code verifier is not that of the code challenge",
        "Redeem the code in the front end that began the login. If it was, somebody may have tried to use a stolen code.",
    ),
    entry(
        "session.code",
        "the hand-over code is not one of ours, or for another redirect URI",
        "Send the code as it came, with the redirect URI that it came to.",
    ),
    entry(
        "session.code_expired",
        "the hand-over code has expired",
        "Redeem a code at once: it is good for sixty seconds. Begin the login anew.",
    ),
    entry(
        "session.code_used",
        "the hand-over code was redeemed before, and its session is revoked now",
        "Begin the login anew. If the front end redeemed it once only, somebody else has the code.",
    ),
    entry(
        "session.redirect_uri",
        "a session is to be handed over to an address that was not listed",
        "Have the front end use one of the addresses given to Sessions::redirect_uris, to the letter, or add this one.",
    ),
    entry(
        "config.redirect_uri",
        "an address that sessions are handed over to cannot be used",
        "Give an absolute https URL, or http on loopback, without credentials and fragment.",
    ),
    entry(
        "config.site_url",
        "SITE_URL is missing or cannot be used",
        "Set SITE_URL to the service's address as browsers see it, such as https://app.acme.test.",
    ),
    entry("config.auth_secret_missing", "AUTH_SECRET is missing", SECRET),
    entry("config.auth_secret_base64", "AUTH_SECRET is not base64", SECRET),
    entry("config.auth_secret_short", "AUTH_SECRET is too short", SECRET),
    entry("config.auth_secret_weak", "AUTH_SECRET is well known or not random", SECRET),
    entry(
        "config.connection_id",
        "the ID of a connection cannot be part of a URL",
        "Use letters, digits, '-' and '_'.",
    ),
    entry(
        "config.idp_url",
        "the IdP URL cannot be used",
        "Copy JumpCloud's field \"IDP URL\" of the application, such as https://sso.jumpcloud.com/saml2/acme.",
    ),
    entry(
        "config.idp_entity_id",
        "the IdP Entity ID cannot be used",
        "Copy JumpCloud's field \"IdP Entity ID\" of the application, to the letter.",
    ),
    entry(
        "config.no_certificate",
        "there is no certificate",
        "Download the certificate of the application from JumpCloud (certificate.pem) and add it to the connection.",
    ),
    entry("config.duplicate_certificate", "two certificates have the same key", "Remove one of them."),
    entry(
        "config.decryption_key",
        "the decryption key cannot be read",
        "Give an unencrypted RSA private key in PEM (PKCS #8).",
    ),
    entry(
        "config.decryption_keys",
        "there is none, or there are too many decryption keys",
        "Give one to four.",
    ),
    entry(
        "config.key_for_both",
        "one key pair both signs at the identity provider and decrypts at the service",
        "Make a key pair of the service's own for decryption. The identity provider's private key belongs nowhere else; if it \
         was sent here, replace its certificate in JumpCloud.",
    ),
    entry(
        "config.organization",
        "the organization's name is too long",
        "Shorten the name or ID by which the service calls the organization to 1,024 bytes.",
    ),
    entry(
        "config.attribute_name",
        "the name of an attribute is too long",
        "Shorten the attribute name to 1,024 bytes, in the connection and in JumpCloud's field \"Service \
         Provider Attribute Name\".",
    ),
    entry(
        "config.authn_context",
        "an authentication context class cannot be used",
        "Give the URIs of at most 16 classes in request_authn_contexts and require_authn_contexts, such as \
         urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport.",
    ),
    entry(
        "config.algorithm",
        "a stored signature algorithm is not known",
        "Upgrade this process to the version that stored the connection, or set the algorithms of the \
         connection anew.",
    ),
    entry(
        "config.cross_verifier",
        "the connection asks for a second implementation of XML Signature, and there is none",
        "Give one by Settings::cross_verifier in every process, or switch cross_verify off for the \
         connection.",
    ),
    entry(
        "config.key_compromised",
        "a key was retired as compromised, by this or another connection of the organization, and cannot be \
         pinned again",
        "In JumpCloud, generate a new key for the application, add its certificate (certificate.pem) to the \
         connection, and retire the certificate of the compromised key where it is pinned.",
    ),
    entry(
        "config.private_key",
        "a private key cannot be read",
        "Give an unencrypted private key in PEM (PKCS #8).",
    ),
    entry(
        "config.session_key",
        "a session key cannot be read",
        "Give an unencrypted private key of Ed25519 or P-256 in PEM (PKCS #8).",
    ),
    entry(
        "config.session_keys",
        "there is no session key, or there are too many or the same twice",
        "Give one to eight different ones.",
    ),
    entry("config.signing_failed", "signing failed", "Check the key."),
    entry("config.sealing_failed", "sealing failed", "Shorten the path to return to."),
    entry("config.random", "the operating system gives no randomness", "Check the machine."),
    entry(
        "config.clock_skew",
        "the tolerance for clocks is too large",
        "Give at most 300 seconds, and set the clocks.",
    ),
    entry(
        "config.not_revoked",
        "the connection was disabled, but its sessions could not be revoked",
        "Disable the connection again, when the store of revocations is back.",
    ),
    entry(
        "config.certificate_retired",
        "the certificate that a login was signed by was retired while it was under way",
        "Log in again. If JumpCloud still signs with the retired certificate, it was retired too early: pin it again.",
    ),
    entry(
        "config.user_deactivated",
        "the user with that e-mail address was deactivated",
        "Activate the user in the service first, if they are to come back.",
    ),
    entry(
        "config.stored_connection",
        "a login or a session of a stored connection was handled as one of a connection in the program",
        "Complete the login by Connections::complete_login, and refresh the session by Connections::refresh.",
    ),
    entry(
        "config.revokes_sessions",
        "the change revokes sessions",
        "Make it by Organization::edit_and_revoke, which takes the sessions that are to be revoked.",
    ),
    entry("config.clock", "the clock is out of range", "Set the clock."),
    entry(
        "config.file",
        "a file cannot be read",
        "Check its name and its permissions, and that it is a file: not a folder, a pipe or a device.",
    ),
    entry("config.output", "the output could not be written", "Check that the disk is not full."),
    entry(
        "config.metadata_root",
        "the document is no metadata",
        "In JumpCloud, use \"Export Metadata\" of the application; the IDP URL itself leads to a login page.",
    ),
    entry("config.metadata_schema", "the metadata departs from its schema", METADATA),
    entry("config.metadata_role", "the metadata describes no identity provider, or several", METADATA),
    entry("config.metadata_expired", "the metadata has expired", METADATA),
    entry(
        "config.metadata_entity_id",
        "the metadata has no entity ID",
        "In JumpCloud, fill in the field \"IdP Entity ID\", and export the metadata again.",
    ),
    entry("config.metadata_sso_url", "the metadata has no usable address to log in at", METADATA),
    entry("config.metadata_certificate", "the metadata has no usable certificate for signing", METADATA),
    entry(
        "config.email_domain",
        "the e-mail domain is missing, or is none",
        "Give the organization's verified domains, each without @, such as acme.test; or accept addresses of any domain as unverified ones.",
    ),
    entry(
        "config.domain_not_verified",
        "the TXT record of the domain is not there",
        "Add the TXT record to the DNS of the domain, wait until it is published (up to the time to live of its zone), and verify again.",
    ),
    entry(
        "config.domain_taken",
        "the domain belongs to another organization",
        "Have the other organization release the domain or remove its TXT record, and verify again. A domain \
         belongs to one organization.",
    ),
    entry(
        "config.domain_disputed",
        "the domain belongs to another organization, whose TXT record is absent",
        "Leave the TXT record in place, and verify again at the time that the error names. The domain moves \
         then, unless the other organization's record is back.",
    ),
    entry(
        "config.domain_in_use",
        "members log in with addresses of the domain",
        "Disable the connection first, or have it accept any e-mail domain. If the domain belongs to somebody else now, accept that these members are locked out.",
    ),
    entry(
        "config.domain_not_owned",
        "the domain is not the organization's",
        "Check its spelling in the list of the organization's domains.",
    ),
    entry(
        "config.dns",
        "the DNS gave no answer",
        "Try again later; if it stays so, check the name servers of the service.",
    ),
    entry(
        "config.sealed_elsewhere",
        "a stored private key was sealed under another AUTH_SECRET",
        "Give the former AUTH_SECRET as a former secret, or set the private key of the connection anew.",
    ),
    entry("config.store", "the store failed", "Nothing was changed, and nobody was let in. Check the store."),
    entry(
        "config.unknown_connection",
        "there is no such connection",
        "Check the ID in the address. JumpCloud's field \"ACS URLs\" has to hold the ACS URL of a connection that exists.",
    ),
    entry("config.disabled", "the connection is disabled", "Have an administrator enable it."),
    entry(
        "config.incomplete",
        "something is missing before the connection can be enabled",
        "Give what is missing: IdP URL, IdP Entity ID and certificate come from JumpCloud, an e-mail domain is verified in the DNS.",
    ),
    entry(
        "config.phase",
        "the connection is in another phase than this needs",
        "Enable it before it is enforced; disable it before it is deleted. To enforce it in another way, unenforce it first; to change the accounts for emergencies alone, set those.",
    ),
    entry(
        "config.not_tested",
        "no login has succeeded at the present configuration",
        "Log in once through the connection, to the very end, and enforce it then.",
    ),
    entry(
        "config.no_break_glass",
        "no account could log in if JumpCloud cannot be reached",
        "Name at least one account that may log in by another way, or say explicitly that there shall be none.",
    ),
    entry(
        "config.ends_enforcement",
        "the change would end enforcement",
        "Nobody can say whether members could still log in after it. Accept that enforcement ends, make the change, test it by a login, and enforce it again. A certificate is replaced without this: add the new one, wait until a login was seen with it, and retire the old one. If its key was stolen, do not wait: accept that enforcement ends.",
    ),
    entry("config.not_entitled", "the organization's plan does not allow this", "Change the plan."),
    entry(
        "config.conflict",
        "somebody else has changed the connection in the meantime",
        "Look at it again, and repeat the change if it is still wanted.",
    ),
    entry(
        "config.too_many_connections",
        "the organization has too many connections",
        "Delete those that are not used.",
    ),
    entry(
        "config.unknown_certificate",
        "no certificate with this fingerprint is or was pinned",
        "Copy the SHA-256 fingerprint out of the list of the connection's certificates, or of those that it \
         has retired (the latest hundred are remembered).",
    ),
    entry(
        "config.last_certificate",
        "the last certificate of a connection in use cannot be retired",
        "Add the new certificate in the same change or before it, or disable the connection.",
    ),
    entry(
        "config.no_user",
        "users are not created at their first login",
        "Have an administrator invite the user.",
    ),
    entry(
        "config.email_in_use",
        "another user has the e-mail address already",
        "Have an administrator link the account to that user, or change the address of one of them.",
    ),
    entry(
        "limit.input",
        "the message is too large",
        "JumpCloud's messages have about 10 KiB. If many groups make it large, send fewer of them.",
    ),
    entry(
        "limit.compromised_keys",
        "more keys were retired as compromised than a connection remembers",
        "Disable the connection, which ends all of its sessions, and set up another one.",
    ),
    entry("limit.depth", "elements are nested too deep", TAMPERED),
    entry(
        "limit.nodes",
        "the message has too many elements",
        "If many groups make it large, send fewer of them.",
    ),
    entry("limit.attributes", "an element has too many XML attributes", TAMPERED),
    entry("limit.namespaces", "there are too many namespace declarations", TAMPERED),
    entry("limit.canonical_form", "the canonical form is too large", TAMPERED),
    entry("limit.inflate", "the message inflates to too much", TAMPERED),
    entry("limit.certificate", "the certificate is too large", CERTIFICATE),
    entry(
        "limit.certificates",
        "there are too many certificates",
        "Remove those that JumpCloud no longer uses.",
    ),
    entry(
        "limit.encrypted_keys",
        "there are too many encrypted keys",
        "Have the identity provider encrypt for this service only.",
    ),
    entry(
        "limit.break_glass",
        "too many break-glass accounts are named",
        "Name at most 32 accounts that may log in by another way while single sign-on is enforced.",
    ),
    entry(
        "limit.text",
        "a text is too long to be stored",
        "Shorten the ID or name that the error tells to 1,024 bytes.",
    ),
    entry(
        "limit.token",
        "the token is too long for a cookie",
        "Put less into the session's own claims, and use short user IDs. At a login, have shorter names sent: in JumpCloud, shorten the user's first and last name. A token that a client brought was not issued by this service.",
    ),
    entry(
        "limit.code",
        "the session token is too long to be handed over by a code",
        "Put less into the session's own claims, and use short user IDs. At a login, have shorter names sent: in JumpCloud, shorten the user's first and last name.",
    ),
    entry(
        "replay.assertion",
        "the assertion was used before",
        "A form was sent twice, as by reloading a page, or a message was replayed. Have the user begin the login anew.",
    ),
    entry(
        "replay.request",
        "the login was finished before",
        "A login was answered twice. Have the user begin the login anew.",
    ),
    entry(
        "replay.store",
        "the store that remembers used assertions failed",
        "Logins are refused while it is down. Check the store.",
    ),
];

/// What to change where this code came up.
pub(crate) fn hint(code: &str) -> &'static str {
    CATALOGUE.iter().find(|entry| entry.code == code).map_or("", |entry| entry.hint)
}
