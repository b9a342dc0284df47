//! Periods, buckets, holds, disposals.

use verbatim_domain::retention::{Period, Starts};
use verbatim_domain::{DisposalId, Timestamp};
use verbatim_engine::ports::{
    Act, Bucket, ClassPeriod, Disposal, DisposalState, Hold, Promise, StoreError,
};
use verbatim_record::{BucketId, RetentionClass};

use super::strange;
use crate::sql::retention as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

/// The bucket in two columns.
fn bucket_id(row: &Row, at: usize) -> Result<BucketId, StoreError> {
    Ok(BucketId {
        class: RetentionClass(row.get(at)?),
        expiry_month: row.get(at + 1)?,
    })
}

/// Who did something and when, in two columns; none if nobody did.
fn act(row: &Row, at: usize) -> Result<Option<Act>, StoreError> {
    let (by, when): (Option<String>, Option<Timestamp>) = (row.get(at)?, row.get(at + 1)?);
    Ok(by.zip(when).map(|(by, at)| Act { by, at }))
}

/// Every period that was ever in force.
pub(crate) async fn periods(tx: &dyn Tx, (): &()) -> Result<Vec<ClassPeriod>, StoreError> {
    let read = |row: &Row| {
        let starts = match row.get::<u8>(2)? {
            0 => Starts::Creation,
            month => Starts::FiscalYearEnd(month),
        };
        Ok(ClassPeriod {
            class: row.get(0)?,
            period: Period {
                months: row.get(1)?,
                starts,
            },
        })
    };
    tx.query(&sql::PERIODS, vec![])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Every promise about somebody's records.
pub(crate) async fn promises(tx: &dyn Tx, (): &()) -> Result<Vec<Promise>, StoreError> {
    let read = |row: &Row| {
        Ok(Promise {
            index: row.get(0)?,
            terms: row.get(1)?,
            made: act(row, 2)?.ok_or_else(|| strange("promise", "made by nobody"))?,
        })
    };
    tx.query(&sql::PROMISES, vec![])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// All buckets.
pub(crate) async fn buckets(tx: &dyn Tx, (): &()) -> Result<Vec<Bucket>, StoreError> {
    let read = |row: &Row| {
        Ok(Bucket {
            id: bucket_id(row, 0)?,
            kept_until: row.get(2)?,
            disposal: row.get(3)?,
            records: row.get(4)?,
        })
    };
    tx.query(&sql::BUCKETS, vec![])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// One bucket, without the number of its records.
pub(crate) async fn bucket(tx: &dyn Tx, id: BucketId) -> Result<Option<Bucket>, StoreError> {
    let params = params![i64::from(id.class.0), id.expiry_month];
    let row = tx.query_opt(&sql::BUCKET, params).await?;
    row.map(|row| {
        Ok(Bucket {
            id,
            kept_until: row.get(0)?,
            disposal: row.get(1)?,
            records: 0,
        })
    })
    .transpose()
}

/// How many data keys a bucket wraps.
pub(crate) async fn bucket_size(tx: &dyn Tx, id: BucketId) -> Result<u64, StoreError> {
    let params = params![i64::from(id.class.0), id.expiry_month];
    let row = tx.query_opt(&sql::BUCKET_SIZE, params).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// How many of them edges sealed, and nobody has adopted.
pub(crate) async fn unadopted_in(tx: &dyn Tx, id: BucketId) -> Result<u64, StoreError> {
    let params = params![i64::from(id.class.0), id.expiry_month];
    let row = tx.query_opt(&sql::BUCKET_UNADOPTED, params).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// How often the holds have changed.
pub(crate) async fn hold_changes(tx: &dyn Tx) -> Result<u64, StoreError> {
    let row = tx.query_opt(&sql::HOLD_CHANGES, vec![]).await?;
    let none = || StoreError::Damaged("the holds have no count".into());
    row.ok_or_else(none)?.get(0)
}

/// All holds, and how often they have changed.
pub(crate) async fn holds(tx: &dyn Tx, (): &()) -> Result<(u64, Vec<Hold>), StoreError> {
    // The count first: a change in between makes it too old, which is noticed; never too new.
    let changes = hold_changes(tx).await?;
    let read = |row: &Row| {
        Ok(Hold {
            id: row.get(0)?,
            terms: row.get(1)?,
            set: act(row, 2)?.ok_or_else(|| strange("hold", "set by nobody"))?,
            asked: act(row, 4)?,
            released: act(row, 6)?,
        })
    };
    let rows = tx.query(&sql::HOLDS, vec![]).await?;
    let holds = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
    Ok((changes, holds))
}

fn read_disposal(row: &Row) -> Result<Disposal, StoreError> {
    let state = match row.get::<u8>(3)? {
        0 => DisposalState::Withdrawn,
        1 => DisposalState::Proposed,
        2 => DisposalState::Approved,
        3 => DisposalState::Destroyed,
        4 => DisposalState::Done,
        other => return Err(strange("state of a disposal", other)),
    };
    Ok(Disposal {
        id: row.get(0)?,
        bucket: bucket_id(row, 1)?,
        state,
        proposed: act(row, 4)?.ok_or_else(|| strange("disposal", "proposed by nobody"))?,
        approved: act(row, 6)?,
        destroyed_at: row.get(8)?,
        certificate: row.get(9)?,
        disposed: row.get(10)?,
        held: row.get(11)?,
        contact: row.get(12)?,
        withdrawn: act(row, 13)?,
    })
}

/// All disposals in order.
pub(crate) async fn disposals(tx: &dyn Tx, (): &()) -> Result<Vec<Disposal>, StoreError> {
    tx.query(&sql::DISPOSALS, vec![])
        .await?
        .iter()
        .map(read_disposal)
        .collect()
}

/// One disposal.
pub(crate) async fn disposal(tx: &dyn Tx, id: DisposalId) -> Result<Option<Disposal>, StoreError> {
    let row = tx.query_opt(&sql::DISPOSAL, params![id]).await?;
    row.map(|row| read_disposal(&row)).transpose()
}
