//! Rules become longer, never shorter.

use std::collections::BTreeSet;

use verbatim_domain::Duration;
use verbatim_domain::retention::{Period, Rule, Starts};
use verbatim_engine::OpenError;
use verbatim_engine::ports::{Change, Clock, Commit, Store};
use verbatim_store::{Fault, SqlStore};
use verbatim_testkit::fakes::Site;

use crate::crash::cut;
use crate::years::*;

fn rule(class: u8, months: u32) -> Rule {
    Rule {
        class,
        name: "test".to_owned(),
        period: Period {
            months,
            starts: Starts::Creation,
        },
        of: BTreeSet::new(),
    }
}

#[tokio::test]
async fn rules_that_would_keep_records_shorter_do_not_open() {
    let house = House::new().await;
    house.engine.keep_rules(&ann()).await.unwrap();
    let check = async |rules: Vec<Rule>, opens: bool| match restarted(&house, 50, Some(rules)).await
    {
        Ok(_) => assert!(opens),
        Err(OpenError::Shortened { class: 1, before }) => {
            assert!(!opens);
            assert_eq!(before, "84 months from creation");
        }
        Err(error) => panic!("{error}"),
    };
    check(vec![rule(1, 84)], true).await;
    check(vec![rule(1, 83)], false).await;
    check(vec![rule(1, 83), rule(2, 90)], true).await;
    check(vec![], false).await;
}

#[tokio::test]
async fn changed_rules_are_recorded_once() {
    let house = House::new().await;
    for _ in 0..2 {
        house.engine.keep_rules(&ann()).await.unwrap();
    }
    let longer = restarted(&house, 51, Some(vec![rule(1, 96)]))
        .await
        .unwrap();
    longer.keep_rules(&ann()).await.unwrap();
    let records = house.records("retention.rules").await;
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[1].details["before"],
        "class 1 (default): 84 months from creation"
    );
    assert_eq!(
        records[1].details["after"],
        "class 1 (test): 96 months from creation"
    );
    let shorter = restarted(&house, 52, None).await;
    assert!(matches!(shorter, Err(OpenError::Shortened { .. })));
}

#[tokio::test]
async fn what_a_class_has_collected_is_kept_longer() {
    let house = House::of_old().await;
    assert!(house.engine.extend_retention(&ann(), 9, 12).await.is_err());
    assert!(house.engine.extend_retention(&ann(), 1, 0).await.is_err());
    let moved = house
        .engine
        .extend_retention(&ann(), 1, 1200)
        .await
        .unwrap();
    assert!(moved >= 1);
    assert!(
        house
            .engine
            .propose_disposals(&ann())
            .await
            .unwrap()
            .is_empty()
    );
    let view = house.engine.retention().await.unwrap();
    let old = view.buckets.iter().find(|b| b.class == 1).unwrap();
    assert_eq!(old.expires.as_deref(), Some("2133-11"));
}

/// Approved, then kept longer: the disposal waits, and harms nothing.
#[tokio::test]
async fn an_extension_stops_an_approved_disposal() {
    let house = House::of_old().await;
    house.approve_all().await;
    house.engine.extend_retention(&ann(), 1, 12).await.unwrap();
    house.work().await;
    assert_eq!(house.disposals().await[0].state, "approved");
    assert_eq!(house.texts().await.len(), 2);
    house.month_is_over();
    house.engine.run_disposals().await.unwrap();
    house.work().await;
    assert_eq!(house.disposals().await[0].state, "done");
    house.verified().await;
}

