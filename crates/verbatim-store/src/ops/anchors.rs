//! Keeping what witnesses and time authorities have said.

use verbatim_engine::ports::{Cosignature, LogTimestamp, StoreError};

use crate::sql::anchors as sql;
use crate::value::params;
use crate::work::Work;

/// Keeps a cosignature. A witness that cosigns the same checkpoint again has only a later time.
pub(super) async fn put_cosignature(work: &Work, new: &Cosignature) -> Result<(), StoreError> {
    let row = params![new.witness.as_str(), new.size, new.line.as_str(), new.at];
    work.tx.send(&sql::COSIGNATURE_PUT, row).await
}

/// Keeps a timestamp.
pub(super) async fn add_timestamp(work: &Work, new: &LogTimestamp) -> Result<(), StoreError> {
    let row = params![
        new.size,
        new.authority.as_str(),
        new.request.as_slice(),
        new.response.as_slice(),
        new.at
    ];
    work.tx.send(&sql::TIMESTAMP_ADD, row).await
}
