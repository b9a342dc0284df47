//! What the schema of the record costs: the rows that an append writes, in the same tables and of the same
//! size, written by nothing but SQLite's library. Nothing is sealed, hashed, checked or answered.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use verbatim_domain::{RecordId, Timestamp};
use verbatim_engine::ports::Entropy;
use verbatim_record::SealedRecord;

use crate::load::now;
use crate::record::CONVERSATIONS;
use crate::system::SystemEntropy;

/// Every so many records of a conversation there is a mark.
const MARKED: i64 = 64;
/// Rows in one commit while the file is filled.
const FILLED: i64 = 5_000;
const TIME: i64 = 1_795_435_200_000;
const RECORD: &str = "INSERT INTO records (global_seq, id, conversation, conversation_seq, kind, captured_at, \
    retention_class, expiry_month, commitment, ciphertext_hash, key_commitment, ciphertext, leaf, leaf_hash, \
    previous) VALUES (?1, ?2, ?3, ?4, 1, ?5, 1, 24406, ?6, ?6, ?6, ?7, ?8, ?6, ?9)";
const KEY: &str = "INSERT INTO data_keys (global_seq, retention_class, expiry_month, wrapped) VALUES (?1, 1, 24406, ?2)";
const MARK: &str = "INSERT INTO conversation_marks (conversation, mark, place) VALUES (?1, ?2, ?3)";
const HEAD: &str = "INSERT INTO conversation_heads (conversation, last, length) VALUES (?1, ?2, ?3) \
    ON CONFLICT (conversation) DO UPDATE SET last = excluded.last, length = excluded.length";
const STATE: &str = "UPDATE log_state SET size = ?1, frontier = ?2, last_at = ?3 WHERE id = 1";
const ROOT: &str = "INSERT INTO log_roots (size, root, at) VALUES (?1, ?2, ?3)";

/// A file with the record's tables.
pub(crate) struct SameRows {
    connection: Connection,
    sample: SealedRecord,
    leaf: Vec<u8>,
    /// Length and last position of each conversation.
    heads: Vec<(i64, i64)>,
    size: i64,
}

impl SameRows {
    /// Makes the tables as the product does; its rows are as long as those of `sample`.
    pub(crate) async fn open(dir: &Path, sample: SealedRecord, leaf: Vec<u8>) -> Result<Self> {
        let path = dir.join("same.db");
        let made = verbatim_store::open(&format!("sqlite:{}", path.display())).await;
        drop(made.context("store")?);
        let connection = Connection::open(path)?;
        // As the product's writer has it.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000; \
             PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;",
        )?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self {
            connection,
            sample,
            leaf,
            heads: vec![(0, 0); CONVERSATIONS],
            size: 0,
        })
    }

    /// Fills it up to a size, without waiting for the disk.
    pub(crate) fn fill_to(&mut self, size: u64) -> Result<()> {
        self.connection.execute_batch("PRAGMA synchronous = OFF")?;
        let size = i64::try_from(size)?;
        while self.size < size {
            self.batch(FILLED.min(size - self.size))?;
        }
        Ok(())
    }

    /// Rows a second, `batch` in a transaction, each flushed to the disk.
    pub(crate) fn rate(&mut self, batch: usize, rows: usize) -> Result<f64> {
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        let (began, mut left) = (now(), rows);
        while left > 0 {
            let some = batch.min(left);
            self.batch(i64::try_from(some)?)?;
            left -= some;
        }
        Ok(rows as f64 / began.elapsed().as_secs_f64())
    }

    fn batch(&mut self, count: i64) -> Result<()> {
        let Self {
            connection,
            sample,
            leaf,
            heads,
            size,
        } = self;
        let transaction = connection.transaction()?;
        let mut touched = BTreeMap::new();
        for _ in 0..count {
            let nth = usize::try_from(*size)? % CONVERSATIONS;
            let (length, last) = heads[nth];
            let id = RecordId::at(Timestamp(TIME + *size), SystemEntropy.id()).0;
            let conversation = name(nth);
            let previous = (length > 0).then_some(last);
            transaction.prepare_cached(RECORD)?.execute(params![
                *size,
                id.as_bytes(),
                conversation,
                length,
                TIME,
                sample.commitment,
                sample.ciphertext,
                &*leaf,
                previous
            ])?;
            let key = params![*size, sample.wrapped_key];
            transaction.prepare_cached(KEY)?.execute(key)?;
            if (length + 1) % MARKED == 0 {
                let mark = params![conversation, length / MARKED, *size];
                transaction.prepare_cached(MARK)?.execute(mark)?;
            }
            heads[nth] = (length + 1, *size);
            touched.insert(conversation, heads[nth]);
            *size += 1;
        }
        for (conversation, (length, last)) in touched {
            let head = params![conversation, last, length];
            transaction.prepare_cached(HEAD)?.execute(head)?;
        }
        let frontier = vec![7_u8; 33 * usize::try_from(size.count_ones())?];
        let state = params![*size, frontier, TIME];
        transaction.prepare_cached(STATE)?.execute(state)?;
        let root = params![*size, sample.commitment, TIME];
        transaction.prepare_cached(ROOT)?.execute(root)?;
        Ok(transaction.commit()?)
    }
}

fn name(nth: usize) -> [u8; 16] {
    (nth as u128)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
        .to_be_bytes()
}
