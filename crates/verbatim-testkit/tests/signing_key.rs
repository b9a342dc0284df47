//! The log changes its signing key: nothing that was signed before is lost, nobody else signs, and a process that
//! dies on the way is followed by one that goes on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use verbatim_domain::Duration;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Publication, SignedLog, Store};
use verbatim_engine::{AnchorError, Anchoring, LogError, PublishError};
use verbatim_record::key_change::KeyChange;
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Kind, Note, Signer, VerifierKey};
use verbatim_store::{Fault, SqlStore};
use verbatim_testkit::fakes::{FakePublication, FakeWitness, Site, VirtualClock, test_signer};

type Key = Arc<dyn Signer>;

/// Of the log's name, by another algorithm than the first.
fn next(seed: u8) -> Key {
    let name = test_signer().verifier().name().to_owned();
    Arc::new(FileSigner::from_seed(&name, Algorithm::EcdsaP256, &[seed; 32]).unwrap())
}

async fn lead(store: &Arc<SqlStore>, key: Key, before: Option<Key>) -> Site {
    let site = Site::signed_by(store.clone(), key, before).await.unwrap();
    site.lead().await.unwrap();
    site
}

async fn grow(site: &Site) {
    let at = site.store.log_root().await.unwrap().size;
    let user = format!("@employee{at}:example.org");
    let actor = Actor::operator("test");
    let done = site.engine.add_employee(&actor, &user, "An employee");
    done.await.unwrap();
    site.clock.advance(Duration::from_millis(1));
}

/// A log of two records, signed by the first key.
async fn signed() -> Arc<SqlStore> {
    let store = SqlStore::in_memory().unwrap();
    let site = lead(&store, test_signer(), None).await;
    grow(&site).await;
    grow(&site).await;
    site.engine.sign_log().await.unwrap().unwrap();
    store
}

async fn last(store: &SqlStore) -> (u64, Note) {
    let last = store.latest_checkpoint().await.unwrap().unwrap();
    (last.size, Note::parse(&last.note).unwrap())
}

fn is_by(note: &Note, key: &VerifierKey) -> bool {
    note.check(std::slice::from_ref(key)).is_ok()
}

/// How many records introduce a key, and what the last of them says.
async fn introduced(site: &Site) -> (usize, Option<KeyChange>) {
    let records = site.engine.log_records(0, 1000).await.unwrap();
    let keys = records.iter().filter(|r| r.kind == Kind::Key.word());
    let keys: Vec<_> = keys.map(|r| r.text.as_str()).collect();
    let open = |text: &&str| KeyChange::open(&Note::parse(text).unwrap()).unwrap();
    let change = keys.last().map(open);
    (keys.len(), change)
}

async fn refused(site: &Site, words: &str) {
    let answer = site.engine.sign_log().await;
    let Err(LogError::OtherKey(why)) = answer else {
        panic!("{answer:?}");
    };
    assert!(why.contains(words), "{why}");
}

#[tokio::test]
async fn a_log_changes_its_key_twice_and_all_of_it_is_believed() {
    let store = signed().await;
    let (first, second, third) = (test_signer(), next(1), next(2));
    let (_, old_note) = last(&store).await;

    // Both sign, and whoever knows one of them believes it.
    let site = lead(&store, second.clone(), Some(first.clone())).await;
    let signed = site.engine.sign_log().await.unwrap().unwrap();
    assert_eq!(signed.size, 3, "the record of the change");
    let (_, both) = last(&store).await;
    for key in [&first, &second] {
        assert!(is_by(&both, key.verifier()));
        Policy::of_log(key.verifier().clone()).open(&both).unwrap();
    }
    let (count, change) = introduced(&site).await;
    let change = change.unwrap();
    assert_eq!((count, &change.old), (1, first.verifier()));
    assert_eq!(change.new, *second.verifier());

    // The old one is taken away, and later the next one comes.
    let site = lead(&store, second.clone(), None).await;
    grow(&site).await;
    site.engine.sign_log().await.unwrap().unwrap();
    let (_, alone) = last(&store).await;
    assert!(is_by(&alone, second.verifier()) && !is_by(&alone, first.verifier()));
    let site = lead(&store, third.clone(), Some(second.clone())).await;
    site.engine.sign_log().await.unwrap().unwrap();
    assert_eq!(introduced(&site).await.0, 2);

    // Everything is believed under the policy that the log hands out, and a published old one can be compared.
    let policy: Policy = site.engine.log_policy().await.unwrap().parse().unwrap();
    let keys: Vec<_> = policy.logs().collect();
    assert_eq!(
        keys,
        [third.verifier(), second.verifier(), first.verifier()]
    );
    for note in [&old_note, &both, &alone, &last(&store).await.1] {
        policy.open(note).unwrap();
    }
    let verified = site.engine.verify_log(|_| ()).await.unwrap();
    assert!(verified.ok, "{:?}", verified.fault);
    let place = FakePublication::default();
    let put = |note: &Note| {
        let files = &mut *place.files.lock().unwrap();
        files.insert("checkpoint".into(), note.to_string().into_bytes());
    };
    put(&old_note);
    site.engine.compare(&place).await.unwrap();

    // A key that was replaced signs nothing that is larger.
    let forged = {
        let text = last(&store).await.1.text;
        Note::sign(text, &*first).unwrap()
    };
    let error = policy.open(&forged).unwrap_err().to_string();
    assert!(error.contains("the log has changed its key"), "{error}");
    put(&forged);
    site.engine.compare(&place).await.unwrap_err();
}

