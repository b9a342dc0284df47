//! Who gets in.

use std::sync::Arc;

use http::Method;
use serde_json::json;
use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;

use super::{BOB, Office, site};
use crate::client::client_router;
use crate::testing::{ALICE, World, request, send};

#[tokio::test]
async fn only_employees_of_our_homeserver_get_a_session() {
    let office = Office::new().await;
    let told =
        |token: &str, server: &str| json!({"access_token": token, "matrix_server_name": server});
    office.openid("@mallory:example.org");
    let alice = format!("openid of {ALICE}");
    office.openid(ALICE);
    for (body, status, kind) in [
        (told("never given", "example.org"), 401, "session.not.valid"),
        (told(&alice, "evil.example"), 403, "homeserver.not.ours"),
        (told(&alice, ""), 403, "homeserver.not.ours"),
        (
            told("openid of @mallory:example.org", "example.org"),
            403,
            "employee.not.active",
        ),
        (told("", "example.org"), 422, "openid.not.a.token"),
        (
            told(&"x".repeat(1025), "example.org"),
            422,
            "openid.not.a.token",
        ),
        (json!({"access_token": alice}), 400, "body.not.as.described"),
    ] {
        let answer = office.post("session", "", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{body}"
        );
    }
    office.world.platform.server().down = true;
    let answer = office.post("session", "", &office.openid(ALICE)).await;
    assert_eq!(answer.problem(), "homeserver.unavailable");
    assert_eq!(answer.header("retry-after"), "5");
}

#[tokio::test]
async fn a_session_tells_who_somebody_is() {
    let office = Office::new().await;
    let token = office.alice().await;
    let me = office.shown("me", &token).await;
    let number = me["numbers"][0]["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "user_id": ALICE, "name": "Alice", "firm": "Your firm", "max_chars": 1600, "region": "",
        "numbers": [{"id": number, "number": "+14155550100"}],
    });
    assert_eq!(me, expected);
}

/// Every way in but the session's own.
const CLOSED: [(Method, &str); 5] = [
    (Method::GET, "/client/v1/me"),
    (Method::POST, "/client/v1/check"),
    (Method::GET, "/client/v1/conversations"),
    (Method::POST, "/client/v1/conversations"),
    (Method::GET, "/client/v1/conversations/12"),
];

async fn check_refused(office: &Office, token: &str, status: u16, kind: &str) {
    for (method, path) in CLOSED {
        let answer = office.call(method.clone(), path, token, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{method} {path} with {token:?}"
        );
        assert_eq!(
            answer.headers.contains_key("www-authenticate"),
            status == 401
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    let office = Office::new().await;
    let (alice, bob) = (office.alice().await, office.signed_in(BOB).await);
    check_refused(&office, "", 401, "session.missing").await;
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let ([alice_who, until, hash], [bob_who, _, bobs_hash]) = (
        <[String; 3]>::try_from(parts(&alice)).unwrap(),
        <[String; 3]>::try_from(parts(&bob)).unwrap(),
    );
    let later = format!("{:x}", i64::from_str_radix(&until, 16).unwrap() + 1);
    let mut flipped = hash.clone().into_bytes();
    flipped[0] = if flipped[0] == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).unwrap();
    for forged in [
        format!("{bob_who}.{until}.{hash}"),
        format!("{alice_who}.{until}.{bobs_hash}"),
        format!("{alice_who}.{later}.{hash}"),
        format!("{alice_who}.0{until}.{hash}"),
        format!("{alice_who}.{until}.{flipped}"),
        format!("{alice_who}.{until}.{}", &hash[..62]),
        format!("{alice_who}.{until}."),
        format!("{alice_who}.{until}"),
        format!("{alice}.{hash}"),
        alice.replacen("vbd_", "", 1),
        alice.to_uppercase(),
        format!("vbd_.{until}.{hash}"),
        "vbd_".to_owned(),
        "x".repeat(10_000),
    ] {
        check_refused(&office, &forged, 401, "session.not.valid").await;
    }
    // A token of the REST API is none of these.
    let api = office.world.token("crm", &["read", "record"]).await;
    check_refused(&office, &api, 401, "session.not.valid").await;
    assert_eq!(office.get("me", &alice).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_with_its_time() {
    let office = Office::new().await;
    let token = office.alice().await;
    office
        .world
        .clock
        .advance(Duration::from_millis(15 * 60 * 1000 - 1));
    assert_eq!(office.get("me", &token).await.status, 200);
    office.world.clock.advance(Duration::from_millis(1));
    check_refused(&office, &token, 401, "session.not.valid").await;
}

#[tokio::test]
async fn who_has_left_is_out_at_once() {
    let office = Office::new().await;
    let token = office.alice().await;
    let (engine, actor) = (&office.world.engine, Actor::operator("test"));
    engine.end_employee(&actor, ALICE).await.unwrap();
    check_refused(&office, &token, 403, "employee.not.active").await;
    let answer = office.post("session", "", &office.openid(ALICE)).await;
    assert_eq!(answer.problem(), "employee.not.active");
}

#[tokio::test]
async fn another_node_of_the_installation_takes_the_token() {
    let office = Office::new().await;
    let token = office.alice().await;
    let other = World::on(Arc::clone(&office.world.store)).await;
    let client = client_router(other.engine, site(office.dir.path()));
    let request = request(Method::GET, "/client/v1/me", Some(&token), None);
    assert_eq!(send(&client, request).await.status, 200);
}

#[tokio::test]
async fn bodies_are_bounded_and_read_after_the_session() {
    let office = Office::new().await;
    let token = office.alice().await;
    let large = json!({"text": "x".repeat(70_000)});
    for path in ["check", "conversations"] {
        let answer = office.post(path, "", &large).await;
        assert_eq!(answer.problem(), "session.missing", "{path}");
        let answer = office.post(path, &token, &large).await;
        assert_eq!(answer.problem(), "body.too.large", "{path}");
        let answer = office.post(path, &token, &json!({"nonsense": 1})).await;
        assert_eq!(answer.problem(), "body.not.as.described", "{path}");
        assert!(
            answer.body.contains("docs/api/client.md"),
            "{}",
            answer.body
        );
    }
    let answer = office.post("session", "", &large).await;
    assert_eq!(answer.problem(), "body.too.large");
}
