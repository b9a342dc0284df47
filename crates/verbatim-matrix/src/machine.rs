//! One device: the crypto library's machine, and the calls it asks for carried to the homeserver.

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

use matrix_sdk_crypto::olm::EncryptionSettings;
use matrix_sdk_crypto::store::types::RoomKeyInfo;
use matrix_sdk_crypto::types::requests::{AnyOutgoingRequest, KeysQueryRequest};
use matrix_sdk_crypto::{
    CollectStrategy, DecryptionSettings, EncryptionSyncChanges, MegolmError, OlmError, OlmMachine,
    TrustRequirement,
};
use ruma::api::client::keys::upload_keys;
use ruma::api::client::sync::sync_events::DeviceLists;
use ruma::events::AnyMessageLikeEventContent;
use ruma::events::room::history_visibility::HistoryVisibility;
use ruma::serde::Raw;
use ruma::{DeviceId, OneTimeKeyAlgorithm, OwnedUserId, RoomId, TransactionId, UInt, UserId};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};
use verbatim_engine::ports::PlatformError;

use crate::config::DEVICE_ID;
use crate::crypto_store::{RowsCryptoStore, RowsParts, SealedRows, crypto_store_error};
use crate::epochs::{self, Epochs};
use crate::http::Http;
use crate::readers::{self, Member, Readers};

/// Kind of the rows that say which device-list count a machine has seen of a user.
const SEEN: &str = "epoch_seen";
/// Pumping ends in a few rounds; a machine that still asks then is asked again next time.
const MAX_ROUNDS: usize = 8;
/// What a send-only machine is told the homeserver holds of its one-time keys, so that it makes no more.
const PRETENDED_KEYS: u32 = 50;

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Receives and sends: one-time keys are published.
    Full,
    /// Only sends: no one-time keys, so that nothing is ever encrypted to it (facts: matrix, section 7).
    SendOnly,
}

/// A device of ours.
pub(crate) struct Device {
    pub(crate) user: OwnedUserId,
    pub(crate) machine: OlmMachine,
    pub(crate) rows: SealedRows,
    role: Role,
    speaking: Mutex<Speaking>,
}

/// What only one task at a time may do with a device: claim keys, share keys, encrypt, pump.
pub(crate) struct Speaking {
    /// Device-list counts that the machine has acted on.
    seen: HashMap<OwnedUserId, u64>,
    /// Whether the machine may have something to send that we have not asked for.
    fresh: bool,
    readers: Readers,
}

/// Something to be encrypted for a room.
pub(crate) struct Utterance<'a> {
    pub(crate) room: &'a RoomId,
    pub(crate) members: &'a [Member],
    /// Who must be able to read it.
    pub(crate) reader: &'a UserId,
    pub(crate) kind: &'a str,
    pub(crate) content: &'a Value,
}

pub(crate) fn decryption_settings() -> DecryptionSettings {
    // Refusing what an unsigned device sent would be a gap in the record; trust is recorded instead.
    DecryptionSettings {
        sender_device_trust_requirement: TrustRequirement::Untrusted,
    }
}

/// The namespace of an account's device.
pub(crate) fn namespace(user: &UserId) -> String {
    format!("{user}/{DEVICE_ID}")
}

impl Device {
    /// Opens the device's namespace; a new one gets new keys, which nobody knows yet.
    pub(crate) async fn open(
        parts: &RowsParts,
        user: &UserId,
        role: Role,
    ) -> Result<Self, PlatformError> {
        let namespace = namespace(user);
        let store = RowsCryptoStore::new(parts.clone(), &namespace);
        let machine = OlmMachine::with_store(user, <&DeviceId>::from(DEVICE_ID), store, None)
            .await
            .map_err(crypto_store_error)?;
        let rows = SealedRows::new(parts.clone(), namespace);
        let seen = epochs::read(&rows, SEEN).await?;
        Ok(Self {
            user: user.to_owned(),
            machine,
            rows,
            role,
            speaking: Mutex::new(Speaking {
                seen,
                fresh: true,
                readers: Readers::default(),
            }),
        })
    }

