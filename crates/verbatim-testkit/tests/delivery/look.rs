//! The second look at the rooms, where the homeserver does not want to be looked at.

use super::house::House;

/// A refusal that lasts would have kept every transaction out for ever.
#[tokio::test]
async fn a_look_that_is_refused_does_not_keep_transactions_out() {
    let house = House::with_a_conversation().await;
    house.engine.homeserver_is_away().await.unwrap();
    house.platform.server().refuses_look = true;
    house.write("one").await;
    house.pass(10).await;
    assert_eq!(house.phone().last().unwrap(), "one");
    assert!(House::has(&house.alarms().await, "rooms-not-looked-at"));
    // Once it is allowed again, what was missed is found, and the alarm is over.
    house.platform.server().refuses_look = false;
    house.engine.look_again().await.unwrap();
    assert!(!House::has(&house.alarms().await, "rooms-not-looked-at"));
}

/// One room that cannot be read would have held up the look at all others.
#[tokio::test]
async fn a_gap_that_is_refused_does_not_keep_the_others_out() {
    let house = House::with_a_conversation().await;
    let user = verbatim_domain::UserId(super::house::ALICE.to_owned());
    let room = house.room().await;
    for words in ["one", "two", "three", "four"] {
        let kind = verbatim_engine::ports::EventKind::Text {
            body: words.to_owned(),
            reply_to: None,
        };
        let key = verbatim_testkit::fakes::platform::Key::Here;
        house.platform.write(&room, &user, kind, key);
    }
    house.platform.forget(4);
    house.platform.server().refuses_fill = true;
    house.engine.look_again().await.unwrap();
    house.pass(10).await;
    assert_eq!(
        house.phone()[1..],
        ["hi", "three", "four"],
        "what can be had"
    );
    assert!(House::has(&house.alarms().await, "rooms-not-looked-at:"));
}
