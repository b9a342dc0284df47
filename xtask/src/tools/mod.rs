//! What the checks need and cargo does not bring. Everything that can be is kept under
//! `target/tools`, made once, with a stamp that is written last: what an interrupted run left
//! behind is made again.

mod cache;
mod debian;
mod go;
mod process;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use crate::{run, workspace};
use cache::cached;

pub(crate) use debian::{chromium, cpp, node, openssl, postgres, softhsm};
pub(crate) use go::third_party;
pub(crate) use process::{Server, free_port};

/// The homeserver that every fact about Synapse in this repository was checked with.
pub(crate) const SYNAPSE: &str = "matrix-synapse==1.163.2";
/// What it wants for single sign-on by OpenID Connect, which only a test has it do.
pub(crate) const AUTHLIB: &str = "authlib==1.9.6";
/// Its driver for PostgreSQL.
pub(crate) const PSYCOPG: &str = "psycopg2-binary==2.9.13";
/// An independent Matrix client with end-to-end encryption.
pub(crate) const NIO: &str = "matrix-nio[e2e]==0.26.0";
/// Independent SMS segmentation.
pub(crate) const SMSUTIL: &str = "smsutil==1.1.3";
/// The same, from the npm registry.
pub(crate) const SEGMENTS_CALCULATOR: &str = "sms-segments-calculator@1.3.0";
/// The provider's own SDK.
pub(crate) const TWILIO: &str = "twilio==9.13.0";
const CARGO_DENY: &str = "0.20.2";
/// An S3-compatible server that others wrote.
const S3_SERVER: &str = "0.14.1";

/// A virtual environment with these packages; returns its interpreter.
pub(crate) fn venv(name: &str, packages: &[&str], limit: Duration) -> anyhow::Result<PathBuf> {
    let wanted = packages.join(" ");
    let dir = cached(&format!("venv-{name}"), &wanted, |dir| {
        let mut create = Command::new("python3");
        create.args(["-m", "venv"]).arg(dir);
        run::run(create, limit).context("Python 3.10 or newer with its venv module is needed")?;
        let mut install = Command::new(dir.join("bin/python"));
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        install
            .args(["--no-input", "--progress-bar", "off"])
            .args(packages);
        run::run(install, limit)
    })?;
    Ok(dir.join("bin/python"))
}

/// A folder whose `node_modules` has these packages.
pub(crate) fn node_modules(
    name: &str,
    packages: &[&str],
    limit: Duration,
) -> anyhow::Result<PathBuf> {
    debian::node(limit)?;
    cached(&format!("node-{name}"), &packages.join(" "), |dir| {
        std::fs::create_dir_all(dir)?;
        std::fs::write(dir.join("package.json"), "{\"private\": true}\n")?;
        let mut npm = Command::new("npm");
        npm.current_dir(dir);
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(packages);
        run::run(npm, limit).context("Node.js with npm is needed")
    })
}

/// The program cargo-deny, without the code for advisories.
pub(crate) fn cargo_deny(limit: Duration) -> anyhow::Result<PathBuf> {
    program("cargo-deny", CARGO_DENY, &["--no-default-features"], limit)
}

/// A server with the S3 API over a folder.
pub(crate) fn s3_server(limit: Duration) -> anyhow::Result<PathBuf> {
    program("s3s-fs", S3_SERVER, &["--features", "binary"], limit)
}

/// A program of a Rust package. Not optimised: built in less than two minutes, and fast enough for one
/// run.
fn program(name: &str, version: &str, how: &[&str], limit: Duration) -> anyhow::Result<PathBuf> {
    let dir = cached(name, version, |dir| {
        let mut cargo = workspace::cargo();
        // Its own build folder, so that it neither waits for ours nor spoils it.
        cargo.env_remove("CARGO_TARGET_DIR");
        cargo.args(["install", name, "--version", version, "--locked", "--debug"]);
        cargo.args(how).args(["--quiet", "--root"]).arg(dir);
        run::run(cargo, limit)
    })?;
    Ok(dir.join("bin").join(name))
}
