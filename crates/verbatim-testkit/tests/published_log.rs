//! What is published, where others may write, too: never a second history over the first, never an old
//! checkpoint over a new one, and what was lost there is published again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Lasting, Publication, PublicationError};
use verbatim_engine::{Engine, FORKED, LogError, PublishError};
use verbatim_record::tile::{TileId, entries_path};
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::publication::WriteFate;
use verbatim_testkit::fakes::{FakePublication, Site};

async fn lead(store: Arc<SqlStore>) -> Site {
    let site = Site::on(store).await.unwrap();
    site.lead().await.unwrap();
    site
}

async fn site() -> Site {
    lead(SqlStore::in_memory().unwrap()).await
}

/// Appends records and signs.
async fn sign(engine: &Engine, records: u64) {
    for _ in 0..records {
        let size = engine.log_progress().await.unwrap().records;
        let user = format!("@employee{size}:example.org");
        let actor = Actor::operator("test");
        engine.add_employee(&actor, &user, "One").await.unwrap();
    }
    engine.sign_log().await.unwrap().unwrap();
}

fn checkpoint(place: &FakePublication) -> Vec<u8> {
    place.file("checkpoint").unwrap()
}

fn put(place: &FakePublication, path: &str, bytes: &[u8]) {
    let mut files = place.files.lock().unwrap();
    files.insert(path.to_owned(), bytes.to_vec());
}

/// Everything under the newest checkpoint of the store is there, as the store has it.
async fn is_whole(place: &FakePublication, engine: &Engine, case: &str) {
    let last = engine.latest_checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint(place), last.note.as_bytes(), "{case}");
    for id in TileId::new_between(0, last.size) {
        let tile = engine.tile(id).await.unwrap();
        assert_eq!(place.file(&id.to_string()), tile, "{case}: {id}");
        if id.level == 0 {
            let entries = engine.entries(id.index, id.width).await.unwrap();
            let path = entries_path(id.index, id.width);
            assert_eq!(place.file(&path), entries, "{case}: {path}");
        }
    }
}

/// Another store under the same key, smaller than what is published, as large, and larger.
#[tokio::test]
async fn a_second_history_is_not_published_over_the_first() {
    for records in [2, 3, 5] {
        let place = FakePublication::default();
        let first = site().await;
        sign(&first.engine, 3).await;
        first.engine.publish(&place).await.unwrap();
        let files = place.files.lock().unwrap().clone();

        // (Chance and clock of a site begin alike.)
        let other = site().await;
        other.clock.advance(Duration::from_secs(60));
        sign(&other.engine, records).await;
        for _ in 0..2 {
            let refused = other.engine.publish(&place).await;
            assert!(
                matches!(refused, Err(PublishError::Forked(_))),
                "{records}: {refused:?}"
            );
        }
        assert_eq!(*place.files.lock().unwrap(), files, "{records}");
        let alarms = other.engine.alarms().await.unwrap();
        assert_eq!(alarms[0].key, FORKED, "{records}");
        let actor = Actor::operator("test");
        let user = "@more:example.org";
        other
            .engine
            .add_employee(&actor, user, "More")
            .await
            .unwrap();
        let stopped = other.engine.sign_log().await;
        assert!(
            matches!(stopped, Err(LogError::Stopped(_))),
            "{records}: {stopped:?}"
        );
    }
}

/// A place where another node of the store publishes at a certain moment.
struct Overtaken<'a> {
    place: &'a FakePublication,
    other: &'a Engine,
    before: &'static str,
}

impl Overtaken<'_> {
    async fn moment(&self, now: &str) {
        if now == self.before {
            sign(self.other, 2).await;
            self.other.publish(self.place).await.unwrap();
        }
    }
}

#[async_trait]
impl Publication for Overtaken<'_> {
    fn place(&self) -> &str {
        self.place.place()
    }

    async fn put(&self, path: &str, bytes: Vec<u8>, l: Lasting) -> Result<(), PublicationError> {
        self.place.put(path, bytes, l).await
    }

    async fn replace(
        &self,
        path: &str,
        bytes: Vec<u8>,
        allows: &(dyn for<'b> Fn(Option<&'b [u8]>) -> bool + Send + Sync),
    ) -> Result<bool, PublicationError> {
        self.moment("replace").await;
        self.place.replace(path, bytes, allows).await
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, PublicationError> {
        self.moment("get").await;
        self.place.get(path).await
    }
}

/// What it was about to publish when it lost the lease is old by now.
#[tokio::test]
async fn who_lost_the_lease_publishes_nothing_older() {
    for before in ["get", "replace"] {
        let store = SqlStore::in_memory().unwrap();
        let (late, place) = (lead(store.clone()).await, FakePublication::default());
        sign(&late.engine, 3).await;
        let other = lead(store).await;
        let overtaken = Overtaken {
            place: &place,
            other: &other.engine,
            before,
        };
        // Whatever it answers: it has done no harm, and is not taken for another history.
        let answer = late.engine.publish(&overtaken).await;
        assert!(!matches!(answer, Ok(Some(_))), "{before}: {answer:?}");
        is_whole(&place, &other.engine, before).await;
        assert_eq!(other.engine.alarm_count().await.unwrap(), 0, "{before}");
    }
}

/// What is not a checkpoint, and one of ours that is older, are written over.
#[tokio::test]
async fn damage_and_an_older_checkpoint_are_written_over() {
    let (site, place) = (site().await, FakePublication::default());
    sign(&site.engine, 3).await;
    site.engine.publish(&place).await.unwrap();
    for there in [b"damage".to_vec(), checkpoint(&place)] {
        sign(&site.engine, 1).await;
        site.engine.publish(&place).await.unwrap();
        put(&place, "checkpoint", &there);
        sign(&site.engine, 1).await;
        assert!(site.engine.publish(&place).await.unwrap().is_some());
        is_whole(&place, &site.engine, "written over").await;
    }
}

/// A file that never changes lies there with other bytes: no checkpoint is put over that.
#[tokio::test]
async fn a_tile_of_another_log_stays_and_is_told() {
    let (site, place) = (site().await, FakePublication::default());
    put(&place, "tile/0/000.p/3", b"another's");
    sign(&site.engine, 3).await;
    let refused = site.engine.publish(&place).await;
    assert!(
        matches!(
            refused,
            Err(PublishError::Place(PublicationError::Refused(_)))
        ),
        "{refused:?}"
    );
    assert_eq!(place.file("checkpoint"), None);
}

/// A bucket that was emptied, and an older copy of one: found at the start, and with the next checkpoint.
#[tokio::test]
async fn a_place_that_has_lost_what_was_published_is_filled_again() {
    for (case, is_started, is_emptied) in [
        ("emptied, start", true, true),
        ("an older copy, start", true, false),
        ("emptied, running", false, true),
        ("an older copy, running", false, false),
    ] {
        let (site, place) = (site().await, FakePublication::default());
        sign(&site.engine, 250).await;
        site.engine.publish(&place).await.unwrap();
        let old = place.files.lock().unwrap().clone();
        sign(&site.engine, 10).await;
        site.engine.publish(&place).await.unwrap();
        *place.files.lock().unwrap() = if is_emptied { Default::default() } else { old };
        match is_started {
            true => site.engine.compare(&place).await.unwrap(),
            false => sign(&site.engine, 1).await,
        }
        // The first attempt fails on the way.
        place.plan([WriteFate::Works, WriteFate::Refused]);
        site.engine.publish(&place).await.unwrap_err();
        site.engine.publish(&place).await.unwrap();
        is_whole(&place, &site.engine, case).await;
    }
}
