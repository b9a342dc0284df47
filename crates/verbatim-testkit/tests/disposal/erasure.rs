//! Wishes for erasure (GDPR article 17).

use verbatim_domain::DisposalId;
use verbatim_engine::ports::Store;
use verbatim_record::{Certificate, Note};
use verbatim_store::Fault;

use crate::crash::{certificates, cut, goes_on};
use crate::years::*;

impl House {
    /// Ann asks for the erasure of the client, and Bob approves it.
    async fn erasure(&self) -> DisposalId {
        let answer = self.engine.request_erasure(&ann(), CLIENT).await.unwrap();
        assert_eq!(
            (answer.answer.as_str(), answer.proposed.len()),
            ("proposed", 1)
        );
        assert!(answer.proposed[0].contact.is_some());
        let id = answer.proposed[0].id.parse().unwrap();
        self.engine.approve_disposal(&bob(), id).await.unwrap();
        id
    }
}

/// The records of one client go, and what others have in the same bucket stays until its own disposal.
#[tokio::test]
async fn single_records_are_erased_and_certified() {
    let house = House::of_old().await;
    let id = house.erasure().await;
    house.work().await;
    assert_eq!(house.texts().await, [said(OTHER)]);
    let (view, text) = house.engine.show_disposal(id).await.unwrap();
    assert_eq!((view.state.as_str(), view.held), ("done", 0));
    let note = Note::parse(&text.unwrap()).unwrap();
    let certificate = Certificate::parse(&note.text).unwrap();
    assert!(certificate.only_data_keys);
    assert_eq!(certificate.records(), view.disposed);
    assert_eq!(house.verified().await.disposed, view.disposed);
    let conversation = house.shown_of(CLIENT).await;
    for record in house.store.records(0, 1000).await.unwrap() {
        let gone = certificate.covers(record.global_seq);
        assert_eq!(record.sealed.wrapped_key.is_empty(), gone);
        assert_eq!(record.sealed.ciphertext.is_empty(), gone);
        let theirs = conversation
            .iter()
            .any(|r| r.log_index == record.global_seq);
        let is_old = record.sealed.captured_at < certificate.proposed.at;
        assert_eq!(gone, theirs && is_old, "{}", record.global_seq);
    }
    // The bucket itself is disposed of as ever, and both certificates stand beside each other.
    house.approve_all().await;
    house.work().await;
    assert!(house.texts().await.is_empty());
    let disposals = house.disposals().await;
    let gone: u64 = disposals.iter().map(|d| d.disposed).sum();
    assert_eq!(
        (disposals.len(), house.verified().await.disposed),
        (2, gone)
    );
}

/// Every look at a conversation adds a record to it: nobody could have been erased who is looked at.
#[tokio::test]
async fn who_looked_does_not_stand_in_the_way() {
    let house = House::of_old().await;
    house.shown_of(CLIENT).await;
    let look = house.all_records().await.pop().unwrap();
    assert_eq!((look.kind.as_str(), &*look.reason), ("view", "timeline"));
    let is_there = async || {
        let now = house.engine.log_records(look.log_index, 1).await.unwrap();
        now[0].disposed.is_none()
    };
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!((answer.answer.as_str(), answer.left), ("proposed", 1));
    assert_eq!(answer.because, Vec::<String>::new());
    let [proposed] = &answer.proposed[..] else {
        panic!("the month of the look has a proposal: {answer:?}");
    };
    let id = proposed.id.parse().unwrap();
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    house.work().await;
    assert_eq!(house.texts().await, [said(OTHER)]);
    assert!(is_there().await);
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    let (records, left) = (answer.records, answer.left);
    assert_eq!(
        (answer.answer.as_str(), records, left),
        ("nothing_left", 1, 1)
    );
    // What the client wrote since binds.
    house.text_from(CLIENT, "again").await;
    house.work().await;
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!((answer.answer.as_str(), answer.left), ("refused", 1));
    assert_eq!(answer.because.len(), 1);
    // The time of the look comes as well.
    house.month_is_over();
    house.erasure().await;
    house.work().await;
    assert!(!is_there().await);
    house.verified().await;
}

