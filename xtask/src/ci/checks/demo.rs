//! What the README promises, on a release build and from nothing.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::binaries;
use crate::{run, tools, workspace};

/// Away from the ports of a demo that somebody is looking at.
const PORT_BASE: u16 = 18_470;
/// What the demo and its parts listen on, from the base.
const PORTS: u16 = 7;

pub(crate) fn check(limit: Duration) -> anyhow::Result<()> {
    // Beside the demo, so that it finds the examiner's program.
    binaries(limit)?;
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--release", "--locked", "--package", "verbatim"]);
    cargo.arg("--").args(options());
    cargo.args(["--check", "--reset"]);
    cargo.env("VERBATIM_THIRD_PARTY", tools::third_party(limit)?);
    run::run(cargo, limit)?;
    ctrl_c_ends_everything()
}

fn options() -> Vec<String> {
    let data = workspace::target().join("ci").join("demo");
    vec![
        "demo".to_owned(),
        "--port-base".to_owned(),
        PORT_BASE.to_string(),
        "--data".to_owned(),
        data.to_string_lossy().into_owned(),
    ]
}

/// The demo as a person runs it: up again from what the check left, then Ctrl-C.
fn ctrl_c_ends_everything() -> anyhow::Result<()> {
    let mut demo = Command::new(workspace::target().join("release/verbatim"));
    demo.args(options()).arg("--json");
    let mut demo = Ended(demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
    let stdout = demo.0.stdout.take().context("no output")?;
    let mut line = String::new();
    // It says so once everything runs, or ends.
    BufReader::new(stdout).read_line(&mut line)?;
    ensure!(line.starts_with('{'), "the demo did not start: {line}");
    println!("the demo is up: {}", line.trim());
    let taken = (PORT_BASE..PORT_BASE + PORTS).filter(|port| !is_free(*port));
    ensure!(taken.count() > 3, "the demo listens nowhere");

    let id = demo.0.id().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status()?;
    ensure!(asked.success(), "the demo had ended by itself");
    let status = demo.0.wait()?;
    ensure!(
        status.success(),
        "after Ctrl-C the demo ended with {status}"
    );
    for port in PORT_BASE..PORT_BASE + PORTS {
        ensure!(
            is_free(port),
            "after Ctrl-C something still listens on port {port}"
        );
    }
    println!("Ctrl-C ended all of it");
    Ok(())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Ended when dropped, if it runs still.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // An orderly end, so that it ends what it started.
        let id = self.0.id().to_string();
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-TERM", &id]).status();
            let _ = self.0.wait();
        }
    }
}
