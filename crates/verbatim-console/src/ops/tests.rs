//! Readiness under faults; metrics and logs without anything personal.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::json;
use verbatim_domain::{Duration, UserId};
use verbatim_engine::admin::Actor;
use verbatim_store::Fault;

use super::*;
use crate::testing::{ACCOUNT, ALICE, Answer, CLIENT, OURS, World, post, request, send};
use crate::{api_router, appservice_router, edge_router};

async fn get(router: &Router, path: &str) -> Answer {
    send(router, request(Method::GET, path, None, None)).await
}

/// The value of a sample, by its line's beginning.
fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn ready_says_what_fails() {
    let world = World::new().await;
    let state = Arc::new(OpsState::new(world.engine.clone()));
    let ops = ops_router(state.clone());
    let answer = get(&ops, "/health/ready").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (200, json!({"ready": true, "failing": []}))
    );

    world.store.inject(Fault::Refuse);
    let answer = get(&ops, "/health/ready").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["failing"][0]["part"]),
        (503, &json!("store"))
    );
    assert_eq!(
        get(&ops, "/health/live").await.status,
        200,
        "a restart would not mend the store"
    );
    assert_eq!(
        get(&ops, "/health/ready").await.status,
        200,
        "it recovers by itself"
    );

    state.draining.store(true, Ordering::Relaxed);
    let answer = get(&ops, "/health/ready").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["failing"][0]["part"]),
        (503, &json!("process"))
    );
    assert_eq!(get(&ops, "/health/live").await.status, 200);
    assert_eq!(get(&ops, "/health").await.status, 404);
}

#[tokio::test]
async fn metrics_show_queues_with_their_age_and_open_alarms() {
    let world = World::new().await;
    let ops = ops_router(Arc::new(OpsState::new(world.engine.clone())));
    let started = sample(
        &get(&ops, "/metrics").await.body,
        "process_start_time_seconds",
    );
    let edge = edge_router(world.engine.intake());
    assert_eq!(
        send(&edge, post(&world.inbound("nobody holds this number")))
            .await
            .status,
        200
    );
    world.clock.advance(Duration::from_secs(90));
    let answer = get(&ops, "/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let metrics = answer.body;
    for (name, value) in [
        ("verbatim_inbound_texts_total", 1.0),
        ("verbatim_webhooks_forged_total", 0.0),
        ("verbatim_store_up", 1.0),
        ("verbatim_alarms_open", 1.0),
        ("verbatim_queue_depth{kind=\"route\"}", 1.0),
        ("verbatim_queue_oldest_seconds{kind=\"route\"}", 90.0),
        ("verbatim_queue_depth{kind=\"submit\"}", 0.0),
        ("verbatim_draining", 0.0),
        ("process_start_time_seconds", started),
    ] {
        assert!(
            (sample(&metrics, name) - value).abs() < f64::EPSILON,
            "{name}\n{metrics}"
        );
    }
    let route =
        "listener=\"edge\",method=\"POST\",route=\"/hooks/{account}/{*rest}\",status=\"200\"";
    assert!(
        sample(
            &metrics,
            &format!("verbatim_http_requests_total{{{route}}}")
        ) >= 1.0
    );
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Drives all four surfaces with things that must stay private, some of them in bad requests.
async fn drive(world: &World, token: &str, room: &str) {
    let edge = edge_router(world.engine.intake());
    let mut hook = world.inbound("canary-text");
    assert_eq!(send(&edge, post(&hook)).await.status, 200);
    hook.path_and_query.push_str("?canary-query");
    assert_eq!(send(&edge, post(&hook)).await.status, 403);

    let appservice = appservice_router(world.engine.clone(), "canary-hs-token");
    for token in [Some("canary-hs-token"), Some("canary-wrong"), None] {
        let path = "/_matrix/app/v1/users/@alice:example.org?canary-query=1";
        send(&appservice, request(Method::GET, path, token, None)).await;
        let body = json!({"events": [{"event_id": "$canary-event", "room_id": room, "content": "canary-text"}]});
        send(
            &appservice,
            request(
                Method::PUT,
                "/_matrix/app/v1/transactions/1",
                token,
                Some(&body),
            ),
        )
        .await;
    }

    let api = api_router(world.engine.clone());
    for (path, body) in [
        (
            "/api/v1/contacts?canary-query",
            json!({"number": CLIENT, "name": "canary-name"}),
        ),
        (
            "/api/v1/contacts",
            json!({"number": "canary-number", "name": "canary-name"}),
        ),
        (
            "/api/v1/contacts",
            json!({"number": CLIENT, "canary-field": "canary-name"}),
        ),
        (
            "/api/v1/conversations",
            json!({"user": ALICE, "peer": CLIENT}),
        ),
        (
            "/api/v1/numbers/assign",
            json!({"number": OURS, "user": "@canary-user:example.org"}),
        ),
        ("/canary-path", json!({})),
    ] {
        send(&api, request(Method::POST, path, Some(token), Some(&body))).await;
    }
    send(
        &api,
        request(Method::GET, "/api/v1/me", Some("canary-wrong"), None),
    )
    .await;
    send(
        &api,
        request(
            Method::from_bytes(b"CANARY-METHOD").unwrap(),
            "/api/v1/me",
            None,
            None,
        ),
    )
    .await;
}

#[tokio::test]
async fn neither_metrics_nor_logs_tell_anything_personal() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    let world = World::new().await;
    world.provision().await;
    let token = world.token("test", &["provision"]).await;
    let room = world.platform.invite_bot(&UserId::from(ALICE)).0;
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        drive(&world, &token, &room).await;
        let somebody = "+14155559999";
        world
            .engine
            .add_contact(&Actor::operator("test"), somebody, "canary-name")
            .await
            .unwrap();
    }
    let metrics = get(
        &ops_router(Arc::new(OpsState::new(world.engine.clone()))),
        "/metrics",
    )
    .await
    .body;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("answered") && log.contains("/api/v1/contacts"),
        "the log is there: {log}"
    );
    for private in [
        "canary",
        &token,
        CLIENT,
        &CLIENT[2..],
        OURS,
        &OURS[2..],
        "@alice",
        &room,
    ] {
        assert!(
            !metrics.contains(private),
            "{private} in metrics:\n{metrics}"
        );
        assert!(!log.contains(private), "{private} in the log:\n{log}");
    }
    assert!(
        !metrics.contains(ACCOUNT) && !metrics.contains("CANARY-METHOD"),
        "labels come from fixed sets:\n{metrics}"
    );
}

/// Each attempt of what waits raises its alarm again; the log was full of them.
#[tokio::test]
async fn an_alarm_is_written_to_the_log_once_until_it_is_cleared() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let written = || {
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.matches("the homeserver refuses").count()
    };
    let refused = || world.engine.homeserver_refuses("401");
    refused().await.unwrap();
    refused().await.unwrap();
    assert_eq!(written(), 1);
    let back = verbatim_engine::ports::Signal::Reachable(true);
    world.engine.heed(back).await.unwrap();
    refused().await.unwrap();
    assert_eq!(written(), 2);
}
