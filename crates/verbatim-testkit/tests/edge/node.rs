//! An edge on the store of a house.

use std::sync::Arc;

use verbatim_domain::{AccountId, MessageId, RecordId, Timestamp};
use verbatim_engine::ports::{
    Change, Clock, Commit, Entropy, NewRecord, Sealed, Store, StoredRecord,
};
use verbatim_engine::{Intake, IntakeParts, OpenError, Settings, WebhookAnswer};
use verbatim_record::archive::{Beside, is_of_edge};
use verbatim_record::{
    Body, BucketId, EdgeKeys, Kind, NewSeal, RetentionClass, SealChance, SealedRecord,
};
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
    let keys = keys(house).await;
    let body = Body {
        text: "made up".to_owned(),
        ..Body::default()
    };
    let (sealed, _) = sealed(
        &keys,
        house.clock.now(),
        seed,
        (Kind::Malformed, bucket, &body),
    );
    append(house, sealed).await;
}

pub(crate) async fn append(house: &House, sealed: SealedRecord) {
    let record = NewRecord {
        conversation: None,
        sealed,
        about: None,
    };
    let (fence, changes) = (None, vec![Change::Append(record)]);
    house.store.commit(Commit { fence, changes }).await.unwrap();
}

/// A record of a client's text, whatever it says.
pub(crate) fn record_by_edge(
    keys: &EdgeKeys,
    house: &House,
    seed: u8,
    body: &Body,
) -> SealedRecord {
    let bucket = BucketId {
        class: RetentionClass(1),
        expiry_month: 0,
    };
    sealed(
        keys,
        house.clock.now(),
        seed,
        (Kind::MessageIn, bucket, body),
    )
    .0
}

/// A job's payload about a text, as an edge can seal one, whatever it says.
pub(crate) fn text_by_edge(keys: &EdgeKeys, message: MessageId, payload: &str) -> Sealed {
    state_by_edge(keys, "job", format!("text {message}").as_bytes(), payload)
}

/// State as an edge can seal it, whatever it says.
pub(crate) fn state_by_edge(keys: &EdgeKeys, purpose: &str, context: &[u8], plain: &str) -> Sealed {
    let body = Body::default();
    let bucket = BucketId {
        class: RetentionClass(1),
        expiry_month: 24_500,
    };
    let (_, beside) = sealed(keys, Timestamp(0), 1, (Kind::Status, bucket, &body));
    let sealed = beside.seal(purpose, context, plain.as_bytes(), &[6; 24]);
    Sealed(sealed.unwrap())
}

fn sealed(
    keys: &EdgeKeys,
    captured_at: Timestamp,
    seed: u8,
    (kind, bucket, body): (Kind, BucketId, &Body),
) -> (SealedRecord, Beside) {
    let new = NewSeal {
        id: RecordId::from_random([seed; 16]),
        kind,
        captured_at,
        bucket,
        body,
        chance: SealChance::from_bytes(&[seed; 112]),
    };
    keys.archive.seal(&new, &[seed; 32].into()).unwrap()
}
