//! What Verbatim refuses to start with.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::harness::{Finished, Options, Ports, Stack, switched_on};

use crate::hook::Hook;

#[track_caller]
fn check(done: &Finished, code: i32, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{done:?}");
    for word in words {
        assert!(done.err.contains(word), "{word:?} is not in {:?}", done.err);
    }
}

#[tokio::test]
async fn a_second_process_on_one_store_is_refused() -> Result<()> {
    if !switched_on("a_second_process_on_one_store_is_refused") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    // The same store, other listeners: only the store can refuse.
    let ports = Ports::free()?;
    let mut text = fs::read_to_string(stack.data.join("verbatim.toml"))?;
    for (ours, other) in [
        (stack.ports.public(), ports.public()),
        (stack.ports.appservice(), ports.appservice()),
        (stack.ports.api(), ports.api()),
        (stack.ports.ops(), ports.ops()),
        (stack.ports.client(), ports.client()),
    ] {
        text = text.replace(&ours.to_string(), &other.to_string());
    }
    let second = stack.data.join("second.toml");
    fs::write(&second, text)?;
    let done = stack.verbatim.run_with(&second, &["serve"]).await?;
    check(&done, 14, &["store", "another process"]);
    // The first one never noticed.
    assert_eq!(
        Hook::text(&stack, "SM00000000000000000000000000000001", "hi")?
            .send(&stack)
            .await?,
        200
    );
    assert_eq!(stack.verbatim.stop().await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_file_is_named() -> Result<()> {
    if !switched_on("a_wrong_key_file_is_named") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    stack.verbatim.stop().await?;
    let key = stack.data.join("keys/verbatim.key");
    let right = fs::read(&key)?;
    let other = stack.root().join("other");
    stack
        .verbatim
        .run(&["init", "--dir", &other.to_string_lossy()])
        .await?;
    let another = fs::read(other.join("keys/verbatim.key"))?;
    for (wrong, word) in [
        (another, "key"),
        (b"nonsense".to_vec(), "key"),
        (Vec::new(), "key"),
    ] {
        fs::write(&key, wrong)?;
        let done = stack.verbatim.run(&["serve"]).await?;
        check(&done, 42, &["verbatim.key", word]);
    }
    fs::remove_file(&key)?;
    check(
        &stack.verbatim.run(&["serve"]).await?,
        42,
        &["verbatim.key"],
    );
    // With the right one everything is as before.
    fs::write(&key, right)?;
    stack.verbatim.start().await?;
    let verified = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    Ok(())
}

#[tokio::test]
async fn a_configuration_with_a_mistake_is_refused() -> Result<()> {
    if !switched_on("a_configuration_with_a_mistake_is_refused") {
        return Ok(());
    }
    let stack = Stack::prepare(&Options::default()).await?;
    let path = stack.data.join("verbatim.toml");
    let good = fs::read_to_string(&path)?;
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let cases = [
        (
            with("[firm]\n", "[firm]\ncolour = \"blue\"\n"),
            11,
            "colour",
        ),
        (with("[limits]\n", "[limts]\n"), 11, "limts"),
        (with("\"Acme Wealth\"", "\"CHANGE-ME\""), 11, "firm.name"),
        (
            with(e2e::harness::AUTH_TOKEN, "change-me"),
            11,
            "auth_token",
        ),
        (
            with("poll_seconds = 2", "poll_seconds = \"often\""),
            11,
            "poll_seconds",
        ),
        (with("[store]", "[store"), 11, "verbatim.toml"),
    ];
    for (text, code, word) in cases {
        fs::write(&path, text)?;
        check(&stack.verbatim.run(&["serve"]).await?, code, &[word]);
    }
    let missing = Path::new("/nonexistent/verbatim.toml");
    check(
        &stack.verbatim.run_with(missing, &["serve"]).await?,
        10,
        &["/nonexistent/verbatim.toml", "init"],
    );
    Ok(())
}
