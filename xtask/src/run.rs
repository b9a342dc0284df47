//! Running a command: its output is shown as it comes, its end is kept for the summary, and it
//! does not run for ever.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How much of a failed command's output the summary repeats.
const TAIL_LINES: usize = 40;
/// A command that is asked to end gets so long to clean up after itself.
const GRACE: Duration = Duration::from_secs(30);
/// Output may be held open by what the command left behind; we do not wait for that.
const LAST_WORDS: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(200);
const SHORT_TICK: Duration = Duration::from_millis(10);

/// Runs to the end; an error has the last lines of the output.
pub(crate) fn run(command: Command, limit: Duration) -> anyhow::Result<()> {
    let shown = describe(&command);
    println!("$ {shown}");
    let (status, tail) = stream(command, limit).with_context(|| format!("cannot run: {shown}"))?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{shown}\n{status}; its last lines:\n{tail}"),
        None => bail!(
            "{shown}\nnot done in {} s; its last lines:\n{tail}",
            limit.as_secs()
        ),
    }
}

/// Runs quietly and returns what it printed.
pub(crate) fn capture(mut command: Command) -> anyhow::Result<String> {
    let shown = describe(&command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run: {shown}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{shown}\n{}: {complaint}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown}: output is not UTF-8"))
}

/// Time, for measuring only.
#[allow(
    clippy::disallowed_methods,
    reason = "measures and limits commands, decides nothing else"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn stream(mut command: Command, limit: Duration) -> anyhow::Result<(Option<ExitStatus>, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (sender, lines) = channel();
    if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
        forward(stdout, sender.clone());
        forward(stderr, sender);
    }
    let mut tail = Tail::default();
    let status = wait(&mut child, &lines, &mut tail, limit)?;
    tail.drain(&lines, LAST_WORDS);
    Ok((status, tail.text()))
}

/// Shows lines until the command ends (its status) or the time is up (nothing).
fn wait(
    child: &mut Child,
    lines: &Receiver<String>,
    tail: &mut Tail,
    limit: Duration,
) -> anyhow::Result<Option<ExitStatus>> {
    let began = now();
    loop {
        tail.drain(lines, TICK);
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > limit {
            end(child, lines, tail)?;
            return Ok(None);
        }
    }
}

/// First a request, so that the command can stop what it started; then force.
fn end(child: &mut Child, lines: &Receiver<String>, tail: &mut Tail) -> anyhow::Result<()> {
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()?;
    let began = now();
    while began.elapsed() < GRACE {
        tail.drain(lines, TICK);
        if child.try_wait()?.is_some() {
            return Ok(());
        }
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn forward(source: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if lines.send(text).is_err() {
                return;
            }
        }
    });
}

/// The last lines of an output.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
}

impl Tail {
    /// Shows and keeps what comes within this time, or until nothing can come any more.
    fn drain(&mut self, lines: &Receiver<String>, time: Duration) {
        let began = now();
        while let Some(left) = time.checked_sub(began.elapsed()) {
            match lines.recv_timeout(left) {
                Ok(line) => self.push(line),
                Err(RecvTimeoutError::Timeout) => return,
                // Both streams are closed: the command is about to end.
                Err(RecvTimeoutError::Disconnected) => return thread::park_timeout(SHORT_TICK),
            }
        }
    }

    fn push(&mut self, line: String) {
        println!("{line}");
        if self.lines.len() == TAIL_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}

fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_repeats_the_last_lines() {
        let error = run(shell("echo out; echo err >&2; exit 3"), GRACE)
            .unwrap_err()
            .to_string();
        for part in ["out", "err", "3"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_success_is_silent() {
        run(shell("seq 1000"), GRACE).unwrap();
        assert_eq!(capture(shell("echo here")).unwrap(), "here\n");
        assert!(capture(shell("exit 1")).is_err());
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let began = now();
        let error = run(
            shell("echo hanging; exec sleep 60"),
            Duration::from_millis(300),
        )
        .unwrap_err();
        assert!(error.to_string().contains("not done in"), "{error}");
        assert!(began.elapsed() < GRACE);
    }

    #[test]
    fn output_held_open_does_not_hold_us() {
        let began = now();
        run(shell("sleep 8 & exit 0"), GRACE).unwrap();
        assert!(began.elapsed() < Duration::from_secs(6));
    }
}
