//! Records and roots.

use verbatim_domain::{ConversationId, RecordId, Timestamp};
use verbatim_engine::ports::{LogRoot, StoreError, StoredRecord};
use verbatim_record::merkle::Frontier;
use verbatim_record::{BucketId, Kind, RetentionClass, SealedRecord};

use super::strange;
use crate::sql::log as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

/// Records or roots read at once, at most.
pub(super) const MOST: u32 = 10_000;

fn record(row: &Row) -> Result<StoredRecord, StoreError> {
    let kind: u8 = row.get(1)?;
    let conversation: ConversationId = row.get(11)?;
    let bucket = BucketId {
        class: RetentionClass(row.get(3)?),
        expiry_month: row.get(4)?,
    };
    let wrapped_key: Option<Vec<u8>> = row.get(16)?;
    let wrapped_by = match wrapped_key {
        None => bucket,
        Some(_) => BucketId {
            class: RetentionClass(row.get(14)?),
            expiry_month: row.get(15)?,
        },
    };
    Ok(StoredRecord {
        sealed: SealedRecord {
            id: row.get(0)?,
            kind: Kind::from_code(kind).ok_or_else(|| strange("record kind", kind))?,
            captured_at: row.get(2)?,
            bucket,
            wrapped_by,
            commitment: row.get(5)?,
            ciphertext_hash: row.get(6)?,
            key_commitment: row.get(7)?,
            ciphertext: row.get(8)?,
            wrapped_key: wrapped_key.unwrap_or_default(),
        },
        leaf_bytes: row.get(9)?,
        leaf_hash: row.get(10)?,
        conversation: (conversation != ConversationId::NONE).then_some(conversation),
        conversation_seq: row.get(12)?,
        global_seq: row.get(13)?,
    })
}

fn root(row: &Row) -> Result<LogRoot, StoreError> {
    Ok(LogRoot {
        size: row.get(0)?,
        root: row.get(1)?,
        at: row.get(2)?,
    })
}

/// Records from a log position on.
pub(crate) async fn records(
    tx: &dyn Tx,
    (from, limit): &(u64, u32),
) -> Result<Vec<StoredRecord>, StoreError> {
    let params = params![*from, (*limit).min(MOST)];
    tx.query(&sql::RECORDS, params)
        .await?
        .iter()
        .map(record)
        .collect()
}

/// Records of a conversation (or of none) from a conversation position on.
pub(crate) async fn records_of(
    tx: &dyn Tx,
    (conversation, from, limit): &(Option<ConversationId>, u64, u32),
) -> Result<Vec<StoredRecord>, StoreError> {
    let conversation = conversation.unwrap_or(ConversationId::NONE);
    let params = params![conversation, *from, (*limit).min(MOST)];
    tx.query(&sql::RECORDS_OF, params)
        .await?
        .iter()
        .map(record)
        .collect()
}

/// Records of exports from a log position on.
pub(crate) async fn exports(
    tx: &dyn Tx,
    (from, limit): &(u64, u32),
) -> Result<Vec<StoredRecord>, StoreError> {
    let params = params![*from, (*limit).min(MOST)];
    tx.query(&sql::EXPORTS, params)
        .await?
        .iter()
        .map(record)
        .collect()
}

/// Records whose data key a bucket wraps now, behind a log position.
pub(crate) async fn records_in(
    tx: &dyn Tx,
    (bucket, after, limit): &(BucketId, Option<u64>, u32),
) -> Result<Vec<StoredRecord>, StoreError> {
    let class = i64::from(bucket.class.0);
    let after = behind(*after)?;
    let params = params![class, bucket.expiry_month, after, (*limit).min(MOST)];
    tx.query(&sql::RECORDS_IN, params)
        .await?
        .iter()
        .map(record)
        .collect()
}

/// Records that edges sealed and nobody has adopted, behind a log position.
pub(crate) async fn unadopted(
    tx: &dyn Tx,
    (after, limit): &(Option<u64>, u32),
) -> Result<Vec<StoredRecord>, StoreError> {
    let params = params![behind(*after)?, (*limit).min(MOST)];
    tx.query(&sql::RECORDS_UNADOPTED, params)
        .await?
        .iter()
        .map(record)
        .collect()
}

fn behind(after: Option<u64>) -> Result<i64, StoreError> {
    let after = after.map_or(Ok(-1), i64::try_from);
    after.map_err(|_| StoreError::Conflict("not a position".into()))
}

/// A record by its id.
pub(crate) async fn by_id(tx: &dyn Tx, id: &RecordId) -> Result<Option<StoredRecord>, StoreError> {
    let row = tx.query_opt(&sql::RECORD, params![*id]).await?;
    row.map(|row| record(&row)).transpose()
}

/// How many records a conversation has: its positions have no gaps.
pub(crate) async fn length_of(
    tx: &dyn Tx,
    conversation: &Option<ConversationId>,
) -> Result<u64, StoreError> {
    let conversation = conversation.unwrap_or(ConversationId::NONE);
    let row = tx.query_opt(&sql::LOG_HEAD, params![conversation]).await?;
    row.map_or(Ok(0), |row| Ok(row.get::<u64>(0)? + 1))
}

/// The root as of the last commit; of an empty log, the empty root.
pub(crate) async fn last_root(tx: &dyn Tx, (): &()) -> Result<LogRoot, StoreError> {
    match tx.query_opt(&sql::ROOT_LAST, vec![]).await? {
        Some(row) => root(&row),
        None => Ok(LogRoot {
            size: 0,
            root: Frontier::new().root(),
            at: Timestamp(0),
        }),
    }
}

/// Roots with a greater size, smallest first.
pub(crate) async fn roots(
    tx: &dyn Tx,
    (after, limit): &(u64, u32),
) -> Result<Vec<LogRoot>, StoreError> {
    let params = params![*after, (*limit).min(MOST)];
    tx.query(&sql::ROOTS, params)
        .await?
        .iter()
        .map(root)
        .collect()
}
