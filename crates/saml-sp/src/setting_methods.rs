//! The methods by which settings are changed, on whatever holds a list of changes.

/// Implements one method for each setting on a type with a field `changes: Vec<Change>`.
#[doc(hidden)]
#[macro_export]
macro_rules! setting_methods {
    () => {
        /// Sets the IdP URL: JumpCloud's field *IDP URL*, such as `https://sso.jumpcloud.com/saml2/acme`.
        #[must_use]
        pub fn idp_url(self, url: &str) -> Self {
            self.change($crate::Change::IdpUrl(url.to_owned()))
        }

        /// Sets the IdP Entity ID: JumpCloud's field *IdP Entity ID*, free text that is compared to the
        /// letter. It may equal the SP Entity ID.
        #[must_use]
        pub fn idp_entity_id(self, entity_id: &str) -> Self {
            self.change($crate::Change::IdpEntityId(entity_id.to_owned()))
        }

        /// Sets the attribute map.
        #[must_use]
        pub fn attributes(self, map: $crate::AttributeMap) -> Self {
            self.change($crate::Change::Attributes(map))
        }

        /// Accepts logins that begin at JumpCloud by a click on its portal, or no longer. Nothing ties these
        /// to the browser that brings them, so that somebody could be logged in as somebody else without
        /// noticing. JumpCloud's field *Login URL* makes the portal begin at the service instead.
        #[must_use]
        pub fn allow_idp_initiated(self, allow: bool) -> Self {
            self.change($crate::Change::AllowIdpInitiated(allow))
        }

        /// Accepts signatures that rely on SHA-1, which is broken, or no longer.
        #[must_use]
        pub fn insecure_allow_sha1(self, allow: bool) -> Self {
            self.change($crate::Change::InsecureAllowSha1(allow))
        }

        /// Decrypts assertions by AES-CBC, whose content anybody can change, or no longer.
        #[must_use]
        pub fn insecure_allow_aes_cbc(self, allow: bool) -> Self {
            self.change($crate::Change::InsecureAllowAesCbc(allow))
        }

        /// Refuses logins by a certificate that is not yet or no longer valid, or no longer refuses them.
        /// Without this they are accepted with a warning: what is trusted is the pinned key, and an expiry
        /// that nobody noticed would lock everybody out.
        #[must_use]
        pub fn enforce_certificate_dates(self, enforce: bool) -> Self {
            self.change($crate::Change::EnforceCertificateDates(enforce))
        }

        /// Accepts e-mail addresses of any domain, as unverified ones ([`Login::email_is_verified`]), or no
        /// longer. The service must then never take an address for proof of who somebody is.
        ///
        /// [`Login::email_is_verified`]: $crate::Login::email_is_verified
        #[must_use]
        pub fn accept_any_email_domain(self, accept: bool) -> Self {
            self.change($crate::Change::AcceptAnyEmailDomain(accept))
        }

        /// Accepts signatures by these algorithms only, or by all that are secure where there are none.
        #[must_use]
        pub fn algorithms(self, algorithms: impl IntoIterator<Item = $crate::SignatureAlgorithm>) -> Self {
            self.change($crate::Change::Algorithms(algorithms.into_iter().collect()))
        }

        /// Has the second implementation of the settings agree to every login, or no longer. Refused where
        /// the settings have none ([`Settings::cross_verifier`]).
        ///
        /// [`Settings::cross_verifier`]: $crate::Settings::cross_verifier
        #[must_use]
        pub fn cross_verify(self, verify: bool) -> Self {
            self.change($crate::Change::CrossVerify(verify))
        }

        /// Refuses logins by a Response that carries no signature of its own, even where its assertion is
        /// signed, or no longer. By default either signature suffices (profiles §4.1.4.5). In JumpCloud, set
        /// *Sign* to *Response* or to both.
        #[must_use]
        pub fn require_signed_response(self, require: bool) -> Self {
            self.change($crate::Change::RequireSignedResponse(require))
        }

        /// Asks the identity provider to authenticate users in one of these ways, in the order of preference:
        /// the URIs of authentication context classes (core §3.3.2.2.1), at most 16. Without any, it decides.
        #[must_use]
        pub fn request_authn_contexts(self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.change($crate::Change::RequestAuthnContexts(classes.into_iter().map(Into::into).collect()))
        }

        /// Refuses logins by an assertion that names none of these ways of authentication: the URIs of
        /// authentication context classes (core §2.7.2.2), compared exactly, at most 16. Without any, all
        /// ways are accepted.
        #[must_use]
        pub fn require_authn_contexts(self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.change($crate::Change::RequireAuthnContexts(classes.into_iter().map(Into::into).collect()))
        }

        /// Adds a private key for encrypted assertions, PEM. It is sealed before it is kept. JumpCloud sends
        /// none.
        ///
        /// The key that was the newest before goes on decrypting, so that the identity provider can be given
        /// the new one meanwhile; one that is older still is forgotten.
        #[must_use]
        pub fn decryption_key(self, pem: &str) -> Self {
            self.change($crate::Change::AddDecryptionKey(pem.to_owned()))
        }

        /// Makes a change.
        #[must_use]
        pub fn change(mut self, change: $crate::Change) -> Self {
            change.add_to(&mut self.changes);
            self
        }
    };
}
