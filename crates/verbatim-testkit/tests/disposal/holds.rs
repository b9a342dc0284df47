//! Holds: set by one, released by two, and stronger than every disposal.

use verbatim_domain::{Duration, HoldId, Timestamp};
use verbatim_engine::HoldWish;
use verbatim_engine::admin::{Actor, AdminError};
use verbatim_engine::ports::Clock;

use crate::years::*;

#[tokio::test]
async fn what_is_held_survives_the_disposal_and_goes_after_the_release() {
    let house = House::of_old().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    house.approve_all().await;
    house.work().await;
    // Not the other client's.
    assert_eq!(house.texts().await, [said(CLIENT)]);
    let disposal = house.disposals().await.remove(0);
    assert!(disposal.held > 0 && disposal.disposed > 0, "{disposal:?}");
    assert_eq!(house.verified().await.disposed, disposal.disposed);
    assert!(
        house
            .shown_of(CLIENT)
            .await
            .iter()
            .any(|r| r.text == said(CLIENT))
    );
    // Nothing of what is left may go.
    assert!(
        house
            .engine
            .propose_disposals(&ann())
            .await
            .unwrap()
            .is_empty()
    );

    let id: HoldId = hold.id.parse().unwrap();
    house
        .engine
        .ask_release(&ann(), id, "settled")
        .await
        .unwrap();
    house.engine.approve_release(&bob(), id).await.unwrap();
    house.approve_all().await;
    house.work().await;
    assert!(house.texts().await.is_empty());
    let disposals = house.disposals().await;
    assert_eq!(disposals.len(), 2);
    assert_eq!(
        (disposals[1].disposed, disposals[1].held),
        (disposal.held, 0)
    );
    house.verified().await;
}

/// A hold that came after the approval, and a second one on what the first has kept.
#[tokio::test]
async fn holds_follow_each_other() {
    let house = House::of_old().await;
    let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
    let id = proposed[0].id.parse().unwrap();
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    let first = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    house.work().await;
    assert_eq!(house.texts().await, [said(CLIENT)]);

    let wish = HoldWish {
        contacts: Vec::new(),
        numbers: vec![CLIENT.to_owned()],
        until: Some(Timestamp(house.clock.now().as_millis())),
        ..on_client()
    };
    let first: HoldId = first.id.parse().unwrap();
    house
        .engine
        .ask_release(&ann(), first, "settled")
        .await
        .unwrap();
    house.engine.approve_release(&bob(), first).await.unwrap();
    let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
    house.engine.set_hold(&ann(), wish).await.unwrap();
    let id = proposed[0].id.parse().unwrap();
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    house.work().await;
    assert_eq!(
        house.texts().await,
        [said(CLIENT)],
        "kept by the second hold"
    );
    house.verified().await;
}

#[tokio::test]
async fn nobody_releases_a_hold_alone() {
    let house = House::with_a_conversation().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    let id: HoldId = hold.id.parse().unwrap();
    assert!(
        house.engine.approve_release(&bob(), id).await.is_err(),
        "nobody asked"
    );
    let asked = house
        .engine
        .ask_release(&ann(), id, "settled")
        .await
        .unwrap();
    assert_eq!(asked.state, "release_asked");
    let alone = house.engine.approve_release(&ann(), id).await;
    assert!(
        matches!(alone, Err(AdminError::SecondPerson(_))),
        "{alone:?}"
    );
    let released = house.engine.approve_release(&bob(), id).await.unwrap();
    assert_eq!(released.state, "released");
    assert!(
        house.engine.approve_release(&bob(), id).await.is_err(),
        "released already"
    );
    let kinds: Vec<_> = house
        .all_records()
        .await
        .into_iter()
        .map(|r| r.kind)
        .collect();
    let ledger: Vec<_> = kinds.iter().filter(|k| k.starts_with("hold_")).collect();
    assert_eq!(ledger, ["hold_set", "hold_released", "hold_released"]);
}

/// A request that nobody agreed to within thirty days lapses, and anybody may take one back.
#[tokio::test]
async fn a_request_to_release_lapses_and_can_be_taken_back() {
    let house = House::with_a_conversation().await;
    let engine = &house.engine;
    let hold = engine.set_hold(&ann(), on_client()).await.unwrap();
    let id: HoldId = hold.id.parse().unwrap();
    assert!(engine.keep_hold(&bob(), id).await.is_err(), "nobody asked");
    engine.ask_release(&ann(), id, "settled").await.unwrap();
    house.verified().await;
    let kept = engine.keep_hold(&bob(), id).await.unwrap();
    assert_eq!(
        (kept.state.as_str(), kept.asked.is_none()),
        ("standing", true)
    );
    assert!(engine.approve_release(&bob(), id).await.is_err());
    house.verified().await;
    engine.ask_release(&ann(), id, "settled").await.unwrap();
    house.clock.advance(Duration::from_secs(30 * 86_400));
    let late = engine.approve_release(&bob(), id).await;
    assert!(matches!(late, Err(AdminError::Invalid(_))), "{late:?}");
    engine.ask_release(&ann(), id, "settled").await.unwrap();
    engine.approve_release(&bob(), id).await.unwrap();
    house.verified().await;
}

/// Of the same person by an account of the machine and by a token, nobody knows that they are two.
#[tokio::test]
async fn one_name_by_two_ways_is_one_person() {
    let house = House::of_old().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    let id: HoldId = hold.id.parse().unwrap();
    house.engine.ask_release(&ann(), id, "over").await.unwrap();
    let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
    let disposal = proposed[0].id.parse().unwrap();
    for same in ["command-line/ann", "Ann", "command-line/ANN"] {
        let same = Actor::operator(same);
        for alone in [
            house.engine.approve_release(&same, id).await.err(),
            house.engine.approve_disposal(&same, disposal).await.err(),
        ] {
            assert!(
                matches!(alone, Some(AdminError::SecondPerson(_))),
                "{same:?} {alone:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_hold_on_nobody_is_refused() {
    let house = House::with_a_conversation().await;
    let check = async |wish: HoldWish| {
        assert!(
            house.engine.set_hold(&ann(), wish.clone()).await.is_err(),
            "{wish:?}"
        );
    };
    let nobody = || HoldWish {
        contacts: Vec::new(),
        ..on_client()
    };
    check(nobody()).await;
    check(HoldWish {
        employees: vec!["@nobody:example.org".to_owned()],
        ..nobody()
    })
    .await;
    for number in [OTHER, "not a number"] {
        let numbers = vec![number.to_owned()];
        check(HoldWish {
            numbers,
            ..nobody()
        })
        .await;
        let contacts = vec![number.to_owned()];
        check(HoldWish {
            contacts,
            ..nobody()
        })
        .await;
    }
    check(HoldWish {
        reason: " ".to_owned(),
        ..on_client()
    })
    .await;
    check(HoldWish {
        from: Some(Timestamp(5)),
        until: Some(Timestamp(5)),
        ..on_client()
    })
    .await;
    for wish in [
        HoldWish {
            employees: vec![ALICE.to_owned()],
            ..nobody()
        },
        HoldWish {
            numbers: vec![OURS.to_owned()],
            ..nobody()
        },
        HoldWish {
            conversations: vec![house.conversation().await.id],
            ..nobody()
        },
    ] {
        house.engine.set_hold(&ann(), wish).await.unwrap();
    }
}
