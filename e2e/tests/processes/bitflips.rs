//! One changed byte in the store's record: `record verify` fails and names the first bad leaf.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use e2e::harness::{Options, switched_on};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::hook::Hook;

const TEXTS: usize = 4;
/// Exit code for a record that does not verify.
const BAD: i32 = 41;
/// And for a store that cannot be used.
const DAMAGED: i32 = 14;

#[tokio::test]
async fn every_changed_byte_is_found_and_its_leaf_named() -> Result<()> {
    if !switched_on("every_changed_byte_is_found_and_its_leaf_named") {
        return Ok(());
    }
    let mut stack = crate::stack(&Options::default()).await?;
    for n in 0..TEXTS {
        let hook = Hook::text(&stack, &format!("SM{n:032x}"), &format!("text {n}"))?;
        assert_eq!(hook.send(&stack).await?, 200);
    }
    stack.verbatim.stop().await?;
    let store = stack.data.join("verbatim.db");
    let good = stack.root().join("good.db");
    keep(&store, &good)?;
    let records = count(&good, "records")?;
    assert!(records > TEXTS as u64, "{records} records");

    // The middle leaf, in each of its columns; then a root, a checkpoint, and a missing record.
    let leaf = records / 2;
    for column in [
        "ciphertext",
        "commitment",
        "ciphertext_hash",
        "key_commitment",
        "leaf",
        "leaf_hash",
    ] {
        restore(&good, &store)?;
        flip(&store, "records", column, "global_seq", leaf)?;
        check(&stack.verbatim, &[&format!("leaf {leaf}")], column).await?;
    }
    restore(&good, &store)?;
    flip(&store, "data_keys", "wrapped", "global_seq", leaf)?;
    check(&stack.verbatim, &[&format!("leaf {leaf}")], "data key").await?;
    restore(&good, &store)?;
    // Roots that a checkpoint covers are not kept; the checkpoint says the same.
    let newest = |table: &str| -> Result<u64> {
        let newest = format!("SELECT max(size) FROM {table}");
        Ok(Connection::open(&store)?.query_row(&newest, [], |row| row.get(0))?)
    };
    let size = newest("checkpoints")?;
    flip(&store, "checkpoints", "root", "size", size)?;
    let words = ["checkpoint", &size.to_string()];
    check(&stack.verbatim, &words, "checkpoints").await?;
    restore(&good, &store)?;
    // Behind the last root nothing may be recorded: the start refuses it.
    flip(&store, "log_roots", "root", "size", newest("log_roots")?)?;
    let done = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(done.code, Some(DAMAGED), "{done:?}");
    assert!(done.err.contains("its last root"), "{done:?}");
    restore(&good, &store)?;
    Connection::open(&store)?.execute("DELETE FROM records WHERE global_seq = ?1", [leaf])?;
    check(&stack.verbatim, &[&format!("leaf {leaf}")], "missing").await?;

    // And the search can also find nothing.
    restore(&good, &store)?;
    let done = stack.verbatim.run(&["record", "verify"]).await?;
    assert_eq!(done.code, Some(0), "{done:?}");
    Ok(())
}

async fn check(verbatim: &e2e::harness::Verbatim, words: &[&str], what: &str) -> Result<()> {
    let done = verbatim.run(&["record", "verify"]).await?;
    assert_eq!(done.code, Some(BAD), "{what}: {done:?}");
    for word in words {
        assert!(
            done.out.contains(word),
            "{what}: {word:?} is not in {:?}",
            done.out
        );
    }
    Ok(())
}

/// Copies a store that nobody has open.
pub(crate) fn keep(store: &Path, good: &Path) -> Result<()> {
    // The write-ahead log goes into the file first, so that one file is the whole store.
    Connection::open(store)?
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .ok();
    fs::copy(store, good)?;
    Ok(())
}

/// Puts the copy in the store's place.
pub(crate) fn restore(good: &Path, store: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        // Left by the process before; without the file they belong to nothing.
        let _ = fs::remove_file(format!("{}{suffix}", store.display()));
    }
    fs::copy(good, store)?;
    Ok(())
}

fn count(store: &Path, table: &str) -> Result<u64> {
    Ok(
        Connection::open(store)?.query_row(
            &format!("SELECT count(*) FROM {table}"),
            [],
            |row| row.get(0),
        )?,
    )
}

/// Flips the lowest bit of the middle byte of a value.
fn flip(store: &Path, table: &str, column: &str, key: &str, at: u64) -> Result<()> {
    let connection = Connection::open(store)?;
    let read = format!("SELECT {column} FROM {table} WHERE {key} = ?1");
    let mut bytes: Vec<u8> = connection
        .query_row(&read, [at], |row| row.get(0))
        .with_context(|| format!("{table} {at}"))?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let write = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
    let changed = connection.execute(&write, rusqlite::params![Value::Blob(bytes), at])?;
    anyhow::ensure!(changed == 1, "{changed} rows changed");
    Ok(())
}
