//! The crypto library's store for one device, over our own sealed rows.
//!
//! The database sees kinds, ids and sizes; contents are sealed for their address, so that rows cannot
//! change places. Every write carries the fence: a worker that lost its lease cannot move a ratchet.

mod codec;
mod error;
mod fence;
mod lease;
mod load;
#[cfg(test)]
mod memory;
mod save;
mod sessions;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use matrix_sdk_common::cross_process_lock::CrossProcessLockGeneration;
use matrix_sdk_crypto::olm::{
    Account, InboundGroupSession, OlmMessageHash, OutboundGroupSession,
    PrivateCrossSigningIdentity, SenderDataType, Session, StaticAccountData,
};
use matrix_sdk_crypto::store::CryptoStore;
use matrix_sdk_crypto::store::types::{
    BackupKeys, Changes, DehydratedDeviceKey, PendingChanges, RoomKeyCounts, RoomKeyWithheldEntry,
    RoomPendingKeyBundleDetails, RoomSettings, StoredRoomKeyBundleData,
};
use matrix_sdk_crypto::vodozemac::Curve25519PublicKey;
use matrix_sdk_crypto::{DeviceData, GossipRequest, SecretInfo, TrackedUser, UserIdentityData};
use ruma::events::secret::request::SecretName;
use ruma::{DeviceId, OwnedDeviceId, RoomId, TransactionId, UserId};
use tokio::sync::Mutex;
use verbatim_engine::ports::{CryptoRows, Entropy, GroupSessionQuery};
use verbatim_record::Vault;
use zeroize::Zeroizing;

use codec::{Codec, key, kind};
pub use error::{RowsStoreError, store_error};
pub use fence::FenceCell;

type Result<T> = std::result::Result<T, RowsStoreError>;

/// The crypto store of one device.
pub struct RowsStore {
    rows: Arc<dyn CryptoRows>,
    codec: Codec,
    fence: Arc<FenceCell>,
    /// One write at a time, from pickling to commit.
    writing: Mutex<()>,
    /// Known once this instance has saved or loaded the account.
    account: RwLock<Option<StaticAccountData>>,
}

impl RowsStore {
    /// The store of the device that `namespace` stands for.
    pub fn new(
        rows: Arc<dyn CryptoRows>,
        vault: Arc<Vault>,
        entropy: Arc<dyn Entropy>,
        namespace: String,
        fence: Arc<FenceCell>,
    ) -> Self {
        Self {
            rows,
            codec: Codec::new(vault, entropy, namespace),
            fence,
            writing: Mutex::default(),
            account: RwLock::default(),
        }
    }

    /// The fixed part of the account; `None` until this instance has saved or loaded it.
    pub fn get_static_account(&self) -> Option<StaticAccountData> {
        let account = self.account.read();
        account.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, account: &StaticAccountData) {
        let mut known = self.account.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(account.clone());
    }
}

