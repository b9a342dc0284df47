//! The platform port, and what wiring and `doctor` need beside it.

use std::sync::Arc;

use async_trait::async_trait;
use ruma::{OwnedUserId, RoomId as MatrixRoomId, UserId as MatrixUserId};
use tokio::sync::{Mutex, watch};
use verbatim_domain::{EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    Attendance, Content, CryptoRows, Entropy, Fence, Gap, Look, OpenError, Platform, PlatformError,
    Prepared, RawEvent, RoomEvent, RoomSpec, Signal, Speaker, Transaction,
};
use verbatim_record::Vault;

use crate::cache::Cache;
use crate::config::MatrixConfig;
use crate::crypto_store::RowsParts;
use crate::http::Http;
use crate::machine::refused;
use crate::readers::Member;
use crate::shard::Shard;
use crate::signals::Signals;

/// Matrix as a chat platform. Made once; [`Self::start`] at each taking of the lease.
pub struct MatrixPlatform {
    pub(crate) config: MatrixConfig,
    pub(crate) http: Arc<Http>,
    pub(crate) bot: OwnedUserId,
    bot_id: UserId,
    /// Without a fence; each shard adds its own.
    parts: RowsParts,
    pub(crate) shard: watch::Sender<Option<Arc<Shard>>>,
    starting: Mutex<()>,
    /// Employees in a room, in or invited, as last learned.
    pub(crate) members: Cache<Arc<Vec<Member>>>,
    pub(crate) signals: Signals,
}

impl MatrixPlatform {
    /// Checks the configuration; speaks to nobody yet.
    ///
    /// # Errors
    /// [`PlatformError::Refused`] when the configuration cannot work.
    pub fn new(
        config: MatrixConfig,
        rows: Arc<dyn CryptoRows>,
        vault: Arc<Vault>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Arc<Self>, PlatformError> {
        config.check().map_err(refused)?;
        let bot = config.bot().map_err(refused)?;
        Ok(Arc::new(Self {
            http: Arc::new(Http::new(&config)?),
            bot_id: UserId(bot.to_string()),
            bot,
            config,
            parts: RowsParts {
                rows,
                vault,
                entropy,
                fence: None,
            },
            shard: watch::Sender::new(None),
            starting: Mutex::default(),
            members: Cache::default(),
            signals: Signals::default(),
        }))
    }

    /// Rebuilds all machines from the store under this lease and makes sure that the bot exists. To be
    /// called whenever the lease was taken; may be repeated after a failure.
    ///
    /// # Errors
    /// [`PlatformError::Refused`] when the homeserver and the store do not belong together.
    pub async fn start(&self, fence: Option<Fence>) -> Result<(), PlatformError> {
        let _starting = self.starting.lock().await;
        // The old machines are of no use from now on, whatever happens next.
        self.shard.send_replace(None);
        self.members.forget_all();
        let parts = RowsParts {
            fence,
            ..self.parts.clone()
        };
        let shard = Shard::start(self.http.clone(), parts, &self.bot).await?;
        self.dress_bot(&shard).await?;
        self.shard.send_replace(Some(Arc::new(shard)));
        Ok(())
    }

    /// Starts again if the lease is another one than the machines were built under.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn set_fence(&self, fence: Option<Fence>) -> Result<(), PlatformError> {
        let same = self
            .shard
            .borrow()
            .as_ref()
            .is_some_and(|shard| shard.fence() == fence);
        if same {
            Ok(())
        } else {
            self.start(fence).await
        }
    }

    pub(crate) fn shard(&self) -> Result<Arc<Shard>, PlatformError> {
        let shard = self.shard.borrow().clone();
        shard.ok_or_else(|| {
            PlatformError::Unavailable("the crypto machines are not started".to_owned())
        })
    }

    /// The account that speaks.
    pub(crate) fn speaker(&self, speaker: &Speaker) -> Result<OwnedUserId, PlatformError> {
        match speaker {
            Speaker::Bot => Ok(self.bot.clone()),
            Speaker::StandIn(user) if self.is_stand_in(user.as_str()) => user_id(user),
            Speaker::StandIn(_) => Err(refused("not a stand-in of ours")),
        }
    }

