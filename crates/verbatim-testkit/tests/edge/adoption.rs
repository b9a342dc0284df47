//! What an edge took arrives like any other text, and its data keys come under their bucket's key.

use verbatim_domain::message::MessageState;
use verbatim_domain::{AccountId, Duration, RecordId};
use verbatim_engine::WebhookAnswer;
use verbatim_engine::ports::{
    Change, Clock, Commit, JobKind, Lane, NewJob, NewRecord, PageAt, ReceiptStatus, Store,
};
use verbatim_engine::{OpenError, Settings};
use verbatim_record::archive::is_of_edge;
use verbatim_record::{ArchiveKey, BucketId, EdgeKeys, Kind, RetentionClass};
use verbatim_store::{Fault, SqlStore};
use verbatim_testkit::fakes::Site;

use crate::node::*;
use crate::years::*;

/// An edge can read nothing, and hears what a client says as it comes in: it counts at once.
#[tokio::test]
async fn stop_at_an_edge_counts_before_any_full_node_has_seen_it() {
    let house = House::new().await;
    house.text_from(CLIENT, "hello").await;
    house.work().await;
    let edge = edge(&house).await;
    house.clock.advance(Duration::from_secs(1));
    text_to(&edge, &house, CLIENT, "STOP").await;
    let all = PageAt {
        after: None,
        limit: 10,
    };
    let conversations = house.store.conversations(all).await.unwrap().items;
    assert!(conversations[0].opted_out());
    house.work().await;
    assert_eq!(unadopted(&house).await, 0);
    let shown = house.shown_of(CLIENT).await;
    let last = shown.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), last.reason.as_str()),
        ("consent", "opted-out")
    );
    house.verified().await;
}

#[tokio::test]
async fn a_text_that_an_edge_took_is_said_and_adopted() {
    let house = House::new().await;
    let edge = edge(&house).await;
    text_to(&edge, &house, CLIENT, "by the edge").await;
    let before = stored(&house).await;
    // Before any full node has touched it, one can read it.
    assert_eq!(unadopted(&house).await, 1);
    assert_eq!(house.texts().await, ["by the edge"]);
    house.verified().await;

    house.work().await;
    assert_eq!(said_in(&house).await, ["by the edge"]);
    assert_eq!(unadopted(&house).await, 0);
    let after = stored(&house).await;
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(old.leaf_bytes, new.leaf_bytes, "adoption changes no leaf");
        assert_eq!(old.sealed.ciphertext, new.sealed.ciphertext);
    }
    let shown = house.shown_of(CLIENT).await;
    assert!(shown.iter().any(|r| r.text == "by the edge"));
    // One contact and one conversation, whoever takes the next one: the index is the same.
    house.text_from(CLIENT, "by the full node").await;
    text_to(&edge, &house, CLIENT, "by the edge again").await;
    house.work().await;
    let said = ["by the edge", "by the full node", "by the edge again"];
    assert_eq!(said_in(&house).await, said);
    assert_eq!(unadopted(&house).await, 0);
    house.verified().await;
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn what_has_no_job_is_found_by_the_sweep() {
    let house = House::new().await;
    let edge = edge(&house).await;
    // Signed, and nonsense: a record and an alarm, no job.
    let hook = house.carrier.mangled_hook();
    let account = AccountId::from(ACCOUNT);
    assert_eq!(edge.webhook(&account, &hook).await, WebhookAnswer::Accepted);
    assert_eq!(unadopted(&house).await, 1);
    house.work().await;
    assert_eq!(unadopted(&house).await, 1);
    assert_eq!(house.engine.adopt_all().await, Ok(1));
    assert_eq!(house.engine.adopt_all().await, Ok(0));
    assert_eq!(unadopted(&house).await, 0);
    house.verified().await;
}

