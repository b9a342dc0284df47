//! Periods, buckets, holds, disposals: nothing vanishes before everything is as it must be.

use verbatim_domain::retention::{Period, Starts};
use verbatim_domain::{DisposalId, HoldId};
use verbatim_engine::ports::*;
use verbatim_record::{BucketId, Kind, RetentionClass};

use super::cases;
use super::world::*;

cases! {
    periods_are_remembered,
    promises_are_kept_once,
    holds_are_counted,
    a_bucket_is_kept_longer_and_never_shorter,
    a_disposal_goes_its_way,
    a_key_is_destroyed_only_if_all_is_as_certified,
    a_key_is_not_destroyed_before_what_edges_sealed_is_adopted,
    a_data_key_moves_to_a_hold,
    a_disposal_is_taken_back_and_proposed_again,
    single_records_are_erased,
    a_bucket_that_was_disposed_of_is_never_made_again,
}

/// The month after that of the world's records.
const LATER: u32 = 24_501;

fn bucket() -> BucketId {
    BucketId {
        class: RetentionClass(2),
        expiry_month: 24_500,
    }
}

fn hold_bucket() -> BucketId {
    BucketId {
        class: RetentionClass::FIRST_HOLD,
        ..bucket()
    }
}

fn by(name: &str, ms: i64) -> Act {
    Act {
        by: name.to_owned(),
        at: at(ms),
    }
}

fn append(sealed: verbatim_record::SealedRecord) -> Change {
    Change::Append(NewRecord {
        conversation: None,
        sealed,
        about: None,
    })
}

/// A bucket with two records, and an approved disposal of it.
async fn approved(w: &World) -> DisposalId {
    w.install().await;
    let made = w.store.bucket_key(bucket(), vec![5; 9], KEY).await;
    assert_eq!(made, Ok(vec![5; 9]));
    for ms in [10, 20] {
        let record = w.record(Kind::Notice, ms);
        w.commit(vec![append(record)]).await;
    }
    let disposal = Disposal {
        id: DisposalId::from_random(w.bytes()),
        bucket: bucket(),
        contact: None,
        state: DisposalState::Proposed,
        proposed: by("ann", 30),
        approved: None,
        withdrawn: None,
        destroyed_at: None,
        certificate: None,
        disposed: 0,
        held: 0,
    };
    w.commit(vec![Change::Propose(disposal.clone())]).await;
    assert_eq!(w.store.disposals().await, Ok(vec![disposal.clone()]));
    let again = Disposal {
        id: DisposalId::from_random(w.bytes()),
        ..disposal.clone()
    };
    let error = w.refused(vec![Change::Propose(again)]).await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    w.commit(vec![Change::Approve(disposal.id, by("bob", 40))])
        .await;
    let error = w
        .refused(vec![Change::Approve(disposal.id, by("eve", 50))])
        .await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    disposal.id
}

/// The commit that destroys the key, with its certificate.
fn destroy(w: &World, change: impl FnOnce(&mut Destruction), disposal: DisposalId) -> Vec<Change> {
    let mut certificate = w.record(Kind::Disposal, 60);
    certificate.bucket.class = RetentionClass::PERMANENT;
    certificate.wrapped_by = certificate.bucket;
    let mut destruction = Destruction {
        disposal,
        bucket: bucket(),
        hold_changes: 0,
        records: 2,
        only: None,
        held: 1,
        month: LATER,
        certificate: certificate.id,
        at: at(60),
    };
    change(&mut destruction);
    vec![append(certificate), Change::Destroy(destruction)]
}

async fn size(w: &World, id: BucketId) -> u64 {
    let buckets = w.store.buckets().await.unwrap();
    let found = buckets.iter().find(|b| b.id == id);
    found.map_or(0, |bucket| bucket.records)
}

async fn promises_are_kept_once(w: &World) {
    let promise = |n: u8, by_whom: &str| Promise {
        index: BlindIndex([n; 32]),
        terms: sealed("terms"),
        made: by(by_whom, 10),
    };
    assert_eq!(w.store.promises().await, Ok(vec![]));
    let (before, _) = w.store.holds().await.unwrap();
    for (n, who) in [(1, "ann"), (2, "ann"), (1, "bob")] {
        w.commit(vec![Change::Promise(promise(n, who))]).await;
    }
    let kept = vec![promise(1, "ann"), promise(2, "ann")];
    assert_eq!(w.store.promises().await, Ok(kept));
    let (after, _) = w.store.holds().await.unwrap();
    assert!(after > before, "a disposal that runs notices");
}

