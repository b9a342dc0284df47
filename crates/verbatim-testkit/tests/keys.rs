//! The key-encryption key is rotated: cut off after every step, by one node of two, in an installation
//! from before there was a state root. Whatever happens, everything opens, and nothing is left under the
//! old key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::Arc;

use verbatim_domain::{Duration, EmployeeId, Timestamp};
use verbatim_engine::Engine;
use verbatim_engine::admin::{Actor, AdminError};
use verbatim_engine::ports::{
    Change, Commit, Employee, Installation, PageAt, Sealed, Store, StoreError,
};
use verbatim_engine::views::KeyRotationView;
use verbatim_record::{Kek, StateRoot, Vault};
use verbatim_store::{Fault, SqlStore};
use verbatim_testkit::fakes::key_safe::SafeFault;
use verbatim_testkit::fakes::site::ALICE;
use verbatim_testkit::fakes::{FakeKeySafe, Site};

const KEY: [u8; 32] = [7; 32];
/// Into another bucket.
const MONTH: Duration = Duration::from_secs(40 * 24 * 60 * 60);

fn actor() -> Actor {
    Actor::operator("test")
}

/// A process that can be started again on what the one before left.
struct House {
    _dir: tempfile::TempDir,
    path: PathBuf,
    safe: Arc<FakeKeySafe>,
    site: Option<Site>,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut house = Self {
            path: dir.path().join("store.db"),
            _dir: dir,
            safe: Arc::new(FakeKeySafe::new(KEY)),
            site: None,
        };
        house.start_again().await;
        house.site().provision().await.unwrap();
        house
    }

    async fn start_again(&mut self) {
        self.site = None;
        let store = SqlStore::open(&self.path).unwrap();
        self.site = Some(Site::with(store, self.safe.clone()).await.unwrap());
    }

    fn site(&self) -> &Site {
        self.site.as_ref().unwrap()
    }

    fn engine(&self) -> &Engine {
        &self.site().engine
    }
}

/// As the command does: it asks first which key is in use.
async fn rotate(engine: &Engine) -> Result<KeyRotationView, AdminError> {
    let key = engine.key_inventory().await?.key;
    engine.rotate_key(&actor(), &key).await
}

async fn prepare(engine: &Engine) -> Result<String, AdminError> {
    let key = engine.key_inventory().await?.key;
    engine.prepare_key(&actor(), &key).await
}

/// Everything opens, and the trace of the rotations is whole.
async fn all_opens(engine: &Engine, key: &str, rotations: usize, name: &str) {
    let keys = engine.key_inventory().await.unwrap();
    assert_eq!(keys.key, key, "{name}: the key in use");
    assert_eq!(keys.rotations.len(), rotations, "{name}");
    assert!(keys.state_root, "{name}");
    let verified = engine.verify_log(|_| ()).await.unwrap();
    assert!(verified.ok, "{name}: {:?}", verified.fault);
    let at = PageAt {
        after: None,
        limit: 10,
    };
    let people = engine.list_employees(at).await.unwrap().items;
    assert_eq!(people[0].name, "Alice", "{name}: sealed state");
    let records = engine.log_records(0, 1000).await.unwrap();
    let said = records.iter().filter(|r| r.reason == "key.rotate").count();
    assert_eq!(said, rotations, "{name}: records of it");
}

/// How far the first call has come when the process is ended.
struct Cut {
    name: &'static str,
    safe: &'static [SafeFault],
    store: Option<Fault>,
    /// Whether the call says that it is done.
    says_done: bool,
    /// Whether it is.
    is_done: bool,
}

const CUTS: &[Cut] = &[
    Cut {
        name: "the next key is not kept",
        safe: &[SafeFault::Refuses],
        store: None,
        says_done: false,
        is_done: false,
    },
    Cut {
        name: "the next key is kept, then it ends",
        safe: &[SafeFault::LosesAnswer],
        store: None,
        says_done: false,
        is_done: false,
    },
    Cut {
        name: "the commit is refused",
        safe: &[],
        store: Some(Fault::Refuse),
        says_done: false,
        is_done: false,
    },
    Cut {
        name: "it dies in the commit",
        safe: &[],
        store: Some(Fault::Die),
        says_done: false,
        is_done: false,
    },
    Cut {
        name: "the commit is done and reported as failed",
        safe: &[],
        store: Some(Fault::LoseAnswer),
        says_done: true,
        is_done: true,
    },
    Cut {
        name: "the same, and it ends before the key is in its place",
        safe: &[SafeFault::None, SafeFault::Refuses],
        store: Some(Fault::LoseAnswer),
        says_done: true,
        is_done: true,
    },
    Cut {
        name: "the key does not come to its place",
        safe: &[SafeFault::None, SafeFault::Refuses],
        store: None,
        says_done: true,
        is_done: true,
    },
    Cut {
        name: "the key is in its place, and it is reported as failed",
        safe: &[SafeFault::None, SafeFault::LosesAnswer],
        store: None,
        says_done: true,
        is_done: true,
    },
];

