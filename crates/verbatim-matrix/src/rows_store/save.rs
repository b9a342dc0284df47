//! Writes: whatever the crypto library hands over at once becomes one batch, so one transaction.

use matrix_sdk_crypto::TrackedUser;
use matrix_sdk_crypto::olm::{InboundGroupSession, OutboundGroupSession, Session};
use matrix_sdk_crypto::store::types::{Changes, DeviceChanges, PendingChanges, SecretsInboxItem};
use ruma::events::secret::request::SecretName;
use ruma::{RoomId, UserId};
use serde::Serialize;
use verbatim_engine::ports::{RowChange, RowKey};

use super::RowsStore;
use super::codec::{Codec, key, kind};
use super::error::RowsStoreError;

impl RowsStore {
    /// Saves the account, and remembers its fixed part.
    pub(super) async fn write_pending(
        &self,
        changes: PendingChanges,
    ) -> Result<(), RowsStoreError> {
        let Some(account) = changes.account else {
            return Ok(());
        };
        let _guard = self.writing.lock().await;
        let mut batch = Batch::new(&self.codec);
        batch.put(key(kind::ACCOUNT, "", ""), &account.pickle())?;
        self.apply(batch.changes).await?;
        self.remember(account.static_data());
        Ok(())
    }

    /// Saves everything but the account.
    pub(super) async fn write_changes(&self, changes: Changes) -> Result<(), RowsStoreError> {
        // Held from pickling to commit: otherwise an older state of a session could overwrite a newer
        // one, and a ratchet that goes back uses a message key twice.
        let _guard = self.writing.lock().await;
        let mut batch = Batch::new(&self.codec);
        batch.own(&changes).await?;
        batch.sessions(&changes.sessions).await?;
        batch.inbound(&changes.inbound_group_sessions).await?;
        batch.outbound(&changes.outbound_group_sessions).await?;
        batch.devices(&changes.devices)?;
        batch.users(&changes)?;
        batch.rooms(&changes)?;
        batch.secrets(&changes.secrets)?;
        self.apply(batch.changes).await
    }

    pub(super) async fn write_inbound(
        &self,
        sessions: &[InboundGroupSession],
    ) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        let mut batch = Batch::new(&self.codec);
        batch.inbound(sessions).await?;
        self.apply(batch.changes).await
    }

    pub(super) async fn write_tracked(
        &self,
        users: &[(&UserId, bool)],
    ) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        let mut batch = Batch::new(&self.codec);
        for &(user, dirty) in users {
            let user_id = user.to_owned();
            let tracked = TrackedUser { user_id, dirty };
            batch.put(key(kind::TRACKED, user.as_str(), ""), &tracked)?;
        }
        self.apply(batch.changes).await
    }

    /// Saves bytes as they are.
    pub(super) async fn write_bytes(
        &self,
        key: RowKey,
        plain: &[u8],
    ) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        let sealed = self.codec.seal_bytes(&key, plain);
        self.apply(vec![RowChange::Put(key, sealed)]).await
    }

    pub(super) async fn delete(&self, key: RowKey) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        self.apply(vec![RowChange::Delete(key)]).await
    }

    pub(super) async fn delete_secrets(&self, name: &SecretName) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        let rows = self.list(kind::SECRET, Some(name.as_str())).await?;
        let deletions = rows.into_iter().map(|(key, _)| RowChange::Delete(key));
        self.apply(deletions.collect()).await
    }

    /// Marks some sessions as backed up. A session id is that of one session in one room: the room
    /// need not be asked.
    pub(super) async fn mark_backed_up(
        &self,
        sessions: &[(&RoomId, &str)],
    ) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        let ids = sessions.iter().map(|(_, id)| (*id).to_owned()).collect();
        self.apply(vec![RowChange::MarkBackedUp(Some(ids), true)])
            .await
    }

    pub(super) async fn mark_none_backed_up(&self) -> Result<(), RowsStoreError> {
        let _guard = self.writing.lock().await;
        self.apply(vec![RowChange::MarkBackedUp(None, false)]).await
    }

    async fn apply(&self, changes: Vec<RowChange>) -> Result<(), RowsStoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let applied = self
            .rows
            .apply(&self.codec.namespace, self.fence.get(), changes);
        Ok(applied.await?)
    }
}

/// The changes of one transaction, in order: a later one wins over an earlier one.
struct Batch<'a> {
    codec: &'a Codec,
    changes: Vec<RowChange>,
}

impl<'a> Batch<'a> {
    fn new(codec: &'a Codec) -> Self {
        Self {
            codec,
            changes: Vec::new(),
        }
    }

    fn put(&mut self, key: RowKey, value: &impl Serialize) -> Result<(), RowsStoreError> {
        let sealed = self.codec.seal(&key, value)?;
        self.changes.push(RowChange::Put(key, sealed));
        Ok(())
    }

