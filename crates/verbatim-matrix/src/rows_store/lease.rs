//! The crypto library's own named leases. They are not the worker lease: that one is the fence.

use super::RowsStore;
use super::error::RowsStoreError;

impl RowsStore {
    /// Takes or extends a lease by the database's clock; the generation if it is ours.
    pub(super) async fn take_lease(
        &self,
        duration_ms: u32,
        name: &str,
        holder: &str,
    ) -> Result<Option<u64>, RowsStoreError> {
        let lease = self
            .rows
            .lease(&self.codec.namespace, name, holder, duration_ms);
        Ok(lease.await?.map(|lease| lease.generation))
    }
}
