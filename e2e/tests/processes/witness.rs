//! A witness as a process of its own: what it has cosigned, and what it alone finds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::harness::{Finished, Options, PATIENCE, Ports, Stack, binary, switched_on, until};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::bitflips::{keep, restore};
use crate::doctor::verdict;
use crate::hook::Hook;

const NAME: &str = "witness.test/1";
const FORKED: &str = "log-forked";

/// A witness's folder. It knows our log, and our configuration names it.
struct Witness {
    dir: PathBuf,
    listen: String,
}

impl Witness {
    async fn make(stack: &Stack) -> Result<Self> {
        let dir = stack.root().join("witness");
        let listen = Ports::free()?.public().to_string();
        let init = ["witness", "init", "--dir", &dir.to_string_lossy(), "--name"];
        let made = stack.verbatim.json(&[&init[..], &[NAME]].concat()).await?;
        let key = made["key"].as_str().context("no key")?;
        let (_, log) = found(&doctor(stack).await?, "signing key")?;
        let logs = dir.join("logs.policy");
        let known = fs::read_to_string(&logs)?;
        fs::write(logs, format!("{known}log {log}\n"))?;
        let config = stack.data.join("verbatim.toml");
        let mut text = fs::read_to_string(&config)?;
        text.push_str(&format!(
            "\n[[record.witness]]\nname = \"{NAME}\"\nkey = \"{key}\"\nurl = \"http://{listen}\"\n"
        ));
        fs::write(&config, text)?;
        Ok(Self { dir, listen })
    }

    /// Its process; killed when dropped.
    fn serve(&self) -> Result<Child> {
        let mut command = Command::new(binary()?);
        command.args(["witness", "serve", "--listen", &self.listen, "--dir"]);
        let output = File::create(self.output())?;
        command.arg(&self.dir).env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(output.try_clone()?);
        Ok(command.stderr(output).kill_on_drop(true).spawn()?)
    }

    /// What it prints.
    fn output(&self) -> PathBuf {
        self.dir.with_extension("log")
    }

    /// What it remembers of our log: the file of its only checkpoint.
    fn remembers(&self) -> Result<String> {
        let mut files = fs::read_dir(self.dir.join("checkpoints"))?;
        let only = files.next().context("it remembers nothing")??;
        ensure!(files.next().is_none(), "more than one checkpoint");
        Ok(fs::read_to_string(only.path())?)
    }
}

async fn doctor(stack: &Stack) -> Result<Finished> {
    stack.verbatim.run(&["--json", "doctor"]).await
}

fn found(done: &Finished, area: &str) -> Result<(String, String)> {
    let (word, found) = verdict(done, area)?;
    Ok((word.to_owned(), found))
}

async fn checkpoints(stack: &Stack) -> Result<Vec<Value>> {
    let list = ["record", "checkpoints"];
    stack.verbatim.json_lines(&list).await
}

fn size(checkpoint: &Value) -> u64 {
    checkpoint["size"].as_u64().unwrap_or_default()
}

/// A checkpoint of more records than these, once the witness has cosigned it.
async fn cosigned(stack: &Stack, over: u64) -> Result<Value> {
    until("a cosigned checkpoint", PATIENCE, async || {
        let is_it = |c: &Value| size(c) > over && c["cosignatures"][0]["witness"] == NAME;
        Ok(checkpoints(stack).await?.into_iter().find(is_it))
    })
    .await
}

/// The alarm, once it is raised.
async fn forked(stack: &Stack) -> Result<String> {
    until("the alarm", PATIENCE, async || {
        let alarms = stack.verbatim.json(&["alarm", "list"]).await?;
        let mut alarms = alarms.as_array().into_iter().flatten();
        let ours = alarms.find(|alarm| alarm["key"] == FORKED);
        Ok(ours.and_then(|alarm| alarm["text"].as_str().map(str::to_owned)))
    })
    .await
}

