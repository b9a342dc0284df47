//! Witnesses and time authorities that are away, lie, forget, or know better than our store.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use verbatim_domain::{Duration, Timestamp};
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Anchors, AuthorityError, SignedLog, Store, TimeAuthority, Witness};
use verbatim_engine::{AnchorError, Anchoring, Authority, FORKED, LogError};
use verbatim_record::Note;
use verbatim_record::checkpoint::cosigned_at;
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::openssl::openssl;
use verbatim_testkit::fakes::publication::WriteFate;
use verbatim_testkit::fakes::{
    FakePublication, FakeWitness, OpensslAuthority, Site, VirtualClock, WitnessFault,
};

/// A site that leads, and a witness of its log.
async fn world() -> (Site, Arc<FakeWitness>) {
    let clock: Arc<VirtualClock> = Arc::default();
    let witness = Arc::new(FakeWitness::new(clock.clone()));
    let anchoring = Anchoring {
        witnesses: vec![witness.clone()],
        authorities: Vec::new(),
    };
    let store = SqlStore::in_memory().unwrap();
    let site = Site::anchored(store, clock, anchoring).await.unwrap();
    site.lead().await.unwrap();
    (site, witness)
}

/// Records something and signs; the size of the checkpoint. What is recorded differs by name.
async fn grow(site: &Site, name: &str) -> u64 {
    record(site, name).await;
    site.engine.sign_log().await.unwrap().unwrap().size
}

async fn record(site: &Site, name: &str) {
    let user = format!("@{name}:example.org");
    let actor = Actor::operator("test");
    site.engine.add_employee(&actor, &user, name).await.unwrap();
}

async fn alarms(site: &Site) -> Vec<String> {
    let alarms = site.store.alarms().await.unwrap();
    alarms.into_iter().map(|alarm| alarm.key).collect()
}

/// Lets virtual time pass until something holds.
async fn until(site: &Site, what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..10_000 {
        if holds().await {
            return;
        }
        site.clock.advance(Duration::from_millis(500));
        // A way to the store and back, so that whoever else waits for it comes on as well.
        site.store.alarm_count().await.unwrap();
    }
    panic!("it never came that {what}");
}

#[tokio::test]
async fn checkpoints_are_cosigned() {
    let (site, witness) = world().await;
    assert!(!site.engine.ask_witness(&*witness, true).await.unwrap());
    for name in ["one", "two", "three"] {
        let size = grow(&site, name).await;
        assert!(site.engine.ask_witness(&*witness, false).await.unwrap());
        let last = site.store.latest_checkpoint().await.unwrap().unwrap();
        let note = Note::parse(&site.engine.cosigned(&last).await.unwrap()).unwrap();
        let at = cosigned_at(&note, witness.key()).unwrap().unwrap();
        let kept = site.store.cosignatures(size).await.unwrap().pop().unwrap();
        assert_eq!(kept.at, Timestamp(i64::try_from(at).unwrap() * 1000));
        assert_eq!(witness.size(), size);
    }
    assert_eq!(witness.asked(), 3);
    // Nothing new: nobody is asked, unless told to.
    assert!(!site.engine.ask_witness(&*witness, false).await.unwrap());
    assert!(site.engine.ask_witness(&*witness, true).await.unwrap());
    assert_eq!(witness.asked(), 4);
}

/// The published checkpoint gets its cosignature when there is one, whatever becomes of the write.
#[tokio::test]
async fn cosignatures_are_published() {
    let (site, witness) = world().await;
    let place = FakePublication::default();
    let size = grow(&site, "one").await;
    assert_eq!(site.engine.publish(&place).await.unwrap(), Some(size));
    let signed = |place: &FakePublication| {
        let note = String::from_utf8(place.file("checkpoint").unwrap()).unwrap();
        let note = Note::parse(&note).unwrap();
        cosigned_at(&note, witness.key()).unwrap().is_some()
    };
    assert!(!signed(&place));
    site.engine.ask_witness(&*witness, false).await.unwrap();
    for fate in [WriteFate::Refused, WriteFate::LosesAnswer] {
        place.plan([fate]);
        assert!(site.engine.publish(&place).await.is_err());
    }
    assert_eq!(site.engine.publish(&place).await.unwrap(), Some(size));
    assert!(signed(&place));
    assert_eq!(site.engine.publish(&place).await.unwrap(), None);
    assert_eq!(
        site.engine
            .latest_cosigned()
            .await
            .unwrap()
            .map(String::into_bytes),
        place.file("checkpoint")
    );
    // The next one begins without.
    let size = grow(&site, "two").await;
    assert_eq!(site.engine.publish(&place).await.unwrap(), Some(size));
    assert!(!signed(&place));
}

