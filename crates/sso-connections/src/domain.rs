//! E-mail domains, and how an organization proves that one is its own.

mod challenge;
mod dispute;
mod domains;
mod error;
mod lookup;
mod recheck;

pub use challenge::DomainChallenge;
pub use domains::Domains;
pub use error::DomainError;
pub use lookup::{LookupError, TxtLookup};
pub use recheck::{AbsentDomain, DomainMove, DomainReport};