#[tokio::test]
async fn a_rotation_may_end_after_any_step() {
    for cut in CUTS {
        let name = cut.name;
        let mut house = House::new().await;
        let old = house.safe.ids().0;
        house.safe.plan(cut.safe);
        if let Some(fault) = cut.store {
            house.site().store.inject(fault);
        }
        let said = rotate(house.engine()).await;
        assert_eq!(said.is_ok(), cut.says_done, "{name}: {said:?}");

        house.start_again().await;
        let (current, next) = house.safe.ids();
        assert_eq!(current != old, cut.is_done, "{name}");
        assert!(!cut.is_done || next.is_none(), "{name}: something is left");
        all_opens(house.engine(), &current, usize::from(cut.is_done), name).await;

        // What lies ready is what the next one takes; and it goes through.
        let done = rotate(house.engine()).await.unwrap();
        assert_eq!(done.old_key, current, "{name}");
        assert!(next.is_none_or(|next| next == done.new_key), "{name}");
        house.start_again().await;
        let rotations = usize::from(cut.is_done) + 1;
        all_opens(house.engine(), &done.new_key, rotations, name).await;
    }
}

#[tokio::test]
async fn what_was_prepared_is_what_it_goes_to() {
    let house = House::new().await;
    let prepared = prepare(house.engine()).await.unwrap();
    assert_eq!(prepare(house.engine()).await.unwrap(), prepared);
    let done = rotate(house.engine()).await.unwrap();
    assert_eq!(done.new_key, prepared);
    let again = rotate(house.engine()).await.unwrap();
    assert_eq!(again.old_key, prepared);
    all_opens(house.engine(), &again.new_key, 2, "twice").await;
}

/// The record of the rotation needs a bucket that nobody has made yet: it begins anew with that one.
#[tokio::test]
async fn a_bucket_made_meanwhile_is_not_left_behind() {
    let mut house = House::new().await;
    house.site().clock.advance(MONTH);
    let done = rotate(house.engine()).await.unwrap();
    assert_eq!(done.buckets, 2);
    house.start_again().await;
    all_opens(house.engine(), &done.new_key, 1, "a new month").await;
}

#[tokio::test]
async fn another_node_follows_once_it_has_the_key() {
    let house = House::new().await;
    let mine = Arc::new(FakeKeySafe::new(KEY));
    let other = Site::with(house.site().store.clone(), mine.clone())
        .await
        .unwrap();
    let done = rotate(house.engine()).await.unwrap();

    // Its open buckets did not change.
    let actor = actor();
    let add = |name: &'static str| other.engine.add_employee(&actor, ALICE, name);
    add("Alice").await.unwrap();
    // A new one must not be kept under the old key.
    other.clock.advance(MONTH);
    let refused = add("Alice").await.unwrap_err();
    let AdminError::Store(StoreError::Unavailable(words)) = refused else {
        panic!("{refused:?}");
    };
    assert!(words.contains("bring the new key file here"), "{words}");
    mine.copy(&house.safe);
    add("Alice").await.unwrap();
    // And what it made opens for the one that rotated, and after a start.
    all_opens(house.engine(), &done.new_key, 1, "the first").await;
    all_opens(&other.engine, &done.new_key, 1, "the other").await;

    // A copy that was brought beforehand, as it lay ready, comes to its place by itself.
    let next = prepare(house.engine()).await.unwrap();
    mine.copy(&house.safe);
    rotate(house.engine()).await.unwrap();
    other.clock.advance(MONTH);
    add("Alice").await.unwrap();
    assert_eq!(mine.ids(), (next.clone(), None));
    all_opens(&other.engine, &next, 2, "the other, again").await;
}

/// It says so at once, and not only when it must seal something.
#[tokio::test]
async fn a_node_without_the_new_key_says_so() {
    let house = House::new().await;
    let mine = Arc::new(FakeKeySafe::new(KEY));
    let store = house.site().store.clone();
    let other = Site::with(store.clone(), mine.clone()).await.unwrap();
    let alarms = async || {
        let all = store.alarms().await.unwrap().into_iter();
        all.map(|alarm| alarm.key).collect::<Vec<_>>()
    };
    assert_eq!(other.engine.watch_key(true).await, Ok(true));
    let old = rotate(house.engine()).await.unwrap().old_key;
    assert_eq!(other.engine.watch_key(false).await, Ok(false));
    assert_eq!(alarms().await, [format!("key-not-here:{old}")]);
    // Nobody else's looking clears it.
    assert_eq!(house.engine().watch_key(false).await, Ok(true));
    assert_eq!(alarms().await.len(), 1);
    mine.copy(&house.safe);
    assert_eq!(other.engine.watch_key(true).await, Ok(true));
    assert_eq!(alarms().await, Vec::<String>::new());
}