/// What an operator reads.
async fn told(site: &Site, place: &FakePublication) {
    let place: Arc<dyn Publication> = Arc::new(FakePublication {
        files: place.files.lock().unwrap().clone().into(),
        ..FakePublication::default()
    });
    let engine = site.engine.clone();
    let running = tokio::spawn(async move { engine.run_log(Some(place)).await });
    while site.engine.alarm_count().await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    running.abort();
    let alarms = site.engine.alarms().await.unwrap();
    let keys: Vec<_> = alarms.iter().map(|alarm| alarm.key.as_str()).collect();
    assert_eq!(keys, ["log-not-signed"]);
}

#[tokio::test]
async fn a_node_without_the_new_key_and_a_key_that_nobody_introduced_sign_nothing() {
    let store = signed().await;
    let (first, second) = (test_signer(), next(1));
    // Alone, it is nobody's: what it finds signed is not by it.
    // So it says that, and not that the store or what is published were another log's.
    let place = FakePublication::default();
    let first_site = lead(&store, first.clone(), None).await;
    first_site.engine.publish(&place).await.unwrap();
    for (key, before) in [(second.clone(), None), (next(7), Some(next(8)))] {
        let site = lead(&store, key, before).await;
        refused(&site, "was signed by another key").await;
        let compared = site.engine.compare(&place).await;
        assert!(
            matches!(compared, Err(PublishError::Log(LogError::OtherKey(_)))),
            "{compared:?}"
        );
        told(&site, &place).await;
    }
    assert_eq!(last(&store).await.0, 2);

    let site = lead(&store, second.clone(), Some(first.clone())).await;
    site.engine.sign_log().await.unwrap().unwrap();
    // A node that was forgotten, one that was given the files the wrong way round, and a stranger.
    refused(&lead(&store, first.clone(), None).await, "was replaced").await;
    refused(&lead(&store, first, Some(second)).await, "was replaced").await;
    refused(&lead(&store, next(9), None).await, "nobody has introduced").await;
    assert_eq!(last(&store).await.0, 3);
    assert_eq!(introduced(&site).await.0, 1);
}

/// While both keys sign, what a witness shows is ours if either has signed it: the store was rolled back. The
/// old key alone says nothing any more once it was taken away.
#[tokio::test]
async fn a_witness_that_knows_one_of_both_keys_proves_a_rollback() {
    let (first, second) = (test_signer(), next(1));
    let others = |note: &Note, key: &Key| {
        let mut note = note.clone();
        note.signatures.retain(|s| !s.is_by(key.verifier()));
        note
    };
    // What the old key and the new one have signed, as a witness keeps it, and which of our keys are there then.
    let cases = [
        ("the old key's", true, Some(&second), true),
        ("the new key's", true, Some(&first), true),
        ("both", true, None, true),
        ("both, when the old one is gone", false, None, true),
        (
            "the old key's, when it is gone",
            false,
            Some(&second),
            false,
        ),
    ];
    for (case, is_old_there, without, is_forked) in cases {
        let seen = signed().await;
        let site = lead(&seen, second.clone(), Some(first.clone())).await;
        grow(&site).await;
        let size = site.engine.sign_log().await.unwrap().unwrap().size;
        let (_, both) = last(&seen).await;
        let note = without.map_or(both.clone(), |key| others(&both, key));

        // The same store from before, in which the key was changed already.
        let older = signed().await;
        let site = lead(&older, second.clone(), Some(first.clone())).await;
        assert!(site.engine.sign_log().await.unwrap().unwrap().size < size);
        let clock: Arc<VirtualClock> = Arc::default();
        let witness = Arc::new(FakeWitness::new(clock.clone()));
        witness.remember(Some(note));
        let anchoring = Anchoring {
            witnesses: vec![witness.clone()],
            authorities: Vec::new(),
        };
        let signers = (second.clone(), is_old_there.then(|| first.clone()));
        let site = Site::changing(older, clock, anchoring, signers).await;
        let site = site.unwrap();
        site.lead().await.unwrap();
        let answer = site.engine.ask_witness(&*witness, true).await;
        match is_forked {
            true => assert!(
                matches!(answer, Err(AnchorError::Forked(_))),
                "{case}: {answer:?}"
            ),
            false => assert!(
                matches!(answer, Err(AnchorError::Lying(_))),
                "{case}: {answer:?}"
            ),
        }
    }
}

/// Each commit of the change refused, and done without an answer; then another process goes on.
#[tokio::test]
async fn a_change_that_is_cut_off_anywhere_is_finished_once() {
    for commit in 0..2 {
        for fault in [Fault::Refuse, Fault::LoseAnswer] {
            let store = signed().await;
            let (first, second) = (test_signer(), next(1));
            {
                let site = lead(&store, second.clone(), Some(first.clone())).await;
                (0..commit).for_each(|_| store.inject(Fault::Nothing));
                store.inject(fault);
                assert!(site.engine.sign_log().await.is_err(), "{commit} {fault:?}");
            }
            let site = lead(&store, second.clone(), Some(first)).await;
            site.engine.sign_log().await.unwrap();
            let (size, note) = last(&store).await;
            assert_eq!(size, 3, "{commit} {fault:?}");
            assert!(is_by(&note, second.verifier()));
            assert_eq!(introduced(&site).await.0, 1, "{commit} {fault:?}");
            assert!(site.engine.verify_log(|_| ()).await.unwrap().ok);
        }
    }
}
