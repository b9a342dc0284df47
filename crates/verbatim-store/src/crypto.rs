//! The platform adapter's rows on either database.

use async_trait::async_trait;
use verbatim_engine::ports::{
    CryptoRows, Fence, GroupSessionQuery, GroupSessionRow, RowChange, RowKey, RowLease, StoreError,
};

use crate::ops::{self, crypto::Batch, lease::Claim};
use crate::reads;
use crate::store::{SqlStore, read_with, write_with};

#[async_trait]
impl CryptoRows for SqlStore {
    async fn apply(
        &self,
        namespace: &str,
        fence: Option<Fence>,
        changes: Vec<RowChange>,
    ) -> Result<(), StoreError> {
        let batch = Batch {
            namespace: namespace.into(),
            fence,
            changes,
        };
        write_with!(self, ops::crypto::apply, batch)
    }

    async fn get(&self, namespace: &str, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        read_with!(
            self,
            reads::crypto::get,
            (namespace.to_owned(), key.clone())
        )
    }

    async fn list(
        &self,
        namespace: &str,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError> {
        let which = (namespace.to_owned(), kind.to_owned(), k1.map(str::to_owned));
        read_with!(self, reads::crypto::list, which)
    }

    async fn group_sessions(
        &self,
        namespace: &str,
        query: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, StoreError> {
        read_with!(self, reads::crypto::sessions, (namespace.to_owned(), query))
    }

    async fn group_session_counts(
        &self,
        namespace: &str,
        room: Option<&str>,
    ) -> Result<(usize, usize), StoreError> {
        let which = (namespace.to_owned(), room.map(str::to_owned));
        read_with!(self, reads::crypto::counts, which)
    }

    async fn lease(
        &self,
        namespace: &str,
        name: &str,
        holder: &str,
        duration_ms: u32,
    ) -> Result<Option<RowLease>, StoreError> {
        let claim = Claim {
            // Its own part of the table: a device's lease can never stand for the worker's.
            namespace: format!("rows:{namespace}"),
            name: name.into(),
            holder: holder.into(),
            duration_ms: duration_ms.into(),
        };
        write_with!(self, ops::lease::take, claim)
    }
}
