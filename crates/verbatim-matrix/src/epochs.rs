//! How often each employee's device list has changed, told to the stand-ins' machines.
//!
//! The homeserver tells only the bot, since only the bot syncs. A stand-in's machine that has seen an older
//! count than the present one must ask for the devices again before it encrypts. Counts are rows, so that a
//! change is not forgotten by a crash between hearing of it and acting on it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ruma::OwnedUserId;

use crate::crypto_store::{RowsError, RowsParts, SealedRows};

const NAMESPACE: &str = "device-list-epochs";
const KIND: &str = "epoch";

pub(crate) struct Epochs {
    rows: SealedRows,
    current: RwLock<HashMap<OwnedUserId, u64>>,
}

impl Epochs {
    pub(crate) async fn load(parts: RowsParts) -> Result<Self, RowsError> {
        let rows = SealedRows::new(parts, NAMESPACE);
        let current = read(&rows, KIND).await?;
        Ok(Self {
            rows,
            current: RwLock::new(current),
        })
    }

    pub(crate) fn of(&self, user: &OwnedUserId) -> u64 {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(user).copied().unwrap_or(0)
    }

    /// Counts a change for each user. Must be durable before the sync position moves past it.
    pub(crate) async fn bump(&self, users: &[OwnedUserId]) -> Result<(), RowsError> {
        let next: HashMap<_, _> = users
            .iter()
            .map(|user| (user.clone(), self.of(user) + 1))
            .collect();
        write(&self.rows, KIND, &next).await?;
        self.current
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(next);
        Ok(())
    }
}

/// Counts by user, as rows of one kind.
pub(crate) async fn read(
    rows: &SealedRows,
    kind: &str,
) -> Result<HashMap<OwnedUserId, u64>, RowsError> {
    let counts = rows
        .list_bytes(kind, None)
        .await?
        .into_iter()
        .filter_map(|(key, plain)| {
            let count = u64::from_le_bytes(plain.as_slice().try_into().ok()?);
            Some((OwnedUserId::try_from(key.k1).ok()?, count))
        });
    Ok(counts.collect())
}

pub(crate) async fn write(
    rows: &SealedRows,
    kind: &str,
    counts: &HashMap<OwnedUserId, u64>,
) -> Result<(), RowsError> {
    let row = |(user, count): (&OwnedUserId, &u64)| {
        rows.put_bytes(kind, user.as_str(), "", &count.to_le_bytes())
    };
    rows.apply(counts.iter().map(row).collect()).await
}
