//! An edge beside a full node, on one PostgreSQL, each a process of its own: the edge has no key that opens
//! anything, a role that may neither read nor destroy, and what it takes is in the record.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use e2e::harness::{Options, PATIENCE, Ports, Stack, Verbatim, switched_on, until};
use serde_json::Value;

use crate::cluster::{self, Cluster};
use crate::hook::{Hook, PHONE};

/// As operators are told.
const GRANTS: &str = include_str!("../../../crates/verbatim-store/src/postgres/edge_role.sql");

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_records_for_a_full_node_and_reads_nothing() -> Result<()> {
    if !switched_on("an_edge_records_for_a_full_node_and_reads_nothing") || !cluster::is_wanted() {
        return Ok(());
    }
    let server = Cluster::start("");
    let url = server.database();
    let options = Options {
        store: Some(url.clone()),
        ..Options::default()
    };
    let mut stack = crate::stack(&options).await?;
    server.sql_in(&url, "CREATE ROLE verbatim_edge LOGIN");
    server.sql_in(&url, GRANTS);
    let ports = Ports::free()?;
    let dir = stack.root().join("edge");
    let edge_url = url.replace("user=postgres", "user=verbatim_edge");
    configure(&stack, &dir, ports, &edge_url)?;
    hand_out(&stack, &dir).await?;

    let mut edge = Verbatim::new(&dir, stack.root().join("edge.log"), ports.ops())?;
    edge.start().await?;
    for n in 0..3 {
        let hook = Hook::text(&stack, &format!("SM{n:032x}"), &format!("text {n}"))?;
        assert_eq!(hook.send_to(ports.public()).await?, 200);
    }
    let forged = Hook::text(&stack, "SM9", "forged")?.forged();
    assert_eq!(forged.send_to(ports.public()).await?, 403);
    assert_nothing_else_listens(ports);

    assert_eq!(texts(&stack).await?, ["text 0", "text 1", "text 2"]);
    // The full node sweeps at its start: rotate, restart, and nothing is left under the archive key.
    stack.verbatim.json(&["key", "rotate"]).await?;
    let hook = Hook::text(&stack, "SM7", "after the rotation")?;
    assert_eq!(hook.send_to(ports.public()).await?, 200);
    stack.verbatim.stop().await?;
    let hook = Hook::text(&stack, "SM8", "while no full node runs")?;
    assert_eq!(hook.send_to(ports.public()).await?, 200);
    stack.verbatim.start().await?;
    let left = "SELECT COUNT(*) FROM data_keys WHERE LENGTH(wrapped) > 73";
    until(
        "the full node has adopted everything",
        PATIENCE,
        async || Ok((server.sql_in(&url, left) == "0").then_some(())),
    )
    .await?;
    let all = texts(&stack).await?;
    assert_eq!(all[3..], ["after the rotation", "while no full node runs"]);
    let verified = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{verified:?}");

    // Nothing that was recorded is read by way of the edge, and its folder has no other key.
    let asked = edge.run(&["record", "verify"]).await?;
    assert_ne!(asked.code, Some(0), "{asked:?}");
    assert!(asked.err.contains("ask a full node"), "{asked:?}");
    let as_full = edge.run(&["serve", "--role", "full"]).await?;
    assert_ne!(as_full.code, Some(0), "{as_full:?}");
    let doctor = edge.run(&["doctor"]).await?;
    for part in [
        "edge: takes webhooks",
        "archive key",
        "schema current",
        "running and ready",
    ] {
        assert!(doctor.out.contains(part), "{part}: {doctor:?}");
    }
    assert!(edge.stop().await?.success());
    stack.verbatim.stop().await?;
    Ok(())
}

/// The edge's folder: a configuration, and nothing else yet.
fn configure(stack: &Stack, dir: &Path, ports: Ports, store: &str) -> Result<()> {
    fs::create_dir_all(dir.join("keys"))?;
    let full = fs::read_to_string(stack.data.join("verbatim.toml"))?;
    let carrier = full.find("[[carrier]]").context("a carrier")?;
    let text = format!(
        "[node]\nrole = \"edge\"\n[firm]\nregion = \"US\"\n[store]\nurl = \"{store}\"\n\
         [listen]\npublic = \"{}\"\nops = \"{}\"\nappservice = \"{}\"\napi = \"{}\"\ndrain_delay_seconds = 0\n{}",
        ports.public(),
        ports.ops(),
        ports.appservice(),
        ports.api(),
        &full[carrier..],
    );
    Ok(fs::write(dir.join("verbatim.toml"), text)?)
}

/// `verbatim key edge > edge.keys`, as a shell does it.
async fn hand_out(stack: &Stack, dir: &Path) -> Result<()> {
    let path = dir.join("keys/edge.keys");
    let file = fs::File::create(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    let done = Command::new(e2e::harness::binary()?)
        .arg("--config")
        .arg(stack.data.join("verbatim.toml"))
        .args(["key", "edge"])
        .stdout(file)
        .status()?;
    assert!(done.success());
    let text = fs::read_to_string(&path)?;
    assert!(text.contains("verbatim-edge: 1"), "{text}");
    let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "nobody else reads it");
    let out = dir.join("again.keys");
    let said = stack
        .verbatim
        .json(&["key", "edge", "--out", &out.to_string_lossy()])
        .await?;
    assert_eq!(said["written"], *out.to_string_lossy());
    assert_eq!(fs::read_to_string(out)?, text, "the same each time");
    Ok(())
}

/// No API, no endpoint for the homeserver.
fn assert_nothing_else_listens(ports: Ports) {
    for address in [ports.api(), ports.appservice()] {
        assert!(std::net::TcpStream::connect(address).is_err(), "{address}");
    }
}

/// What the client wrote, as the full node opens it.
async fn texts(stack: &Stack) -> Result<Vec<String>> {
    let conversation = stack.conversation(PHONE, crate::hook::NUMBER).await?;
    let id = conversation["id"].as_str().context("an id")?.to_owned();
    let shown = stack.timeline(&id).await?;
    let texts = shown.iter().filter(|r| r["kind"] == "message_in");
    Ok(texts
        .filter_map(|r: &Value| r["text"].as_str().map(str::to_owned))
        .collect())
}
