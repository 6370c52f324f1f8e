//! By how much clocks may differ.

use std::time::Duration;

/// The tolerance for the clock of another party where nothing else is configured.
pub const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The largest tolerance for the clock of another party that can be configured. More than five minutes is a
/// wrong clock rather than skew, and doubles the life of JumpCloud's assertions.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

/// By how much the clocks of a service's own machines, and of its store, may differ. Whatever is remembered
/// is kept for this much longer than the last instant at which the thing could be accepted: a machine whose
/// clock is behind would still accept it.
pub const CLOCK_ALLOWANCE: Duration = Duration::from_secs(300);
