//! A carrier that refuses us, or hides what it knows.

use verbatim_domain::message::MessageState;
use verbatim_engine::ports::FailureClass;
use verbatim_testkit::fakes::carrier::SubmitFault;

use super::house::{ACCOUNT, House};

fn refuses() -> String {
    format!("carrier-refuses:{ACCOUNT}")
}

/// Each text failed for good while the credentials were wrong, and nobody was told.
#[tokio::test]
async fn texts_wait_while_the_account_is_refused() {
    let house = House::with_a_conversation().await;
    house.carrier.ledger().bars = true;
    let event = house.write("wait").await;
    house.pass(600).await;
    assert_eq!(house.message(&event).await.state, MessageState::Accepted);
    assert_eq!(house.alarms().await, [refuses()]);
    assert_eq!(house.records("account_refused").await.len(), 1);
    house.carrier.ledger().bars = false;
    house.pass(60).await;
    assert_eq!(house.phone().last().unwrap(), "wait");
    assert_eq!(house.alarms().await, [] as [&str; 0]);
}

#[tokio::test]
async fn texts_do_not_wait_for_ever() {
    let house = House::with_a_conversation().await;
    house.carrier.ledger().bars = true;
    let event = house.write("wait").await;
    house.pass(5 * 3600).await;
    assert_eq!(house.message(&event).await.state, MessageState::Expired);
    assert_eq!(house.alarms().await, [refuses()]);
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn a_number_that_is_not_in_order_is_told_of() {
    let house = House::with_a_conversation().await;
    let refused = Some(SubmitFault::Refuse(FailureClass::Configuration));
    house.carrier.ledger().faults.push_back(refused);
    let event = house.write("no").await;
    house.pass(10).await;
    assert_eq!(house.message(&event).await.state, MessageState::Failed);
    assert_eq!(house.alarms().await, [format!("{}:30000", refuses())]);
}

/// A listing that is refused kept texts of unknown fate waiting in silence.
#[tokio::test]
async fn an_unknown_fate_that_cannot_be_asked_about_is_told_of() {
    let house = House::with_a_conversation().await;
    let fault = Some(SubmitFault::TimeoutAfter);
    house.carrier.ledger().faults.push_back(fault);
    let event = house.write("perhaps").await;
    house.work().await;
    house.carrier.ledger().bars = true;
    house.pass(60).await;
    let listing = format!("carrier-refuses-listing:{ACCOUNT}");
    assert_eq!(house.alarms().await, [listing]);
    house.pass(1500).await;
    let alarms = house.alarms().await;
    assert!(House::has(&alarms, "outcome-unknown:"), "{alarms:?}");
    assert_eq!(house.message(&event).await.state, MessageState::Unknown);
    house.carrier.ledger().bars = false;
    house.pass(4000).await;
    assert_eq!(house.message(&event).await.state, MessageState::Submitted);
    assert_eq!(house.alarms().await, [] as [&str; 0]);
    assert_eq!(house.phone(), ["(disclosure)", "hi", "perhaps"]);
}

/// A list that hides words and numbers showed no such text, which counted as proof, and it was sent twice.
#[tokio::test]
async fn what_the_carrier_hides_is_no_proof() {
    let house = House::with_a_conversation().await;
    {
        let ledger = &mut *house.carrier.ledger();
        ledger.redacts = true;
        ledger.faults.push_back(Some(SubmitFault::TimeoutAfter));
    }
    let event = house.write("perhaps").await;
    house.pass(3600).await;
    assert_eq!(house.message(&event).await.state, MessageState::Unknown);
    assert!(House::has(&house.alarms().await, "outcome-unknown:"));
    house.pass(5 * 3600).await;
    let message = house.message(&event).await;
    assert_eq!(message.state, MessageState::Failed);
    assert!(!message.failure.unwrap().certain);
    assert_eq!(house.phone(), ["(disclosure)", "hi", "perhaps"]);
    assert_eq!(house.alarms().await, [] as [&str; 0]);
    assert!(house.is_idle().await);
}
