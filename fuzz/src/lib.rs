//! Fuzz targets of jumpcloud-sso.

mod targets;

pub use targets::*;
