//! The suite on SQLite, in a file and in memory, and what can happen to a file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod suite;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures_util::future::join_all;
use suite::log::audit;
use suite::world::{Held, World, account, peer};
use verbatim_engine::ports::{Change, InboundOutcome, NewRecord, StoreError};
use verbatim_store::{Dialect, Fault, Look, SqlStore, look, never_run};

#[tokio::test]
async fn the_suite_passes_in_a_file_and_runs_every_statement() {
    for (name, case) in suite::all() {
        println!("{name}");
        let dir = tempfile::tempdir().unwrap();
        let store = SqlStore::open(&dir.path().join("store.db")).unwrap();
        case(&World::new(&store)).await;
    }
    looking_changes_nothing().await;
    assert_eq!(
        never_run(Dialect::Sqlite),
        Vec::<&str>::new(),
        "statements that no case runs"
    );
}

async fn looking_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let url = format!("sqlite:{}", path.display());
    assert_eq!(look(&url).await, Ok(Look::Nothing));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    std::fs::write(&path, "").unwrap();
    assert_eq!(look(&url).await, Ok(Look::Nothing), "an empty file");
    std::fs::write(&path, "no database at all, as long as it is").unwrap();
    assert!(look(&url).await.is_err());
    std::fs::remove_file(&path).unwrap();

    let store = SqlStore::open(&path).unwrap();
    suite::config::looked_at(&url, &World::new(&store)).await;
}

#[tokio::test]
async fn the_suite_passes_in_memory() {
    for (name, case) in suite::all() {
        println!("{name}");
        case(&World::new(&SqlStore::in_memory().unwrap())).await;
    }
}

/// The writer dies after the operations ran and before the commit: on opening, nothing of them is there.
#[tokio::test]
async fn a_writer_that_dies_leaves_nothing_half_done() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let sms = {
        let store = SqlStore::open(&path).unwrap();
        let w = World::new(&store);
        let held = w.alice().await;
        w.conversation(held, 1, 1000).await;
        let sms = w.sms(held.index, peer(2), 2000);
        store.inject(Fault::Die);
        for _ in 0..2 {
            let outcome = w.store.record_inbound(sms.clone()).await;
            assert!(
                matches!(outcome, Err(StoreError::Unavailable(_))),
                "{outcome:?}"
            );
        }
        sms
    };
    let store = SqlStore::open(&path).unwrap();
    let w = World::beside(&store, 1 << 32);
    assert_eq!(audit(&w).await, 1);
    assert_eq!(w.store.contact_by_number(&peer(2)).await, Ok(None));
    assert_eq!(
        w.store.has_inbound(&account(), &sms.provider_id).await,
        Ok(false)
    );
    let outcome = w.store.record_inbound(sms).await;
    assert!(
        matches!(outcome, Ok(InboundOutcome::Placed { .. })),
        "{outcome:?}"
    );
    assert_eq!(audit(&w).await, 2);
}

#[tokio::test]
async fn a_second_opener_is_refused_and_told_by_whom() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let first = SqlStore::open(&path).unwrap();
    let holder = format!("process {}", std::process::id());
    assert_eq!(
        SqlStore::open(&path).err(),
        Some(StoreError::Locked(holder))
    );
    drop(first);
    assert!(SqlStore::open(&path).is_ok());
}

/// Changes a store file behind the program's back.
fn tamper(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_cannot_be_trusted_is_not_opened() {
    let cases = [
        ("INSERT INTO schema_version (version) VALUES (999)", true),
        ("DELETE FROM records WHERE global_seq = 1", false),
        ("UPDATE log_state SET size = 1", false),
        ("DELETE FROM log_roots WHERE size = 2", false),
        ("DELETE FROM conversation_heads", false),
    ];
    for (sql, is_newer) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        {
            let w = World::new(&SqlStore::open(&path).unwrap());
            let held = w.alice().await;
            w.conversation(held, 1, 1000).await;
            w.conversation(held, 1, 1000).await;
        }
        tamper(&path, sql);
        let error = SqlStore::open(&path).expect_err(sql);
        let named = match &error {
            StoreError::Newer { found: 999, .. } => is_newer,
            StoreError::Damaged(_) => !is_newer,
            _ => false,
        };
        assert!(named, "{sql}: {error:?}");
    }
}

/// A node that goes on while another one has changed the tables appends nothing to them.
#[tokio::test]
async fn a_later_schema_is_refused_by_who_runs_already() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let w = World::new(&SqlStore::open(&path).unwrap());
    let held = w.alice().await;
    tamper(&path, "INSERT INTO schema_version (version) VALUES (999)");
    let error = w.store.record_inbound(w.sms(held.index, peer(1), 10)).await;
    assert!(
        matches!(error, Err(StoreError::Newer { found: 999, .. })),
        "{error:?}"
    );
}

