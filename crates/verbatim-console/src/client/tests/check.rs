//! What is said of a text while it is being written.

use serde_json::{Value, json};
use verbatim_domain::consent::Consent;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Change, Commit, PageAt, Said, Store};

use super::{BOB, BOBS, Office};
use crate::testing::{CLIENT, OURS};

async fn verdict(office: &Office, token: &str, body: &Value) -> Value {
    let answer = office.post("check", token, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_text_costs_what_it_will_cost() {
    let office = Office::new().await;
    let alice = office.alice().await;
    for (text, encoding, segments, left) in [
        (String::new(), "GSM-7", 1, 160),
        ("hello".to_owned(), "GSM-7", 1, 155),
        ("“hello”".to_owned(), "GSM-7", 1, 153),
        ("a".repeat(161), "GSM-7", 2, 145),
        ("я".repeat(71), "UCS-2", 2, 63),
    ] {
        let seen = verdict(&office, &alice, &json!({"text": text, "to": CLIENT})).await;
        let expected =
            json!({"encoding": encoding, "segments": segments, "left": left, "problems": []});
        assert_eq!(seen, expected, "{text}");
    }
}

async fn check_problems(office: &Office, token: &str, body: &Value, expected: &[&str]) {
    let seen = verdict(office, token, body).await;
    let problems = seen["problems"].as_array().unwrap();
    assert_eq!(problems.len(), expected.len(), "{body}: {problems:?}");
    for (problem, words) in problems.iter().zip(expected) {
        assert!(
            problem.as_str().unwrap().contains(words),
            "{body}: {problem}"
        );
    }
}

#[tokio::test]
async fn what_would_be_refused_is_said_beforehand() {
    let office = Office::new().await;
    let (alice, bob) = (office.alice().await, office.signed_in(BOB).await);
    let started = office
        .post("conversations", &alice, &json!({"number": CLIENT}))
        .await;
    let id = started.json()["conversation"].as_str().unwrap().to_owned();
    let long = "x".repeat(1601);
    for (body, expected) in [
        (json!({"text": "hi", "to": CLIENT}), &[] as &[&str]),
        (json!({"text": "hi", "to": CLIENT, "from": OURS}), &[]),
        (json!({"text": "hi", "conversation": id}), &[]),
        (json!({"text": "hi"}), &[]),
        (json!({"text": "", "to": CLIENT}), &[]),
        (
            json!({"text": " \u{200b} ", "to": CLIENT}),
            &["nothing in it"],
        ),
        (
            json!({"text": long, "to": CLIENT}),
            &["1601 characters, and at most 1600"],
        ),
        (
            json!({"text": "hi", "to": "+1415555"}),
            &["count its digits"],
        ),
        (
            json!({"text": "hi", "to": "4155552671"}),
            &["country code is missing"],
        ),
        (json!({"text": "hi", "to": "Jane"}), &["not a phone number"]),
        (json!({"text": "hi", "to": BOBS}), &["firm's own numbers"]),
        (
            json!({"text": "hi", "to": CLIENT, "from": BOBS}),
            &["do not hold"],
        ),
        (
            json!({"text": long, "to": "+1415555"}),
            &["count its digits", "at most 1600"],
        ),
    ] {
        check_problems(&office, &alice, &body, expected).await;
    }
    // Somebody else's, and one that nobody has: told alike.
    for id in [id.as_str(), "00000000000000000000000000000001"] {
        let body = json!({"text": "hi", "conversation": id});
        check_problems(&office, &bob, &body, &["who holds this conversation"]).await;
    }
    let answer = office
        .post("check", &alice, &json!({"text": "hi", "conversation": "x"}))
        .await;
    assert_eq!(answer.problem(), "conversation.not.found");
}

#[tokio::test]
async fn a_number_that_was_taken_away_and_a_client_who_opted_out_are_named() {
    let office = Office::new().await;
    let alice = office.alice().await;
    let started = office
        .post("conversations", &alice, &json!({"number": CLIENT}))
        .await;
    let id = started.json()["conversation"].clone();
    let (in_it, to_it) = (
        json!({"text": "hi", "conversation": id}),
        json!({"text": "hi", "to": CLIENT}),
    );
    opt_out(&office).await;
    for body in [&in_it, &to_it] {
        check_problems(&office, &alice, body, &["asked not to be texted"]).await;
    }
    let list = office.shown("conversations", &alice).await;
    assert_eq!(list["items"][0]["consent"], "opted-out");
    let (engine, actor) = (&office.world.engine, Actor::operator("test"));
    engine.release_number(&actor, OURS).await.unwrap();
    check_problems(&office, &alice, &in_it, &["no longer yours"]).await;
    check_problems(&office, &alice, &to_it, &["hold no number"]).await;
}

async fn opt_out(office: &Office) {
    let store = &office.world.store;
    let (after, limit) = (None, 1);
    let page = store.conversations(PageAt { after, limit }).await;
    let conversation = page.unwrap().items.remove(0);
    let said = Change::SetConsent {
        ours: conversation.number.index,
        peer: conversation.peer,
        said: Said {
            consent: Consent::OptedOut,
            at: conversation.created,
            by_carrier: false,
        },
    };
    let (fence, changes) = (None, vec![said]);
    store.commit(Commit { fence, changes }).await.unwrap();
}
