//! A place for cryptographic state that has none and takes none: for checks beside a running service.

use async_trait::async_trait;
use verbatim_engine::ports::{
    CryptoRows, Fence, GroupSessionQuery, GroupSessionRow, RowChange, RowKey, RowLease, StoreError,
};

pub(crate) struct NoRows;

fn refused() -> StoreError {
    StoreError::Unavailable("checks keep no keys".to_owned())
}

#[async_trait]
impl CryptoRows for NoRows {
    async fn apply(&self, _: &str, _: Option<Fence>, _: Vec<RowChange>) -> Result<(), StoreError> {
        Err(refused())
    }
    async fn get(&self, _: &str, _: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        Err(refused())
    }
    async fn list(
        &self,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError> {
        Err(refused())
    }
    async fn group_sessions(
        &self,
        _: &str,
        _: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, StoreError> {
        Err(refused())
    }
    async fn group_session_counts(
        &self,
        _: &str,
        _: Option<&str>,
    ) -> Result<(usize, usize), StoreError> {
        Err(refused())
    }
    async fn lease(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: u32,
    ) -> Result<Option<RowLease>, StoreError> {
        Err(refused())
    }
}
