//! Leases by the store's clock, and the fence.

use std::time::Instant;

use verbatim_domain::Duration;
use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    one_holder_at_a_time,
    an_ended_lease_goes_to_anyone,
    giving_back_ends_it_at_once,
    a_lost_fence_writes_nothing,
    leases_have_names,
    row_leases,
}

const LONG: Duration = Duration::from_secs(600);
const NONE: Duration = Duration::from_millis(0);

async fn take(w: &World, holder: &str, duration: Duration) -> Option<u64> {
    let fence = w
        .store
        .take_lease("worker", holder, duration)
        .await
        .expect("lease");
    fence.map(|fence| fence.generation)
}

async fn one_holder_at_a_time(w: &World) {
    assert_eq!(take(w, "a", LONG).await, Some(1));
    assert_eq!(take(w, "b", LONG).await, None);
    assert_eq!(
        take(w, "a", LONG).await,
        Some(1),
        "the same holder keeps the generation"
    );
}

async fn an_ended_lease_goes_to_anyone(w: &World) {
    assert_eq!(take(w, "a", NONE).await, Some(1));
    assert_eq!(take(w, "b", NONE).await, Some(2));
    assert_eq!(take(w, "a", LONG).await, Some(3));
    assert_eq!(take(w, "b", LONG).await, None);
}

async fn giving_back_ends_it_at_once(w: &World) {
    let fence = w.store.take_lease("worker", "a", LONG).await.unwrap();
    w.store
        .release_lease("worker", "b")
        .await
        .expect("not b's to give");
    assert_eq!(take(w, "b", LONG).await, None);
    w.store
        .release_lease("worker", "a")
        .await
        .expect("released");
    let late = Commit {
        fence,
        changes: vec![],
    };
    assert_eq!(w.store.commit(late).await, Err(StoreError::Fenced));
    let next = take(w, "b", LONG).await.expect("free");
    assert!(next > fence.unwrap().generation);
}

async fn a_lost_fence_writes_nothing(w: &World) {
    let nobody = Some(Fence { generation: 1 });
    let set = |value: &str| vec![Change::SetCursor("c".into(), value.into())];
    let early = Commit {
        fence: nobody,
        changes: set("early"),
    };
    assert_eq!(
        w.store.commit(early).await,
        Err(StoreError::Fenced),
        "nobody has the lease"
    );

    let old = w.store.take_lease("worker", "a", NONE).await.unwrap();
    let good = Commit {
        fence: old,
        changes: set("good"),
    };
    assert_eq!(w.store.commit(good).await, Ok(()));
    let new = w.store.take_lease("worker", "b", LONG).await.unwrap();
    let late = Commit {
        fence: old,
        changes: set("late"),
    };
    assert_eq!(w.store.commit(late).await, Err(StoreError::Fenced));
    assert_eq!(w.store.cursor("c").await, Ok(Some("good".into())));

    let key = RowKey {
        kind: "k".into(),
        k1: String::new(),
        k2: String::new(),
    };
    let put = || vec![RowChange::Put(key.clone(), b"x".to_vec())];
    assert_eq!(
        w.crypto.apply("ns", old, put()).await,
        Err(StoreError::Fenced)
    );
    assert_eq!(w.crypto.get("ns", &key).await, Ok(None));
    assert_eq!(w.crypto.apply("ns", new, put()).await, Ok(()));
    assert_eq!(w.crypto.get("ns", &key).await, Ok(Some(b"x".to_vec())));
}

async fn leases_have_names(w: &World) {
    assert!(
        w.store
            .take_lease("one", "a", LONG)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        w.store
            .take_lease("two", "b", LONG)
            .await
            .unwrap()
            .is_some()
    );
}

/// `facts/matrix.md` section 5, rule 6: a lease of no length is free a millisecond later; the time is
/// the database's.
async fn row_leases(w: &World) {
    let generation = |lease: Result<Option<RowLease>, StoreError>| {
        lease.expect("lease").map(|lease| lease.generation)
    };
    let take = |ns, holder, ms| w.crypto.lease(ns, "lock", holder, ms);
    assert_eq!(generation(take("d1", "a", 100).await), Some(1));
    assert_eq!(generation(take("d1", "b", 100).await), None);
    assert_eq!(
        generation(take("d2", "b", 100).await),
        Some(1),
        "namespaces are apart"
    );
    #[allow(clippy::disallowed_methods, reason = "measures the database's clock")]
    let begun = Instant::now();
    let taken = loop {
        if let Some(generation) = generation(take("d1", "b", 60_000).await) {
            break generation;
        }
        assert!(begun.elapsed().as_secs() < 30, "the lease never ended");
    };
    assert_eq!(taken, 2);
    assert_eq!(generation(take("d1", "b", 60_000).await), Some(2));
    assert_eq!(generation(take("d1", "a", 100).await), None);
}