    /// A row that says all by being there.
    fn put_mark(&mut self, key: RowKey) {
        let sealed = self.codec.seal_bytes(&key, &[]);
        self.changes.push(RowChange::Put(key, sealed));
    }

    fn put_some(
        &mut self,
        kind: &str,
        value: Option<&impl Serialize>,
    ) -> Result<(), RowsStoreError> {
        // `None` means "unchanged" in all of these.
        value.map_or(Ok(()), |value| self.put(key(kind, "", ""), value))
    }

    /// What there is one of.
    async fn own(&mut self, changes: &Changes) -> Result<(), RowsStoreError> {
        if let Some(identity) = &changes.private_identity {
            let pickle = identity.pickle().await;
            self.put(key(kind::IDENTITY, "", ""), &pickle)?;
        }
        self.put_some(kind::BACKUP_VERSION, changes.backup_version.as_ref())?;
        self.put_some(kind::BACKUP_KEY, changes.backup_decryption_key.as_ref())?;
        self.put_some(
            kind::DEHYDRATED,
            changes.dehydrated_device_pickle_key.as_ref(),
        )?;
        self.put_some(kind::NEXT_BATCH, changes.next_batch_token.as_ref())
    }

    async fn sessions(&mut self, sessions: &[Session]) -> Result<(), RowsStoreError> {
        for session in sessions {
            let sender = session.sender_key().to_base64();
            let pickle = session.pickle().await;
            self.put(key(kind::SESSION, &sender, session.session_id()), &pickle)?;
        }
        Ok(())
    }

    async fn inbound(&mut self, sessions: &[InboundGroupSession]) -> Result<(), RowsStoreError> {
        for session in sessions {
            let row = self.codec.seal_group_session(session).await?;
            self.changes.push(RowChange::PutGroupSession(row));
        }
        Ok(())
    }

    async fn outbound(&mut self, sessions: &[OutboundGroupSession]) -> Result<(), RowsStoreError> {
        for session in sessions {
            let pickle = session.pickle().await;
            self.put(key(kind::OUTBOUND, session.room_id().as_str(), ""), &pickle)?;
        }
        Ok(())
    }

    fn devices(&mut self, devices: &DeviceChanges) -> Result<(), RowsStoreError> {
        let address = |user: &UserId, device: &str| key(kind::DEVICE, user.as_str(), device);
        for device in devices.new.iter().chain(&devices.changed) {
            self.put(
                address(device.user_id(), device.device_id().as_str()),
                device,
            )?;
        }
        for device in &devices.deleted {
            let key = address(device.user_id(), device.device_id().as_str());
            self.changes.push(RowChange::Delete(key));
        }
        Ok(())
    }

    /// What belongs to users: identities, messages seen, requests for keys.
    fn users(&mut self, changes: &Changes) -> Result<(), RowsStoreError> {
        for identity in changes
            .identities
            .new
            .iter()
            .chain(&changes.identities.changed)
        {
            let user = identity.user_id().as_str();
            self.put(key(kind::USER_IDENTITY, user, ""), identity)?;
        }
        for seen in &changes.message_hashes {
            self.put_mark(key(kind::OLM_HASH, &seen.sender_key, &seen.hash));
        }
        for request in &changes.key_requests {
            let id = request.request_id.as_str();
            self.put(key(kind::KEY_REQUEST, id, ""), request)?;
        }
        Ok(())
    }

    fn rooms(&mut self, changes: &Changes) -> Result<(), RowsStoreError> {
        for (room, entries) in &changes.withheld_session_info {
            for (session, entry) in entries {
                self.put(key(kind::WITHHELD, room.as_str(), session), entry)?;
            }
        }
        for (room, settings) in &changes.room_settings {
            self.put(key(kind::ROOM_SETTINGS, room.as_str(), ""), settings)?;
        }
        for bundle in &changes.received_room_key_bundles {
            let (room, sender) = (&bundle.bundle_data.room_id, &bundle.sender_user);
            self.put(
                key(kind::KEY_BUNDLE, room.as_str(), sender.as_str()),
                bundle,
            )?;
        }
        for room in &changes.room_key_backups_fully_downloaded {
            self.put_mark(key(kind::BACKUP_DOWNLOADED, room.as_str(), ""));
        }
        for (room, details) in &changes.rooms_pending_key_bundle {
            let key = key(kind::PENDING_BUNDLE, room.as_str(), "");
            match details {
                Some(details) => self.put(key, details)?,
                None => self.changes.push(RowChange::Delete(key)),
            }
        }
        Ok(())
    }

    /// Different secrets of one name stay side by side until all of them are deleted.
    fn secrets(&mut self, secrets: &[SecretsInboxItem]) -> Result<(), RowsStoreError> {
        for item in secrets {
            let name = self.codec.name(&item.secret);
            let key = key(kind::SECRET, item.secret_name.as_str(), &name);
            self.put(key, &*item.secret)?;
        }
        Ok(())
    }
}
