//! Employees, numbers, contacts and conversations: made, listed, changed, refused.

use http::Method;
use serde_json::{Value, json};

use super::Caller;
use crate::testing::{ALICE, CLIENT, OURS};

const BOB: &str = "@bob:example.org";

async fn firm() -> Caller {
    let caller = Caller::new().await;
    caller
        .done("employees", &json!({"user": ALICE, "name": "Alice"}))
        .await;
    caller
        .done("employees", &json!({"user": BOB, "name": "Bob"}))
        .await;
    caller
        .done(
            "numbers",
            &json!({"number": "+1 (415) 555-0100", "account": "acme"}),
        )
        .await;
    caller
        .done("numbers/assign", &json!({"number": OURS, "user": ALICE}))
        .await;
    caller
}

#[tokio::test]
async fn a_firm_is_set_up_and_every_step_is_recorded_under_the_token() {
    let caller = firm().await;
    let employees = caller.shown("employees").await;
    let users: Vec<&Value> = employees["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["user"])
        .collect();
    assert_eq!(users, [ALICE, BOB]);
    let number = caller.shown("numbers").await["items"][0].clone();
    assert_eq!(
        (&number["number"], &number["holder"]),
        (&json!(OURS), &json!(ALICE))
    );

    let wish = json!({"user": ALICE, "peer": CLIENT, "name": "Jane Doe", "number": null});
    let conversation = caller.done("conversations", &wish).await;
    assert_eq!(
        (&conversation["peer"], &conversation["employee"]),
        (&json!(CLIENT), &json!(ALICE))
    );
    assert!(
        conversation["title"].as_str().unwrap().contains("Jane Doe"),
        "{conversation}"
    );
    let id = conversation["id"].as_str().unwrap();
    assert_eq!(
        caller.done("conversations", &wish).await["id"],
        id,
        "it is found again"
    );
    assert_eq!(
        caller.shown(&format!("conversations/{id}")).await,
        conversation
    );
    assert_eq!(
        caller.shown("conversations").await["items"],
        json!([conversation])
    );
    assert_eq!(
        caller.shown(&format!("conversations/{id}/messages")).await["items"],
        json!([])
    );
    let contact = caller.shown("contacts").await["items"][0].clone();
    assert_eq!(
        (&contact["name"], &contact["numbers"], &contact["state"]),
        (&json!("Jane Doe"), &json!([CLIENT]), &json!("confirmed"))
    );

    let ended = caller.done("employees/end", &json!({"user": ALICE})).await;
    assert_eq!(ended["active"], false);
    assert_eq!(
        caller.shown("numbers").await["items"][0]["holder"],
        Value::Null,
        "the number is free at once"
    );

    caller
        .world
        .clock
        .advance(verbatim_domain::Duration::from_secs(1));
    assert_eq!(
        caller.done("employees/end", &json!({"user": ALICE})).await,
        ended,
        "who has left stays as they left"
    );

    let records = caller.world.engine.log_records(0, 100).await.unwrap();
    let mine: Vec<&str> = records
        .iter()
        .filter(|r| r.actor == "operator:root" && r.kind == "config")
        .map(|r| r.reason.as_str())
        .collect();
    let expected = [
        "employee.add",
        "employee.add",
        "number.add",
        "number.assign",
        "conversation.start",
        "conversation.start",
        "employee.end",
    ];
    assert_eq!(mine, expected);
}

/// `number add --holder` of an unknown employee failed, and had added the number.
#[tokio::test]
async fn a_number_is_added_with_its_holder_or_not_at_all() {
    let caller = Caller::new().await;
    let wish = json!({"number": OURS, "account": "acme", "holder": ALICE});
    let refused = caller.post("numbers", &wish).await;
    assert_eq!(refused.problem(), "employee.not.found");
    assert_eq!(caller.shown("numbers").await["items"], json!([]));
    caller
        .done("employees", &json!({"user": ALICE, "name": "Alice"}))
        .await;
    assert_eq!(caller.done("numbers", &wish).await["holder"], ALICE);
    assert_eq!(caller.done("numbers", &wish).await["holder"], ALICE);
    let records = caller.world.engine.log_records(0, 100).await.unwrap();
    let mut reasons: Vec<&str> = records.iter().map(|r| r.reason.as_str()).collect();
    reasons.retain(|reason| reason.starts_with("number"));
    assert_eq!(reasons, ["number.add", "number.assign"]);
    // One that is there already is given as by `numbers/assign`.
    let second = json!({"number": "+14155550101", "account": "acme"});
    assert_eq!(caller.done("numbers", &second).await["holder"], Value::Null);
    let given = json!({"number": "+14155550101", "account": "acme", "holder": ALICE});
    assert_eq!(caller.done("numbers", &given).await["holder"], ALICE);
}

#[tokio::test]
async fn who_holds_several_numbers_says_which_one_to_text_from() {
    let caller = firm().await;
    let number = caller.shown("numbers").await["items"][0].clone();
    assert_eq!(number["webhook"], "https://sms.firm.example/hooks/acme/sms");
    let second = "+14155550101";
    let add = json!({"number": second, "account": "acme"});
    caller.done("numbers", &add).await;
    caller
        .done("numbers/assign", &json!({"number": second, "user": ALICE}))
        .await;
    let wish = json!({"user": ALICE, "peer": CLIENT});
    let answer = caller.post("conversations", &wish).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(OURS) && detail.contains(second), "{detail}");
    let wish = json!({"user": ALICE, "peer": CLIENT, "number": second});
    assert_eq!(caller.done("conversations", &wish).await["number"], second);
}

