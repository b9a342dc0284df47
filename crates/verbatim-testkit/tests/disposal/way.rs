//! The whole way of a disposal.

use std::sync::Arc;

use verbatim_domain::{DisposalId, Duration};
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::{Change, Commit, Store};
use verbatim_record::note::Algorithm;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Certificate, Kind, Note};
use verbatim_testkit::fakes::test_signer;

use crate::years::*;

#[tokio::test]
async fn what_has_expired_becomes_unreadable_and_everything_else_still_verifies() {
    let house = House::of_old().await;
    let old = house.all_records().await.len() as u64;
    house.text_from(CLIENT, "years later").await;
    let [id] = house.approve_all().await[..] else {
        panic!("one bucket is due")
    };
    house.work().await;

    let disposal = &house.disposals().await[0];
    assert_eq!((disposal.state.as_str(), disposal.disposed), ("done", old));
    assert_eq!(house.texts().await, ["years later"]);
    let verified = house.verified().await;
    assert_eq!(verified.disposed, old);
    assert!(verified.records > old);

    let (_, text) = house.engine.show_disposal(id).await.unwrap();
    let note = Note::parse(&text.unwrap()).unwrap();
    let key = test_signer().verifier().clone();
    note.check(&[key]).unwrap();
    let certificate = Certificate::parse(&note.text).unwrap();
    assert_eq!(certificate.ranges, [(0, old - 1)]);
    assert_eq!(
        (
            certificate.proposed.actor.as_str(),
            certificate.approved.actor.as_str()
        ),
        ("operator:ann", "operator:bob")
    );
    for gone in house.store.records(0, old as u32).await.unwrap() {
        assert!(gone.sealed.ciphertext.is_empty() && gone.sealed.wrapped_key.is_empty());
    }
    // Whoever looks is told, and the life of the conversation goes on.
    let shown = house.shown_of(CLIENT).await;
    assert_eq!(shown[0].kind, "message_in");
    let certified =
        house.all_records().await[shown[0].disposed.as_ref().unwrap().certificate as usize].clone();
    assert_eq!(
        (certified.kind.as_str(), certified.reason.as_str()),
        ("disposal", "certificate")
    );
    assert!(shown.iter().any(|r| r.text == "years later"));
}

/// Whoever writes the store can put a certificate there that says what it should, signed by whom they like.
#[tokio::test]
async fn a_certificate_that_the_logs_key_did_not_sign_is_none() {
    let mut house = House::of_old().await;
    let another = FileSigner::from_seed("log.example.org/test", Algorithm::Ed25519, &[66; 32]);
    let another = Arc::new(another.unwrap());
    house.engine = restarted_with(&house, 1000, None, another).await.unwrap();
    let id = house.approve_all().await[0];
    house.work().await;
    house.engine.show_disposal(id).await.unwrap();

    house.engine = restarted(&house, 2000, None).await.unwrap();
    let refused = house.engine.show_disposal(id).await.unwrap_err();
    assert!(
        refused.to_string().contains("the certificate of disposal"),
        "{refused}"
    );
    let verified = house.engine.verify_log(|_| ()).await;
    let is_found = verified.as_ref().map_or(true, |view| view.fault.is_some());
    assert!(is_found, "{verified:?}");
}

#[tokio::test]
async fn nobody_disposes_of_anything_alone() {
    let house = House::of_old().await;
    let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
    let id: DisposalId = proposed[0].id.parse().unwrap();
    let alone = house.engine.approve_disposal(&ann(), id).await;
    assert!(
        matches!(alone, Err(AdminError::SecondPerson(_))),
        "{alone:?}"
    );
    house.work().await;
    assert_eq!(house.texts().await.len(), 2);
    assert_eq!(house.verified().await.disposed, 0);
    // Proposing again finds nothing new, approving twice changes nothing.
    assert!(
        house
            .engine
            .propose_disposals(&bob())
            .await
            .unwrap()
            .is_empty()
    );
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    assert!(house.engine.approve_disposal(&bob(), id).await.is_err());
}

