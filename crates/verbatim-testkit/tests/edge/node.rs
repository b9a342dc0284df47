//! An edge on the store of a house.

use std::sync::Arc;

use verbatim_domain::AccountId;
use verbatim_engine::ports::{Entropy, Store, StoredRecord};
use verbatim_engine::{Intake, IntakeParts, OpenError, Settings, WebhookAnswer};
use verbatim_record::EdgeKeys;
use verbatim_record::archive::is_of_edge;
use verbatim_testkit::fakes::SeededEntropy;

use crate::years::*;

/// The file that the full node hands out.
pub(crate) async fn keys(house: &House) -> EdgeKeys {
    let text = house.engine.edge_keys(&ann()).await.unwrap();
    EdgeKeys::parse(&text).unwrap()
}

pub(crate) async fn try_edge(house: &House, keys: EdgeKeys) -> Result<Arc<Intake>, OpenError> {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(0xED6E));
    let parts = IntakeParts {
        store: house.store.clone(),
        carriers: vec![house.carrier.clone()],
        clock: house.clock.clone(),
        entropy,
        settings: Settings::default(),
    };
    Intake::edge(parts, keys).await
}

pub(crate) async fn edge(house: &House) -> Arc<Intake> {
    try_edge(house, keys(house).await).await.unwrap()
}

/// The client texts, and the edge gets the webhook.
pub(crate) async fn text_to(edge: &Intake, house: &House, client: &str, words: &str) {
    let text = house.carrier.text_from_client(client, OURS, words);
    let hook = house.carrier.inbound_hook(&text);
    let answer = edge.webhook(&AccountId::from(ACCOUNT), &hook).await;
    assert_eq!(answer, WebhookAnswer::Accepted);
}

pub(crate) async fn stored(house: &House) -> Vec<StoredRecord> {
    house.store.records(0, 1000).await.unwrap()
}

pub(crate) async fn unadopted(house: &House) -> usize {
    let found = house.store.unadopted(None, 1000).await.unwrap().len();
    let all = stored(house).await;
    let of_edge = all.iter().filter(|r| is_of_edge(&r.sealed.wrapped_key));
    assert_eq!(found, of_edge.count());
    found
}

/// What the clients said in the room, after the bot's first words.
pub(crate) async fn said_in(house: &House) -> Vec<String> {
    let mut said = house.said(&house.room().await);
    assert!(said.remove(0).starts_with("This room texts"));
    said
}
