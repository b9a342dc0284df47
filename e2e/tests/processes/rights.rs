//! A person whose token may not read or take the record, at a command line of their own.

use std::fs;

use anyhow::{Context, Result};
use e2e::harness::{Options, switched_on};
use serde_json::Value;

use crate::hook::{Hook, NUMBER, PHONE};

#[tokio::test]
async fn who_lacks_the_right_is_refused_by_name_and_that_is_in_the_record() -> Result<()> {
    if !switched_on("who_lacks_the_right_is_refused_by_name_and_that_is_in_the_record") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    let hook = Hook::text(&stack, "SM00000000000000000000000000000001", "hello")?;
    assert_eq!(hook.send(&stack).await?, 200);
    let conversation = stack.conversation(PHONE, NUMBER).await?;
    let id = conversation["id"].as_str().context("no id")?;

    // Their folder has the server's addresses, and in the place of its token one that may do less.
    let own = stack.root().join("clerk");
    fs::create_dir(&own)?;
    let config = own.join("verbatim.toml");
    fs::copy(stack.data.join("verbatim.toml"), &config)?;
    let create = ["token", "create", "clerk", "--scope", "read"];
    let token = stack.verbatim.json(&create).await?;
    let token = token["token"].as_str().context("no token")?;
    fs::write(own.join("verbatim.cli-token"), token)?;
    let out = own.join("bundle").to_string_lossy().into_owned();

    let listed = stack
        .verbatim
        .run_with(&config, &["number", "list"])
        .await?;
    assert_eq!(listed.code, Some(0), "what they may do: {listed:?}");
    let proof = ["record", "proof", "0"];
    let cases: [(&[&str], &str); 5] = [
        (&["record", "show", id], "record"),
        (&["record", "verify"], "record"),
        (&["record", "who-saw", "--record", "0"], "record"),
        (&["export", "--all", "--out", &out], "export"),
        (&proof, "export"),
    ];
    for (command, scope) in cases {
        let words = format!("a token with scope `{scope}`");
        let line = [&["--json"], command].concat();
        let done = stack.verbatim.run_with(&config, &line).await?;
        assert_eq!(done.code, Some(1), "{command:?}: {done:?}");
        assert!(done.err.contains(&words), "{command:?}: {done:?}");
        let said: Value = serde_json::from_str(&done.out)?;
        assert_eq!(said["exit_code"], 1, "{command:?}: {said}");
        assert!(said["error"].as_str().is_some_and(|e| e.contains(&words)));
        assert!(!done.out.contains("hello"), "{command:?}: {done:?}");
    }
    assert!(
        fs::read_dir(&out)?.next().is_none(),
        "nothing was handed out"
    );

    assert_eq!(refused(&stack).await?, cases.len());
    stack.verbatim.stop().await?;
    Ok(())
}

/// How often the record says that the clerk was refused.
async fn refused(stack: &e2e::harness::Stack) -> Result<usize> {
    let all = stack.root().join("all");
    let out = all.to_string_lossy();
    let export = ["export", "--all", "--purpose", "audit", "--out", &out];
    stack.verbatim.json(&export).await?;
    let records = fs::read_to_string(all.join("records-1.jsonl"))?;
    let mut count = 0;
    for line in records.lines() {
        let line: Value = serde_json::from_str(line)?;
        let record = &line["record"];
        count += usize::from(record["actor"] == "operator:clerk" && record["reason"] == "refused");
    }
    Ok(count)
}
