//! The client is told first, or not texted.

use verbatim_domain::message::MessageState;
use verbatim_engine::ports::{FailureClass, ReceiptStatus};
use verbatim_testkit::fakes::carrier::SubmitFault;

use super::house::{ACCOUNT, House};

async fn texted() -> House {
    let house = House::new().await;
    house.text("hello").await;
    house.work().await;
    house
}

#[tokio::test]
async fn the_first_text_waits_for_the_disclosure() {
    let house = texted().await;
    house.write("one").await;
    house.write("two").await;
    house.pass(60).await;
    assert_eq!(house.phone(), ["(disclosure)", "one", "two"]);
}

/// It counted as made when it was queued: it expired, and the next text went out alone.
#[tokio::test]
async fn a_disclosure_that_expired_was_none() {
    let house = texted().await;
    house.carrier.ledger().down = true;
    let lost = house.write("lost").await;
    house.pass(5 * 3600).await;
    assert_eq!(house.message(&lost).await.state, MessageState::Expired);
    house.carrier.ledger().down = false;
    house.write("one").await;
    house.pass(60).await;
    assert_eq!(house.phone(), ["(disclosure)", "one"]);
}

#[tokio::test]
async fn a_text_does_not_go_without_its_disclosure() {
    let house = texted().await;
    let refused = Some(SubmitFault::Refuse(FailureClass::Policy));
    house.carrier.ledger().faults.push_back(refused);
    let behind = house.write("behind").await;
    house.pass(60).await;
    let message = house.message(&behind).await;
    assert_eq!(message.state, MessageState::Failed);
    assert_eq!(message.failure.unwrap().class, "disclosure");
    assert_eq!(house.phone(), [] as [&str; 0]);
    let said = house.said(&house.room().await);
    assert!(
        said.last().unwrap().contains("could not first be told"),
        "{said:?}"
    );
    house.write("again").await;
    house.pass(60).await;
    assert_eq!(house.phone(), ["(disclosure)", "again"]);
}

/// The carrier took it and failed it afterwards.
#[tokio::test]
async fn a_disclosure_that_failed_later_is_made_again() {
    let house = texted().await;
    house.write("one").await;
    house.pass(60).await;
    let first = house.carrier.ledger().taken[0].clone();
    let failed = ReceiptStatus::Failed(FailureClass::Policy);
    let told = house.carrier.report(&first.provider_id, &failed).unwrap();
    let hook = house.carrier.status_hook(&told);
    house.engine.webhook(&ACCOUNT.into(), &hook).await;
    house.pass(10).await;
    house.write("two").await;
    house.pass(60).await;
    assert_eq!(
        house.phone(),
        ["(disclosure)", "one", "(disclosure)", "two"]
    );
}