/// News of our own texts come through edges, too.
#[tokio::test]
async fn a_receipt_that_an_edge_took_moves_the_message() {
    let house = House::with_a_conversation().await;
    let edge = edge(&house).await;
    let event = house.write("how is it?").await;
    house.work().await;
    let mut taken = house.carrier.ledger().taken.last().unwrap().clone();
    taken.status = ReceiptStatus::Delivered;
    let hook = house.carrier.status_hook(&taken);
    let account = AccountId::from(ACCOUNT);
    assert_eq!(edge.webhook(&account, &hook).await, WebhookAnswer::Accepted);
    assert_eq!(unadopted(&house).await, 1);
    house.pass(60).await;
    assert_eq!(house.message(&event).await.state, MessageState::Delivered);
    house.engine.adopt_all().await.unwrap();
    assert_eq!(unadopted(&house).await, 0);
    house.verified().await;
}

#[tokio::test]
async fn a_text_without_a_holder_waits_and_is_placed() {
    let house = House::new().await;
    let edge = edge(&house).await;
    let other = "+14155550199";
    let text = house.carrier.text_from_client(CLIENT, other, "for whom?");
    let hook = house.carrier.inbound_hook(&text);
    let account = AccountId::from(ACCOUNT);
    assert_eq!(edge.webhook(&account, &hook).await, WebhookAnswer::Accepted);
    house.work().await;
    assert_eq!(unadopted(&house).await, 0);
    assert!(House::has(&house.alarms().await, "number-without-holder:"));
    let engine = &house.engine;
    engine.add_number(&ann(), other, ACCOUNT).await.unwrap();
    engine.assign_number(&ann(), other, ALICE).await.unwrap();
    house.pass(120).await;
    assert_eq!(said_in(&house).await, ["for whom?"]);
    house.verified().await;
}

/// Whatever the moment: the text can be read, is said once, and is adopted in the end.
#[tokio::test]
async fn dying_after_each_commit_is_harmless() {
    for fault in [Fault::Refuse, Fault::LoseAnswer] {
        let mut struck = 0;
        for commits in 0..20 {
            let mut house = House::new().await;
            let edge = edge(&house).await;
            text_to(&edge, &house, CLIENT, "once").await;
            for _ in 0..commits {
                house.store.inject(Fault::Nothing);
            }
            house.store.inject(fault);
            // One pass over what is due, as far as it gets.
            for kind in [JobKind::OpenRoom, JobKind::Say] {
                let due = house.store.due_jobs(house.clock.now(), &[], 100);
                let jobs = due.await.unwrap();
                if let Some(job) = jobs.iter().find(|job| job.kind == kind) {
                    house.engine.run_job(job).await;
                }
            }
            let swept = house.engine.adopt_all().await;
            let mut strikes_late = false;
            for _ in 0..=commits {
                strikes_late |= house.store.probe().await.is_err();
            }
            if strikes_late && swept.is_ok() {
                break;
            }
            struck += 1;
            house.engine = restarted(&house, 1000 + commits, None).await.unwrap();
            assert_eq!(house.texts().await, ["once"], "{fault:?} {commits}");
            house.verified().await;
            house.pass(3600).await;
            assert_eq!(said_in(&house).await, ["once"], "{fault:?} {commits}");
            house.engine.adopt_all().await.unwrap();
            assert_eq!(unadopted(&house).await, 0, "{fault:?} {commits}");
            assert_eq!(house.texts().await, ["once"]);
            house.verified().await;
        }
        assert!(struck >= 3, "{fault:?} struck {struck} times");
    }
}

/// Who broke into an edge can write what no key opens.
#[tokio::test]
async fn what_does_not_open_holds_up_nothing_and_is_told() {
    let house = House::new().await;
    let edge = edge(&house).await;
    text_to(&edge, &house, CLIENT, "good").await;
    let mut bad = stored(&house).await.pop().unwrap().sealed;
    bad.id = RecordId::from_random([0xBA; 16]);
    assert!(is_of_edge(&bad.wrapped_key));
    let record = NewRecord {
        conversation: None,
        sealed: bad,
        about: None,
    };
    let commit = Commit {
        fence: None,
        changes: vec![Change::Append(record)],
    };
    house.store.commit(commit).await.unwrap();
    text_to(&edge, &house, CLIENT, "after it").await;
    assert_eq!(house.engine.adopt_all().await, Ok(2));
    assert_eq!(unadopted(&house).await, 1);
    assert!(House::has(&house.alarms().await, "unadopted"));
    house.work().await;
    assert_eq!(said_in(&house).await, ["good", "after it"]);
}

