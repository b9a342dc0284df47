//! Tokens: made, shown once, never more than their maker, withdrawn.

use http::Method;
use serde_json::{Value, json};

use super::Caller;

#[tokio::test]
async fn a_token_is_shown_once_works_and_ends() {
    let caller = Caller::new().await;
    let made = caller
        .post(
            "tokens",
            &json!({"name": "crm-sync", "scopes": ["read", "read"]}),
        )
        .await;
    assert_eq!(made.status, 201);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["scopes"], json!(["read"]));
    let me = caller.with(&token, Method::GET, "me", None).await.json();
    assert_eq!(
        (&me["name"], &me["scopes"]),
        (&json!("crm-sync"), &json!(["read"]))
    );

    let list = caller.get("tokens").await;
    assert!(
        !list.body.contains(&token) && !list.body.contains("hash"),
        "{}",
        list.body
    );
    let find = |list: &Value| {
        let items = list["items"].as_array().unwrap().clone();
        items.into_iter().find(|t| t["name"] == "crm-sync").unwrap()
    };
    assert_eq!(find(&list.json())["revoked_ms"], Value::Null);

    assert_eq!(
        caller
            .done("tokens/revoke", &json!({"name": "crm-sync"}))
            .await,
        json!({"revoked": 1})
    );
    assert_eq!(
        caller.with(&token, Method::GET, "me", None).await.problem(),
        "token.unknown"
    );
    assert!(find(&caller.shown("tokens").await)["revoked_ms"].is_i64());
    assert_eq!(
        caller
            .post("tokens/revoke", &json!({"name": "crm-sync"}))
            .await
            .problem(),
        "token.not.found"
    );

    let records = caller.world.engine.log_records(0, 100).await.unwrap();
    assert!(
        records.iter().all(|r| !format!("{r:?}").contains(&token)),
        "the record does not hold the secret"
    );
}

#[tokio::test]
async fn tokens_that_cannot_be_are_refused() {
    let caller = Caller::new().await;
    let long = "x".repeat(65);
    for (body, status, kind) in [
        (
            json!({"name": "", "scopes": ["read"]}),
            422,
            "token.name.not.possible",
        ),
        (
            json!({"name": long, "scopes": ["read"]}),
            422,
            "token.name.not.possible",
        ),
        (
            json!({"name": "a b", "scopes": ["read"]}),
            422,
            "token.name.not.possible",
        ),
        (
            json!({"name": "a\n", "scopes": ["read"]}),
            422,
            "token.name.not.possible",
        ),
        (
            json!({"name": "a", "scopes": []}),
            422,
            "token.scopes.missing",
        ),
        (
            json!({"name": "a", "scopes": ["root"]}),
            400,
            "body.not.as.described",
        ),
        (
            json!({"name": "a", "scopes": ["Read"]}),
            400,
            "body.not.as.described",
        ),
        (json!({"name": "a"}), 400, "body.not.as.described"),
        (
            json!({"name": "command-line", "scopes": ["read"]}),
            422,
            "token.name.reserved",
        ),
    ] {
        let answer = caller.post("tokens", &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{body}"
        );
    }
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    let caller = Caller::new().await;
    let admin = caller.world.token("admin", &["admin", "read"]).await;
    for (scopes, kind) in [
        (json!(["admin", "read"]), None),
        (json!(["record"]), Some("token.scope.not.held")),
        (json!(["read", "provision"]), Some("token.scope.not.held")),
    ] {
        let body = json!({"name": "child", "scopes": scopes});
        let answer = caller
            .with(&admin, Method::POST, "tokens", Some(&body))
            .await;
        match kind {
            None => assert_eq!(answer.status, 201, "{scopes}"),
            Some(kind) => assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (403, kind),
                "{scopes}"
            ),
        }
    }
}

/// The command line's token speaks for whoever sits there; no other token does.
#[tokio::test]
async fn the_command_line_says_who_uses_it() {
    let world = crate::testing::World::new().await;
    let api = crate::api_router(world.engine.clone());
    let scopes = crate::SCOPES;
    for (token, said, actor) in [
        (crate::COMMAND_LINE, "ann", "operator:command-line/ann"),
        (crate::COMMAND_LINE, "", "operator:command-line"),
        (crate::COMMAND_LINE, "ann b", "operator:command-line"),
        ("crm", "ann", "operator:crm"),
    ] {
        let secret = world.token(token, &scopes).await;
        let body = json!({"user": "@ann:example.org", "name": "Ann"});
        let path = "/api/v1/employees";
        let mut request = crate::testing::request(Method::POST, path, Some(&secret), Some(&body));
        request
            .headers_mut()
            .insert(crate::OPERATOR, said.parse().unwrap());
        assert_eq!(crate::testing::send(&api, request).await.status, 200);
        let records = world.engine.log_records(0, 100).await.unwrap();
        let last = records
            .iter()
            .rfind(|r| r.reason == "employee.add")
            .unwrap();
        assert_eq!(last.actor, actor, "{token} {said:?}");
    }
}
