//! What packages reach, as cargo resolves it for this machine.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;

use crate::{run, workspace};

/// The packages of the workspace.
pub(super) struct Packages {
    dev_dependencies: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

impl Packages {
    /// Asks cargo.
    pub(super) fn read() -> anyhow::Result<Self> {
        let mut cargo = workspace::cargo();
        cargo.args(["metadata", "--format-version", "1", "--no-deps"]);
        let metadata: Metadata =
            serde_json::from_str(&run::capture(cargo)?).context("cargo's metadata")?;
        let dev = |package: &Package| {
            let dev = package
                .dependencies
                .iter()
                .filter(|d| d.kind.as_deref() == Some("dev"));
            dev.map(|dependency| dependency.name.clone()).collect()
        };
        let packages = metadata.packages.iter();
        let dev_dependencies = packages
            .map(|package| (package.name.clone(), dev(package)))
            .collect();
        Ok(Self { dev_dependencies })
    }

    /// Their names.
    pub(super) fn names(&self) -> Vec<&str> {
        self.dev_dependencies.keys().map(String::as_str).collect()
    }

    /// Whether there is such a package.
    pub(super) fn has(&self, package: &str) -> bool {
        self.dev_dependencies.contains_key(package)
    }

    /// What its tests use directly.
    pub(super) fn dev_dependencies(&self, package: &str) -> BTreeSet<String> {
        self.dev_dependencies
            .get(package)
            .cloned()
            .unwrap_or_default()
    }

    /// Everything it links or runs when it is built, itself included. What only builds a
    /// dependency (a code generator, say) is not part of it.
    pub(super) fn reached(&self, package: &str) -> anyhow::Result<BTreeSet<String>> {
        let mut cargo = workspace::cargo();
        cargo.args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal,no-proc-macro",
        ]);
        cargo.args(["--prefix", "none", "--format", "{p}"]);
        let text = run::capture(cargo)?;
        Ok(text
            .lines()
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect())
    }
}
