//! The employee's client, built from the source tree that this program was built in, where Node.js is
//! there. Without it the demo runs all the same: any Matrix client will do, and a page says what is missing.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use anyhow::{Context, Result};
use tokio::process::Command;

use super::progress::{Progress, Step};
use super::python::run_logged;

/// The client's source, from the root of a source tree.
const SOURCE: &str = "web/client";
/// What its package is called: another project's folder is not built.
const PACKAGE: &str = "\"name\": \"verbatim-client\"";
/// What a build makes, and what it is made from but is not source.
const NOT_SOURCE: [&str; 2] = ["dist", "node_modules"];
/// What npm leaves when it has installed everything.
const INSTALLED: &str = "node_modules/.package-lock.json";
const NO_NODE: &str = "it needs Node.js 20.19, or 22.12 or newer, with npm";

/// Where the built client is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebClient {
    source: PathBuf,
}

impl WebClient {
    /// The source around this program or the present folder; none where there is none.
    pub(crate) fn find() -> Option<Self> {
        let program = std::env::current_exe().ok();
        let here = std::env::current_dir().ok();
        let mut starts = [program, here].into_iter().flatten();
        starts.find_map(|start| Self::above(&start))
    }

    fn above(start: &Path) -> Option<Self> {
        let mut folders = start.ancestors().map(|folder| folder.join(SOURCE));
        let source = folders.find(|source| {
            std::fs::read_to_string(source.join("package.json"))
                .is_ok_and(|text| text.contains(PACKAGE))
        })?;
        Some(Self { source })
    }

    /// The folder that a build fills.
    pub(crate) fn built(&self) -> PathBuf {
        self.source.join("dist")
    }

    /// Builds it, unless nothing has changed. What keeps it from being built is said, and is no failure.
    pub(crate) async fn build(&self, logs: &Path, progress: &Progress) {
        let step = progress.step("the employee's client is built");
        match self.try_build(logs, &step).await {
            Ok(done) => step.done(done),
            Err(why) if self.page().exists() => {
                step.failed(format!("not again, the older one is used: {why:#}"));
            }
            Err(why) => step.failed(format!("{why:#}")),
        }
    }

    async fn try_build(&self, logs: &Path, step: &Step<'_>) -> Result<&'static str> {
        let _alone = self.lock().await?;
        if !self.is_stale() {
            return Ok("was there");
        }
        let version = answer("node", &self.source).await;
        let npm = answer("npm", &self.source).await;
        let (Some(version), Some(_)) = (version, npm) else {
            anyhow::bail!("{NO_NODE}");
        };
        anyhow::ensure!(can_build(&version), "{NO_NODE}, and here is {version}");
        step.announce("once, for about a minute");
        if self.needs_packages() {
            let npm = self.npm(&["ci", "--no-audit", "--no-fund"]);
            run_logged(npm, step, &logs.join("client-install.log"))
                .await
                .context("`npm ci` needs the npm package registry")?;
        }
        let npm = self.npm(&["run", "build"]);
        run_logged(npm, step, &logs.join("client-build.log"))
            .await
            .context("`npm run build` failed")?;
        Ok("")
    }

    fn npm(&self, args: &[&str]) -> Command {
        let mut npm = Command::new("npm");
        npm.args(args).current_dir(&self.source);
        npm
    }

    /// Two demos of one source tree build one after the other.
    async fn lock(&self) -> Result<File> {
        let file = File::open(self.source.join("package.json")).context("package.json")?;
        tokio::task::spawn_blocking(move || file.lock().map(|()| file))
            .await?
            .context("package.json cannot be locked")
    }

    fn page(&self) -> PathBuf {
        self.built().join("index.html")
    }

    /// Whether any source is newer than what was built.
    fn is_stale(&self) -> bool {
        match changed(&self.page()) {
            None => true,
            Some(built) => newest(&self.source).is_some_and(|source| source > built),
        }
    }

    fn needs_packages(&self) -> bool {
        let installed = changed(&self.source.join(INSTALLED));
        installed.is_none() || installed < changed(&self.source.join("package-lock.json"))
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

/// When the newest source below a folder was changed.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let source = entries.filter(|entry| {
        let name = entry.file_name();
        NOT_SOURCE.iter().all(|other| name != *other)
    });
    let times = source.filter_map(|entry| {
        let path = entry.path();
        if entry.file_type().ok()?.is_dir() {
            newest(&path)
        } else {
            changed(&path)
        }
    });
    times.max()
}

/// What a program says of its version; none if it is not there.
async fn answer(program: &str, place: &Path) -> Option<String> {
    let mut probe = Command::new(program);
    probe.arg("--version").current_dir(place);
    let output = probe.stdin(Stdio::null()).output().await.ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

/// As Vite 8 says: 20.19 and later in its line, 22.12 and later.
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
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn versions_that_can_build() {
        for (version, can) in [
            ("v20.19.0", true),
            ("v20.20.1", true),
            ("v22.12.0", true),
            ("v24.0.0", true),
            ("v20.18.9", false),
            ("v21.9.0", false),
            ("v22.11.0", false),
            ("v18.20.0", false),
            ("nonsense", false),
        ] {
            assert_eq!(can_build(version), can, "{version}");
        }
    }

    fn tree(name: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join(SOURCE);
        fs::create_dir_all(source.join("src")).unwrap();
        let package = format!("{{\n  \"name\": \"{name}\"\n}}");
        fs::write(source.join("package.json"), package).unwrap();
        (dir, source)
    }

    #[test]
    fn only_our_own_client_is_found() {
        for (name, found) in [("verbatim-client", true), ("other", false)] {
            let (dir, source) = tree(name);
            let below = dir.path().join("target/release/verbatim");
            let client = WebClient::above(&below);
            assert_eq!(client, found.then_some(WebClient { source }), "{name}");
        }
    }

    #[test]
    fn it_is_built_again_when_a_source_is_newer() {
        let (_dir, source) = tree("verbatim-client");
        let client = WebClient {
            source: source.clone(),
        };
        let later = |path: &Path, seconds: u64| {
            fs::write(path, "x").unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000 + seconds);
            File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(at))
                .unwrap();
        };
        assert!(client.is_stale(), "never built");
        fs::create_dir(client.built()).unwrap();
        later(&client.page(), 10);
        assert!(!client.is_stale());
        fs::create_dir(source.join("node_modules")).unwrap();
        later(&source.join("node_modules/dep.js"), 20);
        later(&client.built().join("app.js"), 20);
        assert!(!client.is_stale(), "neither of these is source");
        later(&source.join("src/main.tsx"), 20);
        assert!(client.is_stale());
    }
}
