//! The commands of retention, holds, disposal, keys and the audit trail, against a running server: what each
//! answers with `--json`, and what is refused.

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, Stack, switched_on};
use serde_json::{Value, json};

use crate::hook::{Hook, NUMBER, PHONE};

const ALICE: &str = "@alice:verbatim.test";

/// A firm with a text in its record.
async fn with_a_text() -> Result<Stack> {
    let stack = crate::stack(&Options::default()).await?;
    let hook = Hook::text(&stack, "SM00000000000000000000000000000001", "hello")?;
    assert_eq!(hook.send(&stack).await?, 200);
    Ok(stack)
}

/// A command that must be refused, with these words.
async fn refused(stack: &Stack, arguments: &[&str], words: &str) -> Result<()> {
    let done = stack.verbatim.run(arguments).await?;
    ensure!(
        done.code == Some(1) && done.err.contains(words),
        "{arguments:?}: {done:?}"
    );
    Ok(())
}

/// Asks the API in the name of a token: somebody else than who sits at the command line.
async fn as_other(stack: &Stack, token: &str, path: &str, body: &Value) -> Result<Value> {
    let url = format!("http://{}/api/v1/{path}", stack.ports.api());
    let http = reqwest::Client::builder().no_proxy().build()?;
    let request = http.post(url).bearer_auth(token).json(body);
    let answer = request.send().await?.error_for_status()?;
    Ok(answer.json().await?)
}

#[tokio::test]
async fn what_is_kept_and_held_is_said_and_changed_by_commands() -> Result<()> {
    if !switched_on("what_is_kept_and_held_is_said_and_changed_by_commands") {
        return Ok(());
    }
    let mut stack = with_a_text().await?;
    let verbatim = &stack.verbatim;
    let list = verbatim.json(&["retention", "list"]).await?;
    assert_eq!(
        (&list["rules"][0]["class"], &list["rules"][0]["of"]),
        (&json!(1), &json!([]))
    );
    let extended = verbatim
        .json(&["retention", "extend", "1", "--months", "2"])
        .await?;
    assert!(extended["buckets"].as_u64() >= Some(1), "{extended}");
    let whose = ["--employee", ALICE];
    let extend = ["retention", "extend", "1", "--months", "36"];
    let extended = verbatim.json(&[&extend[..], &whose].concat()).await?;
    assert_eq!(extended, json!({"buckets": null}));
    let list = verbatim
        .json(&[&["retention", "list"][..], &whose].concat())
        .await?;
    assert_eq!(list["extensions"][0]["of"], format!("employee {ALICE}"));
    let firm = verbatim
        .json(&["retention", "list", "--number", NUMBER])
        .await?;
    assert_eq!(firm["extensions"], json!([]));
    refused(&stack, &["retention", "extend", "9", "--months", "2"], "9").await?;
    let nobody = ["retention", "list", "--employee", "@no:one"];
    refused(&stack, &nobody, "@no:one").await?;

    let set = [
        "hold",
        "set",
        "Doe",
        "--reason",
        "letter",
        "--contact",
        PHONE,
    ];
    let hold = verbatim.json(&set).await?;
    let id = hold["id"].as_str().context("no id")?.to_owned();
    assert_eq!(hold["state"], "standing");
    let held = verbatim.json(&["erasure", "request", PHONE]).await?;
    assert_eq!(held["answer"], "refused");
    assert_eq!(held["because"].as_array().map(Vec::len), Some(3), "{held}");
    let ask = verbatim
        .json(&["hold", "release", &id, "--reason", "settled"])
        .await?;
    assert_eq!(ask["state"], "release_asked");
    refused(&stack, &["hold", "approve", &id], "two people").await?;
    let create = [
        "token", "create", "bob", "--scope", "hold", "--scope", "dispose",
    ];
    let token = verbatim.json(&create).await?;
    let token = token["token"].as_str().context("no token")?.to_owned();
    let released = as_other(&stack, &token, "holds/approve", &json!({"hold": id})).await?;
    assert_eq!(released["state"], "released");
    let holds = verbatim.json_lines(&["hold", "list"]).await?;
    assert!(holds[0].to_string().contains("released"), "{holds:?}");

    for command in [
        &["disposal", "propose"][..],
        &["disposal", "list"],
        &["disposal", "run"],
    ] {
        let done = verbatim.run(&[&["--json"], command].concat()).await?;
        ensure!(done.code == Some(0), "{command:?}: {done:?}");
    }
    for command in ["show", "approve", "withdraw"] {
        refused(&stack, &["disposal", command, &id], "disposal").await?;
    }
    stack.verbatim.stop().await?;
    Ok(())
}

#[tokio::test]
async fn who_took_what_is_in_the_record_and_the_key_may_change_meanwhile() -> Result<()> {
    if !switched_on("who_took_what_is_in_the_record_and_the_key_may_change_meanwhile") {
        return Ok(());
    }
    let mut stack = with_a_text().await?;
    let verbatim = &stack.verbatim;
    let before = verbatim.json(&["key", "show"]).await?;
    verbatim.run(&["key", "prepare"]).await?;
    let rotated = verbatim.run(&["--json", "key", "rotate"]).await?;
    ensure!(rotated.code == Some(0), "{rotated:?}");
    let after = verbatim.json(&["key", "show"]).await?;
    assert_ne!(before, after);

    let conversations = verbatim.json(&["conversation", "list"]).await?;
    let id = conversations[0]["id"].as_str().context("no conversation")?;
    let shown = verbatim
        .json_lines(&["--purpose", "complaint", "record", "show", id])
        .await?;
    let text = shown
        .iter()
        .find(|r| r["text"] == "hello")
        .context("no text")?;
    let position = text["log_index"].to_string();
    let out = stack.root().join("bundle");
    let out_word = out.to_string_lossy().into_owned();
    let export = [
        "export",
        "--person",
        ALICE,
        "--purpose",
        "exam",
        "--out",
        &out_word,
    ];
    verbatim.json(&export).await?;
    assert!(out.join("manifest.json").is_file());
    let proof = verbatim.json(&["record", "proof", &position]).await?;
    assert!(
        proof["proof"]
            .as_str()
            .is_some_and(|p| p.contains("tlog-proof"))
    );
    let seen = verbatim
        .json(&["record", "who-saw", "--record", &position])
        .await?;
    let seen = seen["seen"].as_array().context("nobody")?;
    let kinds: Vec<_> = seen.iter().map(|s| s["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        [Some("view"), Some("export"), Some("proof")],
        "{seen:?}"
    );
    assert_eq!(
        (&seen[0]["purpose"], &seen[1]["purpose"]),
        (&json!("complaint"), &json!("exam"))
    );
    let verified = verbatim.json(&["record", "verify"]).await?;
    assert_eq!(verified["ok"], true, "{verified}");
    stack.verbatim.stop().await?;
    Ok(())
}
