//! `verbatim serve` as a child process, and the command line beside it.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::wait::{PATIENCE, until};

/// No command takes longer.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// How a command ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it complained.
    pub err: String,
}

/// One installation with its configuration, running or not.
pub struct Verbatim {
    bin: PathBuf,
    config: PathBuf,
    log: PathBuf,
    ops: SocketAddr,
    child: Option<Child>,
    /// What every process and command finds in its environment besides.
    pub env: Vec<(String, String)>,
}

impl Verbatim {
    /// The installation in `dir`; what it prints goes to `log`.
    ///
    /// # Errors
    /// When there is no binary.
    pub fn new(dir: &Path, log: PathBuf, ops: SocketAddr) -> Result<Self> {
        let config = dir.join("verbatim.toml");
        Ok(Self {
            bin: binary()?,
            config,
            log,
            ops,
            child: None,
            env: Vec::new(),
        })
    }

    /// Everything that was printed by every process so far.
    #[must_use]
    pub fn output(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Starts a process and does not wait for anything.
    ///
    /// # Errors
    /// When one runs already, or cannot be started.
    pub fn spawn(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "verbatim runs already");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let child = Command::new(&self.bin)
            .arg("--config")
            .arg(&self.config)
            .arg("serve")
            .env("NO_COLOR", "1")
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.bin.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Starts a process and waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub async fn start(&mut self) -> Result<()> {
        self.spawn()?;
        self.ready().await
    }

    /// Waits until the running process is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub async fn ready(&mut self) -> Result<()> {
        let url = format!("http://{}/health/ready", self.ops);
        let http = http_client(Duration::from_secs(2))?;
        until("verbatim is ready", PATIENCE, async || {
            let child = self.child.as_mut().context("verbatim does not run")?;
            if let Some(status) = child.try_wait()? {
                self.child = None;
                bail!("verbatim ended ({status}):\n{}", tail(&self.output()));
            }
            let ready = http
                .get(&url)
                .send()
                .await
                .is_ok_and(|r| r.status().is_success());
            Ok(ready.then_some(()))
        })
        .await
    }

    /// Whether the process runs.
    pub fn runs(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The process's id, while one runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("verbatim does not run")?;
        if let Some(status) = child.try_wait()? {
            bail!(
                "verbatim had ended by itself ({status}):\n{}",
                tail(&self.output())
            );
        }
        child.kill().await.context("kill -9")
    }

    /// SIGTERM, without waiting.
    ///
    /// # Errors
    /// When it does not run.
    pub fn ask_to_stop(&self) -> Result<()> {
        let child = self.child.as_ref().context("verbatim does not run")?;
        let id = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        rustix::process::kill_process(id.context("verbatim has ended")?, Signal::TERM)?;
        Ok(())
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// When it does not run, or does not end in time.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let mut child = self.child.take().context("verbatim does not run")?;
        let status = timeout(COMMAND_LIMIT, child.wait()).await;
        Ok(status.context("verbatim did not end")??)
    }

    /// SIGTERM, and an orderly end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.ask_to_stop()?;
        self.ended().await
    }

    /// Runs a command of the command line to its end.
    ///
    /// # Errors
    /// When it cannot be run, or does not end in time.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Finished> {
        self.run_with(&self.config, arguments).await
    }

    /// The same, with another configuration.
    ///
    /// # Errors
    /// When it cannot be run, or does not end in time.
    pub async fn run_with<S: AsRef<OsStr>>(
        &self,
        config: &Path,
        arguments: &[S],
    ) -> Result<Finished> {
        finished(self.command(config).args(arguments), b"").await
    }

    /// The same with our own configuration, and with something to read.
    ///
    /// # Errors
    /// When it cannot be run, or does not end in time.
    pub async fn run_reading<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        input: &[u8],
    ) -> Result<Finished> {
        finished(self.command(&self.config).args(arguments), input).await
    }

    fn command(&self, config: &Path) -> Command {
        let mut command = Command::new(&self.bin);
        command.arg("--config").arg(config);
        command.envs(self.env.iter().cloned());
        command
    }

    /// Runs a command that must succeed; its answer as JSON.
    ///
    /// # Errors
    /// When it fails, or answers no JSON.
    pub async fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Value> {
        Ok(self
            .json_lines(arguments)
            .await?
            .into_iter()
            .next()
            .unwrap_or_default())
    }

    /// Runs a command that must succeed; each line of its answer as JSON.
    ///
    /// # Errors
    /// When it fails, or answers no JSON.
    pub async fn json_lines<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<Value>> {
        let mut all = vec![OsStr::new("--json")];
        all.extend(arguments.iter().map(AsRef::as_ref));
        let done = self.run(&all).await?;
        ensure!(done.code == Some(0), "{all:?} failed: {done:?}");
        let lines = done.out.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| serde_json::from_str(line).with_context(|| format!("{all:?}")))
            .collect()
    }
}

/// Gives a command its input and waits for its end.
async fn finished(command: &mut Command, input: &[u8]) -> Result<Finished> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run verbatim")?;
    let mut stdin = child.stdin.take().context("no input")?;
    // Who does not read it closes it, which is as good.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    let output = timeout(COMMAND_LIMIT, child.wait_with_output()).await;
    let output = output.context("the command did not end")??;
    Ok(Finished {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The binary under test.
///
/// # Errors
/// When it was not built.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("VERBATIM_BIN") {
        return Ok(path.into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    let path = target.join("debug/verbatim");
    ensure!(
        path.is_file(),
        "{} is missing: `cargo build -p verbatim`, or set VERBATIM_BIN",
        path.display()
    );
    Ok(path)
}

/// A client for what runs on this machine.
///
/// # Errors
/// When the system gives none.
pub fn http_client(limit: Duration) -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .no_proxy()
        .timeout(limit)
        .build()?)
}

/// The end of a log, for people.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
