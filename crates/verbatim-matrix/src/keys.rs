//! The bot's key loop: room keys and device-list changes by the bot's own `/sync` (facts: matrix, section 9).
//!
//! The sync position is stored together with the keys that came with it, so a crash repeats and never skips.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use matrix_sdk_crypto::EncryptionSyncChanges;
use matrix_sdk_crypto::store::types::RoomKeyInfo;
use ruma::events::AnyToDeviceEvent;
use ruma::serde::Raw;
use serde::Deserialize;
use tokio::time::sleep;
use verbatim_domain::{RoomId, UserId};
use verbatim_engine::ports::PlatformError;

use crate::crypto_store::crypto_store_error;
use crate::http::keys::KeySync;
use crate::platform::MatrixPlatform;
use crate::shard::Shard;

/// While keys arrive: spent one-time keys are replaced only when a poll returns.
const BUSY_WAIT: Duration = Duration::from_secs(10);
const IDLE_WAIT: Duration = Duration::from_secs(30);
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

impl MatrixPlatform {
    /// Keeps the bot's keys up to date. Runs until it is cancelled or the lease is lost.
    pub async fn run_keys(self: Arc<Self>) {
        let mut shards = self.shard.subscribe();
        loop {
            let Ok(Some(shard)) = shards
                .wait_for(Option::is_some)
                .await
                .map(|shard| shard.clone())
            else {
                return;
            };
            match self.follow(&shard).await {
                // A newer lease of our own may have replaced this shard meanwhile.
                PlatformError::Fenced if self.is_current(&shard) => return,
                error => tracing::debug!(%error, "key loop follows another lease"),
            }
        }
    }

    fn is_current(&self, shard: &Arc<Shard>) -> bool {
        self.shard
            .borrow()
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, shard))
    }

    /// The homeserver was away and is back: asked to call us, it delivers at once what it has kept.
    async fn announce(&self) {
        if let Err(error) = self.ping().await {
            tracing::warn!(%error, "the homeserver is back but cannot reach us yet");
        }
    }

    /// Syncs one shard's bot for as long as the shard is ours.
    async fn follow(&self, shard: &Arc<Shard>) -> PlatformError {
        let mut wait = Duration::ZERO;
        let mut backoff = FIRST_BACKOFF;
        while self.is_current(shard) {
            match self.sync_once(shard, wait).await {
                Ok(busy) => {
                    self.signals.reachable(true);
                    if backoff != FIRST_BACKOFF {
                        self.announce().await;
                    }
                    backoff = FIRST_BACKOFF;
                    wait = if busy { BUSY_WAIT } else { IDLE_WAIT };
                }
                Err(PlatformError::Fenced) => return PlatformError::Fenced,
                Err(error) => {
                    tracing::warn!(%error, "the bot cannot fetch its keys; trying again");
                    self.signals.reachable(false);
                    if let PlatformError::Refused(why) = &error {
                        self.signals.refused(why);
                    }
                    sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                    wait = Duration::ZERO;
                }
            }
        }
        PlatformError::Unavailable("replaced".to_owned())
    }

    /// One poll; whether it brought anything.
    async fn sync_once(&self, shard: &Shard, wait: Duration) -> Result<bool, PlatformError> {
        let bot = &shard.bot;
        let since = bot
            .machine
            .store()
            .next_batch_token()
            .await
            .map_err(crypto_store_error)?;
        // The first answer must not wait for news: it gives the position to wait at.
        let wait = if since.is_none() {
            Duration::ZERO
        } else {
            wait
        };
        let sync = self
            .http
            .key_sync(&self.bot, since.as_deref(), wait)
            .await?;
        let busy = !sync.to_device.events.is_empty() || !sync.device_lists.changed.is_empty();
        self.take_sync(shard, sync).await?;
        Ok(busy)
    }

    async fn take_sync(&self, shard: &Shard, sync: KeySync) -> Result<(), PlatformError> {
        // Before the position is stored: if we die in between, the change is told again.
        let mut changed = sync.device_lists.changed.clone();
        changed.retain(|user| !self.is_ours_text(user.as_str()));
        shard.epochs.bump(&changed).await?;
        let withheld = rooms_withheld(&sync.to_device.events);
        let received = shard
            .bot
            .receive(EncryptionSyncChanges {
                to_device_events: sync.to_device.events,
                changed_devices: &sync.device_lists,
                one_time_keys_counts: &sync.device_one_time_keys_count,
                unused_fallback_keys: sync.device_unused_fallback_key_types.as_deref(),
                next_batch_token: Some(sync.next_batch),
            })
            .await?;
        self.signals
            .new_devices(changed.iter().map(|user| UserId(user.to_string())));
        let rooms: BTreeSet<RoomId> = received.iter().map(room_of).chain(withheld).collect();
        if !rooms.is_empty() {
            self.signals.new_keys(rooms);
        }
        let mut speaking = shard.bot.speak().await;
        shard.bot.pump(&mut speaking, &self.http).await
    }
}

fn room_of(key: &RoomKeyInfo) -> RoomId {
    RoomId(key.room_id.to_string())
}

/// Rooms for which somebody says why we get no key: what waits there can name the reason now.
fn rooms_withheld(events: &[Raw<AnyToDeviceEvent>]) -> Vec<RoomId> {
    #[derive(Deserialize)]
    struct Content {
        room_id: Option<String>,
    }
    let withheld = |event: &&Raw<AnyToDeviceEvent>| {
        let kind: Option<String> = event.get_field("type").ok().flatten();
        matches!(
            kind.as_deref(),
            Some("m.room_key.withheld" | "org.matrix.room_key.withheld")
        )
    };
    let room = |event: &Raw<AnyToDeviceEvent>| {
        let content: Content = event.get_field("content").ok()??;
        content.room_id.map(RoomId)
    };
    events.iter().filter(withheld).filter_map(room).collect()
}
