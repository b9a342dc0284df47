//! Bad webhooks, and good ones at bad moments.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request};
use verbatim_engine::ports::Webhook;
use verbatim_store::{Fault, SqlStore};

use super::*;
use crate::testing::{Answer, World, post, send, signed};

const INBOUND: &str = "/hooks/acme/inbound";

/// Sends a webhook into a fresh world; checks the answer and what is in the record afterwards.
async fn check(name: &str, hook: Webhook, status: u16, records: &[&str]) {
    let world = World::new().await;
    world.provision().await;
    let before = world.kinds().await.len();
    let answer = send(&edge_router(world.engine.intake()), post(&hook)).await;
    assert_eq!(answer.status, status, "{name}");
    let kinds = world.kinds().await;
    assert_eq!(kinds[before..], *records, "{name}: records");
}

fn text(id: &str, words: &str) -> Vec<u8> {
    let body =
        serde_json::json!({"id": id, "from": "+14155552671", "to": "+14155550100", "text": words});
    body.to_string().into_bytes()
}

fn padded_to(size: usize) -> Vec<u8> {
    let empty = text("IN1", "").len();
    text("IN1", &"x".repeat(size - empty))
}

fn altered(mut hook: Webhook, alter: impl FnOnce(&mut Webhook)) -> Webhook {
    alter(&mut hook);
    hook
}

#[tokio::test]
async fn only_what_is_signed_is_recorded() {
    let good = || signed(INBOUND, &text("IN1", "hello"));
    check("genuine", good(), 200, &["message_in"]).await;
    check(
        "no signature",
        altered(good(), |h| h.headers.clear()),
        403,
        &[],
    )
    .await;
    check("altered", altered(good(), |h| h.body[30] ^= 1), 403, &[]).await;
    check(
        "cut off",
        altered(good(), |h| h.body.truncate(20)),
        403,
        &[],
    )
    .await;
    check(
        "not UTF-8, unsigned",
        altered(good(), |h| h.body[30] = 0xff),
        403,
        &[],
    )
    .await;
    let elsewhere = |h: &mut Webhook| h.path_and_query = "/hooks/acme/status".to_owned();
    check(
        "signed for another path",
        altered(good(), elsewhere),
        403,
        &[],
    )
    .await;
    let with_query = |h: &mut Webhook| h.path_and_query.push_str("?m=1");
    check("with another query", altered(good(), with_query), 403, &[]).await;
    let binary = |h: &mut Webhook| h.headers[0].1 = "\u{e9}".to_owned();
    check("signature not ASCII", altered(good(), binary), 403, &[]).await;
}

#[tokio::test]
async fn what_is_signed_but_not_understood_is_kept_as_evidence() {
    check(
        "not JSON",
        signed(INBOUND, b"{\"id\":"),
        200,
        &["malformed"],
    )
    .await;
    check(
        "not UTF-8",
        signed(INBOUND, b"{\"id\":\"\xff\xfe\"}"),
        200,
        &["malformed"],
    )
    .await;
    check("empty", signed(INBOUND, b""), 200, &["malformed"]).await;
    let query = signed("/hooks/acme/inbound?a=%ff&b", b"x");
    check(
        "the query is signed as received",
        query,
        200,
        &["malformed"],
    )
    .await;
}

#[tokio::test]
async fn a_webhook_has_64_kib_at_most() {
    check(
        "at the limit",
        signed(INBOUND, &padded_to(BODY_LIMIT)),
        200,
        &["message_in"],
    )
    .await;
    check(
        "above it",
        signed(INBOUND, &padded_to(BODY_LIMIT + 1)),
        413,
        &[],
    )
    .await;
}

#[tokio::test]
async fn accepted_is_answered_with_empty_twiml() {
    let world = World::new().await;
    let answer = send(
        &edge_router(world.engine.intake()),
        post(&world.inbound("hello")),
    )
    .await;
    assert_eq!(answer.header("content-type"), "text/xml");
    assert_eq!(answer.body, EMPTY_TWIML);
}

#[tokio::test]
async fn a_replayed_webhook_changes_nothing() {
    let world = World::new().await;
    world.provision().await;
    let (edge, hook) = (edge_router(world.engine.intake()), world.inbound("once"));
    assert_eq!(send(&edge, post(&hook)).await.status, 200);
    let (records, jobs) = (world.kinds().await, world.jobs().await);
    for _ in 0..3 {
        assert_eq!(send(&edge, post(&hook)).await.status, 200);
    }
    assert_eq!((world.kinds().await, world.jobs().await), (records, jobs));
    assert_eq!(world.engine.counters().duplicates.get(), 3);
}