/// The key could not be moved: it is tried again, and the alarm goes with that.
#[tokio::test]
async fn a_key_that_is_not_in_its_place_is_moved_there() {
    let house = House::new().await;
    let alarms = async || house.engine().alarms().await.unwrap();
    let fails = [SafeFault::None, SafeFault::Refuses, SafeFault::Refuses];
    house.safe.plan(&fails);
    let done = rotate(house.engine()).await.unwrap();
    assert_eq!(house.safe.ids().1.as_ref(), Some(&done.new_key));
    // It is in use, and not what comes next.
    assert_eq!(house.engine().key_inventory().await.unwrap().next, None);
    for (good, left) in [(false, 1), (true, 0), (true, 0)] {
        assert_eq!(house.engine().watch_key(false).await, Ok(good));
        let keys: Vec<_> = alarms().await.into_iter().map(|a| a.key).collect();
        assert_eq!(keys, vec!["key-not-in-its-place"; left]);
    }
    assert_eq!(house.safe.ids(), (done.new_key, None));
}

/// It lies ready once more, because it did not come to its place or its files were copied again: a rotation to
/// it would change nothing.
#[tokio::test]
async fn the_key_in_use_is_never_the_next() {
    for is_copied in [false, true] {
        let mut house = House::new().await;
        let first = prepare(house.engine()).await.unwrap();
        let files = FakeKeySafe::new(KEY);
        files.copy(&house.safe);
        if !is_copied {
            house.safe.plan(&[SafeFault::None, SafeFault::Refuses]);
        }
        rotate(house.engine()).await.unwrap();
        if is_copied {
            house.safe.copy(&files);
        }
        let prepared = prepare(house.engine()).await.unwrap();
        assert_ne!(prepared, first, "copied: {is_copied}");
        assert_eq!(house.safe.ids(), (first.clone(), Some(prepared.clone())));
        let done = rotate(house.engine()).await.unwrap();
        assert_eq!((&done.old_key, &done.new_key), (&first, &prepared));
        house.start_again().await;
        all_opens(house.engine(), &prepared, 2, "the second").await;
    }
}

#[tokio::test]
async fn two_nodes_that_rotate_at_once_end_under_one_key() {
    let house = House::new().await;
    let mine = Arc::new(FakeKeySafe::new(KEY));
    let other = Site::with(house.site().store.clone(), mine.clone())
        .await
        .unwrap();
    let (one, two) = tokio::join!(rotate(house.engine()), rotate(&other.engine));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let (winner, safe) = if one.is_ok() {
        (house.engine(), &house.safe)
    } else {
        (&*other.engine, &mine)
    };
    all_opens(winner, &safe.ids().0, 1, "the one that was first").await;
}

/// What its state was sealed with was derived from the key-encryption key itself.
#[tokio::test]
async fn an_installation_without_a_state_root_gets_one_and_can_rotate() {
    let (store, kek) = (SqlStore::in_memory().unwrap(), Kek::from_bytes(KEY));
    let old = Installation {
        log: [3; 16],
        key_check: kek.check(),
        state_root: vec![],
        archive_key: vec![],
    };
    store.installation(old).await.unwrap();
    let vault = Vault::new(&StateRoot::of_old_installation(&kek));
    let alice = Employee {
        id: EmployeeId::from_random([1; 16]),
        user: ALICE.into(),
        name: Sealed(vault.seal("name", b"", b"Alice", [2; 24])),
        created: Timestamp(0),
        ended: None,
    };
    let changes = vec![Change::PutEmployee(alice)];
    let fence = None;
    store.commit(Commit { fence, changes }).await.unwrap();

    let safe = Arc::new(FakeKeySafe::new(KEY));
    let site = Site::with(store.clone(), safe.clone()).await.unwrap();
    all_opens(&site.engine, &kek.id(), 0, "adopted").await;
    let done = rotate(&site.engine).await.unwrap();
    let again = Site::with(store, safe).await.unwrap();
    all_opens(&again.engine, &done.new_key, 1, "rotated").await;
}

#[tokio::test]
async fn a_foreign_key_is_refused() {
    let house = House::new().await;
    let foreign = Arc::new(FakeKeySafe::new([9; 32]));
    let refused = Site::with(house.site().store.clone(), foreign).await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("wrong key file"), "{error}");
}
