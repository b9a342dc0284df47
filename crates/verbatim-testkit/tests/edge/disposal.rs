//! What an edge sealed is not under its bucket's key: a disposal adopts it before it destroys that key.

use verbatim_domain::Duration;
use verbatim_engine::ports::{Clock, JobKind, Store};
use verbatim_record::{BucketId, Kind};
use verbatim_store::Fault;

use crate::node::*;
use crate::years::*;

/// Years ago two clients texted; the edge took it, and no full node has looked since.
async fn of_old() -> House {
    let house = House::new().await;
    // Without a bucket key of that time nothing would be due.
    house.text_from(OTHER, "by the full node").await;
    let edge = edge(&house).await;
    for client in [CLIENT, OTHER] {
        text_to(&edge, &house, client, &said(client)).await;
    }
    assert_eq!(unadopted(&house).await, 2);
    house.month_is_over();
    house
}

async fn dispose(house: &House) {
    let due = house.store.due_jobs(house.clock.now(), &[], 100);
    let jobs = due.await.unwrap();
    let job = jobs.iter().find(|job| job.kind == JobKind::Dispose);
    house.engine.run_job(job.unwrap()).await;
}

#[tokio::test]
async fn nothing_that_an_edge_sealed_outlives_its_bucket() {
    let house = of_old().await;
    let wrapped: Vec<_> = stored(&house).await;
    assert_eq!(house.approve_all().await.len(), 1);
    dispose(&house).await;
    assert_eq!(house.disposals().await[0].state, "done");
    assert!(house.texts().await.is_empty());
    assert_eq!(house.verified().await.disposed, wrapped.len() as u64);
    assert_eq!(unadopted(&house).await, 0);
}

#[tokio::test]
async fn a_hold_keeps_what_an_edge_sealed() {
    let house = of_old().await;
    house.engine.set_hold(&ann(), on_client()).await.unwrap();
    house.approve_all().await;
    dispose(&house).await;
    assert_eq!(house.texts().await, [said(CLIENT)]);
    assert_eq!(unadopted(&house).await, 0);
    house.verified().await;
}

/// Before the key is destroyed everything can be read; after it nothing of the bucket can.
#[tokio::test]
async fn dying_after_each_commit_is_harmless() {
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let mut struck = 0;
        for commits in 0..100 {
            let mut house = of_old().await;
            house.approve_all().await;
            for _ in 0..commits {
                house.store.inject(Fault::Nothing);
            }
            house.store.inject(fault);
            dispose(&house).await;
            let mut done = true;
            for _ in 0..=commits {
                done &= house.store.probe().await.is_ok();
            }
            if !done {
                break;
            }
            struck += 1;
            house.engine = restarted(&house, 1000, None).await.unwrap();
            let readable = house.texts().await.len();
            match house.verified().await.disposed {
                0 => assert_eq!(readable, 3, "{fault:?} {commits}"),
                _ => assert_eq!(readable, 0, "{fault:?} {commits}"),
            }
            house.engine = restarted(&house, 2000, None).await.unwrap();
            house.engine.run_disposals().await.unwrap();
            house.pass(3600).await;
            assert_eq!(house.disposals().await[0].state, "done");
            assert!(house.texts().await.is_empty(), "{fault:?} {commits}");
            assert_eq!(unadopted(&house).await, 0);
            house.verified().await;
        }
        assert!(struck >= 3, "{fault:?} struck {struck} times");
    }
}

/// Made for less than our rules say: the disposal of that bucket leaves it, for the time that they say.
#[tokio::test]
async fn what_an_edge_made_for_less_outlives_that_bucket() {
    let house = of_old().await;
    house.text_from(CLIENT, "today").await;
    let records = stored(&house).await;
    let (due, ours) = (
        records[0].sealed.bucket,
        records.last().unwrap().sealed.bucket,
    );
    forge(&house, 1, due).await;
    assert!(due.may_move_to(ours));
    assert_eq!(house.approve_all().await.len(), 1);
    dispose(&house).await;
    assert_eq!(house.disposals().await[0].state, "done");
    let kept = stored(&house)
        .await
        .into_iter()
        .find(|r| r.sealed.kind == Kind::Malformed);
    assert_eq!(kept.unwrap().sealed.wrapped_by, ours);
    assert_eq!(unadopted(&house).await, 0);
    house.verified().await;
}

/// Made for more than our rules say: it is not adopted, which is told, and goes with the bucket that it names.
#[tokio::test]
async fn what_an_edge_made_for_more_goes_with_the_bucket_that_it_names() {
    let house = House::new().await;
    house.text_from(OTHER, "this month").await;
    let ours = stored(&house).await.last().unwrap().sealed.bucket;
    let next = BucketId {
        expiry_month: ours.expiry_month + 1,
        ..ours
    };
    forge(&house, 1, next).await;
    assert_eq!(house.engine.adopt_all().await, Ok(0));
    let alarms = house.store.alarms().await.unwrap();
    let told = alarms.iter().find(|alarm| alarm.key == "unadopted");
    let told = &told.unwrap().text;
    assert!(
        told.contains("with the bucket that the edge named"),
        "{told}"
    );
    house.clock.advance(Duration::from_secs(31 * 86_400));
    house.text_from(OTHER, "next month").await;
    assert_eq!(stored(&house).await.last().unwrap().sealed.bucket, next);
    house.month_is_over();
    let records = stored(&house).await.len() as u64;
    assert_eq!(house.approve_all().await.len(), 2);
    dispose(&house).await;
    assert!(house.disposals().await.iter().all(|d| d.state == "done"));
    assert_eq!(house.verified().await.disposed, records);
    assert_eq!(unadopted(&house).await, 0);
}
