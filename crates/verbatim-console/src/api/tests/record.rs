//! Reading and verifying the record; alarms; status.

use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

use super::Caller;
use crate::api::{ApiState, v1};
use crate::edge_router;
use crate::testing::{ALICE, CLIENT, post, send};

/// A caller, and a conversation into which three texts came.
async fn conversation() -> (Caller, String) {
    let caller = Caller::new().await;
    caller.world.provision().await;
    let edge = edge_router(caller.world.engine.intake());
    for text in ["one", "two", "three"] {
        assert_eq!(
            send(&edge, post(&caller.world.inbound(text))).await.status,
            200
        );
    }
    let id = caller.shown("conversations").await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    (caller, id)
}

fn texts(page: &Value) -> Vec<&str> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_timeline_shows_what_was_said_page_by_page() {
    let (caller, id) = conversation().await;
    let all = caller.shown(&format!("conversations/{id}/timeline")).await;
    assert_eq!(texts(&all), ["one", "two", "three"]);
    assert_eq!(all["next"], Value::Null);
    let first = &all["items"][0];
    assert_eq!(
        (&first["kind"], &first["from"]),
        (&json!("message_in"), &json!(CLIENT))
    );
    assert!(first["evidence_bytes"].as_u64().unwrap() > 0);
    assert_eq!(first["leaf_hash"].as_str().unwrap().len(), 64);

    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let page = caller
            .shown(&format!("conversations/{id}/timeline?limit=1{query}"))
            .await;
        seen.extend(texts(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        query = format!("&after={next}");
    }
    // Each page was recorded, and the first of these shows the view before; none shows the others.
    assert_eq!(seen, ["one", "two", "three", ""]);
    let begin = first["conversation_seq"].as_u64().unwrap();
    let later = caller
        .shown(&format!("conversations/{id}/timeline?from={}", begin + 1))
        .await;
    assert_eq!(texts(&later)[..2], ["two", "three"]);
    let both = caller
        .get(&format!("conversations/{id}/timeline?from=0&after=1"))
        .await;
    assert_eq!(both.problem(), "query.not.as.described");
}

#[tokio::test]
async fn messages_are_listed_without_their_texts() {
    let (caller, id) = conversation().await;
    let answer = caller.get(&format!("conversations/{id}/messages")).await;
    let page = answer.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&page["items"][0]["direction"], &page["items"][0]["state"]),
        (&json!("inbound"), &json!("received"))
    );
    assert!(!answer.body.contains("three"));
}

#[tokio::test]
async fn the_log_is_verified_one_at_a_time() {
    let (caller, _) = conversation().await;
    let result = caller.shown("record/verify").await;
    assert_eq!(
        (&result["ok"], &result["fault"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        (&result["records"], result["records"].as_u64()),
        (
            &result["log_size"],
            // Its own record comes after what it read.
            Some(caller.world.kinds().await.len() as u64 - 1)
        )
    );

    let local = crate::api::caller::Caller::local("jane");
    let busy = ApiState {
        engine: caller.world.engine.clone(),
        trusted: None,
        room: Arc::new(Semaphore::new(1)),
        verifying: Arc::new(Semaphore::new(0)),
    };
    let problem = v1::verify::verify(State(busy), local).await.unwrap_err();
    let body = serde_json::to_value(problem.to_body()).unwrap();
    assert_eq!(
        (&body["status"], &body["type"]),
        (&json!(409), &json!("record.verification.running"))
    );
}

#[tokio::test]
async fn alarms_are_listed_and_cleared_on_the_record() {
    let caller = Caller::new().await;
    let edge = edge_router(caller.world.engine.intake());
    assert_eq!(
        send(&edge, post(&caller.world.inbound("anybody there?")))
            .await
            .status,
        200
    );
    let alarms = caller.shown("alarms").await;
    let key = alarms["items"][0]["key"].as_str().unwrap();
    assert!(key.starts_with("number-without-holder:"), "{alarms}");
    assert!(!alarms.to_string().contains(CLIENT));
    assert_eq!(caller.shown("status").await["alarms"], 1);
    assert_eq!(
        caller
            .post("alarms/clear", &json!({"key": key}))
            .await
            .status,
        204
    );
    assert_eq!(caller.shown("alarms").await["items"], json!([]));
    assert_eq!(
        caller
            .post("alarms/clear", &json!({"key": key}))
            .await
            .problem(),
        "alarm.not.found"
    );
    let records = caller.world.engine.log_records(0, 100).await.unwrap();
    assert_eq!(records.last().unwrap().reason, "alarm.clear");
}

#[tokio::test]
async fn status_counts_what_waits() {
    let (caller, _) = conversation().await;
    caller
        .done(
            "conversations",
            &json!({"user": ALICE, "peer": "+447700900123"}),
        )
        .await;
    let status = caller.shown("status").await;
    assert_eq!(
        (&status["ready"], &status["counted"]["inbound"]),
        (&json!(true), &json!(3))
    );
    let depth = |kind: &str| {
        let queues = status["queues"].as_array().unwrap();
        queues
            .iter()
            .find(|q| q["kind"] == kind)
            .map_or(0, |q| q["depth"].as_u64().unwrap())
    };
    assert_eq!(
        (depth("say"), depth("open_room"), depth("submit")),
        (3, 2, 0),
        "{status}"
    );
}

#[tokio::test]
async fn a_store_that_fails_is_a_problem_with_a_time_to_come_back() {
    let caller = Caller::new().await;
    caller.world.store.inject(verbatim_store::Fault::Refuse);
    let wish = json!({"user": ALICE, "name": "Alice"});
    let answer = caller.post("employees", &wish).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "store.unavailable")
    );
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(caller.post("employees", &wish).await.status, 200);
}
