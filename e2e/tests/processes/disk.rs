//! A full disk: intake stops with 503, nothing that was acknowledged is lost, and it goes on once
//! there is room; an export says so, is no bundle, and goes on likewise. On a file system of its own, small
//! enough to fill.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::harness::{Finished, Options, PATIENCE, Stack, binary, switched_on, until};
use serde_json::Value;

use crate::hook::{Hook, NUMBER, PHONE};

/// For a store.
const SIZE: &str = "size=8m,mode=700";
/// For a bundle.
const SMALLER: &str = "size=2m,mode=700";
/// More webhooks than fit on the disk.
const ENOUGH: usize = 3_000;
/// In an export, long ones.
const TEXTS: usize = 50;
/// Of `verbatim-verify`: nothing is wrong, and whose key it is was not asked.
const SOUND: i32 = 3;
/// Bytes: less than their bundle has.
const ROOM: u64 = 64 * 1024;

/// Set for the run of this test that has a namespace of its own.
const INSIDE: &str = "VERBATIM_E2E_NAMESPACE";

/// A file system in memory; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where only root may mount, and we are not.
    fn mount(at: &Path, size: &str) -> Result<Option<Self>> {
        fs::create_dir_all(at)?;
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "tmpfs"])
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
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk"), SIZE)? else {
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

#[tokio::test]
async fn an_export_larger_than_the_disk_says_so_and_goes_on() -> Result<()> {
    if !switched_on("an_export_larger_than_the_disk_says_so_and_goes_on") {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk"), SMALLER)? else {
        return run_in_a_namespace("disk::an_export_larger_than_the_disk_says_so_and_goes_on");
    };
    let mut stack = crate::stack(&Options::default()).await?;
    send(&stack, &"long ".repeat(300), TEXTS).await?;

    // Room for what is kept of an export, and not for its records; then for nothing at all.
    for (name, room) in [("some", ROOM), ("none", 0)] {
        let folder = disk.0.join(name);
        let out = folder.to_string_lossy().into_owned();
        let export = ["--json", "export", "--all", "--out", &out];
        let ballast = disk.fill()?;
        let full = fs::metadata(&ballast)?.len();
        fs::File::options()
            .write(true)
            .open(&ballast)?
            .set_len(full - room)?;
        // Again without room is no worse.
        for _ in 0..2 {
            let done = stack.verbatim.run(&export).await?;
            no_room(&done, &folder).await?;
        }
        if room == 0 {
            let left = fs::read_dir(&folder)?.count();
            assert_eq!(left, 0, "what takes no room was left");
        }
        fs::remove_file(ballast)?;
        let before = exports(&stack, dir.path()).await?;
        let made = stack.verbatim.json(&export[1..]).await?;
        assert!(made["disclosed"].as_u64() > Some(TEXTS as u64), "{made}");
        let verified = verify(&folder).await?;
        let code = verified.status.code();
        assert_eq!(code, Some(SOUND), "{verified:?}");
        // The one that was begun went on; where nothing could be kept of it, it was asked for anew.
        let asked = exports(&stack, dir.path()).await? - before - 1;
        assert_eq!(asked, usize::from(room == 0), "{name}");
    }
    stack.verbatim.stop().await?;
    Ok(())
}

/// What is said of an export without room, by the command and by whoever verifies.
async fn no_room(done: &Finished, folder: &Path) -> Result<()> {
    assert_eq!(done.code, Some(1), "{done:?}");
    let said: Value = serde_json::from_str(&done.out)?;
    let error = said["error"].as_str().unwrap_or_default();
    for words in ["no room for", "make room and repeat the command"] {
        assert!(error.contains(words), "{words}: {done:?}");
    }
    assert_eq!(said["exit_code"], 1, "{said}");
    assert!(
        !folder.join("manifest.json").exists(),
        "it claims to be whole"
    );
    let verified = verify(folder).await?;
    let code = verified.status.code();
    assert!(![Some(0), Some(SOUND)].contains(&code), "{verified:?}");
    Ok(())
}

/// How often the record says that an export was asked for; itself an export.
async fn exports(stack: &Stack, dir: &Path) -> Result<usize> {
    let folder = tempfile::tempdir_in(dir)?;
    let out = folder.path().to_string_lossy();
    stack
        .verbatim
        .json(&["export", "--all", "--out", &out])
        .await?;
    let records = fs::read_to_string(folder.path().join("records-1.jsonl"))?;
    let mut count = 0;
    for line in records.lines() {
        let line: Value = serde_json::from_str(line)?;
        count += usize::from(line["kind"] == "export");
    }
    Ok(count)
}

async fn verify(folder: &Path) -> Result<std::process::Output> {
    let program = binary()?.with_file_name("verbatim-verify");
    let mut verify = tokio::process::Command::new(program);
    Ok(verify.arg("bundle").arg(folder).output().await?)
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
