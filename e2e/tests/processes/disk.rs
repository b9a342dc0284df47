//! A full disk: intake stops with 503, nothing that was acknowledged is lost, and it goes on once
//! there is room. On a file system of its own, small enough to fill.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::harness::{Options, PATIENCE, Stack, switched_on, until};

use crate::hook::{Hook, NUMBER, PHONE};

const SIZE: &str = "size=8m,mode=700";
/// More webhooks than fit on the disk.
const ENOUGH: usize = 3_000;

/// Set for the run of this test that has a namespace of its own.
const INSIDE: &str = "VERBATIM_E2E_NAMESPACE";

/// A file system in memory; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where only root may mount, and we are not.
    fn mount(at: &Path) -> Result<Option<Self>> {
        fs::create_dir_all(at)?;
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(at)
            .output()?;
        if done.status.success() {
            return Ok(Some(Self(at.to_owned())));
        }
        ensure!(
            std::env::var_os(INSIDE).is_none(),
            "no file system can be mounted: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(None)
    }

    /// Writes a file until nothing more fits.
    fn fill(&self) -> Result<PathBuf> {
        let path = self.0.join("ballast");
        let mut file = fs::File::create(&path)?;
        while file.write_all(&[0x55; 4096]).is_ok() {}
        Ok(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the process that still has files open is about to be ended.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Runs a test of this program again as the root of a user and mount namespace of its own.
fn run_in_a_namespace(test: &str) -> Result<()> {
    let done = Command::new("unshare")
        .args(["--map-root-user", "--mount"])
        .arg(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .context("this test needs root, or `unshare` of util-linux")?;
    ensure!(
        done.status.success(),
        "this test needs root, or a system that allows user namespaces:\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

#[tokio::test]
async fn a_full_disk_stops_intake_and_loses_nothing() -> Result<()> {
    if !switched_on("a_full_disk_stops_intake_and_loses_nothing") {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk"))? else {
        return run_in_a_namespace("disk::a_full_disk_stops_intake_and_loses_nothing");
    };
    let options = Options {
        data: Some(disk.0.join("verbatim")),
        ..Options::default()
    };
    let mut stack = crate::stack(&options).await?;

    let mut acknowledged = send(&stack, "before", 5).await?;
    assert_eq!(acknowledged.len(), 5);
    let ballast = disk.fill()?;
    acknowledged.extend(send(&stack, "while full", ENOUGH).await?);
    let refused = format!("while full {:04}", acknowledged.len() - 5);
    assert_eq!(
        text(&stack, &refused)?.send(&stack).await?,
        503,
        "a full disk refuses"
    );
    assert!(
        stack.verbatim.runs(),
        "a full disk ends the process:\n{}",
        stack.verbatim.output()
    );

    fs::remove_file(ballast)?;
    until("intake goes on", PATIENCE, async || {
        Ok((text(&stack, &refused)?.send(&stack).await? == 200).then_some(()))
    })
    .await?;
    acknowledged.push(refused);
    stack.verbatim.ready().await?;
    acknowledged.extend(send(&stack, "after", 5).await?);
    recorded(&stack, &acknowledged).await?;

    // The same after a kill: it was on the disk, not in memory.
    stack.verbatim.kill().await?;
    stack.verbatim.start().await?;
    recorded(&stack, &acknowledged).await
}

fn text(stack: &Stack, body: &str) -> Result<Hook> {
    let number: u64 = body.bytes().fold(7, |sum, byte| {
        sum.wrapping_mul(131).wrapping_add(u64::from(byte))
    });
    Hook::text(stack, &format!("SM{number:032x}"), body)
}

/// Sends texts until one is refused; those that were acknowledged.
async fn send(stack: &Stack, name: &str, most: usize) -> Result<Vec<String>> {
    let mut taken = Vec::new();
    for n in 0..most {
        let body = format!("{name} {n:04}");
        match text(stack, &body)?.send(stack).await? {
            200 => taken.push(body),
            503 => return Ok(taken),
            other => anyhow::bail!("{body}: {other}"),
        }
    }
    ensure!(most < ENOUGH, "the disk did not fill up");
    Ok(taken)
}

async fn recorded(stack: &Stack, bodies: &[String]) -> Result<()> {
    let conversation = stack.conversation(PHONE, NUMBER).await?;
    let timeline = stack
        .timeline(conversation["id"].as_str().context("id")?)
        .await?;
    let texts: Vec<&str> = timeline
        .iter()
        .filter(|r| r["kind"] == "message_in")
        .filter_map(|r| r["text"].as_str())
        .collect();
    assert_eq!(texts, bodies, "acknowledged and recorded differ");
    let verified = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    Ok(())
}
