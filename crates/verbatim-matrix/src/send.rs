//! Saying something: encrypted once, sent as often as needed (facts: matrix, section 10).

use std::sync::Arc;

use ruma::{OwnedUserId, RoomId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use verbatim_domain::{EventId, Timestamp};
use verbatim_engine::ports::{Content, PlatformError, Prepared, Speaker};

use crate::content::event_content;
use crate::http::HttpError;
use crate::machine::refused;
use crate::platform::MatrixPlatform;

/// What [`Prepared`] holds: ciphertext and nothing else.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    content: &'a RawValue,
}

const ENCRYPTED: &str = "m.room.encrypted";

impl MatrixPlatform {
    pub(crate) async fn encrypt(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        let who = self.speaker(speaker)?;
        let shard = self.shard()?;
        let members = self.members_of(room).await?;
        let (kind, content) = event_content(content);
        let encrypted = if who == self.bot {
            shard
                .bot
                .encrypt(&self.http, &shard.epochs, room, &members, kind, &content)
                .await?
        } else {
            let stand_in = shard.stand_in(&who).await?;
            stand_in
                .device()?
                .encrypt(&self.http, &shard.epochs, room, &members, kind, &content)
                .await?
        };
        let sealed = Sealed {
            kind: ENCRYPTED,
            content: &encrypted,
        };
        serde_json::to_vec(&sealed).map(Prepared).map_err(refused)
    }

    pub(crate) async fn put(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        at: Option<Timestamp>,
    ) -> Result<EventId, PlatformError> {
        let who = self.speaker(speaker)?;
        let not_prepared = |_| refused("not a prepared event");
        let sealed: Sealed<'_> = serde_json::from_slice(&prepared.0).map_err(not_prepared)?;
        let content: Value = serde_json::from_str(sealed.content.get()).map_err(not_prepared)?;
        let at = at.map(Timestamp::as_millis);
        let sent = self
            .http
            .send_event(&who, room, sealed.kind, txn, at, &content)
            .await;
        match sent {
            Ok(event) => Ok(EventId(event)),
            Err(error) => Err(self.not_sent(room, error)),
        }
    }

    /// Whoever may not speak in a room may no longer be in it.
    fn not_sent(&self, room: &RoomId, error: HttpError) -> PlatformError {
        if error.is("M_FORBIDDEN") {
            self.members.forget([room.as_str()]);
        }
        error.into()
    }

    /// Employees in the room, in or invited: those who get the room key. Our own accounts hold the text anyway.
    pub(crate) async fn members_of(
        &self,
        room: &RoomId,
    ) -> Result<Arc<Vec<OwnedUserId>>, PlatformError> {
        let version = match self.members.get(room.as_str()) {
            Ok(known) => return Ok(known),
            Err(version) => version,
        };
        let mut members = self.http.members(&self.bot, room).await?;
        members.retain(|user| !self.is_ours_text(user.as_str()));
        let members = Arc::new(members);
        self.members.keep(room.as_str(), members.clone(), version);
        Ok(members)
    }
}
