//! Requests that are not as described, on every route that takes such a thing.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::Caller;
use crate::api::input::BODY_LIMIT;
use crate::api::{openapi, v1};
use crate::testing::{CLIENT, request, send};

/// Posts raw bytes to every route that takes a body.
async fn check_body(content_type: &str, body: Vec<u8>, status: u16, kind: &str, detail: &str) {
    let caller = Caller::new().await;
    let document = serde_json::to_value(openapi()).unwrap();
    let takes_one = |path: &str| document["paths"][path]["post"]["requestBody"].is_object();
    for endpoint in v1::endpoints().iter().filter(|e| takes_one(e.path)) {
        let request = Request::post(endpoint.path)
            .header("authorization", format!("Bearer {}", caller.token))
            .header("content-type", content_type)
            .body(Body::from(body.clone()))
            .unwrap();
        let answer = send(&caller.api, request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{}",
            endpoint.path
        );
        let words = answer.json()["detail"].to_string();
        assert!(words.contains(detail), "{}: {words}", endpoint.path);
    }
    assert_eq!(
        caller.world.kinds().await,
        ["config"],
        "only the token of this test was recorded"
    );
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    const JSON: &str = "application/json";
    check_body(JSON, b"{\"us".to_vec(), 400, "body.not.json", "line 1").await;
    check_body(JSON, b"".to_vec(), 400, "body.not.json", "EOF").await;
    check_body(JSON, b"{\"\xff\":1}".to_vec(), 400, "body.not.json", "").await;
    check_body(JSON, b"[]".to_vec(), 400, "body.not.as.described", "").await;
    check_body(JSON, b"7".to_vec(), 400, "body.not.as.described", "").await;
    check_body(
        JSON,
        b"{\"nonsense\":1}".to_vec(),
        400,
        "body.not.as.described",
        "unknown field `nonsense`",
    )
    .await;
    check_body(
        "text/plain",
        b"{}".to_vec(),
        415,
        "body.type.unsupported",
        "application/json",
    )
    .await;
    check_body(
        "",
        b"{}".to_vec(),
        415,
        "body.type.unsupported",
        "application/json",
    )
    .await;
    let large = format!("{{\"user\":\"{}\"}}", "x".repeat(BODY_LIMIT));
    check_body(JSON, large.into_bytes(), 413, "body.too.large", "65536").await;
    // A structure deeper than serde goes, inside a field that is not ours: refused, not a stack overflow.
    let deep = format!("{{\"nonsense\":{}", "[".repeat(10_000));
    check_body(
        JSON,
        deep.into_bytes(),
        400,
        "body.not.as.described",
        "unknown field",
    )
    .await;
}

/// Every listing, from the description: its path with a conversation that is there.
async fn listings(caller: &Caller) -> Vec<String> {
    caller.world.provision().await;
    let conversation = caller
        .done(
            "conversations",
            &json!({"user": "@alice:example.org", "peer": CLIENT}),
        )
        .await;
    let document = serde_json::to_value(openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let takes_limit = |item: &Value| {
        let parameters = item["get"]["parameters"].as_array();
        parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "limit"))
    };
    let id = conversation["id"].as_str().unwrap();
    let listings: Vec<String> = paths
        .iter()
        .filter(|(_, item)| takes_limit(item))
        .map(|(path, _)| path.replace("{id}", id))
        .collect();
    assert_eq!(listings.len(), 7, "{listings:?}");
    listings
}

#[tokio::test]
async fn pages_have_limits_and_cursors_are_ours() {
    let caller = Caller::new().await;
    for path in listings(&caller).await {
        for (query, status, kind) in [
            ("", 200, ""),
            ("?limit=1", 200, ""),
            ("?limit=1000", 200, ""),
            ("?limit=0", 400, "page.limit.out.of.range"),
            ("?limit=1001", 400, "page.limit.out.of.range"),
            ("?limit=-1", 400, "query.not.as.described"),
            ("?limit=99999999999", 400, "query.not.as.described"),
            ("?limit=ten", 400, "query.not.as.described"),
            ("?limit=5&limit=6", 400, "query.not.as.described"),
            ("?page=2", 400, "query.not.as.described"),
            ("?after=", 400, "page.cursor.unknown"),
            ("?after=nonsense", 400, "page.cursor.unknown"),
            ("?after=%ff", 400, "page.cursor.unknown"),
        ] {
            let request = request(
                Method::GET,
                &format!("{path}{query}"),
                Some(&caller.token),
                None,
            );
            let answer = send(&caller.api, request).await;
            assert_eq!(answer.status, status, "{path}{query}: {}", answer.body);
            if status == 200 {
                assert!(answer.json()["items"].is_array(), "{path}{query}");
            } else {
                assert_eq!(answer.problem(), kind, "{path}{query}");
            }
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let caller = Caller::new().await;
    for listing in ["employees", "numbers", "contacts"] {
        for n in 0..5 {
            let number = format!("+1415555010{n}");
            match listing {
                "employees" => {
                    caller
                        .done(
                            listing,
                            &json!({"user": format!("@e{n}:example.org"), "name": "E"}),
                        )
                        .await
                }
                "numbers" => {
                    caller
                        .done(listing, &json!({"number": number, "account": "acme"}))
                        .await
                }
                _ => {
                    caller
                        .done(
                            listing,
                            &json!({"number": format!("+1415555020{n}"), "name": format!("C{n}")}),
                        )
                        .await
                }
            };
        }
        let all = caller.shown(listing).await;
        assert_eq!(
            (all["items"].as_array().unwrap().len(), &all["next"]),
            (5, &Value::Null)
        );
        let (mut pages, mut items, mut query) = (0, Vec::new(), String::new());
        loop {
            let page = caller.shown(&format!("{listing}?limit=2{query}")).await;
            items.extend(page["items"].as_array().unwrap().clone());
            pages += 1;
            let Some(next) = page["next"].as_str() else {
                break;
            };
            query = format!("&after={next}");
        }
        assert_eq!(
            (pages, &items),
            (3, all["items"].as_array().unwrap()),
            "{listing}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let caller = Caller::new().await;
    let absent = "0123456789abcdef0123456789abcdef";
    for (method, path, status, kind) in [
        (Method::GET, "nothing".to_owned(), 404, "route.not.found"),
        (
            Method::GET,
            "../../etc/passwd".to_owned(),
            404,
            "route.not.found",
        ),
        (
            Method::DELETE,
            "employees".to_owned(),
            405,
            "method.not.allowed",
        ),
        (
            Method::GET,
            "employees/end".to_owned(),
            405,
            "method.not.allowed",
        ),
        (
            Method::GET,
            format!("conversations/{absent}"),
            404,
            "conversation.not.found",
        ),
        (
            Method::GET,
            format!("conversations/{absent}/messages"),
            404,
            "conversation.not.found",
        ),
        (
            Method::GET,
            format!("conversations/{absent}/timeline"),
            404,
            "conversation.not.found",
        ),
        (
            Method::GET,
            "conversations/7".to_owned(),
            404,
            "conversation.not.found",
        ),
        (
            Method::GET,
            "conversations/%ff".to_owned(),
            404,
            "conversation.not.found",
        ),
    ] {
        let answer = caller.with(&caller.token, method, &path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{path}"
        );
    }
}
