//! Leases by the database's clock, and the fence that every guarded write passes.

use verbatim_engine::ports::{Fence, RowLease, StoreError};

use crate::sql::jobs as sql;
use crate::tx::Tx;
use crate::value::params;
use crate::work::Work;

/// The lease that a [`Fence`] proves.
const WORKER: &str = "worker";

/// Which lease, by whom, for how long. The product's own leases have the empty namespace.
pub(crate) struct Claim {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) holder: String,
    pub(crate) duration_ms: u64,
}

struct Standing {
    holder: String,
    expires: i64,
    generation: u64,
}

async fn standing(tx: &dyn Tx, ns: &str, name: &str) -> Result<Option<Standing>, StoreError> {
    let Some(row) = tx.query_opt(&sql::LEASE, params![ns, name]).await? else {
        return Ok(None);
    };
    let (holder, expires, generation) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Some(Standing {
        holder,
        expires,
        generation,
    }))
}

async fn put(work: &Work, claim: &Claim, lease: Standing) -> Result<(), StoreError> {
    let Standing {
        holder,
        expires,
        generation,
    } = lease;
    let params = params![&*claim.namespace, &*claim.name, holder, expires, generation];
    work.tx.execute(&sql::LEASE_PUT, params).await.map(drop)
}

/// Takes or renews: the same holder keeps its generation, another one gets the next after the end.
pub(crate) async fn take(work: &mut Work, claim: &Claim) -> Result<Option<RowLease>, StoreError> {
    let row = work.tx.query_opt(&sql::NOW, vec![]).await?;
    let now: i64 = row
        .ok_or_else(|| StoreError::Damaged("no clock".into()))?
        .get(0)?;
    let generation = match standing(&*work.tx, &claim.namespace, &claim.name).await? {
        None => 1,
        Some(lease) if lease.holder == claim.holder => lease.generation,
        Some(lease) if lease.expires <= now => lease.generation + 1,
        Some(_) => return Ok(None),
    };
    let expires = now.saturating_add_unsigned(claim.duration_ms);
    put(
        work,
        claim,
        Standing {
            holder: claim.holder.clone(),
            expires,
            generation,
        },
    )
    .await?;
    Ok(Some(RowLease { generation }))
}

/// Gives a lease back, if held. Fences drawn from it fall at once, not only when somebody else comes.
pub(crate) async fn release(work: &mut Work, claim: &Claim) -> Result<(), StoreError> {
    match standing(&*work.tx, &claim.namespace, &claim.name).await? {
        Some(lease) if lease.holder == claim.holder => {
            let generation = lease.generation + 1;
            put(
                work,
                claim,
                Standing {
                    holder: String::new(),
                    expires: 0,
                    generation,
                },
            )
            .await
        }
        _ => Ok(()),
    }
}

/// Whether the fence still stands: the worker lease has changed hands if its generation differs.
pub(super) async fn check(work: &Work, fence: Option<Fence>) -> Result<(), StoreError> {
    let Some(fence) = fence else { return Ok(()) };
    match standing(&*work.tx, "", WORKER).await? {
        Some(lease) if lease.generation == fence.generation => Ok(()),
        _ => Err(StoreError::Fenced),
    }
}
