//! More jobs at once than the store has readers.

use std::time::Duration;

use verbatim_domain::AccountId;
use verbatim_engine::WebhookAnswer;
use verbatim_engine::ports::{JobKind, QueueStat, Store};
use verbatim_engine::worker::Stopped;
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::Site;
use verbatim_testkit::fakes::site::{ACCOUNT, OURS};

const CONVERSATIONS: usize = 300;
const LONG: Duration = Duration::from_secs(60);

/// Jobs in hand held every reader of the store while the dispatcher waited for one: nothing ran any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_jobs_does_not_stop_the_worker() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&dir.path().join("store.db")).unwrap();
    let site = Site::on(store).await.unwrap();
    site.provision().await.unwrap();
    let Site {
        engine,
        store,
        carrier,
        platform,
        ..
    } = &site;
    for n in 0..CONVERSATIONS {
        let text = carrier.text_from_client(&format!("+1628{:07}", 2_000_000 + n), OURS, "hello");
        let answer = engine
            .webhook(&AccountId::from(ACCOUNT), &carrier.inbound_hook(&text))
            .await;
        assert_eq!(answer, WebhookAnswer::Accepted);
    }

    site.lead().await.unwrap();
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
