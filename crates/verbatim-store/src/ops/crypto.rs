//! Changes to the platform adapter's rows: one transaction, under the fence. They are applied in order,
//! each by a statement of its own, so that a later change of a batch wins over an earlier one.

use verbatim_engine::ports::{Fence, GroupSessionRow, RowChange, StoreError};

use super::lease;
use crate::sql::crypto as sql;
use crate::value::params;
use crate::work::Work;

/// A batch of changes to a namespace.
pub(crate) struct Batch {
    pub(crate) namespace: String,
    pub(crate) fence: Option<Fence>,
    pub(crate) changes: Vec<RowChange>,
}

/// Applies a batch, if its fence still stands.
pub(crate) async fn apply(work: &mut Work, batch: &Batch) -> Result<(), StoreError> {
    lease::check(work, batch.fence).await?;
    for change in &batch.changes {
        one(work, &batch.namespace, change).await?;
    }
    Ok(())
}

async fn one(work: &Work, ns: &str, change: &RowChange) -> Result<(), StoreError> {
    let tx = &work.tx;
    match change {
        RowChange::Put(key, data) => {
            let (kind, k1, k2) = (key.kind.as_str(), key.k1.as_str(), key.k2.as_str());
            tx.send(&sql::ROW_PUT, params![ns, kind, k1, k2, data.as_slice()])
                .await
        }
        RowChange::Delete(key) => {
            let (kind, k1, k2) = (key.kind.as_str(), key.k1.as_str(), key.k2.as_str());
            tx.send(&sql::ROW_DELETE, params![ns, kind, k1, k2]).await
        }
        RowChange::DeleteKind(kind) => {
            tx.send(&sql::ROW_DELETE_KIND, params![ns, kind.as_str()])
                .await
        }
        RowChange::PutGroupSession(session) => put_session(work, ns, session).await,
        RowChange::MarkBackedUp(None, mark) => {
            tx.send(&sql::SESSIONS_MARK_ALL, params![ns, *mark]).await
        }
        RowChange::MarkBackedUp(Some(sessions), mark) => {
            for session in sessions {
                tx.send(&sql::SESSION_MARK, params![ns, session.as_str(), *mark])
                    .await?;
            }
            Ok(())
        }
    }
}

async fn put_session(work: &Work, ns: &str, row: &GroupSessionRow) -> Result<(), StoreError> {
    let GroupSessionRow {
        session_id,
        room_id,
        sender_key,
        sender_data_type,
        backed_up,
        data,
    } = row;
    let params = params![
        ns,
        session_id.as_str(),
        room_id.as_str(),
        sender_key.as_str(),
        i64::from(*sender_data_type),
        *backed_up,
        data.as_slice(),
    ];
    work.tx.send(&sql::SESSION_PUT, params).await
}
