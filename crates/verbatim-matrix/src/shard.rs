//! The machines of the bot and of the stand-ins under one lease. When the lease changes hands, a new shard is
//! built from the store; what is left of the old one cannot write any more (facts: matrix, section 11).

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use ruma::{OwnedUserId, UserId};
use tokio::sync::OnceCell;
use verbatim_engine::ports::{Fence, PlatformError};

use crate::crypto_store::RowsParts;
use crate::epochs::Epochs;
use crate::http::Http;
use crate::machine::{Device, Role};

/// Stand-ins whose machines stay open. One costs about 100 KiB; opening one takes milliseconds.
const OPEN_STAND_INS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

const BOT_DEVICE: &str = "Verbatim bot";
const STAND_IN_DEVICE: &str = "Verbatim";

type Slot = Arc<OnceCell<Device>>;

pub(crate) struct Shard {
    pub(crate) parts: RowsParts,
    pub(crate) bot: Device,
    pub(crate) epochs: Epochs,
    http: Arc<Http>,
    stand_ins: Mutex<LruCache<OwnedUserId, Slot>>,
}

impl Shard {
    /// Builds the bot's machine from the store and makes sure that the bot exists.
    pub(crate) async fn start(
        http: Arc<Http>,
        parts: RowsParts,
        bot: &UserId,
    ) -> Result<Self, PlatformError> {
        let epochs = Epochs::load(parts.clone()).await?;
        let bot = Device::open(&parts, bot, Role::Full).await?;
        bot.ensure(&http, BOT_DEVICE).await?;
        Ok(Self {
            parts,
            bot,
            epochs,
            http,
            stand_ins: Mutex::new(LruCache::unbounded()),
        })
    }

    pub(crate) fn fence(&self) -> Option<Fence> {
        self.parts.fence
    }

    /// The stand-in's machine, published. Held as long as the slot is: see [`StandIn`].
    pub(crate) async fn stand_in(&self, user: &UserId) -> Result<StandIn, PlatformError> {
        let slot = self.slot(user);
        slot.get_or_try_init(|| async {
            let device = Device::open(&self.parts, user, Role::SendOnly).await?;
            if !device.is_provisioned().await? {
                device.ensure(&self.http, STAND_IN_DEVICE).await?;
            }
            Ok::<_, PlatformError>(device)
        })
        .await?;
        Ok(StandIn(slot))
    }

    /// The one slot of a stand-in. Never two machines on one namespace: a slot that somebody holds is not
    /// thrown out, even if that means that more stay open for a while.
    fn slot(&self, user: &UserId) -> Slot {
        let mut open = self
            .stand_ins
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let slot = open.get_or_insert(user.to_owned(), Slot::default).clone();
        if open.len() > OPEN_STAND_INS.get() {
            let idle = open
                .iter()
                .rev()
                .find(|(_, slot)| Arc::strong_count(slot) == 1);
            if let Some(user) = idle.map(|(user, _)| user.clone()) {
                open.pop(&user);
            }
        }
        slot
    }
}

/// A stand-in's device in use.
pub(crate) struct StandIn(Slot);

impl StandIn {
    pub(crate) fn device(&self) -> Result<&Device, PlatformError> {
        self.0
            .get()
            .ok_or_else(|| PlatformError::Unavailable("stand-in not open".to_owned()))
    }
}
