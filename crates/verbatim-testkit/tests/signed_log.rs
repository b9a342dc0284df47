//! The signed log on real stores: what is published can be checked from outside, whatever fails, and two
//! histories are never signed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Fence, SignedLog, Store};
use verbatim_engine::worker::LEASE;
use verbatim_engine::{LogError, PublishError};
use verbatim_record::merkle::leaf_hash;
use verbatim_record::proof::{check_consistency, check_inclusion, root};
use verbatim_record::tile::{TileCache, TileId, entries_path, read_entries, read_tile};
use verbatim_record::{Checkpoint, Note};
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::publication::WriteFate;
use verbatim_testkit::fakes::{FakePublication, Site, test_signer};

async fn site() -> Site {
    lead(SqlStore::in_memory().unwrap()).await
}

async fn lead(store: Arc<SqlStore>) -> Site {
    let site = Site::on(store).await.unwrap();
    site.lead().await.unwrap();
    site
}

/// Appends records.
async fn grow(site: &Site, records: u64) {
    let actor = Actor::operator("test");
    for n in 0..records {
        let user = format!("@employee{n}:example.org");
        let name = format!("Employee {n} at {:?}", site.engine.now());
        site.engine
            .add_employee(&actor, &user, &name)
            .await
            .unwrap();
        site.clock.advance(Duration::from_millis(1));
    }
}

/// Checks what is published as somebody would who trusts nothing but the key; how many records.
fn audit(place: &FakePublication) -> u64 {
    let note = String::from_utf8(place.file("checkpoint").unwrap()).unwrap();
    let note = Note::parse(&note).unwrap();
    let said = Checkpoint::open(&note, test_signer().verifier()).unwrap();
    let mut nodes = TileCache::new(said.size);
    for id in TileId::new_between(0, said.size) {
        let hashes = read_tile(&id, &place.file(&id.to_string()).unwrap()).unwrap();
        if id.level == 0 {
            let bundle = place.file(&entries_path(id.index, id.width)).unwrap();
            let entries = read_entries(&bundle, id.width).unwrap();
            let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            assert_eq!(leaves, hashes, "{id}");
        }
        nodes.put(id.level, id.index, hashes);
    }
    assert_eq!(root(said.size, &nodes).unwrap(), said.root);
    said.size
}

#[tokio::test]
async fn what_is_signed_can_be_checked_from_outside() {
    let (site, place) = (site().await, FakePublication::default());
    assert_eq!(site.engine.publish(&place).await.unwrap(), None);
    assert_eq!(site.engine.sign_log().await.unwrap(), None);
    let mut sizes = Vec::new();
    for records in [1, 254, 1, 1, 260] {
        grow(&site, records).await;
        let signed = site.engine.sign_log().await.unwrap().unwrap();
        assert_eq!(site.engine.sign_log().await.unwrap(), None);
        let published = site.engine.publish(&place).await.unwrap();
        assert_eq!(published, Some(signed.size));
        assert_eq!(site.engine.publish(&place).await.unwrap(), None);
        assert_eq!(audit(&place), signed.size);
        sizes.push(signed);
    }
    let last = sizes.last().unwrap();
    for old in &sizes {
        let proof = site
            .engine
            .consistency_proof(old.size, last.size)
            .await
            .unwrap();
        check_consistency(old.size, &old.root, last.size, &last.root, &proof).unwrap();
    }
    let leaves = site.store.leaves(0, 1000).await.unwrap();
    for index in [0, 255, 256, last.size - 1] {
        let proof = site.engine.inclusion_proof(index, last.size).await.unwrap();
        let leaf = &leaves[usize::try_from(index).unwrap()].hash;
        check_inclusion(leaf, index, last.size, &proof, &last.root).unwrap();
    }
    assert!(
        site.engine
            .inclusion_proof(last.size, last.size)
            .await
            .is_err()
    );
    let verified = site.engine.verify_log(|_| ()).await.unwrap();
    assert_eq!((verified.ok, verified.fault), (true, None));
    assert_eq!((verified.checkpoints, verified.tiles), (5, 2));
}

