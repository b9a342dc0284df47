//! Every route × no token, a bad token, each scope.

use http::Method;
use serde_json::json;
use verbatim_engine::admin::Actor;

use crate::api::endpoint::Endpoint;
use crate::api::scope::{Needs, Scope};
use crate::api::{api_router, local_api_router, v1};
use crate::testing::{Answer, World, request, send};

async fn call(router: &axum::Router, endpoint: &Endpoint, token: Option<&str>) -> Answer {
    let path = endpoint
        .path
        .replace("{id}", "0123456789abcdef0123456789abcdef");
    let body = (endpoint.method == Method::POST).then(|| json!({}));
    send(
        router,
        request(endpoint.method.clone(), &path, token, body.as_ref()),
    )
    .await
}

#[tokio::test]
async fn a_token_that_does_not_stand_opens_nothing() {
    let world = World::new().await;
    let api = api_router(world.engine.clone());
    let revoked = world.token("gone", &super::super::SCOPES).await;
    world
        .engine
        .revoke_tokens(&Actor::operator("test"), "gone")
        .await
        .unwrap();
    let long = "x".repeat(10_000);
    for endpoint in v1::endpoints().iter().filter(|e| e.needs != Needs::Nothing) {
        for (token, kind) in [
            (None, "token.missing"),
            (Some("vbt_00"), "token.unknown"),
            (Some(revoked.as_str()), "token.unknown"),
            (Some(long.as_str()), "token.unknown"),
        ] {
            let answer = call(&api, endpoint, token).await;
            assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (401, kind),
                "{}",
                endpoint.path
            );
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
}

#[tokio::test]
async fn each_route_opens_to_its_scope_and_to_no_other() {
    let world = World::new().await;
    let api = api_router(world.engine.clone());
    for scope in Scope::ALL {
        let token = world.token(scope.word(), &[scope.word()]).await;
        for endpoint in v1::endpoints() {
            let answer = call(&api, &endpoint, Some(&token)).await;
            let what = format!(
                "{} {} with {}",
                endpoint.method,
                endpoint.path,
                scope.word()
            );
            match endpoint.needs {
                Needs::Scope(needed) if needed != scope => {
                    assert_eq!(
                        (answer.status.as_u16(), answer.problem().as_str()),
                        (403, "scope.missing"),
                        "{what}"
                    );
                    let challenge = format!("scope=\"{}\"", needed.word());
                    assert!(
                        answer.header("www-authenticate").contains(&challenge),
                        "{what}"
                    );
                }
                _ => assert!(
                    ![401, 403, 405].contains(&answer.status.as_u16()),
                    "{what}: {}",
                    answer.body
                ),
            }
            assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        }
    }
}

#[tokio::test]
async fn a_token_without_scopes_only_knows_itself() {
    let world = World::new().await;
    let (api, token) = (
        api_router(world.engine.clone()),
        world.token("nobody", &[]).await,
    );
    for endpoint in v1::endpoints() {
        let status = call(&api, &endpoint, Some(&token)).await.status.as_u16();
        let expected = if matches!(endpoint.needs, Needs::Scope(_)) {
            403
        } else {
            200
        };
        assert_eq!(status, expected, "{}", endpoint.path);
    }
    let me = send(&api, request(Method::GET, "/api/v1/me", Some(&token), None))
        .await
        .json();
    assert_eq!((&me["name"], &me["scopes"]), (&json!("nobody"), &json!([])));
}

#[tokio::test]
async fn a_body_is_not_read_for_who_may_not() {
    let world = World::new().await;
    let api = api_router(world.engine.clone());
    let huge = json!({"user": "x".repeat(1 << 20)});
    let answer = send(
        &api,
        request(Method::POST, "/api/v1/employees", None, Some(&huge)),
    )
    .await;
    assert_eq!(answer.problem(), "token.missing");
}

#[tokio::test]
async fn on_the_machine_itself_no_token_is_asked_for_and_the_operator_is_recorded() {
    let world = World::new().await;
    let api = local_api_router(world.engine.clone(), "jane");
    for endpoint in v1::endpoints() {
        let status = call(&api, &endpoint, None).await.status.as_u16();
        assert!(![401, 403].contains(&status), "{}", endpoint.path);
    }
    let body = json!({"user": "@alice:example.org", "name": "Alice"});
    let answer = send(
        &api,
        request(Method::POST, "/api/v1/employees", None, Some(&body)),
    )
    .await;
    assert_eq!(answer.status, 200);
    let records = world.engine.log_records(0, 10).await.unwrap();
    assert_eq!(records.last().unwrap().actor, "operator:command-line/jane");
}