#[tokio::test]
async fn everything_else_is_nothing() {
    let world = World::new().await;
    let edge = edge_router(world.engine.intake());
    let hook = signed("/hooks/other/inbound", &text("IN1", "x"));
    let mut requests = vec![post(&hook)];
    for (method, path) in [
        (Method::GET, INBOUND),
        (Method::PUT, INBOUND),
        (Method::GET, "/"),
        (Method::POST, "/hooks"),
        (Method::POST, "/hooks/acme"),
        (Method::POST, "/hooks/acme/"),
        (Method::POST, "/hooks/%61cme/inbound"),
        (Method::POST, "/hooks/%ff/inbound"),
        (Method::GET, "/metrics"),
        (Method::GET, "/api/v1/me"),
        (Method::PUT, "/_matrix/app/v1/transactions/1"),
    ] {
        requests.push(
            Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap(),
        );
    }
    for request in requests {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = send(&edge, request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (404, ""),
            "{what}"
        );
    }
    assert_eq!(world.kinds().await.len(), 0);
}

fn is_try_later(answer: &Answer) -> bool {
    answer.status == 503 && answer.header("retry-after") == RETRY_AFTER_S.to_string()
}

#[tokio::test]
async fn what_is_not_durable_is_not_acknowledged() {
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let world = World::new().await;
        world.provision().await;
        let before = world.kinds().await.len();
        let (edge, hook) = (edge_router(world.engine.intake()), world.inbound("persist"));
        // Makes the bucket key, which is a commit of its own.
        assert_eq!(send(&edge, post(&world.inbound("first"))).await.status, 200);
        world.store.inject(fault);
        assert!(is_try_later(&send(&edge, post(&hook)).await), "{fault:?}");
        assert_eq!(send(&edge, post(&hook)).await.status, 200, "{fault:?}");
        let kinds = world.kinds().await;
        assert_eq!(kinds[before..], ["message_in", "message_in"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_recovers() {
    let place = tempfile::tempdir().unwrap();
    let world = World::on(SqlStore::open(&place.path().join("store")).unwrap()).await;
    world.provision().await;
    let edge = edge_router(world.engine.intake());
    world.store.limit_pages(Some(0)).await.unwrap();
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for number in 0..40 {
        let hook = world.inbound(&format!("{number} {}", "x".repeat(1000)));
        let answer = send(&edge, post(&hook)).await;
        if answer.status == 200 {
            accepted.push(hook);
        } else {
            assert!(is_try_later(&answer), "{answer:?}");
            refused.push(hook);
        }
    }
    assert!(!refused.is_empty(), "the disk never filled up");
    world.store.limit_pages(None).await.unwrap();
    for hook in &refused {
        assert_eq!(send(&edge, post(hook)).await.status, 200);
    }
    let texts = world
        .kinds()
        .await
        .into_iter()
        .filter(|k| k == "message_in")
        .count();
    assert_eq!(texts, accepted.len() + refused.len());
    assert!(world.engine.verify_log(|_| ()).await.unwrap().ok);
}

#[tokio::test]
async fn more_webhooks_than_there_are_places_come_back_later() {
    let world = World::new().await;
    let hook = world.inbound("hello");
    let answer = send(&with_room_for(world.engine.intake(), 0), post(&hook)).await;
    assert!(is_try_later(&answer), "{answer:?}");
    assert_eq!(world.kinds().await.len(), 0);
    assert_eq!(
        send(&with_room_for(world.engine.intake(), 1), post(&hook))
            .await
            .status,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_or_never_ends_is_not_recorded() {
    let world = World::new().await;
    let edge = edge_router(world.engine.intake());
    let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err("reset")]);
    let request = Request::post(INBOUND)
        .body(Body::from_stream(broken))
        .unwrap();
    assert_eq!(send(&edge, request).await.status, 400);
    let endless = stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post(INBOUND)
        .body(Body::from_stream(endless))
        .unwrap();
    assert!(is_try_later(&send(&edge, request).await));
    assert_eq!(world.kinds().await.len(), 0);
}
