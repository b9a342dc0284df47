//! Bad input for whole processes: what Verbatim refuses, with which exit code and which words, and what
//! it keeps when the machine lets it down. No homeserver runs here: intake must not need one.

mod bitflips;
#[allow(dead_code)]
#[path = "../../../crates/verbatim-store/tests/cluster/mod.rs"]
mod cluster;
mod commands;
mod demo;
mod disk;
mod doctor;
mod drain;
mod edge;
mod hook;
mod proxy;
mod refusals;
mod rights;
mod trail;
mod witness;

use anyhow::Result;
use e2e::harness::{Options, Stack};

/// A firm with one number and a carrier; the homeserver stays away.
async fn stack(options: &Options) -> Result<Stack> {
    let mut stack = Stack::prepare(options).await?;
    stack.verbatim.start().await?;
    provision(&stack).await?;
    Ok(stack)
}

/// The firm's employee and number.
async fn provision(stack: &Stack) -> Result<()> {
    let user = "@alice:verbatim.test";
    let verbatim = &stack.verbatim;
    verbatim
        .json(&["employee", "add", user, "Alice Example"])
        .await?;
    let number = ["number", "add", hook::NUMBER];
    let of = ["--account", "sim", "--holder", user];
    verbatim.json(&[&number[..], &of].concat()).await?;
    Ok(())
}
