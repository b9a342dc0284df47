//! Who asked not to be texted is not texted, and everybody is told why.

use verbatim_domain::Duration;
use verbatim_domain::consent::Consent;
use verbatim_domain::message::MessageState;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{FailureClass, PageAt, Store};
use verbatim_testkit::fakes::carrier::SubmitFault;

use super::house::{ALICE, CLIENT, House, OURS};

/// Who has agreed and was disclosed to; what reached the phone so far is left out.
async fn texting() -> (House, usize) {
    let house = House::with_a_conversation().await;
    let before = house.phone().len();
    (house, before)
}

async fn says(house: &House, words: &str) {
    house.pass(1).await;
    house.text(words).await;
    house.work().await;
}

/// Writes it, and gives the class of its failure, if it failed.
async fn write(house: &House, words: &str) -> Option<String> {
    let event = house.write(words).await;
    house.pass(60).await;
    let message = house.store.message_by_event(&event).await.unwrap();
    message.and_then(|message| message.failure.map(|failure| failure.class))
}

async fn last_said(house: &House) -> String {
    house.said(&house.room().await).pop().unwrap()
}

#[tokio::test]
async fn stop_stops_and_start_starts_again() {
    let (house, before) = texting().await;
    says(&house, "Stop.").await;
    assert!(last_said(&house).await.contains("asked not to be texted"));
    write(&house, "are you there?").await;
    assert!(last_said(&house).await.contains("was not sent"));
    assert_eq!(house.phone().len(), before);
    assert_eq!(house.records("client_opted_out").await.len(), 1);

    says(&house, "START").await;
    assert!(last_said(&house).await.contains("agreed to be texted"));
    write(&house, "welcome back").await;
    assert_eq!(house.phone()[before..], ["welcome back"]);

    let records = house.records("opted-out").await;
    let [record] = &records[..] else {
        panic!("{} records", records.len());
    };
    assert_eq!(
        (record.kind.as_str(), record.rule.as_str()),
        ("consent", "consent.heard v1")
    );
    assert_eq!((record.from.as_str(), record.to.as_str()), (CLIENT, OURS));
    let texts = house.records("from_client").await;
    let stop = texts.iter().find(|text| text.text == "Stop.").unwrap();
    assert_eq!(stop.details["consent"], "opted-out");
    assert_eq!(stop.details["consent_rule"], "consent.words v1");
}

/// It was accepted while the carrier could not be reached.
#[tokio::test]
async fn what_waits_when_they_say_stop_does_not_go() {
    let (house, before) = texting().await;
    house.carrier.ledger().down = true;
    let event = house.write("did you see the news?").await;
    house.pass(20).await;
    says(&house, "STOP").await;
    house.carrier.ledger().down = false;
    house.pass(600).await;
    assert_eq!(house.phone().len(), before);
    let message = house.message(&event).await;
    assert_eq!(message.state, MessageState::Failed);
    assert_eq!(message.failure.unwrap().class, "opted_out");
}

/// Webhooks overtake each other, and a text that had none is found by a poll.
#[tokio::test]
async fn what_was_said_later_stands() {
    let (house, before) = texting().await;
    let stop = house.carrier.text_from_client(CLIENT, OURS, "STOP");
    house.pass(5).await;
    says(&house, "START").await;
    house.hook(&stop).await;
    house.work().await;
    let said = last_said(&house).await;
    assert!(said.contains("came late. Your client agreed"), "{said}");
    assert_eq!(write(&house, "still here").await, None);
    assert_eq!(house.phone()[before..], ["still here"]);
}

/// The carrier was told by another way than by a text to us.
#[tokio::test]
async fn a_carrier_that_knows_better_is_believed() {
    let (house, before) = texting().await;
    let refused = Some(SubmitFault::Refuse(FailureClass::OptedOut));
    house.carrier.ledger().faults.push_back(refused);
    assert_eq!(write(&house, "one").await.as_deref(), Some("opted_out"));
    assert!(house.conversation().await.opted_out());
    write(&house, "two").await;
    assert_eq!(house.phone().len(), before);
    let records = house.records("opted-out").await;
    assert_eq!(records.len(), 1, "by the refusal alone");
    assert_eq!(records[0].rule, "consent.refused_by_carrier v1");
}

