//! Implementations that are not ours, from the Python and npm registries.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::cargo;
use super::suites::tests_of;
use crate::tools::{self, Server, free_port};
use crate::{run, workspace};

/// Published with the provider's documentation style, secret to nobody.
const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SHARED_KEY: &str = "SK01=0123456789abcdef";
const NUMBER: &str = "+12025550101";

pub(crate) fn sms_oracles(limit: Duration) -> anyhow::Result<()> {
    let vectors = domain("testdata/sms_vectors.json");
    let mut python = Command::new(tools::venv("sms-oracle", &[tools::SMSUTIL], limit)?);
    python
        .arg(domain("tests/oracles/sms_oracle.py"))
        .arg(&vectors);
    run::run(python, limit)?;

    let mut node = Command::new("node");
    // It looks its package up from here.
    node.current_dir(tools::node_modules(
        "sms-oracle",
        &[tools::SEGMENTS_CALCULATOR],
        limit,
    )?);
    node.arg(domain("tests/oracles/sms_oracle.mjs"))
        .arg(&vectors);
    run::run(node, limit)
}

/// Requests, answers and what is kept, each judged by the other side.
pub(crate) fn timestamps(limit: Duration) -> anyhow::Result<()> {
    tools::openssl(limit)?;
    let mut tests = workspace::cargo();
    tests.args(["test", "--workspace", "--locked"]);
    tests.args(["--test", "timestamp", "--test", "anchors"]);
    tests.env("VERBATIM_TEST_OPENSSL", "1");
    run::run(tests, limit)?;
    let mut exports = workspace::cargo();
    exports.args(["test", "--package", "verbatim", "--locked"]);
    exports.args(["--bin", "verbatim", "commands::export::"]);
    exports.env("VERBATIM_TEST_OPENSSL", "1");
    run::run(exports, limit)
}

/// Once for each way in which the provider signs webhooks.
pub(crate) fn provider_sdk(limit: Duration) -> anyhow::Result<()> {
    let python = tools::venv("provider-sdk", &[tools::TWILIO], limit)?;
    cargo(limit, &["build", "--package", "carrier-sim", "--locked"])?;
    for signing in [&[][..], &["--shared-key", SHARED_KEY]] {
        let (port, hook_port) = (free_port()?, free_port()?);
        let hook = format!("http://127.0.0.1:{hook_port}/hook?a=1");
        let account = ["--account-sid", ACCOUNT, "--auth-token", TOKEN];

        let mut sim = Command::new(workspace::target().join("debug/carrier-sim"));
        sim.args(["--listen", &format!("127.0.0.1:{port}"), "--no-delays"]);
        sim.args(account)
            .args(["--number", &format!("{NUMBER}={hook}")])
            .args(signing);
        let _sim = Server::start(sim, port)?;

        let mut sdk = Command::new(&python);
        sdk.arg(workspace::root().join("crates/carrier-sim/tests/sdk/test_sdk.py"));
        sdk.args([
            "--base-url",
            &format!("http://127.0.0.1:{port}"),
            "--hook-url",
            &hook,
        ]);
        sdk.args(account).args(["--number", NUMBER]).args(signing);
        run::run(sdk, limit)?;
    }
    Ok(())
}

/// The place of publication in a bucket, on a server that others wrote.
pub(crate) fn object_store(limit: Duration) -> anyhow::Result<()> {
    let port = free_port()?;
    let root = workspace::target().join("tools/s3-root");
    // What an earlier run published must not be found.
    if root.exists() {
        std::fs::remove_dir_all(&root)?;
    }
    std::fs::create_dir_all(root.join("verbatim"))?;
    let mut server = Command::new(tools::s3_server(limit)?);
    server.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
    server.args(["--access-key", "tester", "--secret-key", "not-a-secret"]);
    server.arg(&root);
    let _server = Server::start(server, port)?;

    let mut tests = tests_of(&["verbatim-publish"]);
    tests.env("VERBATIM_TEST_S3", format!("http://127.0.0.1:{port}"));
    run::run(tests, limit)
}

fn domain(path: &str) -> PathBuf {
    workspace::root().join("crates/verbatim-domain").join(path)
}