/// The witness remembers and we do not: died before its answer was kept, or never got it.
#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    let (site, witness) = world().await;
    grow(&site, "one").await;
    site.engine.ask_witness(&*witness, false).await.unwrap();
    let size = grow(&site, "two").await;
    witness.set_fault(Some(WitnessFault::LosesAnswer));
    let lost = site.engine.ask_witness(&*witness, false).await;
    assert!(matches!(lost, Err(AnchorError::Unavailable(_))));
    witness.set_fault(None);
    assert!(site.engine.ask_witness(&*witness, false).await.unwrap());
    assert_eq!(site.store.cosignatures(size).await.unwrap().len(), 1);
    // The lease went to somebody else between answer and commit.
    let size = grow(&site, "three").await;
    site.engine
        .set_fence(Some(verbatim_engine::ports::Fence { generation: 0 }));
    let fenced = site.engine.ask_witness(&*witness, false).await;
    assert!(matches!(fenced, Err(AnchorError::Store(_))), "{fenced:?}");
    site.lead().await.unwrap();
    assert!(site.engine.ask_witness(&*witness, false).await.unwrap());
    assert_eq!(site.store.cosignatures(size).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_witness_that_was_set_up_again_is_begun_with_anew() {
    let (site, witness) = world().await;
    grow(&site, "one").await;
    site.engine.ask_witness(&*witness, false).await.unwrap();
    witness.remember(None);
    let size = grow(&site, "two").await;
    assert!(site.engine.ask_witness(&*witness, false).await.unwrap());
    assert_eq!(witness.size(), size);
}

/// What a witness says without proof raises an alarm about the witness, and signing goes on.
#[tokio::test]
async fn liars_stop_nothing() {
    let (site, witness) = world().await;
    grow(&site, "one").await;
    site.engine.ask_witness(&*witness, false).await.unwrap();
    for (name, fault) in [
        ("forges", WitnessFault::Forges),
        ("ahead", WitnessFault::Claims(1_000_000)),
        ("behind", WitnessFault::Claims(0)),
        ("denies", WitnessFault::Denies),
    ] {
        grow(&site, name).await;
        witness.set_fault(Some(fault));
        let answer = site.engine.ask_witness(&*witness, false).await;
        assert!(
            matches!(answer, Err(AnchorError::Lying(_))),
            "{name}: {answer:?}"
        );
        witness.set_fault(None);
        grow(&site, &format!("after-{name}")).await;
        site.engine.ask_witness(&*witness, false).await.unwrap();
    }
    // A checkpoint under another key than ours.
    let mut foreign = Note::parse(&latest(&site).await).unwrap();
    foreign.text = foreign.text.replace("log.example.org", "other.example");
    grow(&site, "foreign").await;
    witness.remember(Some(foreign));
    witness.set_fault(Some(WitnessFault::Denies));
    let answer = site.engine.ask_witness(&*witness, false).await;
    assert!(matches!(answer, Err(AnchorError::Lying(_))), "{answer:?}");
    assert_eq!(site.store.cursor(FORKED).await.unwrap(), None);
}

async fn latest(site: &Site) -> String {
    site.store.latest_checkpoint().await.unwrap().unwrap().note
}

/// Our store is an older copy, or a second one: the witness has what our key signed and we do not hold.
#[tokio::test]
async fn a_store_that_was_rolled_back_signs_no_more() {
    // Names of the records in the store that the witness saw, and of those in the one that is used now.
    let cases: [(&str, &[&str], &[&str]); 3] = [
        ("an older copy", &["a", "b", "c"], &["a"]),
        ("of one size", &["a", "b"], &["a", "x"]),
        ("it went on and is larger", &["a", "b"], &["a", "x", "y"]),
    ];
    for (case, seen, used) in cases {
        let (before, witness) = world().await;
        for name in seen {
            grow(&before, name).await;
        }
        before.engine.ask_witness(&*witness, false).await.unwrap();

        let store = SqlStore::in_memory().unwrap();
        let anchoring = || Anchoring {
            witnesses: vec![witness.clone()],
            authorities: Vec::new(),
        };
        let site = Site::anchored(store.clone(), before.clock.clone(), anchoring());
        let site = site.await.unwrap();
        site.lead().await.unwrap();
        for name in used {
            grow(&site, name).await;
        }
        // Found at the start, before anything is signed behind it.
        site.engine.greet_witnesses().await;
        assert_eq!(alarms(&site).await, [FORKED], "{case}");
        record(&site, "later").await;
        stopped(&site, case).await;
        // A restart does not forget; nor does an alarm of the witness stand for ours.
        drop(site);
        let site = Site::anchored(store, before.clock.clone(), anchoring());
        let site = site.await.unwrap();
        site.lead().await.unwrap();
        stopped(&site, case).await;
        let again = site.engine.ask_witness(&*witness, true).await;
        assert!(
            matches!(again, Err(AnchorError::Forked(_))),
            "{case}: {again:?}"
        );
        // An operator has settled it.
        let actor = Actor::operator("test");
        site.engine.clear_alarm(&actor, FORKED).await.unwrap();
        assert!(site.engine.sign_log().await.unwrap().is_some(), "{case}");
    }
}

async fn stopped(site: &Site, case: &str) {
    let signed = site.engine.sign_log().await;
    assert!(
        matches!(signed, Err(LogError::Stopped(_))),
        "{case}: {signed:?}"
    );
}

#[tokio::test]
async fn alarms_come_and_go() {
    let (site, witness) = world().await;
    grow(&site, "one").await;
    let engine = site.engine.clone();
    let loops = tokio::spawn(async move { engine.run_witnesses().await });
    let size = site.store.latest_checkpoint().await.unwrap().unwrap().size;
    until(&site, "it is cosigned", async || witness.size() == size).await;

    // One failure is nothing; several are.
    witness.set_fault(Some(WitnessFault::Away));
    let size = grow(&site, "two").await;
    let asked = witness.asked();
    until(&site, "it was asked", async || witness.asked() == asked + 2).await;
    assert_eq!(alarms(&site).await, Vec::<String>::new());
    until(&site, "an alarm stands", async || {
        alarms(&site).await == ["witness:test"]
    })
    .await;
    witness.set_fault(None);
    until(&site, "it is caught up with", async || {
        witness.size() == size
    })
    .await;
    until(&site, "the alarm is gone", async || {
        alarms(&site).await.is_empty()
    })
    .await;

    // What will not mend itself is told at once.
    for fault in [WitnessFault::Refuses, WitnessFault::Forges] {
        witness.set_fault(Some(fault.clone()));
        grow(&site, &format!("{fault:?}").to_lowercase()).await;
        let asked = witness.asked();
        until(&site, "an alarm stands", async || {
            alarms(&site).await == ["witness:test"]
        })
        .await;
        assert!(witness.asked() <= asked + 2, "{fault:?}");
        witness.set_fault(None);
        until(&site, "the alarm is gone", async || {
            alarms(&site).await.is_empty()
        })
        .await;
    }
    loops.abort();
}

/// An authority that answers what it was told to.
struct Parrot(Result<Vec<u8>, AuthorityError>);

#[async_trait]
impl TimeAuthority for Parrot {
    fn name(&self) -> &str {
        "parrot"
    }

    async fn stamp(&self, _request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        self.0.clone()
    }
}

fn parrot(answer: Result<Vec<u8>, AuthorityError>) -> Authority {
    Authority {
        port: Arc::new(Parrot(answer)),
        every: Duration::from_secs(3600),
        ca_pem: testdata("p256.pem"),
    }
}

fn testdata_path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../verbatim-record/testdata/timestamp")
        .join(name)
}

