use std::collections::BTreeSet;

use sso_store::Stores;
use tokio::task::JoinHandle;

use crate::rows::{event, what};
use crate::support::{begin, finish, unique};

/// Events are read in their order, each organization's own, and whoever reads on misses none.
pub async fn events(store: &Stores) {
    events_are_read_in_pages(store).await;
    a_reader_misses_no_event(store).await;
}

async fn events_are_read_in_pages(store: &Stores) {
    let (acme, other) = (unique("acme"), unique("other"));
    store.events.append(&[]).await.unwrap();
    for number in 0..5 {
        let happened = format!("it's {number}");
        store.events.append(&[event(&acme, &happened), event(&other, &happened)]).await.unwrap();
    }
    assert!(store.events.events(&acme, 0, 0).await.unwrap().is_empty());
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.events.events(&acme, after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        assert!(*last > after && page.len() <= 2, "numbers rise");
        after = *last;
        read.extend(page.iter().map(|(_, event)| what(event).to_owned()));
    }
    assert_eq!(read, ["it's 0", "it's 1", "it's 2", "it's 3", "it's 4"]);
}

/// Whoever reads on from the last number that they have seen has seen everything before it.
async fn a_reader_misses_no_event(store: &Stores) {
    const WRITERS: usize = 6;
    const APPENDS: usize = 40;
    let organization = unique("acme");
    let writers = begin(WRITERS, |writer| {
        let (store, organization) = (store.clone(), organization.clone());
        async move {
            for number in 0..APPENDS {
                store.events.append(&[event(&organization, &format!("{writer}-{number}"))]).await.unwrap();
            }
        }
    });
    let (mut seen, mut after) = (BTreeSet::new(), 0);
    loop {
        let is_over = writers.iter().all(JoinHandle::is_finished);
        let page = store.events.events(&organization, after, 3).await.unwrap();
        if is_over && page.is_empty() {
            break;
        }
        for (number, event) in page {
            assert!(number > after, "numbers rise");
            after = number;
            assert!(seen.insert(event.json), "read twice");
        }
        tokio::task::yield_now().await;
    }
    finish(writers).await;
    assert_eq!(seen.len(), WRITERS * APPENDS, "a reader has missed events");
}
