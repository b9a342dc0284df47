//! A disposal is cut at each of its commits, by a refusal and by a lost answer, and goes on in a new
//! process that knows nothing.

use verbatim_engine::ports::{Clock, JobKind, Store};
use verbatim_store::Fault;

use crate::years::*;

/// More commits than any of these disposals makes.
const MOST: usize = 100;

/// Runs the disposal's job once, whatever comes of it. Whether the fault planned struck.
pub(crate) async fn cut(house: &House, commits: usize, fault: Fault) -> bool {
    for _ in 0..commits {
        house.store.inject(Fault::Nothing);
    }
    house.store.inject(fault);
    let due = house.store.due_jobs(house.clock.now(), &[], 100);
    let jobs = due.await.unwrap();
    let job = jobs.iter().find(|job| job.kind == JobKind::Dispose);
    house.engine.run_job(job.unwrap()).await;
    // If it is still planned, it strikes here.
    let mut struck = true;
    for _ in 0..=commits {
        struck &= house.store.probe().await.is_ok();
    }
    struck
}

pub(crate) async fn goes_on(house: &mut House, seed: u64) {
    house.engine = restarted(house, seed, None).await.unwrap();
    house.pass(3600).await;
}

pub(crate) fn certificates(records: &[verbatim_engine::views::RecordView]) -> usize {
    let certificates = records.iter().filter(|r| r.reason == "certificate");
    certificates.count()
}

/// Whatever the moment: before the key is destroyed everything can be read, after it the certificate is
/// there, and at the end what is held can be read and nothing else of the bucket.
#[tokio::test]
async fn dying_after_each_commit_is_harmless() {
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let mut struck = 0;
        for commits in 0..MOST {
            let mut house = House::of_old().await;
            house.engine.set_hold(&ann(), on_client()).await.unwrap();
            house.approve_all().await;
            if !cut(&house, commits, fault).await {
                break;
            }
            struck += 1;
            house.engine = restarted(&house, 1000, None).await.unwrap();
            let verified = house.verified().await;
            let readable = house.texts().await;
            match certificates(&house.all_records().await) {
                0 => assert_eq!((verified.disposed, readable.len()), (0, 2), "{commits}"),
                _ => assert_eq!(readable, [said(CLIENT)], "{commits}"),
            }

            goes_on(&mut house, 2000).await;
            let disposal = house.disposals().await.remove(0);
            assert_eq!(disposal.state, "done", "{fault:?} {commits}");
            assert_eq!(house.texts().await, [said(CLIENT)], "{fault:?} {commits}");
            assert_eq!(house.verified().await.disposed, disposal.disposed);
            assert_eq!(certificates(&house.all_records().await), 1);
            assert!(
                disposal.held > 0,
                "{commits}: what moved before the cut counts"
            );
            assert!(house.store.queue_stats().await.unwrap().is_empty());
        }
        assert!(struck >= 6, "{fault:?} struck {struck} times");
    }
}

/// A hold placed between any two commits: either it came in time and everything under it can be read, or
/// the certificate is older than the hold.
#[tokio::test]
async fn a_hold_placed_while_a_disposal_runs_is_in_time_or_too_late_and_nothing_between() {
    let (mut kept, mut gone) = (0, 0);
    for commits in 0..MOST {
        let mut house = House::of_old().await;
        house.approve_all().await;
        if !cut(&house, commits, Fault::Refuse).await {
            break;
        }
        let certified = certificates(&house.all_records().await) == 1;
        house.engine.set_hold(&ann(), on_client()).await.unwrap();
        goes_on(&mut house, 3000).await;
        let expected: &[String] = if certified { &[] } else { &[said(CLIENT)] };
        assert_eq!(house.texts().await, expected, "{commits}");
        assert_eq!(house.disposals().await[0].state, "done");
        house.verified().await;
        if certified {
            gone += 1;
        } else {
            kept += 1;
        }
    }
    assert!(kept > 0 && gone > 0, "{kept} {gone}");
}