async fn periods_are_remembered(w: &World) {
    let period = |months, starts| ClassPeriod {
        class: 1,
        period: Period { months, starts },
    };
    let (a, b) = (
        period(72, Starts::Creation),
        period(60, Starts::FiscalYearEnd(6)),
    );
    for put in [a, b, a] {
        w.commit(vec![Change::PutPeriod(put, at(5))]).await;
    }
    assert_eq!(w.store.periods().await, Ok(vec![b, a]));
}

async fn holds_are_counted(w: &World) {
    assert_eq!(w.store.holds().await, Ok((0, vec![])));
    let mut hold = Hold {
        id: HoldId::from_random(w.bytes()),
        terms: sealed("terms"),
        set: by("ann", 1),
        asked: None,
        released: None,
    };
    w.commit(vec![Change::PutHold(hold.clone())]).await;
    assert_eq!(w.store.holds().await, Ok((1, vec![hold.clone()])));
    hold.asked = Some(by("ann", 2));
    w.commit(vec![Change::PutHold(hold.clone())]).await;
    // What the second person saw was taken back, or asked anew.
    for asked in [None, Some(by("ann", 1)), Some(by("eve", 2))] {
        let released = Some(by("bob", 3));
        let other = Hold {
            asked,
            released,
            ..hold.clone()
        };
        let error = w.refused(vec![Change::PutHold(other)]).await;
        assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    }
    hold.released = Some(by("bob", 3));
    w.commit(vec![Change::PutHold(hold.clone())]).await;
    let standing = Hold {
        released: None,
        ..hold.clone()
    };
    let error = w.refused(vec![Change::PutHold(standing)]).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    assert_eq!(w.store.holds().await, Ok((3, vec![hold])));
}

async fn a_bucket_is_kept_longer_and_never_shorter(w: &World) {
    let disposal = approved(w).await;
    let keep = |bucket, from, until| {
        vec![Change::KeepBucket {
            bucket,
            from,
            until,
        }]
    };
    let own = w.store.buckets().await.unwrap()[0].expires();
    w.commit(keep(bucket(), own, 24_510)).await;
    // Two have looked at once: the second must look again.
    let error = w.refused(keep(bucket(), own, 24_520)).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    let found = w.store.buckets().await.unwrap()[0];
    assert_eq!((found.expires(), found.records), (24_510, 2));
    for (id, month) in [(bucket(), 24_509), (hold_bucket(), 24_600)] {
        let error = w.refused(keep(id, 24_510, month)).await;
        assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    }
    // It counts as a change to what binds: who had looked before must look again.
    for (hold_changes, month, expected) in
        [(1, 24_510, false), (0, 24_511, false), (1, 24_511, true)]
    {
        let as_found = |d: &mut Destruction| (d.hold_changes, d.month) = (hold_changes, month);
        let commit = Commit {
            fence: None,
            changes: destroy(w, as_found, disposal),
        };
        let is_done = w.store.commit(commit).await.is_ok();
        assert_eq!(is_done, expected, "{hold_changes} {month}");
    }
    let error = w.refused(keep(bucket(), 24_510, 24_600)).await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
}

