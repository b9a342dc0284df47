//! An engine with the whole outside world in memory: what tests of its surroundings stand on.

use std::error::Error;
use std::sync::Arc;

use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Entropy, Store};
use verbatim_engine::worker::LEASE;
use verbatim_engine::{Anchoring, Engine, Keys, Parts, Settings};
use verbatim_record::Signer;
use verbatim_store::SqlStore;

use super::{FakeCarrier, FakeKeySafe, FakePlatform, SeededEntropy, VirtualClock, test_signer};

/// The carrier account of every number.
pub const ACCOUNT: &str = "acme";
/// An employee.
pub const ALICE: &str = "@alice:example.org";
/// Alice's number.
pub const OURS: &str = "+14155550100";

/// Longer than any test, in virtual time or ours.
const LEASE_TIME: Duration = Duration::from_secs(1_000_000);

/// An engine and everything around it.
pub struct Site {
    /// The engine; the test runs its jobs.
    pub engine: Arc<Engine>,
    /// Its store.
    pub store: Arc<SqlStore>,
    /// The only clock there is.
    pub clock: Arc<VirtualClock>,
    /// The carrier of [`ACCOUNT`].
    pub carrier: Arc<FakeCarrier>,
    /// The homeserver.
    pub platform: Arc<FakePlatform>,
}

impl Site {
    /// On a given store.
    ///
    /// # Errors
    /// When the engine cannot be opened on the store.
    pub async fn on(store: Arc<SqlStore>) -> Result<Self, Box<dyn Error>> {
        Self::signed_by(store, test_signer(), None).await
    }

    /// On a given store, with a signing key and perhaps the one before it.
    ///
    /// # Errors
    /// When the engine cannot be opened on the store.
    pub async fn signed_by(
        store: Arc<SqlStore>,
        signer: Arc<dyn Signer>,
        before: Option<Arc<dyn Signer>>,
    ) -> Result<Self, Box<dyn Error>> {
        let safe = Arc::new(FakeKeySafe::new([7; 32]));
        let signers = (signer, before);
        Self::made(store, Arc::default(), Anchoring::default(), safe, signers).await
    }

    /// On a given store, with those who cosign and stamp.
    ///
    /// # Errors
    /// When the keys cannot be opened.
    pub async fn anchored(
        store: Arc<SqlStore>,
        clock: Arc<VirtualClock>,
        anchoring: Anchoring,
    ) -> Result<Self, Box<dyn Error>> {
        Self::changing(store, clock, anchoring, (test_signer(), None)).await
    }

    /// On a given store, with those who cosign and stamp, a signing key and perhaps the one before it.
    ///
    /// # Errors
    /// When the keys cannot be opened.
    pub async fn changing(
        store: Arc<SqlStore>,
        clock: Arc<VirtualClock>,
        anchoring: Anchoring,
        signers: (Arc<dyn Signer>, Option<Arc<dyn Signer>>),
    ) -> Result<Self, Box<dyn Error>> {
        let safe = Arc::new(FakeKeySafe::new([7; 32]));
        Self::made(store, clock, anchoring, safe, signers).await
    }

    /// On a given store, with keys from a given place.
    ///
    /// # Errors
    /// When the keys cannot be opened.
    pub async fn with(
        store: Arc<SqlStore>,
        safe: Arc<FakeKeySafe>,
    ) -> Result<Self, Box<dyn Error>> {
        let signers = (test_signer(), None);
        Self::made(store, Arc::default(), Anchoring::default(), safe, signers).await
    }

    /// On a given store, with everything that outlives a process.
    ///
    /// # Errors
    /// When the keys cannot be opened.
    pub async fn whole(
        store: Arc<SqlStore>,
        clock: Arc<VirtualClock>,
        anchoring: Anchoring,
        safe: Arc<FakeKeySafe>,
    ) -> Result<Self, Box<dyn Error>> {
        Self::made(store, clock, anchoring, safe, (test_signer(), None)).await
    }

    async fn made(
        store: Arc<SqlStore>,
        clock: Arc<VirtualClock>,
        anchoring: Anchoring,
        safe: Arc<FakeKeySafe>,
        (signer, signer_before): (Arc<dyn Signer>, Option<Arc<dyn Signer>>),
    ) -> Result<Self, Box<dyn Error>> {
        let platform = Arc::new(FakePlatform::new(clock.clone()));
        let carrier = Arc::new(FakeCarrier::new(ACCOUNT, clock.clone()));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(chance(&*store).await?));
        let parts = Parts {
            keys: Keys::open(&*store, safe, &*entropy).await?,
            store: store.clone(),
            platform: platform.clone(),
            carriers: vec![carrier.clone()],
            clock: clock.clone(),
            entropy,
            signer,
            signer_before,
            anchoring,
            settings: Settings::default(),
        };
        Ok(Self {
            engine: Engine::open(parts).await?,
            store,
            clock,
            carrier,
            platform,
        })
    }

    /// Alice, with our number.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn provision(&self) -> Result<(), Box<dyn Error>> {
        let (engine, actor) = (&self.engine, Actor::operator("test"));
        engine.add_employee(&actor, ALICE, "Alice").await?;
        engine.add_number(&actor, OURS, ACCOUNT).await?;
        engine.assign_number(&actor, OURS, ALICE).await?;
        Ok(())
    }

    /// Takes the lease under which jobs run.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lead(&self) -> Result<(), Box<dyn Error>> {
        let fence = self.store.take_lease(LEASE, "test", LEASE_TIME).await?;
        self.engine.set_fence(fence);
        Ok(())
    }
}

/// A seed that no engine has had on this store: two that share one would draw the same ids.
async fn chance(store: &dyn Store) -> Result<u64, Box<dyn Error>> {
    Ok(1 + store.log_root().await?.size)
}
