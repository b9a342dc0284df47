//! An employee's client: the SDK that Element X is built on, with its keys in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::config::{RequestConfig, SyncSettings};
use matrix_sdk::deserialized_responses::{ShieldState, TimelineEvent, TimelineEventKind};
use matrix_sdk::encryption::EncryptionSettings;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::api::client::filter::{FilterDefinition, RoomEventFilter};
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk::ruma::{EventId, OwnedEventId, OwnedRoomId, RoomId, UInt};
use matrix_sdk::sync::SyncResponse;
use matrix_sdk::{Client, LoopCtrl, Room};
use matrix_sdk_crypto::{CollectStrategy, DecryptionSettings, TrustRequirement};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::wait::{PATIENCE, until};

/// How long the homeserver may keep an empty sync open.
const LONG_POLL: Duration = Duration::from_secs(5);
const REQUEST_LIMIT: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(200);
const PAGE: u32 = 500;

/// Which devices the client trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// All of them: what clients do today.
    Lax,
    /// Only those that their owner has signed (MSC4153, "exclude insecure devices").
    Strict,
}

/// The decoration of a message, as the more careful of two ratings has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shield {
    /// None.
    None,
    /// Grey.
    Grey,
    /// Red.
    Red,
}

/// What somebody said in a room, as the client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The room.
    pub room: String,
    /// The event.
    pub event: String,
    /// Who.
    pub sender: String,
    /// The event's type, decrypted if possible.
    pub kind: String,
    /// `m.text`, `m.notice` or another; empty for what is not a message.
    pub msgtype: String,
    /// The body; empty for what is not a message.
    pub body: String,
    /// The whole content.
    pub content: Value,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Why it could not be decrypted, if so.
    pub undecryptable: Option<String>,
    /// The rating that clients show today.
    pub shield: Shield,
    /// When the homeserver took it, Unix milliseconds.
    pub at_ms: u64,
}

impl Said {
    /// Whether this is a text message.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.kind == "m.room.message" && self.msgtype == "m.text"
    }
}

#[derive(Default)]
struct Seen {
    said: Vec<Said>,
    /// Room, reader, event.
    receipts: Vec<(String, String, String)>,
}

/// A logged-in employee.
pub struct Employee {
    client: Client,
    user: String,
    seen: Arc<Mutex<Seen>>,
    changed: watch::Receiver<u64>,
    syncing: JoinHandle<()>,
    sent: std::sync::atomic::AtomicU64,
}

impl Employee {
    /// Logs in with a new device and begins to listen; invitations are accepted.
    ///
    /// # Errors
    /// When the homeserver refuses.
    pub async fn login(url: &str, user: &str, password: &str, trust: Trust) -> Result<Self> {
        let client = builder(url, trust).build().await.context("client")?;
        let auth = client.matrix_auth();
        let session: MatrixSession = {
            let login = auth
                .login_username(user, password)
                .initial_device_display_name("e2e");
            (&login.send().await.context("login")?).into()
        };
        client
            .encryption()
            .wait_for_e2ee_initialization_tasks()
            .await;
        let (tell, changed) = watch::channel(0);
        let seen = Arc::new(Mutex::new(Seen::default()));
        client
            .sync_once(settings().timeout(Duration::ZERO))
            .await
            .context("first sync")?;
        let syncing = tokio::spawn(listen(client.clone(), seen.clone(), tell));
        let user = session.meta.user_id.to_string();
        Ok(Self {
            client,
            user,
            seen,
            changed,
            syncing,
            sent: 0.into(),
        })
    }

    /// The account.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The client itself, for what only one test does.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Who has read an event so far.
    #[must_use]
    pub fn readers(&self, event: &str) -> Vec<String> {
        let seen = lock(&self.seen);
        let hits = seen.receipts.iter().filter(|(_, _, id)| id == event);
        hits.map(|(_, user, _)| user.clone()).collect()
    }

