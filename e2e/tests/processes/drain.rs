//! SIGTERM: what is in hand is finished, nothing new is begun, the exit code is 0.

use anyhow::Result;
use e2e::harness::{Options, PATIENCE, switched_on, until};

use crate::hook::{Hook, NUMBER, PHONE};

#[tokio::test]
async fn a_webhook_in_flight_is_answered_before_the_end() -> Result<()> {
    if !switched_on("a_webhook_in_flight_is_answered_before_the_end") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    let begun = Hook::text(
        &stack,
        "SM00000000000000000000000000000001",
        "at the last moment",
    )?
    .begin(&stack)
    .await?;
    stack.verbatim.ask_to_stop()?;
    // The listener is closed: whoever comes now goes to another node, or comes again.
    let public = stack.ports.public();
    until("the listener closes", PATIENCE, async || {
        Ok(tokio::net::TcpStream::connect(public)
            .await
            .is_err()
            .then_some(()))
    })
    .await?;
    assert_eq!(begun.finish().await?, 200);
    assert_eq!(stack.verbatim.ended().await?.code(), Some(0));

    stack.verbatim.start().await?;
    let conversation = stack.conversation(PHONE, NUMBER).await?;
    let timeline = stack
        .timeline(conversation["id"].as_str().unwrap_or_default())
        .await?;
    let kept = timeline
        .iter()
        .filter(|record| record["text"] == "at the last moment")
        .count();
    assert_eq!(kept, 1, "{timeline:?}");
    Ok(())
}

#[tokio::test]
async fn an_idle_process_ends_at_once() -> Result<()> {
    if !switched_on("an_idle_process_ends_at_once") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    assert_eq!(stack.verbatim.stop().await?.code(), Some(0));
    assert!(
        !stack.data.join("verbatim.cli-token").exists(),
        "the token of a stopped server lies about"
    );
    Ok(())
}
