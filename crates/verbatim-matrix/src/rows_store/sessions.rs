//! Reads of sessions: Olm sessions and group sessions of both directions.

use matrix_sdk_crypto::olm::{InboundGroupSession, OutboundGroupSession, PickledSession, Session};
use matrix_sdk_crypto::olm::{PickledOutboundGroupSession, SenderDataType};
use matrix_sdk_crypto::store::types::RoomKeyCounts;
use matrix_sdk_crypto::vodozemac::Curve25519PublicKey;
use ruma::RoomId;
use verbatim_engine::ports::GroupSessionQuery;

use super::RowsStore;
use super::codec::{clean, kind, unreadable};
use super::error::RowsStoreError;

impl RowsStore {
    pub(super) async fn read_sessions(
        &self,
        sender_key: &str,
    ) -> Result<Option<Vec<Session>>, RowsStoreError> {
        let own_keys = self.read_own_device().await?.as_device_keys().clone();
        let pickles: Vec<PickledSession> = self.read_all(kind::SESSION, Some(sender_key)).await?;
        if pickles.is_empty() {
            return Ok(None);
        }
        let sessions = pickles
            .into_iter()
            .map(|pickle| Session::from_pickle(own_keys.clone(), pickle))
            .collect::<Result<_, _>>();
        sessions.map(Some).map_err(unreadable(kind::SESSION))
    }

    pub(super) async fn read_outbound(
        &self,
        room: &RoomId,
    ) -> Result<Option<OutboundGroupSession>, RowsStoreError> {
        let pickle = self.read::<PickledOutboundGroupSession>(kind::OUTBOUND, room.as_str(), "");
        let Some(pickle) = pickle.await? else {
            return Ok(None);
        };
        let account = self
            .get_static_account()
            .ok_or(RowsStoreError::AccountUnset)?;
        OutboundGroupSession::from_pickle(account.device_id, account.identity_keys, pickle)
            .map(Some)
            .map_err(unreadable(kind::OUTBOUND))
    }

    pub(super) async fn read_inbound(
        &self,
        room: &RoomId,
        session_id: &str,
    ) -> Result<Option<InboundGroupSession>, RowsStoreError> {
        let query = GroupSessionQuery::One(clean(session_id));
        let rows = self
            .rows
            .group_sessions(&self.codec.namespace, query)
            .await?;
        // A session of another room is none: its sender must not be able to speak here with it.
        let row = rows.iter().find(|row| row.room_id == room.as_str());
        row.map(|row| self.codec.open_group_session(row))
            .transpose()
    }

    pub(super) async fn query_inbound(
        &self,
        query: GroupSessionQuery,
    ) -> Result<Vec<InboundGroupSession>, RowsStoreError> {
        let rows = self
            .rows
            .group_sessions(&self.codec.namespace, query)
            .await?;
        rows.iter()
            .map(|row| self.codec.open_group_session(row))
            .collect()
    }

    pub(super) async fn read_inbound_page(
        &self,
        sender_key: Curve25519PublicKey,
        sender_data_type: SenderDataType,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<InboundGroupSession>, RowsStoreError> {
        self.query_inbound(GroupSessionQuery::Device {
            sender_key: sender_key.to_base64(),
            sender_data_type: sender_data_type as i16,
            after,
            limit,
        })
        .await
    }

    pub(super) async fn count_inbound(&self) -> Result<RoomKeyCounts, RowsStoreError> {
        let counts = self.rows.group_session_counts(&self.codec.namespace, None);
        let (total, backed_up) = counts.await?;
        Ok(RoomKeyCounts { total, backed_up })
    }
}
