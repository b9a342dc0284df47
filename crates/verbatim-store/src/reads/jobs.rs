//! Jobs that may run, and how much waits.

use std::collections::HashSet;

use verbatim_domain::Timestamp;
use verbatim_engine::ports::{Job, JobKind, Lane, QueueStat, StoreError};

use super::strange;
use crate::sql::jobs as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

/// Jobs read at once, at most.
const MOST: u32 = 10_000;

fn kind(code: i16) -> Result<JobKind, StoreError> {
    Ok(match code {
        1 => JobKind::RoomEvent,
        2 => JobKind::OpenRoom,
        3 => JobKind::Say,
        4 => JobKind::Show,
        5 => JobKind::Submit,
        6 => JobKind::Route,
        7 => JobKind::OfferRoom,
        8 => JobKind::Dispose,
        other => return Err(strange("job kind", other)),
    })
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.get(0)?,
        lane: row.get(1)?,
        kind: kind(row.get(2)?)?,
        created: row.get(3)?,
        attempts: row.get(4)?,
        due: row.get(5)?,
        payload: row.get(6)?,
        conversation: row.get(7)?,
        message: row.get(8)?,
        room: row.get(9)?,
    })
}

/// So many more rows than busy lanes that enough are left when those are taken out.
fn rows(limit: u32, busy: usize) -> u32 {
    limit
        .saturating_add(u32::try_from(busy).unwrap_or(MOST))
        .min(MOST)
}

/// Heads of lanes that are due, oldest first, without the lanes named.
pub(crate) async fn due(
    tx: &dyn Tx,
    (now, busy, limit): &(Timestamp, Vec<Lane>, u32),
) -> Result<Vec<Job>, StoreError> {
    let found = tx
        .query(&sql::JOBS_DUE, params![*now, rows(*limit, busy.len())])
        .await?;
    let busy: HashSet<&str> = busy.iter().map(|lane| lane.0.as_str()).collect();
    let free = |row: &&Row| {
        row.get::<String>(1)
            .is_ok_and(|lane| !busy.contains(lane.as_str()))
    };
    found
        .iter()
        .filter(free)
        .take(*limit as usize)
        .map(read)
        .collect()
}

/// When the next head becomes due, without the lanes named.
pub(crate) async fn next(tx: &dyn Tx, busy: &[Lane]) -> Result<Option<Timestamp>, StoreError> {
    for row in tx
        .query(&sql::NEXT_DUE, params![rows(1, busy.len())])
        .await?
    {
        if !busy.contains(&row.get(0)?) {
            return row.get(1).map(Some);
        }
    }
    Ok(None)
}

/// What waits, by kind.
pub(crate) async fn stats(tx: &dyn Tx, (): &()) -> Result<Vec<QueueStat>, StoreError> {
    let stat = |row: &Row| {
        Ok(QueueStat {
            kind: kind(row.get(0)?)?,
            depth: row.get(1)?,
            oldest: row.get(2)?,
        })
    };
    tx.query(&sql::QUEUE_STATS, vec![])
        .await?
        .iter()
        .map(stat)
        .collect()
}
