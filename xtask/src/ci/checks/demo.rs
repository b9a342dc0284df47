//! What the README promises, on a release build and from nothing.

use std::time::Duration;

use crate::{run, workspace};

/// Away from the ports of a demo that somebody is looking at.
const PORT_BASE: &str = "18470";

pub(crate) fn check(limit: Duration) -> anyhow::Result<()> {
    let data = workspace::target().join("ci").join("demo");
    let mut demo = workspace::cargo();
    demo.args([
        "run",
        "--release",
        "--locked",
        "--package",
        "verbatim",
        "--",
    ]);
    demo.args([
        "demo",
        "--check",
        "--reset",
        "--port-base",
        PORT_BASE,
        "--data",
    ]);
    demo.arg(data);
    run::run(demo, limit)
}
