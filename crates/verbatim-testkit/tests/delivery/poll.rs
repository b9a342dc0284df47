//! What only the carrier's list tells.

use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::ReceiptStatus;

use super::house::{ACCOUNT, ALICE, CLIENT, House, OURS};

/// The poll took a text whose webhook was on its way, and told of a missing webhook that was not missing.
#[tokio::test]
async fn what_is_in_flight_is_left_to_its_webhook() {
    let house = House::new().await;
    let text = house.carrier.text_from_client(CLIENT, OURS, "hello");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.engine.poll().await.unwrap(), 0);
    house.hook(&text).await;
    house.pass(600).await;
    assert_eq!(house.engine.poll().await.unwrap(), 0);
    let records = house.records("from_client").await;
    assert_eq!(records.len(), 1);
    assert!(records[0].evidence_bytes > 0);
    assert_eq!(house.records("webhooks_missing").await.len(), 0);
}

#[tokio::test]
async fn what_no_webhook_brought_is_found_later() {
    let house = House::new().await;
    house.carrier.text_from_client(CLIENT, OURS, "hello");
    // However often it was looked for in vain.
    for _ in 0..3 {
        assert_eq!(house.engine.poll().await.unwrap(), 0);
        house.clock.advance(Duration::from_secs(30));
    }
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(house.engine.poll().await.unwrap(), 1);
    assert_eq!(house.engine.poll().await.unwrap(), 0);
    assert_eq!(house.records("webhooks_missing").await.len(), 1);
    assert!(House::has(&house.alarms().await, "webhooks-missing:"));
}

#[tokio::test]
async fn a_receipt_that_no_webhook_brought_is_found_later() {
    let house = House::with_a_conversation().await;
    let sent = house.carrier.ledger().taken[1].clone();
    let delivered = ReceiptStatus::Delivered;
    house.carrier.report(&sent.provider_id, &delivered);
    house.clock.advance(Duration::from_secs(200));
    assert_eq!(house.engine.poll().await.unwrap(), 1);
    assert_eq!(house.records("webhooks_missing").await.len(), 1);
}

/// What was texted to a number before it was ours is not for who holds it now.
#[tokio::test]
async fn nothing_from_before_the_number_was_ours() {
    const NEW: &str = "+14155550177";
    let house = House::new().await;
    house
        .carrier
        .text_from_client(CLIENT, NEW, "for somebody else");
    house.clock.advance(Duration::from_secs(10));
    let actor = Actor::operator("test");
    house.engine.add_number(&actor, NEW, ACCOUNT).await.unwrap();
    house
        .engine
        .assign_number(&actor, NEW, ALICE)
        .await
        .unwrap();
    house.clock.advance(Duration::from_secs(600));
    assert_eq!(house.engine.poll().await.unwrap(), 0);
}

/// A text without its words is not what the client wrote: it is a gap, told of once.
#[tokio::test]
async fn what_the_carrier_hides_is_a_gap() {
    let house = House::new().await;
    house.carrier.ledger().redacts = true;
    house.carrier.text_from_client(CLIENT, OURS, "hello");
    house.clock.advance(Duration::from_secs(600));
    for _ in 0..2 {
        assert_eq!(house.engine.poll().await.unwrap(), 0);
        assert_eq!(house.records("from_client").await.len(), 0);
        assert_eq!(house.records("carrier_redacts").await.len(), 1);
    }
    assert!(House::has(&house.alarms().await, "texts-redacted:"));
}
