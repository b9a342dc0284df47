//! Exports: recorded before they are given, complete, and only for who may.

use serde_json::{Value, json};
use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Clock, JobKind, Store};
use verbatim_record::policy::Policy;
use verbatim_record::tlog_proof::TlogProof;

use super::Caller;
use crate::api::PURPOSE;
use crate::edge_router;
use crate::testing::{ALICE, CLIENT, OURS, post, request, send};

/// A caller, and conversations into which texts came.
async fn caller() -> Caller {
    let caller = Caller::new().await;
    caller.world.provision().await;
    let edge = edge_router(caller.world.engine.intake());
    for text in ["one", "two", "three"] {
        let answer = send(&edge, post(&caller.world.inbound(text))).await;
        assert_eq!(answer.status, 200);
    }
    caller
}

/// All lines of all pages but the last of each.
async fn lines(caller: &Caller, export: &Value) -> Vec<Value> {
    let (mut all, mut from) = (Vec::new(), json!(0));
    loop {
        let path = format!("exports/{}/records?from={from}", export["position"]);
        let answer = caller.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        let mut page: Vec<Value> = answer
            .body
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        from = page.pop().unwrap()["next"].clone();
        all.extend(page);
        if from.is_null() {
            return all;
        }
    }
}

#[tokio::test]
async fn an_export_is_recorded_and_gives_what_was_selected() {
    let caller = caller().await;
    let id = caller.shown("conversations").await["items"][0]["id"].clone();
    let contact = caller.shown("contacts").await["items"][0]["id"].clone();
    let everything = caller.world.kinds().await.len();
    for (number, (of, others)) in [
        (json!({"conversation": id}), 3),
        (json!({"person": ALICE}), 3),
        (json!({"number": OURS}), 3),
        (json!({"contact": contact}), 3),
        (json!("all"), everything + 4),
    ]
    .into_iter()
    .enumerate()
    {
        let wish = json!({"of": of, "purpose": "exam"});
        let export = caller.done("exports", &wish).await;
        assert_eq!(export["position"], everything + number, "{of}");
        assert_eq!(export["head"]["by"], "operator:root");
        let lines = lines(&caller, &export).await;
        assert_eq!(lines.len(), others + 1, "{of}");
        assert!(
            lines
                .iter()
                .all(|l| l["body"].is_string() && l["key"].is_string())
        );
        let kinds = caller.world.kinds().await;
        assert_eq!(kinds.last().unwrap(), "export");
        assert_eq!(kinds.len(), everything + number + 1, "once");
    }
}

#[tokio::test]
async fn times_bound_an_export() {
    let caller = caller().await;
    let all = caller.world.engine.log_records(0, 100).await.unwrap();
    let (from, to) = (all[2].captured_ms, all.last().unwrap().captured_ms + 1);
    for (from_ms, to_ms) in [(Some(from), None), (None, Some(from)), (Some(to), None)] {
        let wish = json!({"of": "all", "from_ms": from_ms, "to_ms": to_ms});
        let export = caller.done("exports", &wish).await;
        let expected = caller.world.engine.log_records(0, 100).await.unwrap();
        let expected = expected.iter().filter(|r| {
            r.log_index < export["position"].as_u64().unwrap()
                && from_ms.is_none_or(|at| r.captured_ms >= at)
                && to_ms.is_none_or(|at| r.captured_ms < at)
        });
        assert_eq!(lines(&caller, &export).await.len(), expected.count() + 1);
    }
}

