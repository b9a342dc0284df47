//! The published log after a round, under the eyes of an examiner who was there after the last one: whole,
//! and an extension of what they saw then. Two histories would show here, whatever died.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::harness::Stack;

/// What an examiner keeps.
#[derive(Debug, Default)]
pub(super) struct Examiner {
    /// The checkpoint that they saw last, in a file of their own.
    seen: Option<PathBuf>,
}

impl Examiner {
    /// Looks at every entry of what is published, with the program for it.
    pub(super) async fn look(&mut self, stack: &Stack) -> Result<()> {
        let published = stack.data.join("published");
        let checkpoint = fs::read(published.join("checkpoint")).context("nothing is published")?;
        let mut verify = Command::new(program()?);
        verify.arg("log").arg(&published).arg("--full");
        verify.args(["--key", &log_key(&stack.data)?]);
        if let Some(seen) = &self.seen {
            verify.arg("--since").arg(seen);
        }
        let answer = verify.output().await?;
        let words = String::from_utf8_lossy(&answer.stdout);
        ensure!(answer.status.success(), "{}: {words}", answer.status);
        let kept = stack.data.join("seen-by-an-examiner");
        fs::write(&kept, checkpoint)?;
        self.seen = Some(kept);
        Ok(())
    }
}

/// The log's public key, from the comment of its key file: an examiner has it from elsewhere.
fn log_key(data: &Path) -> Result<String> {
    let file = fs::read_to_string(data.join("keys/log-signing.key"))?;
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix("# Its public half: "));
    Ok(line
        .context("no public half in the key file")?
        .trim()
        .to_owned())
}

/// Built beside the binary under test.
fn program() -> Result<PathBuf> {
    let program = crate::harness::binary()?.with_file_name("verbatim-verify");
    ensure!(
        program.is_file(),
        "{} is missing: `cargo build -p verbatim-verify`",
        program.display()
    );
    Ok(program)
}
