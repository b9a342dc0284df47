//! Jobs that fail for the room's sake, or for ours.

use verbatim_domain::UserId;
use verbatim_domain::message::MessageState;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::ReceiptStatus;
use verbatim_testkit::fakes::platform::PlatformFault;

use super::house::{ALICE, CLIENT, House};

#[tokio::test]
async fn a_panic_is_a_failed_attempt_that_somebody_hears_of() {
    let house = House::with_a_conversation().await;
    house.text("again").await;
    house.platform.server().panics = true;
    house.work().await;
    let lane = format!("held-up:room:{}", house.conversation().await.id);
    assert_eq!(house.alarms().await, [lane]);
    house.pass(10).await;
    assert_eq!(house.said(&house.room().await).last().unwrap(), "again");
    assert_eq!(house.alarms().await, [] as [&str; 0]);
    assert!(house.is_idle().await);
}

/// A receipt that the homeserver does not want held up the client's next text for ever.
#[tokio::test]
async fn what_decorates_is_given_up() {
    let house = House::with_a_conversation().await;
    let sent = house.carrier.ledger().taken.last().unwrap().clone();
    house
        .carrier
        .report(&sent.provider_id, &ReceiptStatus::Sent);
    let refuse = [PlatformFault::Refuse; 3];
    house.platform.server().faults.extend(refuse);
    house.pass(200).await;
    house.engine.poll().await.unwrap();
    house.text("next").await;
    house.pass(60).await;
    assert_eq!(house.said(&house.room().await).last().unwrap(), "next");
    assert!(house.platform.server().faults.is_empty());
    assert!(house.is_idle().await);
    assert!(!House::has(&house.alarms().await, "held-up:"));
}

/// The notice of a failure does not depend on whether the homeserver takes the status event.
#[tokio::test]
async fn a_failure_is_told_whatever_decorates_it() {
    let house = House::with_a_conversation().await;
    let sent = house.carrier.ledger().taken.last().unwrap().clone();
    let failed = house.carrier.report(
        &sent.provider_id,
        &ReceiptStatus::Failed(verbatim_engine::ports::FailureClass::Policy),
    );
    let hook = house.carrier.status_hook(&failed.unwrap());
    house
        .engine
        .webhook(&super::house::ACCOUNT.into(), &hook)
        .await;
    let refuse = [PlatformFault::Refuse; 4];
    house.platform.server().faults.extend(refuse);
    house.pass(60).await;
    let said = house.said(&house.room().await);
    assert!(
        said.last()
            .unwrap()
            .starts_with("Your message was not sent")
    );
    assert!(house.is_idle().await);
}

/// Whatever was refused in a room that is gone was refused for ever.
#[tokio::test]
async fn a_deleted_room_is_replaced_and_nothing_is_lost() {
    let house = House::with_a_conversation().await;
    let old = house.room().await;
    house.platform.delete_room(&old);
    house.text("one").await;
    house.text("two").await;
    house.work().await;
    assert!(House::has(&house.alarms().await, "held-up:room:"));
    house.pass(60).await;
    let new = house.room().await;
    assert_ne!(new, old);
    let said = house.said(&new);
    assert!(said[0].starts_with("This room texts"), "{said:?}");
    assert_eq!(said[1..], ["one", "two"]);
    let id = house.conversation().await.id;
    assert_eq!(house.alarms().await, [format!("room-replaced:{id}")]);
    assert_eq!(house.records("room_gone").await.len(), 1);
    // What the employee writes there goes out.
    house.write("answer").await;
    house.pass(10).await;
    assert_eq!(house.phone().last().unwrap(), "answer");
}

/// Asking for the room again made another one, which could never be bound.
#[tokio::test]
async fn a_deleted_room_can_be_asked_for_again() {
    let house = House::with_a_conversation().await;
    let old = house.room().await;
    house.platform.delete_room(&old);
    let (actor, alice) = (Actor::operator("test"), UserId(ALICE.to_owned()));
    for _ in 0..2 {
        house
            .engine
            .start_conversation(&actor, &alice, None, CLIENT, None)
            .await
            .unwrap();
        house.pass(10).await;
        assert!(house.is_idle().await);
    }
    let new = house.room().await;
    assert_ne!(new, old);
    house.text("hello again").await;
    house.work().await;
    let said = house.said(&new);
    assert_eq!(said.len(), 2, "{said:?}");
}

/// A room that refuses for another reason stays the room, and an alarm says that texts wait.
#[tokio::test]
async fn a_room_that_refuses_holds_up_only_itself() {
    let house = House::with_a_conversation().await;
    let room = house.room().await;
    house.text("held").await;
    let refuse = vec![PlatformFault::Refuse; 12];
    house.platform.server().faults.extend(refuse);
    house.pass(30).await;
    assert!(House::has(&house.alarms().await, "held-up:room:"));
    house.pass(3600).await;
    assert_eq!(house.room().await, room);
    assert_eq!(house.said(&room).last().unwrap(), "held");
    assert_eq!(house.alarms().await, [] as [&str; 0]);
}

/// "May not have been sent" stood for ever where the carrier sends no receipts.
#[tokio::test]
async fn an_uncertain_notice_is_corrected_once_the_text_was_sent() {
    use verbatim_domain::Duration;
    use verbatim_testkit::fakes::carrier::SubmitFault;
    let house = House::with_a_conversation().await;
    {
        let ledger = &mut *house.carrier.ledger();
        ledger.listing_delay = Duration::from_secs(300);
        ledger.faults.push_back(Some(SubmitFault::TimeoutAfter));
    }
    let event = house.write("perhaps").await;
    house.pass(200).await;
    let room = house.room().await;
    let said = house.said(&room);
    assert!(
        said.last().unwrap().contains("may not have been sent"),
        "{said:?}"
    );
    house.pass(700).await;
    assert_eq!(house.message(&event).await.state, MessageState::Submitted);
    assert_eq!(house.said(&room).last().unwrap(), "It was sent.");
    assert_eq!(house.phone().last().unwrap(), "perhaps");
}

/// Intake went on, and nothing said that nobody relayed.
#[tokio::test]
async fn readiness_tells_of_a_worker_that_is_no_more() {
    use verbatim_engine::views::WorkerState;
    let house = House::new().await;
    for (state, expected) in [
        (WorkerState::None, None),
        (WorkerState::Waiting, Some(true)),
        (WorkerState::Working, Some(true)),
        (WorkerState::Ended, Some(false)),
    ] {
        house.engine.set_worker(state);
        let parts = house.engine.readiness().await;
        let worker = parts.iter().find(|part| part.part == "worker");
        assert_eq!(worker.map(|part| part.ok), expected, "{state:?}");
    }
}

/// The employee accepts before the making of the room is committed: nobody saw it, and a job waited hours
/// for the answer.
#[tokio::test]
async fn who_accepts_a_room_in_the_making_is_seen() {
    let house = House::new().await;
    house
        .platform
        .server()
        .faults
        .push_back(PlatformFault::LoseAnswer);
    house.text("hello").await;
    house.work().await;
    house.pass(120).await;
    assert!(house.is_idle().await);
    assert_eq!(house.alarms().await, [] as [&str; 0]);
}
