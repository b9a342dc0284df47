//! The installation, what lies under its key-encryption key, and the rotation of that key.

use verbatim_engine::ports::*;
use verbatim_record::{BucketId, RetentionClass};

use super::cases;
use super::world::*;

cases! {
    installation_is_said_once,
    an_old_installation_gets_its_state_root_once,
    an_installation_gets_its_archive_key_once,
    bucket_keys_stand,
    nothing_is_kept_under_another_key,
    rotation_replaces_everything_at_once,
    rotation_of_what_has_changed_is_refused_whole,
}

const NEXT: [u8; 32] = [9; 32];

fn bucket(month: u32) -> BucketId {
    BucketId {
        class: RetentionClass(1),
        expiry_month: month,
    }
}

fn standing() -> Installation {
    Installation {
        log: LOG,
        key_check: KEY,
        state_root: vec![7],
        archive_key: vec![6],
    }
}

/// From what [`World::install`] and two buckets left to [`NEXT`].
fn rotation() -> RotateKeys {
    let rewrapped = |month, old: u8, new: u8| RewrappedBucket {
        id: bucket(month),
        old: vec![old],
        new: vec![new],
    };
    RotateKeys {
        old: standing(),
        key_check: NEXT,
        state_root: vec![8],
        archive_key: vec![9],
        buckets: vec![rewrapped(5, 1, 11), rewrapped(6, 2, 12)],
        rotation: KeyRotation {
            at: at(3),
            old_key: "old".into(),
            new_key: "new".into(),
            buckets: 2,
        },
    }
}

async fn two_buckets(w: &World) {
    w.install().await;
    for (month, wrapped) in [(5, vec![1]), (6, vec![2])] {
        let kept = w
            .store
            .bucket_key(bucket(month), wrapped.clone(), KEY)
            .await;
        assert_eq!(kept, Ok(wrapped));
    }
}

async fn rotate(w: &World, new: RotateKeys) -> Result<(), StoreError> {
    let changes = vec![
        Change::SetCursor("rotated".into(), "yes".into()),
        Change::RotateKeys(Box::new(new)),
    ];
    w.store
        .commit(Commit {
            fence: None,
            changes,
        })
        .await
}

async fn installation_is_said_once(w: &World) {
    let mut sms = w.sms(peer(1), peer(2), 1);
    sms.record.captured_at = at(1);
    let error = w.store.record_inbound(sms).await.expect_err("nobody's log");
    assert_eq!(error, StoreError::Damaged("no installation".into()));
    assert_eq!(w.store.standing_installation().await, Ok(None));
    w.install().await;
    let other = Installation {
        log: [8; 16],
        key_check: [2; 32],
        state_root: vec![2],
        archive_key: vec![2],
    };
    assert_eq!(w.store.installation(other).await, Ok(standing()));
    assert_eq!(w.store.standing_installation().await, Ok(Some(standing())));
}

async fn an_old_installation_gets_its_state_root_once(w: &World) {
    let old = Installation {
        state_root: vec![],
        ..standing()
    };
    assert_eq!(w.store.installation(old.clone()).await, Ok(old));
    let stale = Err(StoreError::Stale("the keys have changed"));
    assert_eq!(w.store.adopt_state_root(NEXT, vec![7]).await, stale);
    assert_eq!(w.store.adopt_state_root(KEY, vec![7]).await, Ok(vec![7]));
    assert_eq!(
        w.store.adopt_state_root(KEY, vec![8]).await,
        Ok(vec![7]),
        "the first stands"
    );
    assert_eq!(w.store.standing_installation().await, Ok(Some(standing())));
}

