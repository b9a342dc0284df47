//! The key-encryption key: shown by its id, laid ready, changed, and never given out.

use serde_json::{Value, json};

use super::Caller;

/// Files of keys are changed by the command line, which says so first.
#[tokio::test]
async fn what_is_done_to_files_of_keys_is_recorded() {
    let caller = Caller::new().await;
    let signer = caller.shown("keys").await["signer"].clone();
    let signer = signer.as_str().unwrap();
    let size = async || caller.world.engine.log_records(0, 100).await.unwrap();
    for (deed, key, reason) in [
        ("change_signer", signer, "key.change_signer"),
        ("retire_signer", signer, "key.retire_signer"),
        ("hsm_init", "verbatim-kek", "key.hsm_init"),
    ] {
        let body = json!({"deed": deed, "key": key});
        let answer = caller.post("keys/custody", &body).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
        let records = size().await;
        let last = records.last().unwrap();
        assert_eq!((last.kind.as_str(), last.reason.as_str()), ("key", reason));
        assert_eq!(last.details["key"], key);
        assert!(last.actor.starts_with("operator:"), "{}", last.actor);
    }
    let before = size().await.len();
    for (deed, key) in [
        ("retire_signer", "log.example+00000000+AAAA"),
        ("hsm_init", ""),
        ("hsm_init", "two\nlines"),
    ] {
        let body = json!({"deed": deed, "key": key});
        let answer = caller.post("keys/custody", &body).await;
        assert_eq!(answer.problem(), "request.not.possible", "{deed} {key}");
    }
    assert_eq!(size().await.len(), before);
}

#[tokio::test]
async fn a_rotation_is_shown_and_recorded_and_the_record_still_opens() {
    let caller = Caller::new().await;
    let before = caller.shown("keys").await;
    assert_eq!(
        (&before["next"], &before["state_root"]),
        (&Value::Null, &json!(true))
    );
    let policy = caller.world.engine.log_policy().await.unwrap();
    let signer = before["signer"].as_str().unwrap();
    assert!(policy.contains(&format!("log {signer}\n")), "{policy}");
    let buckets = before["buckets"].as_array().unwrap();
    assert!(!buckets.is_empty(), "a token was recorded");
    assert_eq!(buckets[0]["expires"].as_str().unwrap().len(), 7);

    let in_use = json!({"key": before["key"]});
    let next = caller.done("keys/prepare", &in_use).await["next"].clone();
    assert_eq!(caller.shown("keys").await["next"], next);
    let done = caller.done("keys/rotate", &in_use).await;
    assert_eq!(
        (&done["old_key"], &done["new_key"]),
        (&before["key"], &next)
    );
    assert_eq!(done["buckets"], buckets.len());

    for path in ["keys/rotate", "keys/prepare"] {
        let again = caller.post(path, &in_use).await;
        assert_eq!(again.problem(), "request.not.possible", "{path}");
    }

    let after = caller.shown("keys").await;
    assert_eq!((&after["key"], &after["next"]), (&next, &Value::Null));
    assert_eq!(after["rotations"], json!([done]));
    let records = caller.world.engine.log_records(0, 100).await.unwrap();
    let keys: Vec<&str> = records
        .iter()
        .filter(|r| r.kind == "key")
        .map(|r| r.reason.as_str())
        .collect();
    assert_eq!(keys, ["key.prepare", "key.rotate"]);
    let last = records.last().unwrap();
    assert_eq!(last.details["to"], next.as_str().unwrap());
    assert!(!last.actor.is_empty());
}
