//! News of outbound messages: recorded always, moving only forward.

use verbatim_domain::message::MessageState::{self, *};
use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    receipts_move_only_forward,
    a_repeat_is_seen_once,
    an_orphan_is_recorded,
    found_by_our_own_id,
    a_contradicting_id_is_not_believed,
    a_receipt_without_a_move_is_noted,
    failure_is_kept,
    the_submission_is_woken,
    shown_once_at_a_time,
}

async fn submitted(w: &World) -> Message {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    w.drain().await;
    let message = w.accepted(conversation).await;
    let submitting = w.advance(message.id, Submitting);
    let submitted = Change::Advance {
        message: message.id,
        to: Submitted,
        provider_id: Some("SMout".into()),
        failure: None,
    };
    w.commit(vec![submitting, submitted]).await;
    message
}

async fn receipts_move_only_forward(w: &World) {
    let message = submitted(w).await;
    let moved = ReceiptOutcome::Moved {
        message: message.id,
    };
    let steps: [(MessageState, ReceiptOutcome, MessageState); 6] = [
        (Sent, moved.clone(), Sent),
        (Submitted, ReceiptOutcome::Noted, Sent),
        (Sent, ReceiptOutcome::Noted, Sent),
        (Delivered, moved, Delivered),
        (Sent, ReceiptOutcome::Noted, Delivered),
        (Failed, ReceiptOutcome::Noted, Delivered),
    ];
    let before = w.log_size().await;
    for (n, (to, outcome, state)) in (1..).zip(steps) {
        let receipt = w.receipt("SMout", Some(to));
        assert_eq!(w.store.record_receipt(receipt).await, Ok(outcome), "{to:?}");
        assert_eq!(w.state(message.id).await, state, "{to:?}");
        assert_eq!(w.log_size().await, before + n, "every receipt is recorded");
    }
    let records = w
        .store
        .records_of(message.conversation, 0, 100)
        .await
        .unwrap();
    let leaf = verbatim_record::Leaf::decode(&records[2].leaf_bytes).expect("leaf");
    assert_eq!(leaf.about, Some(1), "about the record of the message");
}

async fn a_repeat_is_seen_once(w: &World) {
    submitted(w).await;
    let receipt = w.receipt("SMout", Some(Sent));
    w.store
        .record_receipt(receipt.clone())
        .await
        .expect("first");
    let size = w.log_size().await;
    assert_eq!(
        w.store.record_receipt(receipt).await,
        Ok(ReceiptOutcome::Duplicate)
    );
    assert_eq!(w.log_size().await, size);
}

async fn an_orphan_is_recorded(w: &World) {
    submitted(w).await;
    let receipt = w.receipt("SMother", Some(Delivered));
    let id = receipt.record.id;
    assert_eq!(
        w.store.record_receipt(receipt).await,
        Ok(ReceiptOutcome::Orphan)
    );
    let none = w.store.records_of(None, 0, 10).await.unwrap();
    assert_eq!(none.last().map(|record| record.sealed.id), Some(id));
    let mut other = w.receipt("SMout", Some(Delivered));
    other.account = "other".into();
    assert_eq!(
        w.store.record_receipt(other).await,
        Ok(ReceiptOutcome::Orphan)
    );
}

/// A receipt may overtake the answer to the submission: the carrier's id becomes known by it.
async fn found_by_our_own_id(w: &World) {
    let held = w.alice().await;
    let (conversation, inbound) = w.conversation(held, 1, 10).await;
    let message = w.accepted(conversation).await;
    w.commit(vec![w.advance(message.id, Submitting)]).await;
    let mut receipt = w.receipt("SMearly", Some(Sent));
    receipt.message = Some(message.id);
    let moved = ReceiptOutcome::Moved {
        message: message.id,
    };
    assert_eq!(w.store.record_receipt(receipt).await, Ok(moved));
    assert_eq!(
        w.message(message.id).await.provider_id,
        Some("SMearly".into())
    );
    let found = w
        .store
        .message_by_provider(&account(), &"SMearly".into())
        .await;
    assert_eq!(found, Ok(Some(message.id)));
    let mut receipt = w.receipt("SMx", Some(Sent));
    receipt.message = Some(inbound);
    assert_eq!(
        w.store.record_receipt(receipt).await,
        Ok(ReceiptOutcome::Orphan)
    );
}

async fn a_contradicting_id_is_not_believed(w: &World) {
    let message = submitted(w).await;
    let mut receipt = w.receipt("SMwrong", Some(Delivered));
    receipt.message = Some(message.id);
    assert_eq!(
        w.store.record_receipt(receipt).await,
        Ok(ReceiptOutcome::Orphan)
    );
    assert_eq!(w.state(message.id).await, Submitted);
}

async fn a_receipt_without_a_move_is_noted(w: &World) {
    let message = submitted(w).await;
    let outcome = w.store.record_receipt(w.receipt("SMout", None)).await;
    assert_eq!(outcome, Ok(ReceiptOutcome::Noted));
    assert_eq!(w.state(message.id).await, Submitted);
    assert!(w.drain().await.is_empty(), "nothing to show");
}

async fn failure_is_kept(w: &World) {
    let message = submitted(w).await;
    let failure = Failure {
        class: "opted_out".into(),
        code: "21610".into(),
        certain: true,
    };
    let mut receipt = w.receipt("SMout", Some(Undelivered));
    receipt.failure = Some(failure.clone());
    w.store.record_receipt(receipt).await.expect("recorded");
    assert_eq!(w.message(message.id).await.failure, Some(failure));
}

async fn the_submission_is_woken(w: &World) {
    let message = submitted(w).await;
    let lane = Lane::sms(message.conversation.unwrap());
    let submit = NewJob {
        lane: lane.clone(),
        kind: JobKind::Submit,
        ..w.job("", 5000)
    };
    w.commit(vec![Change::Enqueue(submit)]).await;
    assert!(w.due(4999).await.is_empty());
    w.store
        .record_receipt(w.receipt("SMout", None))
        .await
        .expect("recorded");
    assert_eq!(w.only_job(90).await.lane, lane);
}

async fn shown_once_at_a_time(w: &World) {
    let message = submitted(w).await;
    let lane = Lane::room(message.conversation.unwrap());
    // Something else is being said meanwhile.
    w.commit(vec![Change::Enqueue(NewJob {
        lane: lane.clone(),
        ..w.job("", 1)
    })])
    .await;
    for to in [Sent, Delivered] {
        w.store
            .record_receipt(w.receipt("SMout", Some(to)))
            .await
            .expect("recorded");
    }
    let expected = [(lane.clone(), JobKind::Say), (lane, JobKind::Show)];
    assert_eq!(w.drain().await, expected);
}
