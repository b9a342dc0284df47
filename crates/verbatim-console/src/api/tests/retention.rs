//! Retention, holds, disposals and erasures as their callers meet them.

use serde_json::{Value, json};
use verbatim_domain::Duration;

use super::Caller;
use crate::edge_router;
use crate::testing::{Answer, CLIENT, post, send};

/// Longer than records are kept.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);

async fn with_a_text() -> Caller {
    let caller = Caller::new().await;
    caller.world.provision().await;
    let edge = edge_router(caller.world.engine.intake());
    let answer = send(&edge, post(&caller.world.inbound("hello"))).await;
    assert_eq!(answer.status, 200);
    caller
}

async fn as_other(caller: &Caller, path: &str, body: &Value) -> Answer {
    let token = caller.world.token("other", &["hold", "dispose"]).await;
    caller
        .with(&token, http::Method::POST, path, Some(body))
        .await
}

#[tokio::test]
async fn retention_is_listed_and_extended() {
    let caller = with_a_text().await;
    let view = caller.shown("retention").await;
    assert_eq!(view["rules"][0]["months"], 84);
    let bucket = &view["buckets"][0];
    assert_eq!(
        (&bucket["expires"], &bucket["class"]),
        (&json!("2033-11"), &json!(1))
    );
    let extended = caller
        .done("retention/extend", &json!({"class": 1, "months": 2}))
        .await;
    assert_eq!(extended, json!({"buckets": 1}));
    let view = caller.shown("retention").await;
    assert_eq!(view["buckets"][0]["expires"], "2034-01");
    for (body, problem) in [
        (
            json!({"class": 7, "months": 2}),
            "retention.class.not.found",
        ),
        (json!({"class": 1, "months": 0}), "request.not.possible"),
    ] {
        assert_eq!(
            caller.post("retention/extend", &body).await.problem(),
            problem
        );
    }
}

#[tokio::test]
async fn somebodys_retention_is_listed_and_extended() {
    let caller = with_a_text().await;
    let of = json!({"number": CLIENT});
    let wish = json!({"class": 1, "months": 12, "of": of});
    let extended = caller.done("retention/extend", &wish).await;
    assert_eq!(extended, json!({"buckets": null}));
    let path = format!("retention?number=%2B{}", &CLIENT[1..]);
    let view = caller.shown(&path).await;
    let extension = &view["extensions"][0];
    assert_eq!(
        (&extension["of"], &extension["months"], &extension["by"]),
        (
            &json!(format!("number {CLIENT}")),
            &json!(12),
            &json!("operator:root")
        )
    );
    assert_eq!(view["buckets"][0]["expires"], "2034-11");
    // All of the firm's stay as they are, and who may not see numbers does not.
    let token = caller.world.token("reader", &["read"]).await;
    let all = caller
        .with(&token, http::Method::GET, "retention", None)
        .await;
    assert_eq!(all.json()["buckets"][0]["expires"], "2033-11");
    assert_eq!(all.json()["extensions"][0]["of"], "number •••• 2671");
    for (path, problem) in [
        ("retention?employee=%40no:one", "employee.not.found"),
        ("retention?employee=a&number=b", "query.not.as.described"),
        ("retention?conversation=x", "conversation.not.found"),
    ] {
        assert_eq!(caller.get(path).await.problem(), problem, "{path}");
    }
}