async fn a_disposal_goes_its_way(w: &World) {
    let disposal = approved(w).await;
    let early = w.refused(vec![Change::Shred(bucket(), 10)]).await;
    assert!(matches!(early, StoreError::Conflict(_)), "{early:?}");
    let early = w.refused(vec![Change::EndDisposal(disposal)]).await;
    assert!(matches!(early, StoreError::Stale(_)), "{early:?}");

    let changes = destroy(w, |_| (), disposal);
    let Change::Append(certificate) = changes[0].clone() else {
        unreachable!()
    };
    w.commit(changes).await;
    let found = w.store.disposals().await.unwrap().remove(0);
    assert_eq!(found.state, DisposalState::Destroyed);
    assert_eq!(found.certificate, Some(certificate.sealed.id));
    assert_eq!(
        (found.destroyed_at, found.disposed, found.held),
        (Some(at(60)), 2, 1)
    );
    assert!(w.store.bucket_keys().await.unwrap().is_empty());
    let early = w.refused(vec![Change::EndDisposal(disposal)]).await;
    assert!(matches!(early, StoreError::Stale(_)), "{early:?}");

    // A part at a time; once more does no harm.
    for left in [1, 0, 0] {
        w.commit(vec![Change::Shred(bucket(), 1)]).await;
        assert_eq!(size(w, bucket()).await, left);
    }
    w.commit(vec![Change::EndDisposal(disposal)]).await;
    let records = w.store.records(0, 10).await.unwrap();
    for gone in &records[..2] {
        assert!(gone.sealed.ciphertext.is_empty() && gone.sealed.wrapped_key.is_empty());
        assert_eq!(gone.sealed.bucket, bucket());
    }
    assert_eq!(records[2].sealed, certificate.sealed);
    assert_eq!(super::log::audit(w).await, 3);
}

async fn a_key_is_destroyed_only_if_all_is_as_certified(w: &World) {
    let disposal = approved(w).await;
    let nobody = DisposalId::from_random(w.bytes());
    let changes: [fn(&mut Destruction); 4] = [
        |d| d.hold_changes = 1,
        |d| d.month = 24_500,
        |d| d.records = 3,
        |d| d.bucket = hold_bucket(),
    ];
    for change in changes {
        let error = w.refused(destroy(w, change, disposal)).await;
        assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    }
    let error = w.refused(destroy(w, |_| (), nobody)).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    // A hold that came after the records under holds were moved away.
    let hold = Hold {
        id: HoldId::from_random(w.bytes()),
        terms: sealed("terms"),
        set: by("ann", 55),
        asked: None,
        released: None,
    };
    w.commit(vec![Change::PutHold(hold)]).await;
    let error = w.refused(destroy(w, |_| (), disposal)).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    assert_eq!(size(w, bucket()).await, 2);
    assert_eq!(super::log::audit(w).await, 2, "no certificate was appended");
    w.commit(destroy(w, |d| d.hold_changes = 1, disposal)).await;
    let error = w
        .refused(destroy(w, |d| d.hold_changes = 1, disposal))
        .await;
    assert!(matches!(error, StoreError::Stale(_)), "twice: {error:?}");
}

/// What an edge sealed is not under the bucket's key: its destruction would dispose of nothing.
async fn a_key_is_not_destroyed_before_what_edges_sealed_is_adopted(w: &World) {
    let disposal = approved(w).await;
    assert_eq!(w.store.unadopted(None, 10).await, Ok(vec![]));
    let mut by_edge = w.record(Kind::MessageIn, 55);
    by_edge.wrapped_key = vec![2; 81];
    w.commit(vec![append(by_edge.clone())]).await;
    let found = w.store.unadopted(None, 10).await.unwrap();
    let [(2, Ok(found))] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((&found.sealed, found.global_seq), (&by_edge, 2));
    assert_eq!(w.store.unadopted(Some(2), 10).await, Ok(vec![]));

    let changes = destroy(w, |d| d.records = 3, disposal);
    match w.refused(changes.clone()).await {
        StoreError::Stale(why) => assert!(why.contains("edge"), "{why}"),
        error => panic!("{error:?}"),
    }
    let adopt = Change::WrapAgain {
        position: 2,
        from: bucket(),
        to: bucket(),
        wrapped: vec![1; 73],
    };
    w.commit(vec![adopt.clone(), adopt]).await;
    assert_eq!(w.store.unadopted(None, 10).await, Ok(vec![]));
    w.commit(changes).await;
}