    /// Everything that came so far, in order of arrival.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        lock(&self.seen).said.clone()
    }

    /// Waits until something that came satisfies `wanted`.
    ///
    /// # Errors
    /// When nothing does in time; it then tells what came instead.
    pub async fn wait_for(&self, what: &str, wanted: impl Fn(&Said) -> bool) -> Result<Said> {
        let found = self
            .wait(|seen| seen.said.iter().find(|said| wanted(said)).cloned())
            .await;
        found.with_context(|| format!("{} did not see {what}; seen: {:#?}", self.user, self.said()))
    }

    /// Waits for a text message with this body.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn wait_for_text(&self, body: &str) -> Result<Said> {
        self.wait_for(body, |said| said.is_text() && said.body == body)
            .await
    }

    /// Waits until a user other than the bot has read an event.
    ///
    /// # Errors
    /// When nobody does in time.
    pub async fn wait_for_receipt(&self, event: &str, reader: &str) -> Result<()> {
        let found = self.wait(|seen| {
            let hit = |(_, user, id): &&(String, String, String)| user == reader && id == event;
            seen.receipts.iter().find(hit).map(|_| ())
        });
        found
            .await
            .with_context(|| format!("{reader} did not read {event}"))
    }

    async fn wait<T>(&self, find: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        let mut changed = self.changed.clone();
        let waiting = async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = find(&lock(&self.seen)) {
                    return Some(found);
                }
                changed.changed().await.ok()?;
            }
        };
        timeout(PATIENCE, waiting).await.ok().flatten()
    }

    /// Says something, once: repeated with the same transaction id until the homeserver has it.
    ///
    /// # Errors
    /// When it does not succeed in time.
    pub async fn say(&self, room: &str, body: &str) -> Result<OwnedEventId> {
        let room = self.joined(room).await?;
        let number = self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let transaction = format!("e2e{number}-{:x}", rand::random::<u64>());
        until(&format!("{} sends", self.user), PATIENCE, async || {
            let content = RoomMessageEventContent::text_plain(body);
            let sending = room
                .send(content)
                .with_transaction_id(transaction.as_str().into());
            Ok(sending.await.ok().map(|sent| sent.response.event_id))
        })
        .await
    }

    /// Opens a direct, encrypted chat with somebody.
    ///
    /// # Errors
    /// When the homeserver refuses.
    pub async fn open_chat(&self, user: &str) -> Result<String> {
        let user = matrix_sdk::ruma::UserId::parse(user)?;
        Ok(self.client.create_dm(&user).await?.room_id().to_string())
    }

    /// Throws the room key away, so that the next message brings a new one.
    ///
    /// # Errors
    /// When the employee is not in the room.
    pub async fn rotate_key(&self, room: &str) -> Result<()> {
        let room = self.joined(room).await?;
        room.discard_room_key().await.context("rotate")
    }

    /// The whole room as the client can read it now, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn history(&self, room: &str) -> Result<Vec<Said>> {
        let room = self.joined(room).await?;
        let (mut all, mut from) = (Vec::new(), None::<String>);
        loop {
            let mut options = MessagesOptions::forward().from(from.as_deref());
            options.limit = UInt::from(PAGE);
            let page = room.messages(options).await.context("history")?;
            let id = room.room_id();
            all.extend(page.chunk.iter().filter_map(|event| read(id, event)));
            match page.end {
                Some(end) if !page.chunk.is_empty() => from = Some(end),
                _ => return Ok(all),
            }
        }
    }

    /// A room that the employee is in, or soon will be, and that is known to be encrypted.
    ///
    /// # Errors
    /// When that does not become true in time.
    pub async fn joined(&self, id: &str) -> Result<Room> {
        let id = RoomId::parse(id)?;
        let joined = |room: &Room| room.state() == matrix_sdk::RoomState::Joined;
        until("the employee is in the room", PATIENCE, async || {
            let Some(room) = self.client.get_room(&id).filter(joined) else {
                return Ok(None);
            };
            let encrypted = room
                .latest_encryption_state()
                .await
                .is_ok_and(|s| s.is_encrypted());
            Ok(encrypted.then_some(room))
        })
        .await
    }
}

impl Drop for Employee {
    fn drop(&mut self) {
        self.syncing.abort();
    }
}

fn builder(url: &str, trust: Trust) -> matrix_sdk::ClientBuilder {
    let (recipients, requirement) = match trust {
        Trust::Lax => (CollectStrategy::AllDevices, TrustRequirement::Untrusted),
        Trust::Strict => (
            CollectStrategy::IdentityBasedStrategy,
            TrustRequirement::CrossSigned,
        ),
    };
    Client::builder()
        .homeserver_url(url)
        .request_config(RequestConfig::new().timeout(REQUEST_LIMIT).retry_limit(1))
        .with_encryption_settings(EncryptionSettings {
            auto_enable_cross_signing: true,
            auto_enable_backups: false,
            ..EncryptionSettings::default()
        })
        .with_room_key_recipient_strategy(recipients)
        .with_decryption_settings(DecryptionSettings {
            sender_device_trust_requirement: requirement,
        })
}

