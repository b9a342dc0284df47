//! An employee's own conversations.

use std::time::Duration;

use serde_json::{Value, json};
use verbatim_engine::admin::Actor;

use super::{BOB, BOBS, Office};
use crate::edge_router;
use crate::testing::{ACCOUNT, ALICE, Answer, CLIENT, OURS, post, send};

async fn start(office: &Office, token: &str, body: &Value) -> Answer {
    office.post("conversations", token, body).await
}

/// A conversation of each employee; Alice's token and Bob's.
async fn two() -> (Office, String, String) {
    let office = Office::new().await;
    let (alice, bob) = (office.alice().await, office.signed_in(BOB).await);
    for (token, number, name) in [
        (&alice, CLIENT, "Jane Doe"),
        (&bob, "+14155552672", "John Roe"),
    ] {
        let answer = start(&office, token, &json!({"number": number, "name": name})).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    (office, alice, bob)
}

#[tokio::test]
async fn everybody_sees_their_own_and_no_full_number() {
    let (office, alice, bob) = two().await;
    for (token, name, masked, ours) in [
        (&alice, "Jane Doe", "•••• 2671", OURS),
        (&bob, "John Roe", "•••• 2672", BOBS),
    ] {
        let list = office.shown("conversations", token).await;
        let id = list["items"][0]["conversation"].clone();
        let expected = json!({"items": [{
            "conversation": id, "room_id": null, "name": name, "masked_number": masked, "our_number": ours,
            "consent": "not-asked", "disclosed_at_ms": null,
        }], "next": null});
        assert_eq!(list, expected);
        let id = id.as_str().unwrap();
        let place = office.shown(&format!("conversations/{id}"), token).await;
        assert_eq!(
            place,
            json!({"conversation": id, "room_id": null, "consent": "not-asked", "disclosed_at_ms": null})
        );
        for (other, status) in [(&alice, token == &alice), (&bob, token == &bob)] {
            let answer = office.get(&format!("conversations/{id}"), other).await;
            assert_eq!(answer.status == 200, status);
        }
    }
    for id in ["12", "../me", "%2e%2e", "00000000000000000000000000000000"] {
        let answer = office.get(&format!("conversations/{id}"), &alice).await;
        assert_eq!(answer.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_client_who_texted_first_is_an_unknown_sender() {
    let office = Office::new().await;
    let edge = edge_router(office.world.engine.intake());
    assert_eq!(
        send(&edge, post(&office.world.inbound("hi"))).await.status,
        200
    );
    office.work().await;
    let alice = office.alice().await;
    let list = office.shown("conversations", &alice).await;
    let one = &list["items"][0];
    assert_eq!(
        (&one["name"], &one["consent"]),
        (&json!(null), &json!("unknown-sender"))
    );
    assert!(one["room_id"].as_str().unwrap().starts_with('!'), "{one}");
}

#[tokio::test]
async fn pages_have_an_end_and_each_is_recorded() {
    let office = Office::new().await;
    let alice = office.alice().await;
    for last in 0..5 {
        start(
            &office,
            &alice,
            &json!({"number": format!("+1415555267{last}")}),
        )
        .await;
    }
    let before = office.world.kinds().await.len();
    let (mut after, mut seen) = (String::new(), 0);
    for pages in 1.. {
        let page = office
            .shown(&format!("conversations?limit=2{after}"), &alice)
            .await;
        seen += page["items"].as_array().unwrap().len();
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => {
                assert_eq!((pages, seen), (3, 5));
                break;
            }
        }
    }
    let looks = &office.world.kinds().await[before..];
    assert_eq!(looks, ["view"; 3]);
    let records = office
        .world
        .engine
        .log_records(before as u64, 9)
        .await
        .unwrap();
    assert!(
        records[0].actor.starts_with("employee:"),
        "{}",
        records[0].actor
    );
    // What tells nothing of a client is no look.
    office.shown("me", &alice).await;
    office
        .post("check", &alice, &json!({"text": "x", "to": CLIENT}))
        .await;
    assert_eq!(office.world.kinds().await.len(), before + 3);
    for (query, kind) in [
        ("limit=0", "page.limit.out.of.range"),
        ("limit=1001", "page.limit.out.of.range"),
        ("after=x", "page.cursor.unknown"),
        ("nonsense=1", "query.not.as.described"),
    ] {
        let answer = office.get(&format!("conversations?{query}"), &alice).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (400, kind)
        );
    }
}

/// Contacts are the firm's: who begins a conversation with a colleague's client names nobody anew.
#[tokio::test]
async fn a_colleagues_client_keeps_the_name() {
    let (office, _, bob) = two().await;
    let answer = start(&office, &bob, &json!({"number": CLIENT, "name": "Mallory"})).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let list = office.shown("conversations", &bob).await;
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert!(names.contains(&&json!("Jane Doe")), "{names:?}");
    assert!(!names.contains(&&json!("Mallory")), "{names:?}");
}

#[tokio::test]
async fn starting_again_finds_the_same() {
    let office = Office::new().await;
    let alice = office.alice().await;
    let first = start(
        &office,
        &alice,
        &json!({"number": "+1 (415) 555-2671", "name": "Jane"}),
    )
    .await;
    assert_eq!(first.status, 202);
    assert_eq!(first.header("retry-after"), "1");
    let id = first.json()["conversation"].as_str().unwrap().to_owned();
    assert_eq!(
        first.header("location"),
        format!("/client/v1/conversations/{id}")
    );
    office.work().await;
    // At once from two tabs, and with the number written another way.
    let wish = json!({"number": CLIENT, "from": OURS});
    let (second, third) =
        tokio::join!(start(&office, &alice, &wish), start(&office, &alice, &wish));
    for answer in [second, third] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let place = answer.json();
        assert_eq!(place["conversation"], *id);
        assert!(
            place["room_id"].as_str().unwrap().starts_with('!'),
            "{place}"
        );
    }
    let list = office.shown("conversations", &alice).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["name"], "Jane");
}

