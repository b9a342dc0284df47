//! The employee's independent client: a Python process of its own, driven by JSON lines.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::demo::progress::Progress;
use crate::demo::python::{Python, Venv};
use crate::demo::secrets::Login;

/// Its encryption comes as wheels: no compiler and no system library is needed.
const CLIENT_PACKAGE: &str = "matrix-nio[e2e]==0.26.0";

const SCRIPT: &str = include_str!("client.py");
const LOGIN_LIMIT: Duration = Duration::from_secs(60);
const LOGOUT_LIMIT: Duration = Duration::from_secs(15);

/// A text that the client decrypted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Text {
    pub(crate) room: String,
    pub(crate) sender: String,
    pub(crate) body: String,
    pub(crate) decrypted: bool,
    pub(crate) room_encrypted: bool,
    pub(crate) members: Vec<String>,
}

/// What the client tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    Ready { device: String },
    Joined { room: String },
    Text(Text),
    Undecryptable { id: String },
    Notice { body: String },
    Receipt { user: String, id: String },
    Status { content: serde_json::Value },
    Sent { id: String },
    Failed { what: String, why: String },
}

/// The client's packages, in an environment of their own.
pub(crate) async fn install(
    python: &Python,
    dir: &Path,
    logs: &Path,
    progress: &Progress,
) -> anyhow::Result<Venv> {
    let step = progress.step(format!("independent client installed ({CLIENT_PACKAGE})"));
    let log = logs.join("client-install.log");
    let (venv, was_there) =
        Venv::ensure(python, dir.join("venv"), &[CLIENT_PACKAGE], &step, &log).await?;
    step.done(if was_there { "was there" } else { "" });
    Ok(venv)
}

/// An employee who is logged in.
#[derive(Debug)]
pub(crate) struct Employee {
    child: Child,
    commands: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// Everything told so far: a receipt may come before we ask for it.
    told: Vec<Event>,
}

impl Employee {
    /// Logs in with a new device and waits until its keys are published.
    pub(crate) async fn log_in(
        venv: &Venv,
        dir: &Path,
        logs: &Path,
        homeserver: &str,
        login: &Login,
        user_id: &str,
    ) -> anyhow::Result<Self> {
        let keys = dir.join("keys");
        if keys.exists() {
            std::fs::remove_dir_all(&keys)?;
        }
        std::fs::create_dir_all(&keys)?;
        let mut child = Command::new(venv.python())
            .args(["-c", SCRIPT, homeserver, user_id])
            .arg(&keys)
            .env("VERBATIM_CHECK_PASSWORD", &login.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(logs.join("client.log"))?)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the client")?;
        let (Some(commands), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the client has no pipes");
        };
        let events = BufReader::new(output).lines();
        let mut employee = Self {
            child,
            commands,
            events,
            told: Vec::new(),
        };
        let ready = employee.wait_for(|event| matches!(event, Event::Ready { .. }).then_some(()));
        timeout(LOGIN_LIMIT, ready).await.with_context(|| {
            format!(
                "{user_id} is not logged in after {} s",
                LOGIN_LIMIT.as_secs()
            )
        })??;
        Ok(employee)
    }

    /// Sends a text into a room, encrypted.
    pub(crate) async fn reply(&mut self, room: &str, body: &str) -> anyhow::Result<()> {
        let mut line = json!({"cmd": "reply", "room": room, "body": body}).to_string();
        line.push('\n');
        self.commands
            .write_all(line.as_bytes())
            .await
            .context("the client has gone")
    }

    /// The first event, past or coming, that `pick` takes. The caller sets the deadline.
    pub(crate) async fn wait_for<T>(
        &mut self,
        pick: impl Fn(&Event) -> Option<T>,
    ) -> anyhow::Result<T> {
        if let Some(found) = self.told.iter().find_map(&pick) {
            return Ok(found);
        }
        while let Some(line) = self.events.next_line().await? {
            let event: Event = serde_json::from_str(&line)
                .with_context(|| format!("the client said something strange: {line}"))?;
            if let Event::Failed { what, why } = &event {
                bail!("the client could not {what}: {why}");
            }
            let found = pick(&event);
            self.told.push(event);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        bail!("the client has ended; see client.log")
    }

    /// What the client saw since it was ready, one line each, without bodies: for whoever looks
    /// for a failure. What came before is of earlier checks, whose keys died with their devices.
    pub(crate) fn history(&self) -> String {
        let ready = |event: &Event| matches!(event, Event::Ready { .. });
        let begin = self.told.iter().position(ready).unwrap_or(0);
        let lines: Vec<String> = self.told.iter().skip(begin).map(describe).collect();
        lines.join("\n")
    }

    /// Logs out, which deletes the device, and ends the process.
    pub(crate) async fn log_out(self) -> anyhow::Result<()> {
        // Its output stays open meanwhile: it may still have something to say.
        let Self {
            mut child,
            commands,
            events: _events,
            told: _,
        } = self;
        drop(commands);
        if timeout(LOGOUT_LIMIT, child.wait()).await.is_err() {
            child.kill().await.context("cannot end the client")?;
        }
        Ok(())
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Ready { device } => format!("ready as device {device}"),
        Event::Joined { room } => format!("joined {room}"),
        Event::Text(text) => format!("a text from {} in {}", text.sender, text.room),
        Event::Undecryptable { id } => format!("could not decrypt {id}"),
        Event::Notice { body } => format!("notice: {body}"),
        Event::Receipt { user, id } => format!("{user} read {id}"),
        Event::Status { content } => format!("status: {content}"),
        Event::Sent { id } => format!("sent {id}"),
        Event::Failed { what, why } => format!("could not {what}: {why}"),
    }
}
