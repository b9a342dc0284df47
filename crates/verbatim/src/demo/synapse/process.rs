//! Synapse as a child process.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use super::{Layout, PACKAGE, config, users};
use crate::demo::progress::Progress;
use crate::demo::python::{Python, Venv, last_lines};
use crate::demo::secrets::Secrets;

/// Ties the life of Synapse to that of the demo.
const GUARD: &str = include_str!("guard.py");
/// A first start creates the schema; a busy machine may take a while.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running homeserver. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Synapse {
    layout: Layout,
    child: Child,
    /// The guard in the process watches its other end. Kept apart from the child because
    /// waiting for a child closes the input that it holds.
    lifeline: Option<ChildStdin>,
}

impl Synapse {
    /// Installs what is missing, starts, and creates the employees' accounts.
    pub(crate) async fn provision(
        layout: Layout,
        python: &Python,
        secrets: &Secrets,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let venv = install(&layout, python, progress).await?;
        config::write(&layout, secrets)?;
        generate_keys(&layout, &venv).await?;

        let step = progress.step("homeserver answers");
        let mut synapse = Self::spawn(layout, &venv)?;
        synapse.wait_until_ready().await?;
        step.done(synapse.layout.url());

        let step = progress.step("employees have accounts");
        users::ensure(&synapse.layout, secrets).await?;
        step.done(names(&synapse.layout, secrets));
        Ok(synapse)
    }

    /// Asks Synapse to stop and waits; if it does not, ends it.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        // The guard sees the end of its input and raises SIGTERM in the process itself.
        drop(self.lifeline.take());
        if timeout(STOP_LIMIT, self.child.wait()).await.is_err() {
            self.child.kill().await.context("cannot end Synapse")?;
        }
        Ok(())
    }

    /// Resolves when Synapse ends by itself, which it should not.
    pub(crate) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!(
                "the homeserver ended ({status}); {}",
                complaint(&self.layout)
            ),
            Err(error) => format!("the homeserver cannot be watched: {error}"),
        }
    }

    fn spawn(layout: Layout, venv: &Venv) -> anyhow::Result<Self> {
        let output = File::create(layout.output_file())?;
        let mut child = Command::new(venv.python())
            .args(["-c", GUARD, "-c"])
            .arg(layout.config_file())
            .current_dir(&layout.dir)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Its own group: Ctrl-C reaches the demo alone, which stops things in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start Synapse")?;
        let lifeline = child.stdin.take();
        Ok(Self {
            layout,
            child,
            lifeline,
        })
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let url = format!("{}/_matrix/client/versions", self.layout.url());
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .build()?;
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the homeserver did not start ({status}); {}",
                    complaint(&self.layout)
                );
            }
            if http
                .get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!(
            "the homeserver did not answer in {} s; {}",
            START_LIMIT.as_secs(),
            complaint(&self.layout)
        )
    }
}

async fn install(layout: &Layout, python: &Python, progress: &Progress) -> anyhow::Result<Venv> {
    let step = progress.step(format!("homeserver installed ({PACKAGE})"));
    let log = layout.logs.join("synapse-install.log");
    let (venv, was_there) =
        Venv::ensure(python, layout.dir.join("venv"), &[PACKAGE], &step, &log).await?;
    step.done(if was_there { "was there" } else { "" });
    Ok(venv)
}

/// The signing key is made once; everything the homeserver ever signed hangs on it.
async fn generate_keys(layout: &Layout, venv: &Venv) -> anyhow::Result<()> {
    if layout.signing_key_file().exists() {
        return Ok(());
    }
    let output = Command::new(venv.python())
        .args(["-m", "synapse.app.homeserver", "--generate-keys", "-c"])
        .arg(layout.config_file())
        .current_dir(&layout.dir)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        bail!(
            "Synapse made no signing key: {}",
            last_lines(&String::from_utf8_lossy(&output.stderr), 5)
        );
    }
    Ok(())
}

fn complaint(layout: &Layout) -> String {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let said = last_lines(&read(&layout.output_file()), 5);
    format!(
        "its last words:\n{said}\n  (logs: {})",
        layout.logs.display()
    )
}

fn names(layout: &Layout, secrets: &Secrets) -> String {
    let ids: Vec<String> = secrets
        .employees
        .iter()
        .map(|login| format!("@{}:{}", login.name, layout.server_name))
        .collect();
    ids.join(", ")
}