#[tokio::test]
async fn numbers_change_hands_only_when_they_are_free() {
    let caller = firm().await;
    let to_bob = json!({"number": OURS, "user": BOB});
    let refused = caller.post("numbers/assign", &to_bob).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (409, "store.conflict")
    );
    let again = json!({"number": OURS, "user": ALICE});
    assert_eq!(
        caller.done("numbers/assign", &again).await["holder"],
        ALICE,
        "safe to repeat"
    );
    for _ in 0..2 {
        let released = caller
            .done("numbers/release", &json!({"number": OURS}))
            .await;
        assert_eq!(released["holder"], Value::Null);
    }
    caller
        .world
        .clock
        .advance(verbatim_domain::Duration::from_secs(1));
    assert_eq!(caller.done("numbers/assign", &to_bob).await["holder"], BOB);
}

#[tokio::test]
async fn refusals_have_types_that_programs_can_compare() {
    let caller = firm().await;
    let long = "x".repeat(201);
    for (path, body, status, kind) in [
        (
            "employees",
            json!({"user": "alice", "name": "A"}),
            422,
            "request.not.possible",
        ),
        (
            "employees",
            json!({"user": "@verbatim:example.org", "name": "A"}),
            422,
            "request.not.possible",
        ),
        (
            "employees",
            json!({"user": BOB, "name": long}),
            422,
            "name.too.long",
        ),
        (
            "employees",
            json!({"user": BOB, "name": "a\nb"}),
            422,
            "name.not.text",
        ),
        (
            "employees",
            json!({"user": BOB}),
            400,
            "body.not.as.described",
        ),
        (
            "employees",
            json!({"user": 7, "name": ""}),
            400,
            "body.not.as.described",
        ),
        (
            "employees",
            json!({"user": "@carol:example.org", "name": " "}),
            422,
            "name.missing",
        ),
        (
            "employees/end",
            json!({"user": "@none:example.org"}),
            404,
            "employee.not.found",
        ),
        (
            "numbers",
            json!({"number": "call me", "account": "acme"}),
            422,
            "phone.not.a.number",
        ),
        (
            "numbers",
            json!({"number": "4155550101", "account": "acme"}),
            422,
            "phone.country.missing",
        ),
        (
            "numbers",
            json!({"number": "+1415", "account": "acme"}),
            422,
            "phone.not.possible",
        ),
        (
            "numbers",
            json!({"number": "+14155550101", "account": "none"}),
            404,
            "carrier.account.not.found",
        ),
        (
            "numbers/assign",
            json!({"number": "+14155550199", "user": ALICE}),
            404,
            "number.not.found",
        ),
        (
            "numbers/assign",
            json!({"number": OURS, "user": "@none:example.org"}),
            404,
            "employee.not.found",
        ),
        (
            "numbers/release",
            json!({"number": "+14155550199"}),
            404,
            "number.not.found",
        ),
        (
            "contacts",
            json!({"number": "nobody", "name": "x"}),
            422,
            "phone.not.a.number",
        ),
        (
            "contacts",
            json!({"number": CLIENT, "name": long}),
            422,
            "name.too.long",
        ),
        (
            "conversations",
            json!({"user": BOB, "peer": CLIENT}),
            422,
            "request.not.possible",
        ),
        (
            "conversations",
            json!({"user": ALICE, "peer": OURS}),
            422,
            "request.not.possible",
        ),
        (
            "conversations",
            json!({"user": "@none:example.org", "peer": CLIENT}),
            404,
            "employee.not.found",
        ),
        (
            "alarms/clear",
            json!({"key": "none"}),
            404,
            "alarm.not.found",
        ),
    ] {
        let before = caller.world.kinds().await.len();
        let answer = caller.post(path, &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (status, kind),
            "{path} {body}"
        );
        assert_eq!(
            caller.world.kinds().await.len(),
            before,
            "{path} {body}: nothing was changed"
        );
    }
}

