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
mod trail;

use anyhow::Result;
use e2e::harness::{Options, Stack};

/// A firm with one number and a carrier; the homeserver stays away.
async fn stack(options: &Options) -> Result<Stack> {
    let mut stack = Stack::prepare(options).await?;
    stack.verbatim.start().await?;
    let user = "@alice:verbatim.test";
    stack
        .verbatim
        .json(&["employee", "add", user, "Alice Example"])
        .await?;
    stack
        .verbatim
        .json(&[
            "number",
            "add",
            hook::NUMBER,
            "--account",
            "sim",
            "--holder",
            user,
        ])
        .await?;
    Ok(stack)
}