#[tokio::test]
async fn nothing_is_proposed_before_its_month_is_over() {
    let house = House::with_a_conversation().await;
    assert!(
        house
            .engine
            .propose_disposals(&ann())
            .await
            .unwrap()
            .is_empty()
    );
    house.month_is_over();
    assert_eq!(
        house.engine.propose_disposals(&ann()).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_body_that_is_gone_without_a_certificate_is_a_fault() {
    let house = House::of_old().await;
    house.approve_all().await;
    house.work().await;
    house.verified().await;
    let total = house.all_records().await.len() as u64;
    // The next disposal, which nobody has certified yet, is named by the first body that cannot be read.
    let newer = restarted(&house, 99, None).await.unwrap();
    let store = house.store.clone();
    let bucket = store
        .buckets()
        .await
        .unwrap()
        .into_iter()
        .find(|b| b.disposal.is_none() && b.id.class == verbatim_record::RetentionClass(1));
    let bucket = bucket.unwrap().id;
    let first = store.records_in(bucket, None, 1).await.unwrap()[0].global_seq;
    assert!(first < total);
    let lost = verbatim_engine::ports::Change::WrapAgain {
        position: first,
        from: bucket,
        to: bucket,
        wrapped: Vec::new(),
    };
    let commit = verbatim_engine::ports::Commit {
        fence: None,
        changes: vec![lost],
    };
    store.commit(commit).await.unwrap();
    let fault = newer.verify_log(|_| ()).await.unwrap().fault.unwrap();
    let expected = format!(
        "leaf {first}: its body cannot be read any more, and no certificate says that it was disposed of"
    );
    assert_eq!(fault, expected);
}

#[tokio::test]
async fn a_disposal_is_taken_back_by_either_and_may_be_proposed_again() {
    for (approved, actor) in [(false, ann()), (false, bob()), (true, ann()), (true, bob())] {
        let house = House::of_old().await;
        let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
        let id: DisposalId = proposed[0].id.parse().unwrap();
        if approved {
            house.engine.approve_disposal(&bob(), id).await.unwrap();
        }
        let view = house.engine.withdraw_disposal(&actor, id).await.unwrap();
        assert_eq!(
            (view.state.as_str(), view.withdrawn.unwrap().by),
            ("withdrawn", actor.0.clone())
        );
        house.work().await;
        assert_eq!(house.texts().await.len(), 2, "nothing is carried out");
        assert!(house.engine.withdraw_disposal(&actor, id).await.is_err());
        assert!(house.engine.approve_disposal(&bob(), id).await.is_err());
        let records = house.all_records().await;
        let steps = records
            .iter()
            .filter(|r| r.kind == "disposal" && r.reason == "withdrawn");
        let by: Vec<_> = steps.map(|r| r.actor.clone()).collect();
        assert_eq!(by, [actor.0]);

        house.approve_all().await;
        house.work().await;
        assert!(house.texts().await.is_empty());
        let done: DisposalId = house.disposals().await[1].id.parse().unwrap();
        let late = house.engine.withdraw_disposal(&ann(), done).await;
        assert!(matches!(late, Err(AdminError::Invalid(_))), "{late:?}");
        house.verified().await;
    }
}

#[tokio::test]
async fn a_proposal_that_nobody_approves_lapses() {
    let house = House::of_old().await;
    let proposed = house.engine.propose_disposals(&ann()).await.unwrap();
    let id: DisposalId = proposed[0].id.parse().unwrap();
    let day = 86_400;
    house.clock.advance(Duration::from_secs(29 * day));
    assert!(
        house
            .engine
            .propose_disposals(&bob())
            .await
            .unwrap()
            .is_empty()
    );
    house.clock.advance(Duration::from_secs(day));
    assert_eq!(house.disposals().await[0].state, "lapsed");
    let late = house.engine.approve_disposal(&bob(), id).await;
    assert!(matches!(late, Err(AdminError::Invalid(_))), "{late:?}");
    // Proposed again, the old one is closed.
    let again = house.engine.propose_disposals(&bob()).await.unwrap();
    assert_eq!(again.len(), 1);
    let states: Vec<_> = house
        .disposals()
        .await
        .into_iter()
        .map(|d| d.state)
        .collect();
    assert_eq!(states, ["withdrawn", "proposed"]);
    let id = again[0].id.parse().unwrap();
    house.engine.approve_disposal(&ann(), id).await.unwrap();
    house.work().await;
    assert!(house.texts().await.is_empty());
}

/// One that cannot be carried out holds up no other, and an alarm says how to take it back.
#[tokio::test]
async fn a_disposal_that_cannot_be_carried_out_holds_up_no_other() {
    let house = House::new().await;
    for client in [CLIENT, OTHER] {
        house.text_from(client, "first").await;
    }
    house.clock.advance(Duration::from_secs(40 * 86_400));
    house.text_from(OTHER, "second").await;
    house.month_is_over();
    // What is held of the first cannot be moved: its data key is damaged.
    let records = house.store.records(0, 1000).await.unwrap();
    let first = records.iter().find(|r| r.conversation.is_some()).unwrap();
    assert_eq!(first.sealed.kind, Kind::MessageIn);
    let from = first.sealed.wrapped_by;
    let damaged = Change::WrapAgain {
        position: first.global_seq,
        from,
        to: from,
        wrapped: vec![7; first.sealed.wrapped_key.len()],
    };
    let commit = Commit {
        fence: None,
        changes: vec![damaged],
    };
    house.store.commit(commit).await.unwrap();
    house.engine.set_hold(&ann(), on_client()).await.unwrap();
    let ids = house.approve_all().await;
    assert_eq!(ids.len(), 2);
    house.work().await;
    let states: Vec<_> = house
        .disposals()
        .await
        .into_iter()
        .map(|d| d.state)
        .collect();
    assert_eq!(states, ["approved", "done"]);
    let alarm = format!("disposal-stuck:{}", ids[0]);
    let alarms = house.store.alarms().await.unwrap();
    let found = alarms.iter().find(|a| a.key == alarm).unwrap();
    let mend = format!("verbatim disposal withdraw {}", ids[0]);
    assert!(found.text.contains(&mend), "{}", found.text);
    // Taken back, nothing is held up any more.
    let withdrawn = house.engine.withdraw_disposal(&bob(), ids[0]).await;
    withdrawn.unwrap();
    house.pass(3600).await;
    assert_eq!(house.alarms().await, Vec::<String>::new());
}
