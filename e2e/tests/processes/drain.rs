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

/// Load balancers ask for readiness, and stop sending before the listeners close.
#[tokio::test]
async fn who_asks_is_told_before_the_listeners_close() -> Result<()> {
    if !switched_on("who_asks_is_told_before_the_listeners_close") {
        return Ok(());
    }
    let options = Options {
        // Longer than the test: a second signal ends it.
        drain_delay_seconds: 60,
        ..Options::default()
    };
    let mut stack = crate::stack(&options).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let ready = format!("http://{}/health/ready", stack.ports.ops());
    let status = async || Ok::<_, anyhow::Error>(http.get(&ready).send().await?.status().as_u16());
    assert_eq!(status().await?, 200);
    stack.verbatim.ask_to_stop()?;
    until("it says that it is not ready", PATIENCE, async || {
        Ok((status().await? == 503).then_some(()))
    })
    .await?;
    let late = Hook::text(
        &stack,
        "SM00000000000000000000000000000002",
        "still sent here",
    )?;
    assert_eq!(late.send(&stack).await?, 200, "intake goes on meanwhile");
    assert_eq!(stack.conversations().await?.len(), 1, "and so does the API");

    // In hand while the rest ends: health is answered to the last.
    let begun = Hook::text(&stack, "SM00000000000000000000000000000003", "in hand")?
        .begin(&stack)
        .await?;
    stack.verbatim.ask_to_stop()?;
    let public = stack.ports.public();
    until("the listener closes", PATIENCE, async || {
        let gone = tokio::net::TcpStream::connect(public).await.is_err();
        Ok(gone.then_some(()))
    })
    .await?;
    assert_eq!(
        status().await?,
        503,
        "health is answered while intake drains"
    );
    assert_eq!(begun.finish().await?, 200);
    assert_eq!(stack.verbatim.ended().await?.code(), Some(0));
    Ok(())
}
