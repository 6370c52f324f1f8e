//! `xs:dateTime` as SAML uses it (core §1.3.3; XML Schema part 2 §3.2.7).

use std::borrow::Cow;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use time::format_description::well_known::{Iso8601, Rfc3339};

use crate::space::WHITE_SPACE;

/// Any number of digits is allowed; more than this is no time but a flood.
const MAX_FRACTION_DIGITS: usize = 32;

/// Finer than a nanosecond is nothing that a clock says, and is cut off.
const KEPT_FRACTION_DIGITS: usize = 9;

/// Milliseconds, as JumpCloud sends them, and SAML core §1.3.3 asks not to rely on more.
const MILLISECONDS: EncodedConfig = Config::DEFAULT
    .set_time_precision(TimePrecision::Second { decimal_digits: std::num::NonZeroU8::new(3) })
    .encode();

/// Reads an instant: fractions of up to 32 digits, of which nine are kept, `Z` or an offset of up to 14
/// hours.
///
/// The zone is required: SAML wants UTC (core §1.3.3), and an instant without one would be guesswork.
/// `24:00:00`, leap seconds and years of other than four digits have no place in a message that is valid for
/// minutes.
#[must_use]
pub fn parse_instant(text: &str) -> Option<SystemTime> {
    let text = text.trim_matches(WHITE_SPACE);
    if !has_the_form(text) {
        return None;
    }
    let instant = OffsetDateTime::parse(&without_excess(text), &Rfc3339).ok().map(SystemTime::from)?;
    // At the edges of the calendar an offset leads beyond it.
    format_instant(instant).map(|_| instant)
}

/// Without the digits of the fraction that nobody keeps.
fn without_excess(text: &str) -> Cow<'_, str> {
    let Some((seconds, rest)) = text.split_once('.') else { return text.into() };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, zone) = rest.split_at(digits);
    match fraction.get(..KEPT_FRACTION_DIGITS) {
        Some(kept) if kept.len() < digits => format!("{seconds}.{kept}{zone}").into(),
        _ => text.into(),
    }
}

/// Writes an instant in UTC with milliseconds, such as `2026-11-23T17:00:00.000Z`. `None` outside of the
/// years 0 to 9999.
#[must_use]
pub fn format_instant(instant: SystemTime) -> Option<String> {
    let nanoseconds = match instant.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?.format(&Iso8601::<MILLISECONDS>).ok()
}

/// The lexical form. The library that computes the value is laxer here and there.
fn has_the_form(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > MAX_FRACTION_DIGITS {
                return false;
            }
            fraction.split_at(digits).1
        }
    };
    matches_pattern(date_time, "0000-00-00T00:00:00")
        && !date_time.ends_with("60")
        && (zone == "Z" || (matches_pattern(zone.get(1..).unwrap_or(""), "00:00") && is_offset(zone)))
}

/// Whether `text` has a digit for every `0` of `pattern` and is the same elsewhere.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}

/// XML Schema part 2 §3.2.7.3: offsets reach from -14:00 to +14:00.
fn is_offset(zone: &str) -> bool {
    zone.starts_with(['+', '-']) && zone.get(1..).is_some_and(|offset| offset <= "14:00")
}
