//! An edge on the store of a house.

use std::sync::Arc;

use verbatim_domain::{AccountId, RecordId, Timestamp};
use verbatim_engine::ports::{
    Change, Clock, Commit, Entropy, NewRecord, Sealed, Store, StoredRecord,
};
use verbatim_engine::{Intake, IntakeParts, OpenError, Settings, WebhookAnswer};
use verbatim_record::archive::is_of_edge;
use verbatim_record::{Body, BucketId, EdgeKeys, Kind, NewSeal, RetentionClass, SealChance};
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

/// A record as who broke into an edge can append one, whatever it says.
pub(crate) async fn forge(house: &House, seed: u8, bucket: BucketId) {
    let body = Body {
        text: "made up".to_owned(),
        ..Body::default()
    };
    let new = NewSeal {
        id: RecordId::from_random([seed; 16]),
        kind: Kind::Malformed,
        captured_at: house.clock.now(),
        bucket,
        body: &body,
        chance: SealChance::from_bytes(&[seed; 112]),
    };
    let archive = keys(house).await.archive;
    let (sealed, _) = archive.seal(&new, &[seed; 32].into()).unwrap();
    let record = NewRecord {
        conversation: None,
        sealed,
        about: None,
    };
    let (fence, changes) = (None, vec![Change::Append(record)]);
    house.store.commit(Commit { fence, changes }).await.unwrap();
}

/// A job's payload as an edge can seal one, whatever it says.
pub(crate) fn sealed_by_edge(keys: &EdgeKeys, payload: &str) -> Sealed {
    let body = Body::default();
    let new = NewSeal {
        id: RecordId::from_random([1; 16]),
        kind: Kind::Notice,
        captured_at: Timestamp(0),
        bucket: BucketId {
            class: RetentionClass(1),
            expiry_month: 24_500,
        },
        body: &body,
        chance: SealChance::from_bytes(&[4; 112]),
    };
    let (_, beside) = keys.archive.seal(&new, &[5; 32].into()).unwrap();
    let sealed = beside.seal("job", b"", payload.as_bytes(), &[6; 24]);
    Sealed(sealed.unwrap())
}