async fn an_installation_gets_its_archive_key_once(w: &World) {
    let old = Installation {
        archive_key: vec![],
        ..standing()
    };
    assert_eq!(w.store.installation(old.clone()).await, Ok(old));
    let stale = Err(StoreError::Stale("the keys have changed"));
    assert_eq!(w.store.adopt_archive_key(NEXT, vec![6]).await, stale);
    assert_eq!(w.store.adopt_archive_key(KEY, vec![6]).await, Ok(vec![6]));
    assert_eq!(
        w.store.adopt_archive_key(KEY, vec![5]).await,
        Ok(vec![6]),
        "the first stands"
    );
    assert_eq!(w.store.standing_installation().await, Ok(Some(standing())));
}

async fn bucket_keys_stand(w: &World) {
    two_buckets(w).await;
    assert_eq!(
        w.store.bucket_key(bucket(5), vec![3], KEY).await,
        Ok(vec![1]),
        "the first stands"
    );
    let expected = vec![(bucket(5), vec![1]), (bucket(6), vec![2])];
    assert_eq!(w.store.bucket_keys().await, Ok(expected));
}

/// Whoever has not heard of a rotation must not keep a key that nobody could open after it.
async fn nothing_is_kept_under_another_key(w: &World) {
    two_buckets(w).await;
    let stale = Err(StoreError::Stale("the keys have changed"));
    for month in [5, 7] {
        let kept = w.store.bucket_key(bucket(month), vec![4], NEXT).await;
        assert_eq!(kept, stale, "month {month}");
    }
    assert_eq!(w.store.bucket_keys().await.unwrap().len(), 2);
}

async fn rotation_replaces_everything_at_once(w: &World) {
    two_buckets(w).await;
    assert_eq!(w.store.key_rotations().await, Ok(vec![]));
    assert_eq!(rotate(w, rotation()).await, Ok(()));
    let rotated = Installation {
        key_check: NEXT,
        state_root: vec![8],
        archive_key: vec![9],
        ..standing()
    };
    assert_eq!(w.store.standing_installation().await, Ok(Some(rotated)));
    let expected = vec![(bucket(5), vec![11]), (bucket(6), vec![12])];
    assert_eq!(w.store.bucket_keys().await, Ok(expected));
    assert_eq!(w.store.key_rotations().await, Ok(vec![rotation().rotation]));
    let stale = Err(StoreError::Stale("the keys have changed"));
    assert_eq!(
        w.store.bucket_key(bucket(7), vec![3], KEY).await,
        stale,
        "the old key wraps nothing any more"
    );
    let again = rotate(w, rotation()).await;
    assert!(matches!(again, Err(StoreError::Stale(_))), "{again:?}");
}

async fn rotation_of_what_has_changed_is_refused_whole(w: &World) {
    two_buckets(w).await;
    type Change = fn(&mut RotateKeys);
    let changes: [(&str, Change); 7] = [
        ("a bucket was made since", |new| {
            new.buckets.pop();
        }),
        ("a bucket is gone", |new| {
            let gone = RewrappedBucket {
                id: bucket(7),
                ..new.buckets[0].clone()
            };
            new.buckets.push(gone);
        }),
        ("a bucket is another", |new| new.buckets[1].id = bucket(7)),
        ("a bucket key is another", |new| {
            new.buckets[1].old = vec![0]
        }),
        ("rotated since", |new| new.old.key_check = [0; 32]),
        ("the root is another", |new| new.old.state_root = vec![0]),
        ("the archive key is another", |new| {
            new.old.archive_key = vec![]
        }),
    ];
    for (name, change) in changes {
        let mut new = rotation();
        change(&mut new);
        let refused = rotate(w, new).await;
        assert!(matches!(refused, Err(StoreError::Stale(_))), "{name}");
        let expected = vec![(bucket(5), vec![1]), (bucket(6), vec![2])];
        assert_eq!(w.store.bucket_keys().await, Ok(expected), "{name}");
        assert_eq!(
            w.store.standing_installation().await,
            Ok(Some(standing())),
            "{name}"
        );
        assert_eq!(w.store.key_rotations().await, Ok(vec![]), "{name}");
        assert_eq!(w.store.cursor("rotated").await, Ok(None), "{name}");
    }
    assert_eq!(rotate(w, rotation()).await, Ok(()));
}
