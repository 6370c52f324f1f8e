//! Replies of the server.

use std::fmt;

use sso_store::StoreError;

/// The error for a reply that the protocol does not have: what was asked for is then refused.
pub(crate) fn unexpected<T: fmt::Debug>(reply: T) -> StoreError {
    let reply: String = format!("{reply:?}").chars().take(64).collect();
    StoreError::new(format!("the Redis server gave a reply that is not expected here: {reply}"))
}