    pub(crate) fn is_ours_text(&self, user: &str) -> bool {
        user == self.bot.as_str() || self.is_stand_in(user)
    }

    fn is_stand_in(&self, user: &str) -> bool {
        let rest = user
            .strip_prefix('@')
            .and_then(|rest| rest.strip_prefix(&self.config.stand_in_prefix));
        rest.and_then(|rest| rest.split_once(':'))
            .is_some_and(|(_, server)| server == self.config.server_name)
    }
}

pub(crate) fn user_id(user: &UserId) -> Result<OwnedUserId, PlatformError> {
    MatrixUserId::parse(user.as_str()).map_err(|_| refused("not a Matrix user id"))
}

pub(crate) fn room_id(room: &RoomId) -> Result<&MatrixRoomId, PlatformError> {
    <&MatrixRoomId>::try_from(room.as_str()).map_err(|_| refused("not a Matrix room id"))
}

#[async_trait]
impl Platform for MatrixPlatform {
    fn bot(&self) -> &UserId {
        &self.bot_id
    }

    fn is_ours(&self, user: &UserId) -> bool {
        self.is_ours_text(user.as_str())
    }

    fn stand_in(&self, opaque: &str) -> UserId {
        UserId(self.config.stand_in(opaque))
    }

    async fn open_room(&self, spec: &RoomSpec) -> Result<RoomId, PlatformError> {
        self.make_room(spec).await
    }

    async fn offer_room(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<Attendance, PlatformError> {
        self.offer(room_id(room)?, &user_id(employee)?).await
    }

    async fn prepare(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        reader: &UserId,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        self.encrypt(room_id(room)?, speaker, &user_id(reader)?, content)
            .await
    }

    async fn find_sent(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        since: Timestamp,
    ) -> Result<Option<EventId>, PlatformError> {
        self.find(room_id(room)?, speaker, txn, since).await
    }

    async fn send(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        at: Option<Timestamp>,
    ) -> Result<EventId, PlatformError> {
        self.put(room_id(room)?, speaker, txn, prepared, at).await
    }

    async fn mark_read(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        event: &EventId,
    ) -> Result<(), PlatformError> {
        let who = self.speaker(speaker)?;
        Ok(self
            .http
            .read_receipt(&who, room_id(room)?, event.as_str())
            .await?)
    }

    async fn join_chat(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.accept(room_id(room)?, &user_id(employee)?).await
    }

    async fn is_alone_with(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.alone_with(room_id(room)?, &user_id(employee)?).await
    }

    async fn leave_chat(&self, room: &RoomId) -> Result<(), PlatformError> {
        self.part(room_id(room)?).await
    }

    fn read_transaction(&self, body: &[u8]) -> Result<Transaction, String> {
        self.take_apart(body)
    }

    async fn look(&self, since: Option<&str>) -> Result<Look, PlatformError> {
        self.look_at_rooms(since).await
    }

    async fn fill(&self, gap: &Gap) -> Result<(Vec<RawEvent>, Option<Gap>), PlatformError> {
        self.fill_gap(gap).await
    }

    async fn open_event(&self, raw: &[u8]) -> Result<RoomEvent, OpenError> {
        self.open(raw).await
    }

    async fn who_has_openid(&self, token: &str) -> Result<Option<UserId>, PlatformError> {
        let user = match self.http.openid_user(token).await {
            Err(error) if error.is("M_UNKNOWN_TOKEN") => return Ok(None),
            Err(error) if error.is("M_UNRECOGNIZED") => {
                return Err(refused(
                    "it does not offer OpenID: switch the listener resource `openid` on",
                ));
            }
            user => user?,
        };
        let user = MatrixUserId::parse(user).ok();
        let ours = user.filter(|user| user.server_name().as_str() == self.config.server_name);
        Ok(ours.map(|user| UserId(user.to_string())))
    }

    async fn next_signal(&self) -> Signal {
        self.signals.next().await
    }
}
