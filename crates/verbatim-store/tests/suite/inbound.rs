//! A client's text: seen once, bound to its holder, never lost.

use futures_util::future::join_all;
use verbatim_domain::ConversationId;
use verbatim_engine::ports::*;

use super::cases;
use super::log::audit;
use super::world::*;

cases! {
    first_text_makes_contact_conversation_and_jobs,
    second_text_reuses_all,
    a_repeat_is_seen_once,
    repeats_at_the_same_moment_are_seen_once,
    new_clients_at_the_same_moment_are_made_once,
    same_id_of_another_account_is_another_text,
    another_number_is_another_conversation,
    known_contact_is_not_made_again,
    reassigned_number_starts_a_new_conversation,
    gap_between_holders_belongs_to_nobody,
}

pub(super) fn placed(outcome: Result<InboundOutcome, StoreError>) -> (ConversationId, bool, bool) {
    match outcome {
        Ok(InboundOutcome::Placed {
            conversation,
            new_contact,
            caught,
            ..
        }) => (conversation, new_contact, caught),
        other => panic!("not placed: {other:?}"),
    }
}

async fn first_text_makes_contact_conversation_and_jobs(w: &World) {
    let held = w.alice().await;
    let sms = w.sms(held.index, peer(1), 1000);
    let (fresh, provider_id) = (sms.fresh.clone(), sms.provider_id.clone());
    assert_eq!(
        w.store.has_inbound(&account(), &provider_id).await,
        Ok(false)
    );
    let (conversation, new_contact, caught) = placed(w.store.record_inbound(sms).await);
    assert_eq!(
        (conversation, new_contact, caught),
        (fresh.conversation, true, false)
    );
    assert_eq!(
        w.store.has_inbound(&account(), &provider_id).await,
        Ok(true)
    );

    let found = w
        .store
        .conversation(conversation)
        .await
        .unwrap()
        .expect("conversation");
    assert_eq!(found.contact.state, "incomplete");
    assert_eq!(found.contact.stand_in, fresh.stand_in);
    assert_eq!(found.contact.numbers, vec![(peer(1), sealed("+1555…"))]);
    assert_eq!(
        (found.employee.id, found.number.id),
        (held.employee, held.number)
    );
    assert_eq!(
        (found.peer, found.room, found.disclosed),
        (peer(1), None, None)
    );

    let message = w.message(fresh.message).await;
    assert_eq!(message.conversation, Some(conversation));
    assert_eq!(message.provider_id, Some(provider_id));
    let records = w.store.records_of(Some(conversation), 0, 10).await.unwrap();
    assert_eq!(records[0].sealed.id, message.record);

    let lane = Lane::room(conversation);
    let open = w.only_job(1000).await;
    assert_eq!((open.kind, &open.lane), (JobKind::OpenRoom, &lane));
    w.commit(vec![finish(&open)]).await;
    let say = w.only_job(1000).await;
    assert_eq!(
        (say.kind, &say.lane, say.payload),
        (JobKind::Say, &lane, sealed("say"))
    );
    assert_eq!(say.message, Some(fresh.message));
}

async fn second_text_reuses_all(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 1000).await;
    w.drain().await;
    let again = w
        .store
        .record_inbound(w.sms(held.index, peer(1), 2000))
        .await;
    assert_eq!(placed(again), (conversation, false, false));
    let kinds: Vec<_> = w.drain().await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [JobKind::Say]);
}

async fn a_repeat_is_seen_once(w: &World) {
    let held = w.alice().await;
    let sms = w.sms(held.index, peer(1), 1000);
    placed(w.store.record_inbound(sms.clone()).await);
    w.drain().await;
    assert_eq!(
        w.store.record_inbound(sms).await,
        Ok(InboundOutcome::Duplicate)
    );
    assert_eq!((w.log_size().await, w.due(i64::MAX).await.len()), (1, 0));
}

/// Repeats that share a transaction with the first.
async fn repeats_at_the_same_moment_are_seen_once(w: &World) {
    let held = w.alice().await;
    w.conversation(held, 1, 1).await;
    let texts = [1, 1, 2].map(|from| w.sms(held.index, peer(from), 1000));
    let calls = (0..60).map(|n| w.store.record_inbound(texts[n % 3].clone()));
    let outcomes: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let count = |of: &dyn Fn(&&InboundOutcome) -> bool| outcomes.iter().filter(of).count();
    assert_eq!(
        count(&|o| matches!(o, InboundOutcome::Placed { .. })),
        3,
        "{outcomes:?}"
    );
    assert_eq!(count(&|o| **o == InboundOutcome::Duplicate), 57);
    assert_eq!(audit(w).await, 4);
}

