//! More jobs at once than the store has readers.

use std::sync::Arc;
use std::time::Duration;

use verbatim_domain::AccountId;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{JobKind, QueueStat, Store};
use verbatim_engine::worker::{LEASE, Stopped};
use verbatim_engine::{Engine, Parts, Settings, WebhookAnswer};
use verbatim_record::Kek;
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::{FakeCarrier, FakePlatform, SeededEntropy, VirtualClock};

const ACCOUNT: &str = "acme";
const ALICE: &str = "@alice:example.org";
const OURS: &str = "+14155550100";
const CONVERSATIONS: usize = 300;
const LONG: Duration = Duration::from_secs(60);

/// Jobs in hand held every reader of the store while the dispatcher waited for one: nothing ran any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_jobs_does_not_stop_the_worker() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&dir.path().join("store.db")).unwrap();
    let clock = Arc::new(VirtualClock::default());
    let carrier = Arc::new(FakeCarrier::new(ACCOUNT, clock.clone()));
    let platform = Arc::new(FakePlatform::new(clock.clone()));
    let parts = Parts {
        store: store.clone(),
        platform: platform.clone(),
        carriers: vec![carrier.clone()],
        clock,
        entropy: Arc::new(SeededEntropy::new(1)),
        kek: Kek::from_bytes([7; 32]),
        settings: Settings::default(),
    };
    let engine = Engine::open(parts).await.unwrap();
    let actor = Actor::operator("test");
    engine.add_employee(&actor, ALICE, "Alice").await.unwrap();
    engine.add_number(&actor, OURS, ACCOUNT).await.unwrap();
    engine.assign_number(&actor, OURS, ALICE).await.unwrap();
    for n in 0..CONVERSATIONS {
        let text = carrier.text_from_client(&format!("+1628{:07}", 2_000_000 + n), OURS, "hello");
        let answer = engine
            .webhook(&AccountId::from(ACCOUNT), &carrier.inbound_hook(&text))
            .await;
        assert_eq!(answer, WebhookAnswer::Accepted);
    }

    let fence = store
        .take_lease(LEASE, "test", engine.settings().lease)
        .await
        .unwrap();
    engine.set_fence(fence);
    let finished = async {
        // Nobody tells the engine that the invitations were accepted.
        let left = |stats: Vec<QueueStat>| stats.iter().any(|s| s.kind != JobKind::OfferRoom);
        while left(store.queue_stats().await.unwrap()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let stopped = tokio::time::timeout(LONG, engine.run_jobs(finished)).await;
    let waiting = store.queue_stats().await.unwrap();
    assert_eq!(stopped, Ok(Stopped::Asked), "left over: {waiting:?}");
    assert_eq!(platform.rooms().len(), CONVERSATIONS);
}
