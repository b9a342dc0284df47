//! Outbound messages through commits.

use verbatim_domain::MessageId;
use verbatim_domain::message::MessageState::*;
use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    a_message_is_read_back,
    advancing_is_monotone,
    tries_are_dated,
    only_what_is_accepted_is_submitted,
    withdrawing,
    a_carrier_id_belongs_to_one_message,
    events_find_their_message,
    messages_come_in_order_and_in_pages,
    what_is_not_there,
}

async fn a_message_is_read_back(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let mut message = w.outbound(
        conversation,
        w.record(verbatim_record::Kind::MessageOut, 1).id,
    );
    message.event = Some("$event".into());
    message.failure = Some(Failure {
        class: "x".into(),
        code: "1".into(),
        certain: false,
    });
    message.first_tried = Some(at(3));
    w.commit(vec![Change::AddMessage(message.clone())]).await;
    assert_eq!(w.message(message.id).await, message);
    let again = w.refused(vec![Change::AddMessage(message)]).await;
    assert!(matches!(again, StoreError::Conflict(_)), "{again:?}");
}

async fn advancing_is_monotone(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let message = w.accepted(conversation).await.id;
    for (to, state) in [
        (Submitting, Submitting),
        (Accepted, Submitting),
        (Unknown, Unknown),
        (Submitting, Unknown),
        (Delivered, Delivered),
        (Failed, Delivered),
    ] {
        w.commit(vec![w.advance(message, to)]).await;
        assert_eq!(w.state(message).await, state, "{to:?}");
    }
}

async fn tries_are_dated(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let message = w.accepted(conversation).await.id;
    let submit = |ms| Change::BeginSubmitting(message, at(ms));
    w.commit(vec![submit(100), Change::Withdraw(message), submit(200)])
        .await;
    let found = w.message(message).await;
    assert_eq!(
        (found.first_tried, found.last_tried),
        (Some(at(100)), Some(at(200)))
    );
}

/// A receipt was faster than the submission that is about to go out: a second one must not follow.
async fn only_what_is_accepted_is_submitted(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    for stands in [Submitting, Unknown, Submitted, Sent, Delivered, Failed] {
        let message = w.accepted(conversation).await.id;
        w.commit(vec![w.advance(message, stands)]).await;
        let error = w
            .refused(vec![Change::BeginSubmitting(message, at(100))])
            .await;
        assert!(matches!(error, StoreError::Stale(_)), "{error:?}");
        let found = w.message(message).await;
        assert_eq!((found.state, found.first_tried), (stands, None));
    }
}

async fn withdrawing(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let message = w.accepted(conversation).await.id;
    for (from, may) in [
        (Submitting, true),
        (Unknown, true),
        (Submitted, false),
        (Sent, false),
    ] {
        w.commit(vec![w.advance(message, from)]).await;
        let commit = Commit {
            fence: None,
            changes: vec![Change::Withdraw(message)],
        };
        match w.store.commit(commit).await {
            Ok(()) => assert!(may, "{from:?}"),
            Err(error) => assert!(!may && matches!(error, StoreError::Stale(_)), "{error:?}"),
        }
        assert_eq!(w.state(message).await, if may { Accepted } else { from });
    }
}

async fn a_carrier_id_belongs_to_one_message(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let (one, two) = (
        w.accepted(conversation).await.id,
        w.accepted(conversation).await.id,
    );
    let claim = |message, id: &str| Change::Advance {
        message,
        to: Submitted,
        provider_id: Some(id.into()),
        failure: None,
    };
    w.commit(vec![claim(one, "SMa")]).await;
    let error = w.refused(vec![claim(two, "SMa")]).await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    assert_eq!(w.message(two).await.state, Accepted);
    w.commit(vec![claim(two, "SMb")]).await;
    for (id, message) in [("SMa", Some(one)), ("SMb", Some(two)), ("SMc", None)] {
        let found = w.store.message_by_provider(&account(), &id.into()).await;
        assert_eq!(found, Ok(message));
    }
}

async fn events_find_their_message(w: &World) {
    let held = w.alice().await;
    let (_, inbound) = w.conversation(held, 1, 10).await;
    w.commit(vec![Change::SetEvent(inbound, "$said".into())])
        .await;
    let found = w
        .store
        .message_by_event(&"$said".into())
        .await
        .unwrap()
        .expect("message");
    assert_eq!((found.id, found.event), (inbound, Some("$said".into())));
    assert_eq!(w.store.message_by_event(&"$other".into()).await, Ok(None));
}

async fn messages_come_in_order_and_in_pages(w: &World) {
    let held = w.alice().await;
    let (conversation, first_id) = w.conversation(held, 1, 10).await;
    let mut expected = vec![first_id];
    for _ in 0..4 {
        expected.push(w.conversation(held, 1, 10).await.1);
        expected.push(w.accepted(conversation).await.id);
    }
    w.conversation(held, 2, 10).await;
    let (mut found, mut at) = (Vec::new(), first(4));
    loop {
        let page = w.store.messages(conversation, at.clone()).await.unwrap();
        assert!(page.items.len() <= 4);
        found.extend(page.items.iter().map(|message| message.id));
        match page.next {
            None => break,
            next => at.after = next,
        }
    }
    assert_eq!(found, expected);
    let strange = PageAt {
        after: Some("x".into()),
        limit: 1,
    };
    assert!(w.store.messages(conversation, strange).await.is_err());
}

async fn what_is_not_there(w: &World) {
    w.alice().await;
    let nobody = MessageId::from_random(w.bytes());
    assert_eq!(w.store.message(nobody).await, Ok(None));
    let homeless = w.outbound(
        verbatim_domain::ConversationId::from_random(w.bytes()),
        w.record(verbatim_record::Kind::MessageOut, 1).id,
    );
    for change in [
        w.advance(nobody, Sent),
        Change::Withdraw(nobody),
        Change::SetEvent(nobody, "$e".into()),
        Change::AddMessage(homeless),
    ] {
        let error = w.refused(vec![change.clone()]).await;
        assert!(
            matches!(error, StoreError::Stale(_)),
            "{change:?}: {error:?}"
        );
    }
}