fn testdata(name: &str) -> String {
    std::fs::read_to_string(testdata_path(name)).unwrap()
}

#[tokio::test]
async fn what_is_no_timestamp_of_ours_is_not_kept() {
    let (site, _) = world().await;
    assert!(!site.engine.stamp(&parrot(Ok(Vec::new()))).await.unwrap());
    grow(&site, "one").await;
    let gone = parrot(Err(AuthorityError("no connection".into())));
    let answer = site.engine.stamp(&gone).await;
    assert!(
        matches!(answer, Err(AnchorError::Unavailable(_))),
        "{answer:?}"
    );
    // A real one, about something else.
    let old = std::fs::read(testdata_path("p256.tsr")).unwrap();
    for answer in [b"no timestamp".to_vec(), Vec::new(), old] {
        let answer = site.engine.stamp(&parrot(Ok(answer))).await;
        assert!(matches!(answer, Err(AnchorError::Lying(_))), "{answer:?}");
    }
    assert_eq!(site.store.timestamps(0, 10).await.unwrap(), []);
}

#[tokio::test]
async fn an_authority_that_is_away_is_told_of() {
    let clock: Arc<VirtualClock> = Arc::default();
    let anchoring = Anchoring {
        witnesses: Vec::new(),
        authorities: vec![parrot(Err(AuthorityError("no connection".into())))],
    };
    let store = SqlStore::in_memory().unwrap();
    let site = Site::anchored(store, clock, anchoring).await.unwrap();
    site.lead().await.unwrap();
    grow(&site, "one").await;
    let engine = site.engine.clone();
    let loops = tokio::spawn(async move { engine.run_timestamps().await });
    until(&site, "an alarm stands", async || {
        alarms(&site).await == ["timestamp:parrot"]
    })
    .await;
    loops.abort();
}