fn settings() -> SyncSettings {
    let mut timeline = RoomEventFilter::default();
    timeline.limit = Some(UInt::from(PAGE));
    let mut filter = FilterDefinition::default();
    filter.room.timeline = timeline;
    filter.room.state.lazy_load_options =
        matrix_sdk::ruma::api::client::filter::LazyLoadOptions::Disabled;
    SyncSettings::new().timeout(LONG_POLL).filter(filter.into())
}

/// Syncs for ever, through every failure of the homeserver.
async fn listen(client: Client, seen: Arc<Mutex<Seen>>, tell: watch::Sender<u64>) {
    loop {
        let heard = client.sync_with_callback(settings(), |response| {
            take(&mut lock(&seen), &response);
            tell.send_modify(|n| *n += 1);
            after_sync(client.clone(), seen.clone(), tell.clone())
        });
        // The homeserver is away; that is part of the tests.
        let _ = heard.await;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn after_sync(client: Client, seen: Arc<Mutex<Seen>>, tell: watch::Sender<u64>) -> LoopCtrl {
    for room in client.invited_rooms() {
        // If it fails the room is still among the invitations after the next sync.
        let _ = room.join().await;
    }
    read_again(&client, &seen, &tell).await;
    LoopCtrl::Continue
}

/// A key, or a sender's signature, may come after the event: try again, as any client does.
async fn read_again(client: &Client, seen: &Mutex<Seen>, tell: &watch::Sender<u64>) {
    let locked: Vec<(String, String)> = {
        let seen = lock(seen);
        let locked = seen.said.iter().filter(|said| said.undecryptable.is_some());
        locked
            .map(|said| (said.room.clone(), said.event.clone()))
            .collect()
    };
    for (room, event) in locked {
        let (Ok(room), Ok(id)) = (RoomId::parse(&room), EventId::parse(&event)) else {
            continue;
        };
        let Some(joined) = client.get_room(&room) else {
            continue;
        };
        let Ok(opened) = joined.event(&id, None).await else {
            continue;
        };
        let Some(opened) = read(&room, &opened).filter(|said| said.undecryptable.is_none()) else {
            continue;
        };
        if let Some(place) = lock(seen).said.iter_mut().find(|said| said.event == event) {
            *place = opened;
        }
        tell.send_modify(|n| *n += 1);
    }
}

fn take(seen: &mut Seen, response: &SyncResponse) {
    let rooms: &BTreeMap<OwnedRoomId, _> = &response.rooms.joined;
    for (id, update) in rooms {
        seen.said.extend(
            update
                .timeline
                .events
                .iter()
                .filter_map(|event| read(id, event)),
        );
        for raw in &update.ephemeral {
            if let Ok(event) = raw.deserialize_as_unchecked::<Value>() {
                receipts(seen, id, &event);
            }
        }
    }
}

/// `{"type":"m.receipt","content":{EVENT:{"m.read":{USER:{…}}}}}`
fn receipts(seen: &mut Seen, room: &RoomId, event: &Value) {
    let empty = serde_json::Map::new();
    for (id, kinds) in event["content"].as_object().unwrap_or(&empty) {
        for user in kinds["m.read"].as_object().unwrap_or(&empty).keys() {
            seen.receipts
                .push((room.to_string(), user.clone(), id.clone()));
        }
    }
}

/// Message-like events; state is nobody's message.
fn read(room: &RoomId, event: &TimelineEvent) -> Option<Said> {
    let value: Value = event.raw().deserialize_as_unchecked().ok()?;
    if value.get("state_key").is_some() {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let undecryptable = match &event.kind {
        TimelineEventKind::UnableToDecrypt { utd_info, .. } => {
            Some(format!("{:?}", utd_info.reason))
        }
        _ => None,
    };
    let shield = event
        .encryption_info()
        .map(|info| info.verification_state.to_shield_state_lax());
    Some(Said {
        room: room.to_string(),
        event: text(&value["event_id"]),
        sender: text(&value["sender"]),
        kind: text(&value["type"]),
        msgtype: text(&value["content"]["msgtype"]),
        body: text(&value["content"]["body"]),
        content: value["content"].clone(),
        encrypted: !matches!(event.kind, TimelineEventKind::PlainText { .. }),
        undecryptable,
        shield: match shield {
            Some(ShieldState::Red { .. }) => Shield::Red,
            Some(ShieldState::Grey { .. }) => Shield::Grey,
            Some(ShieldState::None) | None => Shield::None,
        },
        at_ms: value["origin_server_ts"].as_u64().unwrap_or_default(),
    })
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
