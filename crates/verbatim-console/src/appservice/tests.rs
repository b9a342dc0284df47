//! What the homeserver, and who pretends to be it, is answered.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;
use verbatim_domain::UserId;
use verbatim_store::Fault;

use super::*;
use crate::testing::{ALICE, Answer, World, request, send};

const TOKEN: &str = "hs-token-made-for-this-test";
const TRANSACTION: &str = "/_matrix/app/v1/transactions/17";
const EVERY_ROUTE: [(Method, &str); 5] = [
    (Method::PUT, TRANSACTION),
    (Method::POST, "/_matrix/app/v1/ping"),
    (Method::GET, "/_matrix/app/v1/users/%40alice%3Aexample.org"),
    (Method::GET, "/_matrix/app/v1/rooms/%23room%3Aexample.org"),
    (Method::GET, "/_matrix/app/v1/thirdparty/protocol/sms"),
];

fn errcode(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert!(
        body["error"]
            .as_str()
            .is_some_and(|words| !words.is_empty())
    );
    body["errcode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_asks_for_the_token() {
    let world = World::new().await;
    let router = appservice_router(world.engine.clone(), TOKEN);
    let longer = format!("{TOKEN}x");
    for (method, path) in EVERY_ROUTE {
        for (header, status, code) in [
            (None, 401, "M_MISSING_TOKEN"),
            (Some("Basic YTpi".to_owned()), 401, "M_MISSING_TOKEN"),
            (Some("Bearer wrong".to_owned()), 403, "M_FORBIDDEN"),
            (Some(format!("Bearer {longer}")), 403, "M_FORBIDDEN"),
            (Some(format!("Bearer {}", &TOKEN[1..])), 403, "M_FORBIDDEN"),
        ] {
            let mut wrong = Request::builder().method(method.clone()).uri(path);
            if let Some(header) = &header {
                wrong = wrong.header("authorization", header);
            }
            let answer = send(&router, wrong.body(Body::from("{\"events\":[]}")).unwrap()).await;
            assert_eq!(answer.status, status, "{method} {path} {header:?}");
            assert_eq!(errcode(&answer), code, "{method} {path} {header:?}");
        }
        let in_query = format!("{path}?access_token={TOKEN}");
        let answer = send(&router, request(method, &in_query, None, Some(&json!({})))).await;
        assert_eq!(answer.status, 401, "a token in the query ends up in logs");
    }
    assert_eq!((world.jobs().await, world.kinds().await.len()), (0, 0));
}

#[tokio::test]
async fn with_the_token_each_route_answers_as_the_specification_says() {
    let world = World::new().await;
    let router = appservice_router(world.engine.clone(), TOKEN);
    let statuses = [200, 200, 404, 404, 404];
    for ((method, path), status) in EVERY_ROUTE.into_iter().zip(statuses) {
        let body = json!({"events": []});
        let answer = send(&router, request(method, path, Some(TOKEN), Some(&body))).await;
        assert_eq!(answer.status, status, "{path}");
        if status == 200 {
            assert_eq!(answer.json(), json!({}));
        } else {
            assert_eq!(errcode(&answer), "M_NOT_FOUND");
        }
    }
    for (method, path, status) in [
        (Method::GET, TRANSACTION, 405),
        (Method::GET, "/_matrix/app/v1/nothing", 404),
        (Method::GET, "/", 404),
    ] {
        let answer = send(&router, request(method, path, Some(TOKEN), None)).await;
        assert_eq!(
            (answer.status.as_u16(), errcode(&answer).as_str()),
            (status, "M_UNRECOGNIZED"),
            "{path}"
        );
    }
}

/// Puts a body as a transaction; checks the status, the jobs that wait and the records that were made.
async fn check(name: &str, body: &[u8], status: u16, jobs: u64, records: &[&str]) {
    let world = World::new().await;
    let router = appservice_router(world.engine.clone(), TOKEN);
    let put = Request::put(TRANSACTION).header("authorization", format!("Bearer {TOKEN}"));
    let answer = send(&router, put.body(Body::from(body.to_vec())).unwrap()).await;
    assert_eq!(answer.status, status, "{name}");
    assert_eq!(world.jobs().await, jobs, "{name}: jobs");
    assert_eq!(world.kinds().await, records, "{name}: records");
}

#[tokio::test]
async fn what_is_no_transaction_is_kept_and_acknowledged() {
    let event = json!({"event_id": "$1", "room_id": "!r:example.org", "type": "m.room.message"});
    let two = json!({"events": [event, {"event_id": "$2", "room_id": "!r:example.org"}]});
    check("two events", two.to_string().as_bytes(), 200, 2, &[]).await;
    check("none", b"{\"events\":[]}", 200, 0, &[]).await;
    let half = json!({"events": [event, {"type": "no ids"}, 7]});
    check(
        "one event, two that are none",
        half.to_string().as_bytes(),
        200,
        1,
        &["malformed", "malformed"],
    )
    .await;
    check("cut off", b"{\"events\":[", 200, 0, &["malformed"]).await;
    check("not UTF-8", b"\xff\xfe", 200, 0, &["malformed"]).await;
    check("empty", b"", 200, 0, &["malformed"]).await;
    check("no events", b"{}", 200, 0, &["malformed"]).await;
    check("too large", &vec![b' '; 32 * 1024 * 1024 + 1], 413, 0, &[]).await;
}

#[tokio::test]
async fn a_transaction_is_acknowledged_only_once_it_is_durable() {
    let world = World::new().await;
    let router = appservice_router(world.engine.clone(), TOKEN);
    world.platform.invite_bot(&UserId::from(ALICE));
    let (_, events, body) = world.platform.next_transaction(100).unwrap();
    let put = || {
        let request = Request::put(TRANSACTION).header("authorization", format!("Bearer {TOKEN}"));
        request.body(Body::from(body.clone())).unwrap()
    };
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        world.store.inject(fault);
        let answer = send(&router, put()).await;
        assert_eq!(
            (answer.status.as_u16(), errcode(&answer).as_str()),
            (503, "M_UNKNOWN"),
            "{fault:?}"
        );
    }
    for _ in 0..2 {
        assert_eq!(send(&router, put()).await.status, 200);
        assert_eq!(
            world.jobs().await,
            events as u64,
            "every event once, however often it comes"
        );
    }
}
