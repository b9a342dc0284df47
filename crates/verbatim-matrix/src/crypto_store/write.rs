//! A batch of changes, as row changes of one transaction.

use matrix_sdk_crypto::olm::InboundGroupSession;
use matrix_sdk_crypto::store::types::{Changes, PendingChanges};
use verbatim_engine::ports::{GroupSessionRow, RowChange};
use zeroize::Zeroizing;

use super::{RowsCryptoStore, RowsError, key, kinds};

impl RowsCryptoStore {
    pub(super) async fn write_account(&self, changes: PendingChanges) -> Result<(), RowsError> {
        let _saving = self.saving.lock().await;
        let Some(account) = changes.account else {
            return Ok(());
        };
        let row = self.rows.put(kinds::ACCOUNT, "", "", &account.pickle())?;
        self.rows.apply(vec![row]).await?;
        self.remember(account.static_data());
        Ok(())
    }

    pub(super) async fn write_changes(&self, changes: Changes) -> Result<(), RowsError> {
        let _saving = self.saving.lock().await;
        let mut rows = Vec::new();
        self.singles(&changes, &mut rows).await?;
        self.sessions(&changes, &mut rows).await?;
        self.people(&changes, &mut rows)?;
        self.by_room(&changes, &mut rows)?;
        self.gossip(&changes, &mut rows)?;
        self.forget_people(&changes);
        let result = self.rows.apply(rows).await;
        self.forget_people(&changes);
        result
    }

    async fn singles(&self, changes: &Changes, rows: &mut Vec<RowChange>) -> Result<(), RowsError> {
        if let Some(identity) = &changes.private_identity {
            rows.push(
                self.rows
                    .put(kinds::IDENTITY, "", "", &identity.pickle().await)?,
            );
        }
        if let Some(token) = &changes.next_batch_token {
            rows.push(self.rows.put(kinds::NEXT_BATCH, "", "", token)?);
        }
        if let Some(key) = &changes.backup_decryption_key {
            rows.push(self.rows.put(kinds::BACKUP_KEY, "", "", key)?);
        }
        if let Some(version) = &changes.backup_version {
            rows.push(self.rows.put(kinds::BACKUP_VERSION, "", "", version)?);
        }
        if let Some(key) = &changes.dehydrated_device_pickle_key {
            rows.push(self.rows.put(kinds::DEHYDRATED, "", "", key)?);
        }
        Ok(())
    }

    async fn sessions(
        &self,
        changes: &Changes,
        rows: &mut Vec<RowChange>,
    ) -> Result<(), RowsError> {
        for session in &changes.sessions {
            let sender = session.sender_key().to_base64();
            let pickle = session.pickle().await;
            rows.push(
                self.rows
                    .put(kinds::SESSION, &sender, session.session_id(), &pickle)?,
            );
        }
        for session in &changes.inbound_group_sessions {
            rows.push(self.group_session(session).await?);
        }
        for session in &changes.outbound_group_sessions {
            let room = session.room_id().as_str();
            rows.push(
                self.rows
                    .put(kinds::OUTBOUND, room, "", &session.pickle().await)?,
            );
        }
        for hash in &changes.message_hashes {
            rows.push(
                self.rows
                    .put_bytes(kinds::OLM_HASH, &hash.sender_key, &hash.hash, &[]),
            );
        }
        Ok(())
    }

    async fn group_session(&self, session: &InboundGroupSession) -> Result<RowChange, RowsError> {
        let pickle = session.pickle().await;
        let (room, id) = (session.room_id().as_str(), session.session_id());
        let plain = Zeroizing::new(serde_json::to_vec(&pickle)?);
        Ok(RowChange::PutGroupSession(GroupSessionRow {
            session_id: id.to_owned(),
            room_id: room.to_owned(),
            sender_key: session.sender_key().to_base64(),
            sender_data_type: pickle.sender_data.to_type() as i16,
            backed_up: pickle.backed_up,
            data: self.rows.seal(kinds::INBOUND, room, id, &plain),
        }))
    }

    fn people(&self, changes: &Changes, rows: &mut Vec<RowChange>) -> Result<(), RowsError> {
        for device in changes.devices.new.iter().chain(&changes.devices.changed) {
            let (user, id) = (device.user_id().as_str(), device.device_id().as_str());
            rows.push(self.rows.put(kinds::DEVICE, user, id, device)?);
        }
        for device in &changes.devices.deleted {
            let (user, id) = (device.user_id().as_str(), device.device_id().as_str());
            rows.push(RowChange::Delete(key(kinds::DEVICE, user, id)));
        }
        for identity in changes
            .identities
            .new
            .iter()
            .chain(&changes.identities.changed)
        {
            rows.push(self.rows.put(
                kinds::USER_IDENTITY,
                identity.user_id().as_str(),
                "",
                identity,
            )?);
        }
        Ok(())
    }

    fn forget_people(&self, changes: &Changes) {
        let devices = &changes.devices;
        let devices = devices
            .new
            .iter()
            .chain(&devices.changed)
            .chain(&devices.deleted);
        self.devices
            .forget(devices.map(|device| device.user_id().as_str()));
        let identities = changes
            .identities
            .new
            .iter()
            .chain(&changes.identities.changed);
        self.identities
            .forget(identities.map(|identity| identity.user_id().as_str()));
    }

    fn by_room(&self, changes: &Changes, rows: &mut Vec<RowChange>) -> Result<(), RowsError> {
        for (room, sessions) in &changes.withheld_session_info {
            for (session, entry) in sessions {
                rows.push(
                    self.rows
                        .put(kinds::WITHHELD, room.as_str(), session, entry)?,
                );
            }
        }
        for (room, settings) in &changes.room_settings {
            rows.push(
                self.rows
                    .put(kinds::ROOM_SETTINGS, room.as_str(), "", settings)?,
            );
        }
        for bundle in &changes.received_room_key_bundles {
            let (room, sender) = (
                bundle.bundle_data.room_id.as_str(),
                bundle.sender_user.as_str(),
            );
            rows.push(self.rows.put(kinds::KEY_BUNDLE, room, sender, bundle)?);
        }
        for room in &changes.room_key_backups_fully_downloaded {
            rows.push(
                self.rows
                    .put_bytes(kinds::BACKUP_DOWNLOADED, room.as_str(), "", &[]),
            );
        }
        for (room, details) in &changes.rooms_pending_key_bundle {
            rows.push(match details {
                Some(details) => {
                    self.rows
                        .put(kinds::PENDING_BUNDLE, room.as_str(), "", details)?
                }
                None => RowChange::Delete(key(kinds::PENDING_BUNDLE, room.as_str(), "")),
            });
        }
        Ok(())
    }

    fn gossip(&self, changes: &Changes, rows: &mut Vec<RowChange>) -> Result<(), RowsError> {
        for request in &changes.key_requests {
            rows.push(self.rows.put(
                kinds::KEY_REQUEST,
                request.request_id.as_str(),
                "",
                request,
            )?);
        }
        for item in &changes.secrets {
            // The same secret may arrive more than once and is kept once; the index tells without telling.
            let index = self.rows.index(&item.secret);
            let name = item.secret_name.to_string();
            rows.push(
                self.rows
                    .put_bytes(kinds::SECRET, &name, &index, item.secret.as_bytes()),
            );
        }
        Ok(())
    }
}