/// Nothing is read or appended where head, marks and records do not agree.
#[tokio::test]
async fn a_conversation_that_contradicts_itself_is_damaged() {
    for sql in [
        "UPDATE conversation_heads SET last = 2",
        "UPDATE records SET previous = 0 WHERE global_seq = 70",
        "UPDATE records SET previous = 99 WHERE global_seq = 99",
        "UPDATE conversation_marks SET place = 1",
        "DELETE FROM conversation_marks",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let append = |w: &World| {
            Change::Append(NewRecord {
                conversation: None,
                sealed: w.record(verbatim_record::Kind::Config, 1),
                about: None,
            })
        };
        {
            let w = World::new(&SqlStore::open(&path).unwrap());
            w.install().await;
            w.commit((0..130).map(|_| append(&w)).collect()).await;
        }
        tamper(&path, sql);
        let w = World::new(&SqlStore::open(&path).unwrap());
        let mut answers = Vec::new();
        for from in 0..130 {
            answers.push(w.store.records_of(None, from, 1).await.map(drop));
            answers.push(w.store.records_of(None, from, 130).await.map(drop));
        }
        let damaged =
            |answer: &&Result<(), StoreError>| matches!(answer, Err(StoreError::Damaged(_)));
        let named = answers.iter().filter(damaged).count();
        assert!(named > 0, "{sql}");
        let other = answers.iter().find(|a| a.is_err() && !damaged(a));
        assert_eq!(other, None, "{sql}");
        if sql.contains("conversation_heads") {
            let error = w.refused(vec![append(&w)]).await;
            assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn the_data_keys_of_an_older_store_move_to_their_table() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let words = [
        "BLOB",
        "TEXT",
        "INTEGER PRIMARY KEY AUTOINCREMENT",
        "INTEGER PRIMARY KEY",
    ];
    tamper(
        &path,
        &suite::older::script(words, |hex| format!("X'{hex}'")),
    );
    suite::older::check(&World::new(&SqlStore::open(&path).unwrap())).await;
}

#[tokio::test]
async fn a_full_disk_is_said_and_got_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&dir.path().join("store.db")).unwrap();
    let w = World::new(&store);
    let held = w.alice().await;
    store.limit_pages(Some(4)).await.unwrap();
    let mut recorded = 0;
    let refused = loop {
        let mut sms = w.sms(held.index, peer(1), 1000);
        sms.record.ciphertext = vec![1; 2000];
        match w.store.record_inbound(sms.clone()).await {
            Ok(_) => recorded += 1,
            Err(error) => {
                assert_eq!(error, StoreError::Full);
                break sms;
            }
        }
        assert!(recorded < 1000, "the disk never filled");
    };
    assert_eq!(w.store.probe().await, Err(StoreError::Full));
    assert_eq!(
        audit(&w).await,
        recorded,
        "what was recorded can still be read"
    );
    store.limit_pages(None).await.unwrap();
    assert_eq!(w.store.probe().await, Ok(()));
    let outcome = w.store.record_inbound(refused).await;
    assert!(
        matches!(outcome, Ok(InboundOutcome::Placed { .. })),
        "{outcome:?}"
    );
    assert_eq!(audit(&w).await, recorded + 1);
}

const CHILD: &str = "VERBATIM_TEST_STORE_CHILD";

/// Not a test of its own: the process that [`a_killed_process_keeps_what_it_acknowledged`] kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_records_until_killed() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let store = SqlStore::open(Path::new(&path)).unwrap();
    let w = Arc::new(World::new(&store));
    let held = w.alice().await;
    let record = |n: u8| {
        let w = Arc::clone(&w);
        tokio::spawn(async move {
            loop {
                let sms = w.sms(held.index, peer(n), 1000);
                w.store.record_inbound(sms.clone()).await.unwrap();
                println!("recorded {}", sms.provider_id);
            }
        })
    };
    join_all((0..16).map(record)).await;
}

#[tokio::test]
async fn a_killed_process_keeps_what_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_records_until_killed", "--nocapture"])
        .env(CHILD, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut recorded = Vec::new();
    for line in lines.map_while(Result::ok) {
        if let Some((_, id)) = line.split_once("recorded ") {
            recorded.push(id.to_owned());
        }
        if recorded.len() == 500 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(
        recorded.len() >= 500,
        "the child ended early: {}",
        recorded.len()
    );
    let w = World::beside(&SqlStore::open(&path).unwrap(), 1 << 32);
    for id in &recorded {
        let found = w.store.has_inbound(&account(), &id.as_str().into()).await;
        assert_eq!(found, Ok(true), "{id} was acknowledged");
    }
    let size = audit(&w).await;
    assert!(size >= recorded.len() as u64);
    let jobs = w.store.queue_stats().await.unwrap();
    let says: u64 = jobs.iter().map(|stat| stat.depth).sum();
    assert_eq!(says, size + 16, "one job per record, one per conversation");
    let number = w.store.number(&peer(200)).await.unwrap().expect("number");
    let (employee, _) = number.holder.expect("held");
    let held = Held {
        number: number.id,
        index: number.index,
        employee,
    };
    w.conversation(held, 1, 2000).await;
    assert_eq!(audit(&w).await, size + 1);
}
