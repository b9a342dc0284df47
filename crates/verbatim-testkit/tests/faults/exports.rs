//! Exports when witnesses are away, and when time has passed.

use std::sync::Arc;

use verbatim_domain::Duration;
use verbatim_engine::Anchoring;
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::{Clock, Store, Witness};
use verbatim_record::bundle::{Of, Selection};
use verbatim_record::note::Note;
use verbatim_store::SqlStore;
use verbatim_testkit::fakes::{FakeWitness, Site, VirtualClock};

use crate::firm::actor;

/// Longer than records are kept.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);

async fn site(witnesses: &[&Arc<FakeWitness>], clock: &Arc<VirtualClock>) -> Site {
    let port = |witness: &&Arc<FakeWitness>| -> Arc<dyn Witness> { (*witness).clone() };
    let anchoring = Anchoring {
        witnesses: witnesses.iter().map(port).collect(),
        authorities: Vec::new(),
    };
    let store = SqlStore::in_memory().unwrap();
    let site = Site::anchored(store, clock.clone(), anchoring)
        .await
        .unwrap();
    site.lead().await.unwrap();
    site
}

/// Records something and signs; the size of the checkpoint.
async fn grow(site: &Site, name: &str) -> u64 {
    let user = format!("@{name}:example.org");
    let ann = actor("ann");
    site.engine.add_employee(&ann, &user, name).await.unwrap();
    site.engine.sign_log().await.unwrap().unwrap().size
}

/// Size of the checkpoint over a position, whether all have cosigned it, and how many have.
async fn over(site: &Site, position: u64) -> Option<(u64, bool, usize)> {
    let found = site.engine.checkpoint_over(position).await.unwrap()?;
    let cosignatures = Note::parse(&found.note).unwrap().signatures.len() - 1;
    Some((found.size, found.is_cosigned, cosignatures))
}

#[tokio::test]
async fn a_checkpoint_that_all_have_cosigned_goes_before_a_newer_one() {
    let clock: Arc<VirtualClock> = Arc::default();
    let (one, two) = (
        Arc::new(FakeWitness::new(clock.clone())),
        Arc::new(FakeWitness::named("witness.example.org/two", clock.clone())),
    );
    let site = site(&[&one, &two], &clock).await;
    assert_eq!(over(&site, 0).await, None, "nothing is signed");
    let first = grow(&site, "a").await;
    assert_eq!(over(&site, 0).await, Some((first, false, 0)), "nobody yet");
    let ask = async |witness: &FakeWitness| {
        let asked = site.engine.ask_witness(witness, false).await;
        asked.unwrap();
    };
    ask(&one).await;
    assert_eq!(over(&site, 0).await, Some((first, false, 1)), "one of two");
    ask(&two).await;
    assert_eq!(over(&site, 0).await, Some((first, true, 2)), "both");

    // Newer ones that nobody, or only one, has cosigned do not take its place; nor does it reach further.
    let second = grow(&site, "b").await;
    ask(&two).await;
    assert_eq!(over(&site, 0).await, Some((first, true, 2)), "the older");
    assert_eq!(
        over(&site, first - 1).await,
        Some((first, true, 2)),
        "its edge"
    );
    assert_eq!(
        over(&site, first).await,
        Some((second, false, 1)),
        "beyond it"
    );
    assert_eq!(over(&site, second).await, None, "not signed");
    let third = grow(&site, "c").await;
    assert_eq!(
        over(&site, first).await,
        Some((third, false, 0)),
        "the newest"
    );
    ask(&one).await;
    ask(&two).await;
    assert_eq!(
        over(&site, first).await,
        Some((third, true, 2)),
        "past one that only one has"
    );
}

#[tokio::test]
async fn without_witnesses_the_newest_is_taken() {
    let site = site(&[], &Arc::default()).await;
    grow(&site, "a").await;
    let last = grow(&site, "b").await;
    assert_eq!(over(&site, 0).await, Some((last, true, 0)));
}

/// Its own record expires like any other. Found by the simulation.
#[tokio::test]
async fn an_export_that_has_expired_says_so() {
    let clock: Arc<VirtualClock> = Arc::default();
    let site = site(&[], &clock).await;
    let all = Selection {
        of: Of::All,
        from_ms: None,
        to_ms: None,
    };
    let begun = site.engine.begin_export(&actor("ann"), "exam", &all).await;
    let position = begun.unwrap().position;
    clock.advance(YEARS);
    for disposal in site.engine.propose_disposals(&actor("ann")).await.unwrap() {
        let id = disposal.id.parse().unwrap();
        let approved = site.engine.approve_disposal(&actor("bob"), id).await;
        approved.unwrap();
    }
    for job in site.store.due_jobs(clock.now(), &[], 10).await.unwrap() {
        site.engine.run_job(&job).await;
    }
    let went_on = site.engine.export_page(&actor("ann"), position, 0).await;
    let went_on = went_on.err().unwrap();
    assert!(
        matches!(&went_on, AdminError::Invalid(why) if why.contains("begin another")),
        "{went_on:?}"
    );
}

/// The clock jumps ahead by years and back: nothing goes that is not due when it is carried out, whoever
/// wanted it meanwhile.
#[tokio::test]
async fn a_clock_that_jumped_ahead_and_back_disposes_of_nothing() {
    let clock: Arc<VirtualClock> = Arc::default();
    let site = site(&[], &clock).await;
    grow(&site, "a").await;
    let before = clock.now();
    clock.advance(YEARS);
    let proposed = site.engine.propose_disposals(&actor("ann")).await.unwrap();
    for disposal in &proposed {
        let id = disposal.id.parse().unwrap();
        let approved = site.engine.approve_disposal(&actor("bob"), id).await;
        approved.unwrap();
    }
    assert!(!proposed.is_empty());
    clock.set(before);
    // The queue's times are those of the jump: the worker looks again on request, and from today on.
    site.engine.run_disposals().await.unwrap();
    let jobs = site.store.due_jobs(before.after(YEARS), &[], 10).await;
    for job in jobs.unwrap() {
        site.engine.run_job(&job).await;
    }
    let disposals = site.engine.list_disposals().await.unwrap();
    assert!(
        disposals
            .iter()
            .all(|disposal| disposal.state == "approved")
    );
    let later = grow(&site, "b").await;
    let verified = site.engine.verify_log(|_| ()).await.unwrap();
    assert_eq!((verified.fault, verified.disposed), (None, 0));
    assert_eq!(verified.log_size, later);
}