/// Every write in turn is refused, or done and not answered; each time the next attempt heals all.
#[tokio::test]
async fn publication_heals_after_every_failure() {
    for fate in [WriteFate::Refused, WriteFate::LosesAnswer] {
        for failing in 0..8 {
            let (site, place) = (site().await, FakePublication::default());
            grow(&site, 250).await;
            site.engine.sign_log().await.unwrap();
            site.engine.publish(&place).await.unwrap();
            let before = audit(&place);
            grow(&site, 10).await;
            site.engine.sign_log().await.unwrap();
            place.plan(std::iter::repeat_n(WriteFate::Works, failing));
            place.plan([fate]);
            let first = site.engine.publish(&place).await;
            assert_eq!(first.is_err(), failing < 6, "{fate:?} {failing}");
            // Whatever happened, what is there is a whole log: the old one or the new one.
            assert!([before, before + 10].contains(&audit(&place)));
            site.engine.publish(&place).await.unwrap();
            assert_eq!(audit(&place), before + 10);
        }
    }
}

/// A store file that others can alter.
struct OnDisk {
    folder: tempfile::TempDir,
}

impl OnDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    async fn open(&self) -> Site {
        lead(SqlStore::open(&self.path()).unwrap()).await
    }

    /// With these many records, signed.
    async fn signed(&self, records: u64) {
        let site = self.open().await;
        grow(&site, records).await;
        site.engine.sign_log().await.unwrap();
    }

    fn backup(&self) -> PathBuf {
        let old = self.folder.path().join("old.db");
        self.alter(&format!("VACUUM INTO '{}'", old.display()));
        old
    }

    fn alter(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

fn is_inconsistent(result: &Result<impl Sized, LogError>) -> bool {
    matches!(result, Err(LogError::Inconsistent(_)))
}

/// What was signed is verified at the start, and nothing else is signed on top of it.
#[tokio::test]
async fn an_altered_store_is_not_signed_again() {
    for (sql, named) in [
        ("UPDATE log_tiles SET hashes = zeroblob(8192)", "tile/0/000"),
        ("DELETE FROM log_tiles", "tile/0/000"),
        (
            "UPDATE log_tiles SET hashes = substr(hashes, 1, 8191)",
            "tile",
        ),
        (
            "UPDATE records SET leaf_hash = zeroblob(32) WHERE global_seq = 259",
            "259",
        ),
        ("UPDATE checkpoints SET root = zeroblob(32)", "checkpoint"),
        (
            "UPDATE checkpoints SET note = replace(note, char(10) || '260' || char(10), char(10) || '259' || char(10))",
            "checkpoint",
        ),
    ] {
        let disk = OnDisk::new();
        disk.signed(260).await;
        disk.alter(sql);
        let site = disk.open().await;
        grow(&site, 1).await;
        let again = site.engine.sign_log().await;
        assert!(is_inconsistent(&again), "{sql}: {again:?}");
        // It does not get better by asking again.
        assert!(is_inconsistent(&site.engine.sign_log().await), "{sql}");
        let verified = site.engine.verify_log(|_| ()).await.unwrap();
        let fault = verified.fault.unwrap_or_default();
        assert!(!verified.ok && fault.contains(named), "{sql}: {fault}");
    }
}

/// Whoever appends writes a leaf and its hash, and may write two that do not belong together.
#[tokio::test]
async fn a_leaf_is_signed_and_not_what_is_said_of_it() {
    for place in [0, 1, 255, 257] {
        let disk = OnDisk::new();
        grow(&disk.open().await, 260).await;
        disk.alter(&format!(
            "UPDATE records SET leaf = zeroblob(length(leaf)) WHERE global_seq = {place}"
        ));
        let site = disk.open().await;
        let refused = site.engine.sign_log().await;
        assert!(is_inconsistent(&refused), "{place}: {refused:?}");
        let last = site.engine.latest_checkpoint().await;
        assert_eq!(last, Ok(None), "{place}");
    }
}

/// The newest records vanish together with everything that says so inside: only a copy outside shows it.
#[tokio::test]
async fn a_rolled_back_store_is_found_by_what_was_published() {
    let (disk, place) = (OnDisk::new(), FakePublication::default());
    disk.signed(5).await;
    let old = disk.backup();
    {
        let site = disk.open().await;
        grow(&site, 3).await;
        site.engine.sign_log().await.unwrap();
        site.engine.publish(&place).await.unwrap();
        site.engine.compare(&place).await.unwrap();
    }
    restore(&old, &disk.path());
    let site = disk.open().await;
    let compared = site.engine.compare(&place).await;
    assert!(
        matches!(compared, Err(PublishError::RolledBack(_))),
        "{compared:?}"
    );
    // Another history of the same length is no better. (Chance and clock of a site begin alike.)
    site.clock.advance(Duration::from_secs(60));
    grow(&site, 4).await;
    site.engine.sign_log().await.unwrap();
    let compared = site.engine.compare(&place).await;
    assert!(
        matches!(compared, Err(PublishError::RolledBack(_))),
        "{compared:?}"
    );
    // Nor is somebody else's log.
    let foreign = FakePublication::default();
    foreign
        .files
        .lock()
        .unwrap()
        .insert("checkpoint".into(), b"x\n1\n\n".to_vec());
    let compared = site.engine.compare(&foreign).await;
    assert!(
        matches!(compared, Err(PublishError::Foreign(_))),
        "{compared:?}"
    );
}

fn restore(from: &Path, to: &Path) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", to.display()));
    }
    std::fs::copy(from, to).unwrap();
}