    pub(crate) async fn speak(&self) -> MutexGuard<'_, Speaking> {
        self.speaking.lock().await
    }

    /// Encrypts for the devices of the members at this moment, the reader's among them or not at all.
    /// Only keys are sent.
    pub(crate) async fn encrypt(
        &self,
        http: &Http,
        epochs: &Epochs,
        utterance: &Utterance<'_>,
    ) -> Result<Box<serde_json::value::RawValue>, PlatformError> {
        let (room, reader) = (
            utterance.room,
            readers::reader(utterance.members, utterance.reader)?,
        );
        let epoch = epochs.of(&reader.user);
        let users: Vec<OwnedUserId> = utterance.members.iter().map(|m| m.user.clone()).collect();
        let mut speaking = self.speak().await;
        let unsure = !speaking.readers.knows(room, &reader.user, epoch)
            && !self.knows_devices_of(&reader.user).await?;
        if unsure || !reader.joined {
            // The homeserver tells the bot only about users with whom it shares a room that they have
            // joined: of others, we must ask.
            self.devices_changed(vec![reader.user.clone()]).await?;
            speaking.fresh = true;
        }
        self.refresh(&mut speaking, http, epochs, &users).await?;
        self.share(http, room, &users).await?;
        let raw = serde_json::value::to_raw_value(utterance.content).map_err(refused)?;
        let raw: Raw<AnyMessageLikeEventContent> = Raw::from_json(raw);
        // The ratchet is stored before this returns: the same index is never used twice.
        let result = self
            .machine
            .encrypt_room_event_raw(room, utterance.kind, &raw)
            .await;
        let encrypted = result.map_err(megolm_error)?;
        self.require_reader(
            &mut speaking.readers,
            room,
            (&reader.user, epoch),
            encrypted.encryption_info.session_id().unwrap_or_default(),
        )
        .await?;
        Ok(encrypted.content.into_json())
    }

    /// Makes the machine know the devices of `users`, asking only for what may have changed.
    pub(crate) async fn refresh(
        &self,
        speaking: &mut Speaking,
        http: &Http,
        epochs: &Epochs,
        users: &[OwnedUserId],
    ) -> Result<(), PlatformError> {
        let tracked = self
            .machine
            .tracked_users()
            .await
            .map_err(crypto_store_error)?;
        let now: HashMap<OwnedUserId, u64> = users
            .iter()
            .map(|user| (user.clone(), epochs.of(user)))
            .collect();
        let seen = |user: &OwnedUserId| speaking.seen.get(user).copied().unwrap_or(0);
        let changed: Vec<OwnedUserId> = now
            .iter()
            .filter(|(user, at)| seen(user) < **at)
            .map(|(user, _)| user.clone())
            .collect();
        let unknown = users.iter().any(|user| !tracked.contains(user));
        if changed.is_empty() && !unknown && !speaking.fresh {
            return Ok(());
        }
        if !changed.is_empty() {
            self.devices_changed(changed.clone()).await?;
        }
        if unknown {
            let users = users.iter().map(Deref::deref);
            self.machine
                .update_tracked_users(users)
                .await
                .map_err(crypto_store_error)?;
        }
        self.pump(speaking, http).await?;
        // Only now: the devices are known as of these counts.
        let news: HashMap<_, _> = now
            .into_iter()
            .filter(|(user, at)| speaking.seen.get(user).copied().unwrap_or(0) != *at)
            .collect();
        epochs::write(&self.rows, SEEN, &news).await?;
        speaking.seen.extend(news);
        Ok(())
    }

    /// An otherwise empty sync answer, which marks the devices of `users` as outdated.
    async fn devices_changed(&self, users: Vec<OwnedUserId>) -> Result<(), PlatformError> {
        let mut lists = DeviceLists::new();
        lists.changed = users;
        self.receive(EncryptionSyncChanges {
            to_device_events: Vec::new(),
            changed_devices: &lists,
            one_time_keys_counts: &BTreeMap::new(),
            unused_fallback_keys: None,
            next_batch_token: None,
        })
        .await
        .map(drop)
    }

    /// Feeds a sync answer; rooms whose keys came with it.
    pub(crate) async fn receive(
        &self,
        changes: EncryptionSyncChanges<'_>,
    ) -> Result<Vec<RoomKeyInfo>, PlatformError> {
        let received = self
            .machine
            .receive_sync_changes(changes, &decryption_settings())
            .await;
        Ok(received.map_err(olm_error)?.1)
    }

    /// Gives the room key to every device of `members` that lacks it.
    async fn share(
        &self,
        http: &Http,
        room: &RoomId,
        members: &[OwnedUserId],
    ) -> Result<(), PlatformError> {
        let missing = self
            .machine
            .get_missing_sessions(members.iter().map(Deref::deref))
            .await;
        if let Some((id, request)) = missing.map_err(crypto_store_error)? {
            let response = http.claim_keys(&self.user, &request).await?;
            self.machine
                .mark_request_as_sent(&id, &response)
                .await
                .map_err(olm_error)?;
        }
        let settings = EncryptionSettings {
            history_visibility: HistoryVisibility::Invited,
            sharing_strategy: CollectStrategy::AllDevices,
            ..EncryptionSettings::default()
        };
        let requests = self
            .machine
            .share_room_key(room, members.iter().map(Deref::deref), settings)
            .await;
        for request in requests.map_err(olm_error)? {
            let response = http.send_to_device(&self.user, &request).await?;
            self.machine
                .mark_request_as_sent(&request.txn_id, &response)
                .await
                .map_err(olm_error)?;
        }
        Ok(())
    }

    /// Carries out what the machine asks for until it asks for nothing.
    pub(crate) async fn pump(
        &self,
        speaking: &mut Speaking,
        http: &Http,
    ) -> Result<(), PlatformError> {
        speaking.fresh = true;
        for _ in 0..MAX_ROUNDS {
            let requests = self
                .machine
                .outgoing_requests()
                .await
                .map_err(crypto_store_error)?;
            if requests.is_empty() {
                speaking.fresh = false;
                return Ok(());
            }
            for request in requests {
                self.carry_out(http, request.request_id(), request.request())
                    .await?;
            }
        }
        tracing::warn!(user = %self.user, "the crypto machine does not come to rest; it is asked again later");
        Ok(())
    }

    pub(crate) async fn carry_out(
        &self,
        http: &Http,
        id: &TransactionId,
        request: &AnyOutgoingRequest,
    ) -> Result<(), PlatformError> {
        let marked = match request {
            AnyOutgoingRequest::KeysUpload(request) => {
                let response = self.upload_keys(http, request).await?;
                self.machine.mark_request_as_sent(id, &response).await
            }
            AnyOutgoingRequest::KeysQuery(request) => {
                return self.query_keys(http, id, request).await;
            }
            AnyOutgoingRequest::KeysClaim(request) => {
                let response = http.claim_keys(&self.user, request).await?;
                self.machine.mark_request_as_sent(id, &response).await
            }
            AnyOutgoingRequest::ToDeviceRequest(request) => {
                let response = http.send_to_device(&self.user, request).await?;
                self.machine.mark_request_as_sent(id, &response).await
            }
            AnyOutgoingRequest::SignatureUpload(request) => {
                let response = http.upload_signatures(&self.user, request).await?;
                self.machine.mark_request_as_sent(id, &response).await
            }
            // In-room verification: nobody here can compare emoji. Say "sent" so that it is asked once.
            AnyOutgoingRequest::RoomMessage(_) => {
                let event = ruma::OwnedEventId::try_from("$none").map_err(refused)?;
                let response =
                    ruma::api::client::message::send_message_event::v3::Response::new(event);
                let response =
                    matrix_sdk_crypto::types::requests::AnyIncomingResponse::RoomMessage(&response);
                self.machine.mark_request_as_sent(id, response).await
            }
        };
        marked.map_err(olm_error)
    }

    /// Asks for devices. The answer reaches the machine only if it does not contradict our own identity:
    /// the machine would throw its private keys away, and they must never be lost.
    pub(crate) async fn query_keys(
        &self,
        http: &Http,
        id: &TransactionId,
        request: &KeysQueryRequest,
    ) -> Result<(), PlatformError> {
        let response = http.query_keys(&self.user, request).await?;
        self.check_own_identity(&response).await?;
        self.machine
            .mark_request_as_sent(id, &response)
            .await
            .map_err(olm_error)
    }

    async fn upload_keys(
        &self,
        http: &Http,
        request: &upload_keys::v3::Request,
    ) -> Result<upload_keys::v3::Response, PlatformError> {
        if self.role == Role::Full {
            return Ok(http.upload_keys(&self.user, request).await?);
        }
        if request.device_keys.is_some() {
            let mut only_device = upload_keys::v3::Request::new();
            only_device.device_keys.clone_from(&request.device_keys);
            http.upload_keys(&self.user, &only_device).await?;
        }
        let counts = [(
            OneTimeKeyAlgorithm::SignedCurve25519,
            UInt::from(PRETENDED_KEYS),
        )];
        Ok(upload_keys::v3::Response::new(counts.into()))
    }
}

pub(crate) fn refused(error: impl std::fmt::Display) -> PlatformError {
    PlatformError::Refused(error.to_string())
}

pub(crate) fn olm_error(error: OlmError) -> PlatformError {
    match error {
        OlmError::Store(error) => crypto_store_error(error),
        other => PlatformError::Unavailable(format!("crypto machine: {other}")),
    }
}

pub(crate) fn megolm_error(error: MegolmError) -> PlatformError {
    match error {
        MegolmError::Store(error) => crypto_store_error(error),
        other => PlatformError::Unavailable(format!("crypto machine: {other}")),
    }
}