/// They said START while the answer was on its way.
#[tokio::test]
async fn an_older_refusal_does_not_undo_a_later_start() {
    let (house, _) = texting().await;
    let refused = Some(SubmitFault::Refuse(FailureClass::OptedOut));
    house.carrier.ledger().faults.push_back(refused);
    // Recorded, and not yet shown.
    house.write("one").await;
    while house.records("refused").await.is_empty() {
        house.work_one().await;
    }
    house.clock.advance(Duration::from_secs(2));
    house.text("START").await;
    house.pass(60).await;
    assert!(!house.conversation().await.opted_out());
    assert!(house.records("opted-out").await.is_empty());
}

#[tokio::test]
async fn the_firm_enters_what_it_was_told_elsewhere() {
    let (house, before) = texting().await;
    let id = house.conversation().await.id;
    let actor = Actor::operator("ann");
    let enter = |consent, because| house.engine.enter_consent(&actor, id, consent, because);
    assert!(enter(Consent::OptedOut, "").await.is_err(), "no reason");
    let view = enter(Consent::OptedOut, "by telephone").await.unwrap();
    assert_eq!(view.consent, "opted-out");
    house.work().await;
    assert!(
        last_said(&house)
            .await
            .starts_with("Your firm has entered: ")
    );
    write(&house, "one").await;
    assert_eq!(house.phone().len(), before);
    let record = &house.records("opted-out").await[0];
    assert_eq!(record.details["because"], "by telephone");
    assert_eq!(record.actor, "operator:ann");
    house.pass(1).await;
    enter(Consent::OptedIn, "in person").await.unwrap();
    write(&house, "two").await;
    assert_eq!(house.phone()[before..], ["two"]);
}

/// Nobody was there to read it. It is between two numbers, and stands for whoever holds ours next.
#[tokio::test]
async fn stop_to_a_number_without_holder_counts() {
    let house = House::new().await;
    let actor = Actor::operator("ann");
    house.engine.release_number(&actor, OURS).await.unwrap();
    says(&house, "STOP").await;
    house.pass(1).await;
    house
        .engine
        .assign_number(&actor, OURS, ALICE)
        .await
        .unwrap();
    house.pass(120).await;
    assert!(last_said(&house).await.contains("asked not to be texted"));
    assert_eq!(house.records("opted-out").await.len(), 1);
    write(&house, "who are you?").await;
    assert!(house.phone().is_empty());
}

/// The number has changed hands: who texts this client now is told.
#[tokio::test]
async fn what_is_entered_is_told_to_who_holds_the_number() {
    const BOB: &str = "@bob:example.org";
    let (house, _) = texting().await;
    let old = house.conversation().await;
    let (engine, actor) = (&house.engine, Actor::operator("ann"));
    engine.add_employee(&actor, BOB, "Bob").await.unwrap();
    engine.release_number(&actor, OURS).await.unwrap();
    house.pass(1).await;
    engine.assign_number(&actor, OURS, BOB).await.unwrap();
    house.pass(1).await;
    says(&house, "hello Bob").await;
    let entered = engine.enter_consent(&actor, old.id, Consent::OptedOut, "by letter");
    entered.await.unwrap();
    house.work().await;
    let all = PageAt {
        after: None,
        limit: 10,
    };
    let page = house.store.conversations(all).await.unwrap();
    let new = page.items.iter().find(|c| c.id != old.id).unwrap();
    for room in [old.room.unwrap(), new.room.clone().unwrap()] {
        let said = house.said(&room);
        assert!(
            said.last().unwrap().contains("asked not to be texted"),
            "{said:?}"
        );
    }
}
