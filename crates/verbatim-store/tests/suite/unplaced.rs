//! Texts that nobody is there to get: recorded, kept, placed later.

use futures_util::future::join_all;
use verbatim_engine::ports::*;

use super::cases;
use super::inbound::placed;
use super::world::*;

cases! {
    nobody_holds_it_then_somebody_does,
    a_later_text_does_not_overtake,
    later_texts_of_the_same_moment_do_not_overtake,
    a_number_that_is_not_ours,
    catch_all_gets_it,
    catch_all_that_has_left_does_not,
    placing_again_needs_its_job,
}

async fn nobody_holds_it_then_somebody_does(w: &World) {
    w.install().await;
    let number = w.new_number(200);
    let (id, index) = (number.id, number.index);
    w.commit(vec![Change::PutNumber(number)]).await;
    let sms = w.sms(index, peer(1), 1000);
    let message = sms.fresh.message;
    let unplaced = InboundOutcome::Unplaced {
        message,
        known_number: true,
    };
    assert_eq!(
        w.store.record_inbound(sms.clone()).await,
        Ok(unplaced.clone())
    );
    assert_eq!(w.message(message).await.conversation, None);
    assert_eq!(w.store.records_of(None, 0, 10).await.unwrap().len(), 1);

    let route = w.only_job(1000).await;
    assert_eq!(
        (route.kind, &route.lane),
        (JobKind::Route, &Lane::unrouted(&index))
    );
    assert_eq!(
        (route.message, &route.payload),
        (Some(message), &sealed("say"))
    );
    let mut again = w.sms(index, peer(1), 1000);
    again.again = Some(route.id);
    // Still nobody: nothing changes.
    assert_eq!(w.store.record_inbound(again.clone()).await, Ok(unplaced));
    assert_eq!(w.only_job(1000).await.id, route.id);

    let alice = w.employee("alice").await;
    w.commit(vec![Change::Assign(id, alice, at(500))]).await;
    let (conversation, _, _) = placed(w.store.record_inbound(again).await);
    assert_eq!(w.message(message).await.conversation, Some(conversation));
    let lane = Lane::room(conversation);
    let expected = [(lane.clone(), JobKind::OpenRoom), (lane, JobKind::Say)];
    assert_eq!(w.drain().await, expected);
    // The conversation has a record of its own, about the first one.
    assert_eq!(w.log_size().await, 2);
    let records = w.store.records_of(Some(conversation), 0, 10).await.unwrap();
    assert_eq!(records.len(), 1);
}

/// The holder is there by now, but earlier texts still wait to be placed.
async fn a_later_text_does_not_overtake(w: &World) {
    let held = w.alice().await;
    w.commit(vec![Change::Release(held.number, at(500))]).await;
    let early = w.sms(held.index, peer(1), 1000);
    let late = w.sms(held.index, peer(1), 2000);
    let messages = [early.fresh.message, late.fresh.message];
    w.store.record_inbound(early).await.expect("recorded");
    w.commit(vec![Change::Assign(held.number, held.employee, at(900))])
        .await;
    let outcome = w.store.record_inbound(late).await.expect("recorded");
    assert!(matches!(outcome, InboundOutcome::Unplaced { .. }));
    for message in messages {
        let route = w.due(2000).await;
        let route = route.iter().find(|job| job.kind == JobKind::Route);
        let route = route.expect("a text that waits");
        assert_eq!(route.message, Some(message));
        let mut again = w.sms(held.index, peer(1), 2000);
        again.again = Some(route.id);
        placed(w.store.record_inbound(again).await);
    }
    let kinds: Vec<_> = w.drain().await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [JobKind::OpenRoom, JobKind::Say, JobKind::Say]);
    w.conversation(held, 1, 3000).await;
}

/// The same where all of them share a transaction: the first was captured before there was a holder.
async fn later_texts_of_the_same_moment_do_not_overtake(w: &World) {
    let held = w.alice().await;
    let changes = vec![
        Change::Release(held.number, at(500)),
        Change::Assign(held.number, held.employee, at(900)),
    ];
    w.commit(changes).await;
    let texts = [800, 1000, 1001].map(|ms| w.sms(held.index, peer(1), ms));
    for outcome in join_all(texts.map(|sms| w.store.record_inbound(sms))).await {
        let unplaced = matches!(outcome, Ok(InboundOutcome::Unplaced { .. }));
        assert!(unplaced, "{outcome:?}");
    }
}

async fn a_number_that_is_not_ours(w: &World) {
    let held = w.alice().await;
    let mut sms = w.sms(peer(99), peer(1), 1000);
    sms.catch_all = Some(held.employee);
    let message = sms.fresh.message;
    let expected = InboundOutcome::Unplaced {
        message,
        known_number: false,
    };
    assert_eq!(w.store.record_inbound(sms).await, Ok(expected));
    assert_eq!(w.log_size().await, 1);
}

async fn catch_all_gets_it(w: &World) {
    let held = w.alice().await;
    let bob = w.employee("bob").await;
    w.commit(vec![Change::Release(held.number, at(500))]).await;
    let mut sms = w.sms(held.index, peer(1), 1000);
    sms.catch_all = Some(bob);
    let (first, _, caught) = placed(w.store.record_inbound(sms).await);
    assert!(caught);
    assert_eq!(
        w.store
            .conversation(first)
            .await
            .unwrap()
            .unwrap()
            .employee
            .id,
        bob
    );
    let mut sms = w.sms(held.index, peer(1), 1001);
    sms.catch_all = Some(bob);
    assert_eq!(
        placed(w.store.record_inbound(sms).await),
        (first, false, true)
    );
}

async fn catch_all_that_has_left_does_not(w: &World) {
    let held = w.alice().await;
    let gone = verbatim_domain::EmployeeId::from_random(w.bytes());
    let mut employee = w.new_employee(gone, "gone");
    employee.ended = Some(at(10));
    let release = Change::Release(held.number, at(500));
    w.commit(vec![release, Change::PutEmployee(employee)]).await;
    let mut sms = w.sms(held.index, peer(1), 1000);
    sms.catch_all = Some(gone);
    let outcome = w.store.record_inbound(sms).await.unwrap();
    assert!(
        matches!(
            outcome,
            InboundOutcome::Unplaced {
                known_number: true,
                ..
            }
        ),
        "{outcome:?}"
    );
}

async fn placing_again_needs_its_job(w: &World) {
    let held = w.alice().await;
    let mut sms = w.sms(held.index, peer(1), 1000);
    sms.again = Some(verbatim_domain::JobId(4711));
    let error = w.store.record_inbound(sms).await.expect_err("no such job");
    assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
    assert_eq!(w.log_size().await, 0);
}
