//! Looking at the record is recorded, before anything is shown.

use http::{Method, header};
use serde_json::{Value, json};
use verbatim_domain::{Duration, RecordId};
use verbatim_engine::ports::{Change, Clock, Commit, NewRecord};
use verbatim_engine::views::RecordView;
use verbatim_record::Kind;

use super::Caller;
use crate::api::PURPOSE;
use crate::edge_router;
use crate::testing::{ALICE, Answer, OURS, post, request, send};

/// A caller, and a conversation into which two texts came; the position in the log of the first.
async fn conversation() -> (Caller, String, u64) {
    let caller = Caller::new().await;
    caller.world.provision().await;
    let edge = edge_router(caller.world.engine.intake());
    for text in ["one", "two"] {
        let answer = send(&edge, post(&caller.world.inbound(text))).await;
        assert_eq!(answer.status, 200);
        caller.world.clock.advance(Duration::from_secs(1));
    }
    let list = caller.shown("conversations").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let records = records(&caller).await;
    let first = records.iter().find(|r| r.text == "one").unwrap().log_index;
    (caller, id, first)
}

async fn records(caller: &Caller) -> Vec<RecordView> {
    caller.world.engine.log_records(0, 1000).await.unwrap()
}

async fn asked(caller: &Caller, path: &str, token: &str, purpose: &[&str]) -> Answer {
    let mut request = request(Method::GET, &format!("/api/v1/{path}"), Some(token), None);
    for purpose in purpose {
        let value = header::HeaderValue::from_bytes(purpose.as_bytes()).unwrap();
        request.headers_mut().append(PURPOSE, value);
    }
    send(&caller.api, request).await
}

#[tokio::test]
async fn who_saw_a_message_is_answered_by_its_conversation() {
    let (caller, id, first) = conversation().await;
    let seen = caller
        .shown(&format!("record/who-saw?record={first}"))
        .await;
    assert_eq!(
        seen["seen"],
        json!([]),
        "nobody yet: asking is no view of it"
    );

    let timeline = format!("conversations/{id}/timeline");
    let purpose = ["Prüfung 2026-17"];
    let answer = asked(&caller, &timeline, &caller.token, &purpose).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // Only the second message.
    caller.shown(&format!("{timeline}?from=1&limit=1")).await;

    let messages = caller.shown(&format!("conversations/{id}/messages")).await;
    let message = &messages["items"][0]["id"];
    for which in [
        format!("record={first}"),
        format!("message={}", message.as_str().unwrap()),
    ] {
        let seen = caller.shown(&format!("record/who-saw?{which}")).await;
        assert_eq!(
            (&seen["conversation"], &seen["kind"]),
            (&json!(id), &json!("message_in"))
        );
        let views = seen["seen"].as_array().unwrap();
        assert_eq!(views.len(), 1, "{seen}");
        let view = &views[0];
        assert_eq!(
            (&view["actor"], &view["purpose"], &view["what"]),
            (
                &json!("operator:root"),
                &json!(purpose[0]),
                &json!("timeline")
            )
        );
        assert!(view["at_ms"].as_i64().unwrap() > 0);
    }
    let second = caller
        .shown(&format!("record/who-saw?record={}", first + 1))
        .await;
    assert_eq!(second["seen"].as_array().unwrap().len(), 2, "{second}");
    assert!(caller.world.engine.verify_log(|_| ()).await.unwrap().ok);
}

/// Who is said to have been handed a record by exports: each one's id, actor, purpose and selection.
async fn exporters(caller: &Caller, position: u64) -> Vec<(u64, String, String, String)> {
    let path = format!("record/who-saw?record={position}");
    let seen = caller.shown(&path).await;
    let exports = seen["seen"].as_array().unwrap().iter();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    exports
        .filter(|s| s["kind"] == "export")
        .map(|s| {
            assert_eq!((&s["first"], &s["last"]), (&Value::Null, &Value::Null));
            assert!(s["at_ms"].as_i64().unwrap() > 0);
            let id = s["log_index"].as_u64().unwrap();
            (id, text(&s["actor"]), text(&s["purpose"]), text(&s["what"]))
        })
        .collect()
}