impl fmt::Debug for RowsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsStore")
            .field("namespace", &self.codec.namespace)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl CryptoStore for RowsStore {
    type Error = RowsStoreError;

    async fn load_account(&self) -> Result<Option<Account>> {
        self.read_account().await
    }

    async fn load_identity(&self) -> Result<Option<PrivateCrossSigningIdentity>> {
        self.read_identity().await
    }

    async fn save_changes(&self, changes: Changes) -> Result<()> {
        self.write_changes(changes).await
    }

    async fn save_pending_changes(&self, changes: PendingChanges) -> Result<()> {
        self.write_pending(changes).await
    }

    async fn save_inbound_group_sessions(
        &self,
        sessions: Vec<InboundGroupSession>,
        // There is one backup at a time, so the sessions' own mark says enough.
        _backed_up_to_version: Option<&str>,
    ) -> Result<()> {
        self.write_inbound(&sessions).await
    }

    async fn get_sessions(&self, sender_key: &str) -> Result<Option<Vec<Session>>> {
        self.read_sessions(sender_key).await
    }

    async fn get_inbound_group_session(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<InboundGroupSession>> {
        self.read_inbound(room_id, session_id).await
    }

    async fn get_withheld_info(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<RoomKeyWithheldEntry>> {
        self.read(kind::WITHHELD, room_id.as_str(), session_id)
            .await
    }

    async fn get_withheld_sessions_by_room_id(
        &self,
        room_id: &RoomId,
    ) -> Result<Vec<RoomKeyWithheldEntry>> {
        self.read_all(kind::WITHHELD, Some(room_id.as_str())).await
    }

    async fn get_inbound_group_sessions(&self) -> Result<Vec<InboundGroupSession>> {
        self.query_inbound(GroupSessionQuery::All).await
    }

    async fn inbound_group_session_counts(
        &self,
        _backup_version: Option<&str>,
    ) -> Result<RoomKeyCounts> {
        self.count_inbound().await
    }

    async fn get_inbound_group_sessions_by_room_id(
        &self,
        room_id: &RoomId,
    ) -> Result<Vec<InboundGroupSession>> {
        self.query_inbound(GroupSessionQuery::Room(room_id.to_string()))
            .await
    }

    async fn get_inbound_group_sessions_for_device_batch(
        &self,
        curve_key: Curve25519PublicKey,
        sender_data_type: SenderDataType,
        after_session_id: Option<String>,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.read_inbound_page(curve_key, sender_data_type, after_session_id, limit)
            .await
    }

    async fn inbound_group_sessions_for_backup(
        &self,
        _backup_version: &str,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.query_inbound(GroupSessionQuery::NotBackedUp(limit))
            .await
    }

    async fn mark_inbound_group_sessions_as_backed_up(
        &self,
        _backup_version: &str,
        room_and_session_ids: &[(&RoomId, &str)],
    ) -> Result<()> {
        self.mark_backed_up(room_and_session_ids).await
    }

    async fn reset_backup_state(&self) -> Result<()> {
        self.mark_none_backed_up().await
    }

    async fn load_backup_keys(&self) -> Result<BackupKeys> {
        self.read_backup_keys().await
    }

    async fn load_dehydrated_device_pickle_key(&self) -> Result<Option<DehydratedDeviceKey>> {
        self.read(kind::DEHYDRATED, "", "").await
    }

    async fn delete_dehydrated_device_pickle_key(&self) -> Result<()> {
        self.delete(key(kind::DEHYDRATED, "", "")).await
    }

    async fn get_outbound_group_session(
        &self,
        room_id: &RoomId,
    ) -> Result<Option<OutboundGroupSession>> {
        self.read_outbound(room_id).await
    }

    async fn load_tracked_users(&self) -> Result<Vec<TrackedUser>> {
        self.read_all(kind::TRACKED, None).await
    }

    async fn save_tracked_users(&self, users: &[(&UserId, bool)]) -> Result<()> {
        self.write_tracked(users).await
    }

    async fn get_device(&self, user: &UserId, device: &DeviceId) -> Result<Option<DeviceData>> {
        self.read_device(user, device).await
    }

    async fn get_user_devices(&self, user: &UserId) -> Result<HashMap<OwnedDeviceId, DeviceData>> {
        self.read_devices(user).await
    }

    async fn get_own_device(&self) -> Result<DeviceData> {
        self.read_own_device().await
    }

    async fn get_user_identity(&self, user: &UserId) -> Result<Option<UserIdentityData>> {
        self.read(kind::USER_IDENTITY, user.as_str(), "").await
    }

    async fn is_message_known(&self, message_hash: &OlmMessageHash) -> Result<bool> {
        self.is_seen(message_hash).await
    }

    async fn get_outgoing_secret_requests(
        &self,
        request_id: &TransactionId,
    ) -> Result<Option<GossipRequest>> {
        self.read(kind::KEY_REQUEST, request_id.as_str(), "").await
    }

    async fn get_secret_request_by_info(&self, info: &SecretInfo) -> Result<Option<GossipRequest>> {
        self.read_request_by_info(info).await
    }

    async fn get_unsent_secret_requests(&self) -> Result<Vec<GossipRequest>> {
        self.read_unsent_requests().await
    }

    async fn delete_outgoing_secret_requests(&self, request_id: &TransactionId) -> Result<()> {
        self.delete(key(kind::KEY_REQUEST, request_id.as_str(), ""))
            .await
    }

    async fn get_secrets_from_inbox(&self, name: &SecretName) -> Result<Vec<Zeroizing<String>>> {
        self.read_secrets(name).await
    }

    async fn delete_secrets_from_inbox(&self, name: &SecretName) -> Result<()> {
        self.delete_secrets(name).await
    }

    async fn get_room_settings(&self, room_id: &RoomId) -> Result<Option<RoomSettings>> {
        self.read(kind::ROOM_SETTINGS, room_id.as_str(), "").await
    }

    async fn get_received_room_key_bundle_data(
        &self,
        room_id: &RoomId,
        user_id: &UserId,
    ) -> Result<Option<StoredRoomKeyBundleData>> {
        self.read(kind::KEY_BUNDLE, room_id.as_str(), user_id.as_str())
            .await
    }

    async fn get_pending_key_bundle_details_for_room(
        &self,
        room_id: &RoomId,
    ) -> Result<Option<RoomPendingKeyBundleDetails>> {
        self.read(kind::PENDING_BUNDLE, room_id.as_str(), "").await
    }

    async fn get_all_rooms_pending_key_bundles(&self) -> Result<Vec<RoomPendingKeyBundleDetails>> {
        self.read_all(kind::PENDING_BUNDLE, None).await
    }

    async fn has_downloaded_all_room_keys(&self, room_id: &RoomId) -> Result<bool> {
        let mark = key(kind::BACKUP_DOWNLOADED, room_id.as_str(), "");
        Ok(self.read_bytes(&mark).await?.is_some())
    }

    async fn get_custom_value(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let value = self.read_bytes(&key(kind::CUSTOM, name, "")).await?;
        Ok(value.map(|value| value.to_vec()))
    }

    async fn set_custom_value(&self, name: &str, value: Vec<u8>) -> Result<()> {
        self.write_bytes(key(kind::CUSTOM, name, ""), &value).await
    }

    async fn remove_custom_value(&self, name: &str) -> Result<()> {
        self.delete(key(kind::CUSTOM, name, "")).await
    }

    async fn try_take_leased_lock(
        &self,
        lease_duration_ms: u32,
        name: &str,
        holder: &str,
    ) -> Result<Option<CrossProcessLockGeneration>> {
        self.take_lease(lease_duration_ms, name, holder).await
    }

    async fn next_batch_token(&self) -> Result<Option<String>> {
        self.read(kind::NEXT_BATCH, "", "").await
    }

    // The rows are shared by all devices: opening and closing them is their owner's affair.

    async fn close(&self) -> Result<()> {
        Ok(())
    }

    async fn reopen(&self) -> Result<()> {
        Ok(())
    }

    async fn get_size(&self) -> Result<Option<usize>> {
        Ok(None)
    }
}