#[tokio::test]
async fn keys_of_another_installation_are_refused() {
    let house = House::new().await;
    let other = House::new().await;
    let mine = keys(&house).await;
    let theirs = EdgeKeys {
        archive: ArchiveKey::new(&[9; 32].into()).public().clone(),
        ..mine.clone()
    };
    let another_log = EdgeKeys {
        log: [1; 16],
        ..mine.clone()
    };
    for foreign in [theirs, another_log] {
        let refused = try_edge(&other, foreign).await.err().unwrap();
        assert!(matches!(refused, OpenError::ForeignEdge), "{refused}");
    }
    assert!(try_edge(&house, mine.clone()).await.is_ok());
    let mut nobodys = house;
    nobodys.store = SqlStore::in_memory().unwrap();
    let refused = try_edge(&nobodys, mine).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotStarted), "{refused}");
}

/// Rotation changes what the archive key lies under, and not the key: edges notice nothing.
#[tokio::test]
async fn an_edge_goes_on_while_the_key_is_rotated() {
    let house = House::new().await;
    let edge = edge(&house).await;
    let mut said = Vec::new();
    for turn in 0..3 {
        let words = format!("turn {turn}");
        text_to(&edge, &house, CLIENT, &words).await;
        said.push(words);
        let key = house.engine.key_inventory().await.unwrap().key;
        house.engine.rotate_key(&ann(), &key).await.unwrap();
        // Sealed before the rotation, read after it; and the other way round.
        let words = format!("turn {turn} after");
        text_to(&edge, &house, CLIENT, &words).await;
        said.push(words);
        assert_eq!(house.texts().await, said);
        assert!(edge.can_record().await.iter().all(|part| part.ok));
        if turn == 1 {
            house.work().await;
        }
    }
    house.clock.advance(Duration::from_secs(1));
    house.work().await;
    assert_eq!(said_in(&house).await, said);
    assert_eq!(unadopted(&house).await, 0);
    assert_eq!(house.verified().await.fault, None);
}

/// An installation from before there was an archive key gets one, once.
#[tokio::test]
async fn the_keys_handed_out_are_the_same_each_time_and_recorded() {
    let house = House::new().await;
    let first = house.engine.edge_keys(&ann()).await.unwrap();
    let again = Site::on(house.store.clone()).await.unwrap();
    let second = again.engine.edge_keys(&bob()).await.unwrap();
    assert_eq!(first.as_str(), second.as_str());
    assert_eq!(house.records("key.edge").await.len(), 2);
}

