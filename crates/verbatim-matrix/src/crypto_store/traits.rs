//! The crypto library's questions, answered.

use std::collections::HashMap;

use async_trait::async_trait;
use matrix_sdk_crypto::olm::{
    Curve25519PublicKey, InboundGroupSession, OlmMessageHash, OutboundGroupSession, PickledAccount,
    PickledCrossSigningIdentity, PickledSession, PrivateCrossSigningIdentity, SenderDataType,
    Session,
};
use matrix_sdk_crypto::store::CryptoStore;
use matrix_sdk_crypto::store::types::{
    BackupKeys, Changes, DehydratedDeviceKey, PendingChanges, RoomKeyCounts, RoomKeyWithheldEntry,
    RoomPendingKeyBundleDetails, RoomSettings, StoredRoomKeyBundleData,
};
use matrix_sdk_crypto::types::DeviceKeys;
use matrix_sdk_crypto::{
    Account, DeviceData, GossipRequest, SecretInfo, TrackedUser, UserIdentityData,
};
use ruma::events::secret::request::SecretName;
use ruma::{DeviceId, OwnedDeviceId, RoomId, TransactionId, UserId};
use verbatim_engine::ports::{GroupSessionQuery, RowChange};
use zeroize::Zeroizing;

use super::{RowsCryptoStore, RowsError, key, kinds};

type Result<T> = std::result::Result<T, RowsError>;

impl RowsCryptoStore {
    async fn inbound_where(&self, query: GroupSessionQuery) -> Result<Vec<InboundGroupSession>> {
        let rows = self.rows.group_sessions(query).await?;
        rows.iter().map(|row| self.inbound(row)).collect()
    }

    async fn own_device_keys(&self) -> Result<DeviceKeys> {
        Ok(CryptoStore::get_own_device(self)
            .await?
            .as_device_keys()
            .clone())
    }
}

#[async_trait]
impl CryptoStore for RowsCryptoStore {
    type Error = RowsError;

    async fn load_account(&self) -> Result<Option<Account>> {
        let Some(pickle) = self
            .rows
            .get::<PickledAccount>(kinds::ACCOUNT, "", "")
            .await?
        else {
            return Ok(None);
        };
        let account = Account::from_pickle(pickle).map_err(|_| RowsError::Unpickle)?;
        self.remember(account.static_data());
        Ok(Some(account))
    }

    async fn load_identity(&self) -> Result<Option<PrivateCrossSigningIdentity>> {
        let pickle = self
            .rows
            .get::<PickledCrossSigningIdentity>(kinds::IDENTITY, "", "")
            .await?;
        let restore = |pickle| {
            PrivateCrossSigningIdentity::from_pickle(pickle).map_err(|_| RowsError::Unpickle)
        };
        pickle.map(restore).transpose()
    }

    async fn save_changes(&self, changes: Changes) -> Result<()> {
        self.write_changes(changes).await
    }

    async fn save_pending_changes(&self, changes: PendingChanges) -> Result<()> {
        self.write_account(changes).await
    }

    async fn save_inbound_group_sessions(
        &self,
        sessions: Vec<InboundGroupSession>,
        _backed_up_to_version: Option<&str>,
    ) -> Result<()> {
        self.write_changes(Changes {
            inbound_group_sessions: sessions,
            ..Changes::default()
        })
        .await
    }

    async fn get_sessions(&self, sender_key: &str) -> Result<Option<Vec<Session>>> {
        let pickles: Vec<PickledSession> = self.rows.list(kinds::SESSION, Some(sender_key)).await?;
        if pickles.is_empty() {
            return Ok(None);
        }
        let own = self.own_device_keys().await?;
        let restore =
            |pickle| Session::from_pickle(own.clone(), pickle).map_err(|_| RowsError::Unpickle);
        pickles
            .into_iter()
            .map(restore)
            .collect::<Result<_>>()
            .map(Some)
    }

