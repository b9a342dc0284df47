//! Tiles and checkpoints: kept once, never two histories.

use verbatim_domain::Timestamp;
use verbatim_engine::ports::*;
use verbatim_record::Kind;

use super::cases;
use super::world::*;

cases! {
    nothing_is_signed_yet,
    tiles_are_kept_once,
    checkpoints_only_grow,
    what_is_kept_is_bounded,
    leaves_are_read_by_position,
}

async fn nothing_is_signed_yet(w: &World) {
    assert_eq!(w.store.latest_checkpoint().await, Ok(None));
    assert_eq!(w.store.checkpoints(0, 10).await, Ok(vec![]));
    assert_eq!(w.store.log_tile(0, 0).await, Ok(None));
    assert_eq!(w.store.leaves(0, 10).await, Ok(vec![]));
}

fn tile(level: u8, index: u64, byte: u8) -> LogTile {
    let hashes = vec![byte; 8192];
    LogTile {
        level,
        index,
        hashes,
    }
}

async fn tiles_are_kept_once(w: &World) {
    let add = async |tiles: Vec<LogTile>| {
        let changes = vec![Change::AddTiles(tiles)];
        let fence = None;
        w.store.commit(Commit { fence, changes }).await
    };
    add(vec![tile(0, 0, 1), tile(0, 1, 2), tile(1, 0, 3)])
        .await
        .expect("kept");
    // Again is no harm; otherwise is.
    add(vec![tile(0, 1, 2), tile(0, 2, 4)]).await.expect("kept");
    let other = add(vec![tile(0, 3, 5), tile(1, 0, 9)]).await;
    assert!(matches!(other, Err(StoreError::Damaged(_))), "{other:?}");
    for (level, index, byte) in [
        (0, 0, Some(1)),
        (0, 1, Some(2)),
        (0, 2, Some(4)),
        (1, 0, Some(3)),
        (0, 3, None),
        (1, 1, None),
    ] {
        let kept = w.store.log_tile(level, index).await.expect("read");
        assert_eq!(kept, byte.map(|b| vec![b; 8192]), "{level}/{index}");
    }
}

/// Appends records and answers the root over all of them.
async fn appended(w: &World, count: usize) -> LogRoot {
    for _ in 0..count {
        let new = NewRecord {
            conversation: None,
            sealed: w.record(Kind::Config, 1),
            about: None,
        };
        w.commit(vec![Change::Append(new)]).await;
    }
    w.store.log_root().await.expect("root")
}

fn checkpoint(root: &LogRoot) -> SignedCheckpoint {
    SignedCheckpoint {
        size: root.size,
        root: root.root,
        at: Timestamp(5),
        note: format!("note of {}\n", root.size),
    }
}

async fn checkpoints_only_grow(w: &World) {
    w.install().await;
    let add = async |checkpoint: SignedCheckpoint| {
        let changes = vec![Change::AddCheckpoint(checkpoint)];
        let fence = None;
        w.store.commit(Commit { fence, changes }).await
    };
    let first = checkpoint(&appended(w, 2).await);
    let second = checkpoint(&appended(w, 3).await);
    add(first.clone()).await.expect("kept");
    // The answer was lost, say.
    add(first.clone()).await.expect("kept");
    let mut forked = second.clone();
    forked.root[0] ^= 1;
    let beyond = SignedCheckpoint {
        size: 6,
        ..second.clone()
    };
    for wrong in [forked, beyond] {
        let refused = add(wrong).await;
        assert!(
            matches!(refused, Err(StoreError::Damaged(_))),
            "{refused:?}"
        );
    }
    add(second.clone()).await.expect("kept");
    let smaller = add(first.clone()).await;
    assert!(
        matches!(smaller, Err(StoreError::Damaged(_))),
        "{smaller:?}"
    );
    assert_eq!(w.store.latest_checkpoint().await, Ok(Some(second.clone())));
    let all = vec![first.clone(), second.clone()];
    assert_eq!(w.store.checkpoints(0, 10).await, Ok(all));
    assert_eq!(w.store.checkpoints(0, 1).await, Ok(vec![first.clone()]));
    assert_eq!(w.store.checkpoints(2, 10).await, Ok(vec![second]));
}

/// Of the roots only those that are not signed yet; of the checkpoints the newest 300, the last of each
/// hour, those with a timestamp, and the last that a witness has cosigned.
async fn what_is_kept_is_bounded(w: &World) {
    const HOUR: i64 = 60 * 60 * 1000;
    w.install().await;
    let cosigned = |witness: &str, size| {
        Change::PutCosignature(Cosignature {
            witness: witness.into(),
            size,
            line: "line".into(),
            at: Timestamp(1),
        })
    };
    let stamped = Change::AddTimestamp(LogTimestamp {
        size: 3,
        authority: "a".into(),
        request: vec![1],
        response: vec![2],
        at: Timestamp(1),
    });
    let anchors = vec![
        stamped,
        cosigned("gone", 4),
        cosigned("here", 4),
        cosigned("here", 5),
        cosigned("here", 310),
    ];
    w.commit(anchors).await;
    for size in 1..=310 {
        let new = NewRecord {
            conversation: None,
            sealed: w.record(Kind::Config, 1),
            about: None,
        };
        w.commit(vec![Change::Append(new)]).await;
        let root = w.store.log_root().await.expect("root");
        let signed = SignedCheckpoint {
            // The seventh is the last of its hour.
            at: Timestamp(if size <= 7 { HOUR - 1 } else { HOUR }),
            ..checkpoint(&root)
        };
        w.commit(vec![Change::AddCheckpoint(signed)]).await;
    }
    let sizes = |all: Vec<SignedCheckpoint>| all.into_iter().map(|c| c.size).collect::<Vec<_>>();
    let kept = sizes(w.store.checkpoints(0, 1000).await.expect("kept"));
    // 1, 2, 5, 6 went for 7; 8, 9, 10 for those behind them.
    let expected: Vec<u64> = [3, 4, 7].into_iter().chain(11..=310).collect();
    assert_eq!(kept, expected);
    let of = async |size| w.store.cosignatures(size).await.expect("read").len();
    assert_eq!((of(4).await, of(5).await, of(310).await), (2, 0, 1));
    let last = w.store.log_root().await.expect("root");
    assert_eq!(w.store.roots(0, 1000).await, Ok(vec![last]));
}

async fn leaves_are_read_by_position(w: &World) {
    w.install().await;
    appended(w, 5).await;
    let records = w.store.records(0, 10).await.expect("records");
    let leaf = |r: &StoredRecord| LogLeaf {
        bytes: r.leaf_bytes.clone(),
        hash: r.leaf_hash,
    };
    let leaves: Vec<_> = records.iter().map(leaf).collect();
    for (from, limit) in [(0, 10), (1, 2), (4, 1), (5, 1)] {
        let end = (from + limit as usize).min(5);
        let (at, range) = (from as u64, from.min(5)..end);
        assert_eq!(w.store.leaves(at, limit).await.unwrap(), leaves[range]);
    }
}
