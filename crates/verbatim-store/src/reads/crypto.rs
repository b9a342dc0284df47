//! The platform adapter's rows.

use verbatim_engine::ports::{GroupSessionQuery, GroupSessionRow, RowKey, StoreError};

use crate::sql::crypto as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

/// One row.
pub(crate) async fn get(
    tx: &dyn Tx,
    (ns, key): &(String, RowKey),
) -> Result<Option<Vec<u8>>, StoreError> {
    let params = params![&**ns, &*key.kind, &*key.k1, &*key.k2];
    tx.query_opt(&sql::ROW, params)
        .await?
        .map(|row| row.get(0))
        .transpose()
}

/// All rows of a kind, optionally narrowed by the first part of the key.
pub(crate) async fn list(
    tx: &dyn Tx,
    (ns, kind, k1): &(String, String, Option<String>),
) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError> {
    let rows = match k1 {
        None => tx.query(&sql::ROWS, params![&**ns, &**kind]).await?,
        Some(k1) => {
            tx.query(&sql::ROWS_OF, params![&**ns, &**kind, &**k1])
                .await?
        }
    };
    let read = |row: &Row| {
        let key = RowKey {
            kind: kind.clone(),
            k1: row.get(0)?,
            k2: row.get(1)?,
        };
        Ok((key, row.get(2)?))
    };
    rows.iter().map(read).collect()
}

fn session(row: &Row) -> Result<GroupSessionRow, StoreError> {
    Ok(GroupSessionRow {
        session_id: row.get(0)?,
        room_id: row.get(1)?,
        sender_key: row.get(2)?,
        sender_data_type: row.get(3)?,
        backed_up: row.get(4)?,
        data: row.get(5)?,
    })
}

fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Inbound group sessions.
pub(crate) async fn sessions(
    tx: &dyn Tx,
    (ns, query): &(String, GroupSessionQuery),
) -> Result<Vec<GroupSessionRow>, StoreError> {
    let ns = ns.as_str();
    let rows = match query {
        GroupSessionQuery::One(id) => tx.query(&sql::SESSION, params![ns, &**id]).await,
        GroupSessionQuery::All => tx.query(&sql::SESSIONS, params![ns]).await,
        GroupSessionQuery::Room(room) => {
            tx.query(&sql::SESSIONS_OF_ROOM, params![ns, &**room]).await
        }
        GroupSessionQuery::NotBackedUp(limit) => {
            tx.query(&sql::SESSIONS_UNSAVED, params![ns, rows_of(*limit)])
                .await
        }
        GroupSessionQuery::Device {
            sender_key,
            sender_data_type,
            after,
            limit,
        } => {
            let after = after.as_deref().unwrap_or("");
            let kind = i64::from(*sender_data_type);
            let params = params![ns, &**sender_key, kind, after, rows_of(*limit)];
            tx.query(&sql::SESSIONS_OF_DEVICE, params).await
        }
    };
    rows?.iter().map(session).collect()
}

/// (all, backed up).
pub(crate) async fn counts(
    tx: &dyn Tx,
    (ns, room): &(String, Option<String>),
) -> Result<(usize, usize), StoreError> {
    let row = match room {
        None => tx.query_opt(&sql::SESSION_COUNTS, params![&**ns]).await?,
        Some(room) => {
            tx.query_opt(&sql::SESSION_COUNTS_OF_ROOM, params![&**ns, &**room])
                .await?
        }
    };
    let row = row.ok_or_else(|| StoreError::Damaged("a count without a row".into()))?;
    Ok((row.get::<u32>(0)? as usize, row.get::<u32>(1)? as usize))
}
