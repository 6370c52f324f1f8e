//! The stores of `jumpcloud-sso` in Redis, for services of more than one process.
//!
//! What Redis is best at here is remembering what was used and what was revoked. [`RedisStore`] keeps
//! connections, domains and events too, so that a service without another database needs none; where there is
//! one, `jumpcloud-sso-postgres` is the better home for those, and both can be used side by side, this one
//! for the claims alone: see `sso_store::Stores`.
//!
//! ```no_run
//! use jumpcloud_sso_redis::RedisStore;
//! use sso_store::Stores;
//!
//! # async fn set_up() -> Result<(), Box<dyn std::error::Error>> {
//! // What the parts of `jumpcloud-sso` take.
//! let stores = Stores::from(RedisStore::connect("redis://localhost:6379").await?);
//! # let _ = stores;
//! # Ok(())
//! # }
//! ```
//!
//! # What it relies on
//! Over each connection that is made, the server is asked before anything else, and one that forgets is
//! refused; likewise every minute ([`RedisStore::check_every`]), as settings change:
//! - `appendonly yes`: without it a restart forgets every claim, and each assertion of the last minutes could
//!   be used again. With `appendfsync always`, a claim that was confirmed is on the disk. With `everysec`,
//!   the default, it survives the death of the server's process as a rule, and the last second may be lost
//!   with the whole machine; where the disk is too slow for that, the last two, and with the process. `no` is
//!   refused where the server tells (`CONFIG GET`).
//! - `maxmemory-policy noeviction`: any other one deletes claims when memory runs short.
//!
//! After a failover to a replica, what had not reached it could be claimed again: Redis replicates
//! asynchronously.
//!
//! The connection is made anew by itself when it breaks. While the server is down, whatever needs it fails
//! within seconds, and what it was for is refused. Expired claims go away by themselves, by the server's
//! clock.
//!
//! A process of the former version may go on using the same keys while it is being replaced. What it saves
//! counts as enforced until a process of this version has saved it, or has looked into it. What it revokes is
//! seen by every session that is verified; neither this nor the connections that it saves are among the
//! [changes](sso_store::SessionStore::changes) that are told. Prune once there is none left: it numbers
//! events by their places.

mod claims;
mod connections;
mod domains;
mod events;
mod link;
mod logins;
mod maintenance;
mod reply;
mod script;
mod sessions;
mod store;
mod time;

pub use store::RedisStore;
