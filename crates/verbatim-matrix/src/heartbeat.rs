//! Something happens on the homeserver after every trouble, even where nobody writes.
//!
//! Synapse (1.163) hands out what it has kept for a service only when something new happens: after its own
//! restart its scheduler begins with the first event, and a transaction that it left behind shows only by
//! the hole before the next one. So after each start of ours and each return of the homeserver the bot
//! changes a state event in a room of its own, which nobody else is in. (Found by the kill campaign.)

use std::time::Duration;

use ruma::OwnedRoomId;
use serde_json::json;
use tokio::time::sleep;
use verbatim_engine::ports::PlatformError;

use crate::platform::MatrixPlatform;

/// When, counted from the trouble's end: soon; and again after a recovery that the first one overlapped.
const BEATS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(12)];
/// Between tries while the homeserver does not take it.
const AGAIN: Duration = Duration::from_secs(2);
const NAME: &str = "heartbeat";
const EVENT: &str = "eu.verbatim.heartbeat";

impl MatrixPlatform {
    /// The homeserver or we were away: the heart is to beat.
    pub(crate) fn trouble_is_over(&self) {
        self.trouble.notify_one();
    }

    /// Beats after each trouble. Runs until it is cancelled.
    pub(crate) async fn run_heartbeat(&self) {
        loop {
            self.trouble.notified().await;
            for wait in BEATS {
                sleep(wait).await;
                while let Err(error) = self.beat().await {
                    tracing::debug!(%error, "no heartbeat yet");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// One event, different each time: state that does not differ is none.
    async fn beat(&self) -> Result<(), PlatformError> {
        let room = self.own_room().await?;
        let content = json!({ "nonce": self.nonce() });
        self.http
            .put_state(&self.bot, &room, EVENT, "", &content)
            .await?;
        Ok(())
    }

    /// The bot's own room, made once; the alias decides.
    async fn own_room(&self) -> Result<OwnedRoomId, PlatformError> {
        let localpart = self.config.alias_localpart(NAME);
        let alias = format!("#{localpart}:{}", self.config.server_name);
        if let Some(room) = self.http.resolve(&self.bot, &alias).await? {
            return Ok(room);
        }
        let body = json!({
            "preset": "private_chat",
            "visibility": "private",
            "room_alias_name": localpart,
            "name": "Verbatim heartbeat",
            "creation_content": { "m.federate": false },
        });
        Ok(self.http.create_room(&self.bot, &body).await?)
    }
}
