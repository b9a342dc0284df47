//! The crypto library's store on our own rows: one namespace per device, everything sealed.
//!
//! [`rows`](RowsParts) seals and opens, `kinds` names what is kept, `write` turns a batch of changes into
//! row changes, `traits` answers the library. The library's own conformance suite runs over it on every
//! store we have.

mod error;
pub(crate) mod kinds;
mod rows;
mod traits;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use matrix_sdk_crypto::olm::{InboundGroupSession, StaticAccountData};
use tokio::sync::Mutex;
use verbatim_engine::ports::GroupSessionRow;

use crate::cache::Cache;

pub use error::RowsError;
pub(crate) use error::crypto_store_error;
pub use rows::RowsParts;
pub(crate) use rows::{SealedRows, key};

/// Opened rows of a user's devices, by device id.
type DeviceRows = Arc<BTreeMap<String, Vec<u8>>>;

/// The crypto store of one device.
pub struct RowsCryptoStore {
    rows: SealedRows,
    /// Known once this object has saved or loaded the account.
    account: RwLock<Option<StaticAccountData>>,
    /// Sessions are pickled while saving; two savers at once could store the older state last.
    saving: Mutex<()>,
    /// Devices and identities as last read, since encrypting one message asks for the same few of them
    /// many times. Public keys and marks only; one writer owns a namespace at a time (the fence).
    devices: Cache<DeviceRows>,
    identities: Cache<Option<Arc<Vec<u8>>>>,
}

impl RowsCryptoStore {
    /// Opens the namespace of a device.
    pub fn new(parts: RowsParts, namespace: impl Into<String>) -> Self {
        Self {
            rows: SealedRows::new(parts, namespace),
            account: RwLock::default(),
            saving: Mutex::default(),
            devices: Cache::default(),
            identities: Cache::default(),
        }
    }

    /// User, device and identity keys of the account, once this object has saved or loaded it.
    pub fn get_static_account(&self) -> Option<StaticAccountData> {
        self.account
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn remember(&self, account: &StaticAccountData) {
        *self.account.write().unwrap_or_else(PoisonError::into_inner) = Some(account.clone());
    }

    fn inbound(&self, row: &GroupSessionRow) -> Result<InboundGroupSession, RowsError> {
        let plain = self
            .rows
            .open(kinds::INBOUND, &row.room_id, &row.session_id, &row.data)?;
        let mut pickle: matrix_sdk_crypto::olm::PickledInboundGroupSession =
            serde_json::from_slice(&plain)?;
        // The column is what marking and resetting change; the pickle may be older.
        pickle.backed_up = row.backed_up;
        InboundGroupSession::from_pickle(pickle).map_err(|_| RowsError::Unpickle)
    }

    /// A user's devices, from memory if possible.
    async fn device_rows(&self, user: &str) -> Result<DeviceRows, RowsError> {
        let version = match self.devices.get(user) {
            Ok(known) => return Ok(known),
            Err(version) => version,
        };
        let rows = self.rows.list_bytes(kinds::DEVICE, Some(user)).await?;
        let devices = rows
            .into_iter()
            .map(|(key, plain)| (key.k2, plain.to_vec()))
            .collect();
        let devices: DeviceRows = Arc::new(devices);
        self.devices.keep(user, devices.clone(), version);
        Ok(devices)
    }

    /// A user's public identity, from memory if possible.
    async fn identity_row(&self, user: &str) -> Result<Option<Arc<Vec<u8>>>, RowsError> {
        let version = match self.identities.get(user) {
            Ok(known) => return Ok(known),
            Err(version) => version,
        };
        let plain = self.rows.bytes(kinds::USER_IDENTITY, user, "").await?;
        let plain = plain.map(|plain| Arc::new(plain.to_vec()));
        self.identities.keep(user, plain.clone(), version);
        Ok(plain)
    }
}

impl fmt::Debug for RowsCryptoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsCryptoStore")
            .field("namespace", &self.rows.namespace())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
