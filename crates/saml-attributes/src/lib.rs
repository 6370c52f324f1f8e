//! From the attributes of an accepted assertion to the profile of a user.
//!
//! What JumpCloud calls "user attributes" is a table with the service's name on the left and JumpCloud's on
//! the right. [`AttributeMap`] is the service's side of it: which names stand for e-mail address, first name,
//! last name and groups. The default knows `email`, `firstName`, `lastName` and what other products call the
//! same, so that usually nothing needs to be configured. Where a name is missing, the error lists the names
//! that came, since a typo is then plain.
//!
//! ```
//! use saml_attributes::AttributeMap;
//!
//! let map = AttributeMap::default().groups("Roles").last_name_required();
//! # use saml_attributes::AttributeError;
//! # use saml_protocol::AcceptedAssertion;
//! # fn login(map: &AttributeMap, accepted: &AcceptedAssertion) -> Result<(), AttributeError> {
//! let profile = map.profile(accepted)?;
//! println!("{} {:?}", profile.email(), profile.first_name());
//! # Ok(()) }
//! ```

mod codes;
mod error;
mod field;
mod map;
mod profile;
mod received;

pub use codes::CODES;
pub use error::{AttributeError, AttributeWarning};
pub use field::Field;
pub use map::AttributeMap;
pub use profile::UserProfile;