/// A bucket that is disposed of before an approved erasure came to it leaves nothing to erase.
#[tokio::test]
async fn an_erasure_behind_a_disposal_has_nothing_left() {
    let house = House::of_old().await;
    house.approve_all().await;
    let id = house.erasure().await;
    house.work().await;
    let (view, text) = house.engine.show_disposal(id).await.unwrap();
    assert_eq!((view.state.as_str(), text), ("withdrawn", None));
    assert_eq!(certificates(&house.all_records().await), 1);
    house.verified().await;
}

#[tokio::test]
async fn dying_after_each_commit_of_an_erasure_is_harmless() {
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let mut struck = 0;
        for commits in 0.. {
            let mut house = House::of_old().await;
            house.erasure().await;
            if !cut(&house, commits, fault).await {
                break;
            }
            struck += 1;
            house.engine = restarted(&house, 1000, None).await.unwrap();
            let verified = house.verified().await;
            match certificates(&house.all_records().await) {
                0 => assert_eq!((verified.disposed, house.texts().await.len()), (0, 2)),
                _ => assert_eq!(house.texts().await, [said(OTHER)], "{commits}"),
            }
            goes_on(&mut house, 2000).await;
            let disposal = house.disposals().await.remove(0);
            assert_eq!(disposal.state, "done", "{fault:?} {commits}");
            assert_eq!(house.texts().await, [said(OTHER)], "{fault:?} {commits}");
            assert_eq!(house.verified().await.disposed, disposal.disposed);
            assert_eq!(certificates(&house.all_records().await), 1);
            assert!(house.store.queue_stats().await.unwrap().is_empty());
        }
        assert!(struck >= 3, "{fault:?} struck {struck} times");
    }
}

/// A hold placed between any two commits of an erasure is in time, or the certificate is older.
#[tokio::test]
async fn a_hold_placed_while_an_erasure_runs_is_in_time_or_too_late() {
    let (mut kept, mut gone) = (0, 0);
    for commits in 0.. {
        let mut house = House::of_old().await;
        house.erasure().await;
        if !cut(&house, commits, Fault::Refuse).await {
            break;
        }
        let certified = certificates(&house.all_records().await) == 1;
        house.engine.set_hold(&ann(), on_client()).await.unwrap();
        goes_on(&mut house, 3000).await;
        let texts = house.texts().await;
        assert_eq!(texts.contains(&said(CLIENT)), !certified, "{commits}");
        assert!(texts.contains(&said(OTHER)), "{commits}");
        house.verified().await;
        *(if certified { &mut gone } else { &mut kept }) += 1;
    }
    assert!(kept > 0 && gone > 0, "{kept} {gone}");
}

#[tokio::test]
async fn an_erasure_is_refused_while_something_binds_and_says_what() {
    let house = House::with_a_conversation().await;
    let hold = house.engine.set_hold(&ann(), on_client()).await.unwrap();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.answer, "refused");
    assert_eq!(
        answer.because,
        [
            "retention class 1 (default) until 2033-11",
            "the legal hold `Doe v. Acme`"
        ]
    );
    house.month_is_over();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(answer.because, ["the legal hold `Doe v. Acme`"]);

    let id = hold.id.parse().unwrap();
    house
        .engine
        .ask_release(&ann(), id, "settled")
        .await
        .unwrap();
    house.engine.approve_release(&bob(), id).await.unwrap();
    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(
        (answer.answer.as_str(), answer.proposed.len()),
        ("proposed", 1)
    );
    let id = answer.proposed[0].id.parse().unwrap();
    assert!(
        house.engine.approve_disposal(&ann(), id).await.is_err(),
        "alone"
    );
    house.engine.approve_disposal(&bob(), id).await.unwrap();
    house.work().await;

    let answer = house.engine.request_erasure(&ann(), CLIENT).await.unwrap();
    assert_eq!(
        (answer.answer.as_str(), answer.records),
        ("nothing_left", 0)
    );
    assert!(
        house.engine.request_erasure(&ann(), OTHER).await.is_err(),
        "nobody"
    );
    let records = house.all_records().await;
    let answers: Vec<_> = records
        .iter()
        .filter(|r| r.kind == "erasure" && r.disposed.is_none())
        .map(|r| r.reason.as_str())
        .collect();
    // About no conversation: they may concern anybody, and stay.
    assert_eq!(answers, ["refused", "refused", "proposed", "nothing_left"]);
    house.verified().await;
}
