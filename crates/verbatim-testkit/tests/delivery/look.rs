//! The second look at the rooms, where the homeserver does not want to be looked at.

use verbatim_engine::ports::{Change, Commit, Store};

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
    for words in ["one", "two", "three", "four"] {
        house.write_unseen(words).await;
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

/// A homeserver that was set back does not know the position any more: every look was refused for ever.
#[tokio::test]
async fn a_position_that_is_gone_is_begun_anew() {
    let house = House::with_a_conversation().await;
    let gone = Change::SetCursor("rooms-looked-at".to_owned(), "s_of_another_life".to_owned());
    let commit = Commit {
        fence: None,
        changes: vec![gone],
    };
    house.store.commit(commit).await.unwrap();
    house.engine.look_again().await.unwrap();
    assert_eq!(house.alarms().await, ["rooms-looked-at-anew"]);
    // What is forgotten from now on is found.
    house.write_unseen("one").await;
    house.platform.forget(1);
    house.engine.look_again().await.unwrap();
    house.pass(10).await;
    assert_eq!(house.phone().last().unwrap(), "one");
}
