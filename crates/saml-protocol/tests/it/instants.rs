//! xs:dateTime.

use std::time::{Duration, SystemTime};

use saml_protocol::{format_instant, parse_instant};

use crate::now;

#[test]
fn instants_are_read_in_full() {
    for (text, milliseconds) in [
        ("2027-01-15T08:00:00Z", 0),
        ("2027-01-15T08:00:00.5Z", 500),
        ("2027-01-15T08:00:00.123456789Z", 123),
        ("2027-01-15T09:30:00+01:30", 0),
        ("2027-01-14T18:00:00.250-14:00", 250),
        ("2027-01-15T08:00:00+00:00", 0),
        (" 2027-01-15T08:00:00Z\n", 0),
    ] {
        let instant = parse_instant(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(instant.duration_since(now()).unwrap().as_millis(), milliseconds, "{text}");
    }
    assert_eq!(
        parse_instant("1969-12-31T23:59:59Z"),
        SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1))
    );
    assert!(parse_instant("2028-02-29T00:00:00Z").is_some());
}

#[test]
fn what_is_no_instant_is_refused() {
    for text in [
        "",
        "2027-01-15",
        "2027-01-15T08:00:00",
        "2027-01-15T08:00Z",
        "2027-01-15T08:00:00.Z",
        "2027-01-15T08:00:00.123456789012345678901234567890123Z",
        "9999-12-31T23:59:59-14:00",
        "2027-01-15T24:00:00Z",
        "2027-01-15T08:60:00Z",
        "2016-12-31T23:59:60Z",
        "2027-02-29T00:00:00Z",
        "2027-13-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2027-01-15t08:00:00Z",
        "2027-01-15T08:00:00z",
        "2027-01-15 08:00:00Z",
        "2027-01-15T08:00:00+14:01",
        "2027-01-15T08:00:00+1:00",
        "2027-01-15T08:00:00+01:60",
        "2027-01-15T08:00:00ZZ",
        "２027-01-15T08:00:00Z",
        "2027-01-15T08:00:00,5Z",
    ] {
        assert_eq!(parse_instant(text), None, "{text}");
    }
}

#[test]
fn instants_are_written_as_jumpcloud_does() {
    assert_eq!(format_instant(now()).unwrap(), "2027-01-15T08:00:00.000Z");
    assert_eq!(format_instant(now() + Duration::from_millis(45)).unwrap(), "2027-01-15T08:00:00.045Z");
    assert_eq!(format_instant(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::MAX / 4)), None);
}

#[test]
fn fractions_have_32_digits_at_most_and_nine_of_them_count() {
    let fraction = |digits: usize| parse_instant(&format!("2027-01-15T08:00:00.{}Z", "1".repeat(digits)));
    let nanosecond = Duration::from_nanos(111_111_111);
    for digits in [9, 10, 32] {
        assert_eq!(fraction(digits), Some(now() + nanosecond), "{digits}");
    }
    assert_eq!(fraction(33), None);
}

#[test]
fn instants_before_1970_are_written_too() {
    let second = Duration::from_secs(1);
    let before = SystemTime::UNIX_EPOCH - second;
    assert_eq!(format_instant(before).as_deref(), Some("1969-12-31T23:59:59.000Z"));
    assert_eq!(parse_instant("1969-12-31T23:59:59Z"), Some(before));
}
