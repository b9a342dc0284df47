//! What the process occupies with many conversations: idle, and after texts opened rooms.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, PATIENCE, Stack, until};
use serde_json::json;
use tokio::process::Command;

use crate::callers;
use crate::inbound::Arrivals;

/// Rooms that are opened at once.
const AT_ONCE: usize = 8;
/// From readiness to the first look.
const REST: Duration = Duration::from_secs(10);

/// Prints one JSON line per moment.
pub(crate) async fn run(conversations: usize, touched: usize) -> Result<()> {
    let options = Options {
        poll_seconds: 60,
        validity_seconds: 600,
        ..Options::default()
    };
    let mut stack = Stack::start(&options).await?;
    tell(&stack, "empty", 0)?;
    stack.verbatim.stop().await?;
    fill(&stack, conversations).await?;
    stack.verbatim.start().await?;
    tokio::time::sleep(REST).await;
    tell(&stack, "started", conversations)?;

    let arrivals = Arrivals::watch(&stack.data)?;
    let number = &stack.lines[0].number;
    let texts = callers::run(AT_ONCE, touched, async |_, n| {
        let phone = format!("+1628{n:07}", n = 2_000_000 + n);
        arrivals
            .text(
                stack.carrier(),
                &phone,
                number,
                "Hello, it is about the form",
            )
            .await
    });
    texts.await?;
    idle(&stack).await?;
    tell(&stack, "touched", conversations + touched)?;
    tokio::time::sleep(REST).await;
    tell(&stack, "later", conversations + touched)
}

async fn fill(stack: &Stack, conversations: usize) -> Result<()> {
    let program = std::env::var_os("VERBATIM_BENCH_BIN")
        .context("VERBATIM_BENCH_BIN must name verbatim-bench")?;
    let mut filling = Command::new(program);
    filling.arg("fill").arg("--data").arg(&stack.data);
    filling
        .arg("--key")
        .arg(stack.data.join("keys/verbatim.key"));
    filling.args([
        "--number",
        &stack.lines[0].number,
        "--conversations",
        &conversations.to_string(),
    ]);
    ensure!(
        filling.status().await?.success(),
        "the store was not filled"
    );
    Ok(())
}

async fn idle(stack: &Stack) -> Result<()> {
    until("no work is left", PATIENCE, async || {
        let status = stack.api("status").await?;
        Ok(status["queues"]
            .as_array()
            .is_some_and(Vec::is_empty)
            .then_some(()))
    })
    .await
}

fn tell(stack: &Stack, moment: &str, conversations: usize) -> Result<()> {
    let pid = stack.verbatim.pid().context("verbatim does not run")?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mb = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kb = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        kb.map(|kb| kb / 1024.0)
    };
    println!(
        "{}",
        json!({
            "bench": "memory", "moment": moment, "conversations": conversations,
            "rss_mb": mb("VmRSS:"), "peak_mb": mb("VmHWM:"),
        })
    );
    Ok(())
}
