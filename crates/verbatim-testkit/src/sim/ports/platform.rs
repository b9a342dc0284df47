//! The platform port of a mortal process; what is relayed is compared with the record on the way.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use verbatim_domain::{EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    Attendance, Content, Gap, Look, OpenError, Platform, PlatformError, Prepared, RawEvent,
    RoomEvent, RoomSpec, Signal, Speaker, Transaction,
};

use crate::fakes::FakePlatform;
use crate::sim::process::{Dead, Fate, Process};
use crate::sim::sabotage::Sabotage;
use crate::sim::world::World;

pub(crate) struct MortalPlatform {
    pub(crate) inner: Arc<FakePlatform>,
    pub(crate) process: Arc<Process>,
    pub(crate) world: Weak<World>,
    pub(crate) sabotage: Sabotage,
}

fn cut() -> PlatformError {
    PlatformError::Unavailable("the connection broke".to_owned())
}

fn died(_: Dead) -> PlatformError {
    cut()
}

impl MortalPlatform {
    async fn write<R>(
        &self,
        call: impl Future<Output = Result<R, PlatformError>> + Send,
    ) -> Result<R, PlatformError> {
        self.process.gate().await.map_err(died)?;
        match self.process.fate() {
            Fate::Works => call.await,
            Fate::Refused => Err(cut()),
            Fate::LosesAnswer => {
                call.await?;
                Err(cut())
            }
        }
    }
}

#[async_trait]
impl Platform for MortalPlatform {
    fn bot(&self) -> &UserId {
        self.inner.bot()
    }

    fn is_ours(&self, user: &UserId) -> bool {
        self.inner.is_ours(user)
    }

    fn stand_in(&self, opaque: &str) -> UserId {
        self.inner.stand_in(opaque)
    }

    async fn open_room(&self, spec: &RoomSpec) -> Result<RoomId, PlatformError> {
        self.write(self.inner.open_room(spec)).await
    }

    async fn offer_room(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<Attendance, PlatformError> {
        self.write(self.inner.offer_room(room, employee)).await
    }

    async fn prepare(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        reader: &UserId,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        self.process.gate().await.map_err(died)?;
        match self.inner.prepare(room, speaker, reader, content).await {
            Err(PlatformError::Unread(_)) if self.sabotage == Sabotage::SpeaksToNobody => {
                FakePlatform::prepare_for_nobody(content)
            }
            prepared => prepared,
        }
    }

    async fn find_sent(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        since: Timestamp,
    ) -> Result<Option<EventId>, PlatformError> {
        self.process.gate().await.map_err(died)?;
        if self.sabotage == Sabotage::TrustsTransactions {
            return Ok(None);
        }
        self.inner.find_sent(room, speaker, txn, since).await
    }

    async fn send(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        at: Option<Timestamp>,
    ) -> Result<EventId, PlatformError> {
        let call = async {
            if let Some(world) = self.world.upgrade() {
                world.witness_said(room, speaker, prepared).await;
            }
            let hits = |which| self.sabotage.hits(which, prepared);
            if hits(Sabotage::LosesInRoom) {
                return Ok(EventId(format!("$lost-{txn}")));
            }
            if hits(Sabotage::DoublesInRoom) || hits(Sabotage::DoublesNotices) {
                let again = format!("{txn}-again");
                self.inner.send(room, speaker, &again, prepared, at).await?;
            }
            let event = self.inner.send(room, speaker, txn, prepared, at).await?;
            self.sabotage.said(&self.inner);
            Ok(event)
        };
        self.write(call).await
    }

    async fn mark_read(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        event: &EventId,
    ) -> Result<(), PlatformError> {
        self.write(self.inner.mark_read(room, speaker, event)).await
    }

    async fn join_chat(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.write(self.inner.join_chat(room, employee)).await
    }

    async fn is_alone_with(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.process.gate().await.map_err(died)?;
        self.inner.is_alone_with(room, employee).await
    }

    async fn leave_chat(&self, room: &RoomId) -> Result<(), PlatformError> {
        self.write(self.inner.leave_chat(room)).await
    }

    fn read_transaction(&self, body: &[u8]) -> Result<Transaction, String> {
        self.inner.read_transaction(body)
    }

    async fn look(&self, since: Option<&str>) -> Result<Look, PlatformError> {
        self.process.gate().await.map_err(died)?;
        if self.sabotage == Sabotage::NeverLooks {
            let next = self.inner.look(None).await?.next;
            let rooms = Vec::new();
            return Ok(Look { rooms, next });
        }
        self.inner.look(since).await
    }

    async fn fill(&self, gap: &Gap) -> Result<(Vec<RawEvent>, Option<Gap>), PlatformError> {
        self.process.gate().await.map_err(died)?;
        self.inner.fill(gap).await
    }

    async fn open_event(&self, raw: &[u8]) -> Result<RoomEvent, OpenError> {
        self.process
            .gate()
            .await
            .map_err(|dead| OpenError::Platform(died(dead)))?;
        self.inner.open_event(raw).await
    }

    async fn who_has_openid(&self, token: &str) -> Result<Option<UserId>, PlatformError> {
        self.process.gate().await.map_err(died)?;
        self.inner.who_has_openid(token).await
    }

    async fn next_signal(&self) -> Signal {
        self.inner.next_signal().await
    }
}