#[tokio::test]
async fn a_hold_takes_one_and_its_release_two() {
    let caller = with_a_text().await;
    let wish = json!({"name": "Doe", "reason": "letter", "contacts": [CLIENT]});
    let hold = caller.done("holds", &wish).await;
    assert_eq!(
        (&hold["state"], &hold["covers"]),
        (&json!("standing"), &json!(format!("contact {CLIENT}")))
    );
    let which = json!({"hold": hold["id"]});
    let ask = json!({"hold": hold["id"], "reason": "settled"});
    assert_eq!(
        caller.post("holds/approve", &which).await.problem(),
        "request.not.possible"
    );
    caller.done("holds/release", &ask).await;
    let alone = caller.post("holds/approve", &which).await;
    assert_eq!(
        (alone.status.as_u16(), alone.problem().as_str()),
        (403, "second.person.needed")
    );
    let kept = caller.done("holds/keep", &which).await;
    assert_eq!(
        (&kept["state"], &kept["asked"]),
        (&json!("standing"), &Value::Null)
    );
    assert_eq!(
        caller.post("holds/keep", &which).await.problem(),
        "request.not.possible"
    );
    caller.done("holds/release", &ask).await;
    let released = as_other(&caller, "holds/approve", &which).await;
    assert_eq!(released.json()["state"], "released");
    let list = caller.shown("holds").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["released"]["by"], "operator:other");

    for (body, problem) in [
        (
            json!({"name": "Doe", "reason": "letter"}),
            "request.not.possible",
        ),
        (
            json!({"name": "Doe", "reason": "x", "contacts": ["+447700900999"]}),
            "contact.not.found",
        ),
        (
            json!({"name": "Doe", "reason": "x", "conversations": ["x"]}),
            "conversation.not.found",
        ),
        (
            json!({"name": "Doe", "reason": "x", "everybody": true}),
            "body.not.as.described",
        ),
        (
            json!({"name": "a\nb", "reason": "x", "everyone": true}),
            "name.not.text",
        ),
    ] {
        assert_eq!(
            caller.post("holds", &body).await.problem(),
            problem,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_disposal_is_proposed_and_approved_by_two() {
    let caller = with_a_text().await;
    let nothing = caller.done("disposals/propose", &json!({})).await;
    assert_eq!(nothing["items"], json!([]));
    let answer = caller.done("erasures", &json!({"contact": CLIENT})).await;
    assert_eq!(
        (
            &answer["answer"],
            answer["because"].as_array().unwrap().len()
        ),
        (&json!("refused"), 1)
    );

    caller.world.clock.advance(YEARS);
    let proposed = caller.done("erasures", &json!({"contact": CLIENT})).await;
    assert_eq!(proposed["answer"], "proposed");
    let id = proposed["proposed"]["items"][0]["id"].as_str().unwrap();
    let which = json!({"disposal": id});
    assert_eq!(
        caller.post("disposals/approve", &which).await.problem(),
        "second.person.needed"
    );
    let approved = as_other(&caller, "disposals/approve", &which).await;
    assert_eq!(approved.json()["state"], "approved");
    let again = caller.post("disposals/approve", &which).await;
    assert_eq!(again.problem(), "request.not.possible");
    let shown = caller.shown(&format!("disposals/{id}")).await;
    assert_eq!(
        (&shown["disposal"]["state"], &shown["certificate"]),
        (&json!("approved"), &Value::Null)
    );
    assert_eq!(caller.post("disposals/run", &json!({})).await.status, 204);
    assert_eq!(
        caller.shown("disposals").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let withdrawn = caller.done("disposals/withdraw", &which).await;
    assert_eq!(
        (&withdrawn["state"], &withdrawn["withdrawn"]["by"]),
        (&json!("withdrawn"), &json!("operator:root"))
    );
    let again = caller.post("disposals/withdraw", &which).await;
    assert_eq!(again.problem(), "request.not.possible");
    assert_eq!(
        caller.get("disposals/nothing").await.problem(),
        "disposal.not.found"
    );
}

#[tokio::test]
async fn a_list_of_holds_is_shown_on_the_record_or_not_at_all() {
    let caller = with_a_text().await;
    caller.world.store.inject(verbatim_store::Fault::Refuse);
    assert_eq!(caller.get("holds").await.problem(), "store.unavailable");
    caller.shown("holds").await;
    let records = caller.world.engine.log_records(0, 1000).await.unwrap();
    let last = records.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), last.reason.as_str()),
        ("view", "holds")
    );
}

/// What names somebody is shown on the record: who reads of somebody's extension has read of them.
#[tokio::test]
async fn retention_that_names_somebody_is_shown_on_the_record() {
    let caller = with_a_text().await;
    let looks = async || {
        let records = caller.world.engine.log_records(0, 1000).await.unwrap();
        let looks = records.iter().filter(|r| r.reason == "retention");
        looks.count()
    };
    caller.shown("retention").await;
    assert_eq!(looks().await, 0, "rules and counts alone");
    let theirs = format!("retention?number=%2B{}", &CLIENT[1..]);
    caller.shown(&theirs).await;
    assert_eq!(looks().await, 1);
    let longer = json!({"class": 1, "months": 12, "of": {"number": CLIENT}});
    caller.done("retention/extend", &longer).await;
    caller.shown("retention").await;
    assert_eq!(looks().await, 2);
}
