//! What is written for browsers: the employee's client, and the programs that try, picture and measure it on
//! the whole product (`web/tests`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::ci::binaries;
use crate::{run, tools, workspace};

/// As Vite says; Debian's own may be older.
const NODE: &str = "Node.js 20.19, 22.12 or newer is needed";
/// The tests' homeserver, store and keys; made from nothing each time.
const DATA: &str = "ci/browser";

/// The client's folder, with its packages installed.
pub(crate) fn client(limit: Duration) -> anyhow::Result<PathBuf> {
    installed("client", limit)
}

/// Builds the client into its folder `dist`.
pub(crate) fn build(client: &Path, limit: Duration) -> anyhow::Result<()> {
    run::run(npm(client, &["run", "build"]), limit)
}

/// One of the programs that need the product and a browser, with both built and found; to be run.
pub(crate) fn on_stage(program: &str, limit: Duration) -> anyhow::Result<Command> {
    build(&client(limit)?, limit)?;
    let tests = installed("tests", limit)?;
    let chromium = tools::chromium(limit)?;
    let nio = tools::venv("nio", &[tools::NIO], limit)?;
    let binaries = binaries(limit)?;
    let mut node = Command::new("node");
    node.current_dir(tests).arg(program);
    node.env("VERBATIM_BIN", binaries.join("verbatim"));
    node.env("VERBATIM_NIO_PYTHON", nio);
    node.env("VERBATIM_CHROMIUM", chromium);
    node.env("VERBATIM_BROWSER_DATA", workspace::target().join(DATA));
    Ok(node)
}

/// npm in a folder.
pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(arguments);
    npm
}

/// A folder of `web`, with exactly the packages that its lock file names.
fn installed(name: &str, limit: Duration) -> anyhow::Result<PathBuf> {
    tools::node(limit)?;
    node_is_new_enough()?;
    let folder = workspace::root().join("web").join(name);
    let packages = ["ci", "--no-audit", "--no-fund"];
    run::run(npm(&folder, &packages), limit)
        .with_context(|| format!("the packages of web/{name} come from the npm registry"))?;
    Ok(folder)
}

fn node_is_new_enough() -> anyhow::Result<()> {
    let mut node = Command::new("node");
    node.arg("--version");
    let version = run::capture(node)?;
    if can_build(version.trim()) {
        return Ok(());
    }
    bail!("{NODE}, and here is {}", version.trim())
}

fn can_build(version: &str) -> bool {
    let mut parts = version
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    match (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) {
        (20, minor) => minor >= 19,
        (22, minor) => minor >= 12,
        (major, _) => major > 22,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_can_build() {
        let check = |version: &str, can: bool| assert_eq!(can_build(version), can, "{version}");
        check("v20.19.0", true);
        check("v20.18.9", false);
        check("v18.20.4", false);
        check("v21.9.0", false);
        check("v22.12.1", true);
        check("v24.0.0", true);
        check("nonsense", false);
    }
}
