//! What to change where something was refused.

use saml_sp::{FieldError, LoginError, Warning};
use sso_connections::{DomainError, ProvisioningRefusal, Refusal};
use sso_session::SessionRefusal;

use crate::code::hint_of;
use crate::diagnosis::Diagnose as _;

/// Something with a code, and so with a hint.
///
/// ```
/// use jumpcloud_sso_hints::Hint;
/// use sso_connections::ProvisioningRefusal;
///
/// assert!(ProvisioningRefusal::NoUser.hint().ends_with('.'));
/// ```
pub trait Hint {
    /// Returns what to change, in JumpCloud or in the service.
    fn hint(&self) -> &'static str;
}

impl Hint for LoginError {
    fn hint(&self) -> &'static str {
        self.diagnosis().hint
    }
}

impl Hint for Warning {
    fn hint(&self) -> &'static str {
        hint_of(self.code)
    }
}

/// Gives the hint of the code.
macro_rules! hints {
    ($($error:ty),* $(,)?) => {
        $(
            impl Hint for $error {
                fn hint(&self) -> &'static str {
                    hint_of(self.code())
                }
            }
        )*
    };
}

hints! { DomainError, FieldError, ProvisioningRefusal, Refusal, SessionRefusal }
