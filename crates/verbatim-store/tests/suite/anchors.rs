//! What witnesses and time authorities have said.

use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    cosignatures_are_read_back,
    timestamps_are_read_back,
}

fn cosignature(witness: &str, size: u64, time: i64) -> Cosignature {
    Cosignature {
        size,
        witness: witness.to_owned(),
        line: format!("\u{2014} {witness} {size}/{time}"),
        at: at(time),
    }
}

fn timestamp(authority: &str, size: u64, time: i64) -> LogTimestamp {
    LogTimestamp {
        size,
        authority: authority.to_owned(),
        request: vec![1, 2],
        response: vec![3; 5_000],
        at: at(time),
    }
}

async fn commit(w: &World, changes: Vec<Change>) {
    let fence = None;
    w.store
        .commit(Commit { fence, changes })
        .await
        .expect("commit");
}

async fn cosignatures_are_read_back(w: &World) {
    let store = &w.store;
    assert_eq!(store.latest_cosignature("a").await, Ok(None));
    assert_eq!(store.cosignatures(5).await, Ok(Vec::new()));
    let all = [
        cosignature("b", 5, 1),
        cosignature("a", 7, 2),
        cosignature("a", 5, 3),
    ];
    commit(w, all.clone().map(Change::PutCosignature).into()).await;
    let [b, a, early] = all;
    assert_eq!(store.latest_cosignature("a").await, Ok(Some(a)));
    assert_eq!(store.latest_cosignature("b").await, Ok(Some(b.clone())));
    assert_eq!(store.cosignatures(5).await, Ok(vec![early, b.clone()]));
    let again = cosignature("a", 5, 9);
    commit(w, vec![Change::PutCosignature(again.clone())]).await;
    assert_eq!(store.cosignatures(5).await, Ok(vec![again, b]));
}

async fn timestamps_are_read_back(w: &World) {
    let store = &w.store;
    assert_eq!(store.latest_timestamp("a").await, Ok(None));
    assert_eq!(store.timestamp_up_to(100).await, Ok(None));
    let all = [
        timestamp("a", 7, 1),
        timestamp("b", 5, 2),
        timestamp("a", 9, 3),
        timestamp("b", 7, 4),
    ];
    commit(w, all.clone().map(Change::AddTimestamp).into()).await;
    let [a7, b5, a9, b7] = all;
    assert_eq!(store.latest_timestamp("a").await, Ok(Some(a9.clone())));
    for (size, expected) in [
        (4, None),
        (5, Some(&b5)),
        (6, Some(&b5)),
        // Two authorities: the first that was kept.
        (7, Some(&a7)),
        (8, Some(&a7)),
        (100, Some(&a9)),
    ] {
        assert_eq!(store.timestamp_up_to(size).await, Ok(expected.cloned()));
    }
    let listed = store.timestamps(0, 3).await;
    assert_eq!(listed, Ok(vec![b5, a7, b7.clone()]));
    assert_eq!(store.timestamps(7, 10).await, Ok(vec![a9]));
}