/// The loop that signs waits until it was compared.
#[tokio::test]
async fn nothing_is_signed_before_it_was_compared() {
    let (disk, place) = (OnDisk::new(), Arc::new(FakePublication::default()));
    disk.signed(5).await;
    let old = disk.backup();
    {
        let site = disk.open().await;
        grow(&site, 3).await;
        site.engine.sign_log().await.unwrap();
        site.engine.publish(&*place).await.unwrap();
    }
    restore(&old, &disk.path());
    let site = disk.open().await;
    grow(&site, 9).await;
    let engine = site.engine.clone();
    let running = tokio::spawn(async move { engine.run_log(Some(place)).await });
    while site.engine.alarm_count().await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    running.abort();
    let alarms = site.engine.alarms().await.unwrap();
    assert_eq!(alarms[0].key, "log-rolled-back");
    assert_eq!(
        site.engine.latest_checkpoint().await.unwrap().unwrap().size,
        5
    );
}

/// Two processes believe that they are the one; the fence lets one of them sign.
#[tokio::test]
async fn of_two_who_sign_one_is_refused() {
    let store = SqlStore::in_memory().unwrap();
    let (first, second) = (
        lead(store.clone()).await,
        Site::on(store.clone()).await.unwrap(),
    );
    grow(&first, 3).await;
    store.release_lease(LEASE, "test").await.unwrap();
    let fence = store
        .take_lease(LEASE, "second", Duration::from_secs(1000))
        .await;
    second.engine.set_fence(fence.unwrap());
    let refused = first.engine.sign_log().await;
    assert!(
        matches!(
            refused,
            Err(LogError::Store(verbatim_engine::ports::StoreError::Fenced))
        ),
        "{refused:?}"
    );
    assert_eq!(second.engine.sign_log().await.unwrap().unwrap().size, 3);
    first.engine.set_fence(Some(Fence { generation: 0 }));
    grow(&second, 1).await;
    assert!(first.engine.sign_log().await.is_err());
    assert_eq!(second.engine.sign_log().await.unwrap().unwrap().size, 4);
}

/// A commit that is refused, or done and not answered, is followed by one that goes on.
#[tokio::test]
async fn signing_heals_after_every_failure_of_the_store() {
    use verbatim_store::Fault;
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let site = site().await;
        grow(&site, 300).await;
        site.store.inject(fault);
        assert!(site.engine.sign_log().await.is_err(), "{fault:?}");
        let again = site.engine.sign_log().await.unwrap();
        assert_eq!(again.is_some(), fault == Fault::Refuse, "{fault:?}");
        assert_eq!(
            site.engine.latest_checkpoint().await.unwrap().unwrap().size,
            300
        );
        assert!(site.engine.verify_log(|_| ()).await.unwrap().ok);
    }
}

/// The alarm of a process that died does not stand for ever.
#[tokio::test]
async fn an_alarm_of_before_goes_when_signing_goes_on() {
    use verbatim_engine::ports::{Alarm, Change, Commit};
    let site = site().await;
    let alarm = Alarm {
        key: "log-not-signed".into(),
        text: "by the process before".into(),
        at: site.engine.now(),
    };
    let (fence, changes) = (None, vec![Change::Raise(alarm)]);
    site.store.commit(Commit { fence, changes }).await.unwrap();
    let engine = site.engine.clone();
    let running = tokio::spawn(async move { engine.run_log(None).await });
    let gone = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while site.engine.alarm_count().await.unwrap() > 0 {
            tokio::task::yield_now().await;
        }
    });
    assert!(gone.await.is_ok(), "the alarm stands");
    running.abort();
}

