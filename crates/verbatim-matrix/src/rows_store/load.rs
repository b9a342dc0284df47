//! Reads of everything but sessions.

use std::collections::HashMap;

use matrix_sdk_crypto::olm::{
    Account, OlmMessageHash, PickledAccount, PickledCrossSigningIdentity,
    PrivateCrossSigningIdentity,
};
use matrix_sdk_crypto::store::types::BackupKeys;
use matrix_sdk_crypto::{DeviceData, GossipRequest, SecretInfo};
use ruma::events::secret::request::SecretName;
use ruma::{DeviceId, OwnedDeviceId, UserId};
use serde::de::DeserializeOwned;
use verbatim_engine::ports::RowKey;
use zeroize::Zeroizing;

use super::RowsStore;
use super::codec::{clean, key, kind, unreadable};
use super::error::RowsStoreError;

impl RowsStore {
    /// The value of one row.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        kind: &str,
        k1: &str,
        k2: &str,
    ) -> Result<Option<T>, RowsStoreError> {
        let key = key(kind, k1, k2);
        let sealed = self.rows.get(&self.codec.namespace, &key).await?;
        sealed
            .map(|sealed| self.codec.open(&key, &sealed))
            .transpose()
    }

    /// The bytes of one row.
    pub(super) async fn read_bytes(
        &self,
        key: &RowKey,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RowsStoreError> {
        let sealed = self.rows.get(&self.codec.namespace, key).await?;
        sealed
            .map(|sealed| self.codec.open_bytes(key, &sealed))
            .transpose()
    }

    /// The values of all rows of a kind, or of those under one first part of the key.
    pub(super) async fn read_all<T: DeserializeOwned>(
        &self,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<T>, RowsStoreError> {
        let rows = self.list(kind, k1).await?;
        rows.iter()
            .map(|(key, sealed)| self.codec.open(key, sealed))
            .collect()
    }

    /// The rows of a kind as they are, or those under one first part of the key.
    pub(super) async fn list(
        &self,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, RowsStoreError> {
        let k1 = k1.map(clean);
        let rows = self.rows.list(&self.codec.namespace, kind, k1.as_deref());
        Ok(rows.await?)
    }

    pub(super) async fn read_account(&self) -> Result<Option<Account>, RowsStoreError> {
        let Some(pickle) = self.read::<PickledAccount>(kind::ACCOUNT, "", "").await? else {
            return Ok(None);
        };
        let account = Account::from_pickle(pickle).map_err(unreadable(kind::ACCOUNT))?;
        self.remember(account.static_data());
        Ok(Some(account))
    }

    pub(super) async fn read_identity(
        &self,
    ) -> Result<Option<PrivateCrossSigningIdentity>, RowsStoreError> {
        let pickle: Option<PickledCrossSigningIdentity> = self.read(kind::IDENTITY, "", "").await?;
        pickle
            .map(PrivateCrossSigningIdentity::from_pickle)
            .transpose()
            .map_err(unreadable(kind::IDENTITY))
    }

    pub(super) async fn read_backup_keys(&self) -> Result<BackupKeys, RowsStoreError> {
        Ok(BackupKeys {
            decryption_key: self.read(kind::BACKUP_KEY, "", "").await?,
            backup_version: self.read(kind::BACKUP_VERSION, "", "").await?,
        })
    }

    pub(super) async fn read_device(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Option<DeviceData>, RowsStoreError> {
        self.read(kind::DEVICE, user.as_str(), device.as_str())
            .await
    }

    pub(super) async fn read_devices(
        &self,
        user: &UserId,
    ) -> Result<HashMap<OwnedDeviceId, DeviceData>, RowsStoreError> {
        let devices: Vec<DeviceData> = self.read_all(kind::DEVICE, Some(user.as_str())).await?;
        let by_id = |device: DeviceData| (device.device_id().to_owned(), device);
        Ok(devices.into_iter().map(by_id).collect())
    }

    pub(super) async fn read_own_device(&self) -> Result<DeviceData, RowsStoreError> {
        let account = self
            .get_static_account()
            .ok_or(RowsStoreError::AccountUnset)?;
        let device = self
            .read_device(&account.user_id, &account.device_id)
            .await?;
        device.ok_or(RowsStoreError::OwnDeviceUnset)
    }

    pub(super) async fn is_seen(&self, message: &OlmMessageHash) -> Result<bool, RowsStoreError> {
        let key = key(kind::OLM_HASH, &message.sender_key, &message.hash);
        Ok(self.read_bytes(&key).await?.is_some())
    }

    pub(super) async fn read_request_by_info(
        &self,
        info: &SecretInfo,
    ) -> Result<Option<GossipRequest>, RowsStoreError> {
        // Few are open at a time: not worth an index.
        let requests: Vec<GossipRequest> = self.read_all(kind::KEY_REQUEST, None).await?;
        let wanted = info.as_key();
        Ok(requests
            .into_iter()
            .find(|request| request.info.as_key() == wanted))
    }

    pub(super) async fn read_unsent_requests(&self) -> Result<Vec<GossipRequest>, RowsStoreError> {
        let mut requests: Vec<GossipRequest> = self.read_all(kind::KEY_REQUEST, None).await?;
        requests.retain(|request| !request.sent_out);
        Ok(requests)
    }

    pub(super) async fn read_secrets(
        &self,
        name: &SecretName,
    ) -> Result<Vec<Zeroizing<String>>, RowsStoreError> {
        let secrets: Vec<String> = self.read_all(kind::SECRET, Some(name.as_str())).await?;
        Ok(secrets.into_iter().map(Zeroizing::new).collect())
    }
}