/// Runs where `VERBATIM_TEST_OPENSSL` is set (`cargo xtask ci --only timestamps`).
#[tokio::test]
async fn checkpoints_are_stamped_when_it_is_time() {
    let Some(openssl_authority) = OpensslAuthority::if_asked_for() else {
        return;
    };
    let dir = openssl_authority.dir().to_owned();
    let openssl_authority = Arc::new(openssl_authority);
    let ahead_of = |site: &Site| openssl_authority.ahead_of(&site.clock);
    let authority = openssl_authority.every(Duration::from_secs(3600));
    let (site, _) = world().await;
    let size = grow(&site, "one").await;
    let ahead = ahead_of(&site);
    if ahead > Duration::from_secs(700) {
        let apart = site.engine.stamp(&authority).await;
        assert!(matches!(apart, Err(AnchorError::Lying(_))), "{apart:?}");
    }
    site.clock.advance(ahead);
    assert!(site.engine.stamp(&authority).await.unwrap());
    let later = grow(&site, "two").await;
    assert!(!site.engine.stamp(&authority).await.unwrap(), "not yet");
    let kept = site.store.timestamps(0, 10).await.unwrap();
    assert_eq!((kept.len(), kept[0].size), (1, size));
    // What we keep is believed by others.
    let stamped = site.engine.stamped_up_to(later).await.unwrap().unwrap();
    assert_eq!(stamped.size, size);
    let note = Note::parse(&stamped.note).unwrap();
    std::fs::write(dir.join("kept.tsq"), &kept[0].request).unwrap();
    std::fs::write(dir.join("kept.tsr"), &kept[0].response).unwrap();
    std::fs::write(dir.join("text"), &note.text).unwrap();
    let verify = |by: [&str; 2]| {
        openssl(
            &dir,
            &[
                "ts", "-verify", by[0], by[1], "-in", "kept.tsr", "-CAfile", "ca.pem",
            ],
        );
    };
    verify(["-queryfile", "kept.tsq"]);
    verify(["-data", "text"]);
    assert!(later > size);
}