/// Who broke into an edge must not text clients in the firm's name, nor speak as the bot.
#[tokio::test]
async fn what_only_a_full_node_may_say_is_refused_from_an_edge() {
    for (kind, payload) in [
        (JobKind::Submit, r#"{"text":"buy now"}"#),
        (
            JobKind::Say,
            r#"{"as_stand_in":false,"content":{"Text":{"body":"your password?"}}}"#,
        ),
    ] {
        let house = House::with_a_conversation().await;
        let before = (house.said(&house.room().await), house.phone());
        let conversation = house.conversation().await;
        let context = format!("notice {}", conversation.id);
        let job = NewJob {
            lane: Lane::room(conversation.id),
            kind,
            due: house.clock.now(),
            payload: state_by_edge(&keys(&house).await, "job", context.as_bytes(), payload),
            conversation: Some(conversation.id),
            message: None,
            room: conversation.room.clone(),
            unique: None,
        };
        let commit = Commit {
            fence: None,
            changes: vec![Change::Enqueue(job)],
        };
        house.store.commit(commit).await.unwrap();
        house.pass(60).await;
        let after = (house.said(&house.room().await), house.phone());
        assert_eq!(after, before, "{kind:?}");
        assert!(House::has(&house.alarms().await, "held-up:"), "{kind:?}");
    }
}

/// Longer rules came into force elsewhere: whoever runs under the older ones says so.
#[tokio::test]
async fn a_node_under_shorter_rules_than_those_in_force_is_not_ready() {
    let mut house = House::new().await;
    let (edge, full) = (edge(&house).await, house.engine.clone());
    full.keep_rules(&ann()).await.unwrap();
    for intake in [&edge, &full.intake()] {
        assert!(intake.can_record().await.iter().all(|part| part.ok));
    }
    let mut longer = Settings::default().retention;
    longer[0].period.months += 12;
    house.engine = restarted(&house, 1000, Some(longer)).await.unwrap();
    house.engine.keep_rules(&ann()).await.unwrap();
    for intake in [&edge, &full.intake()] {
        let parts = intake.can_record().await;
        let wrong: Vec<_> = parts.iter().filter(|p| !p.ok).map(|p| p.part).collect();
        assert_eq!(wrong, ["retention"]);
    }
    // Whoever asks is told, and changes nothing.
    assert_eq!(house.alarms().await, Vec::<String>::new());
    // The edge says so as long as it is, and the alarm goes when nobody says it any more.
    for behind in [true, true, false] {
        if behind {
            assert_eq!(edge.watch_periods().await, Ok(false));
        }
        house.clock.advance(Duration::from_secs(60));
        assert_eq!(house.engine.watch_rules().await, Ok(true));
        assert_eq!(house.alarms().await, ["older-retention-rules"]);
    }
    house.clock.advance(Duration::from_secs(120));
    assert_eq!(house.engine.watch_rules().await, Ok(true));
    assert_eq!(house.alarms().await, Vec::<String>::new());
    // What the edge takes meanwhile is kept for as long as the longer rules say.
    text_to(&edge, &house, CLIENT, "meanwhile").await;
    let made = stored(&house).await.pop().unwrap().sealed.bucket;
    house.work().await;
    let kept = stored(&house).await;
    let kept = kept.iter().find(|r| r.sealed.kind == Kind::MessageIn);
    assert_eq!(
        kept.unwrap().sealed.wrapped_by.expiry_month,
        made.expiry_month + 12
    );
    let parts = house.engine.intake().can_record().await;
    assert!(parts.iter().all(|part| part.ok));
}

/// An edge may run under older rules, or say what it likes: full nodes keep by their own.
#[tokio::test]
async fn a_bucket_that_our_rules_do_not_give_is_lengthened_or_refused() {
    let house = House::new().await;
    house.text_from(CLIENT, "by the full node").await;
    let ours = stored(&house).await.last().unwrap().sealed.wrapped_by;
    let at = |class, expiry_month| BucketId {
        class: RetentionClass(class),
        expiry_month,
    };
    let (class, month) = (ours.class.0, ours.expiry_month);
    let lengthened = [at(class, month - 1), at(9, month - 1), at(9, 0)];
    let refused = [
        at(class, month + 1),
        at(class, u32::MAX),
        at(RetentionClass::FIRST_HOLD.0, month),
        at(RetentionClass::PERMANENT.0, 0),
    ];
    // The rules have other numbers there.
    let renumbered = at(9, month);
    let mut seed = 0;
    for bucket in lengthened.iter().chain(&refused).chain([&renumbered]) {
        seed += 1;
        forge(&house, seed, *bucket).await;
    }
    let adopted = lengthened.len() as u64 + 1;
    assert_eq!(house.engine.adopt_all().await, Ok(adopted));
    assert_eq!(unadopted(&house).await, refused.len());
    assert!(House::has(&house.alarms().await, "unadopted"));
    for record in stored(&house).await {
        let is_refused = refused.contains(&record.sealed.bucket);
        let expected = match record.sealed.bucket == renumbered {
            true => renumbered,
            false => ours,
        };
        assert!(
            is_refused || record.sealed.wrapped_by == expected,
            "{record:?}"
        );
    }
    // They can be read, and hold up nothing.
    house.verified().await;
}