#[tokio::test]
async fn exports_are_sightings_of_what_they_selected() {
    let (caller, id, first) = conversation().await;
    let records = records(&caller).await;
    let second = records.iter().find(|r| r.text == "two").unwrap();
    let contact = caller.shown("contacts").await["items"][0]["id"].clone();
    let configured = 0;
    let nobody = "+14155552672";
    caller
        .done("contacts", &json!({"number": nobody, "name": "Other"}))
        .await;
    let list = caller.shown("contacts").await;
    let mut others = list["items"].as_array().unwrap().iter();
    let other = others.find(|c| c["id"] != contact).unwrap()["id"].clone();
    let check = async |wish: Value, has: [bool; 3]| {
        let export = caller.done("exports", &wish).await;
        let own = export["position"].as_u64().unwrap();
        for (position, has) in [configured, first, second.log_index].into_iter().zip(has) {
            let found = exporters(&caller, position).await;
            let found = found.iter().find(|(id, ..)| *id == own);
            assert_eq!(found.is_some(), has, "{wish} {position}");
            if let Some((_, actor, purpose, what)) = found {
                assert_eq!(
                    (actor.as_str(), purpose.as_str()),
                    ("operator:root", "exam")
                );
                assert_eq!(export["head"]["by"], *actor);
                assert!(!what.is_empty());
            }
        }
        // What is handed out last is the export's own record.
        let of_own = exporters(&caller, own).await;
        assert!(of_own.iter().any(|(id, ..)| *id == own), "{of_own:?}");
    };
    let of = |of: Value| json!({"of": of, "purpose": "exam"});
    check(of(json!("all")), [true; 3]).await;
    check(of(json!({"conversation": id})), [false, true, true]).await;
    check(of(json!({"person": ALICE})), [false, true, true]).await;
    check(of(json!({"number": OURS})), [false, true, true]).await;
    check(of(json!({"contact": contact})), [false, true, true]).await;
    check(of(json!({"contact": other})), [false; 3]).await;
    let (to, purpose) = (second.captured_ms, "exam");
    let early = json!({"of": "all", "to_ms": to, "purpose": purpose});
    check(early, [true, true, false]).await;
    let late = json!({"of": "all", "from_ms": to, "purpose": purpose});
    check(late, [false, false, true]).await;
    // A text that came after an export is not in it.
    let edge = edge_router(caller.world.engine.intake());
    send(&edge, post(&caller.world.inbound("three"))).await;
    let third = caller.world.engine.log_records(0, 1000).await.unwrap();
    let third = third.iter().find(|r| r.text == "three").unwrap().log_index;
    assert_eq!(exporters(&caller, third).await, vec![]);
}

/// What a broken edge or a damaged disk leaves: a record that does not open. Its position in the log.
async fn unreadable(caller: &Caller, kind: Kind, conversation: Option<&str>) -> u64 {
    let store = caller.world.engine.store();
    let like = store.records(0, 1).await.unwrap().remove(0);
    let position = store.log_root().await.unwrap().size;
    let mut sealed = like.sealed;
    sealed.kind = kind;
    sealed.id = RecordId::from_random([0xe0 + position as u8; 16]);
    sealed.captured_at = caller.world.clock.now();
    sealed.ciphertext = b"garbage".to_vec();
    let append = Change::Append(NewRecord {
        conversation: conversation.map(|id| id.parse().unwrap()),
        sealed,
        about: None,
    });
    let (fence, changes) = (None, vec![append]);
    store.commit(Commit { changes, fence }).await.unwrap();
    position
}

