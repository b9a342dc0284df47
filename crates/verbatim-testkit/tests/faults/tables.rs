//! One changed byte in any column of any table of the record: the start or the check of the record names it.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::firm::Firm;

/// Tables that are no part of the record: what they say is said by the record as well, or is work to do.
const OTHERS: &[&str] = &[
    "schema_version",
    "sqlite_sequence",
    "employees",
    "numbers",
    "assignments",
    "contacts",
    "contact_numbers",
    "conversations",
    "consents",
    "directs",
    "messages",
    "receipts",
    "room_events",
    "jobs",
    "leases",
    "alarms",
    "tokens",
    "cursors",
    "probe",
    "crypto_rows",
    "group_sessions",
];

/// Columns that nothing relies on, with the reason. Everything else of the record is named.
const WEIGHTLESS: &[(&str, &str)] = &[
    (
        "log_roots.at",
        "when a root was kept; the leaves have times",
    ),
    (
        "checkpoints.at",
        "when it was signed; witnesses and authorities say when",
    ),
    ("key_rotations.pos", "an order, beside the time"),
    (
        "retention_periods.since",
        "when a period was first in force; the log says so",
    ),
    (
        "retention_periods.class",
        "for words: a period binds every class",
    ),
    (
        "hold_changes.changes",
        "a count; another one lets a disposal look again",
    ),
    ("holds.pos", "an order, beside the time"),
    ("disposals.pos", "an order, beside the time"),
    ("promises.pos", "an order, beside the time"),
    (
        "cosignatures.size",
        "a checkpoint without its cosignature: the witness is asked again",
    ),
    ("timestamps.pos", "an order"),
    (
        "timestamps.authority",
        "a name for words: the token says who signed",
    ),
];

#[tokio::test]
async fn a_flipped_byte_in_any_table_is_named() {
    let firm = Firm::of_old().await;
    assert_eq!(told(&firm).await, None, "before anything is changed");
    let good = firm.path().with_extension("good");
    let copy = format!("VACUUM INTO '{}'", good.display());
    Connection::open(firm.path())
        .and_then(|store| store.execute_batch(&copy))
        .unwrap();
    let (mut named, mut wrong) = (0, Vec::new());
    for (table, column) in columns(&good) {
        let which = format!("{table}.{column}");
        restore(&good, firm.path());
        if !change(firm.path(), &table, &column) {
            wrong.push(format!("{which}: the firm has nothing there"));
            continue;
        }
        let bears = !WEIGHTLESS.iter().any(|(name, _)| *name == which);
        match (bears, told(&firm).await) {
            (true, None) => wrong.push(format!("{which}: nobody noticed")),
            (false, Some(words)) => wrong.push(format!("{which}: bears weight: {words}")),
            _ => named += usize::from(bears),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(named > 50, "{named}");
}

/// Rows beside the records that are gone, too many, or invented, are named as well.
#[tokio::test]
async fn a_row_that_is_gone_or_too_many_is_named() {
    let firm = Firm::of_old().await;
    let good = firm.path().with_extension("good");
    let copy = format!("VACUUM INTO '{}'", good.display());
    Connection::open(firm.path())
        .and_then(|store| store.execute_batch(&copy))
        .unwrap();
    for change in [
        "DELETE FROM promises",
        "DELETE FROM conversation_heads WHERE length = 1",
        "DELETE FROM conversation_marks WHERE mark = 1",
        "INSERT INTO conversation_marks SELECT conversation, 999, 3 FROM conversation_heads",
        "UPDATE records SET previous = previous - 1 WHERE global_seq = (SELECT MAX(global_seq) FROM records \
            WHERE previous > 0 AND conversation <> zeroblob(16))",
        // An extension undone, and a release that nobody asked for before the last certificate.
        "UPDATE bucket_keys SET kept_until = NULL WHERE kept_until IS NOT NULL",
        "UPDATE holds SET asked_by = 'operator:ann', asked_at = set_at + 3600000, \
            released_by = 'operator:bob', released_at = set_at + 3600000 WHERE released_by IS NULL",
    ] {
        restore(&good, firm.path());
        let store = Connection::open(firm.path()).unwrap();
        let rows = store.execute(change, []).unwrap();
        assert!(rows > 0, "{change}");
        drop(store);
        assert_ne!(told(&firm).await, None, "{change}");
    }
}

/// Every column of every table that is not one of the others.
fn columns(store: &Path) -> Vec<(String, String)> {
    let store = Connection::open(store).unwrap();
    let all = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'";
    let mut select = store.prepare(all).unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap()
        .map(Result::unwrap)
        .filter(|(table, _): &(String, String)| !OTHERS.contains(&table.as_str()))
        .collect()
}

fn restore(good: &Path, store: &Path) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", store.display()));
    }
    std::fs::copy(good, store).unwrap();
}

/// Changes the middle row of those that have something there. Whether there is one.
fn change(store: &Path, table: &str, column: &str) -> bool {
    let store = Connection::open(store).unwrap();
    for (pragma, value) in [("foreign_keys", "OFF"), ("ignore_check_constraints", "ON")] {
        store.pragma_update(None, pragma, value).unwrap();
    }
    // Some tables have no numbers of rows.
    let row = match table {
        "conversation_heads" => "conversation",
        "conversation_marks" => "mark",
        _ => "rowid",
    };
    let rows =
        format!("SELECT {row}, {column} FROM {table} WHERE length({column}) > 0 ORDER BY {row}");
    let mut select = store.prepare(&rows).unwrap();
    let all = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let all: Vec<(Value, Value)> = all.unwrap().map(Result::unwrap).collect();
    let Some((key, value)) = all.get(all.len() / 2).cloned() else {
        return false;
    };
    let update = format!("UPDATE {table} SET {column} = ?1 WHERE {row} = ?2");
    // Where the next number is taken, one far away.
    let far = match &value {
        Value::Integer(number) => Value::Integer(number ^ (1 << 20)),
        other => other.clone(),
    };
    let mut tries = [changed(value), far].into_iter();
    tries.any(|new| {
        store
            .execute(&update, params![new, key])
            .is_ok_and(|rows| rows > 0)
    })
}

/// One bit of the middle byte; of a time, twelve days.
fn changed(value: Value) -> Value {
    match value {
        Value::Integer(time) if time > 1 << 40 => Value::Integer(time ^ (1 << 30)),
        Value::Integer(number) => Value::Integer(number ^ 1),
        Value::Text(mut text) => {
            let middle = text.len() / 2;
            let other = if text[middle..].starts_with('x') {
                "y"
            } else {
                "x"
            };
            text.replace_range(middle..=middle, other);
            Value::Text(text)
        }
        Value::Blob(mut bytes) => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            Value::Blob(bytes)
        }
        other => other,
    }
}

/// What a start, and then a check of the record, say is wrong.
async fn told(firm: &Firm) -> Option<String> {
    let site = match firm.open().await {
        Err(why) => return Some(why),
        Ok(site) => site,
    };
    match site.engine.verify_log(|_| ()).await {
        Err(error) => Some(error.to_string()),
        Ok(view) => view.fault,
    }
}
