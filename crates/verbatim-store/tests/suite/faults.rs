//! Commits that are refused, and commits that are done but reported as failed (STYLE 9).

use futures_util::future::join_all;
use verbatim_engine::ports::*;
use verbatim_store::Fault;

use super::cases;
use super::log::audit;
use super::world::*;

cases! {
    a_refused_commit_leaves_nothing,
    a_commit_with_a_lost_answer_stands,
    callers_who_ask_again_are_recorded_once,
}

fn unavailable<R: std::fmt::Debug>(result: &Result<R, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::Unavailable(_))),
        "{result:?}"
    );
}

/// What was believed about the log must not survive: the next position is the database's.
async fn a_refused_commit_leaves_nothing(w: &World) {
    let held = w.alice().await;
    w.conversation(held, 1, 1000).await;
    let jobs = w.due(i64::MAX).await.len();
    let sms = w.sms(held.index, peer(1), 2000);
    w.sql.inject(Fault::Refuse);
    unavailable(&w.store.record_inbound(sms.clone()).await);
    assert_eq!(audit(w).await, 1);
    assert_eq!(w.store.message(sms.fresh.message).await, Ok(None));
    assert_eq!(w.due(i64::MAX).await.len(), jobs);
    let outcome = w.store.record_inbound(sms).await;
    assert!(
        matches!(outcome, Ok(InboundOutcome::Placed { .. })),
        "{outcome:?}"
    );
    assert_eq!(audit(w).await, 2);
}

async fn a_commit_with_a_lost_answer_stands(w: &World) {
    let held = w.alice().await;
    w.conversation(held, 1, 1000).await;
    let sms = w.sms(held.index, peer(1), 2000);
    w.sql.inject(Fault::LoseAnswer);
    unavailable(&w.store.record_inbound(sms.clone()).await);
    assert_eq!(
        w.store.record_inbound(sms).await,
        Ok(InboundOutcome::Duplicate)
    );
    w.conversation(held, 1, 3000).await;
    assert_eq!(audit(w).await, 3);
}

async fn callers_who_ask_again_are_recorded_once(w: &World) {
    let held = w.alice().await;
    let writers = (0..32u8).map(|n| async move {
        for i in 0..6u8 {
            if (n + i) % 8 == 0 {
                w.sql.inject(if i % 2 == 0 {
                    Fault::Refuse
                } else {
                    Fault::LoseAnswer
                });
            }
            let sms = w.sms(held.index, peer(n % 5), i64::from(i));
            while let Err(error) = w.store.record_inbound(sms.clone()).await {
                assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
            }
        }
    });
    join_all(writers).await;
    assert_eq!(audit(w).await, 32 * 6);
    // Five conversations, each with one job for its room, and one job per text.
    assert_eq!(w.drain().await.len(), 32 * 6 + 5);
}