async fn text(stack: &Stack, number: u8) -> Result<()> {
    let hook = Hook::text(
        stack,
        &format!("SM{number:032x}"),
        &format!("text {number}"),
    )?;
    assert_eq!(hook.send(stack).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_witness_cosigns_and_doctor_and_the_list_of_checkpoints_say_so() -> Result<()> {
    if !switched_on("a_witness_cosigns_and_doctor_and_the_list_of_checkpoints_say_so") {
        return Ok(());
    }
    let mut stack = Stack::prepare(&Options::default()).await?;
    let witness = Witness::make(&stack).await?;
    let (word, why) = found(&doctor(&stack).await?, "witness")?;
    assert_eq!(word, "failure", "nobody serves: {why}");

    let mut process = witness.serve()?;
    stack.verbatim.start().await?;
    crate::provision(&stack).await?;
    let cosigned = cosigned(&stack, 0).await?;
    assert_eq!(cosigned["root"].as_str().map(str::len), Some(64));
    let (word, why) = found(&doctor(&stack).await?, "witness")?;
    assert!(
        word == "ok" && why.contains("has cosigned"),
        "{word}: {why}"
    );
    process.kill().await?;
    let gone = tokio::time::timeout(Duration::from_secs(10), doctor(&stack)).await??;
    assert_eq!(found(&gone, "witness")?.0, "failure");
    stack.verbatim.stop().await?;
    Ok(())
}

/// The store and what was published, as they were.
struct Earlier {
    store: PathBuf,
    published: PathBuf,
    /// Of its newest checkpoint.
    signed: u64,
    /// In its record, signed or not.
    records: u64,
}

impl Earlier {
    /// Of a stack that stands still.
    fn take(stack: &Stack) -> Result<Self> {
        let (store, published) = (stack.root().join("old.db"), stack.root().join("old"));
        keep(&stack.data.join("verbatim.db"), &store)?;
        copy_folder(&stack.data.join("published"), &published)?;
        let of = rusqlite::Connection::open(&store)?;
        let ask = |sql| of.query_row(sql, [], |row| row.get(0));
        Ok(Self {
            signed: ask("SELECT max(size) FROM checkpoints")?,
            records: ask("SELECT count(*) FROM records")?,
            store,
            published,
        })
    }

    /// Nothing but the witness knows of what came later.
    fn put_back(&self, stack: &Stack) -> Result<()> {
        restore(&self.store, &stack.data.join("verbatim.db"))?;
        let published = stack.data.join("published");
        fs::remove_dir_all(&published)?;
        copy_folder(&self.published, &published)
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_store_taken_back_with_all_that_was_published_is_found_by_the_witness_alone() -> Result<()>
{
    if !switched_on("a_store_taken_back_with_all_that_was_published_is_found_by_the_witness_alone")
    {
        return Ok(());
    }
    let mut stack = Stack::prepare(&Options::default()).await?;
    let witness = Witness::make(&stack).await?;
    let mut process = witness.serve()?;
    stack.verbatim.start().await?;
    crate::provision(&stack).await?;
    text(&stack, 1).await?;
    cosigned(&stack, 0).await?;
    stack.verbatim.stop().await?;
    let earlier = Earlier::take(&stack)?;

    stack.verbatim.start().await?;
    text(&stack, 2).await?;
    text(&stack, 3).await?;
    cosigned(&stack, earlier.records).await?;
    stack.verbatim.stop().await?;
    let seen = witness.remembers()?;

    earlier.put_back(&stack)?;
    let said_before = stack.verbatim.output().len();
    stack.verbatim.start().await?;
    // No text waits for it.
    text(&stack, 4).await?;
    let alarm = forked(&stack).await?;
    for words in [NAME, "under our signature", "NOTHING IS SIGNED"] {
        assert!(alarm.contains(words), "{words}: {alarm}");
    }
    let status = stack.verbatim.json(&["status"]).await?;
    assert!(status["alarms"].as_u64() >= Some(1), "{status}");
    until(
        "the log with the text is not signed",
        PATIENCE,
        async || {
            let said = stack.verbatim.output().split_off(said_before);
            Ok(said.contains("the log was not signed").then_some(()))
        },
    )
    .await?;
    let newest = checkpoints(&stack).await?.last().map(size);
    assert_eq!(newest, Some(earlier.signed), "nothing new is signed");
    let (word, why) = found(&doctor(&stack).await?, "witness")?;
    assert!(
        word == "failure" && why.contains("has cosigned"),
        "{word}: {why}"
    );
    assert_eq!(witness.remembers()?, seen);

    // Cleared by somebody who has settled nothing: what is signed then has no cosignature, and the alarm is back.
    let fork = until("the other history is signed", PATIENCE, async || {
        let all = checkpoints(&stack).await?;
        if let Some(fork) = all.last().filter(|c| size(c) > earlier.signed) {
            return Ok(Some(fork.clone()));
        }
        // The witness may have been asked again before anything was signed.
        stack.verbatim.run(&["alarm", "clear", FORKED]).await?;
        Ok(None)
    })
    .await?;
    forked(&stack).await?;
    for checkpoint in checkpoints(&stack).await? {
        let is_forked = size(&checkpoint) >= size(&fork);
        let bare = checkpoint["cosignatures"] == json!([]);
        assert!(bare || !is_forked, "{checkpoint}");
    }
    stack.verbatim.stop().await?;
    assert_eq!(witness.remembers()?, seen);
    let said = fs::read_to_string(witness.output())?;
    assert!(said.contains("not cosigned"), "{said}");
    process.kill().await?;
    Ok(())
}