#[tokio::test]
async fn what_was_disposed_of_names_its_certificate() {
    let caller = caller().await;
    let (world, engine) = (&caller.world, &caller.world.engine);
    // A month more than records are kept, and a few days.
    world.clock.advance(Duration::from_secs(86 * 31 * 86_400));
    let due = engine
        .propose_disposals(&Actor::operator("ann"))
        .await
        .unwrap();
    let id = due[0].id.parse().unwrap();
    let bob = Actor::operator("bob");
    engine.approve_disposal(&bob, id).await.unwrap();
    let jobs = world.store.due_jobs(world.clock.now(), &[], 100).await;
    let jobs = jobs.unwrap();
    let job = jobs.iter().find(|job| job.kind == JobKind::Dispose);
    engine.run_job(job.unwrap()).await;

    let certificate = world.kinds().await.len() - 1;
    let export = caller
        .done("exports", &json!({"of": {"person": ALICE}}))
        .await;
    let lines = lines(&caller, &export).await;
    for line in &lines[..3] {
        assert_eq!(
            (&line["undisclosed"], &line["certificate"]),
            (&json!("disposed"), &json!(certificate))
        );
        assert!(line["body"].is_null() && line["key"].is_null(), "{line}");
    }
    assert!(lines[3]["body"].is_string(), "the export's own");
    let path = |at: usize| format!("exports/{}/certificate?at={at}", export["position"]);
    let found = caller.shown(&path(certificate)).await;
    assert!(found["body"].is_string() && found["key"].is_null());
    // It hands out nothing else.
    for other in [0, certificate - 1, certificate + 1, 999] {
        let problem = caller.get(&path(other)).await;
        assert_eq!(problem.problem(), "certificate.not.found", "{other}");
    }
    let no_export = format!("exports/0/certificate?at={certificate}");
    assert_eq!(caller.get(&no_export).await.problem(), "export.not.found");
}

#[tokio::test]
async fn what_cannot_be_exported_is_said_and_not_recorded() {
    let caller = caller().await;
    let before = caller.world.kinds().await.len();
    let long = "x".repeat(1001);
    for (wish, problem) in [
        (
            json!({"of": {"conversation": "x"}}),
            "conversation.not.found",
        ),
        (
            json!({"of": {"conversation": "00".repeat(16)}}),
            "conversation.not.found",
        ),
        (
            json!({"of": {"person": "@nobody:example.org"}}),
            "employee.not.found",
        ),
        (json!({"of": {"number": CLIENT}}), "number.not.found"),
        (json!({"of": {"number": "x"}}), "phone.not.a.number"),
        (json!({"of": {"contact": "x"}}), "request.not.possible"),
        (
            json!({"of": {"contact": "019c0000-0000-7000-8000-000000000000"}}),
            "contact.not.found",
        ),
        (
            json!({"of": "all", "from_ms": 5, "to_ms": 5}),
            "request.not.possible",
        ),
        (json!({"of": "all", "purpose": long}), "purpose.too.long"),
        (json!({"of": "some"}), "body.not.as.described"),
    ] {
        assert_eq!(
            caller.post("exports", &wish).await.problem(),
            problem,
            "{wish}"
        );
    }
    for path in [
        "exports/0/records",
        "exports/99/records",
        "exports/x/records",
        "exports/0/checkpoint",
        "exports/0/timestamp?size=9",
    ] {
        assert_eq!(
            caller.get(path).await.problem(),
            "export.not.found",
            "{path}"
        );
    }
    assert_eq!(caller.world.kinds().await.len(), before);
}

#[tokio::test]
async fn what_proves_an_export_comes_with_the_next_signature() {
    let caller = caller().await;
    let export = caller.done("exports", &json!({"of": "all"})).await;
    let path = |what: &str| format!("exports/{}/{what}", export["position"]);
    let early = caller.get(&path("checkpoint")).await;
    assert_eq!(early.problem(), "checkpoint.not.yet");
    assert_eq!(early.header("retry-after"), "1");
    caller.world.engine.sign_log().await.unwrap();
    let note = caller.get(&path("checkpoint")).await;
    assert_eq!(note.status, 200);
    let size = export["position"].as_u64().unwrap() + 1;
    assert!(
        note.body
            .starts_with(&format!("{}\n{size}\n", export["origin"].as_str().unwrap()))
    );
    for none in ["tile/0/000", "tile/1/000", "tile/0/001", "../x"] {
        let answer = caller.get(&path(&format!("tile?path={none}"))).await;
        assert_eq!(answer.problem(), "tile.not.found", "{none}");
    }
}