    async fn get_inbound_group_session(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<InboundGroupSession>> {
        let rows = self
            .rows
            .group_sessions(GroupSessionQuery::One(session_id.to_owned()))
            .await?;
        let row = rows.iter().find(|row| row.room_id == room_id.as_str());
        row.map(|row| self.inbound(row)).transpose()
    }

    async fn get_withheld_info(
        &self,
        room_id: &RoomId,
        session_id: &str,
    ) -> Result<Option<RoomKeyWithheldEntry>> {
        self.rows
            .get(kinds::WITHHELD, room_id.as_str(), session_id)
            .await
    }

    async fn get_withheld_sessions_by_room_id(
        &self,
        room_id: &RoomId,
    ) -> Result<Vec<RoomKeyWithheldEntry>> {
        self.rows
            .list(kinds::WITHHELD, Some(room_id.as_str()))
            .await
    }

    async fn get_inbound_group_sessions(&self) -> Result<Vec<InboundGroupSession>> {
        self.inbound_where(GroupSessionQuery::All).await
    }

    async fn inbound_group_session_counts(
        &self,
        _backup_version: Option<&str>,
    ) -> Result<RoomKeyCounts> {
        let (total, backed_up) = self.rows.group_session_counts().await?;
        Ok(RoomKeyCounts { total, backed_up })
    }

    async fn get_inbound_group_sessions_by_room_id(
        &self,
        room_id: &RoomId,
    ) -> Result<Vec<InboundGroupSession>> {
        self.inbound_where(GroupSessionQuery::Room(room_id.to_string()))
            .await
    }

    async fn get_inbound_group_sessions_for_device_batch(
        &self,
        curve_key: Curve25519PublicKey,
        sender_data_type: SenderDataType,
        after_session_id: Option<String>,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.inbound_where(GroupSessionQuery::Device {
            sender_key: curve_key.to_base64(),
            sender_data_type: sender_data_type as i16,
            after: after_session_id,
            limit,
        })
        .await
    }

    async fn inbound_group_sessions_for_backup(
        &self,
        _backup_version: &str,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>> {
        self.inbound_where(GroupSessionQuery::NotBackedUp(limit))
            .await
    }

    async fn mark_inbound_group_sessions_as_backed_up(
        &self,
        _backup_version: &str,
        room_and_session_ids: &[(&RoomId, &str)],
    ) -> Result<()> {
        let ids = room_and_session_ids
            .iter()
            .map(|(_, session)| (*session).to_owned())
            .collect();
        self.rows
            .apply(vec![RowChange::MarkBackedUp(Some(ids), true)])
            .await
    }

    async fn reset_backup_state(&self) -> Result<()> {
        self.rows
            .apply(vec![RowChange::MarkBackedUp(None, false)])
            .await
    }

    async fn load_backup_keys(&self) -> Result<BackupKeys> {
        Ok(BackupKeys {
            decryption_key: self.rows.get(kinds::BACKUP_KEY, "", "").await?,
            backup_version: self.rows.get(kinds::BACKUP_VERSION, "", "").await?,
        })
    }

    async fn load_dehydrated_device_pickle_key(&self) -> Result<Option<DehydratedDeviceKey>> {
        self.rows.get(kinds::DEHYDRATED, "", "").await
    }

    async fn delete_dehydrated_device_pickle_key(&self) -> Result<()> {
        self.rows
            .apply(vec![RowChange::Delete(key(kinds::DEHYDRATED, "", ""))])
            .await
    }

    async fn get_outbound_group_session(
        &self,
        room_id: &RoomId,
    ) -> Result<Option<OutboundGroupSession>> {
        let Some(pickle) = self.rows.get(kinds::OUTBOUND, room_id.as_str(), "").await? else {
            return Ok(None);
        };
        let own = self.get_static_account().ok_or(RowsError::AccountUnset)?;
        OutboundGroupSession::from_pickle(own.device_id, own.identity_keys, pickle)
            .map(Some)
            .map_err(|_| RowsError::Unpickle)
    }

    async fn load_tracked_users(&self) -> Result<Vec<TrackedUser>> {
        self.rows.list(kinds::TRACKED, None).await
    }

    async fn save_tracked_users(&self, users: &[(&UserId, bool)]) -> Result<()> {
        let row = |(user, dirty): &(&UserId, bool)| {
            let tracked = TrackedUser {
                user_id: (*user).to_owned(),
                dirty: *dirty,
            };
            self.rows.put(kinds::TRACKED, user.as_str(), "", &tracked)
        };
        self.rows
            .apply(users.iter().map(row).collect::<Result<_>>()?)
            .await
    }

    async fn get_device(
        &self,
        user_id: &UserId,
        device_id: &DeviceId,
    ) -> Result<Option<DeviceData>> {
        let devices = self.device_rows(user_id.as_str()).await?;
        let row = devices.get(device_id.as_str());
        Ok(row.map(|row| serde_json::from_slice(row)).transpose()?)
    }

    async fn get_user_devices(
        &self,
        user_id: &UserId,
    ) -> Result<HashMap<OwnedDeviceId, DeviceData>> {
        let devices = self.device_rows(user_id.as_str()).await?;
        let open = |row: &Vec<u8>| {
            let device: DeviceData = serde_json::from_slice(row)?;
            Ok((device.device_id().to_owned(), device))
        };
        devices.values().map(open).collect()
    }

    async fn get_own_device(&self) -> Result<DeviceData> {
        let own = self.get_static_account().ok_or(RowsError::AccountUnset)?;
        let device = self.get_device(&own.user_id, &own.device_id).await?;
        device.ok_or(RowsError::AccountUnset)
    }

    async fn get_user_identity(&self, user_id: &UserId) -> Result<Option<UserIdentityData>> {
        let row = self.identity_row(user_id.as_str()).await?;
        Ok(row.map(|row| serde_json::from_slice(&row)).transpose()?)
    }

    async fn is_message_known(&self, message_hash: &OlmMessageHash) -> Result<bool> {
        let row = self
            .rows
            .bytes(
                kinds::OLM_HASH,
                &message_hash.sender_key,
                &message_hash.hash,
            )
            .await?;
        Ok(row.is_some())
    }

    async fn get_outgoing_secret_requests(
        &self,
        request_id: &TransactionId,
    ) -> Result<Option<GossipRequest>> {
        self.rows
            .get(kinds::KEY_REQUEST, request_id.as_str(), "")
            .await
    }

    async fn get_secret_request_by_info(
        &self,
        secret_info: &SecretInfo,
    ) -> Result<Option<GossipRequest>> {
        let requests: Vec<GossipRequest> = self.rows.list(kinds::KEY_REQUEST, None).await?;
        Ok(requests
            .into_iter()
            .find(|request| request.info == *secret_info))
    }

    async fn get_unsent_secret_requests(&self) -> Result<Vec<GossipRequest>> {
        let requests: Vec<GossipRequest> = self.rows.list(kinds::KEY_REQUEST, None).await?;
        Ok(requests
            .into_iter()
            .filter(|request| !request.sent_out)
            .collect())
    }

    async fn delete_outgoing_secret_requests(&self, request_id: &TransactionId) -> Result<()> {
        self.rows
            .apply(vec![RowChange::Delete(key(
                kinds::KEY_REQUEST,
                request_id.as_str(),
                "",
            ))])
            .await
    }

    async fn get_secrets_from_inbox(
        &self,
        secret_name: &SecretName,
    ) -> Result<Vec<Zeroizing<String>>> {
        let rows = self
            .rows
            .list_bytes(kinds::SECRET, Some(secret_name.as_ref()))
            .await?;
        let text =
            |plain: &[u8]| String::from_utf8(plain.to_vec()).map_err(|_| RowsError::Unpickle);
        rows.iter()
            .map(|(_, plain)| text(plain).map(Zeroizing::new))
            .collect()
    }

    async fn delete_secrets_from_inbox(&self, secret_name: &SecretName) -> Result<()> {
        let rows = self
            .rows
            .list_bytes(kinds::SECRET, Some(secret_name.as_ref()))
            .await?;
        self.rows
            .apply(
                rows.into_iter()
                    .map(|(key, _)| RowChange::Delete(key))
                    .collect(),
            )
            .await
    }

    async fn get_room_settings(&self, room_id: &RoomId) -> Result<Option<RoomSettings>> {
        self.rows
            .get(kinds::ROOM_SETTINGS, room_id.as_str(), "")
            .await
    }

    async fn get_received_room_key_bundle_data(
        &self,
        room_id: &RoomId,
        user_id: &UserId,
    ) -> Result<Option<StoredRoomKeyBundleData>> {
        self.rows
            .get(kinds::KEY_BUNDLE, room_id.as_str(), user_id.as_str())
            .await
    }

    async fn get_pending_key_bundle_details_for_room(
        &self,
        room_id: &RoomId,
    ) -> Result<Option<RoomPendingKeyBundleDetails>> {
        self.rows
            .get(kinds::PENDING_BUNDLE, room_id.as_str(), "")
            .await
    }

    async fn get_all_rooms_pending_key_bundles(&self) -> Result<Vec<RoomPendingKeyBundleDetails>> {
        self.rows.list(kinds::PENDING_BUNDLE, None).await
    }

    async fn has_downloaded_all_room_keys(&self, room_id: &RoomId) -> Result<bool> {
        Ok(self
            .rows
            .bytes(kinds::BACKUP_DOWNLOADED, room_id.as_str(), "")
            .await?
            .is_some())
    }

    async fn get_custom_value(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self
            .rows
            .bytes(kinds::CUSTOM, name, "")
            .await?
            .map(|plain| plain.to_vec()))
    }

    async fn set_custom_value(&self, name: &str, value: Vec<u8>) -> Result<()> {
        self.rows
            .apply(vec![self.rows.put_bytes(kinds::CUSTOM, name, "", &value)])
            .await
    }

    async fn remove_custom_value(&self, name: &str) -> Result<()> {
        self.rows
            .apply(vec![RowChange::Delete(key(kinds::CUSTOM, name, ""))])
            .await
    }

    async fn try_take_leased_lock(
        &self,
        lease_duration_ms: u32,
        name: &str,
        holder: &str,
    ) -> Result<Option<u64>> {
        self.rows.lease(name, holder, lease_duration_ms).await
    }

    async fn next_batch_token(&self) -> Result<Option<String>> {
        self.rows.get(kinds::NEXT_BATCH, "", "").await
    }

    /// Nothing of its own is open.
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
