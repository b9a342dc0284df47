//! A house whose records have expired.

use std::sync::Arc;

use verbatim_domain::retention::Rule;
use verbatim_domain::{AccountId, DisposalId, Duration};
use verbatim_engine::access::Viewer;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Clock, Entropy, Store};
use verbatim_engine::views::{DisposalView, RecordView, VerifyView};
use verbatim_engine::worker::LEASE;
use verbatim_engine::{
    Anchoring, Engine, HoldWish, Keys, OpenError, Parts, Settings, WebhookAnswer,
};
use verbatim_record::Signer;
use verbatim_testkit::fakes::{FakeKeySafe, SeededEntropy, test_signer};

pub(crate) use crate::house::{ACCOUNT, ALICE, CLIENT, House, OURS};

/// Another client.
pub(crate) const OTHER: &str = "+16285550177";
/// A month more than records are kept, and a few days: no two months of the calendar are longer.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);

pub(crate) fn ann() -> Actor {
    Actor::operator("ann")
}

pub(crate) fn bob() -> Actor {
    Actor::operator("bob")
}

fn viewer() -> Viewer {
    Viewer {
        actor: ann(),
        purpose: String::new(),
    }
}

/// Everything that a hold can be asked of, on one client.
pub(crate) fn on_client() -> HoldWish {
    HoldWish {
        name: "Doe v. Acme".to_owned(),
        reason: "letter of 3 May".to_owned(),
        contacts: vec![CLIENT.to_owned()],
        ..HoldWish::default()
    }
}

/// A new process on the same store: nothing of the old one's memory is left.
pub(crate) async fn restarted(
    house: &House,
    seed: u64,
    rules: Option<Vec<Rule>>,
) -> Result<Arc<Engine>, OpenError> {
    restarted_with(house, seed, rules, test_signer()).await
}

/// The same, with a signing key.
pub(crate) async fn restarted_with(
    house: &House,
    seed: u64,
    rules: Option<Vec<Rule>>,
    signer: Arc<dyn Signer>,
) -> Result<Arc<Engine>, OpenError> {
    let mut settings = Settings::default();
    if let Some(rules) = rules {
        settings.retention = rules;
    }
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let safe = Arc::new(FakeKeySafe::new([7; 32]));
    let engine = Engine::open(Parts {
        keys: Keys::open(&*house.store, safe, &*entropy).await?,
        store: house.store.clone(),
        platform: house.platform.clone(),
        carriers: vec![house.carrier.clone()],
        clock: house.clock.clone(),
        entropy,
        signer,
        signer_before: None,
        anchoring: Anchoring::default(),
        settings,
    })
    .await?;
    let lease = Duration::from_secs(1_000_000);
    let fence = house.store.take_lease(LEASE, "test", lease).await.unwrap();
    engine.set_fence(fence);
    Ok(engine)
}

impl House {
    /// A house in which two clients have texted, years ago.
    pub(crate) async fn of_old() -> Self {
        let house = Self::new().await;
        for client in [CLIENT, OTHER] {
            house.text_from(client, &format!("from {client}")).await;
        }
        house.work().await;
        house.clock.advance(YEARS);
        house
    }

    pub(crate) async fn text_from(&self, client: &str, words: &str) {
        let text = self.carrier.text_from_client(client, OURS, words);
        let hook = self.carrier.inbound_hook(&text);
        let answer = self.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
        assert_eq!(answer, WebhookAnswer::Accepted);
    }

    /// Ann proposes everything that is due, and Bob approves it.
    pub(crate) async fn approve_all(&self) -> Vec<DisposalId> {
        let proposed = self.engine.propose_disposals(&ann()).await.unwrap();
        let mut ids = Vec::new();
        for disposal in proposed {
            let id = disposal.id.parse().unwrap();
            self.engine.approve_disposal(&bob(), id).await.unwrap();
            ids.push(id);
        }
        ids
    }

    pub(crate) async fn disposals(&self) -> Vec<DisposalView> {
        self.engine.list_disposals().await.unwrap()
    }

    pub(crate) async fn verified(&self) -> VerifyView {
        let view = self.engine.verify_log(|_| ()).await.unwrap();
        assert_eq!(view.fault, None);
        view
    }

    pub(crate) async fn all_records(&self) -> Vec<RecordView> {
        self.engine.log_records(0, 1000).await.unwrap()
    }

    /// The texts that can be read.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let records = self.all_records().await.into_iter();
        let texts = records.filter(|r| r.kind == "message_in" && r.disposed.is_none());
        texts.map(|r| r.text).collect()
    }

    /// The texts as the timeline of one client shows them.
    pub(crate) async fn shown_of(&self, client: &str) -> Vec<RecordView> {
        let viewer = viewer();
        let page = self.engine.list_conversations(
            &viewer,
            verbatim_engine::ports::PageAt {
                after: None,
                limit: 100,
            },
        );
        let conversation = page.await.unwrap().items.into_iter();
        let found = conversation.into_iter().find(|c| c.peer == client);
        let id = found.unwrap().id.parse().unwrap();
        let part = self.engine.timeline(&viewer, id, 0, None, 1000);
        part.await.unwrap().items
    }

    pub(crate) fn month_is_over(&self) {
        self.clock.advance(YEARS);
        assert!(self.clock.now().as_millis() > 0);
    }
}

pub(crate) fn said(client: &str) -> String {
    format!("from {client}")
}