/// Nothing is there yet, and two ask at the same time: one of them meets the other's.
#[tokio::test]
async fn two_at_once_begin_one_conversation() {
    let office = Office::new().await;
    let alice = office.alice().await;
    let wish = json!({"number": CLIENT});
    let (one, other) = tokio::join!(start(&office, &alice, &wish), start(&office, &alice, &wish));
    assert_eq!(
        (one.status, other.status),
        (one.status, one.status),
        "{} {}",
        one.body,
        other.body
    );
    assert_eq!(one.json()["conversation"], other.json()["conversation"]);
}

#[tokio::test]
async fn the_answer_waits_for_the_room() {
    let office = Office::patient(Duration::from_secs(30)).await;
    let alice = office.alice().await;
    let wish = json!({"number": CLIENT});
    let worker = async {
        // Until the job is there.
        while office.world.jobs().await == 0 {
            tokio::task::yield_now().await;
        }
        office.work().await;
    };
    let (answer, ()) = tokio::join!(start(&office, &alice, &wish), worker);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["room_id"].is_string());
}

#[tokio::test]
async fn what_cannot_begin_is_refused_with_words() {
    let office = Office::new().await;
    let alice = office.alice().await;
    let carol = "@carol:example.org";
    let (engine, actor) = (&office.world.engine, Actor::operator("test"));
    engine.add_employee(&actor, carol, "Carol").await.unwrap();
    let carols = office.signed_in(carol).await;
    let before = office.world.kinds().await.len();
    let long = "x".repeat(201);
    for (token, body, kind, words) in [
        (
            &alice,
            json!({"number": "abc"}),
            "phone.not.a.number",
            "abc",
        ),
        (
            &alice,
            json!({"number": "4155552671"}),
            "phone.country.missing",
            "country",
        ),
        (
            &alice,
            json!({"number": "+1415555"}),
            "phone.not.possible",
            "",
        ),
        (
            &alice,
            json!({"number": BOBS}),
            "request.not.possible",
            "own numbers",
        ),
        (
            &alice,
            json!({"number": CLIENT, "from": BOBS}),
            "request.not.possible",
            "do not hold",
        ),
        (
            &alice,
            json!({"number": CLIENT, "from": "x"}),
            "request.not.possible",
            "do not hold",
        ),
        (
            &alice,
            json!({"number": CLIENT, "name": long}),
            "name.too.long",
            "200",
        ),
        (
            &carols,
            json!({"number": CLIENT}),
            "request.not.possible",
            "hold no number",
        ),
    ] {
        let answer = start(&office, token, &body).await;
        let said = (answer.status.as_u16(), answer.problem());
        assert_eq!(said, (422, kind.to_owned()), "{body}");
        assert!(answer.body.contains(words), "{}", answer.body);
    }
    assert_eq!(
        office.world.kinds().await.len(),
        before,
        "nothing was recorded"
    );
    // Who holds two must say which.
    let second = "+14155550102";
    engine.add_number(&actor, second, ACCOUNT).await.unwrap();
    engine.assign_number(&actor, second, ALICE).await.unwrap();
    let answer = start(&office, &alice, &json!({"number": CLIENT})).await;
    assert!(answer.body.contains("several numbers"), "{}", answer.body);
    let answer = start(&office, &alice, &json!({"number": CLIENT, "from": second})).await;
    assert_eq!(answer.status, 202);
}