#[tokio::test]
async fn a_reader_without_the_right_gets_nothing() {
    let caller = caller().await;
    let export = caller.done("exports", &json!({"of": "all"})).await;
    let token = caller
        .world
        .token("reader", &["read", "provision", "record", "admin"])
        .await;
    for what in [
        "records",
        "checkpoint",
        "certificate?at=0",
        "timestamp?size=9",
        "tile?path=tile/0/000",
        "policy",
    ] {
        let path = format!("exports/{}/{what}", export["position"]);
        let answer = caller.with(&token, http::Method::GET, &path, None).await;
        assert_eq!(answer.problem(), "scope.missing", "{what}");
    }
    let wish = json!({"of": "all"});
    let answer = caller
        .with(&token, http::Method::POST, "exports", Some(&wish))
        .await;
    assert_eq!(answer.problem(), "scope.missing");
    // Who tried is in the record.
    let refused = caller.world.engine.log_records(0, 1000).await.unwrap();
    let refused = refused.iter().filter(|r| r.reason == "refused");
    let actors: Vec<_> = refused.map(|r| r.actor.as_str()).collect();
    assert_eq!(actors, ["operator:reader"; 7]);
}

/// Who takes records is who the export's record names: nobody goes on with somebody else's.
#[tokio::test]
async fn nobody_takes_what_somebody_else_exports() {
    let caller = caller().await;
    let all = json!({"of": "all"});
    let export = caller.done("exports", &all).await;
    let other = caller.world.token("other", &["export"]).await;
    for what in ["records", "records?from=2", "certificate?at=0"] {
        let path = format!("exports/{}/{what}", export["position"]);
        let answer = caller.with(&other, http::Method::GET, &path, None).await;
        assert_eq!(answer.problem(), "export.not.yours", "{what}");
    }
    // Their own, they get.
    let post = http::Method::POST;
    let own = caller.with(&other, post, "exports", Some(&all)).await;
    let own: Value = serde_json::from_str(&own.body).unwrap();
    let path = format!("exports/{}/records", own["position"]);
    let answer = caller.with(&other, http::Method::GET, &path, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(caller.get(&path).await.problem(), "export.not.yours");
}

#[tokio::test]
async fn a_record_is_proved_and_that_is_recorded() {
    let caller = caller().await;
    let wish = json!({"position": 2});
    let early = caller.post("record/proofs", &wish).await;
    assert_eq!(early.problem(), "store.unavailable");
    let signed = caller.world.engine.sign_log().await.unwrap().unwrap();
    let before = caller.world.kinds().await.len();
    let mut asked = request(
        http::Method::POST,
        "/api/v1/record/proofs",
        Some(&caller.token),
        Some(&wish),
    );
    let purpose = http::HeaderValue::from_static("request 117");
    asked.headers_mut().insert(PURPOSE, purpose);
    let answer = send(&caller.api, asked).await.json();
    let proof: TlogProof = answer["proof"].as_str().unwrap().parse().unwrap();
    let policy: Policy = caller
        .world
        .engine
        .log_policy()
        .await
        .unwrap()
        .parse()
        .unwrap();
    let leaf = proof.entry.clone().unwrap();
    assert_eq!(proof.check(&leaf, &policy).unwrap().size, signed.size);
    assert_eq!(proof.index, 2);
    let kinds = caller.world.kinds().await;
    assert_eq!(
        (kinds.len(), kinds.last().unwrap().as_str()),
        (before + 1, "proof")
    );
    let none = caller
        .post("record/proofs", &json!({"position": 999}))
        .await;
    assert_eq!(none.problem(), "record.not.found");
    let seen = caller.shown("record/who-saw?record=2").await["seen"].clone();
    assert_eq!(
        (&seen[0]["kind"], &seen[0]["actor"], &seen[1]),
        (&json!("proof"), &json!("operator:root"), &Value::Null)
    );
    assert_eq!(seen[0]["purpose"], "request 117");
}
