//! From values to sealed rows and back. A row opens only under the address it was sealed for.

use std::error::Error;
use std::sync::Arc;

use matrix_sdk_crypto::olm::{InboundGroupSession, PickledInboundGroupSession};
use serde::Serialize;
use serde::de::DeserializeOwned;
use verbatim_engine::ports::{Entropy, GroupSessionRow, RowKey};
use verbatim_record::Vault;
use zeroize::Zeroizing;

use super::error::RowsStoreError;

const PURPOSE: &str = "crypto";

/// The words for what a row holds. They are stored: never change one.
pub(super) mod kind {
    pub(crate) const ACCOUNT: &str = "account";
    pub(crate) const IDENTITY: &str = "identity";
    pub(crate) const NEXT_BATCH: &str = "next_batch";
    pub(crate) const BACKUP_KEY: &str = "backup_key";
    pub(crate) const BACKUP_VERSION: &str = "backup_version";
    pub(crate) const DEHYDRATED: &str = "dehydrated";
    pub(crate) const SESSION: &str = "session";
    pub(crate) const OUTBOUND: &str = "outbound";
    pub(crate) const DEVICE: &str = "device";
    pub(crate) const USER_IDENTITY: &str = "user_identity";
    pub(crate) const TRACKED: &str = "tracked";
    pub(crate) const OLM_HASH: &str = "olm_hash";
    pub(crate) const KEY_REQUEST: &str = "key_request";
    pub(crate) const SECRET: &str = "secret";
    pub(crate) const WITHHELD: &str = "withheld";
    pub(crate) const ROOM_SETTINGS: &str = "room_settings";
    pub(crate) const PENDING_BUNDLE: &str = "pending_bundle";
    pub(crate) const BACKUP_DOWNLOADED: &str = "backup_downloaded";
    pub(crate) const KEY_BUNDLE: &str = "key_bundle";
    pub(crate) const CUSTOM: &str = "custom";
    /// Not a row's kind: the word by which inbound group sessions are sealed.
    pub(crate) const GROUP_SESSION: &str = "group_session";
}

/// Part of an address. PostgreSQL refuses NUL in text, and some of the keys (device ids, session ids) are
/// any string a stranger's client likes: one NUL must not make a whole batch fail for ever.
pub(super) fn clean(part: &str) -> String {
    part.replace('\0', "\u{fffd}")
}

/// A row's address.
pub(super) fn key(kind: &str, k1: &str, k2: &str) -> RowKey {
    RowKey {
        kind: kind.to_owned(),
        k1: clean(k1),
        k2: clean(k2),
    }
}

/// Seals and opens the rows of one namespace.
pub(super) struct Codec {
    vault: Arc<Vault>,
    entropy: Arc<dyn Entropy>,
    pub(super) namespace: String,
}

impl Codec {
    pub(super) fn new(vault: Arc<Vault>, entropy: Arc<dyn Entropy>, namespace: String) -> Self {
        Self {
            vault,
            entropy,
            namespace,
        }
    }

    /// Names a value without showing it: the same value has the same name.
    pub(super) fn name(&self, value: &str) -> String {
        hex::encode(self.vault.index(PURPOSE, value))
    }

    /// Seals bytes as they are.
    pub(super) fn seal_bytes(&self, key: &RowKey, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 24];
        self.entropy.fill(&mut nonce);
        self.vault.seal(PURPOSE, &self.context(key), plain, nonce)
    }

    /// Opens what [`Self::seal_bytes`] made for the same address.
    pub(super) fn open_bytes(
        &self,
        key: &RowKey,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RowsStoreError> {
        self.vault
            .open(PURPOSE, &self.context(key), sealed)
            .map(Zeroizing::new)
            .map_err(|source| RowsStoreError::Sealed {
                kind: key.kind.clone(),
                source,
            })
    }

    /// Seals a value as JSON.
    pub(super) fn seal(
        &self,
        key: &RowKey,
        value: &impl Serialize,
    ) -> Result<Vec<u8>, RowsStoreError> {
        let plain = serde_json::to_vec(value).map_err(|source| RowsStoreError::Unwritable {
            kind: key.kind.clone(),
            source,
        })?;
        Ok(self.seal_bytes(key, &Zeroizing::new(plain)))
    }

    /// Opens what [`Self::seal`] made for the same address.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        key: &RowKey,
        sealed: &[u8],
    ) -> Result<T, RowsStoreError> {
        let plain = self.open_bytes(key, sealed)?;
        serde_json::from_slice(&plain).map_err(unreadable(&key.kind))
    }

    /// Seals an inbound group session; its lookup columns stay readable.
    pub(super) async fn seal_group_session(
        &self,
        session: &InboundGroupSession,
    ) -> Result<GroupSessionRow, RowsStoreError> {
        let (room, id) = (session.room_id().as_str(), session.session_id());
        let pickle = session.pickle().await;
        Ok(GroupSessionRow {
            session_id: id.to_owned(),
            room_id: room.to_owned(),
            sender_key: session.sender_key().to_base64(),
            sender_data_type: session.sender_data_type() as i16,
            // From the pickle: the flag may be set by another task at any time, and both must agree.
            backed_up: pickle.backed_up,
            data: self.seal(&key(kind::GROUP_SESSION, room, id), &pickle)?,
        })
    }

    /// Opens an inbound group session. The row's mark for being backed up overrides the sealed one.
    pub(super) fn open_group_session(
        &self,
        row: &GroupSessionRow,
    ) -> Result<InboundGroupSession, RowsStoreError> {
        let key = key(kind::GROUP_SESSION, &row.room_id, &row.session_id);
        let mut pickle: PickledInboundGroupSession = self.open(&key, &row.data)?;
        pickle.backed_up = row.backed_up;
        InboundGroupSession::from_pickle(pickle).map_err(unreadable(kind::GROUP_SESSION))
    }

    fn context(&self, key: &RowKey) -> Vec<u8> {
        let RowKey { kind, k1, k2 } = key;
        [self.namespace.as_str(), kind, k1, k2]
            .join("|")
            .into_bytes()
    }
}

/// Says which kind of row was not understood.
pub(super) fn unreadable<E>(kind: &str) -> impl FnOnce(E) -> RowsStoreError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |error| RowsStoreError::Unreadable {
        kind: kind.to_owned(),
        source: error.into(),
    }
}
