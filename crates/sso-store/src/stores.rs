//! The stores that a service holds.

use std::fmt;
use std::sync::Arc;

use crate::claim::ClaimStore;
use crate::connection::ConnectionStore;
use crate::domain::DomainStore;
use crate::event::EventStore;
use crate::login::LoginStore;
use crate::maintenance::Maintenance;
use crate::memory::MemoryStore;
use crate::session::SessionStore;

/// All traits of a store in one.
pub trait Store:
    ClaimStore + SessionStore + ConnectionStore + LoginStore + DomainStore + EventStore + Maintenance
{
}

impl<S> Store for S where
    S: ClaimStore + SessionStore + ConnectionStore + LoginStore + DomainStore + EventStore + Maintenance
{
}

/// The stores that a service holds, one for each trait. Cheap to clone.
///
/// All but `claims` have to be the same store: a change goes with its events in one transaction, and one call
/// of [`SessionStore::authorize`] looks at revocations and connections. Claims may be kept elsewhere:
///
/// ```
/// use std::sync::Arc;
/// use sso_store::{MemoryStore, Stores};
///
/// let (database, cache) = (MemoryStore::default(), MemoryStore::default());
/// let stores = Stores { claims: Arc::new(cache), ..Stores::from(database) };
/// # let _ = stores;
/// ```
#[derive(Clone)]
pub struct Stores {
    /// Remembers what was used once.
    pub claims: Arc<dyn ClaimStore>,
    /// Remembers which sessions were revoked.
    pub sessions: Arc<dyn SessionStore>,
    /// Keeps connections.
    pub connections: Arc<dyn ConnectionStore>,
    /// Keeps logins and attempts.
    pub logins: Arc<dyn LoginStore>,
    /// Keeps domains.
    pub domains: Arc<dyn DomainStore>,
    /// Keeps the audit log.
    pub events: Arc<dyn EventStore>,
    /// Removes what is old.
    pub maintenance: Arc<dyn Maintenance>,
}

impl Stores {
    /// Uses one store for everything.
    #[must_use]
    pub fn new<S: Store + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            claims: store.clone(),
            sessions: store.clone(),
            connections: store.clone(),
            logins: store.clone(),
            domains: store.clone(),
            events: store.clone(),
            maintenance: store,
        }
    }
}

impl<S: Store + 'static> From<S> for Stores {
    fn from(store: S) -> Self {
        Self::new(store)
    }
}

impl From<&MemoryStore> for Stores {
    fn from(store: &MemoryStore) -> Self {
        Self::new(store.clone())
    }
}

impl From<&Stores> for Stores {
    fn from(stores: &Stores) -> Self {
        stores.clone()
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
