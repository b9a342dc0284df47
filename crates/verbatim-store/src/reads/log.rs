//! Records and roots.

use verbatim_domain::{ConversationId, RecordId, Timestamp};
use verbatim_engine::ports::{ConversationEnd, LogRoot, MARKED, StoreError, StoredRecord};
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
        previous: row.get(17)?,
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
    let Some((length, last)) = head(tx, conversation).await? else {
        return Ok(vec![]);
    };
    let end = from.saturating_add((*limit).min(MOST).into()).min(length);
    if *from >= end {
        return Ok(vec![]);
    }
    let begin = nearest(tx, conversation, end - 1, (length, last)).await?;
    let params = params![conversation, begin, *from, end];
    let rows = tx.query(&sql::RECORDS_OF, params).await?;
    let records = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let found = records.iter().map(|record| record.conversation_seq);
    if found.eq(*from..end) {
        Ok(records)
    } else {
        Err(broken(conversation))
    }
}

/// How many records a conversation has, and the place of the last.
async fn head(tx: &dyn Tx, conversation: ConversationId) -> Result<Option<(u64, u64)>, StoreError> {
    let Some(row) = tx.query_opt(&sql::LOG_HEAD, params![conversation]).await? else {
        return Ok(None);
    };
    match row.get::<Option<Vec<u8>>>(2)? {
        Some(_) => Ok(Some((row.get(0)?, row.get(1)?))),
        None => Err(broken(conversation)),
    }
}

/// The nearest place known from which a position in a conversation is reached backwards.
async fn nearest(
    tx: &dyn Tx,
    conversation: ConversationId,
    seq: u64,
    (length, last): (u64, u64),
) -> Result<u64, StoreError> {
    let mark = seq / MARKED;
    if (mark + 1) * MARKED > length {
        return Ok(last);
    }
    let place = mark_of(tx, &(Some(conversation), mark)).await?;
    place.ok_or_else(|| broken(conversation))
}

/// The place that a mark names.
pub(crate) async fn mark_of(
    tx: &dyn Tx,
    (conversation, mark): &(Option<ConversationId>, u64),
) -> Result<Option<u64>, StoreError> {
    let conversation = conversation.unwrap_or(ConversationId::NONE);
    let params = params![conversation, *mark];
    let row = tx.query_opt(&sql::MARK, params).await?;
    row.map(|row| row.get(0)).transpose()
}

/// How many marks name a place before this one.
pub(crate) async fn mark_count(tx: &dyn Tx, before: &u64) -> Result<u64, StoreError> {
    let row = tx.query_opt(&sql::MARK_COUNT, params![*before]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

fn broken(conversation: ConversationId) -> StoreError {
    StoreError::Damaged(format!(
        "the records of conversation {conversation} do not lead from one to the other"
    ))
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

/// Records that edges sealed and nobody has adopted, behind a log position. One row that is no record keeps
/// nobody from the others: an edge may write what it likes.
pub(crate) async fn unadopted(
    tx: &dyn Tx,
    (after, limit): &(Option<u64>, u32),
) -> Result<Vec<(u64, Result<StoredRecord, StoreError>)>, StoreError> {
    let params = params![behind(*after)?, (*limit).min(MOST)];
    let rows = tx.query(&sql::RECORDS_UNADOPTED, params).await?;
    let placed = rows.iter().map(|row| Ok((row.get(13)?, record(row))));
    placed.collect()
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
    Ok(head(tx, conversation)
        .await?
        .map_or(0, |(length, _)| length))
}

/// Where a conversation ends.
pub(crate) async fn end_of(
    tx: &dyn Tx,
    conversation: &Option<ConversationId>,
) -> Result<Option<ConversationEnd>, StoreError> {
    let found = head(tx, conversation.unwrap_or(ConversationId::NONE)).await?;
    Ok(found.map(|(length, last)| ConversationEnd { length, last }))
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
