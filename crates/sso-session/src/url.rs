//! What holds for every URL that logins pass through.

use url::{Host, Url};

/// Returns whether a URL leads to the machine that asks for it.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Checks what holds for every URL that logins pass through: https, or http on loopback; without credentials
/// and fragment.
///
/// # Errors
/// What is wrong with it, as a clause.
pub fn check_url(url: &Url) -> Result<(), &'static str> {
    if url.host().is_none() {
        return Err("it has no host");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => return Err("it is http, which is for loopback addresses only; use https"),
        _ => return Err("its scheme is not https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds credentials");
    }
    if url.fragment().is_some() {
        return Err("it has a fragment");
    }
    Ok(())
}
