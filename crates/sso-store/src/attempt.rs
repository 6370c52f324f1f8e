//! Attempts to log in.

use std::time::SystemTime;

/// How many attempts the ring of [`Ring::Proven`] holds, and that of [`Ring::Unproven`].
pub const ATTEMPTS_KEPT: (usize, usize) = (200, 50);

/// An attempt to log in through a connection, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The connection.
    pub connection: String,
    /// The ring that it goes into.
    pub ring: Ring,
    /// The reference that the browser was shown, or what else names the attempt.
    pub reference: String,
    /// The stable code of what happened.
    pub code: String,
    /// When it was. A store may keep whole milliseconds.
    pub at: SystemTime,
    /// How many attempts it stands for, at least one.
    pub count: u64,
    /// What happened, which a store keeps as it is.
    pub json: String,
}

/// A bounded log of the attempts through one connection. Neither ring takes anything from the other: what
/// anybody can send does not push out what only members and the identity provider can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ring {
    /// Attempts whose signature held or whose login cookie opened. Holds the latest 200, each by itself.
    Proven,
    /// All others. Holds 50, one for each code: an attempt takes the place of the former one with its code,
    /// and adds its [count](AttemptRow::count) to that one's. Beyond fifty codes the one that has not
    /// been seen for longest goes.
    Unproven,
}

impl Ring {
    /// Returns how many attempts the ring holds.
    #[must_use]
    pub const fn capacity(self) -> usize {
        match self {
            Self::Proven => ATTEMPTS_KEPT.0,
            Self::Unproven => ATTEMPTS_KEPT.1,
        }
    }
}
