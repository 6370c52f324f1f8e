use std::time::Duration;

use sso_session::{Purpose, SealError, Sealer};

use crate::{OTHER_SECRET, SECRET, now, secret};

fn sealer() -> Sealer {
    Sealer::new(&secret(&SECRET), Purpose::LoginCookie).unwrap()
}

#[test]
fn what_was_sealed_opens_until_it_expires() {
    let until = now() + Duration::from_secs(600);
    let sealed = sealer().seal(b"payload", b"context", until).unwrap();
    assert_eq!(sealer().open(&sealed, b"context", now()).unwrap().payload(), b"payload");
    let opened = sealer().open(&sealed, b"context", until - Duration::from_secs(1)).unwrap();
    assert_eq!((opened.payload(), opened.expires_at()), (b"payload".as_slice(), until));
    assert_eq!(sealer().open(&sealed, b"context", until), Err(SealError::Expired));
    assert_ne!(sealed, sealer().seal(b"payload", b"context", until).unwrap());
    assert!(
        sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')),
        "{sealed}"
    );
}

#[test]
fn another_context_purpose_or_secret_does_not_open_it() {
    let until = now() + Duration::from_secs(600);
    let sealed = sealer().seal(b"payload", b"context", until).unwrap();
    assert_eq!(sealer().open(&sealed, b"other", now()), Err(SealError::Forged));
    let other = Sealer::new(&secret(&SECRET), Purpose::Session).unwrap();
    assert_eq!(other.open(&sealed, b"context", now()), Err(SealError::Forged));
    let other = Sealer::new(&secret(&OTHER_SECRET), Purpose::LoginCookie).unwrap();
    assert_eq!(other.open(&sealed, b"context", now()), Err(SealError::Forged));
}

#[test]
fn what_was_changed_does_not_open() {
    let until = now() + Duration::from_secs(600);
    let sealed = sealer().seal(b"payload", b"", until).unwrap();
    for at in 0..sealed.len() {
        let other = if &sealed[at..=at] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &sealed[..at], &sealed[at + 1..]);
        assert_eq!(sealer().open(&changed, b"", now()), Err(SealError::Forged), "{at}");
        assert_eq!(sealer().open(&sealed[..at], b"", now()), Err(SealError::Forged), "{at}");
    }
    assert_eq!(sealer().open("*", b"", now()), Err(SealError::Forged));
}

#[test]
fn a_cookie_has_room_for_it() {
    let until = now() + Duration::from_secs(600);
    let most = vec![b'x'; 4096 / 4 * 3 - 12 - 16 - 8];
    let sealed = sealer().seal(&most, b"", until).unwrap();
    assert_eq!(sealer().open(&sealed, b"", now()).unwrap().payload(), most);
    assert_eq!(sealer().seal(&[most.as_slice(), b"x"].concat(), b"", until), Err(SealError::TooLong));
    assert_eq!(sealer().open(&"A".repeat(4097), b"", now()), Err(SealError::TooLong));
}
