//! Saying something: encrypted once, sent as often as needed (facts: matrix, section 10).

use std::sync::Arc;

use ruma::{RoomId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use verbatim_domain::{EventId, Timestamp};
use verbatim_engine::ports::{Content, PlatformError, Prepared, Speaker};

use crate::content::event_content;
use crate::http::HttpError;
use crate::http::rooms::Sent;
use crate::machine::{Utterance, refused};
use crate::platform::MatrixPlatform;
use crate::readers::Member;

/// What [`Prepared`] holds: ciphertext and nothing else.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// Pages of the room's history (of 100 events) that are searched for an event of ours.
const PAGES: usize = 20;

const ENCRYPTED: &str = "m.room.encrypted";

impl MatrixPlatform {
    pub(crate) async fn encrypt(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        reader: &UserId,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        let who = self.speaker(speaker)?;
        let shard = self.shard()?;
        let members = self.members_of(room).await?;
        let (kind, content) = event_content(content);
        let utterance = Utterance {
            room,
            members: &members,
            reader,
            kind,
            content: &content,
        };
        let (http, epochs) = (&self.http, &shard.epochs);
        let encrypted = if who == self.bot {
            shard.bot.encrypt(http, epochs, &utterance).await?
        } else {
            let stand_in = shard.stand_in(&who).await?;
            stand_in.device()?.encrypt(http, epochs, &utterance).await?
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

    /// The event that we sent with this transaction id, among those not older than `since`. The
    /// homeserver shows a transaction id, for good, to the device that used it.
    pub(crate) async fn find(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        since: Timestamp,
    ) -> Result<Option<EventId>, PlatformError> {
        let who = self.speaker(speaker)?;
        let mut from = None;
        for _ in 0..PAGES {
            let page = self.http.history(&who, room, from.as_deref()).await?;
            let sent = |event: &&Sent| event.unsigned.transaction_id.as_deref() == Some(txn);
            if let Some(event) = page.chunk.iter().find(sent) {
                return Ok(Some(EventId(event.event_id.clone())));
            }
            // What was said for a client carries the client's own, earlier time: a single old event
            // does not tell that all that follow are old.
            let old = |event: &Sent| event.origin_server_ts < since.as_millis();
            if page.chunk.iter().all(old) || page.end.is_none() {
                return Ok(None);
            }
            from = page.end;
        }
        Ok(None)
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
    ) -> Result<Arc<Vec<Member>>, PlatformError> {
        let version = match self.members.get(room.as_str()) {
            Ok(known) => return Ok(known),
            Err(version) => version,
        };
        let mut members = self.http.members(&self.bot, room).await?;
        members.retain(|member| !self.is_ours_text(member.user.as_str()));
        let members = Arc::new(members);
        self.members.keep(room.as_str(), members.clone(), version);
        Ok(members)
    }
}