async fn a_data_key_moves_to_a_hold(w: &World) {
    approved(w).await;
    let again = |position| Change::WrapAgain {
        position,
        from: bucket(),
        to: hold_bucket(),
        wrapped: vec![7; 3],
    };
    let error = w.refused(vec![again(1)]).await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    let key = w.store.bucket_key(hold_bucket(), vec![6], KEY).await;
    assert_eq!(key, Ok(vec![6]));
    // The second one finds it moved, and changes nothing.
    w.commit(vec![again(1), again(1)]).await;
    let held = w
        .store
        .records_in(hold_bucket(), None, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((held.global_seq, held.sealed.bucket), (1, bucket()));
    assert_eq!(held.sealed.wrapped_by, hold_bucket());
    assert_eq!(held.sealed.wrapped_key, [7; 3]);
    let left = w.store.records_in(bucket(), None, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    let behind = w.store.records_in(bucket(), Some(0), 10).await.unwrap();
    assert_eq!(behind, []);
}

async fn a_bucket_that_was_disposed_of_is_never_made_again(w: &World) {
    let disposal = approved(w).await;
    w.commit(destroy(w, |_| (), disposal)).await;
    let error = w.store.bucket_key(bucket(), vec![1], KEY).await;
    assert!(matches!(error, Err(StoreError::Conflict(_))), "{error:?}");
    let back = Change::WrapAgain {
        position: 0,
        from: bucket(),
        to: bucket(),
        wrapped: vec![1],
    };
    let error = w.refused(vec![back]).await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
}

async fn a_disposal_is_taken_back_and_proposed_again(w: &World) {
    let id = approved(w).await;
    w.commit(vec![Change::WithdrawDisposal(id, by("bob", 45))])
        .await;
    let found = w.store.disposals().await.unwrap().remove(0);
    assert_eq!(
        (found.state, found.withdrawn.clone()),
        (DisposalState::Withdrawn, Some(by("bob", 45)))
    );
    for change in [
        Change::WithdrawDisposal(id, by("eve", 50)),
        Change::Approve(id, by("eve", 50)),
    ] {
        let error = w.refused(vec![change]).await;
        assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    }
    let error = w.refused(destroy(w, |_| (), id)).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    let again = Disposal {
        id: DisposalId::from_random(w.bytes()),
        state: DisposalState::Proposed,
        approved: None,
        withdrawn: None,
        ..found
    };
    w.commit(vec![Change::Propose(again.clone())]).await;
    assert_eq!(w.store.disposals().await.unwrap()[1], again);
}

async fn single_records_are_erased(w: &World) {
    approved(w).await;
    let whole = w.store.disposals().await.unwrap().remove(0);
    let disposal = Disposal {
        id: DisposalId::from_random(w.bytes()),
        contact: Some(verbatim_domain::ContactId::from_random(w.bytes())),
        state: DisposalState::Proposed,
        approved: None,
        ..whole.clone()
    };
    let propose = vec![
        Change::Propose(disposal.clone()),
        Change::Approve(disposal.id, by("bob", 45)),
    ];
    w.commit(propose).await;
    let position = w.store.records(0, 10).await.unwrap()[1].global_seq;
    let only = |ranges: &[(u64, u64)], records: u64| {
        let ranges = ranges.to_vec();
        move |d: &mut Destruction| {
            d.only = Some(ranges);
            d.records = records;
        }
    };
    let one = [(position, position)];
    // Not one that the bucket does not wrap, nor by the disposal of the whole, nor the whole by this one.
    for (id, ranges, records) in [
        (disposal.id, &[(position, position + 5)][..], 6),
        (disposal.id, &one[..], 2),
        (whole.id, &one[..], 1),
    ] {
        let error = w.refused(destroy(w, only(ranges, records), id)).await;
        assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    }
    let error = w.refused(destroy(w, |_| (), disposal.id)).await;
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    w.commit(destroy(w, only(&one, 1), disposal.id)).await;
    assert_eq!(size(w, bucket()).await, 1);
    let records = w.store.records(0, 10).await.unwrap();
    assert!(!records[0].sealed.wrapped_key.is_empty() && !records[0].sealed.ciphertext.is_empty());
    assert!(records[1].sealed.wrapped_key.is_empty() && records[1].sealed.ciphertext.is_empty());
    let found = w.store.buckets().await.unwrap();
    assert!(found.iter().all(|b| b.disposal.is_none()), "the key stands");
    w.commit(vec![Change::EndDisposal(disposal.id)]).await;
    assert_eq!(
        w.store.disposals().await.unwrap()[1].state,
        DisposalState::Done
    );
    // The whole goes its own way.
    w.commit(destroy(w, |d| d.records = 1, whole.id)).await;
    assert_eq!(size(w, bucket()).await, 1);
}
