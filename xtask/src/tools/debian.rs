//! What comes from the system's own packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run;

/// Where Debian puts its versions; others have the programs on the path.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Where distributions put SoftHSM's module.
const SOFTHSM: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
];

/// The folder with `initdb` and `postgres`; installed where we may.
pub(crate) fn postgres(limit: Duration) -> anyhow::Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    println!("PostgreSQL is not installed");
    install("postgresql", limit)?;
    find_postgres().context("postgresql is installed, but its programs are not to be found")
}

/// The module of SoftHSM, a token in software; installed where we may.
pub(crate) fn softhsm(limit: Duration) -> anyhow::Result<PathBuf> {
    if let Some(found) = find_softhsm() {
        return Ok(found);
    }
    println!("SoftHSM is not installed");
    install("softhsm2", limit)?;
    find_softhsm().context("softhsm2 is installed, but its module is not to be found")
}

/// Node.js with npm; installed where we may.
pub(crate) fn node(limit: Duration) -> anyhow::Result<()> {
    for program in ["node", "npm"] {
        if !on_path(program) {
            println!("{program} is not installed");
            install(if program == "node" { "nodejs" } else { "npm" }, limit)?;
        }
    }
    Ok(())
}

/// Chromium, a browser that can be steered; installed where we may.
pub(crate) fn chromium(limit: Duration) -> anyhow::Result<PathBuf> {
    if let Some(found) = find("chromium") {
        return Ok(found);
    }
    println!("Chromium is not installed");
    install("chromium", limit)?;
    find("chromium").context("chromium is installed, but its program is not on the path")
}

/// The program `openssl`; installed where we may.
pub(crate) fn openssl(limit: Duration) -> anyhow::Result<()> {
    if on_path("openssl") {
        return Ok(());
    }
    println!("openssl is not installed");
    install("openssl", limit)
}

/// A C++ compiler; installed where we may.
pub(crate) fn cpp(limit: Duration) -> anyhow::Result<()> {
    if on_path("c++") || std::env::var_os("CXX").is_some() {
        return Ok(());
    }
    println!("a C++ compiler is not installed");
    install("g++", limit)
}

fn on_path(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|dir| dir.join(program));
    candidates.into_iter().find(|file| file.is_file())
}

fn find_postgres() -> Option<PathBuf> {
    let debian = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = versions
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path));
    candidates
        .into_iter()
        .find(|dir| has(dir, "initdb") && has(dir, "postgres"))
}

fn find_softhsm() -> Option<PathBuf> {
    let known = SOFTHSM.map(PathBuf::from);
    let module = known.into_iter().find(|module| module.is_file());
    module.filter(|_| on_path("softhsm2-util"))
}

fn has(dir: &Path, program: &str) -> bool {
    dir.join(program).is_file()
}

fn install(package: &str, limit: Duration) -> anyhow::Result<()> {
    let hint = format!("install it: apt-get install {package}");
    let user = run::capture({
        let mut id = Command::new("id");
        id.arg("-u");
        id
    })?;
    if user.trim() != "0" {
        bail!("{package} is missing, and only root may install it; {hint}");
    }
    apt(&["update", "--quiet"], limit).context(hint.clone())?;
    apt(
        &[
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends",
            package,
        ],
        limit,
    )
    .context(hint)
}

fn apt(arguments: &[&str], limit: Duration) -> anyhow::Result<()> {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    run::run(apt, limit)
}
