//! Rows of one namespace, sealed. The seal is bound to the row's place, so that rows cannot be exchanged.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use verbatim_engine::ports::{
    CryptoRows, Entropy, Fence, GroupSessionQuery, GroupSessionRow, RowChange, RowKey,
};
use verbatim_record::Vault;
use zeroize::Zeroizing;

use super::error::RowsError;

const PURPOSE: &str = "matrix-device-state";

/// What is needed to open a namespace.
#[derive(Clone)]
pub struct RowsParts {
    /// The rows.
    pub rows: Arc<dyn CryptoRows>,
    /// Seals and opens them.
    pub vault: Arc<Vault>,
    /// Draws nonces.
    pub entropy: Arc<dyn Entropy>,
    /// Must still stand at every write. Fixed for the life of the object: a machine that was built under
    /// an older lease can never write under a newer one.
    pub fence: Option<Fence>,
}

/// The rows of one namespace.
pub(crate) struct SealedRows {
    parts: RowsParts,
    namespace: String,
}

impl SealedRows {
    pub(crate) fn new(parts: RowsParts, namespace: impl Into<String>) -> Self {
        Self {
            parts,
            namespace: namespace.into(),
        }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn index(&self, value: &str) -> String {
        hex::encode(self.parts.vault.index(PURPOSE, value))
    }

    /// NUL cannot occur in any of the parts, so no two places have the same context.
    fn context(&self, kind: &str, k1: &str, k2: &str) -> Vec<u8> {
        [self.namespace.as_str(), kind, k1, k2]
            .join("\0")
            .into_bytes()
    }

    pub(crate) fn seal(&self, kind: &str, k1: &str, k2: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 24];
        self.parts.entropy.fill(&mut nonce);
        self.parts
            .vault
            .seal(PURPOSE, &self.context(kind, k1, k2), plain, nonce)
    }

    pub(crate) fn open(
        &self,
        kind: &str,
        k1: &str,
        k2: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RowsError> {
        Ok(Zeroizing::new(self.parts.vault.open(
            PURPOSE,
            &self.context(kind, k1, k2),
            sealed,
        )?))
    }

    pub(crate) fn put_bytes(&self, kind: &str, k1: &str, k2: &str, plain: &[u8]) -> RowChange {
        RowChange::Put(key(kind, k1, k2), self.seal(kind, k1, k2, plain))
    }

    pub(crate) fn put<T: Serialize>(
        &self,
        kind: &str,
        k1: &str,
        k2: &str,
        value: &T,
    ) -> Result<RowChange, RowsError> {
        let plain = Zeroizing::new(serde_json::to_vec(value)?);
        Ok(self.put_bytes(kind, k1, k2, &plain))
    }

    pub(crate) async fn apply(&self, changes: Vec<RowChange>) -> Result<(), RowsError> {
        if changes.is_empty() {
            return Ok(());
        }
        Ok(self
            .parts
            .rows
            .apply(&self.namespace, self.parts.fence, changes)
            .await?)
    }

    pub(crate) async fn bytes(
        &self,
        kind: &str,
        k1: &str,
        k2: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RowsError> {
        let sealed = self
            .parts
            .rows
            .get(&self.namespace, &key(kind, k1, k2))
            .await?;
        sealed
            .map(|sealed| self.open(kind, k1, k2, &sealed))
            .transpose()
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        kind: &str,
        k1: &str,
        k2: &str,
    ) -> Result<Option<T>, RowsError> {
        let plain = self.bytes(kind, k1, k2).await?;
        Ok(plain
            .map(|plain| serde_json::from_slice(&plain))
            .transpose()?)
    }

    pub(crate) async fn list_bytes(
        &self,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Zeroizing<Vec<u8>>)>, RowsError> {
        let rows = self.parts.rows.list(&self.namespace, kind, k1).await?;
        let open = |(key, sealed): (RowKey, Vec<u8>)| {
            let plain = self.open(&key.kind, &key.k1, &key.k2, &sealed)?;
            Ok((key, plain))
        };
        rows.into_iter().map(open).collect()
    }

    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<T>, RowsError> {
        let rows = self.list_bytes(kind, k1).await?;
        rows.iter()
            .map(|(_, plain)| Ok(serde_json::from_slice(plain)?))
            .collect()
    }

    pub(crate) async fn group_sessions(
        &self,
        query: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, RowsError> {
        Ok(self
            .parts
            .rows
            .group_sessions(&self.namespace, query)
            .await?)
    }

    pub(crate) async fn group_session_counts(&self) -> Result<(usize, usize), RowsError> {
        Ok(self
            .parts
            .rows
            .group_session_counts(&self.namespace, None)
            .await?)
    }

    pub(crate) async fn lease(
        &self,
        name: &str,
        holder: &str,
        duration_ms: u32,
    ) -> Result<Option<u64>, RowsError> {
        let lease = self
            .parts
            .rows
            .lease(&self.namespace, name, holder, duration_ms)
            .await?;
        Ok(lease.map(|lease| lease.generation))
    }
}

pub(crate) fn key(kind: &str, k1: &str, k2: &str) -> RowKey {
    RowKey {
        kind: kind.to_owned(),
        k1: k1.to_owned(),
        k2: k2.to_owned(),
    }
}