#[tokio::test]
async fn many_contacts_are_reported_one_by_one() {
    let caller = firm().await;
    let items = json!([
        {"number": CLIENT, "name": "Jane Doe"},
        {"number": "nonsense", "name": "Nobody"},
        {"number": "+447700900123"},
        {"number": CLIENT, "name": "Jane Smith"},
    ]);
    let report = caller.done("contacts/bulk", &json!({"items": items})).await;
    assert_eq!(report["failed"], 1);
    let statuses: Vec<&Value> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["status"])
        .collect();
    assert_eq!(statuses, ["ok", "error", "ok", "ok"]);
    assert_eq!(report["items"][1]["error"]["type"], "phone.not.a.number");
    assert_eq!(
        report["items"][0]["contact"]["id"], report["items"][3]["contact"]["id"],
        "one contact, renamed"
    );
    assert_eq!(report["items"][2]["contact"]["state"], "incomplete");
    assert_eq!(
        caller.shown("contacts").await["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let hundred: Vec<Value> = (0..100)
        .map(|n| json!({"number": format!("+1415555{:04}", 3000 + n)}))
        .collect();
    assert_eq!(
        caller
            .done("contacts/bulk", &json!({"items": hundred}))
            .await["failed"],
        0
    );
    let more: Vec<Value> = (0..101)
        .map(|n| json!({"number": format!("+1415555{:04}", 4000 + n)}))
        .collect();
    let answer = caller.post("contacts/bulk", &json!({"items": more})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (422, "items.too.many")
    );
    let unknown = json!({"items": [{"number": CLIENT, "nam": "typo"}]});
    assert_eq!(
        caller.post("contacts/bulk", &unknown).await.problem(),
        "body.not.as.described"
    );
}

#[tokio::test]
async fn full_numbers_are_shown_only_to_who_needs_them() {
    let caller = firm().await;
    let conversation = caller
        .done("conversations", &json!({"user": ALICE, "peer": CLIENT}))
        .await;
    let id = conversation["id"].as_str().unwrap().to_owned();
    for (scopes, full) in [
        (vec!["read"], false),
        (vec!["read", "admin"], false),
        (vec!["read", "record"], true),
        (vec!["read", "provision"], true),
    ] {
        let token = caller.world.token(&scopes.join("-"), &scopes).await;
        for path in [
            "numbers",
            "contacts",
            "conversations",
            &format!("conversations/{id}"),
        ] {
            let body = caller.with(&token, Method::GET, path, None).await.body;
            let number = if path == "numbers" { OURS } else { CLIENT };
            assert_eq!(
                body.contains(number),
                full,
                "{path} with {scopes:?}: {body}"
            );
            let digits = &number[number.len() - 4..];
            assert!(
                body.contains(digits),
                "{path} with {scopes:?} shows the last four: {body}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_client_said_elsewhere_is_entered_with_how_it_is_known() {
    let caller = firm().await;
    let wish = json!({"user": ALICE, "peer": CLIENT, "name": "Jane Doe"});
    let conversation = caller.done("conversations", &wish).await;
    assert_eq!(conversation["consent"], "not-asked");
    let id = &conversation["id"];
    let said = json!({"conversation": id, "consent": "opted-out", "because": "by telephone"});
    let entered = caller.done("conversations/consent", &said).await;
    assert_eq!(entered["consent"], "opted-out");
    let path = format!("conversations/{}", id.as_str().unwrap());
    assert_eq!(caller.shown(&path).await["consent"], "opted-out");
    for (wrong, status) in [
        (
            json!({"conversation": id, "consent": "opted-out", "because": " "}),
            422,
        ),
        (
            json!({"conversation": id, "consent": "asked", "because": "so"}),
            400,
        ),
        (
            json!({"conversation": "12", "consent": "opted-in", "because": "so"}),
            404,
        ),
    ] {
        let answer = caller.post("conversations/consent", &wrong).await;
        assert_eq!(answer.status, status, "{wrong}: {}", answer.body);
    }
}