/// A clock that was behind cannot make a record expire early: the log's time is not behind.
#[tokio::test]
async fn what_a_clock_that_was_behind_captured_is_kept_by_the_logs_time() {
    let house = House::new().await;
    let november = house.clock.now();
    let days = |days: u64| Duration::from_secs(days * 86_400);
    house.text_from(OTHER, &said(OTHER)).await;
    house.clock.advance(days(61));
    house.text_from(OTHER, "in january").await;
    house.clock.set(november);
    house.text_from(CLIENT, &said(CLIENT)).await;
    house.clock.set(november.after(days(61)));
    house.work().await;
    // Seven years later, in December.
    house.clock.set(november.after(days(7 * 365 + 20)));
    let disposals = house.approve_all().await;
    assert_eq!(disposals.len(), 1);
    house.work().await;
    let kept = ["in january".to_owned(), said(CLIENT)];
    assert_eq!(house.texts().await, kept);
    let because = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    let refused = "retention class 1 (default) until 2034-01".to_owned();
    assert_eq!(because.because, [refused]);
    house.verified().await;
    house.clock.advance(days(90));
    house.approve_all().await;
    house.pass(3600).await;
    assert_eq!(house.texts().await, Vec::<String>::new());
    house.verified().await;
}

/// What a hold has moved away was made for the class as well.
#[tokio::test]
async fn an_extension_reaches_what_a_hold_has_kept() {
    let house = House::of_old().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    house.approve_all().await;
    house.work().await;
    house.text_from(OTHER, "of today").await;
    let longer = house.engine.extend_retention(&ann(), 1, 240).await;
    assert_eq!(longer.unwrap(), 2, "today's bucket and the hold's");
    let id = hold.id.parse().unwrap();
    house.engine.ask_release(&ann(), id, "over").await.unwrap();
    house.engine.approve_release(&bob(), id).await.unwrap();
    assert!(house.approve_all().await.is_empty());
    assert!(house.texts().await.contains(&said(CLIENT)));
    house.verified().await;
}

/// Each of two people is promised months, and the class is kept for both. On a file, where both look before either
/// is done.
#[tokio::test]
async fn two_extensions_at_once_both_count() {
    let folder = tempfile::tempdir().unwrap();
    for (first, second) in [(12, 12), (6, 12), (12, 6)] {
        let path = folder.path().join(format!("{first}-{second}.db"));
        let site = Site::on(SqlStore::open(&path).unwrap()).await.unwrap();
        site.provision().await.unwrap();
        site.lead().await.unwrap();
        let before = site.store.buckets().await.unwrap()[0];
        let (ann, bob) = (ann(), bob());
        let (one, other) = tokio::join!(
            site.engine.extend_retention(&ann, 1, first),
            site.engine.extend_retention(&bob, 1, second)
        );
        assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
        let after = site.store.buckets().await.unwrap()[0];
        assert_eq!(after.expires(), before.expires() + first + second);
        let verified = site.engine.verify_log(|_| ()).await.unwrap();
        assert_eq!(verified.fault, None);
    }
}

/// A disposal moves what is held to a bucket that the extension did not see, since it had looked before: what
/// was promised of the class counts for it all the same.
#[tokio::test]
async fn an_extension_counts_for_what_moved_while_it_was_made() {
    let mut house = House::of_old().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    house.approve_all().await;
    let class = house.store.buckets().await.unwrap();
    let class = class.iter().find(|b| b.id.class.0 == 1).unwrap();
    let mut commits = 0;
    loop {
        assert!(cut(&house, commits, Fault::Refuse).await, "nothing moved");
        let buckets = house.store.buckets().await.unwrap();
        if buckets
            .iter()
            .any(|b| b.id.class.is_hold() && b.records > 0)
        {
            break;
        }
        commits += 1;
        house.engine = restarted(&house, 60 + commits as u64, None).await.unwrap();
        house.clock.advance(Duration::from_secs(3600));
    }
    let keep = Change::KeepBucket {
        bucket: class.id,
        from: class.expires(),
        until: class.expires() + 240,
    };
    let (fence, changes) = (None, vec![keep]);
    house.store.commit(Commit { fence, changes }).await.unwrap();
    house.engine = restarted(&house, 90, None).await.unwrap();
    let id = hold.id.parse().unwrap();
    house.engine.ask_release(&ann(), id, "over").await.unwrap();
    house.engine.approve_release(&bob(), id).await.unwrap();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.answer, "refused", "{answer:?}");
    house.approve_all().await;
    house.pass(3600).await;
    assert!(house.texts().await.contains(&said(CLIENT)));
}