#[tokio::test]
async fn a_record_that_does_not_open_hides_no_other() {
    let (caller, id, first) = conversation().await;
    let timeline = format!("conversations/{id}/timeline");
    caller.shown(&timeline).await;
    let export = caller
        .done("exports", &json!({"of": "all", "purpose": "exam"}))
        .await;
    let text = unreadable(&caller, Kind::MessageIn, Some(&id)).await;
    let view = unreadable(&caller, Kind::View, Some(&id)).await;
    let taken = unreadable(&caller, Kind::Export, None).await;

    let seen = caller
        .shown(&format!("record/who-saw?record={first}"))
        .await;
    assert_eq!(seen["unreadable"], json!([view, taken]), "{seen}");
    let kinds = seen["seen"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|s| s["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["view", "export"], "{seen}");

    let page = caller.shown(&timeline).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items[0]["text"], "one", "{page}");
    for item in items {
        let position = item["log_index"].as_u64().unwrap();
        let why = item["unreadable"].as_str();
        let is_one = position == text || position == view;
        assert_eq!(why.is_some(), is_one, "{item}");
        assert_eq!(item["leaf_hash"].as_str().unwrap().len(), 64, "{item}");
        if let Some(why) = why {
            assert!(why.contains("does not open"), "{why}");
        }
    }

    // An export ends at it, and says where; days beside it are exported.
    let pages = async |wish: Value| {
        let begun = caller.done("exports", &wish).await;
        let position = begun["position"].as_u64().unwrap();
        caller.get(&format!("exports/{position}/records")).await
    };
    caller.world.clock.advance(Duration::from_secs(86_400));
    let now = caller.world.clock.now().as_millis();
    let of = |of: Value, from: Option<i64>| json!({"of": of, "from_ms": from, "purpose": "exam"});
    for whole in [json!("all"), json!({"conversation": id})] {
        let answer = pages(of(whole.clone(), None)).await;
        assert_ne!(answer.status, 200, "{whole}");
        let answer = pages(of(whole.clone(), Some(now))).await;
        assert_eq!(answer.status, 200, "{whole}: {}", answer.body);
    }
    let before = export["position"].as_u64().unwrap();
    let answer = caller.get(&format!("exports/{before}/records")).await;
    assert_eq!(answer.status, 200, "those older than it: {}", answer.body);
}

#[tokio::test]
async fn every_look_at_clients_leaves_a_record() {
    let (caller, id, _) = conversation().await;
    let check = async |path: &str, reason: &str, in_conversation: bool| {
        let before = records(&caller).await.len();
        caller.shown(path).await;
        let records = records(&caller).await;
        assert_eq!(records.len(), before + 1, "{path}");
        let last = records.last().unwrap();
        assert_eq!(
            (last.kind.as_str(), last.reason.as_str()),
            ("view", reason),
            "{path}"
        );
        let stored = caller
            .world
            .engine
            .store()
            .records(before as u64, 1)
            .await
            .unwrap();
        assert_eq!(stored[0].conversation.is_some(), in_conversation, "{path}");
    };
    check("conversations", "conversations", false).await;
    check("contacts", "contacts", false).await;
    check(&format!("conversations/{id}"), "conversation", true).await;
    check(&format!("conversations/{id}/timeline"), "timeline", true).await;
    check("record/verify", "verify", false).await;
    check("record/who-saw?record=0", "who_saw", false).await;
}

#[tokio::test]
async fn nothing_is_shown_that_cannot_be_recorded() {
    let (caller, id, first) = conversation().await;
    for path in [
        format!("conversations/{id}/timeline"),
        format!("conversations/{id}"),
        format!("record/who-saw?record={first}"),
        "conversations".to_owned(),
        "contacts".to_owned(),
        "record/verify".to_owned(),
    ] {
        caller.world.store.inject(verbatim_store::Fault::Refuse);
        let answer = caller.get(&path).await;
        assert_eq!(answer.problem(), "store.unavailable", "{path}");
        assert!(!answer.body.contains("one"), "{path}");
        assert_eq!(caller.get(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn who_may_not_look_is_refused_on_the_record() {
    let (caller, id, first) = conversation().await;
    let token = caller
        .world
        .token("clerk", &["read", "provision", "admin"])
        .await;
    let reader = caller.world.token("reader", &["read"]).await;
    for (path, token, who) in [
        (format!("conversations/{id}/timeline"), &token, "clerk"),
        (format!("record/who-saw?record={first}"), &token, "clerk"),
        ("record/verify".to_owned(), &token, "clerk"),
        ("holds".to_owned(), &token, "clerk"),
        ("tokens".to_owned(), &reader, "reader"),
        ("alarms".to_owned(), &reader, "reader"),
    ] {
        let answer = asked(&caller, &path, token, &["curious"]).await;
        assert_eq!(answer.problem(), "scope.missing", "{path}");
        let records = records(&caller).await;
        let last = records.last().unwrap();
        assert_eq!(
            (
                last.kind.as_str(),
                last.reason.as_str(),
                last.actor.as_str()
            ),
            ("view", "refused", format!("operator:{who}").as_str()),
            "{path}"
        );
        assert_eq!(last.details["purpose"], "curious");
    }
    // Seeing lists without texts is not recorded, and not being let see them is not either.
    let narrow = caller.world.token("narrow", &["hold"]).await;
    let before = records(&caller).await.len();
    let answer = asked(&caller, "employees", &narrow, &[]).await;
    assert_eq!(answer.problem(), "scope.missing");
    assert_eq!(records(&caller).await.len(), before);
    // Refused all the same where it cannot be recorded.
    caller.world.store.inject(verbatim_store::Fault::Refuse);
    let answer = asked(&caller, "record/verify", &token, &[]).await;
    assert_eq!(answer.problem(), "scope.missing");
}

#[tokio::test]
async fn a_purpose_is_one_line() {
    let (caller, _, _) = conversation().await;
    let long = "x".repeat(201);
    for purpose in [&["a\tb"][..], &[&long], &["one", "two"]] {
        let answer = asked(&caller, "contacts", &caller.token, purpose).await;
        assert_eq!(answer.problem(), "purpose.not.usable", "{purpose:?}");
    }
    let fits = "ü".repeat(200);
    assert_eq!(
        asked(&caller, "contacts", &caller.token, &[&fits])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn who_saw_asks_for_one_thing_that_exists() {
    let (caller, id, _) = conversation().await;
    let check = async |query: &str, problem: &str| {
        let answer = caller.get(&format!("record/who-saw{query}")).await;
        assert_eq!(answer.problem(), problem, "{query}");
    };
    check("", "query.not.as.described").await;
    check("?record=1&message=x", "query.not.as.described").await;
    check("?message=x", "query.not.as.described").await;
    check("?record=9999", "record.not.found").await;
    check(&format!("?message={id}"), "message.not.found").await;
    let odd = caller
        .get(&format!("conversations/{id}/timeline?after=12"))
        .await;
    assert_eq!(odd.problem(), "page.cursor.unknown");
    let beyond = caller
        .shown(&format!("conversations/{id}/timeline?after=9-999"))
        .await;
    assert_eq!(
        (&beyond["items"], &beyond["next"]),
        (&json!([]), &Value::Null)
    );
}