/// What one operation of a batch makes is there for the next.
async fn new_clients_at_the_same_moment_are_made_once(w: &World) {
    let held = w.alice().await;
    let texts = (0..60u8).map(|n| w.sms(held.index, peer(n % 4), 1000));
    let calls = texts.map(|sms| w.store.record_inbound(sms));
    let made = join_all(calls)
        .await
        .into_iter()
        .map(placed)
        .filter(|(_, new, _)| *new);
    assert_eq!(made.count(), 4);
    assert_eq!(
        w.store.conversations(first(100)).await.unwrap().items.len(),
        4
    );
    assert_eq!(audit(w).await, 60);
}

async fn same_id_of_another_account_is_another_text(w: &World) {
    let held = w.alice().await;
    let sms = w.sms(held.index, peer(1), 1000);
    let mut other = w.sms(held.index, peer(1), 1000);
    other.provider_id = sms.provider_id.clone();
    other.account = "other".into();
    placed(w.store.record_inbound(sms).await);
    placed(w.store.record_inbound(other).await);
    assert_eq!(w.log_size().await, 2);
}

async fn another_number_is_another_conversation(w: &World) {
    let held = w.alice().await;
    let second = w.held(201, held.employee, 0).await;
    let (a, _) = w.conversation(held, 1, 1000).await;
    let (b, _) = w.conversation(second, 1, 1000).await;
    assert_ne!(a, b);
    assert_eq!(
        w.store.contacts(None, first(10)).await.unwrap().items.len(),
        1
    );
}

async fn known_contact_is_not_made_again(w: &World) {
    let held = w.alice().await;
    let contact = Contact {
        id: verbatim_domain::ContactId::from_random(w.bytes()),
        stand_in: "sms_known".into(),
        state: "confirmed".into(),
        name: sealed("Carol"),
        numbers: vec![(peer(1), sealed("+1555…"))],
        created: at(5),
    };
    w.commit(vec![Change::PutContact(contact.clone())]).await;
    let (conversation, new_contact, _) = placed(
        w.store
            .record_inbound(w.sms(held.index, peer(1), 1000))
            .await,
    );
    assert!(!new_contact);
    let found = w
        .store
        .conversation(conversation)
        .await
        .unwrap()
        .expect("conversation");
    assert_eq!(found.contact, contact);
}

/// Invariant 10: a number's past does not leak. A text captured while Alice held the number still
/// goes to her, however late it is recorded.
async fn reassigned_number_starts_a_new_conversation(w: &World) {
    let held = w.alice().await;
    let bob = w.employee("bob").await;
    let (old, _) = w.conversation(held, 1, 1000).await;
    let release = Change::Release(held.number, at(2000));
    w.commit(vec![release, Change::Assign(held.number, bob, at(2000))])
        .await;

    let (new, new_contact, _) = placed(
        w.store
            .record_inbound(w.sms(held.index, peer(1), 2000))
            .await,
    );
    assert_ne!(old, new);
    assert!(!new_contact);
    assert_eq!(
        w.store
            .conversation(new)
            .await
            .unwrap()
            .unwrap()
            .employee
            .id,
        bob
    );
    assert_eq!(w.conversation(held, 1, 1999).await.0, old);
    let number = w.store.number(&held.index).await.unwrap().expect("number");
    assert_eq!(number.holder, Some((bob, at(2000))));
}

async fn gap_between_holders_belongs_to_nobody(w: &World) {
    let held = w.alice().await;
    w.commit(vec![Change::Release(held.number, at(2000))]).await;
    w.commit(vec![Change::Assign(held.number, held.employee, at(3000))])
        .await;
    for (ms, theirs) in [(1999, true), (2000, false), (2999, false), (3000, true)] {
        let outcome = w
            .store
            .record_inbound(w.sms(held.index, peer(1), ms))
            .await
            .unwrap();
        assert_eq!(
            matches!(outcome, InboundOutcome::Placed { .. }),
            theirs,
            "{ms}: {outcome:?}"
        );
        // What waits for a holder holds up what comes after it; that is another case.
        w.drain().await;
    }
}