/// A page of the check has 500 records, and a page of checkpoints as many.
#[tokio::test]
async fn a_log_with_more_checkpoints_than_a_page_is_verified() {
    let site = site().await;
    grow(&site, 600).await;
    for _ in 0..560 {
        // Those of different hours are all kept.
        site.clock.advance(Duration::from_secs(3600));
        site.lead().await.unwrap();
        grow(&site, 1).await;
        site.engine.sign_log().await.unwrap().unwrap();
    }
    let view = site.engine.verify_log(|_| ()).await.unwrap();
    assert_eq!((view.fault, view.checkpoints), (None, 560));
}

/// Only the running process knows what it had signed: that lasts, until somebody has looked.
#[tokio::test]
async fn a_store_that_is_rolled_back_under_the_service_signs_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (path, good) = (folder.path().join("store.db"), folder.path().join("good"));
    let site = lead(SqlStore::open(&path).unwrap()).await;
    grow(&site, 3).await;
    site.engine.sign_log().await.unwrap().unwrap();
    let copy = format!("VACUUM INTO '{}'", good.display());
    let raw = || rusqlite::Connection::open(&path).unwrap();
    raw().execute_batch(&copy).unwrap();
    grow(&site, 2).await;
    site.engine.sign_log().await.unwrap().unwrap();

    roll_back(&raw(), &good);
    for _ in 0..3 {
        let answer = site.engine.sign_log().await;
        assert!(!matches!(answer, Ok(Some(_))), "{answer:?}");
        grow(&site, 1).await;
    }
    let last = site.store.latest_checkpoint().await.unwrap().unwrap();
    assert_eq!(last.size, 3);
    let alarms = site.engine.alarms().await.unwrap();
    assert!(
        alarms.iter().any(|alarm| alarm.key == "log-forked"),
        "{alarms:?}"
    );
    // Another process does not sign either, until somebody says that it is settled.
    let next = lead(site.store.clone()).await;
    assert!(matches!(
        next.engine.sign_log().await,
        Err(LogError::Stopped(_))
    ));
    let ann = Actor::operator("ann");
    next.engine.clear_alarm(&ann, "log-forked").await.unwrap();
    assert!(next.engine.sign_log().await.unwrap().is_some());
    assert!(site.engine.sign_log().await.is_ok());
}

/// Everything in the store is what it was in a copy.
fn roll_back(raw: &rusqlite::Connection, good: &Path) {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut select = raw.prepare(tables).unwrap();
    let names = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut sql = format!(
        "PRAGMA foreign_keys = OFF; ATTACH '{}' AS good; BEGIN;",
        good.display()
    );
    for name in names.map(Result::unwrap) {
        sql +=
            &format!("DELETE FROM main.{name}; INSERT INTO main.{name} SELECT * FROM good.{name};");
    }
    drop(select);
    raw.execute_batch(&(sql + "COMMIT;")).unwrap();
}

/// What a disposal takes while the log is verified is no fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_disposal_beside_the_check_is_no_fault() {
    let site = Arc::new(site().await);
    grow(&site, 700).await;
    site.clock.advance(Duration::from_secs(86 * 31 * 86_400));
    site.lead().await.unwrap();
    grow(&site, 1).await;
    let mut done = false;
    let view = site.engine.verify_log(|_| {
        let first = !std::mem::replace(&mut done, true);
        if first {
            let disposal = dispose(&site);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(disposal));
        }
    });
    let view = view.await.unwrap();
    assert_eq!(view.fault, None);
    assert!(view.disposed >= 700, "{view:?}");
}

async fn dispose(site: &Site) {
    use verbatim_engine::ports::Clock;
    for due in site
        .engine
        .propose_disposals(&Actor::operator("ann"))
        .await
        .unwrap()
    {
        let id = due.id.parse().unwrap();
        site.engine
            .approve_disposal(&Actor::operator("bob"), id)
            .await
            .unwrap();
    }
    for job in site
        .store
        .due_jobs(site.clock.now(), &[], 100)
        .await
        .unwrap()
    {
        site.engine.run_job(&job).await;
    }
}
