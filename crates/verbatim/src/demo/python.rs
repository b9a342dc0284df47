//! Python: found on the machine, and one virtual environment per tool.
//!
//! An environment is made beside its place, stamped, and moved there when it is complete: what
//! an interrupted run left behind is never used, not even if its pip still runs. (Nothing in an
//! environment that we use depends on its path; the scripts in `bin` do, and we run modules.)

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use super::progress::Step;

/// The oldest Python that Synapse has wheels for.
const OLDEST: (u32, u32) = (3, 10);
const CANDIDATES: [&str; 7] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
];
const STAMP: &str = "verbatim.stamp";

/// A usable Python interpreter.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    program: PathBuf,
    version: String,
}

impl Python {
    /// The first interpreter on the path that is new enough.
    pub(crate) async fn find() -> anyhow::Result<Self> {
        let mut too_old = Vec::new();
        for candidate in CANDIDATES {
            let Some(found) = Self::probe(candidate).await else {
                continue;
            };
            if found.at_least(OLDEST) {
                return Ok(found);
            }
            too_old.push(found.version);
        }
        let found = if too_old.is_empty() {
            "no python3 on the path".to_owned()
        } else {
            too_old.dedup();
            format!("found only {}", too_old.join(", "))
        };
        bail!(
            "the demo's homeserver needs Python 3.10 or newer: {found}\n  \
             Debian, Ubuntu: apt install python3 python3-venv\n  \
             Fedora: dnf install python3 · macOS: brew install python3"
        )
    }

    /// Its version, for people.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    async fn probe(candidate: &str) -> Option<Self> {
        const QUESTION: &str =
            "import sys; print('.'.join(map(str, sys.version_info[:3]))); print(sys.executable)";
        let output = Command::new(candidate)
            .args(["-c", QUESTION])
            .stdin(Stdio::null())
            .output()
            .await
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (version, program) = text.trim().split_once('\n')?;
        Some(Self {
            program: PathBuf::from(program.trim()),
            version: version.trim().to_owned(),
        })
    }

    fn at_least(&self, (major, minor): (u32, u32)) -> bool {
        let mut parts = self
            .version
            .split('.')
            .map_while(|part| part.parse::<u32>().ok());
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        version >= (major, minor)
    }

    async fn require_venv(&self) -> anyhow::Result<()> {
        let mut probe = Command::new(&self.program);
        probe
            .args(["-c", "import venv, ensurepip"])
            .stdin(Stdio::null());
        if probe.output().await?.status.success() {
            return Ok(());
        }
        bail!(
            "{} (Python {}) cannot make virtual environments: its venv module is not installed\n  \
             Debian, Ubuntu: apt install python3-venv",
            self.program.display(),
            self.version
        )
    }
}

/// A virtual environment with exactly the packages that were asked for.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// The environment in `dir`, made or rebuilt if it is not what is wanted.
    /// Returns it and whether it was there already.
    pub(crate) async fn ensure(
        python: &Python,
        dir: PathBuf,
        packages: &[&str],
        step: &Step<'_>,
        log: &Path,
    ) -> anyhow::Result<(Self, bool)> {
        let venv = Self { dir };
        let wanted = format!("python {}\n{}\n", python.version, packages.join("\n"));
        if venv.stamp() == Some(wanted.clone()) && venv.answers().await {
            return Ok((venv, true));
        }
        python.require_venv().await?;
        step.announce("once, for about half a minute");
        remove_beside(&venv.dir)?;
        let partial = Self {
            dir: beside(&venv.dir, std::process::id()),
        };
        partial.build(python, packages, step, log).await?;
        fs::write(partial.dir.join(STAMP), wanted).context("cannot write the stamp")?;
        remove(&venv.dir)?;
        fs::rename(&partial.dir, &venv.dir).context("cannot move the environment")?;
        Ok((venv, false))
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.dir.join("bin").join("python")
    }

    fn stamp(&self) -> Option<String> {
        fs::read_to_string(self.dir.join(STAMP)).ok()
    }

    /// The system's Python may have been replaced under it.
    async fn answers(&self) -> bool {
        let mut probe = Command::new(self.python());
        probe.args(["-c", "pass"]).stdin(Stdio::null());
        probe
            .output()
            .await
            .is_ok_and(|output| output.status.success())
    }

    async fn build(
        &self,
        python: &Python,
        packages: &[&str],
        step: &Step<'_>,
        log: &Path,
    ) -> anyhow::Result<()> {
        step.detail("making a virtual environment");
        let mut create = Command::new(&python.program);
        create.args(["-m", "venv"]).arg(&self.dir);
        run_logged(create, step, log).await?;
        let mut install = Command::new(self.python());
        install
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .args(["--progress-bar", "off", "--prefer-binary"])
            .args(packages);
        run_logged(install, step, log).await.with_context(|| {
            format!(
                "installing {} needs the Python package index",
                packages.join(", ")
            )
        })
    }
}

fn remove(dir: &Path) -> anyhow::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    Ok(())
}

fn beside(dir: &Path, process: u32) -> PathBuf {
    dir.with_extension(process.to_string())
}

/// What interrupted runs left. One that is still being written stays until the next time.
fn remove_beside(dir: &Path) -> anyhow::Result<()> {
    let (Some(parent), Some(stem)) = (dir.parent(), dir.file_stem()) else {
        return Ok(());
    };
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        if path != dir && path.file_stem() == Some(stem) && path.is_dir() {
            let _ = fs::remove_dir_all(path);
        }
    }
    Ok(())
}

/// Runs a command whose output goes to a log, its last line shown as progress.
pub(crate) async fn run_logged(
    mut command: Command,
    step: &Step<'_>,
    log: &Path,
) -> anyhow::Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot run {}", command.as_std().get_program().display()))?;
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("the command's output is not there");
    };
    let mut complaints = String::new();
    let mut output = String::new();
    let show = async {
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            step.detail(line.trim());
            output.push_str(&line);
            output.push('\n');
        }
        Ok::<_, std::io::Error>(())
    };
    let (shown, read) = tokio::join!(show, stderr.read_to_string(&mut complaints));
    shown.and(read.map(drop))?;
    let status = child.wait().await?;
    fs::write(log, format!("{output}{complaints}"))?;
    if !status.success() {
        bail!(
            "{}\n  (all of it: {})",
            last_lines(&complaints, 5),
            log.display()
        );
    }
    Ok(())
}

/// The end of a text, where programs say what went wrong.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_remains_of_the_same_environment_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let venv = dir.path().join("venv");
        for name in ["venv", "venv.17", "data"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        assert!(beside(&venv, 17).exists());
        remove_beside(&venv).unwrap();
        assert!(!beside(&venv, 17).exists());
        assert!(venv.exists() && dir.path().join("data").exists());
    }

    #[test]
    fn versions_compare_by_number() {
        let check = |version: &str, expected: bool| {
            let python = Python {
                program: PathBuf::new(),
                version: version.to_owned(),
            };
            assert_eq!(python.at_least(OLDEST), expected, "{version}");
        };
        check("3.9.18", false);
        check("3.10.0", true);
        check("3.11.7", true);
        check("2.7.18", false);
        check("4.0.0", true);
        check("nonsense", false);
    }

    #[test]
    fn the_end_of_a_short_text_is_all_of_it() {
        assert_eq!(last_lines("a\nb", 5), "a\nb");
        assert_eq!(last_lines("a\nb\nc", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }
}
