//! The form field: B07, B08 and D01.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jumpcloud_sso_testkit::Sign;

use crate::case::{Suite, Verdict};
use crate::doc::Doc;

pub(crate) fn cases(suite: &mut Suite) {
    // Wherever these characters come to stand in groups of three, one makes a slash and one a plus.
    let xml = Doc::signed(Sign::Assertion).before("<saml2p:Status>", "<!--???>>>-->").bytes();
    // One byte more than groups of three have, so that there are two characters of padding to play with.
    let padded = [xml.clone(), vec![b' '; 4 - xml.len() % 3]].concat();
    let field = STANDARD.encode(&padded);
    assert!(field.ends_with("==") && field.contains('+') && field.contains('/'), "nothing to play with");
    let bare = field.trim_end_matches('=');
    let accepted = || Verdict::Accepted("bjensen@acme.test".to_owned());
    suite.field("B08", "strict base64", field.clone(), accepted());
    let lines: String =
        field.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    suite.field("B08", "lines of 76 characters", lines, accepted());
    suite.twin("B08-strict-base64");
    for (what, text) in [
        ("the alphabet of URLs", URL_SAFE.encode(&padded)),
        ("the alphabet of URLs, without padding", URL_SAFE_NO_PAD.encode(&padded)),
        ("no padding", bare.to_owned()),
        ("too much padding", format!("{field}=")),
        ("a NUL in it", format!("{}\0{}", bare.get(..8).expect("text"), field.get(8..).expect("text"))),
        ("something behind it", format!("{field}!")),
        ("a second block behind it", format!("{field}{field}")),
        ("a percent sign", field.replacen("PD94", "PD9%34", 1)),
        ("a quote in front", format!("\"{field}")),
        ("the address of data", format!("data:text/xml;base64,{field}")),
        ("a non-breaking space", format!("\u{a0}{field}")),
        ("the XML itself", String::from_utf8(xml.clone()).expect("text")),
    ] {
        suite.field("B08", what, text, Verdict::Refused("binding.base64"));
    }
    suite.field("B08", "nothing", String::new(), Verdict::Refused("binding.empty"));
    suite.field("B08", "white space", " \r\n ".to_owned(), Verdict::Refused("binding.empty"));
    suite.field("B08", "base64 twice", STANDARD.encode(&field), Verdict::Refused("xml.structure"));
    let deflated = "fZDBasMwDIZfxfjeJHbXdTFJYFAKhe2yjB12GZqjtgZHMpZM+/hLO9g9FfTrR/8nqb8+XKLuGIsPPGizbTVg9DwGvgz6/XTcvOjnQZdLcJMUmmhQy0BRwgxSBn0TSa5pIiWY3MOvM5LziZcZ";
    suite.field("B07", "a deflated message", deflated.to_owned(), Verdict::Refused("xml.encoding"));
    suite.field("D01", "ten million characters", "A".repeat(10_000_000), Verdict::Refused("limit.input"));
}
